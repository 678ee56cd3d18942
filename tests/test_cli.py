"""The `footnote` command: what each command prints, its exit code, and its one line for each mistake."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from assistant.cli import main
from assistant.llm.weights import find_weights
from assistant.settings import DEFAULT_MODEL
from index.library import Library
from index.readers import ENDINGS, MAX_FILE_BYTES

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT / "seeds"
FERRY = "How many passengers did Ormeska Lines carry between January and March?"
FERRY_FILE = "008_ferry-first-quarter.txt"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """`run("list", "--json")`: the command in this process → (exit code, stdout, stderr)."""

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def footnote(*arguments: object, **more: Any) -> subprocess.CompletedProcess[bytes]:
    """The command as a program of its own."""
    command = [sys.executable, "-m", "assistant", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=120, **more)


@pytest.fixture
def library(seed_library: Library, tmp_path: Path) -> Path:
    """A copy of the library over the sample articles, to do anything with."""
    folder = tmp_path / "library"
    shutil.copytree(seed_library.folder, folder)
    return folder


def snapshot(folder: Path) -> dict[str, str]:
    """Every file of a library with its checksum; the lock is none of its files."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.name != "lock"
    }


def is_one_line(err: str) -> bool:
    return err.startswith("footnote: ") and err.endswith("\n") and err.count("\n") == 1


# --- a life of a library --------------------------------------------------------------------------


def test_articles_are_added_changed_removed_and_brought_back(run: Run, tmp_path: Path, write_article):
    """One library from its first article on: each command's exit code and JSON."""
    news, where = tmp_path / "news", ("--library", tmp_path / "library", "--json")
    one = write_article(news, "one.txt", "The tower is 93 meters high.", "2022-05-06")
    write_article(news, "two.txt", "It rained.", "2022-05-07")
    (news / "bad.txt").write_bytes(b"\0\1\2")

    code, out, err = run("add", news, *where)
    assert code == 1  # one file was refused
    assert {kind: told for kind, told in json.loads(out).items() if kind not in ("seconds", "bytes")} == {
        "added": ["one.txt", "two.txt"],
        "changed": [],
        "moved": [],
        "removed": [],
        "unchanged": [],
        "duplicates": [],
        "refused": {str(news / "bad.txt"): "bad.txt: this is not text (binary data); the file was left out"},
    }
    assert err == "footnote: bad.txt: this is not text (binary data); the file was left out\n"

    (news / "bad.txt").unlink()
    one.write_bytes(b" date 2022-05-06 \r\n\r\nThe tower is 94 meters high.\r\nIt stands.")
    (news / "two.txt").unlink()
    code, out, err = run("sync", *where)
    assert (code, err) == (0, "")
    report = json.loads(out)
    assert (report["changed"], report["removed"], report["refused"]) == (["one.txt"], ["two.txt"], {})

    code, out, err = run("list", *where)
    (row,) = json.loads(out)
    assert (code, err, row["file"], row["date"], row["title"], row["characters"]) == (
        *(0, "", "one.txt", "2022-05-06", None, len(one.read_bytes())),
    )

    code, out, _ = run("history", *where)
    generations = json.loads(out)
    assert (code, [g["generation"] for g in generations]) == (0, ["000002", "000001"])
    assert [g["live"] for g in generations] == [True, False]
    assert [g["articles"] for g in generations] == [1, 2]

    code, out, _ = run("rollback", *where)
    assert (code, json.loads(out)) == (0, {"generation": "000001", "articles": 2})
    assert [r["file"] for r in json.loads(run("list", *where)[1])] == ["one.txt", "two.txt"]

    code, out, err = run("remove", "two.txt", row["article"], *where)
    assert (code, err, sorted(json.loads(out)["removed"])) == (0, "", ["one.txt", "two.txt"])
    code, out, err = run("list", *where)
    assert (code, json.loads(out), err) == (0, [], "")
    assert run("doctor", *where)[0] == 0


