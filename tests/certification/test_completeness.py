"""What the written record lacks before hand-in."""

import datetime as dt

import pytest

from certification.cases import Part
from certification.completeness import Gap, lacking, stage_fits, words, written
from certification.models import ProcedureCase, SchemeVersion, SessionLog
from certification.values import VisitKind
from training_site.starter.files import read

DAY = dt.date(2026, 3, 10)
QUESTIONS = read("screen_questions.json")


def expected_answers(**changes: dict[str, str]) -> dict[str, dict[str, str]]:
    """Every question answered as expected, but for ``changes``."""
    answers = {row["key"]: {"value": row["default"], "note": ""} for row in QUESTIONS["questions"]}
    return {**answers, **changes}


def case(**facts: object) -> ProcedureCase:
    """A strip scar, written down in full."""
    full = {
        "treatment": "fut_scar",
        "client_code": "R-009",
        "age_band": "45_54",
        "sex": "man",
        "scale": "none",
        "fitzpatrick": "2",
        "history_summary": "Two strip operations.",
        "answers": expected_answers(),
        "treated_under": "clear",
        "plan": "One session.",
        "client_agreed_on": DAY,
        "aftercare_sheet": "Aftercare, version 3",
        "contact_log": "Called: calm skin.",
        "reflection": "word " * 150,
        "all_own_work": True,
        "retention_note": "Even.",
    }
    return ProcedureCase(scheme_version=SchemeVersion(questions=QUESTIONS), **{**full, **facts})


def visit(kind: str = "session", on: dt.date = DAY, **facts: object) -> SessionLog:
    """A visit, written down in full."""
    full = {
        "began": dt.time(10),
        "ended": dt.time(11),
        "operator": "candidate",
        "place": "North Street Studio",
        "needles": ["single"],
        "needle_lot": "N-20",
        "needle_expires_on": DAY,
        "machine": "Rotary",
        "speed": "7 V",
        "pigment": "Grey",
        "pigment_lot": "G-77",
        "pigment_expires_on": DAY,
        "dilution": "1:8",
        "zones": "Scar",
        "incident": False,
        "aftercare_given": True,
    }
    return SessionLog(kind=kind, visited_on=on, **{**full, **facts})


def sentences(of: ProcedureCase, *visits: SessionLog, has_clearance: bool = False) -> list[str]:
    gaps = written(of, visits or [visit()], part=Part.PROCEDURE, has_clearance=has_clearance)
    return [gap.sentence for gap in gaps]


def test_a_full_record_lacks_nothing():
    assert written(case(), [visit()], part=Part.PROCEDURE) == []
    assert written(case(), [visit()], part=Part.HEALED) == []


@pytest.mark.parametrize(
    ("fact", "gap"),
    [
        ({"age_band": ""}, Gap("case_client", "Choose the client's age.")),
        ({"sex": ""}, Gap("case_client", "Choose the client's sex.")),
        ({"scale": ""}, Gap("case_client", "Choose the scale of hair loss and the stage.")),
        ({"scale": "norwood"}, Gap("case_client", "Choose the stage on the Norwood–Hamilton scale.")),
        (
            {"treatment": "crown"},
            Gap("case_client", "Choose a scale of hair loss: only a scar or a beard has none."),
        ),
        (
            {"treatment": "correction", "corrects": "crown"},
            Gap("case_client", "Choose a scale of hair loss: only a scar or a beard has none."),
        ),
        ({"fitzpatrick": ""}, Gap("case_client", "Choose the skin type.")),
        (
            {"history_summary": " \n"},
            Gap("case_client", "Write the history of the loss, the skin and earlier treatments."),
        ),
        (
            {"treated_under": ""},
            Gap("case_screen", "Say what you decided on the outcome of the health screen."),
        ),
        ({"plan": ""}, Gap("case_plan", "Write the plan.")),
        (
            {"client_agreed_on": None},
            Gap("case_plan", "Give the day on which the client agreed to design and plan."),
        ),
        (
            {"aftercare_sheet": ""},
            Gap("case_aftercare", "Name the aftercare sheet that you gave, with its version."),
        ),
        ({"contact_log": ""}, Gap("case_aftercare", "Write down the contacts after the visits.")),
        ({"reflection": ""}, Gap("case_aftercare", "Write the reflection, 150 to 600 words.")),
        ({"all_own_work": False}, Gap("case_aftercare", "State that you placed all the pigment yourself.")),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_each_fact_that_is_left_out_is_named_once(fact, gap):
    assert written(case(**fact), [visit()], part=Part.PROCEDURE) == [gap]


def test_a_correction_of_a_scar_needs_no_scale():
    assert sentences(case(treatment="correction", corrects="fue_scar")) == []


@pytest.mark.parametrize(
    ("scale", "stage", "fits"),
    [
        ("norwood", "IIIV", True),
        ("norwood", "3", False),
        ("norwood", "", False),
        ("ludwig", "3", True),
        ("ludwig", "4", False),
        ("sinclair", "5", True),
        ("sinclair", "V", False),
        ("areata_extent", "ophiasis", True),
        ("areata_extent", "1", False),
        ("none", "", True),
        ("none", "V", False),
        ("unknown", "V", False),
    ],
)
def test_a_stage_belongs_to_its_scale(scale, stage, fits):
    assert stage_fits(scale, stage) is fits


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, ["The reflection has 1 word. Write at least 150."]),
        (149, ["The reflection has 149 words. Write at least 150."]),
        (150, []),
        (600, []),
        (601, ["The reflection has 601 words. Shorten it to at most 600."]),
    ],
)
def test_a_reflection_has_150_to_600_words(count, expected):
    assert sentences(case(reflection="word\n" * count)) == expected


