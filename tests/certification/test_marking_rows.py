"""What the database itself refuses of authorisations, marking and results."""

import datetime as dt
from contextlib import contextmanager

import pytest
from django.db import IntegrityError, connection, transaction

from certification.models import (
    Agreement,
    Allocation,
    Annotation,
    Assessment,
    Confirmation,
    ConflictDeclaration,
    Exclusion,
    Judgement,
    NamedEvent,
    QualityReview,
    Result,
    Workplace,
)
from tests.factories.certification import AT, REASON, PhotoFactory, case
from tests.factories.marking import REASON_TEXT, allocation, assessor, attempt, authorisation
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common.history import save_as

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
DAY_ONE = dt.date(2026, 1, 1)


@contextmanager
def refused(constraint: str):
    """The database refuses by this constraint. Of a unique index SQLite tells the columns instead."""
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        yield
    message = str(refusal.value)
    assert constraint in message or (connection.vendor == "sqlite" and message.startswith("UNIQUE"))


@pytest.fixture
def submission():
    return attempt(case(state="procedure_marking"))


# Rows, each as it may be but for what ``facts`` say ------------------------------------------------


def an_authorisation(submission, **facts):
    return authorisation(person(Role.ASSESSOR), **facts)


def a_workplace(submission, **facts):
    facts = {"studio": "Harbour Studio", "town": "Bristol", "country": "GB", "stated_at": AT, **facts}
    facts.setdefault("assessor", submission.case.practitioner)
    return save_as(Workplace(**facts), actor=None, reason=REASON)


def a_conflict(submission, **facts):
    of = submission.case
    facts = {"person": of.practitioner, "declared_by": of.practitioner, "reason": "A friend.", **facts}
    return ConflictDeclaration.objects.create(case_file=of.case_file, declared_at=AT, **facts)


def a_piece(submission, **facts):
    return allocation(submission, **facts)


def an_exclusion(submission, **facts):
    facts["allocation"] = facts.get("allocation") or a_piece(submission)
    return Exclusion.objects.create(**{"assessor": submission.case.practitioner, "reason": "self", **facts})


def marks_of(submission, **facts):
    facts["allocation"] = facts.get("allocation") or a_piece(submission)
    made = Assessment(**{"state": "submitted", "begun_at": AT, "submitted_at": AT, **facts})
    return save_as(made, actor=None, reason=REASON)


def a_draft(submission, **facts):
    return marks_of(submission, **{"state": "draft", "submitted_at": None, **facts})


def a_judgement(submission, **facts):
    """A level below the standard, with what that asks."""
    facts["assessment"] = facts.get("assessment") or marks_of(submission)
    return Judgement.objects.create(
        **{
            "criterion": submission.case.scheme_version.rubric.criteria.get(code="R08"),
            "level": 1,
            "below": True,
            "asks_fault": True,
            "reason": REASON_TEXT,
            "faults": ["blowout"],
            **facts,
        }
    )


def an_event(submission, **facts):
    facts["assessment"] = facts.get("assessment") or marks_of(submission)
    return NamedEvent.objects.create(**{"event": "AF1", "why": REASON_TEXT, **facts})


def a_note(submission, **facts):
    facts["assessment"] = facts.get("assessment") or marks_of(submission)
    photo = PhotoFactory(case=submission.case)
    return Annotation.objects.create(**{"number": 1, "photo": photo, "x": 0.5, "y": 0.5, "text": "Here.", **facts})


def an_answer(submission, **facts):
    facts["allocation"] = facts.get("allocation") or a_piece(submission, kind="confirm")
    return Confirmation.objects.create(
        **{"event": "AF1", "answer": "confirmed", "why": REASON_TEXT, "answered_at": AT, **facts}
    )


def a_comparison(submission, **facts):
    return Agreement.objects.create(**{"submission": submission, "round": 1, "compared_at": AT, **facts})


def a_result(submission, **facts):
    return Result.objects.create(
        **{
            "submission": submission,
            "round": 1,
            "basis": "single",
            "outcome": "pass",
            "band": "none",
            "total": 60,
            "points": 60,
            "possible": 100,
            "levels": {},
            "sets": [],
            "locked_at": AT,
            **facts,
        }
    )


