"""Photographs coming in: opened, turned upright and written anew in a limited child process.

What is stored is ours, not the sender's: plain sRGB JPEGs that hold pixels and nothing else. See ``cleaning``
for how; SHA-256 values are lower-case hex.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass

from training_site.common.cleaning.limits import MEGABYTE, PHOTO_BYTES, RENDITION_EDGES
from training_site.common.cleaning.refusals import PHOTO_SENTENCES, CleaningUnavailable, Refused, sentence
from training_site.common.cleaning.room import ROOM, Cleaned, CleaningRoom, Source, Upload, opened
from training_site.common.cleaning.sniffing import PHOTO_KINDS, kind_of, name_of

__all__ = ["CleanPhoto", "CleaningUnavailable", "PhotoRefused", "clean_photo", "clean_picture"]


class PhotoRefused(ValueError):
    """The file is not taken; the message says why and what to send instead. ``code`` names the reason."""

    def __init__(self, refusal: Refused) -> None:
        super().__init__(sentence(PHOTO_SENTENCES, refusal))
        self.code = refusal.code


@dataclass(frozen=True)
class CleanPhoto:
    """A cleaned photograph.

    ``original`` is a JPEG of at most 4,000 pixels on its long edge, ``width`` by ``height``; ``renditions``
    are JPEGs by their long edge (1,600, 800, 320 pixels; smaller pictures are not enlarged). The same file
    always gives the same bytes, so likeness hashes are made from ``renditions[320]``. ``taken_at`` (the
    camera's clock, no zone) and ``camera`` are what the file claims about itself, for private use only.
    """

    original: bytes
    renditions: dict[int, bytes]
    width: int
    height: int
    sha256: str
    source_sha256: str
    taken_at: dt.datetime | None
    camera: str | None


def clean_photo(source: Source, *, min_long_edge: int | None = None, room: CleaningRoom = ROOM) -> CleanPhoto:
    """``source`` (bytes, a path or a seekable binary stream) as a photograph that is safe to keep and show.

    Takes JPEG, PNG, WebP and HEIC of at most 30 MB, 50 megapixels and one frame, whatever they are called;
    ``min_long_edge`` in pixels is asked of the file as sent. Raises PhotoRefused for every other file, and
    CleaningUnavailable when no file can be opened at the moment.
    """
    try:
        with opened(source) as upload:
            return clean_picture(upload, min_long_edge=min_long_edge, room=room)
    except Refused as refusal:
        raise PhotoRefused(refusal) from None


def clean_picture(upload: Upload, *, min_long_edge: int | None, room: CleaningRoom) -> CleanPhoto:
    """As ``clean_photo``, for a file that is open already. Raises Refused instead of its sentence."""
    if not upload.size:
        raise Refused("empty")
    kind = kind_of(upload.head)
    if kind not in PHOTO_KINDS:
        raise Refused("wrong_kind", name=name_of(upload.head))
    if upload.size > PHOTO_BYTES:
        raise Refused("too_many_bytes", megabytes=-(-upload.size // MEGABYTE), most=PHOTO_BYTES // MEGABYTE)
    cleaned = room.clean(upload, {"work": "photo", "kind": kind, "min_long_edge": min_long_edge})
    # The child has read a stranger's file: what it says is checked like anything else from outside.
    try:
        return _photo(cleaned)
    except (KeyError, TypeError, ValueError) as error:
        raise CleaningUnavailable from error


def _photo(cleaned: Cleaned) -> CleanPhoto:
    original, *renditions = cleaned.files
    facts = cleaned.facts
    if not all(file.startswith(b"\xff\xd8\xff") and file.endswith(b"\xff\xd9") for file in cleaned.files):
        raise ValueError("The child answered with something that is no JPEG.")
    return CleanPhoto(
        original=original,
        renditions=dict(zip(RENDITION_EDGES, renditions, strict=True)),
        width=int(facts["width"]),
        height=int(facts["height"]),
        sha256=hashlib.sha256(original).hexdigest(),
        source_sha256=cleaned.source_sha256,
        taken_at=dt.datetime.fromisoformat(facts["taken_at"]) if facts["taken_at"] else None,
        camera=str(facts["camera"]) if facts["camera"] else None,
    )
