"""Near-duplicates: estimates beside exact counts, wire copies, and no dependence on the order of arrival."""

import itertools
import random
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.stories import MIN_LENGTH, SAME_STORY, compare, signature, similar, stories
from index.words import words

VOCABULARY = [
    a + b + c for a in ("ba", "de", "ki", "lo", "mu") for b in "nrst" for c in ("a", "el", "ing", "os")
]


def article(seed: int, sentences: int = 30) -> list[str]:
    """Sentences of 20 random words; those of two seeds have next to no run of words in common."""
    chance = random.Random(seed)
    return [" ".join(chance.choices(VOCABULARY, k=20)).capitalize() + "." for _ in range(sentences)]


def runs(text: str) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[i : i + 5]) for i in range(len(found) - 4)}


def joined(one: str, other: str) -> bool:
    found = similar(signature(one)[None], signature(other)[None])
    assert found.tolist() in ([], [[0, 0]])
    return len(found) == 1


# --- signatures ------------------------------------------------------------------------------------


def test_a_signature_is_the_same_in_every_process_and_of_these_very_values():
    """Stored ones are compared with new ones, so a new version of the library must not change them."""
    text = " ".join(article(1))
    values = signature(text)
    assert values.shape == (128,) and values.dtype == np.uint32
    script = f"from index.stories import signature; print(signature({text!r}).tolist())"
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert other.stdout == f"{values.tolist()}\n"
    assert values[:4].tolist() == [97708, 1906537, 1991871, 18730985]


def test_a_signature_goes_by_words_alone():
    text = " ".join(article(1))
    other = "\n" + text.upper().replace(".", " –\n")
    assert (signature(text) == signature(other)).all()


@pytest.mark.parametrize("text", ["", " \n", "…", "one", "\ud800", "a b c d"])
def test_short_and_odd_texts_have_a_signature_and_equal_only_their_like(text: str):
    assert joined(text, text)
    assert not joined(text, text + " x") and not joined(text, " ".join(article(1)))


def test_short_texts_are_the_same_story_only_when_their_words_are():
    """Two pages without an article, with the same notice on both."""
    notice = " ".join(article(3, sentences=2))
    assert joined(notice, notice.upper()) and not joined(notice + " 4 May", notice + " 5 May")


def test_a_signature_of_six_hundred_words_takes_under_five_milliseconds():
    text = " ".join(article(1))
    assert len(words(text)) == 600
    signature(text)
    times = []
    for _ in range(10):
        begun = time.perf_counter()
        signature(text)
        times.append(time.perf_counter() - begun)
    assert min(times) < 0.005


# --- pairs -----------------------------------------------------------------------------------------


def test_estimates_are_near_the_exact_shares():
    base, off = article(1, 60), []
    for kept in range(0, 61, 4):
        other = " ".join(base[:kept] + article(2, 40)[: 60 - kept])
        a, b = runs(" ".join(base)), runs(other)
        share, length = compare(signature(" ".join(base))[None], signature(other)[None])
        short, long = sorted((len(a), len(b)))
        off.append((float(share[0]) - len(a & b) / short, float(length[0]) - short / long))
    # One standard deviation of a share of 64 values is 0.06; the estimates of one article lean one way.
    assert np.abs(off).max() < 0.2 and np.abs(np.mean(off, axis=0)).max() < 0.08


def test_a_text_inside_a_longer_one_is_told_exactly():
    base = article(1, 40)
    share, length = compare(signature(" ".join(base[:20]))[None], signature(" ".join(base))[None])
    assert share[0] == 1 and 0.4 < length[0] < 0.6


