"""Messages → streamed text, by llama.cpp, which only template.py and branches.py know besides.

`LlamaModel` is a `ChatModel` (talk.py) with any instruct GGUF, and a `Chooser` with an adapter. One model is
one context: a lock lets one question through at a time, the others wait. Knows nothing of articles or
citations. Greedy decoding, in batches that do not depend on what was asked before: the same prompt gives the
same words.
"""

import codecs
import contextlib
import math
import os
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from assistant.llm.branches import Branches
from assistant.llm.copying import Copy
from assistant.llm.merge import foreign
from assistant.llm.talk import Choice, Message, Words
from assistant.llm.template import Template
from index.errors import Cancelled, ModelError

# SmolLM2-135M (98 MB) wrote 38 to 44 words' pieces a second with one thread, 20 to 22 with two.
SMALL_MODEL_BYTES = 300_000_000
COPIED_TOKENS = 24  # of a short answer
VERDICTS = ("Yes", "No")  # the first token of a reply
CONSIDERED_TOKENS = 200  # likeliest ones that are tried for a copy


@dataclass
class Written:
    """A copy while it is written, and the log probability of its tokens, its end included."""

    copy: Copy
    log_probability: float = 0.0

    @property
    def words(self) -> Words:
        """What stands there."""
        return Words(self.copy.text, math.exp(self.log_probability))


