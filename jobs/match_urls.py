"""Addresses of 人岗对接、招聘会 and the overview of employment."""

from django.urls import URLPattern, path

from jobs import fair_views, match_views, overview_views

app_name = "matches"
urlpatterns: list[URLPattern] = [
    path("desk/jobs/overview/", overview_views.Overview.as_view(), name="overview"),
    path("desk/jobs/matches/", match_views.Matches.as_view(), name="matches"),
    path("desk/jobs/matches/<int:pk>/", match_views.MatchPage.as_view(), name="match"),
    path("desk/jobs/matches/<int:pk>/take-back/", match_views.take_back, name="take_back"),
    path("desk/jobs/matches/<int:pk>/<slug:code>/", match_views.step, name="step"),
    path("desk/jobs/matches/people/<int:pk>/", match_views.PersonPage.as_view(), name="person"),
    path("desk/jobs/matches/people/<int:pk>/send/", match_views.recommend, name="recommend"),
    path("desk/jobs/matches/places/<int:pk>/", match_views.VacancyPage.as_view(), name="vacancy"),
    path("desk/jobs/fairs/", fair_views.Fairs.as_view(), name="fairs"),
    path("desk/jobs/fairs/new/", fair_views.FairNew.as_view(), name="fair_new"),
    path("desk/jobs/fairs/<int:pk>/", fair_views.FairPage.as_view(), name="fair"),
    path("desk/jobs/fairs/<int:pk>/change/", fair_views.FairChange.as_view(), name="fair_change"),
    path("desk/jobs/fairs/<int:pk>/send/", fair_views.send, name="fair_send"),
    path("desk/jobs/fairs/<int:pk>/sheet/", fair_views.FairSheet.as_view(), name="fair_sheet"),
]
