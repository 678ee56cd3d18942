"""The page in the browser: the chat, and the library's articles. A conversation on the left, the article
behind a footnote on the right.

One generator answers one question (`Assistant.stream`), so the quotes are on the page before the
model's first word. The page is drawn with `gr.HTML` from what `render.py` escaped. `gr.Chatbot`
would read it as Markdown once more, load images that an article names, drop `aria-` attributes.

Limits: a conversation ends with its browser tab; one question is answered at a time, others wait.
Listens on this machine only unless told otherwise, and loads nothing from the network. Where it does listen
to others, they can ask and look, but not change the library: a folder's name typed in is read from this disk.
"""

import contextlib
import logging
import os
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

# Read when gradio is imported: without it, gradio tells its makers of each start.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import gradio as gr
from fastapi import FastAPI
from gradio.themes import LocalFont

from assistant import panel as panels
from assistant import render, shelf_html, web
from assistant.answer import Assistant
from assistant.conversation import Conversation, Conversations, Quoted, failure_html, how_to_add
from assistant.limits_html import limits_html
from assistant.shelf import Shelf
from assistant.tab import Tab
from assistant.uploads import FOLDER, MAX_UPLOAD_BYTES, Uploads, megabytes
from assistant.values import Citation, PassageRef
from index.errors import FootnoteError, LibraryMissing, UsageError
from index.filter import Filter
from index.permalink import Permalink
from index.readers import SUFFIXES
from index.text import Article, Span

log = logging.getLogger(__name__)

MAX_WAITING = 20  # questions that wait for the model before further ones are refused
UNKNOWN = "This quote is no longer known here; ask the question again."
MASTHEAD = (
    '<header><h1>Footnote</h1><nav aria-label="Footnote"><a href="#ask">Ask</a>'
    '<a href="#articles">Articles</a></nav>'
    '<button type="button" class="new">New<span> conversation</span></button></header>'
)

# Questions to try on the articles that come with Footnote, known by one of them.
SEED_FILE = "007_kolvard-dike-vote.txt"
SEED_QUESTIONS = (
    "What was the Kolvard dike expected to cost when the council first approved the work?",
    "How many homes did the flood damage according to the province?",
    "How did the British foreign secretary describe Moscow's rhetoric?",
    "Which Russian banks would be hit by the sanctions?",
)

Drawn = tuple[Any, ...]  # the new contents of an event's outputs, in their order


class Chat:
    """What the page's events do; each method returns what to draw."""

    def __init__(self, assistant: Assistant, *, editable: bool = True) -> None:
        self.assistant = assistant
        self.editable = editable
        self.conversations = Conversations()

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

    def limit(self, event: gr.EventData) -> tuple[Filter, str]:
        """Days or sources were chosen → what the next question is restricted to, what is wrong with it."""
        try:
            told = {name: getattr(event, name) for name in ("first", "last", "sources")}
            return Filter.from_json(told), ""
        except UsageError as error:
            return Filter(), render.note_html(str(error), error=True)

    def answer(self, request: gr.Request) -> Iterator[Drawn]:
        """Answer the open turn → the turn as it grows, the box. As slow as the model, so queued."""
        conversation = self._conversation(request)
        turn = conversation.open_turn
        if turn is None or turn.running:
            yield gr.skip(), gr.skip()
            return
        for _ in turn.grow(self.assistant, conversation.history()):
            yield turn.html(), gr.skip()
        if self._conversation(request) is conversation:  # no new one was begun meanwhile
            yield turn.html(), box(busy=False)

    def stop(self, request: gr.Request) -> Drawn:
        """The stop button → the turn, the box. A running turn is drawn by `answer` when it ends."""
        turn = self._conversation(request).stop()
        if turn is None or turn.running:
            return gr.skip(), gr.skip()
        return turn.html(), box(busy=False)

    def show(self, event: gr.EventData, request: gr.Request) -> str:
        """A link to a quote or an article was clicked → the panel with the article."""
        key = str(event.key)
        quoted = self._conversation(request).quoted(key)
        if quoted:
            return self._source(key, quoted)
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
        seeds = any(article.file == SEED_FILE for article in articles)
        welcome = panels.welcome_html(articles, SEED_QUESTIONS if seeds else ())
        return welcome, panels.contents_html(articles), limits_html(articles)

    def back(self, event: gr.EventData, request: gr.Request) -> Drawn:
        """The chat was opened again; the library may have changed → the chat while it is empty, the
        contents unless an article is open, the menus."""
        welcome, contents, limits = self.welcome()
        begun = bool(self._conversation(request).turns)
        return gr.skip() if begun else welcome, gr.skip() if event.open else contents, limits

    def restart(self, request: gr.Request) -> Drawn:
        """A new conversation → no earlier turns, the empty chat, the box, the contents."""
        self.forget(request)
        welcome, contents, _ = self.welcome()
        return "", welcome, box(busy=False), contents

    def forget(self, request: gr.Request) -> None:
        """The tab was closed: stop what runs for it."""
        self.conversations.end(str(request.session_hash))

    def _start(self) -> str:
        return panels.start_html(how_to_add(self.assistant), here=self.editable)

    def _conversation(self, request: gr.Request) -> Conversation:
        return self.conversations.of(str(request.session_hash))

    def _source(self, key: str, quoted: Quoted) -> str:
        """The article around a quote, or the passage as it was when the library has changed."""
        if isinstance(quoted, Citation) and quoted.permalink:
            drawn = self._followed(quoted.permalink, key)
            if f'data-key="{key}"' in drawn:
                return drawn
        article, span = self._article(quoted.source.article), Span(quoted.start, quoted.end)
        if isinstance(quoted, PassageRef):
            return panels.article_html(article, span, key) if article else render.note_html(UNKNOWN)
        if article is None or article.quote(span) != quoted.quote:
            return panels.changed_html(quoted, key)
        return panels.article_html(article, span, key)

    def _followed(self, permalink: str, key: str) -> str:
        """Where a link to a quote leads today."""
        try:
            link = Permalink.parse(permalink)
            return panels.followed_html(self.assistant.library.follow(link), link, key)
        except FootnoteError as error:
            return render.note_html(str(error), error=True)

    def _article(self, id: str) -> Article | None:
        with contextlib.suppress(KeyError, FootnoteError):
            return self.assistant.library.live.article(id)
        return None


