"""Run the scheduled steps that are due, once or for ever."""

import signal
import threading
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from training_site.common import tick


class Command(BaseCommand):
    help = "Runs the scheduled steps that are due. With --every it stays and looks again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, metavar="SECONDS", help="Stay, and look again after so long.")
        parser.add_argument("--step", metavar="NAME", help="Run this step alone, whether or not it is due.")
        parser.add_argument("--dry-run", action="store_true", help="Say which steps would run, and run none.")

    def handle(self, *, every: float | None, step: str | None, dry_run: bool, **options: Any) -> None:
        if every is not None and every <= 0:
            raise CommandError("--every takes a number of seconds greater than 0.")
        if every is not None and (step or dry_run):
            raise CommandError("--every goes with neither --step nor --dry-run.")
        if step:
            self._one(step, dry_run=dry_run)
        elif dry_run:
            for each in tick.due(timezone.now()):
                self.stdout.write(f"Would run: {each.name}")
        elif every is None:
            self._round(stop=threading.Event())
        else:
            self._for_ever(every)

    def _one(self, name: str, *, dry_run: bool) -> None:
        each = next((known for known in tick.steps() if known.name == name), None)
        if each is None:
            names = "\n".join(f"  {known.name}" for known in tick.steps())
            raise CommandError(f"No step is called “{name}”. The steps are:\n{names}")
        if dry_run:
            self.stdout.write(f"Would run: {each.name}")
            return
        ran = tick.run(each, timezone.now())
        if ran is None:
            raise CommandError(f"“{name}” is being run by another process. Try again when it has finished.")
        self._say(ran)
        if ran.error:
            raise CommandError(f"“{name}” failed; the log above tells why.")

    def _for_ever(self, every: float) -> None:
        stop = threading.Event()

        def stop_after_this_step(signum: int, frame: FrameType | None) -> None:
            stop.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop_after_this_step)
        self.stdout.write(f"Looking every {every:g} seconds at {len(tick.steps())} steps.")
        while not stop.is_set():
            close_old_connections()
            try:
                self._round(stop=stop, quiet=True)
            except DatabaseError as failure:
                # The database may be restarting: the next round finds out.
                self.stderr.write(f"This round could not be finished: {type(failure).__name__}.")
            stop.wait(every)
        self.stdout.write("Stopped.")

    def _round(self, *, stop: threading.Event, quiet: bool = False) -> None:
        for ran in tick.run_due(timezone.now(), stopping=stop.is_set):
            if ran.count or ran.error or not quiet:
                self._say(ran)

    def _say(self, ran: tick.Ran) -> None:
        outcome = f"failed with {ran.error}" if ran.error else f"{ran.count} done"
        self.stdout.write(f"{ran.name}: {outcome} in {ran.seconds:.1f} s")
