"""Enrolments: who learns on which release."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from courses.models.releases import CourseRelease
from training_site.common.history import tracked


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    def for_user(self, user: Any) -> Self:
        """A person's own enrolments."""
        return self.filter(trainee=user)

    def readable(self) -> Self:
        """Enrolments whose lessons may be read."""
        return self.filter(state__in=Enrolment.READABLE)


class Enrolment(models.Model):
    """A trainee on a course, pinned to a release."""

    class State(models.TextChoices):
        INVITED = "invited", "Invited"
        ACTIVE = "active", "Active"
        COMPLETED = "completed", "Completed"
        LAPSED = "lapsed", "Lapsed"
        WITHDRAWN = "withdrawn", "Left the course"

    LIVING: ClassVar[list[str]] = [State.INVITED, State.ACTIVE, State.COMPLETED]
    READABLE: ClassVar[list[str]] = [State.ACTIVE, State.COMPLETED]

    trainee = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="enrolments")
    course_key = models.SlugField(max_length=60)
    release = models.ForeignKey(CourseRelease, on_delete=models.PROTECT, related_name="enrolments")
    state = models.CharField(max_length=20, choices=State.choices)
    enrolled_at = models.DateTimeField()

    history = tracked()
    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        ordering = ("-enrolled_at", "-pk")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["trainee", "course_key"],
                condition=Q(state__in=["invited", "active", "completed"]),
                name="enrolment_is_living_once_per_course",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["invited", "active", "completed", "lapsed", "withdrawn"]),
                name="enrolment_state_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.trainee} on {self.release}"
