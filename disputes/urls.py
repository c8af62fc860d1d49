"""Addresses of the pages of disputes."""

from django.urls import URLPattern, path

from disputes import panel_views, paper_views, screening_views, sitting_views, views

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
    path("desk/disputes/<int:pk>/panels/", panel_views.draft, name="draft_panel"),
    path("desk/disputes/panels/<int:pk>/", panel_views.PanelPage.as_view(), name="panel"),
    path("desk/disputes/panels/<int:pk>/invitations/", panel_views.Invitations.as_view(), name="invitations"),
    path("desk/disputes/panels/<int:pk>/seating/", panel_views.Seating.as_view(), name="seating"),
    path("desk/disputes/panels/<int:pk>/begin/", sitting_views.begin, name="begin_sitting"),
    path("desk/disputes/panels/<int:pk>/<str:code>/", panel_views.take_panel_step, name="panel_step"),
    path("desk/disputes/sittings/<int:pk>/", sitting_views.SittingPage.as_view(), name="sitting"),
    path("desk/disputes/sittings/<int:pk>/minutes/", sitting_views.Minutes.as_view(), name="minutes"),
    path(
        "desk/disputes/sittings/<int:pk>/minutes/paper/",
        sitting_views.MinutesPaper.as_view(),
        name="minutes_paper",
    ),
    path("desk/disputes/sittings/<int:pk>/words/<uuid:uuid>/", sitting_views.put_word, name="word"),
    path("desk/disputes/sittings/<int:pk>/<str:code>/", sitting_views.take_sitting_step, name="sitting_step"),
    path("desk/disputes/agreements/", paper_views.Agreements.as_view(), name="agreements"),
    path("desk/disputes/agreements/<int:pk>/<str:code>/", paper_views.agreement_step, name="agreement_step"),
    path("desk/disputes/scans/<int:pk>/", paper_views.download_scan, name="scan"),
    path("desk/disputes/scans/<int:pk>/remove/", paper_views.remove_scan, name="remove_scan"),
    path("desk/disputes/<int:pk>/papers/", paper_views.Papers.as_view(), name="papers"),
    path("desk/disputes/<int:pk>/papers/<str:code>/", paper_views.print_paper, name="paper"),
    path("desk/disputes/<int:pk>/papers/<str:code>/pdf/", paper_views.paper_pdf, name="paper_pdf"),
    path("desk/disputes/<int:pk>/draft/", paper_views.draft, name="draft"),
    path("desk/disputes/<int:pk>/summon/", paper_views.summon, name="summon"),
    path("desk/disputes/<int:pk>/rights/", paper_views.tell_rights, name="tell_rights"),
    path("desk/disputes/<int:pk>/scans/", paper_views.add_scan, name="add_scan"),
    path("desk/disputes/<int:pk>/<str:code>/", views.take_step, name="step"),
]
