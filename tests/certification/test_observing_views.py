"""Pages of observations: the trainer's, the appointed observer's, the candidate's."""

import re

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from certification import observing
from certification.models import Observation
from certification.observing import ITEMS
from tests.factories.certification import AT, LAST_SESSION, case, observation, visit
from tests.factories.courses import relation
from tests.pages import text
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common.days import DAY
from training_site.common.history import save_as
from training_site.common.models import Notice

pytestmark = pytest.mark.django_db
LIST = "/train/observations/"
NAME = "Tomás Rivera"
FORM = {"items": ITEMS[:2], "statement": "I was there from set-up to tear-down.", "signature": NAME}


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def trainer():
    return person(Role.TRAINER, legal_name=NAME)


@pytest.fixture
def session(trainer):
    made = visit(case())
    relation(trainer, made.case.practitioner)
    return made


@pytest.fixture
def browser(as_, trainer):
    return as_(trainer)


@pytest.fixture
def address(session) -> str:
    """What an appointed observer was mailed."""
    observing.appoint(
        session,
        name="Nora Berg",
        qualification="Nurse",
        email="nora@example.org",
        officer=person(Role.CERTIFICATION_OFFICER),
        reason="Was there.",
        at=AT,
    )
    return re.search(r"/observe/\S+/", Notice.objects.get().text)[0]


def moved(session) -> None:
    """The candidate logs another day while the page stands open."""
    session.visited_on += DAY
    save_as(session, actor=session.case.practitioner, reason="Changed.")


def post(browser, address: str, **changes):
    """Send the form as the page showed it."""
    shown = re.findall(r'name="shown" value="([^"]*)"', browser.get(address).content.decode())
    return browser.post(address, {**FORM, "shown": shown, **changes})


def queries(client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


# A trainer ------------------------------------------------------------------------------------------


def test_a_visit_is_for_the_candidates_own_trainer(client, as_, browser, session):
    path = f"{LIST}{session.pk}/"
    strangers = [relation().trainer, session.case.practitioner, person(Role.CERTIFICATION_OFFICER)]

    assert browser.get(path).status_code == 200
    assert [as_(who).get(path).status_code for who in strangers] == [404] * 3
    assert [as_(who).post(path, FORM).status_code for who in strangers] == [404] * 3
    assert client.get(path).url == f"/accounts/login/?next={path}"
    assert Observation.objects.count() == 0


def test_visits_that_wait_are_listed(browser, session):
    page = browser.get(LIST)

    assert session.case.ref in text(page)
    assert "Visit on 10 March 2026" in text(page)
    assert f'href="{LIST}{session.pk}/"' in page.content.decode()


def test_an_empty_list_says_when_a_visit_appears(browser):
    assert "When a trainee logs a visit with pigment" in text(browser.get(LIST))


def test_a_trainer_signs(browser, trainer, session):
    response = post(browser, f"{LIST}{session.pk}/")

    made = Observation.objects.get()
    assert response.url == LIST
    assert (made.visit, made.observer, made.items) == (session, trainer, list(ITEMS[:2]))
    said = text(browser.get(LIST))
    assert "Your observation of 10 March 2026 is signed." in said
    assert "Signed by you" in said


def test_a_signed_visit_leads_back_to_the_list(browser, session):
    post(browser, f"{LIST}{session.pk}/")

    assert browser.get(f"{LIST}{session.pk}/").url == LIST
    assert post(browser, f"{LIST}{session.pk}/").url == LIST
    assert Observation.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"items": []}, "Tick at least one point that you saw yourself."),
        ({"statement": "Too short."}, "at least 30 characters"),
        ({"statement": "s" * 3001}, "at most 3000 characters"),
        ({"statement": "A statement with a\x00 null character in it."}, "Null characters"),
        ({"signature": "Somebody"}, f"Sign with your full name as it is known here: {NAME}."),
        ({"items": ["Something else"]}, "is not one of the available choices"),
    ],
)
def test_a_refused_observation_says_why_and_keeps_what_was_typed(browser, session, changes, sentence):
    page = post(browser, f"{LIST}{session.pk}/", **changes)

    assert sentence in text(page)
    if "statement" not in changes:
        assert FORM["statement"] in page.content.decode()
    assert Observation.objects.count() == 0


@pytest.mark.parametrize("pk", ["9" * 30, "9" * 5000], ids=["30 digits", "5000 digits"])
def test_a_number_that_no_visit_has_is_not_found(browser, pk):
    assert browser.get(f"{LIST}{pk}/").status_code == 404
    assert browser.post(f"{LIST}{pk}/", FORM).status_code == 404


def test_a_trainer_looks_again_at_a_visit_that_changed_meanwhile(browser, session):
    path = f"{LIST}{session.pk}/"
    seen = re.search(r'name="shown" value="(\w+)"', browser.get(path).content.decode())[1]
    moved(session)

    page = browser.post(path, {**FORM, "shown": seen})

    assert "The visit was changed meanwhile. Look at it again." in text(page)
    assert "Treatment session, 11 March 2026" in text(page)
    assert Observation.objects.count() == 0
    post(browser, path)
    assert Observation.objects.get().observed_on == LAST_SESSION + DAY


@pytest.mark.parametrize("shown", ["", "x", "\x00"])
def test_a_form_that_no_page_showed_signs_nothing(browser, client, session, address, shown):
    for who, path in ((browser, f"{LIST}{session.pk}/"), (client, address)):
        assert "Look at it again." in text(who.post(path, {**FORM, "signature": "Nora Berg", "shown": shown}))
    assert Observation.objects.count() == 0


