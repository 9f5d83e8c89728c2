import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from courses import questions
from courses.errors import QuestionRefused
from courses.models import Question
from courses.questions import Option, Wording
from tests.factories.courses import AT, blueprint, course_page, release
from tests.factories.courses import question as version_of_new_question
from tests.people import person
from training_site.accounts.roles import Role

pytestmark = pytest.mark.django_db

TODAY = dt.date(2026, 5, 4)
DAY = dt.timedelta(days=1)


def wording(*marked: str, kind: str = "single", text: str = "Which is right?") -> Wording:
    """Options as ``"+yes"`` (right) and ``"-no"`` (wrong)."""
    return Wording(
        kind=kind,
        difficulty="easy",
        text=text,
        options=[Option(option[1:], option[0] == "+") for option in marked],
        explanation="Because.",
        source={"section": "5.3", "refs": ["S42"]},
    )


def add(editor: object, key: str = "m1-q01", what: Wording | None = None) -> Question:
    return questions.add(
        key,
        what or wording("+yes", "-no"),
        course_key="course-1",
        module_code="M1",
        topic="limits",
        actor=editor,
        reason="Gap in the bank.",
    )


@pytest.fixture
def editor():
    return person(Role.EDITOR)


def last_reason(question: Question) -> str:
    return question.history.latest().history_change_reason


@pytest.mark.both_databases
def test_a_question_is_written_with_its_answers_apart(editor):
    question = add(editor, what=wording("-no", "+yes", "+also", kind="multi"))

    version = question.newest
    assert (version.number, [option["text"] for option in version.options]) == (1, ["no", "yes", "also"])
    assert version.answer_key.correct == ["b", "c"]
    assert (question.history.get().history_user, last_reason(question)) == (editor, "Written. Gap in the bank.")


def test_what_was_written_is_what_is_read(editor):
    what = wording("-no", "+yes")

    assert questions.wording_of(add(editor, what=what).newest) == what


@pytest.mark.both_databases
def test_a_key_is_never_used_again(editor):
    question = add(editor)
    questions.retire(question, actor=editor, reason="Wrong.", at=AT)

    with pytest.raises(QuestionRefused, match="The key m1-q01 is taken"):
        add(editor)


@pytest.mark.both_databases
def test_rewording_makes_the_next_version_and_keeps_the_first(editor):
    question = add(editor)
    questions.record_review(question.newest, expert="Dr Ito", on=TODAY, actor=editor, today=TODAY)

    questions.reword(question, wording("+yes", "-never"), actor=editor, reason="Clearer.")

    assert [
        (version.number, version.options[1]["text"], version.reviewed_by) for version in question.versions.all()
    ] == [(2, "never", ""), (1, "no", "Dr Ito")]
    assert last_reason(question) == "Version 2 written. Clearer."


def test_the_wording_in_use_is_no_new_version(editor):
    question = add(editor)

    with pytest.raises(QuestionRefused, match="in use already"):
        questions.reword(question, wording("+yes", "-no"), actor=editor, reason="Again.")


@pytest.mark.both_databases
def test_the_database_refuses_to_change_a_wording(editor):
    version = add(editor).newest
    version.text = "Forged"

    with pytest.raises(IntegrityError, match="kept as they are"), transaction.atomic():
        version.save()


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        (wording("+yes"), "Write 2 to 6 options"),
        (wording("+a", "-b", "-c", "-d", "-e", "-f", "-g"), "Write 2 to 6 options"),
        (wording("+", "-no"), "marked as right but empty"),
        (wording("+yes", "-Yes "), "Two options say the same"),
        (wording("-yes", "-no"), "exactly one right option; 0 are"),
        (wording("+yes", "+no"), "exactly one right option; 2 are"),
        (wording("+yes", "-no", kind="multi"), "at least two right options and one wrong one; 1 of 2"),
        (wording("+yes", "+no", kind="multi"), "at least two right options and one wrong one; 2 of 2"),
    ],
    ids=["one", "seven", "empty", "twice", "none right", "two right", "only one of several", "all of several"],
)
def test_options_that_do_not_fit_are_refused(what, sentence):
    with pytest.raises(QuestionRefused, match=sentence):
        questions.check(what)


