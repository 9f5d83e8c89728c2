"""An assessor's desk: offers, work in hand, what is over, where one works, and the cards on /my/."""

import datetime as dt
import re

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from certification.desk import desk_of
from certification.models import Allocation, Assessment, ConflictDeclaration, Result, Submission, Workplace
from tests.factories.certification import AT, REASON, add_healed, at_state, ready_case
from tests.factories.marking import (
    AT_STANDARD,
    allocation,
    assessor,
    attempt,
    authorisation,
    frozen,
    marks,
    place_in_file,
)
from tests.pages import text
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common import cards
from training_site.common.days import DAY
from training_site.common.history import save_as

pytestmark = pytest.mark.django_db
PROCEDURE = {code: 2 for code in AT_STANDARD if code != "R11"}


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def sue():
    return assessor()


@pytest.fixture
def browser(as_, sue):
    return as_(sue)


def handed_in(**facts) -> Submission:
    """An attempt whose procedure is being marked."""
    case = place_in_file(ready_case(**facts), 1)
    submission = at_state(case, "procedure_marking")
    frozen(submission)
    return submission


def begun(piece: Allocation, *codes: str) -> Assessment:
    draft = {"levels": {code: {"level": 2, "reason": "", "faults": [], "comment": ""} for code in codes}}
    made = Assessment(allocation=piece, begun_at=AT, draft=draft if codes else {})
    return save_as(made, actor=piece.assessor, reason=REASON)


