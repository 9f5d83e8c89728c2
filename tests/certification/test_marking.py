"""What an attempt waits for, and what it comes to: every turn of the scheme, without a database."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.agreement import Difference, Tolerance
from certification.grading import Asked, Band, Grid, Missed, Outcome, PassRule, points
from certification.marking import CONFIRM, FIRST, SECOND, THIRD, AwaitHealed, Board, Marks, Verdict, Wait, step
from certification.values import Basis, MarkingStage
from training_site.starter.files import read

GRID = Grid.of(read("rubric.json"))
SCHEME = read("scheme.json")
RULE = PassRule.of(SCHEME["outcomes"])
TOLERANCE = Tolerance.of(SCHEME["agreement"])
EXAMPLES = {example["name"]: example for example in SCHEME["agreement"]["examples"]}
SAMPLES = {row["case"]: row for case in read("case_studies.json")["cases"] for row in case["submissions"]}

PROCEDURE, HEALED = MarkingStage.PROCEDURE, MarkingStage.HEALED
MEETS = dict.fromkeys(sorted(GRID.weights), 2)
MEETS_AT_PROCEDURE = {code: level for code, level in MEETS.items() if code not in GRID.healed}
"""55.2 of 92 points."""
NOTHING = Marks({})


def marks(levels, *events):
    return Marks(levels, frozenset(events))


def single(first=NOTHING, *, third=NOTHING, **facts):
    return _board(False, {FIRST: first, THIRD: third}, facts)


def double(first=NOTHING, second=NOTHING, *, third=NOTHING, **facts):
    return _board(True, {FIRST: first, SECOND: second, THIRD: third}, facts)


def _board(two, given_marks, facts):
    return Board(
        **{
            "grid": GRID,
            "rule": RULE,
            "tolerance": TOLERANCE,
            "double": two,
            "last_attempt": False,
            "codes": GRID.weights.keys(),
            "healed_in": False,
            "marks": {kind: each for kind, each in given_marks.items() if each is not NOTHING},
            **facts,
        }
    )


def waits(stage, *kinds, differences=(), disputed=()):
    return Wait(stage, frozenset(kinds), tuple(differences), frozenset(disputed))


def verdict(board) -> Verdict:
    found = step(board)
    assert isinstance(found, Verdict), found
    return found


# One marker ---------------------------------------------------------------------------------------


def test_nothing_marked_waits_for_the_marker():
    assert step(single()) == waits(PROCEDURE, FIRST)
    assert step(single(healed_in=True)) == waits(PROCEDURE, FIRST)


def test_part_of_a_stage_is_not_enough():
    lacking = {code: level for code, level in MEETS_AT_PROCEDURE.items() if code != "R14"}

    assert step(single(marks(lacking))) == waits(PROCEDURE, FIRST)


def test_a_procedure_that_may_pass_awaits_its_healed_photographs():
    assert step(single(marks(MEETS_AT_PROCEDURE))) == AwaitHealed()


def test_healed_photographs_bring_the_healed_stage():
    assert step(single(marks(MEETS_AT_PROCEDURE), healed_in=True)) == waits(HEALED, FIRST)


def test_both_stages_marked_are_a_result():
    assert verdict(single(marks(MEETS), healed_in=True)) == Verdict(
        basis=Basis.SINGLE,
        outcome=Outcome.PASS,
        band=Band.NONE,
        total=Fraction(60),
        points=Fraction(60),
        possible=100,
        levels=MEETS,
        sets=(MEETS,),
        missed=(),
        confirmed=frozenset(),
        again=frozenset(MEETS),
    )


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_the_sample_cases_come_out_as_worked(sample):
    result = verdict(single(marks(sample["levels"]), healed_in=True))
    expected = sample["expected"]

    assert (float(result.total), result.outcome, result.band) == (
        expected["total"],
        expected["outcome"],
        expected["band"],
    )


@pytest.mark.parametrize(
    ("level", "band"), [(2, Band.NONE), (3, Band.MERIT), (4, Band.DISTINCTION)], ids=["60", "80", "100"]
)
def test_a_pass_carries_its_band(level, band):
    result = verdict(single(marks(dict.fromkeys(MEETS, level)), healed_in=True))

    assert (result.outcome, result.band) == (Outcome.PASS, band)


# A sure failure -----------------------------------------------------------------------------------


def test_a_sure_failure_is_told_without_the_healed_stage():
    low = {**MEETS_AT_PROCEDURE, "R08": 1}
    result = verdict(single(marks(low)))

    assert (result.basis, result.outcome, result.band) == (Basis.SINGLE, Outcome.REFERRED, Band.NONE)
    assert (result.total, result.points, result.possible) == (None, Fraction("53.2"), 92)
    assert (result.levels, result.sets) == (low, (low,))
    assert (result.missed, result.again) == ((Missed(Asked.CRITICAL, ("R08",)),), {"R08", "R11"})


@pytest.mark.parametrize(
    ("changes", "sure"),
    [
        ({"R04": 1, "R05": 1}, False),
        ({"R04": 1, "R06": 1}, True),
        ({"R14": 0, "R04": 4}, True),
        ({"R12": 1, "R13": 1, "R14": 1, "R04": 4}, True),
    ],
    ids=["60.2 with the best healed result", "59.2", "one at 0", "three at 1"],
)
def test_only_what_no_healed_result_could_mend_is_a_sure_failure(changes, sure):
    found = step(single(marks({**MEETS_AT_PROCEDURE, **changes})))

    assert isinstance(found, Verdict) is sure
    assert sure or found == AwaitHealed()


def test_healed_photographs_that_are_in_already_are_always_marked():
    """CASE-C: a critical criterion below 2, and the full total all the same."""
    levels = SAMPLES["CASE-C"]["levels"]
    at_procedure = {code: level for code, level in levels.items() if code not in GRID.healed}

    assert step(single(marks(at_procedure), healed_in=True)) == waits(HEALED, FIRST)
    result = verdict(single(marks(levels), healed_in=True))
    assert (result.total, result.outcome) == (Fraction("52.6"), Outcome.REFERRED)
    assert sorted(result.again) == SCHEME["resubmission"]["correction"]["example"]["re_marked"]


@pytest.mark.parametrize("healed_in", [False, True], ids=["sure failure", "full total"])
def test_a_miss_at_the_last_attempt_fails(healed_in):
    low = marks({**(MEETS if healed_in else MEETS_AT_PROCEDURE), "R08": 1})

    assert verdict(single(low, healed_in=healed_in)).outcome is Outcome.REFERRED
    assert verdict(single(low, healed_in=healed_in, last_attempt=True)).outcome is Outcome.FAILED


# Two markers --------------------------------------------------------------------------------------


def test_two_markers_are_asked_from_the_start():
    assert step(double()) == waits(PROCEDURE, FIRST, SECOND)


@pytest.mark.parametrize("stage", [PROCEDURE, HEALED])
def test_one_of_two_waits_for_the_other(stage):
    done, before = (MEETS_AT_PROCEDURE, {}) if stage is PROCEDURE else (MEETS, MEETS_AT_PROCEDURE)

    assert step(double(marks(done), marks(before), healed_in=True)) == waits(stage, SECOND)
    assert step(double(marks(before), marks(done), healed_in=True)) == waits(stage, FIRST)


def test_two_markers_are_not_compared_before_the_healed_stage():
    far = {**MEETS_AT_PROCEDURE, "R05": 4}

    assert step(double(marks(MEETS_AT_PROCEDURE), marks(far))) == AwaitHealed()
    assert step(double(marks(MEETS_AT_PROCEDURE), marks(far), healed_in=True)) == waits(HEALED, FIRST, SECOND)


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_the_examples_of_two_markers_come_out_as_worked(example):
    found = step(double(marks(example["first"]), marks(example["second"]), healed_in=True))

    if example["third_assessor"]:
        assert found == waits(HEALED, THIRD, differences=example["reasons"])
    else:
        assert (found.basis, float(found.total), found.outcome, found.band) == (
            Basis.AGREED,
            example["total"],
            example["outcome"],
            example["band"],
        )


def test_a_joint_result_shows_means_and_keeps_both_sets():
    better = {**MEETS, "R04": 3}
    result = verdict(double(marks(MEETS), marks(better), healed_in=True))

    assert (result.total, result.points, result.possible) == (61, 61, 100)
    assert (result.levels["R04"], result.levels["R05"]) == (Fraction(5, 2), 2)
    assert result.sets == (MEETS, better)


def test_a_joint_miss_names_what_either_marker_found_missing():
    first, second = {**MEETS, "R08": 1, "R13": 1}, {**MEETS, "R08": 1, "R12": 1, "R14": 1}
    result = verdict(double(marks(first), marks(second), healed_in=True))

    assert (result.outcome, result.missed) == (
        Outcome.REFERRED,
        (
            Missed(Asked.TOTAL),
            Missed(Asked.CRITICAL, ("R08",)),
            Missed(Asked.AT_1, ("R08", "R12", "R14")),
        ),
    )
    assert result.again == {"R08", "R12", "R13", "R14"}


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        (EXAMPLES["more than 10 apart"]["second"], Difference.TOTALS),
        ({"R04": 1, "R05": 1}, Difference.OUTCOMES),
        ({"R08": 1, "R04": 4}, Difference.CRITICAL),
        ({"R04": 4}, Difference.GAP),
    ],
    ids=["totals", "outcomes", "critical", "gap"],
)
def test_each_difference_asks_the_third_whose_mark_stands_alone(changes, difference):
    apart = double(marks(MEETS), marks({**MEETS, **changes}), healed_in=True)
    asked = step(apart)
    third = {**MEETS, "R01": 4}

    assert difference in asked.differences
    assert asked == waits(HEALED, THIRD, differences=asked.differences)
    result = verdict(replace(apart, marks={**apart.marks, THIRD: marks(third)}))
    assert (result.basis, result.total, result.outcome) == (Basis.THIRD, 64, Outcome.PASS)
    assert (result.levels, result.sets) == (third, (third,))


def test_exactly_ten_points_apart_is_not_too_far():
    example = EXAMPLES["exactly 10.0 apart: no third"]
    result = verdict(double(marks(example["first"]), marks(example["second"]), healed_in=True))

    assert [points(levels, grid=GRID) for levels in result.sets] == [60, 70]
    assert (result.basis, result.total) == (Basis.AGREED, 65)


def test_a_third_marks_every_criterion_or_has_not_marked():
    apart = double(marks(MEETS), marks({**MEETS, "R04": 4}), third=marks(MEETS_AT_PROCEDURE), healed_in=True)

    assert step(apart) == waits(HEALED, THIRD, differences=[Difference.GAP])


def test_a_sure_failure_of_both_needs_no_third_however_far_they_are_apart():
    first = {**MEETS_AT_PROCEDURE, "R08": 1, "R04": 4}
    second = {**MEETS_AT_PROCEDURE, "R05": 0}
    result = verdict(double(marks(first), marks(second)))

    assert (result.basis, result.outcome, result.total) == (Basis.AGREED, Outcome.REFERRED, None)
    assert (result.points, result.possible) == ((Fraction("57.2") + Fraction("52.2")) / 2, 92)
    assert (result.levels["R08"], result.levels["R04"], result.levels["R05"]) == (Fraction(3, 2), 3, 1)
    assert (result.sets, result.again) == ((first, second), {"R05", "R08", "R11"})
    assert result.missed == (
        Missed(Asked.CRITICAL, ("R08",)),
        Missed(Asked.AT_0, ("R05",)),
    )


def test_a_sure_failure_of_one_alone_awaits_the_healed_photographs():
    sure, open_still = marks({**MEETS_AT_PROCEDURE, "R08": 1}), marks(MEETS_AT_PROCEDURE)

    assert step(double(sure, open_still)) == AwaitHealed()
    assert step(double(open_still, sure)) == AwaitHealed()


# Auto-fail events, one marker ---------------------------------------------------------------------


@pytest.mark.parametrize("healed_in", [False, True])
def test_a_named_event_asks_a_second_assessor_first(healed_in):
    named = single(marks(MEETS_AT_PROCEDURE, "AF1"), healed_in=healed_in)

    assert step(named) == waits(PROCEDURE, CONFIRM)


def test_a_named_event_is_answered_even_where_the_case_fails_anyway():
    low = {**MEETS_AT_PROCEDURE, "R08": 1}

    assert step(single(marks(low, "AF1"))) == waits(PROCEDURE, CONFIRM)


def test_all_named_events_are_answered():
    named = marks(MEETS_AT_PROCEDURE, "AF1", "AF2")

    assert step(single(named, answers={"AF1": True})) == waits(PROCEDURE, CONFIRM)


def test_a_confirmed_event_fails_without_the_healed_stage():
    result = verdict(single(marks(MEETS_AT_PROCEDURE, "AF1", "AF2"), answers={"AF1": True, "AF2": False}))

    assert (result.basis, result.outcome, result.total) == (Basis.SINGLE, Outcome.FAILED, None)
    assert (result.confirmed, result.missed) == ({"AF1"}, (Missed(Asked.AUTOFAIL),))


def test_a_confirmed_event_fails_whatever_the_total():
    best = marks(dict.fromkeys(MEETS, 4), "AF1")
    at_procedure = marks(dict.fromkeys(MEETS_AT_PROCEDURE, 4), "AF1")
    result = verdict(single(best, answers={"AF1": True}, healed_in=True))

    assert step(single(at_procedure, answers={"AF1": True}, healed_in=True)) == waits(HEALED, FIRST)
    assert (result.total, result.outcome, result.band) == (100, Outcome.FAILED, Band.NONE)


@pytest.mark.parametrize("changes", [{}, {"R08": 1}], ids=["may pass", "would fail for sure"])
def test_an_event_that_is_not_confirmed_goes_to_the_third_at_the_healed_stage(changes):
    named = single(marks({**MEETS_AT_PROCEDURE, **changes}, "AF1"), answers={"AF1": False})

    assert step(named) == AwaitHealed()
    assert step(replace(named, healed_in=True)) == waits(HEALED, THIRD, disputed=["AF1"])


def third_after(*events, **answers):
    """A single marker named AF1, nobody confirmed it, and the third has marked."""
    return single(
        marks(MEETS_AT_PROCEDURE, "AF1"),
        third=marks(MEETS, *events),
        answers={"AF1": False, **answers},
        healed_in=True,
    )


def test_a_third_who_names_no_event_decides_by_levels():
    result = verdict(third_after())

    assert (result.basis, result.outcome, result.total) == (Basis.THIRD, Outcome.PASS, 60)
    assert (result.confirmed, result.sets) == (frozenset(), (MEETS,))


def test_an_event_that_the_third_names_too_is_confirmed():
    result = verdict(third_after("AF1"))

    assert (result.outcome, result.confirmed, result.total) == (Outcome.FAILED, {"AF1"}, 60)


def test_another_event_of_the_third_is_answered_as_well():
    assert step(third_after("AF2")) == waits(HEALED, CONFIRM, disputed=["AF1"])


@pytest.mark.parametrize(
    ("answer", "outcome", "confirmed"),
    [(True, Outcome.FAILED, {"AF2"}), (False, Outcome.PASS, set())],
    ids=["confirmed", "not confirmed"],
)
def test_the_answer_to_the_thirds_event_ends_it(answer, outcome, confirmed):
    result = verdict(third_after("AF2", AF2=answer))

    assert (result.basis, result.outcome, result.confirmed) == (Basis.THIRD, outcome, confirmed)


def test_an_event_of_the_healed_stage_is_answered_there():
    named = single(marks(MEETS, "AF7"), healed_in=True)

    assert step(named) == waits(HEALED, CONFIRM)
    assert verdict(replace(named, answers={"AF7": True})).outcome is Outcome.FAILED
    assert step(replace(named, answers={"AF7": False})) == waits(HEALED, THIRD, disputed=["AF7"])


# Auto-fail events, two markers --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("levels", "healed_in", "total"),
    [(MEETS_AT_PROCEDURE, False, None), (MEETS, True, 60)],
    ids=["procedure", "both stages"],
)
def test_an_event_that_both_name_is_confirmed(levels, healed_in, total):
    result = verdict(double(marks(levels, "AF1", "AF2"), marks(levels, "AF1"), healed_in=healed_in))

    assert (result.basis, result.outcome, result.total) == (Basis.AGREED, Outcome.FAILED, total)
    assert (result.confirmed, result.missed) == ({"AF1"}, (Missed(Asked.AUTOFAIL),))


@pytest.mark.parametrize(
    ("of_first", "of_second"), [(["AF1"], []), ([], ["AF1"]), (["AF1"], ["AF2"])], ids=["first", "second", "apart"]
)
def test_an_event_of_one_alone_goes_straight_to_the_third(of_first, of_second):
    disputed = double(marks(MEETS_AT_PROCEDURE, *of_first), marks(MEETS_AT_PROCEDURE, *of_second))
    named = [*of_first, *of_second]

    assert step(disputed) == AwaitHealed()
    assert step(replace(disputed, healed_in=True)) == waits(HEALED, THIRD, disputed=named)


def test_one_of_two_who_names_an_event_waits_for_the_other():
    """The other may still name it too: nobody is called before both have marked."""
    named = marks(MEETS_AT_PROCEDURE, "AF1")

    assert step(double(named, NOTHING, healed_in=True)) == waits(PROCEDURE, SECOND)


def test_one_of_two_who_names_an_event_at_the_healed_stage_waits_for_the_other_as_well():
    named, still_marking = marks(MEETS, "AF7"), marks(MEETS_AT_PROCEDURE)

    assert step(double(named, still_marking, healed_in=True)) == waits(HEALED, SECOND)
    assert step(double(still_marking, named, healed_in=True)) == waits(HEALED, FIRST)
    assert step(double(named, marks(MEETS), healed_in=True)) == waits(HEALED, THIRD, disputed=["AF7"])
    assert verdict(double(named, named, healed_in=True)).confirmed == {"AF7"}


def test_a_third_confirms_what_one_of_two_named():
    disputed = double(marks(MEETS_AT_PROCEDURE, "AF1"), marks(MEETS_AT_PROCEDURE), healed_in=True)
    result = verdict(replace(disputed, marks={**disputed.marks, THIRD: marks(MEETS, "AF1")}))

    assert (result.basis, result.outcome, result.confirmed) == (Basis.THIRD, Outcome.FAILED, {"AF1"})


def test_an_event_that_two_confirmed_is_not_undone_by_the_third():
    """Totals differ, so a third is asked; the event was confirmed before, and fails whatever the total."""
    far = dict.fromkeys(MEETS, 3)
    apart = double(marks(MEETS, "AF1"), marks(far, "AF1"), third=marks(far), healed_in=True)
    result = verdict(apart)

    assert (result.basis, result.outcome, result.total) == (Basis.THIRD, Outcome.FAILED, 80)
    assert result.confirmed == {"AF1"}


def test_a_sure_failure_of_both_stays_one_beside_an_event_of_one_alone():
    low = {**MEETS_AT_PROCEDURE, "R08": 1}
    result = verdict(double(marks(low, "AF1"), marks(low)))

    assert (result.outcome, result.confirmed) == (Outcome.REFERRED, frozenset())


# Corrections --------------------------------------------------------------------------------------

CASE_C = SAMPLES["CASE-C"]["levels"]
AGAIN = frozenset(SCHEME["resubmission"]["correction"]["example"]["re_marked"])
CARRIED = {code: level for code, level in CASE_C.items() if code not in AGAIN}


def test_a_correction_marks_only_what_failed_and_carries_the_rest():
    asked = single(codes=AGAIN, carried={FIRST: CARRIED})
    procedure = dict.fromkeys(AGAIN - GRID.healed, 2)

    assert step(asked) == waits(PROCEDURE, FIRST)
    assert step(replace(asked, marks={FIRST: marks(procedure)})) == AwaitHealed()
    result = verdict(replace(asked, marks={FIRST: marks(procedure | {"R11": 2})}, healed_in=True))
    assert (result.total, result.outcome) == (60, Outcome.PASS)
    assert result.levels == MEETS


def test_a_sure_failure_counts_the_carried_levels():
    again = frozenset({"R08", "R11"})
    carried = {code: 2 for code in MEETS if code not in again}
    result = verdict(single(marks({"R08": 1}), codes=again, carried={FIRST: carried}))

    assert (result.points, result.possible, result.again) == (Fraction("53.2"), 92, again)


def test_each_of_two_markers_carries_their_own_levels():
    again = frozenset({"R08"})
    one = {code: 2 for code in MEETS if code not in again}
    two = {**one, "R04": 3}
    corrected = double(
        marks({"R08": 2}), marks({"R08": 3}), codes=again, carried={FIRST: one, SECOND: two}, healed_in=False
    )
    result = verdict(corrected)

    assert result.sets == ({**one, "R08": 2}, {**two, "R08": 3})
    assert (result.total, result.levels["R04"]) == (62, Fraction(5, 2))


def test_a_correction_without_healed_criteria_ends_at_the_procedure_stage():
    again = frozenset({"R08"})
    carried = {code: 2 for code in MEETS if code not in again}
    asked = single(codes=again, carried={FIRST: carried})

    assert step(asked) == waits(PROCEDURE, FIRST)
    assert verdict(replace(asked, marks={FIRST: marks({"R08": 2})})).total == 60
    named = replace(asked, marks={FIRST: marks({"R08": 2}, "AF7")})
    assert step(named) == waits(PROCEDURE, CONFIRM)
    assert step(replace(named, answers={"AF7": False})) == waits(PROCEDURE, THIRD, disputed=["AF7"])


def test_a_correction_of_the_healed_result_alone_skips_the_procedure():
    again = frozenset({"R11"})
    asked = single(codes=again, carried={FIRST: MEETS_AT_PROCEDURE})

    assert step(asked) == AwaitHealed()
    assert step(replace(asked, healed_in=True)) == waits(HEALED, FIRST)
    assert verdict(replace(asked, healed_in=True, marks={FIRST: marks({"R11": 2})})).total == 60


def test_two_markers_of_a_correction_who_differ_get_a_third_who_marks_everything():
    again = frozenset({"R04"})
    carried = {code: 2 for code in MEETS if code not in again}
    apart = double(marks({"R04": 1}), marks({"R04": 3}), codes=again, carried={FIRST: carried, SECOND: carried})

    assert step(apart) == waits(PROCEDURE, THIRD, differences=step(apart).differences)
    assert Difference.GAP in step(apart).differences
    result = verdict(replace(apart, marks={**apart.marks, THIRD: marks({**MEETS, "R05": 3})}))
    assert (result.basis, result.levels["R05"]) == (Basis.THIRD, 3)


def test_where_the_total_alone_is_missed_everything_is_marked_again():
    """A made-up rule: with the starter's, the standard throughout reaches the mark."""
    strict = replace(RULE, total_min=61)
    result = verdict(replace(single(marks(MEETS), healed_in=True), rule=strict))

    assert (result.outcome, result.missed) == (Outcome.REFERRED, (Missed(Asked.TOTAL),))
    assert result.again == GRID.weights.keys()


