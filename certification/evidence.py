"""Which photographs a case needs, which it has, and when healed ones count. Pure.

A slot is filled by photographs of its stage whose view is one of its views. ``per`` says how often: once for
the case, for every treatment session (on its day), or after the last session or touch-up (on its day). Healing
counts from that last session: a later touch-up makes healed photographs taken before it count no more. The day
of a photograph is the one its owner states.

A slot of the procedure looks at visits up to the day on which the attempt was first handed in: a touch-up after it
belongs to the healed result, and a case that comes back is not asked for photographs of that day. A correction of
the case asks for new photographs only where they serve a criterion that is marked again (``Anew``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from certification.values import (
    HEALED_STAGES,
    IMPLANTING,
    TREATING,
    MarkingStage,
    PhotoStage,
    PhotoView,
    VisitKind,
    views_of,
)
from courses.treatments import TreatmentType
from training_site.common.days import in_words

NEVER_AGAIN = frozenset({PhotoStage.BEFORE, PhotoStage.DESIGN})
"""Stages that are over once pigment is placed: a correction carries their photographs."""

PER = ("case", "session", "last_session")
"""How often a slot asks."""


class Visited(Protocol):
    """A visit, as far as evidence asks."""

    kind: str
    visited_on: dt.date


class Pictured(Protocol):
    """A photograph, as far as evidence asks."""

    stage: str
    view: str
    taken_on: dt.date


@dataclass(frozen=True)
class Slot:
    """A place for photographs. ``days_min``: earliest day after the last session, None when any day will do."""

    key: str
    treatments: frozenset[str]
    stage: PhotoStage
    views: tuple[PhotoView, ...]
    count: int
    required: bool
    long_edge: int
    per: str
    marking_stage: MarkingStage
    serves: tuple[str, ...]
    needs: tuple[str, ...]
    days_min: int | None
    note: str

    def holds(self, photo: Pictured) -> bool:
        """Whether a photograph shows what belongs here, whatever its day."""
        return photo.stage == self.stage and photo.view in self.views

    @property
    def label(self) -> str:
        """``Front, neutral``; of several views ``Back / crown, left profile or right profile``."""
        names = [view.label if n == 0 else view.label.lower() for n, view in enumerate(self.views)]
        return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


@dataclass(frozen=True)
class Anew:
    """What a correction of a case asks for anew.

    ``codes`` are the criteria that are marked again, ``former`` the keys of photographs that were handed in with
    an attempt before: they stay, and count where nothing is asked anew. Before and design are never taken again,
    nor is what belongs to a session up to ``since``, the day on which the attempt before was handed in.
    """

    codes: frozenset[str]
    former: frozenset[int]
    since: dt.date | None = None

    def asks(self, slot: Slot) -> bool:
        """Whether photographs of this slot must be new."""
        return slot.stage not in NEVER_AGAIN and not self.codes.isdisjoint(slot.serves)


@dataclass(frozen=True)
class Place:
    """A slot of one case, on the day it asks for (None: once for the case), and the photographs in it.

    ``carried``: what an earlier attempt brought is enough. ``anew``: only photographs that are new count.
    """

    slot: Slot
    on: dt.date | None
    photos: Sequence[Any]
    carried: bool = False
    anew: bool = False

    @property
    def missing(self) -> int:
        """How many photographs it still needs; optional and carried ones need none."""
        asks = self.slot.required and not self.carried
        return max(0, self.slot.count - len(self.photos)) if asks else 0

    @property
    def is_filled(self) -> bool:
        return self.carried or len(self.photos) >= self.slot.count

    @property
    def sentence(self) -> str:
        """What to do, such as ``Add 2 photographs: Close-up with scale, immediately after the session.``"""
        new = "new " if self.anew else ""
        more = f"a {new}photograph" if self.missing == 1 else f"{self.missing} {new}photographs"
        when = f" of {in_words(self.on)}" if self.on else ""
        stage = self.slot.stage.short.lower()
        return f"Add {more}{when}: {self.slot.label}, {stage}."


@dataclass(frozen=True)
class EvidenceRules:
    """The slots of a scheme version."""

    slots: Sequence[Slot]
    most: int
    """How many photographs a slot holds at most, on one day."""
    long_edge: int
    """Pixels that the long edge of a photograph outside the slots needs."""

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> EvidenceRules:
        """Read ``evidence_slots.json``."""
        defaults = data["defaults"]
        return cls(
            slots=[_slot(row) for row in data["slots"]],
            most=_whole(defaults["max_photos_per_slot"]),
            long_edge=_whole(defaults["min_long_edge_px"]),
        )

    def for_treatment(self, treatment: str) -> list[Slot]:
        """The slots of a treatment; of a correction, those of what it corrects are asked for."""
        return [slot for slot in self.slots if treatment in slot.treatments]

    def slot(self, key: str) -> Slot | None:
        return next((slot for slot in self.slots if slot.key == key), None)

    def slot_of(self, treatment: str, *, stage: str, view: str) -> Slot | None:
        """The slot of a treatment that asks for this stage and view; None for an extra photograph."""
        slots = self.for_treatment(treatment)
        return next((slot for slot in slots if slot.stage == stage and view in slot.views), None)

    def is_full(
        self, treatment: str, *, stage: str, view: str, taken_on: dt.date, photos: Iterable[Pictured]
    ) -> bool:
        """Whether no further photograph of that day has room: in its slot, or outside the slots in its view."""
        slot = self.slot_of(treatment, stage=stage, view=view)
        views = slot.views if slot else (view,)
        beside = (each for each in photos if each.stage == stage and each.view in views)
        return sum(each.taken_on == taken_on for each in beside) >= self.most

    def stages(self, treatment: str) -> list[PhotoStage]:
        """Stages in which a treatment takes photographs. Design photographs are welcome for every treatment."""
        asked = {slot.stage for slot in self.for_treatment(treatment)} | {PhotoStage.DESIGN}
        return [stage for stage in PhotoStage if stage in asked]

    def places(
        self,
        treatment: str,
        *,
        visits: Iterable[Visited],
        photos: Iterable[Any],
        until: dt.date | None = None,
        anew: Anew | None = None,
    ) -> list[Place]:
        """Every slot of a case with its photographs, in the order of the data.

        ``until``: the day of the attempt's first hand-in, None before it. ``anew``: of a correction.
        """
        visits, photos = list(visits), list(photos)
        counted = [visit for visit in visits if until is None or visit.visited_on <= until]
        found = []
        for slot in self.for_treatment(treatment):
            if anew and not anew.asks(slot):
                found.append(Place(slot, None, [photo for photo in photos if slot.holds(photo)], carried=True))
                continue
            fresh = [photo for photo in photos if photo.pk not in anew.former] if anew else photos
            of_procedure = slot.marking_stage is MarkingStage.PROCEDURE
            asked = counted if of_procedure else visits
            if anew and slot.per == "session":
                asked = [visit for visit in asked if anew.since is None or visit.visited_on > anew.since]
                if not any(visit.kind == VisitKind.SESSION for visit in asked):
                    found.append(Place(slot, None, [each for each in photos if slot.holds(each)], carried=True))
                    continue
            for on in _days(slot, asked):
                here = [photo for photo in fresh if self._fits(photo, slot, on, visits)]
                found.append(Place(slot, on, here, anew=anew is not None))
        return found

    def extras(self, treatment: str, *, photos: Iterable[Any], **asked: Any) -> list[Any]:
        """Photographs in none of the ``places``: they are shown to assessors beside the others."""
        photos = list(photos)
        places = self.places(treatment, photos=photos, **asked)
        placed = {id(photo) for place in places for photo in place.photos}
        return [photo for photo in photos if id(photo) not in placed]

    def earliest(self, stage: str, visits: Iterable[Visited]) -> dt.date | None:
        """First day on which a photograph of ``stage`` counts as such.

        None when any day will do, or while no session is logged.
        """
        windows = (slot.days_min for slot in self.slots if slot.stage == stage)
        days = next((days for days in windows if days is not None), None)
        last = last_session(visits)
        return last + dt.timedelta(days=days) if days is not None and last else None

    def counts(self, photo: Pictured, visits: Iterable[Visited]) -> bool:
        """Whether a photograph is late enough for its stage: a session or touch-up may have come after it."""
        if photo.stage not in HEALED_STAGES:
            return True
        earliest = self.earliest(photo.stage, visits)
        return earliest is not None and photo.taken_on >= earliest

    def _fits(self, photo: Pictured, slot: Slot, on: dt.date | None, visits: Sequence[Visited]) -> bool:
        return slot.holds(photo) and on in (None, photo.taken_on) and self.counts(photo, visits)

    def obstacle(
        self,
        *,
        treatment: str,
        stage: str,
        view: str,
        taken_on: dt.date,
        visits: Iterable[Visited],
        today: dt.date,
    ) -> str | None:
        """Why a photograph of this stage, view and day has no place in the case, in a sentence; None when it has.

        ``today`` is the candidate's calendar day. ``earliest`` day: T12 and T13 of ``dates.json``.
        """
        visits = list(visits)
        if stage not in self.stages(treatment):
            return "This treatment takes no photographs of that stage. Choose another stage."
        if view not in views_of(stage):
            return (
                f"The view “{PhotoView(view).label}” does not exist in the stage "
                f"“{PhotoStage(stage).label}”. Choose another view, or another stage."
            )
        if taken_on > today:
            return "The day lies in the future. Give the day on which it was taken."
        if stage in HEALED_STAGES and last_session(visits) is None:
            return (
                "No treatment session is logged yet, and healing counts from the last one. Log the visits first."
            )
        if sentence := too_late(stage, taken_on, visits):
            return sentence
        earliest = self.earliest(stage, visits)
        if earliest is not None and taken_on < earliest:
            last = last_session(visits)
            assert last is not None
            name = PhotoStage(stage).short.lower()
            return (
                f"Too early: a {name} photograph counts from {in_words(earliest)} on, "
                f"{(earliest - last).days} days after the last session on {in_words(last)}. "
                "Take it again from that day on."
            )
        return None


def last_session(visits: Iterable[Visited]) -> dt.date | None:
    """Day of the last treatment session or touch-up; None before the first."""
    return max((visit.visited_on for visit in visits if visit.kind in TREATING), default=None)


def first_pigment(visits: Iterable[Visited]) -> dt.date | None:
    """Day of the first visit at which pigment was implanted, test areas included."""
    return min((visit.visited_on for visit in visits if visit.kind in IMPLANTING), default=None)


def _days(slot: Slot, visits: Sequence[Visited]) -> list[dt.date | None]:
    """The days for which a slot asks. Before the first session is logged it asks once, for no day."""
    if slot.per == "session":
        days = sorted({visit.visited_on for visit in visits if visit.kind == VisitKind.SESSION})
    elif slot.per == "last_session":
        last = last_session(visits)
        days = [last] if last else []
    else:
        days = []
    return list(days) or [None]


def too_late(stage: str, taken_on: dt.date, visits: Iterable[Visited]) -> str | None:
    """Why a photograph of that day shows no state before the treatment, in a sentence; None when it may."""
    first = first_pigment(visits)
    if stage != PhotoStage.BEFORE or first is None or taken_on <= first:
        return None
    return (
        f"The first pigment was placed on {in_words(first)}, so one of {in_words(taken_on)} does not show "
        "the state before. Correct its day or its stage, or the day of the visit."
    )


def _slot(row: Mapping[str, Any]) -> Slot:
    """Raises TypeError or ValueError for what could not be asked of anybody."""
    window = row.get("window") or {}
    if row["per"] not in PER:
        raise ValueError(f"“{row['per']}” of {row['key']} is none of {', '.join(PER)}")
    if not row["views"] or not row["treatments"]:
        raise ValueError(f"{row['key']} names no view or no treatment")
    return Slot(
        key=row["key"],
        treatments=frozenset(TreatmentType(treatment) for treatment in row["treatments"]),
        stage=PhotoStage(row["stage"]),
        views=tuple(PhotoView(view) for view in row["views"]),
        count=_whole(row["min_count"]),
        required=row["required"],
        long_edge=_whole(row["min_long_edge_px"]),
        per=row["per"],
        marking_stage=MarkingStage(row["marking_stage"]),
        serves=tuple(row["serves"]),
        needs=tuple(row["needs"]),
        days_min=None if window.get("days_min") is None else _whole(window["days_min"]),
        note=row.get("note") or "",
    )


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise TypeError(f"{value!r} is no whole number of 1 or more")
    return value
