"""Cases under /cases/: the list, the pages of one case, and last its overview."""

from django.urls import URLPattern, path

from certification.views import cases, overview, visits

urlpatterns: list[URLPattern] = [
    path("", cases.case_list, name="cases"),
    path("new/", cases.begin, name="case_begin"),
    path("<slug:ref>/about/", cases.client, name="case_client"),
    path("<slug:ref>/screen/", cases.screen, name="case_screen"),
    path("<slug:ref>/plan/", cases.plan, name="case_plan"),
    path("<slug:ref>/visits/", visits.visit_list, name="case_visits"),
    path("<slug:ref>/visits/add/", visits.add, name="case_visit_add"),
    path("<slug:ref>/visits/<int:pk>/", visits.visit, name="case_visit"),
    path("<slug:ref>/visits/<int:pk>/remove/", visits.remove, name="case_visit_remove"),
    path("<slug:ref>/aftercare/", cases.aftercare, name="case_aftercare"),
    path("<slug:ref>/healed/", cases.healed, name="case_healed"),
    path("<slug:ref>/", overview.case, name="case"),
]
