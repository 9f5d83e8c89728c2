"""Who may assess, who is asked to, and why others were not."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from certification.models.cases import CaseFile
from certification.models.schemes import Scheme
from certification.models.submissions import Submission
from certification.values import (
    LIVE,
    AllocationKind,
    AllocationState,
    AuthorisationBasis,
    ExclusionReason,
    MarkingStage,
)
from training_site.common.history import tracked


class AuthorisationQuerySet(models.QuerySet["AssessorAuthorisation"]):
    def on(self, day: dt.date) -> Self:
        """Authorisations that count on a day, first and last day included."""
        return self.filter(Q(starts_on__lte=day), Q(ends_on=None) | Q(ends_on__gte=day))


class AssessorAuthorisation(models.Model):
    """That a person may assess under a scheme, on what basis, from when to when.

    ``ends_on`` is the last day on which it counts; None while none is set. For the basis *experience* the officer
    states since when the person is certified, and how many cases they have logged.
    """

    assessor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="authorisations")
    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="authorisations")
    basis = models.CharField(max_length=20, choices=AuthorisationBasis.choices)
    reason = models.TextField("reasons and proof of practice", max_length=2000)
    certified_since = models.DateField("certified since", null=True, blank=True)
    logged_cases = models.PositiveIntegerField(null=True, blank=True)
    starts_on = models.DateField("first day")
    ends_on = models.DateField("last day", null=True, blank=True)

    history = tracked()
    objects = AuthorisationQuerySet.as_manager()

    class Meta:
        ordering = ("assessor", "-starts_on", "-pk")
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(basis__in=[basis.value for basis in AuthorisationBasis]),
                name="authorisation_basis_is_known",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="authorisation_says_why"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="authorisation_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=~Q(basis="experience") | Q(certified_since__isnull=False, logged_cases__isnull=False),
                name="experience_is_stated",
            ),
            models.CheckConstraint(
                condition=~Q(basis="founding_panel") | Q(ends_on__isnull=False), name="founding_panel_has_an_end"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assessor}: {self.get_basis_display()}"


class Workplace(models.Model):
    """Where an assessor works, as they state it: nobody judges the work of their own studio."""

    assessor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="workplaces")
    studio = models.CharField("studio or clinic", max_length=120)
    town = models.CharField(max_length=80)
    country = models.CharField(max_length=2, help_text="Two letters, such as GB.")
    stated_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)

    history = tracked()

    class Meta:
        ordering = ("assessor", "studio", "pk")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["assessor", "studio", "town", "country"],
                condition=Q(left_at=None),
                name="workplace_is_stated_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.studio}, {self.town}"


class ConflictDeclaration(models.Model):
    """Somebody said that a person must have no part in a case file. Written once.

    An assessor who recognises a case declares it without learning whose it is.
    """

    case_file = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="conflicts")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    declared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    declared_at = models.DateTimeField()

    class Meta:
        ordering = ("case_file", "-declared_at")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["case_file", "person"], name="conflict_is_declared_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="conflict_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.person} apart from {self.case_file}"


class AllocationQuerySet(models.QuerySet["Allocation"]):
    def for_user(self, user: Any) -> Self:
        """One's own pieces of marking."""
        return self.filter(assessor=user)

    def live(self) -> Self:
        """Offered or accepted: something is still to do."""
        return self.filter(state__in=LIVE)

    def counting(self) -> Self:
        """Those that hold their place: live, or with marks submitted."""
        return self.filter(state__in=[*LIVE, AllocationState.SUBMITTED])


class Allocation(models.Model):
    """A piece of marking given to an assessor: one attempt, one round, one stage, one kind.

    ``due_at``: until when an offer is to be answered, and from acceptance on, until when the marks are due. A
    third assessor marks everything at the stage at which they are asked. ``note``: why it was declined.
    """

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="allocations")
    round = models.PositiveIntegerField()
    marking_stage = models.CharField(max_length=20, choices=MarkingStage.choices)
    kind = models.CharField(max_length=20, choices=AllocationKind.choices)
    assessor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="allocations")
    state = models.CharField(max_length=20, choices=AllocationState.choices, default=AllocationState.OFFERED)
    offered_at = models.DateTimeField()
    offered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="None: the healed stage goes to the same assessor by itself.",
    )
    accepted_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)

    history = tracked()
    objects = AllocationQuerySet.as_manager()

    class Meta:
        ordering = ("submission", "round", "marking_stage", "kind", "pk")
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["assessor", "state", "due_at"], name="allocation_desk"),
            models.Index(fields=["state", "due_at"], name="allocation_due"),
        ]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["submission", "round", "marking_stage", "kind"],
                condition=Q(state__in=["offered", "accepted"]) | (Q(state="submitted") & ~Q(kind="confirm")),
                name="one_marker_of_a_kind",
            ),
            models.UniqueConstraint(
                fields=["submission", "round", "marking_stage", "assessor"],
                condition=Q(state__in=["offered", "accepted", "submitted"]),
                name="one_piece_of_marking_each",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=AllocationState.values,
                    kind__in=AllocationKind.values,
                    marking_stage__in=MarkingStage.values,
                ),
                name="allocation_words_are_known",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["accepted", "submitted"]) | Q(accepted_at__isnull=False),
                name="accepted_allocation_has_a_day",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["offered", "accepted"], ended_at=None)
                | (~Q(state__in=["offered", "accepted"]) & Q(ended_at__isnull=False)),
                name="ended_allocation_has_a_day",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["declined", "recused"]) | ~Q(note=""), name="declined_allocation_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.submission}: {self.get_kind_display()}, {self.marking_stage}"

    @property
    def is_live(self) -> bool:
        return self.state in LIVE


class Exclusion(models.Model):
    """An assessor who was not asked, and why, as it was when another was. Written once."""

    allocation = models.ForeignKey(Allocation, on_delete=models.PROTECT, related_name="exclusions")
    assessor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=20, choices=ExclusionReason.choices)

    class Meta:
        ordering = ("allocation", "assessor", "reason")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["allocation", "assessor", "reason"], name="exclusion_is_kept_once"),
        ]

    def __str__(self) -> str:
        return f"{self.assessor}: {self.get_reason_display()}"
