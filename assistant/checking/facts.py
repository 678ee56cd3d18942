"""Text → the facts in it that can be compared exactly: numbers and what they count, dates, times, names.

A claim may write a fact another way than its quote: both go through `plain` (spelling.py) first. Decides
nothing but whether a name is there; verify.py compares. English.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from assistant.checking.spelling import NUMBER, SCALES, plain
from assistant.checking.wording import LIGHT, relatives
from index.text import MONTHS
from index.words import STOPWORDS, fold, stem, words

ORDINALS = words("first second third fourth fifth sixth seventh eighth ninth tenth")
MONTH_NUMBER = {name: number for number, name in enumerate(MONTHS, start=1)}
DATE = re.compile(
    r"(?:(?<![\d.,:])\b(?P<before>\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?)?"
    rf"\b(?P<month>{'|'.join(MONTHS)})\b"
    r"(?:\s+(?P<after>\d{1,2})(?:st|nd|rd|th)?\b(?![.,:]\d| percent| (?:hundred|thousand|[mbtr]+illion)))?"
    r"(?:,?\s+(?P<year>[12]\d{3})\b(?![.,]\d))?"
)
TIME = re.compile(r"(?<![\w.:])(\d{1,2})(?:[:.](\d{2}))?\s?([ap]m)\b|(?<![\w.:])(\d{1,2}):(\d{2})(?![\w:])")
FIGURE = re.compile(
    rf"(?<![\w.])({NUMBER})(?:st|nd|rd|th)?(?:[\s-]+(hundred|{'|'.join(SCALES)})\b)?(?!\w)(?!\.\d)", re.I
)
# "from 4.1 to 4.6 million": the first number has the scale of the second.
SHARED_SCALE = re.compile(
    rf"(?<![\w.])({NUMBER})\s*(?:-|to|and|or)\s*{NUMBER}[\s-]+({'|'.join(SCALES)})\b", re.I
)
RANGE = re.compile(rf"(?<![\w.])({NUMBER})(?:\s+[a-z]+)?\s*(?:-|\bto\b)\s*({NUMBER})(?![\w])")
TOKEN = re.compile(r"\w++(?:\.\w++)*+")  # "BA.5", "A320", "1990s"
AT_LEAST = re.compile(r"(?:more than|over|above|at least|exceed\w*|upwards? of)\s+\Z", re.I)
AT_MOST = re.compile(r"(?:(?:less|fewer) than|under|below|at most|up to|nearly|almost|not quite)\s+\Z", re.I)
AROUND = 4  # words on either side that stand beside a number
NEAR = 200  # characters on either side in which they are looked for


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and its surroundings. `counts` are the words right after it, up to the next punctuation or
    function word: what it counts. `beside` are the stems around it. `bound` is 1 for "more than", -1 for
    "less than", 0 for neither."""

    value: Decimal
    counts: tuple[str, ...]
    beside: frozenset[str]
    bound: int

    @property
    def is_year(self) -> bool:
        """Whether it may be a year, which counts nothing."""
        return 1500 <= self.value <= 2100 and self.value == self.value.to_integral_value()


