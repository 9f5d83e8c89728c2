"""An officer reads the papers before a case is marked."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from certification.conflicts import declare
from certification.errors import AuthorisationRefused
from certification.models import PaperCheck
from certification.paper_checks import check, checks_of, digest_of, unchecked
from tests.factories.certification import AT, REASON, case, document
from tests.people import person
from tests.together import together
from training_site.accounts import roles
from training_site.accounts.roles import Role
from training_site.common.history import delete_as, save_as

pytestmark = pytest.mark.django_db


@pytest.fixture
def paper():
    return document(case(state="handed_in"))


@pytest.fixture
def officer():
    return person(Role.CERTIFICATION_OFFICER)


def test_a_paper_is_unchecked_until_an_officer_confirms_it(paper, officer):
    assert unchecked(paper.case) == [paper]

    made = check(paper, officer=officer, at=AT)

    assert (made.officer, made.checked_at, made.digest) == (officer, AT, digest_of(paper))
    assert unchecked(paper.case) == []


def test_each_paper_is_confirmed_by_itself(paper, officer):
    clearance = document(paper.case, "clearance")
    made = check(paper, officer=officer, at=AT)

    assert unchecked(paper.case) == [clearance]
    assert checks_of(paper.case) == [(clearance, None), (paper, made)]


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "1" * 64},
        {"dated_on": dt.date(2026, 2, 27)},
        {"signed_time": dt.time(9, 31)},
        {"identity_seen": False},
        {"pages": 2},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_check_counts_no_more_when_the_paper_changes(paper, officer, change):
    check(paper, officer=officer, at=AT)
    for name, value in change.items():
        setattr(paper, name, value)
    save_as(paper, actor=None, reason=REASON)

    assert unchecked(paper.case) == [paper]


def test_confirming_twice_keeps_the_first(paper, officer):
    first = check(paper, officer=officer, at=AT)

    assert check(paper, officer=person(Role.CERTIFICATION_OFFICER), at=AT + dt.timedelta(hours=1)) == first
    assert PaperCheck.objects.get().officer == officer


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_two_officers_at_once_confirm_it_once(paper, officer):
    other = person(Role.CERTIFICATION_OFFICER)

    together(lambda: check(paper, officer=officer, at=AT), lambda: check(paper, officer=other, at=AT))

    assert PaperCheck.objects.count() == 1


@pytest.mark.both_databases
def test_the_database_keeps_one_check_of_a_paper_as_it_is(paper, officer):
    check(paper, officer=officer, at=AT)

    with pytest.raises(IntegrityError), transaction.atomic():
        PaperCheck.objects.create(document=paper, digest=digest_of(paper), officer=officer, checked_at=AT)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CERTIFICATION_OFFICER], ids=str)
def test_only_an_officer_confirms(paper, role):
    with pytest.raises(AuthorisationRefused, match="Only a certification officer"):
        check(paper, officer=person(role), at=AT)


def test_nobody_confirms_papers_of_their_own_case(paper):
    owner = paper.case.practitioner
    roles.grant(owner, Role.CERTIFICATION_OFFICER, actor=None, reason=REASON)

    with pytest.raises(AuthorisationRefused, match="your own"):
        check(paper, officer=owner, at=AT)


def test_an_officer_with_a_declared_conflict_confirms_nothing(paper, officer):
    declare(paper.case.case_file, officer, reason="Cousins.", declared_by=officer, at=AT)

    with pytest.raises(AuthorisationRefused, match="declared between you and this file"):
        check(paper, officer=officer, at=AT)


def test_papers_of_a_draft_are_nobodys_business(officer):
    with pytest.raises(AuthorisationRefused, match="never handed in"):
        check(document(case()), officer=officer, at=AT)


def test_what_was_changed_since_it_was_opened_is_not_confirmed(paper, officer):
    seen = digest_of(paper)
    paper.pages = 2
    save_as(paper, actor=None, reason=REASON)

    with pytest.raises(AuthorisationRefused, match="changed after you opened it"):
        check(paper, officer=officer, at=AT, seen=seen)


def test_what_was_taken_out_is_not_confirmed(paper, officer):
    kept = type(paper).objects.get(pk=paper.pk)
    delete_as(paper, actor=None, reason=REASON)

    with pytest.raises(AuthorisationRefused, match="took this paper out"):
        check(kept, officer=officer, at=AT)
