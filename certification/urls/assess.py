"""Below ``/assess/``: an assessor's desk and the marking of a case."""

from django.urls import URLPattern, path

from certification.views import confirming, desk, marking

urlpatterns: list[URLPattern] = [
    path("", desk.desk, name="desk"),
    path("places/", desk.workplaces, name="workplaces"),
    path("places/<int:pk>/leave/", desk.leave, name="workplace_leave"),
    path("<int:pk>/accept/", desk.accept, name="assess_accept"),
    path("<int:pk>/decline/", desk.decline, name="assess_decline"),
    path("<int:pk>/stand-down/", desk.recuse, name="assess_recuse"),
    path("<int:pk>/", marking.assess, name="assess"),
    path("<int:pk>/save/", marking.save, name="assess_save"),
    path("<int:pk>/hand-in/", marking.hand_in, name="assess_hand_in"),
    path("<int:pk>/confirm/", confirming.confirm, name="assess_confirm"),
]
