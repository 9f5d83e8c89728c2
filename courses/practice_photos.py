"""Pictures of practice work: taking them in, handing them out; and what a copy of one's data says of practice.

Only practice skin is photographed here. Pictures of clients belong to a case and need the client's consent, so
a live procedure takes none.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q
from django.db.models.fields.files import FieldFile
from django.utils import timezone

from courses import practice, practice_record
from courses.errors import PracticeRefused
from courses.models import Enrolment, PracticeEntry, PracticePhoto, SignOff, TrainerRelation
from courses.practice_record import Standing
from training_site.common import personal_data, private_files
from training_site.common.days import body_day
from training_site.common.history import save_as
from training_site.common.images import CleaningUnavailable, CleanPhoto, PhotoRefused, clean_photo
from training_site.common.storage import random_name
from training_site.common.uploads import display_name

logger = logging.getLogger(__name__)

PHOTOS = 6
"""Pictures that an entry holds at most."""

SHOWN_EDGE = 800
"""Long edge, in pixels, of the copy that pages show; it links to the whole picture."""


@dataclass(frozen=True)
class Taken:
    """Keys of the pictures that an entry took, and a sentence for each that it did not take."""

    photos: set[int] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many were taken; the same picture sent twice counts once."""
        return len(self.photos)


def obstacle(entry: PracticeEntry) -> str | None:
    """Why the entry takes no further picture, in a sentence; None when it does."""
    if entry.exercise_id is None:
        return "Pictures of clients are not kept here. They belong to a case, with the client's consent."
    if entry.enrolment.state not in Enrolment.READABLE:
        return "This enrolment is not active. Ask the office to open it again."
    if practice_record.logged(entry).standing is Standing.SIGNED_OFF:
        return "This entry is signed off; its pictures are kept as they are. Log new work as a new entry."
    if entry.photos.count() >= PHOTOS:
        return f"An entry holds {PHOTOS} pictures at most, and this one has them."
    return None


def add_all(entry: PracticeEntry, uploads: Iterable[UploadedFile], *, actor: Any) -> Taken:
    """Add each picture that can be taken; one that cannot never costs another its place."""
    taken, closed = Taken(), ""
    for upload in uploads:
        try:
            if closed:
                raise PracticeRefused(closed)
            taken.photos.add(add(entry, upload, actor=actor).pk)
        except (PhotoRefused, PracticeRefused) as refusal:
            taken.refused.append(_named(upload, str(refusal)))
        except CleaningUnavailable as refusal:
            # The next one would wait as long for the same answer.
            closed = str(refusal)
            taken.refused.append(_named(upload, closed))
        except OSError:
            logger.exception("A picture of practice entry %s could not be stored.", entry.pk)
            taken.refused.append(_named(upload, "It could not be stored now. Add it again in a minute."))
    return taken


def add(entry: PracticeEntry, upload: UploadedFile, *, actor: Any) -> PracticePhoto:
    """Clean a picture and keep it with the entry; the same picture sent twice is kept once.

    Raises PhotoRefused for a file that is no good photograph, PracticeRefused when the entry takes none,
    CleaningUnavailable when no file can be opened at the moment, OSError when the disk fails.
    """
    if reason := obstacle(entry):
        raise PracticeRefused(reason)
    clean = clean_photo(upload)  # type: ignore[arg-type]  # Seekable and binary, which is all it needs.
    with transaction.atomic():
        # Two uploads at once could each see room for one more: the second waits here.
        rows = PracticeEntry.objects.select_for_update(of=("self",)).select_related("enrolment")
        locked = rows.get(pk=entry.pk)
        if existing := locked.photos.filter(sha256=clean.sha256).first():
            return existing
        if reason := obstacle(locked):
            raise PracticeRefused(reason)
        return _store(locked, clean, actor=actor)


def _store(entry: PracticeEntry, clean: CleanPhoto, *, actor: Any) -> PracticePhoto:
    photo = PracticePhoto(entry=entry, sha256=clean.sha256, width=clean.width, height=clean.height)
    try:
        photo.picture.save(random_name("practice", "jpg"), ContentFile(clean.original), save=False)
        photo.thumbnail.save(random_name("practice", "jpg"), ContentFile(clean.renditions[SHOWN_EDGE]), save=False)
        return save_as(photo, actor=actor, reason="Added to the practice log.")
    except BaseException:
        for file in (photo.picture, photo.thumbnail):
            if file.name:
                file.storage.delete(file.name)
        raise


