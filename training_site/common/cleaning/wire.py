"""Messages between the room and its child: a length of four bytes, a JSON object of that length, then files.

The object's ``parts`` are the sizes in bytes of the files that follow it.
"""

import json
from io import RawIOBase
from typing import Any

HEADER_BYTES = 64 * 1024


class Broken(Exception):
    """The other side ended in the middle, or does not speak this language."""


def announce(pipe: RawIOBase, header: dict[str, Any], *sizes: int) -> None:
    """Send ``header`` and say how long the files are that ``write`` will send next."""
    text = json.dumps(header | {"parts": sizes}).encode()
    write(pipe, len(text).to_bytes(4, "big") + text)


def write(pipe: RawIOBase, content: bytes) -> None:
    """Raises BrokenPipeError when nobody reads any more."""
    rest = memoryview(content)
    while rest:
        rest = rest[pipe.write(rest) :]


def receive(pipe: RawIOBase, *, at_most: int) -> tuple[dict[str, Any], list[bytes]]:
    """One message, with at most ``at_most`` bytes of files.

    Raises EOFError when the other side ended before its first byte, Broken when it ended or misspoke later.
    """
    first = pipe.read(1)
    if not first:
        raise EOFError
    size = int.from_bytes(first + _read(pipe, 3), "big")
    if size > HEADER_BYTES:
        raise Broken
    try:
        header = json.loads(_read(pipe, size))
        sizes = [int(part) for part in header["parts"]]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Broken from error
    if min(sizes, default=0) < 0 or sum(sizes) > at_most:
        raise Broken
    return header, [_read(pipe, part) for part in sizes]


def _read(pipe: RawIOBase, size: int) -> bytes:
    found = bytearray(size)
    rest = memoryview(found)
    while rest:
        count = pipe.readinto(rest)
        if not count:
            raise Broken
        rest = rest[count:]
    return bytes(found)
