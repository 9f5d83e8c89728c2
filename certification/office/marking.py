"""Marking in the office: what waits to be allocated, what is marked, what is due; and one attempt with everything.

For certification officers; quality assurers read it. Nobody finds an attempt of their own here.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from certification import assigning, cases, conflicts, paper_checks, papers, releasing, submitting
from certification.errors import AllocationRefused, AuthorisationRefused, HandInRefused
from certification.forms.marking_office import (
    AssurerForm,
    ConflictForm,
    MarkingFilter,
    OfferForm,
    PaperForm,
    RecallForm,
    ReturnForm,
)
from certification.models import Allocation, CaseDocument, SchemeVersion, Submission
from certification.office import results
from certification.office.pages import attempt_of, office_page, page_of
from certification.values import AllocationKind, AllocationState, SubmissionState
from training_site.accounts.models import User
from training_site.accounts.policies import for_roles, person_of
from training_site.accounts.roles import Role
from training_site.common.days import body_day, body_zone, midnight
from training_site.common.forms import refusals_on

readers = for_roles(Role.CERTIFICATION_OFFICER, Role.QUALITY_ASSURER)
officers = for_roles(Role.CERTIFICATION_OFFICER)
ICON = "tasks"
TITLE = "Marking"
State = SubmissionState


def urls() -> list[URLPattern]:
    """Addresses below ``/cms/``."""
    one = "certification/marking/<int:pk>/"
    return [
        path("certification/marking/", index, name="office_marking"),
        path(one, attempt, name="office_attempt"),
        path(f"{one}return/", give_back, name="office_return"),
        path(f"{one}offer/", offer, name="office_offer"),
        path(f"{one}conflict/", conflict, name="office_conflict"),
        path(f"{one}assurer/", assurer, name="office_assurer"),
        path("certification/papers/<int:pk>/confirm/", confirm_paper, name="office_confirm_paper"),
        path("certification/allocations/<int:pk>/recall/", recall, name="office_recall"),
    ]


# The list -----------------------------------------------------------------------------------------


@readers
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Attempts that were handed in, the longest waiting first."""
    form = MarkingFilter(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {"q": "", "which": ""}
    today = body_day(timezone.now())
    found = _chosen(chosen["which"], today=today).exclude(case__practitioner=person_of(request))
    if words := chosen["q"]:
        found = found.filter(case__ref__iexact=words)
    live = Allocation.objects.live().select_related("assessor").order_by("kind")
    rows = found.select_related("case__scheme_version").prefetch_related(Prefetch("allocations", live, "in_hand"))
    page = page_of(request, rows.order_by("handed_in_at", "pk"))
    page.object_list = [_row(each, today=today) for each in page.object_list]
    return office_page(request, "marking", {"form": form, "page_obj": page}, title=TITLE, icon=ICON)


def _chosen(which: str, *, today: dt.date) -> QuerySet[Submission]:
    if not which:
        return assigning.waiting()
    if which == "marking":
        live = Allocation.objects.live().values("submission")
        return Submission.objects.filter(state__in=assigning.OPEN, pk__in=live)
    if which == "overdue":
        return Submission.objects.filter(_overdue(today))
    if which in ("release", "hold"):
        return Submission.objects.filter(state=State.ASSESSED if which == "release" else State.QUALITY_HOLD)
    return Submission.objects.exclude(state=State.DRAFT)


def _overdue(today: dt.date) -> Q:
    """Results that were to be released before today (T20): ``releasing.due_on`` as a question to the tables."""
    late = Q(pk__in=[])
    for version in SchemeVersion.objects.exclude(effective_on=None).only("rules"):
        before = midnight(today - dt.timedelta(days=version.terms.feedback_days), body_zone())
        in_time = Q(handed_in_at__lt=before) & (
            Q(healed_in_at__lt=before) | Q(healed_in_at=None, state__in=releasing.DECIDED)
        )
        late |= in_time & Q(case__scheme_version=version)
    return late & ~Q(state__in=[State.RELEASED, State.RETURNED, State.DRAFT])


def _row(submission: Any, *, today: dt.date) -> dict[str, Any]:
    due_on = releasing.due_on(submission, submission.case.scheme_version.terms)
    is_open = submission.state not in (State.RELEASED, State.RETURNED)
    return {
        "submission": submission,
        "in_hand": submission.in_hand,
        "due_on": due_on if is_open else None,
        "is_late": is_open and due_on is not None and due_on < today,
    }


# One attempt --------------------------------------------------------------------------------------


@readers
@require_safe
def attempt(request: HttpRequest, pk: int) -> HttpResponse:
    """One attempt: what was handed in, who marks it, what came of it."""
    return _attempt(request, attempt_of(request, pk))


def _attempt(request: HttpRequest, found: Submission, **sent: forms.Form) -> HttpResponse:
    """The page. ``sent``: a form that was refused, under its name."""
    now, reader = timezone.now(), person_of(request)
    case, file = found.case, found.case.case_file
    is_officer = reader.holds(Role.CERTIFICATION_OFFICER)
    obstacle = conflicts.officer_obstacle(reader, file)
    acts = is_officer and obstacle is None
    offers = _offers(found, sent, now) if acts else []
    pieces = _pieces(found, sent, acts=acts)
    may_return = acts and cases.may_move(found, State.RETURNED)
    shown = {"offer", *(f"recall_{row['piece'].pk}" for row in pieces if row["form"])}
    if acts:
        shown |= {"conflict", "assurer", *(["return"] if may_return else [])}
    visits = list(case.visits.all())
    return office_page(
        request,
        "attempt",
        {
            "submission": found,
            "case": case,
            "file": file,
            "is_officer": is_officer,
            "acts": acts,
            "obstacle": obstacle if is_officer else None,
            "manifests": list(found.manifests.prefetch_related("photos").order_by("frozen_at", "pk")),
            "papers": [
                {
                    "paper": paper,
                    "check": check,
                    "late": papers.late(paper, visits),
                    "form": PaperForm(initial={"seen": paper_checks.digest_of(paper)}),
                }
                for paper, check in paper_checks.checks_of(case)
            ],
            "offers": offers,
            "pieces": pieces,
            "conflicts": list(file.conflicts.select_related("person", "declared_by")) if file else [],
            "return_form": (sent.get("return") or ReturnForm(auto_id="return_%s")) if may_return else None,
            "conflict_form": sent.get("conflict") or ConflictForm(auto_id="conflict_%s"),
            "assurer_form": sent.get("assurer")
            or AssurerForm(auto_id="assurer_%s", initial={"person": file.quality_assurer_id if file else None}),
            # A form that is gone since it was opened: its refusal stands alone.
            "gone": [form for name, form in sent.items() if name not in shown or (name == "offer" and not offers)],
            "result": results.panel(found, user=reader, at=now),
        },
        title=f"{case.ref}, attempt {found.number}",
        icon=ICON,
        trail=[(reverse("office_marking"), TITLE)],
    )


def _offers(found: Submission, sent: dict[str, forms.Form], now: dt.datetime) -> list[dict[str, Any]]:
    """A form for each kind that is to be given out, with who may be asked and who may not."""
    needed = assigning.open_kinds(found)
    if needed is None:
        return []
    stage, kinds = needed
    rows = []
    for kind in [kind for kind in AllocationKind if kind in kinds]:
        choices = assigning.choices(found, stage=stage, kind=kind, at=now)
        free = [each for each in choices if not each.reasons]
        refused = sent.get("offer")
        is_sent = refused is not None and refused.data.get("kind") == kind and refused.data.get("stage") == stage
        form = OfferForm(
            refused.data if refused is not None and is_sent else None,
            initial={"stage": stage, "kind": kind},
            auto_id=f"{kind}_%s",
            choices=free,
        )
        if refused is not None and is_sent and form.is_valid():
            for sentence in refused.non_field_errors():
                form.add_error(None, str(sentence))
        rows.append(
            {
                "label": f"{kind.label}, stage “{stage.label.lower()}”",
                "form": form,
                "nobody": not free,
                "excluded": [each for each in choices if each.reasons],
            }
        )
    return rows


def _pieces(found: Submission, sent: dict[str, forms.Form], *, acts: bool) -> list[dict[str, Any]]:
    pieces = found.allocations.select_related("assessor", "offered_by").order_by("offered_at", "pk")
    return [
        {
            "piece": piece,
            "was_recalled": piece.state == AllocationState.LAPSED and bool(piece.note),
            "form": (sent.get(f"recall_{piece.pk}") or RecallForm(auto_id=f"recall_{piece.pk}_%s"))
            if acts and piece.is_live
            else None,
        }
        for piece in pieces
    ]


# What officers do ---------------------------------------------------------------------------------


def _act(
    request: HttpRequest,
    found: Submission,
    name: str,
    form: forms.Form,
    rule: Callable[..., object],
    done: str,
    *refusals: type[Exception],
) -> HttpResponse:
    """Do ``rule`` with what the form holds; a refusal stands above that form, with what was typed."""
    if form.is_valid():
        with refusals_on(form, *refusals):
            rule(**form.cleaned_data, officer=person_of(request), at=timezone.now())
            messages.success(request, done)
            return redirect("office_attempt", found.pk)
    return _attempt(request, attempt_of(request, found.pk), **{name: form})


@officers
@require_POST
def offer(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask an assessor."""
    found = attempt_of(request, pk)
    form = OfferForm(request.POST)
    done = "The offer is made. A mail tells the assessor; it lapses after seven days."

    def rule(**facts: Any) -> Allocation:
        return assigning.offer(found, **facts)

    return _act(request, found, "offer", form, rule, done, AllocationRefused)


@officers
@require_POST
def recall(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a piece of marking back."""
    piece = get_object_or_404(Allocation.objects.select_related("submission", "assessor"), pk=pk)
    found = attempt_of(request, piece.submission_id)
    form = RecallForm(request.POST, auto_id=f"recall_{pk}_%s")

    def rule(**facts: Any) -> Allocation:
        return assigning.recall(piece, **facts)

    done = f"Recalled from {piece.assessor.name}. What they wrote is kept."
    return _act(request, found, f"recall_{pk}", form, rule, done, AllocationRefused)


@officers
@require_POST
def give_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Return a case for evidence; offers of it end."""
    found = attempt_of(request, pk)
    form = ReturnForm(request.POST, auto_id="return_%s")

    def rule(**facts: Any) -> Submission:
        return submitting.return_for_evidence(found, **facts)

    done = f"{found.case.ref} is returned. A mail tells the candidate what is missing."
    return _act(request, found, "return", form, rule, done, HandInRefused)


@officers
@require_POST
def conflict(request: HttpRequest, pk: int) -> HttpResponse:
    """Declare a conflict of interest for somebody."""
    found = attempt_of(request, pk)
    file = found.case.case_file
    form = ConflictForm(request.POST, auto_id="conflict_%s")

    def rule(*, officer: User, **facts: Any) -> object:
        assert file is not None
        return conflicts.declare(file, declared_by=officer, **facts)

    done = "The conflict is on record: that person has no part in this file."
    return _act(request, found, "conflict", form, rule, done, AllocationRefused)


@officers
@require_POST
def assurer(request: HttpRequest, pk: int) -> HttpResponse:
    """Name who alone releases the results of the file."""
    found = attempt_of(request, pk)
    file = found.case.case_file
    form = AssurerForm(request.POST, auto_id="assurer_%s")

    def rule(**facts: Any) -> object:
        assert file is not None
        return assigning.name_quality_assurer(file, **facts)

    return _act(
        request, found, "assurer", form, rule, "The quality assurer of this file is set.", AllocationRefused
    )


@officers
@require_POST
def confirm_paper(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm a paper as the officer read it."""
    paper = get_object_or_404(CaseDocument.objects.select_related("case"), pk=pk)
    newest = Submission.objects.filter(case=paper.case_id, handed_in_at__isnull=False).order_by("-number")
    found = attempt_of(request, newest.values_list("pk", flat=True).first() or 0)
    form = PaperForm(request.POST)

    def rule(**facts: Any) -> object:
        return paper_checks.check(paper, **facts)

    return _act(request, found, "paper", form, rule, "The paper is confirmed.", AuthorisationRefused)
