"""Attempts to have a case assessed, and what was frozen when each was handed in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from certification.models.cases import ProcedureCase
from certification.models.photos import Photo
from certification.values import MarkingStage, SubmissionKind, SubmissionState
from training_site.common.history import tracked


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def latest_of(self, case: ProcedureCase) -> Submission:
        """The attempt by which a case stands where it stands."""
        return self.filter(case=case).latest("number")


class Submission(models.Model):
    """One attempt at one case. ``number`` counts on through corrections and replacements.

    ``handed_in_at`` is when the procedure's evidence was handed in last, ``healed_in_at`` when the healed
    photographs were; they may come in before the procedure is marked. ``note`` says what was missing when it
    was returned. ``round`` counts how often it is marked: a quality review may ask for another.
    """

    case = models.ForeignKey(ProcedureCase, on_delete=models.PROTECT, related_name="submissions")
    number = models.PositiveIntegerField("attempt")
    kind = models.CharField(max_length=20, choices=SubmissionKind.choices)
    state = models.CharField(max_length=20, choices=SubmissionState.choices, default=SubmissionState.DRAFT)
    begun_at = models.DateTimeField()
    handed_in_at = models.DateTimeField(null=True, blank=True)
    healed_in_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField("what is missing", max_length=2000, blank=True)
    round = models.PositiveIntegerField("round of marking", default=1)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    history = tracked()
    objects = SubmissionQuerySet.as_manager()

    class Meta:
        ordering = ("case", "number")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["case", "number"], name="submission_number_is_unique"),
            models.UniqueConstraint(
                fields=["case"], condition=~Q(state="released"), name="case_has_one_open_submission"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in SubmissionState]), name="submission_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state="draft", handed_in_at=None)
                | (~Q(state="draft") & Q(handed_in_at__isnull=False)),
                name="submission_was_handed_in",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["healed_marking"]) | Q(healed_in_at__isnull=False),
                name="healed_marking_has_photographs",
            ),
            models.CheckConstraint(
                condition=Q(number=1, kind="first") | (Q(number__gt=1) & ~Q(kind="first")),
                name="first_attempt_is_number_one",
            ),
            models.CheckConstraint(condition=~Q(state="returned") | ~Q(note=""), name="return_says_why"),
            models.CheckConstraint(
                condition=Q(state="released", released_at__isnull=False, released_by__isnull=False)
                | (~Q(state="released") & Q(released_at=None, released_by=None)),
                name="release_has_a_day_and_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case.ref}, attempt {self.number}"


class Manifest(models.Model):
    """What was handed in, word for word and hash for hash. Written once.

    ``content`` holds the written record and the hashes of every photograph and document; ``sha256`` is over its
    canonical JSON. A returned attempt that is handed in again gets another one: the newest of a stage counts.
    """

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="manifests")
    marking_stage = models.CharField(max_length=20, choices=MarkingStage.choices)
    number = models.PositiveIntegerField()
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    frozen_at = models.DateTimeField()

    class Meta:
        ordering = ("submission", "marking_stage", "number")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["submission", "marking_stage", "number"], name="manifest_number_is_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.submission}, {self.marking_stage} {self.number}"


class ManifestPhoto(models.Model):
    """A photograph that was handed in. It cannot be deleted any more, and its hash is on record twice."""

    manifest = models.ForeignKey(Manifest, on_delete=models.PROTECT, related_name="photos")
    photo = models.ForeignKey(Photo, on_delete=models.PROTECT, related_name="handed_in")
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["manifest", "photo"], name="photo_is_in_a_manifest_once"),
        ]

    def __str__(self) -> str:
        return f"{self.photo} in {self.manifest}"
