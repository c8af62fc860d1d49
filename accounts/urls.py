"""Addresses of the pages of accounts."""

from django.urls import path

from accounts import factor_views, views
from accounts.notices import views as notices

app_name = "accounts"
urlpatterns = [
    path("login/", views.sign_in, name="login"),
    path("login/first/", views.first_password, name="first_password"),
    path("logout/", views.sign_out, name="logout"),
    path("me/", views.me, name="me"),
    path("me/password/", views.password, name="password"),
    path("me/devices/<int:pk>/forget/", views.forget_device, name="forget_device"),
    path("me/tokens/new/", views.new_token, name="new_token"),
    path("me/tokens/<int:pk>/stop/", views.stop_token, name="stop_token"),
    path("me/second-factor/", factor_views.enrol, name="enrol"),
    path("me/second-factor/app/", factor_views.enrol_app, name="enrol_app"),
    path("me/second-factor/app.svg", factor_views.picture, name="enrol_picture"),
    path("me/second-factor/codes/", factor_views.enrol_codes, name="enrol_codes"),
    path("second-factor/", factor_views.enter, name="second_factor"),
    path("notices/", notices.Inbox.as_view(), name="notices"),
    path("notices/read/", notices.read_all, name="read_notices"),
    path("notices/<int:pk>/", notices.follow, name="notice"),
    path("me/notices/", notices.PhoneInbox.as_view(), name="my_notices"),
    path("no-post/", views.no_post, name="no_post"),
    path("words/", views.words, name="words"),
]
