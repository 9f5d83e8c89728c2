"""What a candidate reads of a released result: numbers, words, comments, and nothing before its release."""

from decimal import Decimal
from fractions import Fraction

import pytest
import time_machine

from certification import advancing
from certification.attempts import begin_replacement
from certification.models import Annotation, ProcedureCase, Result
from certification.results import missed_of, released_of, shown, told
from certification.values import SubmissionKind
from tests.certification.assessed import (
    CASE_C,
    LATER,
    assessed,
    correction_of,
    in_marking,
    officer,
    referred_for_real,
    released,
)
from tests.factories.certification import AT, REASON, PhotoFactory, case, case_file
from tests.factories.marking import AT_STANDARD, REASON_TEXT, answer, assessor, marks, place_in_file
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common.history import save_as
from training_site.starter.files import read

pytestmark = pytest.mark.django_db
SAMPLES = {row["ref"]: row for row in read("case_studies.json")["cases"]}


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT):
        yield


def a_case(**facts: object) -> ProcedureCase:
    return case(case_file(person(Role.TRAINEE)), **facts)


def sample(ref: str) -> dict:
    return SAMPLES[ref]["submissions"][0]


# Numbers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exact", "text"),
    [
        ("77.2", "77.2"),
        ("77.24", "77.2"),
        ("77.25", "77.3"),
        ("77.349", "77.3"),
        ("77.35", "77.4"),
        ("59.95", "60.0"),
        ("60", "60.0"),
        ("100", "100.0"),
        ("0", "0.0"),
    ],
)
def test_points_are_shown_with_one_decimal_halves_up(exact, text):
    assert shown(Decimal(exact)) == text
    assert shown(Fraction(exact)) == text


# The sample cases -----------------------------------------------------------------------------------


@pytest.mark.parametrize("ref", ["CASE-A", "CASE-B", "CASE-C"])
def test_the_sample_cases_come_to_what_the_data_says(ref):
    row, facts = sample(ref), SAMPLES[ref]
    made = a_case(treatment=facts["treatment"])

    result = told(released(made, row["levels"], feedback=row["comment"]))

    expected = row["expected"]
    words = {"pass": "Passed", "referred": "Referred (resubmit)"}
    assert result.score == f"{expected['total']} of 100 points"
    assert result.outcome == words[expected["outcome"]]
    assert result.band == ("Merit" if expected["band"] == "merit" else "")
    assert result.notes == [row["comment"]]
    assert bool(result.missed) is bool(expected["fails"])


def test_the_referred_sample_says_what_was_missing():
    result = told(released(levels=CASE_C))

    assert result.missed == [
        "The total is below 60 points.",
        "Below level 2, which a critical criterion must reach: Depth and skin handling.",
        "At most 2 criteria may be at level 1. At level 1: Dot size and definition, Depth and skin handling, "
        "Colour and dilution, Healed result and retention and Photo evidence.",
    ]
    assert result.kinds == (SubmissionKind.CORRECTION, SubmissionKind.REPLACEMENT)
    assert result.attempts_left == 2
    assert result.sentence == "This case does not meet the standard yet. 2 attempts are left."
    assert [row.code for row in result.again] == ["R06", "R08", "R10", "R11", "R12"]


def test_the_replacement_of_the_sample_passes():
    old = released(levels=CASE_C).case
    new = begin_replacement(old, client_code="R-021", actor=old.practitioner, at=LATER)

    result = told(released(new, sample("CASE-C2")["levels"]))

    assert (result.score, result.outcome, result.submission.number) == ("63.0 of 100 points", "Passed", 2)
    assert told(released_of(old.practitioner, old.ref)[0]).sentence == (
        f"This case did not meet the standard. Case {new.ref} has taken its place."
    )


def test_the_correction_of_the_sample_carries_what_stood():
    """CASE-C corrected: each criterion that failed reaches 2, and the total is exactly 60."""
    of = referred_for_real()
    correction = correction_of(of)
    in_marking(of)
    marks(correction, dict.fromkeys(["R06", "R08", "R10", "R11", "R12"], 2))
    correction.refresh_from_db()
    advancing.advance(correction, at=LATER)
    from certification.releasing import release

    result = told(release(correction, actor=officer(), at=LATER))

    assert (result.score, result.outcome, result.band) == ("60.0 of 100 points", "Passed", "")
    carried = {row.code: row.carried for row in result.criteria}
    assert carried == {code: None if CASE_C[code] == 1 else 1 for code in CASE_C}


