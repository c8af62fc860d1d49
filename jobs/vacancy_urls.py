"""Addresses of 用工单位、岗位, of what employers fill in themselves and of what everybody reads."""

from django.urls import URLPattern, path

from jobs import employer_views, exchange_views, public_views, vacancy_views

app_name = "vacancies"
urlpatterns: list[URLPattern] = [
    # --- employers ---
    path("desk/jobs/employers/", employer_views.Employers.as_view(), name="employers"),
    path("desk/jobs/employers/new/", employer_views.New.as_view(), name="new_employer"),
    path("desk/jobs/employers/<int:pk>/", employer_views.EmployerPage.as_view(), name="employer"),
    path("desk/jobs/employers/<int:pk>/edit/", employer_views.Edit.as_view(), name="edit_employer"),
    path("desk/jobs/employers/<int:pk>/<str:code>/", employer_views.take_step, name="employer_step"),
    # --- places ---
    path("desk/jobs/vacancies/", vacancy_views.Vacancies.as_view(), name="vacancies"),
    path("desk/jobs/employers/<int:pk>/places/new/", vacancy_views.New.as_view(), name="new"),
    path("desk/jobs/vacancies/<int:pk>/", vacancy_views.VacancyPage.as_view(), name="vacancy"),
    path("desk/jobs/vacancies/<int:pk>/edit/", vacancy_views.Edit.as_view(), name="edit"),
    path("desk/jobs/vacancies/<int:pk>/<str:code>/", vacancy_views.take_step, name="step"),
    path("desk/jobs/posters/<int:pk>/", vacancy_views.Poster.as_view(), name="poster"),
    # --- the city's platform ---
    path("desk/jobs/exchange/", exchange_views.Exchange.as_view(), name="exchange"),
    path("desk/jobs/exchange/<slug:kind>/", exchange_views.LayOut.as_view(), name="layout"),
    # --- for everybody ---
    path("y/", public_views.Offers.as_view(), name="public"),
    path("y/new/", public_views.SignUp.as_view(), name="sign_up"),
    path("y/<int:pk>/", public_views.Offer.as_view(), name="offer"),
    path("y/e/<slug:code>/", public_views.OwnPage.as_view(), name="own"),
]
