"""The page as a web application: served on this machine, with its looks and the addresses beside it.

Limits: the model answers one question at a time; up to eight are searched at once, and further ones wait.
Listens on this machine only unless told otherwise, and loads nothing from the network. Where it does listen
to others, nobody can change the library (a folder's name typed in is read from this disk), and conversations
live in memory only: they are theirs, and the disk is not.
"""

import logging
import os
import sys
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path

import gradio as gr
from fastapi import FastAPI
from gradio.themes import LocalFont

from assistant.answer import Assistant
from assistant.keeping.saved import Saved
from assistant.page import web
from assistant.page.build import build
from assistant.page.downloads import Downloads
from assistant.page.history_files import HistoryFiles
from assistant.page.report_tab import ReportTab
from assistant.page.uploads import FOLDER, Uploads
from index.errors import FootnoteError
from index.readers import SUFFIXES

log = logging.getLogger(__name__)


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
            for name in (
                "ui.css",
                "timeline.css",
                "shelf.css",
                "history.css",
                "reports.css",
                "models.css",
                "keys.css",
                "reading.css",
            )
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