def a_hold(submission, **facts):
    assurer = facts.pop("quality_assurer", None) or person(Role.QUALITY_ASSURER)
    if facts.get("ended_by") == "themselves":
        facts["ended_by"] = assurer
    review = QualityReview(
        **{
            "submission": submission,
            "round": 1,
            "quality_assurer": assurer,
            "reason": "A low total.",
            "placed_at": AT,
            **facts,
        }
    )
    return save_as(review, actor=assurer, reason=REASON)


ENDED = {"ended_at": AT, "ended_by": "themselves", "result": "agreed", "note": "The levels fit the photographs."}


# What a row says by itself ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "facts", "constraint"),
    [
        (an_authorisation, {"basis": "friendship"}, "authorisation_basis_is_known"),
        (an_authorisation, {"reason": ""}, "authorisation_says_why"),
        (an_authorisation, {"ends_on": dt.date(2025, 12, 31)}, "authorisation_ends_after_it_begins"),
        (an_authorisation, {"basis": "experience", "logged_cases": 100}, "experience_is_stated"),
        (an_authorisation, {"basis": "experience", "certified_since": DAY_ONE}, "experience_is_stated"),
        (an_authorisation, {"ends_on": None}, "founding_panel_has_an_end"),
        (a_conflict, {"reason": ""}, "conflict_says_why"),
        (a_piece, {"state": "forgotten", "ended_at": AT}, "allocation_words_are_known"),
        (a_piece, {"kind": "fourth"}, "allocation_words_are_known"),
        (a_piece, {"state": "accepted", "accepted_at": None}, "accepted_allocation_has_a_day"),
        (a_piece, {"state": "submitted", "accepted_at": None}, "accepted_allocation_has_a_day"),
        (a_piece, {"state": "offered", "ended_at": AT}, "ended_allocation_has_a_day"),
        (a_piece, {"state": "accepted", "ended_at": AT}, "ended_allocation_has_a_day"),
        (a_piece, {"state": "submitted", "ended_at": None}, "ended_allocation_has_a_day"),
        (a_piece, {"state": "lapsed", "ended_at": None}, "ended_allocation_has_a_day"),
        (a_piece, {"state": "declined", "note": ""}, "declined_allocation_says_why"),
        (a_piece, {"state": "recused", "note": ""}, "declined_allocation_says_why"),
        (a_draft, {"submitted_at": AT}, "assessment_is_a_draft_or_submitted"),
        (a_draft, {"feedback": "Steady work."}, "assessment_is_a_draft_or_submitted"),
        (marks_of, {"submitted_at": None}, "assessment_is_a_draft_or_submitted"),
        (marks_of, {"draft": {"levels": {}}}, "assessment_is_a_draft_or_submitted"),
        (marks_of, {"state": "lost"}, "assessment_is_a_draft_or_submitted"),
        (a_judgement, {"level": 5, "below": False}, "judgement_level_is_zero_to_four"),
        (a_judgement, {"level": 2}, "judgement_below_is_so"),
        (a_judgement, {"below": False}, "judgement_below_is_so"),
        (a_judgement, {"reason": "r" * 29}, "low_level_has_a_reason"),
        (a_judgement, {"faults": []}, "low_level_names_a_fault"),
        (an_event, {"why": ""}, "event_says_why"),
        (a_note, {"text": ""}, "annotation_says_something"),
        (a_note, {"x": -0.001}, "annotation_lies_on_the_photograph"),
        (a_note, {"x": 1.001}, "annotation_lies_on_the_photograph"),
        (a_note, {"y": -0.001}, "annotation_lies_on_the_photograph"),
        (a_note, {"y": 1.001}, "annotation_lies_on_the_photograph"),
        (an_answer, {"why": ""}, "confirmation_says_why"),
        (an_answer, {"answer": "perhaps"}, "confirmation_answer_is_known"),
        (a_result, {"outcome": "lost", "total": None}, "result_words_are_known"),
        (a_result, {"band": "honours"}, "result_words_are_known"),
        (a_result, {"total": None}, "pass_has_a_total"),
        (a_result, {"outcome": "referred", "band": "merit"}, "band_stands_beside_a_pass"),
        (a_hold, {"reason": ""}, "hold_says_why"),
        (a_hold, {**ENDED, "ended_by": None}, "ended_review_says_what_was_found"),
        (a_hold, {**ENDED, "ended_at": None}, "ended_review_says_what_was_found"),
        (a_hold, {**ENDED, "result": ""}, "ended_review_says_what_was_found"),
        (a_hold, {**ENDED, "note": ""}, "ended_review_says_what_was_found"),
        (a_hold, {"note": "Found before it ended."}, "ended_review_says_what_was_found"),
    ],
    ids=lambda value: (
        getattr(value, "__name__", None) or (" ".join(value) if isinstance(value, dict) else str(value))
    ),
)
def test_a_row_that_contradicts_itself_is_refused(submission, row, facts, constraint):
    with refused(constraint):
        row(submission, **facts)


