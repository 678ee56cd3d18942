"""Fit the logistic models of composing/choose.py (in `assistant/`) and print their weights.

    python -m training.choosing ../shared/train/squadshifts_wiki.jsonl --adapter build/adapter.gguf

Asks the questions of training/articles.py on pages that neither reader nor adapter was trained on, and shows
the evidence to the model with its adapter. Fits on one half of the questions, reports on the other; the
weights printed last are fitted on all. Never reads an evaluation set.
"""

import argparse
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from assistant import Assistant
from assistant.composing.choose import (
    MARKED,
    Picked,
    Shown,
    any_features,
    believed,
    log_odds,
    marked,
    prompts,
    quote_features,
    weighed,
)
from assistant.finding.likely import plain_words
from assistant.finding.rank import Weights
from assistant.llm.merge import merged
from assistant.llm.model import LlamaModel
from assistant.llm.talk import Choice
from assistant.llm.weights import find_weights
from assistant.measuring.gold import contains
from assistant.settings import DEFAULT_MODEL
from assistant.values import Answer, Evidence
from training.articles import Question, read
from training.data import is_held_out
from training.evidence import fit, report

QUOTE_FEATURES = ("own", "chosen")
ANY_FEATURES = ("own", "some")


@dataclass(frozen=True)
class Seen:
    """A question, what was found, the quotes that the model read, all and as they answer best, and its
    choice."""

    question: Question
    found: Answer
    shown: Shown
    picked: Picked
    choice: Choice


def seen(assistant: Assistant, model: LlamaModel, question: Question) -> Seen | None:
    """One question, asked; None where nothing is found."""
    found = assistant.ask(question.text)
    if not found.evidence:
        return None
    shown = Shown.of(found.evidence[: assistant.settings.model_quotes])
    asked, texts = prompts(question.text, shown.texts), shown.texts
    choice = model.choose(asked, texts, len(texts), lambda odds: shown.picked(odds).best(MARKED))
    return Seen(question, found, shown, shown.picked(choice.odds), choice)


def right(e: Evidence, question: Question) -> bool | None:
    """Whether a quote answers; None when that can't be told."""
    return question.answered_by(e.quote, e.source.file, e.start, e.end)


def fit_quotes(some: Sequence[Seen]) -> Weights:
    """On the quotes whose label can be told, of the questions that have an answer."""
    x, y = [], []
    for s in some:
        for e, features in zip(s.picked.read, _quotes(s), strict=True):
            label = right(e, s.question)
            if s.question.file and label is not None:
                x.append([features[n] for n in QUOTE_FEATURES])
                y.append(label)
    return fit(x, y, QUOTE_FEATURES)


def fit_any(some: Sequence[Seen]) -> Weights:
    """On all questions: whether the articles answer."""
    x = [[features[n] for n in ANY_FEATURES] for s in some for features in [_any(s)]]
    return fit(x, [bool(s.question.file) for s in some], ANY_FEATURES)


def tell(some: Sequence[Seen], quotes: Weights, any_: Weights) -> None:
    """How well reader, model and both together do."""
    answerable = [s for s in some if s.question.file]
    for name, weights in (
        ("reader", Weights(0, {"own": 1})),
        ("model", Weights(0, {"chosen": 1})),
        ("both", quotes),
    ):
        first = [right(_best(s, weights), s.question) is True for s in answerable]
        print(f"{name}: right quote first {np.mean(first):.3f} of {len(first)}")
    for name, weights in (
        ("reader", Weights(0, {"own": 1})),
        ("model", Weights(0, {"some": 1})),
        ("both", any_),
    ):
        print(name, end=": ")
        report([(weights.probability(_any(s)), bool(s.question.file)) for s in some])
    for sure in (0.0, 1.0, 2.0, 3.0, 4.0):
        sooner = [_sooner(s, sure) for s in answerable]
        best = [_best(one or s, quotes) for s, one in zip(answerable, sooner, strict=True)]
        first = [right(e, s.question) is True for e, s in zip(best, answerable, strict=True)]
        told = np.mean([one is not None for one in sooner])
        print(f"sure from {sure}: {told:.3f} by the first, right quote first {np.mean(first):.3f}")
    for share in (0.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.85, 1.0):
        words = [_short(s, share) for s in answerable]
        good = [
            any(contains(w, answer) for answer in s.question.answers)
            for w, s in zip(words, answerable, strict=True)
        ]
        print(f"share {share} of the model's words: the short answer is right {np.mean(good):.3f}")


def _sooner(s: Seen, sure: float) -> Seen | None:
    """As if the first quotes alone had been read; None where none of them is likely enough."""
    odds = s.choice.odds[: s.shown.first + 1]
    picked = s.shown.picked(odds)
    return None if s.shown.unsure(odds, sure) else replace(s, picked=picked)


def _short(s: Seen, share: float) -> str:
    read = marked(s.choice, s.picked, weighed(s.choice, s.picked))
    return next(iter(believed(s.question.text, read, _likely(s), share)), "")


def _likely(s: Seen) -> dict[str, float]:
    """The reader's words of the quotes, by their scores."""
    mass: dict[str, float] = {}
    for e in s.found.evidence[: len(s.picked.read)]:
        words = plain_words(e.words)
        mass[words] = mass.get(words, 0.0) + np.exp(0.3 * log_odds(e.score))
    shares = {words: m / sum(mass.values()) for words, m in mass.items()}
    return dict(sorted(shares.items(), key=lambda pair: -pair[1]))


def _quotes(s: Seen) -> list[dict[str, float]]:
    return quote_features(s.picked.odds, s.picked.read)


def _any(s: Seen) -> dict[str, float]:
    return any_features(s.picked.odds, s.found.strength)


def _best(s: Seen, weights: Weights) -> Evidence:
    return s.picked.read[int(np.argmax([weights.probability(f) for f in _quotes(s)]))]


def main() -> None:
    """Index, ask, fit, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--adapter", type=Path, required=True)
    parser.add_argument("--library", type=Path, help="where the articles are indexed, to be used again")
    parser.add_argument("--questions", type=int, default=1000, help="so many at most")
    arguments = parser.parse_args()
    articles, asked = read(arguments.files, random.Random(7))
    asked = [q for q in asked if is_held_out(q.page)]
    random.Random(8).shuffle(asked)
    with tempfile.TemporaryDirectory() as folder:
        place = arguments.library or Path(folder)
        files = place / "articles"
        files.mkdir(parents=True, exist_ok=True)
        for name, text in articles.items():
            (files / name).write_text(text, encoding="utf-8")
        assistant = Assistant.open(place, use_model=False, abstain_below=0.0)
        assistant.library.add([files])
        weights = find_weights(DEFAULT_MODEL)
        both = merged(weights, arguments.adapter)
        model = LlamaModel(weights, adapter=arguments.adapter, merged=both)
        bar = tqdm(asked[: arguments.questions], mininterval=20)
        some = [s for q in bar if (s := seen(assistant, model, q))]
    half = len(some) // 2
    tell(some[half:], fit_quotes(some[:half]), fit_any(some[:half]))
    print("QUOTE_WEIGHTS =", fit_quotes(some))
    print("ANY_WEIGHTS =", fit_any(some))


if __name__ == "__main__":
    main()
