"""Conversations as a person meets them: loaded again, in a second tab, found, renamed, deleted, taken along.

The program is started as a process and driven in Chromium. `SCREENSHOTS=1` also takes the picture in docs/.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.keeping.saved import Saved
from assistant.keeping.votes import Votes
from index.library import Library

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect  # noqa: E402 - after the check above
from started import ANSWER_MS, ROOT, program, troubles_of  # noqa: E402

pytestmark = pytest.mark.browser

HOMES = "How many homes did the flood damage according to the province?"
COST = "What was the Kolvard dike expected to cost when the council first approved the work?"
CUP = "Which team won the football world cup in Brazil?"


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seeds") / "library"
    Library(folder).add([ROOT / "seeds"])
    return folder


@pytest.fixture(scope="module")
def running(seeds: Path) -> Iterator[str]:
    with program(seeds) as address:
        yield address


@pytest.fixture
def page(browser: Browser, running: str, seeds: Path) -> Iterator[Page]:
    """A fresh tab, no conversation kept; afterwards: nothing went wrong in it."""
    saved = Saved(seeds)
    for kept in saved.list():
        saved.delete(kept.id)
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    troubles = troubles_of(page)
    page.goto(running)
    expect(page.locator(".welcome")).to_be_visible()
    yield page
    page.close()
    # Gradio says so when a page is left while one of its requests is under way.
    assert [text for text in troubles if "Abort" not in text and "Connection errored" not in text] == []


def ask(page: Page, question: str, turn: int = 1) -> None:
    page.get_by_label("Your question").fill(question)
    page.get_by_label("Your question").press("Enter")
    done = page.locator(f'#now #turn-a{turn}[aria-busy="false"]')
    expect(done).to_be_visible(timeout=ANSWER_MS)
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()


def open_list(page: Page) -> None:
    page.get_by_role("button", name="Conversations", exact=True).click()
    expect(page.get_by_label("Search the conversations")).to_be_focused()


def titles(page: Page) -> list[str]:
    return page.locator("#history-list a.talk").all_inner_texts()


def turns_shown(page: Page) -> list[str]:
    return [html for part in ("#earlier", "#now") for html in page.locator(f"{part} .turn").all_inner_texts()]


# --- nothing is lost ---------------------------------------------------------------------------------


def test_a_reload_and_a_second_tab_show_the_same_conversation(page: Page) -> None:
    ask(page, HOMES)
    assert re.search(r"\?c=[0-9a-f]{32}$", page.url)
    ask(page, CUP, turn=2)
    before, url = turns_shown(page), page.url
    page.reload()
    expect(page.locator("#now #turn-a2")).to_be_visible()
    assert turns_shown(page) == before
    page.locator("#turn-a1 a.cite").first.click()
    expect(page.locator("#panel mark:not(.other)")).to_be_in_viewport()
    with page.context.browser.new_page() as another:  # type: ignore[union-attr] # it was launched
        another.goto(url)
        expect(another.locator("#now #turn-a2")).to_be_visible()
        assert turns_shown(another) == before
        ask(another, COST, turn=3)
    ask(page, HOMES, turn=4)
    expect(page.locator("#earlier #turn-a3 h2")).to_have_text(COST)


def test_a_reload_while_it_is_answered_loses_neither_question_nor_answer(
    browser: Browser, seeds: Path
) -> None:
    """Of a program that has only just been started: it is still loading what it answers with."""
    with program(seeds) as address, browser.new_page() as page:
        page.goto(address)
        expect(page.locator(".welcome")).to_be_visible()
        page.get_by_label("Your question").fill(HOMES)
        page.get_by_label("Your question").press("Enter")
        expect(page.locator("#now #turn-a1")).to_be_visible(timeout=ANSWER_MS)
        page.wait_for_url(re.compile(r"\?c="))
        page.reload()
        expect(page.locator("#now #turn-a1 h2")).to_have_text(HOMES, timeout=ANSWER_MS)
        done = page.locator('#now #turn-a1[aria-busy="false"] .answer')
        expect(done).to_be_visible(timeout=ANSWER_MS)
        expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
        ask(page, CUP, turn=2)


def test_a_new_start_of_the_program_loses_nothing(browser: Browser, seeds: Path) -> None:
    with browser.new_page() as page:
        with program(seeds) as address:
            page.goto(address)
            expect(page.locator(".welcome")).to_be_visible()
            ask(page, HOMES)
            query = page.url.removeprefix(address)
            before = turns_shown(page)
        with program(seeds) as address:
            page.goto(f"{address}{query}")
            expect(page.locator("#now #turn-a1")).to_be_visible()
            assert turns_shown(page) == before
            page.goto(f"{address}/?c={'0' * 32}")
            expect(page.locator("#now")).to_contain_text("That conversation is not here any more.")
            expect(page.locator(".recent a.talk", has_text=HOMES).first).to_be_visible()
            page.wait_for_url(f"{address}/")


def test_back_and_forward_go_through_the_conversations(page: Page) -> None:
    ask(page, HOMES)
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".recent")).to_contain_text(HOMES)
    assert "?c=" not in page.url
    ask(page, COST)
    page.get_by_role("link", name="Articles", exact=True).click()
    page.get_by_role("link", name="Ask", exact=True).click()
    expect(page.locator("#turn-a1 h2")).to_have_text(COST)
    open_list(page)
    page.get_by_role("link", name=HOMES, exact=True).click()
    expect(page.locator("#turn-a1 h2")).to_have_text(HOMES)
    expect(page.locator("#history")).to_be_hidden()
    page.go_back()
    expect(page.locator("#turn-a1 h2")).to_have_text(COST)
    page.go_forward()
    expect(page.locator("#turn-a1 h2")).to_have_text(HOMES)
    ask(page, CUP, turn=2)
    expect(page.locator("#earlier h2")).to_have_text(HOMES)


# --- the list ----------------------------------------------------------------------------------------


def test_they_are_found_renamed_and_deleted(page: Page) -> None:
    ask(page, HOMES)
    page.get_by_role("button", name="New conversation").click()
    ask(page, COST)
    open_list(page)
    expect(page.locator("#history-list li")).to_have_count(2)
    assert titles(page) == [COST, HOMES]
    page.keyboard.type("flood")
    expect(page.locator("#history-list li")).to_have_count(1)
    expect(page.get_by_label("Search the conversations")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#history-list li")).to_have_count(2)

    page.get_by_role("button", name=f"Rename {COST}").click()
    page.get_by_label("Title", exact=True).press("Escape")
    page.get_by_role("button", name=f"Rename {COST}").click()
    page.get_by_label("Title", exact=True).fill("<b>The dike</b>")
    page.get_by_label("Title", exact=True).press("Enter")
    renamed = page.get_by_role("link", name="<b>The dike</b>", exact=True)
    expect(renamed).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("button", name="Rename <b>The dike</b>")).to_be_focused()

    page.get_by_role("button", name="Delete <b>The dike</b>").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Delete “<b>The dike</b>”")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#history-list li")).to_have_count(2)
    page.get_by_role("button", name="Delete <b>The dike</b>").click()
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator("#history-list li")).to_have_count(1)
    expect(page.locator(".welcome")).to_be_visible()  # it was the one on the page
    page.keyboard.press("Escape")
    expect(page.locator("#history")).to_be_hidden()
    expect(page.get_by_role("button", name="Conversations", exact=True)).to_be_focused()
    assert "?c=" not in page.url
    page.locator(".recent a.talk").click()
    expect(page.locator("#turn-a1 h2")).to_have_text(HOMES)


def test_what_is_deleted_is_what_was_asked_about(page: Page, tmp_path: Path) -> None:
    """Also when the list is drawn again, with another one in its place, before the reader has confirmed."""
    ask(page, HOMES)
    page.get_by_role("button", name="New conversation").click()
    ask(page, COST)
    open_list(page)
    expect(page.locator("#history-list li")).to_have_count(2)
    page.get_by_role("button", name=f"Delete {HOMES}").click()
    field = page.get_by_label("Search the conversations", exact=False)
    field.evaluate("it => { it.value = 'crowns'; it.dispatchEvent(new Event('input', { bubbles: true })); }")
    expect(page.locator("#history-list li")).to_have_count(1)
    assert titles(page) == [COST]
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    field.evaluate("it => { it.value = ''; it.dispatchEvent(new Event('input', { bubbles: true })); }")
    expect(page.locator("#history-list li")).to_have_count(1)
    expect(page.get_by_role("link", name=COST, exact=True)).to_be_visible()
    expect(page.locator("#turn-a1 h2")).to_have_text(COST)


def test_whoever_clicks_into_the_question_beside_the_list_writes_there(page: Page) -> None:
    ask(page, HOMES)
    open_list(page)
    page.get_by_label("Your question").click()
    expect(page.locator("#history")).to_be_hidden()
    page.keyboard.type("new cost?")
    expect(page.get_by_label("Your question")).to_have_value("new cost?")
    expect(page.locator("#turn-a1 h2")).to_have_text(HOMES)


def test_what_was_typed_about_one_answer_is_not_said_of_another(page: Page, seeds: Path) -> None:
    ask(page, HOMES)
    page.get_by_role("button", name="New conversation").click()
    ask(page, COST)
    page.locator("#now").get_by_role("button", name="Bad answer").click()
    page.locator("#now form.why:visible textarea").fill("The cost has risen since.")
    open_list(page)
    page.get_by_role("link", name=HOMES, exact=True).click()
    expect(page.locator("#turn-a1 h2")).to_have_text(HOMES)
    page.locator("#now").get_by_role("button", name="Bad answer").click()
    expect(page.locator("#now form.why:visible textarea")).to_have_value("")
    page.locator("#now form.why:visible").get_by_role("button", name="Keep").click()
    expect(page.locator("#now .votes .told")).to_have_text("Kept, with why")
    page.reload()
    expect(page.locator("#turn-a1 h2")).to_have_text(HOMES)
    assert [line["note"] for line in Votes(seeds).lines()] == ["", ""]


def test_they_are_taken_along_as_a_file(page: Page, tmp_path: Path) -> None:
    ask(page, HOMES)
    page.get_by_role("button", name="New conversation").click()
    ask(page, COST)
    open_list(page)
    with page.expect_download() as fetched:
        page.get_by_role("link", name="Export all").click()
    file = tmp_path / fetched.value.suggested_filename
    fetched.value.save_as(file)
    assert len(json.loads(file.read_text(encoding="utf-8"))["conversations"]) == 2
    with page.expect_download() as fetched:
        page.get_by_role("link", name=f"Export {HOMES}").click()
    fetched.value.save_as(tmp_path / "one.json")
    (one,) = json.loads((tmp_path / "one.json").read_text(encoding="utf-8"))["conversations"]
    assert one["title"] == HOMES

    page.get_by_role("button", name=f"Delete {HOMES}").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator("#history-list li")).to_have_count(1)
    page.get_by_label("Import").set_input_files(tmp_path / "one.json")
    expect(page.locator("#history .told")).to_have_text("one.json: 1 conversation read.")
    expect(page.locator("#history-list li")).to_have_count(2)
    (tmp_path / "bad.json").write_text("{}", encoding="utf-8")
    page.get_by_label("Import").set_input_files(tmp_path / "bad.json")
    expect(page.locator("#history .told")).to_contain_text("bad.json: this is no export")
    page.get_by_role("link", name=HOMES, exact=True).click()
    page.locator("#turn-a1 a.cite").first.click()
    expect(page.locator("#panel mark:not(.other)")).to_be_in_viewport()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_list_on_a_wide_and_on_a_narrow_screen(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # one of the two
    ask(page, HOMES)
    page.get_by_role("button", name="New conversation").click()
    ask(page, COST)
    open_list(page)
    expect(page.locator("#history-list li")).to_have_count(2)
    if scheme == "light" and os.environ.get("SCREENSHOTS"):
        page.locator("#history-list li").last.hover()
        page.screenshot(path=ROOT / "docs" / "screenshot-conversations.png")
    page.locator("#conversation").click(position={"x": 20, "y": 300})
    expect(page.locator("#history")).to_be_hidden()
    page.set_viewport_size({"width": 360, "height": 740})
    for name in ("Conversations", "New conversation"):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_in_viewport(ratio=1)
    open_list(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    expect(page.get_by_role("link", name="Export all")).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator("#history")).to_be_hidden()
