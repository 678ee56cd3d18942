"""The benchmarks' own parts, which have no clock: what they count, and the articles that they make."""

import argparse
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from index.library import Library
from tests.conftest import OpenLibrary

ROOT = Path(__file__).resolve().parent.parent


def script(name: str) -> ModuleType:
    """`bench/<name>.py`, which is a script and in no package; those it imports lie beside it."""
    spec = importlib.util.spec_from_file_location(f"bench_{name}", ROOT / "bench" / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    sys.path.insert(0, str(ROOT / "bench"))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(ROOT / "bench"))
    return module


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    return script("run")


@pytest.fixture(scope="module")
def evaluation() -> ModuleType:
    return script("eval")


@pytest.fixture(scope="module")
def archive() -> ModuleType:
    return script("library")


def test_the_ratio_is_the_median_of_the_rounds_ratios_not_the_ratio_of_the_medians(bench: ModuleType):
    """A minute in which the whole machine is slow makes one round long on both sides."""
    row = bench.Row.of("add", "s", [(2.0, 1.0), (30.0, 10.0), (8.0, 4.0)], "encode()")
    assert (row.value, row.baseline, row.ratio) == (8.0, 4.0, 2.0)
    slow = bench.Row.of("add", "s", [(2.0, 1.0), (90.0, 10.0), (4.0, 20.0)], "encode()")
    assert (slow.value, slow.baseline, slow.ratio) == (4.0, 10.0, 2.0)


def test_with_work_seconds_become_a_rate_and_faster_is_a_ratio_above_one(bench: ModuleType):
    row = bench.Row.of("add", "articles/s", [(2.0, 4.0)], "encode()", work=8)
    assert (row.value, row.baseline, row.ratio) == (4.0, 2.0, 2.0)


def test_in_turns_alternates_and_keeps_each_side(bench: ModuleType):
    called: list[str] = []
    pairs = bench.in_turns(lambda: called.append("a"), lambda: called.append("b"), rounds=3)
    assert called == ["a", "b", "a", "b", "a", "b"]
    assert len(pairs) == 3 and all(a >= 0 and b >= 0 for a, b in pairs)


def test_others_are_what_is_busy_beyond_ourselves(bench: ModuleType):
    start = bench.Load(clock=10.0, busy=100.0, own=5.0)
    assert start.others(bench.Load(clock=14.0, busy=108.0, own=9.0)) == 1.0
    assert start.others(bench.Load(clock=14.0, busy=103.0, own=9.0)) == 0.0  # counters tick unevenly


def test_a_load_counts_this_process_as_its_own(bench: ModuleType):
    before = bench.Load.now()
    sum(range(3_000_000))
    after = bench.Load.now()
    assert after.clock > before.clock and after.busy >= before.busy and after.own > before.own


def test_the_first_articles_are_the_seeds_and_the_others_differ_in_every_paragraph(
    bench: ModuleType, tmp_path: Path
):
    seeds = sorted((ROOT / "seeds").glob("*.txt"))
    folder = bench.write_articles(tmp_path / "articles", 3 * len(seeds))
    written = [file.read_text(encoding="utf-8") for file in sorted(folder.iterdir())]
    assert len(written) == 3 * len(seeds)
    assert written[: len(seeds)] == [seed.read_text(encoding="utf-8") for seed in seeds]
    for number, text in enumerate(written[len(seeds) :], start=len(seeds)):
        assert text.splitlines()[0] == written[number % len(seeds)].splitlines()[0]  # its date
    paragraphs = [p for text in written for p in text.split("\n\n")[2:] if len(p.split()) > 20]
    assert len(set(paragraphs)) == len(paragraphs)
    again = bench.write_articles(tmp_path / "again", 3 * len(seeds))
    assert [file.read_text(encoding="utf-8") for file in sorted(again.iterdir())] == written


def test_nearest_is_the_search_that_the_index_does(bench: ModuleType, seed_library: Library):
    vectors = seed_library.live.passage_vectors
    rows = vectors.rows(range(len(vectors)))
    row = seed_library.embed(["How many passengers did the ferry carry?"])[0]
    found = [number for number, _ in vectors.search(row, bench.SEARCH_DEPTH)]
    assert bench.nearest(rows, row)[:10] == found[:10]
    assert bench.nearest(np.eye(3, dtype=np.float32), np.array([0, 0.6, 0.8], dtype=np.float32)) == [2, 1, 0]


def test_the_texts_of_the_baseline_are_those_that_add_embeds(bench: ModuleType, seed_library: Library):
    live = seed_library.live
    texts = bench.embedded_texts(seed_library, 14)
    assert len(texts) == live.manifest.passages + live.manifest.sentences
    passage = live.passage(0)
    assert texts[0].endswith(live.article(passage.article).quote(passage.span))
    assert len(bench.embedded_texts(seed_library, 3)) < len(texts)


