"""How fast a language model reads and writes on this machine, in tokens a second: measured once, kept.

Takes a second or two, with a slow model longer. Kept in a JSON file by the model's file, size and time, so a
file that changed is measured again. On a busy machine less is measured. Knows nothing of llama.cpp.
"""

import contextlib
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.llm.lent import Lent
from assistant.llm.talk import ChatModel, Message
from index.errors import ModelError

READ_WORDS = (16, 256)  # of the first prompt, which also brings the weights into memory; at most
WRITE_TOKENS = 24
ENOUGH_S = 1.0  # for each of the two
TRIES = 3  # where questions come in between
TASK = "Write a long story about a harbour in winter. Use these words: "
WORDS = ("harbour", "river", "council", "winter", "bridge", "letter", "market", "engine")


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens a second."""

    reads: float
    writes: float


def measure(model: ChatModel) -> Speed:
    """The model's speed now. Raises ModelError."""
    reads, writes = _run(model, READ_WORDS[0], WRITE_TOKENS)
    words = min(int(reads * ENOUGH_S), READ_WORDS[1])
    if words > 2 * READ_WORDS[0]:  # else the first prompt took long enough
        reads, _ = _run(model, words, 1)
    return Speed(round(reads, 1), round(writes, 1))


def _run(model: ChatModel, words: int, limit: int) -> tuple[float, float]:
    """Tokens a second of a prompt of about so many words, and of its reply."""
    messages = [Message("user", TASK + " ".join(WORDS[n % len(WORDS)] for n in range(words)))]
    tokens = model.count_tokens(messages)
    began = time.perf_counter()
    at: list[float] = []
    for _ in model.stream(messages, limit):
        at.append(time.perf_counter())
        if at[-1] - at[0] > ENOUGH_S and len(at) > 2:
            break
    if not at:
        raise ModelError("the model wrote nothing at all; choose another one")
    writes = (len(at) - 1) / (at[-1] - at[0]) if at[-1] > at[0] else 0.0
    return tokens / max(at[0] - began, 1e-6), writes


def undisturbed(lent: Lent) -> Speed:
    """The speed of a model, measured while nobody else uses it, where that can be had: one that waits for its
    turn can't be told from one that reads slowly. Raises ModelError."""
    tried = 0
    while True:
        loans, alone = lent.loans, lent.free
        with lent.lent() as model:
            found = measure(model)
        tried += 1
        if tried == TRIES or (alone and lent.loans == loans + 1):
            return found


class Speeds:
    """The speeds that were measured, in a file; a file that can't be read or written is only slower."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def of(self, model: Path) -> Speed | None:
        """The speed of the model in that file, where it was measured and the file is still the same."""
        known = self._all().get(str(model.absolute()))
        try:
            if isinstance(known, dict) and known["of"] == _mark(model):
                return Speed(float(known["reads"]), float(known["writes"]))
        except (OSError, KeyError, TypeError, ValueError):
            pass
        return None

    def keep(self, model: Path, speed: Speed) -> None:
        """Remember it."""
        with contextlib.suppress(OSError):
            found = {**self._all(), str(model.absolute()): {"of": _mark(model), **asdict(speed)}}
            self.file.parent.mkdir(parents=True, exist_ok=True)
            part = self.file.with_name(f"{self.file.name}.part")
            part.write_text(json.dumps(found, indent=1), encoding="utf-8")
            part.replace(self.file)

    def _all(self) -> dict[str, object]:
        try:
            found = json.loads(self.file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}


def _mark(model: Path) -> list[int]:
    stat = model.stat()
    return [stat.st_size, stat.st_mtime_ns]
