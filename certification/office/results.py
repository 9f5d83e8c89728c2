"""Results in the office: what the marks came to, and whether it is released, held back, or marked again.

The panel stands on the page of an attempt, for certification officers and quality assurers. Nobody reads there
what is not yet released of their own case.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from certification import boards, grading, releasing, results
from certification.agreement import Difference
from certification.errors import ReleaseRefused
from certification.forms.results import EndReviewForm, HoldForm
from certification.grading import Grid, PassRule
from certification.models import (
    Agreement,
    Assessment,
    Confirmation,
    Criterion,
    Judgement,
    QualityReview,
    Result,
    Submission,
)
from certification.rubrics import criteria_of, grid_of
from certification.values import MARKING, AllocationKind, AssessmentState, CaseBand
from courses.treatments import FaultCode
from training_site.accounts.policies import for_roles, person_of
from training_site.accounts.roles import Role
from training_site.common.days import body_day
from training_site.common.forms import refusals_on
from training_site.common.office import office_page

deciders = for_roles(Role.CERTIFICATION_OFFICER, Role.QUALITY_ASSURER)
quality_assurers = for_roles(Role.QUALITY_ASSURER)
ICON = "clipboard-list"

WHY_THIRD = {
    Difference.TOTALS: "Their totals are too far apart.",
    Difference.OUTCOMES: "They come to different outcomes.",
    Difference.CRITICAL: "On a critical criterion one is below the standard and the other is not.",
    Difference.GAP: "On one criterion they are too many levels apart.",
}


def urls() -> list[URLPattern]:
    return [
        path("certification/marking/<int:pk>/release/", release, name="office_release"),
        path("certification/marking/<int:pk>/hold/", hold, name="office_hold"),
        path("certification/quality-reviews/<int:pk>/end/", end_review, name="office_end_review"),
    ]


# The panel ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """What one marker gave for one criterion; no level: not marked, or carried."""

    level: str
    reason: str = ""
    faults: Sequence[str] = ()
    comment: str = ""


@dataclass(frozen=True)
class Column:
    """The submitted marks of one kind of marker, over both stages."""

    kind: str
    names: str
    total: str
    events: Sequence[tuple[str, str]]
    feedback: Sequence[str]


@dataclass(frozen=True)
class Round:
    """One round of marking, as the office reads it."""

    number: int
    columns: Sequence[Column]
    rows: Sequence[tuple[Criterion, Sequence[Cell]]]
    answers: Sequence[Confirmation]
    why_third: Sequence[str]
    result: Result | None
    outcome: str
    score: str
    missed: Sequence[str]


def panel(submission: Submission, *, user: Any, at: dt.datetime) -> dict[str, Any]:
    """What ``certification/office/attempt_result.html`` shows of an attempt; of one's own, nothing."""
    if submission.case.practitioner_id == user.pk:
        return {"is_own": True}
    due = releasing.due_on(submission, submission.case.scheme_version.terms)
    reviews = list(submission.quality_reviews.select_related("quality_assurer", "ended_by"))
    is_open = any(review.ended_at is None for review in reviews)
    why_not = releasing.release_obstacle(submission, actor=user, at=at) if submission.state in AFTER_MARKS else ""
    may_hold = releasing.hold_obstacle(submission, actor=user, at=at) is None
    return {
        "is_own": False,
        "rounds": _rounds(submission),
        "due_on": due,
        "is_late": due is not None and submission.released_at is None and body_day(at) > due,
        "released_at": submission.released_at,
        "released_by": submission.released_by,
        "why_not": why_not,
        "release_url": reverse("office_release", args=[submission.pk]) if why_not is None else "",
        "hold_url": reverse("office_hold", args=[submission.pk]) if may_hold else "",
        "reviews": [
            {
                "review": review,
                "end_url": reverse("office_end_review", args=[review.pk])
                if review.ended_at is None
                and releasing.end_obstacle(review, submission, actor=user, at=at) is None
                else "",
            }
            for review in reviews
        ],
        "is_held": is_open,
    }


AFTER_MARKS = releasing.DECIDED - {"released"}
"""States in which the page says why a result is not released yet."""


def _rounds(submission: Submission) -> list[Round]:
    """Every round in which something was marked, the newest first."""
    version = submission.case.scheme_version
    criteria = criteria_of(version.rubric)
    grid, rule = grid_of(version.rubric, criteria), PassRule.of(version.rules["outcomes"])
    marks = Assessment.objects.filter(
        allocation__submission=submission, allocation__kind__in=MARKING, state=AssessmentState.SUBMITTED
    )
    pieces: dict[int, dict[str, list[Assessment]]] = {}
    for each in (
        marks.select_related("allocation__assessor")
        .prefetch_related("judgements__criterion", "events")
        .order_by("allocation__marking_stage", "pk")
    ):
        by_kind = pieces.setdefault(each.allocation.round, {})
        by_kind.setdefault(each.allocation.kind, []).append(each)
    agreements = {each.round: each for each in submission.agreements.all()}
    found = {each.round: each for each in submission.results.all()}
    answers: dict[int, list[Confirmation]] = {}
    for row in Confirmation.objects.filter(allocation__submission=submission).select_related(
        "allocation__assessor"
    ):
        answers.setdefault(row.allocation.round, []).append(row)
    carried = boards.board_of(submission).carried if pieces else {}
    rounds = []
    for number in sorted(pieces, reverse=True):
        kinds = [kind for kind in AllocationKind if kind in pieces[number]]
        now = carried if number == submission.round else {}
        levels = {kind: {**now.get(kind, {}), **_levels(pieces[number][kind])} for kind in kinds}
        result = found.get(number)
        names = {row.code: row.name for row in criteria}
        rounds.append(
            Round(
                number=number,
                columns=[_column(kind, pieces[number][kind], levels[kind], grid) for kind in kinds],
                rows=[
                    (row, [_cell(row.code, pieces[number][kind], now.get(kind, {})) for kind in kinds])
                    for row in criteria
                ],
                answers=answers.get(number, []),
                why_third=_why_third(agreements.get(number)),
                result=result,
                outcome=_outcome(result),
                score=results.score_of(result) if result else "",
                missed=results.missed_of(result, rule, names) if result else [],
            )
        )
    return rounds


