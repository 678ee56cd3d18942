"""A JSON object from anywhere → its values, each of the kind that is asked for, or a message that names the
place.

    Fields(data, "claim 2").text("text")     raises UsageError: claim 2: "text" is no text

Knows nothing of what the values mean. A value that is absent, or null, is the default where there is one.
"""

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from index.errors import UsageError

HALVES = re.compile("[\ud800-\udfff]")  # of a character: JSON can hold one alone, UTF-8 can't


@dataclass(frozen=True, slots=True)
class Fields:
    """The values of one object; `where` is what it is called in messages ("" for the outermost)."""

    data: Mapping[str, Any]
    where: str = ""

    @classmethod
    def of(cls, data: object, where: str = "") -> "Fields":
        """The object, once it is known to be one. Raises UsageError, as all methods do."""
        if not isinstance(data, Mapping):
            raise UsageError(f"{where or 'this'} is no JSON object")
        return cls(data, where)

    def text(self, name: str, default: str | None = None) -> str:
        """
        >>> Fields({"text": "Lee left."}).text("text"), Fields({}).text("lead", "")
        ('Lee left.', '')
        """
        value = self._get(name, default)
        return sound(value) if isinstance(value, str) else self._wrong(name, "text")

    def maybe(self, name: str) -> str | None:
        """A text, or None."""
        return self.text(name) if self.data.get(name) is not None else None

    def choice(self, name: str, among: Sequence[str], default: str | None = None) -> Any:
        """One of some words."""
        value = self._get(name, default)
        if value not in among:
            raise self.wrong(f'"{name}" is none of {", ".join(among)}')
        return value

    def whole(self, name: str, default: int | None = None) -> int:
        """A whole number from 0 on."""
        value: Any = self._get(name, default)
        good = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        return int(value) if good else self._wrong(name, "whole number from 0 on")

    def number(self, name: str, default: float | None = None) -> float:
        """
        >>> Fields({"score": 1}).number("score")
        1.0
        >>> Fields({"score": float("nan")}, "quote 2").number("score")
        Traceback (most recent call last):
        index.errors.UsageError: quote 2: "score" is no number
        """
        value = self._get(name, default)
        good = isinstance(value, int | float) and not isinstance(value, bool)
        if good and abs(value) <= 1e300 and math.isfinite(value):
            return float(value)
        raise self._no(name, "number")

    def yes(self, name: str, default: bool) -> bool:
        """True or false."""
        value = self._get(name, default)
        return value if isinstance(value, bool) else self._wrong(name, "true or false")

    def day(self, name: str) -> dt.date | None:
        """A day as 2022-05-06, or None."""
        value = self.maybe(name)
        try:
            return dt.date.fromisoformat(value) if value is not None else None
        except ValueError:
            raise self._no(name, "day such as 2022-05-06") from None

    def moment(self, name: str) -> dt.datetime:
        """A time with its time zone, as 2022-05-06T14:30:00+02:00."""
        try:
            value = dt.datetime.fromisoformat(self.text(name))
            _ = value.astimezone(dt.UTC)  # the first and the last day have no time everywhere
        except (ValueError, OverflowError):
            value = dt.datetime.min
        return value if value.tzinfo else self._wrong(name, "time such as 2022-05-06T14:30:00+02:00")

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; () where there is none."""
        values = self._list(name)
        return (
            tuple(values) if all(isinstance(v, str) for v in values) else self._wrong(name, "list of texts")
        )

    def wholes(self, name: str) -> tuple[int, ...]:
        """A list of whole numbers; () where there is none."""
        values = self._list(name)
        good = all(isinstance(v, int) and not isinstance(v, bool) and v >= 0 for v in values)
        return tuple(values) if good else self._wrong(name, "list of whole numbers")

    def inner(self, name: str) -> "Fields":
        """An object; an empty one where there is none."""
        return Fields.of(self._get(name, {}), self._place(f'"{name}"'))

    def objects(self, name: str, each: str) -> list["Fields"]:
        """A list of objects, called `each` 1, 2, … in messages; [] where there is none."""
        return [Fields.of(v, self._place(f"{each} {n}")) for n, v in enumerate(self._list(name), start=1)]

    def wrong(self, what: str) -> UsageError:
        """The error that says where it is.

        >>> Fields({}, "footnote 3").wrong("it ends before it begins")
        UsageError('footnote 3: it ends before it begins')
        """
        return UsageError(f"{self.where}: {what}" if self.where else what)

    def _list(self, name: str) -> list[Any]:
        value = self._get(name, [])
        return value if isinstance(value, list) else self._wrong(name, "list")

    def _get(self, name: str, default: object) -> Any:
        value = self.data.get(name)
        if value is None and default is None:
            raise self.wrong(f'it has no "{name}"')
        return default if value is None else value

    def _wrong(self, name: str, kind: str) -> Any:
        raise self._no(name, kind)

    def _no(self, name: str, kind: str) -> UsageError:
        return self.wrong(f'"{name}" is no {kind}')

    def _place(self, inner: str) -> str:
        return f"{self.where}, {inner}" if self.where else inner


def sound(text: str) -> str:
    r"""The text with "\ufffd" for each half of a character, which could be neither stored nor shown.

    >>> sound("a\ud83db") == "a\ufffdb"
    True
    """
    return HALVES.sub("\ufffd", text)
