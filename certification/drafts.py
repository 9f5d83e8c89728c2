"""The draft of a set of marks: what can be changed in it, what may stand in it, and what it lacks. Pure.

A change names one part: a criterion, an auto-fail event, all notes, or the note to the candidate. Two windows may
work on one draft as long as they change different parts.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from certification.errors import AssessmentRefused
from certification.models import Criterion
from certification.values import MarkingStage
from courses.treatments import FaultCode

WHY_CHARACTERS = 30
"""Characters that the reasons for an auto-fail event, and the answer to one, need at least."""

TEXT, NOTE, FEEDBACK = 2000, 500, 4000
"""Characters that a reason or comment, a pinned note, and the note to the candidate hold at most."""

MOST_NOTES = 100
"""Notes that one set of marks holds at most."""

Draft = dict[str, Any]
"""What ``Assessment.draft`` holds."""


# What can be changed --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mark:
    """Everything about one criterion. ``level`` None: not marked yet."""

    code: str
    level: int | None = None
    reason: str = ""
    faults: Sequence[str] = ()
    comment: str = ""

    @property
    def part(self) -> str:
        return self.code


@dataclass(frozen=True)
class Named:
    """An auto-fail event, and why; ``why`` None takes it back."""

    event: str
    why: str | None

    @property
    def part(self) -> str:
        return self.event


@dataclass(frozen=True)
class Pin:
    """A note at a place of a photograph: shares of its width and height."""

    photo: int
    x: float
    y: float
    text: str
    criterion: str = ""


@dataclass(frozen=True)
class Pins:
    """Every note."""

    pins: Sequence[Pin]
    part = "notes"


@dataclass(frozen=True)
class Feedback:
    """The note to the candidate."""

    text: str
    part = "feedback"


Change = Mark | Named | Pins | Feedback


@dataclass(frozen=True)
class Gap:
    """One thing to do before marks can be handed in. ``part``: a criterion or an event."""

    part: str
    sentence: str


class PartsRefused(AssessmentRefused):
    """Some of what was sent cannot be kept, so nothing was: part → the sentence that says why."""

    def __init__(self, parts: Mapping[str, str]) -> None:
        self.parts = dict(parts)
        super().__init__(" ".join(parts.values()), list(parts.values()))


class ChangedElsewhere(AssessmentRefused):
    """Another window kept something else of the same ``parts`` since this one was opened. Nothing was written."""

    def __init__(self, parts: Collection[str]) -> None:
        self.parts = list(parts)
        named = ", ".join({"notes": "the notes", "feedback": "the note to the candidate"}.get(p, p) for p in parts)
        super().__init__(
            f"Changed in another window meanwhile: {named}. What you wrote here is not kept yet: save it again to "
            "keep it, or load the page again to see the other."
        )


# The piece of work ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """What one piece of marking asks: criteria in their order, and the events that may be named."""

    stage: MarkingStage
    criteria: Sequence[Criterion]
    events: Sequence[Mapping[str, Any]]
    standard: int
    """A level below this one needs a reason."""
    reason_chars: int
    needs_fault: Collection[str]

    @property
    def codes(self) -> list[str]:
        return [criterion.code for criterion in self.criteria]

    def is_low(self, level: int | None) -> bool:
        return level is not None and level < self.standard


# Drafts ---------------------------------------------------------------------------------------------


def part_of(draft: Draft, part: str) -> Any:
    """What a draft holds of a part; None for nothing."""
    if part in ("notes", "feedback"):
        return draft.get(part) or None
    levels, events = draft.get("levels") or {}, draft.get("events") or {}
    return levels.get(part) if part in levels else events.get(part)


def put(draft: Draft, part: str, value: Any, task: Task) -> None:
    if part in ("notes", "feedback"):
        held, key = draft, part
    else:
        held, key = draft.setdefault("levels" if part in task.codes else "events", {}), part
    if value is None:
        held.pop(key, None)
    else:
        held[key] = value


def value_of(change: Change, task: Task, photos: Collection[int]) -> Any:
    """A change as the draft holds it, None for nothing. Raises ValueError with a sentence."""
    if isinstance(change, Mark):
        return _mark(change, task)
    if isinstance(change, Named):
        if change.event not in {row["code"] for row in task.events}:
            raise ValueError(f"{change.event} is no event of this stage.")
        return None if change.why is None else _capped(change.why, TEXT, change.event)
    if isinstance(change, Pins):
        if len(change.pins) > MOST_NOTES:
            raise ValueError(f"A set of marks holds {MOST_NOTES} notes at most. Take some away.")
        return [_pin(pin, task, photos) for pin in change.pins] or None
    return _capped(change.text, FEEDBACK, "The note to the candidate") or None


def _mark(change: Mark, task: Task) -> Draft | None:
    criterion = next((each for each in task.criteria if each.code == change.code), None)
    if criterion is None:
        raise ValueError(f"{change.code} is not marked here.")
    levels = sorted(row.level for row in criterion.levels.all())
    if change.level is not None and change.level not in levels:
        raise ValueError(f"{change.code}: choose one of the levels {levels[0]} to {levels[-1]}.")
    if unknown := [fault for fault in change.faults if fault not in FaultCode.values]:
        raise ValueError(
            f"{change.code}: “{trimmed(unknown[0])[:40]}” is no fault of the list. Choose one that is."
        )
    mark = {
        "level": change.level,
        "reason": _capped(change.reason, TEXT, change.code),
        "faults": [fault for fault in FaultCode.values if fault in change.faults],
        "comment": _capped(change.comment, TEXT, change.code),
    }
    return mark if change.level is not None or any(value for value in mark.values()) else None


def _pin(pin: Pin, task: Task, photos: Collection[int]) -> Draft:
    text = _capped(pin.text, NOTE, "A note")
    if not text:
        raise ValueError("A note says nothing. Write it, or take it away.")
    if pin.photo not in photos:
        raise ValueError("A note is pinned to a photograph that is not part of this case. Take it away.")
    if not (0 <= pin.x <= 1 and 0 <= pin.y <= 1):
        raise ValueError(f"The note “{text[:40]}” does not lie on its photograph. Pin it again.")
    if pin.criterion and pin.criterion not in task.codes:
        raise ValueError(f"{pin.criterion} is not marked here. Choose another criterion for the note.")
    return {"photo": pin.photo, "x": pin.x, "y": pin.y, "criterion": pin.criterion, "text": text}


def trimmed(text: str) -> str:
    """Without spaces around it, and without what no database keeps."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode().replace("\r\n", "\n").strip()


