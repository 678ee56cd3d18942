"""Questions with known answers → the assistant's answers, and what became of each.

Reads the question files of the README ("Questions"), asks each one through the same pipeline as the chat,
and measures one answer at a time; what a whole set amounts to: measures.py. Compares words, not meaning
(gold.py), so a right answer in other words counts as wrong.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TextIO, get_args

from assistant.answer import Assistant
from assistant.asking.question import check
from assistant.checking.verify import coverage
from assistant.measuring.gold import Overlap, contains, overlap
from assistant.settings import Settings
from assistant.values import Answer, Claim, Status
from index.errors import UsageError
from index.text import human_date

SHORT_WORDS = 8  # of a short answer by itself
ANSWER_WORDS = 60  # a longer answer counts as wrong: it is a reading task, no answer
MARKER = re.compile(r"\s*\[\d+\]")  # a footnote's number in an answer's text

Outcome = Literal[
    "failed",
    "wrong",
    "answered though unanswerable",
    "declined wrongly",
    "right",
    "declined rightly",
]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)  # in the order in which a person wants to see them


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

    @property
    def accepted(self) -> tuple[str, ...]:
        """What a right answer holds one of: the evidence sentences of a long answer, else the answers."""
        return self.evidence or self.answers


@dataclass(frozen=True)
class Result:
    """What became of one question. `None`: the measure does not apply to it, or an earlier version did not
    take it (`assistant/measuring/compare.py` reads results of such runs).

    The evidence of a declined question is empty, so there `in_evidence` is 0, a miss, though the sentences
    were found: what the reader did not see was no use to them.
    """

    id: str
    answerable: bool
    status: Status
    question: str = ""
    turn: int = 0
    right: bool | None = None  # answerable: an accepted answer is in the text, of 60 words at most
    short: bool | None = None  # answerable: it is in the few words that the answer opens with
    marked: bool | None = None  # … or, where it opens with a sentence, in those that are marked in its quotes
    cited: bool | None = None  # answerable, answered: an accepted answer is in the quotes
    supported: float = 0.0  # share of the claims whose footnotes hold their words
    unfootnoted: int = 0  # claims without a footnote
    in_passages: int | None = None  # rank of the first passage that holds an accepted answer, 0: none
    in_evidence: int | None = None  # … of the first evidence
    exact: bool = True  # text[start:end] == quote for each citation
    strength: float | None = None  # estimated probability that the evidence answers, 0..1
    words: int | None = None  # of the answer, without its footnotes' numbers
    overlap_recall: float | None = None  # long answers: share of the gold's words that the quotes hold
    overlap_precision: float | None = None  # … of the answer's words that the gold holds
    overlap_f1: float | None = None
    evidence_s: float = 0.0
    first_token_s: float | None = None
    total_s: float = 0.0

    @property
    def outcome(self) -> Outcome:
        """Right or wrong, and how.

        >>> Result("q", answerable=False, status="not_found").outcome
        'declined rightly'
        """
        if self.status == "failed":
            return "failed"
        if self.status == "not_found":
            return "declined wrongly" if self.answerable else "declined rightly"
        if not self.answerable:
            return "answered though unanswerable"
        return "right" if self.right else "wrong"

    @property
    def good(self) -> bool:
        """Whether the outcome is what one wants."""
        return self.outcome in ("right", "declined rightly")

    def as_json(self) -> dict[str, Any]:
        """The result as JSON values, with its outcome."""
        return asdict(self) | {"outcome": self.outcome}


Asked = tuple[Question, Answer, Result]


def read_questions(file: Path) -> list[Question]:
    """The questions, without those of votes that don't tell what is right. Raises UsageError, with the line's
    number, when the file is no question file."""
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")  # U+2028 inside a text ends no line
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: can't be read as a question file; check the path") from error
    questions: dict[str, Question] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                data = json.loads(line)
                if _undecided(data):
                    continue
                question = _question(data)
                if question.id in questions:
                    raise ValueError(f"the id {question.id} is there twice")
            except (ValueError, KeyError, TypeError, RecursionError, UsageError) as error:
                raise UsageError(
                    f"{file.name}, line {number}: not a question ({error!r}); each line is a JSON object "
                    "with id, question, answers and answerable"
                ) from error
            questions[question.id] = question
    if not questions:
        raise UsageError(f"{file.name}: there is no question in it")
    return list(questions.values())


def _undecided(data: Any) -> bool:
    """Whether a line is a reader's vote that does not tell what would have been right.

    >>> _undecided({"vote": "down", "answerable": None, "answers": [], "evidence": []})
    True
    """
    if not isinstance(data, dict) or not data.get("vote"):
        return False
    known = data.get("answers") or data.get("evidence")
    return data.get("answerable") is None or (data["answerable"] is True and not known)


def _question(data: Any) -> Question:
    """Raises ValueError, KeyError, TypeError, and UsageError for a question that can't be asked."""
    answers, evidence, answerable = data["answers"], data.get("evidence", []), data["answerable"]
    if not (isinstance(answers, list) and isinstance(evidence, list) and isinstance(answerable, bool)):
        raise TypeError("answers must be a list, and answerable true or false")
    if answerable and not answers and not evidence:
        raise ValueError("an answerable question needs answers")
    check(str(data["question"]), Settings.question_chars)
    conversation = data.get("conversation")
    return Question(
        id=_text(data["id"]),
        question=_text(data["question"]),
        answers=tuple(map(_text, answers)),
        answerable=answerable,
        conversation=None if conversation is None else _text(conversation),
        turn=int(data.get("turn", 0)),
        evidence=tuple(map(_text, evidence)),
    )


