import datetime as dt
import hashlib
import io
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from tests.factories import pictures
from tests.factories.pictures import BLUE, FILES, GREEN, RED, WHITE
from training_site.common.cleaning.limits import FILES_PER_CHILD, MEGABYTE, MEMORY_BYTES
from training_site.common.cleaning.room import CleaningRoom
from training_site.common.images import CleaningUnavailable, CleanPhoto, PhotoRefused, clean_photo

PROJECT = Path(__file__).resolve().parents[2]
SEND = "Send the camera's own JPEG, PNG, WebP or HEIC file."
OTHER_KINDS = pictures.of_other_kinds()
BROKEN = pictures.broken()

# JPEG's loss on flat colours, and a little more.
NEAR = 6


# The camera's own clock, as it stands in the file.
at = dt.datetime.fromisoformat


def pixels(file: bytes) -> Image.Image:
    with Image.open(io.BytesIO(file)) as image:
        image.load()
    return image


def files_of(photo: CleanPhoto) -> list[bytes]:
    return [photo.original, *photo.renditions.values()]


def is_near(colour, expected, *, by=NEAR) -> bool:
    return all(abs(a - b) <= by for a, b in zip(colour, expected, strict=True))


def is_the_flag(image: Image.Image) -> bool:
    """All four colours lie where ``pictures.flag`` painted them, to the pixel beside each border."""
    width, height = image.size
    x, y = width // 4, height // 3
    near_borders = {
        RED: [(0, 0), (x - 9, 0), (0, y - 9), (x - 9, y - 9)],
        GREEN: [(x + 8, 0), (width - 1, 0), (x + 8, y - 9), (width - 1, y - 9)],
        BLUE: [(0, y + 8), (x - 9, y + 8), (0, height - 1), (x - 9, height - 1)],
        WHITE: [(x + 8, y + 8), (width - 1, y + 8), (x + 8, height - 1), (width - 1, height - 1)],
    }
    return all(
        is_near(image.getpixel(place), colour, by=12)
        for colour, places in near_borders.items()
        for place in places
    )


def segments(file: bytes) -> list[int]:
    """The markers of a baseline JPEG up to its pixels. Fails if anything follows the pixels."""
    found, place = [], 2
    while True:
        assert file[place] == 0xFF
        found.append(file[place + 1])
        if file[place + 1] == 0xDA:
            break
        place += 2 + int.from_bytes(file[place + 2 : place + 4], "big")
    end = re.search(rb"\xff[^\x00\xd0-\xd7]", file[place + 2 :], re.DOTALL)
    assert end
    assert file[place + 2 + end.start() :] == b"\xff\xd9"
    return found


def memory_peak(room: CleaningRoom) -> int:
    """Most resident bytes that the room's child has had."""
    status = Path(f"/proc/{room.child_id}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def is_running(process_id: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process_id}/status").read_text()
    except FileNotFoundError:
        return False


def wait_for_the_end_of(process_id: int) -> None:
    deadline = time.monotonic() + 20
    while is_running(process_id):
        assert time.monotonic() < deadline
        time.sleep(0.02)


class Interrupted(io.BytesIO):
    """A file during whose sending something happens to the child."""

    def __init__(self, file: bytes, room: CleaningRoom, signal_number: int) -> None:
        super().__init__(file)
        self.room, self.signal_number = room, signal_number

    def read(self, size=-1):
        if self.room.child_id:
            os.kill(self.room.child_id, self.signal_number)
        return super().read(size)


@pytest.fixture
def room():
    with CleaningRoom() as room:
        yield room


# What cameras send


@pytest.mark.parametrize("make", [pictures.jpeg, pictures.png, pictures.webp, pictures.heic])
def test_every_kind_that_cameras_write_becomes_a_jpeg_and_three_renditions(make):
    photo = clean_photo(make(pictures.flag((2000, 1504))))

    assert [pixels(file).format for file in files_of(photo)] == ["JPEG"] * 4
    assert [pixels(file).size for file in files_of(photo)] == [
        (2000, 1504),
        (1600, 1203),
        (800, 602),
        (320, 241),
    ]
    assert (photo.width, photo.height) == (2000, 1504)
    assert all(is_the_flag(pixels(file)) for file in files_of(photo))


