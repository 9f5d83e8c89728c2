"""Marks → total, outcome and band. Pure, exact, and the only place where levels become points.

A total is the sum of weight × percent of the level; a strong hairline cannot make up for poor hygiene, so each
test counts by itself. Numbers come from the rubric and the scheme version, none stands here.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from certification.terms import number

Levels = Mapping[str, int | Fraction]
"""Code of a criterion → level 0–4; half levels where two markers' levels are shown as their mean."""


class Outcome(enum.StrEnum):
    """How an attempt ends."""

    PASS = "pass"  # noqa: S105 – a result, no secret.
    REFERRED = "referred"
    FAILED = "failed"


class Band(enum.StrEnum):
    """A word beside a pass. It triggers nothing."""

    NONE = "none"
    MERIT = "merit"
    DISTINCTION = "distinction"


class Asked(enum.StrEnum):
    """What a pass asks for, each by itself."""

    TOTAL = "total"
    CRITICAL = "critical"
    AT_0 = "at_0"
    AT_1 = "at_1"
    AUTOFAIL = "autofail"


@dataclass(frozen=True)
class Missed:
    """A test that was not met, and the criteria that missed it."""

    test: Asked
    criteria: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grid:
    """A rubric version as marking sees it. Weights add up to 100."""

    weights: Mapping[str, int]
    critical: Set[str]
    percents: Mapping[int, int]
    healed: Set[str]
    """Criteria that are marked when the skin has healed."""
    standard: int
    """The level that meets the standard: anything below it needs a reason."""

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Grid:
        """Read ``rubric.json``."""
        return cls(
            weights={row["code"]: row["weight"] for row in data["criteria"]},
            critical=frozenset(row["code"] for row in data["criteria"] if row["critical"]),
            percents={row["level"]: row["percent"] for row in data["levels"]},
            healed=frozenset(row["code"] for row in data["criteria"] if row["stage"] == "healed"),
            standard=data["reasons"]["level_below"],
        )


@dataclass(frozen=True)
class PassRule:
    """What a pass asks for (``outcomes`` of the scheme)."""

    total_min: int
    critical_min: int
    at_0_max: int
    at_1_max: int
    merit_min: int
    distinction_min: int

    @classmethod
    def of(cls, outcomes: Mapping[str, Any]) -> PassRule:
        asked, bands = outcomes["pass"], outcomes["bands"]
        return cls(
            total_min=number(asked["total_min"]),
            critical_min=number(asked["critical_level_min"]),
            at_0_max=number(asked["criteria_at_0_max"]),
            at_1_max=number(asked["criteria_at_1_max"]),
            merit_min=number(bands["merit"]),
            distinction_min=number(bands["distinction"]),
        )


@dataclass(frozen=True)
class Grade:
    """The result of one set of marks. ``total`` is exact; pages show one decimal, halves up."""

    total: Fraction
    outcome: Outcome
    band: Band
    missed: tuple[Missed, ...] = field(default=())


def grade(levels: Levels, *, grid: Grid, rule: PassRule, last_attempt: bool, autofail: bool = False) -> Grade:
    """The result of a full set of levels. ``autofail``: an event of that kind was confirmed.

    A miss is *referred* while attempts are left, *failed* at the last attempt and on a confirmed event.
    Raises ValueError unless every criterion of the grid has a level, and no other has.
    """
    if levels.keys() != grid.weights.keys():
        raise ValueError("A result needs a level for each criterion of the rubric.")
    total = points(levels, grid=grid)
    missed = _missed(levels, total, grid=grid, rule=rule, autofail=autofail)
    outcome = _outcome(missed, last_attempt=last_attempt)
    return Grade(total, outcome, band(total, missed=bool(missed), rule=rule), missed)


def points(levels: Levels, *, grid: Grid) -> Fraction:
    """The points of these criteria, exact. Of all of them: the total."""
    each = (Fraction(grid.weights[code] * _percent(level, grid), 100) for code, level in levels.items())
    return sum(each, Fraction())


def possible(codes: Set[str], *, grid: Grid) -> int:
    """The most that these criteria can bring: 92 without the healed result."""
    return sum(grid.weights[code] for code in codes)


def sure_failure(levels: Levels, *, grid: Grid, rule: PassRule, autofail: bool = False) -> tuple[Missed, ...]:
    """What is missed whatever the healed result brings; empty while a pass is still possible.

    ``levels``: those of the procedure, all of them.
    """
    best = max(grid.percents)
    full = {**levels, **dict.fromkeys(grid.healed, best)}
    return grade(full, grid=grid, rule=rule, last_attempt=False, autofail=autofail).missed


def band(total: Fraction, *, missed: bool, rule: PassRule) -> Band:
    """The word beside a pass; none beside anything else."""
    if missed or total < rule.merit_min:
        return Band.NONE
    return Band.DISTINCTION if total >= rule.distinction_min else Band.MERIT


def marked_again(*sets: Levels, grid: Grid) -> frozenset[str]:
    """Which criteria a correction of the same case marks again, after these sets of marks; the others are carried.

    Those that any set has below the standard or lacks. When the total alone was missed, every one.
    """
    low = {code for levels in sets for code in grid.weights if code not in levels or levels[code] < grid.standard}
    return frozenset(low or grid.weights)


def _missed(levels: Levels, total: Fraction, *, grid: Grid, rule: PassRule, autofail: bool) -> tuple[Missed, ...]:
    def at(level: int) -> tuple[str, ...]:
        return tuple(sorted(code for code, given in levels.items() if given == level))

    low = tuple(sorted(code for code in grid.critical if levels[code] < rule.critical_min))
    tests = (
        (autofail, Missed(Asked.AUTOFAIL)),
        (total < rule.total_min, Missed(Asked.TOTAL)),
        (bool(low), Missed(Asked.CRITICAL, low)),
        (len(at(0)) > rule.at_0_max, Missed(Asked.AT_0, at(0))),
        (len(at(1)) > rule.at_1_max, Missed(Asked.AT_1, at(1))),
    )
    return tuple(missed for fails, missed in tests if fails)


def _outcome(missed: tuple[Missed, ...], *, last_attempt: bool) -> Outcome:
    if not missed:
        return Outcome.PASS
    confirmed = any(each.test is Asked.AUTOFAIL for each in missed)
    return Outcome.FAILED if confirmed or last_attempt else Outcome.REFERRED


def _percent(level: int | Fraction, grid: Grid) -> int:
    percent = grid.percents.get(int(level)) if level == int(level) else None
    if percent is None:
        raise ValueError(f"{level} is no level.")
    return percent
