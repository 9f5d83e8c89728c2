"""Case files and procedure cases: one client, one treatment, every visit."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from certification.models.applications import Application
from certification.models.schemes import Scheme, SchemeVersion
from certification.values import (
    STAGES_OF,
    AgeBand,
    ClientSex,
    Fitzpatrick,
    Scale,
    SkinBand,
    TreatedUnder,
    VisitKind,
    skin_band,
)
from courses.treatments import TreatmentType
from training_site.common.history import tracked


class CaseFileQuerySet(models.QuerySet["CaseFile"]):
    def for_user(self, user: Any) -> Self:
        """One's own files."""
        return self.filter(candidate=user)


class CaseFile(models.Model):
    """What a candidate hands in under one version of a scheme, first or for renewal.

    Where a quality assurer is named, only they release its results.
    """

    class Kind(models.TextChoices):
        INITIAL = "initial", "First certification"
        RENEWAL = "renewal", "Renewal"

    candidate = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="case_files")
    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="case_files")
    scheme_version = models.ForeignKey(SchemeVersion, on_delete=models.PROTECT, related_name="case_files")
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.INITIAL)
    application = models.OneToOneField(Application, on_delete=models.PROTECT, null=True, related_name="case_file")
    quality_assurer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    opened_at = models.DateTimeField()

    history = tracked()
    objects = CaseFileQuerySet.as_manager()

    class Meta:
        ordering = ("-opened_at", "-pk")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["candidate", "scheme"], condition=Q(kind="initial"), name="case_file_is_opened_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.candidate}: {self.scheme_version}"


class ProcedureCaseQuerySet(models.QuerySet["ProcedureCase"]):
    def for_user(self, user: Any) -> Self:
        """One's own cases."""
        return self.filter(practitioner=user)


class ProcedureCase(models.Model):
    """One client, one treatment: everything written down about it.

    ``ref`` is what everybody calls it (``C-7KX2M4``); the client is a code, never a name. ``answers`` of the
    health screen are ``{question: {"value": …, "note": …}}``, readable only inside the case; their outcome is
    worked out (``screening``), and ``treated_under`` is what the practitioner did about it, right or wrong.
    ``position`` is the order of first hand-in within the file: it decides the number of markers, and a
    replacement keeps that of the case it replaces.
    """

    ref = models.CharField(max_length=12, unique=True)
    practitioner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="procedure_cases"
    )
    case_file = models.ForeignKey(
        CaseFile, on_delete=models.PROTECT, null=True, blank=True, related_name="procedure_cases"
    )
    scheme_version = models.ForeignKey(SchemeVersion, on_delete=models.PROTECT, related_name="procedure_cases")
    position = models.PositiveIntegerField(null=True, blank=True)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    begun_at = models.DateTimeField()

    treatment = models.CharField(max_length=30, choices=TreatmentType.choices)
    corrects = models.CharField(
        "treatment that is corrected", max_length=30, choices=TreatmentType.choices, blank=True
    )
    client_code = models.CharField(max_length=20, help_text="Never a name or initials.")
    age_band = models.CharField("age", max_length=10, choices=AgeBand.choices, blank=True)
    sex = models.CharField(max_length=10, choices=ClientSex.choices, blank=True)
    scale = models.CharField("scale of hair loss", max_length=20, choices=Scale.choices, blank=True)
    stage = models.CharField("stage on that scale", max_length=20, blank=True)
    fitzpatrick = models.CharField("skin type", max_length=1, choices=Fitzpatrick.choices, blank=True)
    history_summary = models.TextField("history of the loss, skin and treatments", max_length=2000, blank=True)

    answers = models.JSONField("answers of the health screen", default=dict, blank=True)
    treated_under = models.CharField("decision", max_length=20, choices=TreatedUnder.choices, blank=True)
    without_clearance = models.BooleanField("there was no written clearance", default=False)

    plan = models.TextField("plan", max_length=3000, blank=True)
    client_agreed_on = models.DateField("client agreed to design and plan on", null=True, blank=True)
    aftercare_sheet = models.CharField("aftercare sheet given (name and version)", max_length=120, blank=True)
    contact_log = models.TextField("contacts after the visits", max_length=3000, blank=True)
    reflection = models.TextField(max_length=8000, blank=True)
    all_own_work = models.BooleanField("I placed all the pigment myself", default=False)

    retention_note = models.TextField("what held, what faded, what next", max_length=3000, blank=True)
    faults_seen = models.JSONField("faults you see yourself", default=list, blank=True)

    # A client's health answers are read inside the case only, and what was corrected is gone.
    history = tracked(excluded_fields=["answers"])
    objects = ProcedureCaseQuerySet.as_manager()

    class Meta:
        ordering = ("-begun_at", "-pk")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["case_file", "position"], condition=Q(replaces=None), name="case_position_is_taken_once"
            ),
            models.CheckConstraint(condition=~Q(client_code=""), name="case_has_a_client_code"),
            models.CheckConstraint(
                condition=(Q(treatment="correction") & ~Q(corrects="") & ~Q(corrects="correction"))
                | (~Q(treatment="correction") & Q(corrects="")),
                name="correction_says_what_it_corrects",
            ),
            models.CheckConstraint(
                condition=Q(position=None) | Q(case_file__isnull=False), name="case_position_is_in_a_file"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.get_treatment_display()}"

    @property
    def shown_treatment(self) -> str:
        """The treatment whose views are needed: of a correction, what it corrects."""
        return self.corrects or self.treatment

    @property
    def stage_label(self) -> str:
        return STAGES_OF.get(self.scale, {}).get(self.stage, "")

    @property
    def skin_band(self) -> SkinBand | None:
        return skin_band(self.fitzpatrick) if self.fitzpatrick else None