def test_the_table_says_against_what_how_it_was_measured_and_how_busy_others_were(bench: ModuleType):
    row = bench.Row("footnote --help", "s", 0.3, 0.02, 15.0, "Python alone")
    measured = {"opening": bench.Measured("Fresh processes.", (row,), 0.25)}
    lines = bench.shown(measured, 2, 61.4, as_json=False).splitlines()
    assert lines[0].split() == ["opening", "Footnote", "baseline", "ratio", "against"]
    assert lines[1].split() == ["footnote", "--help,", "s", "0.3", "0.02", "15", "Python", "alone"]
    assert lines[2] == "  Fresh processes. Others kept 0.25 cores busy."
    assert lines[-1] == "2 cores, 61 s"


def test_an_unknown_section_is_refused_before_anything_runs(
    bench: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(sys, "argv", ["run.py", "searching"])
    with pytest.raises(SystemExit) as left:
        bench.main()
    assert left.value.code == 2
    assert "there are opening, memory, indexing, search, verification, model" in capsys.readouterr().err


# --- bench/library.py -----------------------------------------------------------------------------


def test_a_generated_archive_is_the_same_each_time_and_its_first_articles_for_any_size(
    archive: ModuleType, tmp_path: Path
):
    small = archive.write_archive(tmp_path / "small", 120)
    large = archive.write_archive(tmp_path / "large", 1_001)
    written = {file.name: file.read_text("utf-8") for file in large.rglob("*.txt")}
    assert len(written) == 1_001 and [folder.name for folder in sorted(large.iterdir())] == ["000", "001"]
    assert all(written[file.name] == file.read_text("utf-8") for file in small.rglob("*.txt"))
    assert sum(len(text.split()) for text in written.values()) == pytest.approx(260_000, rel=0.05)
    twice = [text for text in written.values() if list(written.values()).count(text) > 1]
    assert len(twice) == 20  # one of each hundred and its original


def test_an_archive_has_copies_and_near_copies_and_else_no_two_articles_alike(
    archive: ModuleType, open_library: OpenLibrary, tmp_path: Path
):
    library = open_library(tmp_path / "library")
    report = library.add([archive.write_archive(tmp_path / "articles", 70)])
    assert (len(report.added), len(report.duplicates), report.refused) == (69, 1, {})
    stories: dict[int, list[str]] = {}
    for listed in library.live.listing():
        stories.setdefault(listed.story, []).append(listed.file)
    assert sorted(files for files in stories.values() if len(files) > 1) == [
        [f"{n - 1:06d}.txt", f"{n:06d}.txt"] for n in (33, 50, 66)
    ]


def test_the_steps_of_a_build_add_up_to_the_whole(
    archive: ModuleType, open_library: OpenLibrary, tmp_path: Path
):
    steps, library = archive.Steps(), open_library(tmp_path / "library")
    embed = library.encoder.embed
    steps.watch(library.encoder)
    try:
        library.add([archive.write_archive(tmp_path / "articles", 3)], steps)
    finally:
        library.encoder.embed = embed  # type: ignore[method-assign]
    whole = steps.end()
    assert whole == pytest.approx(sum(steps.seconds.values()))
    assert list(steps.seconds) == [
        *("looking at files", "reading", "comparing lists", "splitting", "words", "embedding passages"),
        *("vectors, kept", "embedding sentences", "comparing", "indexes, checksums"),
    ]
    assert all(spent >= 0 for spent in steps.seconds.values())
    peaks = list(steps.peak_mb.values())
    assert peaks[0] > 50 and list(steps.peak_mb) == list(steps.seconds)


def test_a_tiny_archive_is_measured_from_end_to_end(
    archive: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.setattr(archive, "NEWS", tmp_path / "none")  # the same articles everywhere
    tiny = ["--news", "2", "--articles", "20", "--rounds", "1", "--json"]
    monkeypatch.setattr(sys, "argv", ["library.py", *tiny])
    assert archive.main() == 0
    data = json.loads(capsys.readouterr().out)
    assert list(data) == ["cores", "seconds", "sections"] and list(data["sections"]) == ["build", "archive"]
    rows = {row["what"]: row for section in data["sections"].values() for row in section["rows"]}
    assert {
        "peak over the models",
        "on disk",
        "open the live generation",
        "sync, nothing changed",
        "… in a fresh process",
        "one new article, until it is found",
        "one edit, until it is found",
        "one removal, until it is gone",
    } < set(rows)
    assert all(row["value"] > 0 and row["baseline"] > 0 and row["ratio"] > 0 for row in rows.values())
    told = data["sections"]["build"]["method"]
    assert archive.llamaindex.INSTALL in told or any("LlamaIndex" in row["against"] for row in rows.values())


def test_the_other_builds_are_left_out_where_llamaindex_is_not_installed(
    archive: ModuleType, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "llama_index.core", None)
    assert archive.llamaindexes() == {}


# --- bench/eval.py --------------------------------------------------------------------------------


def test_the_sets_are_measured_together_kept_and_compared(
    evaluation: ModuleType,
    seed_library: Library,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    """The project's own set, quotes only, three runs: kept, against the folder, against the JSON."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    quick = ["own", "--no-model", "--first", "3"]
    keep = ["--out", str(tmp_path / "out"), "--html", str(tmp_path / "html")]
    assert evaluation.main([*quick, *keep]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["own", "all"]
    assert lines[1].split() == ["questions", "3", "3"]
    assert len((tmp_path / "out" / "own.jsonl").read_text("utf-8").splitlines()) == 3
    assert "own: 3 answers" in (tmp_path / "html" / "own.html").read_text("utf-8")
    assert evaluation.main([*quick, "--against", str(tmp_path / "out"), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert list(data) == ["own", "all"]
    assert list(data["own"]) == ["measures", "questions", "against"]
    assert (data["own"]["against"]["won"], data["own"]["against"]["lost"]) == ([], [])
    assert data["all"]["measures"] == data["own"]["measures"]
    old = tmp_path / "old.json"
    data["own"]["questions"][0]["right"] = not data["own"]["questions"][0]["right"]
    old.write_text(json.dumps(data), encoding="utf-8")
    assert evaluation.main([*quick, "--against", str(old)]) == 0
    out = capsys.readouterr().out
    assert "\n\nown. Against the earlier run, on the 3 questions that both asked:\n" in out
    assert "1 lost: could be chance (p = 1" in out or "1 won, 0 lost: could be chance (p = 1" in out


def test_what_can_not_be_carried_out_is_one_line_and_code_2(
    evaluation: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    broken = {"text": "no JSON", "other.json": '{"mine": 1}', "wrong.json": '{"own": {"questions": [1]}}'}
    for name, text in broken.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "empty").mkdir()
    for arguments, message in (
        (["nobody"], "no set nobody; there are own"),
        (["own", "--against", tmp_path / "none"], "none: no folder of --out and no file of --json"),
        (["own", "--against", tmp_path / "text"], "text: no folder of --out and no file of --json"),
        (["own", "--against", tmp_path / "other.json"], "other.json: no earlier run on own in it"),
        (["own", "--against", tmp_path / "empty"], "empty: no earlier run on own in it"),
        (["own", "--against", tmp_path / "wrong.json"], "wrong.json: neither the JSON of"),
        (["own", "--out", tmp_path / "empty", "--against", tmp_path / "empty"], "would overwrite what"),
        (["own", "--out", tmp_path / "text"], "text: File exists"),
    ):
        assert evaluation.main([*map(str, arguments), "--no-model"]) == 2
        printed, errors = capsys.readouterr()
        assert (printed, errors.count("\n"), errors[:6]) == ("", 1, "eval: ")
        assert message in errors


def test_no_question_is_less_than_one(evaluation: ModuleType, capsys: pytest.CaptureFixture[str]):
    for number in ("0", "-2", "many"):
        with pytest.raises(SystemExit) as left:
            evaluation.main(["own", "--first", number])
        assert left.value.code == 2
    assert "argument --first" in capsys.readouterr().err


def test_sets_that_have_an_earlier_run_are_also_compared_together(evaluation: ModuleType):
    right, wrong = (evaluation.Result("q", True, "answered", "Who?", right=r) for r in (True, False))
    gone = evaluation.Question("q", "Who?", ("Lee",), True)
    sets = {
        name: evaluation.Measured([(gone, None, now)], before, stopped=False)
        for name, now, before in (("a", right, [wrong]), ("b", wrong, [wrong]), ("c", right, []))
    }
    text = evaluation.compared(sets)
    assert [part.split(".")[0] for part in text.split("\n\n")] == ["\na", "b", "all"]
    assert "q: wrong → right. Who?" in text
    assert evaluation.compared({"c": sets["c"]}) == ""


def test_an_interrupted_set_keeps_what_was_asked(
    evaluation: ModuleType, seed_library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    class Impatient(evaluation.Assistant):  # type: ignore[name-defined, misc]
        """Whose user presses Ctrl-C at the second question."""

        def ask(self, question: str, history: object = ()) -> object:
            if question == "Stop?":
                raise KeyboardInterrupt
            return super().ask(question, history)

    assistant = Impatient.open(seed_library.folder, use_model=False)
    assistant.library = seed_library
    questions = [evaluation.Question(id, f"{id}?", ("Lee",), True) for id in ("Who", "Stop", "When")]
    folders = argparse.Namespace(out=tmp_path, html=tmp_path)
    measured = evaluation.measure("set", assistant, questions, [], folders)
    assert (measured.stopped, [r.id for r in measured.results]) == (True, ["Who"])
    assert len((tmp_path / "set.jsonl").read_text("utf-8").splitlines()) == 1
    assert "set: 1 answer" in (tmp_path / "set.html").read_text("utf-8")
    assert capsys.readouterr().err == (
        f"eval: set: stopped after 1 of 3 questions; the answers are in {tmp_path / 'set.jsonl'}\n"
    )
