"""Pictures as cameras write them, and files as attackers do. Real camera files are in tests/files.

Functions give the bytes of a file. Sizes are (width, height) in pixels.
"""

import io
import itertools
import struct
import zlib
from pathlib import Path

import pillow_heif
from PIL import Image

FILES = Path(__file__).resolve().parents[1] / "files"

RED, GREEN, BLUE, WHITE = (220, 20, 20), (20, 180, 20), (20, 20, 220), (255, 255, 255)

# What is written into metadata, so that a test can look for it afterwards.
CAMERA, CAMERA_LENS = "Stipple Testcam 9", "Lens serial 40417"
SECRETS = (b"GPS", b"Testcam", b"40417", b"Exif", b"http", b"ICC_PROFILE", b"script", b"thumbnail")

_UNDO = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def flag(size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Red and green above, blue and white below, parted a quarter from the left and a third from the top."""
    width, height = size
    image = Image.new("RGB", size, WHITE)
    image.paste(RED, (0, 0, width // 4, height // 3))
    image.paste(GREEN, (width // 4, 0, width, height // 3))
    image.paste(BLUE, (0, height // 3, width // 4, height))
    return image


def grain(size: tuple[int, int]) -> Image.Image:
    """Something with detail everywhere, as skin has."""
    width, height = size
    return Image.effect_noise((width // 4, height // 4), 60).resize(size).convert("RGB")


def sideways(image: Image.Image, orientation: int) -> Image.Image:
    """As a camera stores it that notes ``orientation`` (Exif, 1 to 8)."""
    turn = _UNDO[orientation]
    return image if turn is None else image.transpose(turn)


def exif(*, orientation: int = 1, taken_at: str = "2026:05:03 14:05:09") -> Image.Exif:
    """A camera's block: make, model, lens, time, place, orientation."""
    block = Image.Exif()
    block[0x0112], block[0x010F], block[0x0110] = orientation, "Stipple", CAMERA
    block[0x8769] = {0x9003: taken_at, 0xA435: CAMERA_LENS}
    block[0x8825] = {1: "N", 2: (48.0, 51.0, 29.6), 3: "E", 4: (2.0, 17.0, 40.2), 29: "2026:05:03"}
    return block


def jpeg(image: Image.Image, **options) -> bytes:
    return _saved(image, "JPEG", **({"quality": 95} | options))


def png(image: Image.Image, **options) -> bytes:
    return _saved(image, "PNG", **options)


def webp(image: Image.Image, **options) -> bytes:
    return _saved(image, "WEBP", **({"quality": 95} | options))


def heic(image: Image.Image, **options) -> bytes:
    written = io.BytesIO()
    pillow_heif.from_pillow(image).save(written, **({"quality": 90} | options))
    return written.getvalue()


def display_p3() -> bytes:
    """The ICC profile that Apple's telephones embed."""
    with Image.open(FILES / "iphone_14_pro_max.mpo") as image:
        return image.info["icc_profile"]


def telling_jpeg() -> bytes:
    """A JPEG with everything that can tell of a person: place, camera, thumbnail, comment, links, profile."""
    return jpeg(
        flag(),
        exif=exif(),
        icc_profile=display_p3(),
        comment=b"thumbnail http://example.org/patient/40417",
        xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>http://example.org 40417</x:xmpmeta>",
    )


def telephone_pair() -> bytes:
    """Two pictures in one JPEG, as telephones and 3D cameras write them; the red one is the main one."""
    main, second = Image.new("RGB", (320, 240), RED), Image.new("RGB", (320, 240), BLUE)
    return _saved(main, "MPO", save_all=True, append_images=[second])


def web_page_inside() -> bytes:
    """A JPEG that a careless browser would read as a web page."""
    page = b"<!doctype html><html><script>alert('http://example.org')</script></html>"
    return jpeg(flag(), comment=page) + page


def many_scans(size: tuple[int, int] = (4_000, 4_000), times: int = 20_000) -> bytes:
    """A small progressive JPEG that repeats its last scan, so that opening it takes minutes."""
    file = jpeg(Image.new("RGB", size, RED), progressive=True)
    last = file.rindex(b"\xff\xda")
    return file[:last] + file[last:-2] * times + b"\xff\xd9"


def huge_png(size: tuple[int, int] = (30_000, 30_000)) -> bytes:
    """Says that it is enormous, and holds next to nothing."""
    header = struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0)
    return _png_file((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1_000_000))))


def huge_jpeg() -> bytes:
    file = bytearray(jpeg(flag()))
    start = file.index(b"\xff\xc0") + 5
    file[start : start + 4] = struct.pack(">HH", 30_000, 30_000)
    return bytes(file)


def huge_lossless_webp() -> bytes:
    """The largest that a WebP can claim: 16,383 pixels a side, each in fourteen bits and one less."""
    file = bytearray(webp(flag(), lossless=True))
    start = file.index(b"VP8L") + 9
    file[start : start + 4] = (16_382 | 16_382 << 14).to_bytes(4, "little")
    return bytes(file)


