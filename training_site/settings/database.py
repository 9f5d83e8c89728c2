"""One database from one address: SQLite by default, PostgreSQL by ``DATABASE_URL``."""

from typing import Any

import environ


def database(url: str) -> dict[str, Any]:
    """Django's description of the database at ``url`` (``sqlite:///path`` or ``postgresql://…``).

    SQLite runs in WAL with IMMEDIATE transactions: a writer takes its lock when it begins, so that two
    writers wait for each other instead of failing half-way with "database is locked".
    """
    config: dict[str, Any] = environ.Env.db_url_config(url)
    config["CONN_MAX_AGE"] = 600
    config["CONN_HEALTH_CHECKS"] = True
    if "sqlite" in config["ENGINE"]:
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        }
    return config
