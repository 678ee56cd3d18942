"""Texts → which articles tell the same story: wire copy, and copies that were cut, edited or added to.

A signature estimates how much two texts share without comparing them (Broder, 1997, MinHash;
doi:10.1109/SEQUEN.1997.666900). Two articles belong together when most of the shorter one's runs of five
words occur in the longer one; groups are closed over such pairs. Signatures and pairs depend on the texts
alone, so those of unchanged articles can be kept.

Knows nothing of dates or sources. Limits: two articles of their own about one event share too few runs, and
are two stories; a copy that was cut to less than two fifths stays alone, so that a digest does not join the
stories that it retells; writing without spaces between words has few runs, and is joined when equal.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from index.words import words

if TYPE_CHECKING:
    from datasketch import MinHash

Signatures = NDArray[np.uint32]

HASHES = 128
RUN_WORDS = 5
# Below this a page holds little but notices ("sign up for our newsletter"), which many pages share: then
# only equal words are the same story.
MIN_WORDS = 60
# In 402 news articles no two different ones shared more than 0.62 of the shorter (two monthly columns made
# from one mould); of their copies with a new headline, a tenth of the sentences edited and a paragraph added,
# 98 % share more than 0.7. docs/log.md has the table.
SAME_STORY = 0.7
MIN_LENGTH = 0.4
# Pairs with nothing equal in the first values are no candidates: of texts that share a quarter of all their
# runs, the least that the two limits above let through, one pair in 10,000 is missed so.
FIRST = 32
BLOCK_CELLS = 300_000


def signature(text: str) -> Signatures:
    """`(128,)` uint32: the least of the text's runs of five folded words, in 128 random orders.

    The share of equal values in two signatures estimates what their texts share of all their runs.
    """
    found = words(text)
    runs = [" ".join(found[i : i + RUN_WORDS]) for i in range(len(found) - RUN_WORDS + 1)]
    if len(found) < MIN_WORDS:
        runs = [" ".join(found) or text.strip()]
    empty = _empty().copy()
    empty.update_batch([run.encode("utf-8", "surrogatepass") for run in runs])
    return np.asarray(empty.hashvalues, dtype=np.uint32)


@cache
def _empty() -> "MinHash":
    from datasketch import MinHash

    return MinHash(num_perm=HASHES, seed=1, scheme="affine32")


def similar(new: Signatures, among: Signatures, threshold: float = SAME_STORY) -> NDArray[np.int64]:
    """`(pairs, 2)` rows of `new` and of `among`, sorted, of articles that tell the same story.

    Both are `(any, 128)`. A row of `new` that is in `among` too is paired with itself. `threshold` (0..1) is
    the share of the shorter text's runs that the longer one must have. Takes some 5 MB beside its result.
    """
    firsts = np.ascontiguousarray(among[:, :FIRST].T)
    step = max(1, BLOCK_CELLS // max(1, len(among)))
    found = [np.empty((0, 2), np.int64)]
    for start in range(0, len(new), step):
        block = new[start : start + step]
        some = np.zeros((len(block), len(among)), dtype=bool)
        for column, values in enumerate(firsts):
            some |= block[:, column, None] == values
        rows = np.argwhere(some)
        for at in range(0, len(rows), BLOCK_CELLS // HASHES):
            pairs = rows[at : at + BLOCK_CELLS // HASHES]
            share, length = compare(block[pairs[:, 0]], among[pairs[:, 1]])
            found.append(pairs[(share >= threshold) & (length >= MIN_LENGTH)] + (start, 0))
    return np.concatenate(found)


def compare(one: Signatures, other: Signatures) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Row by row, for two `(n, 128)`: the share of the shorter text's runs that the longer has (0..1), and
    the shorter's number of runs in proportion to the longer's (0..1), both estimated.

    The least run of both texts together lies in the first text where the first value is not the greater, in
    both where they are equal. So counts of the three cases are in proportion to the numbers of runs that
    both texts have, that only the one has, and only the other.
    """
    both = np.count_nonzero(one == other, axis=1)
    only_one = np.count_nonzero(one < other, axis=1)
    only_other = HASHES - both - only_one
    shorter = both + np.minimum(only_one, only_other)
    longer = both + np.maximum(only_one, only_other)
    return both / np.maximum(shorter, 1), shorter / longer


def stories(ids: Sequence[str], pairs: Iterable[Sequence[int]]) -> list[int]:
    """The number of each article's story, from 0; `pairs` are positions in `ids`, which are all different.

    Numbers follow the least ID of each story, whatever the order of `ids` and of `pairs`.

    >>> stories(["d", "b", "c", "a"], [(0, 1), (1, 1)])
    [1, 1, 2, 0]
    """
    above = list(range(len(ids)))

    def top(place: int) -> int:
        while above[place] != place:
            above[place] = place = above[above[place]]
        return place

    for one, other in pairs:
        a, b = top(one), top(other)
        if a != b:
            least, rest = (a, b) if ids[a] < ids[b] else (b, a)
            above[rest] = least
    tops = [top(place) for place in range(len(ids))]
    numbers = {place: n for n, place in enumerate(sorted(set(tops), key=lambda place: ids[place]))}
    return [numbers[place] for place in tops]
