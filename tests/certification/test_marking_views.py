"""The light table: opened by its assessor only, kept as it grows, with and without script, and handed in."""

import html
import json
import re

import pytest
import time_machine

from certification.models import Assessment, Judgement
from tests.factories.certification import AT, REASON, PhotoFactory, add_healed, at_state, ready_case
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
from tests.pages import text
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common.days import DAY
from training_site.common.history import save_as

pytestmark = pytest.mark.django_db
PROCEDURE = [code for code in AT_STANDARD if code != "R11"]


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def scar():
    made = place_in_file(ready_case(), 1)
    frozen(at_state(made, "procedure_marking"))
    return made


@pytest.fixture
def assessment(scar) -> Assessment:
    piece = allocation(attempt(scar))
    return save_as(Assessment(allocation=piece, begun_at=AT), actor=piece.assessor, reason=REASON)


@pytest.fixture
def browser(as_, assessment):
    return as_(assessment.allocation.assessor)


@pytest.fixture
def path(assessment) -> str:
    return f"/assess/{assessment.allocation_id}/"


def shown(response) -> dict[str, list[str]]:
    """Every field of the page as a browser without script would send it."""
    page = response.content.decode()
    page = page[page.index('<form id="marks"') :]
    fields: dict[str, list[str]] = {}
    for tag in re.findall(r"<input [^>]*>", page):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        kind = re.search(r'type="([^"]*)"', tag)[1]
        if name and (kind not in ("radio", "checkbox") or " checked" in tag):
            fields.setdefault(name[1], []).append(html.unescape(value[1]))
    for name, value in re.findall(r'<textarea[^>]* name="([^"]*)"[^>]*>([^<]*)</textarea>', page):
        fields.setdefault(name, []).append(html.unescape(value))
    for name, options in re.findall(r'<select[^>]* name="([^"]*)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        fields.setdefault(name, []).append(chosen[1])
    return fields


def draft(assessment: Assessment) -> dict:
    assessment.refresh_from_db()
    return assessment.draft


def level(assessment: Assessment, code: str) -> int | None:
    return draft(assessment).get("levels", {}).get(code, {}).get("level")


def everything(assessment: Assessment, **levels: int) -> dict:
    given = {**dict.fromkeys(PROCEDURE, 2), **levels}
    assessment.draft = {
        "levels": {
            code: {"level": each, "reason": "", "faults": [], "comment": ""} for code, each in given.items()
        }
    }
    Assessment.objects.filter(pk=assessment.pk).update(draft=assessment.draft)
    return assessment.draft


# Who sees it --------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["", "save/", "hand-in/"])
def test_the_light_table_is_for_its_assessor(as_, client, scar, assessment, path, page):
    strangers = [assessor(), scar.practitioner, person(Role.CERTIFICATION_OFFICER), person(Role.QUALITY_ASSURER)]

    for who in map(as_, strangers):
        assert {who.get(path + page).status_code, who.post(path + page).status_code} <= {404, 405}
    assert client.get(path + page).url == f"/accounts/login/?next={path}{page}"
    assert draft(assessment) == {}


@pytest.mark.parametrize("pk", ["9" * 30, "0"])
def test_a_number_that_no_piece_has_is_not_found(browser, pk):
    assert [browser.get(f"/assess/{pk}/{page}").status_code for page in ("", "hand-in/", "confirm/")] == [404] * 3


def test_it_shows_the_case_and_what_is_to_be_marked(browser, path, scar):
    page = browser.get(path)
    said = text(page)

    assert f"Case {scar.ref}" in said
    assert "Strip (FUT) scar camouflage · Light (I–II) skin" in said
    assert "0 of 13 marked" in said
    assert "R06 · weight 10" in said
    assert "Close-ups with scale, before and immediately after the last session" in said
    assert "Dots round, separate, near follicle size; few oversize" in said
    assert said.count("critical") == 4
    assert "Healed result and retention" not in said
    assert 'name="R11-level"' not in page.content.decode()


def test_photographs_are_asked_for_as_marking_photos(browser, path, scar):
    page = browser.get(path).content.decode()

    assert f'src="/files/marking-photo/{scar.photos.first().pk}-large/"' in page
    assert "case-photo" not in page
    assert "original" not in page


def test_no_total_is_shown_while_marking(browser, path, assessment):
    everything(assessment)

    assert "60.0" not in text(browser.get(path))
    assert "55.2" not in text(browser.get(f"{path}hand-in/"))
    assert "total" not in text(browser.get(path)).lower()


def test_the_page_says_when_it_was_saved_last(browser, path, assessment):
    assert "Nothing marked yet" in text(browser.get(path))
    browser.post(f"{path}save/", {"part": "R01", "R01-level": "2", "seen": "{}"})
    assert "Saved 4 May, 10:00" in text(browser.get(path))


def test_a_question_leads_to_its_own_page(browser, assessment, scar):
    piece = allocation(
        attempt(ready_case(state="procedure_marking")), kind="confirm", to=assessment.allocation.assessor
    )

    assert browser.get(f"/assess/{piece.pk}/").url == f"/assess/{piece.pk}/confirm/"
    assert "asks for an answer" in text(browser.get(f"/assess/{piece.pk}/hand-in/", follow=True))
    assert browser.post(f"/assess/{piece.pk}/save/").status_code == 409


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"state": "offered"}, "Accept the offer first."),
        ({"state": "recused"}, "You have given this case back."),
        ({"state": "lapsed", "accepted_at": AT}, "The lease ran out on 4 May 2026; your draft is kept."),
        ({"due_at": AT}, "The lease ran out on 4 May 2026; your draft is kept."),
    ],
)
def test_a_piece_that_is_not_in_hand_leads_to_the_desk(as_, scar, facts, sentence):
    piece = allocation(attempt(scar), **facts)
    save_as(Assessment(allocation=piece, begun_at=AT), actor=None, reason=REASON)
    browser = as_(piece.assessor)

    for page in ("", "hand-in/"):
        response = browser.get(f"/assess/{piece.pk}/{page}")
        assert response.url == "/assess/"
        assert sentence in text(browser.get("/assess/"))


