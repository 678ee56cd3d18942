"""Which articles a search may look at: days of publication and outlets. And the rows that they have.

    Filter (days, outlets) → Catalogue (each article's day and outlet, its rows) → Allowed (rows, as masks)

A filter is about the article, never about what it tells: one of July that looks back on June is of July. Both
days are included; an article without a date is in no period unless `undated` says so. The outlet is the
article's `source`; one without is of no outlet.
"""

import calendar
import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.errors import UsageError
from index.text import MONTHS, human_date

Mask = NDArray[np.bool_]
DAY = dt.timedelta(1)


@dataclass(frozen=True, slots=True)
class Filter:
    """Articles of the days from `first` to `last`, both included (None: without end on that side), and of the
    outlets in `sources` (none: of any). `undated`: articles without a date, too, where days are given.

    `Filter()` allows everything and is false.
    """

    first: dt.date | None = None
    last: dt.date | None = None
    sources: tuple[str, ...] = ()
    undated: bool = False

    def __bool__(self) -> bool:
        """Whether it leaves anything out.

        >>> bool(Filter()), bool(Filter(sources=("Reuters",)))
        (False, True)
        """
        return self.dated or bool(self.sources)

    @property
    def dated(self) -> bool:
        """Whether it asks for days."""
        return self.first is not None or self.last is not None

    def allows(self, day: dt.date | None, source: str | None = None) -> bool:
        """Whether an article of that day and outlet is among them.

        >>> june = Filter(dt.date(2022, 6, 1), dt.date(2022, 6, 30))
        >>> june.allows(dt.date(2022, 6, 30)), june.allows(dt.date(2022, 7, 1)), june.allows(None)
        (True, False, False)
        """
        if self.sources and source not in self.sources:
            return False
        if day is None:
            return self.undated or not self.dated
        return (self.first or day) <= day <= (self.last or day)

    def __and__(self, other: "Filter") -> "Filter":
        """What both allow.

        >>> print((Filter(dt.date(2022, 6, 1)) & Filter(last=dt.date(2022, 6, 30))).label)
        June 2022
        """
        firsts = [f.first for f in (self, other) if f.first]
        lasts = [f.last for f in (self, other) if f.last]
        sources = self.sources or other.sources
        if self.sources and other.sources:
            sources = tuple(s for s in self.sources if s in other.sources) or ("",)  # of none: "" names none
        return Filter(
            max(firsts, default=None),
            min(lasts, default=None),
            sources,
            all(f.undated or not f.dated for f in (self, other)) and (self.undated or other.undated),
        )

    @property
    def label(self) -> str:
        """As a reader writes it; "" when it allows everything.

        >>> Filter(dt.date(2022, 6, 12), dt.date(2022, 6, 18), ("Reuters",)).label
        '12–18 June 2022, from Reuters'
        >>> Filter(last=dt.date(2021, 12, 23)).label, Filter(sources=("AP", "Reuters", "BBC")).label
        ('before 24 December 2021', 'from AP, Reuters or BBC')
        """
        *some, one = self.sources or ("",)
        outlets = f"from {', '.join(some)} or {one}" if some else f"from {one}" if one else ""
        return ", ".join(filter(None, (days_label(self.first, self.last), outlets)))

    @property
    def phrase(self) -> str:
        """The label as it goes on after "articles".

        >>> Filter(dt.date(2022, 6, 1), dt.date(2022, 6, 30)).phrase, Filter(dt.date(2022, 6, 1)).phrase
        ('from June 2022', 'since 1 June 2022')
        """
        return f"from {self.label}" if self.first and self.last else self.label

    def as_json(self) -> dict[str, Any]:
        """
        >>> Filter(dt.date(2022, 6, 1)).as_json()
        {'first': '2022-06-01', 'last': None, 'sources': [], 'undated': False}
        """
        return {
            "first": self.first.isoformat() if self.first else None,
            "last": self.last.isoformat() if self.last else None,
            "sources": list(self.sources),
            "undated": self.undated,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Filter":
        """The filter again; what is not there, or empty, does not restrict. Raises UsageError.

        >>> Filter.from_json({"first": "2022-06-01", "last": ""}).label
        'since 1 June 2022'
        """
        sources = data.get("sources") or ()
        if isinstance(sources, str) or not all(isinstance(source, str) for source in sources):
            raise UsageError("the sources of a filter are a list of names")
        first, last = day_from(data.get("first")), day_from(data.get("last"))
        if first and last and first > last:
            raise UsageError("the first day is after the last one; exchange them")
        return cls(first, last, tuple(dict.fromkeys(sources)), bool(data.get("undated", False)))


EVERYTHING = Filter()


def day_from(text: object) -> dt.date | None:
    """A day that was typed as YYYY-MM-DD; None for nothing. Raises UsageError.

    >>> day_from("2022-05-06"), day_from(" ")
    (datetime.date(2022, 5, 6), None)
    """
    if text is None or not str(text).strip():
        return None
    try:
        return dt.date.fromisoformat(str(text).strip())
    except ValueError as error:
        raise UsageError(f"{str(text).strip()!r} is not a day; write it as 2022-05-06") from error


def days_label(first: dt.date | None, last: dt.date | None) -> str:
    """Days as a reader writes them, as short as they can be told; "" for all.

    >>> day = dt.date.fromisoformat
    >>> days_label(day("2022-03-01"), day("2022-06-30")), days_label(day("2021-01-01"), day("2021-12-31"))
    ('March–June 2022', '2021')
    >>> days_label(day("2021-12-24"), day("2022-01-03")), days_label(None, day("2022-04-30"))
    ('24 December 2021 – 3 January 2022', 'before May 2022')
    >>> days_label(day("2022-05-06"), day("2022-05-06")), days_label(day("2022-05-06"), day("2022-05-01"))
    ('6 May 2022', 'no day')
    """
    if first is None or last is None:
        after = last + DAY if last else None
        before = f"before {_month(after) if after.day == 1 else human_date(after)}" if after else ""
        return f"since {human_date(first)}" if first else before
    return _between(first, last) if first <= last else "no day"


def _between(first: dt.date, last: dt.date) -> str:
    if first.day == 1 and last.day == calendar.monthrange(last.year, last.month)[1]:
        if (first.month, last.month) == (1, 12):
            return str(first.year) if first.year == last.year else f"{first.year}–{last.year}"
        return _range(_month(first), _month(last), str(first.year) if first.year == last.year else "")
    if first.year != last.year:
        return f"{human_date(first)} – {human_date(last)}"
    same_month = first.month == last.month
    shared = f"{MONTHS[last.month - 1]} {last.year}" if same_month else str(last.year)
    return _range(human_date(first), human_date(last), shared)


def _range(first: str, last: str, shared: str) -> str:
    """
    >>> _range("28 May 2022", "3 June 2022", "2022"), _range("June 2022", "June 2022", "2022")
    ('28 May – 3 June 2022', 'June 2022')
    """
    if first == last:
        return last
    start = first.removesuffix(shared).strip() if shared else first
    return f"{start} – {last}" if " " in start else f"{start}–{last}"


def _month(day: dt.date) -> str:
    return f"{MONTHS[day.month - 1]} {day.year}"


@dataclass(frozen=True)
class Allowed:
    """The rows that a filter leaves: masks over the passages, the sentences and the keyword index's rows
    (None: all), and the articles' IDs, oldest first."""

    articles: tuple[str, ...] = ()
    passages: Mask | None = None
    sentences: Mask | None = None
    words: Mask | None = None


ANY = Allowed()


class Catalogue:
    """Day and outlet of every article of a generation, and which rows are whose. Read once and kept: four
    bytes for each passage and sentence."""

    def __init__(
        self,
        articles: Sequence[tuple[int, str, dt.date | None, str | None]],
        passages: Sequence[int],
        sentences: Sequence[int],
        words: Sequence[int] | NDArray[np.int64] | None = None,
    ) -> None:
        """`articles` are `(row, ID, day, outlet)`, oldest first; `passages` and `sentences` the row of each
        one's article; `words` the passage of each row of the keyword index (-1: of none; None: its own)."""
        self._ids = [id for _, id, _, _ in articles]
        self._rows = np.array([row for row, *_ in articles], dtype=np.int64)
        self._days = np.array([day.toordinal() if day else 0 for _, _, day, _ in articles], dtype=np.int64)
        self._sources = [source for *_, source in articles]
        self._numbers = {source: n for n, source in enumerate(dict.fromkeys(self._sources))}
        self._outlets = np.array([self._numbers[source] for source in self._sources], dtype=np.int64)
        self._passages = np.asarray(passages, dtype=np.int32)
        self._sentences = np.asarray(sentences, dtype=np.int32)
        self._words = None if words is None else np.asarray(words, dtype=np.int32)

    @property
    def days(self) -> tuple[dt.date, dt.date] | None:
        """The oldest and the newest day of an article; None when none has a date."""
        dated = self._days[self._days > 0]
        if not len(dated):
            return None
        return dt.date.fromordinal(int(dated.min())), dt.date.fromordinal(int(dated.max()))

    @property
    def outlets(self) -> dict[str, int]:
        """How many articles each outlet has, most first, then by name."""
        counts = Counter(source for source in self._sources if source)
        return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))

    def rows_of(self, wanted: Filter) -> Allowed:
        """The rows of the articles that a filter allows: 1 ms of 10,000 articles with 300,000 sentences."""
        kept = np.flatnonzero(self._allowed(wanted))
        mask = np.zeros(1 + int(self._rows.max(initial=0)), dtype=np.bool_)
        mask[self._rows[kept]] = True
        passages = mask[self._passages]
        words = passages if self._words is None else (self._words >= 0) & passages[self._words]
        return Allowed(tuple(self._ids[n] for n in kept), passages, mask[self._sentences], words)

    def _allowed(self, wanted: Filter) -> Mask:
        """`Filter.allows` of every article."""
        allowed: Mask = np.ones(len(self._ids), dtype=np.bool_)
        if wanted.sources:
            numbers = [self._numbers[source] for source in wanted.sources if source in self._numbers]
            allowed &= np.isin(self._outlets, numbers)
        if wanted.dated:
            first = (wanted.first or dt.date.min).toordinal()
            last = (wanted.last or dt.date.max).toordinal()
            inside = (self._days >= first) & (self._days <= last)
            allowed &= np.where(self._days == 0, wanted.undated, inside)
        return allowed
