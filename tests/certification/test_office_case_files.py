"""Case files in the office."""

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from certification import consenting
from certification.models import ObserverAppointment
from tests.factories.certification import (
    AT,
    LAST_SESSION,
    PhotoFactory,
    case,
    case_file,
    consent,
    contact,
    document,
    observation,
    ready_case,
    visit,
)
from tests.pages import text
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common.days import DAY

pytestmark = pytest.mark.django_db
LIST = "/cms/certification/case-files/"
TYPED = {"name": "Nora Berg", "qualification": "Nurse", "email": "nora@example.org", "reason": "Was there."}


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def office(as_):
    return as_(person(Role.CERTIFICATION_OFFICER))


@pytest.fixture
def assurer(as_):
    return as_(person(Role.QUALITY_ASSURER))


def queries(client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def appoint(browser, session, **changes):
    return browser.post(f"/cms/certification/visits/{session.pk}/observer/", {**TYPED, **changes})


def test_case_files_are_for_officers_and_quality_assurers(as_, office, assurer):
    of = case()
    reading = [LIST, f"{LIST}{of.case_file_id}/", f"/cms/certification/cases/{of.ref}/"]
    others = [role for role in Role if role not in (Role.CERTIFICATION_OFFICER, Role.QUALITY_ASSURER)]

    for browser in (office, assurer):
        assert [browser.get(address).status_code for address in reading] == [200] * 3
    for role in others:
        browser = as_(person(role))
        assert [browser.get(address).status_code for address in reading] == [404] * 3


def test_only_an_officer_appoints_an_observer_and_ends_it(as_, office):
    session = visit(case())
    appoint(office, session)
    made = ObserverAppointment.objects.get()
    addresses = [
        f"/cms/certification/visits/{session.pk}/observer/",
        f"/cms/certification/observers/{made.pk}/end/",
    ]

    assert [office.get(address).status_code for address in addresses] == [200] * 2
    for role in [role for role in Role if role is not Role.CERTIFICATION_OFFICER]:
        browser = as_(person(role))
        assert [browser.post(address, TYPED).status_code for address in addresses] == [404] * 2
    assert ObserverAppointment.objects.filter(ended_at=None).count() == 1


def test_files_are_found_by_name_address_and_case(office):
    tara = case(case_file(person(Role.TRAINEE, legal_name="Tara Novak", email="tara@example.org")))
    case(case_file(person(Role.TRAINEE)))

    for words in ("novak", "TARA@example", tara.ref.lower()):
        assert list(office.get(LIST, {"q": words}).context["page_obj"]) == [tara.case_file]
    assert len(office.get(LIST).context["page_obj"]) == 2
    assert "No case file matches." in text(office.get(LIST, {"q": "nobody"}))


def test_a_file_counts_its_cases_and_says_how_each_stands(office):
    of = case_file()
    case(of), case(of, state="handed_in")

    assert office.get(LIST).context["page_obj"][0].many == 2
    page = office.get(f"{LIST}{of.pk}/")
    assert [state for _, state in page.context["cases"]] == ["Draft", "Submitted"]


def test_a_case_is_shown_with_what_was_written(office):
    of = ready_case()

    said = text(office.get(f"/cms/certification/cases/{of.ref}/"))

    for words in (
        of.practitioner.legal_name,
        "Two strip operations, the last one in 2014.",
        "Clear to treat",
        "One session in the scar",
        "8 of 8 photographs of the client are covered, and those still to be taken.",
        "The candidate's trainer",
        "I was there from set-up to tear-down.",
    ):
        assert words in said
    assert "client@example.org" not in said


def test_answers_of_the_health_screen_stay_inside_the_case(office):
    of = ready_case()
    question = of.scheme_version.screen.questions[0].text

    assert question not in text(office.get(f"/cms/certification/cases/{of.ref}/"))


def test_papers_are_opened_by_officers_only(office, assurer):
    of = case(state="handed_in")
    kept = document(of)

    link = f'href="/files/case-paper/{kept.pk}/"'
    address = f"/cms/certification/cases/{of.ref}/"
    assert link in office.get(address).content.decode()
    assert link not in assurer.get(address).content.decode()
    assert "Treatment consent, dated 26 February 2026" in text(assurer.get(address))


def test_papers_of_a_case_that_was_never_handed_in_are_named_and_not_opened(office):
    of = case()
    document(of)

    page = office.get(f"/cms/certification/cases/{of.ref}/")
    assert "Treatment consent, dated 26 February 2026" in text(page)
    assert "/files/case-paper/" not in page.content.decode()


def test_a_late_consent_is_noticed(office):
    of = case()
    visit(of)
    document(of, dated_on=LAST_SESSION + DAY)

    assert "Signed after the first pigment" in text(office.get(f"/cms/certification/cases/{of.ref}/"))


def test_one_address_for_the_clients_of_two_cases_is_noticed(office):
    first, second = case(), case()
    for each in (first, second):
        consenting.set_contact(each, "same@example.org", actor=each.practitioner, at=AT)

    page = office.get(f"/cms/certification/cases/{first.ref}/")

    assert f"The same address is given for the client of {second.ref}." in text(page)
    assert "same@example.org" not in page.content.decode()


def test_an_observer_is_appointed(office):
    session = visit(case())

    response = appoint(office, session)

    made = ObserverAppointment.objects.get()
    assert response.url == f"/cms/certification/cases/{session.case.ref}/"
    assert (made.visit, made.name, made.email) == (session, "Nora Berg", "nora@example.org")
    page = office.get(response.url)
    assert "Nora Berg is appointed (Nurse)" in text(page)
    assert "Appoint an observer" not in text(page)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [({"email": "nora@"}, "Enter a valid email address."), ({"name": ""}, "Give the observer's full name.")],
)
def test_a_refused_appointment_keeps_what_was_typed_and_says_why(office, changes, sentence):
    page = appoint(office, visit(case()), **changes)

    assert sentence in text(page)
    assert 'value="Nurse"' in page.content.decode()


def test_the_candidates_own_address_is_refused(office):
    session = visit(case())

    page = appoint(office, session, email=session.case.practitioner.email)

    assert "This is the candidate's own address. Appoint somebody else." in text(page)


def test_an_appointment_ends_with_a_reason(office):
    session = visit(case())
    appoint(office, session)
    made = ObserverAppointment.objects.get()

    response = office.post(f"/cms/certification/observers/{made.pk}/end/", {"reason": "Was ill."})

    made.refresh_from_db()
    assert response.url == f"/cms/certification/cases/{session.case.ref}/"
    assert (made.ended_at, made.history.latest().history_change_reason) == (AT, "Appointment ended. Was ill.")


@pytest.mark.parametrize("page", ["files", "file", "case"])
def test_pages_take_the_same_queries_for_one_and_three(office, page):
    expected, counted = {"files": 11, "file": 11, "case": 20}[page], []
    for many in (1, 3):
        of = case_file()
        cases = [case(of) for _ in range(many)]
        for number in range(many):
            observation(visit(cases[0], on=LAST_SESSION + number * DAY))
            consent(PhotoFactory(case=cases[0]))
        contact(cases[0], email=f"client{many}@example.org")
        if page == "files" and many == 3:
            case_file()
        address = {"files": LIST, "file": f"{LIST}{of.pk}/", "case": f"/cms/certification/cases/{cases[0].ref}/"}
        counted.append(queries(office, address[page]))

    assert counted == [expected, expected]
