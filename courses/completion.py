"""The only door of this app: what certification may ask about a person's training.

Every answer is for a person and a course; nothing here can change anything.
"""

import datetime as dt
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from courses.models import CompletionRecord, ExamAttempt, PracticeEntry, PracticeExercise, TrainerRelation


@dataclass(frozen=True)
class Completed:
    """A finished course: when, and by which release."""

    completed_at: dt.datetime
    release: int
    guided_hours: int


def course_completed(user: Any, course_key: str) -> Completed | None:
    """When and by which release the course was finished; None when it was not."""
    record = (
        CompletionRecord.objects.filter(enrolment__trainee=user, enrolment__course_key=course_key)
        .select_related("release")
        .order_by("completed_at")
        .first()
    )
    if record is None:
        return None
    return Completed(record.completed_at, record.release.number, record.release.guided_hours)


def exam_passed(user: Any, course_key: str) -> dt.datetime | None:
    """The instant at which the theory exam was passed; None when it was not."""
    attempt = (
        ExamAttempt.objects.filter(enrolment__trainee=user, blueprint__course_key=course_key, passed=True)
        .order_by("ended_at")
        .first()
    )
    return attempt.ended_at if attempt else None


def exercises_missing(user: Any, course_key: str) -> list[str]:
    """Titles of the exercises on practice skin that are not signed off."""
    done = _signed_off(user, course_key).filter(kind=PracticeEntry.Kind.PRACTICE).values("exercise")
    missing = PracticeExercise.objects.filter(course_key=course_key).exclude(pk__in=done).order_by("code")
    return [str(exercise) for exercise in missing]


def exercises_signed_off(user: Any, course_key: str) -> int:
    """How many different exercises on practice skin are signed off."""
    return (
        _signed_off(user, course_key)
        .filter(kind=PracticeEntry.Kind.PRACTICE)
        .values("exercise")
        .distinct()
        .count()
    )


def live_procedures_signed_off(user: Any, course_key: str) -> int:
    """How many live procedures, assisted or supervised, are signed off."""
    return _signed_off(user, course_key).filter(kind__in=PracticeEntry.LIVE).count()


def trainers_of(user: Any, *, since: dt.date, until: dt.date) -> AbstractSet[int]:
    """Ids of everybody who trained this person on any day from ``since`` to ``until``, both included."""
    relations = TrainerRelation.objects.filter(trainee=user, started_on__lte=until).filter(
        Q(ended_on=None) | Q(ended_on__gte=since)
    )
    return frozenset(relations.values_list("trainer_id", flat=True))


def trainees_of(trainer: Any, *, on: dt.date) -> AbstractSet[int]:
    """Ids of everybody whom this person trains on that day."""
    relations = TrainerRelation.objects.current(on=on).filter(trainer=trainer)
    return frozenset(relations.values_list("trainee_id", flat=True))


def _signed_off(user: Any, course_key: str) -> Any:
    return PracticeEntry.objects.filter(enrolment__trainee=user, enrolment__course_key=course_key).signed_off()
