"""A question made from a statement: its words in order, and whether it stands alone.

    "When" + "the council" + "voted on the Kolvard dike"  →  When did the council vote on the Kolvard dike?

`asked` is silent where the verb is not certain, `stands_alone` refuses what points back to another sentence
("she", "the company", "last week"). Rules and word lists, both rather too strict: whoever makes questions
has many sentences to choose from. English.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from assistant.asking.clause import Parts, with_wh
from assistant.asking.lexicon import AUX, PARTICIPLES
from assistant.asking.mentions import SAID
from assistant.tries.statement import DANGLES, DAY, is_verb
from index.text import MONTHS
from index.words import terms, words

MIN_WORDS, MAX_WORDS = 5, 15  # of a question: about something, and read at a glance
NAMED_TERMS, UNNAMED_TERMS = 2, 5  # different content words that it has at least, with a name and without

# What points to another sentence, or to the day on which it was written.
POINTS_BACK = re.compile(
    r"\b(?:he|she|it|they|him|them|this|that|these|those|here|there|we|us|our|i|my|me|you|your|former|latter"
    rf"|such|same|others?|another|both|today|yesterday|tomorrow|tonight|ago|earlier|so far|since|{DAY}s?"
    r"|(?:last|next|past|previous|following) \w+)\b",
    re.I,
)
THAT_CLAUSE = re.compile(rf"\AWho {SAID} that\b")
WHOSE = re.compile(r"\b(?:his|her|its|their)\b")  # in a second clause nobody knows whose
# "the company": which one, says another sentence …
BARE = re.compile(
    r"\bthe ([a-z]\w+)(?= (?:in|on|at|to|for|from|with|by|as|after|over|into|and|or|was|were|is|are|has|have"
    r"|had|will|did|[a-z]+ed)\b|[’',?]|$)"
)
# … but of these there is only one.
ONLY_ONE = frozenset(
    words(
        """world public internet pandemic sun moon earth sea military police press president economy
        coronavirus time end night day past future air ground wild"""
    )
)


@dataclass(frozen=True, slots=True)
class Posed:
    """A question, and the words of its sentence that answer it; `kind` is what it asks for."""

    question: str
    answer: str
    kind: str


def asked(wh: str, subject: str, predicate: str, answer: str) -> Iterator[Posed]:
    """The question with its subject after the auxiliary; none where a second verb makes that uncertain, or
    where the end of the predicate belonged to what was taken out of it.

    >>> [p.question for p in asked("Why", "the ferry", "lost its rudder", "because it was old")]
    []
    >>> [p.question for p in asked("Why", "the ferry Marisel", "lost its rudder", "because it was old")]
    ['Why did the ferry Marisel lose its rudder?']
    """
    first, *more = re.sub(r"\bto [a-z]+", "to", predicate).split()
    if any(is_verb(t) or t in AUX - {"be", "been"} for t in more[1:]):
        return
    if first not in AUX and more and (is_verb(more[0]) or more[0] in PARTICIPLES):
        return
    bare = re.fullmatch(r"the ([a-z]+)", subject)
    if (bare and bare[1] not in ONLY_ONE) or re.search(r"\bborn [A-Z]", predicate):
        return
    if wh != "What" and DANGLES.search(predicate):  # "What is it known for"
        return
    kind = "how many" if wh.startswith("How") else wh.lower()
    yield Posed(f"{with_wh(wh, Parts('Who', '', '', predicate), subject)}?", answer, kind)


def stands_alone(question: str) -> bool:
    """Whether a question is about something definite without the text around it, and of a good length.

    >>> stands_alone("When was Apple added to the Dow?"), stands_alone("What did Lee tell the company?")
    (True, False)
    """
    tokens = question.rstrip("?").split()
    named = any(t[:1].isupper() and t not in MONTHS for t in tokens[1:])
    about = len(set(terms(" ".join(tokens[1:]))))
    verbs = sum(is_verb(t, tokens[i + 1 : i + 2]) for i, t in enumerate(tokens))
    return (
        MIN_WORDS <= len(tokens) <= MAX_WORDS
        and about >= (NAMED_TERMS if named else UNNAMED_TERMS)
        and not POINTS_BACK.search(THAT_CLAUSE.sub("", question))
        and not any(a == b for a, b in pairwise(tokens))  # a slip of the article's
        and " is it that " not in question  # the verb is not known
        and "," not in re.sub(r"\d,\d", "", question)
        and all(m[1] in ONLY_ONE for m in BARE.finditer(question))
        and not (tokens[0] == "Who" and verbs > 1 and WHOSE.search(question))
    )
