"""The process that opens strangers' files. Started by ``room`` and by nothing else; imports no Django.

It limits itself before it reads a byte, answers one order after another, and leaves when its parent is gone,
when it has been idle, or when it has opened its share of files. Argument: the limits as a JSON object
(``memory`` in bytes, ``cpu``, ``wall`` and ``idle`` in seconds, ``files``, ``source`` in bytes).
"""

import ctypes
import json
import math
import os
import resource
import select
import signal
import sys
from collections.abc import Callable
from io import FileIO, RawIOBase
from typing import Any

from training_site.common.cleaning import pictures, wire
from training_site.common.cleaning.refusals import Refused

Answer = tuple[dict[str, Any], list[bytes]]

_PR_SET_NO_NEW_PRIVS = 38  # linux/prctl.h
_OPEN_FILES = 64


def _clean_photo(source: bytes, order: dict[str, Any]) -> Answer:
    return pictures.clean(source, kind=order["kind"], min_long_edge=order["min_long_edge"])


def _clean_pdf(source: bytes, order: dict[str, Any]) -> Answer:
    # The PDF library is large and most children never meet a PDF.
    from training_site.common.cleaning import papers

    return papers.clean(source)


_WORK: dict[str, Callable[[bytes, dict[str, Any]], Answer]] = {"photo": _clean_photo, "pdf": _clean_pdf}


def main() -> None:
    """Serve orders until there is a reason to leave, then return."""
    limits = json.loads(sys.argv[1])
    orders, answers = _pipes()
    _limit(memory=limits["memory"])
    for _ in range(limits["files"]):
        if not select.select([orders], [], [], limits["idle"])[0]:
            return
        # A parent that was killed cannot end us: the alarm does, in the middle of any decoder.
        signal.setitimer(signal.ITIMER_REAL, 2 * limits["wall"])
        try:
            order, parts = wire.receive(orders, at_most=limits["source"])
        except EOFError:
            return
        _allow_cpu(limits["cpu"])
        header, files = _carry_out(order, parts.pop())
        wire.announce(answers, header, *map(len, files))
        for file in files:
            wire.write(answers, file)
        signal.setitimer(signal.ITIMER_REAL, 0)


def _carry_out(order: dict[str, Any], source: bytes) -> Answer:
    try:
        return _WORK[order["work"]](source, order)
    except Refused as refusal:
        return {"refused": refusal.code, "figures": dict(refusal.figures)}, []
    except MemoryError:
        return {"refused": "too_much_memory", "figures": {}}, []
    except Exception as error:
        # Decoders raise whatever comes to mind: SyntaxError, struct.error, IndexError, KeyError…
        short_of_memory = "memory" in str(error).lower() or "bad_alloc" in str(error)
        return {"refused": "too_much_memory" if short_of_memory else "damaged", "figures": {}}, []


def _pipes() -> tuple[RawIOBase, RawIOBase]:
    """Orders and answers; whatever a library prints goes to standard error instead of between the answers."""
    orders, answers = FileIO(os.dup(0), "rb"), FileIO(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    return orders, answers


def _limit(*, memory: int) -> None:
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
    ):
        resource.setrlimit(kind, (most, most))
    ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _allow_cpu(seconds: int) -> None:
    """So many more seconds of CPU from now on; the system ends us with SIGXCPU beyond them."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(usage.ru_utime + usage.ru_stime) + seconds, hard))


if __name__ == "__main__":
    main()