def _asked(conversation: Conversation) -> Drawn:
    *earlier, now = conversation.turns
    return "".join(turn.html() for turn in earlier), now.html(), box(busy=True)


def box(*, busy: bool) -> gr.Textbox:
    """The question box: with a stop button, and emptied, while a question is answered."""
    if busy:
        return gr.Textbox(value="", submit_btn=False, stop_btn="Stop")
    return gr.Textbox(submit_btn="Ask", stop_btn=False)


def build(assistant: Assistant, *, editable: bool = True) -> gr.Blocks:
    """The page and its events; `serve` adds its looks. Unless `editable` the library can't be changed."""
    chat = Chat(assistant, editable=editable)
    tab = Tab(Shelf(assistant.library), editable=editable)
    html = partial(gr.HTML, value="", js_on_load=None, apply_default_css=False)
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    demo = gr.Blocks(title="Footnote", analytics_enabled=False, fill_width=True)
    with demo:
        html(value=MASTHEAD, elem_id="masthead")
        with gr.Row(elem_id="desk"):
            with gr.Column(elem_id="conversation"):
                earlier = html(elem_id="earlier")
                now = html(elem_id="now")
                with gr.Column(elem_id="composer"):
                    question = gr.Textbox(
                        elem_id="question", label="Your question", placeholder="Ask the articles",
                        show_label=False, container=False, max_lines=6, submit_btn="Ask",
                        autofocus=True,
                    )  # fmt: skip
                    limits = html(elem_id="limits")
                    trouble = html(elem_id="limits-trouble")
            _articles(tab, html, quiet)
            panel = html(elem_id="panel")
        limit = gr.State(Filter())
        bridge = html(elem_id="bridge", js_on_load=_script("ui.js"))

        at_once = quiet | {"queue": False}  # so footnotes open while an answer is being written
        drawn = [earlier, now, question]
        for asked in (
            question.submit(chat.ask, [question, limit], drawn, **at_once),
            bridge.example(chat.ask_example, limit, drawn, **at_once),
            bridge.reworded(chat.ask_reworded, limit, drawn, **at_once),
            bridge.unfilter(chat.ask_unfiltered, None, drawn, **at_once),
        ):
            asked.then(
                chat.answer, None, [now, question],
                concurrency_limit=1, concurrency_id="model", **quiet,
            )  # fmt: skip
        question.stop(chat.stop, None, [now, question], **at_once)
        bridge.cite(chat.show, None, panel, **at_once)
        bridge.contents(chat.contents, None, panel, **at_once)
        bridge.restart(chat.restart, None, [*drawn, panel], **at_once)
        bridge.limit(chat.limit, None, [limit, trouble], **at_once)
        bridge.back(chat.back, None, [now, panel, limits], **at_once)
        demo.load(chat.welcome, None, [now, panel, limits], **at_once)
        demo.unload(chat.forget)
        demo.queue(max_size=MAX_WAITING)
    return demo


