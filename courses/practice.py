"""Practice: relations of trainers and trainees, the trainee's log, the trainer's sign-off.

How far somebody has come is read in ``practice_record``.
"""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from courses.errors import PracticeRefused
from courses.models import Enrolment, PracticeEntry, PracticeExercise, SignOff, TrainerRelation
from courses.models.practice import PracticeEntryQuerySet
from training_site.accounts.models import User
from training_site.accounts.roles import Role
from training_site.common.days import body_day, in_words
from training_site.common.history import save_as

COMMON_POINTS = (
    "Set-up and tear-down done as for a client",
    "Trainer watched at least part of the work",
    "Photograph of the whole field and a close-up with scale stored",
)
"""What a trainer confirms for every exercise (practice_exercises.json, sign_off_common)."""

LIVE_POINTS = (
    "Trainer was present at the procedure",
    "Set-up, hygiene and tear-down done as required",
    "Health screen and consent were on file before the first pigment",
)
"""What a trainer confirms for a live procedure: presence, hygiene, and papers before pigment."""

LIVE_PROCEDURES = 6
"""Live procedures signed off before the assessment begins (scheme.json, prerequisites.live_procedures)."""

PHOTOS_NEEDED = 2
"""Photographs of an exercise: the whole field, and a close-up with scale (practice_exercises.json)."""

EARLIEST = dt.date(2000, 1, 1)
"""No practice and no training is older; a day before it is a slip in the year."""


@transaction.atomic
def begin_training(*, trainer: Any, trainee: Any, started_on: dt.date, actor: Any, reason: str) -> TrainerRelation:
    """An officer names the trainer of a trainee.

    Raises PracticeRefused when the roles do not fit, or the first day is before ``EARLIEST``.
    """
    if not actor.holds(Role.CERTIFICATION_OFFICER):
        raise PracticeRefused("Only a certification officer names trainers.")
    if not trainer.holds(Role.TRAINER):
        raise PracticeRefused(f"{trainer.name} is no trainer. An administrator grants the role first.")
    if trainer.pk == trainee.pk:
        raise PracticeRefused("Nobody trains themselves. Choose another trainer.")
    _check_year(started_on)
    running = TrainerRelation.objects.select_for_update().filter(trainer=trainer, trainee=trainee, ended_on=None)
    if (existing := running.first()) is not None:
        raise PracticeRefused(
            f"{trainer.name} trains {trainee.name} since {in_words(existing.started_on)} already."
        )
    relation = TrainerRelation(trainer=trainer, trainee=trainee, started_on=started_on)
    return save_as(relation, actor=actor, reason=f"Training began. {reason}")


@transaction.atomic
def end_training(relation: TrainerRelation, *, ended_on: dt.date, actor: Any, reason: str) -> TrainerRelation:
    """Close a relation; ``ended_on`` is its last day."""
    if not actor.holds(Role.CERTIFICATION_OFFICER):
        raise PracticeRefused("Only a certification officer ends a training relation.")
    locked = TrainerRelation.objects.select_for_update().get(pk=relation.pk)
    if locked.ended_on is not None:
        raise PracticeRefused(f"This relation ended on {in_words(locked.ended_on)} already.")
    if ended_on < locked.started_on:
        raise PracticeRefused(f"The last day cannot be before the first, {in_words(locked.started_on)}.")
    newest = locked.sign_offs.order_by("-signed_at").first()
    if newest and ended_on < (signed_on := body_day(newest.signed_at)):
        raise PracticeRefused(
            f"{locked.trainer.name} signed practice off on {in_words(signed_on)}. Choose that day or a later one."
        )
    locked.ended_on = ended_on
    return save_as(locked, actor=actor, reason=f"Training ended. {reason}", fields=["ended_on"])


@transaction.atomic
def log(entry: PracticeEntry, *, actor: Any, today: dt.date) -> PracticeEntry:
    """Keep what a trainee did. ``entry`` comes unsaved from the form; the same entry sent twice is kept once.

    Raises PracticeRefused for somebody else's enrolment, a course left, another course's exercise, a day to
    come, or one before ``EARLIEST``.
    """
    if entry.enrolment.trainee_id != actor.pk or not actor.holds(Role.TRAINEE):
        raise PracticeRefused("Practice is logged on one's own enrolment only, by a trainee.")
    # Two clicks at once would both find nothing logged yet: the second waits here.
    locked = Enrolment.objects.select_for_update().get(pk=entry.enrolment_id)
    if locked.state not in Enrolment.READABLE:
        raise PracticeRefused("This enrolment is not active. Ask the office to open it again.")
    if entry.exercise is not None and entry.exercise.course_key != locked.course_key:
        raise PracticeRefused("This exercise belongs to another course. Choose one of yours.")
    if entry.done_on > today:
        raise PracticeRefused("The day lies in the future. Log the work after it was done.")
    _check_year(entry.done_on)
    same = PracticeEntry.objects.filter(
        enrolment=locked,
        kind=entry.kind,
        exercise=entry.exercise,
        treatment=entry.treatment,
        client_code=entry.client_code,
        done_on=entry.done_on,
        note=entry.note,
    ).first()
    return same or save_as(entry, actor=actor, reason="Logged.")


