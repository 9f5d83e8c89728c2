"""The case as those who mark it read it: from manifests, without names, with everything that is marked."""

import dataclasses
import datetime as dt
import json

import pytest
import time_machine

from certification import paper_checks
from certification.dossier import Dossier, dossier_of
from certification.models import ProcedureCase, Result, Submission
from certification.table_photos import counts_of, manifests_of, photos_in
from tests.factories.certification import (
    AT,
    LAST_SESSION,
    REASON,
    PhotoFactory,
    add_healed,
    at_state,
    consent,
    document,
    ready_case,
    visit,
)
from tests.factories.marking import attempt, frozen
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common.days import DAY
from training_site.common.history import save_as

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def scar() -> ProcedureCase:
    return ready_case()


def handed_in(case: ProcedureCase, *, healed: bool = False) -> Dossier:
    """The dossier of the case as it is now, handed in."""
    submission = at_state(case, "procedure_marking")
    frozen(submission)
    if healed:
        submission.healed_in_at = AT
        save_as(submission, actor=None, reason=REASON)
        frozen(submission, stage="healed")
    return dossier_of(submission)


def changed(row, **facts):
    for name, value in facts.items():
        setattr(row, name, value)
    return save_as(row, actor=None, reason=REASON)


def value(rows, term: str) -> str:
    return next(row["value"] for row in rows if row["term"] == term)


def everything(dossier: Dossier) -> str:
    return json.dumps(dataclasses.asdict(dossier), default=str, ensure_ascii=False)


def next_attempt(case: ProcedureCase) -> Submission:
    """A correction of a case that was referred."""
    Result.objects.create(
        submission=at_state(case, "released"),
        round=1,
        basis="single",
        outcome="referred",
        band="none",
        points=50,
        possible=92,
        levels={},
        sets=[{}],
        again=["R06"],
        locked_at=AT,
    )
    made = Submission(
        case=case, number=2, kind="correction", state="procedure_marking", begun_at=AT, handed_in_at=AT
    )
    return save_as(made, actor=None, reason=REASON)


# The written record -------------------------------------------------------------------------------


def test_facts_are_told_in_words(scar):
    dossier = handed_in(scar)

    assert dossier.ref == scar.ref
    assert dossier.summary == ["Strip (FUT) scar camouflage", "Light (I–II) skin"]
    assert value(dossier.facts, "Age at the first visit") == "45–54"
    assert value(dossier.facts, "Client") == "R-009"


def test_the_head_of_the_page_names_the_stage_of_loss(scar):
    changed(scar, scale="norwood", stage="V", treatment="correction", corrects="shaved_look")

    assert handed_in(scar).summary == [
        "Correction of earlier SMP of Shaved look (full scalp)",
        "Norwood V",
        "Light (I–II) skin",
    ]


def test_the_health_screen_stands_question_by_question_beside_the_decision(scar):
    question = next(
        each
        for each in scar.scheme_version.screen.questions
        if any(choice.outcome == "clearance" for choice in each.choices) and each.takes_note
    )
    choice = next(choice for choice in question.choices if choice.outcome == "clearance")
    scar.answers[question.key] = {"value": choice.value, "note": "Blood thinner since March."}
    changed(scar, without_clearance=True)

    dossier = handed_in(scar)
    told = next(each for each in dossier.answers if each.question == question.text)

    assert (told.answer, told.note, told.decides) == (choice.label, "Blood thinner since March.", True)
    assert [each.decides for each in dossier.answers].count(True) == 1
    assert value(dossier.decision, "Worked-out outcome") == "Medical clearance needed first"
    assert value(dossier.decision, "Decision taken") == "Treated as planned"
    assert value(dossier.decision, "Written clearance") == "Stated: there was none"


def test_visits_are_a_log_without_the_place(scar):
    changed(scar.visits.get(), needle_expires_on=LAST_SESSION - DAY, incident=True, incident_text="A cut.")

    dossier = handed_in(scar)
    (told,) = dossier.visits

    assert (told.title, told.day) == ("Treatment session", LAST_SESSION)
    assert value(told.rows, "Time") == "10:00–11:45, 105 minutes"
    assert value(told.rows, "Cartridge expiry") == "9 March 2026, before this visit"
    assert value(told.rows, "Pigment expiry") == "31 January 2028"
    assert value(told.rows, "What happened and what was done") == "A cut."
    assert "North Street Studio" not in everything(dossier)


