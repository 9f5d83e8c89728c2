"""What waits for a candidate on /my/."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from certification.attempts import begin_correction, begin_replacement
from certification.cards import NEWS, candidate
from tests.certification.assessed import CASE_C, assessed, released
from tests.factories.certification import AT, REASON, application, case, case_file, visit
from tests.factories.marking import AT_STANDARD
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common.days import DAY
from training_site.common.history import save_as

pytestmark = pytest.mark.django_db
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def trainee():
    return person(Role.TRAINEE)


def cards(user, at: dt.datetime = AT) -> list[tuple[str, str, str]]:
    found = sorted(candidate(user, at), key=lambda card: card.order)
    return [(card.sentence, card.action, card.url) for card in found]


def test_nothing_waits_for_whoever_has_not_applied(trainee):
    assert cards(trainee) == []


def test_nothing_waits_for_whoever_learns_no_more():
    former = person()
    case(case_file(former))

    assert cards(former) == []


def test_an_application_begun_waits(trainee):
    application(trainee, state="draft", submitted_at=None)

    assert cards(trainee) == [
        ("It is begun and not sent yet.", "Go on with the application", "/cases/application/")
    ]


def test_an_application_sent_is_with_the_office(trainee):
    application(trainee)

    assert cards(trainee) == [
        ("It has been with the office since 4 May 2026.", "See the application", "/cases/application/")
    ]


def test_a_question_of_the_office_waits(trainee):
    application(trainee, state="more_info", answer="Send the second page of the certificate.")

    assert cards(trainee) == [
        (
            "The office asks: “Send the second page of the certificate.”",
            "Answer the office",
            "/cases/application/",
        )
    ]


def test_a_rejected_application_waits_for_nothing(trainee):
    application(trainee, state="rejected", decided_at=AT, answer="No.")

    assert cards(trainee) == []


def test_whoever_is_admitted_begins_a_case(trainee):
    case_file(trainee)

    assert cards(trainee) == [
        (
            "You are admitted to assessment. A case is one client and one treatment, with every visit.",
            "Begin your first case",
            "/cases/new/",
        )
    ]


def test_a_case_begun_is_gone_on_with(trainee):
    begun = case(case_file(trainee))

    assert cards(trainee) == [("One case is begun.", f"Go on with case {begun.ref}", f"/cases/{begun.ref}/")]


def test_of_several_cases_the_oldest_is_named(trainee):
    first = case(case_file(trainee))
    case(first.case_file)

    assert cards(trainee) == [
        (f"2 cases are begun, {first.ref} first.", f"Go on with case {first.ref}", f"/cases/{first.ref}/")
    ]


def test_a_returned_case_stands_first(trainee):
    of = case_file(trainee)
    draft, returned = case(of), case(of, state="returned")

    assert cards(trainee) == [
        ("The office asks: “Add the labels.”", "See what is missing", f"/cases/{returned.ref}/"),
        ("One case is begun.", f"Go on with case {draft.ref}", f"/cases/{draft.ref}/"),
    ]


@pytest.mark.parametrize(
    ("day", "waits"),
    [(dt.date(2026, 4, 6), False), (dt.date(2026, 4, 7), True), (dt.date(2026, 4, 8), True)],
    ids=["day before", "first day", "day after"],
)
def test_healed_photographs_wait_from_their_first_day(trainee, day, waits):
    handed_in = case(case_file(trainee), state="handed_in")
    visit(handed_in)
    at = dt.datetime.combine(day, dt.time(12), tzinfo=dt.UTC)

    assert cards(trainee, at) == (
        [
            (
                f"Case {handed_in.ref} waits for them since 7 April 2026.",
                "Add healed photographs",
                f"/cases/{handed_in.ref}/photos/",
            )
        ]
        if waits
        else []
    )


def test_several_cases_that_wait_for_healed_photographs_are_one_card(trainee):
    of = case_file(trainee)
    later, first = case(of, state="healed_awaited"), case(of, state="handed_in")
    visit(later)
    visit(first, on=dt.date(2026, 3, 1))

    assert cards(trainee) == [
        (
            f"2 cases wait for them, case {first.ref} since 29 March 2026.",
            "Add healed photographs",
            f"/cases/{first.ref}/photos/",
        )
    ]


@pytest.mark.parametrize(
    ("levels", "sentence"),
    [
        (AT_STANDARD, "It passed and counts for your file."),
        (CASE_C, "Referred. Read what was missing, then correct or replace it."),
    ],
)
def test_a_result_that_is_out_waits_to_be_read(trainee, levels, sentence):
    of = released(case(case_file(trainee)), levels).case

    assert cards(trainee) == [(sentence, f"Read the result of {of.ref}", f"/cases/{of.ref}/result/")]


@pytest.mark.parametrize(
    ("levels", "at", "stays"),
    [
        (AT_STANDARD, AT + NEWS - SECOND, True),
        (AT_STANDARD, AT + NEWS, False),
        (CASE_C, AT + NEWS, True),
        (CASE_C, AT + 300 * DAY, True),
    ],
    ids=["last moment", "over", "referred: the same day", "referred: much later"],
)
def test_a_pass_is_news_for_four_weeks_and_a_referral_until_it_is_answered(trainee, levels, at, stays):
    released(case(case_file(trainee)), levels)

    assert bool(cards(trainee, at)) is stays


def test_a_referral_that_is_answered_waits_no_more(trainee):
    old = released(case(case_file(trainee)), CASE_C).case
    other = begin_replacement(old, client_code="R-021", actor=trainee, at=AT)

    assert cards(trainee) == [("One case is begun.", f"Go on with case {other.ref}", f"/cases/{other.ref}/")]


def test_a_correction_that_is_begun_takes_the_place_of_the_result(trainee):
    of = released(case(case_file(trainee)), CASE_C).case
    begin_correction(of, actor=trainee, at=AT)

    assert [action for _, action, _ in cards(trainee)] == [f"Go on with case {of.ref}"]


@pytest.mark.parametrize("state", ["assessed", "quality_hold"])
def test_a_result_that_is_not_released_is_no_news(trainee, state):
    marked = assessed(case(case_file(trainee)), CASE_C)
    marked.state = state
    save_as(marked, actor=None, reason=REASON, fields=["state"])

    assert cards(trainee) == []


@pytest.mark.parametrize("count", [1, 3])
def test_results_take_one_query_more_for_any_number(trainee, count):
    of = case_file(trainee)
    for number in range(count):
        released(case(of, client_code=f"R-{number:03}"), CASE_C)
    trainee.roles  # noqa: B018 – read once for the page.

    with CaptureQueriesContext(connection) as captured:
        assert len(cards(trainee)) == count
    assert len(captured) == 3


@pytest.mark.parametrize("state", ["healed_marking", "assessed", "quality_hold", "released"])
def test_a_case_that_is_marked_waits_for_nobody(trainee, state):
    visit(case(case_file(trainee), state=state))

    assert cards(trainee, AT + 300 * DAY) == []


def test_healed_photographs_that_are_in_wait_for_nobody(trainee):
    handed_in = case(case_file(trainee), state="handed_in")
    visit(handed_in)
    attempt = handed_in.submissions.get()
    attempt.healed_in_at = AT
    save_as(attempt, actor=None, reason=REASON)

    assert cards(trainee) == []


def test_nobody_sees_the_cases_of_others(trainee):
    case(case_file(person(Role.TRAINEE)))

    assert cards(trainee) == []


@pytest.mark.parametrize("count", [1, 3])
def test_the_cards_take_two_queries(trainee, count):
    of = case_file(trainee)
    for state in ["draft", "returned", "handed_in"] * count:
        visit(case(of, state=state))
    trainee.roles  # noqa: B018 – read once for the page.

    with CaptureQueriesContext(connection) as captured:
        assert len(cards(trainee)) == 2 + count
    assert len(captured) == 2
