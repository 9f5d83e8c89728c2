"""People in tests: made by role, signed in as a browser would be."""

import time

from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.test import Client

from tests.factories.people import UserFactory
from training_site.accounts.models import User
from training_site.accounts.roles import MULTI_FACTOR, Role
from training_site.common import crypto
from training_site.common.history import signed

Person = User
PASSWORD = "a long enough sentence"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def person(*roles: Role, **facts: object) -> User:
    """Somebody with these roles, a verified address, and a second factor where a role needs one."""
    user: User = UserFactory(**facts)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    for role in roles:
        with signed(user, actor=None, reason="Made for a test."):
            user.groups.add(Group.objects.get(name=role.value))
    user.__dict__.pop("roles", None)
    if not MULTI_FACTOR.isdisjoint(roles):
        give_second_factor(user)
    return user


def give_second_factor(user: User) -> Authenticator:
    return Authenticator.objects.create(
        user=user, type=Authenticator.Type.TOTP, data={"secret": crypto.encrypt(TOTP_SECRET)}
    )


def sign_in(client: Client, user: User, *, second_factor: bool = True) -> None:
    """Open a session as a completed sign-in leaves it."""
    client.force_login(user)
    if second_factor and not user.roles.isdisjoint(MULTI_FACTOR):
        request = HttpRequest()
        request.session = client.session
        request.session["account_authentication_methods"] = []
        record_authentication(request, user, "mfa", type="totp")
        request.session.save()


def totp_code(secret: str = TOTP_SECRET) -> str:
    """The code an authenticator app would show now."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))
