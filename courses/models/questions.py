"""Exam questions. What a learner may see and what only marking may see are different tables (R4, C4)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Exists, OuterRef, Q

from training_site.common.history import tracked


class QuestionQuerySet(models.QuerySet["Question"]):
    def active(self) -> QuestionQuerySet:
        """Questions that may be drawn: not retired, with at least one version."""
        return self.filter(retired_at=None).filter(Exists(QuestionVersion.objects.filter(question=OuterRef("pk"))))

    def reviewed(self) -> QuestionQuerySet:
        """Active questions whose newest version an expert has reviewed."""
        newest = QuestionVersion.objects.filter(question=OuterRef("pk")).order_by("-number")
        return (
            self.active()
            .alias(newest_review=models.Subquery(newest.values("reviewed_by")[:1]))
            .exclude(newest_review="")
        )


class Question(models.Model):
    """A question by its stable key; its wording lives in versions. Keys are never reused."""

    key = models.SlugField(max_length=30, unique=True)
    course_key = models.SlugField(max_length=60)
    module_code = models.CharField(max_length=10)
    topic = models.CharField(max_length=60)
    retired_at = models.DateTimeField(null=True, blank=True)

    history = tracked()
    objects = QuestionQuerySet.as_manager()

    class Meta:
        ordering = ("course_key", "key")
        indexes: ClassVar[list[Any]] = [models.Index(fields=["course_key", "module_code"])]

    def __str__(self) -> str:
        return self.key

    @property
    def newest(self) -> QuestionVersion:
        """The version that is drawn now."""
        return self.versions.order_by("-number")[0]


class QuestionVersion(models.Model):
    """One wording of a question: immutable. Holds nothing that gives the answer away."""

    class Kind(models.TextChoices):
        SINGLE = "single", "One answer"
        MULTI = "multi", "Several answers"

    class Difficulty(models.TextChoices):
        EASY = "easy", "Easy"
        MEDIUM = "medium", "Medium"
        HARD = "hard", "Hard"

    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    difficulty = models.CharField(max_length=10, choices=Difficulty.choices)
    text = models.TextField()
    options = models.JSONField(help_text="List of {key, text}; keys are stable and never shown.")
    reviewed_by = models.CharField(max_length=120, blank=True)
    reviewed_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("question", "-number")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["question", "number"], name="question_version_number_is_unique"),
            models.CheckConstraint(
                condition=Q(kind__in=["single", "multi"]), name="question_version_kind_is_known"
            ),
            models.CheckConstraint(
                name="question_review_names_expert_and_day",
                condition=Q(reviewed_by="", reviewed_on=None)
                | (~Q(reviewed_by="") & Q(reviewed_on__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question} v{self.number}"


class AnswerKey(models.Model):
    """The right answers of a version, and why. Read by marking and, after hand-in, by the result page only."""

    version = models.OneToOneField(QuestionVersion, on_delete=models.PROTECT, related_name="answer_key")
    correct = models.JSONField(help_text="List of option keys: exactly this set counts.")
    explanation = models.TextField()
    source = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"Key of {self.version}"
