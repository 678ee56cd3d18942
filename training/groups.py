"""Questions → groups of passages as the reader sees them: the right one among some that do not answer.

These are the right one altered (`altered.py`), another of the same text, and look-alikes; for a question of
our own that its article does not answer (`made.py`), that article.
"""

import random
from collections.abc import Iterator, Sequence

from index.text import Passage
from training.altered import altered
from training.data import Asked, stands_in
from training.passages import Passages, Shown, holds
from training.told import TOLD_SHARE, told

BUDGETS = (80, 130, 180)  # tokens of a passage: the reader must not learn one length
NEGATIVES = 2
NONE_SHARE = 0.18  # of the groups hold no answer
ALTERED_SHARE = 0.6  # of the groups show the right passage altered, if it can be
BESIDE_SHARE = 0.5  # ... and another passage of its text, where there is one without an accepted answer
HARD_SHARE, HARD = 0.7, 6  # so often the look-alikes are among the nearest few

Group = tuple[str, list[Shown]]


def groups(
    some: Sequence[tuple[Asked, Sequence[int]]],
    passages: Passages,
    rng: random.Random,
    none_share: float = NONE_SHARE,
    negatives: int = NEGATIVES,
) -> Iterator[Group]:
    """Questions, each with the passage that answers it and some that do not, or with the latter alone."""
    for asked, neighbours in some:
        header = rng.random() < 0.5
        budget = rng.choice(BUDGETS)
        own = passages.of(asked.context, budget)
        holding = [p for p in own if any(holds(s, asked) for s in p.sentences)]
        answers = rng.random() >= none_share
        question, chosen = asked.question, list[Shown]()
        others = [c for c in neighbours if c != asked.context]
        pool = others[:HARD] if rng.random() < HARD_SHARE else others
        rng.shuffle(pool)
        like = [
            passages.shown(context, rng.choice(passages.of(context, budget)), None, header=header)
            for context in pool[: negatives + 1]
        ]
        if holding:
            right = passages.shown(asked.context, rng.choice(holding), asked, header=header)
            chosen += [right] * answers
            if rng.random() < ALTERED_SHARE:
                none = altered(question, right, [one.text for one in like], rng)
                chosen += [none] if none else []
            if beside := _beside(own, holding, asked, passages, header=header):
                chosen += [rng.choice(beside)] if rng.random() < BESIDE_SHARE else []
            if rng.random() < TOLD_SHARE and right.right is not None:
                first = told(right.text, right.sentences, right.right, asked.answers, rng)
                question = f"{first} {question}" if first else question
        elif not asked.answers:
            chosen.append(passages.shown(asked.context, rng.choice(own), None, header=header))
        chosen += like[: negatives + 1 - len(chosen)]
        rng.shuffle(chosen)
        if chosen:  # else every neighbour holds the answer
            yield question, chosen


def _beside(
    own: Sequence[Passage], holding: Sequence[Passage], asked: Asked, passages: Passages, *, header: bool
) -> list[Shown]:
    """The passages of the same text that do not hold an accepted answer."""
    others = [passages.shown(asked.context, p, None, header=header) for p in own if p not in holding]
    return [one for one in others if not stands_in(one.text, asked.answers)]
