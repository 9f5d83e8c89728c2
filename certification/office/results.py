"""Results in the office: what the marks came to, and whether it is released, held back, or marked again.

The panel stands on the page of an attempt, for certification officers and quality assurers. Nobody reads there
what is not yet released of their own case.
"""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from certification import releasing, results
from certification.errors import ReleaseRefused
from certification.forms.results import EndReviewForm, HoldForm
from certification.models import QualityReview, Submission
from certification.office.pages import attempt_of, office_page
from certification.rounds import outcome_of, rounds_of
from training_site.accounts.policies import for_roles, person_of
from training_site.accounts.roles import Role
from training_site.common.days import body_day
from training_site.common.forms import refusals_on

deciders = for_roles(Role.CERTIFICATION_OFFICER, Role.QUALITY_ASSURER)
quality_assurers = for_roles(Role.QUALITY_ASSURER)
ICON = "clipboard-list"


def urls() -> list[URLPattern]:
    return [
        path("certification/marking/<int:pk>/release/", release, name="office_result_release"),
        path("certification/marking/<int:pk>/hold/", hold, name="office_hold"),
        path("certification/quality-reviews/<int:pk>/end/", end_review, name="office_end_review"),
    ]


# The panel ----------------------------------------------------------------------------------------


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
        "rounds": rounds_of(submission),
        "due_on": due,
        "is_late": due is not None and submission.released_at is None and body_day(at) > due,
        "released_at": submission.released_at,
        "released_by": submission.released_by,
        "why_not": why_not,
        "release_url": reverse("office_result_release", args=[submission.pk]) if why_not is None else "",
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


# Actions ------------------------------------------------------------------------------------------


@deciders
@require_http_methods(["GET", "POST"])
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask once, then tell the candidate."""
    submission = attempt_of(request, pk)
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
    context = {"submission": submission, "outcome": outcome_of(result), "score": results.score_of(result)}
    return _page(request, "release", context, submission, "Release the result")


@quality_assurers
@require_http_methods(["GET", "POST"])
def hold(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep a result back, with a reason."""
    submission = attempt_of(request, pk)
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
    submission = attempt_of(request, review.submission_id)
    form = EndReviewForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, ReleaseRefused):
            releasing.end_review(review, **form.cleaned_data, actor=person_of(request), at=timezone.now())
            messages.success(request, f"The review of {submission.case.ref} has ended.")
            return redirect("office_attempt", submission.pk)
    context = {"submission": submission, "review": review, "form": form, "button": "End the review"}
    return _page(request, "form", context, submission, "End the quality review")


def _page(
    request: HttpRequest, name: str, context: dict[str, Any], submission: Submission, title: str
) -> HttpResponse:
    return office_page(
        request,
        f"attempt_result_{name}",
        context,
        title=title,
        icon=ICON,
        trail=[(reverse("office_attempt", args=[submission.pk]), submission.case.ref)],
    )
