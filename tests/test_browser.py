"""The whole program as its user meets it: started as a process, driven in Chromium.

`SCREENSHOTS=1` also takes the pictures in docs/.
"""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from index.library import Library

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect  # noqa: E402 - after the check above
from started import ANSWER_MS, ROOT, program, requests_of, troubles_of  # noqa: E402

pytestmark = pytest.mark.browser

QUESTION = "How did the British foreign secretary describe Moscow's rhetoric?"
ATTACK = (
    "The lighthouse keeper of Sandholm said that <img src=http://evil.example/a.png "
    'onerror="window.hacked=1"> the lamp <script>window.hacked=1</script> burned ![x](http://'
    "evil.example/b.png) for <b>nine</b> nights, [1](http://evil.example/c) costing $x^2$ ${hacked=1} "
    "{{value}} <|im_end|> crowns."
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the program runs, with the sample articles and a hostile one."""
    articles = tmp_path_factory.mktemp("articles")
    (articles / "lighthouse.txt").write_text(
        f" date 2022-05-05 \n\n\n\n{ATTACK} The lamp is green.", encoding="utf-8"
    )
    folder = tmp_path_factory.mktemp("library")
    Library(folder).add([ROOT / "seeds", articles])
    with program(folder, (sys.executable, ROOT / "app.py")) as where:
        yield where


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A fresh tab on the page; afterwards: nothing left this machine, nothing went wrong in it."""
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    asked, troubles = requests_of(page), troubles_of(page)
    page.goto(address)
    expect(page.locator(".welcome")).to_contain_text("Ask 15 articles from 24 December 2021")
    yield page
    page.close()
    hosts = {urlsplit(url).hostname for url in asked if url.startswith(("http", "ws"))}
    assert hosts == {"127.0.0.1"}
    assert troubles == []


def ask(page: Page, question: str) -> None:
    page.get_by_label("Your question").fill(question)
    page.get_by_label("Your question").press("Enter")


def wait_for_answer(page: Page, turn: int = 1) -> None:
    done = page.locator(f'#now #turn-a{turn}[aria-busy="false"]')
    expect(done).to_be_visible(timeout=ANSWER_MS)


def picture(page: Page, name: str) -> None:
    if os.environ.get("SCREENSHOTS"):
        page.evaluate(  # folders of whoever takes the picture are nobody's business
            "for (const li of document.querySelectorAll('#shelf li'))"
            " if (/^\\//.test(li.textContent.trim()))"
            "  li.textContent = li.textContent.replace(/.*\\//, '~/')"
        )
        page.screenshot(path=ROOT / "docs" / f"{name}.png")


def test_quotes_then_an_answer_whose_footnote_opens_its_quote(page: Page) -> None:
    ask(page, QUESTION)
    # Looked for at every frame: a fast machine answers within the second.
    quotes = "document.querySelectorAll('#now .turn[aria-busy=true] .quotes li').length"
    page.wait_for_function(quotes, polling="raf", timeout=ANSWER_MS)
    wait_for_answer(page)
    footnote = page.locator("#now .answer a.cite").first
    quote = footnote.get_attribute("data-quote") or ""
    file, _, date = (footnote.get_attribute("aria-label") or "").removeprefix("Footnote 1: ").partition(", ")
    footnote.click()
    mark = page.locator("#panel mark:not(.other)")
    expect(mark).to_be_in_viewport()
    assert mark.evaluate("mark => mark.textContent") == quote
    stored = next(ROOT.glob(f"seeds/{file}")).read_text(encoding="utf-8")
    assert quote in stored
    expect(page.locator("#panel header")).to_contain_text(date)


def test_earlier_answers_stay_until_a_new_conversation(page: Page) -> None:
    ask(page, QUESTION)
    wait_for_answer(page)
    ask(page, "Which team won the football world cup in Brazil?")
    expect(page.locator("#turn-a2")).to_contain_text("The articles do not say.", timeout=ANSWER_MS)
    page.locator("#earlier #turn-a1 a.cite").first.click()
    expect(page.locator("#panel mark:not(.other)")).to_be_in_viewport()
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".welcome")).to_be_visible()
    expect(page.locator(".turn")).to_have_count(0)


