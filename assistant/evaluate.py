"""Questions with known answers → how often the assistant is right, and about what it is wrong.

Reads the question files of the README ("Questions"), asks each one through the same pipeline as the chat,
and counts. A measure is a share, 0..1, of the questions it applies to; None where it applies to none.
"""

import json
import re
import statistics
import string
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.answer import Assistant
from assistant.values import Answer
from index.errors import UsageError

ANSWER_WORDS = 60  # a longer answer counts as wrong: it is a reading task, no answer
RETRIEVAL_RANKS = (1, 3, 5, 10)
EVIDENCE_RANKS = (1, 3, 5)
ARTICLES = re.compile(r"\b(?:a|an|the)\b")
PUNCTUATION = str.maketrans(dict.fromkeys(string.punctuation + "“”‘’–—…", " "))


@dataclass(frozen=True)
class Question:
    """One line of a question file. `evidence` are sentences that hold a long answer, where known."""

    id: str
    question: str
    answers: tuple[str, ...]
    answerable: bool
    conversation: str | None = None
    turn: int = 0
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """What became of one question. `None`: the measure does not apply to it."""

    id: str
    answerable: bool
    turn: int
    status: str
    right: bool | None  # answerable: an accepted answer is in the text, of 60 words at most
    cited: bool | None  # answered: an accepted answer is in the quotes
    supported: float  # share of the claims that carry a footnote
    in_passages: int | None  # rank of the first passage that holds an accepted answer, 0: none
    in_evidence: int | None  # … of the first evidence
    exact: bool  # text[start:end] == quote for each citation
    evidence_s: float
    first_token_s: float | None
    total_s: float


def read_questions(file: Path) -> list[Question]:
    """Raises UsageError, with the line's number, when the file is no question file."""
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")  # U+2028 inside a text ends no line
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: can't be read as a question file; check the path") from error
    questions = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                questions.append(_question(json.loads(line)))
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                raise UsageError(
                    f"{file.name}, line {number}: not a question ({error!r}); each line is a JSON object "
                    "with id, question, answers and answerable"
                ) from error
    if not questions:
        raise UsageError(f"{file.name}: there is no question in it")
    return questions


def _question(data: Any) -> Question:
    """Raises ValueError, KeyError, TypeError."""
    answers, evidence, answerable = data["answers"], data.get("evidence", []), data["answerable"]
    if not (isinstance(answers, list) and isinstance(evidence, list) and isinstance(answerable, bool)):
        raise TypeError("answers must be a list, and answerable true or false")
    if answerable and not answers and not evidence:
        raise ValueError("an answerable question needs answers")
    if not str(data["question"]).strip():
        raise ValueError("the question is empty")
    return Question(
        id=str(data["id"]),
        question=str(data["question"]),
        answers=tuple(map(str, answers)),
        answerable=answerable,
        conversation=data.get("conversation"),
        turn=int(data.get("turn", 0)),
        evidence=tuple(map(str, evidence)),
    )


def run(assistant: Assistant, questions: Sequence[Question]) -> Iterator[tuple[Question, Answer, Result]]:
    """Ask all questions, follow-ups with the answers that their conversation got in this run."""
    turns: dict[str, list[Answer]] = {}
    for question in questions:
        history = turns.setdefault(question.conversation, []) if question.conversation else []
        answer = assistant.ask(question.question, tuple(history))
        history.append(answer)
        yield question, answer, measure(question, answer, assistant)


def measure(question: Question, answer: Answer, assistant: Assistant) -> Result:
    """One answer against what is accepted."""
    generation = assistant.library.live
    texts = {id: generation.article(id).text for id in {p.source.article for p in answer.passages}}
    holds = _holds(question)
    answered = answer.status == "answered"
    short = len(answer.text.split()) <= ANSWER_WORDS
    quotes = " ".join(c.quote for c in answer.citations)
    passages = (texts[p.source.article][p.start : p.end] for p in answer.passages)
    known = question.answerable
    return Result(
        id=question.id,
        answerable=known,
        turn=question.turn,
        status=answer.status,
        right=answered and short and holds(answer.text) if known else None,
        cited=holds(quotes) if known and answered else None,
        supported=_mean([bool(c.citations) for c in answer.claims]) or 0.0,
        in_passages=_rank(passages, holds) if known else None,
        in_evidence=_rank((e.quote for e in answer.evidence), holds) if known else None,
        exact=all(texts[c.source.article][c.start : c.end] == c.quote for c in answer.citations),
        evidence_s=answer.timings.evidence_s,
        first_token_s=answer.timings.first_token_s,
        total_s=answer.timings.total_s,
    )


