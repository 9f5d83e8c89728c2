"""How far an enrolment has come. C1: finished mandatory items ÷ mandatory items of the pinned release."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from courses.models.enrolment import Enrolment
from courses.models.releases import CourseRelease, ReleaseItem


class ItemProgress(models.Model):
    """A lesson opened, perhaps finished. Finished stays finished."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="item_progress")
    item = models.ForeignKey(ReleaseItem, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    last_opened_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["enrolment", "item"], name="item_progress_is_kept_once"),
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(finished_at__gte=F("opened_at")),
                name="item_is_finished_after_it_was_opened",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item} by {self.enrolment}"


class CompletionRecord(models.Model):
    """The course was finished: written once, kept for ever (C5)."""

    enrolment = models.OneToOneField(Enrolment, on_delete=models.PROTECT, related_name="completion")
    release = models.ForeignKey(CourseRelease, on_delete=models.PROTECT, related_name="+")
    completed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.enrolment} completed"
