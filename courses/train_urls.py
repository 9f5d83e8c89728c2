"""``/train/…``: what trainers do."""

from django.urls import path

from courses.views import training

urlpatterns = [
    path("", training.trainees, name="train"),
    path("<int:pk>/", training.trainee, name="train_trainee"),
    path("entries/<int:pk>/", training.entry, name="train_entry"),
]
