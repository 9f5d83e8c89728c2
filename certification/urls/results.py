"""Results and further attempts, below ``/cases/<ref>/result/``."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
