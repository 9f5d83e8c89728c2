import hashlib
import io
import re
import time
import zlib

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from tests.factories import pictures
from tests.factories.pictures import FILES
from training_site.common.cleaning.limits import MEGABYTE
from training_site.common.cleaning.room import CleaningRoom
from training_site.common.uploads import (
    CleaningUnavailable,
    DocumentRefused,
    clean_document,
    display_name,
)

OTHER_KINDS = {kind: each for kind, each in pictures.of_other_kinds().items() if kind != "pdf"}
SEND = "Send a PDF, JPEG, PNG, WebP or HEIC file."


def pdf(*, pages: int = 1) -> bytes:
    """A licence as a county's office writes it: a line of text on every page."""
    written = io.BytesIO()
    canvas = Canvas(written)
    canvas.setTitle("Scan of R. Example")
    for number in range(pages):
        canvas.drawString(72, 720, f"Body art registration 40-117, page {number + 1}")
        canvas.showPage()
    canvas.save()
    return written.getvalue()


def changed(change, file: bytes | None = None) -> bytes:
    """``file`` after ``change(its pikepdf.Pdf)``."""
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(file or pdf())) as document:
        change(document)
        document.save(written)
    return written.getvalue()


def script() -> Dictionary:
    return Dictionary(S=Name.JavaScript, JS="app.alert('attack')")


def opens_with_a_script(document):
    document.Root.OpenAction = script()


def names_a_script(document):
    document.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array(["attack", script()])))


def runs_when_a_page_is_turned(document):
    document.pages[0].AA = Dictionary(O=script())


def launches_a_program(document):
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 600, 800])
    link.A = Dictionary(S=Name.Launch, F="attack.exe")
    document.pages[0].Annots = document.make_indirect(Array([document.make_indirect(link)]))


def carries_a_file(document):
    document.attachments["attack.exe"] = b"MZ attack"


def carries_a_film(document):
    film = document.make_stream(b"attack")
    annotation = Dictionary(Type=Name.Annot, Subtype=Name.RichMedia, Rect=[0, 0, 9, 9])
    annotation.RichMediaContent = Dictionary(Assets=Dictionary(Names=Array(["attack", film])))
    document.pages[0].Annots = Array([annotation])


def is_an_xfa_form(document):
    document.Root.AcroForm = Dictionary(Fields=Array([]), XFA=document.make_stream(b"<xdp>attack</xdp>"))


def hides_a_file_in_a_picture(document):
    picture = document.make_stream(b"\0", Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1)
    picture.BitsPerComponent, picture.ColorSpace = 8, Name.DeviceGray
    hidden = document.make_stream(b"attack")
    picture.AF = Array([Dictionary(Type=Name.Filespec, F="attack.exe", EF=Dictionary(F=hidden))])
    picture.Metadata = document.make_stream(b"<x>attack</x>")
    document.pages[0].Resources.XObject = Dictionary(Picture=picture)


def tells_of_its_author(document):
    document.docinfo["/Author"] = "attack"
    with document.open_metadata() as metadata:
        metadata["dc:creator"] = ["attack"]


def remove_all_pages(document):
    del document.pages[:]


ACTIVE = [
    opens_with_a_script,
    names_a_script,
    runs_when_a_page_is_turned,
    launches_a_program,
    carries_a_file,
    carries_a_film,
    is_an_xfa_form,
    hides_a_file_in_a_picture,
    tells_of_its_author,
]


def everything_in(file: bytes) -> bytes:
    """All objects of a PDF in one piece, streams unpacked."""
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(file)) as document:
        document.save(written, qdf=True, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.all)
    return written.getvalue()


@pytest.fixture
def room():
    with CleaningRoom() as room:
        yield room


# PDF


def test_a_pdf_is_written_anew_with_its_pages_and_their_text():
    file = pdf(pages=3)

    document = clean_document(file)

    assert (document.media_type, document.extension, document.pages) == ("application/pdf", "pdf", 3)
    assert document.preview is None
    assert document.sha256 == hashlib.sha256(document.content).hexdigest()
    assert document.source_sha256 == hashlib.sha256(file).hexdigest()
    shown = everything_in(document.content)
    assert re.findall(rb"registration 40-117, page (\d)", shown) == [b"1", b"2", b"3"]
    with pikepdf.open(io.BytesIO(document.content)) as written:
        assert [list(map(int, page.mediabox[2:])) for page in written.pages] == [[595, 841]] * 3
        assert written.pages[2].Resources.Font.F1.BaseFont == Name.Helvetica


