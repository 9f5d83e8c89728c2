"""Whether the site can do its work."""

import datetime as dt
import shutil
from collections import namedtuple

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from training_site.common import health, notices, tasks, tick
from training_site.common.models import Heartbeat, Notice
from training_site.common.models.notices import FAILING_FROM

MINUTE, SECOND = dt.timedelta(minutes=1), dt.timedelta(seconds=1)
Usage = namedtuple("Usage", "total used free")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _enough_room(monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda place: Usage(0, 0, health.FREE_BYTES))


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def working(settings, now):
    """A site with a worker for each queue and a scheduler, all seen just now."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default", "heavy"]}}
    for name in (tick.SCHEDULER, tasks.worker_name("default"), tasks.worker_name("heavy")):
        tick.stamp(name, at=now)


def problems(at):
    return {finding.name: finding.problem for finding in health.findings(at) if finding.problem}


def no_database(execute, sql, params, many, context):
    raise OperationalError("server at 10.0.0.7 is gone")


def test_a_site_where_everything_works_is_ready(client, working):
    response = client.get("/ready")

    assert response.status_code == 200
    assert response.json() == {
        "status": "ready",
        "checks": {
            "database": "ok",
            "migrations": "ok",
            "disk": "ok",
            "worker": "ok",
            "scheduler": "ok",
            "scheduled steps": "ok",
            "mail": "ok",
        },
    }


def test_a_site_that_lost_its_database_is_not_ready_but_alive(client, working):
    with connection.execute_wrapper(no_database):
        ready, live = client.get("/ready"), client.get("/live")

    assert (ready.status_code, ready.json()["status"]) == (503, "not ready")
    assert ready.json()["checks"]["database"] == "This could not be checked."
    assert "10.0.0.7" not in ready.text
    assert (live.status_code, live.content) == (200, b"live\n")


def test_being_alive_asks_no_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/live").status_code == 200


@pytest.mark.parametrize("path", ["/live", "/ready"])
def test_health_is_never_cached_and_takes_no_orders(client, path):
    assert "no-store" in client.get(path)["Cache-Control"]
    assert client.post(path).status_code == 405


def test_a_full_disk_is_not_ready(client, working, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda place: Usage(0, 0, health.FREE_BYTES - 1))

    response = client.get("/ready")

    assert response.status_code == 503
    assert response.json()["checks"]["disk"] == "The disk for private files is nearly full."


@pytest.mark.parametrize("queue", ["default", "heavy"])
def test_a_silent_worker_is_not_ready(client, working, now, queue):
    tick.stamp(tasks.worker_name(queue), at=now - health.SILENCE - SECOND)

    response = client.get("/ready")

    assert response.status_code == 503
    assert response.json()["checks"]["worker"] == "A worker is silent."


def test_a_worker_seen_within_five_minutes_is_at_work(working, now):
    assert problems(now + health.SILENCE) == {}
    assert set(problems(now + health.SILENCE + SECOND)) == {"worker", "scheduler"}


def test_where_tasks_run_at_once_no_worker_is_missed(now):
    assert "worker" not in problems(now)


def test_a_silent_scheduler_is_not_ready(client, working):
    Heartbeat.objects.filter(name=tick.SCHEDULER).delete()

    response = client.get("/ready")

    assert response.status_code == 503
    assert response.json()["checks"]["scheduler"] == "The scheduler is silent."


def test_a_database_that_is_not_migrated_is_not_ready(client, working):
    health._require_migrations.cache_clear()
    MigrationRecorder(connection).record_unapplied("common", "0001_initial")

    response = client.get("/ready")

    assert response.status_code == 503
    assert response.json()["checks"]["migrations"] == "The database is not migrated."


def test_mail_that_cannot_be_sent_is_told_but_blocks_nothing(client, working, now):
    notices.post(to="zoe@example.org", subject="Result", text="There.", kind="result", due_at=now)
    Notice.objects.update(attempts=FAILING_FROM)

    response = client.get("/ready")

    assert (response.status_code, response.json()["status"]) == (200, "degraded")
    assert response.json()["checks"]["mail"] == "Some mail cannot be sent."


def test_a_failing_step_is_told_but_blocks_nothing(client, working, now):
    Heartbeat.objects.create(name="lapse leases", started_at=now, error="RuntimeError")

    response = client.get("/ready")

    assert (response.status_code, response.json()["status"]) == (200, "degraded")


def test_an_apps_own_check_is_asked_with_the_instant(monkeypatch, now):
    monkeypatch.setattr(health, "_checks", {})
    health.register("keys", lambda at: f"No key since {at:%H:%M}.")

    assert problems(now) == {"keys": f"No key since {now:%H:%M}."}


def test_two_checks_of_one_name_are_a_mistake():
    with pytest.raises(ImproperlyConfigured, match="Two health checks are called “database”"):
        health.register("database", health.database)
