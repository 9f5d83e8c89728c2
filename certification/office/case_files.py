"""Case files in the office: what candidates wrote, their papers, and who may observe a visit.

For certification officers and quality assurers. Only officers appoint observers, and open papers once a case was
handed in; the answers of the health screen stay inside the case, only their outcome stands here.
"""

from typing import Any

from django.contrib import messages
from django.db.models import Count, OuterRef, Q, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from certification import access, cases, consenting, observing, papers
from certification.errors import ObservationRefused
from certification.forms.observing import AppointForm, CaseFileFilter, EndAppointmentForm
from certification.models import (
    CaseFile,
    ClientContact,
    ObserverAppointment,
    ProcedureCase,
    SessionLog,
    Submission,
)
from certification.values import EDITABLE, IMPLANTING, TreatedUnder
from training_site.accounts.policies import for_roles, person_of
from training_site.accounts.roles import Role
from training_site.common.days import body_day, in_words
from training_site.common.forms import refusals_on
from training_site.common.office import office_page, page_of

readers = for_roles(Role.CERTIFICATION_OFFICER, Role.QUALITY_ASSURER)
officers = for_roles(Role.CERTIFICATION_OFFICER)
ICON = "folder-open-inverse"
FILES = "Case files"


def urls() -> list[URLPattern]:
    return [
        path("certification/case-files/", index, name="office_case_files"),
        path("certification/case-files/<int:pk>/", case_file, name="office_case_file"),
        path("certification/cases/<slug:ref>/", case, name="office_case"),
        path("certification/visits/<int:pk>/observer/", appoint, name="office_appoint_observer"),
        path("certification/observers/<int:pk>/end/", end_appointment, name="office_end_observer"),
    ]


@readers
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every case file, the newest first."""
    form = CaseFileFilter(request.GET)
    found = CaseFile.objects.select_related("candidate", "scheme_version__scheme")
    if form.is_valid() and (words := form.cleaned_data["q"]):
        of_person = Q(candidate__legal_name__icontains=words) | Q(candidate__email__icontains=words)
        of_case = ProcedureCase.objects.filter(ref__iexact=words, case_file__isnull=False)
        found = found.filter(of_person | Q(pk__in=of_case.values("case_file")))
    rows = found.annotate(many=Count("procedure_cases")).order_by("-opened_at", "-pk")
    return office_page(
        request,
        "certification/office/case_files.html",
        {"form": form, "page_obj": page_of(request, rows)},
        title=FILES,
        icon=ICON,
    )


@readers
@require_safe
def case_file(request: HttpRequest, pk: int) -> HttpResponse:
    """One file with its cases, and how each stands."""
    found = get_object_or_404(CaseFile.objects.select_related("candidate", "scheme_version__scheme"), pk=pk)
    newest = Submission.objects.filter(case=OuterRef("pk")).order_by("-number")
    rows = found.procedure_cases.annotate(
        state=Subquery(newest.values("state")[:1]), attempt=Subquery(newest.values("number")[:1])
    )
    return office_page(
        request,
        "certification/office/case_file.html",
        {"file": found, "cases": [(each, _state(each)) for each in rows.order_by("begun_at", "pk")]},
        title=found.candidate.legal_name,
        icon=ICON,
        trail=[(reverse("office_case_files"), FILES)],
    )


@readers
@require_safe
def case(request: HttpRequest, ref: str) -> HttpResponse:
    """One case as it is written now: facts, papers, what the client allows, who observed."""
    found = get_object_or_404(
        ProcedureCase.objects.select_related("practitioner", "case_file", "scheme_version__scheme"), ref=ref
    )
    now = timezone.now()
    visits = list(found.visits.select_related("observation").prefetch_related("appointments"))
    submission = Submission.objects.latest_of(found)
    reader = person_of(request)
    is_officer = reader.holds(Role.CERTIFICATION_OFFICER)
    return office_page(
        request,
        "certification/office/case_file_case.html",
        {
            "case": found,
            "submission": submission,
            "facts": _facts(found),
            "texts": _texts(found),
            "visits": [
                _visit_row(visit, may_appoint=is_officer and submission.state in EDITABLE) for visit in visits
            ],
            "papers": [(paper, papers.late(paper, visits)) for paper in found.documents.all()],
            "answer": consenting.answered(found, at=now, on=body_day(now)),
            "asked_at": consenting.asked_at(found),
            "same_client": _same_client(found),
            "is_officer": is_officer,
            "opens_papers": access.opened_to(reader).filter(pk=found.pk).exists(),
        },
        title=found.ref,
        icon=ICON,
        trail=_trail(found)[:-1],
    )


@officers
@require_http_methods(["GET", "POST"])
def appoint(request: HttpRequest, pk: int) -> HttpResponse:
    """Appoint an observer of one visit."""
    visit = get_object_or_404(SessionLog.objects.select_related("case__practitioner", "case__case_file"), pk=pk)
    form = AppointForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, ObservationRefused):
            made = observing.appoint(visit, officer=person_of(request), at=timezone.now(), **form.cleaned_data)
            messages.success(request, f"{made.name} is appointed. A mail with the link is on its way.")
            return redirect("office_case", visit.case.ref)
    return office_page(
        request,
        "certification/office/case_file_observer.html",
        {"form": form, "visit": visit, "button": "Appoint the observer"},
        title="Appoint an observer",
        icon=ICON,
        trail=_trail(visit.case),
    )


@officers
@require_http_methods(["GET", "POST"])
def end_appointment(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an appointment back."""
    rows = ObserverAppointment.objects.select_related("visit__case__practitioner", "visit__case__case_file")
    appointment = get_object_or_404(rows, pk=pk)
    form = EndAppointmentForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, ObservationRefused):
            observing.end_appointment(
                appointment, officer=person_of(request), at=timezone.now(), reason=form.cleaned_data["reason"]
            )
            messages.success(request, f"The appointment of {appointment.name} has ended; the link opens nothing.")
            return redirect("office_case", appointment.visit.case.ref)
    return office_page(
        request,
        "certification/office/case_file_observer.html",
        {"form": form, "visit": appointment.visit, "button": "End the appointment", "serious": True},
        title=f"End the appointment of {appointment.name}",
        icon=ICON,
        trail=_trail(appointment.visit.case),
    )


