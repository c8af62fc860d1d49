"""Addresses of the pages of appeals."""

from django.urls import URLPattern, path

from appeals import petition_views, views

app_name = "appeals"
urlpatterns: list[URLPattern] = [
    path("desk/matters/", views.Matters.as_view(), name="matters"),
    path("desk/matters/new/", views.New.as_view(), name="new"),
    path("desk/matters/<int:pk>/", views.MatterPage.as_view(), name="matter"),
    path(
        "desk/matters/<int:pk>/petition/<str:code>/", petition_views.take_petition_step, name="petition_step"
    ),
    path("desk/petitions/", petition_views.Petitions.as_view(), name="petitions"),
    path("desk/matters/<int:pk>/<str:code>/", views.take_step, name="step"),
]
