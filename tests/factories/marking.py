"""Assessors, their pieces of marking, and marks."""

import datetime as dt
from collections.abc import Mapping

from certification.models import (
    Allocation,
    Assessment,
    AssessorAuthorisation,
    Confirmation,
    Judgement,
    Manifest,
    NamedEvent,
    ProcedureCase,
    Submission,
    Workplace,
)
from certification.values import AllocationKind, MarkingStage
from tests.factories.certification import AT, REASON, scheme_version
from tests.people import person
from training_site.accounts.models import User
from training_site.accounts.roles import Role
from training_site.common.history import save_as

REASON_TEXT = "Repeated spread dots along the whole upper edge of the scar."
"""Long enough for a level below the standard."""


AT_STANDARD = {f"R{n:02}": 2 for n in range(1, 15)}
"""Every criterion meets the standard: exactly 60 points, a pass."""


def assessor(*, works_at: str = "Harbour Studio", **facts: object) -> User:
    """An assessor with an authorisation since January 2026 who has said where they work."""
    made = person(Role.ASSESSOR)
    authorisation(made, **facts)
    workplace = Workplace(assessor=made, studio=works_at, town="Bristol", country="GB", stated_at=AT)
    save_as(workplace, actor=made, reason=REASON)
    return made


def authorisation(of: User, **facts: object) -> AssessorAuthorisation:
    made = AssessorAuthorisation(
        assessor=of,
        scheme=scheme_version().scheme,
        **{
            "basis": "founding_panel",
            "reason": "Ten years of practice; proof seen by two officers.",
            "starts_on": dt.date(2026, 1, 1),
            "ends_on": dt.date(2028, 12, 31),
            **facts,
        },
    )
    return save_as(made, actor=None, reason=REASON)


def attempt(of: ProcedureCase) -> Submission:
    """The latest attempt of a case."""
    return Submission.objects.latest_of(of)


def place_in_file(case: ProcedureCase, position: int) -> ProcedureCase:
    """The order of hand-in decides the number of markers: two from the third case on."""
    case.position = position
    return save_as(case, actor=None, reason=REASON, fields=["position"])


def allocation(
    submission: Submission,
    *,
    kind: str = "first",
    stage: str = "procedure",
    to: User | None = None,
    state: str = "accepted",
    **facts: object,
) -> Allocation:
    """A piece of marking; ``facts`` may move its days."""
    ended = {"submitted", "declined", "recused", "lapsed"}
    made = Allocation(
        submission=submission,
        round=submission.round,
        kind=kind,
        marking_stage=stage,
        assessor=to or assessor(),
        state=state,
        **{
            "offered_at": AT,
            "accepted_at": AT if state in {"accepted", "submitted"} else None,
            "due_at": AT + dt.timedelta(days=7),
            "ended_at": AT if state in ended else None,
            "note": "I know this work." if state in {"declined", "recused"} else "",
            **facts,
        },
    )
    return save_as(made, actor=None, reason=REASON)


def marks(
    submission: Submission,
    levels: Mapping[str, int],
    *,
    kind: str = "first",
    stage: str | None = None,
    by: User | None = None,
    events: Mapping[str, str] | None = None,
    feedback: str = "Steady work.",
) -> list[Assessment]:
    """Submitted marks of one marker, written as rows; without ``stage`` split over both stages as they belong.

    Nothing is moved on by it: call ``advancing.advance`` for that. Levels below the standard get a reason and,
    where the rubric asks, the fault ``patchy``.
    """
    by = by or assessor()
    criteria = {row.code: row for row in submission.case.scheme_version.rubric.criteria.all()}
    needs_fault = submission.case.scheme_version.rubric.reasons["fault_code_required_for"]
    stages = [stage] if stage else sorted({criteria[code].stage for code in levels}, reverse=True)
    if kind == AllocationKind.THIRD and stage is None:
        stages = [MarkingStage.HEALED]
    made = []
    for each in stages:
        piece = allocation(submission, kind=kind, stage=each, to=by, state="submitted")
        assessment = Assessment(
            allocation=piece, state="submitted", begun_at=AT, submitted_at=AT, feedback=feedback
        )
        save_as(assessment, actor=by, reason=REASON)
        for code, level in levels.items():
            if stage is None and kind != AllocationKind.THIRD and criteria[code].stage != each:
                continue
            low = level < 2
            Judgement.objects.create(
                assessment=assessment,
                criterion=criteria[code],
                level=level,
                below=low,
                asks_fault=code in needs_fault,
                reason=REASON_TEXT if low else "",
                faults=["patchy"] if low and code in needs_fault else [],
            )
        for event, why in (events or {}).items():
            NamedEvent.objects.create(assessment=assessment, event=event, why=why)
        events = None
        made.append(assessment)
    return made


def answer(submission: Submission, event: str, *, confirmed: bool, stage: str = "procedure") -> Confirmation:
    """A second assessor's answer to a named event."""
    piece = allocation(submission, kind="confirm", stage=stage, state="submitted")
    return Confirmation.objects.create(
        allocation=piece,
        event=event,
        answer="confirmed" if confirmed else "not_confirmed",
        why="The labels in the photograph show it plainly.",
        answered_at=AT,
    )


def frozen(submission: Submission, *, stage: str = "procedure") -> Manifest:
    """A manifest as hand-in makes it, of what the case holds now."""
    from certification.cases import Part
    from certification.readiness import record_of
    from certification.submitting import freeze

    part = Part.PROCEDURE if stage == "procedure" else Part.HEALED
    return freeze(submission, record_of(submission.case, at=AT, on=AT.date()), part, at=AT, on=AT.date())
