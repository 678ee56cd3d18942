"""One question of the chat: what has become of it so far, and the page's HTML for it.

    Turn ← steps of `Assistant.steps`        Turn ↔ KeptTurn, as it is kept on disk

Knows nothing of gradio. A turn that was kept and is read again looks as it did, but for the draft; one that
was cut off (the program ended meanwhile) says so.
"""

import datetime as dt
import logging
import shlex
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from assistant.answer import Assistant
from assistant.finding.near import nearest
from assistant.keeping.cited import keep_cited
from assistant.keeping.kept import KeptTurn
from assistant.keeping.votes import Vote
from assistant.page.marks_html import ALONE, Quoted, Walk
from assistant.page.reading_html import retry_html, vote_html
from assistant.page.report_html import copies, under_html
from assistant.rendering import render
from assistant.rendering.how_html import how_html, not_cited
from assistant.rendering.working_html import searching_html, working_html
from assistant.settings import default_library
from assistant.values import Answer, Evidence, Retrieved, Searched, Step, Token, Waiting
from index.errors import Cancelled, FootnoteError, LibraryMissing, ModelError, UsageError
from index.filter import EVERYTHING, Filter

log = logging.getLogger(__name__)

WORTH_TELLING_S = 1.0  # to draw what is being read makes the quotes wait for a twentieth of a second
DRAFT_EVERY_S = 0.1  # a draft is redrawn at most this often: more only costs processor time

STOPPED = "Stopped before the answer was checked, so there is none."
INTERRUPTED = "Footnote ended before there was an answer. Ask again."
BROKEN = "Footnote itself failed ({}); the terminal shows where. Ask again."


