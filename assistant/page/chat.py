"""The chat's events: what the browser tells → what to draw. A conversation on the left, the article behind a
footnote on the right.

One generator answers one question (`Assistant.steps`), so the quotes are on the page before the model's
first word. Knows gradio's events, and not where on the page anything stands.
"""

import contextlib
import logging
import threading
import uuid
from collections.abc import Generator, Iterator
from typing import Any

import gradio as gr

from assistant.answer import Assistant
from assistant.keeping.saved import Saved
from assistant.keeping.votes import Vote
from assistant.page import history_html
from assistant.page import panel as panels
from assistant.page.conversation import PAGE_TURNS, Conversation, Conversations
from assistant.page.history import History
from assistant.page.limits_html import limits_html
from assistant.page.marks_html import ALONE, Quoted, Walk
from assistant.page.turn import Turn, failure_html, how_to_add
from assistant.rendering import render
from assistant.tries.tries import Tries
from assistant.values import Citation, PassageRef
from index.errors import FootnoteError, LibraryMissing, UsageError
from index.filter import Filter
from index.permalink import Permalink
from index.text import Article, Span

log = logging.getLogger(__name__)

UNKNOWN = "This quote is no longer known here; ask the question again."
NOT_HERE = "That conversation is not here any more."
MAX_ANSWERING = 8  # questions that are answered at a time: each is searched at once, then waits for the model
LOOK_EVERY_S = 0.2  # how soon one that waits for these is stopped

Drawn = tuple[Any, ...]  # the new contents of an event's outputs, in their order


