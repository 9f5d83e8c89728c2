from django.urls import URLPattern, path

from certification.views import consent

urlpatterns: list[URLPattern] = [
    path("", consent.consent, name="consent"),
    path("photo/<int:pk>/", consent.consent_photo, {"size": "medium"}, name="consent_photo"),
    path("photo/<int:pk>/small/", consent.consent_photo, {"size": "small"}, name="consent_photo_small"),
]
