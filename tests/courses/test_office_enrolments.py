import datetime as dt
import random
import re

import pytest

from courses import enrolling, exams, office_cards, progress
from courses.models import Enrolment, ExamAttempt
from tests.factories.courses import AT, blueprint, course_page, enrolment, relation, release
from tests.people import person
from training_site.accounts.models import HistoryReading
from training_site.accounts.roles import Role
from training_site.common import cards
from training_site.common.models import Notice

pytestmark = pytest.mark.django_db

LIST = "/cms/training/enrolments/"
HOUR = dt.timedelta(hours=1)
TODAY = AT.date()


@pytest.fixture
def officer():
    return person(Role.CERTIFICATION_OFFICER, legal_name="Olga Lindqvist")


@pytest.fixture
def office(as_, officer):
    return as_(officer)


@pytest.fixture
def edition():
    return release(course_page(title="Basics"))


def sit(of: Enrolment, *, times: int = 1, after: int = 0, passing: bool = False) -> None:
    """Sit the exam so many times, a day apart, ``after`` others; ``passing`` = the last."""
    exam = exams.ExamBlueprint.objects.get(course_key=of.course_key)
    for n in range(times):
        at = AT + (after + n) * 25 * HOUR
        attempt = exams.start(of, exam, at=at, dice=random.Random(n))
        if passing and n == times - 1:
            for put in attempt.questions.select_related("version__answer_key"):
                exams.save(attempt, put.position, put.version.answer_key.correct, at=at)
        exams.hand_in(attempt, at=at)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_takes_the_same_queries_for_one_and_three(office, edition, rows, django_assert_num_queries):
    for _ in range(rows):
        enrolment(of=edition)
    office.get(LIST)

    with django_assert_num_queries(12):
        office.get(LIST)


@pytest.mark.parametrize("rows", [1, 3])
def test_an_enrolment_takes_the_same_queries_for_one_and_three_of_everything(
    office, officer, edition, rows, django_assert_num_queries
):
    blueprint(edition.course_key)
    of = enrolment(of=edition)
    for _ in range(rows):
        relation(trainee=of.trainee)
        exams.open_more(of, actor=officer, talk_note="Read M2.", attempts=1, at=AT)
    sit(of, times=rows)
    office.get(f"{LIST}{of.pk}/")

    with django_assert_num_queries(19):
        office.get(f"{LIST}{of.pk}/")


def test_each_reading_of_an_enrolments_history_is_noted(office, officer, edition):
    of = enrolment(of=edition)

    office.get(f"{LIST}{of.pk}/")
    office.post(f"{LIST}{of.pk}/lapse/", {"reason": ""})

    assert [(read.subject, read.read_by) for read in HistoryReading.objects.all()] == [(of, officer)] * 2


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.CERTIFICATION_OFFICER], ids=str)
def test_enrolments_do_not_exist_for_anybody_else(as_, edition, role):
    of = enrolment(of=edition)
    browser = as_(person(role))

    assert {browser.get(url).status_code for url in (LIST, f"{LIST}{of.pk}/", f"{LIST}invite/")} == {404}


def test_enrolments_are_found_by_words_state_and_course(office, edition):
    other = release(course_page())
    ingrid = person(Role.TRAINEE, legal_name="Ingrid Sommer", email="i.s@example.org")
    paul = person(Role.TRAINEE, legal_name="Paul Winter", display_name="Pauline")
    enrolment(ingrid, of=edition)
    enrolment(paul, of=edition, state="lapsed")
    enrolment(paul, of=other)

    def found(**asked: str) -> list[tuple[str, str]]:
        rows = office.get(LIST, asked).context["page_obj"]
        return sorted((row.trainee.legal_name, row.course_key) for row in rows)

    assert found(q="somm") == found(q="I.S@") == [("Ingrid Sommer", "course-1")]
    assert found(q="pauline", state="active") == found(course="course-2") == [("Paul Winter", "course-2")]
    assert found(state="lapsed") == [("Paul Winter", "course-1")]
    assert len(found(course="nonsense")) == 3


