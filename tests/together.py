"""Several calls at the same moment, each with a database connection of its own."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection, connections


def together(*calls: Callable[[], Any]) -> list[Any]:
    """What each call returned, or the exception it raised, in the order of the calls."""
    start = threading.Barrier(len(calls), timeout=30)
    outcomes: list[Any] = [None] * len(calls)

    def run(place: int, call: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()  # Connecting takes longer than most calls: they would miss each other.
            start.wait()
            outcomes[place] = call()
        except Exception as failure:
            outcomes[place] = failure
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place, call)) for place, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
