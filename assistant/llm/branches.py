"""One beginning and several ways to go on → the logits after each, read side by side.

llama.cpp reads the quotes of a question faster in one batch than one after the other (docs/log.md): each is a
sequence of its own, and what they begin with is read once.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any

import numpy as np


class Branches:
    """Sequences 1, 2, … beside the one that a `Llama` is at, which is number 0. On leaving they are
    forgotten."""

    def __init__(self, llama: Any) -> None:
        """`llama` has read what all begin with, and nothing more; its context has several sequences."""
        import llama_cpp

        self._cpp, self._llama = llama_cpp, llama
        self._common: int = llama.n_tokens
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
        self._cpp.llama_memory_seq_rm(self._memory, 0, self._common, -1)
        places = range(len(self._branches), len(self._branches) + len(branches))
        for place in places:
            self._cpp.llama_memory_seq_rm(self._memory, place + 1, -1, -1)
            self._cpp.llama_memory_seq_cp(self._memory, 0, place + 1, 0, self._common)
            self._branches.append([])
        flat = self._appended(dict(zip(places, branches, strict=True)))
        size = self._llama.n_batch
        for start in range(0, len(flat), size):
            yield from self._decoded(flat[start : start + size])

    def _decoded(self, some: Sequence[tuple[int, int, int, bool]]) -> Iterator["np.ndarray[Any, Any]"]:
        """Tokens with their places and sequences, and whether the logits after them are wanted."""
        holder = self._llama._batch
        batch = holder.batch
        batch.n_tokens = len(some)
        for i, (token, place, number, wanted) in enumerate(some):
            batch.token[i], batch.pos[i], batch.logits[i] = token, place, wanted
            batch.n_seq_id[i], batch.seq_id[i][0] = 1, number
        self._llama._ctx.decode(holder)
        for i, (_, _, _, wanted) in enumerate(some):
            if wanted:
                yield logits_of(self._llama, i)

    def read_on(self, more: Mapping[int, Sequence[int]]) -> dict[int, "np.ndarray[Any, Any]"]:
        """Some branches, by their place (from 0), go on with these tokens, in one batch: the logits after
        each, good until the next. Raises RuntimeError as `logits`."""
        return dict(zip(more, self._decoded(self._appended(more)), strict=True))

    def _appended(self, more: Mapping[int, Sequence[int]]) -> list[tuple[int, int, int, bool]]:
        """Tokens put at the end of branches, as `_decoded` reads them; wanted: what comes after the last."""
        flat = []
        for place, tokens in more.items():
            end, last = self._common + len(self._branches[place]), len(tokens) - 1
            flat += [(token, end + i, place + 1, i == last) for i, token in enumerate(tokens)]
            self._branches[place] += tokens
        return flat


def logits_of(llama: Any, index: int) -> "np.ndarray[Any, Any]":
    """Of the token after number `index` of the last batch, -1 the last, `(vocabulary,)`; good until the next
    batch."""
    import llama_cpp

    return np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(llama.ctx, index), shape=(llama.n_vocab(),))
