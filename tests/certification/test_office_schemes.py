import datetime as dt
import re
from decimal import Decimal

import pytest
import time_machine

from certification import schemes
from certification.models import SchemeVersion
from tests.factories import certification as rows
from tests.pages import text
from tests.people import person
from training_site.accounts.roles import Role
from training_site.starter import scheme as starter

pytestmark = pytest.mark.django_db

LIST = "/cms/certification/schemes/"
ACTIONS = ["fee", "approve", "put-into-force"]
State = SchemeVersion.State


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


@pytest.fixture
def draft():
    return starter.load(course_key=rows.COURSE, at=rows.AT)


def following(version: SchemeVersion) -> SchemeVersion:
    facts = {name: getattr(version, name) for name in ("rubric", "rules", "slots", "questions")}
    return schemes.draft(version.scheme, **facts, actor=None, reason=rows.REASON)


def offered(response) -> list[str]:
    """The actions for which the page has a form."""
    return re.findall(r'<form method="post" action="[^"]*/([\w-]+)/"', response.content.decode())


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.CERTIFICATION_OFFICER], ids=str)
def test_schemes_do_not_exist_for_anybody_else(as_, draft, role):
    browser, one = as_(person(role)), f"{LIST}{draft.pk}/"

    assert {browser.get(address).status_code for address in (LIST, one)} == {404}
    assert {browser.post(f"{one}{action}/", {"reason": "Mine."}).status_code for action in ACTIONS} == {404}
    draft.refresh_from_db()
    assert draft.state == State.DRAFT


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_takes_the_same_queries_for_one_and_three(office, draft, number, django_assert_num_queries):
    for _ in range(1, number):
        following(draft)
    office.get(LIST)

    with django_assert_num_queries(11):
        office.get(LIST)


def test_versions_are_listed_the_newest_first(office, draft):
    second = following(draft)

    assert list(office.get(LIST).context["page_obj"]) == [second, draft]


def test_a_version_is_read_in_full(office, draft, django_assert_num_queries):
    office.get(f"{LIST}{draft.pk}/")
    with django_assert_num_queries(13):
        page = office.get(f"{LIST}{draft.pk}/")

    said = text(page)
    for sentence in (
        "Guided hours 100 (hours) S24 (floor of 100 hours)",
        "Healed: earliest day 28 (days after the last session or touch-up) proposal",
        "Bloodborne training counts for 365 (days) S50 (yearly); S25 accepts two years, the stricter is taken",
        "R01 Hygiene and set-up: weight 10, critical",
        "Breach that could infect a client or the practitioner",
        "AF1: Needle or cartridge used on more than one client",
    ):
        assert sentence in said
    assert all(question.text in said for question in draft.screen.questions)
    assert page.content.decode().count("<td>28 days after the last session</td>") >= 1


def test_a_draft_can_be_changed_and_approved_then_put_into_force(office, draft):
    one = f"{LIST}{draft.pk}/"
    states = [
        (offered(office.get(one)), office.post(f"{one}{action}/", {"reason": "Agreed."}).url)
        for action in ("approve", "put-into-force")
    ]

    draft.refresh_from_db()
    assert states == [(["fee", "approve"], one), (["put-into-force"], one)]
    assert (draft.state, draft.effective_on) == (State.EFFECTIVE, dt.date(2026, 5, 4))
    assert [row.history_change_reason for row in draft.history.all()[:2]] == [
        "Put into force. Agreed.",
        "Approved. Agreed.",
    ]
    done = office.get(one)
    assert offered(done) == []
    assert draft.content_hash in text(done)


@pytest.mark.parametrize(
    ("sent", "fee"),
    [
        ({"amount": "250", "currency": "gbp"}, (Decimal("250.00"), "GBP")),
        ({"amount": "", "currency": ""}, (None, "")),
    ],
)
def test_the_fee_of_a_draft_is_set_and_taken_away(office, officer, draft, sent, fee):
    schemes.set_fee(draft, (Decimal("99.00"), "EUR"), actor=officer, reason=rows.REASON)

    office.post(f"{LIST}{draft.pk}/fee/", {**sent, "reason": "Board of May."})

    draft.refresh_from_db()
    assert (draft.fee_amount, draft.fee_currency) == fee
    assert draft.history.latest().history_change_reason == "Fee changed. Board of May."


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"amount": "250", "currency": ""}, "currency"),
        ({"amount": "", "currency": "GBP"}, "amount"),
        ({"amount": "0", "currency": "GBP"}, "amount"),
        ({"amount": "-1", "currency": "GBP"}, "amount"),
        ({"amount": "1.005", "currency": "GBP"}, "amount"),
        ({"amount": "250", "currency": "£££"}, "currency"),
        ({"amount": "9999999", "currency": "GBP"}, "amount"),
    ],
)
def test_a_fee_that_is_none_is_refused_beside_its_field(office, draft, sent, field):
    page = office.post(f"{LIST}{draft.pk}/fee/", {**sent, "reason": "Board of May."})

    assert list(page.context["fee_form"].errors) == [field]
    assert "Board of May." in text(page)
    draft.refresh_from_db()
    assert draft.fee_amount is None


@pytest.mark.parametrize("action", ACTIONS)
def test_what_another_officer_did_meanwhile_is_told(office, draft, action):
    rows.scheme_version()  # Approves the draft and puts it into force.

    page = office.post(f"{LIST}{draft.pk}/{action}/", {"reason": "Agreed."})

    assert "This version is in force since 1 January 2026, so it cannot be" in text(page)


def test_rules_that_cannot_be_read_are_shown_as_a_fault(office, draft):
    broken = schemes.draft(
        draft.scheme,
        rubric=draft.rubric,
        rules={},
        slots=draft.slots,
        questions=draft.questions,
        actor=None,
        reason=rows.REASON,
    )

    page = text(office.get(f"{LIST}{broken.pk}/"))
    refused = text(office.post(f"{LIST}{broken.pk}/approve/", {"reason": "Agreed."}))

    assert (
        "The rules cannot be read: “prerequisites” is missing. Correct the data and draft the version again."
        in page
    )
    assert "The rules cannot be read: “prerequisites” is missing." in refused
