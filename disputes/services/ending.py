"""The end of a sitting: by what was agreed there, or because its dispute went another way meanwhile."""

from core import clock
from disputes.models import Dispute, Panel, Sitting

# What became of the sitting, by the step that took the dispute out of hand; any other broke it off.
OUTCOMES = {"refuse": Sitting.REFUSED, "fail": Sitting.FAILED}


def end_sitting(sitting: Sitting, outcome: str, conclusion: str) -> None:
    """It is over and its panel has met, whatever came of it: another can be drafted. The caller holds the locks."""
    sitting.outcome, sitting.conclusion, sitting.ended_at = outcome, conclusion, clock.now()
    sitting.full_clean(validate_unique=False)
    sitting.save()
    sitting.panel.hold()
    sitting.panel.save()


def end_with(dispute: Dispute, kind: str, title: str) -> None:
    """The dispute is no longer in hand: whoever still sits about it does so no more, and who was to sit does not. The
    words of that step stay there; minutes and panel say only which one it was. Called under the lock of the
    dispute."""
    on = clock.cn_day(clock.today())
    rows = Sitting.objects.select_for_update(of=("self",), no_key=True).select_related("panel")
    for sitting in rows.filter(panel__dispute=dispute, ended_at=None):
        said = f"这件纠纷{on}已经“{title}”，议事到此为止。"
        end_sitting(sitting, OUTCOMES.get(kind, Sitting.STOPPED), said)
    # A sitting that is over has met: what is settled now never sat.
    waiting = Panel.objects.select_for_update(of=("self",), no_key=True)
    for panel in waiting.filter(dispute=dispute, state=Panel.SETTLED):
        panel.call_off(f"这件纠纷{on}已经“{title}”，这次议事不开了。")
        panel.save()
