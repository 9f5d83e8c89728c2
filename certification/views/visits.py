"""Visits of a case: the log, and one visit."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from certification import cases, completeness, keeping
from certification.cases import Part
from certification.errors import CaseRefused
from certification.forms.visits import VisitForm
from certification.models import ProcedureCase, SessionLog, Submission
from certification.photographing import candidate_day
from certification.values import EDITABLE, VisitKind
from certification.views.cases import candidates
from certification.views.own import own_case
from training_site.accounts.policies import person_of
from training_site.common.forms import refusals_on


@candidates
@require_safe
def visit_list(request: HttpRequest, ref: str) -> HttpResponse:
    """Every visit in order, and what each lacks."""
    case = own_case(request, ref)
    submission = Submission.objects.latest_of(case)
    visits = list(case.visits.select_related("observation"))
    part = Part.PROCEDURE if submission.state in EDITABLE else Part.HEALED
    gaps = completeness.written(case, visits, part=part)
    return render(
        request,
        "certification/case_visits.html",
        {
            "case": case,
            "rows": [(visit, completeness.lacking(visit)) for visit in visits],
            "missing": [gap.sentence for gap in gaps if gap.url_name == "case_visits"],
            "obstacle": cases.obstacle(submission, Part.PROCEDURE),
            "can_log": bool(_open_kinds(submission)),
        },
    )


@candidates
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, ref: str) -> HttpResponse:
    """Log a visit."""
    case = own_case(request, ref)
    submission, today = Submission.objects.latest_of(case), candidate_day(case, at=timezone.now())
    kinds = _open_kinds(submission)
    obstacle = None if kinds else cases.obstacle(submission, Part.HEALED)
    is_sent = request.method == "POST" and obstacle is None
    form = VisitForm(request.POST if is_sent else None, kinds=kinds, today=today)
    if is_sent and form.is_valid():
        with refusals_on(form, CaseRefused):
            visit = keeping.log_visit(case, form.changes(), actor=person_of(request), today=today)
            messages.success(request, f"Logged: {visit.get_kind_display().lower()}.")
            return _onwards(request, case, visit)
    return render(
        request,
        "certification/case_visit.html",
        {"case": case, "visit": None, "form": form, "obstacle": obstacle, "missing": []},
    )


@candidates
@require_http_methods(["GET", "POST"])
def visit(request: HttpRequest, ref: str, pk: int) -> HttpResponse:
    """One visit, to be changed while that is open."""
    case, found = _own_visit(request, ref, pk)
    submission, today = Submission.objects.latest_of(case), candidate_day(case, at=timezone.now())
    obstacle = keeping.visit_obstacle(found, submission)
    is_sent = request.method == "POST" and obstacle is None
    kinds = _open_kinds(submission) if obstacle is None else list(VisitKind)
    form = VisitForm(request.POST if is_sent else None, kinds=kinds, visit=found, today=today)
    if is_sent and form.is_valid():
        with refusals_on(form, CaseRefused):
            keeping.change_visit(found, form.changes(), actor=person_of(request), today=today)
            messages.success(request, "Saved: this visit.")
            return _onwards(request, case, found)
    return render(
        request,
        "certification/case_visit.html",
        {
            "case": case,
            "visit": found,
            "form": form,
            "obstacle": obstacle,
            "missing": completeness.lacking(found) if obstacle is None else [],
            "unremovable": keeping.unremovable(found) if obstacle is None else None,
        },
    )


@candidates
@require_POST
def remove(request: HttpRequest, ref: str, pk: int) -> HttpResponse:
    """Take a visit out again."""
    case, found = _own_visit(request, ref, pk)
    try:
        keeping.remove_visit(found, actor=person_of(request))
    except CaseRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("case_visit", case.ref, found.pk)
    messages.success(request, "The visit is taken out.")
    return redirect("case_visits", case.ref)


def _own_visit(request: HttpRequest, ref: str, pk: int) -> tuple[ProcedureCase, SessionLog]:
    case = own_case(request, ref)
    found: Any = get_object_or_404(case.visits.select_related("observation"), pk=pk)
    found.case = case
    return case, found


def _open_kinds(submission: Submission) -> list[VisitKind]:
    """Kinds of visit that can be logged now."""
    return [kind for kind in VisitKind if cases.obstacle(submission, keeping.part_of(kind)) is None]


def _onwards(request: HttpRequest, case: ProcedureCase, visit: SessionLog) -> HttpResponse:
    if "go_on" in request.POST:
        return redirect("case_visits", case.ref)
    return redirect("case_visit", case.ref, visit.pk)
