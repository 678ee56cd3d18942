"""From three questions to a report in Word, PDF, Markdown and BibTeX, as its user does it in Chromium.

The program runs as a process of its own, without a model, so answers are quotes. `SCREENSHOTS=1` also takes
the pictures in docs/.
"""

import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import docx
import pybtex.database
import pypdf
import pytest

from index.library import Library

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect  # noqa: E402 - after the check above
from started import ROOT, program, requests_of, troubles_of  # noqa: E402
from test_browser import ask, picture, wait_for_answer  # noqa: E402

pytestmark = pytest.mark.browser

SOFFICE = shutil.which("soffice")
QUESTIONS = (
    "What was the Kolvard dike expected to cost when the council first approved the work?",
    "How many homes did the flood damage according to the province?",
    "How did the British foreign secretary describe Moscow's rhetoric?",
)


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """The sample articles, to be changed."""
    return Path(shutil.copytree(ROOT / "seeds", tmp_path / "articles"))


@pytest.fixture
def page(browser: Browser, articles: Path) -> Iterator[Page]:
    """A tab on a program with the sample articles; afterwards: nothing left this machine, nothing failed."""
    folder = articles.parent / "library"
    Library(folder).add([articles])
    context = browser.new_context(viewport={"width": 1200, "height": 800}, accept_downloads=True)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    asked, troubles = requests_of(page), troubles_of(page)
    with program(folder) as where:
        page.goto(where)
        expect(page.locator(".welcome")).to_contain_text("Ask 14 articles")
        yield page
        context.close()
    assert {urlsplit(url).hostname for url in asked if url.startswith(("http", "ws"))} == {"127.0.0.1"}
    assert troubles == []


def asked(page: Page, turn: int) -> list[str]:
    """Ask one of the questions → the quotes of the answer's footnotes."""
    ask(page, QUESTIONS[turn - 1])
    wait_for_answer(page, turn=turn)
    cited = page.locator(f"#turn-a{turn} .answer a.cite")
    quotes: list[str] = cited.evaluate_all("them => them.map(it => it.dataset.quote)")
    assert quotes and all(quotes)
    return quotes


def collect(page: Page, turn: int, report: str) -> None:
    """Put an answer into a report, by the menu under it."""
    page.locator(f"#turn-a{turn} summary", has_text="Add to report").click()
    page.locator(f"#turn-a{turn} .collect").get_by_role("button", name=report).click()
    expect(page.locator("#reports-toast")).to_contain_text("Added to")


def open_reports(page: Page) -> None:
    page.get_by_role("link", name="Reports", exact=True).click()
    expect(page.locator("#reports-open .report")).to_be_visible()


def headings(page: Page) -> list[str]:
    values = page.locator("#reports-open [name=heading]").evaluate_all("them => them.map(it => it.value)")
    return [str(value) for value in values]


def fetched(page: Page, name: str, folder: Path) -> Path:
    """Press the button of a format → the file as it was downloaded."""
    with page.expect_download() as download:
        page.get_by_role("group", name="Download the report as").get_by_text(name, exact=True).click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


def squeezed(text: str) -> str:
    """Without white space, soft breaks, and hyphens: lines end where the page does."""
    return re.sub(r"[\s\u200b\u00ad-]+", "", text)


def pdf_text(file: Path) -> str:
    return squeezed(" ".join(page.extract_text() for page in pypdf.PdfReader(file).pages))


TITLE = "The Kolvard dike & the year 2022"


def collected(page: Page) -> list[str]:
    """Ask three questions, put the answers into a report, give it a title → the quotes."""
    quotes = asked(page, 1)
    collect(page, 1, "A new report")
    for turn in (2, 3):
        quotes += asked(page, turn)
        if turn == 2:
            page.locator("#turn-a2 summary", has_text="Add to report").click()
            picture(page, "screenshot-collect")
            page.keyboard.press("Escape")
        collect(page, turn, "Report of ")
    open_reports(page)
    assert headings(page) == list(QUESTIONS)
    page.get_by_label("Title of the report").fill(TITLE)
    page.keyboard.press("Enter")
    expect(page.locator("#reports-list [aria-current]")).to_contain_text(TITLE)
    return quotes