def _check_year(day: dt.date) -> None:
    if day < EARLIEST:
        raise PracticeRefused(f"Check the year: {in_words(day)} is before {in_words(EARLIEST)}.")


def points_of(exercise: PracticeExercise | None) -> tuple[str, ...]:
    """What must be confirmed of an exercise, or of a live procedure (None)."""
    if exercise is None:
        return LIVE_POINTS
    return (*COMMON_POINTS, *exercise.sign_off)


def points_for(entry: PracticeEntry) -> tuple[str, ...]:
    """What must be confirmed before this entry can be signed off."""
    return points_of(entry.exercise)


@transaction.atomic
def answer(
    entry: PracticeEntry,
    *,
    trainer: Any,
    result: str,
    seen: Collection[str],
    note: str,
    at: dt.datetime,
    today: dt.date,
) -> SignOff:
    """A trainer signs an entry off, or asks for it to be repeated.

    Only the trainee's trainer of that day may (roles.json, sign_off_practice). A sign-off needs every point
    confirmed, and of an exercise its photographs; a repeat needs a note. The same answer sent twice is kept
    once. Raises PracticeRefused.
    """
    # Only the entry is locked: PostgreSQL refuses to lock an exercise that may be missing.
    rows = PracticeEntry.objects.select_for_update(of=("self",)).select_related("enrolment", "exercise")
    locked = rows.get(pk=entry.pk)
    relation = (
        TrainerRelation.objects.current(on=today).filter(trainer=trainer, trainee=locked.enrolment.trainee).first()
    )
    if relation is None or not trainer.holds(Role.TRAINER):
        raise PracticeRefused("Only the trainee's current trainer signs practice off.")
    if result == SignOff.Result.SIGNED_OFF:
        missing = [point for point in points_for(locked) if point not in seen]
        if missing:
            raise PracticeRefused(
                f"Not confirmed yet: {'; '.join(missing)}. Confirm each point, or ask for a repeat."
            )
        if locked.exercise is not None and locked.photos.count() < PHOTOS_NEEDED:
            raise PracticeRefused(
                "Two photographs are needed, the whole field and a close-up with scale. "
                "Ask the trainee to add them."
            )
    elif not note.strip():
        raise PracticeRefused("Say what should be done differently next time.")
    confirmed = sorted(seen)
    newest = locked.sign_offs.first()
    if newest and (newest.relation_id, newest.result, newest.seen, newest.note) == (
        relation.pk,
        result,
        confirmed,
        note,
    ):
        return newest
    return SignOff.objects.create(
        entry=locked, relation=relation, result=result, seen=confirmed, note=note, signed_at=at
    )


def trainers_of(trainee: Any, *, on: dt.date) -> QuerySet[User]:
    """Who trains this person on that day and still holds the role."""
    relations = TrainerRelation.objects.current(on=on).filter(trainee=trainee)
    return User.objects.holding(Role.TRAINER).filter(pk__in=relations.values("trainer")).order_by("legal_name")


def trainees_of(trainer: Any, *, on: dt.date) -> QuerySet[User]:
    """Whom ``trainer`` trains on that day, the longest waiting first.

    Each bears ``waiting``, how many entries no trainer has answered, and ``waits_since``, when the oldest of
    them was logged (None when nothing waits).
    """
    entries = PracticeEntry.objects.waiting().filter(enrolment__trainee=OuterRef("pk")).order_by()
    count = entries.values("enrolment__trainee").annotate(n=Count("pk")).values("n")
    relations = TrainerRelation.objects.current(on=on).filter(trainer=trainer)
    return (
        User.objects.filter(pk__in=relations.values("trainee"))
        .annotate(
            waiting=Coalesce(Subquery(count, output_field=IntegerField()), 0),
            waits_since=Subquery(entries.order_by("logged_at").values("logged_at")[:1]),
        )
        .order_by(F("waits_since").asc(nulls_last=True), "legal_name", "pk")
    )


def entries_for(trainer: Any, *, on: dt.date) -> PracticeEntryQuerySet:
    """Entries that ``trainer`` may see and answer on that day; none for anybody without the role."""
    if not trainer.holds(Role.TRAINER):
        return PracticeEntry.objects.none()
    relations = TrainerRelation.objects.current(on=on).filter(trainer=trainer)
    return PracticeEntry.objects.filter(enrolment__trainee__in=relations.values("trainee"))
