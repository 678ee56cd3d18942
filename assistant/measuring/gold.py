"""Accepted answers and a text: does it hold one, where, and how many of the words do they share?

Compares words as SQuAD's evaluation does (Rajpurkar et al., 2016, arXiv:1606.05250): lower case, without
punctuation and articles. Knows no meaning: "twelve" does not hold "12", nor "European" "Europe".
"""

import re
import string
from collections.abc import Iterable
from dataclasses import dataclass

from index.text import Span
from index.words import terms

ARTICLES = frozenset({"a", "an", "the"})
WORD = re.compile(rf"[^\s{re.escape(string.punctuation + '“”‘’–—…')}]+")


def normalise(text: str) -> str:
    """Lower case, without punctuation and articles, single spaces.

    >>> normalise("The “Tony” Awards!")
    'tony awards'
    """
    return " ".join(word for word, _ in _words(text))


def contains(text: str, accepted: str) -> bool:
    """Whether a text holds an accepted answer, word for word after `normalise`.

    >>> contains("It cost $150.", "$15"), contains("It was Liz Truss.", "Truss")
    (False, True)
    """
    wanted = normalise(accepted)
    return bool(wanted) and f" {wanted} " in f" {normalise(text)} "


def places(text: str, accepted: Iterable[str]) -> list[Span]:
    """Where a text holds accepted answers: in order, what overlaps or touches joined to one.

    >>> places("Truss. It was Liz Truss!", ["Truss", "Liz Truss"])
    [Span(start=0, end=5), Span(start=14, end=23)]
    """
    words = _words(text)
    plain = [word for word, _ in words]
    found: list[Span] = []
    for wanted in (normalise(answer).split() for answer in accepted):
        for i in range(len(words) - len(wanted) + 1) if wanted else ():
            if plain[i : i + len(wanted)] == wanted:
                found.append(Span(words[i][1].start, words[i + len(wanted) - 1][1].end))
    return _joined(found)


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many different content words (stemmed) two texts share. `recall`: the share of the gold's words
    that was found, `precision`: the share of the found words that the gold holds; 0..1."""

    recall: float
    precision: float

    @property
    def f1(self) -> float:
        """The harmonic mean of both; 0 when either is.

        >>> Overlap(recall=1.0, precision=0.5).f1
        0.6666666666666666
        """
        both = self.recall + self.precision
        return 2 * self.recall * self.precision / both if both else 0.0


def overlap(gold: str, quotes: str, answer: str) -> Overlap:
    """What the quotes hold of the gold, and what the gold holds of the answer.

    >>> overlap("The ferry sank in June.", "A ferry sank.", "The ferry sank on Sunday.")
    Overlap(recall=0.6666666666666666, precision=0.6666666666666666)
    """
    wanted = set(terms(gold))
    return Overlap(_share(wanted, set(terms(quotes))), _share(set(terms(answer)), wanted))


def _share(words: set[str], among: set[str]) -> float:
    return len(words & among) / len(words) if words else 0.0


def _words(text: str) -> list[tuple[str, Span]]:
    found = ((m[0].lower(), Span(m.start(), m.end())) for m in WORD.finditer(text))
    return [(word, span) for word, span in found if word not in ARTICLES]


def _joined(spans: Iterable[Span]) -> list[Span]:
    """
    >>> _joined([Span(4, 9), Span(0, 2), Span(2, 3), Span(5, 6)])
    [Span(start=0, end=3), Span(start=4, end=9)]
    """
    joined: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start, s.end)):
        if joined and span.start <= joined[-1].end:
            last = joined.pop()
            joined.append(Span(last.start, max(last.end, span.end)))
        else:
            joined.append(span)
    return joined
