"""The question as asked → the question as searched; and what kind of answer it wants.

A follow-up ("Who confirmed it?") is made to stand alone by what it follows: rules, no model, so that the
search never depends on a rewrite that went wrong. Checks that a question is one. English.
"""

import re
from typing import Literal

from assistant.cite import parse
from assistant.values import Answer, History, Turn
from index.errors import UsageError
from index.words import terms

Wanted = Literal["number", "time", "name", "any"]

WANTED: tuple[tuple[Wanted, re.Pattern[str]], ...] = (
    (
        "time",
        re.compile(
            r"\b(?:when|(?:what|which) (?:(?:is|was) the )?(?:year|date|day|month|century|time))\b", re.I
        ),
    ),
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
FOLLOWS_ON = re.compile(r"\s*(?:and|but|so|what about|how about)\b", re.I)
# "And when do Russia and NATO meet?" is a whole question all the same.
WHOLE = re.compile(
    r"\s*(?:and|but|so),?\s+(?:who|whom|whose|what|when|where|which|why|how|is|are|was|were|did|do|does)\b"
    r"(?! about\b)",
    re.I,
)
# A question with fewer content words of its own leans on what came before.
MIN_OWN_TERMS, MIN_OWN_TERMS_WHOLE = 2, 3


def check(question: str, limit_chars: int) -> str:
    """The question without white space around it. Raises UsageError when it is empty or too long.

    >>> check("  Who  left? ", limit_chars=100)
    'Who left?'
    """
    # Half a character (from a terminal or a browser that is not UTF-8) can't be searched for.
    asked = " ".join(question.encode("utf-8", "replace").decode().split())
    if not any(c.isalnum() for c in asked):
        raise UsageError("the question is empty; type a question about the articles")
    if len(asked) > limit_chars:
        raise UsageError(
            f"the question has {len(asked):,} characters, the limit is {limit_chars:,}; ask a shorter one"
        )
    return asked


def standalone(question: str, history: History) -> str:
    """The question with what it follows from, when it can't be understood alone: the question before it
    and the first sentence of its answer. More would drown the few words that are asked now.

    >>> standalone("Who confirmed it?", [("When is the meeting?", "On January 12 [1]. It rained [2].")])
    'Who confirmed it? (When is the meeting? On January 12.)'
    >>> standalone("Who is Jake Sullivan?", [("When is the meeting?", "On January 12 [1].")])
    'Who is Jake Sullivan?'
    """
    if not history or not leans_back(question):
        return question
    before = " ".join(filter(None, turn_texts(history[-1])))
    return f"{question} ({before})" if before else question


def leans_back(question: str) -> bool:
    """Whether the words of a question point to an earlier turn.

    >>> leans_back("What did they discuss?"), leans_back("How many people live in Kyiv?")
    (True, False)
    """
    own = len(terms(question))
    if FOLLOWS_ON.match(question) and not (WHOLE.match(question) and own >= MIN_OWN_TERMS_WHOLE):
        return True
    return own < MIN_OWN_TERMS or bool(POINTS_BACK.search(question))


def turn_texts(turn: Turn) -> tuple[str, str]:
    """An earlier turn as `(question, first sentence of the answer)`; "" for an answer that says nothing.

    >>> turn_texts(("Who left?", "Lee [1]. He flew [2]."))
    ('Who left?', 'Lee.')
    """
    if isinstance(turn, Answer):
        return turn.question, turn.claims[0].text if turn.claims else ""
    question, text = turn
    sentences = parse(" ".join(text.split()), final=True).sentences
    return _without_bracket(question.strip()), sentences[0].text if sentences else ""


def _without_bracket(question: str) -> str:
    """A follow-up as it was asked, without the bracket that `standalone` gave it.

    >>> _without_bracket("Who (if anyone) did? (When is it? On 12 May (a Thursday).)")
    'Who (if anyone) did?'
    """
    depth = 0
    for place in range(len(question) - 1, 0, -1) if question.endswith(")") else ():
        depth += (question[place] == ")") - (question[place] == "(")
        if depth == 0:
            return question[:place].rstrip()
    return question


def wanted(question: str) -> Wanted:
    """What kind of answer a question asks for.

    >>> [wanted(q) for q in ("How many left?", "When did it rain?", "Who spoke?", "Why?")]
    ['number', 'time', 'name', 'any']
    """
    return next((kind for kind, pattern in WANTED if pattern.search(question)), "any")
