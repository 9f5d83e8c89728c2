"""The health screen: questions of the version, the worst answer wins, nothing is kept that must not be."""

from itertools import product

import pytest

from certification.screening import ADVICE, Screen
from certification.values import ScreenOutcome
from training_site.starter.files import read

DATA = read("screen_questions.json")
STARTER = Screen.of(DATA)
FACT_ONLY = [question.key for question in STARTER.questions if question.fact_only]


def two_questions() -> Screen:
    """Two questions, each with one answer for every outcome."""
    answers = [
        {"value": outcome.value, "label": outcome.label, "outcome": outcome.value, "needs_note": False}
        for outcome in ScreenOutcome
    ]
    rows = [{"key": key, "text": key, "guidance": "", "answers": answers} for key in ("first", "second")]
    return Screen.of({"questions": rows, "note_min_chars": 10})


def expected(**changes: dict[str, str]) -> dict[str, dict[str, str]]:
    """Every question of the starter's screen answered as expected, but for ``changes``."""
    return {**{row["key"]: {"value": row["default"], "note": ""} for row in DATA["questions"]}, **changes}


ORDER = ["clear", "adapt", "clearance", "postpone", "decline"]


@pytest.mark.parametrize(("first", "second"), list(product(ORDER, ORDER)))
def test_the_worst_answer_wins(first, second):
    screen = two_questions()
    worst = max(first, second, key=ORDER.index)

    assert screen.outcome({"first": {"value": first}, "second": {"value": second}}) == worst


@pytest.mark.parametrize(
    "answers", [{}, {"first": {"value": "decline"}}, {"first": {"value": "clear"}, "second": {"value": "maybe"}}]
)
def test_there_is_no_outcome_while_a_question_is_unanswered(answers):
    screen = two_questions()

    assert screen.outcome(answers) is None
    assert screen.deciding(answers) == []


@pytest.mark.parametrize(
    ("first", "second", "deciding"),
    [
        ("clear", "clear", []),
        ("adapt", "clear", ["first"]),
        ("adapt", "postpone", ["second"]),
        ("decline", "decline", ["first", "second"]),
    ],
)
def test_the_questions_that_led_to_the_outcome_are_named(first, second, deciding):
    found = two_questions().deciding({"first": {"value": first}, "second": {"value": second}})

    assert [question.key for question in found] == deciding


def test_every_answer_of_the_starter_leads_to_its_own_outcome():
    for row in DATA["questions"]:
        for answer in row["answers"]:
            given = expected(**{row["key"]: {"value": answer["value"], "note": ""}})

            assert STARTER.outcome(given) == answer["outcome"]


def test_the_expected_answers_need_no_note():
    assert STARTER.missing(expected()) == []


def test_every_outcome_says_what_it_asks():
    assert list(ADVICE) == list(ScreenOutcome)


def test_one_question_keeps_only_that_it_was_asked():
    assert FACT_ONLY == ["q_bbv"]


def test_of_a_fact_nothing_but_the_fact_is_kept():
    sent = {"q_bbv": {"value": "asked", "note": "Hepatitis B, 2009", "more": "Hepatitis B"}}

    assert STARTER.kept(sent) == {"q_bbv": {"value": "asked", "note": ""}}


def test_a_note_without_the_fact_is_not_kept_at_all():
    assert STARTER.kept({"q_bbv": {"value": "", "note": "Hepatitis B"}}) == {}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (
            {"q_age": {"value": "yes", "note": " Passport seen. "}},
            {"q_age": {"value": "yes", "note": "Passport seen."}},
        ),
        ({"q_age": {"value": "", "note": "Ask again."}}, {"q_age": {"value": "", "note": "Ask again."}}),
        ({"q_age": {"value": "perhaps", "note": ""}}, {}),
        ({"q_age": {}}, {}),
        ({"q_unknown": {"value": "yes", "note": "?"}}, {}),
    ],
    ids=["answer and note", "note alone", "unknown answer", "nothing", "unknown question"],
)
def test_only_known_questions_and_answers_are_kept(sent, kept):
    assert STARTER.kept(sent) == kept
