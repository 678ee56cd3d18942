"""An answer's quotes → where in each the words stand that answer, to be marked.

A quote says more than was asked. Of the short answers that an answer's quotes hold, the likeliest is marked
in them, in the fullest of its ways: so a reader sees at a glance what is meant, also where it is not likely
enough to stand in front. Nothing is marked where a short answer is no answer: a question of yes or no, an
account. Changes no word.
"""

from collections.abc import Mapping
from dataclasses import replace

from assistant.asking.kinds import asked_for
from assistant.asking.question import wants_account
from assistant.composing.assemble import SHORT
from assistant.finding.likely import alike, fullest, held
from assistant.values import Answer, Claim
from index.text import Span
from index.words import WORD, words

SIGNS = "$€£¥"  # before a number
PERCENT = "%"  # after it


def with_marks(answer: Answer, likely: Mapping[str, float]) -> Answer:
    """The answer with its likeliest short answer marked where a quote holds it. `likely`: likely.py."""
    question = answer.standalone_question
    if answer.status != "answered" or wants_account(question) or asked_for(question).kind != "fact":
        return answer
    holds = [held(likely, claim.text) if _takes_marks(claim) else set[str]() for claim in answer.claims]
    shown = set[str]().union(*holds)
    if not shown:
        return answer
    best = max(shown, key=lambda one: (likely[one], one))
    group = next(group for group in alike(likely) if best in group)
    ways = [way for way in fullest(likely, group) if way in shown]
    return replace(
        answer,
        claims=tuple(
            replace(claim, marked=next((place(claim.text, way) for way in ways if way in held_here), None))
            for claim, held_here in zip(answer.claims, holds, strict=True)
        ),
    )


def place(text: str, words_: str) -> Span | None:
    """Where folded words (one or more) stand first in a text, with the sign of an amount.

    >>> text = "Évian’s water cost $5.02 (up 7%)."
    >>> spans = [place(text, words) for words in ("evian", "5 02", "7", "9")]
    >>> [span and text[span.start : span.end] for span in spans]
    ['Évian', '$5.02', '7%', None]
    """
    wanted = words_.split()
    found = [(word, m.start(), m.end()) for m in WORD.finditer(text) for word in words(m[0])]
    for at in range(len(found) - len(wanted) + 1):
        if [word for word, *_ in found[at : at + len(wanted)]] == wanted:
            start, end = found[at][1], found[at + len(wanted) - 1][2]
            start -= start > 0 and text[start - 1] in SIGNS
            end += text[end : end + 1] == PERCENT
            return Span(start, end)
    return None


def _takes_marks(claim: Claim) -> bool:
    """Whether it is a quote of more than the answer itself."""
    return claim.verdict == "quoted" and len(claim.text.split()) >= SHORT
