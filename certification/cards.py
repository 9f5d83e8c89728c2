"""What waits for a candidate on ``/my/``: the application, returned cases, results, healed photographs, drafts."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Max, Q, prefetch_related_objects
from django.urls import reverse
from django.utils.text import Truncator

from certification import cases
from certification.cases import HEALED_OPEN, CaseStatus
from certification.models import Application, Submission
from certification.values import TREATING, SubmissionState
from training_site.accounts.roles import Role
from training_site.common.cards import Card, Tone, register
from training_site.common.days import body_day, in_words


@register
def candidate(user: Any, at: dt.datetime) -> Iterator[Card]:
    """A candidate's cards: what was given back first, what is merely begun last."""
    if not user.holds(Role.TRAINEE):
        return
    applications = list(Application.objects.for_user(user))
    attempts = list(
        Submission.objects.filter(case__practitioner=user)
        .select_related("case__scheme_version", "case__replaced_by")
        .annotate(treated_on=Max("case__visits__visited_on", filter=Q(case__visits__kind__in=TREATING)))
        .order_by("begun_at", "pk")
    )
    yield from (_application(each) for each in applications if each.state in _SAID)
    if not attempts and any(each.state == Application.State.ADMITTED for each in applications):
        yield _first_case()
    yield from (_returned(each) for each in attempts if each.state == SubmissionState.RETURNED)
    yield from _results(attempts, at=at)
    yield from _healed(attempts, on=body_day(at))
    yield from _drafts([each for each in attempts if each.state == SubmissionState.DRAFT])


_SAID = frozenset({Application.State.DRAFT, Application.State.SUBMITTED, Application.State.MORE_INFO})


def _application(application: Application) -> Card:
    url = reverse("application")
    if application.state == Application.State.MORE_INFO:
        return Card(
            title="Your application",
            sentence=f"The office asks: “{Truncator(application.answer).words(30)}”",
            url=url,
            action="Answer the office",
            tone="caution",
            order=35,
        )
    if application.state == Application.State.DRAFT:
        return Card(
            title="Your application",
            sentence="It is begun and not sent yet.",
            url=url,
            action="Go on with the application",
            order=62,
        )
    assert application.submitted_at is not None
    return Card(
        title="Your application",
        sentence=f"It has been with the office since {in_words(body_day(application.submitted_at))}.",
        url=url,
        action="See the application",
        order=90,
    )


def _first_case() -> Card:
    return Card(
        title="Your cases",
        sentence="You are admitted to assessment. A case is one client and one treatment, with every visit.",
        url=reverse("case_begin"),
        action="Begin your first case",
        order=55,
    )


def _returned(attempt: Submission) -> Card:
    ref = attempt.case.ref
    return Card(
        title=f"Case {ref} came back",
        sentence=f"The office asks: “{Truncator(attempt.note).words(30)}”",
        url=reverse("case", args=[ref]),
        action="See what is missing",
        tone="caution",
        order=20,
    )


NEWS = dt.timedelta(days=28)
"""So long a result that asks for nothing stands among what is new."""

SAID_OF_RESULT: dict[CaseStatus, tuple[str, Tone, int]] = {
    CaseStatus.PASSED: ("It passed and counts for your file.", "good", 38),
    CaseStatus.REFERRED: ("Referred. Read what was missing, then correct or replace it.", "caution", 30),
    CaseStatus.FAILED: ("It failed and does not count. You may add another case.", "stop", 38),
}
"""Sentence, tone and order of a result's card. A case that was replaced is no news."""


def _results(attempts: Sequence[Submission], *, at: dt.datetime) -> Iterator[Card]:
    """Of each case whose latest attempt is released; a referred one until the next attempt is begun."""
    latest = {attempt.case_id: attempt for attempt in sorted(attempts, key=lambda each: each.number)}
    told = [each for each in latest.values() if each.state == SubmissionState.RELEASED]
    prefetch_related_objects(told, "results")
    for attempt in told:
        assert attempt.released_at is not None
        status, ref = cases.status(attempt), attempt.case.ref
        is_news = at < attempt.released_at + NEWS
        if status in SAID_OF_RESULT and (is_news or status is CaseStatus.REFERRED):
            sentence, tone, order = SAID_OF_RESULT[status]
            yield Card(
                title=f"Result of case {ref}",
                sentence=sentence,
                url=reverse("case_result", args=[ref]),
                action=f"Read the result of {ref}",
                tone=tone,
                order=order,
            )


def _healed(attempts: Sequence[Submission], *, on: dt.date) -> Iterator[Card]:
    """Cases that are handed in and whose healed photographs count by now, the longest waiting first."""
    due = sorted(
        (since, attempt.case.ref)
        for attempt in attempts
        if attempt.state in HEALED_OPEN and attempt.healed_in_at is None
        if (since := _healed_from(attempt)) is not None and since <= on
    )
    if due:
        since, ref = due[0]
        waits = f"Case {ref} waits for them" if len(due) == 1 else f"{len(due)} cases wait for them, case {ref}"
        yield Card(
            title="Healed photographs",
            sentence=f"{waits} since {in_words(since)}.",
            url=reverse("case_photos", args=[ref]),
            action="Add healed photographs",
            count=len(due),
            tone="caution",
            order=42,
        )


def _healed_from(attempt: Submission) -> dt.date | None:
    treated_on: dt.date | None = attempt.treated_on  # type: ignore[attr-defined]
    days = attempt.case.scheme_version.terms.healed_days
    return treated_on + dt.timedelta(days=days) if treated_on else None


def _drafts(attempts: Sequence[Submission]) -> Iterator[Card]:
    if attempts:
        case = attempts[0].case
        one = len(attempts) == 1
        yield Card(
            title="Your cases",
            sentence="One case is begun." if one else f"{len(attempts)} cases are begun, {case.ref} first.",
            url=reverse("case", args=[case.ref]),
            action=f"Go on with case {case.ref}",
            count=0 if one else len(attempts),
            order=65,
        )
