"""Measure what somebody waits for in the chat, in Chromium: `python bench/chat.py [SECTION …]`.

`evidence`: from Enter to the first quote painted, beside what the pipeline took for the same question (as the
program itself kept it). `long`: a conversation of 200 turns, made directly in its SQLite file, beside one of
a single turn: to open it, and to ask in it. The articles are those of archive.py, the answers quotes only:
what comes before the quotes is the same with a model. Needs playwright and a Chromium.
"""

import argparse
import datetime as dt
import re
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from archive import article, write_archive
from playwright.sync_api import Browser, Page, sync_playwright
from table import Load, Measured, Pairs, Row, check_sections, shown

from assistant import Assistant
from assistant.keeping.kept import KeptTurn
from assistant.keeping.saved import Saved
from assistant.llm.model import physical_cores
from index.library import Library

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = "--no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-sync"
MANY = 200  # turns of a long conversation
WAIT_MS = 60_000
TITLE = re.compile(r"\n\n(\w+): (.+) (\w+)\n\n")

# From the key press to the second frame after the turn's first quote is there (or, where the articles do not
# say, the answer): by then it is painted. Looked for whenever the page changes, for looking at every frame
# keeps a processor busy.
WATCH = """id => { window.took = new Promise(done => {
  let pressed = 0;
  addEventListener("keydown", () => (pressed = performance.now()), { capture: true, once: true });
  const watch = new MutationObserver(() => {
    const turn = document.querySelector(`#now #turn-${id}`);
    if (!pressed || !turn?.matches(":has(.quotes li), [aria-busy=false]")) return;
    watch.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => done((performance.now() - pressed) / 1000)));
  });
  watch.observe(document.body, { childList: true, subtree: true, attributes: true });
}); }"""


@dataclass(frozen=True)
class Bench:
    """The library, the questions, how often a long conversation is opened, and the browser."""

    library: Path
    questions: list[str]
    rounds: int
    browser: Browser


def question(number: int) -> str:
    """One about the title of an article of the archive.

    >>> question(7).startswith("Who ") and question(7).endswith("?")
    True
    """
    found = TITLE.search(article(number))
    assert found
    town, thing, did = found.groups()
    return f"Who {did} the {thing} in {town}?"


# --- sections ------------------------------------------------------------------------------------------


def evidence(bench: Bench) -> Iterator[Row]:
    """One conversation, each question once; the first one more, which loads the encoder, does not count."""
    with program(bench.library) as address:
        page = opened(bench.browser, address)
        asked = [bench.questions[-1], *bench.questions]
        times = [ask(page, one, n) for n, one in enumerate(asked, start=1)]
        id = re.search(r"c=(\w+)", page.url)
        page.close()
    assert id
    kept = [turn.answer.timings.evidence_s for turn in Saved(bench.library).turns(id[1]) if turn.answer]
    pairs = list(zip(times, kept, strict=True))[1:]
    yield Row.of("Enter to evidence on screen", "s", pairs, "the pipeline itself", target="at most 0.5 s")


def long(bench: Bench) -> Iterator[Row]:
    """The two conversations in turns; each is asked one question after it has been opened."""
    one, many = (conversation(bench, turns) for turns in (1, MANY))
    opening, asking = Pairs(), Pairs()
    with program(bench.library) as address:
        page = opened(bench.browser, address)  # loads the encoder, and fills the browser's cache
        ask(page, bench.questions[0], 1)
        page.close()
        for n in range(bench.rounds):
            asked = bench.questions[n % len(bench.questions)]
            times = [
                resumed(bench.browser, f"{address}?c={id}", asked, at + n)
                for id, at in ((many, MANY), (one, 1))
            ]
            opening.append((times[0][0], times[1][0]))
            asking.append((times[0][1], times[1][1]))
    yield Row.of(f"open {MANY} turns", "s", opening, "1 turn (and those asked)")
    yield Row.of(f"Enter to evidence at {MANY} turns", "s", asking, "1 turn (and those asked)")


SECTIONS: dict[str, Callable[[Bench], Iterator[Row]]] = {"evidence": evidence, "long": long}


# --- the program and the browser -----------------------------------------------------------------------


@contextmanager
def program(library: Path) -> Iterator[str]:
    """The chat, running; where it is."""
    options = ["--library", library, "--port", "0", "--no-browser", "--no-model"]
    command = [sys.executable, "-m", "assistant", "chat", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            found = re.search(r"http://\S+", process.stdout.readline() if process.stdout else "")
            assert found, "the program says where it is"
            yield found[0] + "/"
        finally:
            process.terminate()


def opened(browser: Browser, address: str) -> Page:
    """A tab on the empty chat."""
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    page.goto(address)
    page.wait_for_selector(".welcome")
    return page


def ask(page: Page, asked: str, turn: int) -> float:
    """Ask a question, the turn of that number → seconds from Enter to the evidence on the screen."""
    box = page.get_by_label("Your question")
    box.fill(asked)
    page.evaluate(WATCH, f"a{turn}")
    box.press("Enter")
    took = float(page.evaluate("window.took"))
    page.wait_for_selector(f'#now #turn-a{turn}[aria-busy="false"]', timeout=WAIT_MS)
    page.wait_for_selector("#question button:has-text('Ask')", timeout=WAIT_MS)
    return took


def resumed(browser: Browser, address: str, asked: str, turns: int) -> tuple[float, float]:
    """Open a conversation with that many turns in a new tab → seconds until its last turn is there; then ask
    → seconds from Enter to evidence."""
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    started = time.perf_counter()
    page.goto(address)
    page.wait_for_selector(f"#now #turn-a{turns}", timeout=WAIT_MS)
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    took = time.perf_counter() - started
    seen = ask(page, asked, turns + 1)
    page.close()
    return took, seen


def conversation(bench: Bench, turns: int) -> str:
    """Keep a conversation of so many turns, the questions over and over → its ID."""
    assistant, saved = Assistant.open(bench.library, use_model=False), Saved(bench.library)
    now = dt.datetime.now().astimezone()
    answered = [
        KeptTurn(uuid.uuid4().hex, asked, now, assistant.ask(asked)) for asked in bench.questions[:turns]
    ]
    id = saved.begin()
    for n in range(turns):
        saved.add(id, replace(answered[n % len(answered)], id=uuid.uuid4().hex))
    return id


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"{', '.join(SECTIONS)} (all)")
    parser.add_argument("--articles", type=int, default=400)
    parser.add_argument("--library", type=Path, help="where it is, or will be kept for the next time")
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5, help="of `long`")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    check_sections(parser, args.sections, dict(SECTIONS))
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    measured: dict[str, Measured] = {}
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        library = args.library or Path(folder) / "library"
        if not library.exists():
            Library(library).add([write_archive(Path(folder) / "articles", args.articles)])
        asked = [question(n * args.articles // args.questions + 1) for n in range(args.questions)]
        browser = driver.chromium.launch(executable_path=chromium, args=OPTIONS.split())
        bench = Bench(library, asked, args.rounds, browser)
        for name in args.sections or SECTIONS:
            before = Load.now()
            rows = tuple(SECTIONS[name](bench))
            method = " ".join((SECTIONS[name].__doc__ or "").split())
            measured[name] = Measured(method, rows, round(before.others(Load.now()), 1))
        browser.close()
    print(shown(measured, physical_cores(), time.perf_counter() - began, as_json=args.json))


if __name__ == "__main__":
    main()
