"""Words for a time → the days they mean: "since 24 December", "last week", "between March and June".

"Last week" is counted from today where the library has articles of then or later, else from its newest one;
a date without its year is the latest such day that the newest article had seen. So a question about an
archive means the same in every year. English; the Gregorian calendar; weeks begin on Monday; of feasts only
Christmas and the New Year. Does not know hours, weekdays, seasons or quarters, nor what was done in a time:
only which days are meant. A short rule set, for each rule is exact; a phrase that none of them reads is no
period.
"""

import calendar
import datetime as dt
import re
from dataclasses import dataclass

from index.filter import DAY, Filter
from index.text import MONTHS

MONTH = (
    rf"(?:{'|'.join(MONTHS)}|Jan\.?|Feb\.?|Mar\.?|Apr\.?|Jun\.?|Jul\.?|Aug\.?|Sept?\.?|Oct\.?|Nov\.?|Dec\.?)"
)
YEAR = r"(?:19|20)\d\d"
FEAST = r"(?:Christmas(?: Eve| Day)?|New Year(?:['’]s(?: Eve| Day))?)"
POINT = (
    r"(?:\d{4}-\d\d-\d\d"
    rf"|(?:the )?\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {MONTH}(?:,? {YEAR})?"
    rf"|(?:early |mid-?|late )?{MONTH}(?: \d{{1,2}}(?:st|nd|rd|th)?(?!\d))?(?:,? (?:of )?{YEAR})?"
    rf"|{FEAST}(?:,? {YEAR})?"
    rf"|{YEAR})"
)
NUMBER = r"\d{1,3}|two|three|four|five|six|seven|ten"
COUNTED = rf"(?:the )?(?:last|past) (?:(?P<count>{NUMBER}) )?(?P<unit>day|week|month|year)s?"
RELATIVE = (
    r"(?:(?:in|over|during|within|from|(?P<edge>since|before|until|till)) )?"
    rf"(?P<time>(?<!USA )today|yesterday|this (?:week|month|year)|{COUNTED})"
)
ARTICLE = ("articles", "article", "stories", "story", "reports", "news", "coverage", "texts", "papers")
OF_ARTICLES = "|".join(
    (r"\Aof", *(rf"(?<=\b{word} )of" for word in ARTICLE))
)  # elsewhere "of 2022" is no period
PHRASE = re.compile(
    rf"(?<![\w-])(?:(?P<low>between|from) (?P<start>{POINT}|\d{{1,2}})"
    rf"(?: (?:and|to|until|till) |[–-])(?P<end>{POINT})"
    rf"|(?P<word>since|after|from|before|until|till|up to|by|in|during|on|as of|dated|{OF_ARTICLES})"
    rf" (?:the )?(?:month of |year |(?P<week>week of (?:the )?))?(?P<point>{POINT})(?P<on> onwards?)?"
    rf"|(?P<relative>{RELATIVE}))(?![\w-]|['’]s)",
    re.I,
)
# What a period after it is the date of: the articles', not that of what they tell.
PUBLISHED = re.compile(
    rf"\b(?:{'|'.join(ARTICLE)}|published|printed|written|posted|dated|appeared)\W*\Z", re.I
)
PARTS = {"early": (1, 10), "mid": (11, 20), "late": (21, 31)}
WORDS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10}
WEEK = dt.timedelta(7)
FEASTS = (
    ("christmas eve", "24 December"), ("christmas", "25 December"),
    ("eve", "31 December"), ("new year", "1 January"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Period:
    """The days that the words of a question mean. `counted_from` is the newest article's day where it stood
    in for today or gave the year; `published`: the words date articles, not what happened."""

    words: str
    days: Filter
    counted_from: dt.date | None = None
    published: bool = False


def period_of(question: str, newest: dt.date, today: dt.date) -> Period | None:
    """The first period that a question names, in a library whose newest article is of the day `newest`.

    "Last week" is counted from today; where all articles are older than that, from the newest one. None for
    a question without a period, and for days that do not exist.

    >>> newest, today = dt.date(2022, 9, 20), dt.date(2022, 9, 21)
    >>> period_of("Who resigned yesterday?", newest, today).days.label
    '20 September 2022'
    >>> found = period_of("Who resigned yesterday?", newest, dt.date(2026, 1, 1))
    >>> found.days.label, str(found.counted_from)
    ('19 September 2022', '2022-09-20')
    >>> period_of("Who resigned according to the articles from June?", newest, today).published
    True
    """
    match = find_phrase(question)
    if not match:
        return None
    dated = (match["word"] or "").lower() in ("of", "dated")
    published = dated or bool(PUBLISHED.search(question[: match.start()]))
    days, counted_from = counted(match[0], newest, today)
    return Period(match[0], days, counted_from, published) if days else None


def counted(phrase: str, newest: dt.date, today: dt.date) -> tuple[Filter | None, dt.date | None]:
    """The days that a phrase means, and the newest article's day where they depend on it."""
    match = PHRASE.fullmatch(phrase)
    if match and match["relative"]:
        days = resolve(phrase, today)
        if days and days.first and days.first <= newest:
            return days, None
    elif re.search(YEAR, phrase):
        return resolve(phrase, newest), None
    return resolve(phrase, newest), newest


def find_phrase(question: str) -> re.Match[str] | None:
    """The first words in a question that name a period, or None.

    >>> [m and m[0] for m in map(find_phrase, ("What is new since 24 December?", "Who may come in time?"))]
    ['since 24 December', None]
    """
    return PHRASE.search(question)


def is_relative(phrase: str) -> bool:
    """
    >>> is_relative("since last week"), is_relative("in June")
    (True, False)
    """
    match = PHRASE.fullmatch(phrase)
    return bool(match and match["relative"])


def resolve(phrase: str, newest: dt.date) -> Filter | None:
    """The days that a phrase means, in a library whose newest article is of the day `newest`.

    >>> newest = dt.date(2022, 9, 20)
    >>> for phrase in ("since 24 December", "in June", "last week", "before May 2022", "in early June"):
    ...     print(resolve(phrase, newest).label)
    since 24 December 2021
    June 2022
    12–18 September 2022
    before May 2022
    1–10 June 2022
    >>> [resolve(p, newest).label for p in ("between 3 and 10 June", "from November to March", "in 2021")]
    ['3–10 June 2022', 'November 2021 – March 2022', '2021']
    >>> [resolve(p, newest).label for p in ("yesterday", "in the last 3 days", "since Christmas Eve")]
    ['19 September 2022', '18–20 September 2022', 'since 24 December 2021']
    >>> resolve("in the week of 8 June", newest).label
    '6–12 June 2022'
    >>> resolve("on 31 February", newest)
    """
    match = PHRASE.fullmatch(phrase)
    if not match:
        return None
    try:
        if match["relative"]:
            days = _relative(match["time"].lower(), match["count"], match["unit"], newest)
            return _from_point((match["edge"] or "in").lower(), days)
        if match["low"]:
            return _between(match["start"], match["end"], newest)
        days = _days(match["point"], newest)
        if match["week"] and days.first:
            monday = days.first - dt.timedelta(days.first.weekday())
            days = Filter(monday, monday + WEEK - DAY)
        word = "since" if match["on"] else match["word"].lower()
        return _from_point(word, days)
    except ValueError:  # a day that its month does not have
        return None


def _from_point(word: str, point: Filter) -> Filter:
    assert point.first and point.last
    if word in ("since", "as of"):
        return Filter(point.first, None)
    if word == "after":
        return Filter(point.last + DAY, None)
    if word == "before":
        return Filter(None, point.first - DAY)
    return Filter(None, point.last) if word in ("until", "till", "up to", "by") else point


def _between(start: str, end: str, newest: dt.date) -> Filter | None:
    """The second of two dates has the year, and the month, that the first one lacks."""
    last = _days(end, newest)
    assert last.first and last.last
    if start.isdigit() and len(start) < 3:
        return Filter(last.first.replace(day=int(start)), last.last)
    first = _days(start, last.last)
    return Filter(first.first, last.last) if first.first and first.first <= last.last else None


def _relative(phrase: str, count: str | None, unit: str | None, newest: dt.date) -> Filter:
    """Counted back from `newest`; "last week" is the calendar week before, "the last week" seven days."""
    monday = newest - dt.timedelta(newest.weekday())
    first_of_month = newest.replace(day=1)
    fixed = {
        "today": Filter(newest, newest),
        "yesterday": Filter(newest - DAY, newest - DAY),
        "this week": Filter(monday, newest),
        "this month": Filter(first_of_month, newest),
        "this year": Filter(newest.replace(month=1, day=1), newest),
        "last week": Filter(monday - dt.timedelta(7), monday - DAY),
        "last month": _days_of_month(first_of_month - DAY),
        "last year": Filter(dt.date(newest.year - 1, 1, 1), dt.date(newest.year - 1, 12, 31)),
    }
    if phrase in fixed:
        return fixed[phrase]
    number = WORDS.get((count or "1").lower()) or int(count or 1)
    days = {"day": 1, "week": 7, "month": 30, "year": 365}[(unit or "day").lower()]
    return Filter(newest - dt.timedelta(number * days - 1), newest)


def _days(point: str, newest: dt.date) -> Filter:
    """A day, a part of a month, a month or a year; without a year, the last such one that has begun.

    Raises ValueError for a day that does not exist."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", point):
        day = dt.date.fromisoformat(point)
        return Filter(day, day)
    found = re.search(rf"\b{YEAR}\b", point)
    year = int(found[0]) if found else None
    rest = re.sub(rf",? (?:of )?{YEAR}\b|^{YEAR}$", "", point)
    if not rest and year:
        return Filter(dt.date(year, 1, 1), dt.date(year, 12, 31))
    rest = next((day for feast, day in FEASTS if feast in rest.lower()), rest)
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
        return Filter(start, start)
    if part:
        assert month_days.last
        return Filter(start, month_days.last.replace(day=min(part[1], month_days.last.day)))
    return month_days


def _days_of_month(day: dt.date) -> Filter:
    return Filter(day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1]))
