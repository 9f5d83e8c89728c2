"""Marks kept, and handed in: what may stand in a draft, what it lacks, and that submission is all or nothing."""

import copy
import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from certification import assessing
from certification.assessing import Answered, answer, asked_events, gaps, save, submit
from certification.drafts import (
    MOST_NOTES,
    ChangedElsewhere,
    Feedback,
    Mark,
    Named,
    PartsRefused,
    Pin,
    Pins,
)
from certification.errors import AssessmentRefused
from certification.marking import AwaitHealed, Verdict, Wait
from certification.models import (
    Annotation,
    Assessment,
    Confirmation,
    Criterion,
    Judgement,
    NamedEvent,
    Result,
    Submission,
)
from tests.factories.certification import AT, REASON, PhotoFactory, at_state, ready_case
from tests.factories.marking import (
    AT_STANDARD,
    REASON_TEXT,
    allocation,
    assessor,
    attempt,
    frozen,
    marks,
    place_in_file,
)
from tests.factories.marking import answer as answered
from tests.people import person
from tests.together import together
from training_site.accounts.roles import Role
from training_site.common.days import DAY
from training_site.common.history import save_as, signed

pytestmark = pytest.mark.django_db

WHY = "The label in the second photograph shows it plainly."
PROCEDURE = [code for code in AT_STANDARD if code != "R11"]
DUE = AT + 7 * DAY


@pytest.fixture
def scar():
    made = place_in_file(ready_case(), 1)
    frozen(at_state(made, "procedure_marking"))
    return made


@pytest.fixture
def piece(scar):
    return allocation(attempt(scar))


@pytest.fixture
def assessment(piece) -> Assessment:
    return begun(piece)


def begun(piece, **facts) -> Assessment:
    made = Assessment(allocation=piece, begun_at=AT, **facts)
    return save_as(made, actor=piece.assessor, reason=REASON)


def keep(assessment, *changes, at=AT, **facts) -> dict:
    """The draft after these changes."""
    return save(assessment, *changes, actor=assessment.allocation.assessor, at=at, **facts).draft


def hand_in(assessment, *, at=AT):
    return submit(assessment, actor=assessment.allocation.assessor, at=at)


def refused(assessment, *changes, **facts) -> str:
    with pytest.raises(AssessmentRefused) as refusal:
        keep(assessment, *changes, **facts)
    return str(refusal.value)


def all_at(level: int = 2, codes=PROCEDURE) -> list[Mark]:
    return [Mark(code, level) for code in codes]


def whole(assessment, level: int = 2) -> Assessment:
    """Every criterion of the procedure at a level that needs no reason."""
    keep(assessment, *all_at(level))
    assessment.refresh_from_db()
    return assessment


# Keeping a draft ----------------------------------------------------------------------------------


def test_each_part_of_a_draft_is_kept_by_itself(assessment, scar):
    photo = scar.photos.first().pk
    keep(assessment, Mark("R01", 1, "  Gloves not changed. ", ["patchy"], "Change them."))
    keep(assessment, Named("AF1", WHY), Feedback(" Steady work.\r\n"))
    draft = keep(assessment, Pins([Pin(photo, 0.25, 1, "Here.", "R06"), Pin(photo, 0, 0.5, "There.")]))

    assert draft == {
        "levels": {
            "R01": {"level": 1, "reason": "Gloves not changed.", "faults": ["patchy"], "comment": "Change them."}
        },
        "events": {"AF1": WHY},
        "feedback": "Steady work.",
        "notes": [
            {"photo": photo, "x": 0.25, "y": 1, "criterion": "R06", "text": "Here."},
            {"photo": photo, "x": 0, "y": 0.5, "criterion": "", "text": "There."},
        ],
    }


def test_a_part_is_emptied_again(assessment, scar):
    pin = Pin(scar.photos.first().pk, 0.5, 0.5, "Here.")
    keep(assessment, Mark("R01", None, "Half a"), Named("AF1", ""), Feedback("Good."), Pins([pin]))

    draft = keep(assessment, Mark("R01"), Named("AF1", None), Feedback(" "), Pins([]))

    assert draft == {"levels": {}, "events": {}}