def summary(results: Sequence[Result]) -> dict[str, Any]:
    """The measures of a whole set."""
    yes = [r for r in results if r.answerable]
    no = [r for r in results if not r.answerable]
    first = [r for r in yes if r.turn == 0]
    return {
        "questions": len(results),
        "accuracy": _mean([r.right for r in yes]),
        "accuracy_first_turn": _mean([r.right for r in first]),
        "right_and_cited_first_turn": _mean([bool(r.right and r.cited) for r in first]),
        "citation_precision": _mean([r.cited for r in yes if r.cited is not None]),
        "citation_recall": _mean([r.supported for r in results if r.status == "answered"]),
        "exact_offsets": _mean([r.exact for r in results]),
        **{f"retrieval_recall@{k}": _within([r.in_passages for r in yes], k) for k in RETRIEVAL_RANKS},
        "passages_hold_answer": _within([r.in_passages for r in yes], 10**9),
        **{f"evidence_recall@{k}": _within([r.in_evidence for r in yes], k) for k in EVIDENCE_RANKS},
        "declined_unanswerable": _mean([r.status == "not_found" for r in no]),
        "declined_answerable": _mean([r.status == "not_found" for r in yes]),
        "failed": _mean([r.status == "failed" for r in results]),
        **_seconds("evidence_s", [r.evidence_s for r in results]),
        **_seconds("first_token_s", [r.first_token_s for r in results if r.first_token_s is not None]),
        **_seconds("total_s", [r.total_s for r in results]),
    }


def table(measures: dict[str, Any]) -> str:
    """The summary as aligned lines.

    >>> print(table({"questions": 3, "accuracy": 2 / 3, "failed": None}))
    questions       3
    accuracy    0.667
    failed          -
    """
    width = max(map(len, measures))
    return "\n".join(f"{name:<{width}}  {_cell(value):>6}" for name, value in measures.items())


def answer_line(question: Question, answer: Answer, result: Result) -> str:
    """One line of `--out`: the answer JSON with the question's id and what was measured."""
    return json.dumps({"id": question.id, **answer.as_json(), "measured": asdict(result)}, ensure_ascii=False)


def normalise(text: str) -> str:
    """Lower case, without punctuation and articles, single spaces (as SQuAD's evaluation does;
    Rajpurkar et al., 2016, arXiv:1606.05250).

    >>> normalise("The “Tony” Awards!")
    'tony awards'
    """
    return " ".join(ARTICLES.sub(" ", text.lower().translate(PUNCTUATION)).split())


def contains(text: str, accepted: str) -> bool:
    """Whether a text holds an accepted answer, word for word after `normalise`.

    >>> contains("It cost $150.", "$15"), contains("It was Liz Truss.", "Truss")
    (False, True)
    """
    wanted = normalise(accepted)
    return bool(wanted) and f" {wanted} " in f" {normalise(text)} "


def _holds(question: Question) -> Callable[[str], bool]:
    """Long answers (those with evidence sentences) are held by a text that holds such a sentence."""
    accepted = question.evidence or question.answers
    return lambda text: any(contains(text, a) for a in accepted)


def _rank(texts: Iterator[str], holds: Callable[[str], bool]) -> int:
    return next((rank for rank, text in enumerate(texts, start=1) if holds(text)), 0)


def _within(ranks: Sequence[int | None], k: int) -> float | None:
    return _mean([rank is not None and 0 < rank <= k for rank in ranks])


def _mean(values: Sequence[bool | float | None]) -> float | None:
    return statistics.fmean(v or 0 for v in values) if values else None


def _seconds(name: str, values: Sequence[float]) -> dict[str, float | None]:
    """Median and 95th percentile."""
    ordered = sorted(values)
    at = {"p50": 0.5, "p95": 0.95}
    return {
        f"{name}_{p}": ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
        for p, share in at.items()
    }


def _cell(value: Any) -> str:
    return "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
