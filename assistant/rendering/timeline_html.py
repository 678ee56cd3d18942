"""An answer that spans time → its articles on an axis of days, as safe HTML: one dot for each article.

    "" unless the cited articles and those found near them are of at least three days

A dot is a link like a footnote (`#cite-<turn>-<key>`, see render.py): a cited article's leads to its first
quote and shows that footnote's number, another one's to what was found in it. Escapes as render.py does.
Places across are per cent of the width, sizes are pixels, so the picture is as wide as the page without
getting smaller; timeline.css gives it its colours. Articles without a date are left out. Pure functions.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from assistant.values import Answer, Source
from index.text import MONTHS, human_date

MIN_DAYS = 3  # different ones: two dots tell nothing that their footnotes do not
TARGET = 24  # pixels: what a finger can hit, and keyboards' and WCAG 2.2's measure (2.5.8)
MARGIN = 4.0  # per cent on either side: half a target on a phone 360 pixels wide
APART = 8.0  # per cent: a whole target there; dots that are nearer stand one above the other
STOREYS = 4  # dots above each other, before the next one moves aside
RADII = (6, 9, 10, 11, 12)  # pixels, of a dot with so many characters in it
AXIS = 26  # pixels below the dots
MAX_TICKS = 24


@dataclass(frozen=True, slots=True)
class Dot:
    """One article; `numbers` are its footnotes, () where it is not cited; `key` is that of its link."""

    source: Source
    day: dt.date
    numbers: tuple[int, ...]
    key: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a dot stands: per cent from the left, storeys above the axis (0 first)."""

    x: float
    storey: int


def timeline_html(turn: str, answer: Answer) -> str:
    """The figure under an answer, "" where it does not span time."""
    found = dots(answer)
    days = sorted({dot.day for dot in found})
    if len(days) < MIN_DAYS or not any(dot.numbers for dot in found):
        return ""
    places = placed(found)
    axis_y = TARGET * (max(place.storey for place in places) + 1) + 3
    marks = "".join(_dot_svg(turn, dot, place, axis_y) for dot, place in zip(found, places, strict=True))
    cited = sum(bool(dot.numbers) for dot in found)
    told = (
        f"{len(found)} articles from {human_date(days[0])} to {human_date(days[-1])}, {cited} of them cited"
    )
    kinds = '<span class="cited">cited</span><span class="near">also found</span>'
    return (
        '<figure class="timeline"><figcaption class="fine"><h3>By date</h3>'
        f"{kinds if cited < len(found) else ''}</figcaption>"
        f'<svg width="100%" height="{axis_y + AXIS}" role="group" aria-label="Timeline: {told}">'
        f"{_axis_svg(days[0], days[-1], axis_y)}{marks}</svg></figure>"
    )


def dots(answer: Answer) -> list[Dot]:
    """The dated articles that an answer cites, and those that were found for it; oldest first."""
    cited: dict[str, list[int]] = {}
    found: dict[str, tuple[Source, str]] = {}
    for citation in answer.citations:
        cited.setdefault(citation.source.article, []).append(citation.n)
    read = [
        *((c.source, str(c.n)) for c in answer.citations),
        *((e.source, f"e{e.n}") for e in answer.evidence),
        *((p.source, f"p{n}") for n, p in enumerate(answer.passages, start=1)),
    ]
    for source, key in read:
        found.setdefault(source.article, (source, key))
    all_ = [
        Dot(source, source.date, tuple(cited.get(id, ())), key)
        for id, (source, key) in found.items()
        if source.date
    ]
    return sorted(all_, key=lambda dot: (dot.day, not dot.numbers, dot.numbers, dot.key))


def placed(found: Sequence[Dot]) -> list[Place]:
    """Where dots stand, given oldest first: by their date, and above one another where they are near, the
    cited ones below.

    >>> day = dt.date(2022, 5, 1)
    >>> later = dt.date(2022, 5, 11)
    >>> article = Source("a", "a.txt")
    >>> placed([Dot(article, day, (), "e1"), Dot(article, day, (1,), "1"), Dot(article, later, (2,), "2")])
    [Place(x=4.0, storey=1), Place(x=4.0, storey=0), Place(x=96.0, storey=0)]
    """
    first, last = found[0].day, found[-1].day
    taken: dict[str, Place] = {}
    for dot in sorted(found, key=lambda dot: not dot.numbers):
        x = across(dot.day, first, last)
        spots = (Place(at, storey) for at in _around(x) for storey in range(STOREYS))
        taken[dot.key] = next(spot for spot in spots if _is_free(spot, taken.values()))
    return [taken[dot.key] for dot in found]


