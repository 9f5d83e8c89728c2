"""A case's first page: how it stands, what is missing, what is next, what was frozen."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from certification.cases import Part
from certification.models import Manifest, ProcedureCase
from certification.overview import Overview, overview
from certification.submitting import hand_in, hand_in_healed, return_for_evidence
from tests.certification.assessed import CASE_C, correction_of, referred_for_real, released
from tests.factories.certification import (
    AT,
    TODAY,
    add_healed,
    at_state,
    case,
    case_file,
    ready_case,
    visit,
)
from tests.factories.marking import AT_STANDARD
from tests.pages import text
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common.days import DAY

pytestmark = pytest.mark.django_db
NOTE = "The label of the second cartridge cannot be read."


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT):
        yield


@pytest.fixture
def trainee():
    return person(Role.TRAINEE, legal_name="Tara Novak")


@pytest.fixture
def ready(trainee) -> ProcedureCase:
    return ready_case(case_file(trainee))


def seen(of: ProcedureCase, *, on: dt.date = TODAY) -> Overview:
    whole = ProcedureCase.objects.select_related("scheme_version", "practitioner").get(pk=of.pk)
    return overview(whole, at=AT, on=on)


def give(of: ProcedureCase) -> None:
    hand_in(of, actor=of.practitioner, at=AT, on=TODAY)


def next_of(of: ProcedureCase, *, on: dt.date = TODAY) -> tuple[str, str, str, str]:
    now = seen(of, on=on).next
    return now.word, now.sentence, now.action, now.url


# Sections -----------------------------------------------------------------------------------------


def test_an_empty_case_says_in_each_section_what_is_missing(trainee):
    sections = {section.title: section.word for section in seen(case(case_file(trainee))).procedure}

    assert list(sections) == [
        "The client",
        "Health screen",
        "Plan",
        "Papers",
        "Visits",
        "Observation",
        "Photographs",
        "The client's consent",
        "Aftercare and reflection",
    ]
    assert sections["Plan"] == "2 things missing"
    assert sections["Visits"] == "One thing missing"
    assert sections["The client's consent"] == "Complete"


def test_a_whole_case_is_complete_in_every_section(ready):
    assert {(section.word, section.tone) for section in seen(ready).procedure} == {("Complete", "good")}


def test_every_gap_has_a_section(ready, trainee):
    """What hand-in would refuse stands on the page: nothing is missing silently."""
    for of in (case(ready.case_file), ready):
        view = seen(of)
        assert {"Also missing"}.isdisjoint(section.title for section in [*view.procedure, *view.healed])


def test_the_healed_sections_are_photographs_and_note(ready):
    assert [(each.title, each.word) for each in seen(ready).healed] == [
        ("Healed photographs", "2 things missing"),
        ("What held", "One thing missing"),
    ]


def test_a_touch_up_with_gaps_brings_its_section(ready):
    visit(ready, kind="touch_up", on=dt.date(2026, 4, 20), machine="")

    assert "Visits" in [each.title for each in seen(ready).healed]


def test_the_slots_are_counted_by_stage(ready):
    view = seen(ready)

    assert view.pictured(Part.PROCEDURE) == [
        ("Record of the work place", "3 of 3"),
        ("Before", "3 of 3"),
        ("Immediately after the session", "5 of 5"),
    ]
    assert view.pictured(Part.HEALED) == [("Healed", "0 of 5")]


# What is next -------------------------------------------------------------------------------------


def test_next_is_the_first_section_that_lacks_something(trainee):
    begun = case(case_file(trainee), age_band="25_34")

    word, sentence, action, url = next_of(begun)

    assert (word, action, url) == ("Draft", "Go on with “The client”", f"/cases/{begun.ref}/about/")
    assert sentence.endswith(" things are still missing.")


def test_next_is_the_hand_in_of_a_whole_case(ready):
    assert next_of(ready) == (
        "Ready to hand in",
        "Nothing is missing.",
        "Hand in case",
        f"/cases/{ready.ref}/hand-in/",
    )


def test_a_returned_case_says_why_first(ready):
    give(ready)
    return_for_evidence(ready.submissions.get(), note=NOTE, officer=person(Role.CERTIFICATION_OFFICER), at=AT)

    assert next_of(ready) == (
        "Returned for evidence",
        f"The office asks: “{NOTE}” Add it, then hand the case in again.",
        "Hand in again",
        f"/cases/{ready.ref}/hand-in/",
    )


@pytest.mark.parametrize(
    ("day", "action"),
    [
        (dt.date(2026, 4, 6), ""),
        (dt.date(2026, 4, 7), "Go on with “Healed photographs”"),
        (dt.date(2026, 4, 8), "Go on with “Healed photographs”"),
    ],
    ids=["day before", "first day", "day after"],
)
def test_healed_photographs_are_next_from_their_first_day(ready, day, action):
    give(ready)

    assert next_of(ready, on=day)[2] == action


def test_before_that_day_nothing_is_to_be_done(ready):
    give(ready)

    assert next_of(ready, on=dt.date(2026, 4, 6))[:2] == (
        "Submitted",
        "You need do nothing now. Photographs count as healed from 7 April 2026 on; a mail tells you then.",
    )


def test_whole_healed_evidence_is_handed_in_next(ready):
    give(ready)
    add_healed(ready)

    assert next_of(ready)[2:] == ("Hand in healed photographs", f"/cases/{ready.ref}/hand-in/")


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("healed_marking", "Being graded"),
        ("assessed", "Being graded"),
        ("quality_hold", "Being graded"),
    ],
)
def test_nothing_is_next_once_all_is_in(ready, state, word):
    add_healed(ready)
    give(ready)
    at_state(ready, state)

    assert (next_of(ready)[0], next_of(ready)[2]) == (word, "")
    assert seen(ready).part is None


@pytest.mark.parametrize(
    ("levels", "said"),
    [
        (AT_STANDARD, ("good", "Passed", "Read the result")),
        (CASE_C, ("caution", "Referred (resubmit)", "Read the result")),
    ],
)
def test_the_result_is_next_once_it_is_out(trainee, levels, said):
    told = released(case(case_file(trainee)), levels)

    now = seen(told.case).next

    assert (now.tone, now.word, now.action) == said
    assert now.url == f"/cases/{told.case.ref}/result/"


def test_of_a_replaced_case_the_other_one_is_next(trainee):
    old = released(case(case_file(trainee)), CASE_C).case
    other = case(old.case_file, replaces=old, client_code="R-021")

    now = seen(old).next

    assert (now.word, now.url) == ("Replaced by another case", f"/cases/{other.ref}/")


def test_a_correction_says_what_is_marked_again_and_what_must_be_new():
    of = referred_for_real({**AT_STANDARD, "R07": 0})
    correction_of(of)

    view = seen(of)

    assert [each.code for each in view.again.criteria] == ["R07"]
    assert [each.key for each in view.again.slots] == ["scar.immediate.close"]
    assert view.attempt == "Attempt 2: same case corrected"
    assert [each.number for each in view.told] == [1]
    assert view.carries_healed
    assert [step["title"] for step in view.steps] == ["Prepare", "Hand in", "Result"]
    assert view.pictured(Part.PROCEDURE)[-1] == ("Immediately after the session", "2 of 5")


def test_a_first_attempt_has_neither():
    view = seen(ready_case())

    assert (view.again, view.attempt, view.told, view.carries_healed) == (None, "", [], False)


def test_the_steps_show_how_far_it_has_come(ready):
    def states() -> list[str]:
        return [step["state"] for step in seen(ready).steps]

    assert states() == ["current", "todo", "todo", "todo"]
    give(ready)
    assert states() == ["done", "done", "current", "todo"]
    add_healed(ready)
    hand_in_healed(ready, actor=ready.practitioner, at=AT, on=TODAY)
    assert states() == ["done", "done", "done", "current"]
    at_state(ready, "released")
    assert states() == ["done", "done", "done", "done"]


def test_a_failure_released_early_leaves_no_step_open(ready):
    """A sure failure is released without healed photographs."""
    give(ready)
    at_state(ready, "released")

    assert [(step["title"], step["state"]) for step in seen(ready).steps] == [
        ("Prepare", "done"),
        ("Hand in", "done"),
        ("Result", "done"),
    ]


# The page -----------------------------------------------------------------------------------------


def test_the_owner_reads_their_case(as_, ready):
    page = as_(ready.practitioner).get(f"/cases/{ready.ref}/")

    assert page.status_code == 200
    assert "Strip (FUT) scar camouflage" in text(page)
    assert "Ready to hand in Nothing is missing. Hand in case" in text(page)
    assert "Photographs count as healed since 7 April 2026." in text(page)


@pytest.mark.parametrize("roles", [[Role.TRAINEE], [Role.TRAINER], [Role.CERTIFICATION_OFFICER], []])
def test_a_stranger_finds_nothing(as_, ready, roles):
    assert as_(person(*roles)).get(f"/cases/{ready.ref}/").status_code == 404


def test_nobody_signed_in_is_sent_to_sign_in(client, ready):
    assert client.get(f"/cases/{ready.ref}/").headers["Location"] == f"/accounts/login/?next=/cases/{ready.ref}/"


def test_a_case_that_does_not_exist_is_not_found(as_, trainee):
    assert as_(trainee).get("/cases/C-000000/").status_code == 404


def test_what_was_frozen_is_shown(as_, ready):
    give(ready)
    manifest = Manifest.objects.get()

    page = text(as_(ready.practitioner).get(f"/cases/{ready.ref}/"))

    assert f"Procedure 4 May 2026, 10:00 · 11 photographs Fingerprint {manifest.sha256[:12]}" in page
    assert manifest.sha256[:13] not in page
    assert "can still be added. Everything else stays as it is." in page


def test_of_a_case_handed_in_again_the_newest_is_shown(ready):
    add_healed(ready)
    give(ready)
    return_for_evidence(ready.submissions.get(), note=NOTE, officer=person(Role.CERTIFICATION_OFFICER), at=AT)
    give(ready)

    assert [(each.marking_stage, each.number) for each in seen(ready).manifests] == [
        ("procedure", 2),
        ("healed", 2),
    ]


def test_a_hold_never_shows(as_, ready):
    add_healed(ready)
    give(ready)
    at_state(ready, "quality_hold")

    page = text(as_(ready.practitioner).get(f"/cases/{ready.ref}/")).lower()

    assert "being graded" in page
    assert "hold" not in page
    assert "held for" not in page


@pytest.mark.parametrize("visits", [1, 3])
@pytest.mark.parametrize("state", ["draft", "handed_in"])
def test_the_page_takes_the_same_queries_for_any_number_of_visits(as_, ready, visits, state):
    for n in range(visits):
        visit(ready, kind="healed_review", on=dt.date(2026, 4, 14) + n * DAY)
    if state == "handed_in":
        give(ready)
    browser = as_(ready.practitioner)
    browser.get(f"/cases/{ready.ref}/")

    with CaptureQueriesContext(connection) as captured:
        assert browser.get(f"/cases/{ready.ref}/").status_code == 200
    assert len(captured) == 10


def test_healed_evidence_of_a_returned_attempt_is_not_shown_as_handed_in():
    made = ready_case(state="returned")
    attempt = made.submissions.get()
    Manifest.objects.create(
        submission=attempt, marking_stage="healed", number=1, content={"photos": []}, sha256="0" * 64, frozen_at=AT
    )

    assert seen(made).manifests == []
