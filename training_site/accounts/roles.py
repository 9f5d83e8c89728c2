"""Roles: who may hold which, and how one is granted or ended.

Roles are Django groups of the same name. What each may do is in ``starter/data/roles.json``; Wagtail
permissions of the staff roles are given by ``load_starter``. Trainers and assessors judge candidates, staff
decide on them: nobody may hold both kinds (refused at grant).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import Group
from django.db import models, transaction

from training_site.common.history import signed

if TYPE_CHECKING:
    from training_site.accounts.models import User


class Role(models.TextChoices):
    TRAINEE = "trainee", "Trainee"
    TRAINER = "trainer", "Trainer"
    ASSESSOR = "assessor", "Assessor"
    QUALITY_ASSURER = "quality_assurer", "Quality assurer"
    CERTIFICATION_OFFICER = "certification_officer", "Certification officer"
    REGISTRAR = "registrar", "Registrar"
    EDITOR = "editor", "Editor"
    ADMINISTRATOR = "administrator", "Administrator"


STAFF = frozenset(
    {Role.QUALITY_ASSURER, Role.CERTIFICATION_OFFICER, Role.REGISTRAR, Role.EDITOR, Role.ADMINISTRATOR}
)
KEPT_FROM_STAFF = frozenset({Role.TRAINER, Role.ASSESSOR})
MULTI_FACTOR = STAFF | KEPT_FROM_STAFF
INVITED = MULTI_FACTOR


class RoleRefused(ValueError):
    """A role cannot be granted or ended; the message says why and what would help."""


def grant(user: User, role: Role, *, actor: User | None, reason: str) -> None:
    """Give ``user`` a role and keep the event in their history.

    ``actor`` is the administrator, or None when the system itself grants (a verified sign-up, the command that
    makes the first administrator). Granting a role that is held already changes nothing.
    Raises RoleRefused when the actor may not, grants to themselves, or the roles do not go together.
    """
    with transaction.atomic():
        locked = _lock(user)
        _may_manage(locked, actor=actor)
        if not locked.is_active:
            raise RoleRefused(f"{locked.name} has no active account. Open the account again first.")
        if role in locked.roles:
            return
        _goes_with(locked, role)
        with signed(locked, actor=actor, reason=f"Role granted: {role.label}. {reason}"):
            locked.groups.add(Group.objects.get(name=role.value))
    user.__dict__.pop("roles", None)


def end(user: User, role: Role, *, actor: User | None, reason: str) -> None:
    """Take a role from ``user`` and keep the event in their history.

    Raises RoleRefused when the actor may not, or when nobody would be left as administrator.
    """
    with transaction.atomic():
        locked = _lock(user)
        _may_manage(locked, actor=actor)
        if role not in locked.roles:
            return
        if role is Role.ADMINISTRATOR:
            _another_administrator_remains(locked)
        with signed(locked, actor=actor, reason=f"Role ended: {role.label}. {reason}"):
            locked.groups.remove(Group.objects.get(name=role.value))
    user.__dict__.pop("roles", None)


def _lock(user: User) -> User:
    # Two grants at once could each see no conflict: the second waits here and sees the first.
    return type(user).objects.select_for_update().get(pk=user.pk)


def _may_manage(user: User, *, actor: User | None) -> None:
    if actor is None:
        return
    if not actor.holds(Role.ADMINISTRATOR):
        raise RoleRefused("Only an administrator grants and ends roles.")
    if actor.pk == user.pk:
        raise RoleRefused("Nobody changes their own roles. Ask another administrator.")


def _goes_with(user: User, role: Role) -> None:
    clash = user.roles & (KEPT_FROM_STAFF if role in STAFF else STAFF if role in KEPT_FROM_STAFF else frozenset())
    if clash:
        held = " and ".join(sorted(other.label.lower() for other in clash))
        raise RoleRefused(
            f"{user.name} is {held}; that cannot be held together with {role.label.lower()}, "
            f"because the same person must not judge and decide. End the other role first."
        )


def _another_administrator_remains(user: User) -> None:
    administrators = type(user).objects.select_for_update().filter(is_active=True)
    if not administrators.filter(groups__name=Role.ADMINISTRATOR).exclude(pk=user.pk).exists():
        raise RoleRefused(f"{user.name} is the last administrator. Grant the role to somebody else first.")
