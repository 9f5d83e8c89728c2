import datetime as dt
import re

import pytest

from tests.people import PASSWORD, person, sign_in
from tests.together import together
from training_site.accounts import inviting, roles
from training_site.accounts.models import Invitation, User
from training_site.accounts.roles import MULTI_FACTOR, Role, RoleRefused
from training_site.common.links import LinkUsed
from training_site.common.models import Link

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 5, 3, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def now(time_machine_at):
    return time_machine_at(AT)


@pytest.fixture
def time_machine_at():
    import time_machine

    travellers = []

    def travel(at: dt.datetime) -> dt.datetime:
        traveller = time_machine.travel(at, tick=False)
        traveller.start()
        travellers.append(traveller)
        return at

    yield travel
    for traveller in reversed(travellers):
        traveller.stop()


@pytest.fixture
def invite(django_capture_on_commit_callbacks, mailoutbox, now):
    """Invites, and returns the path of the link in the mail."""

    def send(email="new@example.org", role=Role.ASSESSOR, actor=None) -> str:
        with django_capture_on_commit_callbacks(execute=True):
            inviting.invite(email, role, actor=actor or person(Role.ADMINISTRATOR), reason="Panel.", at=now)
        return re.search(r"/accounts/invitation/\S+", mailoutbox[-1].body).group()

    return send


def accept(client, link):
    return client.post(link, {"legal_name": "Ana Example", "password": "under the old bridge"})


@pytest.mark.parametrize("role", sorted(MULTI_FACTOR))
def test_an_invited_person_makes_an_account_and_holds_the_role(client, invite, role):
    accept(client, invite(role=Role(role)))

    assert User.objects.get(email="new@example.org").roles == {role}


def test_two_named_events_stay_in_history(client, invite):
    administrator = person(Role.ADMINISTRATOR)
    accept(client, invite(actor=administrator))

    user, invitation = User.objects.get(email="new@example.org"), Invitation.objects.get()
    invited, granted = invitation.history.last(), user.history.first()
    assert (invited.history_user, invited.history_change_reason) == (
        administrator,
        "Invited as assessor. Panel.",
    )
    assert (granted.history_user, granted.history_change_reason) == (
        administrator,
        f"Role granted: Assessor. Accepted invitation {invitation.pk}.",
    )


def test_an_accepted_invitation_signs_nobody_in_without_a_second_factor(client, invite):
    accept(client, invite())

    assert client.get("/my/").url == "/accounts/login/?next=/my/"


def test_the_link_works_once(client, invite):
    link = invite()
    accept(client, link)

    assert client.get(link).status_code == 404


def accept_by_rule() -> User:
    return inviting.accept(Link.objects.get(), user=None, legal_name="Ana Example", password=PASSWORD, at=AT)


def test_an_accepted_invitation_is_not_accepted_again(invite):
    invite()
    accept_by_rule()

    with pytest.raises(LinkUsed, match="This link was used on 3 May 2026"):
        accept_by_rule()


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_two_who_accept_at_once_one_makes_the_account():
    inviting.invite("new@example.org", Role.ASSESSOR, actor=person(Role.ADMINISTRATOR), reason="Panel.", at=AT)

    outcomes = together(accept_by_rule, accept_by_rule)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LinkUsed", "User"]
    assert User.objects.get(email="new@example.org").roles == {Role.ASSESSOR}


def test_the_link_ends_after_its_last_instant(client, invite, time_machine_at):
    link = invite()
    time_machine_at(AT + inviting.VALID_FOR)

    assert client.get(link).status_code == 404


def test_the_link_works_until_its_last_second(client, invite, time_machine_at):
    link = invite()
    time_machine_at(AT + inviting.VALID_FOR - dt.timedelta(seconds=1))

    assert client.get(link).status_code == 200


def test_a_withdrawn_invitation_is_refused(client, invite):
    administrator = person(Role.ADMINISTRATOR)
    link = invite(actor=administrator)
    inviting.withdraw(Invitation.objects.get(), actor=administrator, reason="Wrong address.", at=AT)

    assert client.get(link).status_code == 404


