"""Measure how a library is built and kept up to date: `make bench`, or `python bench/library.py [SECTION …]`.

Each figure stands beside a baseline of the same run, taken in turns where it is measured more than once (see
table.py): the machine may be slow, but both sides are. `build` reads news articles (../shared/eval where that
exists, else articles of archive.py); its other baseline is LlamaIndex, where it is installed. `archive` needs
many articles, made by archive.py, and reads them with the default encoder's words alone, none of its layers:
rows of the same size, the same windows and tokens, a fraction of the time. All but the embedding is as with
the real one, which `--real` takes instead; the time of the embedding is what `build` measures.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import llamaindex
from alone import Alone
from archive import article, write_archive
from raw import BATCH, embedded_texts, raw_encoder, tokens_of
from steps import SENTENCES, Steps
from table import Load, Measured, Pairs, Row, check_sections, in_turns, seconds, shown

from assistant.llm.model import physical_cores
from index.embed import DEFAULT_ENCODER
from index.library import Library
from index.passages import PASSAGE_TOKENS
from index.scan import article_files
from index.store import FILES, sha256

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
NEWS = ROOT.parent / "shared" / "eval" / "news" / "articles"
OVERLAP_TOKENS = 24  # an average sentence of the news: what neighbouring passages of Footnote share
TENTH = 10


@dataclass(frozen=True)
class Bench:
    """An empty folder, how many articles each section takes, and how often each thing is measured."""

    folder: Path
    news: int
    archive: int
    rounds: int
    real: bool


@dataclass(frozen=True)
class Took:
    """Seconds on the clock, and seconds that all threads of this process were busy: others who come and go
    make the first longer, hardly the second."""

    clock: float
    busy: float

    @classmethod
    def of(cls, run: Callable[[], object]) -> "Took":
        """Run it."""
        clock, busy = time.perf_counter(), time.process_time()
        run()
        return cls(time.perf_counter() - clock, time.process_time() - busy)


# --- sections ------------------------------------------------------------------------------------------


def building(bench: Bench) -> Iterator[Row | str]:
    """A new library each round, the encoders loaded before the clock starts, all of one dtype. Footnote
    embeds passages and sentences, and writes an index of words, near-duplicates and checksums; LlamaIndex
    embeds chunks alone, and the encoder cuts off what is beyond its window of 256 tokens."""
    articles, encoder = some_news(bench), Library(bench.folder / "none").encoder
    count, model = len(list(articles.rglob("*.txt"))), raw_encoder(encoder.dtype)
    others = llamaindexes()
    took: dict[str, list[Took]] = {name: [] for name in ("add", "raw", *others)}
    sentences: list[float] = []  # the share of the add that went into embedding them
    texts: dict[str, list[str]] = {}
    for number in range(bench.rounds):
        steps, library = Steps(), Library(bench.folder / f"library-{number}")
        library.embed(["load the encoder"])
        steps.watch(library.encoder)
        took["add"].append(Took.of(partial(library.add, [articles], steps)))
        sentences.append(steps.seconds[SENTENCES] / took["add"][-1].clock)
        ours = embedded_texts(library)
        took["raw"].append(Took.of(partial(model.encode, ours, batch_size=BATCH, show_progress_bar=False)))
        for place, (name, build) in enumerate(others.items()):
            into = bench.folder / f"other-{place}-{number}"
            took[name].append(Took.of(lambda: texts.update({name: build(articles, into, model)})))  # noqa: B023

    def pairs(other: str, mine: float = 1, theirs: float = 1, clock: bool = True) -> Pairs:
        both = zip(took["add"], took[other], strict=True)
        return [
            (a.clock / mine, b.clock / theirs) if clock else (a.busy / mine, b.busy / theirs) for a, b in both
        ]

    against = f"encode() of the same {len(ours)} texts, {encoder.dtype}"
    yield Row.of("add", "texts/s", pairs("raw"), against, len(ours), "≥ 0.85")
    yield Row.of("add", "texts/processor s", pairs("raw", clock=False), "the same", len(ours))
    read, _ = tokens_of(model, ours)
    for name in others:
        theirs, whole = tokens_of(model, texts[name])
        told = f"{name}: {len(texts[name])} texts, {theirs} of {whole} tokens read"
        yield Row.of(f"add {count} articles", "articles/s", pairs(name), told, count, "≥ 3")
        yield Row.of("…", "articles/processor s", pairs(name, clock=False), "the same", count)
        bare = [(a * (1 - share), b) for (a, b), share in zip(pairs(name), sentences, strict=True)]
        yield Row.of("… without its sentences", "articles/s", bare, "the same", count)
        yield Row.of(
            f"… {len(ours)} texts", "texts/s", pairs(name, len(ours), len(texts[name])), "the same", 1
        )
        yield Row.of(f"… {read} tokens", "tokens/s", pairs(name, read, theirs), "the same", 1)
    if not others:
        yield llamaindex.INSTALL


def llamaindexes() -> dict[str, Callable[..., list[str]]]:
    """LlamaIndex as it comes, and with chunks and batches like Footnote's; none where it is not installed."""
    try:
        size, overlap = llamaindex.default_chunk_tokens()
    except ImportError:
        return {}
    cut = (PASSAGE_TOKENS, OVERLAP_TOKENS)
    return {
        f"LlamaIndex as it comes, chunks of {size}/{overlap}": llamaindex.build,
        f"LlamaIndex, chunks of {cut[0]}/{cut[1]}, batches of {BATCH}": partial(
            llamaindex.build, chunk_tokens=cut, batch=BATCH
        ),
    }