def test_status_tells_what_there_is(run: Run, library: Path):
    code, out, err = run("status", "--library", library, "--json")
    status = json.loads(out)
    assert (code, err) == (0, "")
    assert (status["articles"], status["first_date"], status["last_date"]) == (14, "2021-12-24", "2022-09-20")
    assert (status["generation"], status["sources"], status["library"]) == (
        "000001",
        [str(SEEDS)],
        str(library),
    )
    assert status["encoder"]["name"] == "all-MiniLM-L6-v2"
    lines = run("status", "--library", library)[1].splitlines()
    assert "articles    14" in lines


def test_list_is_a_line_an_article_oldest_first(run: Run, library: Path):
    code, out, err = run("list", "--library", library)
    lines = out.splitlines()
    assert (code, err, len(lines)) == (0, "", 14)
    assert [line[14:24] for line in lines] == sorted(line[14:24] for line in lines)
    assert next(line for line in lines if FERRY_FILE in line).endswith(
        f"2022-04-21  {FERRY_FILE}  Ferry line has its best winter in ten years"
    )


def test_doctor_finds_all_well(run: Run, library: Path):
    assert run("doctor", "--library", library) == (0, "1 generations, all sound\n", "")
    code, out, _ = run("doctor", "--library", library, "--json")
    assert (code, json.loads(out)) == (0, {"live": "000001", "damaged": {}, "wrong": [], "done": []})


@pytest.mark.parametrize(
    "data",
    [
        b" date 2022-05-06 \n\n\n\nIt rained.\n",
        "A title\r\n\r\nIt rained.\r\nÉlodie – “left” 🙂\r\n\r\n".encode(),
        "no end of line, \u2028, \x85 and \x0c".encode(),
    ],
    ids=["dated", "crlf", "odd"],
)
def test_show_prints_the_bytes_of_the_file(
    capsysbinary: pytest.CaptureFixture[bytes], library: Path, tmp_path: Path, data: bytes
):
    file = tmp_path / "a.txt"
    file.write_bytes(data)
    assert main(["add", str(file), "--library", str(library)]) == 0
    capsysbinary.readouterr()
    assert main(["show", "a.txt", "--library", str(library)]) == 0
    assert capsysbinary.readouterr() == (data, b"")
    assert main(["show", "a.txt", "--library", str(library), "--json"]) == 0
    shown = json.loads(capsysbinary.readouterr().out)
    assert (shown["file"], shown["text"]) == ("a.txt", data.decode())


# --- questions ------------------------------------------------------------------------------------


def test_ask_answers_with_footnotes(run: Run, library: Path):
    code, out, err = run("ask", FERRY, "--no-model", "--library", library, "--json")
    answer = json.loads(out)
    assert (code, err, answer["status"]) == (0, "", "answered")
    assert "48,200 passengers" in answer["text"]
    article = Library(library).find(FERRY_FILE)
    first = answer["citations"][0]
    assert first["article"] == article.id
    assert article.text[first["start"] : first["end"]] == first["quote"]
    code, out, err = run("ask", FERRY, "--no-model", "--library", library)
    assert (code, err) == (0, "")
    assert "48,200 passengers" in out
    assert "Ferry line has its best winter in ten years" in out


def test_ask_says_when_the_articles_do_not(run: Run, library: Path):
    question = "Who won the football World Cup in Argentina?"
    code, out, err = run("ask", question, "--library", library, "--json")
    answer = json.loads(out)
    assert (code, err) == (1, "")
    assert (answer["status"], answer["text"], answer["citations"]) == (
        *("not_found", "The articles do not say.", []),
    )


