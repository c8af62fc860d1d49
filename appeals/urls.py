"""Addresses of the pages of appeals."""

from django.urls import URLPattern, path

from appeals import call_views, card_views, device_views, meeting_views, petition_views, public_views, views

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
    # --- the hotline and whom it sends ---
    path("desk/hotline/", call_views.Hotline.as_view(), name="hotline"),
    path("desk/hotline/find/", call_views.Find.as_view(), name="find_caller"),
    path("desk/hotline/<int:pk>/", call_views.CallPage.as_view(), name="call"),
    path("desk/hotline/<int:pk>/<str:code>/", call_views.take_step, name="call_step"),
    path("desk/talents/", call_views.Talents.as_view(), name="talents"),
    path("desk/talents/<int:pk>/end/", call_views.end_talent, name="end_talent"),
    # --- buttons, cameras, cards ---
    path("desk/devices/", device_views.Devices.as_view(), name="devices"),
    path("desk/devices/survey/", device_views.Survey.as_view(), name="survey"),
    path("desk/devices/new/", device_views.New.as_view(), name="new_device"),
    path("desk/devices/<int:pk>/", device_views.DevicePage.as_view(), name="device"),
    path("desk/devices/<int:pk>/facts/", device_views.describe, name="describe_device"),
    path("desk/devices/<int:pk>/<str:code>/", device_views.move, name="move_device"),
    path("desk/cards/", card_views.Cards.as_view(), name="cards"),
    path("desk/cards/print/", card_views.Print.as_view(), name="print_cards"),
    path("desk/cards/<uuid:run>/", card_views.Paper.as_view(), name="card_paper"),
    path("desk/cards/<int:pk>/revoke/", card_views.revoke, name="revoke_card"),
    # --- for everybody who holds a card ---
    path("n/<str:code>/", public_views.NeedPage.as_view(), name="need"),
]
