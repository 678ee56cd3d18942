"""Public reading questions → the quotes that the pipeline itself finds for them, among all their pages.

    python -m training.mined ../shared/train --state build/adapter.state --questions 2000

What misleads the reader is what the adapter is for: quotes that are drawn by their likeness to the question
alone (`quotes.py`) are easier. The pages of the encyclopedia are articles here, in one library: its questions
name what they are about, those of the other sets are answered by many texts. What is found is written beside
the state, where `training.adapter` looks for it. First come the questions that training comes to last.
"""

import argparse
import json
import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import islice
from pathlib import Path

from tqdm import tqdm

from assistant import Assistant
from assistant.composing.widen import widened
from assistant.values import Evidence
from training.articles import Question
from training.data import Asked, Context, order, read, stands_in

SUFFIX = ".mined.json"  # of the file beside a run's state
FILE = "squadshifts_wiki"  # whose questions are asked
WIDE_SHARE = 0.25


@dataclass(frozen=True)
class Found:
    """A quote as the pipeline shows it, and with the sentence before ("" where there is none); whether the
    question's answer stands in it, None where words like it do."""

    quote: str
    wide: str
    right: bool | None

    def drawn(self, rng: random.Random) -> str:
        """With the sentence before it now and then: the pipeline shows its best ones both ways."""
        return self.wide if self.wide and rng.random() < WIDE_SHARE else self.quote


@dataclass(frozen=True)
class Place:
    """Where a paragraph stands: the name of its article's file, and the character it begins at."""

    file: str
    start: int


def articles(contexts: Sequence[Context]) -> tuple[dict[str, str], dict[int, Place]]:
    """The articles by file name, one for each page that is not kept for measuring, and the place of each of
    its paragraphs by number.

    >>> of = lambda text, title: Context(text, title, FILE, False)
    >>> texts, places = articles([of("It rained.", "Tin"), of("It froze.", "Zinc"), of("It cleared.", "Tin")])
    >>> texts
    {'00000.txt': 'It rained.\\n\\nIt cleared.\\n\\n', '00001.txt': 'It froze.\\n\\n'}
    >>> places[2]
    Place(file='00000.txt', start=12)
    """
    names: dict[str, str] = {}
    texts: dict[str, str] = {}
    places: dict[int, Place] = {}
    for number, context in enumerate(contexts):
        if context.file != FILE or context.held_out:
            continue
        name = names.setdefault(context.title, f"{len(names):05d}.txt")
        text = texts.get(name, "")
        places[number] = Place(name, len(text))
        texts[name] = f"{text}{context.text.strip()}\n\n"
    return texts, places


def found(e: Evidence, question: Question) -> Found:
    """A quote of the pipeline's, judged. A wrong one has no sentence before it that may answer."""
    before = widened(e)
    wide = _plain(before.quote) if before else ""
    right = question.answered_by(e.quote, e.source.file, e.start, e.end)
    return Found(_plain(e.quote), "" if right is False and stands_in(wide, question.answers) else wide, right)


def found_before(state: Path) -> Mapping[int, Sequence[Found]]:
    """What was found, by the number of the question, best first; nothing where nothing was looked for."""
    file = state.with_suffix(SUFFIX)
    if not file.exists():
        return {}
    data = json.loads(file.read_text(encoding="utf-8"))
    return {int(number): [Found(*one) for one in some] for number, some in data.items()}


def keep(state: Path, found: Mapping[int, Sequence[Found]]) -> None:
    """Write what was found beside a run's state."""
    data = {number: [astuple(one) for one in some] for number, some in found.items()}
    state.with_suffix(SUFFIX).write_text(json.dumps(data), encoding="utf-8")


def _plain(text: str) -> str:
    return " ".join(text.split())


def mine(
    contexts: Sequence[Context], asked: Sequence[Asked], folder: Path
) -> Iterator[tuple[int, list[Found]]]:
    """What the pipeline finds for each question, declining none, with its number; the library is made in
    `folder`."""
    texts, places = articles(contexts)
    files = folder / "articles"
    files.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (files / name).write_text(text, encoding="utf-8")
    assistant = Assistant.open(folder / "library", use_model=False, abstain_below=0.0)
    assistant.library.add([files])
    for number in reversed(order(contexts, asked, 0, held_out=False)):
        one = asked[number]
        if place := places.get(one.context):
            context = contexts[one.context]
            lead = len(context.text) - len(context.text.lstrip())  # its article has none
            start = place.start + one.start - lead
            question = Question(one.question, one.answers, context.title, place.file, start)
            evidence = assistant.ask(question.text, period=False).evidence
            yield number, [found(e, question) for e in evidence]


def main() -> None:
    """Look, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--state", type=Path, default=Path("build/adapter.state"))
    parser.add_argument("--questions", type=int, default=2000)
    arguments = parser.parse_args()
    arguments.state.parent.mkdir(parents=True, exist_ok=True)
    contexts, asked = read(arguments.folder)
    with tempfile.TemporaryDirectory() as folder:
        first = islice(mine(contexts, asked, Path(folder)), arguments.questions)
        mined = dict(tqdm(first, total=arguments.questions, mininterval=20))
    keep(arguments.state, mined)
    best = sum(bool(quotes) and quotes[0].right is True for quotes in mined.values()) / len(mined)
    among = sum(any(one.right for one in quotes) for quotes in mined.values()) / len(mined)
    print(f"the right quote first {best:.3f}, among them {among:.3f}")


if __name__ == "__main__":
    main()
