"""The page in the browser: the chat, and the library's articles. A conversation on the left, the article
behind a footnote on the right.

One generator answers one question (`Assistant.stream`), so the quotes are on the page before the
model's first word. The page is drawn with `gr.HTML` from what `render.py` escaped. `gr.Chatbot`
would read it as Markdown once more, load images that an article names, drop `aria-` attributes.

Limits: one question is answered at a time, others wait. Listens on this machine only unless told otherwise,
and loads nothing from the network. Where it does listen to others, they can ask and look, but not change the
library (a folder's name typed in is read from this disk), and conversations live in memory only: they are
theirs, and the disk is not.
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

from assistant import history_html, models_html, render, report_html, shelf_html, web
from assistant import panel as panels
from assistant.answer import Assistant
from assistant.conversation import Conversation, Conversations
from assistant.downloads import Downloads
from assistant.history import History
from assistant.history_files import HistoryFiles
from assistant.limits_html import limits_html
from assistant.model_tab import ModelTab
from assistant.report_tab import ReportTab
from assistant.saved import Saved
from assistant.shelf import Shelf
from assistant.tab import Tab
from assistant.tries import Tries
from assistant.turn import Quoted, Turn, failure_html, how_to_add
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
NOT_HERE = "That conversation is not here any more."
MASTHEAD = (
    '<header><h1>Footnote</h1><nav aria-label="Footnote"><a href="#ask">Ask</a>'
    '<a href="#articles">Articles</a>{reports}</nav><span class="talks">{past}'
    '<button type="button" class="new">'
    '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M10 4v12M4 10h12"/></svg>'
    "<span>New conversation</span></button></span></header>"
)

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
        """Answer the open turn → the turn as it grows, the box. As slow as the model, so queued.

        It is answered to its end whoever looks: where the tab is closed or loaded again, in the background.
        """
        conversation = self._conversation(request)
        turn = conversation.open_turn
        if turn is None or turn.running:
            yield gr.skip(), gr.skip()
            return
        growing = conversation.answer(turn, self.assistant)
        try:
            for _ in growing:
                yield turn.html() if self._shows(request, conversation) else gr.skip(), gr.skip()
        except GeneratorExit:
            threading.Thread(target=_to_the_end, args=(growing,), daemon=True).start()
            raise
        yield self._ended(request, conversation, turn)

    def follow(self, request: gr.Request) -> Iterator[Drawn]:
        """A page was opened while its question is answered for another one → as `answer`, which goes on."""
        conversation = self._conversation(request)
        turn = conversation.turns[-1] if conversation.turns else None
        if turn is None or not turn.running:
            yield gr.skip(), gr.skip()
            return
        for _ in turn.watched():
            yield turn.html() if self._shows(request, conversation) else gr.skip(), gr.skip()
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
            return *_drawn(conversation), contents, limits
        gone = render.note_html(NOT_HERE) if id else ""
        return "", gone + self._empty(empty), gr.skip(), contents, limits

    def open(self, event: gr.EventData, request: gr.Request) -> Drawn:
        """A conversation was chosen → the earlier turns, the last one, the box."""
        tab, id = str(request.session_hash), str(event.id)
        conversation = self.conversations.open(tab, id) if id else None
        if conversation and conversation.turns:
            return _drawn(conversation)
        self.conversations.begin(tab)
        gone = render.note_html(NOT_HERE) if id else ""
        return "", gone + self._empty(self.welcome()[0]), box(busy=False)

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

    def _shows(self, request: gr.Request, conversation: Conversation) -> bool:
        """Whether the tab still shows this conversation: another one may have been opened meanwhile."""
        return self._conversation(request).id == conversation.id

    def _ended(self, request: gr.Request, conversation: Conversation, turn: Turn) -> Drawn:
        """A turn that is done, where it is still on the page; and that it could not be kept."""
        if not self._shows(request, conversation):
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
    earlier, now, _ = _drawn(conversation)
    return earlier, now, box(busy=True)


def _drawn(conversation: Conversation) -> Drawn:
    """A conversation with turns → the earlier ones, the last one, the box."""
    *earlier, now = conversation.turns
    before = history_html.talk_html(conversation.id) + "".join(turn.html() for turn in earlier)
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


def build(assistant: Assistant, *, editable: bool = True) -> gr.Blocks:
    """The page and its events; `serve` adds its looks. Unless `editable` the library can't be changed."""
    chat = Chat(assistant, editable=editable)
    html = partial(gr.HTML, value="", js_on_load=None, apply_default_css=False)
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    demo = gr.Blocks(title="Footnote", analytics_enabled=False, fill_width=True)
    with demo:
        html(value=_masthead(chat), elem_id="masthead")
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
            _articles(Tab(Shelf(assistant.library), editable=editable), html, quiet)
            if chat.saved:
                _reports(demo, ReportTab(chat.saved, assistant.library), html, quiet)
                _models(ModelTab(assistant), html, quiet)
            panel = html(elem_id="panel")
        talks = _history(chat, html, quiet) if chat.history else None
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
                concurrency_limit=1, concurrency_id="model", trigger_mode="multiple", **quiet,
            )  # fmt: skip
        opened = [demo.load(chat.load, None, [*drawn, panel, limits], **at_once)]
        if talks:
            opened.append(talks.open(chat.open, None, drawn, **at_once))
        for page in opened:
            page.then(
                chat.follow, None, [now, question],
                concurrency_limit=None, trigger_mode="multiple", **quiet,
            ).then(
                chat.resume, None, [now, question],
                concurrency_limit=1, concurrency_id="model", trigger_mode="multiple", **quiet,
            )  # fmt: skip
        question.stop(chat.stop, None, [now, question], **at_once)
        bridge.cite(chat.show, None, panel, **at_once)
        bridge.contents(chat.contents, None, panel, **at_once)
        empty = [*opened, bridge.restart(chat.restart, None, [*drawn, panel], **at_once)]
        bridge.limit(chat.limit, None, [limit, trouble], **at_once)
        empty.append(bridge.back(chat.back, None, [now, panel, limits], **at_once))
        for page in empty:
            page.then(chat.suggest, now, now, trigger_mode="multiple", **at_once)
        demo.unload(chat.forget)
        demo.queue(max_size=MAX_WAITING)
    return demo