def test_saves_are_counted_and_dated_and_leave_no_history(assessment):
    keep(assessment, Mark("R01", 2))
    keep(assessment, Mark("R01", 3), at=AT + DAY)
    keep(assessment, Mark("R01", 3), at=AT + 2 * DAY)
    assessment.refresh_from_db()

    assert (assessment.version, assessment.saved_at) == (2, AT + DAY)
    assert assessment.history.count() == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (Mark("R11", 2), "R11 is not marked here."),
        (Mark("R99", 2), "R99 is not marked here."),
        (Mark("notes", 2), "notes is not marked here."),
        (Mark("R01", 5), "R01: choose one of the levels 0 to 4."),
        (Mark("R01", -1), "R01: choose one of the levels 0 to 4."),
        (Mark("R01", 1, faults=["ugly"]), "R01: “ugly” is no fault of the list. Choose one that is."),
        (Mark("R01", 1, "x" * 2001), "R01: shorten the text to 2000 characters; it has 2001."),
        (Mark("R01", 1, comment="x" * 2001), "R01: shorten the text to 2000 characters; it has 2001."),
        (Named("AF99", WHY), "AF99 is no event of this stage."),
        (Named("AF1", "x" * 2001), "AF1: shorten the text to 2000 characters; it has 2001."),
        (Feedback("x" * 4001), "The note to the candidate: shorten the text to 4000 characters; it has 4001."),
    ],
)
def test_what_cannot_stand_is_refused(assessment, change, sentence):
    assert refused(assessment, change) == sentence


@pytest.mark.parametrize(
    ("pin", "sentence"),
    [
        ({"text": " "}, "A note says nothing. Write it, or take it away."),
        ({"text": "x" * 501}, "A note: shorten the text to 500 characters; it has 501."),
        ({"x": 1.0001}, "The note “Here.” does not lie on its photograph. Pin it again."),
        ({"x": -0.0001}, "The note “Here.” does not lie on its photograph. Pin it again."),
        ({"y": 1.0001}, "The note “Here.” does not lie on its photograph. Pin it again."),
        ({"y": -0.0001}, "The note “Here.” does not lie on its photograph. Pin it again."),
        ({"y": float("nan")}, "The note “Here.” does not lie on its photograph. Pin it again."),
        ({"criterion": "R11"}, "R11 is not marked here. Choose another criterion for the note."),
    ],
)
def test_a_note_that_lies_nowhere_or_says_nothing_is_refused(assessment, scar, pin, sentence):
    facts = {"photo": scar.photos.first().pk, "x": 0.5, "y": 0.5, "text": "Here.", **pin}

    assert refused(assessment, Pins([Pin(**facts)])) == sentence


def test_a_note_on_a_photograph_that_was_not_handed_in_is_refused(assessment, scar):
    late = PhotoFactory(case=scar, stage="before", view="area")
    elsewhere = ready_case().photos.first()

    for photo in (late, elsewhere):
        assert "not part of this case" in refused(assessment, Pins([Pin(photo.pk, 0.5, 0.5, "Here.")]))


def test_notes_have_an_end(assessment, scar):
    pin = Pin(scar.photos.first().pk, 0.5, 0.5, "Here.")

    assert len(keep(assessment, Pins([pin] * MOST_NOTES))["notes"]) == MOST_NOTES
    assert refused(assessment, Pins([pin] * (MOST_NOTES + 1))).startswith("A set of marks holds 100 notes")


def test_of_several_changes_all_are_kept_or_none(assessment):
    with pytest.raises(PartsRefused) as refusal:
        keep(assessment, Mark("R01", 2), Mark("R02", 9), Named("AF99", WHY))

    assert list(refusal.value.parts) == ["R02", "AF99"]
    assessment.refresh_from_db()
    assert assessment.draft == {}


