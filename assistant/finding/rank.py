"""Hits → their sentences, best first.

Every sentence of the retrieved passages gets features (similarity, words, its passage, the type of answer
the question asks for, what the reader says), and a logistic model weighs them. Its weights are fitted on
public reading questions that the evaluation sets do not contain (`training/evidence.py`).
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.asking.question import Wanted, wanted
from assistant.finding.reader import Reading
from index.store import Generation
from index.text import MONTHS, Article, Hit, Sentence, Span
from index.words import terms

Floats = NDArray[np.float32]

DUPLICATE_OVERLAP = 0.8  # Jaccard overlap of words from which two quotes tell the same

NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?"
    r"|millions?|billions?|half|third|quarter)\b",
    re.I,
)
TIME = re.compile(
    r"\b(?:1[0-9]{3}|20[0-9]{2}|(?:mon|tues|wednes|thurs|fri|satur|sun)day|today|tomorrow|yesterday"
    rf"|{'|'.join(MONTHS)}"
    r"|years?|months?|weeks?|days?|century|spring|summer|autumn|winter|morning|evening|night|o'clock)\b",
    re.I,
)
NAME = re.compile(r"(?<![.!?:“\"”]\s)(?<!^)\b[A-Z][\w’'-]+")

FEATURES = (
    "cosine",  # of question and sentence
    "window_cosine",  # of question and the sum of the rows of the sentence (twice) and its neighbours
    "words",  # share of the question's words in the sentence, weighted by rarity
    "window",  # … in the sentence and its two neighbours
    "passage_words",  # … in the passage and its title
    "passage_cosine",  # of question and passage
    "passage_rank",  # 1 for the best passage, 1/2 for the second, …
    "type_found",  # 1: the sentence holds a number, time or name, as the question asks for
    "type_missing",  # 1: it asks for one and the sentence holds none
    "new_words",  # content words beyond the question's, 8 or more count as 1
    "length",  # words, 60 or more count as 1
    "is_question",  # 1: the sentence asks something itself
    "reader",  # log odds by the reader that the sentence answers, within ±READER_LIMIT
    "reader_share",  # its share among all sentences read for the question and "none of them"
    "reader_span",  # log odds by the reader of its best words, within ±2 READER_LIMIT
    "reader_passage",  # the largest "reader" of its passage
)
READER_LIMIT = 15.0
ECHO = 1 / 8  # "new_words" of a question that asks the same, perhaps after "Question:"


@dataclass(frozen=True, slots=True)
class Weights:
    """A logistic model: probability = 1 / (1 + exp(-(bias + features · weights)))."""

    bias: float
    weights: Mapping[str, float]

    def probability(self, features: Mapping[str, float]) -> float:
        """0..1; a feature without a weight does not count."""
        total = self.bias + sum(w * features[name] for name, w in self.weights.items())
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, total))))


# Fitted by training/evidence.py (docs/log.md, 2026-11-21), for use without a reader …
SENTENCE_WEIGHTS = Weights(
    bias=-9.49,
    weights={
        "cosine": 9.25,
        "window_cosine": 0.57,
        "words": 4.47,
        "window": 2.23,
        "passage_words": -1.86,
        "passage_cosine": -8.0,
        "passage_rank": 3.98,
        "type_found": 0.26,
        "type_missing": -0.85,
        "new_words": 0.27,
        "length": 1.45,
        "is_question": -1.77,
    },
)
# … and with one (docs/log.md, 2026-11-22).
READ_WEIGHTS = Weights(
    bias=-7.75,
    weights={
        "cosine": 2.11,
        "window_cosine": 3.02,
        "words": 1.77,
        "window": 1.22,
        "passage_words": -1.38,
        "passage_cosine": -2.73,
        "passage_rank": 2.99,
        "type_found": -0.36,
        "type_missing": -0.42,
        "new_words": 0.04,
        "length": 0.92,
        "is_question": -2.14,
        "reader": -0.08,
        "reader_share": 6.12,
        "reader_span": 0.2,
        "reader_passage": -0.23,
    },
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may answer, with its features and the probability that it does."""

    hit: Hit
    article: Article
    index: int  # of the sentence in its passage
    features: Mapping[str, float]
    score: float
    words: Span | None = None  # in the article: those that answer best, by the reader

    @property
    def sentence(self) -> Sentence:
        """Where it stands."""
        return self.hit.passage.sentences[self.index]

    @property
    def text(self) -> str:
        """Its words."""
        return self.article.quote(self.sentence)


