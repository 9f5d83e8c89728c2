"""Whether this site can do its work now: a registry of checks, asked by ``/ready``.

A check returns None when all is well, otherwise one sentence that may be shown to strangers: no counts, no
names, no addresses. A check that blocks takes the site out of the load balancer; one that does not is for
whoever watches the answer.
"""

import datetime as dt
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django_tasks import task_backends
from django_tasks.backends.immediate import ImmediateBackend

from training_site.common import tasks, tick
from training_site.common.models import Notice
from training_site.common.storage import private_storage

logger = logging.getLogger(__name__)

SILENCE = dt.timedelta(minutes=5)
# Room for some thirty photographs of the largest size allowed (30 MB).
FREE_BYTES = 1024**3


@dataclass(frozen=True)
class Check:
    """``ask(at)`` returns None or what is wrong. ``blocks``: without it the site must get no visitors."""

    name: str
    ask: Callable[[dt.datetime], str | None]
    blocks: bool


@dataclass(frozen=True)
class Finding:
    """What a check found; ``problem`` None = well."""

    name: str
    blocks: bool
    problem: str | None


_checks: dict[str, Check] = {}


def register(name: str, check: Callable[[dt.datetime], str | None], *, blocks: bool = True) -> None:
    """Add a check to ``/ready``."""
    if name in _checks:
        raise ImproperlyConfigured(f"Two health checks are called “{name}”.")
    _checks[name] = Check(name, check, blocks)


def findings(at: dt.datetime) -> list[Finding]:
    """What every check says at that instant, in the order of registration. Raises nothing."""
    return [Finding(check.name, check.blocks, _ask(check, at=at)) for check in _checks.values()]


def _ask(check: Check, *, at: dt.datetime) -> str | None:
    try:
        return check.ask(at)
    except Exception:
        logger.exception("The health check “%s” failed.", check.name)
        return "This could not be checked."


def database(at: dt.datetime) -> str | None:
    """The database answers. Raises DatabaseError when it does not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return None


def migrations(at: dt.datetime) -> str | None:
    """The tables are those that this version of the code expects."""
    try:
        _require_migrations()
    except MigrationsMissing:
        return "The database is not migrated."
    return None


class MigrationsMissing(Exception):
    """Migrations of this version were not applied yet."""


@cache
def _require_migrations() -> None:
    # A raise is not cached, so only the good answer is kept: it holds for the life of the process.
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise MigrationsMissing


def disk(at: dt.datetime) -> str | None:
    """There is room for private files, where they lie on a disk of ours."""
    storage = private_storage()
    if not isinstance(storage, FileSystemStorage):
        return None
    place = Path(storage.location)
    while not place.exists():
        place = place.parent
    if shutil.disk_usage(place).free < FREE_BYTES:
        return "The disk for private files is nearly full."
    return None


def worker(at: dt.datetime) -> str | None:
    """Each queue has a worker that was at work lately; there is none to ask where tasks run at once."""
    backend = task_backends[tasks.beat.backend]
    if isinstance(backend, ImmediateBackend):
        return None
    names = [tasks.worker_name(queue) for queue in backend.queues]
    if tick.silent_for(names, at, longer_than=SILENCE):
        return "A worker is silent."
    return None


def scheduler(at: dt.datetime) -> str | None:
    """The scheduled steps were looked at lately."""
    if tick.silent_for([tick.SCHEDULER], at, longer_than=SILENCE):
        return "The scheduler is silent."
    return None


def scheduled_steps(at: dt.datetime) -> str | None:
    """No scheduled step failed in its last run."""
    return "A scheduled step failed." if tick.failing() else None


def mail(at: dt.datetime) -> str | None:
    """No mail waits that failed again and again."""
    return "Some mail cannot be sent." if Notice.objects.failing().exists() else None


register("database", database)
register("migrations", migrations)
register("disk", disk)
register("worker", worker)
register("scheduler", scheduler)
register("scheduled steps", scheduled_steps, blocks=False)
register("mail", mail, blocks=False)
