"""A PDF's pages, and nothing that acts. Runs in the child only.

The pages are carried into a new PDF with the entries that draw them; everything else stays behind: scripts,
launch actions, attached files, forms (their answers are drawn onto the page first), links, metadata.
"""

import io
from collections.abc import Iterator
from typing import Any

import pikepdf

from training_site.common.cleaning.limits import PDF_PAGES
from training_site.common.cleaning.refusals import Refused

# Page entries of ISO 32000-2, table 31, that are needed to draw a page.
_DRAWN = frozenset(
    [
        "/Type",
        "/Contents",
        "/Resources",
        "/MediaBox",
        "/CropBox",
        "/BleedBox",
        "/TrimBox",
        "/ArtBox",
        "/Rotate",
        "/UserUnit",
        "/Group",
    ]
)
# Entries of streams that point outside the drawing: other files, private data, metadata.
_BESIDE_STREAMS = ("/AF", "/Metadata", "/PieceInfo", "/OPI", "/Ref", "/F", "/FFilter", "/FDecodeParms")
# None of these can be left after that; a file in which one is has found a way we do not know.
_ACTIVE = frozenset(
    [
        "/AA",
        "/AcroForm",
        "/Annots",
        "/Collection",
        "/EF",
        "/EmbeddedFiles",
        "/JavaScript",
        "/JS",
        "/OpenAction",
        "/RichMediaContent",
        "/XFA",
    ]
)


def clean(source: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """The drawn pages as a new PDF, the same bytes for the same source. Facts: ``pages``.

    Raises Refused ("locked", "too_many_pages", "active", "damaged"), and pikepdf.PdfError for damaged files.
    """
    try:
        original = pikepdf.open(io.BytesIO(source))
    except pikepdf.PasswordError as error:
        raise Refused("locked") from error
    with original, pikepdf.new() as drawn:
        if original.is_encrypted:
            raise Refused("locked")
        if not len(original.pages):
            raise Refused("damaged")
        if len(original.pages) > PDF_PAGES:
            raise Refused("too_many_pages", pages=len(original.pages), most=PDF_PAGES)
        _draw_answers(original)
        for page in original.pages:
            for entry in set(page.obj.keys()) - _DRAWN:
                del page.obj[entry]
            drawn.pages.append(page)
        _strip_streams(drawn)
        written = io.BytesIO()
        # Streams are copied as they are: a page that unpacks to gigabytes is never unpacked here.
        drawn.save(written, stream_decode_level=pikepdf.StreamDecodeLevel.none, deterministic_id=True)
        pages = len(drawn.pages)
    _check(written)
    return {"pages": pages}, [written.getvalue()]


def _draw_answers(pdf: pikepdf.Pdf) -> None:
    """What was typed into a form, and every stamp, becomes part of its page."""
    pdf.generate_appearance_streams()
    pdf.flatten_annotations("all")


def _strip_streams(pdf: pikepdf.Pdf) -> None:
    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Stream):
            for entry in _BESIDE_STREAMS:
                if entry in thing:
                    del thing[entry]


def _check(written: io.BytesIO) -> None:
    """Read the result as a viewer would, and refuse it if anything in it could act."""
    with pikepdf.open(written) as pdf:
        if set(pdf.Root.keys()) - {"/Type", "/Pages", "/Version", "/Extensions"}:
            raise Refused("active")
        if any(_ACTIVE & set(names) for names in _dictionaries(pdf)):
            raise Refused("active")


def _dictionaries(pdf: pikepdf.Pdf) -> Iterator[list[str]]:
    """The entry names of every dictionary in the file, nested ones too."""
    # Every indirect object is in the list once, so only direct children are followed: no circles.
    rest: list[pikepdf.Object] = list(pdf.objects)
    while rest:
        thing = rest.pop()
        if isinstance(thing, (pikepdf.Dictionary, pikepdf.Stream)):
            yield list(thing.keys())
            children = [value for _, value in thing.items()]
        elif isinstance(thing, pikepdf.Array):
            children = list(thing)
        else:
            continue
        rest.extend(child for child in children if isinstance(child, pikepdf.Object) and not child.is_indirect)
