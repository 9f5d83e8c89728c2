"""A trainee's application."""

import datetime as dt
import html

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from certification import admitting, signals
from certification.forms.applying import countries, time_zones
from certification.models import Application
from tests.certification import prepared
from tests.factories import certification as rows
from tests.factories import pictures
from tests.pages import text
from tests.people import person
from training_site.accounts.roles import Role

pytestmark = pytest.mark.django_db

PAGE = "/cases/application/"
State = Application.State


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(rows.AT, tick=False):
        yield


@pytest.fixture
def trainee():
    return person(Role.TRAINEE)


@pytest.fixture
def draft(trainee):
    return admitting.begin(trainee, rows.scheme_version())


@pytest.fixture
def browser(as_, trainee):
    return as_(trainee)


def scan(name: str = "proof.jpg", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, pictures.jpeg(pictures.flag()) if content is None else content)


def typed(**changes: object) -> dict[str, object]:
    return {
        "training_issuer": "Safe Hands Training",
        "training_completed_on": "2026-02-10",
        "training_ends_on": "",
        "studio": "North Street Studio",
        "street": "1 North Street",
        "town": "Leeds",
        "postcode": "LS1 1AA",
        "country": "GB",
        "time_zone": "Europe/London",
        "jurisdiction_key": "gb-eng",
        **changes,
    }


# Whose it is --------------------------------------------------------------------------------------


def test_the_page_is_for_trainees(client, as_):
    assert as_(person(Role.TRAINEE)).get(PAGE).status_code == 200
    assert [as_(person(role)).get(PAGE).status_code for role in Role if role is not Role.TRAINEE] == [404] * 7
    assert client.get(PAGE).url == f"/accounts/login/?next={PAGE}"


def test_everybody_sees_their_own_application_only(as_, draft):
    admitting.save_draft(draft, {"studio": "North Street Studio"}, actor=draft.candidate)

    assert "North Street Studio" in as_(draft.candidate).get(PAGE).content.decode()
    assert "North Street Studio" not in as_(person(Role.TRAINEE)).get(PAGE).content.decode()


def test_nobody_writes_without_an_application_of_their_own(as_, draft):
    assert as_(person(Role.TRAINEE)).post(PAGE, typed(studio="Stranger")).status_code == 404
    draft.refresh_from_db()
    assert draft.studio == ""


def test_the_page_takes_a_fixed_number_of_queries(browser, draft, django_assert_num_queries):
    browser.get(PAGE)

    with django_assert_num_queries(10):
        browser.get(PAGE)


# Before it begins ---------------------------------------------------------------------------------


def test_without_a_scheme_in_force_nothing_can_begin(browser):
    assert "Applications are not open yet" in text(browser.get(PAGE))
    assert browser.post(f"{PAGE}begin/").status_code == 404


def test_what_is_needed_is_told_before_anything_is_begun(browser):
    rows.scheme_version()

    page = browser.get(PAGE)

    assert [need.key for need, _ in page.context["missing"]] == [
        "course",
        "hours",
        "exam",
        "exercises",
        "live",
        "training",
        "place",
        "identity",
        "age",
    ]
    assert "0 of 9" in text(page)
    assert not Application.objects.exists()


def test_an_application_is_begun_once(browser, trainee):
    rows.scheme_version()

    answers = [browser.post(f"{PAGE}begin/").url for _ in range(2)]

    assert answers == [PAGE, PAGE]
    assert Application.objects.get().candidate == trainee


def test_each_remedy_leads_to_where_it_is_done(browser, draft):
    page = browser.get(PAGE)

    assert {need.key: url for need, url in page.context["missing"]} == {
        "course": "/learn/",
        "hours": "/learn/",
        "exam": "/learn/",
        "exercises": "/learn/",
        "live": "/learn/",
        "training": "#your-application",
        "place": "#your-application",
        "identity": "",
        "age": "",
    }
    assert 'id="your-application"' in page.content.decode()


# Saving -------------------------------------------------------------------------------------------


def test_a_draft_is_saved_with_gaps(browser, draft):
    response = browser.post(PAGE, {"studio": "North Street Studio"})

    draft.refresh_from_db()
    assert response.url == PAGE
    assert (draft.studio, draft.town, draft.state) == ("North Street Studio", "", "draft")
    assert "Saved. The office sees it when you hand it in." in text(browser.get(PAGE))