def queries(client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


# What lies on it ----------------------------------------------------------------------------------


def test_an_offer_says_what_is_asked(sue):
    submission = handed_in()
    allocation(submission, to=sue, state="offered")

    (piece,) = desk_of(sue, at=AT).offers

    assert piece.ref == submission.case.ref
    assert piece.about == "Strip (FUT) scar camouflage · Light (I–II) skin"
    assert (piece.asked, piece.photos, piece.lease_days) == ("Marks for 13 criteria, the procedure.", 11, 7)


@pytest.mark.parametrize(
    ("kind", "stage", "asked"),
    [
        ("first", "procedure", "Marks for 13 criteria, the procedure."),
        ("second", "procedure", "Marks for 13 criteria, the procedure."),
        ("second", "healed", "Marks for one criterion, the healed result."),
        ("third", "healed", "Marks for 14 criteria."),
        ("confirm", "procedure", "An answer: does the evidence show a named auto-fail event?"),
    ],
)
def test_what_kind_of_marker_one_is_is_not_told(sue, browser, kind, stage, asked):
    allocation(handed_in(), to=sue, state="offered", kind=kind, stage=stage)

    assert desk_of(sue, at=AT).offers[0].asked == asked
    assert not re.search(r"\b(first|second|third)\b", text(browser.get("/assess/")), re.IGNORECASE)


def test_work_in_hand_stands_by_due_day_with_its_progress(sue):
    late = allocation(handed_in(), to=sue, due_at=AT + 7 * DAY)
    soon = allocation(handed_in(), to=sue, due_at=AT + 2 * DAY)
    begun(late, "R01", "R02")

    pieces = desk_of(sue, at=AT).in_hand

    assert [piece.allocation for piece in pieces] == [soon, late]
    assert [(piece.marked, len(piece.codes)) for piece in pieces] == [(0, 13), (2, 13)]
    assert [piece.due for piece in pieces] == ["Due 6 May 2026", "Due 11 May 2026"]


@pytest.mark.parametrize(
    ("left", "tone"), [(dt.timedelta(days=2), "caution"), (dt.timedelta(days=2, seconds=1), "wait")]
)
def test_what_is_due_soon_is_pressing(sue, left, tone):
    allocation(handed_in(), to=sue, due_at=AT + left)

    assert desk_of(sue, at=AT).in_hand[0].tone == tone


def test_a_correction_asks_for_what_is_marked_again(sue):
    former = handed_in()
    Result.objects.create(
        submission=at_state(former.case, "released"),
        round=1,
        basis="single",
        outcome="referred",
        band="none",
        points=50,
        possible=92,
        levels={},
        sets=[{}],
        again=["R06", "R08", "R11"],
        locked_at=AT,
    )
    again = Submission(
        case=former.case, number=2, kind="correction", state="procedure_marking", begun_at=AT, handed_in_at=AT
    )
    save_as(again, actor=None, reason=REASON)
    frozen(again)
    allocation(again, to=sue)

    assert desk_of(sue, at=AT).in_hand[0].codes == {"R06", "R08"}


def test_what_is_over_says_how_it_ended(sue, browser):
    done, lapsed = handed_in(), handed_in()
    marks(done, PROCEDURE, stage="procedure", by=sue)
    allocation(lapsed, to=sue, state="lapsed", accepted_at=AT, ended_at=AT + DAY)
    allocation(handed_in(), to=sue, state="declined")
    allocation(handed_in(), to=sue, state="lapsed")

    said = [(piece.ref, piece.ended) for piece in desk_of(sue, at=AT).over]

    assert said == [
        (lapsed.case.ref, "The lease ended on 5 May 2026; your draft is kept."),
        (done.case.ref, "Handed in on 4 May 2026."),
    ]


def test_own_marks_are_open_until_the_result_is_out(sue, browser):
    done = handed_in()
    (made,) = marks(done, PROCEDURE, stage="procedure", by=sue)
    link = f'href="/assess/{made.allocation_id}/"'

    before = browser.get("/assess/").content.decode()
    at_state(done.case, "released")
    after = browser.get("/assess/").content.decode()

    assert (link in before, link in after) == (True, False)


def test_others_work_is_not_there(sue, browser):
    allocation(handed_in())

    desk = desk_of(sue, at=AT)

    assert (desk.offers, desk.in_hand, desk.over) == ([], [], [])
    assert "Nothing waits for you" in text(browser.get("/assess/"))


@pytest.mark.parametrize("many", [1, 3])
def test_the_desk_takes_the_same_queries_for_one_and_three_pieces(sue, browser, many):
    for _ in range(many):
        submission = handed_in()
        begun(allocation(submission, to=sue), "R01")
        allocation(handed_in(), to=sue, state="offered")
        marks(handed_in(), PROCEDURE, stage="procedure", by=sue)

    assert queries(browser, "/assess/") == 8


# Answering an offer -------------------------------------------------------------------------------


def test_accepting_leads_to_the_light_table(sue, browser):
    piece = allocation(handed_in(), to=sue, state="offered")

    assert browser.post(f"/assess/{piece.pk}/accept/").url == f"/assess/{piece.pk}/"
    assert Assessment.objects.get().allocation == piece
    assert browser.get(f"/assess/{piece.pk}/").status_code == 200


def test_an_offer_that_is_over_says_so_and_leads_back(sue, browser):
    piece = allocation(handed_in(), to=sue, state="offered", due_at=AT)

    assert browser.post(f"/assess/{piece.pk}/accept/").url == "/assess/"
    assert "lapsed on 4 May 2026" in text(browser.get("/assess/"))


def test_declining_asks_why(sue, browser):
    piece = allocation(handed_in(), to=sue, state="offered")
    path = f"/assess/{piece.pk}/decline/"

    assert "Say why in a sentence." in text(browser.post(path, {"reason": " "}))
    assert browser.post(path, {"reason": "On holiday."}).url == "/assess/"
    piece.refresh_from_db()
    assert (piece.state, piece.note) == ("declined", "On holiday.")


@pytest.mark.parametrize("state", ["offered", "accepted"])
def test_standing_down_declares_a_conflict_without_a_name(sue, browser, state):
    submission = handed_in()
    piece = allocation(submission, to=sue, state=state)
    path = f"/assess/{piece.pk}/stand-down/"

    assert "Say why in a sentence." in text(browser.post(path, {"reason": ""}))
    assert browser.post(path, {"reason": "I saw this work at a course."}).url == "/assess/"
    piece.refresh_from_db()
    assert piece.state == "recused"
    assert ConflictDeclaration.objects.get().person == sue
    assert submission.case.practitioner.legal_name not in browser.get("/assess/").content.decode()


@pytest.mark.parametrize("action", ["decline", "stand-down"])
def test_what_is_over_is_not_answered_again(sue, browser, action):
    piece = allocation(handed_in(), to=sue, state="lapsed")

    assert browser.get(f"/assess/{piece.pk}/{action}/").url == "/assess/"
    assert browser.post(f"/assess/{piece.pk}/{action}/", {"reason": "Why."}).url == "/assess/"
    piece.refresh_from_db()
    assert piece.state == "lapsed"


def test_nobody_answers_for_another(as_, sue):
    piece = allocation(handed_in(), to=sue, state="offered")
    strangers = [assessor(), piece.submission.case.practitioner, person(Role.CERTIFICATION_OFFICER)]

    for action in ("accept", "decline", "stand-down"):
        answers = [as_(who).post(f"/assess/{piece.pk}/{action}/", {"reason": "Why."}) for who in strangers]
        assert [answer.status_code for answer in answers] == [404] * 3
    piece.refresh_from_db()
    assert piece.state == "offered"


# Where one works ----------------------------------------------------------------------------------


def test_who_has_not_said_where_they_work_is_asked_to(as_):
    new = person(Role.ASSESSOR)
    authorisation(new)
    browser = as_(new)

    assert "Say where you work" in text(browser.get("/assess/"))
    assert (
        browser.post("/assess/places/", {"studio": "Harbour Studio", "town": "Bristol", "country": "gb"}).url
        == "/assess/places/"
    )
    place = Workplace.objects.get(assessor=new)
    assert (place.studio, place.town, place.country, place.stated_at) == ("Harbour Studio", "Bristol", "GB", AT)
    assert "Say where you work" not in text(browser.get("/assess/"))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"studio": ""}, "Enter the name of the studio or clinic."),
        ({"town": ""}, "Enter the town."),
        ({"country": "UKX"}, "at most 2 characters"),
        ({"country": "1ß"}, "Enter the country as two letters, such as GB."),
        ({"studio": "Harbour Studio", "town": "Bristol"}, "You have stated this place already."),
    ],
)
def test_a_refused_workplace_says_why_and_keeps_what_was_typed(browser, changes, sentence):
    page = browser.post("/assess/places/", {"studio": "Quay Clinic", "town": "Hull", "country": "GB", **changes})

    assert sentence in text(page)
    assert 'value="Hull"' in page.content.decode() or changes.get("town") is not None


