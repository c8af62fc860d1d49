"""Addresses of the office's pages of points, of the public notice, and of what is behind a household's card."""

from django.urls import URLPattern, path

from points import (
    award_views,
    card_pages,
    city_views,
    extract_views,
    notice_views,
    public_views,
    scheme_views,
)

app_name = "points"
urlpatterns: list[URLPattern] = [
    # --- rules ---
    path("desk/points/schemes/", scheme_views.Schemes.as_view(), name="schemes"),
    path("desk/points/schemes/villages/<int:pk>/new/", scheme_views.Adopt.as_view(), name="adopt"),
    path("desk/points/schemes/<int:pk>/drop/", scheme_views.drop, name="drop_scheme"),
    path("desk/points/schemes/<int:pk>/items/new/", scheme_views.NewItem.as_view(), name="new_item"),
    path("desk/points/schemes/items/<int:pk>/", scheme_views.EditItem.as_view(), name="item"),
    path("desk/points/schemes/items/<int:pk>/remove/", scheme_views.remove, name="remove_item"),
    # --- deeds on their way ---
    path("desk/points/awards/", award_views.Awards.as_view(), name="awards"),
    path("desk/points/awards/new/", award_views.New.as_view(), name="new"),
    path("desk/points/awards/find/", award_views.Find.as_view(), name="find"),
    path("desk/points/awards/check/", award_views.check_many, name="check_many"),
    path("desk/points/awards/decide/", award_views.decide_many, name="decide_many"),
    path("desk/points/awards/<int:pk>/", award_views.AwardPage.as_view(), name="award"),
    path(
        "desk/points/awards/<int:pk>/deciding/<str:code>/", award_views.take_committee_step, name="deciding"
    ),
    path("desk/points/awards/<int:pk>/<str:code>/", award_views.take_step, name="step"),
    # --- the city's platform ---
    path("desk/points/city/", city_views.City.as_view(), name="city"),
    path("desk/points/city/<slug:kind>/", city_views.LayOut.as_view(), name="city_layout"),
    # --- extracts ---
    path("desk/points/extracts/", extract_views.Extracts.as_view(), name="extracts"),
    path("desk/points/extracts/<int:pk>/", extract_views.Paper.as_view(), name="extract"),
    path("desk/points/extracts/<int:pk>/book/", extract_views.Book.as_view(), name="extract_book"),
    # --- public notices ---
    path("desk/points/notices/", notice_views.Notices.as_view(), name="notices"),
    path("desk/points/notices/villages/<int:pk>/new/", notice_views.Show.as_view(), name="show"),
    path("desk/points/notices/<int:pk>/", notice_views.NoticePage.as_view(), name="notice"),
    path("desk/points/notices/<int:pk>/paper/", notice_views.Paper.as_view(), name="notice_paper"),
    path("desk/points/notices/<int:pk>/down/", notice_views.take_down, name="take_down"),
    path("desk/points/notices/challenges/<int:pk>/answer/", notice_views.answer, name="answer"),
    # --- for everybody ---
    path("g/<int:pk>/", public_views.PublicNoticePage.as_view(), name="public"),
    path("k/<slug:code>/", card_pages.CardHome.as_view(), name="card"),
]
