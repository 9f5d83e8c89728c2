"""An attempt moves on with its marks: states, the comparison of two markers, the result."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine

from certification.advancing import advance
from certification.assessing import submit
from certification.marking import AwaitHealed, Verdict, Wait
from certification.models import Agreement, Assessment, Result, Submission
from certification.submitting import hand_in, hand_in_healed
from tests.certification.marked import AT_PROCEDURE, AT_STANDARD, being_marked, following, hand_healed_in, released
from tests.factories.certification import (
    AT,
    HEALED_SCAR_PHOTOS,
    REASON,
    PhotoFactory,
    add_healed,
    at_state,
    consent,
    ready_case,
)
from tests.factories.marking import allocation, answer, assessor, attempt, marks
from tests.together import together
from training_site.common.days import DAY
from training_site.common.history import save_as
from training_site.starter.files import read

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
LATER = AT + dt.timedelta(hours=3)
SURE_FAILURE = AT_PROCEDURE | {"R08": 1}
WHY = "A used cartridge lies beside the new ones in the photograph."
SAMPLES = {row["case"]: row for case in read("case_studies.json")["cases"] for row in case["submissions"]}


@pytest.fixture
def one():
    """Marked by one; no healed photographs yet."""
    return being_marked()


@pytest.fixture
def two():
    """Marked by two, healed photographs are in."""
    return being_marked(position=3, healed_in=True)


def moved(submission: Submission):
    """What came of it, as it stands in the database: the step, and the state."""
    step = advance(submission, at=LATER)
    return type(step), Submission.objects.get(pk=submission.pk).state


def last_change(submission: Submission):
    return submission.history.first()


# States -------------------------------------------------------------------------------------------


def test_a_marked_procedure_awaits_its_healed_photographs(one):
    marks(one, AT_PROCEDURE)

    assert moved(one) == (AwaitHealed, "healed_awaited")
    assert (last_change(one).history_user, last_change(one).history_change_reason) == (
        None,
        "The procedure is marked.",
    )


def test_a_marked_procedure_whose_healed_photographs_are_in_goes_on(one):
    hand_healed_in(one)
    marks(one, AT_PROCEDURE)

    assert moved(one) == (Wait, "healed_marking")
    assert last_change(one).history_change_reason == "Waits for marks, stage “Healed”."


def test_the_healed_stage_is_offered_to_the_same_assessor_at_once(one):
    hand_healed_in(one)
    marker = assessor()
    marks(one, AT_PROCEDURE, by=marker)
    advance(one, at=LATER)

    offer = one.allocations.get(marking_stage="healed")
    assert (offer.kind, offer.assessor, offer.state, offer.offered_at) == ("first", marker, "offered", LATER)


def test_a_sure_failure_is_assessed_at_once(one):
    marks(one, SURE_FAILURE)

    assert moved(one) == (Verdict, "assessed")
    assert last_change(one).history_change_reason == "All marks are in."


def test_both_stages_marked_are_assessed(one):
    hand_healed_in(one)
    marks(one, AT_STANDARD)

    assert moved(one) == (Verdict, "assessed")


def test_a_named_event_keeps_the_procedure_stage_open(one):
    marks(one, AT_PROCEDURE, events={"AF1": WHY})

    assert moved(one) == (Wait, "procedure_marking")
    answer(one, "AF1", confirmed=True)
    assert moved(one) == (Verdict, "assessed")


def test_a_named_event_keeps_the_healed_stage_open(one):
    hand_healed_in(one)
    marker = assessor()
    marks(one, AT_PROCEDURE, by=marker)
    marks(one, {"R11": 2}, stage="healed", by=marker, events={"AF7": WHY})

    assert moved(one) == (Wait, "healed_marking")
    answer(one, "AF7", confirmed=False, stage="healed")
    assert moved(one) == (Wait, "healed_marking")
    marks(one, AT_STANDARD, kind="third")
    assert moved(one) == (Verdict, "assessed")


def test_one_of_two_markers_waits_for_the_other(two):
    marks(two, AT_PROCEDURE, kind="first")

    assert moved(two) == (Wait, "procedure_marking")
    assert last_change(two).history_change_reason == REASON
    marks(two, AT_PROCEDURE, kind="second")
    assert moved(two) == (Wait, "healed_marking")


def test_a_case_that_waits_for_its_first_marker_stays_handed_in():
    """Until an assessor accepts it, it may still be returned."""
    waiting = at_state(ready_case(), "handed_in")

    assert moved(waiting) == (Wait, "handed_in")


# Handing in ---------------------------------------------------------------------------------------


def test_a_hand_in_waits_for_the_office():
    case = ready_case()

    assert hand_in(case, actor=case.practitioner, at=AT, on=AT.date()).state == "handed_in"
    assert attempt(case).state == "handed_in"


def test_healed_photographs_that_follow_begin_the_healed_stage():
    case = ready_case()
    hand_in(case, actor=case.practitioner, at=AT, on=AT.date())
    marks(at_state(case, "procedure_marking"), AT_PROCEDURE)
    advance(attempt(case), at=LATER)
    add_healed(case)

    hand_in_healed(case, actor=case.practitioner, at=LATER, on=LATER.date())

    assert (attempt(case).state, attempt(case).healed_in_at) == ("healed_marking", LATER)


def test_a_disputed_event_waits_for_healed_photographs_and_then_for_the_third(one):
    marks(one, AT_PROCEDURE, events={"AF1": WHY})
    answer(one, "AF1", confirmed=False)
    assert moved(one) == (AwaitHealed, "healed_awaited")
    assert Agreement.objects.count() == 0
    add_healed(one.case)

    hand_in_healed(one.case, actor=one.case.practitioner, at=LATER, on=LATER.date())

    agreement = one.agreements.get()
    assert (attempt(one.case).state, agreement.disputed, agreement.differences) == ("healed_marking", ["AF1"], [])
    marks(one, AT_STANDARD, kind="third")
    assert moved(attempt(one.case)) == (Verdict, "assessed")


@pytest.fixture
def healed_result_to_correct():
    """Only the healed result failed; the correction is begun."""
    submission = being_marked(healed_in=True)
    assert released(submission, AT_STANDARD | {"R11": 0}).again == ["R11"]
    begun = following(submission.case)
    begun.state, begun.handed_in_at = "draft", None
    save_as(begun, actor=None, reason=REASON)
    return submission.case


def test_a_correction_of_the_healed_result_alone_awaits_its_photographs(healed_result_to_correct):
    case = healed_result_to_correct
    with time_machine.travel(AT + DAY):
        hand_in(case, actor=case.practitioner, at=AT + DAY, on=(AT + DAY).date())

    assert attempt(case).state == "healed_awaited"


def test_a_correction_of_the_healed_result_alone_goes_straight_to_the_healed_stage(healed_result_to_correct):
    case = healed_result_to_correct
    for stage, view, day in HEALED_SCAR_PHOTOS:
        consent(PhotoFactory(case=case, stage=stage, view=view, taken_on=day, added_at=AT + DAY))
    case.retention_note = "Even hold after the touch-up."
    save_as(case, actor=None, reason=REASON)
    with time_machine.travel(AT + 2 * DAY):
        hand_in(case, actor=case.practitioner, at=AT + 2 * DAY, on=(AT + 2 * DAY).date())

    assert attempt(case).state == "healed_marking"
    marks(attempt(case), {"R11": 2}, stage="healed")
    assert moved(attempt(case)) == (Verdict, "assessed")
    assert attempt(case).results.get().total == 60


# Results ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_the_sample_cases_are_kept_as_worked(one, name):
    sample = SAMPLES[name]
    expected = sample["expected"]
    hand_healed_in(one)
    marks(one, sample["levels"])
    advance(one, at=LATER)
    result = Result.objects.get(pk=one.results.get().pk)

    assert (result.total, result.points, result.possible) == (
        Decimal(str(expected["total"])),
        Decimal(str(expected["total"])),
        100,
    )
    assert (result.basis, result.outcome, result.band) == ("single", expected["outcome"], expected["band"])
    assert (result.sets, result.levels) == (
        [sample["levels"]],
        {code: str(level) for code, level in sample["levels"].items()},
    )
    assert (result.round, result.locked_at, result.events) == (1, LATER, [])


def test_what_was_missed_is_kept_with_its_criteria(one):
    hand_healed_in(one)
    marks(one, SAMPLES["CASE-C"]["levels"])
    advance(one, at=LATER)
    result = one.results.get()

    assert result.missed == [
        {"test": "total", "criteria": []},
        {"test": "critical", "criteria": ["R08"]},
        {"test": "at_1", "criteria": ["R06", "R08", "R10", "R11", "R12"]},
    ]
    assert result.again == ["R06", "R08", "R10", "R11", "R12"]


def test_a_sure_failure_is_kept_as_points_of_92(one):
    marks(one, SURE_FAILURE)
    advance(one, at=LATER)
    result = one.results.get()

    assert (result.outcome, result.is_sure_failure, result.points, result.possible) == (
        "referred",
        True,
        Decimal("53.2"),
        92,
    )
    assert (result.again, "R11" in result.levels) == (["R08", "R11"], False)


def test_a_confirmed_event_is_kept_with_the_result(one):
    marks(one, AT_PROCEDURE, events={"AF1": WHY, "AF2": WHY})
    answer(one, "AF1", confirmed=False)
    answer(one, "AF2", confirmed=True)
    advance(one, at=LATER)

    assert (one.results.get().outcome, one.results.get().events) == ("failed", ["AF2"])


def test_means_of_two_markers_are_kept_exactly(two):
    """Totals of 60 and 61.6: a mean of 60.8, levels between two."""
    marks(two, AT_STANDARD, kind="first")
    marks(two, AT_STANDARD | {"R07": 3}, kind="second")
    advance(two, at=LATER)
    result = Result.objects.get(submission=two)

    assert (result.basis, result.total, result.levels["R07"], result.levels["R04"]) == (
        "agreed",
        Decimal("60.8"),
        "2.5",
        "2",
    )
    assert result.sets == [AT_STANDARD, AT_STANDARD | {"R07": 3}]


def test_no_level_is_written_as_a_power_of_ten(one):
    marks(one, AT_PROCEDURE | {"R14": 0})
    advance(one, at=LATER)

    assert one.results.get().levels["R14"] == "0"


# Two markers --------------------------------------------------------------------------------------


def test_markers_who_agree_are_compared_once(two):
    for kind in ("first", "second"):
        marks(two, AT_STANDARD, kind=kind)
    advance(two, at=LATER)
    agreement = two.agreements.get()

    assert (agreement.round, agreement.differences, agreement.disputed) == (1, [], [])
    assert (agreement.asks_third, agreement.compared_at) == (False, LATER)


def test_markers_who_differ_get_a_third_whose_mark_stands(two):
    marks(two, AT_STANDARD, kind="first")
    marks(two, AT_STANDARD | {"R08": 1, "R04": 4}, kind="second")

    assert moved(two) == (Wait, "healed_marking")
    agreement = two.agreements.get()
    assert (agreement.differences, agreement.asks_third) == (
        ["outcomes_differ", "critical_straddle", "criterion_gap"],
        True,
    )
    assert not two.results.exists()
    marks(two, AT_STANDARD | {"R05": 3}, kind="third")
    assert moved(two) == (Verdict, "assessed")
    result = two.results.get()
    assert (result.basis, result.sets) == ("third", [AT_STANDARD | {"R05": 3}])
    assert two.agreements.get() == agreement


def test_a_sure_failure_of_two_is_no_comparison():
    both = being_marked(position=3)
    marks(both, SURE_FAILURE, kind="first")
    marks(both, SURE_FAILURE | {"R04": 4}, kind="second")

    assert moved(both) == (Verdict, "assessed")
    assert (both.results.get().basis, both.results.get().levels["R04"]) == ("agreed", "3")
    assert not both.agreements.exists()


# Once ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("second", [AT_STANDARD, AT_STANDARD | {"R04": 4}], ids=["agree", "differ"])
def test_to_advance_again_changes_nothing(two, second):
    marks(two, AT_STANDARD, kind="first")
    marks(two, second, kind="second")
    first = advance(two, at=LATER)
    kept = list(Result.objects.values()), list(Agreement.objects.values()), two.history.count()

    assert advance(two, at=LATER + DAY) == first
    assert (list(Result.objects.values()), list(Agreement.objects.values()), two.history.count()) == kept


@pytest.mark.parametrize("state", ["assessed", "quality_hold", "released"])
def test_a_result_stays_as_it_was_locked(one, state):
    marks(one, SURE_FAILURE)
    advance(one, at=LATER)
    submission = at_state(one.case, state)

    assert moved(submission) == (Verdict, state)
    assert submission.results.get().locked_at == LATER


def test_another_round_has_its_own_result(two):
    for kind in ("first", "second"):
        marks(two, AT_STANDARD, kind=kind)
    advance(two, at=LATER)
    two.round, two.state = 2, "procedure_marking"
    save_as(two, actor=None, reason=REASON, fields=["round", "state"])

    assert moved(two) == (Wait, "procedure_marking")
    marks(two, AT_STANDARD | {"R01": 4}, kind="first")
    assert moved(two) == (Verdict, "assessed")
    assert list(two.results.values_list("round", "basis", "total")) == [(1, "agreed", 60), (2, "single", 64)]
    assert Result.objects.standing().get().round == 2


def half_done(submission: Submission, *, kind: str, healed: int) -> Assessment:
    """The procedure is marked to the standard, and the healed result stands in the draft."""
    marker = assessor()
    marks(submission, AT_PROCEDURE, kind=kind, by=marker)
    level = {"level": healed, "reason": "", "faults": [], "comment": ""}
    draft = Assessment(
        allocation=allocation(submission, kind=kind, stage="healed", to=marker),
        begun_at=AT,
        draft={"levels": {"R11": level}},
    )
    return save_as(draft, actor=marker, reason=REASON)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("healed", "last", "state", "results"),
    [(2, Verdict, "assessed", 1), (4, Wait, "healed_marking", 0)],
    ids=["agree", "differ"],
)
def test_two_markers_who_submit_at_once_are_compared_once(two, healed, last, state, results):
    drafts = half_done(two, kind="first", healed=2), half_done(two, kind="second", healed=healed)
    at_state(two.case, "healed_marking")

    outcomes = together(
        *[lambda each=each: submit(each, actor=each.allocation.assessor, at=LATER) for each in drafts]
    )

    assert sorted(type(each).__name__ for each in outcomes) == sorted([Wait.__name__, last.__name__])
    assert Submission.objects.get(pk=two.pk).state == state
    assert (Result.objects.count(), Agreement.objects.count()) == (results, 1)
