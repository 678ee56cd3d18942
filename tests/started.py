"""What the tests in a browser share: Chromium, the program as a process of its own, what a tab tells."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
# Quiet: without these the browser itself calls home, and the tests count every request.
OPTIONS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)
LEFT = ("signal is aborted", "Connection errored out")  # Gradio, of a page that is being left
ANSWER_MS = 120_000  # the first answer waits for encoder and model, on a machine that may be busy
WITHOUT_MODEL = (sys.executable, "-m", "assistant", "chat", "--no-model")


@contextmanager
def program(folder: Path, command: tuple[object, ...] = WITHOUT_MODEL, **environment: str) -> Iterator[str]:
    """The program on a library, running; where it is. Without a model an answer is its quotes."""
    whole = [*map(str, command), "--library", str(folder), "--port", "0", "--no-browser"]
    surroundings = {**os.environ, **environment}
    with subprocess.Popen(whole, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=surroundings) as process:
        try:
            assert process.stdout
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found, "the program says where it is"
            yield found[0]
        finally:
            process.terminate()
            assert process.wait(timeout=20) is not None


def troubles_of(page: Any) -> list[str]:
    """What goes wrong in a tab from now on: errors of scripts, of the console, dialogues that nobody asked
    for. What leaving a page breaks off is none: Gradio reports each request that was still under way."""
    troubles: list[str] = []

    def forget(frame: Any) -> None:
        if frame == page.main_frame:
            troubles[:] = [trouble for trouble in troubles if not any(said in trouble for said in LEFT)]

    page.on("framenavigated", forget)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("dialog", lambda dialog: troubles.append(dialog.message))
    page.on("console", lambda line: troubles.append(line.text) if line.type == "error" else None)
    return troubles


def requests_of(page: Any) -> list[str]:
    """The addresses that a tab asks for from now on."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    return asked
