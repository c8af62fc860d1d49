"""Addresses of the pages of visits."""

from django.urls import URLPattern, path

from visits.shell import shell

app_name = "visits"
urlpatterns: list[URLPattern] = [
    path("v/", shell, name="phone"),
]
