"""Photographs of a case: taking them in, giving them another place, taking them out.

A file is opened before the case is locked, because that takes seconds; what could have changed meanwhile is
asked again under the lock. Of the sender's file nothing is kept but its hash and what its camera claimed; of
its name, nothing.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q
from django.db.models.fields.files import FieldFile

from certification import cases, consenting
from certification.cases import Part
from certification.errors import CaseRefused, PhotoNotTaken
from certification.models import CaseFile, ImageConsent, ManifestPhoto, Photo, ProcedureCase, Submission
from certification.readiness import scope_of
from certification.values import HEALED_STAGES, RECORD_VIEWS, ConsentPurpose, PhotoStage, PhotoView
from training_site.common.days import body_day, body_zone, day_of, in_words
from training_site.common.history import save_as
from training_site.common.images import CleaningUnavailable, CleanPhoto, PhotoRefused, clean_photo
from training_site.common.storage import random_name
from training_site.common.uploads import display_name

logger = logging.getLogger(__name__)

RENDITIONS = {"large": 1600, "medium": 800, "small": 320}
"""Long edge, in pixels, of the copies that pages show."""


@dataclass(frozen=True)
class Taken:
    """The photographs that a case took, and a sentence for each that it did not take."""

    photos: list[Photo] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def candidate_day(case: ProcedureCase, *, at: dt.datetime) -> dt.date:
    """The calendar day where the candidate works; that of the certification body when no place is known."""
    application = case.case_file.application if case.case_file else None
    zone = ZoneInfo(application.time_zone) if application and application.time_zone else body_zone()
    return day_of(at, zone)


def part_of(stage: str) -> Part:
    """The part of the case that photographs of a stage belong to."""
    return Part.HEALED if stage in HEALED_STAGES else Part.PROCEDURE


def obstacle(
    case: ProcedureCase, *, stage: str, view: str, taken_on: dt.date, today: dt.date, beside: Photo | None = None
) -> str | None:
    """Why the case takes no photograph of this stage, view and day, in a sentence; None when it does.

    ``today`` is the candidate's calendar day. ``beside`` leaves out a photograph that is to move there.
    """
    scope = scope_of(case)
    if sentence := cases.obstacle(scope.submission, part_of(stage)):
        return sentence
    rules, treatment = case.scheme_version.evidence, case.shown_treatment
    asked: dict[str, Any] = {"stage": stage, "view": view, "taken_on": taken_on}
    if sentence := rules.obstacle(treatment=treatment, visits=case.visits.all(), today=today, **asked):
        return sentence
    # What earlier attempts brought cannot be taken out, so it takes no room from what a correction brings.
    others = [photo for photo in case.photos.kept() if photo != beside and not scope.is_former(photo)]
    if rules.is_full(treatment, photos=others, **asked):
        slot = rules.slot_of(treatment, stage=stage, view=view)
        return (
            f"{rules.most} photographs of {in_words(taken_on)} are here already "
            f"({_stage(stage)}: {slot.label if slot else PhotoView(view).label}), and no more are taken. "
            "Take one out first."
        )
    return None


def add_all(
    case: ProcedureCase,
    uploads: Iterable[UploadedFile],
    *,
    stage: str,
    view: str,
    taken_on: dt.date,
    actor: Any,
    at: dt.datetime,
    today: dt.date,
) -> Taken:
    """Add each photograph that can be taken; one that cannot never costs another its place."""
    taken, closed = Taken(), ""
    place: dict[str, Any] = {"stage": stage, "view": view, "taken_on": taken_on}
    for upload in uploads:
        try:
            if closed:
                raise PhotoNotTaken(closed)
            taken.photos.append(add(case, upload, actor=actor, at=at, today=today, **place))
        except (PhotoRefused, PhotoNotTaken, CaseRefused) as refusal:
            taken.refused.append(_named(upload, str(refusal)))
        except CleaningUnavailable as refusal:
            # The next one would wait as long for the same answer.
            closed = str(refusal)
            taken.refused.append(_named(upload, closed))
        except OSError:
            logger.exception("A photograph of case %s could not be stored.", case.ref)
            taken.refused.append(_named(upload, "It could not be stored now. Add it again in a minute."))
    return taken


def add(
    case: ProcedureCase,
    upload: UploadedFile,
    *,
    stage: str,
    view: str,
    taken_on: dt.date,
    actor: Any,
    at: dt.datetime,
    today: dt.date,
) -> Photo:
    """Clean a photograph and keep it with the case.

    ``today`` is the candidate's calendar day. A living consent of the client to later photographs covers it at
    once if it was taken since, and was never in the case before. Raises PhotoRefused for a file that is no good
    photograph, PhotoNotTaken when it has no place here or is known already, CaseRefused for anybody else's case,
    CleaningUnavailable when no file can be opened at the moment, OSError when the disk fails.
    """
    asked: dict[str, Any] = {"stage": stage, "view": view, "taken_on": taken_on, "today": today}
    if sentence := obstacle(case, **asked):
        raise PhotoNotTaken(sentence)
    clean = clean_photo(upload, min_long_edge=_long_edge(case, stage=stage, view=view))  # type: ignore[arg-type]
    with _files_only_if_kept() as stored, cases.changing(case, part_of(stage), actor=actor) as fresh:
        if sentence := obstacle(fresh, **asked) or _known_already(fresh, clean):
            raise PhotoNotTaken(sentence)
        photo = Photo(
            case=fresh,
            stage=stage,
            view=view,
            taken_on=taken_on,
            width=clean.width,
            height=clean.height,
            sha256=clean.sha256,
            source_sha256=clean.source_sha256,
            camera_clock=clean.taken_at.isoformat(" ", "seconds")[:19] if clean.taken_at else "",
            camera=(clean.camera or "")[:120],
            added_at=at,
        )
        pictures = {"original": clean.original, **{name: clean.renditions[px] for name, px in RENDITIONS.items()}}
        for name, content in pictures.items():
            file: FieldFile = getattr(photo, name)
            file.save(random_name("cases", "jpg"), ContentFile(content), save=False)
            stored.append(file)
        save_as(photo, actor=actor, reason="Added to the case.")
        _cover(photo, at=at)
    return photo


def relabel(
    photo: Photo, *, stage: str, view: str, taken_on: dt.date, actor: Any, at: dt.datetime, today: dt.date
) -> Photo:
    """Give a photograph another stage, view or day. It gains no consent by that.

    It keeps those it has, except that one given ahead ends when the photograph turns out to be older than it.

    Raises PhotoNotTaken when there is no room for it there, or when it would begin or cease to show a person;
    CaseRefused for anybody else's case and when the
    part it is in, or is to go to, is closed.
    """
    with cases.changing(photo.case, part_of(photo.stage), actor=actor) as case:
        moved = _kept(photo)
        # Another window may have moved it to a part of the case that is closed.
        for sentence in (
            cases.obstacle(Submission.objects.latest_of(case), part_of(moved.stage)),
            obstacle(case, stage=stage, view=view, taken_on=taken_on, today=today, beside=moved),
            _other_kind(moved, view),
            _too_small(moved, _long_edge(case, stage=stage, view=view)),
        ):
            if sentence:
                raise PhotoNotTaken(sentence)
        moved.stage, moved.view, moved.taken_on = stage, view, taken_on
        save_as(moved, actor=actor, reason="Put in another place.", fields=["stage", "view", "taken_on"])
        _end_if_older(moved, actor=actor, at=at)
    return moved


def remove(photo: Photo, *, actor: Any, at: dt.datetime) -> Photo:
    """Take a photograph out of the case. Its row stays without its files, so that the same file is known again.

    Raises PhotoNotTaken for one that was handed in, CaseRefused for anybody else's case and when its part is
    closed.
    """
    with cases.changing(photo.case, part_of(photo.stage), actor=actor) as case:
        removed = _kept(photo)
        if ManifestPhoto.objects.filter(photo=removed).exists():
            raise PhotoNotTaken(
                "This photograph was handed in, so it stays on record. Add a better one beside it instead."
            )
        if sentence := cases.obstacle(Submission.objects.latest_of(case), part_of(removed.stage)):
            raise PhotoNotTaken(sentence)
        for name in Photo.FILES:
            file: FieldFile = getattr(removed, name)
            transaction.on_commit(partial(_delete, file.storage, file.name))
            setattr(removed, name, "")
        removed.removed_at = at
        save_as(removed, actor=actor, reason="Taken out of the case.", fields=[*Photo.FILES, "removed_at"])
    return removed


def covered(case: ProcedureCase, *, at: dt.datetime) -> set[int]:
    """Keys of the photographs that assessors may see at that instant: no person in them, or the client agrees."""
    kept = case.photos.kept().consented(ConsentPurpose.ASSESSMENT, at=at, on=body_day(at))
    return set(kept.values_list("pk", flat=True))


def _known_already(case: ProcedureCase, clean: CleanPhoto) -> str | None:
    """Whether its owner sent this file, or these very pixels, before. Of other people's cases nothing is said."""
    if case.case_file_id:
        # The same file sent to two cases of one file at once: the second waits here.
        CaseFile.objects.select_for_update().get(pk=case.case_file_id)
    owned = Photo.objects.kept().filter(case__practitioner=case.practitioner_id).select_related("case")
    same = owned.filter(Q(source_sha256=clean.source_sha256) | Q(sha256=clean.sha256))
    photo = same.filter(case=case).first() or same.first()
    if photo is None:
        return None
    if photo.case_id != case.pk:
        return (
            f"This photograph is already in your case {photo.case.ref}. "
            "A photograph belongs to one case: add one of this client."
        )
    return (
        f"This photograph is in the case already, as “{_stage(photo.stage)}: {photo.get_view_display()}” "
        f"of {in_words(photo.taken_on)}. Add another one, or change the place of that one."
    )


