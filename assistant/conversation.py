"""The chat's state: questions, what has become of each so far, and the page's HTML for it.

    Conversation (one browser tab) → Turn (one question) ← events of `Assistant.stream`

Knows nothing of gradio. A conversation is asked one question at a time and lives in memory only.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from assistant import render
from assistant.answer import Assistant
from assistant.values import Answer, Citation, Event, Evidence, PassageRef, Retrieved, Token
from index.errors import Cancelled, FootnoteError

log = logging.getLogger(__name__)

MAX_CONVERSATIONS = 100  # open tabs that are remembered; the one unused longest goes first
MAX_TURNS = 100  # of one conversation that stay on the page
HISTORY_TURNS = 6  # earlier answers that a follow-up may refer to
DRAFT_EVERY_S = 0.1  # a draft is redrawn at most this often: more only costs processor time

STOPPED = "Stopped before the answer was checked, so there is none."
BROKEN = "Footnote itself failed ({}); the terminal shows where. Ask again."

Quoted = Citation | Evidence | PassageRef


@dataclass
class Turn:
    """One question and all that has become of it; `id` is unique within its conversation."""

    id: str
    question: str
    stop: threading.Event = field(default_factory=threading.Event)
    running: bool = False
    retrieved: Retrieved | None = None
    draft: str = ""
    answer: Answer | None = None
    note: str = ""  # HTML: why there is no answer

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""
        return bool(self.answer or self.note)

    def grow(self, assistant: Assistant, history: Sequence[Answer]) -> Iterator[None]:
        """Run the pipeline until the turn is done; yields whenever it should be drawn again.

        Raises nothing: whatever goes wrong becomes the turn's note. Closing the generator stops the
        model.
        """
        redraw_at = 0.0
        self.running = True
        try:
            for event in assistant.stream(self.question, history, self.stop):
                self._take(event)
                if isinstance(event, Token):
                    if time.monotonic() < redraw_at:
                        continue
                    redraw_at = time.monotonic() + DRAFT_EVERY_S
                yield
        except Cancelled:
            self.note = render.note_html(STOPPED)
        except FootnoteError as error:
            self.note = render.note_html(str(error), error=True)
        except Exception as error:
            log.exception("a question could not be answered")
            self.note = render.note_html(BROKEN.format(type(error).__name__), error=True)
        finally:
            self.stop.set()
            self.running = False
        if not self.done:
            self.note = render.note_html(STOPPED)

    def _take(self, event: Event) -> None:
        if isinstance(event, Retrieved):
            self.retrieved = event
        elif isinstance(event, Token):
            self.draft += event.text
        else:
            self.answer = event.answer

    def html(self) -> str:
        """The turn as it is now."""
        if self.answer:
            body = render.answer_html(self.id, self.answer)
        elif self.note:
            quotes = self.retrieved.evidence if self.retrieved else ()
            body = self.note + render.evidence_html(self.id, quotes, heading="Quotes found")
        else:
            body = render.working_html(self.id, self.retrieved, self.draft)
        return render.turn_html(self.id, self.question, body, busy=not self.done)

    def quoted(self, key: str) -> Quoted | None:
        """What the key of a link stands for (see `render`): "2", "e2" or "p2"; None: nothing."""
        found: dict[str, Quoted] = {}
        if self.retrieved:
            found |= {f"e{evidence.n}": evidence for evidence in self.retrieved.evidence}
            found |= {f"p{n}": p for n, p in enumerate(self.retrieved.passages, start=1)}
        if self.answer:
            found |= {str(citation.n): citation for citation in self.answer.citations}
        return found.get(key)


@dataclass
class Conversation:
    """The turns of one browser tab, oldest first."""

    turns: list[Turn] = field(default_factory=list)
    asked: int = 0

    @property
    def open_turn(self) -> Turn | None:
        """The turn that is not done yet: the last one, or none."""
        return self.turns[-1] if self.turns and not self.turns[-1].done else None

    def ask(self, question: str) -> bool:
        """Open a turn, unless one is open or the question is blank. Beyond `MAX_TURNS` the oldest
        turn is forgotten."""
        if self.open_turn or not question.strip():
            return False
        self.asked += 1
        self.turns = [*self.turns[1 - MAX_TURNS :], Turn(f"a{self.asked}", question.strip())]
        return True

    def history(self) -> list[Answer]:
        """The last answers, oldest first, which a follow-up question may refer to."""
        answers = [turn.answer for turn in self.turns if turn.answer]
        return [answer for answer in answers if answer.status != "failed"][-HISTORY_TURNS:]

    def stop(self) -> Turn | None:
        """Stop the open turn and return it. One that still waits for the model is done at once."""
        turn = self.open_turn
        if turn:
            turn.stop.set()
            if not turn.running:
                turn.note = render.note_html(STOPPED)
        return turn

    def quoted(self, key: str) -> Quoted | None:
        """What a link's key stands for: `a3-2` is footnote 2 of the turn `a3`."""
        name, _, rest = key.partition("-")
        return next((turn.quoted(rest) for turn in self.turns if turn.id == name), None)


class Conversations:
    """The conversations of all open tabs, by a name that only the tab knows. Safe for threads."""

    def __init__(self) -> None:
        self._by_tab: OrderedDict[str, Conversation] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, tab: str) -> Conversation:
        """The tab's conversation, begun when it has none."""
        with self._lock:
            conversation = self._by_tab.setdefault(tab, Conversation())
            self._by_tab.move_to_end(tab)
            while len(self._by_tab) > MAX_CONVERSATIONS:
                self._by_tab.popitem(last=False)[1].stop()
            return conversation

    def end(self, tab: str) -> None:
        """Forget the tab's conversation, and stop what runs for it."""
        with self._lock:
            conversation = self._by_tab.pop(tab, None)
        if conversation:
            conversation.stop()