def test_characters_that_no_database_keeps_are_left_out(assessment):
    draft = keep(assessment, Mark("R01", 2, comment="Good\x00 \ud800work"))

    assert draft["levels"]["R01"]["comment"] == "Good work"


# Two windows --------------------------------------------------------------------------------------


def test_two_windows_change_different_parts(assessment):
    seen: dict = {}
    keep(assessment, Mark("R01", 2), seen=seen)

    draft = keep(assessment, Mark("R02", 3), seen=seen)

    assert {code: given["level"] for code, given in draft["levels"].items()} == {"R01": 2, "R02": 3}


def test_what_another_window_changed_is_not_written_over(assessment):
    seen = copy.deepcopy(keep(assessment, Mark("R01", 2)))
    keep(assessment, Mark("R01", 4), seen=copy.deepcopy(seen))

    keep(assessment, Feedback("Good."), seen={})

    with pytest.raises(ChangedElsewhere, match="Changed in another window meanwhile: R01, the note to the"):
        keep(assessment, Mark("R01", 0), Feedback("Bad."), Mark("R02", 2), seen=seen)

    assessment.refresh_from_db()
    assert assessment.draft["levels"]["R01"]["level"] == 4
    assert assessment.draft["feedback"] == "Good."
    assert "R02" not in assessment.draft["levels"]


def test_an_older_page_that_sends_what_it_showed_changes_nothing(assessment):
    seen = copy.deepcopy(keep(assessment, Mark("R01", 2)))
    keep(assessment, Mark("R01", 4))

    assert keep(assessment, Mark("R01", 2), Mark("R02", 1), seen=seen)["levels"]["R01"]["level"] == 4


def test_the_same_change_in_two_windows_is_no_clash(assessment):
    keep(assessment, Mark("R01", 4))

    assert keep(assessment, Mark("R01", 4), seen={})["levels"]["R01"]["level"] == 4


# Whose, and until when ----------------------------------------------------------------------------


def test_nobody_else_keeps_or_hands_in_marks(assessment, scar):
    for stranger in (assessor(), scar.practitioner, person(Role.CERTIFICATION_OFFICER)):
        for act in (
            lambda who: save(assessment, Mark("R01", 2), actor=who, at=AT),
            lambda who: submit(assessment, actor=who, at=AT),
        ):
            with pytest.raises(AssessmentRefused, match="Only the assessor to whom a case is given marks it"):
                act(stranger)


def test_who_is_no_assessor_any_more_marks_nothing(assessment):
    was = assessment.allocation.assessor
    with signed(was, actor=None, reason=REASON):
        was.groups.clear()
    was.__dict__.pop("roles", None)

    assert refused(assessment, Mark("R01", 2)) == "Only the assessor to whom a case is given marks it."


@pytest.mark.parametrize(
    ("at", "is_open"),
    [(DUE - dt.timedelta(seconds=1), True), (DUE, False), (DUE + DAY, False)],
    ids=["second before", "at the end", "day after"],
)
def test_a_lease_that_ran_out_keeps_the_draft_and_takes_no_more(assessment, at, is_open):
    keep(assessment, Mark("R01", 2))
    if is_open:
        assert len(keep(assessment, Mark("R02", 2), at=at)["levels"]) == 2
        return

    assert refused(assessment, Mark("R02", 2), at=at) == (
        "The lease ran out on 11 May 2026; your draft is kept. Ask the office to offer it again."
    )
    assessment.refresh_from_db()
    assert list(assessment.draft["levels"]) == ["R01"]


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"state": "submitted"}, "This is handed in, and locked."),
        ({"state": "offered"}, "Accept the offer first."),
        ({"state": "declined"}, "You have given this case back. Ask the office if that was a mistake."),
        ({"state": "recused"}, "You have given this case back. Ask the office if that was a mistake."),
        ({"state": "lapsed"}, "The offer is over. Ask the office to offer the case again."),
        (
            {"state": "lapsed", "accepted_at": AT, "ended_at": AT + DAY},
            "The lease ran out on 5 May 2026; your draft is kept. Ask the office to offer it again.",
        ),
    ],
)
def test_a_piece_that_is_not_in_hand_takes_no_marks(scar, facts, sentence):
    ended = begun(allocation(attempt(scar), **facts))

    assert refused(ended, Mark("R01", 2)) == sentence
    with pytest.raises(AssessmentRefused, match=sentence[:20]):
        hand_in(ended)


