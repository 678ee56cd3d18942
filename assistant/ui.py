"""The chat in the browser: a conversation on the left, the article behind a footnote on the right.

One generator answers one question (`Assistant.stream`), so the quotes are on the page before the
model's first word. The page is drawn with `gr.HTML` from what `render.py` escaped. `gr.Chatbot`
would read it as Markdown once more, load images that an article names, drop `aria-` attributes.

Limits: a conversation ends with its browser tab; one question is answered at a time, others wait.
Listens on this machine only unless told otherwise, and loads nothing from the network.
"""

import contextlib
import logging
import os
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

# Read when gradio is imported: without it, gradio tells its makers of each start.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import gradio as gr
from fastapi import FastAPI
from gradio.themes import LocalFont

from assistant import panel as panels
from assistant import render, web
from assistant.answer import Assistant
from assistant.conversation import Conversation, Conversations, Quoted, failure_html, how_to_add
from assistant.values import PassageRef
from index.errors import FootnoteError
from index.text import Article, Span

log = logging.getLogger(__name__)

MAX_WAITING = 20  # questions that wait for the model before further ones are refused
UNKNOWN = "This quote is no longer known here; ask the question again."
MASTHEAD = '<h1>Footnote</h1><button type="button" class="shelf">Articles</button>'

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

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self.conversations = Conversations()

    def ask(self, question: str, request: gr.Request, *, as_it_stands: bool = False) -> Drawn:
        """A question was sent → the earlier turns, the new turn, the box."""
        conversation = self._conversation(request)
        if not conversation.ask(question, as_it_stands=as_it_stands):
            return gr.skip(), gr.skip(), gr.skip()
        *earlier, now = conversation.turns
        return "".join(turn.html() for turn in earlier), now.html(), box(busy=True)

    def ask_example(self, event: gr.EventData, request: gr.Request) -> Drawn:
        """As `ask`, with one of the questions of the empty chat."""
        return self.ask(str(event.question), request)

    def ask_reworded(self, event: gr.EventData, request: gr.Request) -> Drawn:
        """As `ask`, with a follow-up that was put right by hand: nothing earlier is read into it."""
        return self.ask(str(event.question), request, as_it_stands=True)

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
        article = self._article(id) if kind == "article" else None
        return panels.article_html(article, None, key) if article else render.note_html(UNKNOWN)

    def contents(self) -> str:
        """The panel was closed → the library's contents."""
        return self.welcome()[1]

    def welcome(self) -> tuple[str, str]:
        """The page as it opens → the empty chat, the library's contents."""
        try:
            articles = self.assistant.library.live.articles()
        except FootnoteError as error:
            return failure_html(error, self.assistant), ""
        if not articles:
            return render.empty_html(how_to_add(self.assistant)), ""
        seeds = any(article.file == SEED_FILE for article in articles)
        examples = SEED_QUESTIONS if seeds else ()
        return panels.welcome_html(articles, examples), panels.contents_html(articles)

    def restart(self, request: gr.Request) -> Drawn:
        """A new conversation → no earlier turns, the empty chat, the box, the contents."""
        self.forget(request)
        welcome, contents = self.welcome()
        return "", welcome, box(busy=False), contents

    def forget(self, request: gr.Request) -> None:
        """The tab was closed: stop what runs for it."""
        self.conversations.end(str(request.session_hash))

    def _conversation(self, request: gr.Request) -> Conversation:
        return self.conversations.of(str(request.session_hash))

    def _source(self, key: str, quoted: Quoted) -> str:
        """The article around a quote, or the passage as it was when the library has changed."""
        article, span = self._article(quoted.source.article), Span(quoted.start, quoted.end)
        if isinstance(quoted, PassageRef):
            return panels.article_html(article, span, key) if article else render.note_html(UNKNOWN)
        if article is None or article.quote(span) != quoted.quote:
            return panels.changed_html(quoted, key)
        return panels.article_html(article, span, key)

    def _article(self, id: str) -> Article | None:
        with contextlib.suppress(KeyError, FootnoteError):
            return self.assistant.library.live.article(id)
        return None


def box(*, busy: bool) -> gr.Textbox:
    """The question box: with a stop button, and emptied, while a question is answered."""
    if busy:
        return gr.Textbox(value="", submit_btn=False, stop_btn="Stop")
    return gr.Textbox(submit_btn="Ask", stop_btn=False)


def build(assistant: Assistant) -> gr.Blocks:
    """The page and its events; `serve` adds its looks."""
    chat = Chat(assistant)
    html = partial(gr.HTML, value="", js_on_load=None, apply_default_css=False)
    demo = gr.Blocks(title="Footnote", analytics_enabled=False, fill_width=True)
    with demo:
        with gr.Row(elem_id="desk"):
            with gr.Column(elem_id="conversation"):
                with gr.Row(elem_id="masthead"):
                    html(value=MASTHEAD)
                    new = gr.Button("New conversation")
                earlier = html(elem_id="earlier")
                now = html(elem_id="now")
                question = gr.Textbox(
                    elem_id="question", label="Your question", placeholder="Ask the articles",
                    show_label=False, container=False, max_lines=6, submit_btn="Ask",
                    autofocus=True,
                )  # fmt: skip
            panel = html(elem_id="panel")
        script = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
        bridge = html(elem_id="bridge", js_on_load=script)

        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        at_once = quiet | {"queue": False}  # so footnotes open while an answer is being written
        drawn = [earlier, now, question]
        for asked in (
            question.submit(chat.ask, question, drawn, **at_once),
            bridge.example(chat.ask_example, None, drawn, **at_once),
            bridge.reworded(chat.ask_reworded, None, drawn, **at_once),
        ):
            asked.then(
                chat.answer, None, [now, question],
                concurrency_limit=1, concurrency_id="model", **quiet,
            )  # fmt: skip
        question.stop(chat.stop, None, [now, question], **at_once)
        bridge.cite(chat.show, None, panel, **at_once)
        bridge.contents(chat.contents, None, panel, **at_once)
        new.click(chat.restart, None, [*drawn, panel], **at_once)
        demo.load(chat.welcome, None, [now, panel], **at_once)
        demo.unload(chat.forget)
        demo.queue(max_size=MAX_WAITING)
    return demo


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
    app = with_looks(build(assistant))
    threading.Thread(target=_warm_up, args=(assistant,), daemon=True).start()
    (ready or _announce)(web.url(listener))
    if open_browser and _has_screen():
        webbrowser.open(web.url(listener))
    web.run(app, listener, host)


def with_looks(demo: gr.Blocks) -> FastAPI:
    """The page as a web application, with our style sheet and gradio's extras turned off."""
    theme = gr.themes.Base(
        primary_hue="neutral",
        neutral_hue="stone",
        font=[LocalFont("Source Sans Pro", weights=(400, 700)), "system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )
    app: FastAPI = gr.mount_gradio_app(
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
        max_file_size="1kb",  # nothing is uploaded here
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
