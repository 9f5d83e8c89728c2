"""Assessors in the office."""

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from certification import authorising
from certification.models import AssessorAuthorisation
from tests.factories.certification import AT, REASON, TODAY, ready_case, scheme_version
from tests.factories.marking import allocation, assessor, attempt, authorisation
from tests.pages import text
from tests.people import give_second_factor, person
from training_site.accounts import roles
from training_site.accounts.roles import Role
from training_site.common import cards
from training_site.common.models import Proposal

pytestmark = pytest.mark.django_db

LIST = "/cms/certification/assessors/"


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def officer():
    return person(Role.CERTIFICATION_OFFICER)


@pytest.fixture
def office(as_, officer):
    return as_(officer)


@pytest.fixture
def colleague(as_):
    return as_(person(Role.CERTIFICATION_OFFICER))


def typed(**changes: str) -> dict[str, str]:
    return {
        "version": str(scheme_version().pk),
        "basis": "founding_panel",
        "starts_on": "2026-05-04",
        "ends_on": "2028-12-31",
        "reason": "Twelve years of practice.",
        **changes,
    }


def authorise(browser, who, **changes: str):
    return browser.post(f"{LIST}{who.pk}/authorise/", typed(**changes))


def decide(browser, proposal, do: str, reason: str = "Read and agreed."):
    return browser.post(f"/cms/certification/authorisations/proposed/{proposal.pk}/", {"do": do, "reason": reason})


def test_assessors_are_for_officers(as_, office):
    scheme_version()
    asked = person(Role.ASSESSOR)
    kept = authorisation(asked)
    proposal = authorising.propose(
        person(Role.ASSESSOR),
        scheme_version(),
        basis="equivalent",
        reason=REASON,
        starts_on=TODAY,
        ends_on=None,
        officer=person(Role.CERTIFICATION_OFFICER),
        at=AT,
    )
    reading = [LIST, f"{LIST}{asked.pk}/authorise/", f"/cms/certification/authorisations/{kept.pk}/end/"]
    acting = [*reading[1:], f"/cms/certification/authorisations/proposed/{proposal.pk}/"]

    assert [office.get(address).status_code for address in reading] == [200] * 3
    for role in [role for role in Role if role is not Role.CERTIFICATION_OFFICER]:
        browser = as_(person(role))
        assert [browser.get(address).status_code for address in reading] == [404] * 3
        assert [browser.post(address, typed(do="confirm")).status_code for address in acting] == [404] * 3


def test_the_list_says_basis_days_places_and_load(office):
    asked = assessor(works_at="Harbour Studio")
    allocation(attempt(ready_case(state="procedure_marking")), to=asked)
    person(Role.ASSESSOR)

    rows = list(office.get(LIST).context["page_obj"])
    said = text(office.get(LIST))

    assert sorted(row["in_hand"] for row in rows) == [0, 1]
    assert "Founding panel (launch) , from 1 January 2026 to 31 December 2028" in said
    assert "Harbour Studio, Bristol, GB" in said
    assert "Not authorised Not said yet 0" in said


def test_whoever_was_authorised_stays_on_the_list(office):
    former = assessor()
    roles.end(former, Role.ASSESSOR, actor=None, reason=REASON)

    assert [row["person"] for row in office.get(LIST).context["page_obj"]] == [former]


def test_experience_is_granted_by_one_officer(office):
    asked = person(Role.ASSESSOR)

    answer = authorise(
        office, asked, basis="experience", certified_since="2020-01-01", logged_cases="120", ends_on=""
    )

    assert answer.url == LIST
    assert AssessorAuthorisation.objects.get().basis == "experience"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"certified_since": "", "logged_cases": "120"}, "Give the day since which they are certified."),
        ({"certified_since": "2020-01-01", "logged_cases": ""}, "Give the number of cases they have logged."),
        ({"certified_since": "2020-01-01", "logged_cases": "12"}, "12 cases are logged, and 100 are needed."),
    ],
)
def test_a_refused_grant_says_why_and_keeps_what_was_typed(office, changes, sentence):
    page = authorise(office, person(Role.ASSESSOR), basis="experience", **changes)

    assert sentence in text(page)
    assert "Twelve years of practice.</textarea>" in page.content.decode()