def huge_lossy_webp() -> bytes:
    file = bytearray(webp(flag()))
    file[26:30] = struct.pack("<HH", 16_383, 16_383)
    return bytes(file)


def huge_moving_webp() -> bytes:
    file = bytearray(long_webp(frames=2))
    file[24:30] = (29_999).to_bytes(3, "little") * 2
    return bytes(file)


def huge_heic() -> bytes:
    file = heic(flag((64, 64)))
    assert file.count(struct.pack(">II", 64, 64))
    return file.replace(struct.pack(">II", 64, 64), struct.pack(">II", 30_000, 30_000))


def bomb_in_text_png() -> bytes:
    """A compressed text block of 200 MB of nothing, and a profile of the same."""
    packed = zlib.compress(bytes(200_000_000), 9)
    return _png_file(
        (b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 0, 0, 0, 0)),
        (b"iCCP", b"profile\0\0" + packed),
        (b"zTXt", b"Comment\0\0" + packed),
        (b"IDAT", zlib.compress(bytes(20))),
    )


def long_gif(frames: int = 40_000) -> bytes:
    file = _saved(Image.new("P", (2, 2)), "GIF")
    start = file.index(b"\x2c")
    return file[:start] + file[start:-1] * frames + b";"


def long_png(frames: int = 40_000) -> bytes:
    pixel, number = zlib.compress(bytes(2)), itertools.count()
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        (b"acTL", struct.pack(">II", frames, 0)),
        (b"IDAT", pixel),
    ]
    for _ in range(frames):
        chunks.append((b"fcTL", struct.pack(">IIIIIHHBB", next(number), 1, 1, 0, 0, 1, 100, 0, 0)))
        chunks.append((b"fdAT", struct.pack(">I", next(number)) + pixel))
    return _png_file(*chunks)


def long_webp(frames: int = 40_000) -> bytes:
    first, second = Image.new("RGB", (2, 2), RED), Image.new("RGB", (2, 2), BLUE)
    file = _saved(first, "WEBP", save_all=True, append_images=[second])
    start = file.index(b"ANMF")
    size = 8 + int.from_bytes(file[start + 4 : start + 8], "little")
    return _riff(file[12:start] + file[start : start + size] * frames)


def cut_off(file: bytes) -> bytes:
    return file[: len(file) // 2]


def of_other_kinds() -> dict[str, tuple[bytes, str]]:
    """Files that are no photographs, and what to call each. Their senders name them photo.jpg."""
    small = Image.new("RGB", (8, 8), RED)
    return {
        "svg": (b'<?xml version="1.0"?><svg><script>alert(1)</script></svg>', "an SVG drawing"),
        "bare svg": (b'\n<svg onload="alert(1)"></svg>', "an SVG drawing"),
        "html": (b"<!DOCTYPE html><title>photo</title><script>alert(1)</script>", "a web page"),
        "pdf": (b"%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj", "a PDF"),
        "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) (r) file", "a PostScript file"),
        "gif": (_saved(small, "GIF"), "a GIF picture"),
        "long gif": (long_gif(), "a GIF picture"),
        "tiff": (_saved(small, "TIFF"), "a TIFF or camera raw file"),
        "bmp": (_saved(small, "BMP"), "a BMP picture"),
        "avif": (_saved(small, "AVIF"), "an AVIF picture"),
        "zip": (b"PK\x03\x04" + bytes(60), "a ZIP archive"),
        "film": (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(60), "a film"),
        "moving heic": (b"\0\0\0\x18ftyphevc\0\0\0\0hevcmsf1" + bytes(60), "of another kind"),
        "shell script": (b"#!/bin/sh\nrm -rf /\n", "of another kind"),
        "noise": (bytes(range(1, 256)) * 40, "of another kind"),
        "one byte": (b"\xff", "of another kind"),
    }


def broken() -> dict[str, bytes]:
    """Files that begin like photographs."""
    picture = grain((640, 480))
    whole = {"jpeg": jpeg(picture), "png": png(picture), "webp": webp(picture), "heic": heic(picture)}
    return {
        **{f"{kind} cut off": cut_off(file) for kind, file in whole.items()},
        **{f"{kind} head alone": file[:40] for kind, file in whole.items()},
        **{f"{kind} head before zeros": file[:200] + bytes(10_000) for kind, file in whole.items()},
        "jpeg without size": whole["jpeg"].replace(b"\xff\xc0", b"\xff\xe9"),
        "png with a wrong checksum": whole["png"][:29] + b"\0\0\0\0" + whole["png"][33:],
        "telephone jpeg cut off": (FILES / "pixel_6_cut_off.jpg").read_bytes(),
    }


def _saved(image: Image.Image, kind: str, **options) -> bytes:
    written = io.BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def _png_file(*chunks: tuple[bytes, bytes]) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in (*chunks, (b"IEND", b""))
    )


def _riff(body: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body
