"""A question of fact → numbered evidence from the articles that may answer, and how strong it is.

    search → distinct passages → sentences, read → likely answers → enough? → quotes

A period in the question is tried: it stays where the quotes in it are nearly as good as those anywhere, for
else it was the time of an event that later articles tell of.
"""

import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from assistant.asking.period import is_relative
from assistant.finding.enough import strength
from assistant.finding.evidence import select
from assistant.finding.likely import likely_answers
from assistant.finding.rank import SentenceReader, candidates, distinct, reordered
from assistant.finding.reader import Reading
from assistant.finding.recent import by_age
from assistant.finding.scope import widened
from assistant.pace import Pace
from assistant.settings import Settings
from assistant.values import EVERYWHERE, Evidence, PassageRef, Scope, Searched, Source
from index.embed import Rows
from index.filter import ANY, Filter
from index.library import Library
from index.store import Generation
from index.text import Hit, Span

# A period is kept from this share of the strength without it. Of 37 news questions with the month of their
# article added 34 kept it, and 29 were right (26 without a filter); with the month before 2 did, 25 and 25
# right. From 0.5 on 35 and 7, 28 and 23 right (docs/log.md).
KEPT_FROM = 0.9
# It is tried only where its nearest passage is at most so much farther (cosine) than the nearest of all: the
# same answers, with 81 of 148 of those questions read twice, and 12 of 49 that say "this week".
FAR = 0.15


@dataclass(frozen=True)
class Found:
    """Numbered quotes, [] when they are too weak to answer; their strength (0..1, that they answer), the
    likely answers in them, the passages (those that were read by how well they answer, then those that only
    came near), and where all this was looked for."""

    evidence: tuple[Evidence, ...] = ()
    strength: float = 0.0
    likely: Mapping[str, float] = field(default_factory=dict)
    passages: tuple[PassageRef, ...] = ()
    scope: Scope = EVERYWHERE


@dataclass(frozen=True)
class Search:
    """A question and where it is asked; `row` is its `(dim,)` unit row."""

    question: str
    row: Rows
    library: Library
    generation: Generation
    reader: SentenceReader | None
    settings: Settings
    pace: Pace  # of its reading

    def hits(self, wanted: Filter) -> list[Hit]:
        """The passages that fit best, of the articles that a filter allows."""
        allowed = self.generation.catalogue.rows_of(wanted) if wanted else ANY
        count = 2 * self.settings.passages  # some of them tell the same
        return self.library.search_row(self.question, self.row, count, self.generation, allowed)

    def read(
        self, hits: Sequence[Hit], scope: Scope, *, again: bool = False
    ) -> Generator[Searched, None, Found]:
        """What passages hold; yields those that are about to be read. `again`: most of them were read before,
        which says nothing of how long it takes."""
        if not hits:
            return Found(scope=scope)
        hits = distinct(hits, self.settings.passages, self.generation)
        count = self.settings.read if self.reader else len(hits)
        hits, beyond = hits[:count], hits[count:]
        yield Searched(tuple(passage_ref(hit, self.generation) for hit in hits), self.pace.typical_s)
        began = time.perf_counter()
        read = candidates(self.question, self.row, hits, self.generation, self.reader)
        days = self.generation.catalogue.days
        found = by_age(self.question, read, days[1] if days else None)
        likely = likely_answers(self.question, found)
        strong = strength(self.question, found, likely, self.generation)
        enough = strong >= self.settings.abstain_below
        chosen = select(found, self.settings.evidence, likely) if enough else []
        if not again:
            self.pace.note(time.perf_counter() - began)
        passages = tuple(passage_ref(hit, self.generation) for hit in [*reordered(hits, found), *beyond])
        return Found(tuple(chosen), strong, likely, passages, scope)


class Once:
    """A reader of one question that reads no passage twice: most of those in a period are among the best of
    all, too."""

    def __init__(self, reader: SentenceReader) -> None:
        self._reader = reader
        self._known: dict[tuple[str, str, tuple[Span, ...]], list[Reading]] = {}

    def read(self, question: str, passages: Sequence[tuple[str, str, Sequence[Span]]]) -> list[list[Reading]]:
        """As the reader itself."""
        keys = [(header, text, tuple(sentences)) for header, text, sentences in passages]
        new = [key for key in dict.fromkeys(keys) if key not in self._known]
        if new:
            self._known.update(zip(new, self._reader.read(question, new), strict=True))
        return [self._known[key] for key in keys]


def retrieved(search: Search, scope: Scope, *, strict: bool = False) -> Generator[Searched, None, Found]:
    """What the articles in a scope hold for a question; yields the passages that are about to be read. Unless
    `strict`, a period that the question names is given up where the articles hold more without it."""
    within = search.hits(scope.filter)
    if strict or not scope.asked:
        return (yield from search.read(within, scope))
    anywhere = search.hits(scope.own)
    if [hit.row for hit in within] == [hit.row for hit in anywhere]:
        return (yield from search.read(within, scope))
    search = replace(search, reader=Once(search.reader) if search.reader else None)
    found = yield from search.read(anywhere, widened(scope))
    if _nearest(within) >= _nearest(anywhere) - FAR:
        kept = yield from search.read(within, scope, again=True)
        if kept.evidence and kept.strength >= KEPT_FROM * found.strength:
            return kept
    # "Last week" is said of now: whoever says it is told that the answer is older.
    told = found.evidence and is_relative(scope.words)
    return replace(found, scope=widened(scope, told=True)) if told else found


def _nearest(hits: Sequence[Hit]) -> float:
    return max((hit.cosine for hit in hits), default=-1.0)


def passage_ref(hit: Hit, generation: Generation) -> PassageRef:
    """A passage that was found."""
    article, span = generation.article(hit.passage.article), hit.passage.span
    return PassageRef(Source.of(article), span.start, span.end, hit.cosine)
