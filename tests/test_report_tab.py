"""The Reports tab: its events on real kept conversations, its HTML, and the files that it gives."""

import datetime as dt
import html as html_module
import re
import threading
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from conftest import OpenLibrary, WriteArticle
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from assistant.keeping.kept import KeptTurn
from assistant.keeping.saved import Saved
from assistant.page import report_html, web
from assistant.page.downloads import Downloads, file_name, kept_as
from assistant.page.report_html import FILES, Copies
from assistant.page.report_tab import STYLES_FOLDER, ReportTab
from assistant.report.formats import FORMATS
from assistant.values import Answer, Citation, Claim, Source
from index.errors import UsageError
from index.library import Library
from index.permalink import Permalink
from index.text import Span

VOTED = "The council voted to raise the Kolvard dike."
SANK = "The ferry sank in the harbour."
HOSTILE = '"></textarea><script>alert(1)</script><img src=x onerror=alert(1)> \u202e& <b>'
ASKED = dt.datetime(2022, 6, 1, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
def library(tmp_path: Path, open_library: OpenLibrary, write_article: WriteArticle) -> Library:
    write_article(tmp_path / "articles", "dike.txt", f"{VOTED} Work begins in May.")
    write_article(tmp_path / "articles", "ferry.txt", SANK)
    library = open_library(tmp_path / "library")
    library.add([tmp_path / "articles"])
    return library


@pytest.fixture
def tab(library: Library) -> ReportTab:
    return ReportTab(Saved(library.folder), library)


def turn(library: Library, file: str, quote: str, question: str) -> KeptTurn:
    """A question that was answered with one quote."""
    article = library.find(file)
    start = article.text.index(quote)
    span = Span(start, start + len(quote))
    link = str(Permalink.of(article, span))
    citation = Citation(1, Source.of(article), quote, span.start, span.end, quote, span.start, permalink=link)
    claims = (Claim(quote, (1,), "quoted"),)
    answer = Answer(question, question, "answered", f"{quote} [1]", claims=claims, citations=(citation,))
    return KeptTurn(f"{abs(hash(question)):032x}"[-32:], question, ASKED, answer)


@pytest.fixture
def turns(tab: ReportTab) -> list[str]:
    """The IDs of two answers in a kept conversation."""
    conversation = tab.saved.begin()
    kept = [
        turn(tab.library, "dike.txt", VOTED, "What was voted?"),
        turn(tab.library, "ferry.txt", SANK, "Which ship sank?"),
    ]
    for one in kept:
        tab.saved.add(conversation, one)
        found = tab.library.follow(Permalink.parse(one.answer.citations[0].permalink)) if one.answer else None
        assert found and found.article
        tab.library.archive.keep(one.id, [found.article])
    return [one.id for one in kept]


@pytest.fixture
def report(tab: ReportTab, turns: list[str]) -> str:
    """A report with both answers."""
    tab.add({"turn": turns[0], "report": ""})
    (made,) = tab.saved.reports()
    tab.add({"turn": turns[1], "report": made.id})
    return made.id


def headings(tab: ReportTab, report: str) -> list[str]:
    return [entry.heading for entry in tab.saved.report(report)[1]]


# --- events --------------------------------------------------------------------------------------


def test_answers_are_added_to_a_new_report_and_to_one_that_is_there(tab: ReportTab, turns: list[str]) -> None:
    listed, toast = tab.add({"turn": turns[0], "report": ""})
    (made,) = tab.saved.reports()
    assert re.fullmatch(r"Report of \d+ \w+ \d{4}", made.title)
    assert f"Added to “{made.title}”." in toast and f'data-go="{made.id}"' in toast
    assert f'data-report="{made.id}"' in listed and "1 answer" in listed
    listed, _ = tab.add({"turn": turns[1], "report": made.id})
    assert "2 answers" in listed
    assert headings(tab, made.id) == ["What was voted?", "Which ship sank?"]
    _, toast = tab.add({"turn": turns[1], "report": made.id})
    assert "already" in toast and len(headings(tab, made.id)) == 2


def test_the_newest_report_opens_with_its_answers_and_files(tab: ReportTab, report: str) -> None:
    listed, opened = tab.open({"report": "", "style": "mla"})
    assert 'aria-current="true"' in listed
    assert f'data-report="{report}"' in opened
    assert opened.count('class="entry"') == 2
    assert '<option value="mla" selected>' in opened
    for format in FORMATS:
        assert f'href="reports/{report}.{format}?style=mla"' in opened


def test_without_a_report_the_tab_says_how_one_is_made(tab: ReportTab) -> None:
    listed, opened = tab.open({})
    assert "New report" in listed and "There are no reports yet." in opened
    assert tab.see({}) == ""


def test_a_report_is_made_renamed_and_deleted(tab: ReportTab) -> None:
    _, opened, _ = tab.act({"do": "new"})
    (made,) = tab.saved.reports()
    assert "No answer is in it yet." in opened
    _, opened, _ = tab.act({"do": "title", "report": made.id, "title": "  The dike "})
    assert ">The dike</textarea>" in opened
    _, opened, toast = tab.act({"do": "title", "report": made.id, "title": " "})
    assert "at least one letter" in toast and ">The dike</textarea>" in opened
    _, opened, toast = tab.act({"do": "delete", "report": made.id})
    assert "Deleted “The dike”." in toast and "no reports yet" in opened


def test_two_reports_of_a_day_have_titles_of_their_own(tab: ReportTab) -> None:
    tab.act({"do": "new"})
    tab.act({"do": "new"})
    titles = [one.title for one in tab.saved.reports()]
    assert titles[0] == f"{titles[1]} (2)"


def test_answers_are_reordered_and_their_headings_edited(tab: ReportTab, report: str) -> None:
    _, entries = tab.saved.report(report)
    _, _, toast = tab.act({"do": "move", "report": report, "entry": entries[1].id, "to": 1})
    assert "Moved to place 1 of 2." in toast
    assert headings(tab, report) == ["Which ship sank?", "What was voted?"]
    tab.act({"do": "heading", "report": report, "entry": entries[1].id, "heading": "The ferry"})
    assert headings(tab, report) == ["The ferry", "What was voted?"]


def test_what_is_drawn_last_is_the_latest(
    tab: ReportTab, report: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A heading is left and its answer moved with one key: two events that the server gets at once."""
    _, entries = tab.saved.report(report)
    drawing, both_sent = threading.Event(), threading.Event()
    draw = report_html.open_html

    def slow(*given: object) -> str:
        html = draw(*given)  # type: ignore[arg-type]
        if not drawing.is_set():  # the first alone
            drawing.set()
            both_sent.wait(10)
        return html

    monkeypatch.setattr(report_html, "open_html", slow)
    shown: list[str] = []
    told = {"report": report, "entry": entries[0].id}
    events = [
        threading.Thread(target=lambda what=what: shown.append(tab.act({**told, **what})[1]))
        for what in ({"do": "move", "to": 2}, {"do": "heading", "heading": "The vote"})
    ]
    events[0].start()
    assert drawing.wait(10)
    events[1].start()
    events[1].join(0.5)  # time enough to overtake the first
    both_sent.set()
    for event in events:
        event.join(10)
    assert [html.index("The vote") > html.index("Which ship sank?") for html in shown[1:]] == [True]
    assert "The vote" not in shown[0]


def test_an_answer_that_was_removed_can_be_put_back_where_it_was(tab: ReportTab, report: str) -> None:
    _, entries = tab.saved.report(report)
    tab.act({"do": "heading", "report": report, "entry": entries[0].id, "heading": "The vote"})
    _, opened, toast = tab.act({"do": "remove", "report": report, "entry": entries[0].id})
    assert opened.count('class="entry"') == 1
    undo = re.findall(r'data-undo="(\w+)"', toast)[0]
    _, _, toast = tab.act({"do": "undo", "report": report, "undo": undo})
    assert "“The vote” is back." in toast
    assert headings(tab, report) == ["The vote", "Which ship sank?"]
    _, _, toast = tab.act({"do": "undo", "report": report, "undo": undo})
    assert "can’t be put back" in toast


def test_what_is_put_back_is_the_same_answer_of_the_chat(
    tab: ReportTab, report: str, turns: list[str]
) -> None:
    _, entries = tab.saved.report(report)
    _, _, toast = tab.act({"do": "remove", "report": report, "entry": entries[0].id})
    tab.act({"do": "undo", "undo": re.findall(r'data-undo="(\w+)"', toast)[0]})
    _, toast = tab.add({"turn": turns[0], "report": report})
    assert "already" in toast


def test_its_texts_are_kept_again_where_the_conversation_is_gone(
    tab: ReportTab, report: str, tmp_path: Path, write_article: WriteArticle
) -> None:
    """Undo after the last holder of a text was removed: the check still finds the version that was cited."""
    for kept in tab.saved.list():
        tab.saved.delete(kept.id)
    write_article(tmp_path / "articles", "dike.txt", "Nothing was voted.")
    tab.library.sync()
    for n in range(4):  # until no generation holds it any more
        write_article(tmp_path / "articles", "ferry.txt", f"{SANK} {n}")
        tab.library.sync()
    _, entries = tab.saved.report(report)
    _, _, toast = tab.act({"do": "remove", "report": report, "entry": entries[0].id})
    link = Permalink.parse(entries[0].answer.citations[0].permalink)
    assert tab.library.follow(link).article is None
    tab.act({"do": "undo", "undo": re.findall(r'data-undo="(\w+)"', toast)[0]})
    found = tab.library.follow(link)
    assert found.article and found.article.quote(link.span) == VOTED
    assert tab.saved.report(report)[1][0].answer == entries[0].answer


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"do": "nonsense"},
        {"do": "move", "entry": "none", "to": "1"},
        {"do": "move", "entry": "none", "to": 1},
        {"do": "heading", "entry": ["x"], "heading": {}},
        {"do": "remove", "entry": "none"},
        {"do": "delete", "report": "none"},
        {"do": "undo", "undo": "none"},
        {"report": 3, "style": ["a"], "do": None},
    ],
)
def test_whatever_a_browser_says_is_answered_in_words(
    tab: ReportTab, report: str, told: dict[str, object]
) -> None:
    before = tab.saved.report(report)
    _, opened, toast = tab.act(told)
    assert 'class="toast"' in toast and 'class="report"' in opened
    tab.see(told)
    _, toast = tab.add(told)
    assert "not kept any more" in toast
    assert tab.saved.report(report) == before


def test_a_damaged_file_is_told_and_draws_no_report(tab: ReportTab, report: str) -> None:
    tab.saved.file.write_bytes(b"garbage" * 1000)
    for extra in ("-wal", "-shm"):
        tab.saved.file.with_name(tab.saved.file.name + extra).unlink(missing_ok=True)
    listed, opened = tab.open({"report": report})
    assert listed == "" and "can’t be read" in opened
    assert 'role="alert"' in tab.see({"report": report})
    assert tab.names() == ""


# --- beside it -----------------------------------------------------------------------------------


def test_the_preview_is_the_report_in_a_frame_that_runs_nothing(tab: ReportTab, report: str) -> None:
    side = tab.see({"report": report, "style": "apa", "side": "preview"})
    sandbox, inner = re.findall(r'sandbox="([^"]*)" srcdoc="([^"]*)"', side)[0]
    assert "allow-scripts" not in sandbox and "allow-same-origin" not in sandbox
    page = html_module.unescape(inner)
    assert VOTED in page and SANK in page and "What was voted?" in page
    assert 'data-side="preview" data-keep="side-preview" aria-pressed="true"' in side


def test_links_of_the_preview_leave_the_frame() -> None:
    shown = report_html.preview_html('<a href="https://a.example" rel="x">a</a><a class="m" href="#n">1</a>')
    page = html_module.unescape(re.findall(r'srcdoc="([^"]*)"', shown)[0])
    assert '<a target="_blank" rel="noopener noreferrer" href="https://a.example"' in page
    assert '<a class="m" href="#n">' in page


def test_the_check_shows_what_became_of_the_articles(
    tab: ReportTab, report: str, tmp_path: Path, write_article: WriteArticle
) -> None:
    assert "2 of 2 quotes as cited." in tab.see({"report": report, "side": "check"})
    write_article(tmp_path / "articles", "dike.txt", "Nothing was voted.")
    tab.library.sync()
    side = tab.see({"report": report, "side": "check"})
    assert "1 of 2 quotes as cited, 1 edited." in side
    assert "the quote is not in it any more" in side


# --- HTML ----------------------------------------------------------------------------------------


class Page(HTMLParser):
    """All tags with their attributes, and whether every one was closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "input":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_hostile_titles_headings_and_answers_are_only_text(tab: ReportTab, turns: list[str]) -> None:
    conversation = tab.saved.begin()
    kept = tab.saved.turn(turns[0])
    assert kept.answer
    answer = replace(kept.answer, question=HOSTILE, standalone_question=HOSTILE, text=HOSTILE)
    tab.saved.add(conversation, replace(kept, id="f" * 32, question=HOSTILE, answer=answer))
    report = tab.saved.new_report(HOSTILE)
    listed, toast = tab.add({"turn": "f" * 32, "report": report})
    pages = [listed, toast, *tab.act({"do": "heading", "report": report}), tab.see({"report": report})]
    pages.append(report_html.under_html(HOSTILE, Copies(HOSTILE, HOSTILE, HOSTILE), collects=True))
    for page in map(Page, pages):
        assert not {"script", "img"} & {tag for tag, _ in page.tags}
        assert all(not name.startswith("on") for _, attributes in page.tags for name in attributes)
        assert not page.open, "every tag is closed"


def test_an_answer_in_the_chat_can_be_copied_in_three_forms() -> None:
    html = report_html.under_html("t1", Copies("m", "<p>r</p>", "t"), collects=False)
    page = Page(html)
    assert [a["data-copy"] for _, a in page.tags if "data-copy" in a] == ["rich", "markdown", "text"]
    assert "&lt;p&gt;r&lt;/p&gt;</textarea>" in html
    assert "Add to report" not in html


def test_every_format_has_a_button() -> None:
    assert sorted(FILES) == sorted(FORMATS)


# --- files ---------------------------------------------------------------------------------------


@pytest.fixture
def client(tab: ReportTab) -> TestClient:
    app = Starlette(routes=[Route("/reports/{name}", Downloads(tab.file).answer, methods=["GET"])])
    return TestClient(web.Guard(app, "127.0.0.1"), base_url="http://127.0.0.1")


@pytest.mark.parametrize("format", list(FORMATS))
def test_a_report_is_fetched_as_a_file_to_keep(
    client: TestClient, tab: ReportTab, report: str, format: str
) -> None:
    tab.saved.rename_report(report, 'Évian: "the dike"')
    got = client.get(f"/reports/{report}.{format}?style=apa")
    assert got.status_code == 200
    kept = got.headers["content-disposition"]
    assert kept.startswith('attachment; filename="Evian_ _the dike')
    assert unquote(kept.split("UTF-8''")[1]) == f"Évian_ _the dike{FORMATS[format].ending}"
    assert got.headers["x-content-type-options"] == "nosniff"
    starts = {"docx": b"PK", "pdf": b"%PDF-", "csl-json": b"[", "ris": b"TY  - ", "html": b"<!doctype"}
    assert got.content.lstrip().startswith(starts.get(format, b""))
    if format not in ("docx", "pdf"):
        assert "dike" in got.text


@pytest.mark.parametrize(
    "path", ["none.docx", "REPORT.exe", "REPORT", "REPORT.", "..%2f..%2fetc%2fpasswd.md", "%00.md"]
)
def test_what_there_is_not_is_a_404(client: TestClient, report: str, path: str) -> None:
    assert client.get(f"/reports/{path.replace('REPORT', report)}").status_code == 404


def test_another_page_and_another_host_are_refused(client: TestClient, report: str) -> None:
    address = f"/reports/{report}.md"
    assert client.get(address, headers={"Origin": "http://evil.example"}).status_code == 403
    assert client.get(address, headers={"Host": "evil.example"}).status_code == 400
    assert client.post(address).status_code == 405


def test_only_styles_that_are_offered_are_read(tab: ReportTab, report: str, tmp_path: Path) -> None:
    """A style comes with the address: it must not name a file of this machine."""
    outside = tmp_path / "evil.csl"
    outside.write_text("<style>", encoding="utf-8")
    default = tab.file(report, "md", "apa").content
    for style in (str(outside), "../../evil.csl", "/etc/passwd", "", "nonsense"):
        assert tab.file(report, "md", style).content == default
    own = tab.library.folder / STYLES_FOLDER
    own.mkdir()
    (own / "broken.csl").write_text("<style>", encoding="utf-8")
    _, opened = tab.open({"report": report})
    assert '<option value="broken.csl">broken</option>' in opened
    with pytest.raises(UsageError, match="broken"):
        tab.file(report, "md", "broken.csl")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("", "report.md"),
        ("...", "report.md"),
        ("a/b\\c", "a-b-c.md"),
        ("x" * 300, f"{'x' * 80}.md"),
        ("C:\r\nSet-Cookie: a=b", "C_ Set-Cookie_ a=b.md"),
    ],
)
def test_a_title_becomes_the_name_of_a_file(title: str, name: str) -> None:
    made = file_name(title, ".md")
    assert "\\" not in made and "/" not in made and "\n" not in kept_as(made)
    assert made == name
