"""What clients allow, photograph by photograph and purpose by purpose."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from certification.models.cases import ProcedureCase
from certification.models.photos import Photo
from certification.values import ConsentPurpose
from training_site.common import crypto
from training_site.common.history import tracked


class ClientContact(models.Model):
    """The address of a case's client, sealed. ``digest`` is keyed: two clients with one address are noticed."""

    case = models.OneToOneField(ProcedureCase, on_delete=models.PROTECT, related_name="contact")
    sealed_email = models.TextField()
    digest = models.CharField(max_length=64, db_index=True)
    added_at = models.DateTimeField()

    history = tracked(excluded_fields=["sealed_email"])

    def __str__(self) -> str:
        return f"Contact of {self.case.ref}"

    @property
    def email(self) -> str:
        return crypto.decrypt(self.sealed_email)


class ImageConsentQuerySet(models.QuerySet["ImageConsent"]):
    def alive(self, *, at: dt.datetime, on: dt.date) -> Self:
        """Consents that allow something at that instant, which lies on that day of the body's calendar."""
        return self.filter(given_at__lte=at, expires_on__gte=on).filter(
            Q(withdrawn_at=None) | Q(withdrawn_at__gt=at)
        )


class ImageConsent(models.Model):
    """A client allows one photograph to be used for one purpose.

    A row without a photograph allows those that are still to be taken of this treatment: each of them gets a
    row of its own when it comes in, so that every photograph can be taken back by itself. ``expires_on`` is the
    last day, three years from the giving; a withdrawal ends it at that instant. Rows are never deleted.
    """

    class Method(models.TextChoices):
        LINK = "link", "By the client's own link"
        STANDING = "standing", "By the client's consent to later photographs"

    case = models.ForeignKey(ProcedureCase, on_delete=models.PROTECT, related_name="image_consents")
    photo = models.ForeignKey(Photo, on_delete=models.PROTECT, null=True, blank=True, related_name="consents")
    purpose = models.CharField(max_length=30, choices=ConsentPurpose.choices)
    method = models.CharField(max_length=20, choices=Method.choices, default=Method.LINK)
    text_version = models.CharField("version of the text agreed to", max_length=20)
    given_at = models.DateTimeField()
    expires_on = models.DateField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    history = tracked()
    objects = ImageConsentQuerySet.as_manager()

    class Meta:
        ordering = ("case", "-given_at", "-pk")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["photo", "purpose"],
                condition=Q(withdrawn_at=None, photo__isnull=False),
                name="photo_consent_is_given_once",
            ),
            models.UniqueConstraint(
                fields=["case", "purpose"],
                condition=Q(withdrawn_at=None, photo=None),
                name="standing_consent_is_given_once",
            ),
            models.CheckConstraint(
                condition=Q(photo__isnull=False) | Q(purpose="assessment"),
                name="only_assessment_is_allowed_ahead",
            ),
            models.CheckConstraint(
                condition=Q(purpose__in=[purpose.value for purpose in ConsentPurpose]),
                name="consent_purpose_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.photo or self.case.ref}"