# Whatever the marks -------------------------------------------------------------------------------

LEVEL = st.one_of(st.just(2), st.integers(0, 4))
EVENTS = st.one_of(st.just(frozenset()), st.sets(st.sampled_from(["AF1", "AF7"])))
MOST_STEPS = 10
"""Pieces, answers and hand-ins after which any attempt has ended."""
STAGES = [PROCEDURE, HEALED]


@st.composite
def beginnings(draw):
    """An empty board: a first attempt or a correction, one marker or two."""
    again = draw(st.one_of(st.just(GRID.weights.keys()), st.sets(st.sampled_from(sorted(MEETS)), min_size=1)))
    of_all = st.fixed_dictionaries({code: LEVEL for code in MEETS if code not in again})
    two = draw(st.booleans())
    return Board(
        grid=GRID,
        rule=RULE,
        tolerance=TOLERANCE,
        double=two,
        last_attempt=draw(st.booleans()),
        codes=frozenset(again),
        healed_in=draw(st.booleans()),
        carried={kind: draw(of_all) for kind in ((FIRST, SECOND) if two else (FIRST,))},
    )


def play(board, data):
    """Give what is asked, one piece at a time in any order, until the verdict; yields each board."""
    yield board
    for _ in range(MOST_STEPS):
        asked = step(board)
        if isinstance(asked, Verdict):
            return
        if isinstance(asked, AwaitHealed):
            board = replace(board, healed_in=True)
        else:
            board = _answer(board, asked, data.draw(st.sampled_from(sorted(asked.kinds))), data)
        yield board


