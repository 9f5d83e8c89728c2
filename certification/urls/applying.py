"""Below ``/cases/application/``."""

from django.urls import URLPattern, path

from certification.views import applying

urlpatterns: list[URLPattern] = [
    path("", applying.application, name="application"),
    path("begin/", applying.begin, name="application_begin"),
]