def _cover(photo: Photo, *, at: dt.datetime) -> None:
    """Where the client allowed photographs still to be taken, this new one gets a consent of its own.

    One that was in the case before may be one that the client refused or took back: it is asked about again.
    """
    if not photo.shows_a_person or _was_here(photo):
        return
    consents = ImageConsent.objects.alive(at=at, on=body_day(at)).filter(case=photo.case, photo=None)
    # Taken back at this moment: whoever comes second sees what the first did.
    standing = consents.filter(purpose=ConsentPurpose.ASSESSMENT).select_for_update().first()
    if standing is None or photo.taken_on < body_day(standing.given_at):
        return
    own = ImageConsent(
        case=photo.case,
        photo=photo,
        purpose=ConsentPurpose.ASSESSMENT,
        method=ImageConsent.Method.STANDING,
        text_version=standing.text_version,
        given_at=at,
        expires_on=standing.expires_on,
    )
    save_as(own, actor=None, reason="By the client's consent to later photographs.")


def _end_if_older(photo: Photo, *, actor: Any, at: dt.datetime) -> None:
    """What was allowed ahead covers no photograph that was taken before the day on which it was allowed."""
    for own in photo.consents.filter(method=ImageConsent.Method.STANDING, withdrawn_at=None):
        ahead = ImageConsent.objects.filter(case=photo.case, photo=None, given_at__lte=own.given_at).first()
        if ahead and photo.taken_on < body_day(ahead.given_at):
            consenting.withdraw(own, actor=actor, at=at, reason="Taken before the client allowed later ones.")