def archiving(bench: Bench) -> Iterator[Row | str]:
    """A build alone in a process (see alone.py); then, in this one, one change after the other, each until a
    search finds it, the encoder loaded, the generation opened with its checksums."""
    encoder = DEFAULT_ENCODER if bench.real else wordy_encoder(bench.folder / "encoder")
    few, many = (write_archive(bench.folder / f"{n}", n) for n in (bench.archive // TENTH, bench.archive))
    folder = bench.folder / "archive"
    tenth = built(few, bench.folder / "tenth", encoder)
    whole = built(many, folder, encoder)
    yield from sizes(bench, many, tenth, whole)
    library = Library(folder, encoder)
    library.embed(["load the encoder"])
    opened = in_turns(partial(opening, folder, encoder), partial(hashes, library), bench.rounds)
    yield Row.of("open the live generation", "s", opened, "only hash its files")
    yield from syncing(bench, library, many)
    yield from changing(bench, library, many)


def sizes(bench: Bench, many: Path, tenth: Alone, whole: Alone) -> Iterator[Row]:
    """Of the first build: time, memory, disk."""
    few = bench.archive // TENTH
    pairs = [(whole.seconds / bench.archive, tenth.seconds / few)]
    yield Row.of("add", "articles/s", pairs, f"the add of the first {few}", 1)
    for step, spent in whole.steps.items():
        yield Row.of(f"… {step}", "s", [(spent, whole.seconds)], "the whole add")
    over = [(alone.peak_mb - alone.models_mb) for alone in (whole, tenth)]
    against = f"the same of the first {few}; the models take {whole.models_mb:.0f} MB"
    yield Row.of("peak over the models", "MB", [(over[0], over[1])], against, target="value ≤ 1000")
    text = sum(file.stat().st_size for file in article_files(many, frozenset({".txt"})))
    pairs = [(whole.bytes / 1e3 / bench.archive, text / 1e3 / bench.archive)]
    yield Row.of("on disk", "KB/article", pairs, "the text alone")


def syncing(bench: Bench, library: Library, many: Path) -> Iterator[Row]:
    """With nothing changed."""

    def stat_all() -> None:
        for file in article_files(many, frozenset({".txt"})):
            file.stat()

    library.sync()  # hashes those again that had changed shortly before they were read
    pairs = in_turns(library.sync, stat_all, bench.rounds)
    yield Row.of("sync, nothing changed", "s", pairs, "only list and stat the files", target="value ≤ 3")
    sync = f"Library(Path({str(library.folder)!r}), {library.encoder.name!r}).sync()"
    code = f"from pathlib import Path; from index.library import Library; {sync}"
    pairs = in_turns(partial(python, code), partial(python, "import faiss"), bench.rounds)
    yield Row.of("… in a fresh process", "s", pairs, "only import faiss")


def changing(bench: Bench, library: Library, many: Path) -> Iterator[Row]:
    """One article comes, one is edited, one goes; the baseline writes the same bytes as a generation has."""
    came, edited, went = Pairs(), Pairs(), Pairs()
    files = list(article_files(many, frozenset({".txt"})))
    spare = bench.folder / "spare"
    for number in range(bench.rounds):
        text = article(10 * bench.archive + 10 * number)
        told = text.split("\n\n")[2].partition(". ")[0]
        file = many / f"new-{number}.txt"
        file.write_text(text, encoding="utf-8")
        spent = seconds(partial(synced, library, told, file, True))
        came.append((spent, seconds(partial(written, library, spare))))
        place = len(files) // (number + 2)
        line = f"The weekly edition, number {number}, has the whole interview and its prices.\n"
        with files[place].open("a", encoding="utf-8") as changing:
            changing.write(line)
        spent = seconds(partial(synced, library, line, files[place], True))
        edited.append((spent, seconds(partial(written, library, spare))))
        file.unlink()
        spent = seconds(partial(synced, library, told, file, False))
        went.append((spent, seconds(partial(written, library, spare))))
    against = "only copy, flush and hash the generation's files"
    yield Row.of("one new article, until it is found", "s", came, against, target="value ≤ 3")
    yield Row.of("one edit, until it is found", "s", edited, against)
    yield Row.of("one removal, until it is gone", "s", went, against)


SECTIONS: dict[str, Callable[[Bench], Iterator[Row | str]]] = {"build": building, "archive": archiving}


# --- parts ---------------------------------------------------------------------------------------------


def some_news(bench: Bench) -> Path:
    """A folder with evenly spaced ones of the news articles, or with as many of the archive."""
    folder = bench.folder / "news"
    if not NEWS.is_dir():
        return write_archive(folder, bench.news)
    folder.mkdir()
    files = sorted(NEWS.glob("*.txt"))
    for place in range(min(bench.news, len(files))):
        shutil.copy(files[place * len(files) // min(bench.news, len(files))], folder)
    return folder


def wordy_encoder(folder: Path) -> str:
    """The default encoder without its layers: a text's row is the mean of its words'."""
    model = raw_encoder()
    bert: Any = model[0].auto_model
    bert.encoder.layer, bert.config.num_hidden_layers = bert.encoder.layer[:0], 0
    model.save(str(folder))
    return str(folder)


def built(articles: Path, library: Path, encoder: str) -> Alone:
    """Add a folder in a process of its own."""
    command = [sys.executable, HERE / "alone.py", articles, library, encoder]
    told = subprocess.run(command, cwd=ROOT, env=environment(), check=True, stdout=subprocess.PIPE, text=True)
    return Alone(**json.loads(told.stdout))


def synced(library: Library, words: str, file: Path, there: bool) -> None:
    """Sync, and make sure that a search for the words finds the article, or no longer does."""
    library.sync(yes=True)
    live = library.live
    hits = library.search(words, 10, live)
    assert any(live.article(hit.passage.article).path == str(file) for hit in hits) == there, file


def opening(folder: Path, encoder: str) -> None:
    """As at the first question: the live generation, checked against its checksums."""
    Library(folder, encoder).live.close()


def hashes(library: Library) -> None:
    """Read the live generation's files once."""
    for name in FILES:
        sha256(library.live.folder / name)


def written(library: Library, folder: Path) -> None:
    """The least that a new generation takes: its files written for good, and read once for the checksums."""
    folder.mkdir(exist_ok=True)
    for name in FILES:
        shutil.copyfile(library.live.folder / name, folder / name)
        with (folder / name).open("rb+") as stream:
            os.fsync(stream.fileno())
        sha256(folder / name)


def python(code: str) -> None:
    """Run a line in a fresh Python."""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment(), check=True)


def environment() -> dict[str, str]:
    """Of a child, which finds our modules as we do."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


# --- the command ---------------------------------------------------------------------------------------


def measure(bench: Bench, chosen: list[str]) -> dict[str, Measured]:
    """Of each chosen section its rows, and how many cores others kept busy meanwhile."""
    measured = {}
    for name in [section for section in SECTIONS if section in chosen]:
        print(f"{name} …", file=sys.stderr)
        before = Load.now()
        found = list(SECTIONS[name](bench))
        rows = tuple(row for row in found if isinstance(row, Row))
        method = " ".join(
            [*(SECTIONS[name].__doc__ or "").split(), *(n for n in found if isinstance(n, str))]
        )
        measured[name] = Measured(method, rows, round(before.others(Load.now()), 2))
    return measured


def main() -> int:
    """Print a table or JSON."""
    parser = argparse.ArgumentParser(description="Measure how a library is built and kept up to date.")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; else both")
    parser.add_argument(
        "--articles", type=int, default=10_000, metavar="N", help="of the archive, 20 or more (10000)"
    )
    parser.add_argument("--news", type=int, default=10, metavar="N", help="articles that `build` reads (10)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often each is measured (3)")
    parser.add_argument("--real", action="store_true", help="the whole encoder for the archive, too")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args()
    check_sections(parser, given.sections, SECTIONS)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(
            Path(folder).resolve(),
            max(2, given.news),
            max(20, given.articles),
            max(1, given.rounds),
            given.real,
        )
        measured = measure(bench, given.sections or list(SECTIONS))
    print(shown(measured, physical_cores(), time.perf_counter() - started, as_json=given.json))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
