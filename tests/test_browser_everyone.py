"""The page for everyone: axe-core on every tab, in both colour schemes, on a desk and on a telephone; all by
keyboard; articles written from right to left; no motion where the system says so."""

import json
from collections.abc import Iterator

import pytest

from index.library import Library

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from axe import violations  # noqa: E402
from playwright.sync_api import Browser, Page, expect  # noqa: E402 - after the check above
from started import ANSWER_MS, ROOT, program, troubles_of  # noqa: E402
from test_browser import ask, wait_for_answer  # noqa: E402

pytestmark = pytest.mark.browser

HOMES = "How many homes did the flood damage according to the province?"
LAMP = "Who lit the harbour lamp of Haifa?"
HEBREW = "המגדלור בנמל חיפה הודלק ביום שלישי. Dana Levin lit the harbour lamp of Haifa. שומר המגדלור היה שם."
DESK, PHONE = (1200, 800), (360, 740)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the program runs, with the sample articles and one written from right to left."""
    articles = tmp_path_factory.mktemp("articles")
    (articles / "haifa.txt").write_text(f" date 2022-05-05 \n\n\n\n{HEBREW}\n", encoding="utf-8")
    folder = tmp_path_factory.mktemp("everyone") / "library"
    Library(folder).add([ROOT / "seeds", articles])
    with program(folder) as where:
        yield where


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A fresh tab; afterwards: nothing went wrong in it."""
    page = browser.new_page(viewport={"width": DESK[0], "height": DESK[1]})
    troubles = troubles_of(page)
    page.goto(address)
    expect(page.locator(".welcome")).to_be_visible()
    yield page
    page.close()
    # Gradio says so when a page is left while one of its requests is under way.
    assert [text for text in troubles if "Abort" not in text and "Connection errored" not in text] == []


def visited(page: Page) -> Iterator[str]:
    """Go through the page, and stop at each of its states."""
    yield from visited_chat(page)
    yield from visited_tabs(page)


def visited_chat(page: Page) -> Iterator[str]:
    """The chat, an answer, and what opens from there."""
    # What lies under the question box is scrolled to: axe would call a link that is half there too small.
    page.locator("#conversation").evaluate("it => it.scrollTo(0, it.scrollHeight)")
    yield "empty chat"
    ask(page, HOMES)
    wait_for_answer(page)
    yield "answer"
    page.locator("#now a.cite").first.focus()
    expect(page.get_by_role("tooltip")).to_be_visible()
    yield "card of a footnote"
    page.keyboard.press("Escape")
    page.locator("#now").get_by_role("button", name="Bad answer").click()
    expect(page.locator("#now form.why:visible")).to_have_attribute("data-thumb", "down")
    yield "what was wrong with it"
    page.locator("#now").get_by_role("button", name="Bad answer").click()
    page.locator("#now summary", has_text="Add to report").click()
    page.locator("#now .collect").get_by_role("button", name="A new report").click()
    expect(page.locator("#reports-toast")).to_contain_text("Added to")
    yield "put into a report"
    for details in page.locator("#now details:not([open]):not(.collect) > summary").all():
        if details.is_visible():
            details.click()
    page.locator("#limits summary").last.click()
    yield "details and menu open"
    page.locator("#now a.cite").first.click()
    expect(page.locator("#panel mark:not(.other)")).to_be_in_viewport()
    yield "article"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Conversations", exact=True).click()
    expect(page.locator("#history-list a.talk").first).to_be_visible()
    yield "conversations"
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    yield "keys"
    page.keyboard.press("Escape")


def visited_tabs(page: Page) -> Iterator[str]:
    """The other tabs."""
    for key, tab in (("2", "#shelf-table table"), ("3", "#reports-open .entry"), ("4", "#models-now .now")):
        page.keyboard.press(key)
        expect(page.locator(tab).first).to_be_visible(timeout=ANSWER_MS)
        yield tab
    page.keyboard.press("2")
    page.locator("#shelf-table tbody a").first.click()
    expect(page.locator("#panel .source")).to_be_visible()
    yield "an article of the table"


