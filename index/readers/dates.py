"""Words → the day they name, or None: a day that is not certain is unknown.

ISO, mail and numeric forms are read here; months by name, in the languages below, by dateparser. Unknown are
a date without a year, a year alone, 05/06/2022 (two countries read it as two days), "yesterday", a day in
the future and one before newspapers. The day is the one written, not what it was then in another time zone.
"""

import datetime as dt
import re
from email.utils import parsedate_to_datetime
from functools import lru_cache

# Each language costs time on a first look-up; these have most of the world's news sites.
LANGUAGES = ["en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "sk", "hu", "ro"]
LANGUAGES += ["hr", "sl", "bg", "el", "tr", "uk", "ru", "et", "lv", "lt", "ar", "he", "hi", "id", "vi", "th"]
LANGUAGES += ["ja", "ko", "zh"]
MAX_CHARS = 60  # longer is a sentence with a date in it
MIN_YEAR = 1605  # the first newspaper, Relation aller Fürnemmen und gedenckwürdigen Historien
EPOCHS = (dt.date(1970, 1, 1), dt.date(1900, 1, 1), dt.date(1904, 1, 1))  # what programs write for "none"

ISO = re.compile(r"(\d{4})([-/.]?)(\d{2})\2(\d{2})(?!\d)(?:[T ].*)?", re.ASCII | re.DOTALL)
NUMERIC = re.compile(r"(\d{1,2})([/.-])[ ]?(\d{1,2})\2[ ]?(\d{4})(?:[, T].*)?", re.ASCII | re.DOTALL)
SECONDS = re.compile(r"(\d{10})(?:\d{3}|\.\d+)?", re.ASCII)
YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
TODAY_SLACK = dt.timedelta(days=1)  # it is tomorrow already in Auckland


def parse_date(words: object, today: dt.date | None = None) -> dt.date | None:
    """The day that `words` name for certain, else None.

    >>> parse_date("2022-05-06T23:30:00-04:00"), parse_date("Fri, 06 May 2022 10:00:00 GMT")
    (datetime.date(2022, 5, 6), datetime.date(2022, 5, 6))
    >>> parse_date("6. Mai 2022"), parse_date("12/24/2021"), parse_date("24.12.2021")
    (datetime.date(2022, 5, 6), datetime.date(2021, 12, 24), datetime.date(2021, 12, 24))
    >>> [parse_date(words) for words in ("05/06/2022", "May 2022", "6 May", "2022", "yesterday", "2999-1-1")]
    [None, None, None, None, None, None]
    """
    if isinstance(words, dt.datetime):
        words = words.date()
    day = words if isinstance(words, dt.date) else _written(" ".join(str(words).split()))
    return day if day and plausible(day, today) else None


def speaks_of(text: str, day: dt.date | None) -> dt.date | None:
    """The day on which a file was made, if its text names that year; a converted or printed file has another.

    >>> speaks_of("Report for 2022", dt.date(2022, 5, 6)), speaks_of("It rained.", dt.date(2022, 5, 6))
    (datetime.date(2022, 5, 6), None)
    """
    return day if day and str(day.year) in text else None


def plausible(day: dt.date, today: dt.date | None = None) -> bool:
    """Whether something can have been published then.

    >>> plausible(dt.date(1970, 1, 1)), plausible(dt.date(1969, 7, 21))
    (False, True)
    """
    today = today or dt.datetime.now(dt.UTC).date()
    return day.year >= MIN_YEAR and day <= today + TODAY_SLACK and day not in EPOCHS


@lru_cache(maxsize=4096)
def _written(words: str) -> dt.date | None:
    if not words or len(words) > MAX_CHARS:
        return None
    if found := ISO.fullmatch(words):
        return _day(found[1], found[3], found[4])
    if found := NUMERIC.fullmatch(words):
        return _numeric(int(found[1]), int(found[3]), found[4], dots=found[2] == ".")
    if found := SECONDS.fullmatch(words):
        return dt.datetime.fromtimestamp(int(found[1]), dt.UTC).date()
    return _named(words) if YEAR.search(words) and any(c.isalpha() for c in words) else None


def _numeric(first: int, second: int, year: str, *, dots: bool) -> dt.date | None:
    """Days and months in figures. With dots the day comes first, in all the languages that write them so."""
    if dots or first > 12 or first == second:
        return _day(year, second, first)
    return _day(year, first, second) if second > 12 else None


def _named(words: str) -> dt.date | None:
    """A date with the month's name: as mails write it, else by dateparser."""
    try:
        return parsedate_to_datetime(words).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        import dateparser

    settings = {
        "PARSERS": ["absolute-time"],  # not "yesterday", which depends on when it is read
        "REQUIRE_PARTS": ["day", "month", "year"],
        "STRICT_PARSING": True,
    }
    try:
        found = dateparser.parse(words, languages=LANGUAGES, settings=settings)
    except (ValueError, TypeError, OverflowError, RecursionError):  # it is meant to return None, but raises
        return None
    # The year has to be the one written: dateparser knows other calendars, and fills gaps from today.
    return found.date() if found and str(found.year) in words else None


def _day(year: str | int, month: str | int, day: str | int) -> dt.date | None:
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None
