"""The client's page, and the candidate's pages about the client."""

import re

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from certification import consenting
from certification.models import CaseDocument, ClientContact, ImageConsent
from tests.certification.test_papers import picture
from tests.factories.certification import AT, LAST_SESSION, PhotoFactory, case, consent, contact, document, visit
from tests.pages import text
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common.days import DAY
from training_site.common.models import Link, Notice
from training_site.common.storage import private_storage

pytestmark = pytest.mark.django_db
PAGES = ("papers", "consent", "observation")


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def of():
    made = case()
    contact(made)
    return made


@pytest.fixture
def photos(of):
    return [PhotoFactory(case=of), PhotoFactory(case=of, view="back")]


@pytest.fixture
def address(of) -> str:
    consenting.ask(of, actor=of.practitioner, at=AT)
    return re.search(r"/consent/\S+/", Notice.objects.latest("pk").text)[0]


@pytest.fixture
def browser(as_, of):
    return as_(of.practitioner)


def answer(client, address, photos, *, shown=None, **facts):
    shown = photos if shown is None else shown
    return client.post(
        address, {"photos": [p.pk for p in photos], "shown": [p.pk for p in shown], "do": "save", **facts}
    )


def allowed() -> set[int | None]:
    return set(ImageConsent.objects.filter(withdrawn_at=None).values_list("photo", flat=True))