def test_filters_stay_on_the_next_page(office, edition):
    for _ in range(51):
        enrolment(of=edition)

    page = office.get(LIST, {"state": "active"}).content.decode()

    assert 'href="?state=active&amp;p=2"' in page
    assert len(office.get(LIST, {"state": "active", "p": 2}).context["page_obj"]) == 1


def test_an_enrolment_shows_progress_attempts_and_who_did_what(office, officer, edition):
    blueprint(edition.course_key)
    of = enrolment(of=edition)
    relation(person(Role.TRAINER, legal_name="Tomás Rivera"), of.trainee)
    progress.finish_item(of, edition.items.first(), at=AT)
    sit(of)
    exams.open_more(of, actor=officer, talk_note="Talked with Tomás.", attempts=2, at=AT)

    page = " ".join(office.get(f"{LIST}{of.pk}/").content.decode().split())

    for sentence in (
        "1 of 4 mandatory lessons finished. Next: Lesson 1.2.",
        "Tomás Rivera, since 1 January 2026",
        "1 of 5 attempts used.",
        "0 of 4</td>",
        "2 further attempts opened by Olga Lindqvist on 4 May 2026: Talked with Tomás.",
        "Made for a test.",
    ):
        assert sentence in page


def test_every_form_can_be_sent(office, edition):
    blueprint(edition.course_key)
    addresses = (f"{LIST}invite/", *(f"{LIST}{enrolment(of=edition, state=s).pk}/" for s in ("active", "lapsed")))
    pages = [office.get(address).content.decode() for address in addresses]

    assert [page.count('<form method="post"') for page in pages] == [1, 2, 2]
    assert [page.count("csrfmiddlewaretoken") for page in pages] == [1, 2, 2]


def test_an_enrolment_lapses_and_is_taken_up_again(office, officer, edition):
    of = enrolment(of=edition)

    office.post(f"{LIST}{of.pk}/lapse/", {"reason": "No word for a year."})
    of.refresh_from_db()
    assert of.state == "lapsed"

    office.post(f"{LIST}{of.pk}/take-up-again/", {"reason": "Came back."})
    of.refresh_from_db()
    assert of.state == "active"
    assert [(event.history_user, event.history_change_reason) for event in of.history.all()[:2]] == [
        (officer, "Taken up again. Came back."),
        (officer, "Lapsed. No word for a year."),
    ]


def test_a_lapse_needs_a_reason(office, edition):
    of = enrolment(of=edition)

    page = office.post(f"{LIST}{of.pk}/lapse/", {"reason": " "})

    assert list(page.context["reason_form"].errors) == ["reason"]


def test_letting_lapse_what_has_lapsed_does_not_take_it_up_again(office, edition):
    of = enrolment(of=edition, state="lapsed")

    page = office.post(f"{LIST}{of.pk}/lapse/", {"reason": "No word for a year."}).content.decode()

    assert "“Lapsed” and cannot become “Lapsed”" in page
    assert "No word for a year." in page
    of.refresh_from_db()
    assert of.state == "lapsed"


def test_a_completed_enrolment_does_not_lapse(office, edition):
    of = enrolment(of=edition, state="completed")

    page = office.post(f"{LIST}{of.pk}/lapse/", {"reason": "No word for a year."}).content.decode()

    assert "“Completed” and cannot become “Lapsed”" in page
    of.refresh_from_db()
    assert of.state == "completed"


@pytest.mark.both_databases
def test_an_enrolment_is_not_taken_up_beside_a_newer_one(office, edition):
    old = enrolment(of=edition, state="lapsed")
    enrolment(old.trainee, of=edition)

    page = office.post(f"{LIST}{old.pk}/take-up-again/", {"reason": "Came back."}).content.decode()

    assert "has another enrolment on this course. Let that one lapse first." in page
    assert "Came back." in page


