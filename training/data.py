"""Public reading questions: paragraphs, what is asked of them, and which paragraphs are like each question.

Each line of a file is a paragraph (`title`, `context`) with questions (`qas`: `question`, `answers`, and
`start`, or `kind`). A tenth of the pages is kept for measuring (`is_held_out`).
"""

import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

FILES = ("squadshifts_wiki", "squadshifts_reddit", "squadshifts_amazon", "fairytale")
WITH_TITLES = ("squadshifts_wiki", "fairytale")  # the others' titles say nothing
POOL, KEPT = 24, 12  # nearest paragraphs that are looked at, and look-alikes kept of them
HELD_OUT = 10  # one page in so many
SEED = 11  # of the order in which questions are asked


class Embeds(Protocol):
    """What makes `(n, dim)` unit rows of texts."""

    def embed(self, texts: Sequence[str], /) -> np.ndarray:
        """One row for each text."""


@dataclass(frozen=True)
class Context:
    """A paragraph, its page, and the file that it comes from. Those that tell of the same `event` answer each
    other's questions ("" where none does)."""

    text: str
    title: str
    file: str
    held_out: bool
    event: str = ""


@dataclass(frozen=True)
class Asked:
    """A question; its answer stands at `start` of context number `context`. Without `answers` it is about
    that context and not answered by it."""

    question: str
    answers: tuple[str, ...]
    context: int
    start: int
    end: int


def stands_in(text: str, answers: Sequence[str]) -> bool:
    """Whether one of the answers does, as words or part of words.

    >>> stands_in("It is four metres deep.", ["Four metres", "4 m"])
    True
    """
    lower = text.lower()
    return any(answer.lower() in lower for answer in answers)


def read(folder: Path, part: float = 1.0) -> tuple[list[Context], list[Asked]]:
    """All paragraphs and the questions whose answer stands in them; or of `part` of the pages (0..1), and all
    that are kept for measuring."""
    contexts: list[Context] = []
    asked: list[Asked] = []
    for name in FILES:
        for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            paragraph = json.loads(line)
            text, title = paragraph["context"], paragraph["title"] if name in WITH_TITLES else ""
            held_out = is_held_out(title or text)
            if not (held_out or in_part(title or text, part)):
                continue
            spoken = title.replace("_", " ").replace("-", " ")
            contexts.append(Context(text, spoken, name, held_out))
            for qa in paragraph["qas"]:
                if place := answer_place(text, qa):
                    question, answers = qa["question"].strip(), tuple(qa["answers"])
                    asked.append(Asked(question, answers, len(contexts) - 1, *place))
    return contexts, asked


def is_held_out(page: str) -> bool:
    """Whether a page is kept for measuring; decided by its name, so by all programs alike.

    >>> [page for page in ("Andes", "Tin", "Zinc") if is_held_out(page)]
    ['Andes', 'Tin']
    """
    return _number(page) % HELD_OUT == 0


def in_part(page: str, part: float) -> bool:
    """Whether a page is among so many of all, 0..1; decided by its name.

    >>> [[page for page in ("Andes", "Tin", "Zinc", "Lead") if in_part(page, part)] for part in (0.4, 1.0)]
    [['Andes'], ['Andes', 'Tin', 'Zinc', 'Lead']]
    """
    return _number(page) // HELD_OUT % 100 < part * 100


def _number(page: str) -> int:
    return int(hashlib.sha256(page.encode()).hexdigest(), 16)


def answer_place(context: str, qa: dict[str, Any]) -> tuple[int, int] | None:
    """Where the answer stands; None when that can't be told.

    >>> answer_place("It rained.", {"answers": ["rained"], "start": 3})
    (3, 9)
    """
    if "start" in qa:
        for answer in qa["answers"]:
            if context.startswith(answer, qa["start"]):
                return qa["start"], qa["start"] + len(answer)
    if qa.get("kind") == "explicit" and context.lower().count(qa["answers"][0].lower()) == 1:
        start = context.lower().index(qa["answers"][0].lower())
        return start, start + len(qa["answers"][0])
    return None


def nearest(contexts: Sequence[Context], asked: Sequence[Asked], encoder: Embeds) -> list[list[int]]:
    """For each question the contexts most like it (of its own file and side, no other report of its event)
    that do not hold its answer."""
    rows = encoder.embed([c.text for c in contexts])
    questions = encoder.embed([a.question for a in asked])
    same = {
        key: np.array([i for i, c in enumerate(contexts) if (c.file, c.held_out) == key])
        for key in {(c.file, c.held_out) for c in contexts}
    }
    found = []
    for a, row in zip(asked, questions, strict=True):
        own = contexts[a.context]
        pool = same[own.file, own.held_out]
        if own.event:
            pool = np.array([i for i in pool if contexts[i].event != own.event])
        best = pool[np.argsort(-(rows[pool] @ row))[:POOL]]
        found.append([int(i) for i in best if not stands_in(contexts[i].text, a.answers)][:KEPT])
    return found


def look_alikes(
    state: Path, contexts: Sequence[Context], asked: Sequence[Asked], encoder: Embeds
) -> list[list[int]]:
    """`nearest`, kept beside a run's state: it takes minutes."""
    about = "\0".join([*(c.text + c.event for c in contexts), *(a.question for a in asked)])
    file = state.with_suffix(f".near.{hashlib.sha256(about.encode()).hexdigest()[:12]}.json")
    if not file.exists():
        file.write_text(json.dumps(nearest(contexts, asked, encoder)), encoding="utf-8")
    found: list[list[int]] = json.loads(file.read_text(encoding="utf-8"))
    return found


def order(contexts: Sequence[Context], asked: Sequence[Asked], turn: int, *, held_out: bool) -> list[int]:
    """The numbers of the questions in the order of a pass. `held_out`: those on the pages that are kept for
    measuring, else the others."""
    numbers = [i for i, one in enumerate(asked) if contexts[one.context].held_out == held_out]
    random.Random(SEED + turn).shuffle(numbers)
    return numbers