def queries(client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


# The client's page ----------------------------------------------------------------------------------


def test_a_client_sees_the_very_photographs_without_an_account(client, of, photos, address):
    page = client.get(address)

    source = page.content.decode()
    assert page.status_code == 200
    assert re.findall(r'<img src="(\S+)"', source) == [f"{address}photo/{photo.pk}/" for photo in photos]
    assert f"These are the photographs {of.practitioner.name} asks to use for assessment." in text(page)
    assert "Saying no changes nothing about your treatment." in text(page)
    assert re.findall(r'<input type="checkbox"[^>]* checked', source) == []


def test_the_page_tells_nothing_else_about_the_practitioner(client, of, address):
    source = client.get(address).content.decode()

    for private in (of.practitioner.email, of.ref, of.client_code, "client@example.org"):
        assert private not in source


def test_the_page_is_kept_from_search_engines_caches_and_other_sites(client, address, photos):
    for path in (address, f"{address}photo/{photos[0].pk}/", "/consent/unknown/"):
        answered = client.get(path)
        assert "no-store" in answered["Cache-Control"]
        if answered.status_code == 200 or path == "/consent/unknown/":
            assert answered["Referrer-Policy"] == "no-referrer"
            assert answered["X-Robots-Tag"] == "noindex, nofollow"


def test_the_photographs_come_by_the_link_only(client, of, photos, address):
    disk = private_storage()
    for name in (photos[0].medium.name, photos[0].small.name):
        disk.save(name, ContentFile(b"\xff\xd8\xff"))
    setup = PhotoFactory(case=of, stage="record", view="setup")
    elsewhere = PhotoFactory(case=case())
    path = f"{address}photo/{photos[0].pk}/"

    for served in (path, f"{path}small/"):
        assert client.get(served).headers["Content-Type"] == "image/jpeg"
        assert client.get(served)["Cache-Control"] == "private, no-store"
        assert client.get(served)["Referrer-Policy"] == "no-referrer"
    for pk in (setup.pk, elsewhere.pk, 10**30):
        assert client.get(f"{address}photo/{pk}/").status_code == 404
    assert client.get(f"/consent/unknown/photo/{photos[0].pk}/").status_code == 404


def test_a_client_answers_photograph_by_photograph(client, photos, address):
    page = answer(client, address, photos[:1], shown=photos)

    assert page.url == f"{address}?done=given"
    assert allowed() == {photos[0].pk}
    after = client.get(page.url).content.decode()
    assert "Your answer is saved." in after
    assert re.findall(r'name="photos" value="(\d+)" checked', after) == [str(photos[0].pk)]


def test_a_client_allows_later_photographs_and_takes_that_back(client, address):
    answer(client, address, [], ahead="on")
    assert allowed() == {None}

    answer(client, address, [])
    assert allowed() == set()


def test_a_client_allows_all_that_is_shown_with_one_button(client, photos, address):
    answer(client, address, [], shown=photos, do="all")

    assert allowed() == {photo.pk for photo in photos}


def test_a_client_withdraws_everything(client, photos, address):
    answer(client, address, photos, ahead="on")

    page = client.post(address, {"do": "withdraw"})

    assert allowed() == set()
    assert "Done. Assessors no longer see these photographs." in text(client.get(page.url))


def test_reading_the_page_changes_nothing(client, photos, address):
    consent(photos[0])

    client.get(address)
    client.get(address, {"do": "withdraw", "photos": photos[1].pk, "shown": photos[1].pk})

    assert allowed() == {photos[0].pk}


@pytest.mark.parametrize("value", ["", "x", "-1", "9" * 40, "1.5", "1\x00"])
def test_an_answer_that_no_page_sent_changes_nothing_and_says_so(client, photos, address, value):
    answer(client, address, photos, ahead="on")

    page = client.post(address, {"shown": [photos[0].pk], "photos": value, "do": "save"})

    assert page.status_code == 200
    assert "Your answer was not saved." in text(page)
    assert "Your answer is saved." not in text(page)
    assert allowed() == {photos[0].pk, photos[1].pk, None}


def test_an_answer_needs_no_cookie_and_no_token_of_a_form(address, photos):
    strict = Client(enforce_csrf_checks=True)

    assert answer(strict, address, photos, shown=photos).status_code == 302
    assert allowed() == {photo.pk for photo in photos}
    assert strict.cookies == {}


def test_a_link_that_ended_says_why(client, of, address, photos):
    asked = {"unknown": "/consent/not-known/", "withdrawn": address}
    consenting.ask(of, actor=of.practitioner, at=AT + DAY)

    with time_machine.travel(AT + DAY):
        for reason, path in asked.items():
            for page in (client.get(path), answer(client, path, photos)):
                assert page.status_code == 404
                assert reason in text(page) or "not known here" in text(page)
    assert allowed() == set()


def test_the_link_of_another_page_opens_nothing_here(client, of, address):
    Link.objects.update(purpose="observation")

    assert client.get(address).status_code == 404


def test_the_practitioner_does_not_answer_in_the_clients_place(browser, address, photos):
    assert browser.get(address).status_code == 403
    answer(browser, address, photos)
    browser.post(address, {"do": "withdraw"})

    assert allowed() == set()


@pytest.mark.parametrize("many", [1, 3])
def test_the_clients_page_takes_the_same_queries_for_one_and_three_photographs(client, of, address, many):
    for _ in range(many):
        consent(PhotoFactory(case=of))

    assert queries(client, address) == 4


# The candidate's pages ------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_a_page_about_the_client_is_for_the_owner_of_the_case(client, as_, of, browser, page):
    path = f"/cases/{of.ref}/client/{page}/"

    assert browser.get(path).status_code == 200
    assert as_(person(Role.TRAINEE)).get(path).status_code == 404
    assert as_(person(Role.CERTIFICATION_OFFICER)).get(path).status_code == 404
    assert client.get(path).url == f"/accounts/login/?next={path}"


def test_an_address_is_saved_and_shown_in_part_only(as_):
    of = case()
    browser, path = as_(of.practitioner), f"/cases/{of.ref}/client/consent/"

    assert browser.post(path, {"do": "save", "email": "jane@example.org"}).url == path

    page = browser.get(path).content.decode()
    assert "j…@example.org" in page
    assert "jane@" not in page


def test_a_refused_address_keeps_what_was_typed_and_says_why(as_):
    of = case()
    browser, path = as_(of.practitioner), f"/cases/{of.ref}/client/consent/"

    own = browser.post(path, {"do": "save", "email": of.practitioner.email})
    wrong = browser.post(path, {"do": "save", "email": "jane@"})

    assert "This is your own address." in text(own)
    assert f'value="{of.practitioner.email}"' in own.content.decode()
    assert 'value="jane@"' in wrong.content.decode()
    assert ClientContact.objects.count() == 0


def test_another_address_ends_what_was_allowed_and_the_page_says_so(client, browser, of, photos, address):
    answer(client, address, photos)
    path = f"/cases/{of.ref}/client/consent/"
    assert "what the client allowed ends with it" in text(browser.get(path))

    browser.post(path, {"do": "save", "email": "jane@example.org"})

    assert allowed() == set()
    assert client.post(address, {"do": "withdraw"}).status_code == 404


def test_the_client_is_asked_with_one_button(browser, of):
    path = f"/cases/{of.ref}/client/consent/"

    assert browser.post(path, {"do": "ask"}).url == path
    again = browser.post(path, {"do": "ask"})

    assert "A mail went to the client less than ten minutes ago." in text(again)
    assert Notice.objects.filter(kind="consent_asked").count() == 1


def test_the_candidate_reads_what_the_client_answered_and_cannot_answer(browser, of, photos):
    consent(photos[0])

    page = browser.get(f"/cases/{of.ref}/client/consent/")

    assert "1 of 2 photographs are covered." in text(page)
    assert 'type="checkbox"' not in page.content.decode()
    browser.post(f"/cases/{of.ref}/client/consent/", {"do": "give", "photos": photos[1].pk, "ahead": "on"})
    assert allowed() == {photos[0].pk}


def test_the_candidate_reads_that_the_consent_to_later_photographs_ended(browser, of, photos):
    consent(photos[0])
    consent(case=of, withdrawn_at=AT)

    page = text(browser.get(f"/cases/{of.ref}/client/consent/"))

    assert "The client's consent to photographs still to be taken ended on 4 May 2026." in page
    assert "add them, then ask again." in page
    assert "not allowed ahead" not in page


@pytest.mark.parametrize("many", [1, 3])
def test_the_candidates_page_takes_the_same_queries_for_one_and_three_photographs(browser, of, many):
    for _ in range(many):
        consent(PhotoFactory(case=of))

    assert queries(browser, f"/cases/{of.ref}/client/consent/") == 10


# Papers ---------------------------------------------------------------------------------------------


def send_paper(browser, of, **facts):
    values = {
        "kind": "treatment_consent",
        "treatment_consent-dated_on": "2026-03-10",
        "treatment_consent-signed_time": "09:30",
        "treatment_consent-identity_seen": "on",
        **facts,
    }
    return browser.post(f"/cases/{of.ref}/client/papers/", values)


def test_a_paper_is_added(browser, of):
    assert send_paper(browser, of, **{"treatment_consent-upload": picture()}).status_code == 302

    kept = of.documents.get()
    assert (kept.kind, kept.dated_on, kept.identity_seen) == ("treatment_consent", LAST_SESSION, True)
    page = browser.get(f"/cases/{of.ref}/client/papers/")
    assert f"/files/case-paper/{kept.pk}/" in page.content.decode()


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({}, "Choose the file: a PDF, or a photograph of the paper."),
        ({"treatment_consent-dated_on": "0202-03-10"}, "Check the year"),
        ({"treatment_consent-dated_on": "2026-05-05"}, "lies in the future"),
        ({"treatment_consent-dated_on": ""}, "Give the day on the paper."),
    ],
    ids=["no file", "an absurd year", "a day to come", "no day"],
)
def test_a_refused_paper_keeps_what_was_typed_and_says_why(browser, of, facts, sentence):
    upload = {"treatment_consent-upload": picture()} if facts else {}

    page = send_paper(browser, of, **upload, **facts)

    assert page.status_code == 200
    assert sentence in text(page)
    assert 'value="09:30"' in page.content.decode()
    assert of.documents.count() == 0


