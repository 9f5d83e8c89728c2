"""A trainer's pages."""

import datetime as dt
import re

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses import practice, practice_record
from courses.models import CompletionRecord, Enrolment, ExamAttempt, PracticeEntry, SignOff
from tests.factories.courses import AT, PracticePhotoFactory, blueprint, enrolment, entry, exercise, relation
from tests.pages import text
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common import cards
from training_site.common.days import DAY
from training_site.common.history import save_as
from training_site.common.models import Notice

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 5, 4)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT):
        yield


@pytest.fixture
def trainer():
    return person(Role.TRAINER, legal_name="Tomás Rivera")


@pytest.fixture
def on(trainer) -> Enrolment:
    made = enrolment(person(Role.TRAINEE, legal_name="Tara Novak"))
    relation(trainer, made.trainee)
    return made


@pytest.fixture
def logged(on) -> PracticeEntry:
    """An exercise with the two pictures that a sign-off needs."""
    made = entry(on, practised=exercise(on.course_key), note="Even from the third row on.")
    PracticePhotoFactory.create_batch(2, entry=made)
    return made


@pytest.fixture
def browser(as_, trainer):
    return as_(trainer)


def queries(browser, address: str) -> int:
    browser.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address).status_code == 200
    return len(captured)


def addresses(logged: PracticeEntry) -> dict[str, str]:
    return {"trainee": f"/train/{logged.enrolment.trainee_id}/", "entry": f"/train/entries/{logged.pk}/"}


def sign_off(browser, logged: PracticeEntry, **facts: object):
    values = {"seen": practice.points_for(logged), "note": "Well done.", "result": "signed_off", **facts}
    return browser.post(addresses(logged)["entry"], values)


# Who may ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["trainee", "entry"])
def test_a_page_is_for_the_trainees_own_trainer(client, as_, trainer, logged, page):
    address = addresses(logged)[page]
    strangers = [
        relation().trainer,
        logged.enrolment.trainee,
        person(Role.TRAINEE),
        person(Role.CERTIFICATION_OFFICER),
        relation(person(), logged.enrolment.trainee).trainer,
    ]

    assert as_(trainer).get(address).status_code == 200
    assert [as_(who).get(address).status_code for who in strangers] == [404] * 5
    assert client.get(address).url == f"/accounts/login/?next={address}"


def test_nobody_else_answers(client, as_, logged):
    strangers = [
        relation().trainer,
        logged.enrolment.trainee,
        relation(person(), logged.enrolment.trainee).trainer,
    ]

    assert [sign_off(as_(who), logged).status_code for who in strangers] == [404] * 3
    assert sign_off(client, logged).url.startswith("/accounts/login/?next=")
    assert SignOff.objects.count() == 0


def test_a_trainer_who_learns_too_does_not_answer_their_own_practice(as_):
    both = person(Role.TRAINER, Role.TRAINEE)
    own = entry(enrolment(both))

    assert as_(both).get(f"/train/entries/{own.pk}/").status_code == 404


@pytest.mark.parametrize("page", ["trainee", "entry"])
@pytest.mark.parametrize(
    ("first", "last", "status"),
    [
        (TODAY + DAY, TODAY + DAY, 404),
        (TODAY, TODAY + DAY, 200),
        (TODAY - DAY, TODAY, 200),
        (TODAY - DAY, TODAY - DAY, 404),
    ],
    ids=["day before", "first day", "last day", "day after"],
)
def test_a_trainer_sees_a_trainee_while_the_relation_lasts(as_, page, first, last, status):
    trains = relation(started_on=first, ended_on=last)
    made = entry(enrolment(trains.trainee))

    assert as_(trains.trainer).get(addresses(made)[page]).status_code == status


@pytest.mark.parametrize(
    ("last", "status", "answers"),
    [(TODAY, 302, 1), (TODAY - DAY, 404, 0)],
    ids=["last day", "day after"],
)
def test_a_trainer_answers_until_the_last_day(as_, last, status, answers):
    trains = relation(ended_on=last)
    made = entry(enrolment(trains.trainee))

    assert sign_off(as_(trains.trainer), made).status_code == status
    assert SignOff.objects.count() == answers


# Trainees -----------------------------------------------------------------------------------------


def names(page) -> list[str]:
    return [person.name for person, _ in page.context["people"]]


def test_whoever_has_waited_longest_stands_first(browser, trainer):
    for name, days in (("Anna", 1), ("Bea", 3), ("Carl", None)):
        on = enrolment(relation(trainer, person(Role.TRAINEE, legal_name=name)).trainee)
        if days:
            entry(on, logged_at=AT - days * DAY)

    assert names(browser.get("/train/")) == ["Bea", "Anna", "Carl"]


