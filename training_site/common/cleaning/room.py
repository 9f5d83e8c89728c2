"""Our side of the wall: one child process that opens files, watched, limited and replaced when it ends.

One room serves a whole process from any thread, one file at a time. Its child starts with the first file,
is kept for the next (a start takes 0.2 s), and ends with its parent: its orders stop, and so does it.
"""

import atexit
import hashlib
import io
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self, cast

from training_site.common.cleaning import limits, wire
from training_site.common.cleaning.refusals import CleaningUnavailable, Refused
from training_site.common.cleaning.sniffing import SNIFFED_BYTES

logger = logging.getLogger(__name__)

Source = bytes | Path | BinaryIO

_PROJECT = Path(__file__).resolve().parents[3]
_COMMAND = (sys.executable, "-B", "-W", "ignore", "-m", "training_site.common.cleaning.child")
_CHUNK = 1024 * 1024
# For the C library: two pools of memory, since each would reserve 64 MB of address space, and large pieces
# given back at once. For Pillow: six blocks of 16 MB kept for the next copy of the pixels. Together a tenth less
# CPU for a JPEG and 30 MB less at the peak of a HEIC.
_ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": "1000000",
    "PILLOW_BLOCKS_MAX": "6",
}
# Ends that the file itself brought about, by crashing its decoder.
_CRASHES = {-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGABRT, -signal.SIGFPE, -signal.SIGILL}


@dataclass(frozen=True)
class Upload:
    """A file to be cleaned, from which nothing but its first bytes has been looked at."""

    stream: BinaryIO
    size: int
    head: bytes


@dataclass(frozen=True)
class Cleaned:
    """What the child made: its facts and files, and the SHA-256 (hex) of the bytes it was sent."""

    facts: dict[str, Any]
    files: list[bytes]
    source_sha256: str


@contextmanager
def opened(source: Source) -> Iterator[Upload]:
    """``source`` is bytes, a path, or a seekable binary stream such as Django's UploadedFile (stays open)."""
    if isinstance(source, Path):
        with source.open("rb") as file, opened(file) as upload:
            yield upload
        return
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    # Django's UploadedFile answers nothing when it seeks.
    stream.seek(0, io.SEEK_END)
    size = stream.tell()
    stream.seek(0)
    yield Upload(stream=stream, size=size, head=stream.read(SNIFFED_BYTES))


class CleaningRoom:
    """Cleans one file at a time in a child of its own. Figures as in ``limits``."""

    def __init__(
        self,
        *,
        memory: int = limits.MEMORY_BYTES,
        cpu_seconds: int = limits.CPU_SECONDS,
        wall_seconds: float = limits.WALL_SECONDS,
        idle_seconds: float = limits.IDLE_SECONDS,
        files_per_child: int = limits.FILES_PER_CHILD,
    ) -> None:
        self._wall_seconds = wall_seconds
        self._limits = {
            "memory": memory,
            "cpu": cpu_seconds,
            "wall": wall_seconds,
            "idle": idle_seconds,
            "files": files_per_child,
            "source": limits.PHOTO_BYTES,
        }
        self._turn = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        atexit.register(self.close)
        os.register_at_fork(after_in_child=self._forget)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def child_id(self) -> int | None:
        """Process id of the child, or None while there is none."""
        return self._child.pid if self._child else None

    def clean(self, upload: Upload, order: dict[str, Any]) -> Cleaned:
        """Let the child carry out ``order`` on ``upload``.

        Raises Refused for a file that is not taken, CleaningUnavailable when the child could not be asked.
        """
        if not self._turn.acquire(timeout=limits.QUEUE_SECONDS):
            raise CleaningUnavailable
        try:
            # A child may leave, idle or after its share of files, just as it is asked: the next one will do.
            answer = self._ask(upload, order) or self._ask(upload, order)
        finally:
            self._turn.release()
        if answer is None:
            raise CleaningUnavailable
        if refused := answer.facts.get("refused"):
            figures = answer.facts.get("figures")
            raise Refused(str(refused), **(figures if isinstance(figures, dict) else {}))
        return answer

    def close(self) -> None:
        """End the child. The room may be used again."""
        with self._turn:
            if self._child:
                self._end(self._child)

    def _ask(self, upload: Upload, order: dict[str, Any]) -> Cleaned | None:
        """The child's answer, or None if it had left of its own accord."""
        child = self._running_child()
        late = threading.Event()

        def stop() -> None:
            late.set()
            child.kill()

        deadline = threading.Timer(self._wall_seconds, stop)
        deadline.start()
        try:
            return self._converse(child, upload, order)
        except (BrokenPipeError, EOFError, wire.Broken):
            self._end(child)
            if late.is_set():
                logger.warning("A file was not cleaned within %s seconds.", self._wall_seconds)
                raise CleaningUnavailable from None
            if child.returncode == 0:
                return None
            logger.warning("The cleaning child ended with %s.", child.returncode)
            raise _meaning(child.returncode) from None
        except BaseException:
            # Half a conversation: whatever comes next, this child would misunderstand it.
            self._end(child)
            raise
        finally:
            deadline.cancel()

    def _converse(self, child: subprocess.Popen[bytes], upload: Upload, order: dict[str, Any]) -> Cleaned:
        orders, answers = cast("io.RawIOBase", child.stdin), cast("io.RawIOBase", child.stdout)
        wire.announce(orders, order, upload.size)
        upload.stream.seek(0)
        digest, rest = hashlib.sha256(), upload.size
        while rest:
            chunk = upload.stream.read(min(_CHUNK, rest))
            if not chunk:
                raise wire.Broken
            digest.update(chunk)
            wire.write(orders, chunk)
            rest -= len(chunk)
        facts, files = wire.receive(answers, at_most=limits.ANSWER_BYTES)
        return Cleaned(facts=facts, files=files, source_sha256=digest.hexdigest())

    def _running_child(self) -> subprocess.Popen[bytes]:
        if self._child and self._child.poll() is None:
            return self._child
        if self._child:
            self._end(self._child)
        try:
            self._child = subprocess.Popen(  # noqa: S603
                [*_COMMAND, json.dumps(self._limits)],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=_PROJECT,
                env=_ENVIRONMENT,
            )
        except OSError as error:
            logger.warning("The cleaning child did not start: %s", error)
            raise CleaningUnavailable from error
        return self._child

    def _end(self, child: subprocess.Popen[bytes]) -> None:
        self._child = None
        for pipe in (child.stdin, child.stdout):
            if pipe:
                pipe.close()
        try:
            child.wait(timeout=1)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def _forget(self) -> None:
        """In a fork of ours: the child answers to the parent alone, and its pipe must end with the parent."""
        self._turn = threading.Lock()
        child, self._child = self._child, None
        if child:
            child.returncode = 0
            for pipe in (child.stdin, child.stdout):
                if pipe:
                    pipe.close()


def _meaning(code: int) -> Refused | CleaningUnavailable:
    """What the way a child ended (as ``Popen.returncode``) says about the file it had."""
    if code == -signal.SIGXCPU:
        return Refused("too_slow")
    return Refused("damaged") if code in _CRASHES else CleaningUnavailable()


ROOM = CleaningRoom()
