"""Rows that the database itself keeps from change, for each vendor.

``frozen`` and ``append_only`` give migration operations that put BEFORE triggers on a table. Tests that flush
tables lift them first (``tests/flushing.py``): a BEFORE DELETE trigger also stops SQLite's ``DELETE FROM``.
"""

from collections.abc import Iterator

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import RunPython
from django.db.migrations.state import StateApps

PREFIX = "keep_"


def append_only(table: str) -> RunPython:
    """Rows of ``table`` are written once: no update, no delete."""
    return _operation(table, "append_only", when=None, verbs=("UPDATE", "DELETE"))


def frozen(table: str, *, when: str, verbs: tuple[str, ...] = ("UPDATE", "DELETE")) -> RunPython:
    """Rows of ``table`` for which the SQL condition ``when`` holds (on ``OLD``) change no more."""
    return _operation(table, "frozen", when=when, verbs=verbs)


def _operation(table: str, name: str, *, when: str | None, verbs: tuple[str, ...]) -> RunPython:
    def forwards(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        for verb in verbs:
            for statement in _statements(editor.connection.vendor, table, name, verb, when):
                editor.execute(statement)

    def backwards(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        for verb in verbs:
            trigger = f"{PREFIX}{table}_{name}_{verb.lower()}"
            where = f" ON {table}" if editor.connection.vendor == "postgresql" else ""
            editor.execute(f"DROP TRIGGER IF EXISTS {trigger}{where}")

    return RunPython(forwards, backwards)


def _statements(vendor: str, table: str, name: str, verb: str, when: str | None) -> Iterator[str]:
    trigger = f"{PREFIX}{table}_{name}_{verb.lower()}"
    said = f"Rows of {table} are kept as they are."
    condition = f" WHEN ({when})" if when else ""
    if vendor == "sqlite":
        yield (
            f"CREATE TRIGGER {trigger} BEFORE {verb} ON {table}{condition} "
            f"BEGIN SELECT RAISE(ABORT, '{said}'); END"
        )
    else:
        yield (
            f"CREATE OR REPLACE FUNCTION {PREFIX}refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION 'Rows of %% are kept as they are.', TG_TABLE_NAME "
            f"USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
        yield (
            f"CREATE TRIGGER {trigger} BEFORE {verb} ON {table} "
            f"FOR EACH ROW{condition} EXECUTE FUNCTION {PREFIX}refuse()"
        )