def test_an_observation_says_role_and_day_and_never_who(scar):
    observer = scar.visits.get().observation.observer
    (told,) = handed_in(scar).observations

    assert (told.role, told.day, told.items) == ("The candidate's trainer", LAST_SESSION, ["Clean field"])
    assert observer.legal_name not in everything(handed_in(scar))


def test_names_that_slipped_through_are_removed(scar):
    scar.practitioner.legal_name = "Cem Aydin"
    scar.practitioner.save_without_historical_record()
    changed(scar.visits.get(), technique="Cem worked in dots at North Street Studio.", pigment="Aydin grey")
    changed(scar, plan="As Cem Aydin likes it.", reflection="aydin, cem")

    dossier = handed_in(scar)

    assert value(dossier.visits[0].rows, "What was done") == "[name removed] worked in dots at [name removed]."
    assert value(dossier.plan, "Plan") == "As [name removed] likes it."
    assert "Aydin" not in everything(dossier)


def test_what_is_changed_after_hand_in_is_not_read(scar):
    submission = at_state(scar, "procedure_marking")
    frozen(submission)
    changed(scar, plan="Another plan.")

    assert value(dossier_of(submission).plan, "Plan").startswith("One session in the scar")


def test_the_newest_manifest_counts(scar):
    handed_in(scar)
    changed(scar, plan="Mended after it came back.")

    assert value(handed_in(scar).plan, "Plan") == "Mended after it came back."


# Papers and consents ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dated_on", "time", "late"),
    [
        (LAST_SESSION - DAY, None, ""),
        (LAST_SESSION, dt.time(9, 59), ""),
        (LAST_SESSION, dt.time(10, 0), "Signed after the first pigment, which was that day at 10:00."),
        (LAST_SESSION + DAY, None, "Signed after the first pigment, which was on 10 March 2026."),
    ],
    ids=["day before", "minute before", "at the first pigment", "day after"],
)
def test_a_consent_signed_after_the_first_pigment_is_shown_as_such(scar, dated_on, time, late):
    changed(scar.documents.get(), dated_on=dated_on, signed_time=time)

    assert handed_in(scar).papers[0].late == late


def test_a_paper_is_told_as_facts_and_whether_an_officer_confirmed_it(scar):
    before = handed_in(scar).papers[0]
    paper_checks.check(scar.documents.get(), officer=person(Role.CERTIFICATION_OFFICER), at=AT)
    after = handed_in(scar).papers[0]

    assert (before.confirmed, after.confirmed) == (False, True)
    assert after.title == "Treatment consent"
    assert after.rows == [
        {"term": "Day on the paper", "value": "26 February 2026"},
        {"term": "Time of the signature", "value": "09:30"},
        {"term": "Client's age and identity document", "value": "Seen"},
        {"term": "Pages", "value": "1"},
    ]


def test_a_check_of_other_facts_confirms_nothing(scar):
    handed_in(scar)
    paper_checks.check(scar.documents.get(), officer=person(Role.CERTIFICATION_OFFICER), at=AT)
    changed(scar.documents.get(), dated_on=LAST_SESSION)

    assert handed_in(scar).papers[0].confirmed is False


def test_a_clearance_is_a_paper_too(scar):
    document(scar, "clearance")

    assert [paper.title for paper in handed_in(scar).papers] == ["Written medical clearance", "Treatment consent"]


def test_photo_consent_after_the_first_pigment_is_shown_as_such(scar):
    assert value(handed_in(scar).consents, "Photographs allowed for assessment on") == (
        "4 May 2026, after the first pigment"
    )


def test_photo_consent_on_the_day_of_the_first_pigment_is_in_time(scar):
    given_at = dt.datetime.combine(LAST_SESSION, dt.time(8), tzinfo=dt.UTC)
    consent(PhotoFactory(case=scar, stage="before", view="top"), given_at=given_at)

    assert value(handed_in(scar).consents, "Photographs allowed for assessment on") == (
        "10 March 2026; 4 May 2026, after the first pigment"
    )


# Photographs --------------------------------------------------------------------------------------