def test_words_are_counted_between_any_spaces():
    assert words("  one\ttwo\n\nthree — four’s  ") == 5


@pytest.mark.parametrize(
    ("has_clearance", "stated", "expected"),
    [
        (False, False, ["Add the written clearance to the papers, or state here that there was none."]),
        (False, True, []),
        (True, False, []),
        (True, True, ["A written clearance is on file, and you state that there was none. Correct one."]),
    ],
)
def test_an_outcome_of_clearance_needs_the_paper_or_the_statement(has_clearance, stated, expected):
    answers = expected_answers(q_diabetes={"value": "yes", "note": "Type 2 since 2015."})

    found = sentences(case(answers=answers, without_clearance=stated), has_clearance=has_clearance)

    assert found == expected


def test_a_clearance_nobody_asked_for_is_no_gap():
    assert sentences(case(), has_clearance=True) == []


@pytest.mark.parametrize(
    ("note", "is_enough"), [("123456789", False), ("1234567890", True), (" 12345678 ", False)]
)
def test_an_unexpected_answer_needs_a_note_of_ten_characters(note, is_enough):
    found = sentences(case(answers=expected_answers(q_pregnant={"value": "yes", "note": note})))

    assert found == (
        [] if is_enough else ["Add a note of at least 10 characters to “Are you pregnant, or could you be?”."]
    )


def test_every_unanswered_question_is_named():
    assert len(sentences(case(answers={}))) == len(QUESTIONS["questions"])


def test_a_wrong_decision_is_no_gap():
    answers = expected_answers(q_keloid={"value": "yes", "note": "On the chest, 2012."})

    assert sentences(case(answers=answers, treated_under="clear")) == []


@pytest.mark.parametrize(
    ("fact", "missing"),
    [
        ({"began": None}, ["the times"]),
        ({"ended": None}, ["the times"]),
        ({"operator": ""}, ["who did it"]),
        ({"place": " "}, ["the place"]),
        ({"needles": []}, ["the cartridge"]),
        ({"needles": ["other"]}, ["which other cartridge"]),
        ({"needles": ["other"], "needle_other": "Five-point"}, []),
        ({"needle_lot": ""}, ["the cartridge batch"]),
        ({"needle_expires_on": None}, ["the cartridge expiry"]),
        ({"machine": ""}, ["the machine"]),
        ({"speed": ""}, ["its speed"]),
        ({"pigment": ""}, ["the pigment"]),
        ({"pigment_lot": ""}, ["the pigment batch"]),
        ({"pigment_expires_on": None}, ["the pigment expiry"]),
        ({"dilution": ""}, ["the dilution"]),
        ({"zones": ""}, ["the zones"]),
        ({"incident": None}, ["whether something went wrong"]),
        ({"incident": True}, ["what went wrong"]),
        ({"incident": True, "incident_text": "A needlestick."}, []),
        ({"aftercare_given": False}, ["that aftercare was explained"]),
    ],
)
@pytest.mark.parametrize("kind", ["test_area", "session", "touch_up"])
def test_a_visit_with_pigment_is_written_down_in_full(kind, fact, missing):
    assert lacking(visit(kind, **fact)) == missing


