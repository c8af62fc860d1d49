"""Addresses of the pages of visits."""

from django.urls import URLPattern, path

from visits import views
from visits.shell import shell

app_name = "visits"
urlpatterns: list[URLPattern] = [
    path("v/", shell, name="phone"),
    path("desk/owed/", views.OwedPage.as_view(), name="owed"),
    path("desk/coverage/", views.CoveragePage.as_view(), name="coverage"),
    path("desk/households/<int:pk>/", views.HouseholdPage.as_view(), name="household"),
    path("desk/findings/<int:pk>/settle/", views.settle, name="settle"),
]