def _trail(of: ProcedureCase) -> list[tuple[str, str]]:
    """The pages above those of a case, the case itself last."""
    trail = [(reverse("office_case_files"), FILES)]
    if of.case_file_id:
        trail.append((reverse("office_case_file", args=[of.case_file_id]), of.practitioner.legal_name))
    return [*trail, (reverse("office_case", args=[of.ref]), of.ref)]


def _state(of: Any) -> str:
    """How a case stands, from its newest attempt: ``Draft, attempt 2``."""
    word: str = cases.STATUS_OF[of.state].label if of.state else "No attempt"
    return f"{word}, attempt {of.attempt}" if of.attempt and of.attempt > 1 else word


def _facts(of: ProcedureCase) -> list[tuple[str, str]]:
    outcome = of.scheme_version.screen.outcome(of.answers)
    band = of.skin_band
    decision = TreatedUnder(of.treated_under).label if of.treated_under else ""
    return [
        ("Candidate", of.practitioner.legal_name),
        ("Scheme", str(of.scheme_version)),
        ("Begun", in_words(body_day(of.begun_at))),
        ("Treatment", of.get_treatment_display()),
        ("Corrects", of.get_corrects_display() if of.corrects else ""),
        ("Client code", of.client_code),
        ("Age", of.get_age_band_display()),
        ("Sex", of.get_sex_display()),
        ("Scale and stage", of.stage_label or of.get_scale_display()),
        ("Skin", f"{of.get_fitzpatrick_display()} ({band.label})" if band else ""),
        ("Outcome of the health screen", outcome.label if outcome else "Not all questions answered"),
        ("Decision", decision),
        ("Clearance", "Stated: there was none" if of.without_clearance else ""),
        ("Client agreed to the plan", in_words(of.client_agreed_on) if of.client_agreed_on else ""),
        ("Aftercare sheet", of.aftercare_sheet),
        ("All own work", "Stated" if of.all_own_work else "Not stated"),
    ]


def _texts(of: ProcedureCase) -> list[tuple[str, str]]:
    return [
        ("History", of.history_summary),
        ("Plan", of.plan),
        ("Contacts after the visits", of.contact_log),
        ("Reflection", of.reflection),
        ("What held", of.retention_note),
    ]


def _visit_row(visit: SessionLog, *, may_appoint: bool) -> dict[str, Any]:
    """A visit with its observation; ``may`` says what an officer can do about it."""
    observation = getattr(visit, "observation", None)
    appointed = next((each for each in visit.appointments.all() if each.ended_at is None), None)
    is_open = visit.kind in IMPLANTING and observation is None
    return {
        "visit": visit,
        "observation": observation,
        "appointed": appointed,
        "may_appoint": may_appoint and is_open and appointed is None,
        "may_end": appointed is not None and observation is None,
    }


def _same_client(of: ProcedureCase) -> list[str]:
    """References of other cases whose client has the same address."""
    contact = ClientContact.objects.filter(case=of).first()
    if contact is None:
        return []
    others = ClientContact.objects.filter(digest=contact.digest).exclude(pk=contact.pk)
    return list(others.order_by("case__ref").values_list("case__ref", flat=True))
