"""The results of a set → its measures, and a table of them.

A measure is a share, 0..1, of the questions it applies to, but for counts, words and seconds; None where it
applies to none. What each one means: the README ("Measures"). Knows nothing of answers and articles.
"""

import math
import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence

from assistant.measuring.evaluate import Result

RETRIEVAL_RANKS = (1, 3, 5, 10)
EVIDENCE_RANKS = (1, 3, 5)
# Shares of the answerable questions that a threshold on the strength may decline.
FALSE_ABSTENTIONS = (0.02, 0.05, 0.08, 0.1)

Number = int | float | None
Measures = dict[str, Number]


def summary(results: Sequence[Result]) -> Measures:
    """The measures of a whole set."""
    return {name: value for part in grouped(results).values() for name, value in part.items()}


def grouped(results: Sequence[Result]) -> dict[str, Measures]:
    """The same under the headings of a report."""
    yes = [r for r in results if r.answerable]
    no = [r for r in results if not r.answerable]
    return {
        "Answers": {
            "questions": len(results),
            **_answers(yes),
            "failed": _mean(r.status == "failed" for r in results),
            "answer_words": _mean(r.words for r in results if r.words is not None),
        },
        "Footnotes": _footnotes(results),
        "Long answers": _long_answers(yes),
        "What was found": _found(yes),
        "Declining": _declining(yes, no),
        "Seconds": {
            **_seconds("evidence_s", [r.evidence_s for r in results]),
            **_seconds("first_token_s", [r.first_token_s for r in results]),
            **_seconds("total_s", [r.total_s for r in results]),
        },
    }


def _answers(yes: Sequence[Result]) -> Measures:
    """Of the answerable questions: all, those that open a conversation, those that follow."""
    turns = {
        "": yes,
        "_first_turn": [r for r in yes if r.turn == 0],
        "_second_turn": [r for r in yes if r.turn >= 1],
    }
    shares: Measures = {f"accuracy{turn}": _mean(r.right for r in part) for turn, part in turns.items()}
    for turn, part in turns.items():
        shares[f"right_and_cited{turn}"] = _mean(bool(r.right and r.cited) for r in part)
    return {
        **shares,
        "short_answer": _mean(r.short for r in yes if r.short is not None),
        "marked_answer": _mean(r.marked for r in yes if r.marked is not None),
    }


def _footnotes(results: Sequence[Result]) -> Measures:
    return {
        "citation_precision": _mean(r.cited for r in results if r.cited is not None),
        "citation_recall": _mean(r.supported for r in results if r.status == "answered"),
        "claims_without_citation": sum(r.unfootnoted for r in results),
        "exact_offsets": _mean(r.exact for r in results),
    }


def _long_answers(yes: Sequence[Result]) -> Measures:
    return {
        "overlap_recall": _mean(r.overlap_recall for r in yes if r.overlap_recall is not None),
        "overlap_precision": _mean(r.overlap_precision for r in yes if r.overlap_precision is not None),
        "overlap_f1": _mean(r.overlap_f1 for r in yes if r.overlap_f1 is not None),
    }


def _found(yes: Sequence[Result]) -> Measures:
    passages, evidence = [r.in_passages for r in yes], [r.in_evidence for r in yes]
    return {
        **{f"retrieval_recall@{k}": _within(passages, k) for k in RETRIEVAL_RANKS},
        "passages_hold_answer": _within(passages, math.inf),
        **{f"evidence_recall@{k}": _within(evidence, k) for k in EVIDENCE_RANKS},
    }


def _declining(yes: Sequence[Result], no: Sequence[Result]) -> Measures:
    strong = [r.strength for r in yes if r.strength is not None]
    weak = [r.strength for r in no if r.strength is not None]
    return {
        "declined_unanswerable": _mean(r.status == "not_found" for r in no),
        "declined_answerable": _mean(r.status == "not_found" for r in yes),
        "strength_auc": area(strong, weak),
        **{
            f"declined_unanswerable@{share:.0%}": declined_at(share, strong, weak)
            for share in FALSE_ABSTENTIONS
        },
    }


def area(higher: Sequence[float], lower: Sequence[float]) -> float | None:
    """The area under the receiver operating characteristic: how often one of `higher` is above one of
    `lower`, ties counted half (Hanley and McNeil, 1982, doi:10.1148/radiology.143.1.7063747); 0.5 is chance,
    None without values.

    >>> area([0.9, 0.4], [0.4, 0.1])
    0.875
    """
    if not higher or not lower:
        return None
    ordered = sorted(lower)
    twice = sum(bisect_left(ordered, value) + bisect_right(ordered, value) for value in higher)
    return twice / (2 * len(higher) * len(lower))


def declined_at(share: float, answerable: Sequence[float], unanswerable: Sequence[float]) -> float | None:
    """The share of the unanswerable below the highest threshold that at most `share` of the answerable are
    below; None without either.

    >>> declined_at(0.25, answerable=[0.3, 0.5, 0.7, 0.9], unanswerable=[0.1, 0.4, 0.5, 0.8])
    0.5
    """
    if not answerable or not unanswerable:
        return None
    may_fall = math.floor(share * len(answerable) + 1e-9)
    threshold = [*sorted(answerable), math.inf][may_fall]
    return bisect_left(sorted(unanswerable), threshold) / len(unanswerable)


def table(columns: Mapping[str, Mapping[str, Number]]) -> str:
    """Measures as aligned lines, a column for each set.

    >>> print(table({"news": {"questions": 3, "accuracy": 2 / 3}, "all": {"questions": 12, "failed": None}}))
                   news       all
    questions         3        12
    accuracy      0.667         -
    failed            -         -
    """
    names = list(dict.fromkeys(name for column in columns.values() for name in column))
    width = max(map(len, names))
    rows = [" " * width, *(f"{name:<{width}}" for name in names)]
    for heading, column in columns.items():
        cells = [heading, *(cell(column.get(name)) for name in names)]
        rows = [f"{row}  {text:>{max(8, len(heading))}}" for row, text in zip(rows, cells, strict=True)]
    return "\n".join(rows)


def cell(value: Number) -> str:
    """
    >>> cell(2 / 3), cell(3), cell(None)
    ('0.667', '3', '-')
    """
    return "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def _within(ranks: Iterable[int | None], k: float) -> float | None:
    return _mean(rank is not None and 0 < rank <= k for rank in ranks)


def _mean(values: Iterable[bool | float | None]) -> float | None:
    counted = [value or 0 for value in values]
    return statistics.fmean(counted) if counted else None


def _seconds(name: str, values: Iterable[float | None]) -> Measures:
    """Median and 95th percentile."""
    ordered = sorted(value for value in values if value is not None)
    at = {"p50": 0.5, "p95": 0.95}
    return {
        f"{name}_{p}": ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
        for p, share in at.items()
    }
