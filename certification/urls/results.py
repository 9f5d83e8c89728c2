"""Results and further attempts, below ``/cases/<ref>/result/``."""

from django.urls import URLPattern, path

from certification.views import results

urlpatterns: list[URLPattern] = [
    path("", results.result, name="case_result"),
    path("correct/", results.correct, name="case_correct"),
    path("replace/", results.replace, name="case_replace"),
]
