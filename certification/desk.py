"""An assessor's desk: what is offered, what is in hand and how far it has come, what was handed in lately."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from certification import table_photos
from certification.models import Allocation, Criterion, Result
from certification.values import (
    LIVE,
    AllocationKind,
    AllocationState,
    MarkingStage,
    SubmissionKind,
    SubmissionState,
)
from training_site.common.days import body_day, in_words

LATELY = 10
"""Pieces of work that are over which the desk shows."""

SOON = dt.timedelta(days=2)
"""So long before it is due, a piece of work is marked as pressing."""


@dataclass(frozen=True)
class Piece:
    """A piece of marking on the desk. ``codes`` are the criteria that it asks, none where it asks a question.

    What kind of marker one is, is not told: it would say something about other marks.
    """

    allocation: Allocation
    codes: frozenset[str]
    marked: int
    photos: int
    at: dt.datetime

    @property
    def ref(self) -> str:
        return self.allocation.submission.case.ref

    @property
    def about(self) -> str:
        """Treatment and band of the skin: ``Crown density · medium (III–IV) skin``."""
        case = self.allocation.submission.case
        skin = f" · {case.skin_band.label} skin" if case.skin_band else ""
        return f"{case.get_treatment_display()}{skin}"

    @property
    def asked(self) -> str:
        """What is to be done, in a sentence."""
        if self.is_question:
            return "An answer: does the evidence show a named auto-fail event?"
        criteria = "one criterion" if len(self.codes) == 1 else f"{len(self.codes)} criteria"
        stage = MarkingStage(self.allocation.marking_stage).label.lower()
        what = "the healed result" if stage == "healed" else "the procedure"
        return f"Marks for {criteria}{'' if self.is_whole else f', {what}'}."

    @property
    def is_question(self) -> bool:
        return self.allocation.kind == AllocationKind.CONFIRM

    @property
    def is_whole(self) -> bool:
        return self.allocation.kind == AllocationKind.THIRD

    @property
    def lease_days(self) -> int:
        return self.allocation.submission.case.scheme_version.terms.lease_days

    @property
    def tone(self) -> str:
        return "caution" if self.allocation.due_at - self.at <= SOON else "wait"

    @property
    def due(self) -> str:
        return f"Due {in_words(body_day(self.allocation.due_at))}"

    @property
    def ended(self) -> str:
        """How a piece that is over ended."""
        assert self.allocation.ended_at is not None
        day = in_words(body_day(self.allocation.ended_at))
        if self.allocation.state == AllocationState.SUBMITTED:
            return f"Handed in on {day}."
        return f"The lease ended on {day}; your draft is kept."

    @property
    def is_open_to_read(self) -> bool:
        released = self.allocation.submission.state == SubmissionState.RELEASED
        return self.allocation.state == AllocationState.SUBMITTED and not released


@dataclass(frozen=True)
class Desk:
    offers: Sequence[Piece]
    in_hand: Sequence[Piece]
    over: Sequence[Piece]


def desk_of(assessor: Any, *, at: dt.datetime) -> Desk:
    """Everything on one's desk, in four queries; one more while a correction lies on it."""
    mine = Allocation.objects.for_user(assessor).select_related("submission__case__scheme_version")
    live = list(mine.filter(state__in=LIVE).select_related("assessment").order_by("due_at", "pk"))
    ended = mine.filter(state__in=[AllocationState.SUBMITTED, AllocationState.LAPSED], accepted_at__isnull=False)
    over = list(ended.order_by("-ended_at", "-pk")[:LATELY])
    rows = [*live, *over]
    codes, counts = _codes_of(live), table_photos.counts_of([row.submission for row in live])
    pieces = {
        row.pk: Piece(
            allocation=row,
            codes=codes.get(row.pk, frozenset()),
            marked=len(codes.get(row.pk, frozenset()) & _levels_in(row)) if row.is_live else 0,
            photos=counts.get(row.submission_id, 0),
            at=at,
        )
        for row in rows
    }
    return Desk(
        offers=[pieces[row.pk] for row in live if row.state == AllocationState.OFFERED],
        in_hand=[pieces[row.pk] for row in live if row.state == AllocationState.ACCEPTED],
        over=[pieces[row.pk] for row in over],
    )


def _levels_in(row: Allocation) -> frozenset[str]:
    """The criteria that have a level in the draft of a piece."""
    assessment = getattr(row, "assessment", None)
    levels = (assessment.draft.get("levels") or {}) if assessment else {}
    return frozenset(code for code, given in levels.items() if given["level"] is not None)


def _codes_of(rows: Sequence[Allocation]) -> dict[int, frozenset[str]]:
    """For each piece the criteria that it asks: as ``assessing.task_of``, for many at once."""
    rubrics = {row.submission.case.scheme_version.rubric_id for row in rows}
    criteria = list(Criterion.objects.filter(version__in=rubrics).values_list("version", "code", "stage"))
    again = _again(rows)
    found = {}
    for row in rows:
        rubric, only = row.submission.case.scheme_version.rubric_id, again.get(row.submission_id)
        if row.kind == AllocationKind.CONFIRM:
            continue
        found[row.pk] = frozenset(
            code
            for version, code, stage in criteria
            if version == rubric
            and (
                row.kind == AllocationKind.THIRD or (stage == row.marking_stage and (only is None or code in only))
            )
        )
    return found


def _again(rows: Sequence[Allocation]) -> Mapping[int, frozenset[str]]:
    """Of corrections the criteria that are marked again."""
    corrections = {
        row.submission_id: row.submission
        for row in rows
        if row.submission.kind == SubmissionKind.CORRECTION and row.submission.round == 1
    }
    if not corrections:
        return {}
    results = Result.objects.standing().filter(
        submission__case__in=[each.case_id for each in corrections.values()]
    )
    earlier = list(
        results.order_by("submission__number").values_list("submission__case", "submission__number", "again")
    )
    return {
        pk: frozenset(
            next(
                again for case, number, again in reversed(earlier) if case == each.case_id and number < each.number
            )
        )
        for pk, each in corrections.items()
    }
