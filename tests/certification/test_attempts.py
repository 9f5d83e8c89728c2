"""Correction and replacement: what is open, how each begins, and what a correction asks for anew."""

import datetime as dt
from functools import partial

import pytest
import time_machine

from certification import consenting, photographing
from certification.attempts import attempts_left, begin_correction, begin_replacement, kinds_open, slots_anew
from certification.cases import CaseStatus, Part, status
from certification.errors import AttemptRefused, CaseRefused, HandInRefused, PhotoNotTaken
from certification.models import Manifest, ProcedureCase, Result, Submission
from certification.readiness import gaps, record_of, scope_of
from certification.submitting import hand_in, hand_in_healed, return_for_evidence
from certification.values import SubmissionKind
from tests.certification.assessed import (
    CASE_C,
    LATER,
    add_photos,
    assessed,
    correction_of,
    in_marking,
    officer,
    referred_for_real,
    released,
)
from tests.factories.certification import (
    AT,
    LAST_SESSION,
    REASON,
    TODAY,
    PhotoFactory,
    at_state,
    case,
    case_file,
    ready_case,
    visit,
)
from tests.factories.marking import AT_STANDARD
from tests.people import person
from tests.together import together
from training_site.accounts.roles import Role
from training_site.common.days import DAY
from training_site.common.history import save_as

pytestmark = pytest.mark.django_db
CORRECTION, REPLACEMENT = SubmissionKind.CORRECTION, SubmissionKind.REPLACEMENT
ON = LATER.date()
NEW_IMMEDIATE = [("immediate", view, LAST_SESSION) for view in ("area", "back", "close", "close", "close")]
NEW_HEALED = [("healed", view, dt.date(2026, 5, 10)) for view in ("area", "back", "close", "close", "close")]


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT):
        yield


def referred(levels: dict[str, int] = CASE_C) -> ProcedureCase:
    return released(levels=levels).case


def result_of(of: ProcedureCase) -> Result:
    return Result.objects.select_related("submission__case__scheme_version__rubric").get(
        submission=Submission.objects.latest_of(of)
    )


def replace(of: ProcedureCase, client_code: str = "R-021", **facts: object) -> ProcedureCase:
    return begin_replacement(of, **{"client_code": client_code, "actor": of.practitioner, "at": LATER, **facts})


def missing(of: ProcedureCase, part: Part = Part.PROCEDURE) -> list[str]:
    return [gap.sentence for gap in gaps(of, part=part, at=LATER, on=ON)]


# What is open ---------------------------------------------------------------------------------------


def test_a_referred_case_is_corrected_or_replaced():
    assert kinds_open(result_of(referred())) == (CORRECTION, REPLACEMENT)


@pytest.mark.parametrize(
    ("code", "level", "found"),
    [
        ("R01", 1, (REPLACEMENT,)),
        ("R02", 1, (REPLACEMENT,)),
        ("R03", 1, (REPLACEMENT,)),
        ("R03", 2, (CORRECTION, REPLACEMENT)),
        ("R04", 1, (CORRECTION, REPLACEMENT)),
        ("R08", 1, (CORRECTION, REPLACEMENT)),
    ],
)
def test_what_happened_cannot_be_repeated(code, level, found):
    of = referred({**AT_STANDARD, "R12": 0, code: level})

    assert kinds_open(result_of(of)) == found


def test_after_a_pass_nothing_follows():
    assert kinds_open(result_of(released().case)) == ()


@pytest.mark.parametrize(("number", "left", "is_open"), [(1, 2, True), (2, 1, True), (3, 0, False)])
def test_attempts_are_counted_to_the_last(number, left, is_open):
    of = case(case_file(person(Role.TRAINEE)))
    attempt = of.submissions.get()
    attempt.number, attempt.kind = number, "first" if number == 1 else "replacement"
    save_as(attempt, actor=None, reason=REASON)
    released(of, CASE_C)

    assert attempts_left(result_of(of).submission) == left
    assert bool(kinds_open(result_of(of))) is is_open