class LlamaModel:
    """A GGUF in llama.cpp. Loading takes 0.2 s for the default model, seconds for large ones."""

    def __init__(
        self,
        file: Path,
        context_tokens: int = 4096,
        threads: int | None = None,
        adapter: Path | None = None,
        *,
        merged: Path | None = None,
    ) -> None:
        """`adapter` is a LoRA made for this very model, as GGUF; `merged` are the weights of both together,
        where there are (merge.py). Raises ModelError when the file is no model that llama.cpp can run."""
        import llama_cpp

        self.file = file
        self.chooses = adapter is not None
        self._lock = threading.Lock()
        self._abort = threading.Event()
        for_prompt, for_words = threads_for(file, threads)
        try:
            with _silenced_stderr():
                self._llama = llama_cpp.Llama(
                    str(merged or file),
                    n_ctx=context_tokens,
                    n_batch=512,
                    n_threads=for_words,
                    n_threads_batch=for_prompt,
                    seed=0,
                    lora_path=str(adapter) if adapter and not merged else None,
                    # The only way to a context of several sequences; what it gives is logits all the same.
                    embedding=adapter is not None,
                    verbose=False,
                )
        except (ValueError, OSError, RuntimeError) as error:
            raise ModelError(
                f"{file.name} can't be loaded by llama.cpp ({error}); give another GGUF with --model"
            ) from error
        # llama-cpp-python takes the null pointer of an adapter that was refused for an adapter.
        if adapter and not merged and not self._llama._lora_adapter:
            raise ModelError(foreign(adapter, file))
        if adapter:
            llama_cpp.llama_set_embeddings(self._llama.ctx, False)
        # Checked by llama.cpp between the nodes of its graph: a long prompt stops within milliseconds.
        self._callback = llama_cpp.ggml_abort_callback(lambda _: self._abort.is_set())
        llama_cpp.llama_set_abort_callback(self._llama.ctx, self._callback, None)
        self._template = Template(self._llama)

    @property
    def context_tokens(self) -> int:
        """Tokens that prompt and output have together; no more than the model was trained with."""
        return min(int(self._llama.n_ctx()), int(self._llama._model.n_ctx_train()))

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Tokens of the whole prompt, the template's included."""
        return len(self._template.tokens(messages)[0])

    def stream(
        self, messages: Sequence[Message], max_tokens: int, stop: threading.Event | None = None
    ) -> Iterator[str]:
        """Pieces of the reply, greedily decoded, until the model ends its turn or after `max_tokens`.

        What stands before the last message is not evaluated again for the next prompt that begins so. A
        character that `max_tokens` cuts in half is left out. Raises ModelError when the prompt leaves no
        room, Cancelled once `stop` is set; closing the generator is fine too.
        """
        tokens, fixed = self._template.tokens(messages)
        room = self.context_tokens - len(tokens)
        if room < 1:
            raise ModelError(self._too_long(tokens))
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        # Closed here, not by the garbage collector: the lock must be the last thing given back.
        with (
            self._turn(stop),
            contextlib.closing(self._generate(tokens, fixed, min(max_tokens, room), stop)) as generated,
        ):
            for token in generated:
                piece = decoder.decode(self._llama.detokenize([token], prev_tokens=[tokens[-1]]))
                if piece:
                    yield piece

    def close(self) -> None:
        """Give its memory back; nothing may be asked of it then."""
        with self._lock:
            self._llama.close()

    def choose(
        self,
        prompts: Sequence[Sequence[Message]],
        texts: Sequence[str],
        first: int,
        take: Callable[[Sequence[float]], Sequence[int] | None],
        stop: threading.Event | None = None,
    ) -> Choice:
        """See `Chooser`. The reply to a prompt is "Yes: words of the text" or "No"; the odds are those of
        "Yes" against "No", the words are held to the text."""
        made = [self._template.tokens(messages) for messages in prompts]
        asked, fixed = [tokens for tokens, _ in made], made[0][1]
        common = beginning(asked) if len(asked) > 1 else fixed
        longest = max(asked, key=len)
        if self.context_tokens - len(longest) < 2 * COPIED_TOKENS:
            raise ModelError(self._too_long(longest))
        yes, no = (self._template.words(word)[0] for word in VERDICTS)
        with self._turn(stop), self._aborting(stop):
            self._begin(asked[0][:fixed])  # the same for every question: it need not be read again
            with Branches(self._llama, asked[0][fixed:common]) as branches:
                own = [tokens[common:] for tokens in asked]
                margins, odds, taken = [0.0], [1.0], None
                for some in filter(None, (own[:first], own[first:])):
                    if taken is None:
                        margins += [float(logits[yes] - logits[no]) for logits in branches.logits(some)]
                        odds = _softmax(margins)
                        taken = take(odds)
                written = {number: Written(Copy(texts[number - 1])) for number in taken or ()}
                tokens = self._write(branches, written, [yes, *self._template.words(":")], stop)
        return Choice(tuple(odds), {number: one.words for number, one in written.items()}, tokens)

    def _write(
        self,
        branches: Branches,
        written: Mapping[int, Written],
        begin: list[int],
        stop: threading.Event | None,
    ) -> int:
        """Write the model's next words of each text, side by side, after `begin`; how many tokens they
        took."""
        tokens = 0
        after = branches.read_on({number - 1: begin for number in written}) if written else {}
        for _ in range(COPIED_TOKENS):
            if stop is not None and stop.is_set():
                raise Cancelled("stopped")
            found = {place: self._next(written[place + 1], logits) for place, logits in after.items()}
            more = {place: [token] for place, token in found.items() if token is not None}
            if not more:
                break
            tokens += len(more)
            after = branches.read_on(more)
        return tokens

    def _next(self, written: Written, logits: "np.ndarray[Any, Any]") -> int | None:
        """The likeliest token that goes on with a copy, which takes it; None where it ends, or nothing that
        the model would write stands there."""
        some = np.argpartition(-logits, CONSIDERED_TOKENS)[:CONSIDERED_TOKENS]
        for token in some[np.argsort(-logits[some])].tolist():
            ends = self._template.ends_turn(token)
            fits = written.copy.ends if ends else written.copy.take(self._llama.detokenize([token]))
            if fits:
                written.log_probability += log_softmax(logits, token)
                return None if ends else int(token)
        return None

    @contextlib.contextmanager
    def _aborting(self, stop: threading.Event | None) -> Iterator[None]:
        """What llama.cpp raises within → ModelError, or Cancelled when it was `stop`."""
        with _watched(stop, self._abort):
            try:
                yield
            except RuntimeError as error:
                self._llama.reset()  # type: ignore[no-untyped-call]
                if self._abort.is_set():
                    raise Cancelled("stopped") from error
                raise ModelError(
                    f"the model {self.file.name} failed ({error}); ask again, or give another --model"
                ) from error

    def _too_long(self, tokens: Sequence[int]) -> str:
        return (
            f"the prompt has {len(tokens)} tokens, the model reads {self.context_tokens}; "
            "ask a shorter question"
        )

    def _generate(
        self, tokens: list[int], fixed: int, limit: int, stop: threading.Event | None
    ) -> Generator[int, None, None]:
        generator = self._llama.generate(tokens, temp=0.0)
        with self._aborting(stop), contextlib.closing(generator):
            self._begin(tokens[:fixed])
            for _, token in zip(range(limit), generator, strict=False):
                if stop is not None and stop.is_set():
                    raise Cancelled("stopped")
                if self._template.ends_turn(token):
                    return
                yield int(token)

    def _begin(self, prefix: list[int]) -> None:
        """Make llama.cpp remember just these tokens, evaluated in batches of their own.

        Its rounding depends on how a prompt is cut into batches. It would keep all that the last prompt has
        in common with this one, so that asking the same twice gave other words the second time.
        """
        llama = self._llama
        if prefix and llama.n_tokens >= len(prefix) and llama._input_ids[: len(prefix)].tolist() == prefix:
            llama.n_tokens = len(prefix)
            return
        llama.reset()  # type: ignore[no-untyped-call]
        llama._ctx.kv_cache_clear()  # type: ignore[no-untyped-call]
        if prefix:
            llama.eval(prefix)

    @contextlib.contextmanager
    def _turn(self, stop: threading.Event | None) -> Iterator[None]:
        """Wait for the model; a question that is stopped while it waits gives up its place."""
        while not self._lock.acquire(timeout=0.05):
            if stop is not None and stop.is_set():
                raise Cancelled("stopped")
        try:
            yield
        finally:
            self._lock.release()


