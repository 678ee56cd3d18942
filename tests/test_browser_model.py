"""The Model tab as its user meets it, in Chromium: another model, a file of one's own, a download that is
stopped, goes on and is found damaged. The hub is a server of our own here; the model is the default one.

`SCREENSHOTS=1` also takes the picture in docs/.
"""

import json
import os
import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from assistant.llm.models import RECOMMENDED
from assistant.llm.weights import find_weights
from assistant.settings import DEFAULT_MODEL
from index.library import Library

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect  # noqa: E402 - after the check above
from started import ROOT, program, requests_of, troubles_of  # noqa: E402
from test_browser import ask, picture, wait_for_answer  # noqa: E402

pytestmark = pytest.mark.browser

PATIENCE_MS = 60_000  # on a machine that may be busy
CONTENT = os.urandom(6_000_000)  # not the file that is pinned
QUESTION = "How many homes did the flood damage according to the province?"


class Slow(BaseHTTPRequestHandler):
    """Names the pinned checksum, and sends something else, slowly until `fast`."""

    protocol_version = "HTTP/1.1"

    def __init__(self, fast: threading.Event, *args: object) -> None:
        self.fast = fast
        super().__init__(*args)  # type: ignore[arg-type]

    def do_HEAD(self) -> None:
        model = RECOMMENDED[0]
        headers = {"X-Repo-Commit": model.file.revision, "X-Linked-Etag": f'"{model.sha256}"'}
        self.head(200, {**headers, "X-Linked-Size": str(len(CONTENT)), "Content-Length": str(len(CONTENT))})

    def do_GET(self) -> None:
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        rest = CONTENT[start:]
        told = {"Content-Range": f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"} if start else {}
        self.head(206 if start else 200, {**told, "Content-Length": str(len(rest))})
        try:
            for at in range(0, len(rest), 60_000):
                self.wfile.write(rest[at : at + 60_000])
                self.fast.wait(0.2)
        except OSError:  # stopped
            self.close_connection = True

    def head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    expect.set_options(timeout=PATIENCE_MS)
    yield
    expect.set_options(timeout=5_000)  # playwright's own


@pytest.fixture
def fast() -> threading.Event:
    return threading.Event()


@pytest.fixture
def hub(fast: threading.Event) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Slow, fast))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    fast.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folders of a user who has one model."""
    models = tmp_path / "data" / "footnote" / "models"
    models.mkdir(parents=True)
    (models / "small.gguf").symlink_to(find_weights(DEFAULT_MODEL))
    return tmp_path


@pytest.fixture
def page(browser: Browser, home: Path, hub: str) -> Iterator[Page]:
    """A tab on a program that answers with quotes; afterwards: the tab asked nobody else, nothing failed."""
    Library(home / "library").add([ROOT / "seeds"])
    folders = {f"XDG_{name.upper()}_HOME": str(home / name) for name in ("config", "data", "cache")}
    network = {"HF_ENDPOINT": hub, "HF_HUB_OFFLINE": "0", "NO_PROXY": "127.0.0.1"}
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    asked, troubles = requests_of(page), troubles_of(page)
    with program(home / "library", **folders, **network) as where:
        page.goto(where)
        expect(page.locator(".welcome")).to_contain_text("Ask 14 articles")
        yield page
        page.close()
    assert {urlsplit(url).netloc for url in asked if url.startswith(("http", "ws"))} == {
        urlsplit(where).netloc
    }
    assert troubles == []


def test_another_model_writes_the_next_answer_of_the_same_conversation(page: Page, home: Path) -> None:
    ask(page, QUESTION)
    wait_for_answer(page)
    page.get_by_role("link", name="Model").click()
    switch = page.get_by_role("switch", name="Quotes only")
    expect(switch).to_be_checked()
    use = page.get_by_role("button", name="Use: small")
    use.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#models-change")).to_contain_text("From the next question on, small writes.")
    expect(page.locator("#models-now .name")).to_have_text("small")
    expect(page.locator("#models-now")).to_contain_text(
        re.compile(r"reads \d+ and writes \d+ tokens a second")
    )
    expect(switch).not_to_be_checked()
    expect(page.get_by_role("button", name="In use: small")).to_be_focused()
    picture(page, "screenshot-model")
    kept = json.loads((home / "config" / "footnote" / "model.json").read_text(encoding="utf-8"))
    assert Path(kept["model"]).name == "small.gguf"
    assert kept["use_model"] is True
    page.get_by_role("link", name="Ask").click()
    expect(page.locator("#now .turn h2")).to_have_text(QUESTION)
    ask(page, "How did the British foreign secretary describe Moscow's rhetoric?")
    wait_for_answer(page, 2)
    expect(page.locator("#earlier .turn h2")).to_have_text(QUESTION)


def test_a_download_is_stopped_goes_on_and_is_found_damaged(page: Page, fast: threading.Event) -> None:
    page.get_by_role("link", name="Model").click()
    page.get_by_role("button", name=f"Download 1.1 GB: {RECOMMENDED[0].name}").click()
    download = page.locator("#models-download")
    expect(download.get_by_role("progressbar", name="Downloading")).to_be_visible()
    expect(download).to_contain_text(re.compile(r"[1-9]\d* MB of 6 MB"))
    page.get_by_role("button", name="Stop the download").click()
    expect(download).to_contain_text("Stopped. What has arrived is kept.")
    fast.set()
    page.get_by_role("button", name=re.compile(rf"Resume 1\.1 GB: {RECOMMENDED[0].name}")).click()
    expect(download.get_by_role("alert")).to_contain_text("arrived damaged and was deleted")
    expect(page.get_by_role("button", name=f"Download 1.1 GB: {RECOMMENDED[0].name}")).to_be_visible()


def test_a_file_is_added_and_a_wrong_one_is_told(page: Page, home: Path) -> None:
    page.get_by_role("link", name="Model").click()
    field = page.get_by_label("A GGUF file on this computer")
    (home / "page.gguf").write_text("<!DOCTYPE html>", encoding="utf-8")
    field.fill(str(home / "page.gguf"))
    field.press("Enter")
    expect(page.locator("#models-said .error")).to_contain_text("is not a GGUF file")
    (home / "mine.gguf").symlink_to(find_weights(DEFAULT_MODEL))
    field.fill(str(home / "mine.gguf"))
    field.press("Enter")
    expect(page.locator("#models-list")).to_contain_text("mine")


def test_the_models_on_a_telephone(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.get_by_role("link", name="Model").click()
    expect(page.locator("#models-offers li")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.evaluate("document.querySelector('#models').scrollWidth") <= 360
    page.get_by_role("link", name="Ask").click()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