@pytest.mark.parametrize("kind", ["consultation", "patch_test", "healed_review"])
def test_a_visit_without_pigment_needs_no_more_than_kind_and_day(kind):
    assert lacking(SessionLog(kind=kind, visited_on=DAY)) == []


def test_the_kinds_of_visit_are_all_asked_about():
    assert set(VisitKind) == {"consultation", "patch_test", "healed_review", "test_area", "session", "touch_up"}


def test_an_incomplete_visit_is_one_gap():
    assert sentences(case(), visit(place="", zones="")) == [
        "Complete the treatment session of 10 March 2026: the place, the zones."
    ]


@pytest.mark.parametrize("kinds", [[], ["consultation"], ["touch_up"], ["test_area"]])
def test_a_case_without_a_session_has_a_gap(kinds):
    visits = [visit(kind) for kind in kinds]

    gaps = written(case(), visits, part=Part.PROCEDURE)

    assert gaps == [Gap("case_visits", "Log the treatment sessions.")]


@pytest.mark.parametrize(
    ("days_later", "expected"),
    [(-1, ["Log the session that followed the test area of 10 March 2026."]), (0, []), (1, [])],
)
def test_a_session_follows_a_test_area(days_later, expected):
    session = visit(on=DAY + dt.timedelta(days=days_later))

    assert sentences(case(), session, visit("test_area")) == expected


def test_a_visit_may_not_contradict_that_all_the_work_is_ones_own():
    found = sentences(case(), visit(), visit("touch_up", operator="shared"))

    assert found == [
        "At the touch-up of 10 March 2026 another person placed some of the pigment, and you state that you "
        "placed all of it. Correct one of them; only a case that is all your own work is assessed."
    ]


def test_somebody_else_may_lead_a_consultation():
    assert sentences(case(), visit(), visit("consultation", operator="shared")) == []


def test_the_healed_stage_asks_for_the_note_and_for_touch_ups_only():
    bare = SessionLog(kind="touch_up", visited_on=DAY, aftercare_given=True, incident=False, operator="candidate")
    unwritten = case(retention_note=" ", plan="", answers={})

    gaps = written(unwritten, [visit(place=""), bare], part=Part.HEALED)

    assert [gap.url_name for gap in gaps] == ["case_visits", "case_healed"]
    assert gaps[0].sentence.startswith("Complete the touch-up of 10 March 2026: the times, the place, ")


def test_a_touch_up_by_somebody_else_is_no_work_of_ones_own_at_the_healed_stage_either():
    found = written(case(), [visit(), visit("touch_up", operator="shared")], part=Part.HEALED)

    assert [gap.url_name for gap in found] == ["case_visits"]
    assert "another person placed some of the pigment" in found[0].sentence


@pytest.mark.parametrize(
    ("treated_under", "has_clearance", "without", "sentence"),
    [
        (
            "clearance",
            False,
            False,
            "Add the written clearance to the papers, or state here that there was none.",
        ),
        (
            "clear",
            True,
            True,
            "A written clearance is on file, and you state that there was none. Correct one.",
        ),
    ],
    ids=["claimed", "contradicted"],
)
def test_what_is_said_of_a_clearance_fits_whatever_the_outcome(treated_under, has_clearance, without, sentence):
    said = case(treated_under=treated_under, without_clearance=without)

    assert sentences(said, has_clearance=has_clearance) == [sentence]


@pytest.mark.parametrize(("began", "missing"), [(8, 1), (12, 0)], ids=["session before", "session after"])
def test_on_one_day_the_session_follows_the_test_area_by_the_clock(began, missing):
    test_area = visit("test_area", began=dt.time(10), ended=dt.time(11))
    session = visit(began=dt.time(began), ended=dt.time(began, 45))

    assert len(sentences(case(), test_area, session)) == missing