# Before release -----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["assessed", "quality_hold", "procedure_marking", "healed_marking"])
def test_nothing_is_told_before_release(state):
    attempt = assessed()
    attempt.state = state
    save_as(attempt, actor=None, reason=REASON, fields=["state"])

    with pytest.raises(ValueError, match="no released result"):
        told(attempt)
    assert released_of(attempt.case.practitioner, attempt.case.ref) == []


def test_a_released_result_is_its_candidates_alone():
    attempt = released()

    assert released_of(attempt.case.practitioner, attempt.case.ref) == [attempt]
    assert released_of(person(Role.TRAINEE), attempt.case.ref) == []
    assert released_of(officer(), attempt.case.ref) == []


# Levels and comments --------------------------------------------------------------------------------


def test_a_criterion_comes_with_level_words_and_comments():
    result = told(released(levels={**AT_STANDARD, "R08": 1}))

    row = next(row for row in result.criteria if row.code == "R08")
    assert (row.level, row.label) == ("1", "Below standard")
    assert row.descriptor == "Repeated blow-outs or over-worked patches"
    assert (row.reasons, row.faults, row.carried) == ([REASON_TEXT], ["Patchy or uneven density"], None)
    assert [each.code for each in result.criteria] == sorted(AT_STANDARD)


def both(second: dict, first: dict = AT_STANDARD) -> ProcedureCase:
    """A double-marked case whose two sets of marks are in."""
    made = place_in_file(a_case(), 3)
    attempt = in_marking(made)
    marks(attempt, first, feedback="Bold line.")
    marks(attempt, second, kind="second", feedback="A soft line.")
    advancing.advance(attempt, at=AT)
    return made


def tell(made: ProcedureCase):
    from certification.releasing import release

    return told(release(made.submissions.get(), actor=officer(), at=AT))


def test_of_two_markers_levels_are_means_and_nobody_learns_who_wrote_what():
    result = tell(both({**AT_STANDARD, "R01": 3}))

    row = result.criteria[0]
    assert (row.level, row.label, row.descriptor) == ("2.5", "Between “Meets the standard” and “Good”", "")
    assert result.score == "61.0 of 100 points"
    assert result.notes == ["A soft line.", "Bold line."]


def test_a_miss_of_one_of_two_markers_says_so():
    low = {**AT_STANDARD, "R08": 1}

    result = tell(both({**low, "R09": 3}, low))

    assert result.missed[-1] == (
        "Below level 2, which a critical criterion must reach in at least one of the two sets of marks: "
        "Depth and skin handling."
    )


def test_where_a_third_assessor_marked_only_their_words_are_told():
    made = both({**AT_STANDARD, "R08": 1})
    attempt = made.submissions.get()
    marks(attempt, {**AT_STANDARD, "R05": 3}, kind="third", feedback="Well balanced.")
    advancing.advance(attempt, at=AT)

    result = tell(made)

    assert result.notes == ["Well balanced."]
    assert [text for row in result.criteria for text in row.texts] == []
    assert (result.criteria[4].level, result.score) == ("3", "61.0 of 100 points")


def test_marks_of_a_round_that_was_set_aside_are_not_told():
    attempt = assessed(feedback="Set aside.")
    attempt.round, attempt.state = 2, "procedure_marking"
    save_as(attempt, actor=None, reason=REASON, fields=["round", "state"])
    marks(attempt, CASE_C, feedback="Of the new marker.")
    advancing.advance(attempt, at=AT)

    result = tell(attempt.case)

    assert (result.score, result.notes) == ("52.6 of 100 points", ["Of the new marker."])


def test_a_sure_failure_tells_the_points_so_far():
    levels = {code: level for code, level in {**AT_STANDARD, "R08": 1}.items() if code != "R11"}

    result = told(released(levels=levels))

    assert result.score == "53.2 of 92 points so far"
    assert result.missed == ["Below level 2, which a critical criterion must reach: Depth and skin handling."]
    healed = next(row for row in result.criteria if row.code == "R11")
    assert (healed.level, healed.label, healed.again) == ("", "Not marked yet", True)


def test_a_total_that_no_healed_result_could_save_is_said_to_be_so():
    levels = {code: 1 if code in {"R04", "R05"} else 2 for code in AT_STANDARD if code != "R11"}
    result = told(released(levels={**levels, "R06": 0}))

    assert "No criterion may be at level 0. At level 0: Dot size and definition." in result.missed
    assert "Even with the best healed result the total would be below 60 points." in result.missed


