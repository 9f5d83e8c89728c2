"""A case at a glance: its sections and how far each has come, and what to do next."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count
from django.urls import reverse

from certification import attempts, cases
from certification.cases import CaseStatus, Part
from certification.completeness import Gap, things_are
from certification.evidence import Slot
from certification.models import Criterion, Manifest, ProcedureCase, Submission
from certification.readiness import Record, gaps_in, record_of
from certification.values import EDITABLE, MarkingStage, PhotoStage, SubmissionState
from training_site.common.days import body_day, in_words

SECTIONS: dict[str, str] = {
    "case_client": "The client",
    "case_screen": "Health screen",
    "case_plan": "Plan",
    "case_papers": "Papers",
    "case_visits": "Visits",
    "case_observation": "Observation",
    "case_photos": "Photographs",
    "case_consent": "The client's consent",
    "case_aftercare": "Aftercare and reflection",
}
"""Sections of the procedure, in the order in which a case is written: address and title."""

HEALED_SECTIONS: dict[str, str] = {
    "case_photos": "Healed photographs",
    "case_visits": "Visits",
    "case_consent": "The client's consent",
    "case_healed": "What held",
}
"""Sections of the healed stage. Visits and consent are shown only while something is missing there."""

ALWAYS_SHOWN = frozenset({"case_photos", "case_healed"})

RESULT_TONES = {
    CaseStatus.PASSED: "good",
    CaseStatus.REFERRED: "caution",
    CaseStatus.FAILED: "stop",
    CaseStatus.REPLACED: "wait",
}
"""How a status looks that comes from a result."""


@dataclass(frozen=True)
class Section:
    """One part of a case: what is still missing there, in sentences. ``closed``: nothing changes any more."""

    url_name: str
    title: str
    url: str
    missing: Sequence[str]
    closed: bool = False

    @property
    def tone(self) -> str:
        return "good" if not self.missing else "wait"

    @property
    def word(self) -> str:
        if not self.missing:
            return "Complete"
        return "One thing missing" if len(self.missing) == 1 else f"{len(self.missing)} things missing"

    @property
    def more(self) -> int:
        """How many things are missing besides the first."""
        return max(0, len(self.missing) - 1)

    @property
    def action(self) -> str:
        return "See" if self.closed else "Open"


@dataclass(frozen=True)
class Next:
    """The page's one main thing: what to do, or that nothing is to be done (no ``url``)."""

    tone: str
    word: str
    sentence: str
    url: str = ""
    action: str = ""


@dataclass(frozen=True)
class Again:
    """What a correction marks again, and the places whose photographs must be new."""

    criteria: Sequence[Criterion]
    slots: Sequence[Slot]


