"""Whether a case is ready to be handed in: what is there, and what is missing.

A correction asks for less than a first attempt: photographs that serve a criterion marked again must be new, all
else is carried, the healed result too where it is not marked again. What was handed in once stays, so nothing is
found fault with there; a photograph that the client allows no more is left out.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Max, Min

from certification import anonymity, completeness, evidence
from certification.cases import Part
from certification.completeness import Gap
from certification.evidence import Anew, Place
from certification.models import (
    CaseDocument,
    Criterion,
    ManifestPhoto,
    Photo,
    ProcedureCase,
    Result,
    SessionLog,
    Submission,
)
from certification.values import (
    HEALED_STAGES,
    IMPLANTING,
    ConsentPurpose,
    MarkingStage,
    PhotoStage,
    SubmissionKind,
)
from training_site.common.days import body_day, in_words

STAGE_OF = {Part.PROCEDURE: MarkingStage.PROCEDURE, Part.HEALED: MarkingStage.HEALED}


@dataclass(frozen=True)
class Scope:
    """What the latest attempt at a case asks for.

    ``until``: the day on which it was handed in first, None before. ``anew``: None unless it is a correction.
    ``healed``: whether the healed result is marked in it, or carried.
    """

    submission: Submission
    until: dt.date | None = None
    anew: Anew | None = None
    healed: bool = True

    def asks(self, part: Part) -> bool:
        """Whether evidence of this part belongs to the attempt."""
        return part is Part.PROCEDURE or self.healed

    def is_former(self, photo: Photo) -> bool:
        """Whether a photograph was handed in with an attempt before."""
        return self.anew is not None and photo.pk in self.anew.former


def scope_of(case: ProcedureCase) -> Scope:
    """The scope of a case's latest attempt. Tells nothing of how it is marked."""
    attempts = Submission.objects.filter(case=case).annotate(first_in=Min("manifests__frozen_at"))
    submission = attempts.latest("number")
    until = body_day(submission.first_in) if submission.first_in else None
    if submission.kind != SubmissionKind.CORRECTION:
        return Scope(submission, until)
    former = Result.objects.before(submission).last()
    assert former is not None, f"{submission} corrects nothing"
    codes = frozenset(former.again)
    rows = ManifestPhoto.objects.filter(
        manifest__submission__case=case, manifest__submission__number__lt=submission.number
    )
    criteria = Criterion.objects.filter(version__scheme_versions=case.scheme_version_id, code__in=codes)
    former_in = rows.aggregate(last=Max("manifest__frozen_at"))["last"]
    return Scope(
        submission,
        until,
        Anew(codes, frozenset(rows.values_list("photo_id", flat=True)), since=former_in and body_day(former_in)),
        healed=criteria.filter(stage=MarkingStage.HEALED).exists(),
    )


@dataclass(frozen=True)
class Record:
    """A case as it is at one moment, read once. ``covered``: photographs that may be shown to assessors."""

    case: ProcedureCase
    scope: Scope
    visits: Sequence[SessionLog]
    photos: Sequence[Photo]
    papers: Sequence[CaseDocument]
    covered: frozenset[int]

    def photos_of(self, part: Part) -> list[Photo]:
        """The photographs that are handed in with this part; of earlier ones only those still allowed."""
        return [
            photo
            for photo in self.photos
            if (photo.stage in HEALED_STAGES) is (part is Part.HEALED)
            if photo.pk in self.covered or not self.scope.is_former(photo)
        ]

    def places(self, part: Part) -> list[Place]:
        """The slots of this part, filled with what counts: no healed photograph taken too early."""
        places = self.case.scheme_version.evidence.places(
            self.case.shown_treatment,
            visits=self.visits,
            photos=[photo for photo in self.photos if not self.too_early(photo)],
            until=self.scope.until,
            anew=self.scope.anew,
        )
        return [place for place in places if place.slot.marking_stage == STAGE_OF[part]]

    def too_early(self, photo: Photo) -> dt.date | None:
        """From when on such a photograph counts, when it was taken before that day: a touch-up moves it."""
        if self.scope.is_former(photo):
            return None
        earliest = self.earliest(photo.stage)
        return earliest if earliest is not None and photo.taken_on < earliest else None

    def earliest(self, stage: str) -> dt.date | None:
        """First day on which a photograph of that stage counts; None when any day will do, or none is known."""
        return self.case.scheme_version.evidence.earliest(stage, self.visits)


def record_of(case: ProcedureCase, *, at: dt.datetime, on: dt.date) -> Record:
    """Everything that is asked about a case at hand-in."""
    covered = case.photos.kept().consented(ConsentPurpose.ASSESSMENT, at=at, on=on)
    return Record(
        case=case,
        scope=scope_of(case),
        visits=list(case.visits.select_related("observation")),
        photos=list(case.photos.kept()),
        papers=list(case.documents.order_by("kind")),
        covered=frozenset(covered.values_list("pk", flat=True)),
    )


def gaps(case: ProcedureCase, *, part: Part, at: dt.datetime, on: dt.date) -> list[Gap]:
    """What keeps this part of a case from being handed in; empty when nothing does."""
    return gaps_in(record_of(case, at=at, on=on), part=part)


def gaps_in(record: Record, *, part: Part) -> list[Gap]:
    """As ``gaps``, of a record that is read already."""
    kinds = {paper.kind for paper in record.papers}
    has_clearance = CaseDocument.Kind.CLEARANCE in kinds
    written = completeness.written(record.case, record.visits, part=part, has_clearance=has_clearance)
    return [
        *(written if record.scope.asks(part) else ()),
        *_unpictured(record, part),
        *(_unproved(record, kinds) if part is Part.PROCEDURE else ()),
        *_unconsented(record, part),
        *anonymity.in_case(record.case, record.visits, part=part),
    ]


def _unpictured(record: Record, part: Part) -> Iterable[Gap]:
    for place in record.places(part):
        if place.missing:
            yield Gap("case_photos", place.sentence)
    for photo in record.photos_of(part):
        if earliest := record.too_early(photo):
            stage = PhotoStage(photo.stage).short.lower()
            yield Gap(
                "case_photos",
                f"A photograph of {in_words(photo.taken_on)} counts as {stage} from {in_words(earliest)} on only. "
                "Correct its day or its stage, or take it out.",
            )
        sentence = evidence.too_late(photo.stage, photo.taken_on, record.visits)
        if sentence and not record.scope.is_former(photo):
            yield Gap("case_photos", sentence)


def _unproved(record: Record, kinds: set[str]) -> Iterable[Gap]:
    if CaseDocument.Kind.TREATMENT_CONSENT not in kinds:
        yield Gap("case_papers", "Add the treatment consent that the client signed.")
    if not any(visit.kind in IMPLANTING and hasattr(visit, "observation") for visit in record.visits):
        yield Gap(
            "case_observation",
            "Have a visit observed: your trainer, or an observer whom the office appoints, signs what they saw.",
        )


def _unconsented(record: Record, part: Part) -> Iterable[Gap]:
    bare = [photo for photo in record.photos_of(part) if photo.pk not in record.covered]
    if bare:
        these = "one photograph" if len(bare) == 1 else f"{len(bare)} photographs"
        which = "it" if len(bare) == 1 else "them"
        yield Gap(
            "case_consent",
            f"The client's consent does not cover {these}. Ask the client to allow {which}, or take {which} out.",
        )
