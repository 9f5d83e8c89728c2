import copy

import pytest

from certification.terms import Assessors, Cases, Prerequisites, Terms
from training_site.starter.files import read


@pytest.fixture
def rules():
    return copy.deepcopy(read("scheme.json"))


def test_the_starters_numbers_are_read(rules):
    assert Terms.of(rules) == Terms(
        prerequisites=Prerequisites(
            age_years=18, guided_hours=100, training_days=365, practice_exercises=8, live_procedures=6
        ),
        cases=Cases(passed=4, treatments=3, skin_bands=2, attempts=3),
        healed_days=28,
        double_from_position=3,
        lease_days=7,
        feedback_days=14,
        assessors=Assessors(certified_years=3, logged_cases=100, founding_months=36),
    )


@pytest.mark.parametrize(("position", "markers"), [(1, 1), (2, 1), (3, 2), (4, 2)])
def test_two_assessors_mark_from_the_third_case_of_a_file_on(rules, position, markers):
    assert Terms.of(rules).markers(position) == markers


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("prerequisites", "age_min"),
        ("prerequisites", "guided_hours"),
        ("prerequisites", "bbp_proof_max_age"),
        ("prerequisites", "practice_exercises"),
        ("prerequisites", "live_procedures"),
        ("cases", "passed_min"),
        ("cases", "treatments_min"),
        ("cases", "skin_bands_min"),
        ("cases", "limit_attempts"),
        ("markers", "double_from_position"),
        ("markers", "allocation_lease"),
        ("feedback", "due"),
    ],
)
def test_no_number_may_be_missing_or_be_something_else(rules, part, name):
    for wrong in ("100", 1.5, True, None):
        rules[part][name]["value"] = wrong
        with pytest.raises(TypeError, match="is no whole number"):
            Terms.of(rules)
    del rules[part][name]
    with pytest.raises(KeyError, match=name):
        Terms.of(rules)


def test_the_healed_window_is_a_whole_number_too(rules):
    rules["stages"]["healed"]["earliest_days"]["value"] = "28"

    with pytest.raises(TypeError, match="'28' is no whole number"):
        Terms.of(rules)


@pytest.mark.parametrize(
    ("basis", "name"),
    [("experience", "certified_years"), ("experience", "logged_cases"), ("founding_panel", "ends_after")],
)
def test_what_assessors_need_is_a_whole_number_too(rules, basis, name):
    rules["assessors"]["authorisation"][basis][name]["value"] = "3"

    with pytest.raises(TypeError, match="'3' is no whole number"):
        Terms.of(rules)


def test_no_number_is_negative(rules):
    rules["prerequisites"]["guided_hours"]["value"] = -1

    with pytest.raises(ValueError, match="-1 is negative"):
        Terms.of(rules)
