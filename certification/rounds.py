"""Every round of an attempt's marking, side by side, as the office reads it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from certification import boards, grading, results
from certification.agreement import Difference
from certification.grading import Grid, PassRule
from certification.models import Agreement, Assessment, Confirmation, Criterion, Judgement, Result, Submission
from certification.rubrics import criteria_of, grid_of
from certification.values import MARKING, AllocationKind, AssessmentState, CaseBand
from courses.treatments import FaultCode

WHY_THIRD = {
    Difference.TOTALS: "Their totals are too far apart.",
    Difference.OUTCOMES: "They come to different outcomes.",
    Difference.CRITICAL: "On a critical criterion one is below the standard and the other is not.",
    Difference.GAP: "On one criterion they are too many levels apart.",
}


@dataclass(frozen=True)
class Cell:
    """What one marker gave for one criterion; no level: not marked, or carried."""

    level: str
    reason: str = ""
    faults: Sequence[str] = ()
    comment: str = ""


@dataclass(frozen=True)
class Column:
    """The submitted marks of one kind of marker, over both stages."""

    kind: str
    names: str
    total: str
    events: Sequence[tuple[str, str]]
    feedback: Sequence[str]


@dataclass(frozen=True)
class Round:
    """One round of marking, as the office reads it."""

    number: int
    columns: Sequence[Column]
    rows: Sequence[tuple[Criterion, Sequence[Cell]]]
    answers: Sequence[Confirmation]
    why_third: Sequence[str]
    result: Result | None
    outcome: str
    score: str
    missed: Sequence[str]


def rounds_of(submission: Submission) -> list[Round]:
    """Every round in which something was marked, the newest first."""
    version = submission.case.scheme_version
    criteria = criteria_of(version.rubric)
    grid, rule = grid_of(version.rubric, criteria), PassRule.of(version.rules["outcomes"])
    marks = Assessment.objects.filter(
        allocation__submission=submission, allocation__kind__in=MARKING, state=AssessmentState.SUBMITTED
    )
    pieces: dict[int, dict[str, list[Assessment]]] = {}
    for each in (
        marks.select_related("allocation__assessor")
        .prefetch_related("judgements__criterion", "events")
        .order_by("allocation__marking_stage", "pk")
    ):
        by_kind = pieces.setdefault(each.allocation.round, {})
        by_kind.setdefault(each.allocation.kind, []).append(each)
    agreements = {each.round: each for each in submission.agreements.all()}
    found = {each.round: each for each in submission.results.all()}
    answers: dict[int, list[Confirmation]] = {}
    for row in Confirmation.objects.filter(allocation__submission=submission).select_related(
        "allocation__assessor"
    ):
        answers.setdefault(row.allocation.round, []).append(row)
    carried = boards.board_of(submission).carried if pieces else {}
    rounds = []
    for number in sorted(pieces, reverse=True):
        kinds = [kind for kind in AllocationKind if kind in pieces[number]]
        now = carried if number == submission.round else {}
        levels = {kind: {**now.get(kind, {}), **_levels(pieces[number][kind])} for kind in kinds}
        result = found.get(number)
        names = {row.code: row.name for row in criteria}
        rounds.append(
            Round(
                number=number,
                columns=[_column(kind, pieces[number][kind], levels[kind], grid) for kind in kinds],
                rows=[
                    (row, [_cell(row.code, pieces[number][kind], now.get(kind, {})) for kind in kinds])
                    for row in criteria
                ],
                answers=answers.get(number, []),
                why_third=_why_third(agreements.get(number)),
                result=result,
                outcome=outcome_of(result),
                score=results.score_of(result) if result else "",
                missed=results.missed_of(result, rule, names) if result else [],
            )
        )
    return rounds


def _judgements(pieces: Iterable[Assessment]) -> dict[str, Judgement]:
    return {row.criterion.code: row for each in pieces for row in each.judgements.all()}


def _levels(pieces: Iterable[Assessment]) -> dict[str, int]:
    return {code: row.level for code, row in _judgements(pieces).items()}


def _column(kind: AllocationKind, pieces: Sequence[Assessment], levels: dict[str, Any], grid: Grid) -> Column:
    names = dict.fromkeys(each.allocation.assessor.name for each in pieces)
    is_whole = levels.keys() == grid.weights.keys()
    points = results.shown(grading.points(levels, grid=grid))
    return Column(
        kind=kind.label,
        names=" and ".join(names),
        total=points if is_whole else f"{points} of {grading.possible(levels.keys(), grid=grid)} so far",
        events=[(row.event, row.why) for each in pieces for row in each.events.all()],
        feedback=[each.feedback for each in pieces if each.feedback],
    )


def _cell(code: str, pieces: Sequence[Assessment], carried: Any) -> Cell:
    row = _judgements(pieces).get(code)
    if row is None:
        return Cell(f"{carried[code]} (carried)" if code in carried else "")
    return Cell(str(row.level), row.reason, [FaultCode(fault).label for fault in row.faults], row.comment)


def _why_third(agreement: Agreement | None) -> list[str]:
    if agreement is None:
        return []
    disputed = [f"Event {event} was named and not confirmed." for event in agreement.disputed]
    return [*(WHY_THIRD[Difference(each)] for each in agreement.differences), *disputed]


def outcome_of(result: Result | None) -> str:
    """``Pass, merit (One marker)``; empty without a result."""
    if result is None:
        return ""
    band = f", {result.get_band_display().lower()}" if result.band != CaseBand.NONE else ""
    return f"{result.get_outcome_display()}{band} ({result.get_basis_display().lower()})"
