"""Users and what they sign in with. What a user may do comes from her posts (grids.duties), never from here."""

import base64
import datetime as dt
import hashlib
import os
from typing import Self
from urllib.parse import quote, urlencode

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django_otp.models import Device, ThrottlingMixin
from django_otp.oath import TOTP

from core import clock
from core.fields import Sealed, SealedField
from core.models import WithPhone
from core.scope import ScopedQuerySet


class UserQuerySet(ScopedQuerySet):
    def active(self) -> Self:
        return self.filter(is_active=True)


class Users(UserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Django's manager of users with our adjectives."""


class User(WithPhone, AbstractUser):
    """Signs in by user name or phone. Django's own groups and permissions are not used."""

    TERRITORY = "officer__posts__territory"

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField("姓名", max_length=40, blank=True)
    date_joined = models.DateTimeField("开户时间", default=clock.now, editable=False)
    must_change_password = models.BooleanField("要换密码", default=False, help_text="用登录条第一次登录的人")
    slip_until = models.DateTimeField("登录条有效到", null=True, blank=True, editable=False)

    objects = Users()

    REQUIRED_FIELDS: list[str] = []

    class Meta:
        verbose_name = verbose_name_plural = "账号"

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return str(self)

    get_short_name = get_full_name

    def slip_lapsed(self) -> bool:
        """Signs in with a slip whose seven days are over."""
        return self.must_change_password and (self.slip_until is None or self.slip_until < clock.now())


class AccountEvent(models.Model):
    """What was done to an account, by whom and when. Written in the same transaction; never changed."""

    TERRITORY = "user__officer__posts__territory"

    KINDS = (
        ("opened", "开账号"),
        ("slip", "发登录条"),
        ("password", "换密码"),
        ("phone", "改手机号"),
        ("closed", "停用"),
        ("reopened", "重新启用"),
        ("factor", "办好第二道验证"),
        ("factor_off", "清掉第二道验证"),
        ("device_off", "取消记住的设备"),
        ("token", "开令牌"),
        ("token_off", "停令牌"),
    )

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="events", verbose_name="账号"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁办的"
    )
    kind = models.CharField("什么事", max_length=12, choices=KINDS)
    at = models.DateTimeField("什么时候")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "账号记录"
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return f"{self.user} {self.get_kind_display()}"


class TrustedQuerySet(models.QuerySet):
    def in_force(self) -> Self:
        return self.filter(revoked_at__isnull=True, until__gte=clock.now())


class TrustedDevice(models.Model):
    """A browser on which the second factor was passed; its cookie carries a key of which only the hash lies here."""

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = "belongs to one user; nobody else reads it"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="trusted_devices")
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    name = models.CharField("设备", max_length=60)
    since = models.DateTimeField("从什么时候")
    until = models.DateTimeField("记到")
    revoked_at = models.DateTimeField("什么时候取消的", null=True, blank=True)

    objects = TrustedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "记住的设备"
        ordering = ("-since",)

    def __str__(self) -> str:
        return self.name


def new_app_key() -> Sealed:
    """160 random bits (RFC 4226 §4), sealed."""
    return Sealed.of(base64.b32encode(os.urandom(20)).decode(), "app_key")


class PhoneApp(ThrottlingMixin, Device):
    """The app on her phone that shows six digits every half minute (RFC 6238).

    django-otp's own TOTPDevice keeps the key in plain: whoever got hold of a copy of the database could make codes.
    """

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = "belongs to one user; nobody reads it"
    DIGITS, STEP, TOLERANCE = 6, 30, 1

    key = SealedField("密钥", context="app_key", default=new_app_key)
    drift = models.SmallIntegerField("手机的钟差几步", default=0, editable=False)
    last_step = models.BigIntegerField("上一个码是第几步", default=-1, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "手机验证器"

    def readable_key(self) -> str:
        """Base32, as apps take it."""
        assert self.key is not None  # the default made one
        return self.key.open()

    def generator(self) -> TOTP:
        """What makes the codes of this moment."""
        totp = TOTP(base64.b32decode(self.readable_key()), self.STEP, 0, self.DIGITS, self.drift)
        totp.time = clock.now().timestamp()
        return totp

    def verify_token(self, token: str) -> bool:
        """Whether the code is right now, one step early or late; it opens once. Guessing is slowed down."""
        if not self.verify_is_allowed()[0]:
            return False
        totp = self.generator()
        if not (token.isdecimal() and totp.verify(int(token), self.TOLERANCE, self.last_step + 1)):
            self.throttle_increment()
            return False
        self.last_step, self.drift = totp.t(), totp.drift
        self.throttle_reset(commit=False)
        self.save()
        return True

    def get_throttle_factor(self) -> float:
        return 1

    def address(self) -> str:
        """What the picture says to the app: otpauth://totp/…"""
        issuer = settings.OTP_TOTP_ISSUER
        query = {"secret": self.readable_key(), "digits": self.DIGITS, "period": self.STEP, "issuer": issuer}
        return f"otpauth://totp/{quote(f'{issuer}:{self.user.get_username()}')}?{urlencode(query, quote_via=quote)}"


class TokenQuerySet(models.QuerySet):
    def in_force(self) -> Self:
        return self.filter(revoked_at__isnull=True, until__gte=clock.today(), user__is_active=True)

    def with_key(self, key: str) -> Self:
        return self.filter(key_hash=key_hash(key))


class ApiToken(models.Model):
    """Lets another program in as this user, for the verbs it names, until a day. Only the key's hash is kept."""

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = "belongs to one user; reaches no further than her posts do"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens", verbose_name="账号"
    )
    name = models.CharField("用在哪里", max_length=40)
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    verbs = models.JSONField("许办的事", default=list)
    made_at = models.DateTimeField("什么时候开的")
    until = models.DateField("用到哪天")
    used_on = models.DateField("最近用过", null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField("什么时候停的", null=True, blank=True)

    objects = TokenQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "令牌"
        ordering = ("-made_at",)
        constraints = [
            models.CheckConstraint(
                condition=~Q(verbs=[]),
                name="accounts_token_names_verbs",
                violation_error_message="令牌至少要许一件事。",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Feedback(models.Model):
    """意见建议: what somebody who works with this wants changed. Everybody writes, the town office reads."""

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = "about the software, not about a village"

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="谁提的"
    )
    words = models.TextField("意见", max_length=1000)
    page = models.CharField("在哪一页", max_length=200, blank=True)
    at = models.DateTimeField("什么时候")
    answer = models.CharField("答复", max_length=500, blank=True)
    answered_at = models.DateTimeField("什么时候答复的", null=True, blank=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "意见建议"
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return self.words[:20]


class SignInAttempt(AccessAttempt):
    """Failed sign-ins as django-axes counts them, under a name people can read."""

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = "a name that was typed; it may be nobody's"

    class Meta:
        proxy = True
        verbose_name = verbose_name_plural = "登录失败"


def key_hash(key: str) -> str:
    """Of a random key nobody can guess, a plain hash is enough."""
    return hashlib.sha256(key.encode()).hexdigest()


SLIP_DAYS = dt.timedelta(days=7)

# Reminders have a folder of their own; Django looks for its models here.
from accounts.notices.models import Channel, Delivery, Notice, NoticeRule, QuietHours  # noqa: E402

__all__ = [
    "SLIP_DAYS",
    "AccountEvent",
    "ApiToken",
    "Channel",
    "Delivery",
    "Feedback",
    "Notice",
    "NoticeRule",
    "PhoneApp",
    "QuietHours",
    "SignInAttempt",
    "TrustedDevice",
    "User",
    "key_hash",
    "new_app_key",
]
