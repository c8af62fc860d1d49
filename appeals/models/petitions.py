"""信访登记: a matter on the legal road of 信访工作条例, from its registration to the last answer the law gives."""

import datetime as dt
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django_fsm import ConcurrentTransitionMixin, FSMField, transition

from appeals.models.matters import Matter
from core.scope import ScopedQuerySet


class PetitionQuerySet(ScopedQuerySet):
    def running(self) -> Self:
        """Not ended; the villager may still ask for a review, or somebody owes her an answer."""
        return self.exclude(state=Petition.ENDED)

    def whole(self) -> Self:
        """With everything that a line of the list says."""
        return self.select_related("matter__household", "matter__territory__parent")


class Petition(ConcurrentTransitionMixin, models.Model):
    """One matter's 信访登记; a matter has at most one. Its steps are `Move`s of the matter, kinds `petition_*`.

    The dates are days on paper (the stamp, the receipt), which may lie before the day they were written down.
    `due_on` is the last day of what the office owes now by appeals.services.legal; None while it owes nothing.
    The law runs at the town: the matter itself goes on where it lies, and may be answered, but is neither closed nor
    withdrawn while the petition runs (`Matter.close`, `Matter.withdraw`).
    """

    TERRITORY = "matter__territory"

    REGISTERED, NOTICED, NOT_OURS, REPLIED, REVIEW_ASKED, REVIEWED, RECHECK_ASKED, RECHECKED, ENDED = (
        "registered",
        "noticed",
        "not_ours",
        "replied",
        "review_asked",
        "reviewed",
        "recheck_asked",
        "rechecked",
        "ended",
    )
    STATES = (
        (REGISTERED, "已登记，待告知"),
        (NOTICED, "已受理，在办"),
        (NOT_OURS, "不属于本级，提了异议"),
        (REPLIED, "已答复"),
        (REVIEW_ASKED, "在复查"),
        (REVIEWED, "已复查"),
        (RECHECK_ASKED, "在复核"),
        (RECHECKED, "已复核"),
        (ENDED, "信访办结"),
    )
    MOST_EXTENDED = 30
    EXTENDED = f"延长 1 到 {MOST_EXTENDED} 天，改过来。"

    matter = models.OneToOneField(Matter, models.PROTECT, related_name="petition", verbose_name="诉求")
    state = FSMField("状态", max_length=16, choices=STATES, default=REGISTERED, protected=True)
    due_on = models.DateField("眼下的法定期限", null=True, blank=True, db_index=True)
    registered_on = models.DateField("登记日期")
    registered_at = models.DateTimeField("什么时候登记的", editable=False)
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, editable=False, related_name="+", verbose_name="登记人"
    )
    noticed_on = models.DateField("告知受理日期", null=True, blank=True)
    objected_on = models.DateField("提异议日期", null=True, blank=True)
    extended_days = models.PositiveSmallIntegerField("延长几天", default=0)
    approved_by = models.CharField("谁批准延长", max_length=40, blank=True)
    replied_on = models.DateField("答复日期", null=True, blank=True)
    review_asked_on = models.DateField("申请复查日期", null=True, blank=True)
    reviewed_on = models.DateField("复查日期", null=True, blank=True)
    recheck_asked_on = models.DateField("申请复核日期", null=True, blank=True)
    rechecked_on = models.DateField("复核日期", null=True, blank=True)
    ended_on = models.DateField("信访办结日期", null=True, blank=True)

    objects = PetitionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "信访登记"
        constraints = [
            models.CheckConstraint(
                condition=Q(extended_days=0) | Q(extended_days__range=(1, 30)) & ~Q(approved_by=""),
                name="appeals_petition_extended",
                violation_error_message="延长 1 到 30 天，写谁批准的。",
            ),
            models.CheckConstraint(
                condition=~Q(state="ended") | Q(ended_on__isnull=False),
                name="appeals_petition_ended",
                violation_error_message="信访办结要有日期。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.matter.number} 信访登记"

    def clean_fields(self, exclude: Any = None) -> None:
        """The state is no field that somebody fills in: its transitions look after it."""
        super().clean_fields({*(exclude or ()), "state"})

    @property
    def is_running(self) -> bool:
        return self.state != self.ENDED

    @property
    def last_on(self) -> dt.date:
        """The day of its latest step: none is earlier."""
        days = (
            self.registered_on, self.noticed_on, self.objected_on, self.replied_on, self.review_asked_on,
            self.reviewed_on, self.recheck_asked_on, self.rechecked_on, self.ended_on,
        )  # fmt: skip
        return max(day for day in days if day)

    # --- what may follow what; who may do it is asked by the services --------------------------------------------

    @transition(field=state, source=REGISTERED, target=NOTICED, custom={"title": "告知受理"})
    def notify(self, day: dt.date) -> None:
        self.noticed_on = day

    @transition(field=state, source=REGISTERED, target=NOT_OURS, custom={"title": "提异议"})
    def disclaim(self, day: dt.date) -> None:
        self.objected_on = day

    @transition(field=state, source=NOT_OURS, target=REGISTERED, custom={"title": "异议没同意"})
    def keep(self) -> None:
        """Whoever sent it holds that it is the town's; the clocks run on from the registration."""

    @transition(field=state, source=NOTICED, target=NOTICED, custom={"title": "延长期限"})
    def extend(self, days: int, approved_by: str) -> None:
        self.extended_days, self.approved_by = days, approved_by

    @transition(field=state, source=NOTICED, target=REPLIED, custom={"title": "答复"})
    def reply(self, day: dt.date) -> None:
        self.replied_on = day

    @transition(field=state, source=REPLIED, target=REVIEW_ASKED, custom={"title": "申请复查"})
    def ask_review(self, day: dt.date) -> None:
        self.review_asked_on = day

    @transition(field=state, source=REVIEW_ASKED, target=REVIEWED, custom={"title": "复查意见"})
    def review(self, day: dt.date) -> None:
        self.reviewed_on = day

    @transition(field=state, source=REVIEWED, target=RECHECK_ASKED, custom={"title": "申请复核"})
    def ask_recheck(self, day: dt.date) -> None:
        self.recheck_asked_on = day

    @transition(field=state, source=RECHECK_ASKED, target=RECHECKED, custom={"title": "复核意见"})
    def recheck(self, day: dt.date) -> None:
        self.rechecked_on = day

    @transition(
        field=state,
        source=[NOT_OURS, REPLIED, REVIEWED, RECHECKED],
        target=ENDED,
        custom={"title": "信访办结"},
    )
    def end(self, day: dt.date) -> None:
        self.ended_on = day

    @transition(field=state, source=[REGISTERED, NOTICED], target=ENDED, custom={"title": "撤回"})
    def drop(self, day: dt.date) -> None:
        self.ended_on = day
