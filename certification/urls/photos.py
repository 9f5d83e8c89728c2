"""``/cases/<ref>/photos/…``: the light table of a case."""

from django.urls import path

from certification.views import photos

urlpatterns = [
    path("", photos.table, name="case_photos"),
    path("<int:pk>/", photos.photo, name="case_photo"),
    path("<int:pk>/remove/", photos.remove, name="case_photo_remove"),
]