# What is asked ------------------------------------------------------------------------------------


def test_the_procedure_is_marked_without_the_healed_result(piece):
    task = assessing.task_of(piece)

    assert task.codes == PROCEDURE
    assert [row["code"] for row in task.events] == [f"AF{n}" for n in range(1, 11)]


def test_the_healed_stage_asks_for_its_criterion_and_the_events_of_any_stage(scar):
    task = assessing.task_of(allocation(attempt(scar), stage="healed"))

    assert task.codes == ["R11"]
    assert [row["code"] for row in task.events] == ["AF7", "AF8", "AF10"]


def test_a_third_assessor_marks_every_criterion(scar):
    task = assessing.task_of(allocation(attempt(scar), kind="third", stage="healed"))

    assert task.codes == list(AT_STANDARD)
    assert len(task.events) == 10


def test_a_correction_asks_only_for_what_is_marked_again(scar):
    Result.objects.create(
        submission=at_state(scar, "released"),
        round=1,
        basis="single",
        outcome="referred",
        band="none",
        total=50,
        points=50,
        possible=100,
        levels={},
        sets=[dict.fromkeys(AT_STANDARD, 2)],
        again=["R06", "R08", "R11"],
        locked_at=AT,
    )
    again = Submission(
        case=scar, number=2, kind="correction", state="procedure_marking", begun_at=AT, handed_in_at=AT
    )
    save_as(again, actor=None, reason=REASON)
    frozen(again)
    assessment = begun(allocation(again))

    assert [gap.part for gap in gaps(assessment)] == ["R06", "R08"]
    assert refused(assessment, Mark("R07", 2)) == "R07 is not marked here."


# What is missing ----------------------------------------------------------------------------------


def test_every_criterion_without_a_level_is_missing(assessment):
    assert [gap.part for gap in gaps(assessment)] == PROCEDURE
    assert gaps(assessment)[0].sentence == "R01 Hygiene and set-up: choose a level."


@pytest.mark.parametrize(
    ("reason", "is_missing"),
    [
        ("x" * 29, True),
        ("x" * 30, False),
        ("x " * 15, True),
        (f"{'x' * 15}{' ' * 20}{'x' * 13}", True),
        (f"{'x' * 15}{' ' * 20}{'x' * 14}", False),
        (f"{'x' * 28}\n\n\n\n", True),
    ],
    ids=["29", "30", "trimmed to 29", "29 with one space", "30 with one space", "empty lines"],
)
def test_a_low_level_needs_a_reason_of_thirty_characters(assessment, reason, is_missing):
    whole(assessment)
    keep(assessment, Mark("R01", 1, reason))
    assessment.refresh_from_db()

    sentences = [gap.sentence for gap in gaps(assessment)]

    assert sentences == (
        ["R01 Hygiene and set-up: say why it is below the standard, in at least 30 characters."]
        if is_missing
        else []
    )


@pytest.mark.parametrize("level", [0, 1, 2, 3, 4])
def test_only_levels_below_the_standard_ask_for_reason_and_fault(assessment, level):
    whole(assessment)
    keep(assessment, Mark("R06", level))
    assessment.refresh_from_db()

    assert [gap.part for gap in gaps(assessment)] == (["R06", "R06"] if level < 2 else [])