def test_once_a_replacement_is_begun_nothing_more_is_open():
    of = referred()
    before = result_of(of)

    replace(of)

    assert kinds_open(Result.objects.get(pk=before.pk)) == ()


@pytest.mark.parametrize(("state", "kinds"), [("draft", (REPLACEMENT,)), ("handed_in", ())])
def test_a_correction_leaves_the_replacement_open_until_it_is_handed_in(state, kinds):
    of = referred()
    before = result_of(of)
    correction_of(of)
    at_state(of, state)

    assert kinds_open(Result.objects.get(pk=before.pk)) == kinds


# Beginning a correction -------------------------------------------------------------------------------


def test_a_correction_is_the_next_attempt_at_the_same_case():
    of = referred()

    made = begin_correction(of, actor=of.practitioner, at=LATER)

    assert (made.case, made.number, made.kind, made.state, made.begun_at) == (of, 2, "correction", "draft", LATER)
    assert made.history.get().history_user == of.practitioner
    assert status(made) is CaseStatus.DRAFT


def test_a_second_click_finds_the_correction_that_was_begun():
    of = referred()

    assert correction_of(of) == correction_of(of)
    assert of.submissions.count() == 2


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_two_clicks_at_once_one_correction_comes():
    of = referred()

    found = together(*[partial(begin_correction, of, actor=of.practitioner, at=LATER) for _ in range(2)])

    assert found[0] == found[1]
    assert of.submissions.count() == 2


@pytest.mark.parametrize("begin", [begin_correction, partial(begin_replacement, client_code="R-021")])
def test_nobody_else_begins_an_attempt(begin):
    of = referred()

    for who in (person(Role.TRAINEE), officer()):
        with pytest.raises(AttemptRefused, match=r"^Only its owner"):
            begin(of, actor=who, at=LATER)
    assert (of.submissions.count(), ProcedureCase.objects.count()) == (1, 1)


@pytest.mark.parametrize("begin", [begin_correction, partial(begin_replacement, client_code="R-021")])
def test_before_release_no_attempt_follows(begin):
    of = assessed(levels=CASE_C).case

    with pytest.raises(AttemptRefused, match=r"^An attempt at this case is under way"):
        begin(of, actor=of.practitioner, at=LATER)


def test_what_cannot_be_repeated_is_not_corrected():
    of = referred({**AT_STANDARD, "R01": 1})

    with pytest.raises(AttemptRefused, match=r"^What happened cannot be repeated"):
        correction_of(of)


@pytest.mark.parametrize("begin", [correction_of, replace])
def test_a_passed_case_has_no_other_attempt(begin):
    with pytest.raises(AttemptRefused, match=r"^Only a referred case"):
        begin(released().case)


# Beginning a replacement ------------------------------------------------------------------------------


def test_a_replacement_is_another_client_and_the_same_treatment():
    of = referred()

    made = replace(of)

    assert (made.replaces, made.treatment, made.client_code) == (of, of.treatment, "R-021")
    assert (made.case_file, made.scheme_version, made.practitioner) == (
        of.case_file,
        of.scheme_version,
        of.practitioner,
    )
    attempt = made.submissions.get()
    assert (attempt.number, attempt.kind, attempt.state) == (2, "replacement", "draft")
    assert status(Submission.objects.latest_of(ProcedureCase.objects.get(pk=of.pk))) is CaseStatus.REPLACED


def test_a_replacement_of_a_correction_treats_the_same_earlier_work():
    of = case(case_file(person(Role.TRAINEE)), treatment="correction", corrects="hairline")
    released(of, CASE_C)

    made = replace(of)

    assert (made.treatment, made.corrects) == ("correction", "hairline")


@pytest.mark.parametrize("code", ["R-009", "r-009"])
def test_the_same_client_again_is_no_replacement(code):
    with pytest.raises(AttemptRefused, match=r"^A replacement shows another client"):
        replace(referred(), code)


