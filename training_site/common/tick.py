"""Small steps that look at how things are and do what is missing: the site's only schedule.

``manage.py tick`` runs the steps that are due. A step is level-triggered: it asks the tables what is undone
(a mail due, a lease lapsed), never what happened, so that nothing is lost when a run is missed, and it may
run twice. Apps register theirs when they are ready::

    @tick.step("lapse leases", every=dt.timedelta(minutes=5))
    def lapse_leases(at: dt.datetime) -> int: ...
"""

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from training_site.common.models import Heartbeat

logger = logging.getLogger(__name__)

# Heartbeat of the scheduler itself, written at the end of each round.
SCHEDULER = "tick"
# A step that was claimed and never given back may be taken over after this long.
LEASE = dt.timedelta(minutes=15)
# A failed step is tried again after this long, or after its own period if that is shorter.
RETRY_AFTER = dt.timedelta(minutes=5)
# Rounds are never exactly a minute apart: a step due every minute must not miss every second one.
EARLY = dt.timedelta(seconds=5)


@dataclass(frozen=True)
class Step:
    """``run(at)`` returns how many things it did; ``every`` is the shortest time between two runs."""

    name: str
    every: dt.timedelta
    run: Callable[[dt.datetime], int]


@dataclass(frozen=True)
class Ran:
    """How one run of a step ended. ``error`` is the kind of failure, empty when it went well."""

    name: str
    count: int
    seconds: float
    error: str = ""


_steps: dict[str, Step] = {}


def step(
    name: str, *, every: dt.timedelta
) -> Callable[[Callable[[dt.datetime], int]], Callable[[dt.datetime], int]]:
    """Register the decorated function as a step. The name says what it does and fits 80 characters."""

    def register(run: Callable[[dt.datetime], int]) -> Callable[[dt.datetime], int]:
        if name in _steps:
            raise ImproperlyConfigured(f"Two steps are called “{name}”.")
        _steps[name] = Step(name, every, run)
        return run

    return register


def steps() -> list[Step]:
    """Every registered step, by name."""
    return sorted(_steps.values(), key=lambda each: each.name)


def due(at: dt.datetime) -> list[Step]:
    """Steps whose time has come and that nobody runs at the moment."""
    beats = Heartbeat.objects.in_bulk(list(_steps))
    return [each for each in steps() if _is_due(each, beats.get(each.name), at=at)]


def run_due(at: dt.datetime, *, stopping: Callable[[], bool] = lambda: False) -> list[Ran]:
    """Run what is due, one step after the other, and stamp the scheduler's heartbeat.

    A failing step is logged and recorded and does not stop the others. Between two steps ``stopping`` is
    asked whether to leave the rest for the next round.
    """
    done: list[Ran] = []
    for each in due(at):
        if stopping():
            return done
        if ran := run(each, at, unless_done=True):
            done.append(ran)
    stamp(SCHEDULER, at=at)
    return done


def run(each: Step, at: dt.datetime, *, unless_done: bool = False) -> Ran | None:
    """Run one step now; with ``unless_done`` only if it is still due.

    None when another process is running it, or has run it meanwhile.
    """
    if not _claim(each, at=at, unless_done=unless_done):
        return None
    began = time.monotonic()
    count, error = 0, ""
    try:
        count = each.run(at)
    except Exception as failure:
        logger.exception("The step “%s” failed.", each.name)
        error = type(failure).__name__
    seconds = time.monotonic() - began
    # Whoever took over an ended claim has another start: their row stays as it is.
    Heartbeat.objects.filter(name=each.name, started_at=at).update(
        finished_at=at + dt.timedelta(seconds=seconds), claim_ends_at=None, count=count, error=error
    )
    return Ran(each.name, count, seconds, error)


def stamp(name: str, *, at: dt.datetime) -> None:
    """Note that ``name`` was at work at that instant."""
    Heartbeat.objects.update_or_create(name=name, defaults={"started_at": at, "finished_at": at})


def silent_for(names: Iterable[str], at: dt.datetime, *, longer_than: dt.timedelta) -> list[str]:
    """Those of ``names`` that have given no sign of life for so long, or never."""
    wanted = list(names)
    alive = Heartbeat.objects.filter(name__in=wanted, finished_at__gte=at - longer_than)
    return sorted(set(wanted) - set(alive.values_list("name", flat=True)))


def failing() -> list[Heartbeat]:
    """Heartbeats of the steps whose last run failed."""
    return list(Heartbeat.objects.exclude(error="").order_by("name"))


def _is_claimed(beat: Heartbeat, *, at: dt.datetime) -> bool:
    return beat.claim_ends_at is not None and beat.claim_ends_at > at


def _is_due(each: Step, beat: Heartbeat | None, *, at: dt.datetime) -> bool:
    if beat is None or beat.started_at is None:
        return True
    if beat.claim_ends_at is not None:
        return not _is_claimed(beat, at=at)
    wait = min(each.every, RETRY_AFTER) if beat.error else each.every
    return at - beat.started_at >= wait - EARLY


def _claim(each: Step, *, at: dt.datetime, unless_done: bool) -> bool:
    """Take the step for this process. Of two schedulers the second waits for the row, then sees the claim."""
    Heartbeat.objects.get_or_create(name=each.name)
    with transaction.atomic():
        beat = Heartbeat.objects.select_for_update().get(name=each.name)
        if _is_claimed(beat, at=at) or (unless_done and not _is_due(each, beat, at=at)):
            return False
        beat.started_at, beat.claim_ends_at = at, at + LEASE
        beat.save(update_fields=["started_at", "claim_ends_at"])
    return True
