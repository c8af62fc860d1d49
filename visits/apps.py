"""The app visits as Django knows it."""

from django.apps import AppConfig


class VisitsConfig(AppConfig):
    name = "visits"
    verbose_name = "走访"
    default_auto_field = "django.db.models.BigAutoField"
