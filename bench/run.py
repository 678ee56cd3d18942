"""Measure what a user waits for, and the memory it takes: `make bench`, or `python bench/run.py [SECTION …]`.

Each figure stands beside a baseline of the same run, taken in turns (see table.py); the table says how many
cores others kept busy. Reads only `seeds/` and makes more articles of it. The answers: see bench/eval.py; a
large library: see bench/library.py.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
from raw import BATCH, embedded_texts, raw_encoder
from table import Load, Measured, Pairs, Row, check_sections, in_turns, seconds, shown

from assistant import Assistant, Retrieved
from assistant.checking.verify import verify
from assistant.llm.model import LlamaModel, physical_cores
from assistant.llm.talk import Message
from assistant.measuring.evaluate import read_questions
from index.embed import Rows
from index.library import SEARCH_DEPTH, Library

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT / "seeds"
FEW = 28  # articles that are indexed once a round
DECODED = 48  # tokens a round
UNRELATED = [Message("system", "."), Message("user", ".")]  # takes the place of what is cached
ASK = ("-m", "assistant", "ask", "What does Vladimir Putin say of NATO?")
GO_ON = "\nRetell every quote above in your own words, one after the other, in long sentences."


@dataclass(frozen=True)
class Bench:
    """Where the articles and the library over them lie, and how often each thing is measured."""

    articles: Path
    library: Path
    rounds: int
    index_mb: float  # peak of the process that built the library


def varied(text: str, copy: int) -> str:
    """An article of the same make with other figures and sentences; copy 0 is the text itself.

    >>> varied(" date 2022-05-06 \\n\\nIt rained on 3 days. Capt. Lee left.", 4)
    ' date 2022-05-06 \\n\\nIt rained on 7 days, ledger 4 says. Capt. Lee left, ledger 4 says.'
    """
    if not copy:
        return text
    head, line, body = text.partition("\n")  # the date stays
    body = re.sub(r"\d+", lambda number: str(int(number[0]) + copy), body)
    return head + line + re.sub(r"(?<=[a-z]{4})\.(?=[”\"]?(?:\s|$))", f", ledger {copy} says.", body)


def write_articles(folder: Path, count: int) -> Path:
    """`count` files, the seeds and then their variations."""
    folder.mkdir()
    seeds = sorted(SEEDS.glob("*.txt"))
    for number in range(count):
        text = varied(seeds[number % len(seeds)].read_text(encoding="utf-8"), number // len(seeds))
        (folder / f"{number:04d}.txt").write_text(text, encoding="utf-8")
    return folder


def questions() -> list[str]:
    """The project's own ones, without follow-ups."""
    return [q.question for q in read_questions(SEEDS / "questions.jsonl") if not q.turn]


# --- sections ------------------------------------------------------------------------------------------


def opening(bench: Bench) -> Iterator[Row]:
    """Fresh processes, from start to end."""
    ask = partial(python, *ASK, "--no-model", "--library", bench.library)
    pairs = in_turns(ask, partial(python, "-c", "import sentence_transformers, faiss"), bench.rounds)
    yield Row.of("first answer, quotes only", "s", pairs, "only import torch, faiss")
    pairs = in_turns(
        partial(python, "-m", "assistant", "--help"), partial(python, "-c", ""), bench.rounds + 2
    )
    yield Row.of("footnote --help", "s", pairs, "Python alone")


def memory(bench: Bench) -> Iterator[Row]:
    """Each process once: the peak of the next one differs by about 1 %."""
    imports = peak_mb("-c", "import sentence_transformers, faiss, llama_cpp")
    for what, peak in (
        ("index, peak", bench.index_mb),
        ("answer with the model, peak", peak_mb(*ASK, "--library", bench.library)),
    ):
        yield Row.of(what, "MB", [(peak, imports)], "only import torch, faiss, llama.cpp")