def test_a_client_who_has_a_case_of_this_treatment_is_no_replacement():
    of = referred()
    other = case(of.case_file, client_code="R-021")

    with pytest.raises(AttemptRefused, match=f"^Case {other.ref} is about this client and treatment"):
        replace(of)


def test_a_client_code_that_could_be_a_name_is_refused():
    with pytest.raises(CaseRefused, match="could be a name"):
        replace(referred(), "Anna")


def test_a_case_is_replaced_once():
    of = referred()
    first = replace(of)

    assert replace(of) == first
    with pytest.raises(AttemptRefused, match=f"^Case {first.ref} has taken the place of this one"):
        replace(of, "R-022")
    with pytest.raises(AttemptRefused, match=f"^Case {first.ref} has taken the place"):
        correction_of(of)


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_a_correction_and_a_replacement_at_once_never_both_come():
    of = referred()
    owner = of.practitioner

    found = together(
        partial(begin_correction, of, actor=owner, at=LATER),
        partial(begin_replacement, of, client_code="R-021", actor=owner, at=LATER),
    )

    begun = of.submissions.filter(number=2).count() + ProcedureCase.objects.filter(replaces=of).count()
    assert (begun, [type(each) for each in found].count(AttemptRefused)) in {(1, 0), (1, 1)}


def test_a_correction_that_is_begun_is_left_for_a_replacement():
    of = referred()
    correction_of(of)

    made = replace(of)

    assert (made.replaces, made.submissions.get().number) == (of, 2)
    assert [each.number for each in of.submissions.all()] == [1]


def test_a_correction_that_was_handed_in_is_not_left():
    of = referred_for_real()
    correction_of(of)
    at_state(of, "returned")

    with pytest.raises(AttemptRefused, match="under way"):
        replace(of)


def test_a_refused_replacement_leaves_the_correction():
    of = referred()
    correction_of(of)

    with pytest.raises(CaseRefused):
        replace(of, "Anna")

    assert of.submissions.count() == 2


def test_a_replacement_keeps_the_place_of_the_case_it_continues():
    of = referred_for_real()
    made = ready_case(of.case_file, replaces=of, client_code="R-021")
    attempt = made.submissions.get()
    attempt.number, attempt.kind = 2, "replacement"
    save_as(attempt, actor=None, reason=REASON)

    hand_in(made, actor=made.practitioner, at=LATER, on=ON)

    assert ProcedureCase.objects.get(pk=made.pk).position == ProcedureCase.objects.get(pk=of.pk).position == 1


# What a correction asks for anew ----------------------------------------------------------------------


def test_photographs_that_serve_a_failed_criterion_must_be_new():
    of = referred_for_real()
    correction_of(of)

    assert missing(of) == [
        "Add 2 new photographs of 10 March 2026: Whole treated area or back / crown, immediately after the "
        "session.",
        "Add 3 new photographs of 10 March 2026: Close-up with scale, immediately after the session.",
    ]
    assert missing(of, Part.HEALED) == [
        "Add 2 new photographs: Whole treated area or back / crown, healed.",
        "Add 3 new photographs: Close-up with scale, healed.",
    ]


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("R04", []),
        ("R13", []),
        ("R05", ["scar.immediate.area"]),
        ("R07", ["scar.immediate.close"]),
        ("R11", ["scar.healed.area", "scar.healed.close"]),
        ("R10", ["scar.immediate.area"]),
    ],
)
def test_only_slots_that_serve_it_are_asked_and_before_and_design_never(code, asked):
    of = referred({**AT_STANDARD, code: 0})

    assert [slot.key for slot in slots_anew(result_of(of))] == asked


def test_labels_are_asked_of_a_session_after_the_former_hand_in_only():
    of = referred({**AT_STANDARD, "R10": 0})
    correction_of(of)
    visit(of, on=TODAY + 2 * DAY)

    asked = [sentence for sentence in missing(of) if "labels" in sentence]

    assert asked == [
        "Add a new photograph of 6 May 2026: Cartridge and pigment labels with batch and expiry, record of the "
        "work place."
    ]


