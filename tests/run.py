"""Runs the test suite part by part, each where it can run, and closes with what ran and what did not.

    python tests/run.py [PYTEST ARGUMENTS]      a selection, as for pytest
    python tests/run.py --packages              the Debian packages that let every part run

Parts: SQLite (every test but the two kinds below), PostgreSQL (tests marked ``both_databases``, on a
throw-away cluster), browser (``journey``) and PDF checks (``pdf_check``). With ``CI=true`` PostgreSQL runs
everything but the journeys, and a part that cannot run, or a skipped test, is a failure.

Only the standard library is imported here: ``--packages`` must work before anything is installed.
"""

import argparse
import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "var" / "test-results"

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
# Program that checks a PDF → the Debian package that brings it.
PDF_CHECKERS = {
    "pdffonts": "poppler-utils",
    "pdfinfo": "poppler-utils",
    "pdftoppm": "poppler-utils",
    "pdftotext": "poppler-utils",
    "qpdf": "qpdf",
}
PACKAGES = ["postgresql", "chromium", *sorted(set(PDF_CHECKERS.values()))]

# pytest's exit codes.
ALL_PASSED, SOME_FAILED, NONE_COLLECTED = 0, 1, 5


class CannotRun(Exception):
    """A part lacks something on this machine; the message says what, and how to get it."""


@dataclass
class Part:
    """One run of pytest: which tests, in how many processes, and how it ended."""

    name: str
    marks: str
    workers: int
    # Where all of its tests are: collecting the others takes every process ten seconds.
    folder: str = "tests"
    counts: Counter[str] = field(default_factory=Counter)
    problem: str = ""
    # Failures that are no test's: the part broke off, or CI may not go without it.
    failures: int = 0

    @property
    def report(self) -> Path:
        return RESULTS / f"{self.name.lower().replace(' ', '-')}.xml"

    @property
    def summary(self) -> str:
        """``12 passed, 1 failed``, and whatever else the reader must know."""
        counted = ", ".join(f"{number} {kind}" for kind, number in sorted(self.counts.items(), key=by_kind))
        return "; ".join(filter(None, [counted, self.problem])) or "did not run: no such tests were selected"


def by_kind(counted: tuple[str, int]) -> int:
    return ("passed", "failed", "skipped").index(counted[0])


def parts(*, ci: bool) -> list[Part]:
    return [
        Part("SQLite", "not journey and not pdf_check", workers=2),
        Part(
            "PostgreSQL",
            "not journey" if ci else "both_databases and not journey and not pdf_check",
            workers=2,
        ),
        Part("Browser", "journey", workers=2, folder="tests/journeys"),
        Part("PDF checks", "pdf_check", workers=0),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-m", dest="marks", default="")
    parser.add_argument("--randomly-seed", dest="seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--packages", action="store_true")
    options, selection = parser.parse_known_args()
    if options.packages:
        print(*PACKAGES)
        return 0

    ci = os.environ.get("CI", "").lower() in {"1", "true"}
    # Whoever ends this run leaves no cluster behind: by the same door as Ctrl-C.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    shutil.rmtree(RESULTS, ignore_errors=True)
    RESULTS.mkdir(parents=True)
    print(f"Order of the tests: --randomly-seed={options.seed}")
    suite = parts(ci=ci)
    with tempfile.TemporaryDirectory(prefix="stipple-migrated-", ignore_cleanup_errors=True) as folder:
        # A selection may need no database at all: its processes migrate for themselves, if they must.
        migrated = None if selection or options.marks else Path(folder) / "migrated.sqlite3"
        for part in suite:
            print(f"\n=== {part.name} ===", flush=True)
            try:
                run(part, selection=selection, marks=options.marks, seed=options.seed, migrated=migrated)
            except CannotRun as reason:
                part.problem = f"did not run: {reason}"
                part.failures += ci
            if ci and part.counts["skipped"]:
                part.problem = "in CI a skipped test is a failure"
                part.failures += 1
    return conclude(suite)


def run(part: Part, *, selection: list[str], marks: str, seed: int, migrated: Path | None) -> None:
    """Runs the part's tests and counts them; raises CannotRun when this machine lacks what they need.

    ``migrated``: where the run keeps its migrated SQLite database; None when each process migrates its own.
    """
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-n", str(part.workers), f"--randomly-seed={seed}"),
        *("-m", f"({part.marks}) and ({marks})" if marks else part.marks),
        f"--junitxml={part.report}",
        *(selection or [part.folder]),
    ]
    with environment_for(part) as environment:
        if migrated:
            if not migrate_once(environment, migrated, workers=part.workers):
                part.problem, part.failures = "the migrations failed: see their message above", part.failures + 1
                return
            command.append("--reuse-db")
        code = wait(subprocess.Popen(command, cwd=ROOT, env=environment))
    if code == NONE_COLLECTED:
        return
    part.counts = count(part.report)
    if code not in {ALL_PASSED, SOME_FAILED}:
        part.problem = f"pytest broke off with exit code {code}"
    if code != ALL_PASSED and not part.counts["failed"]:
        part.failures += 1