@pytest.mark.parametrize(
    "also", [{}, {"town": "York"}, {"town": "x" * 121}], ids=["nothing", "a town", "an error"]
)
def test_what_is_not_sent_stays_as_it_is(browser, draft, also):
    browser.post(PAGE, typed(training_ends_on="2027-02-10"))
    before = Application.objects.filter(pk=draft.pk).values().get()

    page = browser.post(PAGE, also)

    taken = also if page.status_code == 302 else {}
    assert Application.objects.filter(pk=draft.pk).values().get() == {**before, **taken}
    if page.status_code == 200:
        fields = page.context["form"]
        assert {name: str(fields[name].value()) for name in typed()} == typed(
            training_ends_on="2027-02-10", **also
        )


def test_what_is_kept_is_compared_with_what_is_sent(browser, draft):
    browser.post(PAGE, typed())

    page = browser.post(PAGE, {"training_ends_on": "2026-02-09"})

    assert list(page.context["form"].errors) == ["training_ends_on"]


def test_a_certificate_is_cleaned_and_kept(browser, draft):
    browser.post(PAGE, typed(proof=scan(content=pictures.telling_jpeg())))

    draft.refresh_from_db()
    kept = draft.training_proof.read()
    assert (draft.training_proof.name[-4:], kept[:3]) == (".jpg", b"\xff\xd8\xff")
    assert b"Exif" not in kept


def test_saving_again_keeps_the_certificate(browser, draft):
    browser.post(PAGE, typed(proof=scan()))
    draft.refresh_from_db()
    first = draft.training_proof.name

    browser.post(PAGE, typed(town="York"))

    draft.refresh_from_db()
    assert (draft.training_proof.name, draft.town) == (first, "York")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "This file is empty."), (b"GIF89a" + b"\0" * 50, "PDF"), (b"<html></html>", "PDF")],
    ids=["empty", "GIF", "HTML"],
)
def test_a_certificate_that_is_not_taken_costs_nothing_else(browser, draft, content, sentence):
    page = browser.post(PAGE, typed(proof=scan("proof.pdf", content)))

    draft.refresh_from_db()
    assert sentence in str(page.context["form"].errors["proof"])
    assert (draft.town, draft.training_proof.name) == ("Leeds", "")
    assert page.context["form"]["town"].value() == "Leeds"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("training_completed_on", "0026-02-10", "Check the year"),
        ("training_completed_on", "1999-12-31", "Check the year"),
        ("training_ends_on", "2100-01-01", "Check the year"),
        ("training_completed_on", "2026-05-05", "The day lies in the future. Apply after the training."),
        ("training_ends_on", "2026-02-09", "cannot be before the training was completed, 10 February 2026."),
        ("training_completed_on", "soon", "Enter a valid date."),
        ("country", "XX", "Select a valid choice"),
        ("time_zone", "Europe/Atlantis", "Select a valid choice"),
        ("studio", "x" * 121, "at most 120 characters"),
        ("town", "Le\0eds", "Null characters are not allowed."),
    ],
)
def test_what_cannot_be_meant_is_refused_beside_its_field(browser, draft, field, value, sentence):
    page = browser.post(PAGE, typed(**{field: value}))

    assert sentence in html.unescape(str(page.context["form"].errors[field]))
    assert list(page.context["form"].errors) == [field]
    assert page.context["form"][field].value() == value
    draft.refresh_from_db()
    assert draft.training_issuer == "Safe Hands Training"


@pytest.mark.parametrize(
    ("zone", "taken"),
    [("Pacific/Auckland", True), ("Europe/London", False)],
    ids=["tomorrow there", "today there"],
)
def test_the_future_begins_at_the_place_of_work(browser, draft, zone, taken):
    with time_machine.travel(dt.datetime(2026, 5, 4, 13, tzinfo=dt.UTC)):
        page = browser.post(PAGE, typed(training_completed_on="2026-05-05", time_zone=zone))

    assert (page.status_code == 302) is taken


def test_state_and_what_officers_record_have_no_fields(browser, draft):
    browser.post(PAGE, typed(state="admitted", identity_seen_on="2026-05-04", fee_paid_on="2026-05-04"))

    draft.refresh_from_db()
    assert (draft.state, draft.identity_seen_on, draft.fee_paid_on) == ("draft", None, None)


# Handing in ---------------------------------------------------------------------------------------


def test_a_complete_application_is_handed_in(browser, draft):
    response = browser.post(PAGE, typed(proof=scan(), hand_in="yes"))

    draft.refresh_from_db()
    assert (response.url, draft.state, draft.submitted_at) == (PAGE, State.SUBMITTED, rows.AT)
    page = text(browser.get(PAGE))
    assert "With the office since 4 May 2026" in page
    assert "North Street Studio, 1 North Street, LS1 1AA Leeds, GB" in page


