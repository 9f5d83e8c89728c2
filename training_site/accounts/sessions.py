"""What is left of ended sessions in the lists of them: allauth tidies a list only when its person looks at it."""

import datetime as dt

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef

from training_site.common import tick


@tick.step("delete ended sessions from their lists", every=dt.timedelta(days=1))
def prune(at: dt.datetime) -> int:
    """Delete what allauth keeps of sessions that have ended or are gone. Returns how many."""
    living = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=at)
    deleted, _ = UserSession.objects.filter(~Exists(living)).delete()
    return deleted
