"""Results that wait for whoever releases them, and holds that are open."""

import datetime as dt
from collections.abc import Iterator

from django.db.models import Count, F, Min, Q
from django.urls import reverse

from certification.models import QualityReview, Submission
from certification.values import SubmissionState
from training_site.accounts.models import User
from training_site.accounts.roles import Role
from training_site.common import cards
from training_site.common.days import body_day, in_words


@cards.register
def results_to_release(user: User, at: dt.datetime) -> Iterator[cards.Card]:
    """Results that this person may release: theirs by name, or of files for which nobody is named."""
    if not user.holds(Role.CERTIFICATION_OFFICER, Role.QUALITY_ASSURER):
        return
    marked = Submission.objects.filter(
        Q(case__case_file__quality_assurer=None) | Q(case__case_file__quality_assurer=user),
        state=SubmissionState.ASSESSED,
    ).exclude(case__practitioner=user)
    waiting = marked.aggregate(
        count=Count("pk", distinct=True), oldest=Min("results__locked_at", filter=Q(results__round=F("round")))
    )
    if waiting["count"]:
        one = waiting["count"] == 1
        waits = "One result waits" if one else f"{waiting['count']} results wait, the oldest"
        since = f" since {in_words(body_day(waiting['oldest']))}" if waiting["oldest"] else ""
        yield cards.Card(
            title="Results to release",
            sentence=f"{waits}{since}.",
            url=_address("release"),
            action="See the results",
            count=waiting["count"],
            order=70,
        )


@cards.register
def open_holds(user: User, at: dt.datetime) -> Iterator[cards.Card]:
    """Quality reviews that nobody has ended yet."""
    if not user.holds(Role.QUALITY_ASSURER):
        return
    held = QualityReview.objects.filter(ended_at=None).exclude(submission__case__practitioner=user)
    found = held.aggregate(count=Count("pk"), oldest=Min("placed_at"))
    if found["count"]:
        one = found["count"] == 1
        holds = "One result is held" if one else f"{found['count']} results are held, the oldest"
        yield cards.Card(
            title="Quality reviews",
            sentence=f"{holds} since {in_words(body_day(found['oldest']))}.",
            url=_address("hold"),
            action="See what is held",
            count=found["count"],
            tone="caution",
            order=72,
        )


def _address(which: str) -> str:
    """The office's list of marking, so filtered."""
    return f"{reverse('office_marking')}?which={which}"