def _masthead(chat: Chat) -> str:
    past = history_html.BUTTON if chat.history else ""
    links = report_html.LINK + models_html.LINK if chat.saved else ""
    return MASTHEAD.format(past=past, reports=links)


def _history(chat: Chat, html: Callable[..., gr.HTML], quiet: dict[str, Any]) -> gr.HTML:
    """The drawer with the conversations, and its events; the one that opens one is left to `build`."""
    history = chat.history
    assert history
    with gr.Column(elem_id="history"):
        html(value=history_html.head_html())
        listed = html(elem_id="history-list")
        html(value=history_html.foot_html())
    bridge = html(elem_id="history-bridge", js_on_load=_script("history.js"))
    bridge.list(_told(history.list), None, listed, trigger_mode="always_last", queue=False, **quiet)
    bridge.act(_told(history.act), None, listed, trigger_mode="multiple", queue=False, **quiet)
    return bridge


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


def _reports(demo: gr.Blocks, tab: ReportTab, html: Callable[..., gr.HTML], quiet: dict[str, Any]) -> None:
    """The Reports tab and its events, and the menu under each answer."""
    with gr.Column(elem_id="reports"):
        with gr.Column(elem_id="reports-main"):
            html(value=f"<h2>Reports</h2>{report_html.tools_html()}")
            listed = html(elem_id="reports-list")
            opened = html(elem_id="reports-open")
        beside = html(elem_id="reports-side")
    toast = html(elem_id="reports-toast")
    bridge = html(elem_id="reports-bridge", js_on_load=_script("reports.js"))
    at_once = quiet | {"queue": False}
    bridge.open(_told(tab.open), None, [listed, opened], trigger_mode="always_last", **at_once)
    bridge.see(_told(tab.see), None, beside, trigger_mode="always_last", **at_once)
    bridge.act(_told(tab.act), None, [listed, opened, toast], trigger_mode="multiple", **at_once)
    bridge.collect(_told(tab.add), None, [listed, toast], trigger_mode="multiple", **at_once)
    demo.load(tab.names, None, listed, **at_once)


def _models(tab: ModelTab, html: Callable[..., gr.HTML], quiet: dict[str, Any]) -> None:
    """The Model tab and its events."""
    with gr.Column(elem_id="models"):
        html(value="<h2>Model</h2>")
        now = html(elem_id="models-now")
        said = html(elem_id="models-said")
        change = html(elem_id="models-change")
        html(value=models_html.HERE)
        listed = html(elem_id="models-list")
        html(value=models_html.tools_html(str(tab.work.places.folder)))
        html(value=models_html.OFFERED)
        download = html(elem_id="models-download")
        html(value=models_html.STOP, elem_id="models-stop")
        offers = html(elem_id="models-offers")
    bridge = html(elem_id="models-bridge", js_on_load=_script("models.js"))
    everything = [now, change, listed, offers, download]
    at_once = quiet | {"queue": False, "trigger_mode": "multiple"}
    watched = {"concurrency_limit": None, "trigger_mode": "multiple", **quiet}
    for event, does, drawn in (
        (bridge.open, tab.open, everything),
        (bridge.act, tab.act, [said, *everything]),
    ):
        seen = event(_told(does), None, drawn, **at_once).then(tab.watch, None, [change, download], **watched)
        seen.then(tab.draw, None, everything, **at_once)


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
    uploads = history = downloads = None
    if web.is_local(listener.getsockname()[0]):
        uploads = Uploads(assistant.library.folder / FOLDER, SUFFIXES)
        saved = Saved(assistant.library.folder)
        history = HistoryFiles(saved, assistant.library)
        downloads = Downloads(ReportTab(saved, assistant.library).file)
    app = with_looks(build(assistant, editable=uploads is not None), uploads, history, downloads)
    threading.Thread(target=_warm_up, args=(assistant,), daemon=True).start()
    (ready or _announce)(web.url(listener))
    if open_browser and _has_screen():
        webbrowser.open(web.url(listener))
    web.run(app, listener, host)


def with_looks(
    demo: gr.Blocks,
    uploads: Uploads | None = None,
    history: HistoryFiles | None = None,
    downloads: Downloads | None = None,
) -> FastAPI:
    """The page as a web application, with our style sheet and gradio's extras turned off, and the addresses
    that files are sent to and fetched from."""
    theme = gr.themes.Base(
        primary_hue="neutral",
        neutral_hue="stone",
        font=[LocalFont("Source Sans Pro", weights=(400, 700)), "system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    if uploads:  # before the page, which answers to every address
        app.router.add_route("/uploads", uploads.answer, methods=["POST"])
    if history:
        app.router.add_route("/conversations.json", history.answer, methods=["GET", "POST"])
    if downloads:
        app.router.add_route("/reports/{name}", downloads.answer, methods=["GET"])
    gr.mount_gradio_app(
        app,
        demo,
        path="/",
        theme=theme,
        css_paths=[
            Path(__file__).with_name(name)
            for name in ("ui.css", "timeline.css", "shelf.css", "history.css", "reports.css", "models.css")
        ],
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
