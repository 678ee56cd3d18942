"""The chat in the browser: a conversation on the left, the article behind a footnote on the right.

One generator answers one question (`Assistant.stream`), so the quotes are on the page before the model's
first word. The conversation is drawn with `gr.HTML` from what `render.py` escaped. `gr.Chatbot` would
read it as Markdown once more, load images that an article names, and drop the `aria-` attributes.

Limits: conversations live in memory and end with the browser tab; one model runs at a time, further
questions wait. The server listens on this machine only unless it is told otherwise, loads nothing from
the network, and refuses requests for other host names (DNS rebinding).
"""

import contextlib
import errno
import ipaddress
import logging
import os
import socket
import sys
import threading
import time
import webbrowser
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

# Read when gradio is imported: without it gradio reports each start to its makers.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import gradio as gr
import uvicorn
from fastapi import FastAPI
from gradio.themes import LocalFont
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant import render
from assistant.answer import Assistant
from assistant.values import (
    Answer,
    Citation,
    Event,
    Evidence,
    PassageRef,
    Retrieved,
    Token,
)
from index.errors import Cancelled, FootnoteError, LibraryMissing, UsageError
from index.text import Article, Span

log = logging.getLogger(__name__)

MAX_SESSIONS = 100  # open tabs whose conversations are kept; the one unused longest goes first
MAX_TURNS = 100  # of one conversation that stay on the page
HISTORY_TURNS = 6  # earlier answers that a follow-up may refer to
DRAFT_EVERY_S = 0.1  # a draft is redrawn at most this often: faster only costs processor time
QUEUE = 20  # questions that may wait for the model

STOPPED = render.note_html("Stopped. Nothing was checked, so nothing is claimed.")
UNKNOWN = "This quote is no longer known here; ask the question again."
BROKEN = "Footnote itself failed; the terminal shows where"
MASTHEAD = '<h1>Footnote</h1><button type="button" class="shelf">Articles</button>'
Drawn = tuple[Any, ...]  # what an event draws, in the order of its outputs

# Examples for the articles that come with Footnote, and for no other library.
SEED_FILE = "007_kolvard-dike-vote.txt"
SEED_QUESTIONS = (
    "What was the Kolvard dike expected to cost when the council first approved the work?",
    "How many homes did the flood damage according to the province?",
    "How did the British foreign secretary describe Moscow's rhetoric?",
    "Which Russian banks would be hit by the sanctions?",
)

# gradio needs 'unsafe-inline' and 'unsafe-eval' for its own scripts; nothing may come from, or go to,
# another host.
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; style-src 'self' "
    "'unsafe-inline'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; connect-src 'self' blob: "
    "data:; font-src 'self' data:; worker-src 'self' blob:; frame-ancestors 'none'; form-action 'self'; "
    "base-uri 'self'; object-src 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


# --- conversations ---------------------------------------------------------------------------------

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

    def take(self, event: Event) -> None:
        """Remember what an event of the stream brings."""
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
            body = self.note + render.evidence_html(self.id, quotes, "Quotes found")
        else:
            body = render.working_html(self.id, self.retrieved, self.draft)
        return render.turn_html(self.id, self.question, body, busy=not self.done)

    def quoted(self) -> dict[str, Quoted]:
        """What each key of a link stands for (see `render`)."""
        found: dict[str, Quoted] = {}
        if self.retrieved:
            found |= {f"e{evidence.n}": evidence for evidence in self.retrieved.evidence}
        if self.answer:
            found |= {f"p{n}": passage for n, passage in enumerate(self.answer.passages, start=1)}
            found |= {str(citation.n): citation for citation in self.answer.citations}
        return found


@dataclass
class Conversation:
    """The turns of one browser tab, oldest first."""

    turns: list[Turn] = field(default_factory=list)
    asked: int = 0

    @property
    def open_turn(self) -> Turn | None:
        """The turn that is not done yet: the last one or none."""
        return self.turns[-1] if self.turns and not self.turns[-1].done else None

    def ask(self, question: str) -> None:
        """Open a turn. The oldest one is forgotten beyond `MAX_TURNS`."""
        self.asked += 1
        self.turns = [*self.turns[1 - MAX_TURNS :], Turn(f"a{self.asked}", question)]

    def history(self) -> list[Answer]:
        """The last answers, which a follow-up question may refer to."""
        answers = [turn.answer for turn in self.turns if turn.answer]
        return [answer for answer in answers if answer.status != "failed"][-HISTORY_TURNS:]

    def stop(self) -> Turn | None:
        """Stop the open turn and return it: one that waits for the model ends at once."""
        turn = self.open_turn
        if turn:
            turn.stop.set()
            if not turn.running:
                turn.note = STOPPED
        return turn


