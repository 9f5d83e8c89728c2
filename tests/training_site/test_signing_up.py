import re

import pytest
from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed

from tests.people import PASSWORD, person
from training_site.accounts import people, roles
from training_site.accounts.models import User
from training_site.accounts.roles import Role

pytestmark = pytest.mark.django_db
ANSWERS = {"legal_name": "Zoë Ångström", "email": "zoe@example.org", "password1": "a quiet morning walk"}


@pytest.fixture
def signed_up(client, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        return client.post("/accounts/signup/", ANSWERS)


def test_a_sign_up_makes_an_account_with_the_legal_name(signed_up):
    user = User.objects.get(email="zoe@example.org")

    assert user.legal_name == "Zoë Ångström"
    assert user.history.last().history_change_reason == "At account_signup"


def test_nobody_signs_in_before_the_address_is_verified(client, signed_up):
    client.post("/accounts/login/", {"login": "zoe@example.org", "password": ANSWERS["password1"]})

    assert "_auth_user_id" not in client.session


def test_a_verified_sign_up_is_a_trainee(client, signed_up, mailoutbox):
    link = re.search(r"/accounts/confirm-email/\S+", mailoutbox[0].body).group()

    client.post(link)

    user = User.objects.get(email="zoe@example.org")
    assert user.roles == {Role.TRAINEE}
    assert user.history.first().history_change_reason == (
        "Role granted: Trainee. E-mail address verified after sign-up."
    )


def test_opening_the_link_alone_verifies_nothing(client, signed_up, mailoutbox):
    link = re.search(r"/accounts/confirm-email/\S+", mailoutbox[0].body).group()

    client.get(link)

    assert User.objects.get(email="zoe@example.org").roles == frozenset()


def test_a_known_address_is_not_given_away(client, mailoutbox, django_capture_on_commit_callbacks):
    known = person(Role.TRAINEE)
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post("/accounts/signup/", {**ANSWERS, "email": known.email})

    assert response.url == "/accounts/confirm-email/"
    assert User.objects.count() == 1
    assert mailoutbox[0].to == [known.email]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("legal_name", ""),
        ("legal_name", "Zoë\nÅngström"),
        ("legal_name", "Your parcel: https://evil.example"),
        ("email", "not an address"),
        ("password1", "short"),
        ("password1", "123456789012345"),
    ],
)
def test_a_bad_answer_is_said_and_the_rest_kept(client, field, value):
    response = client.post("/accounts/signup/", {**ANSWERS, field: value})

    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    assert "Zoë Ångström" in response.content.decode() or field == "legal_name"


def test_the_verification_mail_is_forgotten_after_it_was_sent(signed_up):
    from training_site.common.models import Notice

    notice = Notice.objects.get()
    assert notice.sent_at is not None
    assert notice.text == ""


def test_a_wrong_password_many_times_is_stopped(client):
    user = person(Role.TRAINEE)
    for _ in range(12):
        client.post("/accounts/login/", {"login": user.email, "password": "wrong wrong wrong"})

    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})

    assert "_auth_user_id" not in client.session


def confirmed(mailoutbox) -> str:
    return re.search(r"/accounts/confirm-email/\S+", mailoutbox[0].body).group()


def test_an_ended_role_does_not_come_back_with_another_address(client, signed_up, mailoutbox):
    client.post(confirmed(mailoutbox))
    user = User.objects.get()
    roles.end(user, Role.TRAINEE, actor=person(Role.ADMINISTRATOR), reason="Misconduct.")
    address = EmailAddress.objects.create(user=user, email="second@example.org", verified=True)

    email_confirmed.send(sender=EmailAddress, request=None, email_address=address)

    assert User.objects.get(pk=user.pk).roles == frozenset()


def test_the_link_of_a_closed_account_is_answered(client, signed_up, mailoutbox):
    people.close(User.objects.get(), actor=person(Role.ADMINISTRATOR), reason="Asked for it.")

    assert client.post(confirmed(mailoutbox)).status_code < 500


def test_the_mail_about_an_unknown_address_names_it(client, mailoutbox, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/accounts/password/reset/", {"email": "nobody@example.org"})

    assert "nobody@example.org" in mailoutbox[0].body
