"""Sessions that ended: Django leaves their rows where they are."""

import datetime as dt

from django.contrib.sessions.models import Session

from training_site.common import tick


@tick.step("delete ended sessions", every=dt.timedelta(days=1))
def prune(at: dt.datetime) -> int:
    """Delete sessions that have ended. Returns how many."""
    deleted, _ = Session.objects.filter(expire_date__lt=at).delete()
    return deleted