def test_ask_takes_earlier_answers_as_history(run: Run, library: Path, tmp_path: Path):
    earlier = tmp_path / "earlier.json"
    question = "How many evacuated residents were still in temporary housing in August?"
    earlier.write_text(run("ask", question, "--no-model", "--library", library, "--json")[1], "utf-8")
    code, out, _ = run(
        *("ask", "Where do most of them live?", "--history", earlier),
        *("--no-model", "--library", library, "--json"),
    )
    answer = json.loads(out)
    assert code == 0
    assert answer["standalone_question"].startswith("Where do most of the evacuated residents ")
    assert "Pellimar" in answer["text"]


def test_the_program_itself(library: Path, tmp_path: Path):
    """With its encoder and the small model, as a process of its own."""
    file = tmp_path / "tower.txt"
    text = "The tower of Quarrowick is 93 meters high. From its café one sees the whole island of Brésande."
    file.write_bytes(text.encode("latin-1"))
    added = footnote("add", file, "--library", library, "--json")
    assert added.returncode == 0
    assert json.loads(added.stdout)["added"] == ["tower.txt"]
    assert added.stderr.decode() == (
        "WARNING: tower.txt: not valid UTF-8, read as cp1252; check its accents\n"
    )
    asked = footnote("ask", "How high is the tower of Quarrowick?", "--library", library, "--json")
    answer = json.loads(asked.stdout)
    assert (asked.returncode, asked.stderr, answer["status"]) == (0, b"", "answered")
    assert answer["citations"][0]["file"] == "tower.txt"
    assert answer["timings"]["output_tokens"] > 0


# --- mistakes -------------------------------------------------------------------------------------


def sparse(file: Path) -> None:
    with file.open("wb") as stream:
        stream.truncate(50_000_000)
    assert file.stat().st_size > MAX_FILE_BYTES


@pytest.mark.parametrize(
    ("name", "make", "line"),
    [
        (
            "empty.txt",
            lambda f: f.write_bytes(b""),
            "empty.txt: there is no text in it; the file was left out",
        ),
        (
            "binary.txt",
            lambda f: f.write_bytes(b"\x89PNG\0\0"),
            "binary.txt: this is not text (binary data); the file was left out",
        ),
        (
            "not_utf8.txt",
            lambda f: f.write_bytes(bytes(range(1, 256)) * 3),
            "not_utf8.txt: this is not text (binary data); the file was left out",
        ),
        (
            "huge.txt",
            sparse,
            "huge.txt: 50.0 MB is over the limit of 20 MB for one article; split it into articles",
        ),
        (
            "photo.png",
            lambda f: f.write_bytes(b"PNG"),
            f"photo.png: only files ending in {ENDINGS} are read; the file was left out",
        ),
    ],
)
def test_a_file_that_is_no_article_is_refused_and_changes_nothing(
    run: Run, library: Path, tmp_path: Path, name: str, make: Callable[[Path], object], line: str
):
    make(tmp_path / name)
    before = snapshot(library)
    code, out, err = run("add", tmp_path / name, "--library", library)
    assert (code, out, err) == (1, "1 refused\n", f"footnote: {line}\n")
    assert snapshot(library) == before


def test_good_files_are_added_beside_refused_ones(run: Run, library: Path, tmp_path: Path):
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "good.txt").write_text("It rained.", encoding="utf-8")
    (tmp_path / "news" / "empty.txt").write_bytes(b"")
    code, out, err = run("add", tmp_path / "news", "--library", library)
    assert (code, out.splitlines()[:2]) == (1, ["1 added, 1 refused", "  added: good.txt"])
    assert is_one_line(err)


