"""What cameras and attackers send to the light table, through the page itself."""

import copy
import datetime as dt
import html
import io
import re

import pytest
import time_machine
from PIL import Image

from certification.models import Photo
from tests.factories import pictures
from tests.factories.certification import AT, TODAY, case, scheme_version
from tests.factories.pictures import BLUE, FILES, GREEN, RED, WHITE
from training_site.common.cleaning.limits import PHOTO_BYTES
from training_site.common.days import DAY
from training_site.common.storage import private_storage
from training_site.starter.files import read

pytestmark = pytest.mark.django_db

BOUNDARY = "------------------------light-table"
OTHERS = pictures.of_other_kinds()
BROKEN = pictures.broken()
# Anything that could tell of a place, a camera or a program.
TELLING = (*pictures.SECRETS, b"Canon", b"Xiaomi", b"Apple", b"Pixel", b"Photoshop", b"8BIM", b"<script")


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(AT):
        yield


@pytest.fixture
def of():
    """A case under rules that take small photographs, so that nothing is refused for its size."""
    slots = copy.deepcopy(read("evidence_slots.json"))
    slots["defaults"]["min_long_edge_px"] = 1
    for slot in slots["slots"]:
        slot["min_long_edge_px"] = 1
    scheme_version(slots=slots)
    return case()


@pytest.fixture
def browser(as_, of):
    return as_(of.practitioner)


def send(browser, of, *files: tuple[str, bytes], day: dt.date = TODAY, **headers):
    """Post files as a browser does that sends whatever name it is told to."""
    facts = {"slot": "scar.before.area", "place": "scar-before-area", "view": "area", "taken_on": day.isoformat()}
    parts = [(f'name="{name}"', value.encode()) for name, value in facts.items()]
    parts += [(f'name="photographs"; filename="{name}"\r\nContent-Type: image/jpeg', file) for name, file in files]
    body = b"".join(
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + content + b"\r\n"
        for head, content in parts
    )
    return browser.post(
        f"/cases/{of.ref}/photos/",
        body + f"--{BOUNDARY}--\r\n".encode(),
        content_type=f"multipart/form-data; boundary={BOUNDARY}",
        **headers,
    )


def good(number: int) -> bytes:
    """A photograph unlike those of other numbers."""
    return pictures.jpeg(Image.new("RGB", (40, 30), (number * 60, 90, 120)))


def refusals(answer) -> list[str]:
    """What the page says of the files that were not taken."""
    found = re.findall(r'<li class="error">(.*?)</li>', answer.content.decode())
    return [html.unescape(sentence) for sentence in found]


def served(browser, photo: Photo) -> dict[str, bytes]:
    answers = {size: browser.get(f"/files/case-photo/{photo.pk}-{size}/") for size in Photo.FILES}
    return {size: b"".join(answer.streaming_content) for size, answer in answers.items()}


def stored() -> set[str]:
    root = private_storage()
    folders = root.listdir("cases")[0] if root.exists("cases") else []
    return {f"{folder}/{name}" for folder in folders for name in root.listdir(f"cases/{folder}")[1]}


def is_near(colour, expected) -> bool:
    return all(abs(a - b) <= 14 for a, b in zip(colour, expected, strict=True))


def is_the_flag(file: bytes) -> bool:
    """Whether ``pictures.flag`` lies upright in it."""
    with Image.open(io.BytesIO(file)) as image:
        width, height = image.size
        corners = [(2, 2), (width - 3, 2), (2, height - 3), (width - 3, height - 3)]
        return all(
            is_near(image.getpixel(corner), colour)
            for corner, colour in zip(corners, (RED, GREEN, BLUE, WHITE), strict=True)
        )


