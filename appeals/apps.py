"""The app appeals as Django knows it."""

from django.apps import AppConfig


class AppealsConfig(AppConfig):
    name = "appeals"
    verbose_name = "诉求"
    default_auto_field = "django.db.models.BigAutoField"
