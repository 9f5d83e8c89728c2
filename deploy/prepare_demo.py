"""Brings the development database up to date: migrations, then demo content (which loads the starter first).

python -m deploy.prepare_demo
"""

import os
import sys

import django
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "training_site.settings.dev")
    django.setup()
    if not is_migrated():
        sys.stdout.write("- Migrating the database\n")
        sys.stdout.flush()
        call_command("migrate", verbosity=0)
    call_command("load_demo")


def is_migrated() -> bool:
    """Whether nothing is left to do; ``migrate`` itself takes seconds to find that out."""
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


if __name__ == "__main__":
    main()