def test_the_same_pdf_gives_the_same_bytes_in_another_child(room):
    file = pdf()
    before = clean_document(file)
    time.sleep(1.1)  # PDF writers like to note the second.

    assert clean_document(file, room=room) == before


@pytest.mark.parametrize("change", ACTIVE, ids=lambda change: change.__name__)
def test_a_pdf_that_acts_or_tells_is_reduced_to_its_page(change):
    file = changed(change)
    assert b"attack" in everything_in(file)

    document = clean_document(file)

    kept = everything_in(document.content)
    assert b"attack" not in kept
    assert b"Scan of R. Example" not in kept
    assert b"registration 40-117" in kept


def leaves_drawing_to_the_viewer(document):
    document.Root.AcroForm.NeedAppearances = True
    for field in document.Root.AcroForm.Fields:
        del field.AP


@pytest.mark.parametrize("change", [lambda document: None, leaves_drawing_to_the_viewer], ids=["drawn", "undrawn"])
def test_what_was_typed_into_a_form_is_still_read_on_the_page(change):
    written = io.BytesIO()
    canvas = Canvas(written)
    canvas.drawString(72, 720, "Number")
    canvas.acroForm.textfield(name="number", value="BAP-88213", x=72, y=700, width=200)
    canvas.showPage()
    canvas.save()

    document = clean_document(changed(change, written.getvalue()))

    kept = everything_in(document.content)
    assert b"BAP-88213" in kept
    assert b"/AcroForm" not in kept
    assert b"/Annots" not in kept


def test_a_page_keeps_the_size_and_resources_it_inherits():
    def inherit(document):
        page = document.pages[0].obj
        document.Root.Pages.MediaBox, document.Root.Pages.Resources = page.MediaBox, page.Resources
        del page.MediaBox, page.Resources

    document = clean_document(changed(inherit))

    with pikepdf.open(io.BytesIO(document.content)) as written:
        assert int(written.pages[0].mediabox[2]) == 595
        assert written.pages[0].Resources.Font.F1.BaseFont == Name.Helvetica


def test_a_pdf_behind_a_scanners_noise_is_taken():
    assert clean_document(b"\r\n\0scanner\n" + pdf()).pages == 1


@pytest.mark.parametrize("password", ["", "secret"], ids=["permissions", "password"])
def test_a_locked_pdf_is_refused(password):
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf())) as document:
        document.save(written, encryption=pikepdf.Encryption(owner="owner", user=password))

    with pytest.raises(DocumentRefused) as refusal:
        clean_document(written.getvalue())

    assert refusal.value.code == "locked"
    assert str(refusal.value) == (
        "This PDF is locked with a password or permissions. Print it to a new PDF and send that."
    )


def test_twenty_pages_are_taken_and_one_more_is_not():
    assert clean_document(pdf(pages=20)).pages == 20
    with pytest.raises(DocumentRefused) as refusal:
        clean_document(pdf(pages=21))
    assert str(refusal.value) == "This PDF has 21 pages; at most 20 are taken. Send only those that matter."


def test_a_pdf_over_ten_megabytes_is_refused_before_it_is_opened(room):
    with pytest.raises(DocumentRefused) as refusal:
        clean_document(pdf().ljust(10 * MEGABYTE + 1, b"\n"), room=room)

    assert str(refusal.value) == "This file has 11 MB; at most 10 MB are taken. Save it smaller."
    assert room.child_id is None


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(b"%PDF-1.7\n", id="head alone"),
        pytest.param(b"%PDF-1.7\n" + bytes(range(256)) * 40, id="head before noise"),
        pytest.param(b"%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>", id="no pages"),
        pytest.param(changed(remove_all_pages), id="pages removed"),
        pytest.param(
            b"%PDF-1.7\n1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj\n"
            b"2 0 obj <</Type /Pages /Count 1 /Kids [2 0 R]>> endobj\ntrailer <</Root 1 0 R /Size 3>>\n",
            id="pages in a circle",
        ),
    ],
)
def test_a_damaged_pdf_is_refused(file):
    with pytest.raises(DocumentRefused) as refusal:
        clean_document(file)

    assert refusal.value.code == "damaged"
    assert str(refusal.value) == (
        "This file is damaged or incomplete. Save or scan it again and send the new copy."
    )


