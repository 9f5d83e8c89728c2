"""What may be changed of a case in which state, and by whom."""

import pytest

from certification.cases import (
    ALPHABET,
    HEALED_OPEN,
    NEXT,
    CaseStatus,
    Part,
    changing,
    may_move,
    new_ref,
    obstacle,
    status,
)
from certification.errors import CaseRefused
from certification.models import ProcedureCase, Submission
from certification.values import EDITABLE, SubmissionState
from tests.certification.assessed import CASE_C, assessed, released
from tests.factories.certification import AT, REASON, case, case_file
from tests.factories.marking import AT_STANDARD
from tests.people import person
from tests.together import together
from training_site.accounts.roles import Role
from training_site.common.history import save_as
from training_site.starter.files import read

pytestmark = pytest.mark.django_db


def attempt(state: str, *, healed: bool = False) -> Submission:
    return Submission(state=state, healed_in_at=AT if healed else None)


STATES = {row["value"]: row for row in read("enums.json")["enums"]["SubmissionState"]["values"]}


@pytest.mark.parametrize("state", list(SubmissionState))
def test_the_moves_are_those_of_the_data(state):
    assert NEXT[state] == set(STATES[state]["next"])


@pytest.mark.parametrize("state", list(SubmissionState))
@pytest.mark.parametrize("to", list(SubmissionState))
def test_an_attempt_makes_these_moves_and_no_other(state, to):
    assert may_move(attempt(state), to) is (to in STATES[state]["next"])


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("draft", CaseStatus.DRAFT),
        ("handed_in", CaseStatus.SUBMITTED),
        ("returned", CaseStatus.RETURNED),
        ("procedure_marking", CaseStatus.IN_GRADING),
        ("healed_awaited", CaseStatus.HEALED_AWAITED),
        ("healed_marking", CaseStatus.IN_GRADING),
        ("assessed", CaseStatus.IN_GRADING),
        ("quality_hold", CaseStatus.IN_GRADING),
    ],
)
def test_the_owner_reads_no_more_than_they_may_know(state, shown):
    assert status(attempt(state)) is shown


@pytest.mark.parametrize(
    ("levels", "shown"),
    [
        (AT_STANDARD, CaseStatus.PASSED),
        (CASE_C, CaseStatus.REFERRED),
    ],
)
def test_a_released_attempt_reads_as_its_outcome(levels, shown):
    assert status(released(levels=levels)) is shown


@pytest.mark.parametrize("state", ["assessed", "quality_hold"])
def test_a_result_that_is_not_released_does_not_show_in_the_status(state):
    marked = assessed(levels=CASE_C)
    marked.state = state

    assert status(marked) is CaseStatus.IN_GRADING


def test_at_the_last_attempt_a_case_fails():
    last = case(case_file())
    attempt = last.submissions.get()
    attempt.number, attempt.kind = 3, "replacement"
    save_as(attempt, actor=None, reason=REASON)

    assert status(released(last, CASE_C)) is CaseStatus.FAILED


def test_a_case_whose_place_was_taken_is_replaced():
    old = released(levels=CASE_C)
    case(old.case.case_file, replaces=old.case, client_code="R-021")

    assert status(Submission.objects.get(pk=old.pk)) is CaseStatus.REPLACED


@pytest.mark.parametrize("shown", [each for each in CaseStatus if each is not CaseStatus.RELEASED])
def test_a_status_is_worded_as_in_the_data(shown):
    labels = {row["value"]: row["label"] for row in read("enums.json")["enums"]["CaseStatus"]["values"]}

    assert shown.label == labels[shown.value]


@pytest.mark.parametrize("state", list(SubmissionState))
def test_the_procedure_changes_until_it_is_handed_in(state):
    assert (obstacle(attempt(state), Part.PROCEDURE) is None) is (state in EDITABLE)