def _was_here(photo: Photo) -> bool:
    others = Photo.objects.filter(case=photo.case).exclude(pk=photo.pk)
    return others.filter(Q(source_sha256=photo.source_sha256) | Q(sha256=photo.sha256)).exists()


@contextmanager
def _files_only_if_kept() -> Iterator[list[FieldFile]]:
    """Files that are noted here go again when the row they belong to is not kept."""
    stored: list[FieldFile] = []
    try:
        yield stored
    except BaseException:
        for file in stored:
            _delete(file.storage, file.name)
        raise


def _delete(storage: Any, name: str | None) -> None:
    try:
        storage.delete(name)
    except OSError:
        logger.exception("A photograph that is not kept could not be deleted: %s", name)


def _kept(photo: Photo) -> Photo:
    """The photograph as it is now, under the lock of its case."""
    fresh = Photo.objects.kept().select_related("case").filter(pk=photo.pk).first()
    if fresh is None:
        raise PhotoNotTaken("This photograph was taken out of the case already.")
    return fresh


def _long_edge(case: ProcedureCase, *, stage: str, view: str) -> int:
    rules = case.scheme_version.evidence
    slot = rules.slot_of(case.shown_treatment, stage=stage, view=view)
    return slot.long_edge if slot else rules.long_edge


def _other_kind(photo: Photo, view: str) -> str | None:
    """The client was asked about it, or was not: another view must not change that."""
    if photo.shows_a_person is (view not in RECORD_VIEWS):
        return None
    return (
        "A photograph of the client and one of the work place do not change into each other, because the client "
        "decides about the first only. Take it out and add it again."
    )


def _too_small(photo: Photo, needed: int) -> str | None:
    if (long_edge := max(photo.width, photo.height)) >= needed:
        return None
    return (
        f"This photograph is {long_edge:,} pixels on its long edge; {needed:,} are needed there. Add a larger one."
    )


def _stage(stage: str) -> str:
    return PhotoStage(stage).short


def _named(upload: UploadedFile, sentence: str) -> str:
    return f"“{display_name(upload.name or '')}” was not taken. {sentence}"
