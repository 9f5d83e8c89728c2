"""The schedule."""

import datetime as dt
import os
import signal
import subprocess
import sys
import time

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from tests.together import together
from training_site.common import tick
from training_site.common.models import Heartbeat

AT = dt.datetime(2026, 5, 3, 10, 0, tzinfo=dt.UTC)
SECOND, MINUTE, HOUR = dt.timedelta(seconds=1), dt.timedelta(minutes=1), dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def _steps(monkeypatch):
    monkeypatch.setattr(tick, "_steps", {})


@pytest.fixture
def hourly():
    """A step that is due every hour; the list of instants at which it ran."""
    ran = []

    @tick.step("hourly", every=HOUR)
    def hourly(at):
        ran.append(at)
        return 3

    return ran


def failing(at):
    raise RuntimeError("zoe@example.org")


pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("after", "runs"),
    [(HOUR - tick.EARLY - SECOND, 1), (HOUR - tick.EARLY, 2), (HOUR, 2), (30 * HOUR, 2)],
    ids=["too early", "just early enough", "on time", "much too late"],
)
def test_a_step_runs_again_when_its_time_has_come(hourly, after, runs):
    tick.run_due(AT)
    tick.run_due(AT + after)

    assert len(hourly) == runs


def test_a_run_is_recorded(hourly):
    ran = tick.run_due(AT)

    beat = Heartbeat.objects.get(name="hourly")
    assert [(each.name, each.count, each.error) for each in ran] == [("hourly", 3, "")]
    assert (beat.started_at, beat.count, beat.error, beat.claim_ends_at) == (AT, 3, "", None)
    assert AT <= beat.finished_at < AT + MINUTE


def test_a_failing_step_stops_no_other_and_is_recorded_without_what_it_said(hourly):
    tick.step("a failing step", every=HOUR)(failing)

    ran = tick.run_due(AT)

    assert [(each.name, each.error) for each in ran] == [("a failing step", "RuntimeError"), ("hourly", "")]
    assert [(beat.name, beat.error) for beat in tick.failing()] == [("a failing step", "RuntimeError")]


@pytest.mark.parametrize(
    ("every", "after", "is_due"),
    [
        (HOUR, tick.RETRY_AFTER - tick.EARLY - SECOND, False),
        (HOUR, tick.RETRY_AFTER, True),
        (MINUTE, MINUTE, True),
    ],
    ids=["at once", "after five minutes", "after its own shorter period"],
)
def test_a_failed_step_is_tried_again_soon(every, after, is_due):
    tick.step("a failing step", every=every)(failing)
    tick.run_due(AT)

    assert [step.name for step in tick.due(AT + after)] == (["a failing step"] if is_due else [])


def test_a_step_that_works_again_is_failing_no_more():
    outcomes = iter([True, False])

    @tick.step("shaky", every=MINUTE)
    def shaky(at):
        if next(outcomes):
            raise RuntimeError
        return 1

    tick.run_due(AT)
    tick.run_due(AT + MINUTE)

    assert tick.failing() == []


def test_the_scheduler_shows_that_it_is_at_work():
    tick.run_due(AT)

    assert tick.silent_for([tick.SCHEDULER], AT + MINUTE, longer_than=MINUTE) == []
    assert tick.silent_for([tick.SCHEDULER], AT + MINUTE + SECOND, longer_than=MINUTE) == [tick.SCHEDULER]


def test_what_was_never_seen_is_silent():
    assert tick.silent_for(["worker: default"], AT, longer_than=MINUTE) == ["worker: default"]


def test_when_told_to_stop_the_rest_waits_for_the_next_round():
    ran = []
    for name in ("first", "second"):
        tick.step(name, every=HOUR)(lambda at, name=name: ran.append(name) or 1)

    tick.run_due(AT, stopping=lambda: ran == ["first"])
    assert ran == ["first"]

    tick.run_due(AT + SECOND)
    assert ran == ["first", "second"]


def test_a_step_that_another_process_runs_is_left_to_it(hourly):
    Heartbeat.objects.create(name="hourly", started_at=AT, claim_ends_at=AT + tick.LEASE)
    step = tick.steps()[0]

    assert tick.due(AT + tick.LEASE - SECOND) == []
    assert tick.run(step, AT + tick.LEASE - SECOND) is None
    assert hourly == []


