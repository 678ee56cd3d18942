"""A conversation of two hundred turns: it opens with the last ones, and is asked like any other."""

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.answer import Assistant
from assistant.keeping.kept import KeptTurn
from assistant.keeping.saved import Saved
from assistant.page.conversation import PAGE_TURNS
from index.library import Library

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, expect  # noqa: E402 - after the check above
from started import ROOT, program  # noqa: E402
from test_browser import ask, wait_for_answer  # noqa: E402

pytestmark = pytest.mark.browser

TURNS = 200
QUESTIONS = (
    "How many homes did the flood damage according to the province?",
    "Who chairs the Provincial Council?",
)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A library, and the ID of a long conversation in it."""
    folder = tmp_path / "library"
    Library(folder).add([ROOT / "seeds"])
    assistant, saved = Assistant.open(folder, use_model=False), Saved(folder)
    now = dt.datetime.now().astimezone()
    answered = [KeptTurn(uuid.uuid4().hex, asked, now, assistant.ask(asked)) for asked in QUESTIONS]
    id = saved.begin()
    for n in range(TURNS):
        saved.add(id, replace(answered[n % 2], id=uuid.uuid4().hex))
    yield folder, id


def test_a_long_conversation_opens_with_its_last_turns(browser: Browser, kept: tuple[Path, str]) -> None:
    folder, id = kept
    with program(folder) as address:
        page = browser.new_page(viewport={"width": 1200, "height": 800})
        page.goto(f"{address}/?c={id}")
        expect(page.locator(f"#now #turn-a{TURNS}")).to_be_visible()
        turns = page.locator("#earlier .turn, #now .turn")
        expect(turns).to_have_count(PAGE_TURNS)
        page.get_by_role("button", name=f"Earlier turns ({TURNS - PAGE_TURNS})").click()
        expect(turns).to_have_count(2 * PAGE_TURNS)
        was_first = page.locator(f"#turn-a{TURNS - PAGE_TURNS + 1}")
        expect(was_first).to_be_focused()
        expect(was_first).to_be_in_viewport()
        top = page.locator(f"#turn-a{TURNS - 2 * PAGE_TURNS + 1}")
        top.evaluate("turn => { turn.tabIndex = -1; turn.focus(); }")
        page.keyboard.press("k")
        expect(turns).to_have_count(3 * PAGE_TURNS)
        expect(top).to_be_focused()
        page.keyboard.press("k")
        expect(page.locator(f"#turn-a{TURNS - 2 * PAGE_TURNS}")).to_be_focused()
        top.locator("a.cite").first.click()
        expect(page.locator("#panel mark:not(.other)").first).to_be_in_viewport()
        ask(page, QUESTIONS[1])
        wait_for_answer(page, turn=TURNS + 1)
        expect(turns).to_have_count(3 * PAGE_TURNS)
        page.close()
