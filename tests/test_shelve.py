"""The commands that look after a library, as a person types them."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.cli import main
from index.library import Library

ROOT = Path(__file__).resolve().parent.parent
Write = Callable[..., Path]
Open = Callable[..., Library]

RAIN, SNOW, FERRY = "It rained in Tholmby.", "Snow fell on the harbour.", "The ferry sailed at noon."


@pytest.fixture
def news(tmp_path: Path, write_article: Write) -> Path:
    for n in range(6):
        write_article(tmp_path / "news", f"{n}.txt", f"It rained {n} times in Tholmby.")
    return tmp_path / "news"


@pytest.fixture
def library(open_library: Open, tmp_path: Path, news: Path) -> Library:
    """A library over `news`, built with an encoder that is loaded already."""
    library = open_library(tmp_path / "library")
    library.add([news])
    return library


def run(library: Library, *arguments: object) -> int:
    return main([*map(str, arguments), "--library", str(library.folder)])


def test_the_report_names_what_changed(
    library: Library, news: Path, write_article: Write, capsys: pytest.CaptureFixture[str]
):
    write_article(news, "new.txt", SNOW)
    shutil.copy(news / "new.txt", news / "twin.txt")
    (news / "0.txt").unlink()
    (news / "1.txt").rename(news / "one.txt")
    assert run(library, "sync") == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert first == "1 added, 1 moved, 1 removed, 4 unchanged, 1 duplicate"
    assert rest[:4] == ["  added: new.txt", "  moved: one.txt", "  removed: 0.txt", "  duplicates: twin.txt"]
    assert rest[4].startswith("in ") and rest[4].endswith(" MB")
    assert run(library, "history", "--json") == 0
    newest, oldest = json.loads(capsys.readouterr().out)
    assert (newest["report"]["unchanged"], newest["report"]["moved"]) == (4, ["one.txt"])
    assert len(oldest["report"]["added"]) == 6
    assert run(library, "diff", 1, 2) == 0
    assert capsys.readouterr().out.splitlines() == [
        "added: new.txt",
        "moved: one.txt",
        "removed: 0.txt",
        "duplicates: twin.txt",
    ]
    assert run(library, "diff", 2, 2) == 0
    assert capsys.readouterr().out == "no difference\n"
    assert run(library, "list") == 0
    assert f"twin.txt  (a copy of {library.find('new.txt').id})" in capsys.readouterr().out


def test_a_great_loss_is_refused_where_nobody_can_be_asked(
    library: Library, news: Path, capsys: pytest.CaptureFixture[str]
):
    for n in range(3):
        (news / f"{n}.txt").unlink()
    assert run(library, "sync") == 2
    assert capsys.readouterr().err.startswith("footnote: 3 of 6 articles would be removed")
    assert run(library, "sync", "--yes") == 0
    assert capsys.readouterr().out.startswith("3 removed, 3 unchanged")


def test_columns_are_named_on_the_command_line(
    library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    table = tmp_path / "export.csv"
    table.write_text(f"kop,tekst,datum\nFerry back,{FERRY},2022-05-06\n", encoding="utf-8")
    assert run(library, "add", table) == 1
    assert "--map text=COLUMN" in capsys.readouterr().err
    assert run(library, "add", table, "--map", "text=tekst,title=kop,date=datum") == 0
    (one,) = [a for a in library.live.articles() if a.title == "Ferry back"]
    assert (str(one.date), one.text.strip()) == ("2022-05-06", FERRY)
    with pytest.raises(SystemExit):
        run(library, "add", table, "--map", "text")
    assert "write FIELD=COLUMN, for example title=headline" in capsys.readouterr().err


def test_a_link_to_a_quote_is_followed(
    library: Library, news: Path, write_article: Write, capsys: pytest.CaptureFixture[str]
):
    assert run(library, "ask", "How often did it rain in Tholmby?", "--no-model", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    first = answer["citations"][0]
    assert answer["generation"] == library.live.manifest.generation
    assert run(library, "quote", first["permalink"]) == 0
    assert capsys.readouterr().out == f"{first['file']}: as it was\n{first['quote']}\n"
    write_article(news, first["file"], "It did not rain.")
    assert run(library, "sync") == 0
    capsys.readouterr()
    assert run(library, "quote", first["permalink"], "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["state"], told["quote"]) == ("edited", first["quote"])
    assert run(library, "quote", "nonsense") == 2
    assert capsys.readouterr().err == "footnote: 'nonsense' is no link to a quote; copy the whole link\n"


def test_a_folder_is_watched_until_it_is_stopped(library: Library, news: Path, write_article: Write):
    # Ctrl-C, whatever the tests were started by: a script's jobs in the background ignore it.
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    program = f"{heard}; from assistant.cli import main; raise SystemExit(main())"
    command = [sys.executable, "-c", program, "sync", "--watch", "--library", str(library.folder)]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as watcher:
        try:
            assert watcher.stdout and watcher.stderr
            assert watcher.stdout.readline() == "6 unchanged\n"
            assert watcher.stderr.readline().startswith(f"footnote: watching {news}")
            write_article(news, "new.txt", SNOW)
            assert watcher.stdout.readline() == "1 added, 6 unchanged\n"
            assert {a.file for a in library.live.articles()} >= {"new.txt"}
            watcher.send_signal(signal.SIGINT)
            assert watcher.wait(30) == 130
        finally:
            watcher.kill()
