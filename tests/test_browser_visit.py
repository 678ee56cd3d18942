"""One whole visit in Chromium, from the first start to the telephone, with the language model of the package:
an empty library, an upload, questions, quotes, a follow-up, a filter, the clipboard, themes, the keyboard.

What each of these does in detail is asked by the other test_browser files.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from axe import violations  # noqa: E402 - after the check above
from playwright.sync_api import Browser, Page, expect  # noqa: E402
from started import ANSWER_MS, ROOT, program, requests_of, troubles_of  # noqa: E402
from test_browser import ask, job_done, open_chat, wait_for_answer  # noqa: E402

pytestmark = pytest.mark.browser

CHAIR = "Who chairs the Provincial Council?"
PROMISE = "What did she promise after the flood?"
MEANT = "What did Maren Tuvalde promise after the flood?"
COST = "How did the cost of the Kolvard dike change?"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """A tab on the program, which was never started before; afterwards: nothing went wrong in it, and nobody
    else was asked for anything."""
    context = browser.new_context(viewport={"width": 1200, "height": 800}, color_scheme="light")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    asked, troubles = requests_of(page), troubles_of(page)
    with program(tmp_path / "library", (sys.executable, "-m", "assistant", "chat")) as where:
        page.goto(where)
        yield page
        context.close()
    assert troubles == []
    assert all(url.startswith((where, "data:", "blob:")) for url in asked)


def test_a_whole_visit(page: Page, axe: str) -> None:
    starts_empty_and_takes_files(page)
    asks_stops_and_asks_again(page)
    goes_through_the_quotes(page)
    follows_up_and_puts_it_right(page)
    asks_of_some_days_only(page)
    takes_the_answer_along(page)
    changes_the_theme(page)
    goes_on_by_keyboard(page)
    fits_a_telephone(page)
    # What lies half under the question box is scrolled to: axe would call it too small.
    page.locator("#conversation").evaluate("it => it.scrollTo(0, it.scrollHeight)")
    assert violations(page, axe) == []


def starts_empty_and_takes_files(page: Page) -> None:
    expect(page.locator(".welcome")).to_contain_text("There are no articles yet.")
    page.get_by_role("link", name="Articles", exact=True).click()
    page.get_by_label("Add files").set_input_files(sorted((ROOT / "seeds").glob("*.txt")))
    job_done(page, "14 added")
    open_chat(page)
    expect(page.locator(".welcome")).to_contain_text("Ask 14 articles from 24 December 2021")


def asks_stops_and_asks_again(page: Page) -> None:
    ask(page, CHAIR)
    page.get_by_role("button", name="Stop").click(timeout=ANSWER_MS)
    expect(page.locator("#now #turn-a1")).to_contain_text("Stopped before the answer", timeout=ANSWER_MS)
    page.locator("#turn-a1").get_by_role("button", name="Retry").click()
    wait_for_answer(page, turn=2)
    expect(page.locator("#now .answer")).to_contain_text("Maren Tuvalde")


def goes_through_the_quotes(page: Page) -> None:
    ask(page, COST)
    wait_for_answer(page, turn=3)
    cites = page.locator("#turn-a3 a.cite")
    cites.first.hover()
    card = page.get_by_role("tooltip")
    expect(card.locator(".words")).to_have_text(cites.first.get_attribute("data-quote") or "?")
    cites.first.click()
    mark = page.locator("#panel mark:not(.other)")
    expect(mark).to_be_in_viewport()
    expect(mark).to_have_text(cites.first.get_attribute("data-quote") or "?")
    first = mark.inner_text()
    page.get_by_role("link", name="Next quote").click()
    expect(page.locator("#panel .walk")).to_contain_text("quote 2 of")
    expect(mark).to_be_in_viewport()
    assert mark.inner_text() != first
    page.keyboard.press("Escape")


def follows_up_and_puts_it_right(page: Page) -> None:
    ask(page, CHAIR)
    wait_for_answer(page, turn=4)
    ask(page, PROMISE)
    wait_for_answer(page, turn=5)
    expect(page.locator("#now .understood .meant")).to_have_text(MEANT)
    page.locator("#now").get_by_role("button", name="Edit").click()
    page.get_by_label("The question, understood as").fill("How many homes did the flood damage?")
    page.keyboard.press("Enter")
    wait_for_answer(page, turn=6)
    expect(page.locator("#turn-a6 h2")).to_have_text("How many homes did the flood damage?")


def asks_of_some_days_only(page: Page) -> None:
    page.locator("#limits summary", has_text="Any date").click()
    page.locator("#limits").get_by_label("From", exact=True).fill("2022-06-01")
    page.keyboard.press("Escape")
    expect(page.locator("#limits summary").first).to_have_text("since 1 Jun 2022")
    ask(page, COST)
    wait_for_answer(page, turn=7)
    cited = page.locator("#turn-a7 a.cite").evaluate_all("all => all.map(one => one.ariaLabel)")
    assert all("March 2022" not in label and "May 2022" not in label for label in cited)


def takes_the_answer_along(page: Page) -> None:
    page.locator("#limits summary").first.click()
    page.locator("#limits .sheet:visible").get_by_role("button", name="Any date").click()
    ask(page, CHAIR)
    wait_for_answer(page, turn=8)
    page.locator("#turn-a8").get_by_role("button", name="Markdown").click()
    expect(page.locator("#turn-a8 .copies")).to_contain_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "[^1]:" in copied
    assert page.locator("#turn-a8 a.cite").first.get_attribute("data-quote") in copied


def changes_the_theme(page: Page) -> None:
    light = page.evaluate(BACKGROUND)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"before => {BACKGROUND} !== before", arg=light)
    expect(page.locator("#turn-a8 a.cite").first).to_be_visible()


def goes_on_by_keyboard(page: Page) -> None:
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.type(CHAIR)
    page.keyboard.press("Enter")
    wait_for_answer(page, turn=9)
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    page.keyboard.press("j")
    expect(page.locator("#turn-a9")).to_be_focused()
    for _ in range(4):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('a.cite')"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("#panel mark:not(.other)")).to_be_focused()


def fits_a_telephone(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    expect(page.locator("#panel mark:not(.other)")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.keyboard.press("Escape")
    expect(page.locator("#turn-a9 a.cite").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