class Chat:
    """What the page's events do; each method returns what to draw."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self._conversations: OrderedDict[str, Conversation] = OrderedDict()
        self._lock = threading.Lock()

    def conversation(self, request: gr.Request) -> Conversation:
        """The conversation of the tab that sent the request, made at its first question."""
        with self._lock:
            key = str(request.session_hash)
            conversation = self._conversations.setdefault(key, Conversation())
            self._conversations.move_to_end(key)
            while len(self._conversations) > MAX_SESSIONS:
                self._conversations.popitem(last=False)[1].stop()
            return conversation

    def forget(self, request: gr.Request) -> None:
        """A tab was closed: stop what runs for it and drop its conversation."""
        with self._lock:
            conversation = self._conversations.pop(str(request.session_hash), None)
        if conversation:
            conversation.stop()

    def ask(self, question: str, request: gr.Request) -> Drawn:
        """A question was sent → earlier turns, the new turn, the box. One at a time, in each tab."""
        conversation = self.conversation(request)
        if conversation.open_turn or not question.strip():
            return gr.skip(), gr.skip(), gr.skip()
        conversation.ask(question.strip())
        *earlier, now = conversation.turns
        return "".join(turn.html() for turn in earlier), now.html(), box(busy=True)

    def ask_example(self, event: gr.EventData, request: gr.Request) -> Drawn:
        """As `ask`, with one of the questions of the empty chat."""
        return self.ask(str(event.question), request)

    def answer(self, request: gr.Request) -> Iterator[Drawn]:
        """Answer the open turn → the turn as it grows, the box. At the model's pace, so queued."""
        conversation = self.conversation(request)
        turn = conversation.open_turn
        if turn is None or turn.running:
            yield gr.skip(), gr.skip()
            return
        turn.running = True
        try:
            for _ in self._grow(turn, conversation.history()):
                yield turn.html(), gr.skip()
        finally:
            turn.stop.set()  # the tab may be gone: gradio then closes this generator
        yield turn.html(), box(busy=False)

    def _grow(self, turn: Turn, history: list[Answer]) -> Iterator[None]:
        """Run the pipeline; yields whenever the turn should be drawn again. Raises nothing."""
        drawn = 0.0
        try:
            with contextlib.closing(self.assistant.stream(turn.question, history, turn.stop)) as events:
                for event in events:
                    turn.take(event)
                    if not isinstance(event, Token) or time.monotonic() - drawn > DRAFT_EVERY_S:
                        drawn = time.monotonic()
                        yield
        except Cancelled:
            turn.note = STOPPED
        except FootnoteError as error:
            turn.note = render.note_html(str(error), error=True)
        except Exception as error:  # noqa: BLE001 - the outermost door: reported, never a traceback
            log.exception("a question could not be answered")
            turn.note = render.note_html(f"{BROKEN} ({type(error).__name__}).", error=True)
        if not turn.done:
            turn.note = STOPPED

    def stop(self, request: gr.Request) -> Drawn:
        """The stop button → the turn, the box. A running turn is drawn by `answer` as it ends."""
        turn = self.conversation(request).stop()
        if turn is None or turn.running:
            return gr.skip(), gr.skip()
        return turn.html(), box(busy=False)

    def show(self, event: gr.EventData, request: gr.Request) -> str:
        """A footnote was clicked → the panel with its article, the quote marked."""
        key = str(event.key)
        name, _, rest = key.partition("-")
        turn = next((t for t in self.conversation(request).turns if t.id == name), None)
        quoted = turn.quoted().get(rest) if turn else None
        if quoted:
            return self._source(key, quoted)
        article = self._article(rest) if name == "article" else None
        return render.article_html(article, None, key) if article else render.note_html(UNKNOWN)

    def _source(self, key: str, quoted: Quoted) -> str:
        article = self._article(quoted.source.article)
        span = Span(quoted.start, quoted.end)
        if isinstance(quoted, PassageRef):
            return render.article_html(article, span, key) if article else render.note_html(UNKNOWN)
        if article is None or article.quote(span) != quoted.quote:
            return render.changed_html(quoted, key)
        return render.article_html(article, span, key)

    def _article(self, id: str) -> Article | None:
        with contextlib.suppress(KeyError, FootnoteError):
            return self.assistant.library.live.article(id)
        return None

    def welcome(self) -> tuple[str, str]:
        """The page as it opens → the empty chat, the library's contents."""
        try:
            articles = self.assistant.library.live.articles()
        except LibraryMissing:
            articles = []
        except FootnoteError as error:
            return render.note_html(str(error), error=True), ""
        seeds = any(article.file == SEED_FILE for article in articles)
        examples = SEED_QUESTIONS if seeds else ()
        return render.welcome_html(articles, examples), render.contents_html(articles)

    def restart(self, request: gr.Request) -> Drawn:
        """A new conversation → no earlier turns, the empty chat, the box, the library's contents."""
        self.forget(request)
        welcome, contents = self.welcome()
        return "", welcome, box(busy=False), contents


def box(*, busy: bool) -> gr.Textbox:
    """The question box: empty while a question is being answered, and then with a stop button."""
    if busy:
        return gr.Textbox(value="", submit_btn=False, stop_btn="Stop")
    return gr.Textbox(submit_btn="Ask", stop_btn=False)


# --- the page and its server -----------------------------------------------------------------------


