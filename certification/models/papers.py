"""Papers of a case, and that an officer has read them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from certification.models.cases import ProcedureCase
from training_site.common.history import tracked
from training_site.common.storage import private_storage


class CaseDocument(models.Model):
    """A paper of a case: private, cleaned, and read by the candidate and the office only.

    ``dated_on`` is the day on the paper. ``signed_time`` is asked of a treatment consent: it must lie before
    the first pigment of that day.
    """

    class Kind(models.TextChoices):
        TREATMENT_CONSENT = "treatment_consent", "Treatment consent"
        CLEARANCE = "clearance", "Written medical clearance"

    case = models.ForeignKey(ProcedureCase, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=30, choices=Kind.choices)
    file = models.FileField(storage=private_storage, max_length=120)
    media_type = models.CharField(max_length=60)
    pages = models.PositiveIntegerField(default=1)
    sha256 = models.CharField(max_length=64)
    dated_on = models.DateField("day on the paper")
    signed_time = models.TimeField("time of the signature", null=True, blank=True)
    identity_seen = models.BooleanField("client's age and identity document seen", default=False)
    added_at = models.DateTimeField()

    history = tracked()

    class Meta:
        ordering = ("kind", "-added_at", "-pk")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["case", "kind"], name="case_document_of_a_kind_is_one"),
            models.CheckConstraint(
                condition=Q(kind__in=["treatment_consent", "clearance"]), name="case_document_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.case.ref}"


class PaperCheck(models.Model):
    """An officer read a paper and found it to be what the candidate states. Written once.

    ``digest`` is over the file and what is stated about it: when either changes, the check counts no more.
    """

    document = models.ForeignKey(CaseDocument, on_delete=models.CASCADE, related_name="checks")
    digest = models.CharField(max_length=64)
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField()

    class Meta:
        ordering = ("document", "-checked_at")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["document", "digest"], name="paper_is_checked_once"),
        ]

    def __str__(self) -> str:
        return f"{self.document}, checked at {self.checked_at}"
