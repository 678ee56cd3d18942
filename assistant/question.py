"""The question as asked → the question as searched; and what kind of answer it wants.

A follow-up ("Who confirmed it?") is made to stand alone by what it follows: rules, no model, so that the
search never depends on a rewrite that went wrong. Checks that a question is one. English.
"""

import re
from typing import Literal

from assistant.values import Answer, History, Turn
from index.errors import UsageError
from index.words import terms, words

Wanted = Literal["number", "time", "name", "any"]

WANTED: tuple[tuple[Wanted, re.Pattern[str]], ...] = (
    ("time", re.compile(r"\b(?:when|(?:what|which) (?:year|date|day|month|century|time))\b", re.I)),
    (
        "number",
        re.compile(
            r"\bhow (?:many|much|old|long|far|large|big|high|tall|fast|often)\b"
            r"|\b(?:what|which) (?:\w+ ){0,2}(?:number|percentage|percent|share|price|cost|age|amount)\b",
            re.I,
        ),
    ),
    (
        "name",
        re.compile(
            r"\b(?:who|whom|whose|where|what (?:is|was) the name)\b"
            r"|\b(?:what|which) (?:\w+ )?(?:person|people|country|countries|city|state|company|team|man|woman"
            r"|actor|singer|player|president|minister|ministry|party|place)\b",
            re.I,
        ),
    ),
)

# Words that point back to an earlier turn.
POINTS_BACK = re.compile(
    r"\b(?:he|she|it|they|him|her|them|his|hers|its|their|theirs|this|that|these|those|there|then"
    r"|the same|both|one|ones)\b",
    re.I,
)
FOLLOWS_ON = re.compile(r"\s*(?:and|but|so|what about|how about|why\b\s*\??\s*$)", re.I)
MIN_OWN_TERMS = 2  # a question with fewer content words of its own leans on what came before


def check(question: str, limit_chars: int) -> str:
    """The question without white space around it. Raises UsageError when it is empty or too long."""
    asked = " ".join(question.split())
    if not words(asked):
        raise UsageError("the question is empty; type a question about the articles")
    if len(asked) > limit_chars:
        raise UsageError(
            f"the question has {len(asked):,} characters, the limit is {limit_chars:,}; ask a shorter one"
        )
    return asked


def standalone(question: str, history: History) -> str:
    """The question with what it follows from, when it can't be understood alone.

    >>> standalone("Who confirmed it?", [("When is the meeting?", "On January 12 [1].")])
    'Who confirmed it? (When is the meeting? On January 12.)'
    >>> standalone("Who is Jake Sullivan?", [("When is the meeting?", "On January 12 [1].")])
    'Who is Jake Sullivan?'
    """
    if not history or not leans_back(question):
        return question
    earlier, answer = turn_texts(history[-1])
    said = re.sub(r"\s*\[\d+\]", "", answer).strip()
    # A first turn that was itself a follow-up carries its own bracket: keep one level only.
    earlier = re.sub(r"\s*\(.*\)\s*$", "", earlier)
    return f"{question} ({earlier} {said})" if said else f"{question} ({earlier})"


def leans_back(question: str) -> bool:
    """Whether the words of a question point to an earlier turn.

    >>> leans_back("What did they discuss?"), leans_back("How many people live in Kyiv?")
    (True, False)
    """
    few = len(terms(question)) < MIN_OWN_TERMS
    return few or bool(POINTS_BACK.search(question)) or bool(FOLLOWS_ON.match(question))


def turn_texts(turn: Turn) -> tuple[str, str]:
    """An earlier turn as `(question, answer text)`; the question in its standalone form."""
    if isinstance(turn, Answer):
        return turn.standalone_question, turn.text if turn.status == "answered" else ""
    return turn


def wanted(question: str) -> Wanted:
    """What kind of answer a question asks for.

    >>> [wanted(q) for q in ("How many left?", "When did it rain?", "Who spoke?", "Why?")]
    ['number', 'time', 'name', 'any']
    """
    return next((kind for kind, pattern in WANTED if pattern.search(question)), "any")