def test_a_second_invitation_replaces_the_first(client, invite):
    administrator = person(Role.ADMINISTRATOR)
    first, second = invite(actor=administrator), invite(actor=administrator)

    assert client.get(first).status_code == 404
    assert client.get(second).status_code == 200


def test_somebody_with_an_account_signs_in_first(client, invite):
    person(Role.TRAINEE, email="new@example.org")
    link = invite()

    assert client.get(link).url == f"/accounts/login/?next={link}"


def test_somebody_with_an_account_takes_the_role_with_it(client, invite):
    user = person(Role.TRAINEE, email="new@example.org")
    link = invite()
    sign_in(client, user)

    client.post(link)

    assert User.objects.get(pk=user.pk).roles == {Role.TRAINEE, Role.ASSESSOR}


def test_another_account_cannot_take_the_role(client, invite):
    person(Role.TRAINEE, email="new@example.org")
    thief = person(Role.TRAINEE)
    link = invite()
    sign_in(client, thief)

    client.post(link)

    assert User.objects.get(pk=thief.pk).roles == {Role.TRAINEE}


def test_a_role_that_clashes_is_refused_with_its_sentence(client, invite):
    user = person(Role.EDITOR, email="new@example.org")
    link = invite(role=Role.ASSESSOR)
    sign_in(client, user)

    response = client.post(link)

    assert "cannot be held together" in response.content.decode()
    assert Invitation.objects.get().accepted_at is None


def test_an_inviter_who_lost_the_role_grants_nothing(client, invite):
    administrator, other = person(Role.ADMINISTRATOR), person(Role.ADMINISTRATOR)
    link = invite(actor=administrator)
    roles.end(administrator, Role.ADMINISTRATOR, actor=other, reason="Left.")

    accept(client, link)

    assert not User.objects.filter(email="new@example.org").exists()


@pytest.mark.parametrize("name", ["Ana\nExample", "See https://evil.example"])
def test_a_name_that_is_none_is_refused(client, invite, name):
    response = client.post(invite(), {"legal_name": name, "password": "under the old bridge"})

    assert "Write the name alone" in response.content.decode()
    assert not User.objects.filter(email="new@example.org").exists()


@pytest.mark.parametrize("password", ["short", "new@example.org", "123456789012345"])
def test_a_weak_password_is_said_and_the_name_kept(client, invite, password):
    response = client.post(invite(), {"legal_name": "Ana Example", "password": password})

    assert list(response.context["form"].errors) == ["password"]
    assert "Ana Example" in response.content.decode()


def test_only_an_administrator_invites(now):
    with pytest.raises(RoleRefused, match="Only an administrator"):
        inviting.invite("new@example.org", Role.EDITOR, actor=person(Role.EDITOR), reason="Help.", at=now)


def test_nobody_is_invited_as_trainee(now):
    with pytest.raises(RoleRefused, match="sign up"):
        inviting.invite("new@example.org", Role.TRAINEE, actor=person(Role.ADMINISTRATOR), reason="Help.", at=now)


def test_nobody_invites_themselves(now):
    administrator = person(Role.ADMINISTRATOR)
    with pytest.raises(RoleRefused, match="Nobody changes their own roles"):
        inviting.invite(administrator.email.upper(), Role.EDITOR, actor=administrator, reason="Quick.", at=now)


def test_an_address_with_capital_letters_signs_in(client, invite):
    accept(client, invite(email="Mixed.Case@Example.org", role=Role.EDITOR))

    response = client.post(
        "/accounts/login/", {"login": "Mixed.Case@Example.org", "password": "under the old bridge"}
    )

    assert response.url == "/my/"


def test_somebody_signed_in_with_another_account_is_told_which_one(client, invite):
    person(Role.TRAINEE, email="new@example.org")
    link = invite()
    sign_in(client, person(Role.TRAINEE))

    page = client.get(link)

    assert page.status_code == 403
    assert "the invitation was sent to new@example.org" in page.content.decode()
