import datetime as dt

import pytest

from courses import progress
from courses.cards import learning
from courses.models import ExamAttempt
from tests.factories.courses import AT, blueprint, enrolment
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common.history import save_as

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def trainee():
    return person(Role.TRAINEE)


def cards(user, at: dt.datetime = AT) -> list[tuple[str, str, str]]:
    return [(card.sentence, card.action, card.url) for card in learning(user, at)]


def attempt(on, **facts: object) -> ExamAttempt:
    values = {"number": 1, "pass_mark": 3, "started_at": AT, "deadline_at": AT + HOUR, **facts}
    sitting = ExamAttempt(enrolment=on, blueprint=blueprint(on.course_key), **values)
    return save_as(sitting, actor=on.trainee, reason="Started.")


def test_a_course_is_carried_on_where_it_was_left(trainee):
    on = enrolment(trainee)
    second = on.release.items.get(position=2)
    progress.finish_item(on, on.release.items.get(position=1), at=AT)

    assert cards(trainee) == [
        ("1 of 4 lessons finished.", "Carry on at “Lesson 1.2”", f"/learn/{on.pk}/{second.item_id}/")
    ]


def test_a_course_that_is_not_begun_begins_with_its_first_lesson(trainee):
    enrolment(trainee)

    assert [action for _, action, _ in cards(trainee)] == ["Begin with “Lesson 1.1”"]


def test_an_invitation_waits(trainee):
    on = enrolment(trainee, state="invited")

    assert cards(trainee) == [("You are invited to “Course 1”.", "See the invitation", f"/learn/{on.pk}/")]


@pytest.mark.parametrize("state", ["lapsed", "withdrawn"])
def test_a_course_of_the_past_waits_for_nobody(trainee, state):
    enrolment(trainee, state=state)

    assert cards(trainee) == []


def test_nothing_waits_for_somebody_on_no_course(trainee):
    enrolment()

    assert cards(trainee) == []


@pytest.mark.parametrize(
    ("at", "shown"),
    [(AT + HOUR - dt.timedelta(seconds=1), True), (AT + HOUR, False)],
    ids=["before the deadline", "at the deadline"],
)
def test_an_open_exam_stands_first_until_its_deadline(trainee, at, shown):
    on = enrolment(trainee)
    attempt(on)

    first = min(learning(trainee, at), key=lambda card: card.order)

    assert (first.sentence == "Your attempt is open until 11:00 on 4 May 2026.") is shown
    assert (first.url == f"/learn/{on.pk}/exam/1/") is shown


def test_an_exam_can_be_sat_when_the_course_is_finished(trainee):
    on = enrolment(trainee, state="completed")
    blueprint(on.course_key)

    assert cards(trainee) == [
        (
            "You have finished “Course 1” and can sit its exam.",
            "Read the rules of the exam",
            f"/learn/{on.pk}/exam/",
        )
    ]


def test_an_exam_that_is_passed_waits_no_more(trainee):
    attempt(enrolment(trainee, state="completed"), ended_at=AT, points=4, passed=True)

    assert cards(trainee) == []


def test_a_finished_course_without_an_exam_waits_for_nothing(trainee):
    enrolment(trainee, state="completed")

    assert cards(trainee) == []


@pytest.mark.parametrize("courses", [1, 3])
def test_the_cards_take_the_same_queries_for_one_and_three_courses(trainee, courses, django_assert_num_queries):
    for _ in range(courses):
        enrolment(trainee)

    with django_assert_num_queries(4):
        assert len(cards(trainee)) == courses
