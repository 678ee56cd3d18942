"""Hits → numbered quotes, best first; and how strong they are together, so that weak ones abstain.

Every sentence of the retrieved passages gets features (similarity, words, its passage, the type of answer
the question asks for), two logistic models weigh them: one ranks sentences, the other estimates from the
best ones whether the articles answer the question at all. Their weights are fitted on public reading
questions that the evaluation sets do not contain (`bench/fit_evidence.py`). No language model here.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.question import Wanted, wanted
from assistant.values import Evidence, Source
from index.store import Generation
from index.text import Article, Hit, Sentence, Span
from index.words import terms

Floats = NDArray[np.float32]

MAX_JOINED_WORDS = 70  # a quote that grew by its neighbours still fits a footnote
DUPLICATE_OVERLAP = 0.8  # Jaccard overlap of words from which two quotes tell the same

# "He said", "This was": the sentence leans on the one before it.
LEANS = re.compile(
    r"(?:[“\"‘(]\s*)?(?:(?:But|And|Yet|So|Still|However),?\s+)?"
    r"(?:He|She|It|They|His|Her|Its|Their|This|That|These|Those|Both|Such)\b"
)
OPENING = re.compile(r"“(?=\w)")
CLOSING = re.compile(r"”|“(?!\w)")
PARAGRAPH_END = re.compile(r"\n[ \t\r]*\n")

NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?"
    r"|millions?|billions?|half|third|quarter)\b",
    re.I,
)
TIME = re.compile(
    r"\b(?:1[0-9]{3}|20[0-9]{2}|(?:mon|tues|wednes|thurs|fri|satur|sun)day|today|tomorrow|yesterday"
    r"|january|february|march|april|may|june|july|august|september|october|november|december"
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
)


@dataclass(frozen=True, slots=True)
class Weights:
    """A logistic model: probability = 1 / (1 + exp(-(bias + features · weights)))."""

    bias: float
    weights: Mapping[str, float]

    def probability(self, features: Mapping[str, float]) -> float:
        """0..1; a feature without a weight does not count."""
        total = self.bias + sum(w * features[name] for name, w in self.weights.items())
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, total))))


# Fitted by bench/fit_evidence.py (docs/log.md, 2026-11-21).
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
ANSWERABLE_WEIGHTS = Weights(
    bias=-5.35,
    weights={
        "best": 0.49,
        "second": -0.23,
        "cosine": 4.4,
        "passage_cosine": 0.24,
        "words": 1.14,
        "passage_words": 2.35,
        "names_anywhere": 0.44,
        "unseen": 0.62,
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

    @property
    def sentence(self) -> Sentence:
        """Where it stands."""
        return self.hit.passage.sentences[self.index]

    @property
    def text(self) -> str:
        """Its words."""
        return self.article.quote(self.sentence)


def candidates(
    question: str, row: NDArray[np.float32], hits: Sequence[Hit], generation: Generation
) -> list[Candidate]:
    """All sentences of the hits, each once, best first. `row` is the question's `(dim,)` unit row."""
    asked = QuestionWords.of(question, generation)
    seen: dict[tuple[str, int], Candidate] = {}
    articles = {id: generation.article(id) for id in {hit.passage.article for hit in hits}}
    for rank, hit in enumerate(hits):
        article = articles[hit.passage.article]
        numbers = {s.start: r for r, s in generation.sentences(article.id)}
        rows = generation.sentence_vectors.rows([numbers[s.start] for s in hit.passage.sentences])
        similar = (rows @ row, _windows(rows) @ row)
        for index, features in enumerate(_features(asked, article, hit, similar)):
            features["passage_rank"] = 1 / (1 + rank)
            if features["is_question"] and not features["new_words"]:
                continue  # it asks the same: that answers nothing
            place = (article.id, hit.passage.sentences[index].start)
            score = SENTENCE_WEIGHTS.probability(features)
            if place not in seen or seen[place].score < score:
                seen[place] = Candidate(hit, article, index, features, score)
    return sorted(seen.values(), key=lambda c: -c.score)


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


