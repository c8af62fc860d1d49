"""Core as Django knows it: its checks are registered, and every app's ledgers found, once all models are there."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = "公用"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core import checks  # noqa: F401  (registers the system checks)
        from core.ledger.registry import autodiscover

        autodiscover()
