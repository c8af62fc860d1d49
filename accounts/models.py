"""A user: somebody who signs in. What she may do comes from her posts (grids.duties), never from here."""

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models

from core.models import WithPhone


class User(WithPhone, AbstractUser):
    """Signs in by user name or phone. Django's own groups and permissions are not used."""

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = "an account reaches villages by its posts; it lies in none itself"

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField("姓名", max_length=40, blank=True)
    must_change_password = models.BooleanField("要换密码", default=False, help_text="用开户条第一次登录的人")
    slip_until = models.DateTimeField("开户条有效到", null=True, blank=True, editable=False)

    objects = UserManager()

    REQUIRED_FIELDS: list[str] = []

    class Meta:
        verbose_name = verbose_name_plural = "账号"

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return str(self)

    get_short_name = get_full_name
