"""Below ``/assess/``: an assessor's desk and the marking of a case."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
