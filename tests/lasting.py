"""Rows that are dear to make, for several tests that only look at them."""

from collections.abc import Callable, Iterator

from django.db import transaction
from pytest_django import DjangoDbBlocker


def lasting(blocker: DjangoDbBlocker, make: Callable[[], object]) -> Iterator[None]:
    """What a fixture of a class or module yields from: ``make`` writes once, every test sees it.

    What a test itself writes is undone after it as always, and what ``make`` wrote when the last has run. Not for
    tests with real transactions.
    """
    with blocker.unblock(), transaction.atomic():
        make()
        with blocker.block():
            yield
        transaction.set_rollback(True)
