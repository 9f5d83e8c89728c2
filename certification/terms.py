"""The numbers of a scheme version, read from its data once. Pure.

Every number stands in ``starter/data/scheme.json`` as ``{value, source, unit}``; nothing here repeats one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Prerequisites:
    """What a person needs before their cases are assessed."""

    age_years: int
    guided_hours: int
    training_days: int
    """Days for which bloodborne training counts after the day of its completion."""
    practice_exercises: int
    live_procedures: int


@dataclass(frozen=True)
class Cases:
    """What makes a case file complete."""

    passed: int
    treatments: int
    skin_bands: int
    attempts: int
    """How often a case may be handed in, its corrections and replacements counted."""


@dataclass(frozen=True)
class Terms:
    """A scheme version as code reads it. Further parts are read where they are used, from ``rules``."""

    prerequisites: Prerequisites
    cases: Cases
    healed_days: int
    """Days from the last session or touch-up to the first day of a healed photograph."""
    double_from_position: int
    """From this case of a file on, two assessors mark."""

    @classmethod
    def of(cls, rules: Mapping[str, Any]) -> Terms:
        """Read the data.

        Raises KeyError, TypeError or ValueError when it lacks a number: such a version is never approved.
        """
        asked, cases = rules["prerequisites"], rules["cases"]
        return cls(
            prerequisites=Prerequisites(
                age_years=number(asked["age_min"]),
                guided_hours=number(asked["guided_hours"]),
                training_days=number(asked["bbp_proof_max_age"]),
                practice_exercises=number(asked["practice_exercises"]),
                live_procedures=number(asked["live_procedures"]),
            ),
            cases=Cases(
                passed=number(cases["passed_min"]),
                treatments=number(cases["treatments_min"]),
                skin_bands=number(cases["skin_bands_min"]),
                attempts=number(cases["limit_attempts"]),
            ),
            healed_days=number(rules["stages"]["healed"]["earliest_days"]),
            double_from_position=number(rules["markers"]["double_from_position"]),
        )


def number(entry: Mapping[str, Any]) -> int:
    value = entry["value"]
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} is no whole number.")
    if value < 0:
        raise ValueError(f"{value} is negative.")
    return value