# Cameras ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("canon_s40.jpg", (480, 360)),
        ("canon_s40.webp", (480, 360)),
        ("redmi_note_9s.jpg", (10, 10)),
        ("iphone_14_pro_max.mpo", (56, 70)),
        ("photoshop_cmyk.jpg", (100, 100)),
        ("progressive_iptc.jpg", (256, 160)),
        ("iphone_xs.heic", (1025, 900)),
    ],
)
def test_what_a_camera_wrote_is_taken_and_served_without_a_trace_of_it(browser, of, name, size):
    answer = send(browser, of, (name, (FILES / name).read_bytes()))

    assert answer.status_code == 302
    photo = of.photos.get()
    files = served(browser, photo)
    assert (photo.width, photo.height) == size
    with Image.open(io.BytesIO(files["original"])) as image:
        assert (image.format, image.mode, image.size, dict(image.getexif())) == ("JPEG", "RGB", size, {})
    assert [(kind, word) for kind, file in files.items() for word in TELLING if word in file] == []


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_served_upright_however_the_camera_was_held(browser, of, orientation):
    file = pictures.jpeg(
        pictures.sideways(pictures.flag(), orientation), exif=pictures.exif(orientation=orientation)
    )

    send(browser, of, ("photo.jpg", file))

    photo = of.photos.get()
    assert (photo.width, photo.height) == (640, 480)
    assert [size for size, file in served(browser, photo).items() if not is_the_flag(file)] == []


@pytest.mark.parametrize(
    ("make", "sent", "kept"),
    [(pictures.jpeg, (4032, 3024), (4000, 3000)), (pictures.heic, (1600, 1200), (1600, 1200))],
    ids=["12 megapixels", "HEIC"],
)
def test_a_telephones_photograph_keeps_its_pixels_and_nothing_else(as_, make, sent, kept):
    of = case()
    browser = as_(of.practitioner)
    file = make(pictures.flag(sent), exif=pictures.exif())

    assert send(browser, of, ("IMG_0001", file)).status_code == 302

    photo = of.photos.get()
    files = served(browser, photo)
    assert ((photo.width, photo.height), photo.camera_clock) == (kept, "2026-05-03 14:05:09")
    assert [size for size, file in files.items() if not is_the_flag(file)] == []
    assert [(size, word) for size, file in files.items() for word in TELLING if word in file] == []


def test_of_two_pictures_in_one_file_the_main_one_is_taken(browser, of):
    send(browser, of, ("pair.jpg", pictures.telephone_pair()))

    with Image.open(io.BytesIO(served(browser, of.photos.get())["original"])) as image:
        assert is_near(image.getpixel((9, 9)), RED)


@pytest.mark.parametrize("make", [pictures.telling_jpeg, pictures.web_page_inside])
def test_what_hides_in_a_photograph_is_not_served(browser, of, make):
    send(browser, of, ("photo.jpg", make()))

    files = served(browser, of.photos.get())
    assert [(size, word) for size, file in files.items() for word in TELLING if word in file] == []


def test_under_the_rules_of_the_starter_a_small_photograph_is_told_what_is_needed(as_):
    of = case()

    answer = send(as_(of.practitioner), of, ("a.jpg", (FILES / "canon_s40.jpg").read_bytes()))

    assert refusals(answer) == [
        "“a.jpg” was not taken. This photograph is 480 pixels on its long edge; 1,600 are needed. "
        "Send the camera's own file."
    ]


# Attackers ----------------------------------------------------------------------------------------

DAMAGED = (
    "This photograph is damaged or incomplete. Copy it from the camera or telephone again and send the new copy."
)
SEND = "Send the camera's own JPEG, PNG, WebP or HEIC file."
TOO_LARGE = "at most 50 megapixels are taken. Save it smaller and send that file."

