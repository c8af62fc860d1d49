"""Addresses of the pages of visits."""

from django.urls import URLPattern, path

from visits import behind_views, held_views, plan_views, rounds_views, views
from visits.shell import shell

app_name = "visits"
urlpatterns: list[URLPattern] = [
    path("v/", shell, name="phone"),
    path("desk/owed/", views.OwedPage.as_view(), name="owed"),
    path("desk/coverage/", views.CoveragePage.as_view(), name="coverage"),
    path("desk/coverage/rows/", behind_views.RowsPage.as_view(), name="behind"),
    path("desk/households/<int:pk>/", views.HouseholdPage.as_view(), name="household"),
    path("desk/held/", held_views.HeldPage.as_view(), name="held"),
    path("desk/held/<int:pk>/photo/", held_views.photo, name="held_photo"),
    path("desk/held/<int:pk>/<str:verb>/", held_views.decide, name="decide_held"),
    path("desk/visits/<uuid:uuid>/undo/", views.undo, name="undo"),
    path("desk/findings/<int:pk>/settle/", views.settle, name="settle"),
    path("desk/plans/", plan_views.Plans.as_view(), name="plans"),
    path("desk/plans/<int:pk>/", plan_views.PlanPage.as_view(), name="plan"),
    path("desk/rounds/", rounds_views.Rounds.as_view(), name="rounds"),
    path("desk/rounds/<int:pk>/", rounds_views.Entry.as_view(), name="round"),
    path("desk/rounds/<int:pk>/paper/", rounds_views.Paper.as_view(), name="round_paper"),
    path("desk/rounds/<int:pk>/returned/", rounds_views.Returned.as_view(), name="round_returned"),
    path("desk/rounds/<int:pk>/lines/<int:row>/", rounds_views.Line.as_view(), name="round_line"),
]
