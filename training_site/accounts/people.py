"""Closing and opening accounts. A closed account loses its sessions at once; what the person did stays."""

from allauth.usersessions.models import UserSession
from django.db import transaction

from training_site.accounts.models import User
from training_site.accounts.roles import Role, RoleRefused
from training_site.common.history import save_as


@transaction.atomic
def close(user: User, *, actor: User, reason: str) -> None:
    """Close an account and end every session of it; a closed one stays as it is.

    Raises RoleRefused when ``actor`` may not.
    """
    _may(user, actor=actor)
    locked = User.objects.select_for_update().get(pk=user.pk)
    if not locked.is_active:
        return
    locked.is_active = False
    save_as(locked, actor=actor, reason=f"Account closed. {reason}", fields=["is_active"])
    for session in UserSession.objects.filter(user=locked):
        session.end()


@transaction.atomic
def reopen(user: User, *, actor: User, reason: str) -> None:
    """Open a closed account again; the roles it held are in force again."""
    _may(user, actor=actor)
    locked = User.objects.select_for_update().get(pk=user.pk)
    if locked.is_active:
        return
    locked.is_active = True
    save_as(locked, actor=actor, reason=f"Account opened again. {reason}", fields=["is_active"])


def _may(user: User, *, actor: User) -> None:
    if not actor.holds(Role.ADMINISTRATOR):
        raise RoleRefused("Only an administrator closes and opens accounts.")
    if actor.pk == user.pk:
        raise RoleRefused("Nobody closes their own account here. Ask another administrator.")