class Chat:
    """What the page's events do; each method returns what to draw."""

    def __init__(self, assistant: Assistant, *, editable: bool = True) -> None:
        self.assistant = assistant
        self.editable = editable
        self.saved = Saved(assistant.library.folder) if editable else None
        self.conversations = Conversations(self.saved)
        self.history = History(self.conversations, self.saved) if self.saved else None
        self.tries = Tries(assistant)
        self._free = threading.Semaphore(MAX_ANSWERING)

    def ask(self, question: str, limit: Filter, request: gr.Request, *, as_it_stands: bool = False) -> Drawn:
        """A question was sent → the earlier turns, the new turn, the box."""
        conversation = self._conversation(request)
        if not conversation.ask(question, as_it_stands=as_it_stands, filter=limit):
            return gr.skip(), gr.skip(), gr.skip()
        return _asked(conversation)

    def ask_example(self, limit: Filter, event: gr.EventData, request: gr.Request) -> Drawn:
        """As `ask`, with one of the questions of the empty chat."""
        return self.ask(str(event.question), limit, request)

    def ask_reworded(self, limit: Filter, event: gr.EventData, request: gr.Request) -> Drawn:
        """As `ask`, with a follow-up that was put right by hand: nothing earlier is read into it."""
        return self.ask(str(event.question), limit, request, as_it_stands=True)

    def ask_unfiltered(self, event: gr.EventData, request: gr.Request) -> Drawn:
        """A filter was taken off an answer → as `ask`, with the answer's question."""
        conversation = self._conversation(request)
        if not conversation.ask_again(str(event.turn), str(event.drop)):
            return gr.skip(), gr.skip(), gr.skip()
        return _asked(conversation)

    def retry(self, event: gr.EventData, request: gr.Request) -> Drawn:
        """As `ask`, with the question of an earlier turn."""
        conversation = self._conversation(request)
        return _asked(conversation) if conversation.retry(str(event.turn)) else (gr.skip(),) * 3

    def vote(self, event: gr.EventData, request: gr.Request) -> str:
        """A thumb was pressed, or why was told; no thumb takes it back → what is wrong with it."""
        thumb, reason, note = (str(getattr(event, name)) for name in ("thumb", "reason", "note"))
        try:
            vote = Vote(thumb, reason, note) if thumb else None
            self._conversation(request).vote(str(event.turn), vote)
        except FootnoteError as error:
            return render.note_html(str(error), error=True)
        return ""

    def limit(self, event: gr.EventData) -> tuple[Filter, str]:
        """Days or sources were chosen → what the next question is restricted to, what is wrong with it."""
        try:
            told = {name: getattr(event, name) for name in ("first", "last", "sources")}
            return Filter.from_json(told), ""
        except UsageError as error:
            return Filter(), render.note_html(str(error), error=True)

    def answer(self, request: gr.Request) -> Generator[Drawn, None, None]:
        """Answer the open turn → the turn as it grows, the box. Its quotes are there at once, also while the
        model answers others.

        It is answered to its end whoever looks: where the tab is closed or loaded again, in the background.
        """
        conversation = self._conversation(request)
        turn = conversation.open_turn
        if turn is None or not turn.claim():
            yield gr.skip(), gr.skip()
            return
        growing = self._grown(conversation, turn)
        try:
            for _ in growing:
                yield turn.html() if self._shows(request, conversation, turn) else gr.skip(), gr.skip()
        except GeneratorExit:
            threading.Thread(target=_to_the_end, args=(growing,), daemon=True).start()
            raise
        yield self._ended(request, conversation, turn)

    def go_on(self, request: gr.Request) -> Iterator[Drawn]:
        """A page was opened on a question that is not answered yet → as `answer`, for whoever asked it."""
        yield from self.follow(request)
        yield from self.resume(request)

    def follow(self, request: gr.Request) -> Iterator[Drawn]:
        """A page was opened while its question is answered for another one → as `answer`, which goes on."""
        conversation = self._conversation(request)
        turn = conversation.turns[-1] if conversation.turns else None
        if turn is None or not turn.running:
            yield gr.skip(), gr.skip()
            return
        for _ in turn.watched():
            yield turn.html() if self._shows(request, conversation, turn) else gr.skip(), gr.skip()
        yield self._ended(request, conversation, turn)

    def resume(self, request: gr.Request) -> Iterator[Drawn]:
        """As `answer`, for a page that was opened on a question that still waits: it may have been answered
        for another page by the time it is its turn."""
        conversation = self._conversation(request)
        if conversation.turns and (last := conversation.turns[-1]).done:
            yield self._ended(request, conversation, last)
        else:
            yield from self.answer(request)

    def stop(self, request: gr.Request) -> Drawn:
        """The stop button → the turn, the box. A running turn is drawn by `answer` when it ends."""
        turn = self._conversation(request).stop()
        if turn is None or turn.running:
            return gr.skip(), gr.skip()
        return turn.html(), box(busy=False)

    def load(self, request: gr.Request) -> Drawn:
        """The page as it opens → the earlier turns, the last one or the empty chat, the box, the contents,
        the menus. Its address may name a conversation."""
        empty, contents, limits = self.welcome()
        id = _named(request)
        conversation = self.conversations.open(str(request.session_hash), id) if id else None
        if conversation and conversation.turns:
            return *_opened(conversation), contents, limits
        gone = render.note_html(NOT_HERE) if id else ""
        return "", gone + self._empty(empty), gr.skip(), contents, limits

    def open(self, event: gr.EventData, request: gr.Request) -> Drawn:
        """A conversation was chosen → the earlier turns, the last one, the box."""
        tab, id = str(request.session_hash), str(event.id)
        conversation = self.conversations.open(tab, id) if id else None
        if conversation and conversation.turns:
            return _opened(conversation)
        self.conversations.begin(tab)
        gone = render.note_html(NOT_HERE) if id else ""
        return "", gone + self._empty(self.welcome()[0]), box(busy=False)

    def earlier(self, request: gr.Request) -> Any:
        """The button above a long conversation → its earlier turns, more of them."""
        conversation = self._conversation(request)
        conversation.drawn += PAGE_TURNS
        return _drawn(conversation)[0] if conversation.turns else gr.skip()

    def show(self, event: gr.EventData, request: gr.Request) -> str:
        """A link to a quote or an article was clicked → the panel with the article."""
        key = str(event.key)
        conversation = self._conversation(request)
        quoted = conversation.quoted(key)
        if quoted:
            return self._source(key, quoted, conversation.walk(key))
        kind, _, id = key.partition("-")
        if kind == "quote":
            return self._followed(id, key)
        article = self._article(id) if kind == "article" else None
        return panels.article_html(article, None, key) if article else render.note_html(UNKNOWN)

    def contents(self) -> str:
        """The panel was closed → the library's contents."""
        return self.welcome()[1]

    def welcome(self) -> tuple[str, str, str]:
        """The page as it opens → the empty chat, the library's contents, the menus of what may be asked."""
        try:
            listing = self.assistant.library.live.listing()
        except LibraryMissing:
            return self._start(), "", ""
        except FootnoteError as error:
            return failure_html(error, self.assistant), "", ""
        articles = [article for article in listing if article.copy_of is None]
        if not articles:
            return self._start(), "", ""
        welcome = panels.welcome_html(articles, self.tries.known())
        return welcome, panels.contents_html(articles), limits_html(articles)

    def back(self, event: gr.EventData, request: gr.Request) -> Drawn:
        """The chat was opened again; the library may have changed → the chat while it is empty, the
        contents unless an article is open, the menus."""
        welcome, contents, limits = self.welcome()
        begun = bool(self._conversation(request).turns)
        now = gr.skip() if begun else self._empty(welcome)
        return now, gr.skip() if event.open else contents, limits

    def suggest(self, shown: str, request: gr.Request) -> Any:
        """The empty chat still waits for its questions to try → the same with them. Takes seconds, once."""
        if panels.COMING not in shown:
            return gr.skip()
        try:
            questions = self.tries.made()
        except FootnoteError as error:
            log.warning("no questions to try: %s", error)
            questions = ()
        if self._conversation(request).turns:
            return gr.skip()
        return shown.replace(panels.COMING, panels.examples_html(questions))

    def restart(self, request: gr.Request) -> Drawn:
        """A new conversation → no earlier turns, the empty chat, the box, the contents."""
        self.conversations.begin(str(request.session_hash))
        welcome, contents, _ = self.welcome()
        return "", self._empty(welcome), box(busy=False), contents

    def forget(self, request: gr.Request) -> None:
        """The tab was closed; what is answered for it is answered to its end."""
        self.conversations.end(str(request.session_hash))

    def _empty(self, welcome: str) -> str:
        """The empty chat, and the conversations to go on with."""
        recent = self.history.recent() if self.history else ""
        return welcome + recent + history_html.talk_html("")

    def _grown(self, conversation: Conversation, turn: Turn) -> Iterator[None]:
        """As `Conversation.answer`, when fewer than `MAX_ANSWERING` others are answered."""
        while not (free := self._free.acquire(timeout=LOOK_EVERY_S)) and not turn.stop.is_set():
            yield
        try:
            yield from conversation.answer(turn, self.assistant)
        finally:
            if free:
                self._free.release()

    def _shows(self, request: gr.Request, conversation: Conversation, turn: Turn) -> bool:
        return self.conversations.shows(str(request.session_hash), conversation, turn)

    def _ended(self, request: gr.Request, conversation: Conversation, turn: Turn) -> Drawn:
        """A turn that is done, where it is still on the page; and that it could not be kept."""
        if not self._shows(request, conversation, turn):
            return gr.skip(), gr.skip()
        return turn.html() + _trouble(conversation), box(busy=False)

    def _start(self) -> str:
        return panels.start_html(how_to_add(self.assistant), here=self.editable)

    def _conversation(self, request: gr.Request) -> Conversation:
        """The one that the tab shows: after a new start of the program, the one in its address."""
        tab = str(request.session_hash)
        if not self.conversations.knows(tab) and (id := _named(request)):
            self.conversations.open(tab, id)
        return self.conversations.of(tab)

    def _source(self, key: str, quoted: Quoted, walk: Walk) -> str:
        """The article around a quote, or the passage as it was when the library has changed."""
        if isinstance(quoted, Citation) and quoted.permalink:
            drawn = self._followed(quoted.permalink, key, walk)
            if f'data-key="{key}"' in drawn:
                return drawn
        article, span = self._article(quoted.source.article), Span(quoted.start, quoted.end)
        if isinstance(quoted, PassageRef):
            return panels.article_html(article, span, key) if article else render.note_html(UNKNOWN)
        if article is None or article.quote(span) != quoted.quote:
            return panels.changed_html(quoted, key, walk)
        return panels.article_html(article, span, key, walk=walk)

    def _followed(self, permalink: str, key: str, walk: Walk = ALONE) -> str:
        """Where a link to a quote leads today."""
        try:
            link = Permalink.parse(permalink)
            return panels.followed_html(self.assistant.library.follow(link), link, key, walk)
        except FootnoteError as error:
            return render.note_html(str(error), error=True)

    def _article(self, id: str) -> Article | None:
        with contextlib.suppress(KeyError, FootnoteError):
            return self.assistant.library.live.article(id)
        return None