def test_the_founding_panel_is_proposed_and_confirmed_by_a_colleague(office, officer, colleague):
    asked = person(Role.ASSESSOR)
    authorise(office, asked)
    proposal = Proposal.objects.get()
    assert AssessorAuthorisation.objects.count() == 0
    assert f"Proposed by {officer.name} on 4 May 2026." in text(colleague.get(LIST))

    answer = decide(colleague, proposal, "confirm")

    assert answer.url == LIST
    assert AssessorAuthorisation.objects.get().assessor == asked


def test_buttons_are_those_of_whoever_may(office, colleague):
    authorise(office, person(Role.ASSESSOR))

    names = [
        [form["name"] for form in browser.get(LIST).context["proposals"][0]["forms"]]
        for browser in (office, colleague)
    ]

    assert names == [["cancel"], ["confirm", "reject"]]


def test_whoever_proposed_does_not_confirm(office):
    authorise(office, person(Role.ASSESSOR))

    answer = decide(office, Proposal.objects.get(), "confirm")

    assert answer.status_code == 200
    assert AssessorAuthorisation.objects.count() == 0


def test_a_proposal_is_rejected_or_taken_back_with_a_reason(office, colleague):
    for browser, do, state in ((colleague, "reject", "rejected"), (office, "cancel", "cancelled")):
        authorise(office, person(Role.ASSESSOR))
        proposal = Proposal.objects.latest("pk")
        assert "Fill this in." in text(decide(browser, proposal, do, reason=""))
        decide(browser, proposal, do)
        proposal.refresh_from_db()
        assert proposal.state == state


def test_a_proposal_that_was_decided_meanwhile_says_so(office, colleague):
    authorise(office, person(Role.ASSESSOR))
    proposal = Proposal.objects.get()
    decide(office, proposal, "cancel")

    answer = decide(colleague, proposal, "confirm")

    assert "This proposal is cancelled already." in text(colleague.get(answer.url))


def test_a_proposal_that_cannot_be_carried_out_says_why(office, colleague):
    asked = person(Role.ASSESSOR)
    authorise(office, asked)
    authorisation(asked)

    page = decide(colleague, Proposal.objects.get(), "confirm")

    assert f"{asked.name} is authorised from 1 January 2026 until 31 December 2028 already." in text(page)


def test_an_authorisation_is_ended(office):
    kept = authorisation(person(Role.ASSESSOR))
    address = f"/cms/certification/authorisations/{kept.pk}/end/"

    assert "never longer" in text(office.post(address, {"on": "2029-01-01", "reason": "Gone."}))
    assert office.post(address, {"on": "2026-05-04", "reason": "Gone."}).url == LIST
    kept.refresh_from_db()
    assert kept.ends_on == TODAY


def test_nobody_decides_about_themselves(as_, office):
    """A former assessor who is an officer now finds no button about themselves."""
    asked = person(Role.ASSESSOR)
    authorisation(asked)
    roles.end(asked, Role.ASSESSOR, actor=None, reason=REASON)
    roles.grant(asked, Role.CERTIFICATION_OFFICER, actor=None, reason=REASON)
    if not asked.authenticator_set.exists():
        give_second_factor(asked)

    (row,) = as_(asked).get(LIST).context["page_obj"]

    assert (row["is_self"], [each["may_end"] for each in row["authorisations"]]) == (True, [False])


def test_the_list_takes_the_same_queries_for_one_and_three(office):
    counted = []
    for many in (1, 2):
        for _ in range(many):
            allocation(attempt(ready_case(state="procedure_marking")), to=assessor())
            authorise(office, person(Role.ASSESSOR))
        office.get(LIST)
        with CaptureQueriesContext(connection) as captured:
            office.get(LIST)
        counted.append(len(captured))

    assert counted == [15, 15]


def test_officers_hear_of_proposals_of_others(office, officer):
    authorise(office, person(Role.ASSESSOR))
    other = person(Role.CERTIFICATION_OFFICER)

    titles = [[card.title for card in cards.for_user(each, AT)] for each in (officer, other)]

    assert [("Authorisations to decide" in each) for each in titles] == [False, True]
