"""Addresses of the pages of disputes."""

from django.urls import URLPattern, path

from disputes import views

app_name = "disputes"
urlpatterns: list[URLPattern] = [
    path("desk/disputes/", views.Disputes.as_view(), name="disputes"),
    path("desk/disputes/new/", views.New.as_view(), name="new"),
    path("desk/disputes/<int:pk>/", views.DisputePage.as_view(), name="dispute"),
    path("desk/disputes/<int:pk>/parties/", views.add_party, name="add_party"),
    path("desk/disputes/parties/<int:pk>/remove/", views.remove_party, name="remove_party"),
    path("desk/disputes/<int:pk>/<str:code>/", views.take_step, name="step"),
]
