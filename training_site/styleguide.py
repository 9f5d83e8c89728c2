"""Every component on one page, drawn with its samples. For development; it reads no model."""

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from training_site.styleguide_samples import samples

COMPONENTS: Path = settings.BASE_DIR / "templates" / "components"
FIRST_LINE = re.compile(r"\{# (?P<about>.+?)\.? Takes: (?P<inputs>.+)\. #\}")

# Some components are items of a list, and a pin lies in the drawing that covers a picture.
LISTS = {"obstacle": "list-plain", "slot": "slots", "work_row": "list-plain"}
SLIM = {"filter", "field", "rubric", "map", "photo"}
COLOURS = (
    *("paper", "raised", "sunk", "tint", "line", "edge"),
    *("ink", "soft", "petrol", "copper", "good", "caution", "stop"),
)


def described(name: str) -> tuple[str, list[str]]:
    """What component ``name`` is, and the names of its inputs, from its first line.

    Raises ValueError if the line does not say.
    """
    first_line = (COMPONENTS / f"{name}.html").read_text().partition("\n")[0]
    match = FIRST_LINE.fullmatch(first_line)
    if match is None:
        raise ValueError(f"components/{name}.html must begin with {{# What it is. Takes: its, inputs. #}}")
    inputs = re.sub(r"\([^)]*\)", "", match["inputs"])
    return match["about"], [part.strip() for part in inputs.split(",")]


def drawn(name: str, context: dict[str, Any]) -> SafeString:
    """The component, given ``context`` and nothing else."""
    return render_to_string(f"components/{name}.html", context)


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """``?theme=light|dark`` and ``?dir=rtl`` show the page as others would see it."""
    parts = []
    for name, contexts in samples().items():
        about, inputs = described(name)
        parts.append(
            {
                "name": name,
                "about": about,
                "inputs": inputs,
                "list_class": LISTS.get(name, ""),
                "slim": name in SLIM,
                "drawn": [drawn(name, context) for context in contexts],
            }
        )
    theme = request.GET.get("theme", "")
    return render(
        request,
        "styleguide.html",
        {
            "parts": parts,
            "colours": COLOURS,
            "theme": theme if theme in {"light", "dark"} else "",
            "right_to_left": request.GET.get("dir") == "rtl",
        },
    )
