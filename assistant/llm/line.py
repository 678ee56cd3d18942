"""Who waits for the language model: first come, first served; and how long it will take, by how long it took.

Knows nothing of llama.cpp. Safe for threads.
"""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Iterator

from assistant.pace import Pace
from index.errors import Cancelled

LOOK_EVERY_S = 0.05  # how soon one that was stopped gives up its place


class Line:
    """Those who want the model, in the order in which they came. The first one has it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._places: deque[Place] = deque()
        self.pace = Pace()  # of those who had it

    @contextlib.contextmanager
    def joined(self) -> Iterator["Place"]:
        """A place at the end, given up when this ends."""
        place = Place(self)
        with self._changed:
            self._places.append(place)
        try:
            yield place
        finally:
            with self._changed:
                self._places.remove(place)
                self._changed.notify_all()


class Place:
    """One place in the line."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._began = 0.0

    def waited(self, stop: threading.Event | None = None) -> Iterator[int]:
        """Wait for one's turn; yields how many are before this one whenever that changes, not 0. Raises
        Cancelled soon after `stop` is set."""
        line, told = self._line, 0
        while True:
            with line._changed:
                ahead = line._places.index(self)
                if ahead and ahead == told:
                    line._changed.wait(LOOK_EVERY_S)
                    ahead = line._places.index(self)
            if not ahead:
                self._began = time.monotonic()
                return
            if stop is not None and stop.is_set():
                raise Cancelled("stopped")
            if ahead != told:
                told = ahead
                yield ahead

    def left_s(self, ahead: int) -> float | None:
        """About how many seconds until those before this one, and then it, are done; None: not known yet.
        Whoever has the model is taken to be half through."""
        typical = self._line.pace.typical_s
        return None if typical is None else typical * (1 + max(0.0, ahead - 0.5))

    def done(self) -> None:
        """It had the model until now: remember for how long."""
        self._line.pace.note(time.monotonic() - self._began)