def _text(value: object) -> str:
    r"""As text that can be written; half a character becomes a question mark.

    >>> _text(7), _text("\ud83d?")
    ('7', '??')
    """
    return str(value).encode("utf-8", "replace").decode()


def run(assistant: Assistant, questions: Sequence[Question]) -> Iterator[Asked]:
    """Ask all questions, follow-ups with the answers that their conversation got in this run."""
    turns: dict[str, list[Answer]] = {}
    for question in questions:
        history = turns.setdefault(question.conversation, []) if question.conversation else []
        answer = assistant.ask(question.question, tuple(history))
        history.append(answer)
        yield question, answer, measure(question, answer, assistant)


def kept(asked: Iterable[Asked], out: TextIO) -> Iterator[Asked]:
    """The same again, each written as a line of `--out` before the next question is asked."""
    for one in asked:
        out.write(answer_line(*one) + "\n")
        out.flush()
        yield one


def measure(question: Question, answer: Answer, assistant: Assistant) -> Result:
    """One answer against what is accepted."""
    generation = assistant.library.live
    texts = {id: generation.article(id).text for id in {p.source.article for p in answer.passages}}
    known, answered = question.answerable, answer.status == "answered"
    said = MARKER.sub("", answer.text)  # "[1]" holds no 1
    words = sum(any(map(str.isalnum, token)) for token in said.split())
    quotes = " ".join(c.quote for c in answer.citations)
    passages = (texts[p.source.article][p.start : p.end] for p in answer.passages)
    shared = overlap(" ".join(question.evidence), quotes, said if answered else "")
    long = known and bool(question.evidence)

    def holds(text: str) -> bool:
        return any(contains(text, accepted) for accepted in question.accepted)

    return Result(
        id=question.id,
        question=question.question,
        answerable=known,
        turn=question.turn,
        status=answer.status,
        right=answered and words <= ANSWER_WORDS and holds(said) if known else None,
        short=answered and holds(_short(answer)) if known and not question.evidence else None,
        marked=answered and holds(_short(answer) or _marked(answer))
        if known and not question.evidence
        else None,
        cited=holds(quotes) if known and answered else None,
        supported=_supported(answer),
        unfootnoted=sum(not claim.citations for claim in answer.claims),
        in_passages=_rank(passages, holds) if known else None,
        in_evidence=_rank((e.quote for e in answer.evidence), holds) if known else None,
        exact=all(texts[c.source.article][c.start : c.end] == c.quote for c in answer.citations),
        strength=answer.strength,
        words=words if answered else None,
        **(_long(shared, answered) if long else {}),
        evidence_s=answer.timings.evidence_s,
        first_token_s=answer.timings.first_token_s,
        total_s=answer.timings.total_s,
    )


def answer_line(question: Question, answer: Answer, result: Result) -> str:
    """One line of `--out`: the answer JSON with the question's id and what was measured."""
    line = {"id": question.id, **answer.as_json(), "measured": result.as_json()}
    return json.dumps(line, ensure_ascii=False)


def _short(answer: Answer) -> str:
    """The few words that an answer opens with; "" where it opens with a sentence."""
    first = answer.claims[0].text if answer.claims else ""
    return first if len(first.split()) <= SHORT_WORDS else ""


def _marked(answer: Answer) -> str:
    """The words that are marked as the answer, once; "" where none are."""
    return next((c.text[c.marked.start : c.marked.end] for c in answer.claims if c.marked), "")


def _supported(answer: Answer) -> float:
    """The share of the claims with a footnote whose quotes hold all their content words; what the question
    says and the article's date may come from there."""
    by_number = {c.n: c for c in answer.citations}

    def carried(claim: Claim) -> bool:
        cited = [by_number[n] for n in claim.citations if n in by_number]
        dates = [human_date(c.source.date) for c in cited if c.source.date]
        known = " ".join([answer.standalone_question, *dates, *(c.quote for c in cited)])
        return bool(cited) and coverage(claim.text, known) == 1.0

    return sum(map(carried, answer.claims)) / len(answer.claims) if answer.claims else 0.0


def _long(shared: Overlap, answered: bool) -> dict[str, float | None]:
    """A declined question's quotes hold nothing; of an answer that is not there no word is wrong."""
    return {
        "overlap_recall": shared.recall,
        "overlap_precision": shared.precision if answered else None,
        "overlap_f1": shared.f1,
    }


def _rank(texts: Iterable[str], holds: Callable[[str], bool]) -> int:
    return next((rank for rank, text in enumerate(texts, start=1) if holds(text)), 0)
