"""What an attempt waits for next, and what its marks come to. Pure.

A board holds everything that was marked in one round of an attempt. ``step`` reads it and says which markers are
needed at which stage, that healed photographs are awaited, or the verdict. Nothing else decides these things: the
office's work list, the desk and the move of a case all ask here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from fractions import Fraction

from certification import agreement, grading
from certification.agreement import Difference, Tolerance
from certification.grading import Asked, Band, Grade, Grid, Levels, Missed, Outcome, PassRule
from certification.values import AllocationKind, Basis, MarkingStage

FIRST, SECOND, CONFIRM, THIRD = (
    AllocationKind.FIRST,
    AllocationKind.SECOND,
    AllocationKind.CONFIRM,
    AllocationKind.THIRD,
)


@dataclass(frozen=True)
class Marks:
    """What one marker gave so far, over both stages: levels, and the auto-fail events they named."""

    levels: Mapping[str, int]
    events: Set[str] = frozenset()


@dataclass(frozen=True)
class Board:
    """One round of marking.

    ``codes`` are the criteria to mark in it; levels of the others are carried from the attempt before, for each
    marker their own. ``answers``: event → whether a second assessor confirmed it. ``healed_in``: the healed
    photographs were handed in.
    """

    grid: Grid
    rule: PassRule
    tolerance: Tolerance
    double: bool
    last_attempt: bool
    codes: Set[str]
    healed_in: bool
    carried: Mapping[AllocationKind, Levels] = field(default_factory=dict)
    marks: Mapping[AllocationKind, Marks] = field(default_factory=dict)
    answers: Mapping[str, bool] = field(default_factory=dict)

    @property
    def markers(self) -> tuple[AllocationKind, ...]:
        return (FIRST, SECOND) if self.double else (FIRST,)

    def codes_at(self, stage: MarkingStage) -> frozenset[str]:
        """The criteria of this round that are marked at a stage."""
        healed = stage is MarkingStage.HEALED
        return frozenset(code for code in self.codes if (code in self.grid.healed) is healed)

    def given(self, kind: AllocationKind) -> Marks:
        return self.marks.get(kind, Marks({}))

    def levels(self, kind: AllocationKind) -> dict[str, int | Fraction]:
        """A marker's levels, the carried ones with them."""
        return {**self.carried.get(kind, {}), **self.given(kind).levels}


@dataclass(frozen=True)
class Wait:
    """These kinds of markers are still needed at this stage. ``differences``: why a third is asked."""

    stage: MarkingStage
    kinds: frozenset[AllocationKind]
    differences: tuple[Difference, ...] = ()
    disputed: frozenset[str] = frozenset()
    """Auto-fail events that were named and not confirmed."""


@dataclass(frozen=True)
class AwaitHealed:
    """The procedure is marked; the healed photographs are not in yet."""


@dataclass(frozen=True)
class Verdict:
    """What an attempt came to.

    ``total`` is None on a sure failure, where ``points`` of ``possible`` are told instead. ``sets`` are the levels
    that stand, one set or two; ``levels`` are what is shown: the mean of two. ``again``: the criteria that a
    correction marks again.
    """

    basis: Basis
    outcome: Outcome
    band: Band
    total: Fraction | None
    points: Fraction
    possible: int
    levels: Mapping[str, Fraction]
    sets: tuple[Mapping[str, int | Fraction], ...]
    missed: tuple[Missed, ...]
    confirmed: frozenset[str]
    again: frozenset[str]


Step = Wait | AwaitHealed | Verdict


def step(board: Board) -> Step:
    """What comes next in this round."""
    return _procedure(board) or _healed(board) or _conclusion(board)


# Stage by stage -------------------------------------------------------------------------------------


def _procedure(board: Board) -> Step | None:
    """What the procedure stage still asks; None when it is locked and the healed stage may go on."""
    stage = MarkingStage.PROCEDURE
    if lacking := _lacking(board, stage):
        return Wait(stage, lacking)
    if _unanswered(board):
        return Wait(MarkingStage.HEALED if _healed_begun(board) else stage, frozenset({CONFIRM}))
    if not board.codes_at(MarkingStage.HEALED) or board.healed_in:
        return None
    return _sure_failure(board) or AwaitHealed()


def _healed(board: Board) -> Step | None:
    """What the healed stage still asks; None when it is marked, or left to the third assessor."""
    stage = MarkingStage.HEALED
    lacking = _lacking(board, stage)
    # A dispute of before skips the stage. Where one of two has marked it, the other may still name the same event.
    if not lacking or (_disputed(board) and lacking == frozenset(board.markers)):
        return None
    return Wait(stage, lacking)


def _conclusion(board: Board) -> Step:
    """All markers are done: their joint result, or the third assessor and theirs."""
    stage = MarkingStage.HEALED if board.codes_at(MarkingStage.HEALED) else MarkingStage.PROCEDURE
    grades = [_grade(board, board.levels(kind), confirmed=bool(_confirmed(board))) for kind in _graded(board)]
    disputed = _disputed(board)
    apart: list[Difference] = []
    if len(grades) == 2 and not disputed:
        one, two = (board.levels(kind) for kind in board.markers)
        both = (grades[0], grades[1])
        apart = agreement.differences(one, two, grades=both, grid=board.grid, tolerance=board.tolerance)
    if disputed or apart:
        return _third(board, stage, tuple(apart), disputed)
    sets = tuple(board.levels(kind) for kind in board.markers)
    confirmed = _confirmed(board)
    if len(grades) == 1:
        return _verdict(board, Basis.SINGLE, grades[0], sets, confirmed)
    agreed = agreement.together(*sets, grades=(grades[0], grades[1]), rule=board.rule)
    joint = Grade(agreed.total, agreed.outcome, agreed.band, _missed_by_any(grades))
    return _verdict(board, Basis.AGREED, joint, sets, confirmed)