def test_three_answers_become_a_report_in_four_formats(page: Page, tmp_path: Path) -> None:
    quotes = collected(page)
    preview = page.frame_locator("iframe.preview")
    expect(preview.locator("h1")).to_have_text(TITLE)
    expect(preview.locator("h2").first).to_have_text(QUESTIONS[0])
    for quote in quotes:
        expect(preview.locator(".notes")).to_contain_text(quote)
    picture(page, "screenshot-report")

    word = fetched(page, "Word", tmp_path)
    assert word.name == f"{TITLE}.docx"
    body, notes = opened_word(word)
    assert all(question in body for question in QUESTIONS)
    assert all(quote in notes for quote in quotes)
    if SOFFICE:
        shown = converted(word, "pdf", tmp_path)
        opened_picture(shown, "screenshot-word")
        assert all(squeezed(text) in pdf_text(shown) for text in (*QUESTIONS, *quotes))

    pdf = fetched(page, "PDF", tmp_path)
    opened_picture(pdf, "screenshot-pdf")
    printed = pdf_text(pdf)
    assert all(squeezed(text) in printed for text in (*QUESTIONS, *quotes))

    markdown = fetched(page, "Markdown", tmp_path).read_text(encoding="utf-8")
    plain = re.sub(r"\\(?=[^\w\s])", "", markdown)
    assert all(f"## {question}" in plain for question in QUESTIONS)
    assert all(f"“{quote}”" in plain for quote in quotes)
    assert len(re.findall(r"^\[\^\d+\]: ", markdown, re.MULTILINE)) == len(set(quotes))

    bib = fetched(page, "BibTeX", tmp_path)
    remarks = bib.read_text(encoding="utf-8").split("\n@")[0]
    assert all(f"% {question}" in remarks for question in QUESTIONS)
    listed = pybtex.database.parse_file(str(bib))
    told = "\n".join(value for entry in listed.entries.values() for value in entry.fields.values())
    assert len(listed.entries) >= 2
    assert all(quote in told for quote in quotes)


def opened_word(file: Path) -> tuple[str, str]:
    """The text of a Word file, and that of its footnotes."""
    with zipfile.ZipFile(file) as packed:
        notes = ElementTree.fromstring(packed.read("word/footnotes.xml"))
    body = "\n".join(paragraph.text for paragraph in docx.Document(str(file)).paragraphs)
    return body, "\n".join("".join(note.itertext()) for note in notes)


def opened_picture(pdf: Path, name: str) -> None:
    """The first page, for docs/."""
    if os.environ.get("SCREENSHOTS"):
        import pypdfium2  # for these pictures alone, so not among the dependencies: pip install pypdfium2

        pypdfium2.PdfDocument(pdf)[0].render(scale=1.2).to_pil().save(ROOT / "docs" / f"{name}.png")


def converted(file: Path, ending: str, folder: Path) -> Path:
    """A file as LibreOffice shows it."""
    assert SOFFICE
    into = folder / "shown"
    profile = f"-env:UserInstallation=file://{folder / 'profile'}"
    command = [SOFFICE, profile, "--headless", "--convert-to", ending, "--outdir", into, file]
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    return into / f"{file.stem}.{ending}"


