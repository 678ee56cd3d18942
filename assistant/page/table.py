"""The library's articles and refused files → the rows of a table: searched, filtered, sorted, in pages.

Pure functions over what a generation lists; knows nothing of HTML. Whether a file is still there is the only
thing asked of the disk, in `rows_of`. Ten thousand rows are filtered and sorted in about 0.05 s.
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from index.store import Listed

PAGE_ROWS = 50
MAX_MONTHS = 36  # that the chart shows as bars of their own; a longer time is shown by year
INSIDE = "!/"  # between a file and what it holds, in an article's path

ATTENTION = "attention"  # any state that somebody should look at
State = Literal["ok", "kept", "gone", "copy", "refused"]
SORTS = ("title", "date", "source", "passages", "state")
UNDATED = "undated"
WHEN = re.compile(r"(?:\d{4}(?:-(?:0[1-9]|1[0-2]))?|" + UNDATED + r")?", re.ASCII)
MAX_WORDS_CHARS = 200  # of a search; more is pasted by mistake


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `id` is "" for a file that was refused and has no article; `note` is why it was
    refused, or what it is a copy of; `also` counts the others that tell the same story, copies too."""

    id: str
    title: str
    file: str
    path: str
    date: dt.date | None
    source: str
    passages: int
    state: State
    note: str = ""
    story: int = -1
    also: int = 0

    @property
    def month(self) -> str:
        """
        >>> Row("", "t", "f", "/f", dt.date(2022, 6, 1), "", 0, "ok").month
        '2022-06'
        """
        return self.date.isoformat()[:7] if self.date else UNDATED


@dataclass(frozen=True, slots=True)
class View:
    """What the reader wants to see. "" is no restriction; `when` is a year, a month or `UNDATED`."""

    words: str = ""
    source: str = ""
    state: str = ""
    when: str = ""
    story: int = -1
    sort: str = "date"
    down: bool = True
    page: int = 1


def view_of(told: Mapping[str, Any]) -> View:
    """A view as a browser tells it; what is not one of the choices is no restriction.

    >>> view_of({"words": " dike ", "when": "2022-13", "sort": "nothing", "page": "2"})
    View(words='dike', source='', state='', when='', story=-1, sort='date', down=True, page=2)
    """
    text = {name: str(told.get(name) or "").strip() for name in ("words", "source", "state", "when", "sort")}
    number = {name: str(told.get(name, "")) for name in ("story", "page")}
    return View(
        words=text["words"][:MAX_WORDS_CHARS],
        source=text["source"],
        state=text["state"] if text["state"] in (*get_args(State), ATTENTION) else "",
        when=text["when"] if WHEN.fullmatch(text["when"]) else "",
        story=int(number["story"]) if number["story"].isdecimal() else -1,
        sort=text["sort"] if text["sort"] in SORTS else "date",
        down=bool(told.get("down", True)),
        page=int(number["page"]) if number["page"].isdecimal() else 1,
    )


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one page, and how many there are on all of them."""

    rows: tuple[Row, ...]
    found: int
    number: int
    pages: int


@dataclass(frozen=True, slots=True)
class Months:
    """How many articles in each month, or year, from the first to the last, empty ones too."""

    counts: tuple[tuple[str, int], ...]
    undated: int


def rows_of(
    listed: Iterable[Listed], refused: Mapping[str, str], exists: Callable[[str], bool] | None = None
) -> list[Row]:
    """A row for each article, copy and refused file. `exists` tells whether a path's file is there."""
    listed = list(listed)
    exists = exists or (lambda path: Path(path).exists())
    known = {file: exists(file) for file in {container(a.path) for a in listed}}
    of_story = Counter(a.story for a in listed)
    names = {a.id: a.title or a.file for a in listed}
    rows = [
        Row(
            a.id, a.title or a.file, a.file, a.path, a.date, a.source or "", a.passages,
            *_state(a, names, known[container(a.path)], refused),
            a.story, of_story[a.story] - 1,
        )
        for a in listed
    ]  # fmt: skip
    there = {a.path for a in listed} | known.keys()
    return rows + [
        Row("", name, name, path, None, "", 0, "refused", reason.removeprefix(f"{name}: "))
        for path, reason in refused.items()
        if path not in there
        for name in (path.rsplit("/", 1)[-1],)
    ]