NO_LIBRARY = "there is no library in TMP/gone yet; add articles with `footnote add FOLDER`"
OTHER_ENCODER = "this library was built with the encoder 'all-MiniLM-L6-v2', not 'me/other'; use --encoder "
NO_ARTICLE = "no article 'x.txt' in the library; `footnote list` shows them"
NO_ANSWER = "not an answer in JSON; save one with `footnote ask … --json`"
HERE, GONE = ["--library", "LIBRARY"], ["--library", "TMP/gone"]
REST = {
    "show": ["x.txt"],
    "remove": ["x.txt"],
    "ask": [FERRY],
    "add": [str(SEEDS)],
    "evaluate": [str(SEEDS / "questions.jsonl")],
}
# Name → (arguments, exit code, how the one line begins).
MISTAKES: dict[str, tuple[list[str], int, str]] = {
    "no such path": (["add", "TMP/nowhere", *HERE], 2, "TMP/nowhere: no such file or folder; check the path"),
    "no article": (
        ["add", "TMP/none", *HERE],
        2,
        f"there is no article in TMP/none; files ending in {ENDINGS} are read",
    ),
    "no article, no library": (["add", "TMP/none", *GONE], 2, "there is no article in TMP/none; "),
    "library is a file": (["list", "--library", "TMP/file"], 3, "TMP/file/CURRENT can't be read (Not a dir"),
    "add into a file": (
        ["add", str(SEEDS), "--library", "TMP/file"],
        2,
        "TMP/file: File exists; choose another --library",
    ),
    "show, unknown": (["show", "x.txt", *HERE], 2, NO_ARTICLE),
    "remove, unknown": (["remove", FERRY_FILE, "x.txt", *HERE], 2, NO_ARTICLE),
    "rollback, none": (["rollback", *HERE], 2, "there is no earlier generation to go back to"),
    "sync, no library": (
        ["sync", *GONE],
        3,
        "nothing was added yet; add articles with `footnote add FOLDER`",
    ),
    **{
        f"{name}, no library": ([name, *REST.get(name, []), *GONE], 3, NO_LIBRARY)
        for name in ("list", "status", "history", "doctor", "show", "remove", "ask", "evaluate")
    },
    **{
        f"{name}, other encoder": (
            [name, *REST.get(name, []), "--encoder", "me/other", *HERE],
            3,
            OTHER_ENCODER,
        )
        for name in ("list", "ask", "add", "sync", "evaluate")
    },
    "empty question": (["ask", "", *HERE], 2, "the question is empty; type a question about the articles"),
    "blank question": (["ask", " ?! ", *HERE], 2, "the question is empty; type a question"),
    "ten thousand words": (
        ["ask", "word " * 10_000, *HERE],
        2,
        "the question has 49,999 characters, the limit is 4,000; ask a shorter one",
    ),
    "history, no JSON": (["ask", "Who?", "--history", "TMP/text", *HERE], 2, f"TMP/text: {NO_ANSWER}"),
    "history, a list": (["ask", "Who?", "--history", "TMP/list", *HERE], 2, f"TMP/list: {NO_ANSWER}"),
    "history, gone": (["ask", "Who?", "--history", "TMP/no", *HERE], 2, f"TMP/no: {NO_ANSWER}"),
    "history, no answer": (
        ["ask", "Who?", "--history", "TMP/other", *HERE],
        2,
        'an answer in the history needs a "question" and a "text"',
    ),
    "questions, gone": (["evaluate", "TMP/no", *HERE], 2, "TMP/no: can't be read as a question file; check"),
    "questions, no JSON": (
        ["evaluate", "TMP/text", *HERE],
        2,
        "text, line 1: not a question (JSONDecodeError(",
    ),
    "questions, a list": (["evaluate", "TMP/list", *HERE], 2, "list, line 1: not a question (TypeError("),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line_and_changes_nothing(run: Run, library: Path, tmp_path: Path, name: str):
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "photo.png").write_bytes(b"PNG")
    for file, text in {"file": "", "text": "no JSON", "list": "[1]", "other": '{"question": "Who?"}'}.items():
        (tmp_path / file).write_text(text, encoding="utf-8")
    before = snapshot(tmp_path)
    arguments, exit_code, line = MISTAKES[name]
    code, out, err = run(
        *(a.replace("TMP", str(tmp_path)).replace("LIBRARY", str(library)) for a in arguments)
    )
    assert (code, out) == (exit_code, "")
    assert err.startswith(f"footnote: {line.replace('TMP', str(tmp_path))}")
    assert is_one_line(err)
    assert snapshot(tmp_path) == before
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize("content", [None, b"", b"This is no model.", "cut"])
def test_a_broken_model_is_one_line(run: Run, library: Path, tmp_path: Path, content: bytes | str | None):
    file = tmp_path / "model.gguf"
    if content == "cut":
        with find_weights(DEFAULT_MODEL).open("rb") as whole:
            content = whole.read(5_000_000)
    if isinstance(content, bytes):
        file.write_bytes(content)
    reason = {
        None: f"there is no file {file}; check the path",
        b"": f"{file} is not a GGUF file",
        b"This is no model.": f"{file} is not a GGUF file, as its first bytes tell; download it again",
    }.get(content, f"{file} is cut off: it holds 5000000 of ")  # type: ignore[call-overload]
    code, out, err = run("ask", FERRY, "--model", file, "--library", library)
    assert (code, out) == (3, "")
    assert err.startswith(f"footnote: {reason}")
    assert is_one_line(err)
    code, out, err = run("ask", FERRY, "--model", file, "--library", library, "--json")
    answer = json.loads(out)
    assert (code, answer["status"], answer["citations"]) == (3, "failed", [])
    assert err == f"footnote: {answer['text']}\n"


