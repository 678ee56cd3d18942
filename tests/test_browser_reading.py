"""Reading an answer in Chromium: the card beside a footnote, from quote to quote, asking again, thumbs."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.keeping.votes import Votes
from index.library import Library

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect  # noqa: E402 - after the check above
from started import ANSWER_MS, ROOT, program, troubles_of  # noqa: E402

pytestmark = pytest.mark.browser

SETTLE_MS = 600  # longer than the card takes to open and to close
DIKE = "What do the articles say about the Kolvard dike?"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seeds") / "library"
    Library(folder).add([ROOT / "seeds"])
    return folder


@pytest.fixture(scope="module")
def page(browser: Browser, library: Path) -> Iterator[Page]:
    """A tab with an answer of several quotes; afterwards: nothing went wrong in it."""
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    troubles = troubles_of(page)
    with program(library) as where:
        page.goto(where)
        expect(page.locator(".welcome")).to_be_visible()
        page.get_by_label("Your question").fill(DIKE)
        page.get_by_label("Your question").press("Enter")
        expect(page.locator('#now #turn-a1[aria-busy="false"]')).to_be_visible(timeout=ANSWER_MS)
        yield page
        page.close()
    assert troubles == []


def test_the_card_can_be_hovered_and_closed_by_escape(page: Page) -> None:
    card, first = page.get_by_role("tooltip"), page.locator("#turn-a1 a.cite").first
    expect(card).to_be_hidden()
    first.hover()
    expect(card).to_contain_text("9 March 2022")
    expect(card.locator(".words")).to_have_text(first.get_attribute("data-quote") or "?")
    expect(first).to_have_attribute("aria-describedby", card.get_attribute("id") or "?")
    card.hover()
    page.wait_for_timeout(SETTLE_MS)
    expect(card).to_be_visible()
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    first.hover()
    expect(card).to_be_visible()
    page.mouse.move(5, 400)
    expect(card).to_be_hidden()


def test_the_keyboard_opens_the_card_too_and_escape_closes_one_thing_at_a_time(page: Page) -> None:
    card, cites = page.get_by_role("tooltip"), page.locator("#turn-a1 a.cite")
    page.locator("#turn-a1 h2").click()
    page.keyboard.press("Tab")
    expect(cites.first).to_be_focused()
    expect(card).to_be_visible()
    page.keyboard.press("Enter")
    expect(card).to_be_hidden()
    expect(page.locator("#panel mark:not(.other)")).to_be_focused()
    page.keyboard.press("Escape")
    expect(cites.first).to_be_focused()
    expect(card).to_be_hidden()
    page.keyboard.press("Tab")
    expect(card).to_be_visible()
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(cites.nth(1)).to_be_focused()


def test_all_quotes_are_gone_through_also_in_other_articles(page: Page) -> None:
    page.locator("#turn-a1 a.cite").first.click()
    count = page.locator("#turn-a1 a.cite").count()
    titles = set()
    for n in range(1, count + 1):
        expect(page.locator("#panel .walk")).to_contain_text(f"quote {n} of {count}")
        expect(page.locator("#panel mark:not(.other)")).to_be_in_viewport()
        expect(page.locator("#turn-a1 a.cite.current")).to_have_text(str(n))
        titles.add(page.locator("#panel h2").inner_text())
        if n < count:
            page.get_by_role("link", name="Next quote").click()
    assert len(titles) > 1
    expect(page.get_by_role("link", name="Next quote")).to_have_count(0)
    expect(page.locator("#panel mark:not(.other)")).to_be_focused()
    page.get_by_role("link", name="Previous quote").click()
    expect(page.locator("#panel .walk")).to_contain_text(f"quote {count - 1} of {count}")
    expect(page.get_by_role("link", name="Previous quote")).to_be_focused()


def test_a_thumb_and_its_reason_are_kept(page: Page, library: Path) -> None:
    down = page.locator("#turn-a1").get_by_role("button", name="Bad answer")
    down.click()
    expect(down).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Something is missing").check()
    page.locator("#turn-a1 form.why:visible textarea").fill("The <b>ferry</b>")
    page.locator("#turn-a1 form.why:visible").get_by_role("button", name="Keep").click()
    expect(down).to_be_focused()
    expect(page.locator("#turn-a1 .told")).to_have_text("Kept, with why")
    found = re.search(r"\?c=(\w+)", page.url)
    assert found
    page.reload()
    expect(down).to_have_attribute("aria-pressed", "true")
    (vote,) = Votes(library).of(found[1]).values()
    assert (vote.thumb, vote.reason, vote.note) == ("down", "incomplete", "The <b>ferry</b>")


def test_how_it_was_answered_is_folded_and_retry_asks_again(page: Page) -> None:
    how = page.locator("#turn-a1 details.how")
    expect(how.locator(".passages")).to_be_hidden()
    how.locator("summary").click()
    expect(how.locator(".passages a").first).to_be_visible()
    how.locator(".passages a").first.click()
    expect(page.locator("#panel mark:not(.other)")).to_be_in_viewport()
    page.locator("#turn-a1").get_by_role("button", name="Retry").click()
    expect(page.locator('#now #turn-a2[aria-busy="false"] h2')).to_have_text(DIKE, timeout=ANSWER_MS)


def test_nothing_is_wider_than_a_telephone(page: Page) -> None:
    if page.locator("#panel .source .close").is_visible():
        page.locator("#panel .source .close").click()
    page.set_viewport_size({"width": 360, "height": 740})
    turn = page.locator(".turn").last
    turn.locator("a.cite").last.hover()
    card = page.get_by_role("tooltip")
    expect(card).to_be_visible()
    inside = (
        "card => { const at = card.getBoundingClientRect(); return [at.left, at.top, at.right, at.bottom]; }"
    )
    left, top, right, bottom = card.evaluate(inside)
    assert left >= 0 <= top, card.evaluate(inside)
    assert right <= 360, card.evaluate(inside)
    assert bottom <= 740, card.evaluate(inside)
    turn.get_by_role("button", name="Good answer").click()
    turn.locator("details.how summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
