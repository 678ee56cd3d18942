"""Measure what a user waits for, and the memory it takes: `make bench`, or `python bench/run.py [SECTION …]`.

Each figure stands beside a baseline of the same run, taken in turns (A B A B …). The ratio is the median of the
rounds' own ratios, so whoever else uses the machine slows both sides alike; the table says how many cores
others used meanwhile. Reads only `seeds/`, of which it makes more articles. Measures no quality: bench/eval.py.
"""

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import psutil

from assistant import Assistant, Evidence, Retrieved, Settings
from assistant.evaluate import read_questions
from assistant.model import LlamaModel, Message, physical_cores
from assistant.settings import DEFAULT_MODEL
from assistant.verify import verify
from assistant.weights import find_weights
from index.embed import DEFAULT_ENCODER, Rows, default_encoder_folder, fastest_dtype
from index.library import SEARCH_DEPTH, Library
from index.store import embedded_text

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT / "seeds"
BATCH = 32  # sentence-transformers' own
DECODED = 48  # tokens a round
GO_ON = "Retell every quote above in your own words, one after the other, in long sentences."


# --- helpers, without a clock --------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One line of the table; `ratio` is of value to baseline, and `better` says which way is good."""

    section: str
    what: str
    unit: str
    value: float
    against: str
    baseline: float
    ratio: float
    better: str  # "less" or "more"


def median_ratio(values: Sequence[float], baselines: Sequence[float]) -> float:
    """The median of the rounds' ratios: of pairs, so that a slow minute does not count.

    >>> median_ratio([2.0, 20.0, 3.0], [1.0, 10.0, 1.0])
    2.0
    """
    return statistics.median(v / b for v, b in zip(values, baselines, strict=True))


def in_turns(
    first: Callable[[], float], second: Callable[[], float], rounds: int
) -> tuple[list[float], list[float]]:
    """Call the two in turns, A B A B …, and keep what each returned."""
    pairs = [(first(), second()) for _ in range(rounds)]
    return [a for a, _ in pairs], [b for _, b in pairs]


def varied(text: str, copy: int) -> str:
    """Another article of the same make: no sentence of it occurs in another copy; copy 0 is the text itself.

    >>> varied(" date 2022-05-06 \\n\\nIt rained on 3 days. Capt. Lee left.", 4)
    ' date 2022-05-06 \\n\\nIt rained on 7 days, ledger 4 says. Capt. Lee left, ledger 4 says.'
    """
    if not copy:
        return text
    head, line, body = text.partition("\n")  # the date stays
    body = re.sub(r"\d+", lambda number: str(int(number[0]) + copy), body)
    return head + line + re.sub(r"(?<=\w{4})\.(?=[”\"]?(?:\s|$))", f", ledger {copy} says.", body)


@dataclass(frozen=True)
class Load:
    """Seconds on the clock, those of all processors together that were busy, and those that we used."""

    clock: float
    busy: float
    own: float

    @classmethod
    def now(cls) -> "Load":
        """The children's seconds are counted once they have ended."""
        cpu = psutil.cpu_times()
        idle = cpu.idle + getattr(cpu, "iowait", 0.0) + getattr(cpu, "guest", 0.0)
        return cls(time.perf_counter(), sum(cpu) - idle, sum(os.times()[:4]))

    def others(self, later: "Load") -> float:
        """How many cores others kept busy since, on average.

        >>> Load(0, 100, 7).others(Load(10, 118, 12))
        1.3
        """
        return max(0.0, (later.busy - self.busy) - (later.own - self.own)) / (later.clock - self.clock)


def table(rows: Sequence[Row]) -> str:
    """The rows as aligned lines, a heading above each section."""
    lines: list[str] = []
    for row in rows:
        if not lines or row.section != section:
            section = row.section
            lines += ["", f"{section:<47} {'Footnote':>9} {'baseline':>9} {'ratio':>7}"]
        figures = f"{row.value:>9.4g} {row.baseline:>9.4g} {row.ratio:>7.3g}"
        lines.append(f"  {f'{row.what}, {row.unit}':<45} {figures}  {row.better} is better; {row.against}")
    return "\n".join(lines[1:])