def test_a_model_by_an_unknown_name_is_one_line(run: Run, library: Path):
    code, out, err = run("ask", FERRY, "--model", "gpt", "--library", library)
    assert (code, out) == (2, "")
    assert err.startswith("footnote: 'gpt' is no model that is known here; give smollm2-135m, the path of")
    assert is_one_line(err)


def test_an_answers_file_that_can_not_be_written_is_one_line(run: Run, library: Path, tmp_path: Path):
    out_file = tmp_path / "nowhere" / "answers.jsonl"
    code, out, err = run(
        *("evaluate", SEEDS / "questions.jsonl", "--no-model", "--library", library, "--out", out_file)
    )
    assert (code, out) == (2, "")
    assert err == f"footnote: {out_file}: can't be written (No such file or directory); give another --out\n"


def test_an_earlier_answers_file_survives_a_model_that_is_not_there(run: Run, library: Path, tmp_path: Path):
    out_file = tmp_path / "answers.jsonl"
    out_file.write_text("earlier\n", encoding="utf-8")
    code, _, err = run(
        *("evaluate", SEEDS / "questions.jsonl", "--model", tmp_path / "no.gguf"),
        *("--library", library, "--out", out_file),
    )
    assert (code, is_one_line(err)) == (3, True)
    assert out_file.read_text("utf-8") == "earlier\n"


def test_a_damaged_library_is_told_and_rolled_back(run: Run, library: Path, tmp_path: Path):
    (tmp_path / "a.txt").write_text("It rained.", encoding="utf-8")
    assert run("add", tmp_path / "a.txt", "--library", library)[0] == 0
    file = library / "generations" / "000002" / "passages.faiss"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1  # one bit: it still loads
    file.write_bytes(bytes(data))
    code, out, err = run("doctor", "--check", "--library", library, "--json")
    assert code == 3
    assert json.loads(out) == {
        "live": "000002",
        "damaged": {"000002": ["passages.faiss"]},
        "wrong": ["generation 000002 is damaged: passages.faiss"],
        "done": [],
    }
    assert err == "footnote: the live generation is damaged; `footnote doctor` mends it\n"
    file.write_bytes(bytes(data[:100]))
    code, out, err = run("list", "--library", library)  # the generation before answers until then
    assert (code, len(out.splitlines())) == (0, 14)
    code, out, err = run("doctor", "--library", library)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "generation 000002 is damaged: passages.faiss can't be read; run `footnote doctor`",
        "generation 000002 was written anew from its articles, as 000003",
        "generation 000002 was deleted: it can't be used",
    ]
    code, out, err = run("list", "--library", library)
    assert (code, len(out.splitlines()), err) == (0, 15, "")
    assert run("doctor", "--check", "--library", library) == (0, "2 generations, all sound\n", "")
    code, out, err = run("rollback", "--library", library)
    assert (code, err) == (0, "")
    assert out.startswith("generation 000001 of 20")


