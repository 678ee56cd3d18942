"""A question and its evidence → the model's draft, streamed: prompt, words, sentences with what they cite.

Checks nothing: a draft is shown as one, and what becomes of its sentences is decided in checked.py.
"""

import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

from assistant.llm.cite import Drafted, bare, parse
from assistant.llm.talk import ChatModel, Message
from assistant.settings import Settings
from assistant.values import Event, Evidence, Timings, Token
from prompts import render

MAX_SENTENCES = 3  # of the model's own: more is no answer but an essay


@dataclass(frozen=True)
class Composed:
    """The sentences of a draft, when its first piece came (`time.perf_counter`, None: none did), and how many
    tokens were read and written."""

    sentences: tuple[Drafted, ...]
    first_at: float | None
    prompt_tokens: int
    output_tokens: int

    def spent(self, started: float) -> Timings:
        """The model's share of an answer's timings."""
        first_s = None if self.first_at is None else self.first_at - started
        return Timings(0.0, first_s, 0.0, self.prompt_tokens, self.output_tokens)


def prompt(
    model: ChatModel, question: str, evidence: Sequence[Evidence], settings: Settings
) -> list[Message]:
    """The messages; the weakest quotes give way when the model's window is small."""
    kept = list(evidence[: settings.model_quotes])
    while True:
        quotes = "\n".join(f"[{e.n}] {' '.join(e.quote.split())}" for e in kept)
        messages = [
            Message("system", render("system")),
            Message("user", render("question", quotes=quotes, question=question)),
        ]
        room = model.context_tokens - settings.max_answer_tokens
        if len(kept) <= 1 or model.count_tokens(messages) <= room:
            return messages
        kept.pop()


def composed(
    model: ChatModel,
    question: str,
    evidence: Sequence[Evidence],
    settings: Settings,
    stop: threading.Event | None,
) -> Generator[Event, None, Composed]:
    """Stream the draft as `Token`s, cut after `MAX_SENTENCES`. Raises ModelError, Cancelled."""
    messages = prompt(model, question, evidence, settings)
    raw, shown = "", ""
    tokens, first_at = 0, None
    for piece in model.stream(messages, settings.max_answer_tokens, stop):
        tokens, first_at = tokens + 1, first_at or time.perf_counter()
        raw += piece
        draft = parse(raw, final=False)
        if draft.shown.startswith(shown) and draft.shown != shown:
            yield Token(draft.shown[len(shown) :])
            shown = draft.shown
        if draft.finished >= MAX_SENTENCES:
            break
    written = (replace(s, text=bare(s.text)) for s in parse(raw, final=True).sentences)
    sentences = tuple(s for s in written if s.text)[:MAX_SENTENCES]
    return Composed(sentences, first_at, model.count_tokens(messages), tokens)
