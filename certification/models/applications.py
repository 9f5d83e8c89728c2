"""An application to be admitted to assessment."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from certification.models.schemes import Scheme, SchemeVersion
from training_site.accounts.models import is_time_zone
from training_site.common.history import tracked
from training_site.common.storage import private_storage


class ApplicationQuerySet(models.QuerySet["Application"]):
    def for_user(self, user: Any) -> Self:
        """One's own applications."""
        return self.filter(candidate=user)

    def open(self) -> Self:
        """Applications that are neither admitted nor rejected."""
        return self.filter(state__in=Application.OPEN)

    def waiting(self) -> Self:
        """Applications that wait for the office, the longest waiting first."""
        return self.filter(state=Application.State.SUBMITTED).order_by("submitted_at", "pk")


class Application(models.Model):
    """A trainee asks to be assessed: own bloodborne training, and the place of work.

    ``jurisdiction_key`` names the rules of that place as text, because places are the business of the
    register. ``identity_seen_on`` and ``age_seen_on`` are the days on which an officer saw the proof; who it
    was stands in the history. Whether the person may be admitted is worked out for the day asked.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        SUBMITTED = "submitted", "Submitted"
        MORE_INFO = "more_info", "More information asked"
        ADMITTED = "admitted", "Admitted"
        REJECTED = "rejected", "Rejected"

    OPEN: ClassVar[list[str]] = [State.DRAFT, State.SUBMITTED, State.MORE_INFO]
    EDITABLE: ClassVar[list[str]] = [State.DRAFT, State.MORE_INFO]

    candidate = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="applications")
    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="applications")
    scheme_version = models.ForeignKey(SchemeVersion, on_delete=models.PROTECT, related_name="applications")
    state = models.CharField(max_length=20, choices=State.choices, default=State.DRAFT)

    training_issuer = models.CharField("who gave the training", max_length=120, blank=True)
    training_completed_on = models.DateField("completed on", null=True, blank=True)
    training_ends_on = models.DateField(
        "end date printed on it", null=True, blank=True, help_text="Leave empty if none is printed."
    )
    training_proof = models.FileField(
        "certificate of the training", storage=private_storage, max_length=120, blank=True
    )
    training_proof_sha256 = models.CharField(max_length=64, blank=True)

    studio = models.CharField("name of the studio or clinic", max_length=120, blank=True)
    street = models.CharField("street and number", max_length=200, blank=True)
    town = models.CharField(max_length=100, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=2, blank=True, help_text="Two letters, such as GB.")
    time_zone = models.CharField(max_length=60, blank=True, validators=[is_time_zone])
    jurisdiction_key = models.CharField("where its licence is issued", max_length=80, blank=True)

    identity_seen_on = models.DateField("identity document seen", null=True, blank=True)
    age_seen_on = models.DateField("age seen", null=True, blank=True)
    fee_paid_on = models.DateField("fee recorded as paid", null=True, blank=True)
    fee_note = models.CharField("how it was paid", max_length=200, blank=True)

    submitted_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField("answer to the applicant", max_length=2000, blank=True)

    history = tracked()
    objects = ApplicationQuerySet.as_manager()

    class Meta:
        ordering = ("-submitted_at", "-pk")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["candidate", "scheme"],
                condition=Q(state__in=["draft", "submitted", "more_info"]),
                name="application_is_open_once",
            ),
            models.UniqueConstraint(
                fields=["candidate", "scheme"],
                condition=Q(state="admitted"),
                name="application_is_admitted_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "submitted", "more_info", "admitted", "rejected"]),
                name="application_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(submitted_at__isnull=False), name="application_was_submitted"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["admitted", "rejected"], decided_at__isnull=False)
                | Q(state__in=["draft", "submitted", "more_info"], decided_at=None),
                name="application_decision_has_an_instant",
            ),
            models.CheckConstraint(
                condition=~Q(state="admitted")
                | Q(
                    identity_seen_on__isnull=False,
                    age_seen_on__isnull=False,
                    training_completed_on__isnull=False,
                ),
                name="application_admitted_on_what_was_seen",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["more_info", "rejected"]) | ~Q(answer=""),
                name="application_answer_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.candidate}: {self.scheme_version}"
