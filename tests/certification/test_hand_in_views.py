"""The page on which a case is handed in."""

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from certification.models import Manifest, ProcedureCase
from tests.factories.certification import AT, REASON, add_healed, case, case_file, ready_case
from tests.pages import text
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common.history import save_as

pytestmark = pytest.mark.django_db


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


@pytest.fixture
def browser(as_, trainee):
    return as_(trainee)


def address(of: ProcedureCase) -> str:
    return f"/cases/{of.ref}/hand-in/"


def state(of: ProcedureCase) -> str:
    return of.submissions.get().state


def test_a_whole_case_shows_the_button(browser, ready):
    page = text(browser.get(address(ready)))

    assert "The case is complete, with 11 photographs. Healed photographs follow later" in page
    assert "This is my own work, and the client is a real person who agreed" in page
    assert "Hand in case" in page


def test_a_case_is_handed_in_with_one_tick(browser, ready):
    response = browser.post(address(ready), {"declared": "on"}, follow=True)

    assert response.redirect_chain == [(f"/cases/{ready.ref}/", 302)]
    assert f"Case {ready.ref} is handed in. A mail confirms it." in text(response)
    assert state(ready) == "handed_in"


def test_without_the_tick_nothing_is_handed_in(browser, ready):
    response = browser.post(address(ready), {})

    assert "Tick this to hand in. If it is not so, the case cannot be assessed." in text(response)
    assert (response.status_code, state(ready), Manifest.objects.count()) == (200, "draft", 0)


def test_what_is_missing_is_named_with_its_page_and_there_is_no_button(browser, trainee):
    begun = ready_case(case_file(trainee), plan="", reflection="")

    response = browser.get(address(begun))

    assert "Write the plan." in text(response)
    assert "Write the reflection, 150 to 600 words." in text(response)
    assert f'href="/cases/{begun.ref}/plan/"' in response.content.decode()
    assert f'href="/cases/{begun.ref}/aftercare/"' in response.content.decode()
    assert 'name="declared"' not in response.content.decode()


def test_an_unfinished_case_is_refused_and_says_why(browser, trainee):
    begun = ready_case(case_file(trainee), plan="")

    response = browser.post(address(begun), {"declared": "on"})

    assert response.status_code == 200
    assert "One thing is missing. Nothing was handed in." in text(response)
    assert "Write the plan." in text(response)
    assert state(begun) == "draft"


def test_the_list_says_what_is_there_and_what_is_not(browser, trainee):
    begun = ready_case(case_file(trainee), plan="")

    page = text(browser.get(address(begun)))

    assert "Not yet: Plan" in page
    assert "Done: Health screen" in page


def test_a_name_in_a_text_is_in_the_way(browser, trainee):
    begun = ready_case(case_file(trainee), plan="Tara Novak does one session.")

    assert "Your name (“Tara Novak”) stands in the plan" in text(browser.get(address(begun)))


def test_complete_healed_photographs_go_along(browser, ready):
    add_healed(ready)

    assert "The healed photographs are complete, too, and go along." in text(browser.get(address(ready)))
    response = browser.post(address(ready), {"declared": "on"}, follow=True)

    assert f"Case {ready.ref} is handed in with its healed photographs." in text(response)
    assert sorted(Manifest.objects.values_list("marking_stage", flat=True)) == ["healed", "procedure"]


def test_healed_photographs_follow_on_the_same_page(browser, ready):
    browser.post(address(ready), {"declared": "on"})
    assert "Hand in the healed photographs" in text(browser.get(address(ready)))
    assert 'name="declared"' not in browser.get(address(ready)).content.decode()
    add_healed(ready)

    assert "The healed evidence is complete: 5 photographs" in text(browser.get(address(ready)))
    response = browser.post(address(ready), {"declared": "on"}, follow=True)

    assert f"The healed photographs of case {ready.ref} are handed in." in text(response)
    assert (state(ready), Manifest.objects.count()) == ("handed_in", 2)


def test_a_second_click_hands_in_nothing_more(browser, ready):
    add_healed(ready)
    browser.post(address(ready), {"declared": "on"})

    response = browser.post(address(ready), {"declared": "on"}, follow=True)

    assert response.redirect_chain == [(f"/cases/{ready.ref}/", 302)]
    assert "You need do nothing now. A mail tells you what comes next." in text(response)
    assert Manifest.objects.count() == 2


def test_a_second_click_on_the_procedure_is_no_hand_in_of_healed_photographs(browser, ready):
    browser.post(address(ready), {"declared": "on"})

    response = browser.post(address(ready), {"declared": "on"})

    assert "Nothing was handed in." in text(response)
    assert Manifest.objects.count() == 1


def test_one_attempt_too_many_is_refused_on_the_page(browser, ready):
    attempt = ready.submissions.get()
    attempt.number, attempt.kind = 4, "replacement"
    save_as(attempt, actor=None, reason=REASON)

    response = browser.post(address(ready), {"declared": "on"})

    assert "A case is handed in 3 times at most. Begin another case instead." in text(response)
    assert 'name="declared"' in response.content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("roles", [[Role.TRAINEE], [Role.CERTIFICATION_OFFICER], []])
def test_a_stranger_finds_nothing(as_, ready, method, roles):
    assert getattr(as_(person(*roles)), method)(address(ready), {"declared": "on"}).status_code == 404
    assert state(ready) == "draft"


def test_nobody_signed_in_is_sent_to_sign_in(client, ready):
    assert client.get(address(ready)).headers["Location"] == f"/accounts/login/?next={address(ready)}"


@pytest.mark.parametrize("whole", [True, False])
def test_the_page_takes_these_queries(browser, trainee, whole):
    of = case_file(trainee)
    made = ready_case(of) if whole else case(of)
    browser.get(address(made))

    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address(made)).status_code == 200
    assert len(captured) == 10
