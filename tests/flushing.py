"""How tests with real transactions clean up.

Such tests commit, so their tables are flushed afterwards. Two things need care: our BEFORE DELETE triggers stop
SQLite's ``DELETE FROM``, and a flush also drops what migrations made (groups, permissions, Wagtail's root page).
So the triggers are lifted for the flush, and the rows of the fresh database are put back.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection
from django.test import TransactionTestCase

from training_site.common.triggers import PREFIX


def restore_after_each_flush() -> None:
    """Make every test with real transactions leave the database as migrations made it. Called once."""
    fresh = connection.creation.serialize_db_to_string()

    def flush_and_restore(case: TransactionTestCase) -> None:
        with triggers_lifted():
            call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=True)
            ContentType.objects.clear_cache()
            connection.creation.deserialize_db_from_string(fresh)
            with connection.cursor() as cursor:
                for statement in connection.ops.sequence_reset_sql(no_style(), apps.get_models()):
                    cursor.execute(statement)
            # Receivers ask for content types while rows return, and would remember passing ids.
            ContentType.objects.clear_cache()

    TransactionTestCase._fixture_teardown = flush_and_restore


@contextmanager
def triggers_lifted() -> Iterator[None]:
    """Our triggers are off inside. PostgreSQL flushes by TRUNCATE, which they do not watch."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s", [f"{PREFIX}%"]
        )
        kept = cursor.fetchall()
        for name, _ in kept:
            cursor.execute(f"DROP TRIGGER {name}")
    yield
    with connection.cursor() as cursor:
        for _, sql in kept:
            cursor.execute(sql)
