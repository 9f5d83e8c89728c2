"""People whose training is finished: every lesson, the exam, the exercises and the live procedures."""

import datetime as dt
import random

from django.core.files.uploadedfile import SimpleUploadedFile

from courses import enrolling, exams, practice, practice_photos, progress
from courses.models import (
    AnswerKey,
    CoursePage,
    Enrolment,
    ExamBlueprint,
    PracticeEntry,
    PracticeExercise,
    SignOff,
)
from courses.practice import LIVE_PROCEDURES
from training_site.accounts.models import User
from training_site.common.days import DAY, body_day
from training_site.starter.files import DATA

DRAWINGS = DATA / "drawings"
LIVE_TREATMENTS = ("crown", "hairline", "density")


def drawing(name: str) -> SimpleUploadedFile:
    """A drawing of the starter data, as a browser would send it."""
    path = DRAWINGS / name
    return SimpleUploadedFile(path.name, path.read_bytes(), content_type="image/webp")


def train(course: CoursePage, trainee: User, *, trainer: User, officer: User, began: dt.datetime) -> Enrolment:
    """All of the training, in the hundred days from ``began`` on."""
    practice.begin_training(
        trainer=trainer, trainee=trainee, started_on=body_day(began), actor=officer, reason="Demo data."
    )
    enrolment = enrolling.enrol(course, trainee=trainee, at=began)
    _pass_exam(enrolment, at=began + 40 * DAY)
    for number, exercise in enumerate(PracticeExercise.objects.filter(course_key=course.key).order_by("code")):
        _sign_off(_exercise(enrolment, exercise, at=began + (42 + number) * DAY), trainer=trainer)
    for number in range(LIVE_PROCEDURES):
        _sign_off(_live(enrolment, number, at=began + (55 + 5 * number) * DAY), trainer=trainer)
    for item in enrolment.release.items.order_by("position"):
        enrolment = progress.finish_item(enrolment, item, at=began + dt.timedelta(hours=45 * item.position))
    return enrolment


def _pass_exam(enrolment: Enrolment, *, at: dt.datetime) -> None:
    blueprint = ExamBlueprint.objects.get(course_key=enrolment.course_key)
    attempt = exams.start(enrolment, blueprint, at=at, dice=random.Random(enrolment.pk))  # noqa: S311 (a demo's draw)
    keys = dict(AnswerKey.objects.values_list("version", "correct"))
    for question in attempt.questions.all():
        exams.save(attempt, question.position, keys[question.version_id], at=at + dt.timedelta(minutes=20))
    exams.hand_in(attempt, at=at + dt.timedelta(minutes=35))


def _exercise(enrolment: Enrolment, exercise: PracticeExercise, *, at: dt.datetime) -> PracticeEntry:
    entry = _log(
        enrolment,
        at=at,
        kind=PracticeEntry.Kind.PRACTICE,
        exercise=exercise,
        note="Set up as for a client. Even rows after the second attempt, with less pressure.",
    )
    for name in ("practice-field.webp", "practice-close.webp"):
        practice_photos.add(entry, drawing(name), actor=enrolment.trainee)
    return entry


def _live(enrolment: Enrolment, number: int, *, at: dt.datetime) -> PracticeEntry:
    return _log(
        enrolment,
        at=at,
        kind=PracticeEntry.Kind.LIVE_SUPERVISED,
        treatment=LIVE_TREATMENTS[number % len(LIVE_TREATMENTS)],
        client_code=f"L-{number + 1:03}",
        note="Screened, consented, treated under supervision. Calm skin afterwards.",
    )


def _log(enrolment: Enrolment, *, at: dt.datetime, **facts: object) -> PracticeEntry:
    entry = PracticeEntry(enrolment=enrolment, done_on=body_day(at), logged_at=at, **facts)
    return practice.log(entry, actor=enrolment.trainee, today=body_day(at))


def _sign_off(entry: PracticeEntry, *, trainer: User) -> None:
    at = entry.logged_at + DAY
    practice.answer(
        entry,
        trainer=trainer,
        result=SignOff.Result.SIGNED_OFF,
        seen=practice.points_for(entry),
        note="As it should be.",
        at=at,
        today=body_day(at),
    )
