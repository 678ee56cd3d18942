"""Measure the answers on every question set at hand: `make eval`, or `python bench/eval.py [SET …]`.

Sets lie in ../shared/eval (see its README) where that folder exists; the project's own questions on `seeds/`
are always there. Each set's articles become a library in the user's cache, brought up to date at each run.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from assistant import Assistant
from assistant.commands.progress import Bar, counted
from assistant.measuring.compare import (
    Comparison,
    brief,
    check_common,
    compare,
    read_results,
    report,
    results,
)
from assistant.measuring.evaluate import Asked, Question, Result, kept, read_questions, run
from assistant.measuring.measures import summary, table
from assistant.measuring.review import review
from assistant.settings import DEFAULT_MODEL, SHIPPED_ADAPTER
from index.errors import FootnoteError, UsageError

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
EXIT_INTERRUPTED = 130


@dataclass(frozen=True)
class QuestionSet:
    """A folder of articles and the questions on them."""

    name: str
    articles: Path
    questions: Path


@dataclass(frozen=True)
class Measured:
    """What a run found on one set; `stopped`: before its last question."""

    asked: list[Asked]
    before: Sequence[Result]  # of an earlier run, where there is one
    stopped: bool

    @property
    def comparison(self) -> Comparison | None:
        """With the earlier run."""
        return compare(self.before, self.results) if self.before and self.asked else None

    @property
    def results(self) -> list[Result]:
        """One for each question."""
        return [result for _, _, result in self.asked]

    def as_json(self) -> dict[str, Any]:
        """The object that `footnote evaluate --json` prints."""
        data = {"measures": summary(self.results), "questions": [r.as_json() for r in self.results]}
        comparison = self.comparison
        return data | ({"against": comparison.as_json()} if comparison else {})


def question_sets() -> list[QuestionSet]:
    """Those that exist on this machine, the project's own first."""
    sets = [QuestionSet("own", ROOT / "seeds", ROOT / "seeds" / "questions.jsonl")]
    sets.append(QuestionSet("seeds", SHARED / "seeds", SHARED / "eval" / "seeds_questions.jsonl"))
    for name in ("news", "xquad", "clapnq"):
        folder = SHARED / "eval" / name
        sets.append(QuestionSet(name, folder / "articles", folder / "questions.jsonl"))
    return [s for s in sets if s.questions.is_file()]


def opened(chosen: QuestionSet, arguments: argparse.Namespace) -> Assistant:
    """An assistant over the set's articles, indexed and warm."""
    assistant = Assistant.open(
        user_cache_path("footnote") / "eval" / chosen.name,
        model=arguments.model,
        use_model=not arguments.no_model,
        adapter=arguments.adapter,
    )
    with Bar() as bar:
        assistant.library.add([chosen.articles], bar)
    assistant.warm_up()
    return assistant


def measure(
    name: str,
    assistant: Assistant,
    questions: Sequence[Question],
    before: Sequence[Result],
    arguments: argparse.Namespace,
) -> Measured:
    """Ask a set's questions; `--out` and `--html` keep the answers of a run that is interrupted too."""
    asked: list[Asked] = []
    stopped = False
    out = arguments.out / f"{name}.jsonl" if arguments.out else Path(os.devnull)
    with out.open("w", encoding="utf-8") as file:
        try:
            for one in counted(kept(run(assistant, questions), file), len(questions), "question", name):
                asked.append(one)
        except KeyboardInterrupt:
            stopped = True
            where = f"; the answers are in {out}" if arguments.out else ""
            say(f"{name}: stopped after {len(asked)} of {len(questions)} questions{where}")
    measured = Measured(asked, before, stopped)
    if arguments.html:
        page = review(name, asked, measured.comparison)
        (arguments.html / f"{name}.html").write_text(page, encoding="utf-8")
    return measured


