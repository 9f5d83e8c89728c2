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
class Assessors:
    """What a person needs to be authorised as an assessor, and for how long a founding panel may assess."""

    certified_years: int
    logged_cases: int
    founding_months: int
    """Months after the scheme took effect until the founding panel ends."""


@dataclass(frozen=True)
class Terms:
    """A scheme version as code reads it. Further parts are read where they are used, from ``rules``."""

    prerequisites: Prerequisites
    cases: Cases
    healed_days: int
    """Days from the last session or touch-up to the first day of a healed photograph."""
    double_from_position: int
    """From this case of a file on, two assessors mark."""
    lease_days: int
    """Days from acceptance until the marks are due."""
    feedback_days: int
    """Days from complete evidence until the result is to be released (T20)."""
    assessors: Assessors

    def markers(self, position: int) -> int:
        """How many assessors mark the case at this place of a file: 1 or 2."""
        return 2 if position >= self.double_from_position else 1

    @classmethod
    def of(cls, rules: Mapping[str, Any]) -> Terms:
        """Read the data.

        Raises KeyError, TypeError or ValueError when it lacks a number: such a version is never approved.
        """
        asked, cases = rules["prerequisites"], rules["cases"]
        authorised = rules["assessors"]["authorisation"]
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
            lease_days=number(rules["markers"]["allocation_lease"]),
            feedback_days=number(rules["feedback"]["due"]),
            assessors=Assessors(
                certified_years=number(authorised["experience"]["certified_years"]),
                logged_cases=number(authorised["experience"]["logged_cases"]),
                founding_months=number(authorised["founding_panel"]["ends_after"]),
            ),
        )


def number(entry: Mapping[str, Any]) -> int:
    value = entry["value"]
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} is no whole number.")
    if value < 0:
        raise ValueError(f"{value} is negative.")
    return value