def test_a_follow_up_shows_how_it_was_understood_and_can_be_put_right(page: Page) -> None:
    ask(page, "Who chairs the Provincial Council?")
    wait_for_answer(page)
    ask(page, "What did she promise after the flood?")
    wait_for_answer(page, turn=2)
    meant = page.locator("#now .understood .meant")
    expect(meant).to_have_text("What did Maren Tuvalde promise after the flood?")
    field = page.get_by_label("The question, understood as")
    page.get_by_role("button", name="Edit").click()
    expect(field).to_be_focused()
    field.press("Escape")
    expect(field).to_be_hidden()
    page.get_by_role("button", name="Edit").click()
    picture(page, "screenshot-follow-up")
    field.fill("How many homes did it damage?")
    field.press("Enter")
    wait_for_answer(page, turn=3)
    expect(page.locator("#turn-a3 h2")).to_have_text("How many homes did it damage?")
    expect(page.locator("#turn-a3 .understood")).to_have_count(0)


def test_what_the_articles_do_not_say_offers_the_nearest_quotes(page: Page) -> None:
    ask(page, "Which team won the football world cup in Brazil?")
    expect(page.locator("#now")).to_contain_text("The articles do not say.", timeout=ANSWER_MS)
    expect(page.locator("#now h3").first).to_have_text("Near it, but no answer")
    page.locator("#now .quotes a").first.click()
    expect(page.locator("#panel mark:not(.other)")).to_be_in_viewport()


def test_an_empty_library_says_how_to_add_articles(browser: Browser, tmp_path: Path) -> None:
    folder = tmp_path / "none"
    page = browser.new_page()
    with program(folder, (sys.executable, "-m", "assistant", "chat")) as where:
        page.goto(where)
        expect(page.locator(".welcome")).to_contain_text("There are no articles yet.")
        ask(page, QUESTION)
        told = page.locator("#turn-a1 .empty")
        expect(told).to_contain_text("There are no articles yet.", timeout=ANSWER_MS)
        expect(told).to_contain_text(f"footnote add FOLDER --library {folder}")
        page.close()


# --- the Articles tab --------------------------------------------------------------------------------