def test_a_page_that_unpacks_to_hundreds_of_megabytes_is_never_unpacked(room):
    packed = zlib.compress(bytes(400_000_000), 9)

    def swell(document):
        page = document.make_stream(packed)
        page.Filter = Name.FlateDecode
        document.pages[0].Contents = page

    document = clean_document(changed(swell), room=room)

    with pikepdf.open(io.BytesIO(document.content)) as written:
        assert written.pages[0].Contents.read_raw_bytes() == packed


# Pictures of documents


@pytest.mark.parametrize("make", [pictures.jpeg, pictures.png, pictures.webp, pictures.heic])
def test_a_picture_of_a_document_is_cleaned_like_a_photograph(make):
    file = make(pictures.flag((2000, 1500)), exif=pictures.exif().tobytes())

    document = clean_document(file)

    assert (document.media_type, document.extension, document.pages) == ("image/jpeg", "jpg", 1)
    assert [Image.open(io.BytesIO(kept)).size for kept in (document.content, document.preview)] == [
        (2000, 1500),
        (1600, 1200),
    ]
    assert not any(secret in document.content for secret in pictures.SECRETS)
    assert document.sha256 == hashlib.sha256(document.content).hexdigest()


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_a_document_of_another_kind_is_named_and_refused(kind):
    file, name = OTHER_KINDS[kind]

    with pytest.raises(DocumentRefused) as refusal:
        clean_document(file)

    assert str(refusal.value) == f"This file is {name}. {SEND}"


@pytest.mark.parametrize(
    ("file", "code"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(pictures.cut_off((FILES / "canon_s40.jpg").read_bytes()), "damaged", id="cut off"),
        pytest.param(pictures.huge_png(), "too_many_pixels", id="enormous"),
        pytest.param(pictures.long_webp(3), "animated", id="animation"),
    ],
)
def test_a_picture_that_is_no_photograph_is_no_document_either(file, code):
    with pytest.raises(DocumentRefused) as refusal:
        clean_document(file)

    assert refusal.value.code == code
    assert "photograph" not in str(refusal.value)


# Names


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("Licence 2026.pdf", "Licence 2026.pdf"),
        ("C:\\Users\\me\\Licence.pdf", "Licence.pdf"),
        ("../../etc/passwd", "passwd"),
        ("licence\u202efdp.exe", "licencefdp.exe"),
        ("two\r\nlines\t.pdf", "two lines .pdf"),
        ("null\0byte.pdf", "nullbyte.pdf"),
        ("bell\x07.pdf", "bell.pdf"),
        ("<script>.pdf", "<script>.pdf"),
        ("Genehmigung für Zoë.pdf", "Genehmigung für Zoë.pdf"),
        ("für.pdf".replace("ü", "u\u0308"), "für.pdf"),
        ("許可証.pdf", "許可証.pdf"),
        ("lone\ud800half.pdf", "lonehalf.pdf"),
        ("   ", "file"),
        ("", "file"),
        ("..", "file"),
        ("folder/", "file"),
        ("a" * 116 + ".pdf", "a" * 116 + ".pdf"),
        ("a" * 117 + ".pdf", "a" * 115 + "….pdf"),
        ("a" * 121, "a" * 119 + "…"),
    ],
)
def test_the_senders_name_is_shown_without_folders_and_tricks(raw, shown):
    assert display_name(raw) == shown
    assert len(display_name(raw)) <= 120


def test_a_name_is_never_longer_than_its_field_whatever_its_dots():
    assert len(display_name("a." * 300)) == 120
    assert len(display_name("." + "b" * 300)) == 120


def test_a_document_that_no_child_answers_for_may_be_sent_again():
    with CleaningRoom(wall_seconds=0.01) as room, pytest.raises(CleaningUnavailable):
        clean_document(pdf(), room=room)
