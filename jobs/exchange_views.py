"""就业平台交换 on the desk: what goes to the city's platform and comes back, and the order of the columns."""

from accounts.second_factor import RequiresSecondFactor
from core import laying
from core.ledger.laid import LAYS_OUT
from jobs.exchange_columns import KINDS
from jobs.models.words import MANAGES


class Exchange(laying.Sheets):
    """The three sheets."""

    verb = MANAGES
    template_name = "jobs/exchange.html"
    kinds, order_page = KINDS, "vacancies:layout"


class LayOut(RequiresSecondFactor, laying.LayOut):
    """列序 of one sheet."""

    second_factor_verb = LAYS_OUT
    kinds, back = KINDS, "vacancies:exchange"