def wait(process: subprocess.Popen[bytes]) -> int:
    """The exit code. When this run is interrupted, pytest gets time to put its own things away."""

    def pass_on(signum: int, frame: FrameType | None) -> None:
        process.send_signal(signal.SIGINT)
        raise KeyboardInterrupt

    # Ctrl-C reaches pytest by itself; a signal sent to this process alone does not.
    signal.signal(signal.SIGTERM, pass_on)
    try:
        return process.wait()
    except KeyboardInterrupt:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=15)
        process.kill()
        raise
    finally:
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def count(report: Path) -> Counter[str]:
    """How many tests passed, failed and were skipped, from pytest's JUnit file."""
    counts: Counter[str] = Counter()
    if not report.exists():
        return counts
    for case in ElementTree.parse(report).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            counts["failed"] += 1
        elif case.find("skipped") is not None:
            counts["skipped"] += 1
        else:
            counts["passed"] += 1
    return counts


def conclude(suite: list[Part]) -> int:
    """Prints the closing table and the totals; the exit code of the whole run."""
    totals = sum((part.counts for part in suite), Counter[str]())
    failed = totals["failed"] + sum(part.failures for part in suite)
    print()
    for part in suite:
        print(f"{part.name + ':':<12}{part.summary}")
    skipped = f", {totals['skipped']} skipped" if totals["skipped"] else ""
    print(f"\n{totals['passed']} passed, {failed} failed{skipped}", flush=True)
    if failed:
        return SOME_FAILED
    return ALL_PASSED if totals else NONE_COLLECTED


# What each part needs ------------------------------------------------------------------------------


@contextlib.contextmanager
def environment_for(part: Part) -> Iterator[dict[str, str]]:
    """The environment under which the part runs; raises CannotRun.

    Whatever its tests leave in the temporary folder goes with it.
    """
    if part.name == "Browser" and not any(map(shutil.which, CHROMIUM)):
        raise CannotRun("Chromium is not installed (apt-get install chromium)")
    if part.name == "PDF checks":
        lacking = {package for program, package in PDF_CHECKERS.items() if not shutil.which(program)}
        if lacking:
            raise CannotRun(f"checkers are not installed (apt-get install {' '.join(sorted(lacking))})")
    with tempfile.TemporaryDirectory(prefix="stipple-tests-", ignore_cleanup_errors=True) as scratch:
        environment = {
            **os.environ,
            "TMPDIR": scratch,
            "DJANGO_SETTINGS_MODULE": "training_site.settings.test",
        }
        environment.pop("DATABASE_URL", None)
        if part.name == "PostgreSQL":
            with postgresql() as url:
                yield {**environment, "DATABASE_URL": url}
        else:
            yield {**environment, "TEST_SQLITE": f"{scratch}/tests.sqlite3"}