@dataclass
class Turn:
    """One question and all that has become of it; `id` is unique within its conversation, and on the page.

    `as_it_stands`: the question was put right by hand, so nothing earlier is read into it. `filter` is the
    reader's own; without `period`, words for a time in the question restrict nothing. `key` is the ID that it
    is kept under.
    """

    id: str
    question: str
    as_it_stands: bool = False
    filter: Filter = EVERYTHING
    period: bool = True
    stop: threading.Event = field(default_factory=threading.Event)
    running: bool = False
    searched: Searched | None = None
    retrieved: Retrieved | None = None
    waiting: Waiting | None = None  # how long the model may take
    draft: str = ""
    answer: Answer | None = None
    near: tuple[Evidence, ...] = ()  # quotes that came close, where the articles do not say
    note: str = ""  # HTML: why there is no answer …
    said: str = ""  # … and in plain text, as it is kept
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    asked_at: dt.datetime = field(default_factory=lambda: dt.datetime.now().astimezone())
    stored: bool = False  # it is on disk, perhaps without its answer
    vote: Vote | None = None  # what the reader said of the answer
    _claiming: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, kept: KeptTurn, id: str) -> "Turn":
        """A turn that was kept, as turn `id` of the page."""
        turn = cls(id, kept.question, kept.as_it_stands, kept.filter, kept.period)
        turn.key, turn.asked_at, turn.stored = kept.id, kept.asked_at, True
        if kept.answer:
            a = kept.answer
            turn.retrieved = Retrieved(
                a.standalone_question, a.evidence, a.passages, a.timings.evidence_s, a.scope
            )
            turn.answer, turn.near = a, kept.quotes
        else:
            turn.retrieved = Retrieved(kept.question, kept.quotes, (), 0.0) if kept.quotes else None
            turn._end(kept.note or INTERRUPTED)
        return turn

    def kept(self) -> KeptTurn:
        """The turn as it is kept; not yet answered, it is only its question."""
        found = self.retrieved.evidence if self.retrieved and self.note else ()
        return KeptTurn(
            id=self.key,
            question=self.question,
            asked_at=self.asked_at,
            answer=self.answer,
            note=self.said,
            quotes=self.near if self.answer else found,
            as_it_stands=self.as_it_stands,
            filter=self.filter,
            period=self.period,
        )

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""
        return bool(self.answer or self.note)

    def claim(self) -> bool:
        """Whether it is for the caller to answer it now: two tabs may show the same question."""
        with self._claiming:
            free = not (self.running or self.done)
            self.running = self.running or free
        return free

    def grow(self, assistant: Assistant, history: Sequence[Answer]) -> Iterator[None]:
        """Run the pipeline until the turn is done; yields whenever it should be drawn again. For whoever has
        claimed it, who ends `running` when all is kept.

        Raises nothing: whatever goes wrong becomes the turn's note. Closing the generator stops the
        model.
        """
        redraw_at = 0.0
        try:
            before = () if self.as_it_stands else history
            for event in assistant.steps(self.question, before, self.stop, self.filter, period=self.period):
                self._take(event)
                self._look_around(assistant)
                keep_cited(assistant.library, self.key, self.answer)
                if isinstance(event, Searched) and soon(event):
                    continue
                if isinstance(event, Token):
                    if time.monotonic() < redraw_at:
                        continue
                    redraw_at = time.monotonic() + DRAFT_EVERY_S
                yield
        except Cancelled:
            self._end(STOPPED)
        except FootnoteError as error:
            self._end(str(error), failure_html(error, assistant))
        except Exception as error:
            log.exception("a question could not be answered")
            broken = BROKEN.format(type(error).__name__)
            self._end(broken, render.note_html(broken, error=True))
        finally:
            self.stop.set()
            if not self.done:
                self._end(STOPPED)

    def watched(self) -> Iterator[None]:
        """For those who look while it runs elsewhere: yields whenever it may be drawn again."""
        while self.running:
            yield
            time.sleep(DRAFT_EVERY_S)

    def halt(self) -> None:
        """Stop it. One that nobody answers yet is done at once."""
        self.stop.set()
        if not self.running:
            self._end(STOPPED)

    def _end(self, said: str, html: str = "") -> None:
        """Without an answer; `html` is how the page says it."""
        self.note, self.said = html or render.note_html(said), said

    def _look_around(self, assistant: Assistant) -> None:
        """Where the articles do not say: what came close, or that there are no articles at all."""
        if self.answer is None or self.answer.status != "not_found":
            return
        generation = assistant.library.live
        if not self.answer.passages and not generation.manifest.articles:
            self.answer = None
            self._end(render.NO_ARTICLES, render.empty_html(how_to_add(assistant)))
        else:
            asked = self.answer.standalone_question
            self.near = tuple(nearest(asked, self.answer.passages, generation))

    def _take(self, event: Step) -> None:
        if isinstance(event, Searched):
            self.searched = event
        elif isinstance(event, Retrieved):
            self.retrieved = event
        elif isinstance(event, Waiting):
            self.waiting = event
        elif isinstance(event, Token):
            self.draft += event.text
        else:
            self.answer = event.answer

    def html(self) -> str:
        """The turn as it is now."""
        if self.answer:
            how = how_html(self.id, self.answer)
            body = render.answer_html(self.id, self.answer, self.near, how, self._under())
        elif self.note:
            quotes = self.retrieved.evidence if self.retrieved else ()
            body = self.note + render.evidence_html(self.id, quotes, heading="Quotes found") + self._under()
        elif self.retrieved is None:
            body = searching_html(self.searched)
        else:
            body = working_html(self.id, self.question, self.retrieved, self.draft, self.waiting)
        return render.turn_html(self.id, self.question, body, busy=not self.done)

    def _under(self) -> str:
        """What can be done about it: an answer is copied, and put into a report where it is kept; anything is
        asked again, and what is kept can be voted on."""
        acts = retry_html(self.id)
        if self.answer and self.stored and self.answer.status != "failed":
            acts += vote_html(self.id, self.vote, declined=self.answer.status == "not_found")
        if self.answer is None or self.answer.status != "answered":
            return f'<div class="under fine">{acts}</div>'
        return under_html(self.key, copies(self.answer, self.asked_at), collects=self.stored, more=acts)

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

    def walk(self, key: str) -> Walk:
        """The list that a quote stands in on the page, and its place there: the footnotes of an answer, or
        the other quotes that are shown. A passage stands alone."""
        if self.answer is None:
            rest: Sequence[Evidence] = self.retrieved.evidence if self.retrieved else ()
        else:
            rest = self.near or (
                self.answer.evidence if self.answer.status == "failed" else not_cited(self.answer)
            )
        cited = self.answer.citations if self.answer else ()
        lists: tuple[list[tuple[str, Quoted]], ...] = (
            [(str(c.n), c) for c in cited],
            [(f"e{e.n}", e) for e in rest],
        )
        for quotes in lists:
            for at, (name, _) in enumerate(quotes):
                if name == key:
                    return Walk(tuple((f"{self.id}-{k}", quote) for k, quote in quotes), at)
        return ALONE


def soon(searched: Searched) -> bool:
    """Whether the quotes are there before one could read what they are looked for in."""
    return searched.left_s is not None and searched.left_s < WORTH_TELLING_S


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
