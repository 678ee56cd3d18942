"""Fit the two logistic models of `assistant/evidence.py` and print their weights.

    python bench/fit_evidence.py ../shared/train/squadshifts_wiki.jsonl [more.jsonl] [--questions 2400]

Reads paragraphs with span questions (one JSON a line: `title`, `context`, `qas` with `question`,
`answers`, `start`).
Two thirds of each page's paragraphs become an article; the questions on the others are unanswerable,
though the article is about their very subject. Fits on half of the questions, reports on the other half.
Never reads an evaluation set. Needs scikit-learn, which sentence-transformers brings.
"""

import argparse
import json
import random
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from assistant.evidence import (
    ANSWERABLE_FEATURES,
    FEATURES,
    Candidate,
    Weights,
    answerable_features,
    candidates,
)
from assistant.settings import Settings
from index.library import Library


@dataclass(frozen=True)
class Question:
    """One training question and where its answer stands."""

    text: str
    answers: tuple[str, ...]
    file: str  # of its paragraph
    start: int | None  # of the answer in the paragraph, when the set tells


def read(files: list[Path], rng: random.Random) -> tuple[dict[str, str], list[Question]]:
    """Articles by file name, each made of two thirds of the paragraphs of one page, and all questions;
    those on the other paragraphs have the file ""."""
    pages: dict[str, list[dict[str, Any]]] = {}
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            data = json.loads(line)
            pages.setdefault(data["title"], []).append(data)
    articles: dict[str, str] = {}
    questions: list[Question] = []
    for number, paragraphs in enumerate(pages.values()):
        name, text = f"{number:05d}.txt", ""
        for paragraph in paragraphs:
            kept = rng.random() < 2 / 3
            base = len(text)
            if kept:
                text += paragraph["context"].strip() + "\n\n"
            for q in paragraph["qas"]:
                if q.get("kind") == "implicit":
                    continue
                lead = len(paragraph["context"]) - len(paragraph["context"].lstrip())
                start = base + q["start"] - lead if "start" in q else None
                questions.append(Question(q["question"], tuple(q["answers"]), name if kept else "", start))
        if text:
            articles[name] = text
    return articles, questions


def right(candidate: Candidate, question: Question) -> bool | None:
    """Whether the sentence answers; None when that can't be told (the words occur elsewhere)."""
    holds = any(answer.lower() in candidate.text.lower() for answer in question.answers)
    if candidate.article.file != question.file:
        return None if holds else False
    if question.start is None or not holds:
        return holds
    s = candidate.sentence
    return any(s.start <= question.start + slack < s.end for slack in (0, 1)) or None


def fit(rows: list[list[float]], labels: list[bool], names: tuple[str, ...]) -> Weights:
    """A logistic model on standardised features, its weights brought back to the raw ones."""
    scaler = StandardScaler().fit(rows)
    model = LogisticRegression(C=1.0, max_iter=1000).fit(scaler.transform(rows), labels)
    raw = model.coef_[0] / scaler.scale_
    bias = float(model.intercept_[0] - raw @ scaler.mean_)
    return Weights(round(bias, 2), {n: round(float(w), 2) for n, w in zip(names, raw, strict=True)})


def main() -> None:
    """Index, collect features, fit, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--questions", type=int, default=2400)
    parser.add_argument("--library", type=Path, help="where the articles are indexed, to be used again")
    arguments = parser.parse_args()
    rng = random.Random(7)
    articles, asked = read(arguments.files, rng)
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "articles"
        if arguments.library:
            files = arguments.library / "articles"
        files.mkdir(parents=True, exist_ok=True)
        for name, text in articles.items():
            (files / name).write_text(text, encoding="utf-8")
        library = Library(arguments.library or Path(folder) / "library")
        library.add([files])
        rng.shuffle(asked)
        report(asked[: arguments.questions], library)


def report(asked: list[Question], library: Library) -> None:
    """Collect features, fit both models on the first half, print weights and quality on the second."""
    generation, settings = library.live, Settings()
    rows = library.embed([q.text for q in asked])
    found = [
        candidates(q.text, row, library.search_row(q.text, row, settings.passages, generation), generation)
        for q, row in zip(asked, rows, strict=True)
    ]
    half = len(asked) // 2
    x, y = [], []
    for q, cs in list(zip(asked, found, strict=True))[:half]:
        for c in cs if q.file else []:
            label = right(c, q)
            if label is not None:
                x.append([c.features[n] for n in FEATURES])
                y.append(label)
    sentence = fit(x, y, FEATURES)
    print("SENTENCE_WEIGHTS =", sentence)
    found = [sorted((rescored(c, sentence) for c in cs), key=lambda c: -c.score) for cs in found]
    ranks = [
        [right(c, q) is True for c in cs] for q, cs in list(zip(asked, found, strict=True))[half:] if q.file
    ]
    for k in (1, 2, 3, 5):
        print(f"  evidence recall@{k}: {np.mean([any(r[:k]) for r in ranks]):.3f} of {len(ranks)}")
    a = [
        [answerable_features(q.text, cs, generation)[n] for n in ANSWERABLE_FEATURES]
        for q, cs in zip(asked, found, strict=True)
    ]
    b = [bool(q.file) for q in asked]
    answerable = fit(a[:half], b[:half], ANSWERABLE_FEATURES)
    print("ANSWERABLE_WEIGHTS =", answerable)
    scores = [answerable.probability(dict(zip(ANSWERABLE_FEATURES, f, strict=True))) for f in a[half:]]
    print(f"  area under the curve: {roc_auc_score(b[half:], scores):.3f}")
    for threshold in (0.2, 0.3, 0.4, 0.5, 0.6):
        declined = [s < threshold for s in scores]
        yes = np.mean([d for d, known_ in zip(declined, b[half:], strict=True) if known_])
        no = np.mean([d for d, known_ in zip(declined, b[half:], strict=True) if not known_])
        print(f"  below {threshold}: declines {no:.2f} of the unanswerable, {yes:.2f} of the answerable")


def rescored(c: Candidate, weights: Weights) -> Candidate:
    """The candidate with the score that other weights give it."""
    return Candidate(c.hit, c.article, c.index, c.features, weights.probability(c.features))


if __name__ == "__main__":
    main()
