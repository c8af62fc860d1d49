"""和美积分 on the desk: what goes to the city's platform and comes back, and the order of the columns."""

from accounts.second_factor import RequiresSecondFactor
from core import laying
from core.ledger.laid import LAYS_OUT
from points.city_columns import KINDS
from points.models.awards import SEES


class City(laying.Sheets):
    """The three sheets."""

    verb = SEES
    template_name = "points/city.html"
    kinds, order_page = KINDS, "points:city_layout"


class LayOut(RequiresSecondFactor, laying.LayOut):
    """列序 of one sheet."""

    second_factor_verb = LAYS_OUT
    kinds, back = KINDS, "points:city"