def test_a_file_that_is_no_paper_gets_one_sentence(browser, of):
    page = send_paper(browser, of, **{"treatment_consent-upload": SimpleUploadedFile("a.pdf", b"<svg onload=x>")})

    assert page.status_code == 200
    assert page.context["papers"][0]["form"].errors["upload"]
    assert of.documents.count() == 0


def test_a_consent_signed_after_the_first_pigment_is_shown_as_such(browser, of):
    visit(of)
    document(of, dated_on=LAST_SESSION + DAY)

    assert "Signed after the first pigment, which was on 10 March 2026." in text(
        browser.get(f"/cases/{of.ref}/client/papers/")
    )


def test_a_paper_is_taken_out(browser, of):
    document(of)

    browser.post(f"/cases/{of.ref}/client/papers/", {"kind": "treatment_consent", "remove": "yes"})

    assert CaseDocument.objects.count() == 0


def test_papers_of_a_case_that_is_handed_in_cannot_be_changed(as_):
    of = case(state="handed_in")
    document(of)
    browser = as_(of.practitioner)

    page = browser.get(f"/cases/{of.ref}/client/papers/")
    refused = [
        send_paper(browser, of),
        browser.post(page.wsgi_request.path, {"kind": "treatment_consent", "remove": "y"}),
    ]

    assert "everything else stays as it is" in text(page)
    assert 'type="file"' not in page.content.decode()
    assert ["This case is handed in." in text(each) for each in refused] == [True, True]
    assert of.documents.get().dated_on != LAST_SESSION