def test_further_attempts_are_opened_after_a_talk(office, officer, edition):
    of = enrolment(of=edition)

    office.post(f"{LIST}{of.pk}/attempts/", {"attempts": "3", "talk_note": "Read M2 first."})

    opened = of.extra_attempts.get()
    assert (opened.attempts, opened.talk_note, opened.opened_by) == (3, "Read M2 first.", officer)


@pytest.mark.parametrize("typed", [{"attempts": "3", "talk_note": ""}, {"attempts": "0", "talk_note": "Talked."}])
def test_attempts_without_a_talk_or_without_a_number_are_not_opened(office, edition, typed):
    blueprint(edition.course_key)
    of = enrolment(of=edition)

    page = office.post(f"{LIST}{of.pk}/attempts/", typed)

    assert page.context["attempts_form"].errors
    assert not of.extra_attempts.exists()


# Inviting -----------------------------------------------------------------------------------------------


def invitation(trainee: object, course: object, **changes: str) -> dict[str, str]:
    return {"trainee": trainee.email.upper(), "course": course.key, "reason": "Cohort of May.", **changes}


def test_an_invited_trainee_gets_a_mail_and_an_enrolment(office, officer):
    course = course_page(title="Basics", open_for_enrolment=False)
    release(course)
    trainee = person(Role.TRAINEE)

    response = office.post(f"{LIST}invite/", invitation(trainee, course))

    made = Enrolment.objects.get()
    notice = Notice.objects.get()
    assert response.url == f"{LIST}{made.pk}/"
    assert (made.trainee, made.state) == (trainee, "invited")
    assert made.history.get().history_change_reason == "Invited. Cohort of May."
    assert (notice.to, notice.subject) == (trainee.email, "Invitation to the course Basics")
    assert "http://testserver/my/" in notice.text


def test_inviting_somebody_on_the_course_sends_nothing_and_says_so(office):
    course = course_page()
    of = enrolment(of=release(course))

    page = office.post(f"{LIST}invite/", invitation(of.trainee, course), follow=True).content.decode()

    assert "is on this course already: active." in page
    assert (Enrolment.objects.count(), Notice.objects.count()) == (1, 0)


def test_a_refused_invitation_keeps_what_was_typed_and_sends_nothing(office):
    course, trainee = course_page(), person(Role.TRAINEE)

    page = office.post(f"{LIST}invite/", invitation(trainee, course)).content.decode()

    assert "has no release yet" in page
    assert "Cohort of May." in page
    assert (Enrolment.objects.count(), Notice.objects.count()) == (0, 0)


@pytest.mark.parametrize("roles", [(), (Role.TRAINER,)], ids=["no role", "trainer"])
def test_only_a_trainee_is_invited(office, roles):
    course = course_page()
    release(course)

    page = office.post(f"{LIST}invite/", invitation(person(*roles), course)).content.decode()

    assert "No trainee has an account with this address" in page
    assert not Enrolment.objects.exists()


# What waits ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "waits"),
    [
        ({}, False),
        ({"ended_on": TODAY}, False),
        ({"ended_on": TODAY - dt.timedelta(days=1)}, True),
        ({"started_on": TODAY + dt.timedelta(days=1)}, True),
    ],
    ids=["trained", "last day", "ended yesterday", "begins tomorrow"],
)
def test_an_active_enrolment_without_a_trainer_waits(edition, days, waits):
    of = enrolment(of=edition)
    relation(trainee=of.trainee, **days)

    assert office_cards.without_trainer(on=TODAY).exists() is waits


def test_a_lapsed_enrolment_needs_no_trainer(edition):
    enrolment(of=edition, state="lapsed")

    assert not office_cards.without_trainer(on=TODAY).exists()


ATTEMPTS = {
    "none": (lambda of, officer: None, False),
    "one left": (lambda of, officer: sit(of, times=1), False),
    "used up": (lambda of, officer: sit(of, times=2), True),
    "passed with the last": (lambda of, officer: sit(of, times=2, passing=True), False),
    "more opened": (
        lambda of, officer: (
            sit(of, times=2),
            exams.open_more(of, actor=officer, talk_note="T.", attempts=1, at=AT),
        ),
        False,
    ),
    "lapsed": (
        lambda of, officer: (sit(of, times=2), enrolling.lapse(of, actor=officer, reason="Gone.")),
        False,
    ),
}


