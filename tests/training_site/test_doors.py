"""No door opens on a password alone for a role that needs a second factor."""

import time

import pytest
from django.test import Client

from tests.people import PASSWORD, give_second_factor, person, sign_in, totp_code
from training_site.accounts.roles import MULTI_FACTOR, Role

pytestmark = pytest.mark.django_db
ROLES_WITH_SECOND_FACTOR = sorted(MULTI_FACTOR)


def give_password(client: Client, user, address: str = "/accounts/login/"):
    return client.post(address, {"login": user.email, "password": PASSWORD})


@pytest.mark.parametrize("role", ROLES_WITH_SECOND_FACTOR)
def test_the_password_alone_signs_nobody_in_who_has_a_second_factor(client, role):
    user = person(role)

    response = give_password(client, user)

    assert response.url == "/accounts/2fa/authenticate/"
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("role", ROLES_WITH_SECOND_FACTOR)
def test_password_and_code_sign_in(client, role):
    user = person(role)
    give_password(client, user)

    response = client.post("/accounts/2fa/authenticate/", {"code": totp_code()})

    assert response.url == "/my/"
    assert client.get("/my/").status_code == 200


def test_a_code_counts_once(client):
    user = person(Role.EDITOR)
    give_password(client, user)
    code = totp_code()
    client.post("/accounts/2fa/authenticate/", {"code": code})
    second = Client()
    give_password(second, user)

    response = second.post("/accounts/2fa/authenticate/", {"code": code})

    assert response.status_code == 200
    assert "_auth_user_id" not in second.session


@pytest.mark.parametrize("role", ROLES_WITH_SECOND_FACTOR)
@pytest.mark.parametrize("door", ["/my/", "/my/details/", "/my/data/", "/files/photo/1/"])
def test_without_a_second_factor_every_page_leads_to_setting_one_up(client, role, door):
    user = person(role)
    user.authenticator_set.all().delete()
    sign_in(client, user, second_factor=False)

    assert client.get(door).url.startswith("/accounts/2fa/?next=")


@pytest.mark.parametrize("role", ROLES_WITH_SECOND_FACTOR)
def test_a_session_older_than_the_role_must_give_the_second_factor_first(client, role):
    user = person(role)
    sign_in(client, user, second_factor=False)

    assert client.get("/my/").url.startswith("/accounts/2fa/reauthenticate/?next=")


def test_the_office_asks_for_the_second_factor_too(client):
    user = person(Role.EDITOR)
    sign_in(client, user, second_factor=False)

    assert client.get("/cms/").url.startswith("/accounts/2fa/reauthenticate/?next=")


@pytest.mark.parametrize("door", ["/cms/login/", "/_util/login/", "/django-admin/login/", "/cms/password_reset/"])
def test_a_library_door_is_the_one_sign_in_page(client, door):
    response = client.get(door)

    assert response.status_code == 302
    assert response.url == "/accounts/login/"


@pytest.mark.parametrize("door", ["/cms/login/", "/_util/login/", "/django-admin/login/"])
def test_a_password_posted_to_a_library_door_opens_nothing(client, door):
    user = person(Role.EDITOR)

    client.post(door, {"username": user.email, "login": user.email, "password": PASSWORD})

    assert "_auth_user_id" not in client.session


def test_a_password_reset_signs_nobody_in(client, django_capture_on_commit_callbacks, mailoutbox):
    import re

    user = person(Role.REGISTRAR)
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/accounts/password/reset/", {"email": user.email})
    link = re.search(r"/accounts/password/reset/key/\S+", mailoutbox[0].body).group()
    form = client.get(link, follow=True)
    client.post(
        form.redirect_chain[-1][0],
        {"password1": "another long sentence", "password2": "another long sentence"},
    )

    user.refresh_from_db()
    assert user.check_password("another long sentence")
    assert "_auth_user_id" not in client.session


GUARDING = ["/accounts/2fa/", "/accounts/2fa/totp/deactivate/", "/accounts/email/", "/accounts/password/change/"]


@pytest.mark.parametrize("page", [*GUARDING, "/accounts/reauthenticate/", "/accounts/sessions/"])
def test_a_password_alone_does_not_change_an_account_that_has_a_second_factor(client, page):
    user = person(Role.CERTIFICATION_OFFICER)
    sign_in(client, user, second_factor=False)

    assert client.get(page).url.startswith("/accounts/2fa/reauthenticate/?next=")


def test_a_password_alone_does_not_take_the_second_factor_away(client):
    user = person(Role.CERTIFICATION_OFFICER)
    sign_in(client, user, second_factor=False)

    client.post("/accounts/2fa/totp/deactivate/")

    assert user.authenticator_set.count() == 1


@pytest.mark.django_db(transaction=True)
def test_setting_up_a_code_ends_every_other_session(client):
    from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY

    user, other = person(Role.EDITOR), Client()
    user.authenticator_set.all().delete()
    for browser in (client, other):
        give_password(browser, user)
    client.get("/accounts/2fa/totp/activate/")

    client.post("/accounts/2fa/totp/activate/", {"code": totp_code(client.session[SECRET_SESSION_KEY])})

    assert other.get("/my/").url == "/accounts/login/?next=/my/"


def test_a_reset_link_names_this_site_whatever_host_was_asked(
    client, settings, mailoutbox, django_capture_on_commit_callbacks
):
    settings.ALLOWED_HOSTS = ["*"]
    user = person(Role.TRAINEE)

    with django_capture_on_commit_callbacks(execute=True):
        client.post("/accounts/password/reset/", {"email": user.email}, headers={"host": "evil.example"})

    assert "http://testserver/accounts/password/reset/key/" in mailoutbox[0].body
    assert "evil.example" not in mailoutbox[0].body


def test_documents_are_for_people_who_are_signed_in(client):
    assert client.get("/documents/1/sheet.pdf").url == "/accounts/login/?next=/documents/1/sheet.pdf"


def test_a_trainee_needs_no_second_factor(client):
    user = person(Role.TRAINEE)
    give_password(client, user)

    assert client.get("/my/").status_code == 200


def test_a_trainee_who_set_one_up_is_asked_for_it(client):
    user = person(Role.TRAINEE)
    give_second_factor(user)

    assert give_password(client, user).url == "/accounts/2fa/authenticate/"


@pytest.mark.django_db(transaction=True)
def test_setting_up_a_code_opens_the_session_that_did_it(client):
    from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY

    user = person(Role.EDITOR)
    user.authenticator_set.all().delete()
    give_password(client, user)
    client.get("/accounts/2fa/totp/activate/")
    secret = client.session[SECRET_SESSION_KEY]

    client.post("/accounts/2fa/totp/activate/", {"code": totp_code(secret)})

    assert client.get("/my/").status_code == 200


def test_the_current_code_is_never_shown_outside_development(client):
    user = person(Role.EDITOR)
    give_password(client, user)

    assert totp_code() not in client.get("/accounts/2fa/authenticate/").content.decode()


def test_development_shows_the_current_code_of_the_account(client, settings):
    settings.MFA_FORMS = {"authenticate": "training_site.accounts.development.AuthenticateForm"}
    user = person(Role.EDITOR)
    give_password(client, user)
    while time.time() % 30 > 28:  # The code must not change between the two readings.
        time.sleep(0.2)

    page = client.get("/accounts/2fa/authenticate/").content.decode()

    assert f"{totp_code()[:3]} {totp_code()[3:]}" in page
