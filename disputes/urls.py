"""Addresses of the pages of disputes."""

from django.urls import URLPattern, path

from disputes import screening_views, views

app_name = "disputes"
urlpatterns: list[URLPattern] = [
    path("desk/disputes/", views.Disputes.as_view(), name="disputes"),
    path("desk/disputes/new/", views.New.as_view(), name="new"),
    path("desk/disputes/screening/", screening_views.ScreeningPage.as_view(), name="screening"),
    path("desk/disputes/screening/tick/", screening_views.tick, name="tick"),
    path(
        "desk/disputes/screening/villages/<int:pk>/subjects/", screening_views.add_subject, name="add_subject"
    ),
    path("desk/disputes/screening/subjects/<int:pk>/", screening_views.look_at, name="look_at"),
    path("desk/disputes/<int:pk>/", views.DisputePage.as_view(), name="dispute"),
    path("desk/disputes/<int:pk>/facts/", views.correct, name="correct"),
    path("desk/disputes/<int:pk>/parties/", views.add_party, name="add_party"),
    path("desk/disputes/parties/<int:pk>/remove/", views.remove_party, name="remove_party"),
    path("desk/disputes/<int:pk>/<str:code>/", views.take_step, name="step"),
]
