"""`footnote conversations`: each action, as a person types it."""

import io
import json
from pathlib import Path

import pytest

from assistant.cli import main
from assistant.keeping.kept import KeptTurn
from assistant.keeping.saved import Saved
from assistant.keeping.saved_reports import new_id
from tests.test_saved import NOON, answered, turn

ESCAPE = "\x1b[2J"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A library's folder with two conversations in it."""
    saved = Saved(tmp_path / "library")
    saved.add("a" * 32, turn())
    saved.add("b" * 32, turn("Who sank the ferry?"))
    saved.add("b" * 32, KeptTurn(new_id(), "And then?", NOON, note="Stopped."))
    return tmp_path / "library"


def run(capsys: pytest.CaptureFixture[str], folder: Path, *words: str, code: int = 0) -> str:
    """What a command prints; its messages where it fails."""
    assert main(["conversations", *words, "--library", str(folder)]) == code
    out, err = capsys.readouterr()
    return err if code else out


def test_they_are_listed_newest_first_and_found(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    for words in ((), ("list",)):
        first, second = run(capsys, folder, *words).splitlines()
        assert first.startswith("bbbbbbbb  20")
        assert first.endswith("2 questions  Who sank the ferry?")
        assert second.endswith("1 question  What was raised?")
    assert run(capsys, folder, "list", "dike", "ferry").count("\n") == 1
    assert run(capsys, folder, "list", "zzz") == "no conversation has these words\n"
    assert run(capsys, folder / "none") == "no conversation is kept yet\n"
    (one,) = json.loads(run(capsys, folder, "list", "ferry", "--json"))
    assert (one["id"], one["title"], one["turns"]) == ("b" * 32, "Who sank the ferry?", 2)
    assert main(["conversations", "--library", str(folder), "--json", "list"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 2, "options may stand before the action, too"


def test_one_is_shown_with_its_sources(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    for named in ("b", "bbbb", "b" * 32, "Who sank the ferry?"):
        text = run(capsys, folder, "show", named)
        assert text.startswith("# Who sank the ferry?\n\n## Who sank the ferry?\n\n> The dike was raised [1]")
        assert "1. dike.txt: “The dike was raised”" in text
        assert text.endswith("## And then?\n\nStopped.\n")
    data = json.loads(run(capsys, folder, "show", "b", "--json"))
    assert [one["id"] for one in data["conversations"]] == ["b" * 32]


def test_one_gets_another_title(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert run(capsys, folder, "rename", "a", f"The {ESCAPE} dike") == "aaaaaaaa  The �[2J dike\n"
    assert ESCAPE not in run(capsys, folder)
    assert ESCAPE not in run(capsys, folder, "show", "a")


def test_several_are_deleted_or_none(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert "no conversation 'x'" in run(capsys, folder, "delete", "a", "x", code=2)
    assert len(Saved(folder).list()) == 2
    assert run(capsys, folder, "delete", "a", "a") == "1 conversation deleted\n"
    assert run(capsys, folder, "delete", "b", "--json") == json.dumps({"deleted": ["b" * 32]}) + "\n"
    assert Saved(folder).list() == []


def test_they_go_to_a_file_and_into_another_library(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, other = tmp_path / "all.json", tmp_path / "other"
    assert run(capsys, folder, "export", "--out", str(file)) == f"{file}: 2 conversations\n"
    assert run(capsys, folder, "export") == file.read_text(encoding="utf-8")
    listed = run(capsys, other, "import", str(file))
    assert listed == "aaaaaaaa  What was raised?\nbbbbbbbb  Who sank the ferry?\n"
    assert Saved(other).export() == Saved(folder).export()
    one = run(capsys, folder, "export", "b", "b")
    assert len(json.loads(one)["conversations"]) == 1
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(one.encode())))
    told = json.loads(run(capsys, tmp_path / "third", "import", "-", "--json"))
    assert told == {"imported": ["b" * 32]}


def test_what_can_not_be_done_is_one_line(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path
) -> None:
    Saved(folder).add("ab" * 16, turn())
    assert "several conversations are meant by 'a'" in run(capsys, folder, "show", "a", code=2)
    assert "can't be read" in run(capsys, folder, "import", str(tmp_path / "none.json"), code=2)
    assert "give another --out" in run(capsys, folder, "export", "--out", str(tmp_path), code=2)
    assert "at least one letter" in run(capsys, folder, "rename", "b", " ", code=2)
    (tmp_path / "answer.json").write_text(json.dumps(answered().as_json()), encoding="utf-8")
    told = run(capsys, folder, "import", str(tmp_path / "answer.json"), code=2)
    assert "no export of conversations" in told
    (folder / "conversations.sqlite").write_bytes(b"rubbish " * 1000)
    told = run(capsys, folder, code=3)
    assert "is damaged" in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("words", [("burn",), ("show",), ("rename", "a"), ("delete",)])
def test_a_wrong_call_says_how_it_is_used(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["conversations", *words])
    assert "usage: footnote conversations" in capsys.readouterr().err
