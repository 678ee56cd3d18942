"""The values that flow from file to hit: article, sentence, passage, hit.

All text is cited by character offsets into `Article.text`, which never changes once it is stored:

    article.text[sentence.start:sentence.end] == article.quote(sentence)

Offsets count Unicode code points (Python `str` indices), the end is exclusive. Nothing here reads files.
"""

import bisect
import datetime as dt
import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters `start` (inclusive) to `end` (exclusive) of one article's text."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a span needs 0 <= start < end, not {self.start}..{self.end}")

    def covers(self, other: "Span") -> bool:
        """
        >>> Span(0, 9).covers(Span(3, 9))
        True
        """
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: "Span") -> bool:
        """
        >>> Span(0, 3).overlaps(Span(3, 9))
        False
        """
        return self.start < other.end and other.start < self.end


class Sentence(Span):
    """One sentence, or a piece of one that was too long for the encoder's window."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Article:
    """One article as it was read.

    `text` is the whole decoded file, or what a reader took from a PDF, a web page, a mail; `body_start` is
    where its sentences begin (after a date line and a title). `path` is the file's, and for one of several in
    a file (ZIP, CSV, feed) `FILE!/KEY`. `page_starts` are the offsets at which the pages of a paginated file
    begin, () where there are none. `copies` are the paths of other files with the very same text.
    """

    id: str
    file: str
    path: str
    text: str
    body_start: int = 0
    title: str | None = None
    date: dt.date | None = None
    source: str | None = None
    url: str | None = None
    author: str | None = None
    page_starts: tuple[int, ...] = ()
    copies: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """Hex digest of the text (UTF-8): two articles with the same digest read the same."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def header(self) -> str:
        """What the encoder is told about each passage beside its words; "" when nothing is known.

        >>> Article("a", "a.txt", "/a.txt", "…", title="Ferry back", date=dt.date(2022, 5, 6)).header
        'Ferry back (6 May 2022)'
        """
        when = human_date(self.date) if self.date else ""
        return f"{self.title} ({when})" if self.title and when else self.title or when

    def quote(self, span: Span) -> str:
        """The exact text of `span`."""
        return self.text[span.start : span.end]

    def page(self, offset: int) -> int | None:
        """The number of the page, from 1, that holds a character; None when the file has no pages.

        >>> Article("a", "a.pdf", "/a.pdf", "onetwo", page_starts=(0, 3)).page(4)
        2
        """
        return bisect.bisect_right(self.page_starts, offset) or None


@dataclass(frozen=True, slots=True)
class Passage:
    """Consecutive sentences of one article that fit the encoder's window together."""

    article: str
    sentences: tuple[Sentence, ...]

    @property
    def span(self) -> Span:
        """From the first sentence's start to the last one's end."""
        return Span(self.sentences[0].start, self.sentences[-1].end)


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a search found.

    `row` is its row in the generation, `score` the fused score (higher is better, comparable only
    within one search), `cosine` its similarity to the query (-1..1).
    """

    row: int
    passage: Passage
    score: float
    cosine: float


def human_date(day: dt.date) -> str:
    """A date as a reader writes it, without the locale's help.

    >>> human_date(dt.date(2021, 12, 24))
    '24 December 2021'
    """
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def short_hash(text: str) -> str:
    """The first 12 hex digits (48 bits) of SHA-256: an ID that people can type.

    >>> short_hash("a.txt")
    '18b7cb099a9e'
    """
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:12]


MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip
