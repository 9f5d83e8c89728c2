"""Releases: a course as it was on the day of its release, for ever.

Trainees are enrolled on one release. Its items keep their own title and content (a Wagtail revision may be
purged), so publishing, moving or deleting a page never alters it (C6); the database refuses any change.
Pictures and files in use are protected by foreign keys.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from wagtail.fields import StreamField

from courses.blocks import LESSON_BLOCKS


class CourseReleaseQuerySet(models.QuerySet["CourseRelease"]):
    def newest(self, course_key: str) -> CourseRelease | None:
        """The release that new trainees are enrolled on."""
        return self.filter(course_key=course_key).order_by("-number").first()


class CourseRelease(models.Model):
    """A numbered, immutable edition of a course."""

    course_key = models.SlugField(max_length=60)
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=255)
    guided_hours = models.PositiveIntegerField()
    notes = models.TextField("what is new", blank=True)
    released_at = models.DateTimeField()
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="course_releases"
    )
    content_hash = models.CharField(max_length=64, help_text="SHA-256 over the items, in order.")

    objects = CourseReleaseQuerySet.as_manager()

    class Meta:
        ordering = ("course_key", "-number")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["course_key", "number"], name="course_release_number_is_unique"),
            models.CheckConstraint(condition=Q(number__gte=1), name="course_release_number_begins_at_one"),
        ]

    def __str__(self) -> str:
        return f"{self.title}, release {self.number}"


class ReleaseItem(models.Model):
    """A lesson in a release. ``item_id`` is the same in every release that holds the lesson."""

    release = models.ForeignKey(CourseRelease, on_delete=models.PROTECT, related_name="items")
    item_id = models.UUIDField()
    position = models.PositiveIntegerField()
    module_code = models.CharField(max_length=10)
    module_title = models.CharField(max_length=255)
    title = models.CharField(max_length=255)
    summary = models.CharField(max_length=500)
    minutes = models.PositiveIntegerField(null=True)
    mandatory = models.BooleanField()
    review = models.CharField(max_length=160)
    body = StreamField(LESSON_BLOCKS, blank=True)
    content_hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("release", "position")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["release", "item_id"], name="release_item_is_in_a_release_once"),
            models.UniqueConstraint(fields=["release", "position"], name="release_item_position_is_unique"),
        ]

    def __str__(self) -> str:
        return self.title


class ReleaseImage(models.Model):
    """A picture that a release shows: it cannot be deleted."""

    item = models.ForeignKey(ReleaseItem, on_delete=models.PROTECT, related_name="images")
    image = models.ForeignKey("wagtailimages.Image", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["item", "image"], name="release_image_is_named_once")
        ]

    def __str__(self) -> str:
        return f"{self.image} in {self.item}"


class ReleaseDocument(models.Model):
    """A file that a release offers: it cannot be deleted."""

    item = models.ForeignKey(ReleaseItem, on_delete=models.PROTECT, related_name="documents")
    document = models.ForeignKey("wagtaildocs.Document", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["item", "document"], name="release_document_is_named_once")
        ]

    def __str__(self) -> str:
        return f"{self.document} in {self.item}"
