"""Practice: relations of trainers and trainees, the trainee's log, the trainer's sign-off."""

import datetime as dt
import enum
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, F, IntegerField, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce

from courses.errors import PracticeRefused
from courses.models import Enrolment, PracticeEntry, PracticeExercise, PracticePhoto, SignOff, TrainerRelation
from courses.models.practice import PracticeEntryQuerySet
from courses.treatments import TreatmentType
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


@transaction.atomic
def begin_training(*, trainer: Any, trainee: Any, started_on: dt.date, actor: Any, reason: str) -> TrainerRelation:
    """An officer names the trainer of a trainee. Raises PracticeRefused when the roles do not fit."""
    if not actor.holds(Role.CERTIFICATION_OFFICER):
        raise PracticeRefused("Only a certification officer names trainers.")
    if not trainer.holds(Role.TRAINER):
        raise PracticeRefused(f"{trainer.name} is no trainer. An administrator grants the role first.")
    if trainer.pk == trainee.pk:
        raise PracticeRefused("Nobody trains themselves. Choose another trainer.")
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

    Raises PracticeRefused for somebody else's enrolment, a course left, another course's exercise, or a day
    to come.
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


def whole(entries: QuerySet[PracticeEntry]) -> QuerySet[PracticeEntry]:
    """Entries with their exercise, pictures in order, and answers with whose they are."""
    photos = Prefetch("photos", PracticePhoto.objects.order_by("pk"))
    return entries.select_related("exercise").prefetch_related(photos, "sign_offs__relation__trainer")


class Standing(enum.StrEnum):
    """How far an exercise or an entry has come."""

    NOT_YET = "not_yet"
    WAITING = "waiting"
    REPEAT = "repeat"
    SIGNED_OFF = "signed_off"


@dataclass(frozen=True)
class Logged:
    """An entry, and the newest answer to it."""

    entry: PracticeEntry
    answer: SignOff | None

    @property
    def standing(self) -> Standing:
        return Standing(self.answer.result) if self.answer else Standing.WAITING

    @property
    def title(self) -> str:
        """``PX1 Single dots at one depth``, or ``Crown density, supervised``."""
        return title_of(self.entry)

    @property
    def reference(self) -> str:
        """``PX1``, or the client code of a live procedure."""
        return self.entry.exercise.code if self.entry.exercise else self.entry.client_code

    @property
    def name(self) -> str:
        """The title without its reference."""
        return self.entry.exercise.title if self.entry.exercise else self.title


@dataclass(frozen=True)
class ExerciseRow:
    """An exercise, and the entry by which it stands where it stands."""

    exercise: PracticeExercise
    logged: Logged | None

    @property
    def standing(self) -> Standing:
        return self.logged.standing if self.logged else Standing.NOT_YET


@dataclass(frozen=True)
class Record:
    """A trainee's practice on one course. Entries are the newest first."""

    exercises: Sequence[ExerciseRow]
    entries: Sequence[Logged]

    @property
    def live(self) -> list[Logged]:
        return [each for each in self.entries if each.entry.exercise is None]

    @property
    def exercises_signed_off(self) -> int:
        return sum(row.standing is Standing.SIGNED_OFF for row in self.exercises)

    @property
    def live_signed_off(self) -> int:
        return sum(each.standing is Standing.SIGNED_OFF for each in self.live)

    @property
    def complete(self) -> bool:
        """Whether everything that is asked before the assessment is signed off."""
        return self.exercises_signed_off == len(self.exercises) and self.live_signed_off >= LIVE_PROCEDURES


def record_of(enrolment: Enrolment) -> Record:
    """The practice of an enrolment, in three queries."""
    entries = [
        logged(entry)
        for entry in enrolment.practice_entries.select_related("exercise").prefetch_related("sign_offs")
    ]
    rows = [
        ExerciseRow(
            exercise=exercise,
            logged=_deciding([each for each in entries if each.entry.exercise_id == exercise.pk]),
        )
        for exercise in exercises_of(enrolment.course_key)
    ]
    return Record(exercises=rows, entries=entries)


def logged(entry: PracticeEntry) -> Logged:
    """The entry with its newest answer; reads ``sign_offs``, prefetched or not."""
    answers = entry.sign_offs.all()
    return Logged(entry=entry, answer=answers[0] if answers else None)


def _deciding(attempts: Sequence[Logged]) -> Logged | None:
    """Signed off once is signed off; else what waits counts before what is to be repeated."""
    for standing in (Standing.SIGNED_OFF, Standing.WAITING, Standing.REPEAT):
        for attempt in attempts:
            if attempt.standing is standing:
                return attempt
    return None


def title_of(entry: PracticeEntry) -> str:
    """``PX1 Single dots at one depth``, or ``Crown density, supervised``. Names no client."""
    if entry.exercise is not None:
        return str(entry.exercise)
    manner = "assisted" if entry.kind == PracticeEntry.Kind.LIVE_ASSISTED else "supervised"
    return f"{TreatmentType(entry.treatment).label}, {manner}"


def exercises_of(course_key: str) -> list[PracticeExercise]:
    """The exercises of a course, in order."""
    return list(PracticeExercise.objects.filter(course_key=course_key).order_by("code"))
