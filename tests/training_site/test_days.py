"""Days, months and midnights."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from training_site.common.days import add_months, body_day, day_of, in_words, midnight, period_end

LONDON, APIA, HONOLULU = ZoneInfo("Europe/London"), ZoneInfo("Pacific/Apia"), ZoneInfo("Pacific/Honolulu")


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (dt.date(2026, 1, 31), 1, dt.date(2026, 2, 28)),
        (dt.date(2028, 1, 31), 1, dt.date(2028, 2, 29)),
        (dt.date(2026, 12, 15), 1, dt.date(2027, 1, 15)),
        (dt.date(2026, 3, 31), -1, dt.date(2026, 2, 28)),
        (dt.date(2028, 2, 29), 12, dt.date(2029, 2, 28)),
        (dt.date(2026, 5, 3), 0, dt.date(2026, 5, 3)),
    ],
    ids=["short month", "leap year", "over the year's end", "back", "a year after a leap day", "none"],
)
def test_a_month_later_is_the_same_day_or_that_months_last(day, months, expected):
    assert add_months(day, months) == expected


@pytest.mark.parametrize(
    ("start", "months", "last"),
    [
        (dt.date(2026, 5, 3), 24, dt.date(2028, 5, 2)),
        (dt.date(2026, 1, 1), 12, dt.date(2026, 12, 31)),
        (dt.date(2026, 1, 31), 1, dt.date(2026, 2, 28)),
        (dt.date(2028, 2, 29), 12, dt.date(2029, 2, 28)),
        (dt.date(2026, 3, 1), 12, dt.date(2027, 2, 28)),
    ],
    ids=["two years", "calendar year", "short month", "from a leap day", "ends before a first of March"],
)
def test_a_period_ends_the_day_before_the_same_day(start, months, last):
    assert period_end(start, months) == last


def test_one_instant_is_another_day_on_the_other_side_of_the_date_line():
    instant = dt.datetime(2026, 5, 3, 10, 30, tzinfo=dt.UTC)

    assert day_of(instant, APIA) == dt.date(2026, 5, 3)
    assert day_of(instant, HONOLULU) == dt.date(2026, 5, 3)
    assert day_of(instant + dt.timedelta(hours=1), APIA) == dt.date(2026, 5, 4)
    assert day_of(instant - dt.timedelta(hours=1), HONOLULU) == dt.date(2026, 5, 2)


def test_the_bodys_day_follows_summer_time(settings):
    settings.TIME_ZONE = "Europe/London"

    assert body_day(dt.datetime(2026, 7, 1, 23, 0, tzinfo=dt.UTC)) == dt.date(2026, 7, 2)
    assert body_day(dt.datetime(2026, 12, 1, 23, 0, tzinfo=dt.UTC)) == dt.date(2026, 12, 1)


def test_a_day_begins_at_local_midnight_and_is_an_hour_short_when_the_clocks_go_forward():
    begins = midnight(dt.date(2026, 3, 29), LONDON)
    ends = midnight(dt.date(2026, 3, 30), LONDON)

    assert begins == dt.datetime(2026, 3, 29, 0, 0, tzinfo=dt.UTC)
    assert ends == dt.datetime(2026, 3, 29, 23, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize("zone", [LONDON, APIA, HONOLULU], ids=str)
def test_the_instant_at_which_a_day_begins_belongs_to_it_and_the_one_before_does_not(zone):
    day = dt.date(2026, 10, 25)
    begins = midnight(day, zone)

    assert day_of(begins, zone) == day
    assert day_of(begins - dt.timedelta(microseconds=1), zone) == day - dt.timedelta(days=1)


def test_a_day_is_written_in_words():
    assert in_words(dt.date(2026, 5, 3)) == "3 May 2026"