def _state(a: Listed, names: Mapping[str, str], there: bool, refused: Mapping[str, str]) -> tuple[State, str]:
    if a.copy_of is not None:
        return "copy", names.get(a.copy_of, "")
    if reason := refused.get(a.path) or refused.get(container(a.path)):
        return "kept", reason.removeprefix(f"{a.file}: ")
    return ("ok" if there else "gone"), ""


def container(path: str) -> str:
    """The file that an article was read from.

    >>> container("/a/news.zip!/b.txt"), container("/a/b.txt")
    ('/a/news.zip', '/a/b.txt')
    """
    return path.partition(INSIDE)[0]


def page_of(rows: Sequence[Row], view: View, size: int = PAGE_ROWS) -> Page:
    """The rows that a view shows; a page beyond the last is the last."""
    found = sorted_rows([row for row in rows if shows(view, row)], view.sort, down=view.down)
    pages = max(1, -(-len(found) // size))
    number = min(max(view.page, 1), pages)
    return Page(tuple(found[(number - 1) * size : number * size]), len(found), number, pages)


def shows(view: View, row: Row) -> bool:
    """Whether a row passes the view's filters; its words may stand anywhere in title, file and source.

    >>> ferry = Row("1", "Ferry back", "a.txt", "/a.txt", dt.date(2022, 5, 6), "Gazette", 3, "ok")
    >>> [shows(view, ferry) for view in (View(words="gaz FERRY"), View(when="2022-06"), View(when="2022"))]
    [True, False, True]
    """
    if view.words:
        text = f"{row.title}\n{row.file}\n{row.source}".casefold()
        if not all(word in text for word in view.words.casefold().split()):
            return False
    return (
        view.source in ("", row.source)
        and (view.state in ("", row.state) or (view.state == ATTENTION and row.state not in ("ok", "copy")))
        and row.month.startswith(view.when)
        and view.story in (-1, row.story)
    )


def sorted_rows(rows: Sequence[Row], by: str, *, down: bool) -> list[Row]:
    """In the order of a column; rows that have nothing in it come last either way."""
    value: Callable[[Row], Any] = {
        "date": lambda row: row.date,
        "source": lambda row: row.source.casefold(),
        "passages": lambda row: row.passages,
        "state": lambda row: row.state,
    }.get(by, lambda row: row.title.casefold())
    ordered = sorted(rows, key=lambda row: (row.title.casefold(), row.path))
    have = sorted((row for row in ordered if value(row)), key=value, reverse=down)
    return have + [row for row in ordered if not value(row)]


def months_of(rows: Iterable[Row], when: str = "") -> Months:
    """How many articles there are by month. Where there are more than `MAX_MONTHS`: by year, or by month
    in the year of `when`, if that is a year or a month. Copies and refused files are not counted.

    >>> day = dt.date(2022, 5, 6)
    >>> ferry = Row("1", "Ferry", "a", "/a", day, "", 3, "ok")
    >>> months_of([ferry, ferry, Row("2", "Dike", "b", "/b", day.replace(month=7), "", 3, "ok")]).counts
    (('2022-05', 2), ('2022-06', 0), ('2022-07', 1))
    """
    counted = Counter(row.month for row in rows if row.id and row.state != "copy")
    undated = counted.pop(UNDATED, 0)
    if not counted:
        return Months((), undated)
    first, last = min(counted), max(counted)
    span = [int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last)]
    keys = [f"{n // 12:04}-{n % 12 + 1:02}" for n in range(span[0], span[1] + 1)]
    year = when[:4] if when[:4].isdecimal() else ""
    if len(keys) > MAX_MONTHS and year:
        keys = [f"{year}-{month:02}" for month in range(1, 13)]
    if len(keys) <= MAX_MONTHS:
        return Months(tuple((key, counted[key]) for key in keys), undated)
    years = Counter[str]()
    for month, number in counted.items():
        years[month[:4]] += number
    span_of_years = range(int(first[:4]), int(last[:4]) + 1)
    return Months(tuple((f"{year:04}", years[f"{year:04}"]) for year in span_of_years), undated)


def sources_of(rows: Iterable[Row]) -> list[str]:
    """The outlets, in the order of the alphabet."""
    return sorted({row.source for row in rows if row.source}, key=str.casefold)
