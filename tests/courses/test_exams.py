import datetime as dt
import random

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from courses import enrolling, exams
from courses.errors import EnrolmentRefused, ExamRefused
from courses.models import AnswerKey, AttemptQuestion, ExamAttempt, Question, QuestionVersion
from tests.factories.courses import AT, blueprint, enrolment, question
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common.history import signed

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
MINUTE, HOUR, MOMENT = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(microseconds=1)


@pytest.fixture
def on():
    return enrolment()


@pytest.fixture
def exam(on):
    return blueprint(on.course_key)


def start(on, exam, at=AT, seed=7) -> ExamAttempt:
    return exams.start(on, exam, at=at, dice=random.Random(seed))


def answer(attempt: ExamAttempt, *, right: int, at=AT) -> None:
    """The first ``right`` questions right, the others wrong."""
    for put in attempt.questions.all():
        exams.save(attempt, put.position, ["a" if put.position <= right else "c"], at=at)


def fail(on, exam, at=AT) -> ExamAttempt:
    return exams.hand_in(start(on, exam, at=at), at=at)


# The draw ------------------------------------------------------------------------------------------


def test_the_same_number_of_questions_is_drawn_of_each_module(on, exam):
    attempt = start(on, exam)

    codes = sorted(put.version.question.module_code for put in attempt.questions.all())
    assert codes == ["M1", "M1", "M2", "M2"]


def test_another_throw_of_the_dice_draws_and_orders_otherwise(on, exam):
    one = [(p.version_id, p.order) for p in start(on, exam, seed=1).questions.all()]
    other = enrolment(of=on.release)

    two = [(p.version_id, p.order) for p in start(other, exam, seed=2).questions.all()]

    assert one != two


def test_every_option_is_put_once_in_shuffled_order(on, exam):
    orders = [put.order for put in start(on, exam).questions.all()]

    assert [sorted(order) for order in orders] == [list("abcd")] * 4
    assert any(order != list("abcd") for order in orders)


def test_a_retired_question_is_not_drawn(on, exam):
    retired = Question.objects.filter(module_code="M1").first()
    Question.objects.filter(pk=retired.pk).update(retired_at=AT)

    for seed in range(5):
        attempt = start(enrolment(of=on.release), exam, seed=seed)
        assert not attempt.questions.filter(version__question=retired).exists()


def test_the_newest_version_is_drawn(on, exam):
    for kept in Question.objects.all():
        newer = QuestionVersion.objects.create(
            question=kept, number=2, kind="single", difficulty="easy", text="Newer?", options=kept.newest.options
        )
        AnswerKey.objects.create(version=newer, correct=["a"], explanation="Newer.")

    assert {put.version.number for put in start(on, exam).questions.all()} == {2}


def test_an_attempt_keeps_the_version_it_was_put(on, exam):
    attempt = start(on, exam)
    put = attempt.questions.first()
    QuestionVersion.objects.create(
        question=put.version.question, number=2, kind="single", difficulty="easy", text="Newer?", options=[]
    )

    put.refresh_from_db()
    assert put.version.number == 1


def test_a_module_with_too_few_questions_is_said(on):
    with pytest.raises(ExamRefused, match="module M1 has too few questions"):
        start(on, blueprint(on.course_key, questions_per_module=1))


@pytest.mark.parametrize(
    ("reviewed", "drawn"), [(99, 2), (100, 3), (101, 3)], ids=["one short", "bank ready", "beyond"]
)
def test_the_full_draw_begins_with_enough_reviewed_questions(on, exam, reviewed, drawn):
    assert exams.draw_of(exam, reviewed=reviewed).per_module == drawn


def test_only_reviewed_active_questions_make_the_bank_ready(on):
    exam = blueprint(on.course_key, bank_ready_at=1)
    assert exams.current_draw(exam).pass_mark == 3

    question(on.course_key, reviewed_by="Dr Ada Example", reviewed_on=dt.date(2026, 5, 1))

    assert exams.current_draw(exam).pass_mark == 5


# Starting ------------------------------------------------------------------------------------------


def test_starting_twice_is_one_attempt(on, exam):
    assert start(on, exam) == start(on, exam, seed=8)
    assert ExamAttempt.objects.count() == 1


def test_two_open_attempts_are_refused_by_the_database(on, exam):
    first = start(on, exam)

    with pytest.raises(IntegrityError), transaction.atomic():
        ExamAttempt.objects.bulk_create(
            [
                ExamAttempt(
                    enrolment=on, blueprint=exam, number=2, pass_mark=3, started_at=AT, deadline_at=AT + HOUR
                ),
            ]
        )
    assert ExamAttempt.objects.get() == first


