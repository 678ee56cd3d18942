"""How long something takes here, by how long it took the last times."""

import threading
from collections import deque
from statistics import median

REMEMBERED = 9  # the last times: another model, or a machine with other work, is soon known


class Pace:
    """Safe for threads."""

    def __init__(self) -> None:
        self._took: deque[float] = deque(maxlen=REMEMBERED)
        self._lock = threading.Lock()

    @property
    def typical_s(self) -> float | None:
        """Seconds, by the median of the last times; None before the first.

        >>> pace = Pace()
        >>> pace.typical_s
        >>> for took in (1.0, 100.0, 3.0):
        ...     pace.note(took)
        >>> pace.typical_s
        3.0
        """
        with self._lock:
            return median(self._took) if self._took else None

    def note(self, seconds: float) -> None:
        """It took so long."""
        with self._lock:
            self._took.append(seconds)
