"""Sessions that ended."""

import datetime as dt

import pytest
from django.contrib.sessions.models import Session

from training_site.common import sessions

AT = dt.datetime(2026, 5, 3, 10, 0, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


@pytest.mark.django_db
def test_a_session_is_deleted_after_it_ended_and_not_before():
    Session.objects.create(session_key="ended", session_data="", expire_date=AT - SECOND)
    Session.objects.create(session_key="ends now", session_data="", expire_date=AT)

    assert sessions.prune(AT) == 1
    assert Session.objects.get().session_key == "ends now"
