"""Text → one spelling for the facts that are written in several ways.

"$4.3m" and "4.3 million dollars", "79%" and "79 percent", "Jan. 12", "2021-12-24", "forty-eight", "U.S.": a
claim may write what its quote says in another of these ways. English; its offsets are not the text's.
"""

import re
import unicodedata
from functools import lru_cache

from index.text import MONTHS
from index.words import words

ONES = words("one two three four five six seven eight nine")
TEENS = words("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
TENS = words("twenty thirty forty fifty sixty seventy eighty ninety")
VALUES = {
    **{name: value for value, name in enumerate([*ONES, *TEENS], start=1)},
    **{name: 10 * value for value, name in enumerate(TENS, start=2)},
    "a": 1,
}
SCALES = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12}  # powers of ten
SHORT_SCALES = {"k": "thousand", "m": "million", "mn": "million", "bn": "billion", "tn": "trillion"}

_small = rf"(?:(?:{'|'.join(TENS)})(?:[\s-]+(?:{'|'.join(ONES)}))?|{'|'.join([*TEENS, *ONES])})"
_below_1000 = rf"(?:(?:{_small}|a)\s+hundred(?:\s+(?:and\s+)?{_small})?|{_small})"
SPOKEN = re.compile(
    rf"\b(?:(?:{_below_1000}|a)\s+dozen|(?:(?:{_below_1000}|a)\s+thousand\s+(?:and\s+)?)?{_below_1000}"
    rf"|a(?=\s+(?:{'|'.join(SCALES)})\b))(?!\w)",
    re.I,
)
SCALED = re.compile(rf"\s+(?:{'|'.join(SCALES)})\b", re.I)
NUMBER = r"\d+(?:\.\d+)?"
MONEY = {"$": "dollars", "€": "euros", "£": "pounds", "¥": "yen"}
MONEY_AMOUNT = re.compile(
    rf"([$€£¥])\s?({NUMBER}(?:\s*-\s*{NUMBER})?(?:[\s-]*(?:{'|'.join([*SCALES, *SHORT_SCALES])})\b)?)", re.I
)
# "3m people", but "3m high" and "3 m" are meters.
SHORT_SCALE = re.compile(
    rf"(?<=\d)\s?(?:({'|'.join(SHORT_SCALES)})\b(?= (?:{'|'.join(MONEY.values())}))"
    r"|(k|mn|bn|tn|m(?!\s+(?:high|wide|long|deep|tall|by|from|away)))\b)"
)
SHORT_MONTHS = {name[:3]: name for name in MONTHS} | {"Sept": "September"}
_months = "|".join(sorted(SHORT_MONTHS, key=len, reverse=True))
SHORT_MONTH = re.compile(
    rf"\b({_months})\b\.?(?=\s+\d)|(?<=\d )({_months})\b\.?|(?<=of )({_months})\b\.?(?=,? \d)"
)
ALIASES = {
    "US": "United States",
    "USA": "United States",
    "UK": "United Kingdom",
    "UN": "United Nations",
    "EU": "European Union",
}
UNITS = {
    "km": "kilometers", "cm": "centimeters", "mm": "millimeters", "kg": "kilograms", "ha": "hectares",
    "mph": "miles per hour", "kph": "kilometers per hour", "hrs": "hours", "mins": "minutes",
}  # fmt: skip

Rule = tuple[re.Pattern[str], str]
SPELLINGS: tuple[Rule, ...] = (
    (re.compile("[‘’ʼ]"), "'"),
    (re.compile("[‐‑‒–—−]"), "-"),
    # Spaces of a text that was cut into words: "June 19 , 2009", "did n't", "the year 's", "( so )".
    (re.compile(r"(?<=[\w)\"']) (?=[,;:!?)](?:\s|\Z))"), ""),
    (re.compile(r"(?<=[\w)]) \.(?=\Z|\s[A-Z])"), "."),
    (re.compile(r"(?<=\() "), ""),
    (re.compile(r" (?=n't\b|'(?:s|re|ve|ll|d|m)\b)"), ""),
    (re.compile(r"\b(ca)n't\b", re.I), r"\1nnot"),
    (re.compile(r"\b(w)on't\b", re.I), r"\1ill not"),
    (re.compile(r"(?<=\w)n't\b"), " not"),
    (re.compile("``|''"), '"'),
    (re.compile(r"(?<=\d{4})'(?=s\b)"), ""),
    (re.compile(rf"\bNos?\.\s?(?=\d|(?:{'|'.join(ONES)})\b)"), "number "),
    (re.compile(r"(?<=number )one\b"), "1"),
    (re.compile(r"(?<=\d),(?=\d{3}(?!\d))"), ""),
    (re.compile(r"\s*(?:%|\bper cent\b|\bpct\b)"), " percent"),
    (re.compile(r"\b(kilo|centi|milli)?metre(s?)\b"), r"\1meter\2"),
)


@lru_cache(maxsize=256)
def plain(text: str) -> str:
    """One spelling for facts that are written in several ways; the words stay in their order.

    >>> plain("The U.S. paid $4.3m (79% of it) on 2021-12-24.")
    'The United States paid 4.3 million dollars (79 percent of it) on 24 December 2021.'
    >>> plain("Twenty-five ships, two hundred and ten men, Jan. 12 at 9 p.m.")
    '25 ships, 210 men, January 12 at 9 pm.'
    """
    text = re.sub(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))", ",", text)
    text = " ".join(unicodedata.normalize("NFKC", text).split()).replace("US$", "$")
    text = re.sub(r"\b(?:[A-Za-z]\.){2,}", _without_dots, text)
    for pattern, new in SPELLINGS:
        text = pattern.sub(new, text)
    text = re.sub(r"\b(\d{4})-(\d{2})-(\d{2})\b", _iso_date, text)
    text = SHORT_MONTH.sub(lambda m: SHORT_MONTHS[m[m.lastindex or 0]], text)
    text = SPOKEN.sub(_digits, text)
    text = MONEY_AMOUNT.sub(lambda m: f"{m[2]} {MONEY[m[1]]}", text)
    text = SHORT_SCALE.sub(lambda m: f" {SHORT_SCALES[m[m.lastindex or 0].lower()]}", text)
    text = re.sub(rf"(?<=\d)\s?({'|'.join(UNITS)})\b", lambda m: f" {UNITS[m[1]]}", text)
    return re.sub(rf"\b({'|'.join(ALIASES)})\b", lambda m: ALIASES[m[1]], text)


def _without_dots(match: re.Match[str]) -> str:
    """Also without the full stop that an abbreviation shares with its sentence, unless a text ends there."""
    bare = match[0].replace(".", "")
    return f"{bare}." if match.end() == len(match.string) else bare


def _iso_date(match: re.Match[str]) -> str:
    year, month, day = map(int, match.groups())
    return f"{day} {MONTHS[month - 1]} {year}" if 1 <= month <= 12 else match[0]


def _digits(match: re.Match[str]) -> str:
    """A spoken number in digits; "one" alone stays a word, as it is mostly not a count."""
    total = part = 0
    for word in re.findall(r"[a-z]+", match[0].lower()):
        if word == "hundred":
            part *= 100
        elif word == "dozen":
            part *= 12
        elif word == "thousand":
            total, part = total + part * 1000, 0
        else:
            part += VALUES.get(word, 0)
    total += part
    alone = match[0].lower() == "one" and not SCALED.match(match.string, match.end())
    return match[0] if alone else str(total)
