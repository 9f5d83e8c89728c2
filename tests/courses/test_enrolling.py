import pytest
from django.db import IntegrityError, transaction

from courses import enrolling
from courses.errors import EnrolmentRefused
from courses.models import Enrolment
from tests.factories.courses import AT, course_page, enrolment, release
from tests.people import person
from training_site.accounts.roles import Role

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_a_trainee_enrols_on_the_newest_release():
    course = course_page()
    release(course)
    lesson = course.get_descendants().last().specific
    lesson.title = "Changed"
    lesson.save_revision().publish()
    second = release(course)

    made = enrolling.enrol(course, trainee=person(Role.TRAINEE), at=AT)

    assert (made.release, made.state) == (second, "active")


def test_enrolling_twice_is_one_enrolment():
    course, trainee = course_page(), person(Role.TRAINEE)
    release(course)

    first, second = (enrolling.enrol(course, trainee=trainee, at=AT) for _ in range(2))

    assert first == second
    assert Enrolment.objects.count() == 1


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.TRAINEE], ids=str)
def test_only_a_trainee_enrols(role):
    course = course_page()
    release(course)

    with pytest.raises(EnrolmentRefused, match="Only trainees enrol"):
        enrolling.enrol(course, trainee=person(role), at=AT)


def test_a_closed_course_is_by_invitation():
    course = course_page(open_for_enrolment=False)
    release(course)

    with pytest.raises(EnrolmentRefused, match="by invitation"):
        enrolling.enrol(course, trainee=person(Role.TRAINEE), at=AT)


def test_a_course_without_a_release_takes_nobody():
    with pytest.raises(EnrolmentRefused, match="no release yet"):
        enrolling.enrol(course_page(), trainee=person(Role.TRAINEE), at=AT)


def test_an_officer_invites_to_a_closed_course_and_the_trainee_accepts():
    course, trainee = course_page(open_for_enrolment=False), person(Role.TRAINEE)
    release(course)
    invited = enrolling.invite(
        course, trainee=trainee, actor=person(Role.CERTIFICATION_OFFICER), reason="Cohort of May.", at=AT
    )

    accepted = enrolling.enrol(course, trainee=trainee, at=AT)

    assert (invited.state, accepted.state, accepted.pk) == ("invited", "active", invited.pk)
    assert accepted.history.last().history_change_reason == "Invited. Cohort of May."


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.CERTIFICATION_OFFICER], ids=str)
def test_only_an_officer_invites(role):
    course = course_page()
    release(course)

    with pytest.raises(EnrolmentRefused, match="Only a certification officer"):
        enrolling.invite(course, trainee=person(Role.TRAINEE), actor=person(role), reason="A favour.", at=AT)


MOVES = {
    "accept": lambda e: enrolling.accept(e, actor=e.trainee),
    "leave": lambda e: enrolling.leave(e, actor=e.trainee, reason="No time."),
    "lapse": lambda e: enrolling.lapse(e, actor=None, reason="A year without a lesson."),
    "take up again": lambda e: enrolling.take_up_again(e, actor=None, reason="Back."),
    "complete": enrolling.complete,
}
ALLOWED = {
    "invited": {"accept", "leave", "lapse", "take up again"},
    "active": {"leave", "lapse", "complete"},
    "completed": set(),
    "lapsed": {"accept", "take up again"},
    "withdrawn": set(),
}


@pytest.mark.parametrize("state", list(ALLOWED))
@pytest.mark.parametrize("move", list(MOVES))
def test_only_the_allowed_moves_are_made(state, move):
    made = enrolment(state=state)

    if move in ALLOWED[state]:
        assert MOVES[move](made).state != state
    else:
        with pytest.raises(EnrolmentRefused, match="cannot become"):
            MOVES[move](made)
        assert Enrolment.objects.get().state == state


def test_somebody_who_left_can_begin_anew():
    course, trainee = course_page(), person(Role.TRAINEE)
    release(course)
    enrolling.leave(enrolling.enrol(course, trainee=trainee, at=AT), actor=trainee, reason="No time.")

    again = enrolling.enrol(course, trainee=trainee, at=AT)

    assert again.state == "active"
    assert Enrolment.objects.count() == 2


def test_two_living_enrolments_are_refused_by_the_database():
    made = enrolment()

    with pytest.raises(IntegrityError), transaction.atomic():
        enrolment(made.trainee, of=made.release, state="invited")
    assert Enrolment.objects.count() == 1
