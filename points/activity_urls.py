"""Addresses of 活动."""

from django.urls import URLPattern, path

from points import activity_views

app_name = "activities"
urlpatterns: list[URLPattern] = [
    path("desk/activities/", activity_views.Activities.as_view(), name="activities"),
    path("desk/activities/plan/", activity_views.Plan.as_view(), name="plan"),
    path("desk/activities/new/", activity_views.New.as_view(), name="new"),
    path("desk/activities/<int:pk>/", activity_views.ActivityPage.as_view(), name="activity"),
    path("desk/activities/<int:pk>/handbook/", activity_views.Handbook.as_view(), name="handbook"),
    path("desk/activities/<int:pk>/facts/", activity_views.change, name="change"),
    path("desk/activities/<int:pk>/cancel/", activity_views.cancel, name="cancel"),
    path("desk/activities/<int:pk>/sign-up/", activity_views.sign_up, name="sign_up"),
    path("desk/activities/sign-ups/<int:pk>/drop/", activity_views.drop, name="drop"),
    path("desk/activities/<int:pk>/roll/", activity_views.call_roll, name="roll"),
    path("desk/activities/<int:pk>/come/", activity_views.come, name="come"),
    path("desk/activities/<int:pk>/card/", activity_views.come_by_card, name="card"),
    path("desk/activities/<int:pk>/deeds/", activity_views.propose, name="deeds"),
]
