"""The questions to try of the empty chat and the picture of an answer by date, met by a user in Chromium.

The program runs as a process of its own, without a model, so answers are quotes. `SCREENSHOTS=1` also takes
the pictures in docs/.
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from assistant.tries.tries import FILE, WANTED
from index.library import Library

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect  # noqa: E402 - after the check above
from started import ANSWER_MS, ROOT, program, requests_of, troubles_of  # noqa: E402
from test_browser import ask, picture, wait_for_answer  # noqa: E402

pytestmark = pytest.mark.browser

OVERVIEW = "What do the articles say about the Kolvard dike?"
FACT = "How many homes did the flood damage according to the province?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the sample articles, of which no questions have been made yet."""
    folder = tmp_path_factory.mktemp("library")
    Library(folder).add([ROOT / "seeds"])
    return folder


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with program(folder) as where:
        yield where


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A fresh tab; afterwards: nothing left this machine, nothing went wrong in it."""
    page = browser.new_page(viewport={"width": 1200, "height": 800}, reduced_motion="reduce")
    asked, troubles = requests_of(page), troubles_of(page)
    page.goto(address)
    yield page
    page.close()
    assert {urlsplit(url).hostname for url in asked if url.startswith(("http", "ws"))} == {"127.0.0.1"}
    assert troubles == []


def test_the_page_is_there_before_its_questions_which_then_can_be_asked_by_a_click(
    page: Page, folder: Path
) -> None:
    expect(page.locator(".welcome h2")).to_contain_text(
        "Ask 14 articles from 24 December 2021 to 20 September 2022."
    )
    expect(page.locator("button.example")).to_have_count(WANTED, timeout=ANSWER_MS)
    assert (folder / FILE).is_file()
    assert page.get_by_label("Your question").is_editable()
    picture(page, "screenshot-start")
    question = page.locator("button.example").first.inner_text()
    page.locator("button.example").first.click()
    wait_for_answer(page)
    expect(page.locator("#turn-a1 h2")).to_have_text(question)
    expect(page.locator("#turn-a1 .answer a.cite").first).to_be_visible()


def test_a_new_conversation_and_the_next_visit_have_them_at_once(page: Page) -> None:
    expect(page.locator("button.example")).to_have_count(WANTED, timeout=ANSWER_MS)
    ask(page, "Who chairs the Provincial Council?")
    wait_for_answer(page)
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator("button.example")).to_have_count(WANTED, timeout=5000)
    page.reload()
    expect(page.locator("button.example")).to_have_count(WANTED, timeout=5000)


def test_a_dot_opens_its_article_by_mouse_and_by_keyboard(page: Page) -> None:
    ask(page, OVERVIEW)
    wait_for_answer(page)
    dots = page.locator("#turn-a1 .timeline a")
    assert dots.count() >= 3
    cited = page.locator("#turn-a1 .timeline a.cited")
    name = cited.last.get_attribute("aria-label") or ""
    cited.last.click()
    expect(page.locator("#panel mark:not(.other)")).to_be_in_viewport()
    expect(page.locator("#panel header")).to_contain_text(name.rpartition(", ")[2])
    page.keyboard.press("Escape")
    expect(cited.last).to_be_focused()
    dots.first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel mark:not(.other)")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dots.first).to_be_focused()
    page.keyboard.press("Tab")
    expect(dots.nth(1)).to_be_focused()
    picture(page, "screenshot-timeline")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_picture_fits_a_telephone_and_its_dots_a_finger(page: Page, scheme: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{page.url.split('?')[0]}?__theme={scheme}")
    ask(page, FACT)
    wait_for_answer(page)
    figure = page.locator("#turn-a1 .timeline")
    figure.scroll_into_view_if_needed()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    boxes = [
        box for n in range(figure.locator("a").count()) if (box := figure.locator("a").nth(n).bounding_box())
    ]
    assert len(boxes) >= 3
    for box in boxes:
        assert box["width"] >= 24 and box["height"] >= 24
        assert box["x"] >= 0 and box["x"] + box["width"] <= 360
    told = figure.evaluate(
        """figure => ['.cited .dot', '.near .dot'].map(dot => {
          const style = getComputedStyle(figure.querySelector(dot)); return [style.fill, style.stroke] })"""
    )
    assert told[0][0] == told[0][1] != told[1][0], "cited ones are filled, others are hollow"
    picture(page, f"screenshot-timeline-{scheme}")