def _capped(text: str, most: int, what: str) -> str:
    kept = trimmed(text)
    if len(kept) > most:
        raise ValueError(f"{what}: shorten the text to {most} characters; it has {len(kept)}.")
    return kept


def length(text: str) -> int:
    """How much a reason says: rows of spaces and empty lines count once."""
    return len(" ".join(text.split()))


def gaps_in(draft: Draft, task: Task) -> list[Gap]:
    found = []
    levels = draft.get("levels") or {}
    for criterion in task.criteria:
        code, name = criterion.code, f"{criterion.code} {criterion.name}"
        given = levels.get(code) or {}
        if given.get("level") is None:
            found.append(Gap(code, f"{name}: choose a level."))
            continue
        if not task.is_low(given["level"]):
            continue
        if length(given.get("reason", "")) < task.reason_chars:
            found.append(
                Gap(code, f"{name}: say why it is below the standard, in at least {task.reason_chars} characters.")
            )
        if code in task.needs_fault and not given.get("faults"):
            found.append(Gap(code, f"{name}: name the fault."))
    found += [
        Gap(event, f"{event}: say what shows it, in at least {WHY_CHARACTERS} characters.")
        for event, why in sorted((draft.get("events") or {}).items())
        if length(why) < WHY_CHARACTERS
    ]
    return found
