"""Ranked sentences → how probable it is that they answer the question at all: enough, or abstain.

A logistic model over what the best of them say together, fitted on public reading questions of which a third
is asked of articles on their very subject that do not answer them (`training/evidence.py`).
"""

import math
from collections.abc import Mapping, Sequence

from assistant.finding.rank import Candidate, QuestionWords, Weights
from index.store import Generation
from index.words import terms

FEATURES = (
    "best",  # log odds of the best sentence
    "second",  # … of the second
    "cosine",  # largest of any sentence
    "passage_cosine",  # largest of any passage
    "words",  # largest share of the question's words in one sentence
    "passage_words",  # … in one passage
    "names_anywhere",  # share of the question's names in the best passage; 1 without names
    "unseen",  # share (by rarity) of the question's words that no retrieved passage holds
)
READ_FEATURES = (
    *FEATURES,
    "reader",  # largest of any sentence
    "reader_span",  # largest of any sentence
    "reader_any",  # log odds by the reader that any sentence answers
    "likely",  # share of the likeliest answer
    "agree",  # … of the three likeliest
)
AGREE = 3

# Fitted by training/evidence.py (docs/log.md, 2026-11-21), for use without a reader …
WEIGHTS = Weights(
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
# … and with one (docs/log.md, 2026-11-22).
READ_WEIGHTS = Weights(
    bias=-5.74,
    weights={
        "best": 0.25,
        "second": 0.02,
        "cosine": 6.15,
        "passage_cosine": -1.85,
        "words": 0.79,
        "passage_words": 0.73,
        "names_anywhere": 0.87,
        "unseen": -0.19,
        "reader": 0.1,
        "reader_span": -0.02,
        "reader_any": 0.17,
        "likely": 0.78,
        "agree": 1.42,
    },
)


def strength(
    question: str, found: Sequence[Candidate], likely: Mapping[str, float], generation: Generation
) -> float:
    """The estimated probability, 0..1, that the sentences found answer the question; 0 without any."""
    if not found:
        return 0.0
    weights = READ_WEIGHTS if "reader" in found[0].features else WEIGHTS
    return weights.probability(features(question, found, likely, generation))


def features(
    question: str, found: Sequence[Candidate], likely: Mapping[str, float], generation: Generation
) -> dict[str, float]:
    """`FEATURES`, or `READ_FEATURES` where a reader was at work. `found` is best first and not empty."""
    asked = QuestionWords.of(question, generation)
    passages = {c.hit.row: set(terms(_passage_text(c))) for c in found}
    odds = [math.log(max(c.score, 1e-9) / max(1 - c.score, 1e-9)) for c in found[:2]]
    best = passages[found[0].hit.row]
    told = {
        "best": odds[0],
        "second": odds[-1],
        **{name: _most(found, name) for name in ("cosine", "passage_cosine", "words", "passage_words")},
        "names_anywhere": len(asked.names & best) / len(asked.names) if asked.names else 1.0,
        "unseen": 1 - asked.share(set().union(*passages.values())),
    }
    if "reader" not in found[0].features:
        return told
    shares = sorted(likely.values(), reverse=True)
    return {
        **told,
        "reader": _most(found, "reader"),
        "reader_span": _most(found, "reader_span"),
        "reader_any": math.log(math.fsum(math.exp(c.features["reader"]) for c in found)),
        "likely": shares[0] if shares else 0.0,
        "agree": math.fsum(shares[:AGREE]),
    }


def _most(found: Sequence[Candidate], name: str) -> float:
    return max(c.features[name] for c in found)


def _passage_text(candidate: Candidate) -> str:
    return f"{candidate.article.header} {candidate.article.quote(candidate.hit.passage.span)}"