HOSTILE = {
    "empty": (b"", "This file is empty."),
    **{kind: (file, f"This file is {name}, not a photograph. {SEND}") for kind, (file, name) in OTHERS.items()},
    **{kind: (file, DAMAGED) for kind, file in BROKEN.items()},
    "bomb png": (pictures.huge_png(), TOO_LARGE),
    "bomb jpeg": (pictures.huge_jpeg(), TOO_LARGE),
    "bomb webp": (pictures.huge_lossless_webp(), TOO_LARGE),
    "bomb heic": (pictures.huge_heic(), TOO_LARGE),
    "40,000 frames webp": (pictures.long_webp(), f"This file is an animation, not a photograph. {SEND}"),
    "40,000 frames png": (pictures.long_png(), f"This file is an animation, not a photograph. {SEND}"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_gets_a_sentence_and_leaves_nothing_while_the_others_are_kept(browser, of, kind):
    file, sentence = HOSTILE[kind]
    before = stored()

    answer = send(browser, of, ("1.jpg", good(1)), ("photo.jpg", file), ("2.jpg", good(2)))

    assert answer.status_code == 200
    [said] = refusals(answer)
    assert said.startswith("“photo.jpg” was not taken. ")
    assert sentence in said
    assert (of.photos.count(), len(stored() - before)) == (2, 8)
    assert answer.content.decode().count('src="/files/case-photo/') == 2


def test_a_file_of_too_many_bytes_is_told_how_many_are_taken(browser, of):
    answer = send(browser, of, ("a.jpg", pictures.jpeg(pictures.flag()) + bytes(PHOTO_BYTES)))

    assert refusals(answer) == [
        "“a.jpg” was not taken. This file has 31 MB; at most 30 MB are taken. Save it as a smaller JPEG."
    ]


def test_a_hostile_file_alone_is_refused_the_same_with_script(browser, of):
    answer = send(browser, of, ("photo.jpg", pictures.huge_png()), HTTP_HX_REQUEST="true")

    assert (answer.status_code, of.photos.count()) == (200, 0)
    assert TOO_LARGE in refusals(answer)[0]


NAMES = {
    "folders": ("../../../etc/passwd", "passwd"),
    "backslashes": ("C:\\\\Users\\\\Robin\\\\scar.jpg", "scar.jpg"),
    "nul": ("scar\0.php.jpg", "scar.php.jpg"),
    "right to left": ("scar\u202egpj.exe", "scargpj.exe"),
    "markup": ("<img src=x onerror=alert(1)>.jpg", "<img src=x onerror=alert(1)>.jpg"),
    "300 letters": ("a" * 300 + ".jpg", "a" * 115 + "….jpg"),
    "percent": ("%2e%2e%2fscar.jpg", "%2e%2e%2fscar.jpg"),
}


@pytest.mark.parametrize("kind", NAMES)
def test_a_hostile_name_is_shown_tame_and_never_kept(browser, of, kind):
    name, shown = NAMES[kind]

    answer = send(browser, of, (name, b"noise"), (name, good(1)))

    assert answer.status_code == 200
    assert [said.partition(" was not")[0] for said in refusals(answer)] == [f"“{shown}”"]
    assert [char for char in ("\0", "\u202e", "<img src=x") if char in answer.content.decode()] == []
    photo = of.photos.get()
    assert all(
        re.fullmatch(r"cases/[0-9a-f]{2}/[0-9a-f]{32}\.jpg", getattr(photo, size).name) for size in Photo.FILES
    )


@pytest.mark.parametrize("name", ["", ".", "..", "../", "/"])
def test_a_file_without_a_name_is_no_file(browser, of, name):
    answer = send(browser, of, (name, good(1)))

    assert answer.status_code == 200
    assert "Choose at least one photograph." in answer.content.decode()
    assert of.photos.count() == 0


def test_a_seventh_photograph_of_a_post_is_refused_by_name(browser, of):
    answer = send(
        browser, of, *((f"{number}.jpg", pictures.jpeg(Image.new("L", (40, number)))) for number in range(1, 8))
    )

    assert of.photos.count() == 6
    assert [said.partition(" was not")[0] for said in refusals(answer)] == ["“7.jpg”"]


def test_nothing_is_opened_when_the_day_is_wrong(browser, of):
    answer = send(browser, of, ("photo.jpg", pictures.huge_png()), day=TODAY + DAY)

    assert refusals(answer) == ["The day lies in the future. Give the day on which it was taken."]
