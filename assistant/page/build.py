"""The page: where everything stands, and which event of the browser goes to which function.

It is drawn with `gr.HTML` from what rendering/ and the `_html` files here escaped. `gr.Chatbot` would read it
as Markdown once more, load images that an article names, drop `aria-` attributes.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial, wraps
from pathlib import Path
from typing import Any

import gradio as gr

from assistant.answer import Assistant
from assistant.page import history_html, keys_html, models_html, report_html, shelf_html
from assistant.page.chat import Chat
from assistant.page.model_tab import ModelTab
from assistant.page.report_tab import ReportTab
from assistant.page.shelf import Shelf
from assistant.page.tab import Tab
from assistant.page.uploads import MAX_UPLOAD_BYTES, megabytes
from index.filter import Filter
from index.readers import SUFFIXES

MAX_WAITING = 40  # events that wait for one of gradio's threads before further ones are refused
MASTHEAD = (
    '<header><h1>Footnote</h1><nav aria-label="Footnote"><a href="#ask">Ask</a>'
    '<a href="#articles">Articles</a>{reports}</nav><span class="talks">{past}'
    '<button type="button" class="new">'
    '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M10 4v12M4 10h12"/></svg>'
    "<span>New conversation</span></button></span>{keys}</header>{sheet}"
)


def build(assistant: Assistant, *, editable: bool = True) -> gr.Blocks:
    """The page and its events; `serve` adds its looks. Unless `editable` the library can't be changed."""
    chat = Chat(assistant, editable=editable)
    html = partial(gr.HTML, value="", js_on_load=None, apply_default_css=False)
    # Without a list of its own gradio redraws an unseen clock in each output of a running event, 60 times a
    # second: a tenth of a second from Enter to the evidence.
    progress: dict[str, Any] = {"show_progress": "hidden", "show_progress_on": []}
    quiet: dict[str, Any] = progress | {"api_visibility": "private"}
    demo = gr.Blocks(title="Footnote", analytics_enabled=False, fill_width=True)
    with demo:
        html(value=_masthead(chat), elem_id="masthead", js_on_load=_script("keys.js"))
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
        _chat(demo, chat, _Parts(earlier, now, question, limits, trouble, panel, talks), html, quiet)
        demo.unload(chat.forget)
        demo.queue(max_size=MAX_WAITING)
    return demo


@dataclass(frozen=True)
class _Parts:
    """Where the chat draws."""

    earlier: gr.HTML
    now: gr.HTML
    question: gr.Textbox
    limits: gr.HTML
    trouble: gr.HTML
    panel: gr.HTML
    talks: gr.HTML | None  # opens another conversation


def _chat(
    demo: gr.Blocks, chat: Chat, parts: _Parts, html: Callable[..., gr.HTML], quiet: dict[str, Any]
) -> None:
    """The events of the chat."""
    limit = gr.State(Filter())
    bridge = html(elem_id="bridge", js_on_load=_script("clipboard.js", "ui.js"))
    reading = html(elem_id="reading-bridge", js_on_load=_script("reading.js"))
    unkept = html(elem_id="reading-trouble")

    at_once = quiet | {"queue": False}  # so footnotes open while an answer is being written
    several = quiet | {"trigger_mode": "multiple"}
    answering = several | {"concurrency_limit": None}  # chat.py says how many, once a question is on the page
    earlier, now, question = parts.earlier, parts.now, parts.question
    drawn = [earlier, now, question]
    answered = partial(_answered, chat)
    question.submit(answered(chat.ask), [question, limit], drawn, **answering)
    bridge.example(answered(chat.ask_example), limit, drawn, **answering)
    bridge.reworded(answered(chat.ask_reworded), limit, drawn, **answering)
    bridge.unfilter(answered(chat.ask_unfiltered), None, drawn, **answering)
    reading.retry(answered(chat.retry), None, drawn, **answering)
    opened = [demo.load(chat.load, None, [*drawn, parts.panel, parts.limits], **at_once)]
    if parts.talks:
        opened.append(parts.talks.open(chat.open, None, drawn, **at_once))
    bridge.go_on(chat.go_on, None, [now, question], **answering)
    question.stop(chat.stop, None, [now, question], **at_once)
    bridge.cite(chat.show, None, parts.panel, **at_once)
    bridge.contents(chat.contents, None, parts.panel, **at_once)
    bridge.earlier(chat.earlier, None, earlier, **at_once)
    bridge.limit(chat.limit, None, [limit, parts.trouble], trigger_mode="always_last", **at_once)
    reading.vote(chat.vote, None, unkept, trigger_mode="multiple", **at_once)
    empty = [*opened, bridge.restart(chat.restart, None, [*drawn, parts.panel], **at_once)]
    empty.append(bridge.back(chat.back, None, [now, parts.panel, parts.limits], **at_once))
    for page in empty:
        page.then(chat.suggest, now, now, trigger_mode="multiple", **at_once)


