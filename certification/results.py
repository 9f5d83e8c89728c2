"""What a candidate reads of a released result: levels, comments, what was missed, what may follow.

Comments are those of the marks that stand. Of two markers nobody learns which of them wrote what, or that a third
was asked: texts stand in the order of the alphabet, and pins are counted through.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from certification import attempts, cases
from certification.grading import Asked, PassRule
from certification.models import Annotation, Assessment, Criterion, Judgement, Photo, Result, Submission
from certification.rubrics import criteria_of
from certification.values import (
    AllocationKind,
    AssessmentState,
    Basis,
    CaseBand,
    CaseOutcome,
    MarkingStage,
    PhotoStage,
    SubmissionKind,
    SubmissionState,
)
from courses.treatments import FaultCode

STANDS_BY: dict[str, tuple[AllocationKind, ...]] = {
    Basis.SINGLE: (AllocationKind.FIRST,),
    Basis.AGREED: (AllocationKind.FIRST, AllocationKind.SECOND),
    Basis.THIRD: (AllocationKind.THIRD,),
}
"""Whose marks a result rests on."""

ORDER = [stage.value for stage in PhotoStage]

TONES = {CaseOutcome.PASS: "good", CaseOutcome.REFERRED: "caution", CaseOutcome.FAILED: "stop"}


@dataclass(frozen=True)
class Marked:
    """One criterion. ``level`` is shown, ``2.5`` for a mean, empty where it was never marked.

    ``carried``: the attempt from which the level was carried; None when it was marked in this one.
    """

    code: str
    name: str
    critical: bool
    level: str
    label: str
    descriptor: str
    reasons: Sequence[str]
    faults: Sequence[str]
    comments: Sequence[str]
    carried: int | None
    again: bool

    @property
    def texts(self) -> Sequence[str]:
        return [*self.reasons, *self.comments]


@dataclass(frozen=True)
class Pin:
    """A note on a photograph. ``x`` and ``y`` in percent of its width and height."""

    number: int
    x: float
    y: float
    text: str
    criterion: str


@dataclass(frozen=True)
class Pinned:
    """A photograph with the notes on it. ``kept``: its files are still there."""

    photo: Photo
    kept: bool
    pins: Sequence[Pin]


@dataclass(frozen=True)
class Told:
    """A released result as its candidate reads it."""

    submission: Submission
    result: Result
    outcome: str
    tone: str
    sentence: str
    score: str
    band: str
    missed: Sequence[str]
    events: Sequence[str]
    criteria: Sequence[Marked]
    pinned: Sequence[Pinned]
    notes: Sequence[str]
    kinds: Sequence[SubmissionKind] = field(default=())
    attempts_left: int = 0
    is_begun: bool = False
    """A correction is begun; a replacement takes its place."""

    @property
    def corrects(self) -> bool:
        """Whether a correction of the same case is open."""
        return SubmissionKind.CORRECTION in self.kinds

    @property
    def replaces(self) -> bool:
        """Whether a replacement is open."""
        return SubmissionKind.REPLACEMENT in self.kinds

    @property
    def again(self) -> Sequence[Marked]:
        """The criteria that a correction marks again."""
        return [each for each in self.criteria if each.again]


def shown(number: Decimal | Fraction) -> str:
    """An exact number of points with one decimal, halves up: 77.25 is shown as 77.3."""
    exact = number if isinstance(number, Decimal) else Decimal(number.numerator) / Decimal(number.denominator)
    return str(exact.quantize(Decimal("0.1"), ROUND_HALF_UP))


def released_of(candidate: Any, ref: str) -> list[Submission]:
    """One's own released attempts at a case, the newest first; empty for everybody else (K5)."""
    rows = Submission.objects.filter(
        case__ref=ref, case__practitioner=candidate, state=SubmissionState.RELEASED, results__isnull=False
    )
    return list(
        rows.select_related("case__scheme_version__rubric", "case__replaced_by").distinct().order_by("-number")
    )


