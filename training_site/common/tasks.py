"""Background work: handing it over, knowing that somebody does it, and tidying up after a worker that died.

django-tasks-db keeps the row of a killed worker RUNNING for ever and never tries again. So every task here
may run twice, and what matters is looked for again by a ``tick`` step.
"""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone
from django_tasks import TaskResultStatus, task, task_backends
from django_tasks.base import TASK_MAX_PRIORITY, Task
from django_tasks_db.backend import DatabaseBackend
from django_tasks_db.models import DBTaskResult

from training_site.common import tick

# No task here works longer than a few minutes.
STUCK_AFTER = dt.timedelta(minutes=15)
# A task that took three workers down with it is not given to a fourth.
MOST_WORKERS = 3
KEPT = dt.timedelta(days=30)


class WorkerLost(RuntimeError):
    """Every worker that took this task died of it or was killed."""


def enqueue(job: Task[..., Any], *args: Any) -> None:
    """Hand ``job`` to the worker if, and only if, the current transaction commits.

    The database queue is written inside the transaction and rolls back with it. Any other queue is outside:
    there the job is handed over right after the commit.
    """
    if isinstance(job.get_backend(), DatabaseBackend):
        job.enqueue(*args)
    else:
        transaction.on_commit(lambda: job.enqueue(*args))


def is_waiting(job: Task[..., Any]) -> bool:
    """Whether the same job waits in the database queue already and need not be asked for again."""
    waiting = DBTaskResult.objects.filter(status=TaskResultStatus.READY)
    return waiting.filter(task_path=job.module_path, queue_name=job.queue_name).exists()


def worker_name(queue: str) -> str:
    """Name of the heartbeat that a queue's worker writes."""
    return f"worker: {queue}"


@task(priority=TASK_MAX_PRIORITY)
def beat(queue: str) -> None:
    """The worker of ``queue`` shows that it is at work."""
    tick.stamp(worker_name(queue), at=timezone.now())


@tick.step("ask each worker for a sign of life", every=dt.timedelta(minutes=1))
def ask_workers(at: dt.datetime) -> int:
    """Give each queue a ``beat``, unless one waits there. Returns how many were given."""
    jobs = [beat.using(queue_name=queue) for queue in sorted(task_backends[beat.backend].queues)]
    unasked = [job for job in jobs if not is_waiting(job)]
    for job in unasked:
        enqueue(job, job.queue_name)
    return len(unasked)


@tick.step("put stuck tasks back", every=dt.timedelta(minutes=1))
def put_back_stuck(at: dt.datetime) -> int:
    """Tasks RUNNING for longer than ``STUCK_AFTER`` become READY again, or FAILED after ``MOST_WORKERS``.

    Returns how many were found.
    """
    stuck = DBTaskResult.objects.running().filter(started_at__lte=at - STUCK_AFTER)
    return sum(_put_back(row, at=at) for row in stuck)


def _put_back(row: DBTaskResult[..., Any], *, at: dt.datetime) -> int:
    # The worker may finish at this very moment: only a row that nobody touched since is put back.
    untouched = DBTaskResult.objects.filter(pk=row.pk, status=TaskResultStatus.RUNNING, started_at=row.started_at)
    if len(row.worker_ids) < MOST_WORKERS:
        return untouched.update(status=TaskResultStatus.READY, started_at=None)
    return untouched.update(
        status=TaskResultStatus.FAILED,
        finished_at=at,
        exception_class_path=f"{WorkerLost.__module__}.{WorkerLost.__qualname__}",
        traceback=f"{len(row.worker_ids)} workers died while they ran it.",
    )


@tick.step("delete old task records", every=dt.timedelta(days=1))
def prune_finished(at: dt.datetime) -> int:
    """Delete the records of tasks that finished more than ``KEPT`` ago. Returns how many."""
    deleted, _ = DBTaskResult.objects.finished().filter(finished_at__lt=at - KEPT).delete()
    return deleted