@pytest.mark.parametrize(
    "what",
    [
        wording("+yes", "-no"),
        wording("+a", "-b", "-c", "-d", "-e", "-f"),
        wording("+a", "+b", "-c", kind="multi"),
        wording("+a", "+b", "+c", "+d", "+e", "-f", kind="multi"),
    ],
    ids=["fewest", "most", "fewest of several", "most of several"],
)
def test_options_that_fit_are_taken(what):
    questions.check(what)


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.EDITOR], ids=str)
def test_only_an_editor_writes_questions(role):
    with pytest.raises(QuestionRefused, match="Only an editor"):
        add(person(role))


ACTS = {
    "reword": lambda q, actor: questions.reword(q, wording("+a", "-b"), actor=actor, reason="R."),
    "retire": lambda q, actor: questions.retire(q, actor=actor, reason="R.", at=AT),
    "bring back": lambda q, actor: questions.bring_back(q, actor=actor, reason="R."),
    "review": lambda q, actor: questions.record_review(q.newest, expert="X", on=TODAY, actor=actor, today=TODAY),
}


@pytest.mark.parametrize("act", list(ACTS))
def test_only_an_editor_acts_on_questions(editor, act):
    with pytest.raises(QuestionRefused, match="Only an editor"):
        ACTS[act](add(editor), person(Role.CERTIFICATION_OFFICER))


def test_a_retired_question_is_drawn_no_more_until_it_is_brought_back(editor):
    question = add(editor)

    questions.retire(question, actor=editor, reason="The law changed.", at=AT)
    assert (Question.objects.active().exists(), last_reason(question)) == (False, "Retired. The law changed.")

    questions.bring_back(question, actor=editor, reason="It did not.")
    assert (Question.objects.active().exists(), last_reason(question)) == (True, "Brought back. It did not.")


def test_a_question_is_retired_once(editor):
    question = add(editor)
    questions.retire(question, actor=editor, reason="Wrong.", at=AT)

    with pytest.raises(QuestionRefused, match="retired already"):
        questions.retire(question, actor=editor, reason="Wrong.", at=AT)


def test_a_question_in_use_is_not_brought_back(editor):
    with pytest.raises(QuestionRefused, match="in use already"):
        questions.bring_back(add(editor), actor=editor, reason="Hurry.")


@pytest.mark.both_databases
def test_a_review_names_the_expert_and_the_day(editor):
    question = add(editor)

    questions.record_review(question.newest, expert=" Dr Ito ", on=TODAY, actor=editor, today=TODAY)

    assert (question.newest.reviewed_by, question.newest.reviewed_on) == ("Dr Ito", TODAY)
    assert last_reason(question) == "Version 1 reviewed by Dr Ito on 4 May 2026."


def test_a_review_of_tomorrow_is_refused(editor):
    version = add(editor).newest

    with pytest.raises(QuestionRefused, match="lies in the future"):
        questions.record_review(version, expert="Dr Ito", on=TODAY + DAY, actor=editor, today=TODAY)


def test_a_review_without_a_name_is_refused(editor):
    with pytest.raises(QuestionRefused, match="Name the expert"):
        questions.record_review(add(editor).newest, expert=" ", on=TODAY, actor=editor, today=TODAY)


def test_the_bank_is_counted_by_module_against_the_draw(editor):
    course = course_page()
    release(course)
    exam = blueprint(course.key, questions_per_module=2, small_per_module=3)
    version_of_new_question(course.key, module="M2", reviewed_by="Dr Ito", reviewed_on=TODAY)
    questions.retire(Question.objects.filter(module_code="M1").first(), actor=editor, reason="R.", at=AT)

    bank = questions.bank_of(exam)

    assert [(m.code, m.title, m.active, m.reviewed, m.drawn, m.short) for m in bank] == [
        ("M1", "Module 1", 1, 0, 3, 2),
        ("M2", "Module 2", 3, 1, 3, 0),
    ]


def test_the_full_draw_counts_once_the_bank_is_ready():
    course = course_page(modules=1)
    release(course)
    exam = blueprint(course.key, modules=1, bank_ready_at=1)
    version_of_new_question(course.key, reviewed_by="Dr Ito", reviewed_on=TODAY)

    assert [module.drawn for module in questions.bank_of(exam)] == [exam.full_per_module]
