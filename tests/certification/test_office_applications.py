import datetime as dt
import re
from decimal import Decimal

import pytest
import time_machine

from certification import admitting
from certification.models import Application, CaseFile
from tests.certification import prepared
from tests.factories import certification as rows
from tests.factories.courses import relation
from tests.pages import text
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common import cards

pytestmark = pytest.mark.django_db

LIST = "/cms/certification/applications/"
ACTIONS = ["identity", "age", "fee", "ask", "admit", "reject"]
DAY = dt.timedelta(days=1)
State = Application.State


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(rows.AT, tick=False):
        yield


@pytest.fixture
def officer():
    return person(Role.CERTIFICATION_OFFICER)


@pytest.fixture
def office(as_, officer):
    return as_(officer)


def listed(office, **query: str) -> list[Application]:
    return list(office.get(LIST, query).context["page_obj"])


def send(office, application: Application, action: str, **typed: str):
    """As the page sends it that showed ``application``."""
    shown = {"submitted_at": application.submitted_at.isoformat()}
    return office.post(f"{LIST}{application.pk}/{action}/", {**shown, **typed})


# Whose it is --------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.CERTIFICATION_OFFICER], ids=str)
def test_applications_do_not_exist_for_anybody_else(as_, role):
    waiting, browser = rows.application(), as_(person(role))
    own = as_(waiting.candidate)
    one = f"{LIST}{waiting.pk}/"

    assert {each.get(address).status_code for each in (browser, own) for address in (LIST, one)} == {404}
    assert {each.post(f"{one}{action}/").status_code for each in (browser, own) for action in ACTIONS} == {404}


def test_a_draft_does_not_exist_for_the_office(office):
    draft = rows.application(state="draft", submitted_at=None)

    assert listed(office, which="all") == []
    assert office.get(f"{LIST}{draft.pk}/").status_code == 404
    assert {office.post(f"{LIST}{draft.pk}/{action}/").status_code for action in ACTIONS} == {404}


# The list -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_takes_the_same_queries_for_one_and_three(office, number, django_assert_num_queries):
    for _ in range(number):
        rows.application()
    office.get(LIST)

    with django_assert_num_queries(11):
        office.get(LIST)


def test_what_waits_stands_first_the_longest_waiting_on_top(office):
    late, early = rows.application(), rows.application(submitted_at=rows.AT - DAY)
    rows.application(state="more_info", answer="A clearer scan.")

    assert listed(office) == [early, late]


def test_applications_are_filtered_by_state_and_words(office):
    asked = rows.application(person(Role.TRAINEE, legal_name="Tara Novak"), state="more_info", answer="More.")
    rejected = rows.application(state="rejected", decided_at=rows.AT, answer="Too early.")
    waiting = rows.application()

    assert {which: listed(office, which=which) for which in ("more_info", "rejected", "admitted")} == {
        "more_info": [asked],
        "rejected": [rejected],
        "admitted": [],
    }
    assert listed(office, which="all") == [waiting, rejected, asked]
    assert listed(office, which="all", q="NOVAK") == [asked]
    assert listed(office, which="no such", q="") == [waiting]


# One application ----------------------------------------------------------------------------------


def test_everything_to_decide_on_is_there(office):
    page = office.get(f"{LIST}{prepared.application().pk}/")

    said = text(page)
    for sentence in (
        "Completed on 10 February 2026; counts until 10 February 2027.",
        "8 of 8 signed off.",
        "Given by Safe Hands Training, completed on 10 February 2026. No end date is printed on it.",
        "1 North Street LS1 1AA Leeds, GB",
        "Time zone Europe/London. Licence issued in: gb-eng.",
    ):
        assert sentence in said
    assert "/files/application-proof/" in page.content.decode()
    assert "Fee of" not in said


