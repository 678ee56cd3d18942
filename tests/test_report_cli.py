"""`footnote report`: answers from files, standard input, conversations and reports that are kept."""

import datetime as dt
import io
import json
import os
from dataclasses import replace
from pathlib import Path

import docx
import pytest
from conftest import OpenLibrary, WriteArticle

from assistant.cli import main
from assistant.keeping.kept import KeptTurn
from assistant.keeping.saved import Saved
from assistant.report.export import LISTED, WRITTEN
from assistant.report.formats import FORMATS
from assistant.report.styles import STYLES
from assistant.values import Answer, Citation, Claim, Source
from index.library import Library
from index.permalink import Permalink
from index.text import Span

VOTED = "The council voted to raise the Kolvard dike."
QUESTION = "What was voted?"


@pytest.fixture
def library(tmp_path: Path, open_library: OpenLibrary, write_article: WriteArticle) -> Library:
    write_article(tmp_path / "articles", "dike.txt", f"{VOTED} Work begins in May.")
    library = open_library(tmp_path / "library")
    library.add([tmp_path / "articles"])
    return library


@pytest.fixture
def answer(library: Library) -> Answer:
    article = library.find("dike.txt")
    start = article.text.index(VOTED)
    span = Span(start, start + len(VOTED))
    link = str(Permalink.of(article, span))
    citation = Citation(1, Source.of(article), VOTED, span.start, span.end, VOTED, span.start, permalink=link)
    claims = (Claim("They voted to raise the dike.", (1,), "verified"),)
    text = "They voted to raise the dike [1]."
    return Answer(QUESTION, QUESTION, "answered", text, claims=claims, citations=(citation,))


@pytest.fixture
def file(tmp_path: Path, answer: Answer) -> Path:
    """An answer as `footnote ask --json` prints it, written on 1 June 2022."""
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(answer.as_json()), encoding="utf-8")
    day = dt.datetime(2022, 6, 1, 12, tzinfo=dt.UTC).timestamp()
    os.utime(file, (day, day))
    return file


def run(library: Library, *arguments: object) -> int:
    return main(["report", "--library", str(library.folder), *map(str, arguments)])