def across(day: dt.date, first: dt.date, last: dt.date) -> float:
    """Per cent from the left.

    >>> across(dt.date(2022, 1, 2), dt.date(2022, 1, 1), dt.date(2022, 1, 3))
    50.0
    """
    share = (day - first) / (last - first) if last > first else 0.5
    return round(MARGIN + share * (100 - 2 * MARGIN), 2)


def _around(x: float) -> Iterable[float]:
    """A place, then those beside it, ever farther; beyond the edges at last, where all is full."""
    yield x
    for step in range(1, 1000):
        for at in (x - step * APART, x + step * APART):
            if MARGIN <= at <= 100 - MARGIN or step > 100 / APART:
                yield round(at, 2)


def _is_free(spot: Place, taken: Iterable[Place]) -> bool:
    return all(spot.storey != other.storey or abs(spot.x - other.x) >= APART for other in taken)


def _dot_svg(turn: str, dot: Dot, place: Place, axis_y: int) -> str:
    """A link with a dot in it, as large as a finger needs it."""
    y = axis_y - TARGET * place.storey - TARGET // 2
    title = dot.source.title or dot.source.file
    name = f"{_footnotes(dot.numbers)}: {title}, {human_date(dot.day)}"
    at = f'cx="{place.x}%" cy="{y}"'
    short = _short(dot.numbers)
    number = f'<text x="{place.x}%" y="{y}" dy=".35em">{short}</text>' if short else ""
    return (
        f'<a href="#cite-{turn}-{dot.key}" class="{"cited" if dot.numbers else "near"}"'
        f' aria-label="{escape(name)}"><title>{escape(name)}</title>'
        f'<circle class="target" {at} r="{TARGET // 2}"/>'
        f'<circle class="dot" {at} r="{RADII[len(short)]}"/>{number}</a>'
    )


def _footnotes(numbers: Sequence[int]) -> str:
    """
    >>> _footnotes((2,)), _footnotes((1, 3)), _footnotes(())
    ('Footnote 2', 'Footnotes 1, 3', 'Not cited')
    """
    if not numbers:
        return "Not cited"
    return f"Footnote{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"


def _short(numbers: Sequence[int]) -> str:
    """What fits into a dot, in the words of its name: who speaks to the page says what stands there.

    >>> _short((2,)), _short((1, 3)), _short((1, 3, 4)), _short((10, 12)), _short(())
    ('2', '1, 3', '1+', '10+', '')
    """
    all_ = ", ".join(map(str, numbers))
    return all_ if len(all_) < len(RADII) else f"{numbers[0]}+"


# --- the axis -----------------------------------------------------------------------------------------


def _axis_svg(first: dt.date, last: dt.date, y: int) -> str:
    """A line with its first and last day, strokes where months or years begin, one of them named."""
    begun = [(across(day, first, last), day) for day in ticks(first, last)]
    strokes = "".join(f'<line x1="{x}%" x2="{x}%" y1="{y}" y2="{y + 4}"/>' for x, _ in begun)
    ends = f"{_label_svg(MARGIN, 'start', _day(first), y)}{_label_svg(100 - MARGIN, 'end', _day(last), y)}"
    middle = min(begun, key=lambda tick: abs(tick[0] - 50), default=(0.0, first))
    named = _label_svg(middle[0], "middle", _month(middle[1]), y) if 42 <= middle[0] <= 58 else ""
    line = f'<line x1="0%" x2="100%" y1="{y}" y2="{y}"/>'
    return f'<g class="axis" aria-hidden="true">{line}{strokes}{ends}{named}</g>'


def ticks(first: dt.date, last: dt.date) -> list[dt.date]:
    """The first days of the months, or of the years, after one day and up to another.

    >>> [f"{day}" for day in ticks(dt.date(2021, 12, 24), dt.date(2022, 2, 3))]
    ['2022-01-01', '2022-02-01']
    """
    months = [
        dt.date(n // 12, n % 12 + 1, 1)
        for n in range(first.year * 12 + first.month, last.year * 12 + last.month)
        if n // 12 <= dt.MAXYEAR
    ]
    if len(months) <= MAX_TICKS:
        return months
    years = [month for month in months if month.month == 1]
    return years[:: len(years) // MAX_TICKS + 1]


def _label_svg(x: float, anchor: str, text: str, y: int) -> str:
    return f'<text x="{x}%" y="{y + 19}" text-anchor="{anchor}">{text}</text>'


def _day(day: dt.date) -> str:
    """
    >>> _day(dt.date(2022, 3, 9))
    '9 Mar 2022'
    """
    return f"{day.day} {MONTHS[day.month - 1][:3]} {day.year}"


def _month(day: dt.date) -> str:
    """
    >>> _month(dt.date(2022, 3, 1)), _month(dt.date(2022, 1, 1))
    ('Mar', '2022')
    """
    return str(day.year) if day.month == 1 else MONTHS[day.month - 1][:3]
