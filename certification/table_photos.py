"""The photographs of a case on the light table: what was handed in, view by view and stage by stage."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from certification import evidence
from certification.models import Manifest, ManifestPhoto, Photo, SessionLog, Submission
from certification.models.photos import PhotoQuerySet
from certification.values import (
    HEALED_STAGES,
    ConsentPurpose,
    MarkingStage,
    PhotoStage,
    PhotoView,
    SubmissionKind,
)
from training_site.common.days import in_words

RECORD = "work-place"
"""Key of the sheet with the photographs of the work place."""


@dataclass(frozen=True)
class Pictured:
    """A photograph that was handed in. ``days``: of a healed one, since the last session. ``gone``: taken back."""

    pk: int
    stage: PhotoStage
    view: PhotoView
    taken_on: dt.date
    width: int
    height: int
    days: int | None
    is_new: bool
    gone: bool

    @property
    def label(self) -> str:
        """``Close-up with scale, healed, 14 April 2026``."""
        return f"{self.view.label}, {self.stage.short.lower()}, {in_words(self.taken_on)}"


@dataclass(frozen=True)
class Column:
    """What lies side by side with others: one stage of a view, or one view of the work place."""

    label: str
    photos: Sequence[Pictured]


@dataclass(frozen=True)
class Sheet:
    """Photographs looked at together. ``cover`` stands for it on the film."""

    key: str
    label: str
    columns: Sequence[Column]

    @property
    def cover(self) -> Pictured:
        """The newest photograph that is still there."""
        photos = [photo for column in self.columns for photo in column.photos]
        return next((photo for photo in reversed(photos) if not photo.gone), photos[0])


def manifests_of(submission: Submission) -> dict[MarkingStage, Manifest]:
    """What counts of a case up to this attempt: the newest manifest of each stage."""
    found = Manifest.objects.filter(
        submission__case=submission.case_id, submission__number__lte=submission.number
    ).select_related("submission")
    return newest_of(found.order_by("submission__number", "number"))


def newest_of(manifests: Iterable[Manifest]) -> dict[MarkingStage, Manifest]:
    """Of manifests in the order of their making, with their attempts, those that count.

    Healed evidence of an attempt that was returned counts no more until it is handed in again.
    """
    newest: dict[MarkingStage, Manifest] = {}
    for each in manifests:
        stage = MarkingStage(each.marking_stage)
        if stage is not MarkingStage.HEALED or each.submission.healed_in_at == each.frozen_at:
            newest[stage] = each
    return newest


def photos_in(manifests: Mapping[MarkingStage, Manifest]) -> frozenset[int]:
    """Keys of the photographs in these manifests."""
    return frozenset(row["id"] for each in manifests.values() for row in each.content["photos"])


def shown() -> PhotoQuerySet:
    """Photographs that assessors may see: their files exist, and no client has taken the consent back."""
    return Photo.objects.kept().not_taken_back(ConsentPurpose.ASSESSMENT)


def pictures_of(
    submission: Submission, contents: Sequence[Mapping[str, Any] | None], visits: Sequence[SessionLog]
) -> list[Pictured]:
    rows = {row["id"]: row for content in contents if content for row in content["photos"]}
    here = set(shown().filter(pk__in=rows).values_list("pk", flat=True))
    before: set[int] = set()
    if submission.kind == SubmissionKind.CORRECTION:
        earlier = ManifestPhoto.objects.filter(
            manifest__submission__case=submission.case_id, manifest__submission__number__lt=submission.number
        )
        before = set(earlier.values_list("photo", flat=True))
    return [
        _picture(
            row,
            visits,
            is_new=submission.kind == SubmissionKind.CORRECTION and pk not in before,
            gone=pk not in here,
        )
        for pk, row in rows.items()
    ]


def _picture(row: Mapping[str, Any], visits: Iterable[SessionLog], *, is_new: bool, gone: bool) -> Pictured:
    stage, taken_on = PhotoStage(row["stage"]), dt.date.fromisoformat(row["taken_on"])
    last = evidence.last_session([visit for visit in visits if visit.visited_on <= taken_on])
    return Pictured(
        pk=row["id"],
        stage=stage,
        view=PhotoView(row["view"]),
        taken_on=taken_on,
        width=row["width"],
        height=row["height"],
        days=(taken_on - last).days if last and stage in HEALED_STAGES else None,
        is_new=is_new,
        gone=gone,
    )


def sheets_of(pictures: Sequence[Pictured]) -> list[Sheet]:
    """One for each view with its stages, then one for the work place with its views."""
    sheets = []
    for view in PhotoView:
        of_view = [each for each in pictures if each.view is view and each.stage is not PhotoStage.RECORD]
        stages = [(stage.short, [each for each in of_view if each.stage is stage]) for stage in PhotoStage]
        if of_view:
            sheets.append(Sheet(view.value, view.label, _columns(stages)))
    record = [each for each in pictures if each.stage is PhotoStage.RECORD]
    views = [(view.label, [each for each in record if each.view is view]) for view in PhotoView]
    if record:
        sheets.append(Sheet(RECORD, "Work place", _columns(views)))
    return sheets


def _columns(named: Iterable[tuple[str, list[Pictured]]]) -> list[Column]:
    """Those that hold something; of several photographs the newest comes first: the last session is marked."""
    return [
        Column(label, sorted(photos, key=lambda photo: (-photo.taken_on.toordinal(), photo.pk)))
        for label, photos in named
        if photos
    ]


def counts_of(submissions: Sequence[Submission]) -> dict[int, int]:
    """How many photographs lie on the table of each attempt; one query for all."""
    found = Manifest.objects.filter(submission__case__in={each.case_id for each in submissions})
    rows = list(
        found.defer("content")
        .select_related("submission")
        .annotate(many=Count("photos"))
        .order_by("submission__number", "number")
    )
    return {
        each.pk: sum(
            manifest.many  # type: ignore[attr-defined]
            for manifest in newest_of(
                row
                for row in rows
                if row.submission.case_id == each.case_id and row.submission.number <= each.number
            ).values()
        )
        for each in submissions
    }