@pytest.mark.parametrize(
    ("name", "size", "camera", "taken_at"),
    [
        ("canon_s40.jpg", (480, 360), "Canon PowerShot S40", at("2003-12-14T12:01:44")),
        ("canon_s40.webp", (480, 360), "Canon PowerShot S40", at("2003-12-14T12:01:44")),
        ("iphone_14_pro_max.mpo", (56, 70), "Apple iPhone 14 Pro Max", at("2025-09-07T14:16:43")),
        ("iphone_xs.heic", (1025, 900), "Apple iPhone XS", at("2021-07-06T16:08:14")),
        ("photoshop_cmyk.jpg", (100, 100), None, None),
        ("progressive_iptc.jpg", (256, 160), None, None),
        ("redmi_note_9s.jpg", (10, 10), "Xiaomi Redmi Note 9S", at("2020-07-27T14:46:48")),
    ],
)
def test_real_camera_files_are_cleaned_and_their_facts_kept_apart(name, size, camera, taken_at):
    photo = clean_photo(FILES / name)

    assert (photo.width, photo.height) == size
    assert (photo.camera, photo.taken_at) == (camera, taken_at)
    assert {tuple(segments(file)) for file in files_of(photo)} == {tuple(segments(photo.original))}


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(lambda path: path.read_bytes(), id="bytes"),
        pytest.param(lambda path: path, id="path"),
        pytest.param(lambda path: io.BytesIO(path.read_bytes()), id="stream"),
        pytest.param(lambda path: SimpleUploadedFile("../a.php", path.read_bytes(), "text/html"), id="upload"),
    ],
)
def test_a_photograph_may_come_as_bytes_path_stream_or_upload(source):
    path = FILES / "canon_s40.jpg"

    photo = clean_photo(source(path))

    assert photo == clean_photo(path.read_bytes())
    assert photo.source_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert photo.sha256 == hashlib.sha256(photo.original).hexdigest()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("make", [pictures.jpeg, pictures.png, pictures.webp, pictures.heic])
def test_every_orientation_comes_out_upright(make, orientation):
    stored = pictures.sideways(pictures.flag(), orientation)

    photo = clean_photo(make(stored, exif=pictures.exif(orientation=orientation).tobytes()))

    assert (photo.width, photo.height) == (640, 480)
    assert all(is_the_flag(pixels(file)) for file in files_of(photo))


@pytest.mark.parametrize("orientation", [0, 9, 65_535])
def test_an_orientation_that_does_not_exist_changes_nothing(orientation):
    photo = clean_photo(pictures.jpeg(pictures.flag(), exif=pictures.exif(orientation=orientation)))

    assert is_the_flag(pixels(photo.original))


def test_a_jpeg_of_twelve_megapixels_is_cleaned_within_two_hundred_megabytes(room):
    photo = clean_photo(pictures.jpeg(pictures.grain((4032, 3024))), room=room)

    assert (photo.width, photo.height) == (4000, 3000)
    assert [max(pixels(file).size) for file in photo.renditions.values()] == [1600, 800, 320]
    assert memory_peak(room) < 200 * MEGABYTE


def test_a_heic_of_twelve_megapixels_is_cleaned_within_two_hundred_megabytes(room):
    file = pictures.heic(pictures.grain((4032, 3024)), quality=40, enc_params={"preset": "ultrafast"})

    photo = clean_photo(file, room=room)

    assert (photo.width, photo.height) == (4000, 3000)
    assert memory_peak(room) < 200 * MEGABYTE


def test_fifty_megapixels_are_taken_and_one_row_more_is_not():
    limit = pictures.jpeg(Image.new("L", (10_000, 5_000), 128))
    over = pictures.jpeg(Image.new("L", (10_000, 5_001), 128))

    assert clean_photo(limit).width == 4000
    with pytest.raises(PhotoRefused) as refusal:
        clean_photo(over)
    assert str(refusal.value) == (
        "This photograph is 10,000 × 5,001 pixels; at most 50 megapixels are taken. "
        "Save it smaller and send that file."
    )


def test_a_strip_one_pixel_high_stays_one_pixel_high():
    photo = clean_photo(pictures.png(Image.new("RGB", (9_000, 1), RED)))

    assert [pixels(file).size for file in files_of(photo)] == [(4000, 1), (1600, 1), (800, 1), (320, 1)]


