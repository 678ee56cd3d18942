"""A topic and a period → the sentences of the articles that bear on it, with their rows: a digest's pool.

A digest asks for more than a fact does: everything on a topic, not the one sentence that answers. So the
search goes deeper, and a sentence is kept when its passage is on the topic. A period narrows the search
itself, so that an old month is found behind a loud new one. Without a topic ("what is
new since Monday?") the first sentences of each article speak for it: news says there what it is about.
Chooses nothing; knows no kinds of questions.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.finding.evidence import PARAGRAPH_END, join
from assistant.finding.rank import Candidate, candidates
from assistant.values import Evidence, Source
from index.filter import Allowed
from index.library import Library
from index.store import Generation
from index.text import Article, Hit, Span

Floats = NDArray[np.float32]

PASSAGES = 60  # of a search: the three lists of 50 that are fused hold 70 to 120 passages
# A passage is on the topic from this sum on: its cosine with the topic + HELD_WEIGHT * the share of the
# topic's words (by rarity) that it and its title hold, of which half must be there. Of 110 topics made of the
# names of news files 2 % have no such passage; of 110 titles of encyclopedic articles, asked of the
# same news, 74 % (many of the others are there: "Bubonic plague", "Federal Reserve System").
ON_TOPIC, HELD_WEIGHT, HELD = 0.53, 0.24, 0.5
BESIDE_TOPIC = 0.45  # … the other passages, once one is
WORTH = 0.62  # share of the best relevance below which a sentence is beside the topic
NEIGHBOUR = 0.8  # what a word of the topic counts in the sentence before or after
LEAD = 3  # sentences from the start of an article that speak for the whole of it
FEW_ARTICLES = 6  # below, an overview has room for more than a sentence of each
MAX_OPENED = 1000  # articles of one overview; of more, every second or third, … (similarities are n × n)
EARLY = 0.15  # share of its relevance that each sentence loses to the one before it
LEAD_BONUS = 0.15  # relevance that the first sentence of an article has above one in its middle

MIN_WORDS, MAX_WORDS = 6, 60
ENDS = re.compile(r"[.!?…][”\"’')\]]*\Z|[”\"]\Z")
STARTS = re.compile(r"[“\"‘'(\[$€£]*[A-Z0-9À-Þ$€£]")
# What a scraped page says of itself, and the headlines of other articles.
PAGE = re.compile(
    r"\b(?:read more|sign up|newsletter|click here|subscribe|getty images|follow us|all rights reserved"
    r"|this story has been updated|contributed to this report|more videos|just watched|photos?:"
    r"|see also|related:|cookies)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Pool:
    """Sentences (`n` 0, `score` their relevance 0..1), most relevant first, their `(n, dim)` rows, and the
    `(dim,)` row of the topic (zeros for none)."""

    quotes: tuple[Evidence, ...]
    rows: Floats
    query: Floats
    hits: tuple[Hit, ...] = ()

    @property
    def relevance(self) -> Floats:
        """`(n,)`."""
        return np.array([quote.score for quote in self.quotes], dtype=np.float32)

    def only(self, kept: Sequence[int]) -> "Pool":
        """The pool with only some of its quotes, by index."""
        return Pool(tuple(self.quotes[i] for i in kept), self.rows[list(kept)], self.query, self.hits)


def about(
    topic: str,
    allowed: Allowed,
    library: Library,
    generation: Generation,
    worth: float = WORTH,
) -> Pool:
    """The sentences on a topic, of the allowed articles; empty when no passage is on it. `worth` is the share
    of the best relevance that each must have."""
    row = library.embed([topic])[0]
    hits = library.search_row(topic, row, PASSAGES, generation, allowed)
    found = [c for part in _apart(hits) for c in candidates(topic, row, part, generation)]
    on_topic = [(c, _nearness(c)) for c in found if c.features["passage_words"] >= HELD]
    if not any(near >= ON_TOPIC for _, near in on_topic):
        return Pool((), row[None][:0], row, tuple(hits))
    scored = ((c, _relevance(c)) for c, near in on_topic if near >= BESIDE_TOPIC and tellable(c.text))
    quotes, rows = _worth(scored, worth, generation)
    return Pool(quotes, rows, row, tuple(hits))


def opening(ids: Sequence[str], generation: Generation) -> Pool:
    """The first sentences that tell something of each article: one each, three where there are few articles.
    As relevant as they are near to what the whole article is about (its mean row) and early in it."""
    quotes: list[tuple[Evidence, int]] = []
    each = LEAD if len(ids) < FEW_ARTICLES else 1
    for article in map(generation.article, ids[:: 1 + len(ids) // MAX_OPENED]):
        numbered = generation.sentences(article.id)
        told = [(n, s) for n, s in numbered if tellable(article.quote(s))][:LEAD]
        if not told:
            continue
        mean = generation.sentence_vectors.rows([n for n, _ in numbered]).mean(axis=0)
        near = generation.sentence_vectors.rows([n for n, _ in told]) @ mean / np.linalg.norm(mean)
        around = Span(told[0][1].start, told[-1][1].end)
        scored = sorted(
            ((float(max(0.0, near[i])) * (1 - EARLY * i), n, s) for i, (n, s) in enumerate(told)),
            key=lambda item: -item[0],
        )
        quotes += [
            (_evidence(article, s, article.quote(s), score, around), n) for score, n, s in scored[:each]
        ]
    quotes.sort(key=lambda pair: -pair[0].score)
    rows = generation.sentence_vectors.rows([n for _, n in quotes])
    return Pool(tuple(q for q, _ in quotes), rows, np.zeros(rows.shape[1], dtype=np.float32))


def tellable(text: str) -> bool:
    """Whether a sentence can stand in a digest: whole, of a readable length, not a headline or a caption.

    >>> [tellable(t) for t in ("The dike broke on Sunday night at Tholmby.", "Photos: The Dike In Pictures")]
    [True, False]
    """
    said = text.split()
    capitals = sum(word[:1].isupper() for word in said)
    return (
        MIN_WORDS <= len(said) <= MAX_WORDS
        and bool(STARTS.match(text) and ENDS.search(text))
        and not text.rstrip("”\"’' ").endswith("?")
        and capitals <= 0.6 * len(said)
        and not text.endswith("...")
        and not PAGE.search(text)
    )


def _apart(hits: Sequence[Hit]) -> list[list[Hit]]:
    """The hits in parts that hold one passage of each article: passages overlap, and of a sentence in two
    of them `candidates` keeps the one that is better for a fact, which may be farther from the topic."""
    parts: list[list[Hit]] = []
    counts: dict[str, int] = {}
    for hit in hits:
        n = counts[hit.passage.article] = counts.get(hit.passage.article, -1) + 1
        if n == len(parts):
            parts.append([])
        parts[n].append(hit)
    return parts


def _nearness(candidate: Candidate) -> float:
    """Of a passage to the topic: by meaning and by words."""
    return candidate.hit.cosine + HELD_WEIGHT * candidate.features["passage_words"]


def _relevance(candidate: Candidate) -> float:
    """0..1: 0.4 from its passage, 0.6 from the sentence and its neighbours (which may name what it calls
    "it"); early sentences tell what an article is about."""
    f = candidate.features
    passage = 0.5 * max(0.0, f["passage_cosine"]) + 0.5 * f["passage_words"]
    words = max(f["words"], NEIGHBOUR * f["window"])
    own = 0.5 * max(0.0, f["cosine"], f["window_cosine"]) + 0.5 * words
    early = LEAD_BONUS / (1 + (candidate.sentence.start - candidate.article.body_start) / 300)
    return min(1.0, (0.4 * passage + 0.6 * own + early) / (1 + LEAD_BONUS))


def _span(candidate: Candidate) -> Span:
    """The quote of a sentence: joined as evidence is, and with the sentence before it where only that one
    names the topic ("The dike will cost more. Instead of 3.4 million, …")."""
    span, f, i = join(candidate), candidate.features, candidate.index
    if i == 0 or span.start < candidate.sentence.start or f["words"] >= HELD or f["window"] <= f["words"]:
        return span
    before = Span(candidate.hit.passage.sentences[i - 1].start, span.end)
    text = candidate.article.quote(before)
    first = candidate.article.quote(candidate.hit.passage.sentences[i - 1])
    fits = len(text.split()) <= MAX_WORDS and not PARAGRAPH_END.search(text)
    return before if fits and tellable(first) else span


def _worth(
    scored: Iterator[tuple[Candidate, float]], worth: float, generation: Generation
) -> tuple[tuple[Evidence, ...], Floats]:
    """The quotes with at least a share `worth` of the best relevance, best first, and their rows."""
    best: dict[tuple[str, int], tuple[Candidate, float]] = {}
    for candidate, score in scored:
        place = (candidate.article.id, candidate.sentence.start)
        if place not in best or best[place][1] < score:
            best[place] = (candidate, score)
    ranked = sorted(best.values(), key=lambda pair: -pair[1])
    ranked = [(c, score) for c, score in ranked if score >= worth * ranked[0][1]]
    numbers = {
        (article, sentence.start): number
        for article in {c.article.id for c, _ in ranked}
        for number, sentence in generation.sentences(article)
    }
    rows = generation.sentence_vectors.rows([numbers[c.article.id, c.sentence.start] for c, _ in ranked])
    quotes = (_evidence(c.article, _span(c), c.text, score, c.hit.passage.span) for c, score in ranked)
    return tuple(quotes), rows


def _evidence(article: Article, span: Span, key: str, score: float, context: Span) -> Evidence:
    return Evidence(
        n=0,
        source=Source.of(article),
        quote=article.quote(span),
        start=span.start,
        end=span.end,
        key=key,
        score=score,
        context=article.quote(context),
        context_start=context.start,
    )
