from django.urls import URLPattern, path

from certification.views import hand_in

urlpatterns: list[URLPattern] = [path("", hand_in.hand_in, name="case_hand_in")]
