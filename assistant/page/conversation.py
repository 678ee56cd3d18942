"""The conversations of the chat: the turns of each, kept on disk, and which one each browser tab shows.

    browser tab → Conversation → Turn (turn.py)        Conversation ↔ Saved, turn by turn

Knows nothing of gradio. A conversation is asked one question at a time. Several tabs may show the same one,
also after the program was started anew. Where nothing is kept (the chat is served to others, the file is
damaged) conversations live in memory, and the chat goes on.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from assistant.answer import Assistant
from assistant.keeping.kept import KeptTurn
from assistant.keeping.saved import Saved
from assistant.keeping.saved_reports import new_id
from assistant.keeping.votes import Vote, Votes
from assistant.page.marks_html import ALONE, Quoted, Walk
from assistant.page.turn import Turn
from assistant.values import Answer
from index.errors import FootnoteError, LibraryError, UsageError
from index.filter import EVERYTHING, Filter

log = logging.getLogger(__name__)

MAX_CONVERSATIONS = 100  # in memory; the one unused longest goes first
MAX_TURNS = 300  # of one conversation that can be shown; older ones stay on disk
PAGE_TURNS = 30  # of them that are drawn, and as many more at each press of a button: see docs/log.md
HISTORY_TURNS = 6  # earlier answers that a follow-up may refer to


@dataclass
class Conversation:
    """The turns of a conversation, oldest first; `saved` is where they are kept (None: in memory only).

    `trouble` says why the last turn could not be kept; "" when it could. `drawn`: at most so many turns, the
    last ones, are on the page.
    """

    turns: list[Turn] = field(default_factory=list)
    asked: int = 0
    id: str = field(default_factory=new_id)
    saved: Saved | None = None
    deleted: bool = False
    trouble: str = ""
    drawn: int = PAGE_TURNS

    @classmethod
    def of(cls, id: str, kept: list[KeptTurn], saved: Saved) -> "Conversation":
        """A conversation as it was kept. Raises LibraryError."""
        votes = Votes(saved.file.parent).of(id)
        numbered = enumerate(kept, start=1)
        turns = [Turn.of(turn, f"a{n}") for n, turn in numbered][-MAX_TURNS:]
        for turn in turns:
            turn.vote = votes.get(turn.key)
        return cls(turns, len(kept), id, saved)

    @property
    def open_turn(self) -> Turn | None:
        """The turn that is not done yet: the last one, or none."""
        return self.turns[-1] if self.turns and not self.turns[-1].done else None

    @property
    def answering(self) -> bool:
        """Whether a turn of it is open, or done and not kept yet."""
        return bool(self.turns) and (not self.turns[-1].done or self.turns[-1].running)

    @property
    def before(self) -> int:
        """How many turns there are before those on the page."""
        return max(0, len(self.turns) - self.drawn)

    def turn(self, name: str) -> Turn | None:
        """The turn that the page calls so ("a3")."""
        return next((turn for turn in self.turns if turn.id == name), None)

    def ask(
        self,
        question: str,
        *,
        as_it_stands: bool = False,
        filter: Filter = EVERYTHING,
        period: bool = True,
    ) -> bool:
        """Open a turn, unless one is open or the question is blank. Beyond `MAX_TURNS` the oldest
        turn leaves the page."""
        if self.open_turn or not question.strip():
            return False
        self.asked += 1
        turn = Turn(f"a{self.asked}", question.strip(), as_it_stands, filter, period)
        self.turns = [*self.turns[1 - MAX_TURNS :], turn]
        self.store()
        return True

    def ask_again(self, name: str, drop: str) -> bool:
        """Ask a turn's question once more, as it was understood: with `drop` "question" without the period
        that was read in it, with "all" without any filter. As `ask`; False, too, for a turn that is not
        there or has no answer."""
        turn = self.turn(name)
        if turn is None or turn.answer is None or drop not in ("question", "all"):
            return False
        own = turn.filter if drop == "question" else EVERYTHING
        return self.ask(turn.answer.standalone_question, as_it_stands=True, filter=own, period=False)

    def retry(self, name: str) -> bool:
        """Ask a turn's question once more, as it was understood then, of the same articles. As `ask`; False,
        too, for a turn that is not there."""
        turn = self.turn(name)
        if turn is None:
            return False
        meant = turn.answer.standalone_question if turn.answer else ""
        again = turn.as_it_stands or bool(meant)
        return self.ask(meant or turn.question, as_it_stands=again, filter=turn.filter, period=turn.period)

    def vote(self, name: str, vote: Vote | None) -> None:
        """Keep what the reader says of a turn's answer; None takes it back. Raises LibraryError, and
        UsageError where the turn is not kept."""
        turn = self.turn(name)
        if turn is None or self.saved is None:
            raise UsageError("that answer is not kept, so it can't be voted on")
        Votes(self.saved.file.parent).cast(turn.key, vote)
        turn.vote = vote

    def answer(self, turn: Turn, assistant: Assistant) -> Iterator[None]:
        """Answer a turn that was claimed; yields whenever it should be drawn again, and keeps it when it is
        done."""
        try:
            yield from turn.grow(assistant, self.history())
        finally:
            try:
                self.store(turn)
            finally:
                turn.running = False

    def history(self) -> list[Answer]:
        """The last answers, oldest first, which a follow-up question may refer to."""
        answers = [turn.answer for turn in self.turns if turn.answer]
        return [answer for answer in answers if answer.status != "failed"][-HISTORY_TURNS:]

    def stop(self) -> Turn | None:
        """Stop the open turn and return it. One that nobody answers yet is done at once."""
        turn = self.open_turn
        if turn:
            turn.halt()
            if turn.done:
                self.store(turn)
        return turn

    def quoted(self, key: str) -> Quoted | None:
        """What a link's key stands for: `a3-2` is footnote 2 of the turn `a3`."""
        name, _, rest = key.partition("-")
        turn = self.turn(name)
        return turn.quoted(rest) if turn else None

    def walk(self, key: str) -> Walk:
        """The quotes that are gone through from the one that a link's key stands for."""
        name, _, rest = key.partition("-")
        turn = self.turn(name)
        return turn.walk(rest) if turn else ALONE

    def store(self, changed: Turn | None = None) -> None:
        """Keep the turns that are not kept yet, and one that has changed since. A conversation that was
        deleted meanwhile stays deleted."""
        if self.saved is None or not self.saved.file.parent.exists():
            return
        try:
            if self.deleted:
                self.saved.forget([turn.key for turn in self.turns])
                return
            for turn in self.turns:
                if not turn.stored:
                    self.saved.add(self.id, turn.kept())
                    turn.stored = True
                elif turn is changed:
                    self.deleted = not self.saved.replace(turn.kept())
            self.trouble = ""
        except LibraryError as error:
            log.warning("%s", error)
            self.trouble = str(error)


