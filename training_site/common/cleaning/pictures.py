"""Any camera's picture in; one plain sRGB JPEG and its renditions out. Runs in the child only.

Nothing of the file survives but its pixels: they are painted onto a new picture, and only that is written.
"""

import datetime as dt
import io
from typing import Any

import pillow_heif.options
from PIL import Image, ImageCms
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile
from pillow_heif.as_plugin import HeifImageFile

from training_site.common.cleaning.limits import (
    CLEANED_QUALITY,
    LONG_EDGE,
    PHOTO_PIXELS,
    RENDITION_EDGES,
    RENDITION_QUALITY,
)
from training_site.common.cleaning.refusals import Refused

# Each kind goes to its own reader and to no other. Pillow's own opener would hand a JPEG with a second
# picture behind it (telephones, 3D cameras) to its MPO reader, and try forty formats nobody asked for.
_READERS: dict[str, type[ImageFile]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "WEBP": WebPImageFile,
    "HEIC": HeifImageFile,
}

pillow_heif.options.THUMBNAILS = False
pillow_heif.options.DEPTH_IMAGES = False
pillow_heif.options.AUX_IMAGES = False
pillow_heif.options.DECODE_THREADS = 2

# As sharp as bicubic when shrinking, at the price of bilinear (Pillow, "Concepts", table of filters).
_FILTER = Image.Resampling.HAMMING

# Exif 2.32: tags of IFD 0, the private directory and one tag in it; what to do for each orientation.
_MAKE, _MODEL, _ORIENTATION, _EXIF_IFD, _TAKEN_AT = 0x010F, 0x0110, 0x0112, 0x8769, 0x9003
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_CAMERA_LENGTH = 80

_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_PROFILED_MODES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}


def clean(source: bytes, *, kind: str, min_long_edge: int | None) -> tuple[dict[str, Any], list[bytes]]:
    """The cleaned original and a JPEG for each of RENDITION_EDGES, largest first, never enlarged.

    Facts: ``width`` and ``height`` of the cleaned original in pixels, ``taken_at`` (ISO, no zone) and
    ``camera`` as the file tells them, or None. JPEG rather than WebP: at 1,600 pixels WebP saves a fifth of
    the bytes and takes seven to twenty times as long. Raises Refused, and for damaged files whatever the
    decoder raises.
    """
    if kind == "PNG":
        # A PNG carries checksums, and the decoder would show black where they fail.
        PngImageFile(io.BytesIO(source)).verify()
    if kind == "WEBP":
        # Its reader asks for the memory of the whole picture as soon as it opens.
        _check_pixels(*_webp_size(source))
    image = _READERS[kind](io.BytesIO(source))
    _check(image, kind=kind, min_long_edge=min_long_edge)
    facts, turn = _read_exif(image)
    upright = _upright(image, turn)
    # Each copy of the pixels goes before the next is made: fifty megabytes each at twelve megapixels.
    del image
    painted = _paint(upright)
    del upright
    files = [_jpeg(painted, quality=CLEANED_QUALITY)]
    rendition = painted
    for edge in RENDITION_EDGES:
        # From one to the next: each step reads a quarter of what the step before has read.
        rendition = _shrink(rendition, _fitted(painted.size, edge))
        files.append(_jpeg(rendition, quality=RENDITION_QUALITY))
    return facts | {"width": painted.width, "height": painted.height}, files


def _check(image: ImageFile, *, kind: str, min_long_edge: int | None) -> None:
    """Everything that the header tells, before a pixel is decoded."""
    _check_pixels(*image.size)
    # A HEIC may hold a burst or a depth map beside its main picture, and the reader chose the main one.
    if kind != "HEIC" and getattr(image, "n_frames", 1) > 1:
        raise Refused("animated")
    if min_long_edge and max(image.size) < min_long_edge:
        raise Refused("too_small", long_edge=max(image.size), needed=min_long_edge)


def _check_pixels(width: int, height: int) -> None:
    if width * height > PHOTO_PIXELS:
        raise Refused("too_many_pixels", width=width, height=height, most=PHOTO_PIXELS // 1_000_000)


def _webp_size(file: bytes) -> tuple[int, int]:
    """Width and height of the canvas (RFC 9649, sections 2.7, 3.4 and RFC 6386, section 9.1)."""
    if file[12:16] == b"VP8X":
        return 1 + int.from_bytes(file[24:27], "little"), 1 + int.from_bytes(file[27:30], "little")
    if file[12:16] == b"VP8L":
        packed = int.from_bytes(file[21:25], "little")
        return 1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF)
    packed = int.from_bytes(file[26:30], "little")
    return packed & 0x3FFF, packed >> 16 & 0x3FFF