def test_the_order_is_changed_with_buttons_and_keys(page: Page) -> None:
    for turn in (1, 2, 3):
        asked(page, turn)
        collect(page, turn, "A new report" if turn == 1 else "Report of ")
    page.locator("#reports-toast").get_by_role("button", name="Open").click()
    expect(page.locator("#reports-open .entry")).to_have_count(3)
    first, second, third = QUESTIONS
    page.get_by_role("button", name=f"Move down: {first}").click()
    expect(page.locator("#reports-toast")).to_contain_text("Moved to place 2 of 3.")
    assert headings(page) == [second, first, third]
    expect(page.get_by_role("button", name=f"Move down: {first}")).to_be_focused()
    field = page.get_by_label("Heading of answer 3")
    field.focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("#reports-open [name=heading]").nth(1)).to_have_value(third)
    expect(page.get_by_label("Heading of answer 2")).to_be_focused()
    page.get_by_label("Heading of answer 2").fill("What Moscow said")
    page.keyboard.press("Enter")
    expect(page.frame_locator("iframe.preview").locator("h2").nth(1)).to_have_text("What Moscow said")
    page.get_by_label("Heading of answer 2").fill("Not this")
    page.keyboard.press("Escape")
    expect(page.get_by_label("Heading of answer 2")).to_have_value("What Moscow said")

    page.get_by_role("button", name=f"Remove: {second}").click()
    expect(page.locator("#reports-open .entry")).to_have_count(2)
    page.locator("#reports-toast").get_by_role("button", name="Undo").click()
    expect(page.locator("#reports-open .entry")).to_have_count(3)
    assert headings(page) == [second, "What Moscow said", first]

    page.reload()
    expect(page.locator("#reports-open .entry")).to_have_count(3)
    assert headings(page) == [second, "What Moscow said", first]
    page.get_by_role("button", name="Delete …").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator("#reports-open")).to_contain_text("There are no reports yet.")


def test_a_heading_goes_where_its_answer_goes(page: Page) -> None:
    for turn in (1, 2):
        asked(page, turn)
        collect(page, turn, "A new report" if turn == 1 else "Report of ")
    open_reports(page)
    second = QUESTIONS[1]
    page.get_by_label("Heading of answer 1").fill("Costs")
    page.get_by_label("Heading of answer 1").press("Alt+ArrowDown")  # before it was left
    expect(page.locator("#reports-open [name=heading]").nth(1)).to_have_value("Costs")
    assert headings(page) == [second, "Costs"]
    page.get_by_label("Heading of answer 1").fill("What was said")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Remove: What was said").click()
    expect(page.locator("#reports-open .entry")).to_have_count(1)
    assert headings(page) == ["Costs"], "no heading stays on another answer"
    page.locator("#reports-toast").get_by_role("button", name="Undo").click()
    expect(page.locator("#reports-open .entry")).to_have_count(2)
    assert headings(page) == ["What was said", "Costs"]


def test_another_report_shows_its_own_title_and_is_the_one_that_is_deleted(page: Page) -> None:
    asked(page, 1)
    collect(page, 1, "A new report")
    open_reports(page)
    page.get_by_role("button", name="New report").click()
    expect(page.locator("#reports-open")).to_contain_text("No answer is in it yet.")
    title = page.get_by_label("Title of the report")
    title.fill("Second")
    page.keyboard.press("Enter")
    expect(page.locator("#reports-list [aria-current]")).to_contain_text("Second")
    page.locator("#reports-list [data-report]", has_text="Report of ").click()
    expect(page.locator("#reports-open .entry")).to_have_count(1)
    expect(title).to_have_value(re.compile("^Report of "))
    page.get_by_role("button", name="Delete …").click()
    expect(page.get_by_role("dialog")).to_contain_text("Delete “Report of ")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator("#reports-list [data-report]")).to_have_count(1)
    expect(page.locator("#reports-list")).to_contain_text("Second")


def test_the_style_is_chosen_and_stays_chosen(page: Page, tmp_path: Path) -> None:
    asked(page, 1)
    collect(page, 1, "A new report")
    open_reports(page)
    page.get_by_label("References in the style of").select_option("mla")
    preview = page.frame_locator("iframe.preview")
    expect(preview.locator(".references h2")).to_have_text("Works Cited")
    assert "## Works Cited" in fetched(page, "Markdown", tmp_path).read_text(encoding="utf-8")
    page.reload()
    expect(page.get_by_label("References in the style of")).to_have_value("mla")