@pytest.mark.parametrize("state", list(SubmissionState))
def test_healed_evidence_changes_until_it_is_handed_in(state):
    open_yet = state in EDITABLE or state in HEALED_OPEN

    assert (obstacle(attempt(state), Part.HEALED) is None) is open_yet
    assert (obstacle(attempt(state, healed=True), Part.HEALED) is None) is (state in EDITABLE)


def test_a_refusal_says_what_can_still_be_done():
    assert obstacle(attempt("handed_in"), Part.PROCEDURE) == (
        "This case is handed in. Healed photographs, the retention note, healed reviews and touch-ups can still "
        "be added; everything else stays as it is."
    )
    assert obstacle(attempt("handed_in", healed=True), Part.PROCEDURE) == (
        "This case is handed in with its healed photographs, and stays as it is while it is marked."
    )
    assert obstacle(attempt("released", healed=True), Part.HEALED) == (
        "The result of this case is released, and its record stays as it was marked."
    )


def test_a_reference_is_read_out_without_doubt():
    refs = {new_ref() for _ in range(50)}

    assert len(refs) == 50
    assert all(ref.startswith("C-") and len(ref) == 8 and set(ref[2:]) <= set(ALPHABET) for ref in refs)
    assert not set("ILOU") & set(ALPHABET)


# Changing ---------------------------------------------------------------------------------------


def test_its_owner_changes_a_draft():
    draft = case()

    with changing(draft, Part.PROCEDURE, actor=draft.practitioner) as now:
        now.plan = "One session."
        save_as(now, actor=draft.practitioner, reason=REASON, fields=["plan"])

    assert ProcedureCase.objects.get(pk=draft.pk).plan == "One session."


def test_nobody_else_does():
    other = person(Role.TRAINEE)

    with pytest.raises(CaseRefused, match=r"^Only its owner"), changing(case(), Part.PROCEDURE, actor=other):
        pass


@pytest.mark.parametrize(
    ("state", "part"),
    [("handed_in", Part.PROCEDURE), ("healed_marking", Part.HEALED), ("released", Part.HEALED)],
)
def test_what_is_closed_is_refused(state, part):
    closed = case(state=state)

    with pytest.raises(CaseRefused), changing(closed, part, actor=closed.practitioner):
        pass


def test_the_newest_attempt_decides():
    both = case(state="released")
    again = Submission(case=both, number=2, kind="correction", begun_at=AT)
    save_as(again, actor=None, reason=REASON)

    with changing(both, Part.PROCEDURE, actor=both.practitioner) as now:
        assert now == both


def test_a_change_that_fails_leaves_nothing():
    draft = case()

    def fail() -> None:
        with changing(draft, Part.PROCEDURE, actor=draft.practitioner) as now:
            now.plan = "Half."
            save_as(now, actor=draft.practitioner, reason=REASON, fields=["plan"])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert ProcedureCase.objects.get(pk=draft.pk).plan == ""


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_a_change_and_a_hand_in_never_cross():
    """Whoever comes second sees what the first did: nothing is written into a case that is handed in."""
    draft = case(case_file())

    def write() -> None:
        with changing(draft, Part.PROCEDURE, actor=draft.practitioner) as now:
            now.plan = "Late."
            save_as(now, actor=draft.practitioner, reason=REASON, fields=["plan"])

    def close() -> str:
        with changing(draft, Part.PROCEDURE, actor=draft.practitioner) as now:
            submission = now.submissions.get()
            submission.state, submission.handed_in_at = SubmissionState.HANDED_IN, AT
            save_as(submission, actor=draft.practitioner, reason=REASON)
            return ProcedureCase.objects.get(pk=now.pk).plan

    written, frozen = together(write, close)

    now = ProcedureCase.objects.get(pk=draft.pk).plan
    assert now == frozen
    assert isinstance(written, CaseRefused) is (now == "")


def test_what_is_graded_without_healed_photographs_takes_none_any_more():
    submission = case(state="assessed").submissions.get()

    assert obstacle(submission, Part.HEALED) == (
        "This case is being graded, and stays as it is until the result is out."
    )