def test_every_form_can_be_sent(office):
    rows.scheme_version(fee_amount=Decimal("250.00"), fee_currency="GBP")

    page = office.get(f"{LIST}{rows.application().pk}/").content.decode()

    assert re.findall(r'<form method="post" action="[^"]*/(\w+)/"', page) == [
        "identity",
        "age",
        "fee",
        "admit",
        "ask",
        "reject",
    ]
    assert page.count("csrfmiddlewaretoken") == 6
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))


def test_the_office_sees_admits_and_is_told(office, officer):
    waiting = prepared.application(identity_seen_on=None, age_seen_on=None)
    one = f"{LIST}{waiting.pk}/"

    sent = [
        send(office, waiting, "identity", seen_on="2026-05-03"),
        send(office, waiting, "age", seen_on="2026-05-04"),
        send(office, waiting, "admit", reason="Passport seen in a call."),
    ]

    assert [answer.url for answer in sent] == [one] * 3
    waiting.refresh_from_db()
    assert (waiting.state, waiting.identity_seen_on, waiting.age_seen_on) == (
        State.ADMITTED,
        dt.date(2026, 5, 3),
        dt.date(2026, 5, 4),
    )
    assert CaseFile.objects.get().application == waiting
    assert waiting.history.latest().history_user == officer
    assert f"{waiting.candidate.name} is admitted, and the case file is open." in text(office.get(one))


def test_a_fee_is_recorded(office):
    rows.scheme_version(fee_amount=Decimal("250.00"), fee_currency="GBP")
    waiting = rows.application()
    one = f"{LIST}{waiting.pk}/"

    assert "Fee of 250.00 GBP paid" in text(office.get(one))
    send(office, waiting, "fee", paid_on="2026-05-02", note="Bank transfer 17")

    waiting.refresh_from_db()
    assert (waiting.fee_paid_on, waiting.fee_note) == (dt.date(2026, 5, 2), "Bank transfer 17")


@pytest.mark.parametrize(
    ("action", "state", "said"),
    [("ask", State.MORE_INFO, "A mail asks {} for more."), ("reject", State.REJECTED, "of {} is rejected.")],
)
def test_the_office_answers(office, action, state, said):
    waiting = rows.application()

    send(office, waiting, action, answer="A clearer scan of page 2.")

    waiting.refresh_from_db()
    assert (waiting.state, waiting.answer) == (state, "A clearer scan of page 2.")
    page = text(office.get(f"{LIST}{waiting.pk}/"))
    assert said.format(waiting.candidate.name) in page
    assert "Answer to the applicant A clearer scan of page 2." in page


def test_a_refused_admission_says_why_and_keeps_what_was_typed(office):
    waiting = rows.application()

    page = send(office, waiting, "admit", reason="Passport seen in a call.")

    assert "Not every prerequisite holds today. Course completed: Not completed yet." in text(page)
    assert "Passport seen in a call." in text(page)
    assert page.content.decode().count("<details open>") == 1
    assert not CaseFile.objects.exists()


@pytest.mark.parametrize(
    ("action", "sent"),
    [
        ("identity", {"seen_on": "2026-05-05"}),
        ("identity", {"seen_on": "0026-05-04"}),
        ("age", {"seen_on": ""}),
        ("admit", {"reason": " "}),
        ("ask", {"answer": ""}),
        ("reject", {"answer": "x" * 2001}),
        ("fee", {"paid_on": "2026-05-04", "note": "Cash"}),
    ],
)
def test_what_cannot_be_meant_changes_nothing(office, action, sent):
    waiting = prepared.application()
    before = Application.objects.filter(pk=waiting.pk).values().get()

    assert send(office, waiting, action, **sent).status_code == 200
    assert Application.objects.filter(pk=waiting.pk).values().get() == before


@pytest.mark.parametrize("action", ["admit", "ask", "reject", "identity"])
def test_what_another_officer_answered_meanwhile_is_told(office, action):
    answered = prepared.application(state="rejected", decided_at=rows.AT, answer="Too early.")
    sent = {"reason": "Seen.", "answer": "More.", "seen_on": "2026-05-04"}

    page = text(send(office, answered, action, **sent))

    assert ("This application is rejected since 4 May 2026." in page) is (action != "identity")
    assert ("This application is not with the office" in page) is (action == "identity")
    assert "Nothing is left to do." in page