def test_a_fault_is_asked_only_where_the_rubric_asks_it(assessment):
    whole(assessment)
    keep(assessment, Mark("R06", 1, REASON_TEXT), Mark("R01", 1, REASON_TEXT))
    assessment.refresh_from_db()

    assert [gap.sentence for gap in gaps(assessment)] == ["R06 Dot size and definition: name the fault."]


@pytest.mark.parametrize(("why", "is_missing"), [("x" * 29, True), ("x" * 30, False)])
def test_a_named_event_needs_thirty_characters(assessment, why, is_missing):
    whole(assessment)
    keep(assessment, Named("AF1", why))
    assessment.refresh_from_db()

    assert [gap.part for gap in gaps(assessment)] == (["AF1"] if is_missing else [])


# Handing in ---------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_marks_are_handed_in_all_together(assessment, scar):
    photo = scar.photos.first()
    whole(assessment)
    keep(
        assessment,
        Mark("R06", 1, REASON_TEXT, ["patchy", "grid"], "Slow down."),
        Mark("R07", 3, "No reason any more.", ["grid"]),
        Named("AF1", WHY),
        Feedback("Steady work."),
        Pins([Pin(photo.pk, 0.25, 0.75, "Here.", "R06"), Pin(photo.pk, 0.5, 0.5, "There.")]),
    )

    step = hand_in(assessment, at=AT + DAY)

    assessment.refresh_from_db()
    rows = {row.criterion.code: row for row in Judgement.objects.select_related("criterion")}
    assert isinstance(step, Wait)
    assert (assessment.state, assessment.submitted_at, assessment.draft) == ("submitted", AT + DAY, {})
    assert assessment.feedback == "Steady work."
    assert list(rows) == PROCEDURE
    low, high = rows["R06"], rows["R07"]
    assert (low.level, low.below, low.asks_fault, low.reason) == (1, True, True, REASON_TEXT)
    assert (low.faults, low.comment) == (["grid", "patchy"], "Slow down.")
    assert (high.level, high.below, high.reason, high.faults) == (3, False, "", [])
    assert list(NamedEvent.objects.values_list("event", "why")) == [("AF1", WHY)]
    assert list(Annotation.objects.values_list("number", "photo", "x", "y", "criterion__code", "text")) == [
        (1, photo.pk, 0.25, 0.75, "R06", "Here."),
        (2, photo.pk, 0.5, 0.5, None, "There."),
    ]
    assert assessment.history.count() == 2
    assessment.allocation.refresh_from_db()
    assert (assessment.allocation.state, assessment.allocation.ended_at) == ("submitted", AT + DAY)


def test_what_follows_is_written_down(assessment, scar):
    step = hand_in(whole(assessment))

    assert isinstance(step, AwaitHealed)
    assert attempt(scar).state == "healed_awaited"


def test_a_sure_failure_is_assessed_at_once(assessment, scar):
    whole(assessment)
    keep(assessment, Mark("R01", 0, REASON_TEXT))

    assert isinstance(hand_in(assessment), Verdict)
    assert attempt(scar).state == "assessed"


def test_an_incomplete_set_is_not_handed_in_and_nothing_is_written(assessment):
    keep(assessment, *all_at(2, PROCEDURE[:-1]))

    with pytest.raises(AssessmentRefused, match=r"One thing is missing\. Nothing was handed in\.") as refusal:
        hand_in(assessment)

    assert refusal.value.missing == ["R14 Planning and reflection: choose a level."]
    assert Judgement.objects.count() == 0
    assessment.refresh_from_db()
    assert len(assessment.draft["levels"]) == 12


def test_marks_are_handed_in_once(assessment):
    hand_in(whole(assessment))

    with pytest.raises(AssessmentRefused, match="This is handed in, and locked"):
        hand_in(assessment)
    assert refused(assessment, Mark("R01", 4)) == "This is handed in, and locked."


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_two_clicks_the_second_is_refused(assessment):
    whole(assessment)

    outcomes = together(lambda: hand_in(assessment), lambda: hand_in(assessment))

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AssessmentRefused", "AwaitHealed"]
    assert Judgement.objects.count() == 13


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_two_windows_at_once_lose_nothing(assessment):
    outcomes = together(
        lambda: keep(assessment, Mark("R01", 2), seen={}), lambda: keep(assessment, Mark("R02", 2), seen={})
    )

    assessment.refresh_from_db()
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert (sorted(assessment.draft["levels"]), assessment.version) == (["R01", "R02"], 2)