def test_each_trainee_is_shown_with_what_waits(browser, on):
    entry(on, logged_at=AT - DAY)
    entry(on, practised=exercise(on.course_key))

    page = browser.get("/train/")

    assert "Tara Novak 2 entries wait, the oldest since 3 May 2026" in text(page)
    assert [(each.reference, each.name) for each in page.context["people"][0][1]] == [
        ("D-041", "Crown density, supervised"),
        ("PX1", "Exercise PX1"),
    ]


def test_answered_work_waits_no_more(browser, on, logged):
    sign_off(browser, logged)

    assert "Tara Novak Nothing waits" in text(browser.get("/train/"))


def test_a_trainee_trained_twice_on_one_day_stands_once(browser, trainer, on):
    first = on.trainee.trained_by.get()
    first.ended_on = TODAY
    first._change_reason = "Ended."
    first.save()
    relation(trainer, on.trainee, started_on=TODAY)

    assert names(browser.get("/train/")) == ["Tara Novak"]


def test_without_trainees_the_page_says_who_names_them(browser):
    assert "The office names who trains whom." in text(browser.get("/train/"))


@pytest.mark.parametrize("trainees", [1, 3])
def test_the_list_takes_the_same_queries_for_one_and_three_trainees(browser, trainer, trainees):
    for _ in range(trainees):
        on = enrolment(relation(trainer).trainee)
        for _ in range(trainees):
            entry(on, practised=exercise(on.course_key, f"PX{PracticeEntry.objects.count()}"))

    assert queries(browser, "/train/") == 5


# One trainee --------------------------------------------------------------------------------------


def test_a_trainees_page_shows_lessons_exam_and_practice(browser, on, logged):
    sign_off(browser, logged)
    entry(on)

    said = text(browser.get(addresses(logged)["trainee"]))

    assert "0 of 4 lessons finished" in said
    assert "Not passed yet" in said
    assert "1 of 1 signed off" in said
    assert "0 of 6 signed off" in said
    assert "Crown density, supervised" in said


def test_a_trainees_page_shows_a_finished_course_and_a_passed_exam(browser, on):

    CompletionRecord.objects.create(enrolment=on, release=on.release, completed_at=AT)
    attempt = ExamAttempt(
        enrolment=on,
        blueprint=blueprint(on.course_key),
        number=1,
        pass_mark=3,
        started_at=AT - DAY,
        deadline_at=AT,
        ended_at=AT - DAY + dt.timedelta(minutes=20),
        points=4,
        passed=True,
    )
    save_as(attempt, actor=None, reason="Made for a test.")

    said = text(browser.get(f"/train/{on.trainee_id}/"))

    assert "Finished on 4 May 2026" in said
    assert "Passed on 3 May 2026" in said


def test_a_course_that_was_left_is_not_shown(browser, trainer):
    on = enrolment(relation(trainer).trainee, state="withdrawn")

    assert "This trainee is on no course." in text(browser.get(f"/train/{on.trainee_id}/"))


@pytest.mark.parametrize("entries", [1, 3])
def test_a_trainees_page_takes_the_same_queries_for_one_and_three_entries(browser, on, entries):
    for number in range(entries):
        entry(on, practised=exercise(on.course_key, f"PX{number}"))
        entry(on)

    assert queries(browser, f"/train/{on.trainee_id}/") == 12


# Answering ----------------------------------------------------------------------------------------


def test_an_entry_is_shown_with_its_pictures_and_what_is_to_be_confirmed(browser, logged):
    page = browser.get(addresses(logged)["entry"])

    pictures = re.findall(r'<img src="/files/practice-thumb/(\d+)/"', page.content.decode())
    assert pictures == [str(photo.pk) for photo in logged.photos.order_by("pk")]
    assert "Even from the third row on." in text(page)
    assert page.content.decode().count('name="seen"') == 4


@pytest.mark.parametrize("many", [1, 3])
def test_an_entry_takes_the_same_queries_for_one_and_three_pictures(browser, on, many):
    made = entry(on, practised=exercise(on.course_key))
    PracticePhotoFactory.create_batch(many, entry=made)
    for number in range(many):
        sign_off(browser, made, result="repeat", note=f"Wider, time {number}.")

    assert queries(browser, addresses(made)["entry"]) == 8