def test_a_case_that_was_given_back_is_shown_to_no_sender_of_marks(as_, scar):
    piece = allocation(attempt(scar), state="recused")
    save_as(Assessment(allocation=piece, begun_at=AT), actor=None, reason=REASON)

    answer = as_(piece.assessor).post(f"/assess/{piece.pk}/", {"R01-level": "2"})

    assert (answer.status_code, answer.url) == (302, "/assess/")


# With script: part by part ------------------------------------------------------------------------


def test_a_part_is_saved_by_itself(browser, path, assessment):
    answer = browser.post(
        f"{path}save/",
        {
            "part": "R06",
            "R06-level": "1",
            "R06-reason": " Clumps. ",
            "R06-faults": ["grid"],
            "version": 0,
            "seen": "{}",
        },
    )

    assert answer.status_code == 200
    assert answer.json() == {
        "elsewhere": False,
        "version": 1,
        "parts": {"R06": {"level": 1, "reason": "Clumps.", "faults": ["grid"], "comment": ""}},
    }
    assert level(assessment, "R06") == 1


def test_notes_are_sent_as_percents_and_empty_ones_dropped(browser, path, assessment, scar):
    photo = scar.photos.first().pk
    sent = {
        "part": "notes",
        "seen": "{}",
        "note-photo": [photo, photo],
        "note-x": ["25.55", "50"],
        "note-y": ["100", "50"],
        "note-criterion": ["R06", ""],
        "note-text": ["Here.", "  "],
    }

    assert browser.post(f"{path}save/", sent).status_code == 200
    assert draft(assessment)["notes"] == [
        {"photo": photo, "x": 0.2555, "y": 1.0, "criterion": "R06", "text": "Here."}
    ]


@pytest.mark.parametrize(
    "sent",
    [
        {"part": "R06", "R06-level": "5"},
        {"part": "R06", "R06-level": "²"},
        {"part": "R06", "R06-level": "1" * 5000},
        {"part": "R11", "R11-level": "2"},
        {"part": "AF99"},
        {"part": "\x00"},
        {"part": "notes", "note-photo": "x", "note-x": "1", "note-y": "1", "note-criterion": "", "note-text": "a"},
        {
            "part": "notes",
            "note-photo": "9e99",
            "note-x": "1",
            "note-y": "1",
            "note-criterion": "",
            "note-text": "a",
        },
        {
            "part": "notes",
            "note-photo": "1",
            "note-x": "nan",
            "note-y": "1",
            "note-criterion": "",
            "note-text": "a",
        },
        {
            "part": "notes",
            "note-photo": "1",
            "note-x": "inf",
            "note-y": "1",
            "note-criterion": "",
            "note-text": "a",
        },
    ],
)
def test_what_cannot_stand_is_answered_with_a_sentence(browser, path, assessment, sent):
    answer = browser.post(f"{path}save/", {"seen": "{}", **sent})

    assert answer.status_code == 409
    assert answer.json()["sentence"].endswith((".", "again."))
    assert draft(assessment) == {}


@pytest.mark.parametrize(
    "seen", ["", "x", "[]", '{"levels": []}', '{"events": 1, "notes": 2}', "null", "1", "[" * 100_000]
)
def test_a_page_that_shows_nothing_sensible_writes_over_nothing(browser, path, assessment, seen):
    everything(assessment)

    answer = browser.post(f"{path}save/", {"part": "R01", "R01-level": "4", "seen": seen})

    assert answer.status_code == 409
    assert level(assessment, "R01") == 2