# What the database holds by itself ----------------------------------------------------------------


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("facts", "constraint"),
    [
        ({"reason": "x" * 29}, "low_level_has_a_reason"),
        ({"faults": []}, "low_level_names_a_fault"),
        ({"level": 5, "below": False}, "judgement_level_is_zero_to_four"),
        ({"below": False}, "judgement_below_is_so"),
        ({"level": 2}, "judgement_below_is_so"),
    ],
)
def test_the_database_refuses_a_judgement_that_no_rule_would_write(assessment, facts, constraint):
    low = {"level": 1, "below": True, "asks_fault": True, "reason": "x" * 30, "faults": ["grid"], **facts}

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Judgement.objects.create(assessment=assessment, criterion=Criterion.objects.get(code="R06"), **low)


def test_the_database_takes_a_low_level_with_its_reason_and_fault(assessment):
    row = Judgement.objects.create(
        assessment=assessment,
        criterion=Criterion.objects.get(code="R06"),
        level=1,
        below=True,
        asks_fault=True,
        reason="x" * 30,
        faults=["grid"],
    )

    assert str(row) == "R06: 1"


# Confirming an auto-fail --------------------------------------------------------------------------


def named(scar, *events: str, kind: str = "first", **facts) -> None:
    marks(
        attempt(scar), dict.fromkeys(PROCEDURE, 2), kind=kind, stage="procedure", events=dict.fromkeys(events, WHY)
    )


def confirming(scar, **facts):
    return allocation(attempt(scar), kind="confirm", **facts)


def reply(piece, answers, *, at=AT):
    return answer(piece, answers, actor=piece.assessor, at=at)


def test_named_events_are_asked_with_their_text_and_why(scar):
    named(scar, "AF3", "AF1")

    asked = asked_events(confirming(scar))

    assert [(each.event, each.why) for each in asked] == [("AF1", WHY), ("AF3", WHY)]
    assert asked[0].text == "Needle or cartridge used on more than one client, or not sterile/in date"


def test_what_is_answered_already_is_not_asked_again(scar):
    named(scar, "AF1", "AF3")
    answered(attempt(scar), "AF1", confirmed=True)

    assert [each.event for each in asked_events(confirming(scar))] == ["AF3"]


def test_nothing_is_asked_of_a_case_with_two_markers(scar):
    place_in_file(scar, 3)
    named(scar, "AF1")

    assert asked_events(confirming(scar)) == []


def test_of_a_third_assessor_only_new_events_are_asked(scar):
    place_in_file(scar, 3)
    named(scar, "AF1")
    named(scar, kind="second")
    marks(attempt(scar), AT_STANDARD, kind="third", events={"AF1": WHY, "AF7": "x" * 30})

    asked = asked_events(confirming(scar, stage="healed"))

    assert [(each.event, each.why) for each in asked] == [("AF7", "x" * 30)]


def test_an_answer_is_written_and_moves_the_case_on(scar):
    named(scar, "AF1")
    piece = confirming(scar)

    step = reply(piece, {"AF1": Answered("confirmed", f" {WHY} ")}, at=AT + DAY)

    row = Confirmation.objects.get()
    piece.refresh_from_db()
    assert isinstance(step, Verdict)
    assert (row.event, row.answer, row.why, row.answered_at) == ("AF1", "confirmed", WHY, AT + DAY)
    assert (piece.state, attempt(scar).state) == ("submitted", "assessed")