@pytest.mark.parametrize("state", ["invited", "lapsed", "withdrawn"])
def test_no_exam_without_an_active_enrolment(exam, on, state):
    other = enrolment(of=on.release, state=state)

    with pytest.raises(ExamRefused, match="Ask the office"):
        start(other, exam)


@pytest.mark.parametrize(
    ("after", "allowed"),
    [(24 * HOUR - MOMENT, False), (24 * HOUR, True), (24 * HOUR + MOMENT, True)],
    ids=["a moment before", "exactly 24 hours", "a moment after"],
)
def test_the_cool_down_ends_after_exactly_its_hours(on, exam, after, allowed):
    fail(on, exam)

    assert (exams.obstacle(on, exam, at=AT + after) is None) is allowed


def test_the_obstacle_names_the_hour_in_the_trainees_time_zone(exam, on):
    on.trainee.time_zone = "America/Los_Angeles"
    fail(on, exam)

    assert exams.obstacle(on, exam, at=AT + HOUR) == (
        "You can try again from 02:00 on 5 May 2026. Read the topics you missed until then."
    )


def test_three_attempts_are_all(on, exam):
    for day in range(3):
        fail(on, exam, at=AT + day * 24 * HOUR)

    with pytest.raises(ExamRefused, match="All your attempts are used"):
        start(on, exam, at=AT + 90 * 24 * HOUR)


def test_an_officer_opens_three_more(on, exam):
    for day in range(3):
        fail(on, exam, at=AT + day * 24 * HOUR)

    exams.open_more(
        on, actor=person(Role.CERTIFICATION_OFFICER), talk_note="Reads M4 again.", attempts=3, at=AT + 80 * HOUR
    )

    assert start(on, exam, at=AT + 90 * 24 * HOUR).number == 4
    assert exams.attempts_allowed(on, exam) == 6


def test_more_attempts_need_a_note_of_the_talk(on, exam):
    with pytest.raises(ExamRefused, match="Write down"):
        exams.open_more(on, actor=person(Role.CERTIFICATION_OFFICER), talk_note=" ", attempts=3, at=AT)


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.CERTIFICATION_OFFICER], ids=str)
def test_only_an_officer_opens_more_attempts(on, exam, role):
    with pytest.raises(ExamRefused, match="Only a certification officer"):
        exams.open_more(on, actor=person(role), talk_note="We talked.", attempts=3, at=AT)


def test_a_passed_exam_is_not_taken_again(on, exam):
    attempt = start(on, exam)
    answer(attempt, right=4)
    exams.hand_in(attempt, at=AT)

    assert exams.obstacle(on, exam, at=AT + 48 * HOUR) == "You have passed the exam."


def test_enrolling_again_opens_no_new_attempts(on, exam):
    fail(on, exam)
    enrolling.leave(on, actor=on.trainee, reason="No time.")
    again = enrolment(on.trainee, of=on.release)

    with pytest.raises(ExamRefused, match="You can try again from"):
        start(again, exam, at=AT + HOUR)
    for day in (1, 2):
        fail(again, exam, at=AT + day * 24 * HOUR)
    with pytest.raises(ExamRefused, match="All your attempts are used"):
        start(again, exam, at=AT + 90 * 24 * HOUR)


@pytest.mark.parametrize("move", [enrolling.leave, enrolling.lapse])
def test_a_course_is_not_left_with_an_attempt_open(on, exam, move):
    start(on, exam)

    with pytest.raises(EnrolmentRefused, match="An exam attempt is open"):
        move(on, actor=on.trainee, reason="No time.")


def test_somebody_whose_role_ended_sits_no_exam(on, exam):
    with signed(on.trainee, actor=None, reason="Ended for a test."):
        on.trainee.groups.clear()
    on.trainee.__dict__.pop("roles", None)

    with pytest.raises(ExamRefused, match="Only trainees sit the exam"):
        start(on, exam)


# Answering -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "counted"),
    [(60 * MINUTE - MOMENT, True), (60 * MINUTE, False), (60 * MINUTE + MOMENT, False)],
    ids=["the last moment", "60:00.000", "later"],
)
def test_an_answer_counts_until_the_time_limit(on, exam, after, counted):
    attempt = start(on, exam)

    if counted:
        exams.save(attempt, 1, ["a"], at=AT + after)
    else:
        with pytest.raises(ExamRefused, match="Time is up"):
            exams.save(attempt, 1, ["a"], at=AT + after)

    assert (attempt.questions.get(position=1).picked == ["a"]) is counted


