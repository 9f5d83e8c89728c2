"""Cases of two candidates on their way through marking: one before each gate.

One has a case that passed, one that was referred (``CASE-C`` of ``case_studies.json``), one that waits for its
second marker, and one that waits for a third assessor. The other has one that is half marked, one that an assessor
is asked about, and one whose result waits for its release.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from certification import answering, assessing, assigning, paper_checks, releasing, submitting
from certification.drafts import Feedback, Mark, Pin, Pins
from certification.models import Allocation, Submission
from certification.values import AllocationKind, AllocationState, MarkingStage
from courses.models import CoursePage
from training_site.accounts.models import User
from training_site.common.days import DAY, body_day
from training_site.starter.demo import candidates, scars, trained
from training_site.starter.demo.candidates import CANDIDATE, OFFICER, TRAINER
from training_site.starter.demo.scars import Client
from training_site.starter.files import read

ANOTHER = "candidate2@stipple.example"
AMINA, BAO, CLARA = "assessor@stipple.example", "assessor2@stipple.example", "assessor3@stipple.example"
FIRST, SECOND = AllocationKind.FIRST, AllocationKind.SECOND

CASE_C = next(
    row for case in read("case_studies.json")["cases"] for row in case["submissions"] if row["case"] == "CASE-C"
)
LOW = {row["criterion"]: row for row in CASE_C["faults"]}
"""Criterion → what is said of a level below the standard."""
STANDARD = {row["code"]: 2 for row in read("rubric.json")["criteria"]}


@dataclass(frozen=True)
class Opinion:
    """What a marker thinks of a case."""

    marker: str
    levels: Mapping[str, int]
    feedback: str


def load(course: CoursePage, people: dict[str, User], *, now: dt.datetime) -> None:
    """Make them once, dated back from ``now``; ``candidates`` and ``assessors`` are there."""
    if Allocation.objects.exists():
        return
    version = people[CANDIDATE].case_files.get().scheme_version
    officer = people[OFFICER]
    trained.train(course, people[ANOTHER], trainer=people[TRAINER], officer=officer, began=now - 300 * DAY)
    candidates.admit(
        people[ANOTHER], version, officer=officer, at=now - 168 * DAY, studio="Mill Street Scalp Clinic"
    )
    demo = Demo(people, now)
    # In the order of hand-in: from the third case of a file on, two assessors mark.
    _passed(demo)
    _referred(demo)
    _with_one_of_two(demo)
    _disputed(demo)
    _half_marked(demo)
    _offered(demo)
    _to_be_released(demo)


# One before each gate -----------------------------------------------------------------------------


def _passed(demo: "Demo") -> None:
    submission = demo.hand_in(ANOTHER, Client("R-031", 2, demo.ago(150)), on=112, healed=115)
    good = STANDARD | {"R01": 3, "R03": 3, "R04": 3, "R08": 3, "R10": 3, "R13": 3}
    demo.mark(submission, Opinion(AMINA, good, "Calm, even work. Go on to harder scars."), asked=110)
    releasing.release(submission, actor=demo.people[OFFICER], at=demo.ago(100))


def _referred(demo: "Demo") -> None:
    submission = demo.hand_in(ANOTHER, Client("R-009", 3, demo.ago(95)), on=58, healed=60)
    demo.mark(submission, Opinion(BAO, CASE_C["levels"], CASE_C["comment"]), asked=56, pinned="R08")
    releasing.release(submission, actor=demo.people[OFFICER], at=demo.ago(46))


def _with_one_of_two(demo: "Demo") -> None:
    submission = demo.hand_in(ANOTHER, Client("R-034", 4, demo.ago(28)), on=15)
    demo.mark(submission, Opinion(AMINA, STANDARD | {"R01": 3}, "Neat set-up and clear records."), asked=12)
    demo.give(submission, SECOND, BAO, asked=3)


def _disputed(demo: "Demo") -> None:
    submission = demo.hand_in(ANOTHER, Client("R-037", 5, demo.ago(45)), on=10, healed=12)
    demo.mark(
        submission,
        Opinion(AMINA, STANDARD | {"R02": 3}, "Isolated wide dots, noticed and dealt with."),
        Opinion(BAO, STANDARD | {"R08": 1, "R01": 3}, "Depth control in the scar is not there yet."),
        asked=9,
    )


def _half_marked(demo: "Demo") -> None:
    submission = demo.hand_in(CANDIDATE, Client("R-024", 6, demo.ago(24)), on=16)
    piece = demo.give(submission, FIRST, AMINA, asked=4)
    begun = ["R01", "R02", "R03", "R04", "R05", "R06"]
    demo.write(piece, [*_marks(begun, STANDARD | {"R02": 3, "R06": 1}), *_pins(submission, "R06")], at=demo.ago(1))


def _offered(demo: "Demo") -> None:
    submission = demo.hand_in(CANDIDATE, Client("R-026", 7, demo.ago(22)), on=13)
    demo.offer(submission, FIRST, CLARA, at=demo.ago(1))


def _to_be_released(demo: "Demo") -> None:
    """Both markers see a failure that no healed result could mend."""
    submission = demo.hand_in(CANDIDATE, Client("R-028", 8, demo.ago(30)), on=12)
    demo.mark(
        submission,
        Opinion(
            AMINA, STANDARD | {"R08": 1, "R03": 3}, "Rest the upper edge, and train depth on hard skin first."
        ),
        Opinion(
            CLARA, STANDARD | {"R08": 1, "R12": 1}, "Depth varies along the edge; take close-ups with a scale."
        ),
        asked=11,
    )


# The steps ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Demo:
    """Who is there, and what time it is; everything else is said in days before that."""

    people: dict[str, User]
    now: dt.datetime

    def ago(self, days: float) -> dt.datetime:
        return self.now - days * DAY

    def hand_in(self, candidate: str, client: Client, *, on: float, healed: float | None = None) -> Submission:
        """A case is treated and handed in, ``healed`` photographs with it; an officer reads its papers."""
        owner, at = self.people[candidate], self.ago(on)
        case = scars.treat(client, candidate=owner, trainer=self.people[TRAINER])
        if healed is not None:
            scars.heal(case, client, at=self.ago(healed))
        submission = submitting.hand_in(case, actor=owner, at=at, on=body_day(at))
        for paper in case.documents.all():
            paper_checks.check(paper, officer=self.people[OFFICER], at=at + DAY / 2)
        return submission

    def mark(self, submission: Submission, *opinions: Opinion, asked: float, pinned: str = "") -> None:
        """Each marker is asked, marks the procedure, and then the healed result where its photographs are in."""
        pieces = [
            self.give(submission, kind, opinion.marker, asked=asked)
            for kind, opinion in zip((FIRST, SECOND), opinions, strict=False)
        ]
        notes = _pins(submission, pinned) if pinned else []
        for piece, opinion in zip(pieces, opinions, strict=True):
            self._hand_in_marks(piece, opinion, notes, at=self.ago(asked - 3))
        healed = submission.allocations.filter(marking_stage=MarkingStage.HEALED, state=AllocationState.OFFERED)
        opinion_of = {self.people[opinion.marker].pk: opinion for opinion in opinions}
        for offered in healed:
            piece = answering.accept(offered, actor=offered.assessor, at=self.ago(asked - 4))
            self._hand_in_marks(piece, opinion_of[piece.assessor_id], [], at=self.ago(asked - 5))

    def give(self, submission: Submission, kind: AllocationKind, marker: str, *, asked: float) -> Allocation:
        """An assessor is asked, and accepts half a day later."""
        piece = self.offer(submission, kind, marker, at=self.ago(asked))
        return answering.accept(piece, actor=self.people[marker], at=self.ago(asked - 0.5))

    def offer(self, submission: Submission, kind: AllocationKind, marker: str, *, at: dt.datetime) -> Allocation:
        return assigning.offer(
            submission,
            stage=MarkingStage.PROCEDURE,
            kind=kind,
            assessor=self.people[marker],
            officer=self.people[OFFICER],
            at=at,
        )

    def write(self, piece: Allocation, changes: Iterable[Mark | Pins | Feedback], *, at: dt.datetime) -> None:
        """Into the draft."""
        assessing.save(piece.assessment, *changes, actor=piece.assessor, at=at)

    def _hand_in_marks(
        self, piece: Allocation, opinion: Opinion, notes: Iterable[Pins], *, at: dt.datetime
    ) -> None:
        marks = _marks(assessing.task_of(piece).codes, opinion.levels)
        self.write(piece, [*marks, *notes, Feedback(opinion.feedback)], at=at)
        assessing.submit(piece.assessment, actor=piece.assessor, at=at)


def _marks(codes: Iterable[str], levels: Mapping[str, int]) -> list[Mark]:
    return [_low(code, levels[code]) if levels[code] < 2 else Mark(code, levels[code]) for code in codes]


def _low(code: str, level: int) -> Mark:
    said = LOW[code]
    return Mark(code, level, said["reason"], [said["fault"]] if said["fault"] else [])


def _pins(submission: Submission, code: str) -> list[Pins]:
    """A note on a close-up."""
    photo = submission.case.photos.filter(stage="immediate", view="close").first()
    assert photo is not None
    return [Pins([Pin(photo.pk, 0.44, 0.37, "Wider here than the hairs beside it.", code)])]
