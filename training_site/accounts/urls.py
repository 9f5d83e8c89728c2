"""``/my/``: what waits for you, and your account."""

from django.urls import path

from training_site.accounts import views

urlpatterns = [
    path("", views.my, name="my"),
    path("details/", views.details, name="my_details"),
    path("data/", views.personal_data_export, name="my_data"),
]
