"""Who may assess, on what basis, until when; and where assessors work."""

import datetime as dt

import pytest
import time_machine
from django.db import IntegrityError, transaction

from certification import authorising
from certification.authorising import end, grant, leave_workplace, propose, proposed, state_workplace
from certification.errors import AuthorisationRefused
from certification.models import AssessorAuthorisation, SchemeVersion, Workplace
from tests.factories.certification import AT, REASON, TODAY, scheme_version
from tests.factories.marking import authorisation
from tests.people import person
from tests.together import together
from training_site.accounts import roles
from training_site.accounts.roles import Role
from training_site.common import approvals
from training_site.common.approvals import ApprovalRefused, NotAllowed
from training_site.common.days import DAY
from training_site.common.history import save_as

pytestmark = pytest.mark.django_db

PANEL_UNTIL = dt.date(2028, 12, 31)
"""The scheme took effect on 1 January 2026; the founding panel ends 36 months later."""
WHY = "Twelve years of practice; portfolio of 200 cases seen."


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT):
        yield


@pytest.fixture
def officer():
    return person(Role.CERTIFICATION_OFFICER)


@pytest.fixture
def other():
    return person(Role.CERTIFICATION_OFFICER)


@pytest.fixture
def asked():
    return person(Role.ASSESSOR)


def grant_to(who, officer, **facts) -> AssessorAuthorisation:
    full = {
        "certified_since": dt.date(2020, 1, 1),
        "logged_cases": 140,
        "reason": WHY,
        "starts_on": TODAY,
        **facts,
    }
    return grant(who, scheme_version(), officer=officer, at=AT, **full)


def propose_for(who, officer, **facts):
    full = {
        "basis": "founding_panel",
        "reason": WHY,
        "starts_on": TODAY,
        "ends_on": PANEL_UNTIL,
        **facts,
    }
    return propose(who, scheme_version(), officer=officer, at=AT, **full)


def confirm(proposal, by, *, at=AT):
    return approvals.confirm(proposal, actor=by, reason="Read and agreed.", at=at)


# Experience ---------------------------------------------------------------------------------------


def test_one_officer_authorises_on_experience(asked, officer):
    made = grant_to(asked, officer)

    assert (made.assessor, made.scheme, made.basis) == (asked, scheme_version().scheme, "experience")
    assert (made.starts_on, made.ends_on, made.certified_since, made.logged_cases) == (
        TODAY,
        None,
        dt.date(2020, 1, 1),
        140,
    )
    assert made.history.latest().history_user == officer


@pytest.mark.parametrize(
    ("since", "may"),
    [(dt.date(2023, 5, 3), True), (dt.date(2023, 5, 4), True), (dt.date(2023, 5, 5), False)],
    ids=["a day more", "three years to the day", "a day short"],
)
def test_three_years_are_over_on_the_first_day(asked, officer, since, may):
    if may:
        assert grant_to(asked, officer, certified_since=since).certified_since == since
    else:
        with pytest.raises(AuthorisationRefused, match="3 years are over on 5 May 2026"):
            grant_to(asked, officer, certified_since=since)


@pytest.mark.parametrize(("logged", "may"), [(99, False), (100, True)])
def test_a_hundred_cases_are_logged(asked, officer, logged, may):
    if may:
        assert grant_to(asked, officer, logged_cases=logged).logged_cases == logged
    else:
        with pytest.raises(AuthorisationRefused, match="99 cases are logged, and 100 are needed"):
            grant_to(asked, officer, logged_cases=logged)


def test_only_an_officer_authorises(asked):
    for role in (Role.ADMINISTRATOR, Role.QUALITY_ASSURER, Role.ASSESSOR):
        with pytest.raises(AuthorisationRefused, match="Only a certification officer"):
            grant_to(asked, person(role))
        with pytest.raises(AuthorisationRefused, match="Only a certification officer"):
            propose_for(asked, person(role))


def test_nobody_authorises_themselves(officer):
    for act in (grant_to, propose_for):
        with pytest.raises(AuthorisationRefused, match="Nobody authorises themselves"):
            act(officer, officer)


def test_whoever_lacks_the_role_is_not_authorised(officer):
    for act in (grant_to, propose_for):
        with pytest.raises(AuthorisationRefused, match="does not hold the role of an assessor"):
            act(person(Role.TRAINER), officer)


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"reason": "  "}, "State the reasons"),
        ({"starts_on": TODAY - DAY}, "The first day lies in the past"),
        ({"ends_on": TODAY - DAY}, "lies before the first"),
    ],
)
def test_reasons_and_days_are_checked(asked, officer, facts, sentence):
    for act in (grant_to, propose_for):
        with pytest.raises(AuthorisationRefused, match=sentence):
            act(asked, officer, **facts)


def test_one_day_is_enough(asked, officer):
    assert grant_to(asked, officer, ends_on=TODAY).ends_on == TODAY