def indexing(bench: Bench) -> Iterator[Row]:
    """A new library each round, its encoder loaded before the clock starts; then one article changes."""
    articles = write_articles(bench.articles.with_name("few"), FEW)
    whole = Library(bench.library)
    whole.embed(["load the encoder"])
    dtype, texts = whole.encoder.dtype, embedded_texts(whole, FEW)
    encode = partial(raw_encoder(dtype).encode, batch_size=BATCH, show_progress_bar=False)

    def encode_as_they_come() -> None:
        for start in range(0, len(texts), BATCH):
            encode(texts[start : start + BATCH])

    first, again, unsorted = Pairs(), Pairs(), Pairs()
    for number in range(bench.rounds):
        library = Library(bench.library.with_name(f"library-{number}"))
        library.embed(["load the encoder"])
        add = partial(library.add, [articles])
        first += in_turns(add, partial(encode, texts), 1)
        with (articles / "0000.txt").open("a", encoding="utf-8") as changing:
            changing.write(f"\n{number} more came.\n")
        again.append((seconds(add), first[-1][0]))
        unsorted.append((first[-1][0], seconds(encode_as_they_come)))
    tokens = sum(whole.encoder.count_tokens(texts))
    against = f"encode() of the same {len(texts)} texts, {dtype}"
    yield Row.of("add", "articles/s", first, against, FEW)
    yield Row.of("add", "tokens/s", unsorted, f"encode() by {BATCH} in reading order, unsorted", tokens)
    yield Row.of("add again, one article changed", "s", again, f"the first add of {FEW}")


def searching(bench: Bench) -> Iterator[Row]:
    """Each question in turns with its baseline, everything loaded."""
    assistant = Assistant.open(bench.library, use_model=False)
    assistant.warm_up()
    library, live, k = assistant.library, assistant.library.live, assistant.settings.passages
    rows = live.passage_vectors.rows(range(len(live.passage_vectors)))

    def plain(question: str) -> list[int]:
        return nearest(rows, library.embed([question])[0])

    bare, full, evidence = Pairs(), Pairs(), Pairs()
    ms = partial(seconds, scale=1000)
    for question in questions() * bench.rounds:
        row = library.embed([question])[0]
        searched = ms(partial(library.search_row, question, row, k, live))
        bare.append((searched, ms(partial(nearest, rows, row))))
        full.append((ms(partial(library.search, question, k)), ms(partial(plain, question))))
        evidence.append((ms(partial(next, assistant.stream(question))), full[-1][0]))
    size = f"numpy dot product with {len(rows)} passages"
    yield Row.of("search, question embedded", "ms", bare, size)
    yield Row.of("search", "ms", full, f"embed, {size}")
    yield Row.of("question to evidence, p50", "ms", evidence, "search")
    value, baseline = (float(np.percentile(side, 95)) for side in zip(*evidence, strict=True))
    yield Row("question to evidence, p95", "ms", value, baseline, value / baseline, "search, p95")


def verifying(bench: Bench) -> Iterator[Row]:
    """Sentences of articles as claims: on their own quote they hold, on the next evidence's most fail."""
    assistant = Assistant.open(bench.library, use_model=False)
    chosen, embed = assistant.settings, assistant.library.embed
    limits = {"coverage_at_least": chosen.coverage_at_least, "meaning_at_least": chosen.meaning_at_least}

    def similarity(claim: str, quote: str) -> float:
        rows = embed([claim, quote])
        return float(rows[0] @ rows[1])

    pairs = {True: Pairs(), False: Pairs()}
    found = [e for question in questions() for e in assistant.ask(question).evidence[:2]]
    for mine, quote in [(e, e) for e in found] + list(pairwise(found)):
        started = time.perf_counter()
        result = verify(mine.key, [quote], similarity, **limits)
        spent = 1000 * (time.perf_counter() - started)
        pairs[result.holds].append((spent, seconds(partial(embed, [mine.key, quote.quote]), 1000)))
    yield Row.of("verify a claim that holds", "ms", pairs[True], "only embed claim and quote")
    yield Row.of("verify a claim that fails", "ms", pairs[False], "only embed claim and quote")


def modelling(bench: Bench) -> Iterator[Row]:
    """One model, real prompts. Cold: an unrelated prompt came before; else the part named is cached."""
    assistant = Assistant.open(bench.library)
    llama = assistant.model
    assert isinstance(llama, LlamaModel)
    prompts: list[list[Message]] = []
    for question in questions()[: bench.rounds]:
        event = next(assistant.stream(question))
        assert isinstance(event, Retrieved)
        prompts.append(assistant._prompt(question, event.evidence))
    system_cached, quotes_cached = Pairs(), Pairs()
    for system, user in prompts:
        first_token(llama, UNRELATED)
        cold = seconds(partial(first_token, llama, [system, user]))
        first_token(llama, [system, Message("user", "")])
        system_cached.append((seconds(partial(first_token, llama, [system, user])), cold))
        other = Message("user", user.text.replace("\nQuestion:", "\nQuestion: Tell me,"))
        quotes_cached.append((seconds(partial(first_token, llama, [system, other])), cold))
    against = f"cold, {statistics.median(map(llama.count_tokens, prompts)):.0f} tokens"
    yield Row.of("first token, system part cached", "s", system_cached, against)
    yield Row.of("first token, quotes cached too", "s", quotes_cached, against)
    yield from by_threads(llama, prompts)


