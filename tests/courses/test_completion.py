import datetime as dt

import pytest

from courses import completion, exams, practice, progress
from courses.completion import Completed
from tests.factories.courses import AT, PracticePhotoFactory, blueprint, enrolment, entry, exercise, relation
from tests.people import person
from training_site.accounts.roles import Role

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
TODAY = dt.date(2026, 5, 4)


@pytest.fixture
def on():
    return enrolment()


def sign_off(logged, trainer) -> None:
    PracticePhotoFactory.create_batch(2, entry=logged)
    practice.answer(
        logged,
        trainer=trainer,
        result="signed_off",
        seen=practice.points_for(logged),
        note="",
        at=AT,
        today=TODAY,
    )


def test_a_course_is_completed_with_its_release(on):
    for item in on.release.items.all():
        progress.finish_item(on, item, at=AT)

    assert completion.course_completed(on.trainee, on.course_key) == Completed(AT, 1, 10)


def test_an_unfinished_course_is_not_completed(on):
    assert completion.course_completed(on.trainee, on.course_key) is None


def test_a_passed_exam_answers_with_its_instant(on):
    import random

    attempt = exams.start(on, blueprint(on.course_key), at=AT, dice=random.Random(1))
    for put in attempt.questions.all():
        exams.save(attempt, put.position, ["a"], at=AT)
    assert completion.exam_passed(on.trainee, on.course_key) is None

    exams.hand_in(attempt, at=AT)

    assert completion.exam_passed(on.trainee, on.course_key) == AT


def test_exercises_count_once_however_often_they_were_signed_off(on):
    trainer = person(Role.TRAINER)
    relation(trainer, on.trainee)
    first, _second = exercise(on.course_key, "PX1"), exercise(on.course_key, "PX2")
    for _ in range(2):
        sign_off(entry(on, practised=first), trainer)

    assert completion.exercises_signed_off(on.trainee, on.course_key) == 1
    assert completion.exercises_missing(on.trainee, on.course_key) == ["PX2 Exercise PX2"]


def test_live_procedures_count_each(on):
    trainer = person(Role.TRAINER)
    relation(trainer, on.trainee)
    for kind in ("live_assisted", "live_supervised"):
        sign_off(entry(on, kind=kind), trainer)
    entry(on)

    assert completion.live_procedures_signed_off(on.trainee, on.course_key) == 2


def test_somebody_elses_practice_does_not_count(on):
    trainer = person(Role.TRAINER)
    relation(trainer, on.trainee)
    sign_off(entry(on), trainer)

    assert completion.live_procedures_signed_off(person(Role.TRAINEE), on.course_key) == 0


@pytest.mark.parametrize(
    ("since", "until", "counts"),
    [
        (TODAY + DAY, TODAY + 9 * DAY, False),
        (TODAY, TODAY + 9 * DAY, True),
        (dt.date(2025, 1, 1), dt.date(2026, 1, 1), True),
        (dt.date(2025, 1, 1), dt.date(2025, 12, 31), False),
    ],
    ids=["after the last day", "from the last day", "until the first day", "before the first day"],
)
def test_a_trainer_counts_on_any_day_of_the_relation(on, since, until, counts):
    trainer = person(Role.TRAINER)
    relation(trainer, on.trainee, started_on=dt.date(2026, 1, 1), ended_on=TODAY)

    found = completion.trainers_of(on.trainee, since=since, until=until)

    assert (found == {trainer.pk}) is counts


@pytest.mark.parametrize(
    ("day", "trains"),
    [(TODAY - DAY, False), (TODAY, True), (TODAY + DAY, True), (TODAY + 2 * DAY, False)],
    ids=["day before", "first day", "last day", "day after"],
)
def test_a_trainees_trainer_trains_them_from_the_first_to_the_last_day(day, trains):
    kept = relation(started_on=TODAY, ended_on=TODAY + DAY)

    assert completion.trainees_of(kept.trainer, on=day) == ({kept.trainee_id} if trains else set())


def test_whom_others_train_are_nobodys_trainees():
    relation()

    assert completion.trainees_of(person(Role.TRAINER), on=TODAY) == set()
