"""How long each step of a build took, and how far the memory had grown by then: from what it tells of
itself."""

import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from index.embed import Encoder, Progress, Rows

# What is done before a step first tells of itself.
BEFORE = {"reading": "looking at files", "splitting": "comparing lists", "comparing": "vectors, kept"}
LAST = "indexes, checksums"
SENTENCES = "embedding sentences"


def megabytes(name: str) -> float:
    """`VmRSS` (resident memory) or `VmHWM` (its peak) of this process, in MB of 10^6 bytes. Linux only."""
    found = re.search(rf"^{name}:\s+(\d+) kB", Path("/proc/self/status").read_text("utf-8"), re.MULTILINE)
    assert found, name
    return int(found[1]) * 1024 / 1e6


class Steps:
    """The progress of one build. `seconds` by step, and the peak when each had ended; they add up to the
    whole, once `end` is called."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.peak_mb: dict[str, float] = {}
        self._step, self._told = "", time.perf_counter()

    def __call__(self, what: str, done: int, of: int) -> None:
        """As the build calls it."""
        self._note(what if what == self._step else BEFORE.get(what, what))
        self._step = what

    def watch(self, encoder: Encoder) -> None:
        """Set what comes before each embedding apart from it."""
        embed = encoder.embed

        def watched(texts: Sequence[str], progress: Progress | None = None) -> Rows:
            self._note("words" if self._step == "splitting" else "vectors, kept")
            return embed(texts, progress)

        watching: Callable[..., Rows] = watched
        setattr(encoder, "embed", watching)  # noqa: B010 — of this one encoder alone

    def end(self) -> float:
        """All seconds; what came since the last word was the end of the build."""
        self._note(LAST)
        return sum(self.seconds.values())

    def _note(self, what: str) -> None:
        now = time.perf_counter()
        self.seconds[what] = self.seconds.get(what, 0.0) + now - self._told
        self.peak_mb[what] = megabytes("VmHWM")
        self._told = time.perf_counter()