def _answer(board, asked, kind, data):
    if kind is CONFIRM:
        named = frozenset[str]().union(*(each.events for each in board.marks.values()))
        return replace(board, answers={**{event: data.draw(st.booleans()) for event in named}, **board.answers})
    codes = board.grid.weights if kind is THIRD else board.codes_at(asked.stage)
    before = board.given(kind)
    levels = data.draw(st.fixed_dictionaries(dict.fromkeys(sorted(codes), LEVEL)))
    given_now = Marks({**before.levels, **levels}, before.events | data.draw(EVENTS))
    return replace(board, marks={**board.marks, kind: given_now})


@given(beginnings(), st.data())
def test_every_attempt_ends_and_nobody_is_asked_twice(beginning, data):
    steps = [step(board) for board in play(beginning, data)]
    waited = [each for each in steps if isinstance(each, Wait)]
    asked = [(each.stage, kind) for each in waited for kind in each.kinds if kind in (CONFIRM, THIRD)]

    assert [isinstance(each, Verdict) for each in steps] == [False] * (len(steps) - 1) + [True]
    assert sorted(waited, key=lambda each: STAGES.index(each.stage)) == waited
    assert len([kind for _, kind in asked if kind is THIRD]) <= 2
    assert steps.count(AwaitHealed()) <= 1