def test_small_pictures_are_not_enlarged():
    photo = clean_photo(pictures.jpeg(pictures.flag((500, 400))))

    assert [pixels(file).size for file in files_of(photo)] == [(500, 400), (500, 400), (500, 400), (320, 256)]


def test_the_same_file_gives_the_same_bytes_in_another_child(room):
    file = pictures.jpeg(pictures.grain((1800, 1200)))

    assert clean_photo(file, room=room) == clean_photo(file)


@pytest.mark.parametrize(
    ("taken_at", "expected"),
    [
        ("2026:05:03 14:05:09", at("2026-05-03T14:05:09")),
        ("2026:02:30 14:05:09", None),
        ("0000:00:00 00:00:00", None),
        ("    :  :     :  :  ", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_the_cameras_time_is_kept_when_it_is_one(taken_at, expected):
    file = pictures.jpeg(pictures.flag(), exif=pictures.exif(taken_at=taken_at))

    assert clean_photo(file).taken_at == expected


# Colours


@pytest.mark.parametrize(
    ("displayed", "expected"),
    # CSS Color 4, sample code for display-p3 to sRGB; the second lies outside sRGB in its red channel.
    [((200, 100, 50), (215, 93, 31)), ((60, 160, 90), (0, 163, 82)), ((90, 80, 200), (92, 80, 207))],
)
@pytest.mark.parametrize("make", [pictures.jpeg, pictures.png, pictures.webp, pictures.heic])
def test_colours_of_a_telephones_wide_screen_become_srgb(make, displayed, expected):
    image = Image.new("RGB", (64, 64), displayed)

    photo = clean_photo(make(image, icc_profile=pictures.display_p3()))

    assert is_near(pixels(photo.original).getpixel((32, 32)), expected)


def test_a_cmyk_picture_of_a_printing_program_keeps_its_red_on_black():
    photo = clean_photo(FILES / "photoshop_cmyk.jpg")

    red, black = (pixels(photo.original).getpixel(place) for place in ((5, 2), (90, 90)))
    assert red[0] > 200
    assert max(red[1:]) < 60
    assert max(black) < 40


def test_a_cmyk_jpeg_without_a_profile_comes_out_in_its_colours():
    photo = clean_photo(pictures.jpeg(Image.new("CMYK", (64, 64), (0, 255, 255, 0))))

    assert is_near(pixels(photo.original).getpixel((32, 32)), (255, 0, 0))


def test_grey_stays_grey():
    photo = clean_photo(pictures.jpeg(Image.new("L", (64, 64), 90)))

    assert is_near(pixels(photo.original).getpixel((32, 32)), (90, 90, 90))


@pytest.mark.parametrize("level", [0, 90, 255])
def test_sixteen_bits_of_grey_keep_their_brightness(level):
    photo = clean_photo(pictures.png(Image.new("I;16", (64, 64), level * 257)))

    assert is_near(pixels(photo.original).getpixel((32, 32)), (level, level, level))


@pytest.mark.parametrize("make", [pictures.png, pictures.webp])
def test_what_is_transparent_is_painted_white(make):
    image = Image.new("RGBA", (64, 64), (*RED, 255))
    image.paste((*BLUE, 0), (32, 0, 64, 64))

    photo = pixels(clean_photo(make(image)).original)

    assert is_near(photo.getpixel((8, 32)), RED)
    assert is_near(photo.getpixel((56, 32)), WHITE)


def test_a_palette_with_a_transparent_colour_is_painted_white():
    image = Image.new("P", (64, 64), 1)
    image.putpalette([*BLUE, *GREEN])
    image.paste(0, (32, 0, 64, 64))

    photo = pixels(clean_photo(pictures.png(image, transparency=0)).original)

    assert is_near(photo.getpixel((8, 32)), GREEN)
    assert is_near(photo.getpixel((56, 32)), WHITE)


@pytest.mark.parametrize("profile", [b"no profile", b"\0" * 128, bytes(range(256)) * 40])
def test_a_broken_profile_counts_as_none(profile):
    photo = clean_photo(pictures.jpeg(pictures.flag(), icc_profile=profile))

    assert is_the_flag(pixels(photo.original))


# Nothing but pixels


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(pictures.telling_jpeg(), id="jpeg"),
        pytest.param(pictures.web_page_inside(), id="web page inside"),
        pytest.param(pictures.telephone_pair(), id="two pictures"),
        pytest.param(
            pictures.png(pictures.flag(), exif=pictures.exif(), icc_profile=pictures.display_p3()), id="png"
        ),
        pytest.param(pictures.webp(pictures.flag(), exif=pictures.exif(), xmp=b"<x>http://x</x>"), id="webp"),
        pytest.param(pictures.heic(pictures.flag(), exif=pictures.exif().tobytes()), id="heic"),
        pytest.param((FILES / "canon_s40.jpg").read_bytes(), id="camera"),
        pytest.param((FILES / "iphone_xs.heic").read_bytes(), id="telephone"),
        pytest.param((FILES / "progressive_iptc.jpg").read_bytes(), id="press"),
    ],
)
def test_no_file_that_is_kept_holds_anything_but_pixels(file):
    photo = clean_photo(file)

    # JFIF head, tables, frame, pixels: no Exif, profile, comment or second picture has a place there.
    assert {marker for kept in files_of(photo) for marker in segments(kept)} == {0xE0, 0xDB, 0xC0, 0xC4, 0xDA}
    assert not any(secret in kept for secret in pictures.SECRETS for kept in files_of(photo))


def test_of_two_pictures_in_one_jpeg_the_main_one_is_kept():
    photo = clean_photo(pictures.telephone_pair())

    assert is_near(pixels(photo.original).getpixel((160, 120)), RED)


# What is not taken


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_a_file_of_another_kind_is_named_and_refused_whatever_it_is_called(kind, tmp_path):
    file, name = OTHER_KINDS[kind]
    renamed = tmp_path / "photo.jpg"
    renamed.write_bytes(file)

    with pytest.raises(PhotoRefused) as refusal:
        clean_photo(renamed)

    assert refusal.value.code == "wrong_kind"
    assert str(refusal.value) == f"This file is {name}, not a photograph. {SEND}"


@pytest.mark.parametrize("kind", BROKEN)
def test_a_damaged_photograph_is_refused_with_one_sentence(kind):
    with pytest.raises(PhotoRefused) as refusal:
        clean_photo(BROKEN[kind])

    assert refusal.value.code == "damaged"
    assert str(refusal.value) == (
        "This photograph is damaged or incomplete. "
        "Copy it from the camera or telephone again and send the new copy."
    )


def test_an_empty_file_is_refused():
    with pytest.raises(PhotoRefused, match=r"^This file is empty\."):
        clean_photo(b"")


def test_a_file_over_thirty_megabytes_is_refused_before_it_is_opened(room):
    with pytest.raises(PhotoRefused) as refusal:
        clean_photo(pictures.jpeg(pictures.flag()).ljust(30 * MEGABYTE + 1, b"\0"), room=room)

    assert str(refusal.value) == "This file has 31 MB; at most 30 MB are taken. Save it as a smaller JPEG."
    assert room.child_id is None


def test_a_file_of_thirty_megabytes_is_taken():
    assert clean_photo(pictures.jpeg(pictures.flag()).ljust(30 * MEGABYTE, b"\0")).width == 640


@pytest.mark.parametrize(
    "make",
    [
        pictures.huge_png,
        pictures.huge_jpeg,
        pictures.huge_lossless_webp,
        pictures.huge_lossy_webp,
        pictures.huge_moving_webp,
        pictures.huge_heic,
    ],
    ids=lambda make: make.__name__,
)
def test_a_file_that_claims_to_be_enormous_is_refused_without_opening_it(make, room):
    with pytest.raises(PhotoRefused) as refusal:
        clean_photo(make(), room=room)

    assert refusal.value.code == "too_many_pixels"
    assert memory_peak(room) < 80 * MEGABYTE


@pytest.mark.parametrize("make", [pictures.long_png, pictures.long_webp], ids=lambda make: make.__name__)
def test_an_animation_is_refused(make, room):
    with pytest.raises(PhotoRefused) as refusal:
        clean_photo(make(), room=room)

    assert str(refusal.value) == f"This file is an animation, not a photograph. {SEND}"
    assert memory_peak(room) < 100 * MEGABYTE


def test_text_that_unpacks_to_hundreds_of_megabytes_is_refused(room):
    with pytest.raises(PhotoRefused) as refusal:
        clean_photo(pictures.bomb_in_text_png(), room=room)

    assert refusal.value.code == "damaged"
    assert memory_peak(room) < 100 * MEGABYTE


@pytest.mark.parametrize(("edge", "taken"), [(1599, False), (1600, True)])
@pytest.mark.parametrize("upright", [True, False])
def test_the_long_edge_must_reach_what_is_asked(edge, taken, upright):
    size = (900, edge) if upright else (edge, 900)
    file = pictures.jpeg(pictures.flag(size))

    if taken:
        assert max(clean_photo(file, min_long_edge=1600).renditions) == 1600
        return
    with pytest.raises(PhotoRefused) as refusal:
        clean_photo(file, min_long_edge=1600)
    assert str(refusal.value) == (
        "This photograph is 1,599 pixels on its long edge; 1,600 are needed. Send the camera's own file."
    )


def test_a_photograph_that_takes_for_ever_is_refused():
    with CleaningRoom(cpu_seconds=1) as room:
        with pytest.raises(PhotoRefused) as refusal:
            clean_photo(pictures.many_scans(), room=room)

        assert refusal.value.code == "too_slow"
        assert clean_photo(FILES / "canon_s40.jpg", room=room).width == 480


def test_a_photograph_that_takes_too_much_memory_is_refused_and_the_next_one_is_opened():
    with CleaningRoom(memory=200 * MEGABYTE) as room:
        with pytest.raises(PhotoRefused) as refusal:
            clean_photo(pictures.png(Image.new("RGB", (7_000, 7_000))), room=room)

        assert refusal.value.code == "too_much_memory"
        assert memory_peak(room) < 200 * MEGABYTE
        assert clean_photo(FILES / "canon_s40.jpg", room=room).width == 480


# The child


@pytest.mark.parametrize(
    ("signal_number", "error"),
    [
        (signal.SIGKILL, CleaningUnavailable),
        (signal.SIGTERM, CleaningUnavailable),
        (signal.SIGSEGV, PhotoRefused),
    ],
)
def test_when_the_child_dies_the_sender_is_told_and_the_next_photograph_is_cleaned(room, signal_number, error):
    file = pictures.jpeg(pictures.grain((1600, 1200)))
    before = clean_photo(file, room=room)

    with pytest.raises(error):
        clean_photo(Interrupted(file, room, signal_number), room=room)

    assert clean_photo(file, room=room) == before


def test_a_child_that_hangs_is_ended_and_the_next_photograph_is_cleaned():
    with CleaningRoom(wall_seconds=3) as room:
        clean_photo(FILES / "canon_s40.jpg", room=room)
        hanging = room.child_id

        with pytest.raises(CleaningUnavailable) as failure:
            clean_photo(Interrupted(pictures.jpeg(pictures.flag()), room, signal.SIGSTOP), room=room)

        assert str(failure.value) == (
            "Files cannot be checked now. Nothing was kept. Send this one again in a minute."
        )
        assert not is_running(hanging)
        assert clean_photo(FILES / "canon_s40.jpg", room=room).width == 480


def test_a_source_that_ends_early_spoils_nothing(room):
    class Shrinking(io.BytesIO):
        def tell(self):
            return 1_000_000

    with pytest.raises(CleaningUnavailable):
        clean_photo(Shrinking(pictures.jpeg(pictures.flag())), room=room)

    assert clean_photo(FILES / "canon_s40.jpg", room=room).width == 480


def test_twenty_threads_at_once_each_get_their_own_photograph():
    colours = [(10 * number, 255 - 10 * number, 128) for number in range(20)]

    with ThreadPoolExecutor(20) as threads:
        photos = list(
            threads.map(lambda colour: clean_photo(pictures.jpeg(Image.new("RGB", (800, 600), colour))), colours)
        )

    assert all(
        is_near(pixels(photo.original).getpixel((400, 300)), colour)
        for photo, colour in zip(photos, colours, strict=True)
    )


def test_one_child_cleans_a_batch(room):
    children = set()
    for _ in range(5):
        clean_photo(FILES / "redmi_note_9s.jpg", room=room)
        children.add(room.child_id)

    assert FILES_PER_CHILD > 5
    assert len(children) == 1


def test_a_child_leaves_after_its_share_of_files_and_nobody_notices():
    with CleaningRoom(files_per_child=1) as room:
        children = set()
        for _ in range(5):
            assert clean_photo(FILES / "redmi_note_9s.jpg", room=room).width == 10
            children.add(room.child_id)

    assert len(children) == 5


def test_an_idle_child_leaves():
    with CleaningRoom(idle_seconds=0.1) as room:
        clean_photo(FILES / "redmi_note_9s.jpg", room=room)
        wait_for_the_end_of(room.child_id)

        assert clean_photo(FILES / "redmi_note_9s.jpg", room=room).width == 10


def test_closing_a_room_ends_its_child():
    with CleaningRoom() as room:
        clean_photo(FILES / "redmi_note_9s.jpg", room=room)
        child = room.child_id

    assert not is_running(child)


def test_the_child_has_its_limits_and_nothing_of_our_environment(room):
    clean_photo(FILES / "redmi_note_9s.jpg", room=room)

    process = Path(f"/proc/{room.child_id}")
    limits = re.sub(r" {2,}", " ", (process / "limits").read_text())
    assert f"Max address space {MEMORY_BYTES} {MEMORY_BYTES} bytes" in limits
    assert "Max file size 0 0 bytes" in limits
    assert "Max core file size 0 0 bytes" in limits
    assert "NoNewPrivs:\t1" in (process / "status").read_text()
    environment = {pair.partition(b"=")[0] for pair in (process / "environ").read_bytes().split(b"\0") if pair}
    assert environment == {b"LANG", b"MALLOC_ARENA_MAX", b"MALLOC_MMAP_THRESHOLD_", b"PILLOW_BLOCKS_MAX"}


def run(program: str, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, timeout=60, **options
    )


def test_the_child_imports_no_django():
    program = (
        "import sys; from training_site.common.cleaning import child, papers, pictures\n"
        "print(sorted(name for name in sys.modules if name.startswith(('django', 'wagtail'))))"
    )

    assert run(program, check=True).stdout == "[]\n"


def test_the_child_ends_when_its_parent_is_killed():
    program = (
        "import os; from pathlib import Path; from training_site.common import images\n"
        "images.clean_photo(Path('tests/files/redmi_note_9s.jpg'))\n"
        "print(images.ROOM.child_id, flush=True); os.kill(os.getpid(), 9)"
    )

    ended = run(program)

    assert ended.returncode == -signal.SIGKILL
    wait_for_the_end_of(int(ended.stdout))


def test_when_no_child_can_start_the_sender_is_asked_to_try_again():
    program = (
        "import resource; from pathlib import Path; from training_site.common import images\n"
        "file = Path('tests/files/redmi_note_9s.jpg').read_bytes()\n"
        "soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (4, hard))\n"
        "try: images.clean_photo(file)\n"
        "except images.CleaningUnavailable as error: print(error)\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))\n"
        "print(images.clean_photo(file).width)"
    )

    assert run(program, check=True).stdout == (
        "Files cannot be checked now. Nothing was kept. Send this one again in a minute.\n10\n"
    )


def test_a_fork_gets_a_child_of_its_own_and_leaves_ours_alone():
    program = (
        "import os; from pathlib import Path; from training_site.common import images\n"
        "def child():\n"
        "    images.clean_photo(Path('tests/files/redmi_note_9s.jpg')); return images.ROOM.child_id\n"
        "ours = child(); fork = os.fork()\n"
        "if not fork:\n"
        "    theirs = child(); images.ROOM.close(); os._exit(0 if theirs != ours else 1)\n"
        "print(os.waitpid(fork, 0)[1], child() == ours)"
    )

    assert run(program, check=True).stdout == "0 True\n"


def test_a_fork_does_not_keep_our_child_alive():
    program = (
        "import os, time; from pathlib import Path; from training_site.common import images\n"
        "images.clean_photo(Path('tests/files/redmi_note_9s.jpg'))\n"
        "fork = os.fork()\n"
        "if not fork:\n"
        "    os.close(1); os.close(2); time.sleep(60); os._exit(0)\n"
        "print(images.ROOM.child_id, fork, flush=True); os.kill(os.getpid(), 9)"
    )

    child, fork = map(int, run(program).stdout.split())

    try:
        wait_for_the_end_of(child)
        assert is_running(fork)
    finally:
        os.kill(fork, signal.SIGKILL)
