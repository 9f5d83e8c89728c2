"""Why a file was not taken, in sentences that say what to send instead."""

from collections.abc import Mapping
from typing import Any

_SEND_PHOTO = "Send the camera's own JPEG, PNG, WebP or HEIC file."
_SEND_DOCUMENT = "Send a PDF, JPEG, PNG, WebP or HEIC file."
_AGAIN = "Copy it from the camera or telephone again and send the new copy."

PHOTO_SENTENCES = {
    "empty": f"This file is empty. {_AGAIN}",
    "too_many_bytes": "This file has {megabytes} MB; at most {most} MB are taken. Save it as a smaller JPEG.",
    "wrong_kind": f"This file is {{name}}, not a photograph. {_SEND_PHOTO}",
    "too_many_pixels": (
        "This photograph is {width:,} × {height:,} pixels; at most {most} megapixels are taken. "
        "Save it smaller and send that file."
    ),
    "animated": f"This file is an animation, not a photograph. {_SEND_PHOTO}",
    "too_small": (
        "This photograph is {long_edge:,} pixels on its long edge; {needed:,} are needed. "
        "Send the camera's own file."
    ),
    "damaged": f"This photograph is damaged or incomplete. {_AGAIN}",
    "too_much_memory": "This photograph needs too much memory to open. Send it as a smaller JPEG.",
    "too_slow": "This photograph takes too long to open. Save it again as an ordinary JPEG and send that.",
}

DOCUMENT_SENTENCES = {
    "empty": f"This file is empty. {_SEND_DOCUMENT}",
    "too_many_bytes": "This file has {megabytes} MB; at most {most} MB are taken. Save it smaller.",
    "wrong_kind": f"This file is {{name}}. {_SEND_DOCUMENT}",
    "too_many_pixels": (
        "This picture is {width:,} × {height:,} pixels; at most {most} megapixels are taken. "
        "Save it smaller and send that file."
    ),
    "animated": f"This file is an animation. {_SEND_DOCUMENT}",
    "damaged": "This file is damaged or incomplete. Save or scan it again and send the new copy.",
    "too_much_memory": "This file takes too much memory to open. Save it smaller and send that.",
    "too_slow": "This file takes too long to open. Scan the page again and send the scan.",
    "locked": "This PDF is locked with a password or permissions. Print it to a new PDF and send that.",
    "too_many_pages": "This PDF has {pages} pages; at most {most} are taken. Send only those that matter.",
    "active": "This PDF holds scripts or other files inside it. Print it to a new PDF and send that.",
}


def sentence(sentences: Mapping[str, str], refusal: "Refused") -> str:
    """What to tell the sender. Raises CleaningUnavailable for a code or figures that no sentence knows."""
    try:
        return sentences[refusal.code].format(**refusal.figures)
    except (KeyError, ValueError, TypeError) as error:
        raise CleaningUnavailable from error


class Refused(Exception):
    """Said by the child or before it is asked: a code of the tables above, and its sentence's figures."""

    def __init__(self, code: str, /, **figures: Any) -> None:
        super().__init__(code)
        self.code = code
        self.figures: Mapping[str, Any] = figures


class CleaningUnavailable(RuntimeError):
    """No file can be opened at the moment. Nothing was kept, and the same file may be sent again."""

    def __init__(self) -> None:
        super().__init__("Files cannot be checked now. Nothing was kept. Send this one again in a minute.")
