"""Words of attempts, marking and results that are stored."""

from __future__ import annotations

from django.db import models


class MarkingStage(models.TextChoices):
    """R11 is marked at healed; every other criterion at procedure, where its level locks."""

    PROCEDURE = "procedure", "Procedure"
    HEALED = "healed", "Healed"


class SubmissionKind(models.TextChoices):
    """Why an attempt exists."""

    FIRST = "first", "First attempt"
    CORRECTION = "correction", "Same case corrected"
    REPLACEMENT = "replacement", "Replacement case"


class SubmissionState(models.TextChoices):
    """How far an attempt at one case has come."""

    DRAFT = "draft", "Draft"
    HANDED_IN = "handed_in", "Handed in"
    RETURNED = "returned", "Returned for evidence"
    PROCEDURE_MARKING = "procedure_marking", "Procedure being marked"
    HEALED_AWAITED = "healed_awaited", "Procedure marked – healed photos awaited"
    HEALED_MARKING = "healed_marking", "Healed result being marked"
    ASSESSED = "assessed", "Assessed"
    QUALITY_HOLD = "quality_hold", "Held for quality review"
    RELEASED = "released", "Result released"


EDITABLE = frozenset({SubmissionState.DRAFT, SubmissionState.RETURNED})
"""States in which a candidate may change everything of a case."""


class AllocationKind(models.TextChoices):
    """Why an assessor is asked."""

    FIRST = "first", "First marker"
    SECOND = "second", "Second marker"
    CONFIRM = "confirm", "Confirms an auto-fail"
    THIRD = "third", "Third assessor"


MARKING = frozenset({AllocationKind.FIRST, AllocationKind.SECOND, AllocationKind.THIRD})
"""Kinds that give levels; the others answer a question."""


class AllocationState(models.TextChoices):
    """How far a piece of marking given to an assessor has come."""

    OFFERED = "offered", "Offered"
    ACCEPTED = "accepted", "Accepted"
    SUBMITTED = "submitted", "Marks submitted"
    DECLINED = "declined", "Declined"
    RECUSED = "recused", "Stood down (conflict)"
    LAPSED = "lapsed", "Lapsed"


LIVE = frozenset({AllocationState.OFFERED, AllocationState.ACCEPTED})
"""States in which an assessor still has something to do."""


class ExclusionReason(models.TextChoices):
    """Why an assessor may not be asked about a case (K1)."""

    SELF = "self", "It is their own case."
    TRAINER = "trainer", "They trained the candidate within two years before the first hand-in."
    SAME_PLACE = "same_place", "They work at the same place as the candidate."
    DECLARED = "declared", "A conflict of interest is declared."
    OTHER_PART = "other_part", "They have another part in this case."
    OTHER_OFFICE = "other_office", "They have another part in this file: quality assurance or the decision."
    PLACE_UNKNOWN = "place_unknown", "They have not said yet where they work."
    NOT_AUTHORISED = "not_authorised", "They are not authorised to assess today."


class AuthorisationBasis(models.TextChoices):
    """Why a person may assess."""

    EXPERIENCE = "experience", "Certified for three years with the logged cases"
    FOUNDING_PANEL = "founding_panel", "Founding panel (launch)"
    EQUIVALENT = "equivalent", "Equivalent experience, decided by two officers"


class AssessmentState(models.TextChoices):
    """The marks of one assessor at one marking stage."""

    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Submitted and locked"


class ConfirmAnswer(models.TextChoices):
    """What a second assessor says to a named auto-fail event."""

    CONFIRMED = "confirmed", "Confirmed"
    NOT_CONFIRMED = "not_confirmed", "Not confirmed"


class Basis(models.TextChoices):
    """Whose marks a result rests on."""

    SINGLE = "single", "One marker"
    AGREED = "agreed", "Two markers who agree"
    THIRD = "third", "A third assessor, whose mark stands alone"


class CaseOutcome(models.TextChoices):
    """Result of an attempt; ``grading.Outcome`` works it out."""

    PASS = "pass", "Pass"
    REFERRED = "referred", "Referred (resubmit)"
    FAILED = "failed", "Failed"


class CaseBand(models.TextChoices):
    """A word beside a pass."""

    NONE = "none", "None"
    MERIT = "merit", "Merit"
    DISTINCTION = "distinction", "Distinction"


class QualityReviewResult(models.TextChoices):
    """How a quality review ended."""

    AGREED = "agreed", "Agreed"
    RE_MARK = "re_mark", "To be marked again"
    ADVICE = "advice", "Agreed, with advice to the assessor"