@pytest.mark.parametrize(
    ("row", "facts"),
    [
        (an_authorisation, {"ends_on": DAY_ONE}),
        (an_authorisation, {"basis": "experience", "certified_since": DAY_ONE, "logged_cases": 0}),
        (an_authorisation, {"basis": "equivalent", "ends_on": None}),
        (a_piece, {"state": "offered"}),
        (a_piece, {"state": "declined", "accepted_at": None}),
        (a_piece, {"state": "lapsed", "note": ""}),
        (a_draft, {"draft": {"levels": {"R01": {"level": 2}}}}),
        (marks_of, {"feedback": ""}),
        (a_judgement, {"reason": "r" * 30}),
        (a_judgement, {"asks_fault": False, "faults": []}),
        (a_judgement, {"level": 2, "below": False, "reason": "", "faults": []}),
        (a_judgement, {"level": 4, "below": False, "reason": "", "faults": []}),
        (a_judgement, {"level": 0}),
        (a_note, {"x": 0, "y": 1}),
        (a_note, {"x": 1, "y": 0}),
        (an_answer, {"answer": "not_confirmed"}),
        (a_result, {"outcome": "failed", "total": None}),
        (a_result, {"band": "distinction"}),
        (a_hold, {}),
        (a_hold, ENDED),
    ],
    ids=lambda value: getattr(value, "__name__", None) or " ".join(value),
)
def test_a_row_at_the_edge_of_the_rule_is_kept(submission, row, facts):
    assert row(submission, **facts).pk


# What rows say beside each other ------------------------------------------------------------------


def test_a_workplace_is_stated_once_until_it_is_left(submission):
    first = a_workplace(submission)

    with refused("workplace_is_stated_once"):
        a_workplace(submission)
    first.left_at = AT
    save_as(first, actor=None, reason=REASON)
    assert a_workplace(submission).pk


def test_two_assessors_may_work_at_one_place(submission):
    a_workplace(submission)

    assert a_workplace(submission, assessor=person(Role.ASSESSOR)).pk


def test_a_conflict_is_declared_once(submission):
    a_conflict(submission)

    with refused("conflict_is_declared_once"):
        a_conflict(submission)
    assert a_conflict(submission, person=person(Role.ASSESSOR)).pk


@pytest.mark.parametrize("held", ["offered", "accepted", "submitted"])
def test_a_piece_of_marking_is_held_by_one_assessor(submission, held):
    a_piece(submission, state=held)

    with refused("one_marker_of_a_kind"):
        a_piece(submission, state="offered")


@pytest.mark.parametrize("free", ["declined", "recused", "lapsed"])
def test_a_piece_of_marking_that_nobody_holds_is_given_again(submission, free):
    a_piece(submission, state=free)

    assert a_piece(submission, state="offered").pk


@pytest.mark.parametrize("other", [{"kind": "second"}, {"stage": "healed"}], ids=["kind", "stage"])
def test_another_piece_of_marking_is_held_beside_it(submission, other):
    a_piece(submission)

    assert a_piece(submission, **other).pk


def test_another_round_is_marked_afresh(submission):
    first = a_piece(submission, state="submitted")
    submission.round = 2

    assert a_piece(submission, to=first.assessor).pk


def test_events_of_a_third_are_answered_after_those_of_the_first(submission):
    """Two confirmations of one stage: the first is submitted, and the second is open to one assessor alone."""
    a_piece(submission, kind="confirm", state="submitted")
    a_piece(submission, kind="confirm", state="offered")

    with refused("one_marker_of_a_kind"):
        a_piece(submission, kind="confirm", state="accepted")


@pytest.mark.parametrize("held", ["offered", "accepted", "submitted"])
def test_an_assessor_has_one_part_in_a_stage(submission, held):
    marker = assessor()
    a_piece(submission, to=marker, kind="first", state=held)

    with refused("one_piece_of_marking_each"):
        a_piece(submission, to=marker, kind="second", state="offered")


def test_whoever_declined_one_part_may_be_asked_for_another(submission):
    marker = assessor()
    a_piece(submission, to=marker, kind="first", state="declined")

    assert a_piece(submission, to=marker, kind="second", state="offered").pk


