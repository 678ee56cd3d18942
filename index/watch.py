"""Folders and files → a sign whenever something in them changed and then stayed quiet.

The system tells of changes (watchfiles); where it has no more room for that, folders are asked in turn.
Nothing tells of a single file that was replaced, or of a folder that is gone and comes back, so the sources
themselves are looked at several times a second. Knows nothing of articles: whoever is told reads the folders
again. Limits: a disk that another machine writes to tells nothing (WATCHFILES_FORCE_POLLING=1 in the
environment makes it be asked, which misses a second change within one second), and a copy that takes longer
than `longest_s` is told of before it is done, and once more after.
"""

import logging
import stat
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from index.scan import matters

log = logging.getLogger(__name__)

# What a look at a path tells; None when nothing is there. Of a folder, size and time are left out: they
# change with what is in it, of which the system tells.
_State = tuple[int, int, int, int] | None


def changes(
    sources: Sequence[Path],
    stop: threading.Event,
    settle_s: float = 2.0,
    suffixes: frozenset[str] | None = None,
    longest_s: float = 60.0,
) -> Iterator[None]:
    """Yields once when all is watched, then each time something changed and for `settle_s` seconds nothing
    changed further and no changed file grew.

    Whoever reads the folders at each yield, the first too, misses nothing: changes made meanwhile are told
    of next. When changes never end, yields every `longest_s` seconds. Only what `scan.matters` counts, for
    files with these `suffixes`; of any ending when None. Ends soon after `stop` is set.
    """
    roots = [source.absolute() for source in sources]
    tick_s = min(0.5, settle_s / 4)
    waiting = _Waiting(settle_s, longest_s)
    states = {root: _state(root) for root in roots}
    begun = False
    while not stop.is_set():
        for paths in _told([root for root in roots if _is_folder(states[root])], stop, tick_s):
            if not begun:
                begun = True
                yield
            before, states = states, {root: _state(root) for root in roots}
            other = [root for root in roots if states[root] != before[root]]
            waiting.add([*(path for path in paths if _counts(path, roots, suffixes)), *other])
            if waiting.is_over():
                waiting.files.clear()
                yield
            if any(_is_folder(before[root]) or _is_folder(states[root]) for root in other):
                break  # the folder that was watched is not this one


@dataclass
class _Waiting:
    """Changed files, as they were when last looked at, until they are left alone."""

    settle_s: float
    longest_s: float
    files: dict[Path, _State] = field(default_factory=dict)
    first: float = 0.0
    last: float = 0.0

    def add(self, paths: Iterable[Path]) -> None:
        """Files that have just changed."""
        now = time.monotonic()
        for path in paths:
            self.first = self.first if self.files else now
            self.last = now
            self.files[path] = _state(path)

    def is_over(self) -> bool:
        """Something changed, and it has been quiet since, or it never is."""
        now = time.monotonic()
        if not self.files or now - self.first >= self.longest_s:
            return bool(self.files)
        if now - self.last < self.settle_s:
            return False
        # A file that is mapped into memory, or on a slow disk, may grow without a word.
        self.add([path for path, state in self.files.items() if _state(path) != state])
        return self.last < now


def _told(folders: Sequence[Path], stop: threading.Event, tick_s: float) -> Iterator[list[Path]]:
    """The paths that the system says have changed; an empty list after each `tick_s` without any."""
    from watchfiles import watch

    tick_ms = max(20, round(tick_s * 1000))
    polling: bool | None = None  # as the environment says
    while folders:
        try:
            for told in watch(
                *folders,
                watch_filter=None,
                debounce=tick_ms,
                step=min(50, tick_ms),
                stop_event=stop,
                rust_timeout=tick_ms,
                yield_on_timeout=True,
                force_polling=polling,
                ignore_permission_denied=True,
            ):
                yield [Path(path) for _, path in told]
            return
        except FileNotFoundError:  # gone since it was looked at
            stop.wait(tick_s)
            yield []
            return
        except OSError as error:
            if polling:
                raise
            log.warning("the system can't watch so many folders (%s); they are asked in turn", error)
            polling = True
    while not stop.wait(tick_s):
        yield []


def _counts(path: Path, roots: Sequence[Path], suffixes: frozenset[str] | None) -> bool:
    own = [root for root in roots if path.is_relative_to(root)]
    return not own or any(matters(path, root, suffixes or frozenset({path.suffix.lower()})) for root in own)


def _state(path: Path) -> _State:
    try:
        now = path.stat()
    except OSError:
        return None
    if stat.S_ISDIR(now.st_mode):
        return now.st_dev, now.st_ino, -1, -1
    return now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns


def _is_folder(state: _State) -> bool:
    return state is not None and state[2] == -1
