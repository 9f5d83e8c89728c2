"""Every worked example of ``starter/data/dates.json`` that speaks of days and midnights."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from training_site.common.days import DAY, add_months, midnight, period_end
from training_site.starter.files import read

DATES = read("dates.json")
INTERVALS = [
    pytest.param(rule["example"]["days"], instant, id=f"{rule['code']} {instant['time_zone']}")
    for rule in DATES["rules"]
    for instant in rule["example"]["instants"]
]


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize("example", DATES["functions"]["period_end"]["examples"], ids=lambda e: e["start"])
def test_periods_end_as_the_data_says(example):
    assert period_end(day(example["start"]), example["months"]) == day(example["last_day"])


@pytest.mark.parametrize("example", DATES["functions"]["add_months"]["examples"], ids=lambda e: e["day"])
def test_months_are_added_as_the_data_says(example):
    assert add_months(day(example["day"]), example["months"]) == day(example["result"])


@pytest.mark.parametrize(("days", "instant"), INTERVALS)
def test_local_days_become_the_instants_of_the_data(days, instant):
    zone = ZoneInfo(instant["time_zone"])
    holding = [day(row["on"]) for row in days if row["holds"]]

    assert midnight(holding[0], zone) == dt.datetime.fromisoformat(instant["starts_at"])
    if instant["ends_at"]:
        assert midnight(holding[-1] + DAY, zone) == dt.datetime.fromisoformat(instant["ends_at"])
