"""How far a trainee's practice has come: what is asked, what was logged, and the newest answer to it."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet

from courses.models import Enrolment, PracticeEntry, PracticeExercise, PracticePhoto, SignOff
from courses.practice import LIVE_PROCEDURES
from courses.treatments import TreatmentType


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
