"""What waits for a person."""

import datetime as dt

import pytest

from training_site.common import cards
from training_site.common.cards import Card

AT = dt.datetime(2026, 5, 3, 10, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _providers(monkeypatch):
    monkeypatch.setattr(cards, "_providers", [])


def card(title, order):
    return Card(title, "Something waits.", "/somewhere/", "Go there", order=order)


def test_cards_of_all_apps_stand_by_order_and_then_by_title():
    cards.register(lambda user, at: [card("Second", 2), card("Third", 3)])
    cards.register(lambda user, at: [card("First", 1), card("Also second", 2)])

    assert [each.title for each in cards.for_user(None, AT)] == ["First", "Also second", "Second", "Third"]


def test_a_provider_is_told_who_asks_and_when():
    cards.register(lambda user, at: [card(f"{user} at {at:%H:%M}", 1)])

    assert [each.title for each in cards.for_user("Zoë", AT)] == ["Zoë at 10:00"]


def test_nothing_waits_where_nobody_says_so():
    cards.register(lambda user, at: ())

    assert cards.for_user(None, AT) == []
