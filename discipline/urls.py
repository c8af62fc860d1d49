"""Addresses of discipline: two for villagers, without an account, and the office's own."""

from django.urls import URLPattern, path

from discipline import public_views as public
from discipline import views

app_name = "discipline"
urlpatterns: list[URLPattern] = [
    path("report/", public.tell, name="tell"),
    path("report/ask/", public.ask, name="ask"),
    path("desk/reports/", views.Reports.as_view(), name="reports"),
    path("desk/reports/new/", views.Enter.as_view(), name="enter"),
    path("desk/reports/<uuid:uuid>/", views.ReportPage.as_view(), name="report"),
    path("desk/reports/<uuid:uuid>/<str:code>/", views.take_step, name="step"),
    path("desk/report-figures/", views.Figures.as_view(), name="figures"),
]