def test_photographs_lie_by_view_with_their_stages_in_order(scar):
    add_healed(scar)
    sheets = {sheet.key: sheet for sheet in handed_in(scar, healed=True).sheets}

    assert list(sheets) == ["back", "area", "close", "work-place"]
    assert [(column.label, len(column.photos)) for column in sheets["close"].columns] == [
        ("Before", 1),
        ("Immediately after the session", 3),
        ("Healed", 3),
    ]
    assert [column.label for column in sheets["work-place"].columns] == [
        "Work place set up",
        "Work place after tear-down",
        "Cartridge and pigment labels with batch and expiry",
    ]


def test_the_last_sessions_photographs_come_first(scar):
    PhotoFactory(case=scar, stage="immediate", view="close", taken_on=LAST_SESSION - 7 * DAY)
    close = next(sheet for sheet in handed_in(scar).sheets if sheet.key == "close")

    assert [photo.taken_on for photo in close.columns[1].photos] == [LAST_SESSION] * 3 + [LAST_SESSION - 7 * DAY]


def test_a_healed_photograph_says_how_many_days_after_the_last_session(scar):
    add_healed(scar)
    photos = handed_in(scar, healed=True).photos.values()

    assert {photo.days for photo in photos if photo.stage == "healed"} == {35}
    assert {photo.days for photo in photos if photo.stage != "healed"} == {None}


def test_days_count_from_a_touch_up(scar):
    add_healed(scar)
    visit(scar, kind="touch_up", on=dt.date(2026, 4, 10))

    assert {photo.days for photo in handed_in(scar, healed=True).photos.values() if photo.stage == "healed"} == {4}


def test_healed_photographs_that_are_not_handed_in_are_not_there(scar):
    add_healed(scar)

    dossier = handed_in(scar)

    assert {photo.stage for photo in dossier.photos.values()} == {"record", "before", "immediate"}
    assert dossier.healed == []


def test_healed_evidence_of_a_returned_attempt_counts_no_more(scar):
    add_healed(scar)
    handed_in(scar, healed=True)
    changed(attempt(scar), healed_in_at=None)

    assert {photo.stage for photo in handed_in(scar).photos.values()} == {"record", "before", "immediate"}


def test_what_the_candidate_says_of_the_healed_result_is_told(scar):
    add_healed(scar)
    changed(scar, faults_seen=["patchy"])

    told = handed_in(scar, healed=True).healed

    assert value(told, "What held, what faded, what next") == "Even hold; a touch-up is not needed."
    assert value(told, "Faults the candidate sees") == "Patchy or uneven density"


def test_a_photograph_that_the_client_took_back_is_said_to_be_gone(scar):
    dossier = handed_in(scar)
    photo = scar.photos.get(stage="before", view="back")
    changed(photo, removed_at=AT, original="", large="", medium="", small="")

    after = dossier_of(attempt(scar))

    assert (dossier.photos[photo.pk].gone, after.photos[photo.pk].gone) == (False, True)
    assert next(sheet for sheet in after.sheets if sheet.key == "back").cover.pk != photo.pk


def test_in_a_correction_new_photographs_are_marked(scar):
    handed_in(scar)
    again = next_attempt(scar)
    new = PhotoFactory(case=scar, stage="immediate", view="close", taken_on=LAST_SESSION)
    consent(new)
    frozen(again)

    photos = dossier_of(again).photos

    assert [pk for pk, photo in photos.items() if photo.is_new] == [new.pk]
    assert len(photos) == 12


def test_a_correction_without_new_healed_photographs_shows_those_of_before(scar):
    add_healed(scar)
    handed_in(scar, healed=True)
    again = next_attempt(scar)
    frozen(again)

    assert {photo.stage for photo in dossier_of(again).photos.values()} == {
        "record",
        "before",
        "immediate",
        "healed",
    }


def test_an_earlier_attempt_shows_nothing_of_a_later_one(scar):
    handed_in(scar)
    first = attempt(scar)
    again = next_attempt(scar)
    PhotoFactory(case=scar, stage="immediate", view="close", taken_on=LAST_SESSION)
    frozen(again)

    assert len(photos_in(manifests_of(first))) == 11
    assert counts_of([first, again]) == {first.pk: 11, again.pk: 12}


def test_photographs_of_many_attempts_are_counted_at_once(scar, django_assert_num_queries):
    add_healed(scar)
    handed_in(scar, healed=True)
    other = ready_case()
    handed_in(other)

    both = [attempt(scar), attempt(other)]

    with django_assert_num_queries(1):
        counted = counts_of(both)

    assert list(counted.values()) == [16, 11]