@pytest.mark.both_databases
@pytest.mark.parametrize("what", list(ATTEMPTS))
def test_an_enrolment_whose_attempts_are_used_up_waits(officer, edition, what):
    exam = blueprint(edition.course_key, attempts=2)
    of = enrolment(of=edition)
    act, waits = ATTEMPTS[what]

    act(of, officer)

    of.refresh_from_db()
    told = exams.obstacle(of, exam, at=AT + 1000 * HOUR) or ""
    assert told.startswith("All your attempts are used") is waits
    assert office_cards.out_of_attempts().exists() is waits


@pytest.mark.both_databases
@pytest.mark.parametrize(("more", "waits"), [(0, True), (1, False)], ids=["used up", "more opened"])
def test_attempts_of_an_earlier_enrolment_count(office, officer, edition, more, waits):
    exam = blueprint(edition.course_key, attempts=2)
    left = enrolment(of=edition)
    sit(left)
    if more:
        exams.open_more(left, actor=officer, talk_note="Read M2.", attempts=more, at=AT)
    enrolling.leave(left, actor=left.trainee, reason="Left.")
    again = enrolment(left.trainee, of=edition)
    sit(again, after=1)

    told = exams.obstacle(again, exam, at=AT + 1000 * HOUR) or ""
    page = office.get(f"{LIST}{again.pk}/").content.decode()
    assert told.startswith("All your attempts are used") is waits
    assert list(office_cards.out_of_attempts()) == ([again] if waits else [])
    assert f"2 of {2 + more} attempts used." in page


@pytest.mark.both_databases
def test_an_open_last_attempt_is_not_used_up(edition):
    exam = blueprint(edition.course_key, attempts=1)
    exams.start(enrolment(of=edition), exam, at=AT, dice=random.Random(1))

    assert ExamAttempt.objects.open().exists()
    assert not office_cards.out_of_attempts().exists()


def test_an_officer_is_told_what_waits_and_finds_it(office, officer, edition):
    blueprint(edition.course_key, attempts=1)
    waiting = enrolment(of=edition)
    sit(waiting)
    trained = enrolment(of=edition)
    relation(trainee=trained.trainee)

    told = [card for card in cards.for_user(officer, AT) if card.url.startswith(LIST)]

    assert [card.sentence for card in told] == [
        "1 trainee has used up the exam attempts.",
        "1 active trainee has no trainer.",
    ]
    assert [[row.pk for row in office.get(card.url).context["page_obj"]] for card in told] == [[waiting.pk]] * 2
    assert all(card.sentence in office.get("/cms/").content.decode() for card in told)


def test_an_editor_is_told_what_awaits_review(as_, edition):
    blueprint(edition.course_key)
    editor = person(Role.EDITOR)

    page = as_(editor).get("/cms/").content.decode()

    assert "6 questions await an expert’s review." in page
    assert "4 lessons await an expert’s review." in page
    assert "has no trainer" not in page


def test_nothing_waits_for_other_staff(as_, edition):
    blueprint(edition.course_key)
    enrolment(of=edition)

    assert "Nothing waits for you." in as_(person(Role.REGISTRAR)).get("/cms/").content.decode()


@pytest.mark.parametrize(
    ("role", "shown"),
    [
        (Role.EDITOR, ["releases", "questions"]),
        (Role.CERTIFICATION_OFFICER, ["enrolments", "trainers"]),
        (Role.REGISTRAR, []),
    ],
    ids=str,
)
def test_the_menu_shows_what_the_role_may_do(as_, role, shown):
    page = as_(person(role)).get("/cms/").content.decode()

    assert list(dict.fromkeys(re.findall(r'"url": "/cms/training/(\w+)/"', page))) == shown