def test_a_workplace_is_left(sue, browser, as_):
    place = sue.workplaces.get()

    assert as_(assessor()).post(f"/assess/places/{place.pk}/leave/").status_code == 404
    assert browser.post(f"/assess/places/{place.pk}/leave/").url == "/assess/places/"
    place.refresh_from_db()
    assert place.left_at == AT
    assert browser.post(f"/assess/places/{place.pk}/leave/").status_code == 404


# Cards --------------------------------------------------------------------------------------------


def titles(user) -> dict[str, str]:
    return {card.title: card.sentence for card in cards.for_user(user, AT)}


def test_cards_tell_what_waits(sue):
    allocation(handed_in(), to=sue, due_at=AT + 3 * DAY)
    allocation(handed_in(), to=sue, state="offered", due_at=AT + 5 * DAY)

    assert titles(sue) == {
        "Marking": "One piece is in hand, due on 7 May 2026.",
        "Offers to mark": "One case waits for your answer until 9 May 2026.",
    }


def test_cards_count(sue):
    for days in (3, 4):
        allocation(handed_in(), to=sue, due_at=AT + days * DAY)
        allocation(handed_in(), to=sue, state="offered", due_at=AT + days * DAY)

    assert titles(sue) == {
        "Marking": "2 pieces are in hand, the first due on 7 May 2026.",
        "Offers to mark": "2 cases wait for your answer until 7 May 2026.",
    }


def test_an_assessor_without_a_workplace_is_asked_for_it():
    assert list(titles(person(Role.ASSESSOR))) == ["Where you work"]


def test_nobody_else_has_these_cards(sue):
    assert titles(sue) == {}
    assert "Where you work" not in titles(person(Role.TRAINER))


def test_the_place_stands_under_the_masthead(browser):
    assert '<a href="/assess/" aria-current="true">Marking</a>' in browser.get("/assess/").content.decode()


def test_the_healed_stage_counts_its_photographs(sue):
    submission = handed_in()
    add_healed(submission.case)
    submission.healed_in_at = AT
    save_as(submission, actor=None, reason=REASON)
    frozen(submission, stage="healed")
    allocation(submission, to=sue, stage="healed", state="offered")

    assert desk_of(sue, at=AT).offers[0].photos == 16
    assert attempt(submission.case) == submission
