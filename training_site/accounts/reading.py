"""Reading the change history of a row: every reading is noted (roles.json, read_history)."""

import datetime as dt
from typing import Any

from django.db.models import QuerySet

from training_site.accounts.models import HistoryReading, User


def history_of(subject: Any, *, reader: User, at: dt.datetime) -> QuerySet[Any]:
    """The history rows of a tracked ``subject``, the newest first, each with who made the change.

    The only way for a page to a history: it notes first that ``reader`` looked, and when. Whether they may is
    the policy of the page.
    """
    HistoryReading.objects.create(read_by=reader, read_at=at, subject=subject)
    rows: QuerySet[Any] = subject.history.select_related("history_user").order_by("-history_date", "-history_id")
    return rows
