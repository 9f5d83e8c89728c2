"""A certification scheme and its versions. From approval on a version cannot change (K2)."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property

from certification.evidence import EvidenceRules
from certification.models.rubrics import RubricVersion
from certification.screening import Screen
from certification.terms import Terms
from training_site.common.history import tracked


class Scheme(models.Model):
    """What a person can be certified in. ``prefix`` opens every number (``SMP``)."""

    key = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=120)
    prefix = models.CharField(max_length=6)
    course_key = models.SlugField(max_length=60, help_text="Key of the course that prepares for it.")

    history = tracked()

    def __str__(self) -> str:
        return self.title


class SchemeVersionQuerySet(models.QuerySet["SchemeVersion"]):
    def in_force(self) -> Self:
        """Versions under which people apply now; one for each scheme."""
        return self.filter(state=SchemeVersion.State.EFFECTIVE)


class SchemeVersion(models.Model):
    """One edition of a scheme's rules.

    ``rules``, ``slots`` and ``questions`` keep the text of the data they came from; ``terms``, ``evidence`` and
    ``screen`` are what code reads. An application and its case file stay with the version they began under.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        APPROVED = "approved", "Approved"
        EFFECTIVE = "effective", "In force"
        SUPERSEDED = "superseded", "Superseded"

    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=20, choices=State.choices, default=State.DRAFT)
    rubric = models.ForeignKey(RubricVersion, on_delete=models.PROTECT, related_name="scheme_versions")
    rules = models.JSONField(help_text="Prerequisites, markers, agreement, outcomes, windows, validity.")
    slots = models.JSONField("evidence", help_text="Which photographs and documents a case needs.")
    questions = models.JSONField("health screen")
    fee_amount = models.DecimalField(
        "fee", max_digits=8, decimal_places=2, null=True, blank=True, help_text="Empty: no fee is asked."
    )
    fee_currency = models.CharField("currency", max_length=3, blank=True, help_text="Three letters, such as GBP.")
    content_hash = models.CharField(max_length=64, blank=True, help_text="SHA-256 of all rules, from approval on.")
    approved_at = models.DateTimeField(null=True, blank=True)
    effective_on = models.DateField(null=True, blank=True)

    history = tracked()
    objects = SchemeVersionQuerySet.as_manager()

    class Meta:
        ordering = ("scheme", "-number")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["scheme", "number"], name="scheme_version_number_is_unique"),
            models.UniqueConstraint(
                fields=["scheme"], condition=Q(state="effective"), name="scheme_has_one_version_in_force"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "approved", "effective", "superseded"]),
                name="scheme_version_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state="draft", approved_at=None, content_hash="")
                | (~Q(state="draft") & Q(approved_at__isnull=False) & ~Q(content_hash="")),
                name="scheme_version_is_hashed_on_approval",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["effective", "superseded"]) | Q(effective_on__isnull=False),
                name="scheme_version_in_force_has_a_first_day",
            ),
            models.CheckConstraint(
                condition=Q(fee_amount=None, fee_currency="")
                | (Q(fee_amount__gt=0, fee_amount__isnull=False) & ~Q(fee_currency="")),
                name="scheme_version_fee_has_a_currency",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scheme}, version {self.number}"

    @cached_property
    def terms(self) -> Terms:
        return Terms.of(self.rules)

    @cached_property
    def evidence(self) -> EvidenceRules:
        return EvidenceRules.of(self.slots)

    @cached_property
    def screen(self) -> Screen:
        return Screen.of(self.questions)
