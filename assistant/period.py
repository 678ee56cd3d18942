"""Words for a time → the days they mean: "since 24 December", "last week", "between March and June".

The clock is the library's own: "last week", and a date without its year, are counted back from the newest
article, never from today, so that a question about an archive means the same in every year. English; the
Gregorian calendar; weeks begin on Monday. Does not know hours, seasons, quarters or feasts, nor what was
done in a time: only which days are meant. A short rule set, for each rule is exact; a phrase that none of
them reads is no period.
"""

import calendar
import datetime as dt
import re
from dataclasses import dataclass

from index.text import MONTHS, human_date

MONTH = (
    rf"(?:{'|'.join(MONTHS)}|Jan\.?|Feb\.?|Mar\.?|Apr\.?|Jun\.?|Jul\.?|Aug\.?|Sept?\.?|Oct\.?|Nov\.?|Dec\.?)"
)
YEAR = r"(?:19|20)\d\d"
POINT = (
    r"(?:\d{4}-\d\d-\d\d"
    rf"|(?:the )?\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {MONTH}(?:,? {YEAR})?"
    rf"|(?:early |mid-?|late )?{MONTH}(?: \d{{1,2}}(?:st|nd|rd|th)?(?!\d))?(?:,? (?:of )?{YEAR})?"
    rf"|{YEAR})"
)
NUMBER = r"\d{1,3}|two|three|four|five|six|seven|ten"
COUNTED = rf"(?:the )?(?:last|past) (?:(?P<count>{NUMBER}) )?(?P<unit>day|week|month|year)s?"
RELATIVE = rf"(?:today|yesterday|this (?:week|month|year)|(?:(?:in|over|during|within) )?{COUNTED})"
PHRASE = re.compile(
    rf"(?<![\w-])(?:(?P<low>between|from) (?P<start>{POINT}|\d{{1,2}}) (?:and|to|until|till) (?P<end>{POINT})"
    rf"|(?P<word>since|after|from|before|until|till|up to|by|in|during|on|as of)"
    rf" (?:the )?(?:month of |year )?(?P<point>{POINT})"
    rf"|(?P<relative>{RELATIVE}))(?:onwards?|(?![\w-]))",
    re.I,
)
PARTS = {"early": (1, 10), "mid": (11, 20), "late": (21, 31)}
WORDS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10}


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both included; None: without end on that side."""

    first: dt.date | None
    last: dt.date | None

    def holds(self, day: dt.date | None) -> bool:
        """Whether a day lies in it; an article without a date lies in none.

        >>> Period(dt.date(2022, 6, 1), None).holds(dt.date(2022, 6, 1))
        True
        """
        return day is not None and (self.first or day) <= day <= (self.last or day)

    def __str__(self) -> str:
        """
        >>> print(Period(dt.date(2022, 6, 1), dt.date(2022, 6, 30)))
        1 to 30 June 2022
        >>> print(Period(None, dt.date(2021, 12, 23)), "|", Period(dt.date(2021, 12, 24), None))
        until 23 December 2021 | since 24 December 2021
        """
        if self.first is None or self.last is None:
            return (
                f"since {human_date(self.first)}"
                if self.first
                else f"until {human_date(self.last or dt.date.max)}"
            )
        if self.first == self.last:
            return human_date(self.first)
        return f"{_short(self.first, self.last)} to {human_date(self.last)}"


def find_phrase(question: str) -> re.Match[str] | None:
    """The first words in a question that name a period, or None.

    >>> [m and m[0] for m in map(find_phrase, ("What is new since 24 December?", "Who may come in time?"))]
    ['since 24 December', None]
    """
    return PHRASE.search(question)


def resolve(phrase: str, newest: dt.date) -> Period | None:
    """The days that a phrase means, in a library whose newest article is of the day `newest`.

    >>> newest = dt.date(2022, 9, 20)
    >>> for phrase in ("since 24 December", "in June", "last week", "before May 2022", "in early June"):
    ...     print(resolve(phrase, newest))
    since 24 December 2021
    1 to 30 June 2022
    12 to 18 September 2022
    until 30 April 2022
    1 to 10 June 2022
    >>> print(resolve("between 3 and 10 June", newest), "|", resolve("from November to March", newest))
    3 to 10 June 2022 | 1 November 2021 to 31 March 2022
    >>> print(resolve("yesterday", newest), "|", resolve("in the last 3 days", newest))
    19 September 2022 | 18 to 20 September 2022
    >>> resolve("on 31 February", newest)
    """
    match = PHRASE.fullmatch(phrase)
    if not match:
        return None
    try:
        if match["relative"]:
            return _relative(match["relative"].lower(), match["count"], match["unit"], newest)
        if match["low"]:
            return _between(match["start"], match["end"], newest)
        return _from_point(match["word"].lower(), _days(match["point"], newest))
    except ValueError:  # a day that its month does not have
        return None


def _from_point(word: str, point: Period) -> Period:
    assert point.first and point.last
    if word in ("since", "from", "as of"):
        return Period(point.first, None)
    if word == "after":
        return Period(point.last + dt.timedelta(1), None)
    if word == "before":
        return Period(None, point.first - dt.timedelta(1))
    return Period(None, point.last) if word in ("until", "till", "up to", "by") else point


def _between(start: str, end: str, newest: dt.date) -> Period | None:
    """The second of two dates has the year, and the month, that the first one lacks."""
    last = _days(end, newest)
    assert last.first and last.last
    if start.isdigit() and len(start) < 3:
        return Period(last.first.replace(day=int(start)), last.last)
    first = _days(start, last.last)
    return Period(first.first, last.last) if first.first and first.first <= last.last else None


def _relative(phrase: str, count: str | None, unit: str | None, newest: dt.date) -> Period:
    """Counted back from `newest`; "last week" is the calendar week before, "the last week" seven days."""
    monday = newest - dt.timedelta(newest.weekday())
    first_of_month = newest.replace(day=1)
    fixed = {
        "today": Period(newest, newest),
        "yesterday": Period(newest - dt.timedelta(1), newest - dt.timedelta(1)),
        "this week": Period(monday, newest),
        "this month": Period(first_of_month, newest),
        "this year": Period(newest.replace(month=1, day=1), newest),
        "last week": Period(monday - dt.timedelta(7), monday - dt.timedelta(1)),
        "last month": _days_of_month(first_of_month - dt.timedelta(1)),
        "last year": Period(dt.date(newest.year - 1, 1, 1), dt.date(newest.year - 1, 12, 31)),
    }
    if phrase in fixed:
        return fixed[phrase]
    number = WORDS.get((count or "1").lower()) or int(count or 1)
    days = {"day": 1, "week": 7, "month": 30, "year": 365}[(unit or "day").lower()]
    return Period(newest - dt.timedelta(number * days - 1), newest)


def _days(point: str, newest: dt.date) -> Period:
    """A day, a part of a month, a month or a year; without a year, the last such one that has begun.

    Raises ValueError for a day that does not exist."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", point):
        day = dt.date.fromisoformat(point)
        return Period(day, day)
    found = re.search(rf"\b{YEAR}\b", point)
    year = int(found[0]) if found else None
    rest = re.sub(rf",? (?:of )?{YEAR}\b|^{YEAR}$", "", point)
    if not rest and year:
        return Period(dt.date(year, 1, 1), dt.date(year, 12, 31))
    name = re.search(MONTH, rest, re.I)
    assert name
    month = next(n for n, m in enumerate(MONTHS, 1) if m.lower().startswith(name[0].lower().rstrip(".")[:3]))
    number = re.search(r"\d+", rest)
    part = next((days for word, days in PARTS.items() if rest.lower().startswith(word)), None)
    first = int(number[0]) if number else part[0] if part else 1
    if year is None:
        year = newest.year - ((month, first) > (newest.month, newest.day))
    month_days = _days_of_month(dt.date(year, month, 1))
    start = dt.date(year, month, first)
    if number:
        return Period(start, start)
    if part:
        assert month_days.last
        return Period(start, month_days.last.replace(day=min(part[1], month_days.last.day)))
    return month_days


def _days_of_month(day: dt.date) -> Period:
    return Period(day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1]))


def _short(first: dt.date, last: dt.date) -> str:
    """The first of two days without what it shares with the last."""
    if first.year != last.year:
        return human_date(first)
    return str(first.day) if first.month == last.month else f"{first.day} {MONTHS[first.month - 1]}"
