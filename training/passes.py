"""Examples → one pass of the network, and what it says of each.

A small network is fast where it multiplies many tokens at once, so several examples share a pass: what
all their prompts begin with is there once, then each question, then its quotes. A mask keeps them apart:
each sees what it would see alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from training.examples import Shown

WORDS_WEIGHT = 1.0  # of the loss on the words, beside that on the choice
MOST_TOKENS = 1100  # of a pass: attention grows with their square


@dataclass(frozen=True)
class Packed:
    """`(1, length)` tokens and positions, the `(1, 1, length, length)` mask of what each token sees, and, for
    each branch of each example, where it ends."""

    tokens: torch.Tensor
    places: torch.Tensor
    mask: torch.Tensor
    ends: tuple[tuple[int, ...], ...]


def packed(some: Sequence[Shown]) -> Packed:
    """Examples side by side: each branch sees what all begin with, its question and itself, and stands where
    it would alone.

    >>> from training.examples import Branch
    >>> one = Shown((5, 6), (Branch((7,), 0), Branch((8, 9), 0)), 0)
    >>> two = packed([one, Shown((5, 1), (Branch((2,), 0),), 0)])
    >>> two.tokens.tolist(), two.places.tolist(), two.ends
    ([[5, 6, 7, 8, 9, 1, 2]], [[0, 1, 2, 2, 3, 1, 2]], ((3, 5), (7,)))
    >>> two.mask[0, 0].int().tolist()[4:]
    [[1, 1, 0, 1, 1, 0, 0], [1, 0, 0, 0, 0, 1, 0], [1, 0, 0, 0, 0, 1, 1]]
    """
    same = beginning([shown.common for shown in some])
    length = same + sum(shown.length - same for shown in some)
    tokens, places = list(some[0].common[:same]), list(range(same))
    mask = torch.ones((length, length), dtype=torch.bool).tril()
    ends: list[tuple[int, ...]] = []
    for shown in some:
        mask[len(tokens) :, same : len(tokens)] = False
        begins, common = len(tokens), len(shown.common)
        tokens += shown.common[same:]
        places += range(same, common)
        asked, last = len(tokens), []
        for branch in shown.branches:
            mask[len(tokens) : begins + shown.length - same, asked : len(tokens)] = False
            tokens += branch.tokens
            places += range(common, common + len(branch.tokens))
            last.append(len(tokens))
        ends.append(tuple(last))
    return Packed(torch.tensor([tokens]), torch.tensor([places]), mask[None, None], tuple(ends))


def beginning(sequences: Sequence[Sequence[int]]) -> int:
    """How many tokens all of them begin with.

    >>> beginning([(1, 2, 3), (1, 2)]), beginning([(1, 2)])
    (2, 2)
    """
    columns = list(zip(*sequences, strict=False))
    return next((i for i, column in enumerate(columns) if len(set(column)) > 1), len(columns))


def passes(some: Sequence[Shown], most: int = MOST_TOKENS) -> Iterator[list[Shown]]:
    """Examples in their order, so many together as one pass takes; each has one example at least.

    >>> from training.examples import Branch
    >>> [len(part) for part in passes([Shown((1,), (Branch((2, 3), 0),), 0)] * 5, most=7)]
    [2, 2, 1]
    """
    part: list[Shown] = []
    for shown in some:
        if part and sum(one.length for one in part) + shown.length > most:
            yield part
            part = []
        part.append(shown)
    if part:
        yield part


@dataclass(frozen=True)
class Said:
    """What the network makes of an example: the log odds of "yes" of each branch, with 0 first for none of
    them, and the logits of the right one's reply, `(reply, vocabulary)`."""

    odds: torch.Tensor
    reply: torch.Tensor | None


def said(layers: Any, head: Any, some: Sequence[Shown], verdicts: tuple[int, int]) -> list[Said]:
    """One pass, and what it says of each example. The vocabulary's logits are worked out where something is
    learnt: they are a fifth of the work."""
    made, device = packed(some), head.weight.device
    hidden = layers(
        input_ids=made.tokens.to(device),
        position_ids=made.places.to(device),
        attention_mask=made.mask.to(device),
    ).last_hidden_state[0]
    difference = head.weight[verdicts[0]].float() - head.weight[verdicts[1]].float()
    found: list[Said] = []
    for shown, ends in zip(some, made.ends, strict=True):
        margins, reply = [hidden.new_zeros((), dtype=torch.float32)], None
        for number, (branch, end) in enumerate(zip(shown.branches, ends, strict=True), start=1):
            margins.append(hidden[end - branch.reply - 1].float() @ difference)
            if number == shown.right:
                reply = head(hidden[end - branch.reply : end - 1]).float()
        found.append(Said(torch.stack(margins), reply))
    return found


def loss_of(shown: Shown, found: Said) -> torch.Tensor:
    """The cross-entropy of which quote answers, if any, and that of the words."""
    device = found.odds.device
    choice = cross_entropy(found.odds, torch.tensor(shown.right, device=device))
    if found.reply is None:
        return choice
    branch = shown.branches[shown.right - 1]
    wanted = torch.tensor(branch.tokens[-branch.reply + 1 :], device=device)
    return choice + WORDS_WEIGHT * cross_entropy(found.reply, wanted)