def test_a_second_builder_is_refused(run: Run, library: Path, tmp_path: Path):
    (tmp_path / "a.txt").write_text("It rained.", encoding="utf-8")
    held, done = threading.Event(), threading.Event()

    def build() -> None:
        with FileLock(library / "lock"):
            held.set()
            done.wait(30)

    other = threading.Thread(target=build)
    other.start()
    assert held.wait(10)
    try:
        code, out, err = run("add", tmp_path / "a.txt", "--library", library)
    finally:
        done.set()
        other.join()
    assert (code, out) == (3, "")
    assert err == f"footnote: another process is adding articles to {library}; wait until it is done\n"


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["ask"], ["add"], ["list", "--nonsense"]])
def test_wrong_arguments_are_exit_code_2_with_the_usage(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    out, err = capsys.readouterr()
    assert (stopped.value.code, out) == (2, "")
    assert err.startswith("usage: footnote")


# --- as a program ---------------------------------------------------------------------------------


def test_a_mistake_prints_no_traceback(tmp_path: Path):
    """A process of its own: nothing of Python's or a library's own is printed either."""
    (tmp_path / "empty.txt").write_bytes(b"")
    refused = footnote("add", tmp_path / "empty.txt", "--library", tmp_path / "library")
    assert (refused.returncode, refused.stdout) == (1, b"1 refused\n")
    assert refused.stderr == b"footnote: empty.txt: there is no text in it; the file was left out\n"
    missing = footnote("list", "--library", tmp_path / "none")
    assert (missing.returncode, missing.stdout) == (3, b"")
    assert is_one_line(missing.stderr.decode())


def test_help_loads_nothing_heavy_and_names_every_command():
    script = (
        "import sys\n"
        "from assistant.cli import main\n"
        "try:\n    main(['--help'])\n"
        "except SystemExit as stop:\n    print(stop.code)\n"
        "heavy = {'torch', 'gradio', 'llama_cpp', 'faiss', 'sentence_transformers', 'transformers'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    *help_lines, code, heavy = done.stdout.splitlines()
    assert (code, heavy, done.stderr) == ("0", "[]", "")
    for command in (
        *("add", "remove", "list", "show", "status", "sync", "history", "rollback", "doctor"),
        *("ask", "evaluate", "chat"),
    ):
        assert any(line.startswith(f"    {command} ") for line in help_lines), command


def test_a_pipe_that_closes_early_is_no_error(library: Path):
    command = f"{sys.executable} -m assistant show {FERRY_FILE} --library {library} | head -c 5"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], cwd=ROOT, capture_output=True, check=False, timeout=60
    )
    assert (done.stdout, done.stderr) == (b" date", b"")


def test_what_the_terminal_has_no_letter_for_is_escaped(library: Path, tmp_path: Path):
    (tmp_path / "a.txt").write_text("Title “é” 🙂\n\nIt rained.", encoding="utf-8")
    bad = tmp_path / os.fsdecode(b"caf\xe9.txt")
    bad.write_text("It rained.", encoding="utf-8")
    refused = footnote(
        "add", bad, "--library", library, "--json", env=os.environ | {"PYTHONIOENCODING": "ascii"}
    )
    assert refused.returncode == 1
    assert list(json.loads(refused.stdout)["refused"]) == [str(bad)]
    assert refused.stderr == b"footnote: caf\\udce9.txt: the file's name is not UTF-8; rename the file\n"
