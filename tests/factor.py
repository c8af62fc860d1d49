"""Signs test clients in as a user who passed the second factor on that device."""

from typing import Any

from django.core import signing
from django.test import Client

from accounts import second_factor
from accounts.models import TrustedDevice, key_hash
from core import clock


def pass_second_factor(client: Any, user: Any) -> None:
    """The client's device is remembered for this user, as after a right code."""
    key = f"{'0' * 30}{user.pk:010d}"
    TrustedDevice.objects.get_or_create(
        key_hash=key_hash(key),
        defaults={
            "user": user,
            "name": "测试设备",
            "since": clock.now(),
            "until": clock.now() + second_factor.REMEMBERED,
        },
    )
    client.cookies[f"hongji_second_{user.pk}"] = signing.dumps(key, salt=second_factor.SALT)


def client_of(user: Any, *, factor: bool = True) -> Client:
    """A client signed in as `user` (None: nobody), by default past the second factor."""
    client = Client()
    if user is not None:
        client.force_login(user)
        if factor:
            pass_second_factor(client, user)
    return client
