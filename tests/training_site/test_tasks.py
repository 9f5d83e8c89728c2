"""Background work and what a dead worker leaves."""

import datetime as dt

import pytest
from django.core.management import call_command
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from training_site.common import tasks, tick
from training_site.common.models import Heartbeat

AT = dt.datetime(2026, 5, 3, 10, 0, tzinfo=dt.UTC)
SECOND, DAY = dt.timedelta(seconds=1), dt.timedelta(days=1)


@pytest.fixture
def database_queue(settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default", "heavy"]}}


def running(*, since, workers=1):
    """A task as a worker that took it leaves it when it is killed."""
    tasks.beat.enqueue("default")
    row = DBTaskResult.objects.latest("enqueued_at")
    row.status, row.started_at = TaskResultStatus.RUNNING, since
    row.worker_ids = [f"worker {number}" for number in range(workers)]
    row.save()
    return row


pytestmark = pytest.mark.django_db


def test_each_queue_is_asked_for_a_sign_of_life_once(database_queue):
    assert (tasks.ask_workers(AT), tasks.ask_workers(AT)) == (2, 0)
    assert sorted(DBTaskResult.objects.values_list("queue_name", flat=True)) == ["default", "heavy"]


def test_a_queue_where_one_waits_does_not_stand_for_the_others(database_queue):
    tasks.enqueue(tasks.beat.using(queue_name="heavy"), "heavy")

    assert tasks.ask_workers(AT) == 1
    assert sorted(DBTaskResult.objects.values_list("queue_name", flat=True)) == ["default", "heavy"]


@pytest.mark.django_db(transaction=True)
def test_a_worker_answers_for_its_queue(database_queue):
    tasks.ask_workers(AT)

    call_command("db_worker", queue_name="heavy", batch=True, interval=0, reload=False, verbosity=0)

    minute = dt.timedelta(minutes=1)
    names = [tasks.worker_name("default"), tasks.worker_name("heavy")]
    assert tick.silent_for(names, timezone.now(), longer_than=minute) == ["worker: default"]


def test_a_sign_of_life_overtakes_other_work(database_queue):
    tasks.enqueue(tasks.beat, "default")

    assert DBTaskResult.objects.get().priority == 100


def test_without_a_queue_work_is_done_after_the_commit(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        tasks.enqueue(tasks.beat, "default")
        assert Heartbeat.objects.count() == 0

    assert Heartbeat.objects.get().name == "worker: default"


@pytest.mark.parametrize(
    ("for_how_long", "put_back"),
    [(tasks.STUCK_AFTER - SECOND, 0), (tasks.STUCK_AFTER, 1)],
    ids=["may still run", "stuck"],
)
def test_a_task_that_runs_too_long_is_put_back(database_queue, for_how_long, put_back):
    row = running(since=AT - for_how_long)

    assert tasks.put_back_stuck(AT) == put_back
    row.refresh_from_db()
    assert (row.status == TaskResultStatus.READY) is bool(put_back)


@pytest.mark.django_db(transaction=True)
def test_a_task_that_was_put_back_is_done_by_the_next_worker(database_queue):
    row = running(since=AT - DAY)
    tasks.put_back_stuck(AT)

    call_command("db_worker", queue_name="*", batch=True, interval=0, reload=False, verbosity=0)

    row.refresh_from_db()
    assert (row.status, len(row.worker_ids)) == (TaskResultStatus.SUCCESSFUL, 2)


def test_a_task_that_took_three_workers_with_it_is_given_to_no_fourth(database_queue):
    row = running(since=AT - DAY, workers=tasks.MOST_WORKERS)

    assert tasks.put_back_stuck(AT) == 1
    row.refresh_from_db()
    assert (row.status, row.finished_at) == (TaskResultStatus.FAILED, AT)
    assert row.task_result.errors[0].exception_class is tasks.WorkerLost


def test_a_task_that_finished_meanwhile_is_left_alone(database_queue):
    row = running(since=AT - DAY)
    DBTaskResult.objects.filter(pk=row.pk).update(status=TaskResultStatus.SUCCESSFUL, finished_at=AT)

    assert tasks._put_back(row, at=AT) == 0
    row.refresh_from_db()
    assert row.status == TaskResultStatus.SUCCESSFUL


def test_records_of_finished_tasks_are_deleted_after_a_month(database_queue):
    finished, open_ = running(since=AT), running(since=AT)
    DBTaskResult.objects.filter(pk=finished.pk).update(status=TaskResultStatus.SUCCESSFUL, finished_at=AT)

    assert tasks.prune_finished(AT + tasks.KEPT) == 0
    assert tasks.prune_finished(AT + tasks.KEPT + SECOND) == 1
    assert DBTaskResult.objects.get() == open_
