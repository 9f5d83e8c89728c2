import datetime as dt
import re

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import AttemptQuestion, ExamAttempt
from tests.factories.courses import AT, blueprint, course_page, enrolment, release
from tests.people import person
from training_site.accounts.roles import Role

pytestmark = pytest.mark.django_db
SECOND = dt.timedelta(seconds=1)
DEADLINE = AT + dt.timedelta(minutes=60)


@pytest.fixture
def clock():
    with time_machine.travel(AT, tick=False) as stopped:
        yield stopped


@pytest.fixture
def on(clock):
    made = enrolment()
    blueprint(made.course_key)
    return made


@pytest.fixture
def browser(as_, on):
    return as_(on.trainee)


@pytest.fixture
def exam(browser, on):
    """The address of an open attempt."""
    return browser.post(f"/learn/{on.pk}/exam/").url


def text(response) -> str:
    """What the page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def question(position: int = 1) -> AttemptQuestion:
    return AttemptQuestion.objects.get(position=position)


def answers(**picked: object) -> dict[str, object]:
    """A form with every question answered right, but for ``q2="b"``."""
    return {**{f"q{position}": "a" for position in range(1, 5)}, **picked}


# Whose it is ---------------------------------------------------------------------------------------

VIEWS = {
    "rules": ("get", ""),
    "starting": ("post", ""),
    "questions": ("get", "1/"),
    "saving one": ("post", "1/answers/1/"),
    "saving all": ("post", "1/answers/"),
    "handing in": ("post", "1/hand-in/"),
    "result": ("get", "1/result/"),
}


def call(browser, view: str, on):
    method, path = VIEWS[view]
    return getattr(browser, method)(f"/learn/{on.pk}/exam/{path}", {"picked": "a", "q1": "a", "all_the_same": "1"})


@pytest.mark.parametrize("view", list(VIEWS))
def test_somebody_elses_exam_does_not_exist(as_, on, exam, view):
    assert call(as_(person(Role.TRAINEE)), view, on).status_code == 404
    assert (question().picked, ExamAttempt.objects.get().ended_at) == ([], None)


@pytest.mark.parametrize("view", list(VIEWS))
def test_a_stranger_signs_in_first(client, on, exam, view):
    assert call(client, view, on).url.startswith(f"/accounts/login/?next=/learn/{on.pk}/exam/")


@pytest.mark.parametrize("view", [view for view, (_, path) in VIEWS.items() if path])
def test_an_attempt_of_another_number_does_not_exist(browser, on, view):
    assert call(browser, view, on).status_code == 404


def test_a_course_without_an_exam_has_no_exam_page(as_, clock):
    on = enrolment()

    assert as_(on.trainee).get(f"/learn/{on.pk}/exam/").status_code == 404


# Rules and starting --------------------------------------------------------------------------------


def test_the_rules_of_the_exam_stand_in_words(browser, on):
    page = text(browser.get(f"/learn/{on.pk}/exam/"))

    assert "4 questions, 2 from each of the 2 modules" in page
    assert "3 points pass" in page
    assert "60 minutes from the moment you start" in page
    assert "3 attempts, with 24 hours between the end of one and the start of the next. You have 3 left." in page


def test_looking_at_the_rules_starts_nothing(browser, on):
    browser.get(f"/learn/{on.pk}/exam/")

    assert ExamAttempt.objects.count() == 0


def test_a_double_click_starts_one_attempt(browser, on):
    first, second = browser.post(f"/learn/{on.pk}/exam/"), browser.post(f"/learn/{on.pk}/exam/")

    assert (first.url, second.url) == (f"/learn/{on.pk}/exam/1/",) * 2
    assert ExamAttempt.objects.count() == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_cool_down_is_said_in_the_persons_own_time(browser, on, exam, method):
    browser.post(f"{exam}hand-in/", {"all_the_same": "1"})

    page = text(getattr(browser, method)(f"/learn/{on.pk}/exam/"))

    assert "You can try again from 10:00 on 5 May 2026." in page
    assert "You have 2 left." in page
    assert ExamAttempt.objects.count() == 1


def test_a_bank_that_is_too_small_is_said_when_one_starts(as_, clock):
    on = enrolment()
    blueprint(on.course_key, questions_per_module=1)

    page = as_(on.trainee).post(f"/learn/{on.pk}/exam/")

    assert "module M1 has too few questions" in text(page)


def test_an_open_attempt_is_offered_instead_of_a_new_one(browser, on, exam):
    page = browser.get(f"/learn/{on.pk}/exam/").content.decode()

    assert f'<a class="btn" href="{exam}">Carry on with attempt 1</a>' in page
    assert "Start the exam" not in page


def test_earlier_attempts_are_listed_with_their_results(browser, on, exam):
    browser.post(f"{exam}hand-in/", answers())

    page = text(browser.get(f"/learn/{on.pk}/exam/"))

    assert "Attempt 1 4 May 2026, 10:00 Passed 4 (3 needed)" in page


# The questions -------------------------------------------------------------------------------------


def test_questions_and_options_stand_in_the_order_kept_with_the_attempt(browser, exam):
    page = browser.get(exam).content.decode()

    fieldsets = re.findall(r'data-position="(\d+)"(.*?)</fieldset>', page, flags=re.DOTALL)
    shown = [(position, re.findall(r'value="(\w)"', fieldset)) for position, fieldset in fieldsets]
    assert shown == [(str(row.position), row.order) for row in AttemptQuestion.objects.order_by("position")]


def test_keys_of_options_are_not_shown(browser, exam):
    shown = re.findall(r'<label class="tick">(.*?)</label>', browser.get(exam).content.decode())

    assert {re.sub(r"<[^>]+>|\d+", "", label) for label in shown} == {f"Option {key} of " for key in "abcd"}


def test_a_saved_answer_is_there_again(browser, exam):
    browser.post(f"{exam}answers/2/", {"picked": "c"})

    page = browser.get(exam).content.decode()

    assert re.findall(r'name="(q\d)" value="(\w)" checked', page) == [("q2", "c")]
    assert "1 of 4 answered" in re.sub(r"<[^>]+>", "", page)


def test_the_page_counts_down_to_the_servers_deadline_and_never_ends_before_it(browser, exam, clock):
    clock.shift(dt.timedelta(minutes=10, milliseconds=400))

    page = browser.get(exam).content.decode()

    assert 'data-seconds-left="3000"' in page
    assert "Hand in by 11:00" in page


@pytest.mark.parametrize("per_module", [1, 3])
def test_the_questions_take_the_same_queries_however_many_there_are(
    as_, clock, per_module, django_assert_num_queries, settings
):
    settings.USERSESSIONS_TRACK_ACTIVITY = False
    on = enrolment(of=release(course_page(modules=1)))
    blueprint(on.course_key, modules=1, small_per_module=per_module)
    browser = as_(on.trainee)
    exam = browser.post(f"/learn/{on.pk}/exam/").url

    with django_assert_num_queries(6):
        browser.get(exam)


def every_page_before_the_end(browser, on, exam: str) -> list[object]:
    course = f"/learn/{on.pk}/"
    return [
        *(browser.get(path) for path in ["/my/", "/learn/", course, f"{course}exam/", exam]),
        browser.post(f"{course}exam/"),
        browser.post(f"{exam}answers/1/", {"picked": "b"}),
        browser.post(f"{exam}answers/1/", {"picked": "z"}),
        browser.post(f"{exam}answers/", {"q2": "a"}, follow=True),
        browser.post(f"{exam}hand-in/", {"q3": "a"}, follow=True),
        browser.get(f"{exam}result/", follow=True),
    ]


def test_no_answer_reaches_the_browser_before_the_end(browser, on, exam):
    with CaptureQueriesContext(connection) as queries:
        pages = every_page_before_the_end(browser, on, exam)

    assert ExamAttempt.objects.get().ended_at is None
    assert [query["sql"] for query in queries if "courses_answerkey" in query["sql"]] == []
    assert [
        page for page in pages if re.search(rb"Because of|correct|explanation", page.content, re.IGNORECASE)
    ] == []


def test_the_search_for_answers_finds_them_after_the_end(browser, exam):
    with CaptureQueriesContext(connection) as queries:
        page = browser.post(f"{exam}hand-in/", answers(), follow=True)

    assert any("courses_answerkey" in query["sql"] for query in queries)
    assert b"Because of" in page.content


# Saving --------------------------------------------------------------------------------------------


def test_an_answer_is_saved_as_it_is_given(browser, exam):
    answer = browser.post(f"{exam}answers/3/", {"picked": "b"})

    assert (answer.status_code, answer.content) == (204, b"")
    assert (question(3).picked, question(3).saved_at) == (["b"], AT)


@pytest.mark.parametrize(
    ("position", "picked"),
    [(1, ["z"]), (1, ["a", "b"]), (9, ["a"])],
    ids=["unknown option", "two of a single choice", "unknown question"],
)
def test_an_answer_no_form_could_send_is_refused_with_a_sentence(browser, exam, position, picked):
    answer = browser.post(f"{exam}answers/{position}/", {"picked": picked})

    assert answer.status_code == 409
    assert answer.content.decode() == "This answer does not belong to the question. Load the page again."


@pytest.mark.parametrize(
    ("at", "status", "kept"),
    [(DEADLINE - SECOND, 204, ["b"]), (DEADLINE, 409, []), (DEADLINE + SECOND, 409, [])],
    ids=["a second before", "at the deadline", "a second after"],
)
def test_an_answer_counts_before_the_deadline_only(browser, exam, clock, at, status, kept):
    clock.move_to(at)

    answer = browser.post(f"{exam}answers/1/", {"picked": "b"})

    assert (answer.status_code, question().picked) == (status, kept)


def test_a_late_answer_is_told_that_time_is_up(browser, exam, clock):
    clock.move_to(DEADLINE)

    answer = browser.post(f"{exam}answers/1/", {"picked": "b"})

    assert answer.content.decode() == ("Time is up. Your attempt was handed in with the answers saved until then.")
    assert ExamAttempt.objects.get().ended_at == DEADLINE


def test_after_the_end_an_answer_is_refused(browser, exam):
    browser.post(f"{exam}hand-in/", answers())

    answer = browser.post(f"{exam}answers/1/", {"picked": "b"})

    assert answer.content.decode() == "This attempt has ended; its answers are kept as they were."
    assert question().picked == ["a"]


def test_without_script_every_answer_is_saved_at_once(browser, exam):
    page = browser.post(f"{exam}answers/", answers(q2="b"), follow=True)

    assert "Your answers are saved." in text(page)
    assert [question(position).picked for position in range(1, 5)] == [["a"], ["b"], ["a"], ["a"]]


def test_an_older_window_takes_no_answer_back(browser, exam):
    browser.post(f"{exam}answers/1/", {"picked": "b"})

    browser.post(f"{exam}answers/", {"q2": "c"})

    assert (question(1).picked, question(2).picked) == (["b"], ["c"])


def test_answers_sent_too_late_say_so_and_lead_to_the_result(browser, exam, clock):
    clock.move_to(DEADLINE)

    page = browser.post(f"{exam}answers/", answers(), follow=True)

    assert "Time is up. Your attempt was handed in with the answers saved until then." in text(page)
    assert "0 of 4 points; 3 pass. Time was up at 11:00 on 4 May 2026" in text(page)


def test_an_attempt_opened_after_its_deadline_shows_its_result(browser, exam, clock):
    browser.post(f"{exam}answers/1/", {"picked": "a"})
    clock.move_to(DEADLINE)

    page = browser.get(exam, follow=True)

    assert "1 of 4 points; 3 pass. Time was up at 11:00 on 4 May 2026" in text(page)


# Handing in and the result -------------------------------------------------------------------------


def test_handing_in_with_open_questions_asks_once_more_and_names_them(browser, exam):
    page = browser.post(f"{exam}hand-in/", {"q1": "a", "q3": "b"}, follow=True)

    assert ExamAttempt.objects.get().ended_at is None
    assert "2 questions are not answered" in text(page)
    assert re.findall(r'<a href="#question-(\d)">', page.content.decode()) == ["2", "4"]


def test_handing_in_as_it_stands_ends_the_attempt(browser, exam):
    answer = browser.post(f"{exam}hand-in/", {"q1": "a", "all_the_same": "1"})

    assert answer.url == f"{exam}result/"
    assert ExamAttempt.objects.get().points == 1


def test_handing_in_keeps_what_the_form_holds(browser, exam):
    browser.post(f"{exam}hand-in/", answers(q2="b"))

    assert ExamAttempt.objects.get().points == 3


def test_a_double_click_hands_in_once(browser, exam, clock):
    browser.post(f"{exam}hand-in/", answers())
    clock.shift(SECOND)

    browser.post(f"{exam}hand-in/", answers())

    assert ExamAttempt.objects.get().ended_at == AT


def test_a_result_says_points_topics_and_why(browser, exam):
    page = text(browser.post(f"{exam}hand-in/", answers(q2="b"), follow=True))

    assert "Passed 3 of 4 points; 3 pass. Handed in at 10:00 on 4 May 2026." in page
    assert "Topic (M1)" in page
    assert page.count("Because of ") == 4
    assert (page.count("Your answer, right"), page.count("Your answer, not right")) == (3, 1)


def test_topics_are_listed_the_weakest_first(browser, exam):
    wrong = question(2).version.question.module_code

    page = browser.post(f"{exam}hand-in/", answers(q2="b"), follow=True)

    assert page.context["topics"] == [
        (f"Topic ({wrong})", (1, 2)),
        (f"Topic ({'M2' if wrong == 'M1' else 'M1'})", (2, 2)),
    ]


def test_who_has_not_passed_is_told_when_to_try_again_and_what_to_read(browser, on, exam):
    page = browser.post(f"{exam}hand-in/", answers(q1="b", q2="b"), follow=True)

    assert "Not passed 2 of 4 points; 3 pass." in text(page)
    assert "You can try again from 10:00 on 5 May 2026." in text(page)
    code = question().version.question.module_code
    assert f'<a href="/learn/{on.pk}/#{code.lower()}">Read module {code} again</a>' in page.content.decode()


def test_the_result_of_an_open_attempt_leads_back_to_its_questions(browser, exam):
    assert browser.get(f"{exam}result/").url == exam


def test_an_ended_attempt_leads_to_its_result(browser, exam):
    browser.post(f"{exam}hand-in/", answers())

    assert browser.get(exam).url == f"{exam}result/"
