"""The benchmark's own parts, which have no clock: what it counts, and the articles that it makes."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from index.library import Library

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    """`bench/run.py`, which is a script and in no package."""
    spec = importlib.util.spec_from_file_location("bench_run", ROOT / "bench" / "run.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


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
    lines = bench.table({"opening": bench.Measured("Fresh processes.", (row,), 0.25)}).splitlines()
    assert lines[0].split() == ["opening", "Footnote", "baseline", "ratio", "against"]
    assert lines[1].split() == ["footnote", "--help,", "s", "0.3", "0.02", "15", "Python", "alone"]
    assert lines[2] == "  Fresh processes. Others kept 0.25 cores busy."


def test_an_unknown_section_is_refused_before_anything_runs(
    bench: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(sys, "argv", ["run.py", "searching"])
    with pytest.raises(SystemExit) as left:
        bench.main()
    assert left.value.code == 2
    assert "there are opening, memory, indexing, search, verification, model" in capsys.readouterr().err