AGAIN = "This application was handed in again after you opened it. Read it as it is now, then go on."


@pytest.mark.parametrize("action", ACTIONS)
def test_nothing_is_answered_from_a_page_that_shows_an_earlier_handing_in(office, action):
    rows.scheme_version(fee_amount=Decimal("250.00"), fee_currency="GBP")
    waiting = prepared.application(submitted_at=rows.AT - DAY)
    former = office.get(f"{LIST}{waiting.pk}/").context["admit_form"]["submitted_at"].value()
    admitting.ask_for_more(waiting, answer="A clearer scan.", actor=person(Role.CERTIFICATION_OFFICER), at=rows.AT)
    admitting.submit(waiting, actor=waiting.candidate, at=rows.AT)
    before = Application.objects.filter(pk=waiting.pk).values().get()
    typed = {"reason": "Seen.", "answer": "No.", "seen_on": "2026-05-04", "paid_on": "2026-05-04", "note": "Cash"}

    refused = office.post(f"{LIST}{waiting.pk}/{action}/", {**typed, "submitted_at": former})

    assert AGAIN in text(refused)
    assert Application.objects.filter(pk=waiting.pk).values().get() == before
    again = {**typed, "submitted_at": refused.context[f"{action}_form"]["submitted_at"].value()}
    assert AGAIN not in text(office.post(f"{LIST}{waiting.pk}/{action}/", again, follow=True))


@pytest.mark.parametrize("sent", [{}, {"submitted_at": ""}, {"submitted_at": "yesterday"}])
def test_a_form_that_does_not_say_what_it_shows_answers_nothing(office, sent):
    waiting = prepared.application()

    assert AGAIN in text(office.post(f"{LIST}{waiting.pk}/admit/", {"reason": "Seen.", **sent}))
    assert not CaseFile.objects.exists()


def test_while_more_is_asked_only_a_rejection_is_offered(office):
    asked = prepared.application(state="more_info", answer="A clearer scan.")

    page = office.get(f"{LIST}{asked.pk}/").content.decode()
    refused = text(send(office, asked, "admit", reason="Seen."))

    assert re.findall(r'<form method="post" action="[^"]*/(\w+)/"', page) == ["identity", "age", "reject"]
    assert "This application is “more information asked” now" in refused


def test_a_former_trainer_sees_that_another_officer_decides(office, officer):
    waiting = rows.application()
    relation(officer, waiting.candidate, ended_on=rows.TODAY)

    page = office.get(f"{LIST}{waiting.pk}/")

    assert f"You trained {waiting.candidate.name} within the last two years" in text(page)
    assert '<form method="post"' not in page.content.decode().partition("Another officer decides")[2]
    assert "You trained" in text(send(office, waiting, "reject", answer="No."))
    waiting.refresh_from_db()
    assert waiting.state == State.SUBMITTED


# Menu and card ------------------------------------------------------------------------------------


def test_the_menu_shows_certification_to_officers_only(as_, office):
    registrar = as_(person(Role.REGISTRAR))

    assert [LIST in each.get("/cms/").content.decode() for each in (office, registrar)] == [True, False]


def card_of(user: object) -> list[str]:
    return [card.sentence for card in cards.for_user(user, at=rows.AT) if card.url == LIST]


def test_a_card_counts_what_waits(officer):
    assert card_of(officer) == []

    rows.application(submitted_at=rows.AT - DAY)
    assert card_of(officer) == ["One application waits since 3 May 2026."]

    rows.application()
    rows.application(state="more_info", answer="More.")
    assert card_of(officer) == ["2 applications wait, the oldest since 3 May 2026."]
    assert card_of(person(Role.REGISTRAR)) == []