def earlier(against: Path | None, sets: Sequence[QuestionSet]) -> dict[str, list[Result]]:
    """The results of an earlier run for each set that it has: from a folder that `--out` filled, or a file
    that `--json` printed. Raises UsageError."""
    if against is None:
        return {}
    if against.is_dir():
        files = {s.name: against / f"{s.name}.jsonl" for s in sets}
        found = {name: read_results(file) for name, file in files.items() if file.is_file()}
    else:
        try:
            columns = json.loads(against.read_text(encoding="utf-8"))
            found = {s.name: results(columns[s.name], against.name) for s in sets if s.name in columns}
        except (OSError, ValueError, TypeError, RecursionError) as error:
            raise UsageError(f"{against}: no folder of --out and no file of --json ({error!r})") from error
    if not found:
        raise UsageError(f"{against}: no earlier run on {', '.join(s.name for s in sets)} in it")
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Print a table with a column for each set and one for all of them."""
    arguments = parser().parse_args(argv)
    there = {s.name: s for s in question_sets()}
    unknown = [name for name in arguments.sets if name not in there]
    if unknown:
        say(f"no set {', '.join(unknown)}; there are {', '.join(there)}")
        return UsageError.exit_code
    sets = [s for s in there.values() if not arguments.sets or s.name in arguments.sets]
    try:
        measured = measure_all(sets, arguments)
    except FootnoteError as error:
        say(str(error))
        return error.exit_code
    except OSError as error:
        say(f"{error.filename or 'a file'}: {error.strerror or error}")
        return UsageError.exit_code
    everything = [result for part in measured.values() for result in part.results]
    columns = {name: part.as_json() for name, part in measured.items()}
    columns["all"] = {"measures": summary(everything)}
    if arguments.json:
        print(json.dumps(columns, ensure_ascii=False))
    else:
        print(table({name: column["measures"] for name, column in columns.items()}))
        print(compared(measured), end="")
    return EXIT_INTERRUPTED if any(part.stopped for part in measured.values()) else 0


def compared(measured: dict[str, Measured]) -> str:
    """Each set against its earlier run, then all that have one together; "" without any."""
    parts = {name: part.comparison for name, part in measured.items() if part.comparison}
    texts = [f"\n{name}. {report(comparison)}\n" for name, comparison in parts.items()]
    if len(parts) > 1:
        before = [r for name in parts for r in measured[name].before]
        now = [r for name in parts for r in measured[name].results]
        texts.append(f"\nall. {brief(compare(before, now))}\n")
    return "".join(texts)


def measure_all(sets: Sequence[QuestionSet], arguments: argparse.Namespace) -> dict[str, Measured]:
    """Set by set, until one is interrupted. Raises FootnoteError, OSError."""
    if arguments.against and arguments.out and arguments.against.resolve() == arguments.out.resolve():
        raise UsageError(
            f"{arguments.out}: --out would overwrite what it is compared with; give another folder"
        )
    before = earlier(arguments.against, sets)
    for folder in filter(None, (arguments.out, arguments.html)):
        folder.mkdir(parents=True, exist_ok=True)
    measured: dict[str, Measured] = {}
    for chosen in sets:
        questions = read_questions(chosen.questions)[: arguments.first]
        if chosen.name in before:
            check_common(before[chosen.name], questions)
        try:
            assistant = opened(chosen, arguments)
        except KeyboardInterrupt:
            say(f"{chosen.name}: stopped before its questions")
            measured[chosen.name] = Measured([], [], stopped=True)
            break
        measured[chosen.name] = measure(
            chosen.name, assistant, questions, before.get(chosen.name, []), arguments
        )
        if measured[chosen.name].stopped:
            break
    return measured


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    top.add_argument(
        "sets", nargs="*", metavar="SET", help="names of sets; all that exist when none is given"
    )
    top.add_argument("--model", default=DEFAULT_MODEL)
    top.add_argument("--adapter", default=SHIPPED_ADAPTER, help="of the model: shipped, a GGUF file, or none")
    top.add_argument("--no-model", action="store_true", help="quotes only")
    top.add_argument("--first", type=positive, metavar="N", help="only the first N questions of each set")
    top.add_argument("--out", type=Path, metavar="DIR", help="keep every answer as DIR/<set>.jsonl")
    top.add_argument("--html", type=Path, metavar="DIR", help="pages to read failures on, DIR/<set>.html")
    top.add_argument("--against", type=Path, metavar="OLD", help="an earlier run: its --out or its --json")
    top.add_argument("--json", action="store_true")
    return top


def positive(text: str) -> int:
    """Raises ValueError, which argparse reports."""
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


def say(line: str) -> None:
    """For whoever started it."""
    print(f"eval: {line}", file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
