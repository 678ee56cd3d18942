"""A citation as a short text that goes on naming the same words after the library has changed.

    3f9a0c12b7de.5d41402abc4b2a76.120-245     article . hash of its text . start - end

The hash says which version of the article the offsets count in, so a link never points at other words: it
leads to them, wherever they are now, or says that they are gone. Reads nothing.
"""

import re
from dataclasses import dataclass
from typing import Literal

from index.errors import UsageError
from index.text import Article, Span

HASH_DIGITS = 16  # of the text's SHA-256: 64 bits

LINK = re.compile(r"([0-9a-f]{12})\.([0-9a-f]{16})\.(\d{1,9})-(\d{1,9})")

State = Literal["same", "moved", "edited", "removed", "unknown"]


@dataclass(frozen=True, slots=True)
class Permalink:
    """Characters `start` to `end` of the version of an article whose text has the SHA-256 `digest`…"""

    article: str
    digest: str
    start: int
    end: int

    @classmethod
    def of(cls, article: Article, span: Span) -> "Permalink":
        """The link to a span of an article as it is."""
        return cls(article.id, article.sha256[:HASH_DIGITS], span.start, span.end)

    @classmethod
    def parse(cls, text: str) -> "Permalink":
        """
        >>> Permalink.parse("3f9a0c12b7de.5d41402abc4b2a76.120-245").end
        245
        >>> Permalink.parse("3f9a0c12b7de")
        Traceback (most recent call last):
        index.errors.UsageError: '3f9a0c12b7de' is no link to a quote; copy the whole link
        """
        found = LINK.fullmatch(text.strip())
        if not found or int(found[3]) >= int(found[4]):
            raise UsageError(f"{text!r} is no link to a quote; copy the whole link")
        return cls(found[1], found[2], int(found[3]), int(found[4]))

    def __str__(self) -> str:
        return f"{self.article}.{self.digest}.{self.start}-{self.end}"

    @property
    def span(self) -> Span:
        """The quote's characters."""
        return Span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Found:
    """Where a link leads: `article` is the version that it was made for (None when no text is kept), `now`
    the article as the library has it today (None when it was removed).

    "same": as it was. "moved": the same text, in another file. "edited": the article has another text now.
    "removed": no article of the library is it any more. "unknown": nothing of it is left.
    """

    state: State
    article: Article | None = None
    now: Article | None = None
