"""What allauth announces and we act on."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.signals import email_confirmed
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from allauth.usersessions.models import UserSession
from django.dispatch import receiver
from django.http import HttpRequest

from training_site.accounts import roles
from training_site.accounts.models import User
from training_site.accounts.roles import Role


@receiver(email_confirmed)
def make_a_verified_sign_up_a_trainee(email_address: Any, **kwargs: Any) -> None:
    user: User = email_address.user
    ever_held = user.history.filter(history_change_reason__startswith="Role ").exists()
    if user.is_active and not ever_held:
        roles.grant(user, Role.TRAINEE, actor=None, reason="E-mail address verified after sign-up.")


@receiver(authenticator_added)
def count_the_factor_just_proved(
    request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any
) -> None:
    """Setting up a code or passkey proves it for this session, and ends every other session of the account."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)
        for session in UserSession.objects.filter(user=user).exclude(session_key=request.session.session_key):
            session.end()