# --- what is measured ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bench:
    """Where the articles and the library over them lie, and how often each thing is measured."""

    articles: Path
    library: Path
    rounds: int
    index_mb: float  # peak of the process that built the library

    @classmethod
    def prepare(cls, folder: Path, count: int, rounds: int) -> "Bench":
        """Write `count` articles, the seeds first, and have a process of its own index them."""
        articles, library = folder / "articles", folder / "library"
        articles.mkdir()
        seeds = sorted(SEEDS.glob("*.txt"))
        for number in range(count):
            seed = seeds[number % len(seeds)]
            text = varied(seed.read_text(encoding="utf-8"), number // len(seeds))
            (articles / f"{number:04d}.txt").write_text(text, encoding="utf-8")
        return cls(articles, library, rounds, child("index", library, articles))


def questions() -> list[str]:
    """The project's own questions that need no conversation."""
    return [q.question for q in read_questions(SEEDS / "questions.jsonl") if not q.turn]


def seconds(run: Callable[[], object]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def opening(bench: Bench) -> Iterator[Row]:
    """Fresh processes, from their start to their end."""
    ask = ("-m", "assistant", "ask", questions()[0], "--no-model", "--library", str(bench.library))
    spent = in_turns(
        lambda: seconds(partial(python, *ask)), lambda: seconds(partial(child, "import")), bench.rounds
    )
    yield _row("opening", "first answer, quotes only", "s", spent, "only import torch, faiss")
    spent = in_turns(
        lambda: seconds(partial(python, "-m", "assistant", "--help")),
        lambda: seconds(partial(python, "-c", "pass")),
        bench.rounds + 2,
    )
    yield _row("opening", "footnote --help", "s", spent, "Python alone")


def memory(bench: Bench) -> Iterator[Row]:
    """Each process tells its own peak, once: it differs by about 1 % from the next."""
    for what, peak, baseline, libraries in (
        ("index", bench.index_mb, child("import"), "torch, faiss"),
        (
            "answer with the model",
            child("answer", bench.library),
            child("import-all"),
            "torch, faiss, llama.cpp",
        ),
    ):
        yield _row("memory", f"{what}, peak", "MB", ([peak], [baseline]), f"only import {libraries}")


def indexing(bench: Bench) -> Iterator[Row]:
    """A new library each round, its encoder loaded before the clock starts; then one article changes."""
    from sentence_transformers import SentenceTransformer

    folder, dtype = str(default_encoder_folder()), fastest_dtype()
    plain = SentenceTransformer(folder, device="cpu", local_files_only=True, model_kwargs={"dtype": dtype})
    texts = embedded_texts(Library(bench.library))
    encode = partial(plain.encode, batch_size=BATCH, show_progress_bar=False)
    changing = bench.articles / "0000.txt"
    before = changing.read_text(encoding="utf-8")
    first, again, whole, batches = [], [], [], []
    for number in range(bench.rounds):
        library = Library(bench.library.with_name(f"index-{number}"))
        library.embed(["load the encoder"])
        first.append(seconds(partial(library.add, [bench.articles])))
        whole.append(seconds(partial(encode, texts)))
        changing.write_text(f"{before}\nA last sentence was added to this article.\n", encoding="utf-8")
        again.append(seconds(partial(library.add, [bench.articles])))
        changing.write_text(before, encoding="utf-8")
        batches.append(
            sum(seconds(partial(encode, texts[i : i + BATCH])) for i in range(0, len(texts), BATCH))
        )
    count = len(list(bench.articles.iterdir()))
    tokens = sum(Library(bench.library).encoder.count_tokens(texts))
    one, loop = f"encode() of the same {len(texts)} texts in {dtype}", "encode(), 32 by 32 in reading order"
    yield _rate("indexing", "add", "articles/s", (first, whole), (count, one))
    yield _rate("indexing", "add", "tokens/s", (first, whole), (tokens, one))
    yield _rate("indexing", "add", "tokens/s", (first, batches), (tokens, loop))
    yield _row("indexing", "add again, one article changed", "s", (again, first), f"the first add of {count}")


def searching(bench: Bench) -> Iterator[Row]:
    """Every question in turns with its baseline, after a warm-up; milliseconds for one question."""
    assistant = Assistant.open(bench.library, use_model=False)
    assistant.warm_up()
    library, k = assistant.library, assistant.settings.passages
    live = library.live
    rows = live.passage_vectors.rows(range(len(live.passage_vectors)))
    asked = {q: library.embed([q])[0] for q in questions()}

    def step(question: str) -> float:
        event = next(assistant.stream(question))
        assert isinstance(event, Retrieved)
        return event.seconds

    bare, full, evidence = [], [], []
    for q, row in [*asked.items()] * bench.rounds:
        bare.append(
            (seconds(partial(library.search_row, q, row, k, live)), seconds(partial(nearest, rows, row)))
        )
        found = seconds(partial(library.search, q, k))
        full.append((found, seconds(lambda q=q: nearest(rows, library.embed([q])[0]))))  # type: ignore[misc]
        evidence.append((step(q), found))
    size = f"{len(rows)} passages"
    yield _row("search", "search, question embedded", "ms", _ms(bare), f"numpy dot product with {size}")
    yield _row("search", "search", "ms", _ms(full), f"embed, numpy dot product with {size}")
    spent = _ms(evidence)
    yield _row("search", "question to evidence, p50", "ms", spent, "search")
    p95 = [float(np.percentile(times, 95)) for times in spent]
    yield Row(
        "search", "question to evidence, p95", "ms", p95[0], "search, p95", p95[1], p95[0] / p95[1], "less"
    )


def verifying(bench: Bench) -> Iterator[Row]:
    """Sentences of articles as claims: against their own quote they hold, against another's they fail."""
    assistant = Assistant.open(bench.library, use_model=False)
    settings = assistant.settings
    embed = assistant.library.embed

    def check(claim: str, quote: Evidence) -> bool:
        def similarity(a: str, b: str) -> float:
            rows = embed([a, b])
            return float(rows[0] @ rows[1])

        limits = {
            "coverage_at_least": settings.coverage_at_least,
            "meaning_at_least": settings.meaning_at_least,
        }
        return verify(claim, [quote], similarity, **limits).holds

    found = [e for q in questions() for e in assistant.ask(q).evidence[:2]]
    spent: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    for mine, other in zip(found, found[1:], strict=False):
        for quote in (mine, other):
            holds = check(mine.key, quote)
            pair = (partial(check, mine.key, quote), partial(embed, [mine.key, quote.quote]))
            spent[holds].append((seconds(pair[0]), seconds(pair[1])))
    for holds, what in ((True, "holds"), (False, "fails")):
        claims = f"verify a claim that {what}"
        yield _row("verification", claims, "ms", _ms(spent[holds]), "embed claim and quote, no check")


def modelling(bench: Bench) -> Iterator[Row]:
    """One model and its real prompts. Cold: an unrelated prompt came before. Warm: the system part did."""
    listener = Listener()
    assistant = Assistant.open(bench.library, model=listener)
    asked = questions()
    while len(listener.prompts) < bench.rounds:
        assistant.ask(asked.pop(0))
    llama = LlamaModel(find_weights(DEFAULT_MODEL), Settings().context_tokens)
    first, same, cold = [], [], []
    for system, user in listener.prompts:
        forget(llama)
        cold.append(first_token_s(llama, [system, user]))
        first_token_s(llama, [system, Message("user", "")])
        first.append(first_token_s(llama, [system, user]))
        last = Message("user", user.text.replace("Question:", "Question: And, to be exact,"))
        same.append(first_token_s(llama, [system, last]))
    tokens = int(statistics.median(map(llama.count_tokens, listener.prompts)))
    against = f"cold, {tokens} tokens"
    yield _row("model", "first token, system part cached", "s", (first, cold), against)
    yield _row("model", "first token, quotes cached too", "s", (same, cold), against)
    yield from _by_threads(llama, listener.prompts)


def _by_threads(llama: LlamaModel, prompts: Sequence[list[Message]]) -> Iterator[Row]:
    """All physical cores against one thread: what to give llama.cpp as n_threads_batch and n_threads."""
    from llama_cpp import llama_n_threads, llama_n_threads_batch, llama_set_n_threads

    context = llama._llama.ctx
    shipped = llama_n_threads_batch(context), llama_n_threads(context)
    read: dict[int, list[float]] = {physical_cores(): [], 1: []}
    written: dict[int, list[float]] = {threads: [] for threads in read}
    for system, user in prompts:
        for threads in read:
            llama_set_n_threads(context, threads, threads)
            forget(llama)
            prompt = [system, Message("user", f"{user.text}\n{GO_ON}")]
            started = time.perf_counter()
            stamps = [time.perf_counter() for _ in llama.stream(prompt, DECODED)]
            read[threads].append((stamps[0] - started) / llama.count_tokens(prompt))
            written[threads].append((stamps[-1] - stamps[0]) / max(1, len(stamps) - 1))
    many = physical_cores()
    for what, spent, now in (("prefill", read, shipped[0]), ("decode", written, shipped[1])):
        pair = spent[many], spent[1]
        yield _rate(
            "model", f"{what}, {many} threads", "tokens/s", pair, (1, f"1 thread (set to {now} as shipped)")
        )


# --- parts ---------------------------------------------------------------------------------------------


def _row(
    section: str, what: str, unit: str, spent: tuple[Sequence[float], Sequence[float]], against: str
) -> Row:
    """Times, or sizes: less is better."""
    mine, other = map(statistics.median, spent)
    return Row(section, what, unit, mine, against, other, median_ratio(*spent), "less")


def _rate(
    section: str, what: str, unit: str, spent: tuple[Sequence[float], Sequence[float]], of: tuple[int, str]
) -> Row:
    """Times turned into work a second: more is better. `of` is the work and what it is compared with."""
    work, against = of
    mine, other = (work / statistics.median(times) for times in spent)
    return Row(section, what, unit, mine, against, other, 1 / median_ratio(*spent), "more")


def _ms(pairs: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [1000 * a for a, _ in pairs], [1000 * b for _, b in pairs]


def nearest(rows: Rows, row: Rows) -> list[int]:
    """Exact search without an index: the rows most like `row`, best first."""
    cosines = rows @ row
    best = np.argpartition(-cosines, min(SEARCH_DEPTH, len(rows) - 1))[:SEARCH_DEPTH]
    return [int(i) for i in best[np.argsort(-cosines[best])]]


def embedded_texts(library: Library) -> list[str]:
    """Every text that `add` embeds, once each, in reading order: passages, then sentences."""
    live = library.live
    articles = {a.id: a for a in live.articles()}
    passages = (live.passage(row) for row in range(live.manifest.passages))
    texts = [embedded_text(articles[p.article].header, articles[p.article].quote(p.span)) for p in passages]
    texts += [a.quote(s) for a in articles.values() for _, s in live.sentences(a.id)]
    return list(dict.fromkeys(texts))


class Listener:
    """A `ChatModel` that keeps the prompts and says nothing."""

    context_tokens = Settings().context_tokens

    def __init__(self) -> None:
        self.prompts: list[list[Message]] = []

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Too few to matter."""
        return len(messages)

    def stream(
        self, messages: Sequence[Message], max_tokens: int, stop: threading.Event | None = None
    ) -> Iterator[str]:
        """No answer at all."""
        self.prompts.append(list(messages))
        return iter(())


def first_token_s(llama: LlamaModel, messages: Sequence[Message]) -> float:
    """Seconds until the model has read the prompt and written one token."""
    return seconds(lambda: next(llama.stream(messages, 1), None))


def forget(llama: LlamaModel) -> None:
    """Put another prompt in the place of the cached one."""
    first_token_s(llama, [Message("system", "."), Message("user", ".")])


def python(*arguments: str) -> str:
    """What a fresh Python prints."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE, encoding="utf-8"
    ).stdout


def child(task: str, *paths: Path) -> float:
    """Run a task of `be_child` in a process of its own; its peak in MB."""
    return float(python(__file__, "--child", task, *map(str, paths)))


def be_child(task: str, *paths: str) -> None:
    """Index, answer, or only import what these load; then print the peak of this process."""
    if task == "index":
        Library(Path(paths[0])).add([Path(paths[1])])
    elif task == "answer":
        Assistant.open(paths[0]).ask(questions()[0])
    else:
        import faiss
        import sentence_transformers  # noqa: F401

        if task == "import-all":
            import llama_cpp  # noqa: F401
    print(peak_mb())


def peak_mb() -> float:
    """Largest resident memory of this process so far, in MB of 10^6 bytes, mapped files included.

    Linux counts the parent's memory in `ru_maxrss` of a child (it survives exec), VmHWM does not.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        return int(re.findall(r"VmHWM:\s+(\d+)", status.read_text(encoding="utf-8"))[0]) * 1024 / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


SECTIONS: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "opening": opening,
    "memory": memory,
    "indexing": indexing,
    "search": searching,
    "verification": verifying,
    "model": modelling,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure the chosen sections and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; all by default"
    )
    parser.add_argument("--articles", type=int, default=200, metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often each pair is measured")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    if unknown := set(arguments.sections) - set(SECTIONS):
        parser.error(f"no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    rows: list[Row] = []
    load, others = Load.now(), {}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench.prepare(Path(folder), max(1, arguments.articles), max(1, arguments.rounds))
        for name in arguments.sections or SECTIONS:
            before = Load.now()
            print(f"{name} …", file=sys.stderr)
            rows += SECTIONS[name](bench)
            others[name] = round(before.others(Load.now()), 2)
    took = Load.now()
    machine = {"cores": physical_cores(), "seconds": round(took.clock - load.clock), "others_cores": others}
    if arguments.json:
        print(json.dumps({"machine": machine, "rows": [asdict(row) for row in rows]}))
        return 0
    print(table(rows))
    busy = ", ".join(f"{name} {cores}" for name, cores in others.items())
    print(f"\n{machine['cores']} cores, {machine['seconds']} s; cores that others kept busy: {busy}")
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        be_child(*sys.argv[2:])
    else:
        raise SystemExit(main())
