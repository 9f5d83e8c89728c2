"""What every test may ask for."""

import pytest
from django.core.cache import cache
from django.test import Client

from tests.flushing import restore_after_each_flush
from tests.people import Person, sign_in


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        restore_after_each_flush()


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    """Limits and used codes of one test do not count for the next."""
    cache.clear()


@pytest.fixture
def as_():
    """A browser in which this person is signed in, second factor included: ``as_(officer).get(…)``."""

    def browser(person: Person) -> Client:
        fresh = Client()
        sign_in(fresh, person)
        return fresh

    return browser
