"""Days and the instants at which they begin. Pure: every clock value is passed in.

A day is a local calendar day of a named zone; an end date is the **last valid day**. Stored intervals are
half-open in instants: ``[local midnight of the first day, local midnight of the day after the last)``.
"""

import calendar
import datetime as dt
from zoneinfo import ZoneInfo

from django.conf import settings

DAY = dt.timedelta(days=1)


def add_months(day: dt.date, months: int) -> dt.date:
    """Same day ``months`` later; where that month lacks the day, its last day."""
    years, month_index = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month_index + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def period_end(start: dt.date, months: int) -> dt.date:
    """Last day of a period of ``months`` that starts on ``start``.

    The day before the same day ``months`` later; where that month lacks the day, its last day.
    """
    end = add_months(start, months)
    return end - DAY if end.day == start.day else end


def body_zone() -> ZoneInfo:
    """Time zone of the certification body: every rule about days uses it, except those of a licence."""
    return ZoneInfo(settings.TIME_ZONE)


def day_of(at: dt.datetime, zone: ZoneInfo) -> dt.date:
    """The calendar day of an aware instant in ``zone``."""
    return at.astimezone(zone).date()


def body_day(at: dt.datetime) -> dt.date:
    """The certification body's calendar day at an aware instant."""
    return day_of(at, body_zone())


def midnight(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """The instant (UTC) at which ``day`` begins in ``zone``."""
    return dt.datetime.combine(day, dt.time(), tzinfo=zone).astimezone(dt.UTC)


def in_words(day: dt.date) -> str:
    """``3 May 2026``: how every page, mail and document writes a day."""
    return f"{day.day} {day:%B %Y}"
