"""Addresses of the pages of appeals."""

from django.urls import URLPattern, path

from appeals import meeting_views, petition_views, views

app_name = "appeals"
urlpatterns: list[URLPattern] = [
    path("desk/matters/", views.Matters.as_view(), name="matters"),
    path("desk/matters/new/", views.New.as_view(), name="new"),
    path("desk/matters/<int:pk>/", views.MatterPage.as_view(), name="matter"),
    path(
        "desk/matters/<int:pk>/petition/<str:code>/", petition_views.take_petition_step, name="petition_step"
    ),
    path("desk/meetings/", meeting_views.Meetings.as_view(), name="meetings"),
    path("desk/meetings/new/", meeting_views.New.as_view(), name="new_meeting"),
    path("desk/meetings/<int:pk>/", meeting_views.MeetingPage.as_view(), name="meeting"),
    path("desk/meetings/<int:pk>/edit/", meeting_views.Edit.as_view(), name="edit_meeting"),
    path("desk/meetings/<int:pk>/paper/", meeting_views.Paper.as_view(), name="meeting_paper"),
    path("desk/petitions/", petition_views.Petitions.as_view(), name="petitions"),
    path("desk/matters/<int:pk>/<str:code>/", views.take_step, name="step"),
]