def test_another_window_is_noticed_and_nothing_is_lost(browser, path, assessment):
    shared = {"seen": "{}", "version": 0}
    browser.post(f"{path}save/", {"part": "R01", "R01-level": "2", **shared})

    other = browser.post(f"{path}save/", {"part": "R02", "R02-level": "3", **shared})
    clash = browser.post(f"{path}save/", {"part": "R01", "R01-level": "4", **shared})

    assert other.json()["elsewhere"] is True
    assert clash.status_code == 409
    assert clash.json()["clash"] == ["R01"]
    assert clash.json()["parts"]["R01"]["level"] == 2
    assert (level(assessment, "R01"), level(assessment, "R02")) == (2, 3)
    again = {**shared, "seen": json.dumps({"levels": clash.json()["parts"]})}
    assert browser.post(f"{path}save/", {"part": "R01", "R01-level": "4", **again}).status_code == 200
    assert level(assessment, "R01") == 4


def test_a_lease_that_ran_out_is_said_and_the_draft_kept(browser, path, assessment):
    everything(assessment)

    with time_machine.travel(AT + 7 * DAY, tick=False):
        answer = browser.post(f"{path}save/", {"part": "R01", "R01-level": "4", "seen": "{}"})

    assert answer.status_code == 409
    assert answer.json()["sentence"].startswith("The lease ran out on 11 May 2026; your draft is kept.")
    assert level(assessment, "R01") == 2


def test_saving_is_no_get(browser, path):
    assert browser.get(f"{path}save/").status_code == 405


# Without script: one long form --------------------------------------------------------------------


def test_the_whole_page_is_saved_as_one_form(browser, path, assessment, scar):
    photo = scar.photos.get(stage="before", view="back").pk
    sent = {
        **shown(browser.get(path)),
        "R01-level": "3",
        "R06-level": "1",
        "R06-reason": REASON_TEXT,
        "R06-faults": ["grid"],
        "AF1-named": "1",
        "AF1-why": "Seen.",
        "feedback": "Steady work.",
        "note-photo": [photo],
        "note-text": ["Here."],
    }

    assert browser.post(path, sent).url == path
    kept = draft(assessment)
    assert (kept["levels"]["R01"]["level"], kept["levels"]["R06"]["faults"]) == (3, ["grid"])
    assert (kept["events"], kept["feedback"]) == ({"AF1": "Seen."}, "Steady work.")
    assert kept["notes"] == [{"photo": photo, "x": 0.5, "y": 0.5, "criterion": "", "text": "Here."}]


def test_what_was_saved_stands_on_the_page(browser, path, assessment, scar):
    kept = everything(assessment, R06=1)
    kept["levels"]["R06"] |= {"reason": REASON_TEXT, "faults": ["grid"], "comment": "Slow down."}
    photo = scar.photos.get(stage="before", view="back")
    kept |= {
        "events": {"AF1": "Seen."},
        "feedback": "Steady work.",
        "notes": [{"photo": photo.pk, "x": 0.25, "y": 0.5, "criterion": "R06", "text": "Here."}],
    }
    Assessment.objects.filter(pk=assessment.pk).update(draft=kept)

    page = browser.get(path)
    fields = shown(page)

    assert {code: fields[f"{code}-level"] for code in PROCEDURE} == {
        code: ["1" if code == "R06" else "2"] for code in PROCEDURE
    }
    assert (fields["R06-reason"], fields["R06-faults"], fields["R06-comment"]) == (
        [REASON_TEXT],
        ["grid"],
        ["Slow down."],
    )
    assert (fields["AF1-why"], fields["feedback"]) == (["Seen."], ["Steady work."])
    assert "AF2-named" not in fields
    assert fields["note-text"] == ["Here.", ""]
    assert (fields["note-x"], fields["note-y"]) == (["25.0", "50"], ["50.0", "50"])
    assert 'aria-label="Note 1: Here."' in page.content.decode()
    browser.post(path, fields)
    assert draft(assessment) == kept


def test_what_cannot_stand_comes_back_as_it_was_typed_beside_its_field(browser, path, assessment):
    sent = {**shown(browser.get(path)), "R01-level": "3", "R02-comment": "x" * 2001, "feedback": "Kept as typed."}

    page = browser.post(path, sent)

    assert page.status_code == 200
    assert "R02: shorten the text to 2000 characters; it has 2001." in text(page)
    fields = shown(page)
    assert (fields["R01-level"], fields["R02-comment"], fields["feedback"]) == (
        ["3"],
        ["x" * 2001],
        ["Kept as typed."],
    )
    assert draft(assessment) == {}