# One at a time ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "may"),
    [
        (TODAY, TODAY + 9 * DAY, True),
        (TODAY, TODAY + 10 * DAY, False),
        (TODAY + 15 * DAY, TODAY + 16 * DAY, False),
        (TODAY + 20 * DAY, None, False),
        (TODAY + 21 * DAY, None, True),
        (TODAY, None, False),
    ],
    ids=[
        "ends the day before",
        "ends on its first day",
        "within",
        "begins on its last day",
        "day after",
        "around",
    ],
)
def test_two_authorisations_never_overlap(asked, officer, starts_on, ends_on, may):
    authorisation(asked, starts_on=TODAY + 10 * DAY, ends_on=TODAY + 20 * DAY)

    if may:
        grant_to(asked, officer, starts_on=starts_on, ends_on=ends_on)
    else:
        with pytest.raises(AuthorisationRefused, match="authorised from 14 May 2026 until 24 May 2026 already"):
            grant_to(asked, officer, starts_on=starts_on, ends_on=ends_on)
    assert AssessorAuthorisation.objects.count() == 1 + may


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_two_officers_at_once_the_second_is_refused(asked, officer, other):
    scheme_version()

    outcomes = together(lambda: grant_to(asked, officer), lambda: grant_to(asked, other))

    assert sorted(type(each).__name__ for each in outcomes) == ["AssessorAuthorisation", "AuthorisationRefused"]
    assert AssessorAuthorisation.objects.count() == 1


# Two officers -------------------------------------------------------------------------------------


def test_the_founding_panel_takes_two_officers(asked, officer, other):
    proposal = propose_for(asked, officer)
    assert (list(proposed()), AssessorAuthorisation.objects.count()) == ([proposal], 0)

    confirm(proposal, other)

    made = AssessorAuthorisation.objects.get()
    assert (made.basis, made.reason, made.starts_on, made.ends_on) == ("founding_panel", WHY, TODAY, PANEL_UNTIL)
    assert (list(proposed()), made.history.latest().history_user) == ([], other)


def test_equivalent_experience_needs_no_last_day(asked, officer, other):
    confirm(propose_for(asked, officer, basis="equivalent", ends_on=None), other)

    assert AssessorAuthorisation.objects.get().ends_on is None


def test_experience_is_not_proposed(asked, officer):
    with pytest.raises(AuthorisationRefused, match="Experience takes one officer"):
        propose_for(asked, officer, basis="experience")


def test_whoever_proposed_does_not_confirm(asked, officer):
    with pytest.raises(NotAllowed, match="Nobody decides their own proposal"):
        confirm(propose_for(asked, officer), officer)


def test_whoever_is_concerned_does_not_confirm(asked, officer):
    proposal = propose_for(asked, officer)
    roles.end(asked, Role.ASSESSOR, actor=None, reason=REASON)
    roles.grant(asked, Role.CERTIFICATION_OFFICER, actor=None, reason=REASON)

    with pytest.raises(NotAllowed, match="You are concerned by this yourself"):
        confirm(proposal, asked)


def test_only_an_officer_confirms(asked, officer):
    proposal = propose_for(asked, officer)

    for role in (Role.QUALITY_ASSURER, Role.ADMINISTRATOR):
        with pytest.raises(NotAllowed, match="Your role does not decide this"):
            confirm(proposal, person(role))


def test_a_person_is_proposed_once(asked, officer, other):
    propose_for(asked, officer)

    with pytest.raises(ApprovalRefused, match="This is proposed already"):
        propose_for(asked, other)


def test_what_cannot_be_granted_any_more_stays_proposed(asked, officer, other):
    proposal = propose_for(asked, officer)
    grant_to(asked, officer)

    with pytest.raises(AuthorisationRefused, match="already"):
        confirm(proposal, other)
    assert list(proposed()) == [proposal]


def test_what_is_confirmed_late_counts_from_that_day_on(asked, officer, other):
    confirm(propose_for(asked, officer), other, at=AT + 3 * DAY)

    assert AssessorAuthorisation.objects.get().starts_on == TODAY + 3 * DAY


def test_what_is_rejected_is_not_granted(asked, officer, other):
    approvals.reject(propose_for(asked, officer), actor=other, reason="No proof of practice.", at=AT)

    assert (list(proposed()), AssessorAuthorisation.objects.count()) == ([], 0)


@pytest.mark.parametrize(
    ("ends_on", "may"),
    [(PANEL_UNTIL - DAY, True), (PANEL_UNTIL, True), (PANEL_UNTIL + DAY, False), (None, False)],
    ids=["day before", "last day", "day after", "no last day"],
)
def test_the_founding_panel_ends_36_months_after_the_scheme_took_effect(asked, officer, ends_on, may):
    if may:
        assert propose_for(asked, officer, ends_on=ends_on).payload["ends_on"] == ends_on.isoformat()
    else:
        with pytest.raises(AuthorisationRefused, match="Give a last day up to 31 December 2028"):
            propose_for(asked, officer, ends_on=ends_on)


