"""The board of an attempt, read from its rows: what was marked so far, and what was carried."""

from collections.abc import Mapping
from typing import Any

from certification.agreement import Tolerance
from certification.grading import PassRule
from certification.marking import Board, Marks
from certification.models import Assessment, Confirmation, Result, Submission
from certification.rubrics import grid_of
from certification.values import (
    MARKING,
    AllocationKind,
    AssessmentState,
    ConfirmAnswer,
    SubmissionKind,
)


def board_of(submission: Submission) -> Board:
    """Everything that was submitted in the attempt's present round."""
    version = submission.case.scheme_version
    grid = grid_of(version.rubric)
    former = _former(submission)
    codes = frozenset(former.again) if former else frozenset(grid.weights)
    position = submission.case.position
    return Board(
        grid=grid,
        rule=PassRule.of(version.rules["outcomes"]),
        tolerance=Tolerance.of(version.rules["agreement"]),
        # A quality review asks one new marker, whose marks stand for all.
        double=submission.round == 1 and position is not None and version.terms.markers(position) == 2,
        last_attempt=submission.number >= version.terms.cases.attempts,
        codes=codes,
        healed_in=submission.healed_in_at is not None,
        carried=_carried(former, codes),
        marks=_marks(submission),
        answers=_answers(submission),
    )


def _former(submission: Submission) -> Result | None:
    """The result that a correction goes on from; None when everything is marked."""
    if submission.kind != SubmissionKind.CORRECTION or submission.round > 1:
        return None
    return Result.objects.before(submission).last()


def _carried(former: Result | None, codes: frozenset[str]) -> dict[AllocationKind, Mapping[str, int]]:
    """Each marker's own levels of before; both have the same where one set stands."""
    if former is None:
        return {}
    first, *rest = former.sets
    sets = {AllocationKind.FIRST: first, AllocationKind.SECOND: rest[0] if rest else first}
    return {
        kind: {code: level for code, level in levels.items() if code not in codes} for kind, levels in sets.items()
    }


def _marks(submission: Submission) -> dict[AllocationKind, Marks]:
    assessments = (
        Assessment.objects.filter(
            allocation__submission=submission,
            allocation__round=submission.round,
            allocation__kind__in=MARKING,
            state=AssessmentState.SUBMITTED,
        )
        .select_related("allocation")
        .prefetch_related("judgements__criterion", "events")
    )
    levels: dict[AllocationKind, dict[str, int]] = {}
    events: dict[AllocationKind, set[str]] = {}
    for each in assessments:
        kind = AllocationKind(each.allocation.kind)
        levels.setdefault(kind, {}).update({row.criterion.code: row.level for row in each.judgements.all()})
        events.setdefault(kind, set()).update(row.event for row in each.events.all())
    return {kind: Marks(levels[kind], frozenset(events[kind])) for kind in levels}


def _answers(submission: Submission) -> dict[str, bool]:
    rows: Any = Confirmation.objects.filter(allocation__submission=submission, allocation__round=submission.round)
    return {row.event: row.answer == ConfirmAnswer.CONFIRMED for row in rows}
