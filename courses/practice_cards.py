"""What waits on ``/my/`` about practice: for a trainer entries to answer, for a trainee what is left to do."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Min
from django.urls import reverse
from django.utils.text import Truncator

from courses import practice, practice_record
from courses.models import Enrolment
from courses.practice import LIVE_PROCEDURES
from courses.practice_record import Logged, Record, Standing
from training_site.common import cards
from training_site.common.cards import Card
from training_site.common.days import body_day, in_words


def register() -> None:
    """Bring the cards to ``/my/``. Called once, when the app is ready."""
    cards.register(for_trainer)
    cards.register(for_trainee)


def for_trainer(user: Any, at: dt.datetime) -> Iterator[Card]:
    """Entries of one's trainees that nobody has answered."""
    entries = practice.entries_for(user, on=body_day(at)).waiting()
    waiting = entries.aggregate(count=Count("pk"), oldest=Min("logged_at"))
    if waiting["count"]:
        waits = "One entry waits" if waiting["count"] == 1 else f"{waiting['count']} entries wait, the oldest"
        yield Card(
            title="Practice to sign off",
            sentence=f"{waits} since {in_words(body_day(waiting['oldest']))}.",
            url=reverse("train"),
            action="Look at the work",
            count=waiting["count"],
            order=30,
        )


def for_trainee(user: Any, at: dt.datetime) -> Iterator[Card]:
    """What is to be repeated, else how much is left, for each course with exercises."""
    for enrolment in Enrolment.objects.for_user(user).readable().select_related("release"):
        record = practice_record.record_of(enrolment)
        if not record.exercises or record.complete:
            continue
        repeat = _to_be_repeated(record)
        yield _repeat(repeat) if repeat else _left(enrolment, record)


def _to_be_repeated(record: Record) -> Logged | None:
    """An exercise that stands at a repeat, or the newest live procedure when that does."""
    standing = [row.logged for row in record.exercises if row.logged] + record.live[:1]
    return next((each for each in standing if each.standing is Standing.REPEAT), None)


def _repeat(repeat: Logged) -> Card:
    assert repeat.answer is not None
    return Card(
        title="Practice to be repeated",
        sentence=f"{repeat.title}: “{Truncator(repeat.answer.note).words(30)}”",
        url=reverse("practice_entry", args=[repeat.entry.enrolment_id, repeat.entry.pk]),
        action="See what to change",
        tone="caution",
        order=45,
    )


def _left(enrolment: Enrolment, record: Record) -> Card:
    return Card(
        title="Supervised practice",
        sentence=(
            f"{record.exercises_signed_off} of {len(record.exercises)} exercises and "
            f"{record.live_signed_off} of {LIVE_PROCEDURES} live procedures are signed off."
        ),
        url=reverse("practice", args=[enrolment.pk]),
        action="Open the practice log",
        order=70,
    )
