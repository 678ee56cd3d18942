"""Measure the answers on every question set at hand: `make eval`, or `python bench/eval.py [SET …]`.

Sets lie in ../shared/eval (see its README) where that folder exists; the project's own questions on `seeds/`
are always there. Each set's articles become a library in the user's cache, brought up to date at each run.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path
from tqdm import tqdm

from assistant import Assistant
from assistant.evaluate import Result, answer_line, read_questions, run, summary
from assistant.settings import DEFAULT_MODEL

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


@dataclass(frozen=True)
class QuestionSet:
    """A folder of articles and the questions on them."""

    name: str
    articles: Path
    questions: Path


def question_sets() -> list[QuestionSet]:
    """Those that exist on this machine, the project's own first."""
    sets = [QuestionSet("own", ROOT / "seeds", ROOT / "seeds" / "questions.jsonl")]
    sets.append(QuestionSet("seeds", SHARED / "seeds", SHARED / "eval" / "seeds_questions.jsonl"))
    for name in ("news", "xquad", "clapnq"):
        folder = SHARED / "eval" / name
        sets.append(QuestionSet(name, folder / "articles", folder / "questions.jsonl"))
    return [s for s in sets if s.questions.is_file()]


def measure(chosen: QuestionSet, arguments: argparse.Namespace) -> list[Result]:
    """Index the set's articles and ask its questions."""
    assistant = Assistant.open(
        user_cache_path("footnote") / "eval" / chosen.name,
        model=arguments.model,
        use_model=not arguments.no_model,
    )
    with tqdm(desc=f"{chosen.name}: index", disable=None) as bar:

        def step(_: str, done: int, of: int) -> None:
            bar.total = of
            bar.update(done - bar.n)

        assistant.library.add([chosen.articles], step)
    assistant.warm_up()
    questions = read_questions(chosen.questions)[: arguments.first]
    results, lines = [], []
    for question, answer, result in tqdm(
        run(assistant, questions), desc=chosen.name, total=len(questions), disable=None
    ):
        results.append(result)
        lines.append(answer_line(question, answer, result))
    if arguments.out:
        arguments.out.mkdir(parents=True, exist_ok=True)
        (arguments.out / f"{chosen.name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return results


def main() -> int:
    """Print a table with a column for each set and one for all of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="*", help="names of sets; all that exist when none is given")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--no-model", action="store_true", help="quotes only")
    parser.add_argument("--first", type=int, metavar="N", help="only the first N questions of each set")
    parser.add_argument("--out", type=Path, metavar="DIR", help="keep every answer as DIR/<set>.jsonl")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    sets = [s for s in question_sets() if not arguments.sets or s.name in arguments.sets]
    if not sets:
        print(f"no such set; there are {', '.join(s.name for s in question_sets())}", file=sys.stderr)
        return 2
    results = {s.name: measure(s, arguments) for s in sets}
    results["all"] = [r for part in results.values() for r in part]
    columns = {name: summary(part) for name, part in results.items()}
    if arguments.json:
        print(json.dumps(columns))
        return 0
    measures = list(columns["all"])
    width = max(map(len, measures))
    print(" " * width, *(f"{name:>8}" for name in columns))
    for measure_name in measures:
        cells = (columns[name][measure_name] for name in columns)
        print(f"{measure_name:<{width}}", *(f"{_cell(cell):>8}" for cell in cells))
    return 0


def _cell(value: float | int | None) -> str:
    return "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    raise SystemExit(main())