def _named(upload: UploadedFile, sentence: str) -> str:
    return f"“{display_name(upload.name or '')}” was not taken. {sentence}"


def find_picture(user: Any, pk: str) -> FieldFile | None:
    """A picture for its trainee and for whoever trains them today; None for everybody else."""
    photo = _find(user, pk)
    return photo.picture if photo else None


def find_thumbnail(user: Any, pk: str) -> FieldFile | None:
    """The smaller copy, for the same people."""
    photo = _find(user, pk)
    return photo.thumbnail if photo else None


def _find(user: Any, pk: str) -> PracticePhoto | None:
    to_sign = practice.entries_for(user, on=body_day(timezone.now()))
    return PracticePhoto.objects.filter(
        Q(entry__enrolment__trainee=user) | Q(entry__in=to_sign.values("pk")), pk=pk
    ).first()


def register() -> None:
    """Tell the site of the pictures and of what is kept about people. Called once, when the app is ready."""
    private_files.register("practice", find=find_picture, as_attachment=False)
    private_files.register("practice-thumb", find=find_thumbnail, as_attachment=False)
    personal_data.register(
        "practice",
        export=_practice_of,
        erase=None,
        note=(
            "Practice you logged, your trainers, and what they answered. A certification rests on it, so erasure "
            "leaves it. Download the pictures from the practice log."
        ),
    )
    personal_data.register(
        "training",
        export=_training_by,
        erase=None,
        note=(
            "Whom you trained, and your answers to their practice. Their certification rests on it, so erasure "
            "leaves it."
        ),
    )
    personal_data.describe(
        TrainerRelation,
        what="Who trains whom, from which day to which",
        why="A trainer signs off practice, and may not assess the same person later",
        kept="As long as the certification that rests on it is on record",
    )
    personal_data.describe(
        PracticeEntry,
        what="Exercises and live procedures a trainee logged: day, note, and a code for the client, never a name",
        why="Eight exercises and six live procedures are needed before the assessment",
        kept="As long as the certification that rests on it is on record",
    )
    personal_data.describe(
        PracticePhoto,
        what="Pictures of work on practice skin, without place, time or camera",
        why="A trainer must see the work to sign it off",
        kept="As long as the certification that rests on it is on record",
    )
    personal_data.describe(
        SignOff,
        what="A trainer's answer to an entry: what was confirmed, and a note",
        why="To show later who confirmed what, and when",
        kept="As long as the certification that rests on it is on record; never changed",
    )


def _practice_of(user: Any) -> dict[str, Any]:
    entries = PracticeEntry.objects.filter(enrolment__trainee=user).select_related("exercise", "enrolment")
    return {
        "trainers": [
            {"trainer": each.trainer.name, "started_on": each.started_on, "ended_on": each.ended_on}
            for each in TrainerRelation.objects.filter(trainee=user).select_related("trainer")
        ],
        "entries": [
            {
                "course": entry.enrolment.course_key,
                "what": practice_record.title_of(entry),
                "client_code": entry.client_code,
                "done_on": entry.done_on,
                "note": entry.note,
                "logged_at": entry.logged_at,
                "pictures": [photo.sha256 for photo in entry.photos.all()],
                "answers": [
                    {"trainer": each.relation.trainer.name, **_answer(each)} for each in entry.sign_offs.all()
                ],
            }
            for entry in entries.prefetch_related("photos", "sign_offs__relation__trainer")
        ],
    }


def _training_by(user: Any) -> dict[str, Any]:
    answers = SignOff.objects.filter(relation__trainer=user)
    return {
        "trainees": [
            {"trainee": each.trainee.name, "started_on": each.started_on, "ended_on": each.ended_on}
            for each in TrainerRelation.objects.filter(trainer=user).select_related("trainee")
        ],
        "answers": [
            {
                "trainee": each.relation.trainee.name,
                "what": practice_record.title_of(each.entry),
                "done_on": each.entry.done_on,
                **_answer(each),
            }
            for each in answers.select_related("entry__exercise", "relation__trainee")
        ],
    }


def _answer(sign_off: SignOff) -> dict[str, Any]:
    return {
        "result": sign_off.get_result_display(),
        "confirmed": sign_off.seen,
        "note": sign_off.note,
        "signed_at": sign_off.signed_at,
    }
