"""Questions → examples in tokens, without end, exactly as the pipeline sends them."""

import hashlib
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.composing.choose import prompts as asked_of
from assistant.llm.model import VERDICTS, LlamaModel, beginning
from index.embed import Encoder
from training.data import SEED, Asked, Context, look_alikes, order
from training.mined import Found
from training.quotes import Example, Quotes

# Of a source's questions, drawn anew for each pass: the encyclopedia's are most like those about news.
SHARES = {
    "squadshifts_wiki": 1.0,
    "squadshifts_reddit": 0.4,
    "squadshifts_amazon": 0.4,
    "fairytale": 0.4,
    "made": 1.0,
}
MAX_TOKENS = 768  # longer ones are left out: few
END = "<|im_end|>"


@dataclass(frozen=True)
class Branch:
    """A quote in tokens, with what is to be written of it."""

    tokens: tuple[int, ...]
    reply: int  # tokens at the end that are learnt, after the verdict: only the right quote has any


@dataclass(frozen=True)
class Shown:
    """An example in tokens: what its prompts begin with, the question above all, then each quote by itself.
    `right` is the number of the branch that answers, 0 for none."""

    common: tuple[int, ...]
    branches: tuple[Branch, ...]
    right: int

    @property
    def length(self) -> int:
        """Tokens altogether."""
        return len(self.common) + sum(len(branch.tokens) for branch in self.branches)


class Prompts:
    """Examples → tokens, made by the parts of the pipeline."""

    def __init__(self, model: LlamaModel) -> None:
        self._template = model._template
        self._llama = model._llama
        self.yes, self.no = (self._words(word)[0] for word in VERDICTS)
        self.end = self._llama.tokenize(END.encode(), add_bos=False, special=True)

    def shown(self, example: Example) -> Shown:
        """The prompts, and the reply to the right one, to its end; what all begin with is there once."""
        prompts = [
            self._template.tokens(messages)[0] for messages in asked_of(example.question, example.quotes)
        ]
        same = beginning(prompts) if len(prompts) > 1 else len(prompts[0]) // 2
        reply = [self.yes, *self._words(f": {example.words}"), *self.end]
        replies = [reply if i == example.right else [] for i in range(len(prompts))]
        return Shown(
            tuple(prompts[0][:same]),
            tuple(
                Branch((*prompt[same:], *reply), len(reply))
                for prompt, reply in zip(prompts, replies, strict=True)
            ),
            0 if example.right is None else example.right + 1,
        )

    def _words(self, text: str) -> list[int]:
        found: list[int] = self._llama.tokenize(text.encode(), add_bos=False, special=False)
        return found


class Kept:
    """An encoder's rows, kept beside the state: tens of thousands of sentences take minutes."""

    def __init__(self, encoder: Encoder, state: Path) -> None:
        self._encoder, self._state = encoder, state

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """`(n, dim)` unit rows."""
        name = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]
        file = self._state.with_suffix(f".{name}.npy")
        if not file.exists():
            np.save(file, self._encoder.embed(list(texts)))
        found: np.ndarray = np.load(file)
        return found


class Source:
    """Articles with questions, and what is like each question."""

    def __init__(
        self,
        contexts: Sequence[Context],
        asked: Sequence[Asked],
        state: Path,
        encoder: Encoder,
        prompts: Prompts,
    ) -> None:
        self.contexts, self.asked = contexts, asked
        self._prompts = prompts
        embed = Kept(encoder, state)
        self._quotes = Quotes(contexts, embed)
        self._rows = embed.embed([one.question for one in asked])
        self._like = look_alikes(state, contexts, asked, embed)

    def stream(self, *, held_out: bool) -> Iterator[Shown]:
        """Its questions in the same order each time, one pass after the other: each draws other quotes around
        them. `held_out`: those on the pages that are kept for measuring, else the others."""
        turn = 0
        while True:
            for number in order(self.contexts, self.asked, turn, held_out=held_out):
                rng = random.Random(f"{SEED} {turn} {number}")
                if rng.random() < SHARES[self.contexts[self.asked[number].context].file]:
                    yield from self._shown(number, rng)
            turn += 1

    def mined(self, found: Mapping[int, Sequence[Found]]) -> Iterator[Shown]:
        """The questions that quotes were found for, one pass after the other, shown with these."""
        turn = 0
        while True:
            for number, some in found.items():
                yield from self._shown(number, random.Random(f"{SEED} {turn} {number} mined"), some)
            turn += 1

    def _shown(self, i: int, rng: random.Random, found: Sequence[Found] = ()) -> Iterator[Shown]:
        """One example, or none."""
        example = self._quotes.example(self.asked[i], self._rows[i], self._like[i], rng, found)
        if example and (shown := self._prompts.shown(example)).length <= MAX_TOKENS:
            yield shown


def mixed(often: Iterator[Shown], seldom: Iterator[Shown], every: int) -> Iterator[Shown]:
    """One of `seldom` after so many less one of `often`.

    >>> from itertools import islice, repeat
    >>> "".join(islice(mixed(repeat("a"), repeat("b"), 4), 9))
    'aaabaaaba'
    """
    while True:
        for _ in range(every - 1):
            yield next(often)
        yield next(seldom)
