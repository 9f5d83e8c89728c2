"""Copies, erasure and declarations."""

import datetime as dt
import io
import json
import zipfile
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured

from tests.factories.people import UserFactory
from training_site.common import personal_data

AT = dt.datetime(2026, 5, 3, 10, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _registries(monkeypatch):
    monkeypatch.setattr(personal_data, "_sections", {})
    monkeypatch.setattr(personal_data, "_described", {})


def copy_of(user):
    archive = zipfile.ZipFile(io.BytesIO(personal_data.export(user)))
    return {name: archive.read(name).decode() for name in archive.namelist()}


def register(section, rows, *, erase=None, note="A note."):
    personal_data.register(section, export=lambda user: rows, erase=erase, note=note)


def test_a_copy_holds_a_file_for_each_section_and_says_what_it_is():
    register("Cases and photos", [{"reference": "C1"}], note="Your cases. Erasure keeps the marks.")
    register("account", {"name": "Zoë"}, note="Your account.")

    copy = copy_of(UserFactory.build())

    assert json.loads(copy["cases-and-photos.json"]) == [{"reference": "C1"}]
    assert json.loads(copy["account.json"]) == {"name": "Zoë"}
    assert copy["README.txt"] == (
        "This is a copy of what we keep about you.\n\n"
        "account.json\nYour account.\n\n"
        "cases-and-photos.json\nYour cases. Erasure keeps the marks.\n"
    )


def test_a_copy_is_of_the_person_asked_for():
    personal_data.register("account", export=lambda user: {"email": user.email}, erase=None, note="")

    assert json.loads(copy_of(UserFactory.build(email="zoe@example.org"))["account.json"]) == {
        "email": "zoe@example.org"
    }


def test_days_instants_and_decimals_can_be_copied_and_accents_stay_readable():
    register("account", {"day": AT.date(), "at": AT, "fee": Decimal("2.50"), "name": "Zoë"})

    text = copy_of(UserFactory.build())["account.json"]

    assert json.loads(text) == {
        "day": "2026-05-03",
        "at": "2026-05-03T10:00:00Z",
        "fee": "2.50",
        "name": "Zoë",
    }
    assert "Zoë" in text


@pytest.mark.django_db
def test_erasure_asks_every_section_that_erases():
    erased, officer, zoe = [], UserFactory(), UserFactory()
    register("account", [], erase=lambda user, *, actor, at: erased.append((user, actor, at)))
    register("ledger", [], erase=None)

    personal_data.erase(zoe, actor=officer, at=AT)

    assert erased == [(zoe, officer, AT)]


@pytest.mark.django_db
def test_erasure_is_all_or_nothing():
    def erase_first(user, *, actor, at):
        Group.objects.create(name="erased")

    def fail(user, *, actor, at):
        raise RuntimeError

    register("a first section", [], erase=erase_first)
    register("b failing section", [], erase=fail)

    with pytest.raises(RuntimeError):
        personal_data.erase(UserFactory(), actor=UserFactory(), at=AT)

    assert not Group.objects.filter(name="erased").exists()


def test_what_a_model_holds_is_declared_once_and_listed_by_title():
    user_model = UserFactory._meta.model
    personal_data.describe(user_model, what="Name", why="To know whom", kept="While the account exists")
    personal_data.describe(Group, what="Roles", why="To know what", kept="While the role is held")

    assert [(row.title, row.what) for row in personal_data.described()] == [
        ("Groups", "Roles"),
        ("People", "Name"),
    ]
    with pytest.raises(ImproperlyConfigured, match="The personal data of Group is described twice"):
        personal_data.describe(Group, what="", why="", kept="")


def test_two_sections_of_one_name_are_a_mistake():
    register("account", [])

    with pytest.raises(ImproperlyConfigured, match="Two sections of personal data are called “account”"):
        register("account", [])
