"""Every address of the site, room by room."""

from django.urls import include, path

from core.admin import site
from hongji import phone, views
from hongji.desk import ArrivedPage, DeskHome, WaitingPage

handler400 = views.bad_request
handler403 = views.denied
handler404 = views.missing
handler500 = views.broken

urlpatterns = [
    path("", views.home, name="home"),
    path("sw.js", phone.worker, name="worker"),
    path("manifest.webmanifest", phone.manifest, name="manifest"),
    path("desk/", DeskHome.as_view(), name="desk"),
    path("desk/waiting/", WaitingPage.as_view(), name="waiting"),
    path("desk/arrived/", ArrivedPage.as_view(), name="arrived"),
    path("", include("accounts.urls")),
    path("", include("grids.urls")),
    path("", include("visits.urls")),
    path("", include("appeals.urls")),
    path("", include("disputes.urls")),
    path("", include("points.urls")),
    path("", include("points.shop_urls")),
    path("", include("points.activity_urls")),
    path("", include("jobs.labour_urls")),
    path("", include("jobs.vacancy_urls")),
    path("", include("jobs.match_urls")),
    path("", include("jobs.centre_urls")),
    path("", include("discipline.urls")),
    path("", include("ledgers.urls")),
    path("api/", include("hongji.api")),
    path("admin/", site.urls),
]