def test_the_check_marks_an_article_that_has_changed(page: Page, articles: Path) -> None:
    (quote,) = asked(page, 1)[:1]
    collect(page, 1, "A new report")
    asked(page, 2)
    collect(page, 2, "Report of ")
    open_reports(page)
    page.get_by_role("button", name="Check").click()
    expect(page.locator(".check .sum.fine")).to_contain_text("as cited.")
    for file in articles.iterdir():
        text = file.read_text(encoding="utf-8")
        if quote in text:
            file.write_text(text.replace(quote, "The cost is not known."), encoding="utf-8")
    Library(articles.parent / "library").sync()
    page.get_by_role("link", name="Ask", exact=True).click()
    open_reports(page)
    expect(page.locator(".check .sum.off")).to_contain_text("edited")
    proof = page.locator(".check figure", has_text=quote).first
    expect(proof).to_contain_text("edited since; the quote is not in it any more")
    picture(page, "screenshot-check")
    proof.get_by_role("link").click()
    expect(page.locator("#panel mark:not(.other)")).to_have_text(quote)
    expect(page.locator("#panel")).to_contain_text("Edited since.")
    page.keyboard.press("Escape")
    expect(page.locator("#reports-open .report")).to_be_visible()


def test_an_answer_is_copied_in_three_forms(page: Page) -> None:
    quotes = asked(page, 1)
    for name in ("rich text", "Markdown", "plain text"):
        page.locator("#turn-a1 .copies").get_by_role("button", name=name).click()
        expect(page.locator("#turn-a1 .copies")).to_contain_text("Copied")
        forms = page.evaluate(
            "async () => { const [item] = await navigator.clipboard.read();"
            " return Object.fromEntries(await Promise.all("
            "item.types.map(async (type) => [type, await (await item.getType(type)).text()]))) }"
        )
        assert all(quote in re.sub(r"\\(?=[^\w\s])", "", forms["text/plain"]) for quote in quotes)
        assert ("text/html" in forms) == (name == "rich text")
        if name == "rich text":
            assert "<sup>1</sup>" in forms["text/html"]
            assert all(quote in forms["text/html"] for quote in quotes)
        if name == "Markdown":
            assert "[^1]: " in forms["text/plain"]
        expect(page.locator("#turn-a1 .copies")).not_to_contain_text("Copied")


def test_what_is_said_twice_goes_away_twice(page: Page) -> None:
    asked(page, 1)
    collect(page, 1, "A new report")
    toast = page.locator("#reports-toast .toast")
    expect(toast).to_be_hidden(timeout=20_000)
    collect(page, 1, "Report of ")
    expect(toast).to_be_visible()
    expect(toast).to_be_hidden(timeout=20_000)


def test_the_link_of_a_quote_is_copied_where_the_page_is_not_secure(page: Page) -> None:
    """Served to others by a name of this machine: the browser has no `navigator.clipboard` there."""
    asked(page, 1)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.locator("#turn-a1 a.cite").first.click()
    link = page.locator("#panel a.permalink")
    link.click()
    expect(link).to_have_text("Copied")
    link.click()
    expect(link).to_have_text("Copy link to this quote")
    box = page.get_by_label("Your question")
    box.press("Control+v")
    expect(box).to_have_value(str(link.evaluate("link => link.href")))


def test_a_report_on_a_telephone(page: Page) -> None:
    asked(page, 1)
    collect(page, 1, "A new report")
    page.set_viewport_size({"width": 360, "height": 740})
    open_reports(page)
    expect(page.locator("#reports-open .entry")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.evaluate("document.querySelector('#reports').scrollWidth") <= 360
    picture(page, "screenshot-report-phone")
