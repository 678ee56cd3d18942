"""How far a long piece of work is: bars on standard error, none where nobody looks (a file, a pipe)."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from tqdm import tqdm

from index.store import Progress

Item = TypeVar("Item")


class Bar:
    """One bar for each phase of a build.

    >>> with Bar() as step:
    ...     step("embed passages", 64, 900)
    """

    def __init__(self) -> None:
        self._bar: tqdm[Any] | None = None
        self._what = ""

    def __enter__(self) -> Progress:
        return self._step

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def _step(self, what: str, done: int, of: int) -> None:
        if what != self._what:
            if self._bar is not None:
                self._bar.close()
            self._bar, self._what = tqdm(total=of, desc=what, disable=None), what
        if self._bar is not None:
            self._bar.update(done - self._bar.n)


def counted(items: Iterable[Item], total: int, unit: str, what: str = "") -> Iterator[Item]:
    """The same items again; the bar says how many of `total` went by.

    >>> list(counted("ab", total=2, unit="letter"))
    ['a', 'b']
    """
    return iter(tqdm(items, total=total, unit=unit, desc=what or None, disable=None))
