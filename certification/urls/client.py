from django.urls import URLPattern, path

from certification.views import client

urlpatterns: list[URLPattern] = [
    path("papers/", client.case_papers, name="case_papers"),
    path("consent/", client.case_consent, name="case_consent"),
    path("observation/", client.case_observation, name="case_observation"),
]
