"""Two markers of one case; the worked examples of the starter data."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.agreement import Difference, Tolerance, differences, together
from certification.grading import Grid, PassRule, grade
from training_site.starter.files import read

GRID = Grid.of(read("rubric.json"))
SCHEME = read("scheme.json")
RULE = PassRule.of(SCHEME["outcomes"])
TOLERANCE = Tolerance.of(SCHEME["agreement"])
EXAMPLES = SCHEME["agreement"]["examples"]
MEETS = dict.fromkeys(GRID.weights, 2)
LEVELS = st.fixed_dictionaries({code: st.integers(0, 4) for code in GRID.weights})


def grades(first, second):
    one, two = (grade(levels, grid=GRID, rule=RULE, last_attempt=False) for levels in (first, second))
    return one, two


def found(first, second):
    return differences(first, second, grades=grades(first, second), grid=GRID, tolerance=TOLERANCE)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])
def test_the_examples_come_out_as_worked(example):
    first, second = example["first"], example["second"]
    both = grades(first, second)
    reasons = found(first, second)

    assert [float(each.total) for each in both] == example["totals"]
    assert [each.outcome.value for each in both] == example["outcomes"]
    assert [reason.value for reason in reasons] == example["reasons"]
    assert bool(reasons) is example["third_assessor"]
    if not reasons:
        agreed = together(first, second, grades=both, rule=RULE)
        assert (float(agreed.total), agreed.outcome, agreed.band) == (
            example["total"],
            example["outcome"],
            example["band"],
        )


@pytest.mark.parametrize("code", sorted(GRID.critical))
def test_markers_on_both_sides_of_a_critical_standard_do_not_agree(code):
    first, second = {**MEETS, code: 1, "R04": 4}, {**MEETS, "R04": 4}

    assert Difference.CRITICAL in found(first, second)


def test_levels_are_shown_as_the_mean_of_both():
    second = {**MEETS, "R04": 3}
    agreed = together(MEETS, second, grades=grades(MEETS, second), rule=RULE)

    assert agreed.levels["R04"] == Fraction(5, 2)
    assert agreed.levels["R05"] == 2


def test_markers_with_different_outcomes_have_no_joint_result():
    low = {**MEETS, "R08": 1}

    with pytest.raises(ValueError, match="do not agree"):
        together(MEETS, low, grades=grades(MEETS, low), rule=RULE)


@given(LEVELS, LEVELS)
def test_it_does_not_matter_who_marked_first(one, two):
    assert found(one, two) == found(two, one)
    if not found(one, two):
        there = together(one, two, grades=grades(one, two), rule=RULE)
        assert there == together(two, one, grades=grades(two, one), rule=RULE)


@given(LEVELS)
def test_a_marker_always_agrees_with_themselves(levels):
    assert found(levels, levels) == []
    assert (
        together(levels, levels, grades=grades(levels, levels), rule=RULE).total == grades(levels, levels)[0].total
    )