def told(submission: Submission) -> Told:
    """The result of a released attempt. Raises ValueError for one that is not: nothing of it is told (K5)."""
    result = cases.standing_result(submission)
    if submission.state != SubmissionState.RELEASED or result is None:
        raise ValueError("This attempt has no released result.")
    # What is asked of the result reads the attempt as it was given, with what was read along.
    result.submission = submission
    version = submission.case.scheme_version
    rule = PassRule.of(version.rules["outcomes"])
    criteria = criteria_of(version.rubric)
    names = {row.code: row.name for row in criteria}
    standing = _standing(submission, result)
    kinds, left = attempts.kinds_open(result), attempts.attempts_left(submission)
    return Told(
        submission=submission,
        result=result,
        outcome=cases.OF_OUTCOME[CaseOutcome(result.outcome)].label,
        tone=TONES[CaseOutcome(result.outcome)],
        sentence=_sentence(submission, result, kinds, left),
        score=score_of(result),
        band=result.get_band_display() if result.band != CaseBand.NONE else "",
        missed=missed_of(result, rule, names),
        events=_events(result, standing),
        criteria=list(_marked(submission, result, criteria, standing)),
        pinned=_pinned(standing),
        notes=_notes(standing),
        kinds=kinds,
        attempts_left=left,
        is_begun=kinds == (SubmissionKind.REPLACEMENT,) and not attempts.over_in(result),
    )


def score_of(result: Result) -> str:
    """``77.2 of 100 points``, or what there was of points when a failure was sure without the healed result."""
    if result.total is None:
        return f"{shown(result.points)} of {result.possible} points so far"
    return f"{shown(result.total)} of {result.possible} points"


def missed_of(result: Result, rule: PassRule, names: dict[str, str]) -> list[str]:
    """What a pass would have asked for, one sentence for each test that was missed."""
    in_one = " in at least one of the two sets of marks" if result.basis == Basis.AGREED else ""

    def sentence(test: str, codes: Iterable[str]) -> str:
        named = _listed([names[code] for code in codes])
        if test == Asked.TOTAL and result.total is None:
            return f"Even with the best healed result the total would be below {rule.total_min} points."
        if test == Asked.TOTAL:
            return f"The total is below {rule.total_min} points."
        if test == Asked.CRITICAL:
            return f"Below level {rule.critical_min}, which a critical criterion must reach{in_one}: {named}."
        if test == Asked.AT_0:
            most = "No criterion" if rule.at_0_max == 0 else f"At most {rule.at_0_max} criteria"
            return f"{most} may be at level 0. At level 0{in_one}: {named}."
        if test == Asked.AT_1:
            return f"At most {rule.at_1_max} criteria may be at level 1. At level 1{in_one}: {named}."
        return "An event was confirmed that ends a case whatever its total."

    return [sentence(row["test"], row["criteria"]) for row in result.missed]


def marked_in(submission: Submission, result: Result, former: Result | None) -> frozenset[str]:
    """The criteria that were marked in this attempt itself; the others were carried from ``former``."""
    everything = frozenset(result.levels)
    carries = submission.kind == SubmissionKind.CORRECTION and submission.round == 1
    if former is None or not carries or result.basis == Basis.THIRD:
        return everything
    return frozenset(former.again)


# Parts ------------------------------------------------------------------------------------------------


def _sentence(submission: Submission, result: Result, kinds: Sequence[SubmissionKind], left: int) -> str:
    if result.outcome == CaseOutcome.PASS:
        return "This case meets the standard and counts for your file."
    if result.events:
        return "A confirmed event ends this case whatever its total. Another case may be added to your file."
    if result.outcome == CaseOutcome.FAILED:
        return (
            f"This was attempt {submission.number}, the last one, and the case does not meet the standard. "
            "It cannot be handed in again; another case may be added to your file."
        )
    if cases.replacement_of(submission.case) is not None:
        return f"This case did not meet the standard. Case {submission.case.replaced_by.ref} has taken its place."
    if not kinds:
        return "This attempt did not meet the standard yet, and another one was begun."
    more = "One attempt is" if left == 1 else f"{left} attempts are"
    return f"This case does not meet the standard yet. {more} left."


