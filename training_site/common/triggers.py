"""Rows that the database itself keeps from change, for each vendor.

``append_only`` and ``frozen`` give migration operations that put BEFORE triggers on a table. Tests that flush
tables lift them first (``tests/flushing.py``): a BEFORE DELETE trigger also stops SQLite's ``DELETE FROM``.
"""

from collections.abc import Iterator, Sequence

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import RunPython
from django.db.migrations.state import StateApps

PREFIX = "keep_"


def append_only(table: str) -> RunPython:
    """Rows of ``table`` are written once: no update, no delete."""
    return _operation(table, columns=(), when=None)


def frozen(table: str, *, columns: Sequence[str] = (), when: str | None = None) -> RunPython:
    """Rows of ``table`` may not be deleted, nor ``columns`` of them updated (none named = all of them).

    ``when``: only rows for which this SQL condition on ``OLD`` holds; it may not contain a subquery (PostgreSQL).
    """
    return _operation(table, columns=columns, when=when)


def _operation(table: str, *, columns: Sequence[str], when: str | None) -> RunPython:
    def forwards(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        for statement in _statements(editor.connection.vendor, table, columns, when):
            editor.execute(statement)

    def backwards(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        where = f" ON {table}" if editor.connection.vendor == "postgresql" else ""
        for verb in ("update", "delete"):
            editor.execute(f"DROP TRIGGER IF EXISTS {PREFIX}{table}_{verb}{where}")

    return RunPython(forwards, backwards)


def _statements(vendor: str, table: str, columns: Sequence[str], when: str | None) -> Iterator[str]:
    named = ", ".join(f'"{column}"' for column in columns)
    verbs = {"update": f"UPDATE OF {named}" if named else "UPDATE", "delete": "DELETE"}
    condition = f" WHEN ({when})" if when else ""
    if vendor == "postgresql":
        yield (
            f"CREATE OR REPLACE FUNCTION {PREFIX}refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION 'Rows of %% are kept as they are.', TG_TABLE_NAME "
            f"USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
    for name, verb in verbs.items():
        trigger = f"CREATE TRIGGER {PREFIX}{table}_{name} BEFORE {verb} ON {table}"
        if vendor == "postgresql":
            yield f"{trigger} FOR EACH ROW{condition} EXECUTE FUNCTION {PREFIX}refuse()"
        else:
            yield f"{trigger}{condition} BEGIN SELECT RAISE(ABORT, 'Rows of {table} are kept as they are.'); END"
