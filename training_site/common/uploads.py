"""Documents coming in (licences, clearances, pages of a register), and what stored files are called."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from training_site.common.cleaning.limits import MEGABYTE, PDF_BYTES
from training_site.common.cleaning.refusals import DOCUMENT_SENTENCES, CleaningUnavailable, Refused, sentence
from training_site.common.cleaning.room import ROOM, CleaningRoom, Source, Upload, opened
from training_site.common.cleaning.sniffing import kind_of
from training_site.common.images import clean_picture

DISPLAY_NAME_LENGTH = 120
_UNSEEN = {"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"}


class DocumentRefused(ValueError):
    """The file is not taken; the message says why and what to send instead. ``code`` names the reason."""

    def __init__(self, refusal: Refused) -> None:
        super().__init__(sentence(DOCUMENT_SENTENCES, refusal))
        self.code = refusal.code


@dataclass(frozen=True)
class CleanDocument:
    """A document written anew: a PDF that only draws, or a JPEG as of ``images.clean_photo``.

    ``preview`` is a JPEG of at most 1,600 pixels, None for a PDF. SHA-256 values are lower-case hex.
    """

    content: bytes
    media_type: str
    extension: str
    pages: int
    preview: bytes | None
    sha256: str
    source_sha256: str


def clean_document(source: Source, *, room: CleaningRoom = ROOM) -> CleanDocument:
    """``source`` (bytes, a path or a seekable binary stream) as a document that is safe to keep.

    Takes what ``clean_photo`` takes, and PDFs of at most 10 MB and 20 pages without a password; scripts,
    forms, links and attached files do not survive. Raises DocumentRefused for every other file, and
    CleaningUnavailable when no file can be opened at the moment.
    """
    try:
        with opened(source) as upload:
            return _clean_pdf(upload, room) if kind_of(upload.head) == "PDF" else _clean_scan(upload, room)
    except Refused as refusal:
        raise DocumentRefused(refusal) from None


def display_name(raw: str) -> str:
    """The sender's name for a file, fit to show and never to store under: at most 120 characters, one line.

    No folders, no control or direction characters; the extension outlasts the rest. "file" if nothing is
    left.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", raw))[-1]
    seen = "".join(char for char in last if char.isspace() or unicodedata.category(char) not in _UNSEEN)
    name = " ".join(seen.split()).strip(". ")
    if len(name) > DISPLAY_NAME_LENGTH:
        stem, dot, extension = name.rpartition(".")
        tail = f"…{dot}{extension}" if stem and len(extension) <= 8 else "…"
        name = name[: DISPLAY_NAME_LENGTH - len(tail)] + tail
    return name or "file"


def _clean_pdf(upload: Upload, room: CleaningRoom) -> CleanDocument:
    if upload.size > PDF_BYTES:
        raise Refused("too_many_bytes", megabytes=-(-upload.size // MEGABYTE), most=PDF_BYTES // MEGABYTE)
    cleaned = room.clean(upload, {"work": "pdf"})
    # The child has read a stranger's file: what it says is checked like anything else from outside.
    try:
        [content], pages = cleaned.files, int(cleaned.facts["pages"])
    except (KeyError, TypeError, ValueError) as error:
        raise CleaningUnavailable from error
    if not content.startswith(b"%PDF-"):
        raise CleaningUnavailable
    return CleanDocument(
        content=content,
        media_type="application/pdf",
        extension="pdf",
        pages=pages,
        preview=None,
        sha256=hashlib.sha256(content).hexdigest(),
        source_sha256=cleaned.source_sha256,
    )


def _clean_scan(upload: Upload, room: CleaningRoom) -> CleanDocument:
    scan = clean_picture(upload, min_long_edge=None, room=room)
    return CleanDocument(
        content=scan.original,
        media_type="image/jpeg",
        extension="jpg",
        pages=1,
        preview=scan.renditions[max(scan.renditions)],
        sha256=scan.sha256,
        source_sha256=scan.source_sha256,
    )