@given(beginnings(), st.data())
def test_nobody_settles_a_dispute_before_both_have_marked_as_far(beginning, data):
    for board in play(beginning, data):
        found = step(board)
        if isinstance(found, Wait) and THIRD in found.kinds:
            assert {frozenset(board.levels(kind)) for kind in board.markers} in (
                {frozenset(GRID.weights)},
                {frozenset(MEETS_AT_PROCEDURE)},
            )


@given(beginnings(), st.data())
def test_a_verdict_says_what_its_marks_say(beginning, data):
    *_, last = play(beginning, data)
    result = step(last)
    totals = [points(levels, grid=GRID) for levels in result.sets]

    assert (result.outcome is Outcome.PASS) is (result.missed == ())
    assert (result.band is Band.NONE) or result.outcome is Outcome.PASS
    assert (result.outcome is Outcome.FAILED) is bool(result.missed and (result.confirmed or last.last_attempt))
    assert result.points == sum(totals) / len(totals)
    assert result.total in (None, result.points)
    assert (result.total is None) is (result.possible < 100)
    assert len(result.sets) == (2 if result.basis is Basis.AGREED else 1)
    assert result.again >= {code for levels in result.sets for code in GRID.weights if levels.get(code, 0) < 2}


@given(beginnings(), st.data())
def test_it_does_not_matter_in_which_order_marks_are_read(beginning, data):
    for board in play(beginning, data):
        turned = replace(
            board,
            marks={
                kind: replace(each, levels=dict(reversed(each.levels.items())))
                for kind, each in reversed(board.marks.items())
            },
            answers=dict(reversed(board.answers.items())),
        )

        assert step(turned) == step(board)


@given(beginnings(), st.data())
def test_two_markers_may_change_places(beginning, data):
    """Who is first and who second decides nothing where two mark."""
    swap = {FIRST: SECOND, SECOND: FIRST}
    beginning = replace(beginning, double=True, carried=dict.fromkeys((FIRST, SECOND), beginning.carried[FIRST]))
    for board in play(beginning, data):
        found = step(board)
        turned = step(replace(board, marks={swap.get(kind, kind): each for kind, each in board.marks.items()}))

        if isinstance(found, Wait):
            assert turned == replace(found, kinds=frozenset(swap.get(kind, kind) for kind in found.kinds))
        elif isinstance(found, Verdict):
            assert replace(turned, sets=(), missed=()) == replace(found, sets=(), missed=())
            assert set(turned.missed) == set(found.missed)