def _asked(conversation: Conversation) -> Drawn:
    earlier, now, _ = _drawn(conversation)
    return earlier, now, box(busy=True)


def _opened(conversation: Conversation) -> Drawn:
    """As `_drawn`, for a page that did not ask the question itself: ui.js asks to have it gone on with."""
    earlier, now, box = _drawn(conversation)
    mark = "" if conversation.turns[-1].done else f'<i hidden data-go-on="{uuid.uuid4().hex}"></i>'
    return earlier, now + mark, box


def _drawn(conversation: Conversation) -> Drawn:
    """A conversation with turns → the earlier ones, the last one, the box."""
    *earlier, now = conversation.turns[conversation.before :]
    marks = history_html.talk_html(conversation.id) + history_html.earlier_html(conversation.before)
    before = marks + "".join(turn.html() for turn in earlier)
    last = now.html() + (_trouble(conversation) if now.done else "")
    return before, last, box(busy=not now.done)


def _trouble(conversation: Conversation) -> str:
    """Why a conversation is not kept on disk; "" when it is."""
    return render.note_html(f"Not kept on disk: {conversation.trouble}") if conversation.trouble else ""


def _named(request: gr.Request) -> str:
    """The conversation that the page's address names; "" for none."""
    return str(dict(getattr(request, "query_params", None) or {}).get("c", ""))


def _to_the_end(growing: Iterator[None]) -> None:
    for _ in growing:
        pass


def box(*, busy: bool) -> gr.Textbox:
    """The question box: with a stop button, and emptied, while a question is answered."""
    if busy:
        return gr.Textbox(value="", submit_btn=False, stop_btn="Stop")
    return gr.Textbox(submit_btn="Ask", stop_btn=False)
