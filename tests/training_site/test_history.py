"""Who changed what, and why."""

import pytest
from django.db import IntegrityError, transaction

from tests.factories.people import UserFactory
from training_site.common.history import ReasonMissing, delete_as, save_as, signed

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return UserFactory(legal_name="Ada Example")


def test_a_change_keeps_actor_reason_and_the_value_before(ada):
    officer = UserFactory()

    ada.legal_name = "Ada Other"
    save_as(ada, actor=officer, reason="Married.")

    now, before = ada.history.all()
    assert (now.history_user, now.history_change_reason, now.legal_name) == (officer, "Married.", "Ada Other")
    assert before.legal_name == "Ada Example"


def test_a_reason_of_any_length_is_kept_whole(ada):
    reason = "Because of the letter. " * 50

    save_as(ada, actor=None, reason=reason)

    assert ada.history.first().history_change_reason == reason


@pytest.mark.parametrize("reason", ["", "   "], ids=["none", "blanks"])
def test_a_change_without_a_reason_is_refused(ada, reason):
    ada.legal_name = "Ada Other"

    with pytest.raises(ReasonMissing, match="needs a reason"):
        save_as(ada, actor=None, reason=reason)

    ada.refresh_from_db()
    assert ada.legal_name == "Ada Example"


def test_a_bare_save_of_a_tracked_row_is_refused(ada):
    ada.legal_name = "Ada Other"

    with pytest.raises(ReasonMissing, match="write it with save_as"), transaction.atomic():
        ada.save()

    ada.refresh_from_db()
    assert ada.legal_name == "Ada Example"


def test_only_the_named_fields_are_written(ada):
    ada.legal_name, ada.display_name = "Ada Other", "Ada"

    save_as(ada, actor=None, reason="Display name only.", fields=["display_name"])

    ada.refresh_from_db()
    assert (ada.legal_name, ada.display_name) == ("Ada Example", "Ada")


def test_a_reason_does_not_stay_for_the_next_change(ada):
    save_as(ada, actor=None, reason="First.")

    with pytest.raises(ReasonMissing), transaction.atomic():
        ada.save()


def test_a_change_that_the_database_refuses_leaves_no_history(ada):
    changes = ada.history.count()
    ada.legal_name = ""

    with pytest.raises(IntegrityError), transaction.atomic():
        save_as(ada, actor=None, reason="A name is required.")

    assert ada.history.count() == changes


def test_history_outlives_the_row(ada):
    officer, key = UserFactory(), ada.pk

    delete_as(ada, actor=officer, reason="Asked to.")

    last = type(ada).history.filter(id=key).first()
    assert (last.history_type, last.history_user, last.history_change_reason) == ("-", officer, "Asked to.")


def test_a_change_of_groups_bears_the_reason_too(ada, django_user_model):
    from django.contrib.auth.models import Group

    group = Group.objects.create(name="readers")

    with signed(ada, actor=None, reason="Reads along."):
        ada.groups.add(group)

    assert ada.history.first().history_change_reason == "Reads along."