WIDER = """() => [...document.querySelectorAll("body *")].filter(it =>
    it.checkVisibility() && it.scrollWidth > it.clientWidth + 1 && it.clientWidth > 0
    && ["auto", "scroll"].includes(getComputedStyle(it).overflowX)).map(it => it.id || it.className)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_serious_anywhere(page: Page, axe: str, size: tuple[int, int], scheme: str) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.reload()
    expect(page.locator(".welcome")).to_be_visible()
    found = {}
    for state in visited(page):
        wide = page.evaluate("document.documentElement.scrollWidth")
        troubles = violations(page, axe) + [f"scrolls sideways: {wide}"] * (wide > size[0])
        found[state] = troubles + [f"scrolls sideways: {it}" for it in page.evaluate(WIDER)]
    assert len(found) == 13
    assert not any(found.values()), json.dumps({k: v for k, v in found.items() if v}, indent=1)


def test_the_keys_of_the_sheet_do_what_it_says(page: Page) -> None:
    box = page.get_by_label("Your question")
    sheet = page.get_by_role("dialog", name="Keys")
    box.focus()
    page.keyboard.type("n/?")
    expect(box).to_have_value("n/?")  # never while somebody types
    expect(sheet).to_be_hidden()
    box.fill("")
    page.keyboard.press("Escape")
    expect(box).not_to_be_focused()
    page.keyboard.press("?")
    expect(sheet).to_be_visible()
    expect(sheet.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("2")
    expect(page.locator("#conversation")).to_be_attached()
    assert page.evaluate("document.querySelector('#desk').dataset.tab") == "Ask"  # not under the sheet
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.keyboard.press("/")
    expect(box).to_be_focused()
    expect(box).to_have_value("")


def test_at_the_end_the_answer_before_is_the_one_before_the_last(page: Page) -> None:
    page.set_viewport_size({"width": 1200, "height": 3000})  # no answer can be brought to the top
    for turn, question in enumerate((HOMES, LAMP, HOMES), 1):
        ask(page, question)
        wait_for_answer(page, turn=turn)
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    expect(page.locator("#turn-a2")).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("#turn-a3")).to_be_focused()


def test_keys_go_from_answer_to_answer_and_from_tab_to_tab(page: Page) -> None:
    box = page.get_by_label("Your question")
    ask(page, HOMES)
    wait_for_answer(page)
    ask(page, LAMP)
    wait_for_answer(page, turn=2)
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    expect(page.locator("#turn-a1")).to_be_focused()
    expect(page.locator("#turn-a1 h2")).to_be_in_viewport()
    page.keyboard.press("j")
    expect(page.locator("#turn-a2")).to_be_focused()
    page.keyboard.press("3")
    expect(page.locator("#reports")).to_be_visible()
    page.keyboard.press("4")
    expect(page.locator("#models")).to_be_visible()
    page.keyboard.press("/")
    expect(box).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    expect(page.get_by_label("Search the conversations")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page.locator(".welcome")).to_be_visible()
    expect(box).to_be_focused()


def test_keys_of_a_single_letter_can_be_turned_off(page: Page) -> None:
    page.get_by_role("button", name="Keys", exact=True).click()
    page.get_by_label("Keys of a single letter").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator(".welcome")).to_be_visible()
    page.get_by_label("Your question").press("Escape")
    page.keyboard.press("?")
    page.keyboard.press("2")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    assert page.evaluate("document.querySelector('#desk').dataset.tab") == "Ask"


def test_a_question_is_asked_and_its_quote_read_without_a_mouse(page: Page) -> None:
    page.keyboard.type(HOMES)  # the question has the focus from the start
    page.keyboard.press("Enter")
    wait_for_answer(page)
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    for _ in range(4):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('a.cite')"):
            break
    outline = "getComputedStyle(document.activeElement).outlineStyle + ' ' + document.activeElement.className"
    assert page.evaluate(outline).startswith("solid cite"), "the focus is seen"
    page.keyboard.press("Enter")
    expect(page.locator("#panel mark:not(.other)")).to_be_focused()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('a.cite')")


def test_what_has_the_focus_is_seen(page: Page) -> None:
    """Each thing that Tab goes to has an outline, a border or a shadow that it has not without the focus."""
    ask(page, HOMES)
    wait_for_answer(page)
    looks = """() => { const it = document.activeElement, s = getComputedStyle(it);
      const around = it.closest(".input-container");
      return [it.tagName + "." + it.className, s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0
        || s.boxShadow !== "none" || Boolean(around && getComputedStyle(around).boxShadow !== "none")
        || Boolean(it.matches("svg a")), it === document.body] }"""
    page.get_by_label("Your question").press("Escape")
    unseen, passed = [], 0
    for _ in range(60):
        page.keyboard.press("Tab")
        name, seen, over = page.evaluate(looks)
        if over:
            break
        passed += 1
        unseen += [] if seen else [name]
    assert passed > 8
    assert unseen == []


def test_an_article_written_from_right_to_left_is_shown_so(page: Page) -> None:
    ask(page, LAMP)
    wait_for_answer(page)
    page.locator("#now .quotes a", has_text="haifa").first.click()
    text = page.locator("#panel .text")
    expect(page.locator("#panel mark:not(.other)")).to_be_in_viewport()
    assert text.evaluate("it => getComputedStyle(it).direction") == "rtl"
    assert text.evaluate("it => getComputedStyle(it).textAlign") in ("start", "right")
    assert page.locator("#panel").evaluate("it => getComputedStyle(it).direction") == "ltr"


def test_nothing_moves_where_the_system_says_so(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    moving = """() => document.querySelectorAll("body *").values().filter(it =>
      parseFloat(getComputedStyle(it).animationDuration) > 0.01 ||
      parseFloat(getComputedStyle(it).transitionDuration) > 0.01).map(it => it.className).toArray()"""
    assert page.evaluate(moving) == []
    assert page.evaluate("getComputedStyle(document.querySelector('#conversation')).scrollBehavior") == "auto"
