from django.urls import URLPattern, path

from certification.views import observing

urlpatterns: list[URLPattern] = [path("", observing.observe, name="observe")]
