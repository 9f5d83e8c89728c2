import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from portfolio.models import RegisterRules
from training_site.common.history import save_as

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
DAY = dt.timedelta(days=1)
NOTICE = dt.date(2026, 9, 1)
EFFECTIVE = dt.date(2026, 9, 29)


def rules(number: int, notice: dt.date | None, effective: dt.date | None) -> RegisterRules:
    version = RegisterRules(number=number, title="Rules", notice_sent_on=notice, effective_on=effective)
    return save_as(version, actor=None, reason="Made for a test.")


@pytest.mark.parametrize(
    ("on", "number"),
    [(NOTICE - DAY, 1), (NOTICE, 1), (EFFECTIVE - DAY, 1), (EFFECTIVE, 2), (EFFECTIVE + DAY, 2)],
    ids=["before notice", "day of notice", "last day of the older rules", "first day", "day after"],
)
def test_older_rules_serve_until_the_day_before_the_newer_ones(on, number):
    rules(1, NOTICE - 200 * DAY, NOTICE - 100 * DAY)
    rules(2, NOTICE, EFFECTIVE)

    assert RegisterRules.objects.in_force(on=on).number == number


def test_no_rules_are_in_force_before_the_first_day():
    rules(1, NOTICE, EFFECTIVE)

    assert RegisterRules.objects.in_force(on=EFFECTIVE - DAY) is None


@pytest.mark.parametrize(
    ("on", "announced"),
    [(NOTICE - DAY, []), (NOTICE, [1]), (EFFECTIVE - DAY, [1]), (EFFECTIVE, [])],
    ids=["before notice", "day of notice", "day before", "first day"],
)
def test_rules_are_announced_from_notice_to_their_first_day(on, announced):
    rules(1, NOTICE, EFFECTIVE)

    assert [version.number for version in RegisterRules.objects.announced(on=on)] == announced


def test_twenty_eight_days_of_notice_are_enough():
    assert rules(1, NOTICE, NOTICE + 28 * DAY).effective_on == EFFECTIVE


def test_twenty_seven_days_of_notice_are_refused_by_the_database():
    with pytest.raises(IntegrityError), transaction.atomic():
        rules(1, NOTICE, NOTICE + 27 * DAY)


def test_a_first_day_without_notice_is_refused_by_the_database():
    with pytest.raises(IntegrityError), transaction.atomic():
        rules(1, None, EFFECTIVE)
