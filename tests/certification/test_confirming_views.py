"""Answering a named auto-fail event: what is shown, and what is not."""

import pytest
import time_machine

from certification.models import Confirmation
from tests.factories.certification import AT, at_state, ready_case
from tests.factories.marking import AT_STANDARD, allocation, assessor, attempt, frozen, marks, place_in_file
from tests.pages import text
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common.days import DAY

pytestmark = pytest.mark.django_db
WHY = "The label in the second photograph shows it plainly."
SENT = {"AF1-answer": "confirmed", "AF1-why": "I see the same date on that label, before the visit."}


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def scar():
    made = place_in_file(ready_case(), 1)
    frozen(at_state(made, "procedure_marking"))
    levels = {code: 3 if code == "R06" else 2 for code in AT_STANDARD if code != "R11"}
    marks(attempt(made), levels, stage="procedure", events={"AF1": WHY}, feedback="First words.")
    return made


@pytest.fixture
def piece(scar):
    return allocation(attempt(scar), kind="confirm")


@pytest.fixture
def browser(as_, piece):
    return as_(piece.assessor)


@pytest.fixture
def path(piece) -> str:
    return f"/assess/{piece.pk}/confirm/"


def test_the_question_stands_beside_the_case(browser, path, scar):
    page = browser.get(path)
    said = text(page)

    assert "AF1: Needle or cartridge used on more than one client, or not sterile/in date" in said
    assert WHY in said
    assert f'src="/files/marking-photo/{scar.photos.first().pk}-large/"' in page.content.decode()
    assert "Written record" in said
    assert "First words." not in said
    assert "-level" not in page.content.decode()


def test_it_is_for_whom_it_is_asked(as_, client, scar, piece, path):
    strangers = [assessor(), scar.practitioner, person(Role.CERTIFICATION_OFFICER)]

    assert [as_(who).get(path).status_code for who in strangers] == [404] * 3
    assert [as_(who).post(path, SENT).status_code for who in strangers] == [404] * 3
    assert client.get(path).url == f"/accounts/login/?next={path}"
    assert Confirmation.objects.count() == 0


def test_an_answer_is_handed_in_and_can_be_read_until_the_result_is_out(browser, path, scar):
    assert browser.post(path, SENT).url == "/assess/"
    assert f"Your answer for case {scar.ref} is handed in." in text(browser.get("/assess/"))
    row = Confirmation.objects.get()
    assert (row.event, row.answer, row.why) == ("AF1", "confirmed", SENT["AF1-why"])
    assert attempt(scar).state == "assessed"

    page = browser.get(path)
    assert "Your answer is handed in." in text(page)
    assert SENT["AF1-why"] in text(page)
    assert 'id="answers"' not in page.content.decode()
    browser.post(path, {**SENT, "AF1-answer": "not_confirmed"})
    assert Confirmation.objects.get().answer == "confirmed"
    at_state(scar, "released")
    assert browser.get(path).url == "/assess/"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"AF1-answer": ""}, "Say whether the evidence confirms it."),
        ({"AF1-answer": "perhaps"}, "is not one of the available choices"),
        ({"AF1-why": ""}, "Say why, in at least 30 characters."),
        ({"AF1-why": "Kept, though short."}, "AF1: say why, in at least 30 characters."),
        ({"AF1-why": "x" * 2001}, "at most 2000 characters"),
    ],
)
def test_a_refused_answer_says_why_and_keeps_what_was_typed(browser, path, changes, sentence):
    page = browser.post(path, {**SENT, **changes})

    assert sentence in text(page)
    assert {**SENT, **changes}["AF1-why"] in page.content.decode()
    assert Confirmation.objects.count() == 0


def test_a_lease_that_ran_out_leads_to_the_desk(browser, path):
    with time_machine.travel(AT + 7 * DAY, tick=False):
        assert browser.get(path).url == "/assess/"
        assert browser.post(path, SENT).url == "/assess/"
    assert Confirmation.objects.count() == 0


def test_a_piece_that_asks_for_marks_leads_to_the_light_table(as_, scar):
    piece = allocation(attempt(scar), kind="second")

    assert as_(piece.assessor).get(f"/assess/{piece.pk}/confirm/").url == f"/assess/{piece.pk}/"


def test_when_nothing_is_asked_any_more_the_answer_says_so(as_):
    case = place_in_file(ready_case(), 1)
    frozen(at_state(case, "procedure_marking"))
    piece = allocation(attempt(case), kind="confirm")

    assert "There is nothing to answer any more." in text(as_(piece.assessor).post(f"/assess/{piece.pk}/confirm/"))