def by_threads(llama: LlamaModel, prompts: Sequence[Sequence[Message]]) -> Iterator[Row]:
    """All physical cores against one thread: what to choose for `n_threads_batch` and for `n_threads`."""
    from llama_cpp import llama_n_threads, llama_n_threads_batch, llama_set_n_threads

    context, many = llama._llama.ctx, physical_cores()
    shipped = llama_n_threads_batch(context), llama_n_threads(context)

    def rates(prompt: Sequence[Message], threads: int) -> tuple[float, float]:
        llama_set_n_threads(context, threads, threads)
        first_token(llama, UNRELATED)
        started = time.perf_counter()
        stamps = [time.perf_counter() for _ in llama.stream(prompt, DECODED)]
        reading, writing = stamps[0] - started, stamps[-1] - stamps[0]
        return llama.count_tokens(prompt) / reading, (len(stamps) - 1) / writing

    longer = [[system, Message("user", user.text + GO_ON)] for system, user in prompts]
    rounds = [(rates(prompt, many), rates(prompt, 1)) for prompt in longer]
    for place, step in enumerate(("prefill", "decode")):
        pairs = [(a[place], b[place]) for a, b in rounds]
        yield Row.of(f"{step}, {many} threads", "tokens/s", pairs, f"1 thread (as shipped: {shipped[place]})")


SECTIONS: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "opening": opening,
    "memory": memory,  # before what makes this process large: a child's peak counts its parent's memory
    "indexing": indexing,
    "search": searching,
    "verification": verifying,
    "model": modelling,
}


# --- parts ---------------------------------------------------------------------------------------------


def nearest(rows: Rows, row: Rows) -> list[int]:
    """The rows most like `row`, best first, without an index."""
    cosines = rows @ row
    best = np.argpartition(-cosines, min(SEARCH_DEPTH, len(rows) - 1))[:SEARCH_DEPTH]
    return [int(i) for i in best[np.argsort(-cosines[best])]]


def first_token(llama: LlamaModel, messages: Sequence[Message]) -> None:
    """Have the model read the prompt, as far as it is not cached, and write one token."""
    next(llama.stream(messages, 1), None)


def python(*arguments: str | Path) -> None:
    """Run a fresh Python to its end."""
    subprocess.run([sys.executable, *map(str, arguments)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def peak_mb(*arguments: str | Path) -> float:
    """Largest resident memory of a fresh Python, in MB of 10^6 bytes, mapped files included."""
    process = subprocess.Popen([sys.executable, *map(str, arguments)], cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if status:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return usage.ru_maxrss * 1024 / 1e6


# --- the command ---------------------------------------------------------------------------------------


def measure(folder: Path, chosen: Sequence[str], count: int, rounds: int) -> dict[str, Measured]:
    """Of each chosen section its rows, and how many cores others kept busy meanwhile."""
    articles, library = write_articles(folder / "articles", count), folder / "library"
    index_mb = peak_mb("-m", "assistant", "add", articles, "--library", library)
    bench = Bench(articles, library, rounds, index_mb)
    measured = {}
    for name in [section for section in SECTIONS if section in chosen]:
        print(f"{name} …", file=sys.stderr)
        before = Load.now()
        rows = tuple(SECTIONS[name](bench))
        measured[name] = Measured(SECTIONS[name].__doc__ or "", rows, round(before.others(Load.now()), 2))
    return measured


def main() -> int:
    """Print a table or JSON."""
    parser = argparse.ArgumentParser(description="Measure speed and memory.")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; else all")
    parser.add_argument(
        "--articles", type=int, default=140, metavar="N", help=f"searched; {FEW} or more (140)"
    )
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often each is measured (3)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args()
    check_sections(parser, given.sections, SECTIONS)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        chosen = given.sections or list(SECTIONS)
        measured = measure(Path(folder), chosen, max(FEW, given.articles), max(1, given.rounds))
    spent = time.perf_counter() - started
    print(shown(measured, physical_cores(), spent, as_json=given.json))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