def test_work_is_signed_off(browser, trainer, logged):
    response = sign_off(browser, logged)

    given = SignOff.objects.get()
    assert response.url == addresses(logged)["trainee"]
    assert (given.entry, given.relation.trainer, given.result) == (logged, trainer, "signed_off")
    assert (given.seen, given.note) == (sorted(practice.points_for(logged)), "Well done.")
    assert "PX1 Exercise PX1 of 4 May 2026 is signed off." in text(browser.get(response.url))


def test_a_repeat_is_asked_for_without_any_point_confirmed(browser, logged):
    sign_off(browser, logged, result="repeat", seen=[], note="Gaps at the left edge.")

    assert SignOff.objects.get().result == "repeat"


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"seen": ["No spread dot"]}, "Not confirmed yet: Set-up and tear-down done as for a client"),
        ({"result": "repeat", "note": " "}, "Say what should be done differently next time."),
        ({"result": ""}, "press one of the two buttons"),
        ({"result": "excellent"}, "press one of the two buttons"),
        ({"seen": ["Something else"]}, "Something else is not one of the available choices."),
        ({"note": "n" * 2001}, "at most 2000 characters"),
    ],
    ids=["a point missing", "no reason", "no button", "another button", "another point", "a long note"],
)
def test_a_refused_answer_says_why(browser, logged, facts, sentence):
    assert sentence in text(sign_off(browser, logged, **facts))
    assert SignOff.objects.count() == 0


def test_a_refused_answer_keeps_what_was_typed(browser, logged):
    page = sign_off(browser, logged, seen=["No spread dot"], note="Nearly there.").content.decode()

    assert "Nearly there.</textarea>" in page
    assert re.findall(r'value="([^"]+)"[^>]* checked', page) == ["No spread dot"]


def test_an_exercise_without_two_pictures_is_not_signed_off(browser, on):
    made = entry(on, practised=exercise(on.course_key))

    page = sign_off(browser, made)

    assert "Two photographs are needed" in text(page)
    assert "A sign-off needs the whole field and a close-up with scale." in text(page)


def test_the_trainee_is_told(browser, logged, mailoutbox, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        sign_off(browser, logged, result="repeat", seen=[], note="Gaps at the left edge.")

    mail = mailoutbox[0]
    assert mail.to == [logged.enrolment.trainee.email]
    assert mail.subject == "To be repeated: PX1 Exercise PX1"
    assert "Tomás Rivera asks you to repeat “PX1 Exercise PX1” of 4 May 2026." in mail.body
    assert "Gaps at the left edge." in mail.body
    assert f"http://testserver/learn/{logged.enrolment_id}/practice/entries/{logged.pk}/" in mail.body


def test_a_sign_off_is_mailed_as_such(browser, logged):
    sign_off(browser, logged)

    notice = Notice.objects.get()
    assert notice.subject == "Signed off: PX1 Exercise PX1"
    assert notice.user == logged.enrolment.trainee


def test_a_refused_answer_tells_nobody(browser, logged):
    sign_off(browser, logged, seen=[])

    assert Notice.objects.count() == 0


def test_the_same_answer_sent_twice_is_kept_and_mailed_once(browser, logged):
    first, second = sign_off(browser, logged), sign_off(browser, logged)

    assert first.url == second.url
    assert (SignOff.objects.count(), Notice.objects.count()) == (1, 1)


def test_a_change_of_mind_is_a_second_answer(browser, logged):
    sign_off(browser, logged)

    with time_machine.travel(AT + dt.timedelta(minutes=5)):
        sign_off(browser, logged, result="repeat", note="I looked again: gaps at the left edge.")

    assert practice_record.logged(logged).standing == "repeat"
    assert "I looked again" in text(browser.get(addresses(logged)["entry"]))


def test_a_live_procedure_has_points_of_its_own(browser, on):
    made = entry(on)

    sign_off(browser, made)

    assert SignOff.objects.get().seen == sorted(practice.LIVE_POINTS)


# Cards --------------------------------------------------------------------------------------------


def waiting(trainer) -> list[str]:
    return [card.sentence for card in cards.for_user(trainer, AT) if card.title == "Practice to sign off"]


@pytest.mark.parametrize(
    ("entries", "sentences"),
    [
        (0, []),
        (1, ["One entry waits since 3 May 2026."]),
        (2, ["2 entries wait, the oldest since 2 May 2026."]),
    ],
    ids=["none", "one", "two"],
)
def test_a_trainers_card_says_what_waits(trainer, on, entries, sentences):
    for days in range(1, entries + 1):
        entry(on, logged_at=AT - days * DAY)

    assert waiting(trainer) == sentences


def test_a_card_counts_only_todays_trainees(trainer):
    entry(enrolment(relation(trainer, ended_on=TODAY - DAY).trainee))

    assert waiting(trainer) == []
