"""呼叫器、摄像头: where one is needed, installed, broken, repaired; every press of a button. No video, no stream."""

import datetime as dt
import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django_fsm import ConcurrentTransitionMixin, FSMField, transition

from core import crypto
from core.digests import digest_of
from core.models import WithPhone
from core.scope import ScopedQuerySet
from grids.models import Household, Territory


class DeviceQuerySet(ScopedQuerySet):
    def with_key(self, key: str) -> Self:
        """The one whose key this is: only its keyed hash is stored."""
        return self.filter(key_hash=key_hash(key))


def key_hash(key: str) -> str:
    return crypto.blind_index(key, purpose="device-key")


class Device(ConcurrentTransitionMixin, WithPhone, models.Model):
    """A button of a household or a camera point of a place in words (附件 五（三）). Moves only by its transitions,
    each leaves a `DeviceStep`. `relative` and the phone: whom to call when the button is pressed and nobody answers.

    `held_at`: since when its key is on hold, `held_why` why; what it sends meanwhile is kept and waits.
    """

    TERRITORY = "territory"

    BUTTON, CAMERA = "button", "camera"
    KINDS = ((BUTTON, "呼叫器"), (CAMERA, "摄像头"))
    PLAIN = ("point", "place", "purpose", "power", "ownership", "relative")
    WANTED, DECLINED, INSTALLED, BROKEN, REMOVED = "wanted", "declined", "installed", "broken", "removed"
    STATES = (
        (WANTED, "要装"),
        (DECLINED, "不要装"),
        (INSTALLED, "在用"),
        (BROKEN, "报修"),
        (REMOVED, "拆了"),
    )

    uuid = models.UUIDField("登记号", unique=True, default=uuid.uuid4, editable=False)
    kind = models.CharField("哪一种", max_length=10, choices=KINDS)
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="网格")
    household = models.ForeignKey(
        Household, models.PROTECT, null=True, blank=True, related_name="devices", verbose_name="户"
    )
    point = models.CharField("点位", max_length=40, blank=True, help_text="如“村口”“河塘”")
    place = models.CharField("位置", max_length=100, blank=True)
    purpose = models.CharField("用途", max_length=60, blank=True)
    power = models.CharField("供电网络", max_length=60, blank=True)
    ownership = models.CharField("产权", max_length=40, blank=True)
    relative = models.CharField("联系亲属", max_length=40, blank=True)
    serial = models.CharField("编号", max_length=40, blank=True)
    state = FSMField("状态", max_length=10, choices=STATES, default=WANTED, protected=True)
    key_hash = models.CharField(
        "钥匙（摘要）", max_length=32, null=True, blank=True, unique=True, editable=False
    )
    held_at = models.DateTimeField("从什么时候先停着", null=True, blank=True, editable=False)
    held_why = models.CharField("为什么先停着", max_length=100, blank=True, editable=False)

    objects = DeviceQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "呼叫器、摄像头"
        constraints = [
            models.UniqueConstraint(
                fields=["household"],
                condition=Q(kind="button") & ~Q(state="removed"),
                name="appeals_device_one_button",
                violation_error_message="这一户已经登记过呼叫器了。",
            ),
            models.CheckConstraint(
                condition=Q(kind="button", household__isnull=False)
                | Q(kind="camera", household__isnull=True),
                name="appeals_device_of_household",
                violation_error_message="呼叫器要有户，摄像头要有点位。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.where} {self.get_kind_display()}"

    def clean_fields(self, exclude: Any = None) -> None:
        """The state is no field that somebody fills in: its transitions look after it."""
        super().clean_fields({*(exclude or ()), "state"})

    @property
    def where(self) -> str:
        """Whose it is, or which point."""
        return self.household.head_name if self.household else self.point

    def facts(self) -> dict[str, str]:
        """What is registered of it today, as its ledger shows it."""
        home = self.household
        said = {name: getattr(self, name) for name in (*self.PLAIN, "serial", "phone_mask")}
        return said | {"head": home.head_name if home else "", "group": home.group.name if home else ""}

    @property
    def version(self) -> str:
        """Which writing of it this is: another after each correction of what is registered."""
        return digest_of([*(getattr(self, name) for name in self.PLAIN), self.phone_hash])

    # --- what may follow what; who may do it is asked by the services --------------------------------------------

    @transition(field=state, source=DECLINED, target=WANTED, custom={"title": "又要装"})
    def want(self) -> None:
        """Said no before."""

    @transition(field=state, source=WANTED, target=DECLINED, custom={"title": "不要装"})
    def decline(self) -> None:
        """Asked, and does not want one."""

    @transition(field=state, source=WANTED, target=INSTALLED, custom={"title": "装好"})
    def install(self, serial: str, key: str) -> None:
        self.serial, self.key_hash = serial, key_hash(key) if key else None

    @transition(field=state, source=INSTALLED, target=BROKEN, custom={"title": "报修"})
    def report(self) -> None:
        """Its key stays good: somebody may press it after all."""

    @transition(field=state, source=BROKEN, target=INSTALLED, custom={"title": "修好"})
    def repair(self) -> None:
        """The same thing again."""

    @transition(field=state, source=[WANTED, INSTALLED, BROKEN], target=REMOVED, custom={"title": "拆了"})
    def remove(self) -> None:
        self.key_hash, self.held_at, self.held_why = None, None, ""


class DeviceStep(models.Model):
    """One step of a device: who, when, why. `day` is when it was so, `at` when it was written down. `facts`: what was
    registered of it then (Device.facts), so that a month that is over reads as it was."""

    TERRITORY = "device__territory"

    KINDS = (
        ("want", "登记要装"),
        ("describe", "改登记"),
        ("decline", "不要装"),
        ("install", "装好"),
        ("report", "报修"),
        ("repair", "修好"),
        ("remove", "拆了"),
        ("new_key", "换钥匙"),
        ("hold", "先停着"),
        ("let_go", "恢复"),
    )

    uuid = models.UUIDField("编号", unique=True, default=uuid.uuid4, editable=False)
    device = models.ForeignKey(Device, models.PROTECT, related_name="steps", verbose_name="设备")
    kind = models.CharField("做了什么", max_length=10, choices=KINDS)
    at = models.DateTimeField("什么时候", editable=False)
    day = models.DateField("算在哪天")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="谁"
    )
    state = models.CharField("之后的状态", max_length=10, choices=Device.STATES)
    facts = models.JSONField("当时登记的", default=dict, editable=False)
    words = models.CharField("怎么说的", max_length=200, blank=True)
    content_hash = models.CharField("内容摘要", max_length=64, blank=True, editable=False)

    fresh = False  # whether this call stored it, and not an earlier one under the same number

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "设备记录"
        ordering = ("pk",)
        indexes = [models.Index(fields=["device", "day"], name="appeals_devicestep_day")]

    def __str__(self) -> str:
        return f"{self.device} {self.get_kind_display()}"


class Press(models.Model):
    """One press of a button as it came in, with the answer it was given: sent again, it gets the same."""

    TERRITORY = "device__territory"

    PRESS, TEST = "press", "test"
    KINDS = ((PRESS, "按了"), (TEST, "试一下"))
    OPENED, AGAIN, KEPT, TESTED = "opened", "again", "held", "tested"
    OUTCOMES = ((OPENED, "记成一件事"), (AGAIN, "又按了"), (KEPT, "先留着"), (TESTED, "试通了"))
    LATE, AHEAD = "late", "ahead"
    MARKS = ((LATE, "晚到的"), (AHEAD, "钟走快了"))

    uuid = models.UUIDField("编号", unique=True)
    device = models.ForeignKey(Device, models.PROTECT, related_name="presses", verbose_name="设备")
    kind = models.CharField("哪一种", max_length=10, choices=KINDS)
    pressed_at = models.DateTimeField("什么时候按的")
    at = models.DateTimeField("什么时候到的")
    mark = models.CharField("时间不对", max_length=10, choices=MARKS, blank=True)
    outcome = models.CharField("怎么样了", max_length=10, choices=OUTCOMES)
    call = models.ForeignKey(
        "appeals.Call", models.PROTECT, null=True, blank=True, related_name="presses", verbose_name="来电"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "按键"
        ordering = ("pk",)
        indexes = [models.Index(fields=["device", "at"], name="appeals_press_device")]

    def __str__(self) -> str:
        return f"{self.device} {self.pressed_at:%Y-%m-%d %H:%M}"

    def says(self, pressed_at: dt.datetime, kind: str) -> bool:
        """Whether this is what was sent."""
        return (self.pressed_at, self.kind) == (pressed_at, kind)
