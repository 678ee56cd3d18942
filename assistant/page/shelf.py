"""What the page does with a library: add, update, remove, roll back; one job at a time, in the background.

A job runs in a thread of its own, so questions go on being answered from the live generation, and it goes on
when the tab that started it is closed. A job that is stopped, fails or dies leaves the library as it was.
Knows nothing of HTML or of a browser.
"""

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from assistant.page.table import Row, container, rows_of
from assistant.page.uploads import FOLDER
from index.errors import Cancelled, FootnoteError, LibraryMissing, UsageError, WouldDrop
from index.library import Library
from index.report import Report
from index.store import Manifest, Progress

log = logging.getLogger(__name__)

RATE_OVER_S = 20.0  # the rate is that of the last so many seconds: long texts come first and are slower
RATE_AFTER_S = 2.0  # … and is told once it has been watched for so long
LOOK_EVERY_S = 0.4  # how often a running job is drawn again
STATES_FOR_S = 10.0  # for how long files are taken to be there once that was looked up

Outcome = Literal["waiting", "running", "done", "stopped", "failed", "asks"]
Work = Callable[[Progress, bool], "Report | str"]  # (progress, even if much is dropped) → what it did


@dataclass
class Job:
    """One piece of work on the library, and how far it is; `message` is how it ended, where no report is."""

    what: str
    work: Work
    outcome: Outcome = "waiting"
    step: str = ""
    done: int = 0
    of: int = 0
    began: float = 0.0
    report: Report | None = None
    message: str = ""
    if_stopped: str = "Stopped. The library is as it was."
    stop: threading.Event = field(default_factory=threading.Event)
    _seen: deque[tuple[float, int]] = field(default_factory=deque)

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.outcome not in ("waiting", "running")

    @property
    def left_s(self) -> float | None:
        """About how many seconds the present step still takes; None: not to be told yet."""
        return left_s(list(self._seen), self.of)

    def progress(self, step: str, done: int, of: int) -> None:
        """Told by the build. Raises Cancelled when the reader pressed stop."""
        if self.stop.is_set():
            raise Cancelled("stopped")
        now = time.monotonic()
        if step != self.step or done < self.done:
            self._seen.clear()
        self.step, self.done, self.of = step, done, of
        if not self._seen or now - self._seen[-1][0] > LOOK_EVERY_S / 2:
            self._seen.append((now, done))
        while now - self._seen[0][0] > RATE_OVER_S:
            self._seen.popleft()

    def run(self, *, yes: bool) -> None:
        """Do it; whatever goes wrong becomes the outcome and the message."""
        self.outcome, self.began = "running", time.monotonic()
        outcome: Outcome = "failed"
        try:
            result = self.work(self.progress, yes)
            self.report, self.message = (None, result) if isinstance(result, str) else (result, "")
            outcome = "done"
        except Cancelled:
            outcome, self.message = "stopped", self.if_stopped
        except WouldDrop as error:
            outcome, self.message = "asks", str(error)
        except FootnoteError as error:
            self.message = str(error)
        except Exception as error:
            log.exception("the library could not be changed")
            self.message = f"Footnote itself failed ({type(error).__name__}); the terminal shows where."
        finally:
            self.outcome = outcome  # last: whoever sees it over sees how it ended


def left_s(seen: Sequence[tuple[float, int]], of: int) -> float | None:
    """Seconds until `of` are done, at the rate of `(second, done)` pairs; None while there is no rate.

    >>> left_s([(0.0, 0), (2.0, 50), (4.0, 100)], of=300)
    8.0
    >>> left_s([(0.0, 0), (1.0, 50)], of=300)
    """
    if not seen:
        return None
    (first_s, first), (last_s, last) = seen[0], seen[-1]
    if last_s - first_s < RATE_AFTER_S or last <= first:
        return None
    return (of - last) * (last_s - first_s) / (last - first)


