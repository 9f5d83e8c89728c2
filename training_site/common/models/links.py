"""Links that open one thing for whoever holds them."""

import datetime as dt
from typing import Any, ClassVar, Self

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import F, Q

from training_site.common import crypto


class LinkQuerySet(models.QuerySet["Link"]):
    def alive(self, *, at: dt.datetime) -> Self:
        """Links that open something at that instant."""
        return self.filter(Q(reusable=True) | Q(uses=0), revoked_at=None, expires_at__gt=at)


class Link(models.Model):
    """One link. Its token is known only to whoever received it; here stands the token's SHA-256.

    ``expires_at`` is exclusive. A reusable link works until it ends or is revoked, any other once.
    """

    purpose = models.CharField("purpose", max_length=40)
    token_hash = models.CharField("hash of the token", max_length=64, unique=True)
    content_type = models.ForeignKey(
        ContentType, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    object_id = models.CharField("row", max_length=64, blank=True)
    subject = GenericForeignKey()
    sealed_email = models.TextField("sealed address", blank=True)
    reusable = models.BooleanField("works more than once", default=False)
    issued_at = models.DateTimeField("issued")
    expires_at = models.DateTimeField("ends")
    uses = models.PositiveIntegerField("times used", default=0)
    used_at = models.DateTimeField("last used", null=True, blank=True)
    revoked_at = models.DateTimeField("revoked", null=True, blank=True)

    objects = LinkQuerySet.as_manager()

    class Meta:
        verbose_name = "link"
        verbose_name_plural = "links"
        ordering = ("-issued_at", "-pk")
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["content_type", "object_id"], name="link_of_subject"),
        ]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("issued_at")), name="link_ends_after_it_begins"),
            models.CheckConstraint(
                condition=Q(content_type=None, object_id="") | (Q(content_type__isnull=False) & ~Q(object_id="")),
                name="link_names_its_subject_fully",
            ),
            models.CheckConstraint(
                condition=Q(uses=0, used_at=None) | Q(uses__gt=0, used_at__isnull=False),
                name="link_use_has_a_time",
            ),
            models.CheckConstraint(condition=Q(reusable=True) | Q(uses__lte=1), name="link_works_once"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} link {self.pk}"

    @property
    def email(self) -> str:
        """The address it was issued for, opened; empty when none was kept."""
        return crypto.decrypt(self.sealed_email) if self.sealed_email else ""
