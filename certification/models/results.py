"""What marking came to. Nothing here is read by a page of candidates before it is released."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from certification.models.submissions import Submission
from certification.values import Basis, CaseBand, CaseOutcome, QualityReviewResult, SubmissionState
from training_site.common.history import tracked


class Agreement(models.Model):
    """Two markers were compared, or an auto-fail event was disputed. Written once for each round.

    ``differences`` (``agreement.Difference``) and ``disputed`` (events) say why a third assessor is asked; both
    empty: they agree.
    """

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="agreements")
    round = models.PositiveIntegerField()
    differences = models.JSONField(default=list)
    disputed = models.JSONField(default=list)
    compared_at = models.DateTimeField()

    class Meta:
        ordering = ("submission", "round")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["submission", "round"], name="markers_are_compared_once"),
        ]

    def __str__(self) -> str:
        return f"{self.submission}, round {self.round}"

    @property
    def asks_third(self) -> bool:
        return bool(self.differences or self.disputed)


class ResultQuerySet(models.QuerySet["Result"]):
    def standing(self) -> Self:
        """Of each attempt the result of its latest round: an older one was set aside by a quality review."""
        return self.filter(round=F("submission__round"))

    def before(self, submission: Submission) -> Self:
        """Standing results of earlier attempts at the same case, the newest last."""
        earlier = self.standing().filter(submission__case=submission.case_id)
        return earlier.filter(submission__number__lt=submission.number).order_by("submission__number")

    def released_to(self, user: Any) -> Self:
        """Results of one's own cases that are released (K5)."""
        return self.standing().filter(
            submission__state=SubmissionState.RELEASED, submission__case__practitioner=user
        )


class Result(models.Model):
    """What one round of an attempt came to. Written once, when its marks lock; told when it is released.

    ``total`` is exact (at most three decimals), None on a sure failure, where ``points`` of ``possible`` stand
    instead. ``levels`` are shown: criterion → level as text, ``"2.5"`` for a mean. ``sets`` are the one or two
    sets of whole levels that stand, for the attempt after it; ``again`` the criteria that a correction of the
    case marks again; ``missed`` the tests that were not met (``grading.Asked``) with their criteria; ``events``
    the confirmed auto-fail events.
    """

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="results")
    round = models.PositiveIntegerField()
    basis = models.CharField(max_length=20, choices=Basis.choices)
    outcome = models.CharField(max_length=20, choices=CaseOutcome.choices)
    band = models.CharField(max_length=20, choices=CaseBand.choices)
    total = models.DecimalField(max_digits=6, decimal_places=3, null=True)
    points = models.DecimalField(max_digits=6, decimal_places=3)
    possible = models.PositiveIntegerField()
    levels = models.JSONField()
    sets = models.JSONField()
    again = models.JSONField(default=list)
    missed = models.JSONField(default=list)
    events = models.JSONField(default=list)
    locked_at = models.DateTimeField()

    objects = ResultQuerySet.as_manager()

    class Meta:
        ordering = ("submission", "round")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["submission", "round"], name="round_has_one_result"),
            models.CheckConstraint(
                condition=Q(outcome__in=CaseOutcome.values, band__in=CaseBand.values, basis__in=Basis.values),
                name="result_words_are_known",
            ),
            models.CheckConstraint(condition=~Q(outcome="pass") | Q(total__isnull=False), name="pass_has_a_total"),
            models.CheckConstraint(condition=Q(band="none") | Q(outcome="pass"), name="band_stands_beside_a_pass"),
        ]

    def __str__(self) -> str:
        return f"{self.submission}: {self.outcome}"

    @property
    def is_sure_failure(self) -> bool:
        """Told without the healed stage."""
        return self.total is None


class QualityReview(models.Model):
    """A quality assurer holds a result back, and how the review ended.

    ``round`` is the round that is reviewed. ``re_mark`` leads to another round by a new marker; old marks stay.
    """

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="quality_reviews")
    round = models.PositiveIntegerField()
    quality_assurer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField("why it is held", max_length=2000)
    placed_at = models.DateTimeField()
    result = models.CharField(max_length=20, choices=QualityReviewResult.choices, blank=True)
    note = models.TextField("what was found", max_length=2000, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    history = tracked()

    class Meta:
        ordering = ("submission", "placed_at")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["submission"], condition=Q(ended_at=None), name="one_open_hold_of_a_result"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="hold_says_why"),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None, result="", note="")
                | (
                    Q(ended_at__isnull=False, ended_by__isnull=False, result__in=QualityReviewResult.values)
                    & ~Q(note="")
                ),
                name="ended_review_says_what_was_found",
            ),
        ]

    def __str__(self) -> str:
        return f"Review of {self.submission}, round {self.round}"