def test_new_photographs_complete_the_correction():
    of = referred_for_real()
    correction_of(of)
    add_photos(of, *NEW_IMMEDIATE)

    assert missing(of) == []


def test_what_was_handed_in_before_does_not_count_as_new():
    of = referred_for_real({**AT_STANDARD, "R07": 0})
    correction_of(of)
    add_photos(of, *NEW_IMMEDIATE[2:4])

    assert missing(of) == [
        "Add a new photograph of 10 March 2026: Close-up with scale, immediately after the session."
    ]


def test_a_photograph_that_was_added_before_the_release_and_never_handed_in_is_new():
    """A sure failure is released while healed photographs may be waiting in the case."""
    levels = {
        code: level for code, level in {**AT_STANDARD, "R13": 0, "R06": 1, "R07": 1}.items() if code != "R11"
    }
    of = ready_case(case_file(person(Role.TRAINEE)))
    hand_in(of, actor=of.practitioner, at=AT, on=TODAY)
    add_photos(of, *NEW_HEALED)
    released(of, levels)
    correction_of(of)

    assert missing(of, Part.HEALED) == ["Write what held, what faded and what you would do next."]


def test_another_session_moves_what_must_be_new_to_its_day_and_leaves_the_rest():
    of = referred_for_real({**AT_STANDARD, "R07": 0})
    correction_of(of)
    visit(of, kind="touch_up", on=dt.date(2026, 5, 8))

    assert missing(of) == [
        "Add 3 new photographs of 8 May 2026: Close-up with scale, immediately after the session."
    ]


def test_photographs_that_were_handed_in_are_never_found_fault_with():
    """A touch-up in the correction makes the old healed photographs early; they stay as they were marked."""
    of = referred_for_real({**AT_STANDARD, "R07": 0})
    correction_of(of)
    visit(of, kind="touch_up", on=dt.date(2026, 5, 8))

    assert missing(of, Part.HEALED) == []


def test_old_photographs_stay_in_the_case():
    of = referred_for_real()
    correction_of(of)

    with pytest.raises(PhotoNotTaken, match="handed in, so it stays on record"):
        photographing.remove(of.photos.first(), actor=of.practitioner, at=LATER)


def test_a_photograph_that_the_client_allows_no_more_is_left_out():
    of = referred_for_real({**AT_STANDARD, "R13": 0})
    old = of.photos.get(view="area", stage="immediate")
    consenting.withdraw(old.consents.get(), at=AT)
    correction_of(of)

    assert missing(of) == []
    assert old not in record_of(of, at=LATER, on=ON).photos_of(Part.PROCEDURE)


def test_a_new_photograph_needs_the_clients_consent():
    of = referred_for_real({**AT_STANDARD, "R13": 0})
    correction_of(of)
    PhotoFactory(case=of, stage="healed", view="area", taken_on=dt.date(2026, 5, 10), added_at=LATER)

    with pytest.raises(HandInRefused) as refused:
        hand_in(of, actor=of.practitioner, at=LATER, on=ON)
    assert refused.value.missing == [
        "The client's consent does not cover one photograph. Ask the client to allow it, or take it out."
    ]


def test_old_photographs_take_no_room_from_new_ones():
    of = ready_case(case_file(person(Role.TRAINEE)))
    add_photos(of, *[("immediate", "close", LAST_SESSION)] * 3)
    hand_in(of, actor=of.practitioner, at=AT, on=TODAY)
    place = {"stage": "immediate", "view": "close", "taken_on": LAST_SESSION, "today": ON}
    in_marking(of)
    released(of, {**AT_STANDARD, "R07": 0})
    correction_of(of)

    assert photographing.obstacle(of, **place) is None
    add_photos(of, *[("immediate", "close", LAST_SESSION)] * 6)
    assert photographing.obstacle(of, **place).startswith("6 photographs of 10 March 2026 are here already")