def test_a_late_answer_hands_the_attempt_in_as_it_stands(on, exam):
    attempt = start(on, exam)
    answer(attempt, right=3)

    with pytest.raises(ExamRefused):
        exams.save(attempt, 4, ["a"], at=AT + 61 * MINUTE)

    attempt.refresh_from_db()
    assert (attempt.points, attempt.passed, attempt.ended_at) == (3, True, AT + 60 * MINUTE)


@pytest.mark.parametrize(
    ("position", "picked"),
    [(1, ["a", "b"]), (1, ["z"]), (99, ["a"])],
    ids=["two where one is asked", "an option not offered", "a question not put"],
)
def test_an_answer_that_no_form_sends_is_refused(on, exam, position, picked):
    attempt = start(on, exam)

    with pytest.raises(ExamRefused, match="does not belong"):
        exams.save(attempt, position, picked, at=AT)


def test_answers_after_hand_in_change_nothing(on, exam):
    attempt = start(on, exam)
    answer(attempt, right=4)
    exams.hand_in(attempt, at=AT)

    with pytest.raises(ExamRefused, match="has ended"):
        exams.save(attempt, 1, ["c"], at=AT + MINUTE)

    assert attempt.questions.get(position=1).picked == ["a"]


def test_an_ended_attempt_is_kept_by_the_database(on, exam):
    attempt = exams.hand_in(start(on, exam), at=AT)

    with pytest.raises(IntegrityError, match="kept as they are"), transaction.atomic():
        ExamAttempt.objects.filter(pk=attempt.pk).update(passed=True)


# Handing in ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "passed"), [(2, False), (3, True), (4, True)], ids=["short", "at the mark", "all"]
)
def test_the_pass_mark_of_the_start_decides(on, exam, right, passed):
    attempt = start(on, exam)
    answer(attempt, right=right)

    assert exams.hand_in(attempt, at=AT + MINUTE).passed is passed


def test_handing_in_twice_changes_nothing(on, exam):
    attempt = start(on, exam)
    answer(attempt, right=4)
    first = exams.hand_in(attempt, at=AT)

    second = exams.hand_in(attempt, at=AT + MINUTE)

    assert (second.ended_at, second.points) == (first.ended_at, first.points)


def test_overdue_attempts_are_handed_in_at_their_deadline(on, exam):
    late, running = start(on, exam), start(enrolment(of=on.release), exam, at=AT + 30 * MINUTE)

    assert exams.hand_in_overdue(at=AT + 60 * MINUTE) == 1

    late.refresh_from_db()
    running.refresh_from_db()
    assert (late.ended_at, running.ended_at) == (AT + 60 * MINUTE, None)


def test_history_keeps_start_and_hand_in(on, exam):
    exams.hand_in(start(on, exam), at=AT)

    assert [row.history_change_reason for row in ExamAttempt.history.order_by("history_id")] == [
        "Started.",
        "Handed in.",
    ]


# What may be known ---------------------------------------------------------------------------------


def test_no_right_answer_is_read_before_the_end(on, exam):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        attempt = start(on, exam)
        answer(attempt, right=4)

    assert [query["sql"] for query in captured if "courses_answerkey" in query["sql"]] == []


def test_explanations_are_refused_while_the_attempt_is_open(on, exam):
    with pytest.raises(ExamRefused, match="after the attempt has ended"):
        exams.explained(start(on, exam))


def test_explanations_show_what_was_picked_and_what_is_right(on, exam):
    attempt = start(on, exam)
    answer(attempt, right=1)

    rows = exams.explained(exams.hand_in(attempt, at=AT))

    first, second = rows[0], rows[1]
    assert {text[:8]: (picked, right) for text, picked, right in first.options}["Option a"] == (True, True)
    assert {text[:8]: (picked, right) for text, picked, right in second.options}["Option c"] == (True, False)
    assert first.explanation == first.question.version.answer_key.explanation


@pytest.mark.parametrize("modules", [1, 3])
def test_explanations_take_one_query_for_any_number_of_questions(modules, django_assert_num_queries):
    from tests.factories.courses import course_page, release

    on = enrolment(of=release(course_page(modules=modules)))
    attempt = exams.hand_in(start(on, blueprint(on.course_key, modules=modules)), at=AT)

    with django_assert_num_queries(1):
        exams.explained(attempt)


def test_a_question_is_put_once_in_an_attempt(on, exam):
    put = start(on, exam).questions.first()

    with pytest.raises(IntegrityError), transaction.atomic():
        AttemptQuestion.objects.create(attempt=put.attempt, position=99, version=put.version, order=[])