class SentenceReader(Protocol):
    """Reads question and passage together: reader.py, or a cross-encoder."""

    def read(self, question: str, passages: Sequence[tuple[str, str, Sequence[Span]]]) -> list[list[Reading]]:
        """For each passage `(header, text, sentences)` a reading of each of its sentences."""


def candidates(
    question: str,
    row: NDArray[np.float32],
    hits: Sequence[Hit],
    generation: Generation,
    reader: SentenceReader | None = None,
) -> list[Candidate]:
    """All sentences of the hits, each once, best first. `row` is the question's `(dim,)` unit row."""
    asked = QuestionWords.of(question, generation)
    seen: dict[tuple[str, int], Candidate] = {}
    articles = {id: generation.article(id) for id in {hit.passage.article for hit in hits}}
    rows_of = {id: {s.start: r for r, s in generation.sentences(id)} for id in articles}
    readings = _readings(question, hits, articles, reader) if reader else None
    weights = READ_WEIGHTS if reader else SENTENCE_WEIGHTS
    for rank, hit in enumerate(hits):
        article = articles[hit.passage.article]
        numbers = [rows_of[article.id][s.start] for s in hit.passage.sentences]
        rows = generation.sentence_vectors.rows(numbers)
        similar = (rows @ row, _windows(rows) @ row)
        for index, seen_apart in enumerate(_features(asked, article, hit, similar)):
            read, words = readings[rank][index] if readings else ({}, None)
            features = {**seen_apart, **read, "passage_rank": 1 / (1 + rank)}
            if features["is_question"] and features["new_words"] <= ECHO:
                continue  # it asks the same: that answers nothing
            place = (article.id, hit.passage.sentences[index].start)
            score = weights.probability(features)
            if place not in seen or seen[place].score < score:
                seen[place] = Candidate(hit, article, index, features, score, words)
    return sorted(seen.values(), key=lambda c: -c.score)


def distinct(hits: Sequence[Hit], count: int, generation: Generation) -> list[Hit]:
    """The first `count` hits, without those that tell the same as a better one (a wire story in two
    papers)."""
    kept: list[Hit] = []
    told: list[set[str]] = []
    for hit in hits:
        if len(kept) == count:
            break
        stems = set(terms(generation.article(hit.passage.article).quote(hit.passage.span)))
        if all(jaccard(stems, other) < DUPLICATE_OVERLAP for other in told):
            kept.append(hit)
            told.append(stems)
    return kept


def reordered(hits: Sequence[Hit], found: Sequence[Candidate]) -> list[Hit]:
    """The hits by the sum of their three best sentences: an accepted answer was in the first five for 0.92
    of the news questions, for 0.87 in the order of the search."""
    scores: dict[int, list[float]] = {hit.row: [] for hit in hits}
    for c in found:  # best first
        scores[c.hit.row].append(c.score)
    return sorted(hits, key=lambda hit: -math.fsum(scores[hit.row][:3]))


def _readings(
    question: str, hits: Sequence[Hit], articles: Mapping[str, Article], reader: SentenceReader
) -> list[list[tuple[dict[str, float], Span]]]:
    """The reader's features of each sentence of each hit, and its best words as a span of the article."""
    passages = []
    for hit in hits:
        article, span = articles[hit.passage.article], hit.passage.span
        inside = [Span(s.start - span.start, s.end - span.start) for s in hit.passage.sentences]
        passages.append((article.header, article.quote(span), inside))
    read = reader.read(question, passages)
    odds = [[_within(READER_LIMIT, r.relevance) for r in readings] for readings in read]
    total = 1 + sum(math.exp(o) for some in odds for o in some)
    return [
        [
            (
                {
                    "reader": o,
                    "reader_share": math.exp(o) / total,
                    "reader_span": _within(2 * READER_LIMIT, r.span_score),
                    "reader_passage": max(some),
                },
                Span(start + r.span.start, start + r.span.end),
            )
            for r, o in zip(readings, some, strict=True)
        ]
        for start, readings, some in zip((h.passage.span.start for h in hits), read, odds, strict=True)
    ]


