"""The chat's state: questions, what has become of each so far, and the page's HTML for it.

    Conversation (one browser tab) → Turn (one question) ← events of `Assistant.stream`

Knows nothing of gradio. A conversation is asked one question at a time and lives in memory only.
"""

import logging
import shlex
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from assistant import render
from assistant.answer import Assistant
from assistant.near import nearest
from assistant.settings import default_library
from assistant.values import Answer, Citation, Event, Evidence, PassageRef, Retrieved, Token
from index.errors import Cancelled, FootnoteError, LibraryMissing, ModelError, UsageError
from index.filter import EVERYTHING, Filter
from index.permalink import Permalink

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
    """One question and all that has become of it; `id` is unique within its conversation.

    `as_it_stands`: the question was put right by hand, so nothing earlier is read into it. `filter` is the
    reader's own; without `period`, words for a time in the question restrict nothing.
    """

    id: str
    question: str
    as_it_stands: bool = False
    filter: Filter = EVERYTHING
    period: bool = True
    stop: threading.Event = field(default_factory=threading.Event)
    running: bool = False
    retrieved: Retrieved | None = None
    draft: str = ""
    answer: Answer | None = None
    near: tuple[Evidence, ...] = ()  # quotes that came close, where the articles do not say
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
            before = () if self.as_it_stands else history
            for event in assistant.stream(self.question, before, self.stop, self.filter, period=self.period):
                self._take(event)
                self._look_around(assistant)
                self._keep_cited(assistant)
                if isinstance(event, Token):
                    if time.monotonic() < redraw_at:
                        continue
                    redraw_at = time.monotonic() + DRAFT_EVERY_S
                yield
        except Cancelled:
            self.note = render.note_html(STOPPED)
        except FootnoteError as error:
            self.note = failure_html(error, assistant)
        except Exception as error:
            log.exception("a question could not be answered")
            self.note = render.note_html(BROKEN.format(type(error).__name__), error=True)
        finally:
            self.stop.set()
            self.running = False
        if not self.done:
            self.note = render.note_html(STOPPED)

    def _look_around(self, assistant: Assistant) -> None:
        """Where the articles do not say: what came close, or that there are no articles at all."""
        if self.answer is None or self.answer.status != "not_found":
            return
        generation = assistant.library.live
        if not self.answer.passages and not generation.manifest.articles:
            self.note, self.answer = render.empty_html(how_to_add(assistant)), None
        else:
            asked = self.answer.standalone_question
            self.near = tuple(nearest(asked, self.answer.passages, generation))

    def _keep_cited(self, assistant: Assistant) -> None:
        """What the answer cites stays readable after the articles have changed; without that it is still an
        answer."""
        links = [c.permalink for c in self.answer.citations if c.permalink] if self.answer else []
        if not links:
            return
        try:
            found = [assistant.library.follow(Permalink.parse(link)).article for link in links]
            assistant.library.archive.keep(uuid.uuid4().hex, [article for article in found if article])
        except FootnoteError as error:
            log.warning("%s", error)

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
            body = render.answer_html(self.id, self.answer, self.near)
        elif self.note:
            quotes = self.retrieved.evidence if self.retrieved else ()
            body = self.note + render.evidence_html(self.id, quotes, heading="Quotes found")
        else:
            body = render.working_html(self.id, self.question, self.retrieved, self.draft)
        return render.turn_html(self.id, self.question, body, busy=not self.done)

    def quoted(self, key: str) -> Quoted | None:
        """What the key of a link stands for (see `render`): "2", "e2" or "p2"; None: nothing."""
        found: dict[str, Quoted] = {}
        if self.retrieved:
            found |= {f"e{evidence.n}": evidence for evidence in self.retrieved.evidence}
            found |= {f"p{n}": p for n, p in enumerate(self.retrieved.passages, start=1)}
        found |= {f"e{near.n}": near for near in self.near}
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

    def ask(
        self,
        question: str,
        *,
        as_it_stands: bool = False,
        filter: Filter = EVERYTHING,
        period: bool = True,
    ) -> bool:
        """Open a turn, unless one is open or the question is blank. Beyond `MAX_TURNS` the oldest
        turn is forgotten."""
        if self.open_turn or not question.strip():
            return False
        self.asked += 1
        turn = Turn(f"a{self.asked}", question.strip(), as_it_stands, filter, period)
        self.turns = [*self.turns[1 - MAX_TURNS :], turn]
        return True

    def ask_again(self, name: str, drop: str) -> bool:
        """Ask a turn's question once more, as it was understood: with `drop` "question" without the period
        that was read in it, with "all" without any filter. As `ask`; False, too, for a turn that is not
        there or has no answer."""
        turn = next((turn for turn in self.turns if turn.id == name and turn.answer), None)
        if turn is None or turn.answer is None or drop not in ("question", "all"):
            return False
        own = turn.filter if drop == "question" else EVERYTHING
        return self.ask(turn.answer.standalone_question, as_it_stands=True, filter=own, period=False)

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


def failure_html(error: FootnoteError, assistant: Assistant) -> str:
    """What stands in place of an answer when it could not be had: which part failed, why, what to do."""
    if isinstance(error, LibraryMissing):
        return render.empty_html(how_to_add(assistant))
    if isinstance(error, UsageError):
        return render.note_html(str(error), error=True)
    what = render.MODEL_FAILED if isinstance(error, ModelError) else render.LIBRARY_FAILED
    return render.failed_html(what, str(error))


def how_to_add(assistant: Assistant) -> str:
    """The command that adds articles to the library that the chat reads."""
    folder = assistant.settings.library
    return "footnote add FOLDER" + (
        "" if folder == default_library() else f" --library {shlex.quote(str(folder))}"
    )


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