ANSWERABLE_FEATURES = (
    "best",  # log odds of the best sentence
    "second",  # … of the second
    "cosine",  # largest of any sentence
    "passage_cosine",  # largest of any passage
    "words",  # largest share of the question's words in one sentence
    "passage_words",  # … in one passage
    "names_anywhere",  # share of the question's names in the best passage; 1 without names
    "unseen",  # share (by rarity) of the question's words that no retrieved passage holds
)


def answerable_features(
    question: str, found: Sequence[Candidate], generation: Generation
) -> dict[str, float]:
    """What the retrieved sentences say together about whether the question is answered there."""
    asked = QuestionWords.of(question, generation)
    everything = {
        t
        for c in {c.hit.row: c for c in found}.values()
        for t in terms(_passage_text(c))
        if t in asked.rarity
    }
    best = set(terms(_passage_text(found[0])))
    odds = [math.log(max(c.score, 1e-9) / max(1 - c.score, 1e-9)) for c in found[:2]]
    return {
        "best": odds[0],
        "second": odds[-1],
        **{
            name: max(c.features[name] for c in found)
            for name in ("cosine", "passage_cosine", "words", "passage_words")
        },
        "names_anywhere": len(asked.names & best) / len(asked.names) if asked.names else 1.0,
        "unseen": 1 - asked.share(everything),
    }


def strength(question: str, found: Sequence[Candidate], generation: Generation) -> float:
    """The estimated probability, 0..1, that the sentences found answer the question; 0 without any."""
    if not found:
        return 0.0
    return ANSWERABLE_WEIGHTS.probability(answerable_features(question, found, generation))


def select(found: Sequence[Candidate], count: int) -> list[Evidence]:
    """The best `count` candidates as numbered quotes; what tells the same takes one place only."""
    chosen: list[Evidence] = []
    told: list[set[str]] = []
    for candidate in found:
        if len(chosen) == count:
            break
        span = join(candidate)
        stems = set(terms(candidate.article.quote(span)))
        same_place = any(e.source.article == candidate.article.id and e.span.overlaps(span) for e in chosen)
        if same_place or any(_jaccard(stems, other) >= DUPLICATE_OVERLAP for other in told):
            continue
        told.append(stems)
        chosen.append(_evidence(len(chosen) + 1, candidate, span))
    return chosen


def join(candidate: Candidate) -> Span:
    """The sentence, with its neighbours where it can't stand alone: a pronoun leans on the sentence
    before, a quotation that is open goes on in the next."""
    passage, article = candidate.hit.passage, candidate.article
    first = last = candidate.index

    def text() -> str:
        return article.quote(Span(passage.sentences[first].start, passage.sentences[last].end))

    def fits(i: int) -> bool:
        if not 0 <= i < len(passage.sentences):
            return False
        low, high = min(first, i), max(last, i)
        whole = article.quote(Span(passage.sentences[low].start, passage.sentences[high].end))
        return len(whole.split()) <= MAX_JOINED_WORDS and not PARAGRAPH_END.search(whole)

    if LEANS.match(text()) and fits(first - 1):
        first -= 1
    if _open_quotes(text()) > 0 and fits(last + 1):
        last += 1
    if _open_quotes(text()) < 0 and fits(first - 1):
        first -= 1
    return Span(passage.sentences[first].start, passage.sentences[last].end)


def _open_quotes(text: str) -> int:
    """Quotation marks that open less those that close, by where they stand: real articles mix them up.

    >>> _open_quotes("“We are ready."), _open_quotes("The “tracks” are these. “")
    (1, -1)
    """
    return len(OPENING.findall(text)) - len(CLOSING.findall(text))


def _evidence(n: int, candidate: Candidate, span: Span) -> Evidence:
    article, passage = candidate.article, candidate.hit.passage.span
    return Evidence(
        n=n,
        source=Source.of(article),
        quote=article.quote(span),
        start=span.start,
        end=span.end,
        key=candidate.text,
        score=candidate.score,
        context=article.quote(passage),
        context_start=passage.start,
    )


def _passage_text(candidate: Candidate) -> str:
    return f"{candidate.article.header} {candidate.article.quote(candidate.hit.passage.span)}"


def _jaccard(a: set[str], b: set[str]) -> float:
    return len(a & b) / len(a | b) if a | b else 1.0