def test_not_confirmed_calls_a_third_assessor(scar):
    named(scar, "AF1")
    submission = attempt(scar)
    submission.healed_in_at = AT
    save_as(submission, actor=None, reason=REASON)

    step = reply(confirming(scar), {"AF1": Answered("not_confirmed", WHY)})

    assert isinstance(step, Wait)
    assert (step.kinds, step.disputed) == (frozenset({"third"}), frozenset({"AF1"}))


@pytest.mark.parametrize(
    ("answers", "parts"),
    [
        (
            {},
            {
                "AF1": "AF1: say whether the evidence confirms it.",
                "AF3": "AF3: say whether the evidence confirms it.",
            },
        ),
        ({"AF1": Answered("confirmed", WHY)}, {"AF3": "AF3: say whether the evidence confirms it."}),
        (
            {"AF1": Answered("perhaps", WHY), "AF3": Answered("confirmed", WHY)},
            {"AF1": "AF1: say whether the evidence confirms it."},
        ),
        (
            {"AF1": Answered("confirmed", "x" * 29), "AF3": Answered("confirmed", "x" * 30)},
            {"AF1": "AF1: say why, in at least 30 characters."},
        ),
        (
            {"AF1": Answered("confirmed", "x" * 2001), "AF3": Answered("confirmed", WHY)},
            {"AF1": "AF1: shorten your reasons to 2000 characters."},
        ),
        ({"AF9": Answered("confirmed", WHY)}, {"AF9": "AF9 is not asked here."}),
    ],
)
def test_every_event_is_answered_with_reasons_or_none_is(scar, answers, parts):
    named(scar, "AF1", "AF3")
    piece = confirming(scar)

    with pytest.raises(PartsRefused) as refusal:
        reply(piece, answers)

    assert refusal.value.parts == parts
    assert Confirmation.objects.count() == 0


def test_only_who_is_asked_answers_while_the_lease_runs(scar):
    named(scar, "AF1")
    piece, right = confirming(scar), {"AF1": Answered("confirmed", WHY)}

    with pytest.raises(AssessmentRefused, match="Only the assessor"):
        answer(piece, right, actor=assessor(), at=AT)
    with pytest.raises(AssessmentRefused, match="The lease ran out on 11 May 2026"):
        reply(piece, right, at=DUE)


def test_marks_are_no_answer_and_an_answer_no_marks(scar, assessment):
    named(scar, "AF1", kind="second")

    with pytest.raises(AssessmentRefused, match="asks for levels"):
        reply(assessment.allocation, {"AF1": Answered("confirmed", WHY)})


def test_when_nothing_is_asked_any_more_nothing_is_answered(scar):
    with pytest.raises(AssessmentRefused, match="nothing to answer any more"):
        reply(confirming(scar), {"AF1": Answered("confirmed", WHY)})


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_two_answers_at_once_the_second_is_refused(scar):
    named(scar, "AF1")
    piece, right = confirming(scar), {"AF1": Answered("confirmed", WHY)}

    outcomes = together(lambda: reply(piece, right), lambda: reply(piece, right))

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AssessmentRefused", "Verdict"]
    assert Confirmation.objects.count() == 1


def test_nobody_hands_marks_in_after_their_authorisation_ended():
    made = place_in_file(ready_case(), 1)
    frozen(at_state(made, "procedure_marking"))
    piece = allocation(attempt(made))
    draft = save_as(Assessment(allocation=piece, begun_at=AT), actor=piece.assessor, reason=REASON)
    save(draft, *[Mark(code, 2) for code in AT_STANDARD if code != "R11"], actor=piece.assessor, at=AT)
    authorisation = piece.assessor.authorisations.get()
    authorisation.ends_on = AT.date()
    save_as(authorisation, actor=None, reason=REASON)

    with pytest.raises(AssessmentRefused, match="authorisation to assess has ended"):
        submit(draft, actor=piece.assessor, at=AT + DAY)
    submit(draft, actor=piece.assessor, at=AT)

    assert draft.judgements.count() == 13
