"""One beginning and several ways to go on → the logits after each, read side by side.

llama.cpp reads the quotes of a question faster in one batch than one after the other (docs/log.md): each is a
sequence of its own, and what they begin with is read once, in the same batch.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np


class Token(NamedTuple):
    """A token, where it stands, in which sequences, and whether the logits after it are wanted."""

    token: int
    place: int
    numbers: tuple[int, ...]
    wanted: bool = False


class Branches:
    """Sequences 1, 2, … beside the one that a `Llama` is at, which is number 0. On leaving they are
    forgotten."""

    def __init__(self, llama: Any, shared: Sequence[int]) -> None:
        """`llama` has read what all begin with, but for the `shared` tokens that come next in each; its
        context has several sequences."""
        import llama_cpp

        self._cpp, self._llama = llama_cpp, llama
        self._shared, self._read = list(shared), llama.n_tokens
        self._common: int = llama.n_tokens + len(shared)
        self._memory = llama_cpp.llama_get_memory(llama.ctx)
        self._branches: list[list[int]] = []

    def __enter__(self) -> "Branches":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number in range(1, len(self._branches) + 1):
            self._cpp.llama_memory_seq_rm(self._memory, number, -1, -1)

    def logits(self, branches: Sequence[Sequence[int]]) -> Iterator["np.ndarray[Any, Any]"]:
        """Of the token after each further branch, `(vocabulary,)`, in their order; each is good until the
        next. Raises RuntimeError where llama.cpp fails or is stopped."""
        # Where the cells of a sequence lie decides its rounding: what was read before is not in the way.
        self._cpp.llama_memory_seq_rm(self._memory, 0, self._read, -1)
        first = not self._branches
        places = range(len(self._branches), len(self._branches) + len(branches))
        for place in places:
            self._cpp.llama_memory_seq_rm(self._memory, place + 1, -1, -1)
            self._cpp.llama_memory_seq_cp(self._memory, 0, place + 1, 0, self._read)
            if not first:
                self._cpp.llama_memory_seq_cp(self._memory, 1, place + 1, self._read, self._common)
            self._branches.append([])
        numbers = tuple(place + 1 for place in places)
        shared = [Token(t, self._read + i, numbers) for i, t in enumerate(self._shared)] if first else []
        flat = shared + self._appended(dict(zip(places, branches, strict=True)))
        size = self._llama.n_batch
        for start in range(0, len(flat), size):
            yield from self._decoded(flat[start : start + size])

    def _decoded(self, some: Sequence[Token]) -> Iterator["np.ndarray[Any, Any]"]:
        """The logits after those that want them."""
        holder = self._llama._batch
        batch = holder.batch
        batch.n_tokens = len(some)
        for i, token in enumerate(some):
            batch.token[i], batch.pos[i], batch.logits[i] = token.token, token.place, token.wanted
            batch.n_seq_id[i] = len(token.numbers)
            for j, number in enumerate(token.numbers):
                batch.seq_id[i][j] = number
        self._llama._ctx.decode(holder)
        for i, token in enumerate(some):
            if token.wanted:
                yield logits_of(self._llama, i)

    def read_on(self, more: Mapping[int, Sequence[int]]) -> dict[int, "np.ndarray[Any, Any]"]:
        """Some branches, by their place (from 0), go on with these tokens, in one batch: the logits after
        each, good until the next. Raises RuntimeError as `logits`."""
        return dict(zip(more, self._decoded(self._appended(more)), strict=True))

    def _appended(self, more: Mapping[int, Sequence[int]]) -> list[Token]:
        """Tokens put at the end of branches; wanted: what comes after the last."""
        flat = []
        for place, tokens in more.items():
            end, last = self._common + len(self._branches[place]), len(tokens) - 1
            flat += [Token(t, end + i, (place + 1,), i == last) for i, t in enumerate(tokens)]
            self._branches[place] += tokens
        return flat


def logits_of(llama: Any, index: int) -> "np.ndarray[Any, Any]":
    """Of the token after number `index` of the last batch, -1 the last, `(vocabulary,)`; good until the next
    batch."""
    import llama_cpp

    return np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(llama.ctx, index), shape=(llama.n_vocab(),))
