"""The Articles tab without a browser: real libraries on small folders, files that arrive, what is drawn."""

import asyncio
import datetime as dt
import threading
import time
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from assistant.page import job_html, shelf_html, web
from assistant.page.limits_html import limits_html
from assistant.page.shelf import Job, Shelf
from assistant.page.tab import LOOK_ONLY, Tab
from assistant.page.table import View, months_of, page_of, rows_of, sorted_rows, view_of
from assistant.page.uploads import Received, Uploads, safe_name
from index.errors import UsageError
from index.report import Report
from index.store import Listed, Progress
from tests.conftest import OpenLibrary, WriteArticle

HOSTILE = '<img src=x onerror="hacked()">\u202eevil & "co"'


@pytest.fixture
def articles(tmp_path: Path, write_article: WriteArticle) -> Path:
    """A folder of five articles, each on a month of its own."""
    for month in range(1, 6):
        text = f"The {month}. bridge over the Aldra was opened by mayor number {month}."
        write_article(tmp_path / "articles", f"bridge{month}.txt", text, date=f"2022-0{month}-06")
    return tmp_path / "articles"


@pytest.fixture
def shelf(tmp_path: Path, open_library: OpenLibrary) -> Shelf:
    return Shelf(open_library(tmp_path / "library"))


def finish(shelf: Shelf) -> Job:
    """Wait for the job, and give it."""
    until = time.monotonic() + 60
    for _ in shelf.watch():
        assert time.monotonic() < until
    assert shelf.job
    return shelf.job


def report(shelf: Shelf) -> Report:
    """Wait for the job, and give its report."""
    done = finish(shelf).report
    assert done is not None
    return done


def receive(uploads: Uploads, name: str, *chunks: bytes) -> Received:
    async def body() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    return asyncio.run(uploads.receive(name, body()))


def states(shelf: Shelf) -> dict[str, str]:
    return {row.file: row.state for row in shelf.rows()}


# --- jobs ------------------------------------------------------------------------------------------


def test_a_folder_is_added_updated_and_rolled_back(
    shelf: Shelf, articles: Path, write_article: WriteArticle
) -> None:
    shelf.add(str(articles))
    assert len(report(shelf).added) == 5
    write_article(articles, "ferry.txt", "The ferry Marisel lost its rudder.")
    (articles / "bridge1.txt").unlink()
    shelf.update()
    done = report(shelf)
    assert (done.added, done.removed) == (["ferry.txt"], ["bridge1.txt"])
    assert "ferry.txt" in states(shelf)
    shelf.roll_back()
    assert "again as it was in generation 1" in finish(shelf).message
    assert states(shelf)["bridge1.txt"] == "gone"
    assert "ferry.txt" not in states(shelf)


@pytest.mark.parametrize("path", ["", "  ", "articles", "/no/such/folder", "\0"])
def test_a_path_that_is_none_is_told_at_once(shelf: Shelf, path: str) -> None:
    with pytest.raises(UsageError):
        shelf.add(path)
    assert shelf.job is None