def _judgements(pieces: Iterable[Assessment]) -> dict[str, Judgement]:
    return {row.criterion.code: row for each in pieces for row in each.judgements.all()}


def _levels(pieces: Iterable[Assessment]) -> dict[str, int]:
    return {code: row.level for code, row in _judgements(pieces).items()}


def _column(kind: AllocationKind, pieces: Sequence[Assessment], levels: dict[str, Any], grid: Grid) -> Column:
    names = dict.fromkeys(each.allocation.assessor.name for each in pieces)
    is_whole = levels.keys() == grid.weights.keys()
    points = results.shown(grading.points(levels, grid=grid))
    return Column(
        kind=kind.label,
        names=" and ".join(names),
        total=points if is_whole else f"{points} of {grading.possible(levels.keys(), grid=grid)} so far",
        events=[(row.event, row.why) for each in pieces for row in each.events.all()],
        feedback=[each.feedback for each in pieces if each.feedback],
    )


def _cell(code: str, pieces: Sequence[Assessment], carried: Any) -> Cell:
    row = _judgements(pieces).get(code)
    if row is None:
        return Cell(f"{carried[code]} (carried)" if code in carried else "")
    return Cell(str(row.level), row.reason, [FaultCode(fault).label for fault in row.faults], row.comment)


def _why_third(agreement: Agreement | None) -> list[str]:
    if agreement is None:
        return []
    disputed = [f"Event {event} was named and not confirmed." for event in agreement.disputed]
    return [*(WHY_THIRD[Difference(each)] for each in agreement.differences), *disputed]


def _outcome(result: Result | None) -> str:
    if result is None:
        return ""
    band = f", {result.get_band_display().lower()}" if result.band != CaseBand.NONE else ""
    return f"{result.get_outcome_display()}{band} ({result.get_basis_display().lower()})"


# Actions ------------------------------------------------------------------------------------------


@deciders
@require_http_methods(["GET", "POST"])
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask once, then tell the candidate."""
    submission = _attempt(request, pk)
    person, now = person_of(request), timezone.now()
    if request.method == "POST":
        try:
            releasing.release(submission, actor=person, at=now)
        except ReleaseRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"The result of {submission.case.ref} is released. A mail is on its way.")
        return redirect("office_attempt", pk)
    if sentence := releasing.release_obstacle(submission, actor=person, at=now):
        messages.error(request, sentence)
        return redirect("office_attempt", pk)
    result = submission.results.get(round=submission.round)
    context = {"submission": submission, "outcome": _outcome(result), "score": results.score_of(result)}
    return _page(request, "release", context, submission, "Release the result")


@quality_assurers
@require_http_methods(["GET", "POST"])
def hold(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep a result back, with a reason."""
    submission = _attempt(request, pk)
    form = HoldForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, ReleaseRefused):
            releasing.hold(
                submission, reason=form.cleaned_data["reason"], actor=person_of(request), at=timezone.now()
            )
            messages.success(request, f"The result of {submission.case.ref} is held.")
            return redirect("office_attempt", pk)
    context = {"submission": submission, "form": form, "button": "Hold the result"}
    return _page(request, "form", context, submission, "Hold the result")


@quality_assurers
@require_http_methods(["GET", "POST"])
def end_review(request: HttpRequest, pk: int) -> HttpResponse:
    """End a quality review with what was found."""
    review = get_object_or_404(QualityReview, pk=pk)
    submission = _attempt(request, review.submission_id)
    form = EndReviewForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, ReleaseRefused):
            releasing.end_review(review, **form.cleaned_data, actor=person_of(request), at=timezone.now())
            messages.success(request, f"The review of {submission.case.ref} has ended.")
            return redirect("office_attempt", submission.pk)
    context = {"submission": submission, "review": review, "form": form, "button": "End the review"}
    return _page(request, "form", context, submission, "End the quality review")


def _attempt(request: HttpRequest, pk: int) -> Submission:
    """The attempt; nobody finds their own here."""
    rows = Submission.objects.select_related(
        "case__practitioner", "case__case_file__quality_assurer", "case__scheme_version__rubric"
    )
    found = get_object_or_404(rows, pk=pk)
    if found.case.practitioner_id == person_of(request).pk:
        raise Http404
    return found


def _page(
    request: HttpRequest, name: str, context: dict[str, Any], submission: Submission, title: str
) -> HttpResponse:
    return office_page(
        request,
        f"certification/office/attempt_result_{name}.html",
        context,
        title=title,
        icon=ICON,
        trail=[(reverse("office_attempt", args=[submission.pk]), submission.case.ref)],
    )
