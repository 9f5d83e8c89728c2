"""Two markers of one case: whether they agree, and what their marks come to together. Pure.

They are compared once, on exact values, when both have marked everything. Where they truly differ a third
assessor marks the whole case, and that mark stands alone.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from certification import grading
from certification.grading import Band, Grade, Grid, Levels, Outcome, PassRule
from certification.terms import number


class Difference(enum.StrEnum):
    """Why a third assessor is asked."""

    TOTALS = "totals_differ"
    OUTCOMES = "outcomes_differ"
    CRITICAL = "critical_straddle"
    GAP = "criterion_gap"


@dataclass(frozen=True)
class Tolerance:
    """How far two markers may be apart (``agreement.third_assessor_if_any`` of the scheme)."""

    points: int
    """Totals may differ by so many points, and no more."""
    critical_level: int
    """On a critical criterion both stand below this level, or neither does."""
    gap: int
    """So many levels apart on one criterion is too far."""

    @classmethod
    def of(cls, agreement: Mapping[str, Any]) -> Tolerance:
        limits = agreement["third_assessor_if_any"]
        return cls(
            points=number(limits["totals_differ"]),
            critical_level=number(limits["critical_straddle"]),
            gap=number(limits["criterion_gap"]),
        )


@dataclass(frozen=True)
class Agreed:
    """What two agreeing markers come to: the mean total, their common outcome, and the mean of each level."""

    total: Fraction
    outcome: Outcome
    band: Band
    levels: Mapping[str, Fraction]


def differences(
    first: Levels, second: Levels, *, grades: tuple[Grade, Grade], grid: Grid, tolerance: Tolerance
) -> list[Difference]:
    """Why a third assessor is needed, in the order of the scheme; empty when the two agree."""
    one, two = grades
    tests = {
        Difference.TOTALS: abs(one.total - two.total) > tolerance.points,
        Difference.OUTCOMES: one.outcome is not two.outcome,
        Difference.CRITICAL: any(
            (first[code] < tolerance.critical_level) is not (second[code] < tolerance.critical_level)
            for code in grid.critical
        ),
        Difference.GAP: any(abs(Fraction(first[code]) - second[code]) >= tolerance.gap for code in grid.weights),
    }
    return [difference for difference, holds in tests.items() if holds]


def together(first: Levels, second: Levels, *, grades: tuple[Grade, Grade], rule: PassRule) -> Agreed:
    """The joint result of two markers who agree. Raises ValueError when their outcomes differ."""
    one, two = grades
    if one.outcome is not two.outcome:
        raise ValueError("Markers with different outcomes do not agree.")
    total = (one.total + two.total) / 2
    return Agreed(
        total=total,
        outcome=one.outcome,
        band=grading.band(total, missed=one.outcome is not Outcome.PASS, rule=rule),
        levels=means([first, second]),
    )


def means(sets: Sequence[Levels]) -> dict[str, Fraction]:
    """The levels that are shown: of two sets the mean of each criterion, half levels possible."""
    return {code: sum((Fraction(levels[code]) for levels in sets), Fraction()) / len(sets) for code in sets[0]}
