"""The theory exam: its rules, and each person's attempts."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from courses.models.enrolment import Enrolment
from courses.models.questions import QuestionVersion
from training_site.common.history import tracked


class ExamBlueprint(models.Model):
    """Rules of a course's exam, copied from the scheme; an attempt freezes them when it starts.

    Until ``bank_ready_at`` reviewed questions exist the small draw applies, afterwards the full one. Times:
    ``time_limit`` in minutes, ``cool_down`` in hours.
    """

    course_key = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=120)
    bank_ready_at = models.PositiveIntegerField()
    small_per_module = models.PositiveIntegerField()
    small_pass_mark = models.PositiveIntegerField()
    full_per_module = models.PositiveIntegerField()
    full_pass_mark = models.PositiveIntegerField()
    time_limit = models.PositiveIntegerField()
    attempts = models.PositiveIntegerField()
    cool_down = models.PositiveIntegerField()

    history = tracked()

    def __str__(self) -> str:
        return self.title


class ExamAttemptQuerySet(models.QuerySet["ExamAttempt"]):
    def for_user(self, user: Any) -> Self:
        """A person's own attempts."""
        return self.filter(enrolment__trainee=user)

    def open(self) -> Self:
        return self.filter(ended_at=None)

    def overdue(self, *, at: dt.datetime) -> Self:
        """Open attempts whose time is up."""
        return self.open().filter(deadline_at__lte=at)


class ExamAttempt(models.Model):
    """One sitting. ``deadline_at`` is exclusive: an answer saved at or after it does not count (I01)."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="exam_attempts")
    blueprint = models.ForeignKey(ExamBlueprint, on_delete=models.PROTECT, related_name="sittings")
    number = models.PositiveIntegerField()
    pass_mark = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    deadline_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    points = models.PositiveIntegerField(null=True, blank=True)
    passed = models.BooleanField(null=True, blank=True)

    history = tracked()
    objects = ExamAttemptQuerySet.as_manager()

    class Meta:
        ordering = ("enrolment", "-number")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["enrolment", "blueprint", "number"], name="exam_attempt_number_is_unique"
            ),
            models.UniqueConstraint(
                fields=["enrolment", "blueprint"], condition=Q(ended_at=None), name="exam_attempt_is_open_once"
            ),
            models.CheckConstraint(condition=Q(deadline_at__gt=F("started_at")), name="exam_attempt_has_time"),
            models.CheckConstraint(
                name="exam_attempt_is_marked_when_it_ends",
                condition=Q(ended_at=None, points=None, passed=None)
                | Q(ended_at__isnull=False, points__isnull=False, passed__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Attempt {self.number} of {self.enrolment}"


class AttemptQuestion(models.Model):
    """A question as it was put: version, order of options, and what was picked."""

    attempt = models.ForeignKey(ExamAttempt, on_delete=models.PROTECT, related_name="questions")
    position = models.PositiveIntegerField()
    version = models.ForeignKey(QuestionVersion, on_delete=models.PROTECT, related_name="+")
    order = models.JSONField(help_text="Option keys in the order shown.")
    picked = models.JSONField(default=list, help_text="Option keys picked.")
    saved_at = models.DateTimeField(null=True, blank=True)
    right = models.BooleanField(null=True, blank=True)

    class Meta:
        ordering = ("attempt", "position")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["attempt", "position"], name="attempt_question_position_is_unique"),
            models.UniqueConstraint(fields=["attempt", "version"], name="attempt_question_is_put_once"),
        ]

    def __str__(self) -> str:
        return f"Question {self.position} of {self.attempt}"


class ExtraAttempts(models.Model):
    """Further attempts opened by an officer after a talk with the trainer."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="extra_attempts")
    attempts = models.PositiveIntegerField(default=3)
    talk_note = models.TextField("what was agreed with the trainer")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()

    history = tracked()

    def __str__(self) -> str:
        return f"{self.attempts} more for {self.enrolment}"
