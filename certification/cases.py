"""Procedure cases: whose they are, and what may be changed in which state.

Everything that a candidate writes goes through ``changing``, which locks the attempt: what is handed in stays
as it was handed in.
"""

import enum
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from certification.errors import CaseRefused
from certification.models import ProcedureCase, Result, Submission
from certification.values import EDITABLE, CaseOutcome, SubmissionKind, SubmissionState

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, so that a reference is read out and typed without doubt."""


class Part(enum.StrEnum):
    """What is to be changed."""

    PROCEDURE = "procedure"
    """The record, visits and photographs up to hand-in."""
    HEALED = "healed"
    """Healed and long-term photographs, the retention note, healed reviews and touch-ups."""
    PAPERS = "papers"
    """Consent and clearance: as the procedure, but a correction carries them."""


class CaseStatus(enum.StrEnum):
    """What the owner reads of a case; worked out from its latest attempt."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    IN_GRADING = "in_grading"
    HEALED_AWAITED = "healed_awaited"
    RELEASED = "released"
    """For lists of the office, which read no result."""
    PASSED = "passed"
    REFERRED = "referred"
    FAILED = "failed"
    REPLACED = "replaced"

    @property
    def label(self) -> str:
        return {
            "draft": "Draft",
            "submitted": "Submitted",
            "returned": "Returned for evidence",
            "in_grading": "Being graded",
            "healed_awaited": "Procedure graded – healed photos awaited",
            "released": "Result released",
            "passed": "Passed",
            "referred": "Referred (resubmit)",
            "failed": "Failed",
            "replaced": "Replaced by another case",
        }[self.value]


STATUS_OF = {
    SubmissionState.DRAFT: CaseStatus.DRAFT,
    SubmissionState.HANDED_IN: CaseStatus.SUBMITTED,
    SubmissionState.RETURNED: CaseStatus.RETURNED,
    SubmissionState.PROCEDURE_MARKING: CaseStatus.IN_GRADING,
    SubmissionState.HEALED_AWAITED: CaseStatus.HEALED_AWAITED,
    SubmissionState.HEALED_MARKING: CaseStatus.IN_GRADING,
    SubmissionState.ASSESSED: CaseStatus.IN_GRADING,
    SubmissionState.QUALITY_HOLD: CaseStatus.IN_GRADING,
    SubmissionState.RELEASED: CaseStatus.RELEASED,
}
"""A hold or a third assessor shows as being graded: its owner never learns of either."""

OF_OUTCOME = {
    CaseOutcome.PASS: CaseStatus.PASSED,
    CaseOutcome.REFERRED: CaseStatus.REFERRED,
    CaseOutcome.FAILED: CaseStatus.FAILED,
}

NEXT: dict[SubmissionState, frozenset[SubmissionState]] = {
    SubmissionState.DRAFT: frozenset({SubmissionState.HANDED_IN}),
    SubmissionState.HANDED_IN: frozenset(
        {
            SubmissionState.RETURNED,
            SubmissionState.PROCEDURE_MARKING,
            SubmissionState.HEALED_AWAITED,
            SubmissionState.HEALED_MARKING,
        }
    ),
    SubmissionState.RETURNED: frozenset({SubmissionState.HANDED_IN}),
    SubmissionState.PROCEDURE_MARKING: frozenset(
        {SubmissionState.HEALED_AWAITED, SubmissionState.HEALED_MARKING, SubmissionState.ASSESSED}
    ),
    SubmissionState.HEALED_AWAITED: frozenset({SubmissionState.HEALED_MARKING}),
    SubmissionState.HEALED_MARKING: frozenset({SubmissionState.ASSESSED}),
    SubmissionState.ASSESSED: frozenset({SubmissionState.QUALITY_HOLD, SubmissionState.RELEASED}),
    SubmissionState.QUALITY_HOLD: frozenset({SubmissionState.PROCEDURE_MARKING, SubmissionState.ASSESSED}),
    SubmissionState.RELEASED: frozenset(),
}
"""Every move of an attempt there is (``enums.json``, SubmissionState)."""

HEALED_OPEN = frozenset(
    {SubmissionState.HANDED_IN, SubmissionState.PROCEDURE_MARKING, SubmissionState.HEALED_AWAITED}
)
"""States in which healed evidence may still come in after hand-in."""


def status(submission: Submission) -> CaseStatus:
    """How the case of this attempt stands, for its owner. Reads a result only once it is released."""
    if submission.state != SubmissionState.RELEASED:
        return STATUS_OF[SubmissionState(submission.state)]
    if replacement_of(submission.case) is not None:
        return CaseStatus.REPLACED
    result = standing_result(submission)
    return OF_OUTCOME[CaseOutcome(result.outcome)] if result else CaseStatus.RELEASED


def standing_result(submission: Submission) -> Result | None:
    """The result of the attempt's present round, released or not; read from what was prefetched if it was."""
    return next((each for each in submission.results.all() if each.round == submission.round), None)


def replacement_of(case: ProcedureCase) -> ProcedureCase | None:
    """The case that replaces this one."""
    found: ProcedureCase | None = getattr(case, "replaced_by", None)
    return found


def obstacle(submission: Submission, part: Part) -> str | None:
    """Why this part of the case cannot be changed now, in a sentence; None when it can."""
    if part is Part.PAPERS and submission.kind == SubmissionKind.CORRECTION:
        return "A correction carries the papers: they stay as they were handed in first."
    if submission.state in EDITABLE:
        return None
    if part is Part.HEALED and submission.state in HEALED_OPEN and submission.healed_in_at is None:
        return None
    if submission.state == SubmissionState.RELEASED:
        return "The result of this case is released, and its record stays as it was marked."
    if submission.healed_in_at is not None:
        return "This case is handed in with its healed photographs, and stays as it is while it is marked."
    if submission.state not in HEALED_OPEN:
        return "This case is being graded, and stays as it is until the result is out."
    return (
        "This case is handed in. Healed photographs, the retention note, healed reviews and touch-ups can still "
        "be added; everything else stays as it is."
    )


def may_move(submission: Submission, to: SubmissionState) -> bool:
    """Whether an attempt goes from where it is to ``to``."""
    return to in NEXT[SubmissionState(submission.state)]


@contextmanager
def changing(case: ProcedureCase, part: Part, *, actor: Any) -> Iterator[ProcedureCase]:
    """A transaction in which the owner may change this part; yields the case as it is now.

    The attempt is locked: a hand-in at the same moment waits, or is waited for. Raises CaseRefused for anybody
    else's case, and when the part is closed.
    """
    with transaction.atomic():
        submission = Submission.objects.select_for_update().filter(case=case).latest("number")
        fresh = ProcedureCase.objects.select_related("scheme_version", "case_file").get(pk=case.pk)
        if fresh.practitioner_id != actor.pk:
            raise CaseRefused("Only its owner changes a case.")
        if sentence := obstacle(submission, part):
            raise CaseRefused(sentence)
        yield fresh


def new_ref() -> str:
    """A reference such as ``C-7KX2M4``: one of a billion, and it tells nothing."""
    return "C-" + "".join(secrets.choice(ALPHABET) for _ in range(6))
