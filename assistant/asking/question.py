"""The question as typed → checked; and what kind of answer it wants.

Says nothing of what a question refers to (followup.py) and does not know the articles. English.
"""

import re
from typing import Literal

from index.errors import UsageError

Wanted = Literal["number", "time", "name", "any"]

WANTED: tuple[tuple[Wanted, re.Pattern[str]], ...] = (
    (
        "time",
        re.compile(
            r"\b(?:when|how soon|(?:what|which) (?:(?:is|was) the )?(?:year|date|day|month|century|time))\b",
            re.I,
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

ACCOUNT = re.compile(
    r"\b(?:why|how|what (?:happen\w*|(?:else )?(?:went|goes) on)|for what reasons?)\b"
    r"|\A(?:please |can you |could you )*"
    r"(?:describe|explain|summari[sz]e|outline|discuss|compare|tell\b.* about)\b"
    r"|\bwhat\b(?:'s|’s| is| are| was| were) (?:the )?(?:\w+ ){0,2}?(?:roles?|purpose|functions?"
    r"|differences?|meaning|significance|importance|impact|effects?|causes?|reasons?|relationship"
    r"|process|story|plot|background|consequences?|aims?|goals?|idea|argument|benefits?|advantages?"
    r"|disadvantages?|steps?|symptoms?|motives?|point)\b"
    r"|\bwhat (?:do|does|did|would|will)\b.+\b(?:mean|represent|argue|suggest"
    r"|(?:say|do|think|show|find|plan)\W*\Z)"
    # Without a question word: "Has the harbour ever been closed?", "the ferry's history".
    r"|\A(?!.*\b(?:what|which|who|whom|whose|where|when)\b)",
    re.I | re.S,
)


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


def wanted(question: str) -> Wanted:
    """What kind of answer a question asks for.

    >>> [wanted(q) for q in ("How many left?", "When did it rain?", "Who spoke?", "Why?")]
    ['number', 'time', 'name', 'any']
    """
    return next((kind for kind, pattern in WANTED if pattern.search(question)), "any")


def wants_account(question: str) -> bool:
    """Whether the answer takes a sentence or several, not a name, a number or a time.

    >>> [wants_account(q) for q in ("Why?", "How was it built?", "What happened?", "Was it ever closed?")]
    [True, True, True, True]
    >>> [wants_account(q) for q in ("How many left?", "Who spoke?", "Which ship sank?")]
    [False, False, False]
    """
    return wanted(question) == "any" and bool(ACCOUNT.search(question))