@dataclass(frozen=True, slots=True)
class Date:
    """A month with the day and the year that stand beside it."""

    month: int
    day: int | None
    year: int | None

    def __str__(self) -> str:
        return " ".join(str(part) for part in (self.day, MONTHS[self.month - 1], self.year) if part)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a text says exactly. A time is the set of minutes of the day that it may mean: "9:40" is two
    of them. `rest` is the plain text with everything found left out: its words."""

    figures: tuple[Figure, ...]
    dates: tuple[Date, ...]
    times: tuple[frozenset[int], ...]
    codes: frozenset[str]
    ranges: frozenset[tuple[Decimal, Decimal]]
    rest: str

    @property
    def numbers(self) -> set[Decimal]:
        """All numbers, those of dates and full hours included."""
        inside = {Decimal(n) for d in self.dates for n in (d.day, d.year) if n}
        hours = {Decimal(m // 60 - 12 * (m >= 780)) for t in self.times for m in t if m % 60 == 0}
        return {f.value for f in self.figures} | inside | hours


@lru_cache(maxsize=256)
def facts(text: str) -> Facts:
    """The facts of a text.

    >>> found = facts("On January 12, 48,200 passengers paid $3.4m; the A320 left at 10:05 p.m.")
    >>> found.dates, sorted(found.numbers - {12}), found.codes, found.times
    ((Date(month=1, day=12, year=None),), [Decimal('48200'), Decimal('3.4E+6')], frozenset({'a320'}), \
(frozenset({1325}),))
    """
    text = plain(text)
    ranges = frozenset((Decimal(a), Decimal(b)) for a, b in RANGE.findall(text))
    dates = tuple(_dates(text))
    text = DATE.sub(_blank_date, text)
    times = tuple(_minutes(*match.groups()) for match in TIME.finditer(text))
    text = TIME.sub(_blank, text)
    shared = {m.start(): m for m in SHARED_SCALE.finditer(text) if len(m[1]) != 4}  # no "2021 and 3 million"
    figures = [_figure(shared.get(match.start(), match)) for match in FIGURE.finditer(text)]
    ordinals = [Decimal(ORDINALS.index(w) + 1) for w in words(text) if w in ORDINALS[1:]]
    figures += [Figure(value, (), frozenset(), 0) for value in ordinals]
    rest = FIGURE.sub(_blank, text)
    tokens = (token.replace(".", "").lower() for token in TOKEN.findall(rest))
    codes = frozenset(token for token in tokens if any(map(str.isdigit, token)))
    return Facts(tuple(figures), dates, times, codes, ranges, rest)


def _dates(text: str) -> Iterator[Date]:
    for match in DATE.finditer(text):
        day = int(match["before"] or match["after"] or 0)
        yield Date(
            MONTH_NUMBER[match["month"]],
            day if 1 <= day <= 31 else None,
            int(match["year"]) if match["year"] else None,
        )


def _blank_date(match: re.Match[str]) -> str:
    day = int(match["before"] or match["after"] or 0)
    return " " * len(match[0]) if day <= 31 else match[0]


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _minutes(hour: str, minute: str, half: str, hour24: str, minute24: str) -> frozenset[int]:
    """
    >>> sorted(_minutes("9", "40", "pm", "", "")), sorted(_minutes("", "", "", "9", "40"))
    ([1300], [580, 1300])
    """
    at = int(hour or hour24) * 60 + int(minute or minute24 or 0)
    if half:
        return frozenset({at % 720 + 720 * (half == "pm")})
    return frozenset({at, at + 720}) if at < 780 else frozenset({at})


def _scaled(number: str, scale: str) -> Decimal:
    power = 2 if scale.lower() == "hundred" else SCALES.get(scale.lower(), 0)
    return Decimal(number).scaleb(power)


def _figure(match: re.Match[str]) -> Figure:
    before = match.string[max(0, match.start() - NEAR) : match.start()]
    after = match.string[match.end() : match.end() + NEAR]
    following = re.match(r"(?:[\s-]+[^\W\d]['\w]*)*", after)
    counts: list[str] = []
    for word in words(following[0]) if following else ():
        if word in STOPWORDS or len(counts) == 3:
            break
        counts.append(word)
    beside = [*words(before)[-AROUND:], *words(after)[:AROUND]]
    bound = bool(AT_LEAST.search(before)) - bool(AT_MOST.search(before))
    value = _scaled(match[1], match[2] or "")
    return Figure(value, tuple(counts), frozenset(map(stem, beside)), bound)


# --- names --------------------------------------------------------------------------------------------

# Capitalised in English wherever they stand, without being a name that needs proof.
NO_NAMES = frozenset(words("i mr mrs ms dr prof capt st"))
# Ordinary words that sentences begin with; any other word that the quote does not hold may be a name.
OPENERS = frozenset(
    words(
        """according accordingly additionally almost although altogether among approximately around
    authorities because currently despite earlier eventually experts finally former furthermore
    hence however immediately including indeed initially instead last later leaders many meanwhile
    moreover nearly nevertheless no none not officials only originally overall people police
    previously recently reportedly researchers residents scientists several similarly since soldiers
    somebody someone something sometimes soon specifically subsequently therefore though thousands
    throughout thus today together troops two unlike usually various whereas whether within workers
    yes yesterday yet"""
    )
)
RUN_ON = 7  # letters from which "Southeast" may be "South East"
NAME_PART = re.compile(r"[^\W\d_][^\W_]*")
SPELLED_OUT = re.compile(r"\b[A-Z]\w+(?:[\s-]+(?:(?:of|for|and|in|the|on|to|de)\s+)*[A-Z]\w+)+")
# "Russia" proves "Russian": one ends like a country, the other like its people.
PLACE_ENDS = frozenset(["", "a", "e", "y", "s", "ey", "en", "ain"])
PEOPLE_ENDS = frozenset(words("n an ian ean ish ese i ns ans ians is"))


def missing_names(claim: str, known: str) -> list[str]:
    """Capitalised words of the claim that `known` does not hold, in order. An ordinary word may open it.

    >>> missing_names("Truss spoke to Merkel.", "Liz Truss spoke on Thursday.")
    ['Merkel']
    >>> missing_names("Russian troops of the NSC left.", "Russia’s National Security Council said …")
    []
    """
    claim, known = plain(claim), plain(known)
    there = set(words(known)) | _initials(known)
    stems, exact = {stem(w) for w in there}, set(NAME_PART.findall(known))
    first = re.search(r"\w", claim)
    run_on = fold(known).replace(" ", "").replace("-", "")
    missing: list[str] = []
    for match in NAME_PART.finditer(DATE.sub(_blank, claim)):
        name, word = match[0], fold(match[0])
        if not name[0].isupper() or len(name) == 1 or word in NO_NAMES:
            continue
        if word in STOPWORDS:  # "It", but also "IT" and "WHO"
            proved = not name.isupper() or name in exact or word in _initials(known)
        else:
            opens = first is not None and match.start() == first.start()
            proved = (
                stem(word) in stems
                or (
                    opens
                    and (
                        word in OPENERS or stem(word) in LIGHT or not relatives(stem(word)).isdisjoint(stems)
                    )
                )
                or (len(word) >= RUN_ON and word in run_on)
                or any(_same_country(word, other) for other in there)
            )
        if not proved:
            missing.append(name)
    return missing


def _initials(text: str) -> set[str]:
    """
    >>> _initials("the Organization for Security and Cooperation in Europe")
    {'osce'}
    """
    return {
        "".join(w[0] for w in re.findall(r"\b[A-Z]\w+", name[0])).lower()
        for name in SPELLED_OUT.finditer(text)
    }


def _same_country(a: str, b: str) -> bool:
    """
    >>> _same_country("ukrainian", "ukraine"), _same_country("martina", "martin")
    (True, False)
    """
    same = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    ends = {a[same:], b[same:]}
    return (
        same >= 4
        and any(x in PLACE_ENDS and y in PEOPLE_ENDS for x, y in ((a[same:], b[same:]), (b[same:], a[same:])))
        and len(ends) == 2
    )
