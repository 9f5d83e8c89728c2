"""Photographs of procedures: every client photograph of the site is one of these."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from certification.models.cases import ProcedureCase
from certification.values import RECORD_VIEWS, PhotoStage, PhotoView
from training_site.common.history import tracked
from training_site.common.storage import private_storage


class PhotoQuerySet(models.QuerySet["Photo"]):
    def kept(self) -> Self:
        """Photographs that their owner has not taken out again."""
        return self.filter(removed_at=None)

    def of_client(self) -> Self:
        """Photographs that a client decides about: those of a person, and any the client ever allowed."""
        return self.filter(_of_client())

    def consented(self, purpose: str, *, at: dt.datetime, on: dt.date) -> Self:
        """Photographs that may be used for ``purpose``: no client decides about them, or the consent lives."""
        from certification.models.consents import ImageConsent

        alive = ImageConsent.objects.alive(at=at, on=on).filter(purpose=purpose, photo=OuterRef("pk"))
        return self.filter(~_of_client() | Exists(alive))

    def not_taken_back(self, purpose: str) -> Self:
        """Photographs that no client decides about, or whose consent for ``purpose`` was not withdrawn."""
        from certification.models.consents import ImageConsent

        standing = ImageConsent.objects.filter(purpose=purpose, photo=OuterRef("pk"), withdrawn_at=None)
        return self.filter(~_of_client() | Exists(standing))


def _of_client() -> Q:
    from certification.models.consents import ImageConsent

    allowed_once = Exists(ImageConsent.objects.filter(photo=OuterRef("pk")))
    return Q(~Q(view__in=[view.value for view in RECORD_VIEWS]) | Q(allowed_once))


class Photo(models.Model):
    """A cleaned photograph of one stage and view; private.

    ``original`` has at most 4,000 pixels on its long edge; ``large`` (1,600), ``medium`` (800) and ``small``
    (320) are for pages. ``taken_on`` is what the candidate states; ``camera_clock`` and ``camera`` are what the
    file claimed, for officers only. ``source_sha256`` finds the very same file wherever it is sent again; it
    stays when the owner takes a photograph out, while the files go.
    """

    case = models.ForeignKey(ProcedureCase, on_delete=models.PROTECT, related_name="photos")
    stage = models.CharField(max_length=20, choices=PhotoStage.choices)
    view = models.CharField(max_length=20, choices=PhotoView.choices)
    taken_on = models.DateField("taken on")
    original = models.FileField(storage=private_storage, max_length=120)
    large = models.FileField(storage=private_storage, max_length=120)
    medium = models.FileField(storage=private_storage, max_length=120)
    small = models.FileField(storage=private_storage, max_length=120)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    source_sha256 = models.CharField(max_length=64, db_index=True)
    camera_clock = models.CharField("camera's clock", max_length=19, blank=True, help_text="Has no time zone.")
    camera = models.CharField(max_length=120, blank=True)
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    history = tracked()
    objects = PhotoQuerySet.as_manager()

    class Meta:
        ordering = ("case", "stage", "taken_on", "view", "pk")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["case", "source_sha256"], condition=Q(removed_at=None), name="photo_is_in_a_case_once"
            ),
            models.CheckConstraint(
                condition=(Q(removed_at=None) & ~Q(original="")) | Q(removed_at__isnull=False, original=""),
                name="photo_has_a_file_until_it_is_removed",
            ),
            models.CheckConstraint(
                condition=Q(stage="record", view__in=["setup", "teardown", "labels"])
                | (
                    Q(stage__in=["before", "design", "immediate", "healed", "long_term"])
                    & ~Q(view__in=["setup", "teardown", "labels"])
                ),
                name="photo_view_exists_in_its_stage",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_stage_display()}, {self.get_view_display()}, {self.taken_on}"

    FILES: ClassVar[tuple[str, ...]] = ("original", "large", "medium", "small")

    @property
    def shows_a_person(self) -> bool:
        return self.view not in RECORD_VIEWS
