"""One language model for many answers: loaded at its first use, lent to each, exchanged between two of them.

An answer keeps the model that it began with; an old one is closed when its last answer has ended, so for that
long both are in memory. Knows nothing of llama.cpp.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Protocol, runtime_checkable

from assistant.llm.talk import ChatModel

Load = Callable[[], ChatModel]


@runtime_checkable
class Closable(Protocol):
    """A model that holds memory until it is closed."""

    def close(self) -> None:
        """Free it."""


class _Held:
    """One model, loaded or not, and how many use it."""

    def __init__(self, load: Load, model: ChatModel | None = None) -> None:
        self.load = load
        self.model = model
        self.users = 0
        self.loading = threading.Lock()

    def get(self) -> ChatModel:
        with self.loading:
            if self.model is None:
                self.model = self.load()
            return self.model

    def close(self) -> None:
        with self.loading:
            model: object = self.model
            self.model = None
        if isinstance(model, Closable):
            model.close()


class Lent:
    """The model of an assistant. Safe for threads."""

    def __init__(self, load: Load, model: ChatModel | None = None) -> None:
        """`load` is called at the first use, unless `model` is there already."""
        self._held = _Held(load, model)
        self._lock = threading.Lock()
        self._loans = 0

    @property
    def loaded(self) -> bool:
        """Whether it is in memory."""
        return self._held.model is not None

    @property
    def free(self) -> bool:
        """Whether nobody uses it just now."""
        return self._held.users == 0

    @property
    def loans(self) -> int:
        """How often a model was lent so far."""
        return self._loans

    def get(self) -> ChatModel:
        """The model, loaded. Raises ModelError."""
        return self._held.get()

    @contextlib.contextmanager
    def lent(self) -> Iterator[ChatModel]:
        """The model, loaded, and kept for as long as this lasts. Raises ModelError."""
        with self._lock:
            held = self._held
            held.users += 1
            self._loans += 1
        try:
            yield held.get()
        finally:
            with self._lock:
                held.users -= 1
                over = held is not self._held and not held.users
            if over:
                held.close()

    def exchange(self, load: Load) -> None:
        """Lend another model from now on; the old one is closed now, or by the last that uses it."""
        with self._lock:
            old, self._held = self._held, _Held(load)
            over = not old.users
        if over:
            old.close()