def _standing(submission: Submission, result: Result) -> list[Assessment]:
    """The submitted marks on which the result rests, with everything written in them."""
    rows = Assessment.objects.filter(
        allocation__submission=submission,
        allocation__round=result.round,
        allocation__kind__in=STANDS_BY[result.basis],
        state=AssessmentState.SUBMITTED,
    )
    return list(
        rows.select_related("allocation").prefetch_related(
            "judgements__criterion", "annotations__photo", "annotations__criterion", "events"
        )
    )


def _events(result: Result, standing: Sequence[Assessment]) -> list[str]:
    """The confirmed events in the words of the rubric, and what was written about them."""
    texts = {row["code"]: row["text"] for row in result.submission.case.scheme_version.rubric.autofail}
    written: dict[str, list[str]] = {}
    for each in standing:
        for row in each.events.all():
            written.setdefault(row.event, []).append(row.why)
    return [
        f"{texts.get(code, code)}. {' '.join(_sorted(written.get(code, [])))}".strip() for code in result.events
    ]


def _marked(
    submission: Submission, result: Result, criteria: Sequence[Criterion], standing: Sequence[Assessment]
) -> Iterable[Marked]:
    origins = _origins(submission, result)
    given: dict[str, list[Judgement]] = {}
    for each in standing:
        for row in each.judgements.all():
            given.setdefault(row.criterion.code, []).append(row)
    for criterion in criteria:
        code, rows = criterion.code, given.get(criterion.code, [])
        level = result.levels.get(code, "")
        label, descriptor = _described(criterion, level)
        origin = origins.get(code, submission.number)
        yield Marked(
            code=code,
            name=criterion.name,
            critical=criterion.critical,
            level=level,
            label=label,
            descriptor=descriptor,
            reasons=_sorted(row.reason for row in rows),
            faults=_sorted(FaultCode(fault).label for row in rows for fault in row.faults),
            comments=_sorted(row.comment for row in rows),
            carried=None if origin == submission.number else origin,
            again=result.outcome == CaseOutcome.REFERRED and code in result.again,
        )


def _origins(submission: Submission, result: Result) -> dict[str, int]:
    """Code → number of the attempt in which it was marked last."""
    if submission.kind != SubmissionKind.CORRECTION:
        return {}
    chain = [*Result.objects.before(submission).select_related("submission"), result]
    found: dict[str, int] = {}
    for former, row in zip([None, *chain], chain, strict=False):
        found.update(dict.fromkeys(marked_in(row.submission, row, former), row.submission.number))
    return found


def _described(criterion: Criterion, level: str) -> tuple[str, str]:
    """Label and descriptor of a level; of a mean between two levels, both labels."""
    if not level:
        return ("Not marked yet", "")
    exact, rows = Decimal(level), {row.level: row for row in criterion.levels.all()}
    if exact == int(exact):
        return rows[int(exact)].label, rows[int(exact)].descriptor
    below, above = rows[int(exact)], rows[int(exact) + 1]
    return f"Between “{below.label}” and “{above.label}”", ""


def _pinned(standing: Sequence[Assessment]) -> list[Pinned]:
    """Photographs with their pins, counted through over all of them."""
    notes: list[Annotation] = [note for each in standing for note in each.annotations.all()]
    notes.sort(key=lambda note: (ORDER.index(note.photo.stage), note.photo_id, note.y, note.x))
    found: dict[int, tuple[Photo, list[Pin]]] = {}
    for number, note in enumerate(notes, start=1):
        pins = found.setdefault(note.photo_id, (note.photo, []))[1]
        name = f"{note.criterion.code} {note.criterion.name}" if note.criterion else ""
        pins.append(Pin(number, round(note.x * 100, 2), round(note.y * 100, 2), note.text, name))
    return [Pinned(photo, photo.removed_at is None, pins) for photo, pins in found.values()]


def _notes(standing: Sequence[Assessment]) -> list[str]:
    """What the assessors write to the candidate: on the procedure first, then on the healed result."""
    found: list[str] = []
    for stage in MarkingStage:
        texts = [each.feedback for each in standing if each.allocation.marking_stage == stage]
        found += [text for text in _sorted(texts) if text not in found]
    return found


def _sorted(texts: Iterable[str]) -> list[str]:
    """Each text once, in the order of the alphabet: nothing tells who wrote which."""
    return sorted({text.strip() for text in texts if text.strip()})


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""