@pytest.fixture
def own(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """A tab on a program of its own, with two articles in its library and no model; nothing goes wrong."""
    for name, text in (("dike", "The dike of Kolvard was raised."), ("ferry", "The ferry Marisel sank.")):
        write(tmp_path / "articles" / f"{name}.txt", text)
    folder = tmp_path / "library"
    Library(folder).add([tmp_path / "articles"])
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    troubles = troubles_of(page)
    with program(folder) as where:
        page.goto(where)
        expect(page.locator(".welcome")).to_contain_text("Ask 2 articles")
        yield page
        page.close()
    assert troubles == []


def write(file: Path, text: str, date: str = "2022-05-06") -> Path:
    file.parent.mkdir(exist_ok=True)
    file.write_text(f" date {date} \n\n\n\n{text}\n", encoding="utf-8")
    return file


def open_articles(page: Page) -> None:
    page.get_by_role("link", name="Articles", exact=True).click()
    expect(page.locator("#shelf-table table")).to_be_visible()


def open_chat(page: Page) -> None:
    page.get_by_role("link", name="Ask", exact=True).click()


def job_done(page: Page, told: str) -> None:
    expect(page.locator("#shelf-job")).to_contain_text(told, timeout=ANSWER_MS)


HONEY = "The beekeeper Orsolya Venn harvested ninety kilograms of bluebell honey."
ABOUT_HONEY = "How much bluebell honey did Orsolya Venn harvest?"


def test_an_article_is_uploaded_asked_about_and_rolled_back(own: Page, tmp_path: Path) -> None:
    """The chat picks the new generation up by itself, and the old one too."""
    ask(own, ABOUT_HONEY)
    expect(own.locator("#turn-a1")).to_contain_text("The articles do not say.", timeout=ANSWER_MS)
    open_articles(own)
    files = [write(tmp_path / "new" / "honey.txt", HONEY), write(tmp_path / "new" / "bad.txt", "")]
    files[1].write_bytes(b"\0\0\0")
    own.get_by_label("Add files").set_input_files(files)
    job_done(own, "1 added, 1 refused")
    expect(own.locator("#shelf-table")).to_contain_text("honey.txt")
    expect(own.locator("#shelf-table tr", has_text="bad.txt")).to_contain_text("refused")
    expect(own.locator("#shelf-facts")).to_contain_text("3 articles")
    open_chat(own)
    expect(own.locator("#limits")).to_contain_text("3 articles")
    ask(own, ABOUT_HONEY)
    wait_for_answer(own, turn=2)
    expect(own.locator("#turn-a2 .answer")).to_contain_text("ninety kilograms")
    own.locator("#turn-a2 a.cite").first.click()
    expect(own.locator("#panel mark:not(.other)")).to_have_text(HONEY)

    open_articles(own)
    own.get_by_role("button", name="Go back to generation 1").click()
    own.get_by_role("dialog").get_by_role("button", name="Go back").click()
    job_done(own, "again as it was in generation 1")
    expect(own.locator("#shelf-table")).not_to_contain_text("honey.txt")
    open_chat(own)
    ask(own, ABOUT_HONEY)
    expect(own.locator("#turn-a3")).to_contain_text("The articles do not say.", timeout=ANSWER_MS)
    own.locator("#turn-a2 a.cite").first.click()
    expect(own.locator("#panel mark:not(.other)")).to_have_text(HONEY)  # as it was quoted
    expect(own.locator("#panel")).to_contain_text("Removed from the library since.")
    link = own.locator("#panel a.permalink").evaluate("link => link.href")
    browser = own.context.browser
    assert browser
    with browser.new_page(viewport={"width": 1200, "height": 800}) as another:
        another.goto(link)
        expect(another.locator("#panel mark:not(.other)")).to_have_text(HONEY)
        expect(another.locator("#panel mark:not(.other)")).to_be_in_viewport()


def test_dropped_files_are_taken_and_the_same_twice_is_told(own: Page) -> None:
    drop = """name => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(["The owl was seen in Sandholm."], name));
      for (const kind of ["dragenter", "dragover", "drop"])
        document.body.dispatchEvent(
          new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }"""
    own.evaluate(drop, "owl.txt")
    job_done(own, "1 added")
    expect(own.get_by_role("link", name="Articles", exact=True)).to_have_attribute("aria-current", "page")
    own.evaluate(drop, "the owl.txt")
    expect(own.locator(".sending")).to_contain_text("1 file already in the library")
    own.evaluate(drop, "owl.exe")
    expect(own.locator(".sending")).to_contain_text("owl.exe: only files ending in")
    expect(own.locator("#shelf-facts")).to_contain_text("3 articles")


def test_a_folder_is_added_and_a_great_loss_asks_first(own: Page, tmp_path: Path) -> None:
    for n in range(6):
        write(
            tmp_path / "more" / f"note{n}.txt",
            f"The note number {n} is about the harbour.",
            f"2022-0{n + 1}-01",
        )
    open_articles(own)
    own.get_by_label("or a folder on this computer").fill(str(tmp_path / "nowhere"))
    own.keyboard.press("Enter")
    expect(own.locator("#shelf-said")).to_contain_text("no such file or folder", timeout=ANSWER_MS)
    own.get_by_label("or a folder on this computer").fill(str(tmp_path / "more"))
    own.keyboard.press("Enter")
    job_done(own, "6 added")
    expect(own.locator("#shelf-said")).to_be_empty()
    expect(own.locator("#shelf-facts")).to_contain_text("8 articles")
    for file in sorted((tmp_path / "more").iterdir())[:4]:
        file.unlink()
    own.get_by_role("button", name="Update").click()
    expect(own.get_by_role("alert")).to_contain_text("4 of 8 articles would be removed")
    own.get_by_role("button", name="Keep them all").click()
    job_done(own, "Nothing was removed")
    expect(own.locator("#shelf-table")).to_contain_text("file gone")
    own.get_by_role("button", name="Update").click()
    own.get_by_role("button", name="Remove them").click()
    job_done(own, "4 removed")
    expect(own.locator("#shelf-facts")).to_contain_text("4 articles")


def test_chosen_articles_are_removed_once_that_is_confirmed(own: Page) -> None:
    open_articles(own)
    own.get_by_role("checkbox", name="dike.txt").check()
    own.get_by_role("button", name="Remove …").click()
    dialog = own.get_by_role("dialog")
    expect(dialog).to_contain_text("Remove 1 article from the library?")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    own.keyboard.press("Escape")
    expect(own.locator("#shelf-facts")).to_contain_text("2 articles")
    own.get_by_role("button", name="Remove …").click()
    dialog.get_by_role("button", name="Remove", exact=True).click()
    job_done(own, "1 removed")
    expect(own.locator("#shelf-facts")).to_contain_text("1 article ")
    open_chat(own)
    expect(own.locator(".welcome")).to_contain_text("Ask 1 article of 6 May 2022")


def test_the_table_is_searched_sorted_and_filtered_by_month(page: Page) -> None:
    open_articles(page)
    rows = page.locator("#shelf-table tbody tr")
    expect(rows).to_have_count(15)
    picture(page, "screenshot-articles")
    page.get_by_label("Search the articles").press_sequentially("ferry SUMMER")
    expect(rows).to_have_count(1)
    expect(page.get_by_label("Search the articles")).to_be_focused()
    page.get_by_label("Search the articles").fill("")
    expect(rows).to_have_count(15)
    page.get_by_role("button", name="June 2022: 4 articles").click()
    expect(rows).to_have_count(4)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    expect(page.get_by_role("button", name="May 2022: 1 article")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="May 2022: show all again").click()
    expect(rows).to_have_count(15)
    page.get_by_role("button", name="Title").click()
    expect(page.get_by_role("columnheader", name="Title")).to_have_attribute("aria-sort", "ascending")
    expect(page.get_by_role("button", name="Title")).to_be_focused()
    expect(rows.first).to_contain_text("001_putin")
    rows.first.get_by_role("link").click()
    expect(page.locator("#panel .source h2")).to_have_text("001_putin-press-conference.txt")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    expect(rows.first.get_by_role("link")).to_be_focused()
    page.go_back()
    expect(page.get_by_label("Your question")).to_be_visible()


def test_days_chosen_beside_the_question_limit_the_answer(page: Page) -> None:
    page.locator("#limits summary", has_text="Any date").click()
    page.get_by_label("From").fill("2022-06-01")
    page.get_by_label("To", exact=True).fill("2022-06-30")
    page.keyboard.press("Escape")
    expect(page.locator("#limits summary").first).to_have_text("1 Jun 2022 – 30 Jun 2022")
    expect(page.locator("#limits summary").first).to_be_focused()
    ask(page, QUESTION)
    wait_for_answer(page)
    expect(page.locator("#turn-a1")).to_contain_text("June 2022")
    expect(page.locator("#turn-a1")).not_to_contain_text("24 December 2021")
    page.locator("#limits summary").first.click()
    page.locator("#limits .sheet").first.get_by_role("button", name="Any date").click()
    expect(page.locator("#limits summary").first).to_have_text("Any date")
    ask(page, QUESTION)
    wait_for_answer(page, turn=2)
    expect(page.locator("#turn-a2 .answer")).to_contain_text("rhetoric")


def test_the_articles_on_a_telephone(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    open_articles(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.evaluate("document.querySelector('#shelf').scrollWidth") == 360
    page.locator("#shelf-table tbody a").first.click()
    expect(page.locator("#panel .source")).to_be_in_viewport()
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#panel")).to_be_hidden()


# --- whatever an article holds -----------------------------------------------------------------------


def test_a_hostile_article_is_only_text(page: Page) -> None:
    """The fixture checks besides that no request went out and no script failed or spoke."""
    ask(page, "For how many nights did the lamp burn, said the lighthouse keeper of Sandholm?")
    wait_for_answer(page)
    expect(page.locator("#now")).to_contain_text("<script>window.hacked=1</script>")
    page.locator("#now .quotes a").first.click()
    expect(page.locator("#panel .text")).to_contain_text(ATTACK)
    assert page.evaluate("window.hacked") is None
    assert page.locator("#desk").locator("img, script, iframe").count() == 0
    assert page.locator('a[href^="http"]').count() == 0


def test_an_example_is_asked_by_a_click_and_stopped_by_another(page: Page) -> None:
    page.locator("button.example").first.click(timeout=ANSWER_MS)
    page.get_by_role("button", name="Stop").click(timeout=ANSWER_MS)
    wait_for_answer(page)
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    ask(page, QUESTION)
    wait_for_answer(page, turn=2)
    expect(page.locator("#now a.cite").first).to_be_visible()


def test_the_keyboard_goes_to_the_quote_and_back(page: Page) -> None:
    ask(page, QUESTION)
    wait_for_answer(page)
    footnote = page.locator("#now a.cite").first
    footnote.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel mark:not(.other)")).to_be_focused()
    page.keyboard.press("Escape")
    expect(footnote).to_be_focused()
    expect(page.locator("#panel")).to_contain_text("A footnote opens its article here")


def test_a_telephone_shows_the_article_over_the_conversation(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    ask(page, QUESTION)
    wait_for_answer(page)
    expect(page.locator("#panel")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.locator("#now a.cite").first.click()
    expect(page.locator("#panel mark:not(.other)")).to_be_in_viewport()
    picture(page, "screenshot-phone")
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#panel")).to_be_hidden()


@pytest.mark.parametrize(
    ("scheme", "darkest", "brightest", "name"),
    [("light", 240, 255, "screenshot"), ("dark", 0, 60, "screenshot-dark")],
)
def test_it_is_as_dark_as_the_system(
    page: Page, scheme: str, darkest: int, brightest: int, name: str
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.reload()
    ask(page, QUESTION)
    wait_for_answer(page)
    page.locator("#now a.cite").first.click()
    expect(page.locator("#panel mark:not(.other)")).to_be_in_viewport()
    for part in ("body", "#panel"):
        shade = page.locator(part).evaluate("it => getComputedStyle(it).backgroundColor")
        assert all(darkest <= int(level) <= brightest for level in re.findall(r"\d+", shade)[:3])
    picture(page, name)