@dataclass(frozen=True)
class Overview:
    """Everything that a case's first page says. ``told``: its attempts whose result is released, oldest first."""

    record: Record
    submission: Submission
    procedure: Sequence[Section]
    healed: Sequence[Section]
    healed_from: dt.date | None
    manifests: Sequence[Manifest]
    on: dt.date
    told: Sequence[Submission] = ()
    again: Again | None = None

    @property
    def case(self) -> ProcedureCase:
        return self.record.case

    @property
    def status(self) -> CaseStatus:
        return cases.status(self.submission)

    @property
    def attempt(self) -> str:
        """``Attempt 2: same case corrected``; empty for the first."""
        if self.submission.number == 1:
            return ""
        return f"Attempt {self.submission.number}: {self.submission.get_kind_display().lower()}"

    @property
    def is_released(self) -> bool:
        return self.submission.state == SubmissionState.RELEASED

    @property
    def carries_healed(self) -> bool:
        """A correction in which the healed result is not marked again."""
        return not self.record.scope.healed

    @property
    def is_open(self) -> bool:
        """Nothing is handed in, or it came back."""
        return self.submission.state in EDITABLE

    @property
    def takes_healed(self) -> bool:
        """The procedure is handed in and healed evidence may follow."""
        return _takes_healed(self.submission)

    @property
    def part(self) -> Part | None:
        """What can be handed in now, once it is complete; None when nothing more can."""
        if self.is_open:
            return Part.PROCEDURE
        return Part.HEALED if self.takes_healed else None

    def sections(self, part: Part) -> Sequence[Section]:
        return self.procedure if part is Part.PROCEDURE else self.healed

    def missing(self, part: Part) -> int:
        return sum(len(section.missing) for section in self.sections(part))

    @property
    def next(self) -> Next:
        if self.is_open:
            return self._next_open()
        if self.takes_healed:
            return self._next_healed()
        if self.submission.state == SubmissionState.RELEASED:
            return self._next_released()
        return Next("wait", self.status.label, "You need do nothing now. A mail tells you what comes next.")

    def _next_open(self) -> Next:
        hand_in = reverse("case_hand_in", args=[self.case.ref])
        count = self.missing(Part.PROCEDURE)
        if self.submission.state == SubmissionState.RETURNED:
            sentence = f"The office asks: “{self.submission.note}” Add it, then hand the case in again."
            if not count:
                return Next("caution", self.status.label, sentence, hand_in, "Hand in again")
            return Next("caution", self.status.label, sentence, *self._first(self.procedure))
        if not count:
            return Next("good", "Ready to hand in", "Nothing is missing.", hand_in, "Hand in case")
        sentence = f"{things_are(count)} still missing."
        return Next("wait", self.status.label, sentence, *self._first(self.procedure))

    def _next_released(self) -> Next:
        status, ref = self.status, self.case.ref
        tone, url = RESULT_TONES.get(status, "wait"), reverse("case_result", args=[ref])
        if other := cases.replacement_of(self.case):
            sentence = f"Case {other.ref} has taken its place and goes on with its count of attempts."
            return Next(tone, status.label, sentence, reverse("case", args=[other.ref]), f"Go to case {other.ref}")
        if status is CaseStatus.REFERRED:
            sentence = "It does not meet the standard yet. The result says what was missing and what you can do."
        elif status is CaseStatus.FAILED:
            sentence = "It cannot be handed in again and does not count. You may add another case to your file."
        elif status is CaseStatus.PASSED:
            sentence = "It meets the standard and counts for your file."
        else:
            return Next("wait", status.label, "The result of this case is out.")
        return Next(tone, status.label, sentence, url, "Read the result")

    def _next_healed(self) -> Next:
        if not self.missing(Part.HEALED):
            hand_in = reverse("case_hand_in", args=[self.case.ref])
            sentence = "The healed photographs and the note on what held are complete."
            return Next("good", "Ready to hand in", sentence, hand_in, "Hand in healed photographs")
        if self.healed_from is not None and self.on < self.healed_from:
            sentence = (
                f"You need do nothing now. Photographs count as healed from {in_words(self.healed_from)} on; "
                "a mail tells you then."
            )
            return Next("wait", self.status.label, sentence)
        sentence = "The healed evidence is not complete yet, and the result cannot be given without it."
        return Next("caution", self.status.label, sentence, *self._first(self.healed))

    def pictured(self, part: Part) -> list[tuple[str, str]]:
        """Of each stage that this part asks for: its name, and how many photographs there are of how many."""
        asked: dict[PhotoStage, list[int]] = {}
        for place in self.record.places(part):
            if place.slot.required:
                counts = asked.setdefault(place.slot.stage, [0, 0])
                counts[0] += min(len(place.photos), place.slot.count)
                counts[1] += place.slot.count
        return [(stage.short, f"{there} of {needed}") for stage, (there, needed) in asked.items()]

    @staticmethod
    def _first(sections: Sequence[Section]) -> tuple[str, str]:
        first = next(section for section in sections if section.missing)
        return first.url, f"Go on with “{first.title}”"

    @property
    def steps(self) -> list[dict[str, str]]:
        """How far the case has come. Where none are awaited, no step of healed photographs is shown."""
        attempt, is_in = self.submission, not self.is_open
        whole = sum(not section.missing for section in self.procedure)
        handed_in = attempt.handed_in_at if is_in else None
        healed_in = attempt.healed_in_at if is_in else None
        released = attempt.state == SubmissionState.RELEASED
        rows = [
            ("Prepare", is_in, "" if is_in else f"{whole} of {len(self.procedure)} sections complete."),
            ("Hand in", is_in, f"On {in_words(body_day(handed_in))}." if handed_in else ""),
            ("Healed photographs", healed_in is not None, self._healed_sentence(healed_in)),
            ("Result", released, ""),
        ]
        if self.carries_healed or (released and healed_in is None):
            del rows[2]
        current = next((place for place, (_, done, _) in enumerate(rows) if not done), None)
        return [
            {"title": title, "sentence": sentence, "state": "done" if done else "todo"}
            | ({"state": "current"} if place == current else {})
            for place, (title, done, sentence) in enumerate(rows)
        ]

    def _healed_sentence(self, healed_in: dt.datetime | None) -> str:
        if healed_in is not None:
            return f"Handed in on {in_words(body_day(healed_in))}."
        if self.healed_from is None:
            return ""
        if self.healed_from <= self.on:
            return f"They count since {in_words(self.healed_from)}."
        return f"They count from {in_words(self.healed_from)} on."


