"""What the pipeline says to a language model and asks of it: messages, and the two things a model can do.

`ChatModel` writes; a `Chooser` reads, too: a model with an adapter made for it (adapter.py). The real ones
are in model.py, scripted ones in the tests.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a prompt. `text` may hold anything; it can't become a control token."""

    role: Role
    text: str


class ChatModel(Protocol):
    """What the pipeline asks of a language model."""

    @property
    def context_tokens(self) -> int:
        """Tokens that prompt and output have together."""

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Tokens of the whole prompt."""

    def stream(
        self, messages: Sequence[Message], max_tokens: int, stop: threading.Event | None = None
    ) -> Iterator[str]:
        """Pieces of the reply, as they come. Raises Cancelled when `stop` is set, ModelError."""


@dataclass(frozen=True, slots=True)
class Words:
    """Words of a text that answer, "" where there are none, and how probable the model found it that it would
    write just these, 0..1."""

    text: str
    probability: float


NO_WORDS = Words("", 1.0)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which of some numbered texts answers: `odds[n]` is the probability of number n (0: none of them), of
    all that were read together 1; `words[n]` are those of the text that answer, for each number that was
    taken."""

    odds: tuple[float, ...]
    words: Mapping[int, Words]
    tokens: int  # that were written


@runtime_checkable
class Chooser(ChatModel, Protocol):
    """A model that was taught to choose."""

    @property
    def chooses(self) -> bool:
        """Whether it was: the same model without its adapter was not."""

    def choose(
        self,
        prompts: Sequence[Sequence[Message]],
        texts: Sequence[str],
        first: int,
        take: Callable[[Sequence[float]], Sequence[int] | None],
        stop: threading.Event | None = None,
    ) -> Choice:
        """The choice among `texts`, each of which one of the `prompts` asks about. So many as `first` says
        are read; then `take` is told their odds and says which numbers are taken, or None: the others are
        read, too, and it is told the odds of all. The words are of the texts that were taken, word for word.
        Raises Cancelled, ModelError."""
