"""``/learn/<enrolment>/practice/…``: a trainee's practice log."""

from django.urls import path

from courses.views import practice

urlpatterns = [
    path("", practice.record, name="practice"),
    path("log/", practice.log, name="practice_log"),
    path("entries/<int:entry_pk>/", practice.entry, name="practice_entry"),
    path("entries/<int:entry_pk>/pictures/", practice.add_pictures, name="practice_add_pictures"),
    path("<slug:code>/", practice.exercise, name="practice_exercise"),
]
