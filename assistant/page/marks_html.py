"""The quotes of one answer in its articles → marks, and the way from one to the next.

    ‹ quote 2 of 5 ›        links as render.py makes them, in the order of the footnotes, across articles

Escapes as render.py does. Pure functions, no gradio, no library.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from assistant.values import Citation, Evidence, PassageRef
from index.text import Article, Span

Quoted = Citation | Evidence | PassageRef


@dataclass(frozen=True, slots=True)
class Walk:
    """The quotes that are gone through, each with the key of its link; `at` is the place of the one that is
    shown, from 0."""

    quotes: tuple[tuple[str, Quoted], ...] = ()
    at: int = 0

    def others(self, article: Article) -> list[Span]:
        """Where the other quotes stand in an article, those of which that still holds their words."""
        here = [one for n, (_, one) in enumerate(self.quotes) if n != self.at]
        return [
            Span(one.start, one.end)
            for one in here
            if one.source.article == article.id
            and not isinstance(one, PassageRef)
            and article.text[one.start : one.end] == one.quote
        ]


ALONE = Walk()


def marked_html(article: Article, start: int, span: Span, others: Sequence[Span] = ()) -> str:
    """The article's text from `start` on, `span` in a `<mark>` whose text is exactly the quote, what else the
    other quotes hold in weaker ones.

    >>> text = Article("a", "a.txt", "/a", "A <two> b.")
    >>> marked_html(text, 0, Span(2, 7), [Span(0, 1), Span(4, 9)])
    '<mark class="other">A</mark> <mark tabindex="-1">&lt;two&gt;</mark><mark class="other"> b</mark>.'
    """
    text, end = article.text, len(article.text.rstrip())
    start = min([start, span.start, *(other.start for other in others)])
    edges = {start, max(end, span.end), span.start, span.end}
    edges |= {edge for other in others for edge in (other.start, other.end)}
    pieces = []
    for left, right in pairwise(sorted(edges)):
        words = escape(text[left:right])
        if (left, right) == (span.start, span.end) or span.start <= left < span.end:
            pieces.append((True, words))
        elif any(other.start <= left < other.end for other in others):
            pieces.append((False, f'<mark class="other">{words}</mark>'))
        else:
            pieces.append((False, words))
    return _current_in_one(pieces)


def _current_in_one(pieces: Sequence[tuple[bool, str]]) -> str:
    """The pieces joined; those of the current quote, which edges of others may cut, in one mark."""
    current = [n for n, (mine, _) in enumerate(pieces) if mine]
    if not current:
        return "".join(words for _, words in pieces)
    first, last = current[0], current[-1] + 1
    before, mine, after = (
        "".join(words for _, words in part) for part in (pieces[:first], pieces[first:last], pieces[last:])
    )
    return f'{before}<mark tabindex="-1">{mine}</mark>{after}'


def walk_html(walk: Walk) -> str:
    """The way to the quote before and after; "" where there is but one.

    >>> walk_html(ALONE)
    ''
    """
    if len(walk.quotes) < 2:
        return ""
    before = _step(walk, walk.at - 1, "‹", "prev", "Previous quote")
    after = _step(walk, walk.at + 1, "›", "next", "Next quote")
    said = f"quote {walk.at + 1} of {len(walk.quotes)}"
    return f'<nav class="walk" aria-label="Quotes of this answer">{before}<span>{said}</span>{after}</nav>'


def _step(walk: Walk, to: int, sign: str, way: str, name: str) -> str:
    if not 0 <= to < len(walk.quotes):
        return f'<span class="step" aria-hidden="true">{sign}</span>'
    key = escape(walk.quotes[to][0])
    return f'<a class="step" rel="{way}" href="#cite-{key}" aria-label="{name}">{sign}</a>'
