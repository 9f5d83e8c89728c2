"""The mail that asks for healed photographs."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from certification.models import ProcedureCase
from certification.reminding import due, remind_of_healed
from tests.factories.certification import LAST_SESSION, REASON, case, case_file, visit
from tests.people import person
from training_site.accounts.roles import Role
from training_site.common import tick
from training_site.common.days import DAY
from training_site.common.history import save_as, signed
from training_site.common.models import Notice

pytestmark = pytest.mark.django_db
FIRST = dt.date(2026, 4, 7)
"""28 days after the last session, 10 March 2026 (T12)."""
HANDED_IN = dt.datetime(2026, 3, 12, 12, tzinfo=dt.UTC)


def noon(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(12), tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(noon(FIRST)):
        yield


def waiting(state: str = "handed_in", *, at: dt.datetime = HANDED_IN, **facts: object) -> ProcedureCase:
    """A case with one session, handed in two days later without healed photographs."""
    made = case(state=state, **facts)
    attempt = made.submissions.get()
    attempt.handed_in_at = None if state == "draft" else at
    save_as(attempt, actor=None, reason=REASON, fields=["handed_in_at"])
    visit(made)
    return made


def mails() -> list[str]:
    return list(Notice.objects.filter(kind="healed_due").order_by("pk").values_list("subject", flat=True))


@pytest.mark.parametrize(
    ("day", "sent"),
    [(FIRST - DAY, 0), (FIRST, 1), (FIRST + DAY, 1)],
    ids=["day before", "first day", "day after"],
)
def test_the_first_mail_goes_out_on_the_first_healed_day(day, sent):
    waiting()

    assert remind_of_healed(noon(day)) == sent


@pytest.mark.parametrize(
    ("zone", "instant", "sent"),
    [
        ("Europe/London", "2026-04-06T22:59:59Z", 0),
        ("Europe/London", "2026-04-06T23:00:00Z", 1),
        ("America/Los_Angeles", "2026-04-07T06:59:59Z", 0),
        ("America/Los_Angeles", "2026-04-07T07:00:00Z", 1),
        ("Asia/Tokyo", "2026-04-06T14:59:59Z", 0),
        ("Asia/Tokyo", "2026-04-06T15:00:00Z", 1),
        ("UTC", "2026-04-06T23:59:59Z", 0),
        ("UTC", "2026-04-07T00:00:00Z", 1),
    ],
)
def test_the_day_is_the_bodys(settings, zone, instant, sent):
    settings.TIME_ZONE = zone
    waiting()

    assert remind_of_healed(dt.datetime.fromisoformat(instant)) == sent


def test_the_mail_says_which_case_and_since_when():
    of = waiting()
    remind_of_healed(noon(FIRST))

    notice = Notice.objects.get(kind="healed_due")
    assert notice.subject == f"Time for the healed photographs of case {of.ref}"
    assert "count as healed since 7 April 2026" in notice.text
    assert f"/cases/{of.ref}/" in notice.text
    assert (notice.user, notice.to) == (of.practitioner, of.practitioner.email)
    assert notice.key == f"healed_due:{of.submissions.get().pk}"


def test_running_it_twice_sends_one_mail():
    waiting()

    assert [remind_of_healed(noon(FIRST)), remind_of_healed(noon(FIRST)), remind_of_healed(noon(FIRST + DAY))] == [
        1,
        0,
        0,
    ]
    assert len(mails()) == 1


@pytest.mark.parametrize(("days", "sent"), [(27, 0), (28, 1), (29, 1)], ids=["day before", "day", "day after"])
def test_a_second_mail_goes_out_28_days_later(days, sent):
    waiting()
    remind_of_healed(noon(FIRST))

    assert remind_of_healed(noon(FIRST + days * DAY)) == sent


def test_there_is_no_third_mail():
    of = waiting()

    assert [remind_of_healed(noon(FIRST + days * DAY)) for days in (0, 28, 29, 56, 200)] == [1, 1, 0, 0, 0]
    assert mails() == [
        f"Time for the healed photographs of case {of.ref}",
        f"Still missing: healed photographs of case {of.ref}",
    ]


def test_a_missed_run_loses_nothing():
    waiting()

    assert remind_of_healed(noon(FIRST + 40 * DAY)) == 1


def test_nobody_is_reminded_for_ever():
    """Sent mail is deleted after a year; the reminder has ended by then."""
    waiting()

    assert remind_of_healed(noon(FIRST + 364 * DAY)) == 1
    Notice.objects.all().delete()
    assert remind_of_healed(noon(FIRST + 365 * DAY)) == 0


def test_whoever_hands_in_late_is_reminded_from_then_on():
    waiting(at=noon(dt.date(2026, 6, 1)))

    assert due(on=dt.date(2026, 5, 31)) == []
    assert [each.again for each in due(on=dt.date(2026, 6, 1))] == [False]
    assert [each.again for each in due(on=dt.date(2026, 6, 29))] == [True]


def test_a_touch_up_moves_the_day():
    of = waiting()
    visit(of, kind="touch_up", on=dt.date(2026, 4, 1))
    visit(of, kind="healed_review", on=dt.date(2026, 4, 20))

    assert [each.since for each in due(on=dt.date(2026, 5, 30))] == [dt.date(2026, 4, 29)]


@pytest.mark.parametrize("state", ["handed_in", "procedure_marking", "healed_awaited"])
def test_these_states_wait_for_healed_photographs(state):
    waiting(state)

    assert remind_of_healed(noon(FIRST)) == 1


@pytest.mark.parametrize("state", ["draft", "returned", "healed_marking", "assessed", "quality_hold", "released"])
def test_other_states_do_not(state):
    waiting(state)

    assert remind_of_healed(noon(FIRST)) == 0


def test_healed_photographs_that_are_in_are_not_asked_again():
    of = waiting()
    attempt = of.submissions.get()
    attempt.healed_in_at = HANDED_IN
    save_as(attempt, actor=None, reason=REASON)

    assert remind_of_healed(noon(FIRST)) == 0


def test_a_closed_account_is_not_reminded():
    gone = person(Role.TRAINEE)
    waiting(of=case_file(gone))
    gone.is_active = False
    save_as(gone, actor=None, reason=REASON)

    assert remind_of_healed(noon(FIRST)) == 0


def test_whoever_is_no_trainee_any_more_is_not_reminded():
    gone = person(Role.TRAINEE)
    waiting(of=case_file(gone))
    with signed(gone, actor=None, reason=REASON):
        gone.groups.clear()

    assert remind_of_healed(noon(FIRST)) == 0


def test_a_case_without_a_session_waits_for_nothing():
    case(state="handed_in")

    assert due(on=LAST_SESSION + 400 * DAY) == []


@pytest.mark.parametrize("count", [1, 3])
def test_what_is_due_is_read_with_one_query(count):
    for _ in range(count):
        waiting()

    with CaptureQueriesContext(connection) as captured:
        assert len(due(on=FIRST)) == count
    assert len(captured) == 1


@pytest.mark.parametrize("count", [1, 3])
def test_a_run_with_nothing_to_send_takes_two_queries(count):
    for _ in range(count):
        waiting()
    remind_of_healed(noon(FIRST))

    with CaptureQueriesContext(connection) as captured:
        assert remind_of_healed(noon(FIRST)) == 0
    assert len(captured) == 2


def test_it_is_one_of_the_steps():
    step = next(each for each in tick.steps() if each.name == "remind of healed photographs")

    assert (step.every, step.run) == (dt.timedelta(days=1), remind_of_healed)