class Conversations:
    """The conversations that are in memory, and which of them each tab shows. A tab goes by a name that only
    it knows, a conversation by an ID that nobody guesses. Safe for threads."""

    def __init__(self, saved: Saved | None = None) -> None:
        self.saved = saved
        self._by_id: OrderedDict[str, Conversation] = OrderedDict()
        self._shown: OrderedDict[str, str] = OrderedDict()  # tab → conversation
        self._lock = threading.Lock()

    def of(self, tab: str) -> Conversation:
        """The conversation that a tab shows; a new one when it shows none."""
        with self._lock:
            id = self._shown.get(tab, "")
            found = self._by_id.get(id) or self._read(id)
            return self._show(tab, found or Conversation(saved=self.saved))

    def shows(self, tab: str, conversation: Conversation, turn: Turn) -> bool:
        """Whether a tab still shows a turn as the last of its conversation: it may have been closed, another
        conversation opened in it, another question asked."""
        with self._lock:
            if self._shown.get(tab) != conversation.id:
                return False
            now = self._by_id.get(conversation.id, conversation)
            return bool(now.turns) and now.turns[-1].key == turn.key

    def knows(self, tab: str) -> bool:
        """Whether a tab shows a conversation already."""
        with self._lock:
            return tab in self._shown

    def open(self, tab: str, id: str) -> Conversation | None:
        """Show a conversation in a tab, as it is on disk unless it is being answered; None when there is none
        with that ID."""
        with self._lock:
            found = self._by_id.get(id)
            if found is None or not (found.answering or found.trouble):
                read = self._read(id)
                if read and not (found and found.answering):  # it may have been asked while it was read
                    found = read
            return self._show(tab, found) if found else None

    def begin(self, tab: str) -> Conversation:
        """Show a new conversation in a tab."""
        with self._lock:
            return self._show(tab, Conversation(saved=self.saved))

    def end(self, tab: str) -> None:
        """The tab was closed. What is being answered is answered to its end, and kept."""
        with self._lock:
            self._shown.pop(tab, None)

    def delete(self, id: str) -> None:
        """Delete a conversation for good, wherever it is shown. Raises UsageError, LibraryError."""
        with self._lock:  # until it is gone from the disk, too: nobody reads it back
            found = self._by_id.get(id)
            if self.saved:
                self.saved.delete(id)
            self._by_id.pop(id, None)
            if found:
                found.deleted = True
        if found:
            found.stop()

    def _show(self, tab: str, conversation: Conversation) -> Conversation:
        self._by_id[conversation.id] = conversation
        self._by_id.move_to_end(conversation.id)
        self._shown[tab] = conversation.id
        self._shown.move_to_end(tab)
        while len(self._by_id) > MAX_CONVERSATIONS:
            self._by_id.popitem(last=False)[1].stop()
        while len(self._shown) > MAX_CONVERSATIONS:
            self._shown.popitem(last=False)
        return conversation

    def _read(self, id: str) -> Conversation | None:
        """The conversation as it is on disk; None where it is not there, or can't be read."""
        if self.saved is None or not id:
            return None
        try:
            return Conversation.of(id, self.saved.turns(id), self.saved)
        except UsageError:
            return None
        except FootnoteError as error:
            log.warning("%s", error)
            return None