def test_what_goes_wrong_is_the_jobs_message(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    shelf.add(str(tmp_path / "none"))
    job = finish(shelf)
    assert (job.outcome, job.report) == ("failed", None)
    assert "there is no article in" in job.message
    assert 'role="alert"' in job_html.job_html(job)


def test_a_fault_of_our_own_is_one_line_and_is_logged(shelf: Shelf, caplog: pytest.LogCaptureFixture) -> None:
    def broken(progress: Progress, yes: bool) -> str:
        raise ZeroDivisionError

    shelf._start("Trying", broken)
    assert "Footnote itself failed (ZeroDivisionError)" in finish(shelf).message
    assert "could not be changed" in caplog.text


def test_one_job_at_a_time_and_uploads_wait_for_it(shelf: Shelf, articles: Path) -> None:
    go = threading.Event()
    shelf._start("Waiting", lambda progress, yes: "done" if go.wait(30) else "late")
    with pytest.raises(UsageError, match=r"wait until this is done: Waiting; or stop it"):
        shelf.add(str(articles))
    receive(Uploads(shelf.uploads, {".txt"}), "a.txt", b"Bluebell honey is sold in March.")
    waiting = shelf.add_uploads(1)
    assert waiting.outcome == "waiting"
    go.set()
    assert finish(shelf) is waiting
    assert waiting.report
    assert waiting.report.added == ["a.txt"]


def test_a_job_that_is_stopped_leaves_the_library_as_it_was(shelf: Shelf, articles: Path) -> None:
    shelf.add(str(articles))
    finish(shelf)
    before = states(shelf)

    def stopped_midway(progress: Progress, yes: bool) -> object:
        def step(what: str, done: int, of: int) -> None:
            shelf.stop()
            progress(what, done, of)

        return shelf.library.sync(step)

    (articles / "bridge1.txt").write_text("Quite another text now.", encoding="utf-8")
    shelf._start("Updating", stopped_midway)  # type: ignore[arg-type]
    job = finish(shelf)
    assert (job.outcome, job.message) == ("stopped", "Stopped. The library is as it was.")
    assert states(shelf) == before
    assert len(shelf.history()) == 1
    shelf.update()
    assert report(shelf).changed == ["bridge1.txt"]


def test_an_update_that_would_drop_much_asks_first(shelf: Shelf, articles: Path) -> None:
    shelf.add(str(articles))
    finish(shelf)
    for n in (1, 2, 3):
        (articles / f"bridge{n}.txt").unlink()
    shelf.update()
    job = finish(shelf)
    drawn = job_html.job_html(job)
    assert job.outcome == "asks"
    assert "3 of 5 articles would be removed" in drawn
    assert "--yes" not in drawn
    assert len(states(shelf)) == 5
    assert shelf.confirm(yes=False) is job
    assert "Nothing was removed" in job.message
    assert shelf.confirm(yes=True) is None, "it was answered"
    shelf.update()
    finish(shelf)
    shelf.confirm(yes=True)
    assert len(report(shelf).removed) == 3
    assert len(states(shelf)) == 2


def test_removed_uploads_are_deleted_and_other_files_are_not(shelf: Shelf, articles: Path) -> None:
    receive(Uploads(shelf.uploads, {".txt"}), "honey.txt", b"Bluebell honey is sold in March.")
    shelf.add(str(articles))
    finish(shelf)
    shelf.add_uploads(1)
    finish(shelf)
    gone = [row.id for row in shelf.rows() if row.file in ("honey.txt", "bridge2.txt")]
    shelf.remove(gone)
    assert sorted(report(shelf).removed) == ["bridge2.txt", "honey.txt"]
    assert not (shelf.uploads / "honey.txt").exists()
    assert (articles / "bridge2.txt").exists()


def test_questions_are_answered_while_a_job_runs(shelf: Shelf, articles: Path) -> None:
    shelf.add(str(articles))
    finish(shelf)
    go, begun = threading.Event(), threading.Event()

    def slow(progress: Progress, yes: bool) -> object:
        def step(what: str, done: int, of: int) -> None:
            begun.set()
            go.wait(30)

        return shelf.library.sync(step, yes=yes)

    (articles / "bridge1.txt").write_text("The first bridge was closed for good.", encoding="utf-8")
    shelf._start("Updating", slow)  # type: ignore[arg-type]
    assert begun.wait(30)
    old = shelf.library.live
    assert shelf.library.search("Who opened the bridge over the Aldra?", 3, old)
    go.set()
    finish(shelf)
    assert shelf.library.live is not old
    assert shelf.library.search("Who opened the bridge over the Aldra?", 3, old), "an answer in flight ends"


# --- how long it takes -----------------------------------------------------------------------------


def test_there_is_no_estimate_before_there_is_a_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    job = Job("Adding", lambda progress, yes: "", outcome="running")
    told = []
    for second in range(7):
        now = 100.0 + second
        job.progress("reading", second * 10, 100)
        told.append(job.left_s)
    assert told == [None, None, 8.0, 7.0, 6.0, 5.0, 4.0]
    job.progress("splitting", 1, 100)
    assert job.left_s is None, "another step has another rate"
    assert "left in this step" not in job_html.job_html(job)
    assert "1 of 100" in job_html.job_html(job)


def test_the_rate_is_that_of_the_last_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest texts come first: what went slowly a minute ago does not count."""
    now, done = 0.0, 0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    job = Job("Adding", lambda progress, yes: "", outcome="running")
    for second in range(200):
        now = float(second)
        done += 1 if second < 100 else 10
        job.progress("embedding passages", done, 2000)
    assert job.left_s == pytest.approx((2000 - done) / 10)


# --- uploads ---------------------------------------------------------------------------------------


def test_the_same_name_gets_a_number_and_the_same_bytes_are_there_already(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads", {".txt"})
    told = [receive(uploads, name, text) for name, text in (
        ("a.txt", b"one"), ("a.txt", b"two"), ("A.TXT", b"three"), ("b.txt", b"two"), ("a.txt", b"one"),
    )]  # fmt: skip
    kept = [("kept", "a.txt"), ("kept", "a (2).txt"), ("kept", "A (3).TXT")]
    assert [(r.status, r.name) for r in told] == [*kept, ("there", "a (2).txt"), ("there", "a.txt")]
    assert sorted(f.name for f in uploads.folder.iterdir()) == ["A (3).TXT", "a (2).txt", "a.txt"]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("..\\..\\boot.txt", "boot.txt"),
        (".hidden.txt", "hidden.txt"),
        ("a\n\x1b[31m\u202e.txt", "a[31m.txt"),
        ("con?<x>|.txt", "con__x__.txt"),
        ("...", ""),
        ("", ""),
        ("ÅNGSTRÖM.txt", "ÅNGSTRÖM.txt"),
    ],
)
def test_a_name_is_made_harmless(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@pytest.mark.parametrize(
    ("name", "chunks", "why"),
    [
        ("a.exe", [b"MZ"], "only files ending in .txt are read"),
        ("...", [b"x"], "no name"),
        ("a.txt", [b"x" * 60, b"x" * 60], "over the limit of 0.0 MB for one file"),
    ],
)
def test_a_refused_file_leaves_nothing_behind(
    tmp_path: Path, name: str, chunks: list[bytes], why: str
) -> None:
    uploads = Uploads(tmp_path / "uploads", {".txt"}, limit=100)
    received = receive(uploads, name, *chunks)
    assert received.status == "refused"
    assert why in received.message
    assert not uploads.folder.exists() or not list(uploads.folder.iterdir())


def test_a_file_whose_sender_went_away_leaves_nothing_behind(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads", {".txt"})

    async def cut() -> AsyncIterator[bytes]:
        yield b"half of"
        raise ConnectionError

    received = asyncio.run(uploads.receive("a.txt", cut()))
    assert received.status == "refused"
    assert list(uploads.folder.iterdir()) == []


def test_the_uploads_address_takes_files_of_this_page_alone(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads", {".txt"}, limit=100)
    app = Starlette(routes=[Route("/uploads", uploads.answer, methods=["POST"])])
    client = TestClient(web.Guard(app, "127.0.0.1"), base_url="http://127.0.0.1:7860")
    assert client.post("/uploads?name=a.txt", content=b"words").json() == {
        "status": "kept", "name": "a.txt", "message": "",
    }  # fmt: skip
    assert client.post("/uploads?name=b.txt", content=b"x" * 101).json()["status"] == "refused"
    for origin, status in (("http://127.0.0.1:7860", 200), ("http://evil.example", 403), ("null", 403)):
        sent = client.post("/uploads?name=c.txt", content=b"w", headers={"origin": origin})
        assert sent.status_code == status
    assert client.get("/uploads?name=a.txt").status_code == 405, "nothing is given back"


# --- the table -------------------------------------------------------------------------------------


def listed(n: int, **other: object) -> Listed:
    values: dict[str, object] = {
        "id": f"id{n}", "file": f"f{n}.txt", "path": f"/a/f{n}.txt", "title": f"Title {n}", "author": None,
        "date": dt.date(2022, 1 + n % 12, 1), "source": None, "url": None, "sha256": f"{n}", "passages": n,
        "copy_of": None, "copies": 0, "story": n, "characters": 100 * n,
    }  # fmt: skip
    return Listed(**(values | other))  # type: ignore[arg-type]


def test_each_article_copy_and_refused_file_has_its_state() -> None:
    rows = rows_of(
        [
            listed(1),
            listed(2, copy_of="id1", copies=1, story=1),
            listed(3, path="/gone/f3.txt"),
            listed(4),
            listed(5, path="/a/news.zip!/f5.txt", file="news.zip!/f5.txt"),
        ],
        {"/a/f4.txt": "f4.txt: damaged", "/a/x/bad.pdf": "bad.pdf: no text", "/a/news.zip!/g.txt": "empty"},
        exists=lambda path: not path.startswith("/gone"),
    )
    assert [(row.file, row.state, row.note) for row in rows] == [
        ("f1.txt", "ok", ""),
        ("f2.txt", "copy", "Title 1"),
        ("f3.txt", "gone", ""),
        ("f4.txt", "kept", "damaged"),
        ("news.zip!/f5.txt", "ok", ""),
        ("bad.pdf", "refused", "no text"),
        ("g.txt", "refused", "empty"),
    ]
    assert [row.also for row in rows[:3]] == [1, 1, 0]


@pytest.mark.parametrize("by", ["title", "date", "source", "passages", "state"])
def test_rows_without_a_value_come_last_either_way(by: str) -> None:
    rows = rows_of([listed(1, source="B"), listed(2, source="a"), listed(3, date=None, passages=0)], {})
    up, down = (sorted_rows(rows, by, down=down) for down in (False, True))
    if by in ("date", "source", "passages"):
        assert up[-1] == down[-1] == rows[2]
        assert up[:2] == down[1::-1]
    assert {row.id for row in up} == {row.id for row in rows}


def test_ten_thousand_articles_are_a_page_at_a_time() -> None:
    rows = rows_of([listed(n) for n in range(10_000)], {}, exists=lambda path: True)
    began = time.perf_counter()
    page = page_of(rows, View(words="title 99", page=3))
    html = shelf_html.table_html(page, View(words="title 99", page=3), editable=True)
    seconds = time.perf_counter() - began
    assert (page.found, page.number, page.pages, len(page.rows)) == (280, 3, 6, 50)
    assert len(html) < 30_000
    assert seconds < 1
    assert page_of(rows, View(page=999)).number == 200


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"when": "<script>", "sort": "__class__", "state": HOSTILE, "page": -1, "story": "x", "down": None},
        {"when": ["2022"], "words": {"a": 1}, "page": "9" * 40, "source": 7},
    ],
)
def test_whatever_a_browser_says_is_a_view(told: dict[str, object]) -> None:
    view = view_of(told)
    assert view.sort == "date"
    assert view.when == view.state == ""
    page = page_of(rows_of([listed(1)], {}), view)
    shelf_html.table_html(page, view, editable=True)


def test_the_chart_counts_every_month_and_the_undated_apart() -> None:
    rows = rows_of([listed(0), listed(0), listed(2), listed(3, date=None), listed(4, copy_of="id0")], {})
    months = months_of(rows)
    assert months.counts == (("2022-01", 2), ("2022-02", 0), ("2022-03", 1))
    assert months.undated == 1
    html = shelf_html.chart_html(months)
    assert 'aria-label="January 2022: 2 articles" data-when="2022-01"' in html
    assert "3 articles with a date, most in January 2022 (2)." in html
    assert "1 without a date" in html


def test_a_long_time_is_shown_by_year() -> None:
    rows = rows_of([listed(1, date=dt.date(1950, 1, 1)), listed(2, date=dt.date(2022, 1, 1))], {})
    months = months_of(rows)
    assert (len(months.counts), months.counts[0], months.counts[-1]) == (73, ("1950", 1), ("2022", 1))
    shown = page_of(rows, View(when="1950"))
    assert [row.id for row in shown.rows] == ["id1"]
    assert months_of(rows, "1950").counts[:2] == (("1950-01", 1), ("1950-02", 0)), "a year by month"
    assert len(months_of(rows, "undated").counts) == 73


# --- what is drawn ---------------------------------------------------------------------------------


class Tags(HTMLParser):
    """The tags of a page and the names of their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def drawn_hostile() -> list[str]:
    rows = rows_of(
        [listed(1, title=HOSTILE, source=HOSTILE, file=HOSTILE), listed(2, copy_of="id1")],
        {f"/a/{HOSTILE}": HOSTILE},
    )
    page = page_of(rows, View())
    job = Job(HOSTILE, lambda progress, yes: "", outcome="running", step=HOSTILE, of=3)
    failed = Job(HOSTILE, lambda progress, yes: "", outcome="failed", message=HOSTILE)
    return [
        shelf_html.table_html(page, View(words=HOSTILE), editable=True),
        shelf_html.outlets_html([HOSTILE]),
        job_html.job_html(job),
        job_html.job_html(failed),
        job_html.report_html({"added": [HOSTILE], "refused": {HOSTILE: HOSTILE}}),
        job_html.sources_html([HOSTILE], "/u"),
        limits_html([listed(1, source=HOSTILE), listed(2, source="b")]),
    ]


@pytest.mark.parametrize("html", drawn_hostile(), ids=lambda html: html[:24])
def test_names_from_files_and_articles_are_only_text(html: str) -> None:
    found = Tags(html)
    assert not found.tags & {"img", "script", "iframe"}
    assert not {name for name in found.attributes if name.startswith("on")}
    assert HOSTILE not in html
    assert "hacked" in html


def test_a_library_that_is_only_looked_at_has_nothing_to_press(shelf: Shelf, articles: Path) -> None:
    shelf.library.add([articles])
    shelf.library.remove(["bridge1.txt"])
    tab = Tab(shelf, editable=False)
    html = "".join(tab.open({}))
    assert "bridge2.txt" in html
    assert "checkbox" not in html
    assert "Go back" not in html
    assert tab.act({"do": "update"}) == (f'<p class="note error" role="alert">{LOOK_ONLY}</p>', "")
    assert shelf.job is None


@pytest.fixture
def tab(shelf: Shelf) -> Tab:
    return Tab(shelf, editable=True)


def test_an_empty_library_invites(tab: Tab) -> None:
    facts, job, chart, outlets, table, aside = tab.open({})
    assert (facts, job, chart, outlets, aside) == ("", "", "", "", "")
    assert "There are no articles yet." in table


def test_the_tab_tells_what_happened_and_how_to_go_back(tab: Tab, articles: Path) -> None:
    tab.act({"do": "folder", "folder": str(articles)})
    drawn = list(tab.watch())
    assert "5 added" in drawn[-1]
    (articles / "bridge1.txt").write_bytes(b"\0\0")
    tab.act({"do": "update"})
    assert "1 refused" in list(tab.watch())[-1]
    *_, table, aside = tab.open({"state": "kept"})
    assert "older text kept" in table
    assert "bridge1.txt" in table
    assert "bridge2.txt" not in table
    assert "1 file refused" in aside
    assert str(articles) in aside
    tab.act({"do": "remove", "ids": [row.id for row in tab.shelf.rows()][:1]})
    list(tab.watch())
    *_, aside = tab.open({})
    assert "Go back to generation" in aside


@pytest.mark.parametrize(
    "told", [{}, {"do": "nothing"}, {"do": "remove"}, {"do": "remove", "ids": "all"}, {"do": "back"}]
)
def test_what_can_not_be_done_is_told(tab: Tab, told: dict[str, object]) -> None:
    said, _ = tab.act(told)
    list(tab.watch())
    assert 'role="alert"' in said + tab.job()


def test_a_second_job_is_refused_and_the_first_stays_on_the_page(tab: Tab) -> None:
    go = threading.Event()
    tab.shelf._start("Waiting", lambda progress, yes: "done" if go.wait(30) else "late")
    said, job = tab.act({"do": "update"})
    assert 'aria-label="Waiting"' in job
    assert "Wait until this is done: Waiting; or stop it" in said
    go.set()
    finish(tab.shelf)


def test_a_broken_library_says_what_to_do(tab: Tab, articles: Path) -> None:
    tab.shelf.library.add([articles])
    (tab.shelf.library.folder / "CURRENT").write_text("rubbish", encoding="utf-8")
    for html in (tab.open({})[4], tab.see({})[1]):
        assert "The library can’t be searched." in html


def test_the_way_back_that_is_offered_is_the_one_that_is_taken(shelf: Shelf, articles: Path) -> None:
    library = shelf.library
    library.add([articles])
    library.remove(["bridge1.txt"])
    library.remove(["bridge2.txt"])
    library.rollback()
    offered = job_html.before(shelf.history(), library.live.manifest.generation)
    assert offered
    assert offered.generation == shelf.library.rollback().generation
