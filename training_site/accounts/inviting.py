"""Invitations: an administrator asks somebody in, the person accepts by a one-time link.

Two named events stay in history: *Invited as …* (of the invitation) and *Role granted: …* (of the person,
by the administrator who invited).
"""

import datetime as dt

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from training_site.accounts import roles
from training_site.accounts.models import Invitation, User
from training_site.accounts.roles import INVITED, Role, RoleRefused
from training_site.common import links, notices
from training_site.common.days import body_day, in_words
from training_site.common.history import save_as

VALID_FOR = dt.timedelta(days=14)
PURPOSE = "invitation"


@transaction.atomic
def invite(email: str, role: Role, *, actor: User, reason: str, at: dt.datetime) -> Invitation:
    """Send an invitation to take ``role``; an open one for the same person and role is withdrawn first.

    Raises RoleRefused when ``actor`` may not invite, or the role is not given by invitation.
    """
    if not actor.holds(Role.ADMINISTRATOR):
        raise RoleRefused("Only an administrator invites people.")
    if role not in INVITED:
        raise RoleRefused(f"Nobody is invited as {role.label.lower()}: people sign up for that themselves.")
    email = email.lower()
    if email == actor.email.lower():
        raise RoleRefused("Nobody changes their own roles. Ask another administrator.")
    for earlier in Invitation.objects.select_for_update().filter(
        email__iexact=email, role=role, accepted_at=None, withdrawn_at=None
    ):
        withdraw(earlier, actor=actor, reason="Replaced by a newer invitation.", at=at)
    invitation = Invitation(email=email, role=role, invited_by=actor, invited_at=at, expires_at=at + VALID_FOR)
    save_as(invitation, actor=actor, reason=f"Invited as {role.label.lower()}. {reason}")
    _, token = links.issue(purpose=PURPOSE, subject=invitation, email=email, valid_for=VALID_FOR, at=at)
    address = settings.BASE_URL + reverse("accept_invitation", args=[token])
    notices.post(
        to=email,
        subject=f"Invitation to {settings.BODY_NAME}: {role.label.lower()}",
        text=(
            f"{actor.name} invites you to work with {settings.BODY_NAME} as {role.label.lower()}.\n\n"
            f"Accept here, until {in_words(body_day(invitation.expires_at))}:\n{address}\n\n"
            "The link is yours alone and works once. If you did not expect it, do nothing."
        ),
        kind="invitation",
        forget_text=True,
    )
    return invitation


def withdraw(invitation: Invitation, *, actor: User, reason: str, at: dt.datetime) -> None:
    """End an open invitation; its link stops working. Raises RoleRefused when it was already accepted."""
    with transaction.atomic():
        locked = Invitation.objects.select_for_update().get(pk=invitation.pk)
        if locked.accepted_at:
            raise RoleRefused("This invitation was accepted. End the role instead.")
        if locked.withdrawn_at is None:
            locked.withdrawn_at = at
            save_as(locked, actor=actor, reason=f"Withdrawn. {reason}", fields=["withdrawn_at"])


@transaction.atomic
def accept(link: links.Link, *, user: User | None, legal_name: str, password: str, at: dt.datetime) -> User:
    """Take the invited role: with the account ``user`` of the invited address, or a new one made here.

    The link proves the e-mail address, so it counts as verified. Raises links.LinkRefused when the link was
    used meanwhile, RoleRefused when the invitation ended or the roles do not go together.
    """
    links.use(link, at=at)
    invitation = Invitation.objects.select_for_update().get(pk=link.object_id)
    if not Invitation.objects.open(at=at).filter(pk=invitation.pk).exists():
        raise RoleRefused("This invitation has ended. Ask for a new one.")
    if user is None:
        user = User(email=invitation.email, legal_name=legal_name)
        user.set_password(password)
        save_as(user, actor=None, reason=f"Account made by accepting the invitation of {invitation.invited_by}.")
        EmailAddress.objects.create(user=user, email=invitation.email, verified=True, primary=True)
    invitation.accepted_at, invitation.accepted_by = at, user
    save_as(invitation, actor=user, reason="Accepted.", fields=["accepted_at", "accepted_by"])
    roles.grant(
        user,
        Role(invitation.role),
        actor=invitation.invited_by,
        reason=f"Accepted invitation {invitation.pk}.",
    )
    return user