class Shelf:
    """The library as the page sees it. Safe for threads."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.uploads = library.folder / FOLDER
        self._jobs: deque[Job] = deque()  # the one that runs, or ran last, and those that wait for it
        self._changed = threading.Condition()
        self._rows: tuple[object, float, list[Row]] = (None, 0.0, [])
        self._refused: dict[str, str] = {}  # by the last updates: no generation is written for these alone

    # --- what is in it -------------------------------------------------------------------------------

    def rows(self) -> list[Row]:
        """A row for each article, copy and refused file. Raises LibraryError; [] where there is none yet."""
        try:
            generation = self.library.live
        except LibraryMissing:
            return []
        refused = self._refused  # replaced as a whole, never changed
        job = self.job
        of = (generation.folder.name, refused, id(job) if job and job.over else None)
        known, at, rows = self._rows
        if known != of or time.monotonic() - at > STATES_FOR_S:
            rows = rows_of(generation.listing(), generation.refused() | refused)
            self._rows = (of, time.monotonic(), rows)
        return rows

    def live(self) -> Manifest | None:
        """What the live generation says of itself; None where there is none that can be opened."""
        with contextlib.suppress(FootnoteError):
            return self.library.live.manifest
        return None

    def report(self) -> dict[str, object]:
        """What the last build did: that of this process, or the one that the live generation keeps."""
        job = self.job
        if job and job.report:
            return job.report.as_kept()
        live = self.live()
        return live.report if live else {}

    def history(self) -> list[Manifest]:
        """The generations that are kept, newest first; [] where they can't be read."""
        with contextlib.suppress(FootnoteError):
            return self.library.history()
        return []

    # --- jobs ----------------------------------------------------------------------------------------

    @property
    def job(self) -> Job | None:
        """The job that runs, or the last one."""
        with self._changed:
            return self._jobs[0] if self._jobs else None

    def watch(self) -> Iterator[Job]:
        """The job, again and again until none runs or waits; nothing at all when none does."""
        while True:
            with self._changed:
                if not self._jobs or self._jobs[-1].over:
                    return
                job = self._jobs[0]
            yield job
            with self._changed:
                self._changed.wait(LOOK_EVERY_S)

    def add(self, folder: str) -> Job:
        """Add a file or folder of this machine, and remember it. Raises UsageError."""
        path = Path(folder.strip().strip("'\"")).expanduser()
        if not folder.strip() or not path.is_absolute():
            raise UsageError("give the whole path of a file or folder, such as /home or C:\\Users")
        if not path.exists():
            raise UsageError(f"{path}: no such file or folder; check the path")
        return self._start(f"Adding {path}", lambda progress, yes: self._add([path], progress, yes))

    def add_uploads(self, files: int) -> Job:
        """Read the uploaded files. While another job runs, this one waits for it."""
        what = f"Adding {files:,} file{'' if files == 1 else 's'}"
        return self._start(
            what, lambda progress, yes: self._add([self.uploads], progress, yes), may_wait=True
        )

    def update(self) -> Job:
        """Read the remembered files and folders again. Raises UsageError."""
        return self._start("Updating the library", self._sync)

    def remove(self, ids: Sequence[str]) -> Job:
        """Remove articles, and the uploaded files that held nothing else. Raises UsageError."""
        if not ids:
            raise UsageError("choose at least one article to remove")
        what = f"Removing {len(ids):,} article{'' if len(ids) == 1 else 's'}"
        return self._start(what, lambda progress, yes: self._remove(ids))

    def roll_back(self) -> Job:
        """Make the generation before the live one live again. Raises UsageError."""
        return self._start("Going back", lambda progress, yes: self._roll_back())

    def confirm(self, *, yes: bool) -> Job | None:
        """Answer the question that a job ended in: go on with it, or leave everything as it is."""
        job = self.job
        if job is None or job.outcome != "asks":
            return None
        if yes:
            return self._start(job.what, job.work, yes=True)
        job.outcome, job.message = "stopped", "Nothing was removed. The library is as it was."
        return job

    def stop(self) -> None:
        """Stop the job that runs, and forget those that wait."""
        with self._changed:
            for job in self._jobs:
                job.stop.set()
            while len(self._jobs) > 1:
                self._jobs.pop()

    # --- inside --------------------------------------------------------------------------------------

    def _start(self, what: str, work: Work, *, yes: bool = False, may_wait: bool = False) -> Job:
        job = Job(what, work)
        with self._changed:
            running = bool(self._jobs) and not self._jobs[-1].over
            if running and not may_wait:
                raise UsageError(f"wait until this is done: {self._jobs[0].what}; or stop it")
            if not running:
                self._jobs.clear()
            self._jobs.append(job)
        if not running:
            threading.Thread(target=self._work_off, args=(yes,), daemon=True).start()
        return job

    def _work_off(self, yes: bool) -> None:
        """Run the first job, then those that came meanwhile; the last one stays, to be looked at."""
        while True:
            job = self._jobs[0]
            job.run(yes=yes)
            with self._changed:
                self._changed.notify_all()
                if len(self._jobs) == 1 or self._jobs[0] is not job:
                    return
                self._jobs.popleft()

    def _add(self, paths: Sequence[Path], progress: Progress, yes: bool) -> Report:
        report = self.library.add(paths, progress, yes=yes)
        self._refused = self._refused | report.refused
        return report

    def _sync(self, progress: Progress, yes: bool) -> Report:
        report = self.library.sync(progress, yes=yes)
        self._refused = dict(report.refused)
        return report

    def _remove(self, ids: Sequence[str]) -> Report:
        gone = {row.path for row in self.rows() if row.id in set(ids)}
        report = self.library.remove(ids)
        needed = {container(row.path) for row in self.rows() if row.id}
        for path in {container(path) for path in gone} - needed:
            if Path(path).parent == self.uploads.resolve():
                Path(path).unlink(missing_ok=True)
        return report

    def _roll_back(self) -> str:
        manifest = self.library.rollback()
        return (
            f"The library is again as it was in generation {int(manifest.generation)}. "
            "Update reads the files as they are now."
        )
