"""Reciprocal rank fusion: by hand, and what any such ranking must obey."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from index.fuse import RRF_K, fuse

RANKINGS = st.lists(st.lists(st.integers(0, 15), unique=True, max_size=12), max_size=5)


def test_scores_are_the_sums_of_reciprocal_ranks_worked_out_by_hand():
    fused = fuse([["a", "b", "c"], ["c", "a"], ["d"]])
    assert fused == {
        "a": pytest.approx(1 / 61 + 1 / 62),
        "c": pytest.approx(1 / 63 + 1 / 61),
        "d": pytest.approx(1 / 61),
        "b": pytest.approx(1 / 62),
    }
    assert list(fused) == ["a", "c", "d", "b"]


def test_the_constant_of_the_paper_is_the_default():
    assert RRF_K == 60
    assert fuse([["a"]]) == {"a": 1 / 61}
    assert fuse([["a"]], k=0) == {"a": 1.0}


def test_two_middling_ranks_beat_one_first_rank():
    """What fusion is for: what both lists know beats what one of them puts first."""
    assert next(iter(fuse([["x", "a", "b", "c"], ["y", "b", "d", "c"]]))) == "b"


def test_ties_keep_the_order_of_first_appearance():
    assert list(fuse([["b", "a"], ["a", "b"], ["d"], ["c"]]))[:2] == ["b", "a"]
    assert list(fuse([["d"], ["c"]])) == ["d", "c"]


@pytest.mark.parametrize("rankings", [[], [[]], [[], []]])
def test_nothing_fused_is_nothing(rankings: list[list[int]]):
    assert fuse(rankings) == {}


@given(RANKINGS)
def test_the_result_is_a_permutation_of_all_items_best_first(rankings: list[list[int]]):
    fused = fuse(rankings)
    assert sorted(fused) == sorted({item for ranking in rankings for item in ranking})
    scores = list(fused.values())
    assert scores == sorted(scores, reverse=True)


@given(st.lists(st.integers(), unique=True))
def test_one_ranking_keeps_its_order(ranking: list[int]):
    assert list(fuse([ranking])) == list(fuse([ranking] * 3)) == ranking


@given(RANKINGS, st.randoms(use_true_random=False))
def test_the_order_of_the_rankings_does_not_change_a_score(rankings: list[list[int]], random):
    shuffled = rankings.copy()
    random.shuffle(shuffled)
    assert fuse(shuffled) == {item: pytest.approx(s) for item, s in fuse(rankings).items()}


@given(RANKINGS, st.data())
def test_an_item_that_rises_in_one_ranking_scores_higher(rankings: list[list[int]], data):
    which = data.draw(st.integers(0, 4))
    assume(which < len(rankings) and len(rankings[which]) > 1)
    place = data.draw(st.integers(1, len(rankings[which]) - 1))
    item, before = rankings[which][place], rankings[which][place - 1]
    risen = [ranking.copy() for ranking in rankings]
    risen[which][place - 1 : place + 1] = [item, before]
    was, now = fuse(rankings), fuse(risen)
    assert now[item] > was[item]
    assert now[before] < was[before]


@given(RANKINGS)
def test_an_item_ranked_at_least_as_well_everywhere_comes_first(rankings: list[list[int]]):
    fused = fuse(rankings)
    ranks = {item: [r.index(item) if item in r else len(r) + 99 for r in rankings] for item in fused}
    for a in fused:
        for b in fused:
            better = [x < y for x, y in zip(ranks[a], ranks[b], strict=True)]
            not_worse = [x <= y for x, y in zip(ranks[a], ranks[b], strict=True)]
            if all(not_worse) and any(better):
                assert fused[a] > fused[b]