def build(assistant: Assistant) -> gr.Blocks:
    """The page, wired to the assistant; `web_app` adds its looks."""
    chat = Chat(assistant)
    html = partial(gr.HTML, value="", js_on_load=None, apply_default_css=False)
    with gr.Blocks(title="Footnote", analytics_enabled=False, fill_width=True) as demo:
        with gr.Row(elem_id="desk", equal_height=True):
            with gr.Column(elem_id="conversation", scale=6, min_width=320):
                with gr.Row(elem_id="masthead"):
                    html(value=MASTHEAD)
                    new = gr.Button("New conversation", size="sm", min_width=0, scale=0)
                earlier = html(elem_id="earlier")
                now = html(elem_id="now")
                question = gr.Textbox(
                    elem_id="question", label="Your question", show_label=False, container=False,
                    placeholder="Ask the articles", submit_btn="Ask", max_lines=6, autofocus=True,
                )  # fmt: skip
            panel = html(elem_id="panel")
        script = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
        bridge = html(elem_id="bridge", js_on_load=script)

        quick: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
        drawn = [earlier, now, question]
        for asked in (
            question.submit(chat.ask, question, drawn, **quick),
            bridge.example(chat.ask_example, None, drawn, **quick),
        ):
            asked.then(
                chat.answer, None, [now, question], concurrency_limit=1, concurrency_id="model",
                show_progress="hidden", api_visibility="private",
            )  # fmt: skip
        question.stop(chat.stop, None, [now, question], **quick)
        bridge.cite(chat.show, None, panel, **quick)
        bridge.contents(lambda: chat.welcome()[1], None, panel, **quick)
        new.click(chat.restart, None, [*drawn, panel], **quick)
        demo.load(chat.welcome, None, [now, panel], **quick)
        demo.unload(chat.forget)
    return demo.queue(max_size=QUEUE)


def web_app(demo: gr.Blocks, host: str = "127.0.0.1") -> ASGIApp:
    """The page as a web application that answers to `host`, to localhost and to IP addresses."""
    theme = gr.themes.Base(
        primary_hue="neutral",
        neutral_hue="stone",
        font=[LocalFont("Source Sans Pro", weights=(400, 700)), "system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )
    app = gr.mount_gradio_app(
        FastAPI(docs_url=None, redoc_url=None, openapi_url=None),
        demo,
        path="/",
        theme=theme,
        css_paths=Path(__file__).with_suffix(".css"),
        footer_links=[],
        run_history=False,
        show_error=False,
        enable_monitoring=False,
        ssr_mode=False,
        max_file_size="1kb",
    )
    return Guard(app, host)


class Guard:
    """Adds `HEADERS` to every response; refuses a Host that is another name than ours.

    A page elsewhere can point a name of its own at 127.0.0.1 and then read what is served there. An
    address is never such a name, so addresses pass.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self.app = app
        self.names = {"localhost", host.lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif self.knows(Headers(scope=scope).get("host", "")):
            await self.app(scope, receive, self._with_headers(send))
        else:
            refusal = PlainTextResponse("This host name is not served here.", status_code=400)
            await refusal(scope, receive, send)

    def knows(self, host: str) -> bool:
        """Whether the Host header, with or without a port, is ours.

        >>> guard = Guard(None, "127.0.0.1")
        >>> [guard.knows(h) for h in ("localhost:7860", "[::1]:80", "192.168.1.9", "evil.example", "")]
        [True, True, True, False, False]
        """
        try:
            name = urlsplit(f"//{host}").hostname or ""
            return name in self.names or bool(ipaddress.ip_address(name))
        except ValueError:
            return False

    def _with_headers(self, send: Send) -> Send:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        return with_headers


def serve(
    assistant: Assistant,
    host: str = "127.0.0.1",
    port: int = 7860,
    open_browser: bool = True,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the chat until it is interrupted. Port 0 takes a free one. Raises UsageError.

    `ready` is called with the address as soon as the page can be asked for; by default it is written
    to standard output. The models are loaded meanwhile, so that the first question does not wait.
    """
    listener = listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{listener.getsockname()[1]}"
    app = web_app(build(assistant), host)
    threading.Thread(target=_warm_up, args=(assistant,), daemon=True).start()
    (ready or _announce)(url)
    if open_browser and _has_screen():
        webbrowser.open(url)
    # An open tab keeps a connection, which a graceful stop would wait for without end.
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises UsageError when the port is taken or the host is not ours."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OverflowError as error:
        raise UsageError(f"there is no port {port}; choose one below 65536 with --port") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UsageError(f"port {port} is taken; choose another one with --port") from error
        raise UsageError(f"can't listen on {host}:{port} ({error.strerror}); see --host, --port") from error


def _announce(url: str) -> None:
    sys.stdout.write(f"Footnote is at {url} (Ctrl-C stops it)\n")
    sys.stdout.flush()


def _has_screen() -> bool:
    """Whether a browser can open: without a screen, `webbrowser` takes over the terminal instead."""
    return sys.platform != "linux" or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def _warm_up(assistant: Assistant) -> None:
    try:
        assistant.warm_up()
    except FootnoteError as error:
        log.warning("%s", error)  # a question will say it again, in the chat