def _articles(tab: Tab, html: Callable[..., gr.HTML], quiet: dict[str, Any]) -> None:
    """The Articles tab and its events."""
    tools = (shelf_html.tools_html(SUFFIXES, megabytes(MAX_UPLOAD_BYTES)), shelf_html.BUTTONS)
    with gr.Column(elem_id="shelf"):
        with gr.Column(elem_id="shelf-main"):
            with gr.Row(elem_id="shelf-head"):
                html(value="<h2>Articles</h2>")
                facts = html(elem_id="shelf-facts")
                html(value=tools[1] if tab.editable else "")
            html(value=tools[0] if tab.editable else "", elem_id="shelf-tools")
            job = html(elem_id="shelf-job")
            chart = html(elem_id="shelf-chart")
            with gr.Row(elem_id="shelf-find"):
                html(value=shelf_html.find_html())
                outlets = html(elem_id="shelf-outlets")
            table = html(elem_id="shelf-table")
        aside = html(elem_id="shelf-aside")
    bridge = html(elem_id="shelf-bridge", js_on_load=_script("shelf.js"))
    at_once = quiet | {"queue": False}
    everything = [facts, job, chart, outlets, table, aside]
    watched = {"concurrency_limit": None, **quiet}  # it waits for the job, nothing waits for it
    bridge.see(_told(tab.see), None, [chart, table], trigger_mode="always_last", **at_once)
    bridge.open(_told(tab.open), None, everything, **at_once).then(tab.watch, None, job, **watched)
    if tab.editable:
        bridge.act(_told(tab.act), None, job, **at_once).then(tab.watch, None, job, **watched)
        bridge.stop(tab.stop, None, None, **at_once)


def _told(does: Callable[[Mapping[str, Any]], Any]) -> Callable[[gr.EventData], Any]:
    """An event of the page as a function of what the browser says."""

    def on(event: gr.EventData) -> Any:
        return does(event._data if isinstance(event._data, dict) else {})

    return on


def _script(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def serve(
    assistant: Assistant,
    host: str = "127.0.0.1",
    port: int = 7860,
    open_browser: bool = True,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the chat until it is interrupted. Port 0 takes a free one. Raises UsageError.

    `ready` is called with the address as soon as a browser may ask for it; by default it is written
    to standard output. The models are loaded meanwhile, so that the first question need not wait.
    """
    listener = web.listen(host, port)
    uploads = None
    if web.is_local(listener.getsockname()[0]):
        uploads = Uploads(assistant.library.folder / FOLDER, SUFFIXES)
    app = with_looks(build(assistant, editable=uploads is not None), uploads)
    threading.Thread(target=_warm_up, args=(assistant,), daemon=True).start()
    (ready or _announce)(web.url(listener))
    if open_browser and _has_screen():
        webbrowser.open(web.url(listener))
    web.run(app, listener, host)


def with_looks(demo: gr.Blocks, uploads: Uploads | None = None) -> FastAPI:
    """The page as a web application, with our style sheet and gradio's extras turned off, and the address
    that files are sent to."""
    theme = gr.themes.Base(
        primary_hue="neutral",
        neutral_hue="stone",
        font=[LocalFont("Source Sans Pro", weights=(400, 700)), "system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    if uploads:  # before the page, which answers to every address
        app.router.add_route("/uploads", uploads.answer, methods=["POST"])
    gr.mount_gradio_app(
        app,
        demo,
        path="/",
        theme=theme,
        css_paths=[Path(__file__).with_name(name) for name in ("ui.css", "shelf.css")],
        footer_links=[],
        run_history=False,
        show_error=False,
        enable_monitoring=False,
        ssr_mode=False,
        max_file_size="1kb",  # nothing is uploaded through gradio: see uploads.py
    )
    return app


def _announce(url: str) -> None:
    sys.stdout.write(f"Footnote is at {url} (Ctrl-C stops it)\n")
    sys.stdout.flush()


def _has_screen() -> bool:
    """Whether a browser can open; without a screen `webbrowser` would take over the terminal."""
    return sys.platform != "linux" or bool({"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys())


def _warm_up(assistant: Assistant) -> None:
    try:
        assistant.warm_up()
    except FootnoteError as error:
        log.warning("%s", error)  # the first question says it again, in the chat