class SessionLog(models.Model):
    """One visit. What a kind of visit needs is asked at hand-in (``evidence``), so that a draft may have gaps."""

    class Operator(models.TextChoices):
        CANDIDATE = "candidate", "I did it myself"
        SHARED = "shared", "Another person placed some of the pigment"

    class Supervision(models.TextChoices):
        NONE = "none", "Nobody"
        TRAINER = "trainer", "My trainer"
        OTHER = "other", "Another qualified person"

    case = models.ForeignKey(ProcedureCase, on_delete=models.PROTECT, related_name="visits")
    kind = models.CharField(max_length=20, choices=VisitKind.choices)
    visited_on = models.DateField("day")
    began = models.TimeField("began", null=True, blank=True)
    ended = models.TimeField("ended", null=True, blank=True)
    operator = models.CharField("who did it", max_length=20, choices=Operator.choices, blank=True)
    supervision = models.CharField("who was present", max_length=20, choices=Supervision.choices, blank=True)
    place = models.CharField("place (studio or training centre)", max_length=120, blank=True)
    needles = models.JSONField(default=list, blank=True, help_text="Values of NeedleConfig.")
    needle_other = models.CharField("which other cartridge", max_length=60, blank=True)
    needle_lot = models.CharField("cartridge batch", max_length=60, blank=True)
    needle_expires_on = models.DateField("cartridge expiry", null=True, blank=True)
    machine = models.CharField(max_length=80, blank=True)
    speed = models.CharField("machine speed or voltage", max_length=40, blank=True)
    pigment = models.CharField("pigment: brand and shade", max_length=120, blank=True)
    pigment_lot = models.CharField("pigment batch", max_length=60, blank=True)
    pigment_expires_on = models.DateField("pigment expiry", null=True, blank=True)
    dilution = models.CharField(max_length=60, blank=True)
    numbing = models.CharField("numbing product", max_length=120, blank=True)
    numbing_percent = models.DecimalField(
        "its strength in %", max_digits=4, decimal_places=1, null=True, blank=True
    )
    zones = models.CharField("zones worked", max_length=300, blank=True)
    dots_estimate = models.PositiveIntegerField("dots, estimated", null=True, blank=True)
    technique = models.TextField("what was done", max_length=2000, blank=True)
    skin_reaction = models.CharField("skin reaction", max_length=300, blank=True)
    incident = models.BooleanField("something went wrong", null=True, blank=True)
    incident_text = models.TextField("what happened and what was done", max_length=2000, blank=True)
    aftercare_given = models.BooleanField("aftercare explained and sheet given", default=False)

    history = tracked()

    class Meta:
        ordering = ("visited_on", "began", "pk")
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(began=None) | Q(ended=None) | Q(ended__gt=F("began")),
                name="visit_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in VisitKind]), name="visit_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} on {self.visited_on}"

    @property
    def minutes(self) -> int | None:
        """How long the visit took; None until both times are known."""
        if self.began is None or self.ended is None:
            return None
        return (self.ended.hour - self.began.hour) * 60 + self.ended.minute - self.began.minute