VARIANTS = {
    "headline and byline": lambda s: ["A new headline by someone else.", *s[1:]],
    "last third cut": lambda s: s[: len(s) * 2 // 3],
    "first third cut": lambda s: s[len(s) // 3 :],
    "a paragraph added": lambda s: s[:5] + article(99, 4) + s[5:],
    "every tenth sentence replaced": lambda s: [x if i % 10 else article(98)[i] for i, x in enumerate(s)],
    "order of paragraphs": lambda s: s[15:] + s[:15],
    "a word in every seventh sentence": lambda s: [
        x if i % 7 else x.replace(x.split()[9], "other", 1) for i, x in enumerate(s)
    ],
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("seed", range(5))
def test_a_wire_copy_is_the_same_story(variant: str, seed: int):
    base = article(seed)
    assert joined("\n\n".join(base), "\n\n".join(VARIANTS[variant](base)))


@pytest.mark.parametrize("seed", range(5))
def test_articles_that_share_quotes_or_half_of_their_text_are_two_stories(seed: int):
    base, other = article(seed), article(seed + 50)
    assert not joined(" ".join(base), " ".join(base[:5] + other[5:]))
    assert not joined(" ".join(base), " ".join(base[:14] + other[14:]))


def test_a_brief_in_a_digest_is_not_the_story_of_its_other_briefs():
    briefs = [" ".join(article(seed, 8)) for seed in range(4)]
    texts = [*briefs, " ".join(briefs)]
    signatures = np.stack([signature(text) for text in texts])
    assert len(set(stories("abcde", similar(signatures, signatures)))) == 5


def test_pairs_are_those_of_a_plain_comparison_of_all():
    pool = [article(seed, 12) for seed in range(6)]
    chance = random.Random(1)
    texts = []
    for _ in range(60):
        one, other = chance.sample(pool, 2)
        texts.append(" ".join([*one, *other][: chance.randint(6, 24)]))
    signatures = np.stack([signature(text) for text in texts])
    expected = []
    for i, first in enumerate(signatures):
        for j, second in enumerate(signatures):
            share, length = compare(first[None], second[None])
            if share[0] >= SAME_STORY and length[0] >= MIN_LENGTH:
                expected.append([i, j])
    assert len(expected) > 100
    assert similar(signatures, signatures).tolist() == expected
    assert similar(signatures[7:9], signatures).tolist() == [[i - 7, j] for i, j in expected if i in (7, 8)]


def test_nothing_is_similar_to_nothing():
    none, one = np.empty((0, 128), np.uint32), signature("one")[None]
    assert similar(none, one).shape == similar(one, none).shape == similar(none, none).shape == (0, 2)
    assert stories([], []) == []


def test_ten_thousand_articles_are_compared_with_each_other_in_seconds():
    rows = np.random.default_rng(1).integers(0, 2**32, (10_000, 128), dtype=np.uint32)
    begun = time.perf_counter()
    found = similar(rows, rows)
    assert (found == np.arange(10_000)[:, None]).all()
    assert time.perf_counter() - begun < 8  # 0.9 s alone; the machine of the tests has other work


# --- stories ---------------------------------------------------------------------------------------


def groups(ids: list[str], numbers: list[int]) -> dict[str, int]:
    return dict(zip(ids, numbers, strict=True))


@given(
    pairs=st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=14),
    chance=st.randoms(use_true_random=False),
)
def test_stories_are_the_connected_articles_numbered_by_their_least_id(
    pairs: list[tuple[int, int]], chance: random.Random
):
    ids = list("lkjihgfedcba")
    numbers = stories(ids, pairs)
    assert sorted(set(numbers)) == list(range(len(set(numbers))))
    near = {i: {j for pair in pairs if i in pair for j in pair} | {i} for i in range(12)}
    for _ in range(12):  # the plain way: neighbours of neighbours
        near = {i: set().union(*(near[j] for j in near[i])) for i in near}
    for i in range(12):
        for j in range(12):
            assert (numbers[i] == numbers[j]) == (j in near[i])
    least = [min(ids[j] for j in near[i]) for i in range(12)]
    assert [sorted(set(least)).index(name) for name in least] == numbers

    order = list(range(12))
    chance.shuffle(order)
    place = {old: new for new, old in enumerate(order)}
    turned = [(place[b], place[a]) for a, b in chance.sample(pairs, len(pairs))]
    other = stories([ids[i] for i in order], turned)
    assert groups([ids[i] for i in order], other) == groups(ids, numbers)


POOL = {
    f"{seed}-{kept}": signature(" ".join(article(seed, 10)[:kept] + article(seed + 7, 3)))
    for seed in range(4)
    for kept in (3, 5, 6, 8, 10)
}


@given(
    ids=st.lists(st.sampled_from(sorted(POOL)), unique=True, min_size=1),
    cuts=st.sets(st.integers(1, 19), max_size=3),
    gone=st.sets(st.sampled_from(sorted(POOL)), max_size=5),
)
def test_articles_that_come_and_go_in_any_order_make_the_same_stories(
    ids: list[str], cuts: set[int], gone: set[str]
):
    """Each build compares only what is new; the pairs of the rest are kept from before."""
    kept: list[str] = []
    pairs: set[tuple[str, str]] = set()
    borders = [0, *sorted(cut for cut in cuts if cut < len(ids)), len(ids)]
    for start, end in itertools.pairwise(borders):
        new = ids[start:end]
        kept += new
        found = similar(np.stack([POOL[i] for i in new]), np.stack([POOL[i] for i in kept]))
        pairs |= {(new[a], kept[b]) for a, b in found}
    left = [name for name in kept if name not in gone]
    steps = [(left.index(a), left.index(b)) for a, b in pairs if a not in gone and b not in gone]
    at_once = sorted(left)
    if at_once:
        rows = np.stack([POOL[i] for i in at_once])
        expected = stories(at_once, similar(rows, rows))
        assert groups(left, stories(left, steps)) == groups(at_once, expected)
