"""Levels → points, outcome and band; the worked examples of the starter data."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.grading import (
    Asked,
    Band,
    Grid,
    Missed,
    Outcome,
    PassRule,
    grade,
    marked_again,
    points,
    possible,
    sure_failure,
)
from training_site.starter.files import read

GRID = Grid.of(read("rubric.json"))
SCHEME = read("scheme.json")
RULE = PassRule.of(SCHEME["outcomes"])
MEETS = dict.fromkeys(GRID.weights, 2)
SAMPLES = {row["case"]: row for case in read("case_studies.json")["cases"] for row in case["submissions"]}
LEVELS = st.fixed_dictionaries({code: st.integers(0, 4) for code in GRID.weights})


def graded(levels, *, last_attempt=False, autofail=False):
    return grade(levels, grid=GRID, rule=RULE, last_attempt=last_attempt, autofail=autofail)


def told(missed: Missed) -> str:
    """As the data names it."""
    names = {Asked.TOTAL: "total_below_60", Asked.CRITICAL: "critical_below_2", Asked.AT_1: "more_than_two_at_1"}
    return ":".join(filter(None, [names[missed.test], ",".join(missed.criteria)]))


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_the_sample_cases_come_out_as_worked(sample):
    result, expected = graded(sample["levels"]), sample["expected"]

    assert float(result.total) == expected["total"]
    assert (result.outcome, result.band) == (expected["outcome"], expected["band"])
    assert [told(missed) for missed in result.missed] == expected["fails"]


def test_the_standard_throughout_is_exactly_a_pass():
    assert graded(MEETS) == graded(MEETS, last_attempt=True)
    assert (graded(MEETS).total, graded(MEETS).outcome, graded(MEETS).band) == (60, Outcome.PASS, Band.NONE)


@pytest.mark.parametrize(
    ("changes", "missed"),
    [
        ({"R14": 1}, [Missed(Asked.TOTAL)]),
        ({"R14": 1, "R05": 3}, []),
        ({"R13": 1, "R14": 1, "R04": 3}, []),
        ({"R12": 1, "R13": 1, "R14": 1, "R04": 3}, [Missed(Asked.AT_1, ("R12", "R13", "R14"))]),
        ({"R14": 0, "R04": 4}, [Missed(Asked.AT_0, ("R14",))]),
        ({"R01": 1, "R04": 4}, [Missed(Asked.CRITICAL, ("R01",))]),
        ({"R02": 1, "R04": 4}, [Missed(Asked.CRITICAL, ("R02",))]),
        ({"R03": 1, "R04": 4}, [Missed(Asked.CRITICAL, ("R03",))]),
        ({"R08": 1, "R04": 4}, [Missed(Asked.CRITICAL, ("R08",))]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else None,
)
def test_each_test_counts_by_itself(changes, missed):
    assert list(graded({**MEETS, **changes}).missed) == missed


@pytest.mark.parametrize(
    ("total", "band"),
    [(Fraction("74.9"), Band.NONE), (75, Band.MERIT), (Fraction("87.9"), Band.MERIT), (88, Band.DISTINCTION)],
)
def test_bands_begin_at_their_mark(total, band):
    from certification import grading

    assert grading.band(Fraction(total), missed=False, rule=RULE) is band
    assert grading.band(Fraction(total), missed=True, rule=RULE) is Band.NONE


def test_a_miss_is_referred_while_attempts_are_left_and_failed_at_the_last():
    low = {**MEETS, "R14": 1}

    assert graded(low).outcome is Outcome.REFERRED
    assert graded(low, last_attempt=True).outcome is Outcome.FAILED


def test_a_confirmed_event_fails_whatever_the_total():
    best = dict.fromkeys(GRID.weights, 4)

    assert (graded(best, autofail=True).total, graded(best, autofail=True).outcome) == (100, Outcome.FAILED)
    assert graded(best, autofail=True).band is Band.NONE


@pytest.mark.parametrize("levels", [{**MEETS, "R99": 2}, {k: v for k, v in MEETS.items() if k != "R11"}, {}])
def test_an_incomplete_set_of_levels_has_no_result(levels):
    with pytest.raises(ValueError, match="each criterion"):
        graded(levels)


@pytest.mark.parametrize("level", [-1, 5, Fraction(3, 2)])
def test_only_the_five_levels_count(level):
    with pytest.raises(ValueError, match="no level"):
        graded({**MEETS, "R01": level})


def test_without_the_healed_result_92_points_are_possible():
    procedure = GRID.weights.keys() - GRID.healed

    assert possible(procedure, grid=GRID) == 92
    assert points(dict.fromkeys(procedure, 4), grid=GRID) == 92


@pytest.mark.parametrize(
    ("changes", "sure"),
    [
        ({}, False),
        ({"R08": 1}, True),
        ({"R05": 0}, True),
        ({"R12": 1, "R13": 1}, False),
        ({"R12": 1, "R13": 1, "R14": 1}, True),
        # With R11 at level 4: 52.2 + 8 = 60.2 points, and 51.2 + 8 = 59.2.
        ({"R04": 1, "R05": 1}, False),
        ({"R04": 1, "R06": 1}, True),
    ],
)
def test_a_failure_is_sure_when_no_healed_result_could_help(changes, sure):
    procedure = dict.fromkeys(GRID.weights.keys() - GRID.healed, 2) | changes

    assert bool(sure_failure(procedure, grid=GRID, rule=RULE)) is sure


def test_a_correction_marks_again_what_was_below_the_standard():
    example = SCHEME["resubmission"]["correction"]["example"]
    levels = SAMPLES[example["case"]]["levels"]
    again = marked_again(levels, grid=GRID)
    corrected = graded(levels | dict.fromkeys(again, 2))

    assert sorted(again) == example["re_marked"]
    assert float(corrected.total) == example["if_each_reaches_2"]["total"]
    assert corrected.outcome == example["if_each_reaches_2"]["outcome"]


def test_a_correction_marks_again_what_was_never_marked():
    procedure = dict.fromkeys(GRID.weights.keys() - GRID.healed, 2) | {"R08": 1}

    assert marked_again(procedure, grid=GRID) == {"R08", "R11"}


def test_when_the_total_alone_was_missed_everything_is_marked_again():
    assert marked_again(MEETS, grid=GRID) == GRID.weights.keys()


@given(LEVELS, st.sampled_from(sorted(GRID.weights)))
def test_a_better_level_never_makes_a_result_worse(levels, code):
    order = [Outcome.FAILED, Outcome.REFERRED, Outcome.PASS]
    better = {**levels, code: min(4, levels[code] + 1)}

    assert graded(better).total >= graded(levels).total
    assert order.index(graded(better).outcome) >= order.index(graded(levels).outcome)


@given(LEVELS)
def test_a_failure_is_sure_exactly_when_every_healed_result_fails(levels):
    procedure = {code: level for code, level in levels.items() if code not in GRID.healed}
    every = [graded({**procedure, "R11": healed}).outcome for healed in range(5)]

    assert bool(sure_failure(procedure, grid=GRID, rule=RULE)) is (Outcome.PASS not in every)
