"""Pages as one reads them."""

import html
import re
from typing import Any


def text(response: Any) -> str:
    """What a page says, without its markup, spaces run together."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())
