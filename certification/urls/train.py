from django.urls import URLPattern, path

from certification.views import observing

urlpatterns: list[URLPattern] = [
    path("", observing.train_observations, name="train_observations"),
    path("<int:pk>/", observing.train_observation, name="train_observation"),
]
