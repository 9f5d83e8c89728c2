"""Sessions that ended."""

import datetime as dt

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

from tests.people import PASSWORD, person
from training_site.accounts import sessions as lists
from training_site.accounts.roles import Role
from training_site.common import sessions

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 5, 3, 10, 0, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


def listed(key: str, *, ends: dt.datetime | None) -> UserSession:
    """A session in its person's list; ``ends`` None = its own row is gone."""
    if ends:
        Session.objects.create(session_key=key, session_data="", expire_date=ends)
    return UserSession.objects.create(user=person(), session_key=key, ip="192.0.2.1", user_agent="A browser")


def test_a_session_is_deleted_after_it_ended_and_not_before():
    Session.objects.create(session_key="ended", session_data="", expire_date=AT - SECOND)
    Session.objects.create(session_key="ends now", session_data="", expire_date=AT)

    assert sessions.prune(AT) == 1
    assert Session.objects.get().session_key == "ends now"


@pytest.mark.parametrize(
    ("ends", "stays"),
    [(AT - SECOND, False), (AT, False), (AT + SECOND, True), (None, False)],
    ids=["ended", "ends now", "lives", "its row is gone"],
)
def test_a_session_is_listed_as_long_as_it_lives(ends, stays):
    listed("some", ends=ends)

    assert lists.prune(AT) == (0 if stays else 1)
    assert UserSession.objects.exists() is stays


def test_somebody_signed_in_stays_in_the_list_and_signed_in(client):
    client.post("/accounts/login/", {"login": person(Role.TRAINEE).email, "password": PASSWORD})

    assert lists.prune(dt.datetime.now(dt.UTC)) == 0
    assert UserSession.objects.get().session_key == client.session.session_key
