"""Reading a change history."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from tests.people import person
from training_site.accounts import roles
from training_site.accounts.models import HistoryReading
from training_site.accounts.reading import history_of
from training_site.accounts.roles import Role
from training_site.common import personal_data

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 5, 3, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def officer():
    return person(Role.CERTIFICATION_OFFICER)


def test_a_history_is_read_from_its_newest_change_with_who_made_it(officer):
    user, administrator = person(Role.TRAINEE), person(Role.ADMINISTRATOR)
    roles.end(user, Role.TRAINEE, actor=administrator, reason="Left.")

    newest = history_of(user, reader=officer, at=AT)[0]

    assert (newest.history_user, newest.history_change_reason) == (administrator, "Role ended: Trainee. Left.")


def test_every_reading_is_noted_with_reader_and_time(officer):
    user = person(Role.TRAINEE)

    history_of(user, reader=officer, at=AT)
    history_of(user, reader=officer, at=AT + dt.timedelta(minutes=1))

    first = HistoryReading.objects.last()
    assert HistoryReading.objects.count() == 2
    assert (first.subject, first.read_by, first.read_at) == (user, officer, AT)


@pytest.mark.both_databases
@pytest.mark.parametrize("act", ["update", "delete"])
def test_a_reading_is_kept_by_the_database(officer, act):
    history_of(officer, reader=officer, at=AT)
    rows = HistoryReading.objects.all()

    with pytest.raises(IntegrityError, match="kept as they are"), transaction.atomic():
        rows.update(read_at=AT + dt.timedelta(days=1)) if act == "update" else rows.delete()


def test_a_copy_of_ones_data_says_which_histories_one_read(officer):
    history_of(officer, reader=officer, at=AT)

    account = next(section for section in personal_data.sections() if section.name == "account")
    assert account.export(officer)["histories you read"] == [
        {"read_at": AT, "content_type__model": "user", "object_id": str(officer.pk)}
    ]