def overview(case: ProcedureCase, *, at: dt.datetime, on: dt.date) -> Overview:
    """How a case stands. ``case`` comes with its practitioner and its scheme's version."""
    record = record_of(case, at=at, on=on)
    submission = record.scope.submission
    submission.case = case
    is_open, takes_healed = submission.state in EDITABLE, _takes_healed(submission)
    procedure = gaps_in(record, part=Part.PROCEDURE) if is_open else []
    healed = gaps_in(record, part=Part.HEALED) if is_open or takes_healed else []
    return Overview(
        record=record,
        submission=submission,
        procedure=_sections(case, SECTIONS, procedure, closed=not is_open),
        healed=[
            section
            for section in _sections(case, HEALED_SECTIONS, healed, closed=not is_open and not takes_healed)
            if section.missing or section.url_name in ALWAYS_SHOWN
        ],
        healed_from=record.earliest(PhotoStage.HEALED),
        manifests=_frozen(submission),
        on=on,
        told=_told(submission),
        again=_again(record),
    )


def _told(submission: Submission) -> list[Submission]:
    """Attempts with a released result. Before the first release there is none to look for."""
    if submission.number == 1 and submission.state != SubmissionState.RELEASED:
        return []
    rows = Submission.objects.filter(case=submission.case, state=SubmissionState.RELEASED, results__isnull=False)
    return list(rows.distinct().order_by("number"))


def _again(record: Record) -> Again | None:
    anew = record.scope.anew
    if anew is None:
        return None
    version = record.case.scheme_version
    slots = version.evidence.for_treatment(record.case.shown_treatment)
    return Again(
        list(Criterion.objects.filter(version=version.rubric_id, code__in=anew.codes)),
        attempts.places_anew(slots, anew),
    )


def _takes_healed(submission: Submission) -> bool:
    return submission.state not in EDITABLE and cases.obstacle(submission, Part.HEALED) is None


def _sections(case: ProcedureCase, titles: dict[str, str], gaps: Sequence[Gap], *, closed: bool) -> list[Section]:
    missing: dict[str, list[str]] = {name: [] for name in titles}
    for gap in gaps:
        # A gap at an address without a section would be missing silently: it gets a section of its own.
        missing.setdefault(gap.url_name, []).append(gap.sentence)
    return [
        Section(name, titles.get(name, "Also missing"), reverse(name, args=[case.ref]), sentences, closed)
        for name, sentences in missing.items()
    ]


def _frozen(submission: Submission) -> list[Manifest]:
    """The newest manifest of each stage, each with ``count``, how many photographs it holds."""
    newest: dict[str, Manifest] = {}
    for manifest in submission.manifests.defer("content").annotate(count=Count("photos")).order_by("number"):
        # Healed evidence of an attempt that was returned counts no more, until it is handed in again.
        if manifest.marking_stage != MarkingStage.HEALED or submission.healed_in_at == manifest.frozen_at:
            newest[manifest.marking_stage] = manifest
    return [newest[stage] for stage in MarkingStage if stage in newest]
