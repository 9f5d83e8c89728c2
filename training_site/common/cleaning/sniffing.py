"""What a file is, by its content. Its name and the browser's word for it count for nothing."""

import filetype

SNIFFED_BYTES = 8_192

PHOTO_KINDS = frozenset({"JPEG", "PNG", "WEBP", "HEIC"})

# Brands of ISO/IEC 23008-12 (HEIF) still pictures coded with HEVC, and the two that leave the coding open.
_HEVC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis"})
_OPEN_BRANDS = frozenset({b"mif1", b"msf1"})

_NAMES = {
    "application/postscript": "a PostScript file",
    "application/zip": "a ZIP archive",
    "image/avif": "an AVIF picture",
    "image/bmp": "a BMP picture",
    "image/gif": "a GIF picture",
    "image/tiff": "a TIFF or camera raw file",
    "image/vnd.adobe.photoshop": "a Photoshop file",
    "image/x-canon-cr2": "a camera raw file",
}


def kind_of(head: bytes) -> str | None:
    """``JPEG``, ``PNG``, ``WEBP``, ``HEIC`` or ``PDF``; None for everything else.

    ``head`` is the first ``SNIFFED_BYTES`` of the file.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if _is_heic(head):
        return "HEIC"
    # Viewers allow scanners their kilobyte of noise before it.
    if b"%PDF-" in head[:1024]:
        return "PDF"
    return None


def name_of(head: bytes) -> str:
    """What to call a file that is not wanted: "a PDF", "a web page", at worst "of another kind"."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in text and text.startswith((b"<svg", b"<?xml", b"<!")):
        return "an SVG drawing"
    if text.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    if text.startswith(b"%!ps"):
        return "a PostScript file"
    if kind_of(head) == "PDF":
        return "a PDF"
    guess = filetype.guess(head)
    mime = guess.mime if guess else ""
    if mime.startswith("video/"):
        return "a film"
    return _NAMES.get(mime, "of another kind")


def _is_heic(head: bytes) -> bool:
    if head[4:8] != b"ftyp":
        return False
    end = min(int.from_bytes(head[:4], "big"), len(head))
    major = head[8:12]
    compatible = {head[start : start + 4] for start in range(16, end - 3, 4)}
    return major in _HEVC_BRANDS or (major in _OPEN_BRANDS and bool(compatible & _HEVC_BRANDS))
