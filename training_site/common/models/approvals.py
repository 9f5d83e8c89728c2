"""Proposals: acts that need two people."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import F, Q

from training_site.common.history import tracked


class ProposalState(models.TextChoices):
    PROPOSED = "proposed", "Proposed"
    CONFIRMED = "confirmed", "Confirmed"
    REJECTED = "rejected", "Rejected"
    CANCELLED = "cancelled", "Cancelled"


class Proposal(models.Model):
    """One person's proposal that another confirms or rejects. See ``approvals``."""

    kind = models.CharField("kind", max_length=60)
    content_type = models.ForeignKey(ContentType, on_delete=models.PROTECT, related_name="+")
    object_id = models.CharField("row", max_length=64)
    subject = GenericForeignKey()
    payload = models.JSONField("details", default=dict, blank=True)
    reason = models.TextField("reason")
    state = models.CharField(
        "state", max_length=10, choices=ProposalState.choices, default=ProposalState.PROPOSED, editable=False
    )
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="proposals_made"
    )
    proposed_at = models.DateTimeField("proposed")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="proposals_decided",
    )
    decided_at = models.DateTimeField("decided", null=True, blank=True)
    decision_reason = models.TextField("reason for the decision", blank=True)

    history = tracked()

    class Meta:
        verbose_name = "proposal"
        verbose_name_plural = "proposals"
        ordering = ("-proposed_at", "-pk")
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(state__in=ProposalState.values), name="proposal_state_is_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="proposal_has_a_reason"),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_by=None, decided_at=None, decision_reason="")
                | (
                    ~Q(state="proposed")
                    & Q(decided_by__isnull=False, decided_at__isnull=False)
                    & ~Q(decision_reason="")
                ),
                name="proposal_decision_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["confirmed", "rejected"]) | ~Q(decided_by=F("proposed_by")),
                name="proposal_is_decided_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state="cancelled") | Q(decided_by=F("proposed_by")),
                name="proposal_is_cancelled_by_its_maker",
            ),
            models.CheckConstraint(
                condition=Q(decided_at=None) | Q(decided_at__gte=F("proposed_at")),
                name="proposal_is_decided_after_it_was_made",
            ),
            models.UniqueConstraint(
                fields=["kind", "content_type", "object_id"],
                condition=Q(state="proposed"),
                name="proposal_is_open_once_per_kind_and_subject",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}: {self.get_state_display().lower()}"
