"""Fit the logistic models of rank.py and enough.py (in `assistant/finding/`) and print their weights.

    python -m training.evidence ../shared/train/squadshifts_wiki.jsonl [more.jsonl]

Asks the questions of training/articles.py on pages that the reader was not trained on. Fits on half of them
and reports on the other half; the weights printed last are fitted on all. Never reads an evaluation set.
Needs scikit-learn, which sentence-transformers brings.
"""

import argparse
import random
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from assistant.finding import enough
from assistant.finding.likely import likely_answers
from assistant.finding.rank import FEATURES, Candidate, Weights, candidates, distinct
from assistant.finding.reader import WEIGHTS, Reader
from assistant.settings import Settings
from index.library import Library
from index.store import Generation
from training.articles import Question, read
from training.data import is_held_out


def right(candidate: Candidate, question: Question) -> bool | None:
    """Whether the sentence answers; None when that can't be told."""
    sentence = candidate.sentence
    return question.answered_by(candidate.text, candidate.article.file, sentence.start, sentence.end)


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
    parser.add_argument("--library", type=Path, help="where the articles are indexed, to be used again")
    parser.add_argument("--reader", type=Path, default=WEIGHTS, help="weights of the reader")
    parser.add_argument("--without-reader", action="store_true", help="fit the features that need none")
    arguments = parser.parse_args()
    articles, asked = read(arguments.files, random.Random(7))
    asked = [q for q in asked if is_held_out(q.page)]
    random.Random(8).shuffle(asked)
    with tempfile.TemporaryDirectory() as folder:
        files = (arguments.library or Path(folder)) / "articles"
        files.mkdir(parents=True, exist_ok=True)
        for name, text in articles.items():
            (files / name).write_text(text, encoding="utf-8")
        library = Library(arguments.library or Path(folder) / "library")
        library.add([files])
        fit_both(asked, library, None if arguments.without_reader else Reader(arguments.reader))


def fit_both(asked: list[Question], library: Library, reader: Reader | None) -> None:
    """Collect features, fit both models on one half and report on the other; print the weights that all
    questions together give."""
    generation, settings = library.live, Settings()
    count = settings.read if reader else settings.passages
    found = []
    for q in tqdm(asked, mininterval=20):
        row = library.embed([q.text])[0]
        hits = library.search_row(q.text, row, 2 * settings.passages, generation)
        hits = distinct(hits, count, generation)
        found.append(candidates(q.text, row, hits, generation, reader))
    names = tuple(n for n in FEATURES if reader or not n.startswith("reader"))
    half = len(asked) // 2
    weights = fit_sentences(asked[:half], found[:half], names)
    ranked = [again(cs, weights) for cs in found]
    ranks = [
        [right(c, q) is True for c in cs]
        for q, cs in list(zip(asked, ranked, strict=True))[half:]
        if q.file and cs
    ]
    for k in (1, 2, 3, 5):
        print(f"evidence recall@{k}: {np.mean([any(r[:k]) for r in ranks]):.3f} of {len(ranks)}")
    both = answerable(asked, ranked, generation)
    chosen = enough.READ_FEATURES if reader else enough.FEATURES
    model = fit([[f[n] for n in chosen] for f, _ in both[:half]], [k for _, k in both[:half]], chosen)
    report([(model.probability(f), k) for f, k in both[half:]])
    weights = fit_sentences(asked, found, names)
    print("SENTENCES =", weights)
    both = answerable(asked, [again(cs, weights) for cs in found], generation)
    print("ANSWERABLE =", fit([[f[n] for n in chosen] for f, _ in both], [k for _, k in both], chosen))


def fit_sentences(
    asked: Sequence[Question], found: Sequence[list[Candidate]], names: tuple[str, ...]
) -> Weights:
    """On all sentences whose label can be told, of the questions that have an answer."""
    x, y = [], []
    for q, cs in zip(asked, found, strict=True):
        for c in cs if q.file else []:
            label = right(c, q)
            if label is not None:
                x.append([c.features[n] for n in names])
                y.append(label)
    return fit(x, y, names)


def answerable(
    asked: Sequence[Question], ranked: Sequence[list[Candidate]], generation: Generation
) -> list[tuple[dict[str, float], bool]]:
    """The features of each question, and whether it has an answer."""
    return [
        (enough.features(q.text, cs, likely_answers(q.text, cs), generation), bool(q.file))
        for q, cs in zip(asked, ranked, strict=True)
        if cs
    ]


def report(scores: Sequence[tuple[float, bool]]) -> None:
    """How well answerable and unanswerable are told apart."""
    known = [k for _, k in scores]
    print(f"area under the curve: {roc_auc_score(known, [s for s, _ in scores]):.3f} of {len(scores)}")
    for threshold in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6):
        yes = np.mean([s < threshold for s, k in scores if k])
        no = np.mean([s < threshold for s, k in scores if not k])
        print(f"below {threshold}: declines {no:.2f} of the unanswerable, {yes:.2f} of the answerable")


def again(found: Sequence[Candidate], weights: Weights) -> list[Candidate]:
    """The candidates with the scores that other weights give them, best first."""
    scored = [replace(c, score=weights.probability(c.features)) for c in found]
    return sorted(scored, key=lambda c: -c.score)


if __name__ == "__main__":
    main()