def beginning(prompts: Sequence[Sequence[int]]) -> int:
    """How many tokens all of them begin with; the last one of each is its own, though all be the same.

    >>> beginning([[1, 2, 3], [1, 2, 4, 5]]), beginning([[1, 2, 3], [1, 2, 3]])
    (2, 2)
    """
    columns = zip(*(prompt[:-1] for prompt in prompts), strict=False)
    return sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, columns))


def log_softmax(logits: "np.ndarray[Any, Any]", index: int) -> float:
    """Of one of the logits, `(count,)`.

    >>> round(log_softmax(np.log(np.array([1, 3], dtype=np.float32)), 1), 3) == round(math.log(3 / 4), 3)
    True
    """
    top = logits.max()
    return float(logits[index] - top) - math.log(float(np.exp(logits - top).sum()))


def _softmax(logits: Sequence[float]) -> list[float]:
    """
    >>> _softmax([1.0, 1.0])
    [0.5, 0.5]
    """
    weights = np.exp(np.array(logits) - max(logits))
    found: list[float] = (weights / weights.sum()).tolist()
    return found


@contextlib.contextmanager
def _watched(stop: threading.Event | None, abort: threading.Event) -> Iterator[None]:
    """Pass `stop` on to llama.cpp's abort flag while one generation runs."""
    abort.clear()
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            if stop is not None and stop.wait(0.05):
                abort.set()
                return

    watcher = threading.Thread(target=watch, daemon=True) if stop is not None else None
    if watcher:
        watcher.start()
    try:
        yield
    finally:
        done.set()
        if watcher:
            watcher.join()
        abort.clear()


@contextlib.contextmanager
def _silenced_stderr() -> Iterator[None]:
    """llama.cpp prints its reasons past Python; the error that follows says enough for a reader."""
    with open(os.devnull, "wb") as null:  # noqa: PTH123 - a device, not a file
        kept = os.dup(2)
        try:
            os.dup2(null.fileno(), 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def threads_for(file: Path, wanted: int | None) -> tuple[int, int]:
    """Threads for reading the prompt and for writing words: as wanted, else the physical cores, but one for
    the words of a small model, whose threads wait for each other longer than they work (docs/log.md)."""
    every = wanted or physical_cores()
    small = wanted is None and file.is_file() and file.stat().st_size <= SMALL_MODEL_BYTES
    return every, 1 if small else every


def physical_cores() -> int:
    """Physical cores that this process may use: more threads than these only wait for each other."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(psutil.cpu_count(logical=False) or 1, allowed or 1))
