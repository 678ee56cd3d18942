"""Unit rows and their relevance → the few that stand for all of them: coverage and spread.

Greedy maximisation of a monotone submodular objective (Lin and Bilmes, 2011, "A Class of Submodular
Functions for Document Summarization", P11-1052), within 1 - 1/e of the best choice (Nemhauser et al., 1978):

    f(S) = coverage + RELEVANCE * own relevance + SPREAD * sum over groups of sqrt(relevance chosen there)

where coverage is the relevance-weighted similarity of everything to its nearest chosen row. Maximal marginal
relevance only pushes apart what is chosen; this also asks whom each choice stands for, and a second choice
from the same group (an article, a date) is worth less than the first from another. Knows numbers only.
"""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# Chosen by reading the overviews of docs/kinds.md: without own relevance the choice is central but beside
# the question, without spread one long article gives half of the quotes.
RELEVANCE, SPREAD = 1.0, 1.0
ENOUGH = 0.06  # share of the first gain below which another quote adds too little
SAME = 0.8  # cosine from which two sentences tell the same


def choose(relevance: Floats, rows: Floats, groups: Sequence[Hashable], count: int) -> list[int]:
    """Indices of at most `count` of the rows, the most useful first. `relevance` is `(n,)`, 0..1; `rows`
    `(n, dim)` of unit length; `groups` names each row's group. No two chosen ones tell the same.

    >>> rows = np.array([[1, 0], [0.99, 0.14], [0, 1]], dtype=np.float32)
    >>> choose(np.array([0.9, 0.8, 0.5], dtype=np.float32), rows, ["a", "a", "b"], 3)
    [0, 2]
    """
    if not len(rows):
        return []
    similar = np.maximum(rows @ rows.T, 0.0)
    weights = relevance / max(float(relevance.sum()), 1e-9)
    covered = np.zeros(len(rows), dtype=np.float32)
    spent: dict[Hashable, float] = {}
    chosen: list[int] = []
    first = 0.0
    free = np.ones(len(rows), dtype=bool)
    while len(chosen) < count and free.any():
        more = np.maximum(similar - covered, 0.0) @ weights
        there = np.array([spent.get(group, 0.0) for group in groups])
        spread = np.sqrt(there + relevance) - np.sqrt(there)
        gain = more + (RELEVANCE * relevance + SPREAD * spread) / count
        best = int(np.argmax(np.where(free, gain, -np.inf)))
        first = first or float(gain[best])
        if gain[best] < ENOUGH * first:
            break
        chosen.append(best)
        covered = np.maximum(covered, similar[best])
        spent[groups[best]] = spent.get(groups[best], 0.0) + float(relevance[best])
        free &= similar[best] < SAME
        free[best] = False
    return chosen