# The end of a case --------------------------------------------------------------------------------


def test_a_confirmed_event_ends_the_case():
    made = a_case()
    attempt = in_marking(made)
    why = "The label shows an expiry day before the session."
    marks(attempt, AT_STANDARD, events={"AF1": why})
    answer(attempt, "AF1", confirmed=True)
    advancing.advance(attempt, at=AT)

    result = tell(made)

    assert (result.outcome, result.tone, result.kinds) == ("Failed", "stop", ())
    assert result.missed == ["An event was confirmed that ends a case whatever its total."]
    assert result.events == [f"Needle or cartridge used on more than one client, or not sterile/in date. {why}"]
    assert result.sentence.startswith("A confirmed event ends this case whatever its total.")


def test_an_event_that_was_not_confirmed_is_not_told():
    made = a_case()
    attempt = in_marking(made)
    marks(attempt, AT_STANDARD, events={"AF1": "I believe so."})
    answer(attempt, "AF1", confirmed=False)
    advancing.advance(attempt, at=AT)
    marks(attempt, AT_STANDARD, kind="third")
    advancing.advance(attempt, at=AT)

    result = tell(made)

    assert (result.outcome, result.events, result.missed) == ("Passed", [], [])


def test_the_last_attempt_fails():
    made = a_case()
    attempt = made.submissions.get()
    attempt.number, attempt.kind = 3, "replacement"
    save_as(attempt, actor=None, reason=REASON, fields=["number", "kind"])

    result = told(released(made, CASE_C))

    assert (result.outcome, result.kinds, result.attempts_left) == ("Failed", (), 0)
    assert result.sentence.startswith("This was attempt 3, the last one")


@pytest.mark.parametrize(("band", "word"), [("none", ""), ("merit", "Merit"), ("distinction", "Distinction")])
def test_a_band_is_a_word_beside_a_pass(band, word):
    levels = {"none": 2, "merit": 3, "distinction": 4}[band]

    assert told(released(levels=dict.fromkeys(AT_STANDARD, levels))).band == word


# Pins ---------------------------------------------------------------------------------------------


def test_pins_stand_on_their_photographs_and_are_counted_through():
    made = place_in_file(a_case(), 3)
    photo = PhotoFactory(case=made, stage="immediate", view="close")
    other = PhotoFactory(case=made, stage="healed", view="area")
    attempt = in_marking(made)
    for kind, place in (("first", 0.25), ("second", 0.5)):
        first, *_ = marks(attempt, AT_STANDARD, kind=kind, by=assessor())
        Annotation.objects.create(assessment=first, number=1, photo=photo, x=place, y=place, text=f"Dot {place}")
    Annotation.objects.create(assessment=first, number=2, photo=other, x=1, y=0, text="Even hold")
    advancing.advance(attempt, at=AT)

    pinned = tell(made).pinned

    assert [each.photo for each in pinned] == [photo, other]
    assert [(pin.number, pin.x, pin.y, pin.text) for each in pinned for pin in each.pins] == [
        (1, 25.0, 25.0, "Dot 0.25"),
        (2, 50.0, 50.0, "Dot 0.5"),
        (3, 100, 0, "Even hold"),
    ]


def test_the_words_of_a_pin_stay_when_its_photograph_is_gone():
    made = a_case()
    photo = PhotoFactory(case=made, stage="immediate", view="close")
    attempt = in_marking(made)
    first, *_ = marks(attempt, AT_STANDARD)
    Annotation.objects.create(assessment=first, number=1, photo=photo, x=0, y=0, text="Spread dot")
    advancing.advance(attempt, at=AT)
    for name in photo.FILES:
        setattr(photo, name, "")
    photo.removed_at = AT
    save_as(photo, actor=None, reason=REASON)

    [pinned] = tell(made).pinned

    assert (pinned.kept, pinned.pins[0].text) == (False, "Spread dot")


def test_every_test_of_a_pass_has_its_sentence():
    from certification.grading import Asked, PassRule

    rule = PassRule.of(read("scheme.json")["outcomes"])
    result = Result(
        basis="single", total=Decimal(50), missed=[{"test": each.value, "criteria": ["R08"]} for each in Asked]
    )

    found = missed_of(result, rule, {"R08": "Depth"})

    assert len(set(found)) == len(Asked)
    assert all(each.endswith(".") for each in found)