# Handing a correction in -------------------------------------------------------------------------------


def test_a_carried_healed_result_goes_along():
    of = referred_for_real({**AT_STANDARD, "R13": 0})
    correction_of(of)

    attempt = hand_in(of, actor=of.practitioner, at=LATER, on=ON)

    assert (attempt.state, attempt.healed_in_at) == ("handed_in", LATER)
    frozen = Manifest.objects.filter(submission=attempt)
    assert {each.marking_stage: each.photos.count() for each in frozen} == {"procedure": 11, "healed": 5}


def test_a_correction_of_the_healed_result_alone_waits_for_it():
    of = referred_for_real({**AT_STANDARD, "R11": 0})
    correction_of(of)
    assert (missing(of), len(missing(of, Part.HEALED))) == ([], 2)

    attempt = hand_in(of, actor=of.practitioner, at=LATER, on=ON)
    assert (attempt.state, attempt.healed_in_at) == ("healed_awaited", None)

    add_photos(of, *NEW_HEALED)
    attempt = hand_in_healed(of, actor=of.practitioner, at=LATER, on=ON)
    assert attempt.state == "healed_marking"


def test_new_healed_photographs_count_four_weeks_after_the_last_touch_up():
    of = referred_for_real({**AT_STANDARD, "R11": 0})
    correction_of(of)
    visit(of, kind="touch_up", on=dt.date(2026, 5, 8))
    add_photos(of, *NEW_HEALED)

    assert any("counts as healed from 5 June 2026 on only" in each for each in missing(of, Part.HEALED))


def test_a_correction_is_handed_in_by_its_rules():
    of = referred_for_real()
    correction_of(of)
    with pytest.raises(HandInRefused, match="2 things are missing"):
        hand_in(of, actor=of.practitioner, at=LATER, on=ON)
    add_photos(of, *NEW_IMMEDIATE, *NEW_HEALED)

    attempt = hand_in(of, actor=of.practitioner, at=LATER, on=ON)

    assert (attempt.number, attempt.state, attempt.healed_in_at) == (2, "handed_in", LATER)


def test_a_second_correction_carries_from_both_attempts():
    of = referred_for_real({**AT_STANDARD, "R13": 0, "R14": 0})
    first = correction_of(of)
    hand_in(of, actor=of.practitioner, at=LATER, on=ON)
    in_marking(of)
    from certification.results import told
    from tests.certification.assessed import released as release_marked

    release_marked(of, {"R13": 2, "R14": 0}, at=LATER)
    again = begin_correction(of, actor=of.practitioner, at=LATER + DAY)

    assert again.number == 3
    assert scope_of(of).anew.codes == {"R14"}
    assert {row.code: row.carried for row in told(Submission.objects.get(pk=first.pk)).criteria}["R01"] == 1


# After hand-in --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "asked"),
    [(TODAY - DAY, True), (TODAY, True), (TODAY + DAY, False)],
    ids=["day before", "day of the first hand-in", "day after"],
)
def test_a_touch_up_after_the_first_hand_in_asks_for_no_photographs_of_its_day(day, asked):
    """It belongs to the healed result: a case that comes back is not asked for more than it was at first."""
    of = ready_case(case_file(person(Role.TRAINEE)))
    attempt = hand_in(of, actor=of.practitioner, at=AT, on=TODAY)
    visit(of, kind="touch_up", on=day)
    return_for_evidence(attempt, note="Add the labels.", officer=officer(), at=AT)

    found = [gap.sentence for gap in gaps(of, part=Part.PROCEDURE, at=LATER, on=ON)]

    assert bool(found) is asked
    assert scope_of(of).until == TODAY


def test_before_the_first_hand_in_every_visit_counts():
    of = ready_case(case_file(person(Role.TRAINEE)))
    visit(of, kind="touch_up", on=TODAY)

    assert scope_of(of).until is None
    assert len(missing(of)) == 2
