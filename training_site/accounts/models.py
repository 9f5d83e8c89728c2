"""Users, invitations, and who read whose history."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from functools import cached_property
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from wagtail.search import index

from training_site.accounts.roles import Role
from training_site.common.history import tracked


class UserQuerySet(models.QuerySet["User"]):
    def holding(self, *roles: Role) -> Self:
        """Active people who hold at least one of ``roles``."""
        return self.filter(is_active=True, groups__name__in=[role.value for role in roles]).distinct()


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    def get_by_natural_key(self, email: str) -> User:
        return self.get(email__iexact=email)


def is_time_zone(name: str) -> None:
    """Raises ValidationError for a name that is no time zone."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"“{name}” is not a time zone. Choose one such as Europe/London.")


class User(index.Indexed, AbstractBaseUser, PermissionsMixin):
    """A person with an account; signs in with their e-mail address.

    ``legal_name`` is what certificates print; ``display_name`` is what colleagues and clients see. Roles are
    groups (see ``roles``). The superuser flag of Django is held false by a constraint: it would pass every
    permission check at once, and no single person here may have that.
    """

    last_login = None  # A history row a sign-in would be noise; sessions tell when somebody was last here.

    email = models.EmailField("e-mail address", max_length=254, unique=True)
    legal_name = models.CharField("legal name", max_length=150, help_text="As on your identity document.")
    display_name = models.CharField(
        "display name",
        max_length=80,
        blank=True,
        help_text="What others see. Leave empty to use the legal name.",
    )
    language = models.CharField(
        "language", max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    time_zone = models.CharField("time zone", max_length=60, default=settings.TIME_ZONE, validators=[is_time_zone])
    is_active = models.BooleanField("active", default=True)
    joined_at = models.DateTimeField("joined", default=timezone.now, editable=False)

    history = tracked(excluded_fields=["password"], m2m_fields=["groups"])
    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["legal_name"]

    search_fields: ClassVar[list[Any]] = [
        index.AutocompleteField("email"),
        index.AutocompleteField("legal_name"),
        index.AutocompleteField("display_name"),
        index.FilterField("is_active"),
    ]

    class Meta:
        verbose_name = "person"
        verbose_name_plural = "people"
        ordering = ("legal_name", "pk")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(Lower("email"), name="user_email_is_unique_in_any_case"),
            models.CheckConstraint(condition=Q(is_superuser=False), name="user_is_never_a_superuser"),
            models.CheckConstraint(condition=~Q(legal_name=""), name="user_has_a_legal_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What others see."""
        return self.display_name or self.legal_name

    def get_full_name(self) -> str:
        return self.legal_name

    def get_short_name(self) -> str:
        return self.name

    def get_username(self) -> str:
        return self.email

    @cached_property
    def roles(self) -> frozenset[Role]:
        """The roles held now. Kept for the life of this object: a request asks once."""
        if not self.is_active:
            return frozenset()
        names = set(self.groups.values_list("name", flat=True))
        return frozenset(role for role in Role if role.value in names)

    def holds(self, *roles: Role) -> bool:
        """Whether this person holds any of ``roles``."""
        return not self.roles.isdisjoint(roles)


def name_shown(user: User) -> str:
    """How allauth speaks of a user."""
    return user.name


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self, *, at: dt.datetime) -> Self:
        """Invitations that can still be accepted at that instant."""
        return self.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=at)


class Invitation(models.Model):
    """An administrator's invitation to take a role. Its link is a one-time link; see ``inviting``."""

    email = models.EmailField("e-mail address", max_length=254)
    role = models.CharField("role", max_length=30, choices=Role.choices)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="invitations_sent")
    invited_at = models.DateTimeField("invited")
    expires_at = models.DateTimeField("ends")
    accepted_at = models.DateTimeField("accepted", null=True, blank=True)
    accepted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="invitations_accepted"
    )
    withdrawn_at = models.DateTimeField("withdrawn", null=True, blank=True)

    history = tracked()
    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ("-invited_at", "-pk")
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="invitation_role_is_known"),
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("invited_at")), name="invitation_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None, accepted_by=None)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="invitation_is_accepted_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(withdrawn_at=None),
                name="invitation_is_not_both_accepted_and_withdrawn",
            ),
            models.UniqueConstraint(
                Lower("email"),
                "role",
                condition=Q(accepted_at=None, withdrawn_at=None),
                name="invitation_is_open_once_per_person_and_role",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} as {self.get_role_display().lower()}"


class HistoryReading(models.Model):
    """That somebody read the change history of a row. Written once, by ``reading.history_of``."""

    read_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="histories_read")
    read_at = models.DateTimeField("read")
    content_type = models.ForeignKey(ContentType, on_delete=models.PROTECT, related_name="+")
    object_id = models.CharField("row", max_length=64)
    subject = GenericForeignKey()

    class Meta:
        verbose_name = "reading of a history"
        verbose_name_plural = "readings of histories"
        ordering = ("-read_at", "-pk")
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["content_type", "object_id"], name="history_reading_by_subject")
        ]

    def __str__(self) -> str:
        return f"{self.content_type.name} {self.object_id}, read by {self.read_by}"