def test_the_page_of_trainees_leads_to_observations(browser):
    assert f'href="{LIST}"' in browser.get("/train/").content.decode()


@pytest.mark.parametrize("many", [1, 3])
def test_the_list_takes_the_same_queries_for_one_and_three_visits(browser, trainer, many):
    for number in range(many):
        made = visit(case(), on=LAST_SESSION - number * DAY)
        relation(trainer, made.case.practitioner)
        observation(visit(made.case), trainer)

    assert queries(browser, LIST) == 6


# An appointed observer ------------------------------------------------------------------------------


def test_an_observer_sees_what_they_were_appointed_for(client, session, address):
    page = client.get(address)

    said = text(page)
    assert page.status_code == 200
    assert session.case.practitioner.name in said
    assert "Treatment session, 10 March 2026" in said
    assert session.case.ref not in said
    assert (page["Referrer-Policy"], page["X-Robots-Tag"]) == ("no-referrer", "noindex, nofollow")
    assert "no-store" in page["Cache-Control"]


def test_an_observer_signs_once_without_an_account(address):
    strict = Client(enforce_csrf_checks=True)

    done = post(strict, address, signature="Nora Berg")
    again = post(strict, address, signature="Nora Berg")

    assert "Your observation is signed" in text(done)
    assert (again.status_code, "This link was used on 4 May 2026." in text(again)) == (404, True)
    assert strict.get(address).status_code == 404
    assert Observation.objects.get().role == "appointed"


def test_a_refusal_keeps_what_was_typed_and_the_link(client, address):
    page = post(client, address)

    assert "known here: Nora Berg" in text(page)
    assert FORM["statement"] in page.content.decode()
    assert post(client, address, signature="Nora Berg").status_code == 200
    assert Observation.objects.count() == 1


@pytest.mark.parametrize("token", ["unknown", "0" * 43, "%00"])
def test_a_link_that_is_not_known_is_no_error(client, token):
    for answered in (client.get(f"/observe/{token}/"), client.post(f"/observe/{token}/", FORM)):
        assert answered.status_code == 404


def test_an_observer_looks_again_at_a_visit_that_changed_meanwhile(client, session, address):
    seen = re.search(r'name="shown" value="(\w+)"', client.get(address).content.decode())[1]
    moved(session)

    page = client.post(address, {**FORM, "signature": "Nora Berg", "shown": seen})

    assert "The visit was changed meanwhile. Look at it again." in text(page)
    assert "Treatment session, 11 March 2026" in text(page)
    assert post(client, address, signature="Nora Berg").status_code == 200
    assert Observation.objects.get().observed_on == LAST_SESSION + DAY


def test_the_candidate_does_not_sign_in_the_observers_place(as_, client, session, address):
    browser = as_(session.case.practitioner)
    shown = observing.as_shown(session)

    answers = [browser.get(address), browser.post(address, {**FORM, "signature": "Nora Berg", "shown": shown})]

    assert [answer.status_code for answer in answers] == [403] * 2
    assert "Only the observer signs here" in text(answers[0])
    assert Observation.objects.count() == 0
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("signed_in", [False, True], ids=["visitor", "signed in"])
def test_no_answer_of_this_page_sets_a_cookie_or_names_its_address(client, as_, address, signed_in):
    browser = as_(person(Role.TRAINEE)) if signed_in else client
    answers = [browser.get(each) for each in (address, address[:-1], "/observe/x/", f"{address}more/")]
    answers += [browser.post(address, FORM), browser.put(address)]

    assert [answer.status_code for answer in answers] == [200, 301, 404, 404, 200, 405]
    assert {answer["Referrer-Policy"] for answer in answers} == {"no-referrer"}
    assert {answer["X-Robots-Tag"] for answer in answers} == {"noindex, nofollow"}
    assert {name for answer in answers for name in answer.cookies} == set()


def test_no_address_below_a_clients_link_is_named_elsewhere(client):
    answers = [client.get(each) for each in ("/consent/x", "/consent/x/", "/consent/x/photo/1/", "/consent/x/y/")]

    assert [answer.status_code for answer in answers] == [301, 404, 404, 404]
    assert {(answer["Referrer-Policy"], answer["X-Robots-Tag"]) for answer in answers} == {
        ("no-referrer", "noindex, nofollow")
    }
    assert client.get("/consent")["Referrer-Policy"] == "same-origin"


# The candidate --------------------------------------------------------------------------------------


def test_the_candidate_reads_how_each_visit_stands(as_, session, address):
    observation(visit(session.case, kind="touch_up", on=LAST_SESSION + DAY))
    visit(session.case, kind="test_area", on=LAST_SESSION + 2 * DAY)
    visit(session.case, kind="consultation")

    page = as_(session.case.practitioner).get(f"/cases/{session.case.ref}/client/observation/")

    said = text(page)
    assert "Waits for the appointed observer Nora Berg has a link since 4 May 2026." in said
    assert "Signed on 4 May 2026 The candidate's trainer:" in said
    assert "Test area, 12 March 2026 Not observed" in said
    assert "Consultation" not in said
    assert "nora@example.org" not in said


@pytest.mark.parametrize("many", [1, 3])
def test_the_candidates_page_takes_the_same_queries_for_one_and_three_visits(as_, many):
    of = case()
    for number in range(many):
        observation(visit(of, on=LAST_SESSION + number * DAY))

    assert queries(as_(of.practitioner), f"/cases/{of.ref}/client/observation/") == 6
