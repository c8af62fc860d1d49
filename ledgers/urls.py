"""Addresses of the pages of ledgers."""

from django.urls import path

from ledgers import import_views, look_views, month_views, views

app_name = "ledgers"
urlpatterns = [
    path("desk/ledgers/", views.LedgerDesk.as_view(), name="desk"),
    path("desk/ledgers/all/", views.generate_all, name="generate_all"),
    path("desk/ledgers/jobs/<int:pk>/", views.job, name="job"),
    path("desk/ledgers/jobs/<int:pk>/stop/", views.stop, name="stop"),
    path("desk/ledgers/jobs/<int:pk>/again/", views.again, name="again"),
    path("desk/ledgers/jobs/<int:pk>/download/", views.download, name="download"),
    path("desk/ledgers/<slug:slug>/", views.LedgerDesk.as_view(), name="ledger"),
    path("desk/ledgers/<slug:slug>/look/", look_views.LookPage.as_view(), name="look"),
    path("desk/ledgers/<slug:slug>/generate/", views.generate, name="generate"),
    path("desk/months/", month_views.MonthsPage.as_view(), name="months"),
    path("desk/months/pack/", month_views.pack, name="pack"),
    path("desk/months/count/", month_views.count, name="count"),
    path("desk/months/packages/<int:pk>/", month_views.package, name="package"),
    path("desk/months/files/<int:pk>/", month_views.sealed_file, name="sealed_file"),
    path("desk/months/<int:pk>/<str:month>/", month_views.MonthPage.as_view(), name="month"),
    path("desk/months/<int:pk>/<str:month>/submit/", month_views.submit, name="submit_month"),
    path("desk/months/<int:pk>/<str:month>/seal/", month_views.seal, name="seal_month"),
    path("desk/months/<int:pk>/<str:month>/reopen/", month_views.reopen, name="reopen_month"),
    path("desk/imports/", import_views.imports, name="imports"),
    path("desk/imports/blank/<slug:slug>/", import_views.blank, name="blank"),
    path("desk/imports/<int:pk>/", import_views.preview, name="import"),
    path("desk/imports/<int:pk>/choose/", import_views.choose, name="choose"),
    path("desk/imports/<int:pk>/drop/", import_views.drop, name="drop"),
]
