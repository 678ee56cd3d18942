"""Nothing leaves the machine: all requests of the browser and all sockets of the program in a whole visit.

The program runs with a hook (`sys.addaudithook`, in a sitecustomize that its children load too) that writes
down each address it connects or sends to, binds, or looks up. What native code does without Python is seen in
/proc, where there is one: who is at the other end of the connections that the program has open.
"""

import ipaddress
import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from index.library import Library

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect  # noqa: E402 - after the check above
from started import ANSWER_MS, ROOT, program  # noqa: E402
from test_browser import ask, wait_for_answer  # noqa: E402

pytestmark = pytest.mark.browser

HOOK = """
import json, os, sys
FILE = os.open(os.environ["SOCKETS_SEEN"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
LOOKED_UP = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")
def hook(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind"):
        what = args[1]
    elif event in LOOKED_UP:
        what = args[0]
    else:
        return
    os.write(FILE, (json.dumps([os.getpid(), event, what], default=repr) + "\\n").encode())
sys.addaudithook(hook)
os.write(FILE, (json.dumps([os.getpid(), "began", None]) + "\\n").encode())
"""


def hooked(folder: Path) -> dict[str, str]:
    """The environment of a program that writes its sockets to `folder/seen`."""
    (folder / "sitecustomize.py").write_text(HOOK, encoding="utf-8")
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH", "")]))
    return {"PYTHONPATH": path, "SOCKETS_SEEN": str(folder / "seen")}


def is_here(where: object) -> bool:
    """Whether an address as the hook writes it is one of this machine alone, or none (a UNIX socket).

    >>> [is_here(where) for where in (["127.0.0.1", 80], ["::1", 80, 0, 0], "localhost", "/run/x", None)]
    [True, True, True, True, True]
    >>> [is_here(where) for where in (["203.0.113.1", 80], "203.0.113.1", "example.org", ["example.org", 1])]
    [False, False, False, False]
    """
    host = where[0] if isinstance(where, list) else where
    if not host or host == "localhost" or str(host).startswith(("/", "\0")):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def connected() -> set[str]:
    """Who is at the other end of the connections of this process's children, the browser left out."""
    ours = [it for it in psutil.Process().children(recursive=True) if "assistant" in it.cmdline()]
    ends = [end for it in ours for end in it.net_connections("inet")]
    return {end.raddr.ip for end in ends if end.raddr}


def visit(page: Page, folder: Path) -> set[str]:
    """Every tab, a question, a follow-up, an article, an upload, a download → who was connected meanwhile."""
    seen = set()
    expect(page.locator(".welcome")).to_be_visible()
    ask(page, "Who chairs the Provincial Council?")
    wait_for_answer(page)
    seen |= connected()
    page.locator("#now a.cite").first.click()
    expect(page.locator("#panel mark:not(.other)")).to_be_in_viewport()
    ask(page, "What did she promise after the flood?")
    wait_for_answer(page, turn=2)
    page.locator("#turn-a1 summary", has_text="Add to report").click()
    page.locator("#turn-a1 .collect").get_by_role("button", name="A new report").click()
    expect(page.locator("#reports-toast")).to_contain_text("Added to")
    page.get_by_role("button", name="Conversations", exact=True).click()
    expect(page.locator("#history-list a.talk").first).to_be_visible()
    with page.expect_download() as exported:
        page.get_by_role("link", name="Export all").click()
    assert json.loads(Path(exported.value.path()).read_text(encoding="utf-8"))["conversations"]
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Articles", exact=True).click()
    expect(page.locator("#shelf-table table")).to_be_visible()
    new = folder / "owl.txt"
    new.write_text(" date 2022-05-06 \n\n\n\nThe owl was seen in Sandholm. See http://example.org/owl.\n")
    page.get_by_label("Add files").set_input_files(new)
    expect(page.locator("#shelf-job")).to_contain_text("1 added", timeout=ANSWER_MS)
    seen |= connected()
    page.get_by_role("link", name="Reports", exact=True).click()
    expect(page.locator("#reports-open .entry")).to_be_visible()
    for name in ("Word", "PDF"):
        with page.expect_download() as download:
            page.get_by_role("group", name="Download the report as").get_by_text(name, exact=True).click()
        assert Path(download.value.path()).stat().st_size > 1000
    page.get_by_role("link", name="Model", exact=True).click()
    expect(page.locator("#models-list")).to_be_visible()
    expect(page.locator("#models-offers li").first).to_be_visible()
    page.reload()
    expect(page.locator("#models-offers li").first).to_be_visible()
    return seen | connected()


def test_a_whole_visit_stays_on_this_machine(browser: Browser, tmp_path: Path) -> None:
    library = tmp_path / "library"
    Library(library).add([ROOT / "seeds"])
    context = browser.new_context(viewport={"width": 1200, "height": 800}, accept_downloads=True)
    page = context.new_page()
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda opened: asked.append(opened.url))
    with program(library, **hooked(tmp_path)) as address:
        page.goto(address)
        ends = visit(page, tmp_path)
        context.close()
    hosts = {urlsplit(url).hostname for url in asked if not url.startswith(("data:", "blob:", "about:"))}
    assert hosts == {"127.0.0.1"}
    assert len(asked) > 50
    lines = (tmp_path / "seen").read_text(encoding="utf-8").splitlines()
    seen = [json.loads(line) for line in lines]
    assert any(event == "socket.bind" for _, event, _ in seen), "the hook was there from the start"
    assert [(event, where) for _, event, where in seen if event != "began" and not is_here(where)] == []
    assert all(is_here(end) for end in ends)
    assert ends, "connections were looked at while there were some"


def test_the_hook_sees_who_is_spoken_to(tmp_path: Path) -> None:
    """That the test above could fail: a program that looks up and sends to another host is caught."""
    code = (
        "import socket\n"
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'', ('127.0.0.1', 9))\n"
        "try: socket.getaddrinfo('no.such.invalid', 80)\n"
        "except OSError: pass"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={**os.environ, **hooked(tmp_path)}, timeout=60
    )
    seen = [json.loads(line)[1:] for line in (tmp_path / "seen").read_text(encoding="utf-8").splitlines()]
    assert ["socket.sendto", ["127.0.0.1", 9]] in seen
    assert [where for event, where in seen if event != "began" and not is_here(where)] == ["no.such.invalid"]