def migrate_once(environment: dict[str, str], migrated: Path, *, workers: int) -> bool:
    """Gives every process of pytest a migrated database to begin with; False when migrating failed.

    A process of its own migrates: on SQLite once for the whole run, into ``migrated``, of which each worker's
    file is a copy; on PostgreSQL in ``template1``, of which the server copies every database that it makes.
    """
    if url := environment.get("DATABASE_URL"):
        return migrate(environment, url=url.rpartition("/")[0] + "/template1")
    if not migrated.exists() and not migrate(environment, url=f"sqlite:///{migrated}"):
        return False
    own = environment["TEST_SQLITE"]
    for path in [f"{own}_gw{number}" for number in range(workers)] or [own]:
        shutil.copyfile(migrated, path)
    return True


def migrate(environment: dict[str, str], *, url: str) -> bool:
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    return wait(subprocess.Popen(command, cwd=ROOT, env={**environment, "DATABASE_URL": url})) == 0


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL cluster that exists only inside the ``with``; raises CannotRun.

    It listens on a free loopback port, forgoes every safeguard of its data for speed, and lives in a folder
    that goes with it.
    """
    programs = postgresql_programs()
    password = secrets.token_urlsafe(16)
    folder = Path(tempfile.mkdtemp(prefix="stipple-pg-"))
    server: subprocess.Popen[bytes] | None = None
    try:
        (folder / "password").write_text(password)
        lend(folder, folder / "password")
        initdb = [str(programs / "initdb"), f"--pgdata={folder / 'data'}", "--no-sync", "--username=stipple"]
        initdb += [
            f"--pwfile={folder / 'password'}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        ]
        made = subprocess.run([*as_borrower(), *initdb], cwd="/", stdout=subprocess.DEVNULL, check=False)
        if made.returncode != 0:
            raise CannotRun("initdb could not make a PostgreSQL cluster: see its message above")
        port = free_port()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": folder,
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "log_min_messages": "fatal",
            "log_min_error_statement": "panic",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        server = subprocess.Popen(
            [*as_borrower(), str(programs / "postgres"), "-D", str(folder / "data"), *options],
            cwd="/",
            start_new_session=True,  # Ctrl-C is for pytest, which still needs the database to tidy up.
        )
        wait_until_it_answers(server, programs=programs, port=port)
        yield f"postgresql://stipple:{password}@127.0.0.1:{port}/stipple"
    finally:
        if server:
            server.send_signal(signal.SIGQUIT)  # At once, without saving: nothing here is kept.
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def postgresql_programs() -> Path:
    """The folder of the newest installed PostgreSQL server; raises CannotRun."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
    on_path = [Path(found).resolve().parent] if (found := shutil.which("initdb")) else []
    for folder in [*debian, *on_path]:
        if all((folder / name).exists() for name in ("initdb", "postgres", "pg_isready")):
            return folder
    raise CannotRun("PostgreSQL is not installed (apt-get install postgresql)")


def borrower() -> pwd.struct_passwd | None:
    """Who runs PostgreSQL in our stead: it refuses root. None when we are not root."""
    if os.geteuid() != 0:
        return None
    accounts = {entry.pw_name: entry for entry in pwd.getpwall()}
    return accounts.get("postgres") or accounts["nobody"]


def lend(*paths: Path) -> None:
    if account := borrower():
        for path in paths:
            os.chown(path, account.pw_uid, account.pw_gid)


def as_borrower() -> list[str]:
    """Words that start a program as the borrower, and end it should this process be killed."""
    words = ["setpriv", "--pdeathsig=QUIT"]
    if account := borrower():
        words += [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
    return words


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_it_answers(server: subprocess.Popen[bytes], *, programs: Path, port: int) -> None:
    """Returns when the server takes connections; raises CannotRun when it ends or takes over 30 seconds."""
    ready = [str(programs / "pg_isready"), "--quiet", "--host=127.0.0.1", f"--port={port}"]
    for _ in range(300):
        if server.poll() is not None:
            break
        if subprocess.run(ready, check=False).returncode == 0:
            return
        time.sleep(0.1)
    raise CannotRun("the PostgreSQL server did not start: see its message above")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
