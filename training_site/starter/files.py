"""Where the starter data lies, and how a file of it is read."""

import json
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent / "data"


@cache
def read(name: str) -> Any:
    """The JSON file ``name`` (a path below ``data``, with its ending)."""
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def stream(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Blocks as written in the data files → what a ``StreamField`` stores."""
    return [{"type": block["type"], "value": _value(block)} for block in blocks]


def _value(block: dict[str, Any]) -> Any:
    value = block["value"]
    if block["type"] == "table":
        return {
            "columns": [{"type": "text", "heading": heading} for heading in value["head"]],
            "rows": [{"values": row} for row in value["rows"]],
            "caption": value["caption"],
        }
    return value