def test_an_exclusion_is_kept_once_for_each_reason(submission):
    piece, of = a_piece(submission), person(Role.ASSESSOR)
    an_exclusion(submission, allocation=piece, assessor=of, reason="trainer")

    with refused("exclusion_is_kept_once"):
        an_exclusion(submission, allocation=piece, assessor=of, reason="trainer")
    assert an_exclusion(submission, allocation=piece, assessor=of, reason="same_place").pk


def test_a_piece_of_marking_has_one_set_of_marks(submission):
    made = marks_of(submission)

    with refused("allocation_id"):
        marks_of(submission, allocation=made.allocation)


@pytest.mark.parametrize(
    ("row", "of", "constraint"),
    [
        (a_judgement, "assessment", "criterion_is_judged_once"),
        (an_event, "assessment", "event_is_named_once"),
        (a_note, "assessment", "annotation_number_is_unique"),
        (an_answer, "allocation", "event_is_answered_once"),
    ],
    ids=["judgement", "event", "annotation", "answer"],
)
def test_each_thing_is_said_once(submission, row, of, constraint):
    first = row(submission)

    with refused(constraint):
        row(submission, **{of: getattr(first, of)})


@pytest.mark.parametrize(
    ("row", "constraint"),
    [(a_comparison, "markers_are_compared_once"), (a_result, "round_has_one_result")],
    ids=["agreement", "result"],
)
def test_each_round_comes_to_one_end(submission, row, constraint):
    row(submission)

    with refused(constraint):
        row(submission)
    assert row(submission, round=2).pk


def test_a_result_is_held_once_at_a_time(submission):
    a_hold(submission, **ENDED)
    a_hold(submission)

    with refused("one_open_hold_of_a_result"):
        a_hold(submission)


# Written once -------------------------------------------------------------------------------------

ONCE = [a_conflict, an_exclusion, a_judgement, an_event, a_note, an_answer, a_comparison, a_result]
"""With the column that each test tries to write over."""
COLUMNS = {
    ConflictDeclaration: {"reason": "Another."},
    Exclusion: {"reason": "trainer"},
    Judgement: {"comment": "Another."},
    NamedEvent: {"why": "Another."},
    Annotation: {"text": "Another."},
    Confirmation: {"why": "Another."},
    Agreement: {"differences": ["totals_differ"]},
    Result: {"points": 61},
    Allocation: {"note": "Another."},
    Assessment: {"feedback": "Another."},
    QualityReview: {"note": "Another."},
}


@contextmanager
def kept_as_they_are():
    with pytest.raises(IntegrityError, match="are kept as they are"), transaction.atomic():
        yield


def rows_of(made):
    """As a query, so that neither history nor Python's own guards have a say."""
    return type(made)._base_manager.filter(pk=made.pk)


@pytest.mark.parametrize("row", ONCE, ids=lambda row: row.__name__)
def test_a_row_that_is_written_once_is_neither_changed_nor_deleted(submission, row):
    made = rows_of(row(submission))

    with kept_as_they_are():
        made.update(**COLUMNS[made.model])
    with kept_as_they_are():
        made._raw_delete("default")


def an_ended_piece(submission):
    return a_piece(submission, state="lapsed")


def an_ended_hold(submission):
    return a_hold(submission, **ENDED)


@pytest.mark.parametrize("row", [an_ended_piece, marks_of, an_ended_hold], ids=lambda row: row.__name__)
def test_what_has_ended_is_neither_changed_nor_deleted(submission, row):
    made = rows_of(row(submission))

    with kept_as_they_are():
        made.update(**COLUMNS[made.model])
    with kept_as_they_are():
        made._raw_delete("default")


@pytest.mark.parametrize(
    ("row", "change"),
    [
        (a_piece, {"due_at": AT + dt.timedelta(days=9)}),
        (a_draft, {"draft": {"feedback": "Steady work."}}),
        (a_hold, {"reason": "Another reason."}),
    ],
    ids=["piece", "draft", "hold"],
)
def test_what_goes_on_may_change(submission, row, change):
    assert rows_of(row(submission)).update(**change) == 1


def test_a_draft_becomes_marks_and_a_live_piece_ends(submission):
    draft = a_draft(submission)

    assert rows_of(draft).update(state="submitted", submitted_at=AT) == 1
    assert rows_of(draft.allocation).update(state="submitted", ended_at=AT) == 1
