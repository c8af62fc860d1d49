"""和美积分: in which order and under which headings the city's platform is given points, and hands them back."""

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords


class CityLayout(models.Model):
    """列序 of one of the three sheets, as the office laid it out; without a row the default of the house holds.

    `columns`: in their order, {"field": one of the sheet's fields or "", "title": heading, "fixed": a constant value,
    only where `field` is empty}. A field that is not in it is left out. `checked` is by whom and when it was compared
    with the platform's own template; empty: nobody has, and the true order is not known to us.
    """

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = "one order of columns for the whole town; no village's data stand in it"

    kind = models.CharField("哪张表", max_length=20, unique=True)
    columns = models.JSONField("列", default=list)
    checked = models.CharField("和平台核对过没有", max_length=80, blank=True)
    edited_at = models.DateTimeField("什么时候改的", editable=False)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="谁改的"
    )

    history = HistoricalRecords(verbose_name="修改记录")

    class Meta:
        verbose_name = verbose_name_plural = "和美积分列序"

    def __str__(self) -> str:
        return self.kind
