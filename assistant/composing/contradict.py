"""Quotes of different articles that give different values to the same thing: which pairs disagree.

Two quotes disagree when their sentences are nearly the same words but differ in a number, a date or a name;
or when the question asks for a number and both count what it asks about, differently. Then the reader gets
both, the newest first, each under its date. Rules on words: quotes that tell the same in other words are not
seen, and two figures of two times are shown as well unless each names its months, which dates make plain.
Decides nothing about who is right. English.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations

from assistant.asking.question import wanted
from assistant.checking.facts import Facts, Figure, facts, missing_names
from assistant.composing.assemble import with_markers
from assistant.values import Answer, Citation, Claim, Evidence
from index.text import MONTHS, human_date
from index.words import stem, terms

MONTH = re.compile(rf"\b(?:{'|'.join(MONTHS)})\b")
NEARLY_SAME = 0.55  # Jaccard overlap of words, numbers left out, from which two sentences tell of one thing
ON_QUESTION = 0.5  # share of the question's words that each of two quotes holds that count the same
BESIDE = 0.2  # share of the best quote's probability from which a quote is a rival and no by-catch


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two quotes, the newest first, and the values in which they differ."""

    newer: Evidence
    older: Evidence
    values: tuple[str, str]


def disagreements(question: str, evidence: Sequence[Evidence]) -> list[Disagreement]:
    """The pairs that give different values to the same thing, the most relevant pair first."""
    best = max((e.score for e in evidence), default=0.0)
    rivals = [e for e in evidence if e.score >= BESIDE * best]
    found = []
    for a, b in combinations(rivals, 2):
        if a.source.article == b.source.article or a.source.date == b.source.date is not None:
            continue
        values = differing(question, a.key, b.key)
        if values:
            swap = (b.source.date is not None) and (a.source.date is None or b.source.date > a.source.date)
            found.append(Disagreement(b, a, values[::-1]) if swap else Disagreement(a, b, values))
    return found


def differing(question: str, a: str, b: str) -> tuple[str, str] | None:
    """The values in which two sentences differ that tell of the same thing; None when they do not.

    >>> differing("", "The flood damaged 212 homes in Tholmby.", "The flood damaged 340 homes in Tholmby.")
    ('212', '340')
    >>> differing("", "The flood damaged 212 homes.", "The ferry carried 340 people.")
    >>> differing("", "The talks are on 12 January in Geneva.", "The talks are on 13 January in Geneva.")
    ('12 January', '13 January')
    >>> differing("", "The talks begin in Geneva in spring.", "The talks begin in Vienna in spring.")
    ('Geneva', 'Vienna')
    """
    first, second = facts(a), facts(b)
    alike = _overlap(set(terms(first.rest)), set(terms(second.rest)))
    asks = wanted(question) == "number"
    stems = set(terms(question))
    if alike < NEARLY_SAME and not (asks and stems and _held(stems, a) and _held(stems, b)):
        return None
    about = None if alike >= NEARLY_SAME else stems
    if not _of_other_months(a, b) and (counted := _counted(first, second, about)):
        return counted
    if alike < NEARLY_SAME:
        return None
    if first.dates and second.dates and not set(first.dates) & set(second.dates):
        return str(first.dates[0]), str(second.dates[0])
    if first.numbers == second.numbers:
        here, there = missing_names(a, b), missing_names(b, a)
        if len(here) == len(there) == 1:
            return here[0], there[0]
    return None


def both_sides(answer: Answer, question: str, evidence: Sequence[Evidence], limit_words: int) -> Answer:
    """An answer, with both quotes of a disagreement under their dates where one of them is shown and both
    fit; unchanged where the articles agree."""
    shown = {(c.source.article, c.start) for c in answer.citations}
    pair = next(
        (
            d
            for d in disagreements(question, evidence)
            if {(e.source.article, e.start) for e in (d.newer, d.older)} & shown
        ),
        None,
    )
    if answer.status != "answered" or pair is None:
        return answer
    quotes = (pair.newer, pair.older)
    if sum(len(e.key.split()) + 4 for e in quotes) > limit_words:
        return answer
    claims = tuple(
        Claim.quoted(e.key, n, human_date(e.source.date) if e.source.date else "No date")
        for n, e in enumerate(quotes, start=1)
    )
    return replace(
        answer,
        text="\n\n".join(f"{claim.heading}\n{with_markers(claim)}" for claim in claims),
        claims=claims,
        citations=tuple(Citation.of(n, e) for n, e in enumerate(quotes, start=1)),
    )


def _counted(a: Facts, b: Facts, about: set[str] | None) -> tuple[str, str] | None:
    """Two figures that count the same thing (one of `about`, where that is given) with different values,
    none of which the other side tells as well."""
    for x in a.figures:
        for y in b.figures:
            same = {stem(w) for w in x.counts[:2]} & {stem(w) for w in y.counts[:2]}
            if about is not None:
                same &= about
            if same and x.value not in b.numbers and y.value not in a.numbers and not _years(x, y):
                return _written(x.value), _written(y.value)
    return None


def _of_other_months(a: str, b: str) -> bool:
    """Whether both name months, and none in common: each may count what was then.

    >>> _of_other_months("From June to August 9 came.", "8 came in May.")
    True
    >>> _of_other_months("9 came.", "8 came in May.")
    False
    """
    here, there = set(MONTH.findall(a)), set(MONTH.findall(b))
    return bool(here and there) and not here & there


def _years(*figures: Figure) -> bool:
    return all(figure.is_year and not figure.counts for figure in figures)


def _written(value: Decimal) -> str:
    return f"{value:,f}"


def _held(stems: set[str], text: str) -> bool:
    return len(stems & set(terms(text))) >= ON_QUESTION * len(stems)


def _overlap(a: set[str], b: set[str]) -> float:
    return len(a & b) / len(a | b) if a | b else 0.0
