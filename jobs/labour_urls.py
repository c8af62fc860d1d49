"""Addresses of 劳动力."""

from django.urls import path

from jobs import labour_views as views

app_name = "labour"
urlpatterns = [
    path("desk/jobs/labour/", views.Register.as_view(), name="register"),
    path("desk/jobs/labour/note/", views.note_many, name="note_many"),
    path("desk/jobs/labour/<int:pk>/", views.PersonPage.as_view(), name="person"),
    path("desk/jobs/labour/<int:pk>/same/", views.same, name="same"),
    path("desk/jobs/labour/<int:pk>/away/", views.away, name="away"),
    path("desk/jobs/labour/proposals/<int:pk>/take/", views.take, name="take"),
    path("desk/jobs/labour/proposals/<int:pk>/leave/", views.leave, name="leave"),
]