def test_a_later_version_does_not_prolong_the_founding_panel():
    version = scheme_version()
    later = SchemeVersion(
        scheme=version.scheme,
        number=2,
        rubric=version.rubric,
        rules=version.rules,
        slots=version.slots,
        questions=version.questions,
        effective_on=dt.date(2027, 1, 1),
    )
    save_as(later, actor=None, reason=REASON)

    assert authorising.founding_panel_until(version.scheme, months=36) == PANEL_UNTIL


# Ending -------------------------------------------------------------------------------------------


def end_it(kept, officer, **facts):
    return end(kept, officer=officer, at=AT, **{"on": TODAY, "reason": "Left the trade.", **facts})


def test_one_officer_ends_any_authorisation(asked, officer):
    kept = authorisation(asked)

    ended = end_it(kept, officer)

    assert ended.ends_on == TODAY
    assert AssessorAuthorisation.objects.on(TODAY).exists()
    assert not AssessorAuthorisation.objects.on(TODAY + DAY).exists()


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"on": TODAY - 2 * DAY}, "yesterday at the earliest"),
        ({"on": dt.date(2028, 12, 31)}, "never longer"),
        ({"on": dt.date(2029, 1, 1)}, "never longer"),
        ({"reason": " "}, "Say why"),
    ],
)
def test_an_end_is_refused_that_makes_no_sense(asked, officer, facts, sentence):
    with pytest.raises(AuthorisationRefused, match=sentence):
        end_it(authorisation(asked), officer, **facts)


def test_yesterday_ends_it_at_once(asked, officer):
    end_it(authorisation(asked), officer, on=TODAY - DAY)

    assert not AssessorAuthorisation.objects.on(TODAY).exists()


def test_it_does_not_end_before_it_begins(asked, officer):
    kept = authorisation(asked, starts_on=TODAY + 5 * DAY)

    with pytest.raises(AuthorisationRefused, match="It begins on 9 May 2026"):
        end_it(kept, officer, on=TODAY + 4 * DAY)
    assert end_it(kept, officer, on=TODAY + 5 * DAY).ends_on == TODAY + 5 * DAY


def test_nobody_but_another_officer_ends_it(asked):
    kept = authorisation(asked)

    with pytest.raises(AuthorisationRefused, match="Only a certification officer"):
        end_it(kept, person(Role.ADMINISTRATOR))
    roles.end(asked, Role.ASSESSOR, actor=None, reason=REASON)
    roles.grant(asked, Role.CERTIFICATION_OFFICER, actor=None, reason=REASON)
    with pytest.raises(AuthorisationRefused, match="Nobody ends their own"):
        end_it(kept, asked)


# What the database holds --------------------------------------------------------------------------


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "facts",
    [
        {"basis": "friendship"},
        {"reason": ""},
        {"ends_on": dt.date(2025, 12, 31)},
        {"basis": "experience"},
        {"ends_on": None},
    ],
    ids=["unknown basis", "no reason", "ends before it begins", "experience not stated", "endless panel"],
)
def test_the_database_holds_what_an_authorisation_needs(asked, facts):
    with pytest.raises(IntegrityError), transaction.atomic():
        authorisation(asked, **facts)


# Where they work ----------------------------------------------------------------------------------


def state(who, **facts) -> Workplace:
    return state_workplace(
        who, at=AT, **{"studio": " Harbour  Studio ", "town": "Bristol", "country": "gb", **facts}
    )


def test_an_assessor_says_where_they_work(asked):
    made = state(asked)

    assert (made.studio, made.town, made.country, made.stated_at) == ("Harbour Studio", "Bristol", "GB", AT)


@pytest.mark.parametrize("name", ["studio", "town", "country"])
def test_a_place_has_a_name_a_town_and_a_country(asked, name):
    with pytest.raises(AuthorisationRefused, match="Give the name of the studio"):
        state(asked, **{name: " "})


def test_only_assessors_say_where_they_work():
    with pytest.raises(AuthorisationRefused, match="Only assessors"):
        state(person(Role.TRAINEE))


def test_a_place_is_stated_once(asked):
    state(asked)

    with pytest.raises(AuthorisationRefused, match="stated this place already"):
        state(asked)


def test_a_place_that_was_left_can_be_stated_again(asked):
    first = leave_workplace(state(asked), actor=asked, at=AT)

    again = state(asked)

    assert first.left_at == AT
    assert list(Workplace.objects.filter(left_at=None)) == [again]


def test_a_place_is_left_once(asked):
    place = leave_workplace(state(asked), actor=asked, at=AT)

    assert leave_workplace(place, actor=asked, at=AT + DAY).left_at == AT


def test_nobody_leaves_for_somebody_else(asked):
    with pytest.raises(AuthorisationRefused, match="Only who works there"):
        leave_workplace(state(asked), actor=person(Role.ASSESSOR), at=AT)