def test_an_answer_becomes_markdown_on_standard_output(
    library: Library, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(library, file) == 0
    out = capsys.readouterr().out
    assert "## What was voted?" in out
    assert "They voted to raise the dike." in out and "[^1]:" in out
    assert f"“{VOTED}”" in out
    assert "1 June 2022" in out or "June 1, 2022" in out


@pytest.mark.parametrize("format", list(FORMATS))
def test_every_format_is_written_by_the_ending_of_the_file(
    library: Library, file: Path, tmp_path: Path, format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / f"report{FORMATS[format].ending}"
    assert run(library, file, "--out", out, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {
        "file": str(out),
        "format": format,
        "style": "apa",
        "answers": 1,
        "notes": 1,
        "bytes": out.stat().st_size,
    }
    if format == "docx":
        assert "They voted to raise the dike." in "\n".join(
            p.text for p in docx.Document(str(out)).paragraphs
        )
    elif format == "pdf":
        assert out.read_bytes().startswith(b"%PDF-")
    else:
        assert "dike" in out.read_text(encoding="utf-8")
    assert [one.name for one in tmp_path.glob(".*")] == [], "no half-written file is left"


def test_every_format_that_is_named_can_be_written() -> None:
    assert {*WRITTEN, *LISTED} == set(FORMATS)


def test_several_files_lists_and_lines_are_one_report(
    library: Library, answer: Answer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    others = [
        json.dumps(replace(answer, question=q, standalone_question=q).as_json()) for q in ("B?", "C?", "D?")
    ]
    (tmp_path / "list.json").write_text(f"[{others[0]}]", encoding="utf-8")
    (tmp_path / "lines.jsonl").write_text(f"{others[1]}\n\n{others[2]}\n", encoding="utf-8")
    code = run(library, tmp_path / "lines.jsonl", tmp_path / "list.json", "--title", "All", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (code, told["answers"], told["notes"]) == (0, 3, 1)
    lines = [line for line in told["text"].splitlines() if line.startswith("#")]
    assert lines[:4] == ["# All", "## C?", "## D?", "## B?"]


def test_standard_input_is_read(
    library: Library, answer: Answer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(answer.as_json())))
    assert run(library, "-") == 0
    assert VOTED in capsys.readouterr().out


@pytest.fixture
def saved(library: Library, answer: Answer) -> Saved:
    saved = Saved(library.folder)
    asked = dt.datetime(2022, 7, 1, tzinfo=dt.UTC)
    saved.add("c" * 32, KeptTurn("a" * 32, QUESTION, asked, answer))
    saved.add("c" * 32, KeptTurn("b" * 32, "Stopped?", asked, None, "It was stopped."))
    return saved


def test_a_kept_conversation_is_reported(
    library: Library, saved: Saved, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(library, "--conversation", "c" * 32) == 0
    out = capsys.readouterr().out
    assert "What was voted?" in out and "Stopped?" not in out


def test_exported_conversations_are_reported_too(
    library: Library, saved: Saved, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "conversations.json"
    file.write_text(json.dumps(saved.export()), encoding="utf-8")
    assert run(library, file) == 0
    out = capsys.readouterr().out
    assert "What was voted?" in out and "July 1, 2022" in out and "Stopped?" not in out


def test_a_report_of_the_chat_is_found_by_its_id_and_its_title(
    library: Library, saved: Saved, capsys: pytest.CaptureFixture[str]
) -> None:
    report = saved.new_report("The dike")
    saved.add_entry(report, saved.turn("a" * 32), "The vote")
    for name in (report, "The dike"):
        assert run(library, "--collected", name) == 0
        out = capsys.readouterr().out
        assert "# The dike" in out and "## The vote" in out
    assert run(library, "--collected", "The") == 2
    assert "'The dike'" in capsys.readouterr().err
    saved.new_report("The dike")
    assert run(library, "--collected", "The dike") == 2
    assert "2 reports are called" in capsys.readouterr().err


def test_the_check_tells_what_became_of_the_articles(
    library: Library,
    file: Path,
    tmp_path: Path,
    write_article: WriteArticle,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(library, file, "--check") == 0
    assert "1 of 1 quote as cited." in capsys.readouterr().out
    write_article(tmp_path / "articles", "dike.txt", "Nothing was voted.")
    library.sync()
    assert run(library, file, "--check", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["fine"], told["claims"][0]["quotes"][0]["state"]) == (False, "edited")
    out = tmp_path / "checked.md"
    assert run(library, file, "--check", "--out", out) == 1
    assert VOTED in out.read_text(encoding="utf-8")


def test_a_failed_answer_is_left_out_and_one_that_is_not_there_is_told(
    library: Library, answer: Answer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = replace(answer, status="failed", question="Failed?", text="", claims=(), citations=())
    unsaid = replace(
        failed, status="not_found", standalone_question="Unsaid?", text="The articles do not say."
    )
    file = tmp_path / "answers.jsonl"
    file.write_text(
        "\n".join(json.dumps(one.as_json()) for one in (failed, unsaid, answer)), encoding="utf-8"
    )
    assert run(library, file) == 1
    told = capsys.readouterr()
    assert "Failed?" in told.err and "Failed?" not in told.out
    assert "Unsaid?" in told.out and "The articles do not say." in told.out


@pytest.mark.parametrize("style", list(STYLES))
def test_every_style_is_known(
    library: Library, file: Path, style: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(library, file, "--style", style) == 0
    assert VOTED in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "there is no answer to report on"),
        (["FILE", "--style", "nonsense"], "nonsense"),
        (["FILE", "--format", "docx"], "docx can't be printed; name a file with --out report.docx"),
        (["FILE", "--out", "report.xyz"], "name the format with --format"),
        (["FILE", "--out", "none/report.md"], "can't be written"),
        (["none.json"], "none.json: can't be read"),
        (["--conversation", "none"], "not there any more"),
        (["--collected", "none"], "there is no report 'none'"),
    ],
)
def test_wrong_use_is_told_in_one_line(
    library: Library,
    file: Path,
    arguments: list[str],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(file.parent)
    assert run(library, *[str(file) if one == "FILE" else one for one in arguments]) == 2
    error = capsys.readouterr().err
    assert told in error and error.count("\n") == 1


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "3", "[1]", '{"question": 3}', '{"question": "a"}', "[" * 100_000, '{"a": 1}\nnonsense'],
)
def test_a_file_that_is_no_answer_is_refused(
    library: Library, tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bad.json"
    file.write_text(text, encoding="utf-8")
    assert run(library, file) == 2
    assert "bad.json" in capsys.readouterr().err


def test_an_existing_file_stays_whole_where_the_new_one_can_not_be_made(
    library: Library, file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "report.md"
    out.write_text("old", encoding="utf-8")
    assert run(library, file, "--out", out, "--style", "nonsense") == 2
    assert out.read_text(encoding="utf-8") == "old"


def test_answers_from_files_need_no_library(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "--library", str(tmp_path / "none"), str(file)]) == 0
    assert VOTED in capsys.readouterr().out
    assert not (tmp_path / "none").exists()
    assert main(["report", "--library", str(tmp_path / "none"), str(file), "--check"]) == 3
