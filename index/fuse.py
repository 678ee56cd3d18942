"""Ranked lists → one ranking. Knows ranks only, never scores."""

from collections.abc import Hashable, Sequence
from typing import TypeVar

# Cormack, Clarke and Buettcher (2009), doi:10.1145/1571941.1572114, chose 60 on TREC; it flattens the
# first ranks, so that no single list decides alone.
RRF_K = 60

T = TypeVar("T", bound=Hashable)


def fuse(rankings: Sequence[Sequence[T]], k: int = RRF_K) -> dict[T, float]:
    """Reciprocal rank fusion: each item scores the sum of 1 / (k + rank) over the rankings that hold it
    (rank 1 is the best). Best first; ties keep the order of first appearance.

    >>> fuse([["a", "b"], ["b", "c"]], k=1)
    {'b': 0.8333333333333333, 'a': 0.5, 'c': 0.3333333333333333}
    """
    scores: dict[T, float] = {}
    for ranking in rankings:
        for rank, item in enumerate(ranking, start=1):
            scores[item] = scores.get(item, 0.0) + 1 / (k + rank)
    return dict(sorted(scores.items(), key=lambda pair: -pair[1]))
