"""Two runs over the same questions: which measures changed, which questions were won and lost.

Reads what `footnote evaluate` wrote, `--json` or `--out`. Compares only the questions that both runs asked,
by ID and wording. Won and lost go through the sign test, because a run that wins three questions and loses
one has shown nothing yet. A measure that is defined otherwise since then is compared all the same.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_type_hints

from assistant.measuring.evaluate import Question, Result
from assistant.measuring.measures import Number, cell, summary
from index.errors import UsageError

CHANCE = 0.05  # from this probability on, a difference could be chance: the usual level
TYPES = get_type_hints(Result) | {"status": str}
STATUSES = ("answered", "not_found", "failed")
NEITHER = "neither the JSON of `footnote evaluate … --json` nor the answers of `--out`"


@dataclass(frozen=True)
class Change:
    """One question whose outcome is another than before."""

    before: Result
    now: Result

    @property
    def line(self) -> str:
        """
        >>> no, yes = (Result("q7", True, "answered", "Who left?", right=r) for r in (False, True))
        >>> Change(no, yes).line
        'q7: wrong → right. Who left?'
        """
        return f"{self.now.id}: {self.before.outcome} → {self.now.outcome}. {self.now.question}"


@dataclass(frozen=True)
class Comparison:
    """What is different. `measures` are `(before, now)` over the questions of both runs."""

    questions: int  # that both runs asked
    only_before: int
    only_now: int
    measures: Mapping[str, tuple[Number, Number]]
    changes: tuple[Change, ...]

    @property
    def won(self) -> tuple[Change, ...]:
        """Good now and not before: answered right, or rightly declined."""
        return tuple(c for c in self.changes if c.now.good and not c.before.good)

    @property
    def lost(self) -> tuple[Change, ...]:
        """Good before and not now."""
        return tuple(c for c in self.changes if c.before.good and not c.now.good)

    @property
    def other(self) -> tuple[Change, ...]:
        """Neither good before nor now, but not in the same way."""
        return tuple(c for c in self.changes if not c.before.good and not c.now.good)

    @property
    def kinds(self) -> dict[str, tuple[Change, ...]]:
        """Every change under its heading; without empty ones."""
        named = {"Won": self.won, "Lost": self.lost, "Wrong in another way": self.other}
        return {heading: changes for heading, changes in named.items() if changes}

    @property
    def newly_declined(self) -> tuple[Change, ...]:
        """Declined now and not before, rightly or not."""
        return tuple(c for c in self.changes if "not_found" == c.now.status != c.before.status)

    @property
    def newly_answered(self) -> tuple[Change, ...]:
        """Answered now and not before, rightly or not."""
        return tuple(c for c in self.changes if "answered" == c.now.status != c.before.status)

    def as_json(self) -> dict[str, Any]:
        """The comparison as JSON values; questions by their IDs."""
        kinds = ("won", "lost", "newly_declined", "newly_answered")
        return {
            "questions": self.questions,
            "only_before": self.only_before,
            "only_now": self.only_now,
            "measures": {
                name: {"before": before, "now": now} for name, (before, now) in self.measures.items()
            },
            **{kind: [change.now.id for change in getattr(self, kind)] for kind in kinds},
            "sign_test_p": {name: sign_test(len(won), len(lost)) for name, won, lost in _kinds(self)},
        }


def check_common(before: Sequence[Result], questions: Sequence[Question]) -> None:
    """Raises UsageError when the earlier run asked none of the questions: told before they are asked."""
    if not {(r.id, r.question) for r in before} & {(q.id, q.question) for q in questions}:
        raise UsageError(
            "the earlier run asked other questions, none of these; give a run over the same ones"
        )


def compare(before: Sequence[Result], now: Sequence[Result]) -> Comparison:
    """What is different on the questions that both runs asked."""
    old = {(r.id, r.question): r for r in before}
    pairs = [(old[r.id, r.question], r) for r in now if (r.id, r.question) in old]
    measures = [summary([pair[side] for pair in pairs]) for side in (0, 1)]
    return Comparison(
        questions=len(pairs),
        only_before=len(before) - len(pairs),
        only_now=len(now) - len(pairs),
        measures={
            name: (value, measures[1][name])
            for name, value in measures[0].items()
            if cell(value) != cell(measures[1][name])
        },
        changes=tuple(Change(*pair) for pair in pairs if pair[0].outcome != pair[1].outcome),
    )


def sign_test(won: int, lost: int) -> float:
    """The probability of a split at least as uneven when each is a coin's toss, two-sided and exact (Dixon
    and Mood, 1946, doi:10.1080/01621459.1946.10501898; the same as McNemar's exact test).

    >>> sign_test(6, 1), sign_test(2, 2), sign_test(0, 0)
    (0.125, 1.0, 1.0)
    """
    tosses = won + lost
    tail = sum(math.comb(tosses, k) for k in range(min(won, lost) + 1))
    return min(1.0, 2 * tail / (1 << tosses))


def report(comparison: Comparison) -> str:
    """The comparison as lines for the terminal."""
    return "\n".join([brief(comparison), *_questions(comparison)])


def brief(comparison: Comparison) -> str:
    """The same without naming the questions."""
    return "\n".join([*_head(comparison), *verdicts(comparison)])


def _head(found: Comparison) -> Iterable[str]:
    yield f"Against the earlier run, on the {found.questions} questions that both asked:"
    if found.only_before or found.only_now:
        yield f"  left out: {found.only_before} only in the earlier run, {found.only_now} only in this one"
    width = max(map(len, found.measures), default=0)
    if found.measures:
        yield f"  {'':<{width}}  {'before':>8}  {'now':>8}  {'change':>8}"
    for name, (before, now) in found.measures.items():
        yield f"  {name:<{width}}  {cell(before):>8}  {cell(now):>8}  {difference(before, now):>8}".rstrip()


def difference(before: Number, now: Number) -> str:
    """
    >>> difference(0.5, 0.625), difference(3, 1), difference(None, 0.5)
    ('+0.125', '-2', '')
    """
    if before is None or now is None:
        return ""
    return f"{now - before:+.3f}" if isinstance(now - before, float) else f"{now - before:+d}"


def verdicts(found: Comparison) -> Iterable[str]:
    """How many were won and lost, and whether that says anything; a line each."""
    for name, won, lost in _kinds(found):
        if won or lost:
            p = sign_test(len(won), len(lost))
            says = "could be chance" if p >= CHANCE else "hardly by chance"
            yield f"{name}: {len(won)} won, {len(lost)} lost: {says} (p = {p:.2g}, sign test)"
    if not found.won and not found.lost:
        yield "no question was won or lost"
    for name, changes in (("declined", found.newly_declined), ("answered", found.newly_answered)):
        ids = ", ".join(change.now.id for change in changes)
        yield f"newly {name}: {len(changes)}{ids and f' ({ids})'}"


def _questions(found: Comparison) -> Iterable[str]:
    for heading, changes in found.kinds.items():
        yield f"{heading}:"
        yield from (f"  {change.line}" for change in changes)


def _kinds(found: Comparison) -> list[tuple[str, list[Change], list[Change]]]:
    """Won and lost of each kind of question: what one gains by declining more, the other loses."""
    return [
        (
            name,
            [c for c in found.won if c.now.answerable is answerable],
            [c for c in found.lost if c.now.answerable is answerable],
        )
        for name, answerable in (("answerable", True), ("unanswerable", False))
    ]


# --- reading an earlier run --------------------------------------------------------------------------


def read_results(file: Path) -> list[Result]:
    """The results of an earlier run. Raises UsageError when the file holds none."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: an earlier run can't be read from it; check the path") from error
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        whole = None  # several lines, each JSON by itself
    if isinstance(whole, dict) and "questions" in whole:
        return results(whole, file.name)
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                data = json.loads(line)
                found.append(_result({"question": data["question"], **data["measured"]}))
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                raise UsageError(f"{file.name}, line {number}: {NEITHER} ({error!r})") from error
    if not found:
        raise UsageError(f"{file.name}: {NEITHER}: it is empty")
    return found


def results(run: Any, name: str) -> list[Result]:
    """The results in the object of `--json`; `name` is for the message. Raises UsageError."""
    try:
        found = [_result(data) for data in run["questions"]]
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{name}: {NEITHER} ({error!r})") from error
    if not found:
        raise UsageError(f"{name}: there is no question in it")
    return found


def _result(data: Mapping[str, Any]) -> Result:
    """Raises KeyError, TypeError, ValueError. What an earlier version did not measure keeps its default."""
    known = {field.name: data[field.name] for field in fields(Result) if field.name in data}
    for name, value in known.items():
        whole = type(value) is int and isinstance(float(value), TYPES[name])  # 1 for 1.0
        if not isinstance(value, TYPES[name]) and not whole:
            raise TypeError(f"{name} is {value!r}")
    if known["status"] not in STATUSES:
        raise ValueError(f"status is {known['status']!r}")
    return Result(**{"id": data["id"], "answerable": data["answerable"], **known})