def _read_exif(image: ImageFile) -> tuple[dict[str, Any], Image.Transpose | None]:
    """Facts for private use, and how to turn the picture upright. An unreadable Exif block tells nothing."""
    facts: dict[str, Any] = {"taken_at": None, "camera": None}
    turn = None
    try:
        exif = image.getexif()
        turn = _TURNS.get(exif.get(_ORIENTATION, 1))
        facts["camera"] = _camera(str(exif.get(_MAKE, "")), str(exif.get(_MODEL, "")))
        facts["taken_at"] = _instant(str(exif.get_ifd(_EXIF_IFD).get(_TAKEN_AT, "")))
    except MemoryError:
        raise
    except Exception:  # noqa: S110
        pass
    return facts, turn


def _camera(make: str, model: str) -> str | None:
    make, model = ("".join(filter(str.isprintable, text)).strip() for text in (make, model))
    name = model if model.lower().startswith(make.lower()) else f"{make} {model}".strip()
    return name[:_CAMERA_LENGTH] or None


def _instant(text: str) -> str | None:
    """Exif writes "2026:05:03 14:05:00"; cameras that lost the time write zeros, blanks or nothing."""
    day, _, time = text.strip("\0 ").partition(" ")
    try:
        return dt.datetime.fromisoformat(f"{day.replace(':', '-')}T{time}").replace(tzinfo=None).isoformat()
    except ValueError:
        return None


def _upright(image: ImageFile, turn: Image.Transpose | None) -> Image.Image:
    """Decoded, at most LONG_EDGE on its long edge, with the top on top."""
    size = _fitted(image.size, LONG_EDGE)
    # A JPEG of twice the size or more is decoded at a half, quarter or eighth: less memory, same result.
    image.draft(None, size)
    image.load()
    picture = _shrink(_plain(image), size)
    return picture if turn is None else picture.transpose(turn)


def _plain(image: Image.Image) -> Image.Image:
    """In a mode that can be shrunk and has eight bits a channel."""
    if image.has_transparency_data:
        return image if image.mode == "RGBA" else _keep_profile(image, image.convert("RGBA"))
    if image.mode.startswith("I"):
        # Sixteen bits of grey: the upper eight.
        return _keep_profile(image, image.point(lambda level: level * (1 / 256)).convert("L"))
    return image if image.mode in ("RGB", "L", "CMYK") else _keep_profile(image, image.convert("RGB"))


def _keep_profile(image: Image.Image, converted: Image.Image) -> Image.Image:
    converted.info["icc_profile"] = image.info.get("icc_profile")
    return converted


def _shrink(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image if image.size == size else image.resize(size, _FILTER, reducing_gap=1.0)


def _fitted(size: tuple[int, int], edge: int) -> tuple[int, int]:
    """``size`` in proportion, with at most ``edge`` pixels on its long edge and at least one on the other."""
    long = max(size)
    if long <= edge:
        return size
    width, height = (max(1, round(side * edge / long)) for side in size)
    return width, height


def _paint(image: Image.Image) -> Image.Image:
    """A new picture with these colours in sRGB, white where the file is transparent, and nothing else."""
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    colours = _in_srgb(image if alpha is None else _keep_profile(image, image.convert("RGB")))
    canvas = Image.new("RGB", image.size, "white")
    canvas.paste(colours, mask=alpha)
    return canvas


def _in_srgb(image: Image.Image) -> Image.Image:
    """By the file's own profile; a profile that is broken or meant for other modes counts as none."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info.get("icc_profile") or b""))
        if _PROFILED_MODES.get(profile.profile.xcolor_space) == image.mode and not _is_srgb(profile):
            return _transformed(image, profile)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        pass
    return image if image.mode == "RGB" else image.convert("RGB")


def _transformed(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    transform = ImageCms.buildTransform(profile, _SRGB, image.mode, "RGB")
    # In its own memory if it can be: these are the largest pieces of memory that are asked for.
    return ImageCms.applyTransform(image, transform, inPlace=image.mode == "RGB") or image


def _is_srgb(profile: ImageCms.ImageCmsProfile) -> bool:
    """Says so and has the primaries: half of all files carry it, and converting them would change nothing."""
    theirs, ours = profile.profile, _SRGB.profile
    if not (theirs.profile_description or "").startswith("sRGB"):
        return False
    return all(
        abs(a - b) < 0.001
        for colour in ("red_colorant", "green_colorant", "blue_colorant")
        for a, b in zip(getattr(theirs, colour)[0], getattr(ours, colour)[0], strict=True)
    )


def _jpeg(image: Image.Image, *, quality: int) -> bytes:
    written = io.BytesIO()
    image.save(written, "JPEG", quality=quality)
    return written.getvalue()