def test_a_step_whose_process_was_killed_is_taken_over_after_its_lease(hourly):
    Heartbeat.objects.create(name="hourly", started_at=AT, claim_ends_at=AT + tick.LEASE)

    tick.run_due(AT + tick.LEASE)

    assert hourly == [AT + tick.LEASE]


def test_a_step_that_finishes_after_it_was_taken_over_does_not_end_the_other_claim():
    taken_over = AT + tick.LEASE

    @tick.step("slow", every=HOUR)
    def slow(at):
        Heartbeat.objects.filter(name="slow").update(started_at=taken_over, claim_ends_at=taken_over + tick.LEASE)
        return 1

    tick.run_due(AT)

    assert Heartbeat.objects.get(name="slow").claim_ends_at == taken_over + tick.LEASE


def test_a_step_that_another_scheduler_ran_meanwhile_is_not_run_again(hourly):
    tick.run_due(AT)

    assert tick.run(tick.steps()[0], AT + SECOND, unless_done=True) is None
    assert hourly == [AT]


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_many_schedulers_one_runs_a_step(hourly):
    def look(at):
        # Slow reads: without a lock everybody would have read before the first one writes.
        with connection.execute_wrapper(slowly):
            return tick.run_due(at)

    def slowly(execute, *call):
        answer = execute(*call)
        time.sleep(0.02)
        return answer

    together(*[lambda number=number: look(AT + number * SECOND) for number in range(6)])

    assert len(hourly) == 1


def test_two_steps_of_one_name_are_a_mistake(hourly):
    with pytest.raises(ImproperlyConfigured, match="Two steps are called “hourly”"):
        tick.step("hourly", every=HOUR)(failing)


@pytest.mark.both_databases
def test_the_database_refuses_a_claim_without_a_start():
    with pytest.raises(IntegrityError, match="heartbeat_claim_has_a_start"), transaction.atomic():
        Heartbeat.objects.create(name="hourly", claim_ends_at=AT)


# The command


def test_the_command_runs_what_is_due_and_says_so(hourly, capsys):
    call_command("tick")

    assert len(hourly) == 1
    assert capsys.readouterr().out == "hourly: 3 done in 0.0 s\n"


def test_a_dry_run_says_what_would_run_and_runs_nothing(hourly, capsys):
    call_command("tick", dry_run=True)

    assert (hourly, Heartbeat.objects.count()) == ([], 0)
    assert capsys.readouterr().out == "Would run: hourly\n"


def test_one_step_runs_although_it_is_not_due(hourly, capsys):
    call_command("tick")
    call_command("tick", step="hourly")

    assert len(hourly) == 2


def test_a_failed_step_fails_the_command(capsys):
    tick.step("a failing step", every=HOUR)(failing)

    with pytest.raises(CommandError, match="failed"):
        call_command("tick", step="a failing step")


def test_an_unknown_step_is_answered_with_the_known_ones(hourly):
    with pytest.raises(CommandError, match="The steps are:\n  hourly"):
        call_command("tick", step="daily")


@pytest.mark.parametrize(
    "options", [{"every": 0}, {"every": -1}, {"every": 60, "dry_run": True}, {"every": 60, "step": "hourly"}]
)
def test_options_that_make_no_sense_are_refused(hourly, options):
    with pytest.raises(CommandError):
        call_command("tick", **options)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_scheduler_that_stays_stops_when_asked_to(number, settings, tmp_path):
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "training_site.settings.test",
        # Without tables: a database that does not answer must not end the scheduler either.
        "DATABASE_URL": f"sqlite:///{tmp_path / 'empty.sqlite3'}",
        "PYTHONUNBUFFERED": "1",
    }
    scheduler = subprocess.Popen(
        [sys.executable, "manage.py", "tick", "--every", "600", "--skip-checks"],
        cwd=settings.BASE_DIR,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert scheduler.stdout.readline().startswith("Looking every 600 seconds at ")
        assert scheduler.stderr.readline() == "This round could not be finished: OperationalError.\n"
        scheduler.send_signal(number)
        out, _ = scheduler.communicate(timeout=10)
    finally:
        scheduler.kill()

    assert (scheduler.returncode, out) == (0, "Stopped.\n")