def _answered(chat: Chat, does: Callable[..., tuple[Any, ...]]) -> Callable[..., Iterator[tuple[Any, ...]]]:
    """An event that asks, and then answers at once: what it draws, then the turn as it grows and the box. One
    event instead of two, for each takes the browser and gradio a tenth of a second."""

    @wraps(does)  # gradio looks for the parameters that it fills in by itself
    def run(*told: Any) -> Iterator[tuple[Any, ...]]:
        yield does(*told)
        request = next(one for one in told if isinstance(one, gr.Request))
        with closing(chat.answer(request)) as growing:
            for now, box in growing:
                yield gr.skip(), now, box

    return run


def _masthead(chat: Chat) -> str:
    past = history_html.BUTTON if chat.history else ""
    links = report_html.LINK + models_html.LINK if chat.saved else ""
    sheet = keys_html.sheet_html(kept=chat.saved is not None)
    return MASTHEAD.format(past=past, reports=links, keys=keys_html.BUTTON, sheet=sheet)


def _history(chat: Chat, html: Callable[..., gr.HTML], quiet: dict[str, Any]) -> gr.HTML:
    """The drawer with the conversations, and its events; the one that opens one is left to `build`."""
    history = chat.history
    assert history
    with gr.Column(elem_id="history"):
        html(value=history_html.head_html())
        listed = html(elem_id="history-list")
        html(value=history_html.foot_html())
    bridge = html(elem_id="history-bridge", js_on_load=_script("watch.js", "history.js"))
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
            said = html(elem_id="shelf-said")
            job = html(elem_id="shelf-job")
            chart = html(elem_id="shelf-chart")
            with gr.Row(elem_id="shelf-find"):
                html(value=shelf_html.find_html())
                outlets = html(elem_id="shelf-outlets")
            table = html(elem_id="shelf-table")
        aside = html(elem_id="shelf-aside")
    bridge = html(elem_id="shelf-bridge", js_on_load=_script("watch.js", "shelf.js"))
    at_once = quiet | {"queue": False, "trigger_mode": "multiple"}
    everything = [facts, job, chart, outlets, table, aside]
    # It waits for the job, nothing waits for it.
    watched = {"concurrency_limit": None, "trigger_mode": "multiple", **quiet}
    bridge.see(_told(tab.see), None, [chart, table], **(at_once | {"trigger_mode": "always_last"}))
    bridge.open(_told(tab.open), None, everything, **at_once).then(tab.watch, None, job, **watched)
    if tab.editable:
        bridge.act(_told(tab.act), None, [said, job], **at_once).then(tab.watch, None, job, **watched)
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
    bridge = html(elem_id="reports-bridge", js_on_load=_script("watch.js", "clipboard.js", "reports.js"))
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
    bridge = html(elem_id="models-bridge", js_on_load=_script("watch.js", "models.js"))
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


def _script(*names: str) -> str:
    return "\n".join(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in names)