def test_an_older_page_merges_and_names_what_clashes(browser, path, assessment):
    old = shown(browser.get(path))
    browser.post(f"{path}save/", {"part": ["R01", "R02"], "R01-level": "2", "R02-level": "2", "seen": "{}"})

    page = browser.post(path, {**old, "R01-level": "4", "R03-level": "3"})

    said = text(page)
    assert "Changed in another window meanwhile: R01." in said
    assert "In the other window: level 2." in said
    assert shown(page)["R01-level"] == ["4"]
    assert shown(page)["R02-level"] == ["2"]
    assert level(assessment, "R03") is None
    assert browser.post(path, shown(page)).url == path
    assert [level(assessment, code) for code in ("R01", "R02", "R03")] == [4, 2, 3]


def test_a_form_sent_too_late_comes_back_with_what_was_typed(browser, path, assessment):
    sent = {**shown(browser.get(path)), "feedback": "Typed in vain."}

    with time_machine.travel(AT + 7 * DAY, tick=False):
        page = browser.post(path, sent)

    assert "The lease ran out on 11 May 2026" in text(page)
    assert shown(page)["feedback"] == ["Typed in vain."]
    assert draft(assessment) == {}


# Handing in ---------------------------------------------------------------------------------------


def test_handing_in_saves_the_page_first(browser, path, assessment):
    sent = {**shown(browser.get(path)), "R01-level": "3", "hand_in": "1"}

    assert browser.post(path, sent).url == f"{path}hand-in/"
    assert level(assessment, "R01") == 3


def test_what_is_missing_is_listed_and_leads_to_its_criterion(browser, path, assessment):
    everything(assessment, R06=1)

    page = browser.get(f"{path}hand-in/")

    assert "2 things are missing" in text(page)
    assert (
        f'<a href="{path}?missing=1#R06">R06 Dot size and definition: name the fault.</a>' in page.content.decode()
    )
    assert "Once they are handed in" not in text(page)
    assert "R06 Dot size and definition: name the fault." in text(browser.get(f"{path}?missing=1"))
    assert "name the fault" not in text(browser.get(path))


def test_marks_are_handed_in_and_lead_to_the_desk(browser, path, assessment, scar):
    everything(assessment)

    page = browser.get(f"{path}hand-in/")
    response = browser.post(f"{path}hand-in/")

    assert "13 of 13 criteria marked" in text(page)
    assert response.url == "/assess/"
    assert f"Your marks for case {scar.ref} are handed in and locked." in text(browser.get("/assess/"))
    assert Judgement.objects.count() == 13
    assert attempt(scar).state == "healed_awaited"


def test_marks_with_a_gap_are_not_handed_in(browser, path, assessment):
    everything(assessment, R01=0)

    assert browser.post(f"{path}hand-in/").url == f"{path}hand-in/"
    assert "One thing is missing. Nothing was handed in." in text(browser.get(f"{path}hand-in/"))
    assert Judgement.objects.count() == 0


def test_own_marks_can_be_read_until_the_result_is_out(browser, path, assessment, scar):
    everything(assessment)
    browser.post(f"{path}hand-in/")

    page = browser.get(path)

    assert "Your marks are handed in and locked." in text(page)
    assert "Hygiene and set-up: level 2" in text(page)
    assert "<form id" not in page.content.decode()
    assert browser.post(path, {"part": "R01", "R01-level": "4"}).status_code == 200
    assert Judgement.objects.get(criterion__code="R01").level == 2
    at_state(scar, "released")
    assert browser.get(path).url == "/assess/"


# What is asked at other stages --------------------------------------------------------------------


def test_a_third_assessor_marks_everything_and_is_not_told_to_be_one(as_, scar):
    add_healed(scar)
    submission = attempt(scar)
    submission.healed_in_at = AT
    save_as(submission, actor=None, reason=REASON)
    frozen(submission, stage="healed")
    marks(submission, AT_STANDARD, kind="first", feedback="First words.")
    piece = allocation(submission, kind="third", stage="healed")
    save_as(Assessment(allocation=piece, begun_at=AT), actor=None, reason=REASON)

    said = text(as_(piece.assessor).get(f"/assess/{piece.pk}/"))

    assert "0 of 14 marked" in said
    assert "14 April 2026, 35 days" in said
    assert not re.search(r"third|second marker|First words", said)


def test_a_photograph_that_is_gone_leaves_its_place(browser, path, scar):
    photo = scar.photos.get(stage="before", view="back")
    photo.removed_at = AT
    photo.original = photo.large = photo.medium = photo.small = ""
    save_as(photo, actor=None, reason=REASON)

    page = browser.get(path)

    assert "The client has taken this photograph back." in text(page)
    assert f"/files/marking-photo/{photo.pk}-" not in page.content.decode()


def test_a_photograph_added_after_hand_in_is_not_on_the_table(browser, path, scar):
    late = PhotoFactory(case=scar, stage="healed", view="back", taken_on=AT.date())

    assert f"/files/marking-photo/{late.pk}-" not in browser.get(path).content.decode()
