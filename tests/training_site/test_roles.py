import pytest

from tests.people import person
from training_site.accounts import roles
from training_site.accounts.models import User
from training_site.accounts.roles import MULTI_FACTOR, Role, RoleRefused
from training_site.starter.files import read

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_an_administrator_grants_a_role_and_history_keeps_who_and_why():
    administrator, user = person(Role.ADMINISTRATOR), person()

    roles.grant(user, Role.ASSESSOR, actor=administrator, reason="Founding panel.")

    entry = user.history.first()
    assert user.roles == {Role.ASSESSOR}
    assert entry.history_user == administrator
    assert entry.history_change_reason == "Role granted: Assessor. Founding panel."
    assert [row.group.name for row in entry.groups.all()] == ["assessor"]


def test_a_role_granted_twice_is_one_event():
    administrator, user = person(Role.ADMINISTRATOR), person()
    roles.grant(user, Role.EDITOR, actor=administrator, reason="Writes lessons.")
    events = user.history.count()

    roles.grant(user, Role.EDITOR, actor=administrator, reason="Again.")

    assert user.history.count() == events


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        (Role.ASSESSOR, Role.CERTIFICATION_OFFICER),
        (Role.TRAINER, Role.REGISTRAR),
        (Role.QUALITY_ASSURER, Role.ASSESSOR),
        (Role.EDITOR, Role.TRAINER),
        (Role.ADMINISTRATOR, Role.ASSESSOR),
    ],
)
def test_who_judges_cannot_also_decide(held: Role, wanted: Role):
    administrator, user = person(Role.ADMINISTRATOR), person(held)

    with pytest.raises(RoleRefused, match="cannot be held together"):
        roles.grant(user, wanted, actor=administrator, reason="Short of people.")

    assert User.objects.get(pk=user.pk).roles == {held}


def test_trainer_and_assessor_go_together():
    administrator, user = person(Role.ADMINISTRATOR), person(Role.TRAINER)

    roles.grant(user, Role.ASSESSOR, actor=administrator, reason="Both, for different people.")

    assert user.roles == {Role.TRAINER, Role.ASSESSOR}


def test_nobody_grants_a_role_to_themselves():
    administrator = person(Role.ADMINISTRATOR)

    with pytest.raises(RoleRefused, match="Nobody changes their own roles"):
        roles.grant(administrator, Role.EDITOR, actor=administrator, reason="Quicker.")


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.ADMINISTRATOR])
def test_only_an_administrator_grants(role: Role):
    actor, user = person(role), person()

    with pytest.raises(RoleRefused, match="Only an administrator"):
        roles.grant(user, Role.TRAINEE, actor=actor, reason="A favour.")


def test_a_closed_account_gets_no_role():
    administrator, user = person(Role.ADMINISTRATOR), person(is_active=False)

    with pytest.raises(RoleRefused, match="no active account"):
        roles.grant(user, Role.EDITOR, actor=administrator, reason="Returns soon.")


def test_an_ended_role_is_gone_and_kept_in_history():
    administrator, user = person(Role.ADMINISTRATOR), person(Role.REGISTRAR)

    roles.end(user, Role.REGISTRAR, actor=administrator, reason="Left.")

    assert user.roles == frozenset()
    assert user.history.first().history_change_reason == "Role ended: Registrar. Left."


def test_the_last_administrator_stays():
    administrator = person(Role.ADMINISTRATOR)

    with pytest.raises(RoleRefused, match="last administrator"):
        roles.end(administrator, Role.ADMINISTRATOR, actor=None, reason="Cleaning up.")


def test_the_superuser_flag_is_refused_by_the_database():
    from django.db import IntegrityError, transaction

    user = person()
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_superuser=True)
    user.refresh_from_db()
    assert user.is_superuser is False


def test_one_address_in_any_case_is_one_account():
    from django.db import IntegrityError, transaction

    person(email="robin@example.org")
    with pytest.raises(IntegrityError), transaction.atomic():
        person(email="Robin@Example.org")
    assert User.objects.count() == 1


def test_an_inactive_person_holds_no_role():
    assert person(Role.EDITOR, is_active=False).roles == frozenset()


def test_roles_and_second_factors_are_those_of_the_data():
    data = read("roles.json")

    assert [role.value for role in Role] == [row["value"] for row in data["roles"]]
    assert sorted(MULTI_FACTOR) == sorted(data["multi_factor_required"])
