"""The marking grid. Its rows are written once and never change (K2): another grid is another version."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from certification.values import MarkingStage


class Rubric(models.Model):
    """A marking grid, in numbered versions."""

    key = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=120)

    def __str__(self) -> str:
        return self.title


class RubricVersion(models.Model):
    """One edition: criteria, levels and auto-fail events.

    ``autofail`` holds ``{code, text, stage}`` for each event; ``reasons`` says below which level a reason is
    needed, how long it is, and for which criteria a fault code.
    """

    rubric = models.ForeignKey(Rubric, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    autofail = models.JSONField()
    reasons = models.JSONField()
    content_hash = models.CharField(max_length=64, help_text="SHA-256 over criteria, levels and events.")
    frozen_at = models.DateTimeField()

    class Meta:
        ordering = ("rubric", "-number")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["rubric", "number"], name="rubric_version_number_is_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.rubric}, version {self.number}"


class Criterion(models.Model):
    """One thing that is marked. The weights of a version add up to 100."""

    version = models.ForeignKey(RubricVersion, on_delete=models.PROTECT, related_name="criteria")
    code = models.CharField(max_length=10)
    name = models.CharField(max_length=120)
    weight = models.PositiveIntegerField()
    critical = models.BooleanField()
    stage = models.CharField(max_length=20, choices=MarkingStage.choices)
    evidence = models.CharField(max_length=300)

    class Meta:
        ordering = ("version", "code")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["version", "code"], name="criterion_code_is_unique"),
            models.CheckConstraint(
                condition=Q(weight__gte=1, weight__lte=100), name="criterion_weight_is_a_share"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Level(models.Model):
    """What a level of a criterion looks like, and what it is worth in percent of the weight."""

    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="levels")
    level = models.PositiveIntegerField()
    label = models.CharField(max_length=60)
    percent = models.PositiveIntegerField()
    descriptor = models.CharField(max_length=400)

    class Meta:
        ordering = ("criterion", "level")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["criterion", "level"], name="level_is_described_once"),
            models.CheckConstraint(condition=Q(level__lte=4, percent__lte=100), name="level_is_zero_to_four"),
        ]

    def __str__(self) -> str:
        return f"{self.level} {self.label}"
