"""A rubric version as marking and its pages read it."""

from typing import Any

from certification.grading import Grid
from certification.models import Criterion, RubricVersion
from certification.values import MarkingStage


def criteria_of(version: RubricVersion) -> list[Criterion]:
    """The criteria in their order, each with its levels."""
    return list(version.criteria.prefetch_related("levels").order_by("code"))


def grid_of(version: RubricVersion, criteria: list[Criterion] | None = None) -> Grid:
    """The numbers of a version; ``criteria`` when they are read already. Two queries otherwise."""
    rows = criteria_of(version) if criteria is None else criteria
    return Grid(
        weights={row.code: row.weight for row in rows},
        critical=frozenset(row.code for row in rows if row.critical),
        percents={level.level: level.percent for row in rows for level in row.levels.all()},
        healed=frozenset(row.code for row in rows if row.stage == MarkingStage.HEALED),
        standard=version.reasons["level_below"],
    )


def events_of(version: RubricVersion, stage: str | None = None) -> list[dict[str, Any]]:
    """Auto-fail events that may be named at a stage, ``{code, text, stage}``; all of them without a stage."""
    return [row for row in version.autofail if stage is None or row["stage"] in (stage, "any")]
