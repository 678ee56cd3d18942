"""One language model for many answers: loaded at its first use, lent to each, exchanged between two of them.

An answer keeps the model that it began with; an old one is closed when its last answer has ended, so for that
long both are in memory. Knows nothing of llama.cpp.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Protocol, runtime_checkable

from assistant.llm.talk import ChatModel
from index.errors import Cancelled

LOOK_EVERY_S = 0.05  # how soon one that was stopped waits no more for a model that is being loaded

Load = Callable[[], ChatModel]


@runtime_checkable
class Closable(Protocol):
    """A model that holds memory until it is closed."""

    def close(self) -> None:
        """Free it."""


class _Held:
    """One model, loaded or not, and how many use it."""

    def __init__(self, load: Load, model: ChatModel | None = None) -> None:
        self._load = load
        self.users = 0
        self._lock = threading.Lock()
        self._loading: Future[ChatModel] | None = None
        if model is not None:
            self._loading = Future()
            self._loading.set_result(model)

    @property
    def loaded(self) -> bool:
        loading = self._loading
        return loading is not None and loading.done() and loading.exception() is None

    def get(self, stop: threading.Event | None = None) -> ChatModel:
        """Loaded beside the caller, so that it can be stopped; the next one finds the model then."""
        with self._lock:
            loading = self._loading
            if loading is None or (loading.done() and loading.exception()):
                self._loading = loading = Future()
                threading.Thread(target=self._run, args=(loading,), daemon=True).start()
        while True:
            with contextlib.suppress(TimeoutError):
                return loading.result(None if stop is None else LOOK_EVERY_S)
            if stop is not None and stop.is_set():
                raise Cancelled("stopped")

    def _run(self, loading: "Future[ChatModel]") -> None:
        try:
            loading.set_result(self._load())
        except BaseException as error:  # noqa: BLE001 - raised in those who wait for it
            loading.set_exception(error)

    def close(self) -> None:
        """Free the model, now or as soon as it is loaded."""
        with self._lock:
            loading, self._loading = self._loading, None
        if loading is not None:
            loading.add_done_callback(_closed)


def _closed(loading: "Future[ChatModel]") -> None:
    model: object = None if loading.exception() else loading.result()
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
        return self._held.loaded

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
    def lent(self, stop: threading.Event | None = None) -> Iterator[ChatModel]:
        """The model, loaded, and kept for as long as this lasts. Raises ModelError, and Cancelled soon after
        `stop` is set while it is being loaded."""
        with self._lock:
            held = self._held
            held.users += 1
            self._loans += 1
        try:
            yield held.get(stop)
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