def test_what_is_missing_stands_beside_its_field_and_the_rest_is_kept(browser, draft):
    page = browser.post(PAGE, typed(studio="", country="", hand_in="yes"))

    assert page.context["form"].errors == {
        "proof": ["Add the certificate of the training."],
        "studio": ["Give the name of the studio or clinic."],
        "country": ["Choose the country."],
    }
    draft.refresh_from_db()
    assert (draft.state, draft.town) == ("draft", "Leeds")


def test_what_is_with_the_office_is_shown_and_not_changed(as_):
    waiting = prepared.application()
    browser = as_(waiting.candidate)

    page = browser.post(PAGE, typed(town="York"))

    waiting.refresh_from_db()
    assert waiting.town == "Leeds"
    assert "This application is with the office." in text(page)
    assert page.context["missing"] == []
    assert browser.get(PAGE).content.decode().count("<form") == 1  # Signing out.


def test_a_question_of_the_office_is_shown_and_answered(as_):
    asked = prepared.application(state="more_info", answer="A clearer scan.")
    browser = as_(asked.candidate)

    assert "The office asks for more A clearer scan." in text(browser.get(PAGE))
    browser.post(PAGE, typed(proof=scan(), hand_in="yes"))

    asked.refresh_from_db()
    assert asked.state == State.SUBMITTED


def test_an_admitted_trainee_is_led_to_their_cases(as_):
    admitted = rows.case_file().application

    page = as_(admitted.candidate).get(PAGE)

    assert "Admitted on 4 May 2026" in text(page)
    assert 'href="/cases/"' in page.content.decode()


def test_a_rejected_trainee_reads_why_and_may_apply_again(as_):
    rejected = prepared.application(state="rejected", decided_at=rows.AT, answer="Too early.")
    browser = as_(rejected.candidate)

    assert "Not accepted on 4 May 2026 Too early." in text(browser.get(PAGE))
    browser.post(f"{PAGE}begin/")

    assert Application.objects.for_user(rejected.candidate).open().get().studio == "North Street Studio"


# Choices ------------------------------------------------------------------------------------------


def test_countries_are_two_letters_by_name():
    found = dict(countries())

    assert (found["GB"], found["US"], found["AX"]) == ("United Kingdom", "United States", "Aland Islands")
    assert {"AN", "CS"}.isdisjoint(found)


def test_time_zones_are_named_as_their_cities():
    assert dict(dict(time_zones())["America"])["America/Argentina/Buenos_Aires"] == "Argentina, Buenos Aires"


def test_a_place_of_licensing_is_written_when_nobody_knows_any(browser, draft):
    assert browser.get(PAGE).context["form"].fields["jurisdiction_key"].widget.input_type == "text"


def test_a_place_of_licensing_is_chosen_from_those_known(browser, draft):
    def known(sender: object, **kwargs: object) -> list[tuple[str, str]]:
        return [("gb-eng", "England"), ("us-ca", "California")]

    signals.jurisdictions_asked.connect(known)
    try:
        choices = browser.get(PAGE).context["form"].fields["jurisdiction_key"].choices
        refused = browser.post(PAGE, typed(jurisdiction_key="us-xx"))
    finally:
        signals.jurisdictions_asked.disconnect(known)

    assert choices == [("", "Choose a place of licensing"), ("gb-eng", "England"), ("us-ca", "California")]
    assert list(refused.context["form"].errors) == ["jurisdiction_key"]


# The certificate ----------------------------------------------------------------------------------


def test_a_certificate_is_for_its_owner_and_for_officers_once_it_is_handed_in(client, as_, browser, draft):
    officer = as_(person(Role.CERTIFICATION_OFFICER))
    strangers = [as_(person(role)) for role in (Role.TRAINEE, Role.TRAINER, Role.ASSESSOR, Role.REGISTRAR)]
    browser.post(PAGE, typed(proof=scan()))
    address = f"/files/application-proof/{draft.pk}/"

    before = [each.get(address).status_code for each in (browser, officer, *strangers)]
    browser.post(PAGE, typed(hand_in="yes"))
    after = [each.get(address).status_code for each in (browser, officer, *strangers)]

    assert before == [200, 404, 404, 404, 404, 404]
    assert after == [200, 200, 404, 404, 404, 404]
    assert client.get(address).url == f"/accounts/login/?next={address}"


def test_a_certificate_is_saved_and_never_shown_in_place(browser, draft):
    browser.post(PAGE, typed(proof=scan()))

    answer = browser.get(f"/files/application-proof/{draft.pk}/")

    assert answer["Content-Disposition"] == 'attachment; filename="application-proof.jpg"'