def _third(
    board: Board, stage: MarkingStage, apart: tuple[Difference, ...], disputed: frozenset[str]
) -> Wait | Verdict:
    """The third assessor marks every criterion, and that mark stands alone.

    An event that two confirmed before stays confirmed: it fails whatever the total.
    """
    third = board.given(THIRD)
    if third.levels.keys() != board.grid.weights.keys():
        return Wait(stage, frozenset({THIRD}), apart, disputed)
    named_before = frozenset[str]().union(*(board.given(kind).events for kind in board.markers))
    new = third.events - named_before
    if new - board.answers.keys():
        return Wait(stage, frozenset({CONFIRM}), apart, disputed)
    answered = {event for event in new if board.answers[event]}
    confirmed = _confirmed(board) | (third.events & named_before) | answered
    given = _grade(board, third.levels, confirmed=bool(confirmed))
    return _verdict(board, Basis.THIRD, given, (third.levels,), confirmed)


def _sure_failure(board: Board) -> Verdict | None:
    """The result while no level of the healed criteria could make the case pass; None when one could.

    Each set of marks must say so. An event that one marker named and a second assessor did not confirm waits for
    the third, who marks the whole case.
    """
    if _disputed(board) and not board.double:
        return None
    confirmed = _confirmed(board)
    sets = tuple(board.levels(kind) for kind in board.markers)
    misses = [
        grading.sure_failure(levels, grid=board.grid, rule=board.rule, autofail=bool(confirmed)) for levels in sets
    ]
    if not all(misses):
        return None
    scores = [grading.points(levels, grid=board.grid) for levels in sets]
    failed = bool(confirmed) or board.last_attempt
    return Verdict(
        basis=Basis.AGREED if board.double else Basis.SINGLE,
        outcome=Outcome.FAILED if failed else Outcome.REFERRED,
        band=Band.NONE,
        total=None,
        points=sum(scores, Fraction()) / len(scores),
        possible=grading.possible(sets[0].keys(), grid=board.grid),
        levels=agreement.means(sets),
        sets=sets,
        missed=_joined(misses),
        confirmed=confirmed,
        again=grading.marked_again(*sets, grid=board.grid),
    )


# Auto-fail events -----------------------------------------------------------------------------------


def _unanswered(board: Board) -> bool:
    """Whether a single marker named an event that nobody has answered yet."""
    return not board.double and bool(board.given(FIRST).events - board.answers.keys())


def _confirmed(board: Board) -> frozenset[str]:
    """Events that count: named by both markers, or confirmed by a second assessor."""
    first = board.given(FIRST).events
    if board.double:
        return frozenset(first & board.given(SECOND).events)
    return frozenset(event for event in first if board.answers.get(event))


def _disputed(board: Board) -> frozenset[str]:
    """Events that were named and answered, of which none is confirmed: a third assessor marks the case."""
    if _confirmed(board):
        return frozenset()
    named = frozenset[str]().union(*(board.given(kind).events for kind in board.markers))
    return named if board.double else frozenset(named & board.answers.keys())


# Numbers --------------------------------------------------------------------------------------------


def _lacking(board: Board, stage: MarkingStage) -> frozenset[AllocationKind]:
    codes = board.codes_at(stage)
    return frozenset(kind for kind in board.markers if not codes <= board.given(kind).levels.keys())


def _healed_begun(board: Board) -> bool:
    healed = board.codes_at(MarkingStage.HEALED)
    return bool(healed) and healed <= board.given(FIRST).levels.keys()


def _graded(board: Board) -> Iterable[AllocationKind]:
    """Markers whose set is whole; with a dispute at the procedure stage nobody's is."""
    return [kind for kind in board.markers if board.levels(kind).keys() == board.grid.weights.keys()]


def _grade(board: Board, levels: Levels, *, confirmed: bool) -> Grade:
    return grading.grade(
        levels, grid=board.grid, rule=board.rule, last_attempt=board.last_attempt, autofail=confirmed
    )


def _verdict(
    board: Board,
    basis: Basis,
    given: Grade,
    sets: tuple[Mapping[str, int | Fraction], ...],
    confirmed: frozenset[str],
) -> Verdict:
    return Verdict(
        basis=basis,
        outcome=given.outcome,
        band=given.band,
        total=given.total,
        points=given.total,
        possible=grading.possible(board.grid.weights.keys(), grid=board.grid),
        levels=agreement.means(sets),
        sets=sets,
        missed=given.missed,
        confirmed=confirmed,
        again=grading.marked_again(*sets, grid=board.grid),
    )


def _missed_by_any(grades: Sequence[Grade]) -> tuple[Missed, ...]:
    return _joined([grade.missed for grade in grades])


def _joined(misses: Sequence[Sequence[Missed]]) -> tuple[Missed, ...]:
    """What any of the markers found missed, each test once."""
    found: dict[Asked, set[str]] = {}
    for missed in (each for one in misses for each in one):
        found.setdefault(missed.test, set()).update(missed.criteria)
    return tuple(Missed(test, tuple(sorted(codes))) for test, codes in found.items())
