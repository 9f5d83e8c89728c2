"""Marks: drafts that only their assessor sees, and what was submitted, which nobody changes."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThanOrEqual

from certification.models.allocations import Allocation
from certification.models.photos import Photo
from certification.models.rubrics import Criterion
from certification.values import AssessmentState, ConfirmAnswer
from training_site.common.history import tracked

REASON_CHARACTERS = 30
"""A reason has at least so many (``reasons.min_chars`` of ``rubric.json``); the database holds to it."""


class Assessment(models.Model):
    """The marks of one assessor at one stage.

    While it is a draft, everything stands in ``draft``, and no history is kept of it::

        levels     criterion → {"level": 0–4 or None, "reason": …, "faults": […], "comment": …}
        events     auto-fail event → why
        notes      [{"photo": key, "x": 0–1, "y": 0–1, "criterion": code or "", "text": …}]
        feedback   the note to the candidate

    With its submission ``draft`` is emptied, and judgements, named events and annotations are written once, all
    together or none. ``version`` counts the saves, so that a page in another window is noticed.
    """

    allocation = models.OneToOneField(Allocation, on_delete=models.PROTECT, related_name="assessment")
    state = models.CharField(max_length=20, choices=AssessmentState.choices, default=AssessmentState.DRAFT)
    draft = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=0)
    begun_at = models.DateTimeField()
    saved_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    feedback = models.TextField("note to the candidate", max_length=4000, blank=True)

    history = tracked(excluded_fields=["draft", "version", "saved_at"])

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(state="draft", submitted_at=None, feedback="")
                | Q(state="submitted", submitted_at__isnull=False, draft={}),
                name="assessment_is_a_draft_or_submitted",
            ),
        ]

    def __str__(self) -> str:
        return f"Marks of {self.allocation}"


class Judgement(models.Model):
    """The level of one criterion, with its reasons. Written once, with the submission.

    ``asks_fault`` is what the rubric asks of a level below its standard; ``below`` that the level is.
    """

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="judgements")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="judgements")
    level = models.PositiveIntegerField()
    below = models.BooleanField("below the standard")
    asks_fault = models.BooleanField()
    reason = models.TextField(max_length=2000, blank=True)
    faults = models.JSONField(default=list, blank=True)
    comment = models.TextField(max_length=2000, blank=True)

    class Meta:
        ordering = ("assessment", "criterion")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["assessment", "criterion"], name="criterion_is_judged_once"),
            models.CheckConstraint(condition=Q(level__lte=4), name="judgement_level_is_zero_to_four"),
            models.CheckConstraint(
                condition=Q(below=True, level__lt=2) | Q(below=False, level__gte=2), name="judgement_below_is_so"
            ),
            models.CheckConstraint(
                condition=Q(below=False) | Q(GreaterThanOrEqual(Length("reason"), REASON_CHARACTERS)),
                name="low_level_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(below=False) | Q(asks_fault=False) | ~Q(faults=[]), name="low_level_names_a_fault"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.criterion.code}: {self.level}"


class NamedEvent(models.Model):
    """An auto-fail event that an assessor named, and why. Written once, with the submission."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="events")
    event = models.CharField(max_length=10)
    why = models.TextField(max_length=2000)

    class Meta:
        ordering = ("assessment", "event")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["assessment", "event"], name="event_is_named_once"),
            models.CheckConstraint(condition=~Q(why=""), name="event_says_why"),
        ]

    def __str__(self) -> str:
        return self.event


class Annotation(models.Model):
    """A note pinned to a photograph; ``x`` and ``y`` are shares of its width and height. Written once."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="annotations")
    number = models.PositiveIntegerField()
    photo = models.ForeignKey(Photo, on_delete=models.PROTECT, related_name="annotations")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, null=True, related_name="annotations")
    x = models.FloatField()
    y = models.FloatField()
    text = models.CharField(max_length=500)

    class Meta:
        ordering = ("assessment", "number")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["assessment", "number"], name="annotation_number_is_unique"),
            models.CheckConstraint(
                condition=Q(x__gte=0, x__lte=1, y__gte=0, y__lte=1), name="annotation_lies_on_the_photograph"
            ),
            models.CheckConstraint(condition=~Q(text=""), name="annotation_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.text}"


class Confirmation(models.Model):
    """What a second assessor answered to a named auto-fail event. Written once."""

    allocation = models.ForeignKey(Allocation, on_delete=models.PROTECT, related_name="confirmations")
    event = models.CharField(max_length=10)
    answer = models.CharField(max_length=20, choices=ConfirmAnswer.choices)
    why = models.TextField(max_length=2000)
    answered_at = models.DateTimeField()

    class Meta:
        ordering = ("allocation", "event")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["allocation", "event"], name="event_is_answered_once"),
            models.CheckConstraint(condition=~Q(why=""), name="confirmation_says_why"),
            models.CheckConstraint(
                condition=Q(answer__in=["confirmed", "not_confirmed"]), name="confirmation_answer_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event}: {self.get_answer_display()}"
