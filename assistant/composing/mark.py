"""An answer's quotes → where in each the words stand that answer, to be marked.

A quote says more than was asked. Of the short answers that an answer's quotes hold, the likeliest is marked
in them, in the fullest of its ways: so a reader sees at a glance what is meant, also where it is not likely
enough to stand in front. Quotes that disagree, under their dates, have one each. Nothing is marked where a
short answer is no answer: a question of yes or no, an account. Changes no word.
"""

from collections.abc import Mapping
from dataclasses import replace

from assistant.asking.kinds import asked_for
from assistant.asking.question import wants_account
from assistant.composing.assemble import SHORT
from assistant.finding.likely import alike, fullest, held, place
from assistant.values import Answer, Claim
from index.text import Span


def with_marks(answer: Answer, likely: Mapping[str, float]) -> Answer:
    """The answer with its likeliest short answer marked where a quote holds it. `likely`: likely.py."""
    question = answer.standalone_question
    if answer.status != "answered" or wants_account(question) or asked_for(question).kind != "fact":
        return answer
    holds = [held(likely, claim.text) if _takes_marks(claim) else set[str]() for claim in answer.claims]
    shown = set[str]().union(*holds)
    claims = [
        replace(
            claim,
            marked=_mark(question, claim.text, held_here, held_here if claim.heading else shown, likely),
        )
        for claim, held_here in zip(answer.claims, holds, strict=True)
    ]
    return replace(answer, claims=tuple(claims))


def _mark(
    question: str, text: str, held_here: set[str], shown: set[str], likely: Mapping[str, float]
) -> Span | None:
    """Where a text tells the likeliest of the answers shown."""
    if not held_here:
        return None
    best = max(shown, key=lambda one: (likely[one], one))
    group = next(group for group in alike(likely) if best in group)
    ways = (way for way in fullest(likely, group, question) if way in held_here)
    return next((place(text, way) for way in ways), None)


def _takes_marks(claim: Claim) -> bool:
    """Whether it is a quote of more than the answer itself."""
    return claim.verdict == "quoted" and len(claim.text.split()) >= SHORT