def _within(limit: float, value: float) -> float:
    return max(-limit, min(limit, value))


@dataclass(frozen=True, slots=True)
class QuestionWords:
    """The question's stemmed content words with their rarity, its names and what it asks for."""

    rarity: Mapping[str, float]
    names: frozenset[str]
    wanted: Wanted

    @classmethod
    def of(cls, question: str, generation: Generation) -> "QuestionWords":
        """The words of a question, as rare as they are in one generation."""
        stems = list(dict.fromkeys(terms(question)))
        names = frozenset(t for name in NAME.findall(question) for t in terms(name))
        return cls({t: generation.keywords.rarity(t) for t in stems}, names, wanted(question))

    def share(self, found: set[str]) -> float:
        """The rarity-weighted share of the question's words among `found`, 0..1."""
        total = sum(self.rarity.values())
        return sum(r for t, r in self.rarity.items() if t in found) / total if total else 0.0


def _features(
    asked: QuestionWords, article: Article, hit: Hit, similar: tuple[Floats, Floats]
) -> list[dict[str, float]]:
    """`FEATURES` of each sentence of one passage, but for those of the passage among the hits. `similar` are
    the cosines of the sentences and of their windows, each `(sentences,)`."""
    quotes = [article.quote(s) for s in hit.passage.sentences]
    stems = [set(terms(q)) for q in quotes]
    all_stems = set().union(*stems, terms(article.header))
    return [
        {
            "cosine": float(similar[0][i]),
            "window_cosine": float(similar[1][i]),
            "words": asked.share(stems[i]),
            "window": asked.share(set().union(*stems[max(0, i - 1) : i + 2])),
            "passage_words": asked.share(all_stems),
            "passage_cosine": hit.cosine,
            "type_found": float(asked.wanted != "any" and _holds_type(quote, asked)),
            "type_missing": float(asked.wanted != "any" and not _holds_type(quote, asked)),
            "new_words": min(1.0, len(stems[i] - asked.rarity.keys()) / 8),
            "length": min(1.0, len(quote.split()) / 60),
            "is_question": float(quote.rstrip("”\"’' ").endswith("?")),
        }
        for i, quote in enumerate(quotes)
    ]


def _windows(rows: Floats) -> Floats:
    """`(n, dim)` unit rows → unit rows of each sentence with its neighbours, itself counted twice.

    >>> _windows(np.eye(2, dtype=np.float32)).round(2).tolist()
    [[0.8899999856948853, 0.44999998807907104], [0.44999998807907104, 0.8899999856948853]]
    """
    padded = np.vstack([np.zeros_like(rows[:1]), rows, np.zeros_like(rows[:1])])
    summed = padded[:-2] + 2 * padded[1:-1] + padded[2:]
    unit: Floats = summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-9)
    return unit


def _holds_type(quote: str, asked: QuestionWords) -> bool:
    """Whether the sentence holds what the question asks for, beyond the question's own words."""
    if asked.wanted == "number":
        return bool(NUMBER.search(quote))
    if asked.wanted == "time":
        return bool(TIME.search(quote))
    return any(not set(terms(name)) <= asked.rarity.keys() for name in NAME.findall(quote))


def jaccard(a: set[str], b: set[str]) -> float:
    """The share of two texts' words that both have; 1 for two empty ones.

    >>> jaccard({"a", "b"}, {"b", "c", "d"})
    0.25
    """
    return len(a & b) / len(a | b) if a | b else 1.0
