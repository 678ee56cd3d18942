"""A follow-up question → the same question, standing alone, from the turns before it.

    "What did she say about it?"  →  "What did Maren Tuvalde say about the Kolvard dike?"

A question cut short ("And in June?", "Why?") is completed from the one before it; a pronoun gives way to what
it fits in the nearest turn that has one; a question with a subject of its own stays as it is. Rules, no
model: a rewrite costs no time, adds no name or fact that the conversation does not hold, and can be shown and
edited. English. Where no rule is sure, the topic is added at the end ("…, as to the Kolvard dike?").
"""

import re
from collections.abc import Sequence

from assistant.asking.clause import bare, is_finite, parts
from assistant.asking.earlier import Earlier, topic
from assistant.asking.ellipsis import completed
from assistant.asking.lexicon import AUX, PREPOSITIONS, PRONOUN
from assistant.asking.mentions import ROLE, head, mentions
from assistant.asking.pronouns import described, resolved
from assistant.values import Answer, History
from index.words import fold, terms

# A question with fewer content words of its own says too little to be searched for.
MIN_OWN_TERMS = 2
MAX_BARE_TERMS = 3  # "How wide was the gap?" may lean on what came before; a longer question does not


def standalone(question: str, history: History) -> str:
    """The question, rewritten where it can't be understood without the turns before it, oldest first.

    >>> standalone("Who confirmed it?", [("When is Russia to meet NATO?", "On January 12 [1].")])
    'Who confirmed when Russia is to meet NATO?'
    >>> standalone("What did she say?", [("Who chairs the council?", "Maren Tuvalde, who chairs it [1].")])
    'What did Maren Tuvalde say?'
    >>> standalone("Who is Jake Sullivan?", [("When is the meeting?", "On January 12 [1].")])
    'Who is Jake Sullivan?'
    """
    earlier: list[Earlier] = []
    for turn in history:
        asked = "" if isinstance(turn, Answer) else standing_alone(turn[0].strip(), earlier)
        earlier.append(Earlier.of(turn, asked))
    return standing_alone(question, earlier)


def standing_alone(question: str, earlier: Sequence[Earlier]) -> str:
    """As `standalone`, from turns that were read already."""
    earlier = [turn for turn in earlier if turn.question]
    if not earlier or not question:
        return question
    whole = completed(question, earlier[-1])
    text = whole or resolved(bare(question), earlier)
    if not whole and text != bare(question):
        text = with_matter(question, text, earlier[-1])
    elif not whole:
        text = with_topic(question, earlier)
        if not text:
            return question
    return f"{bare(text)}?"


def with_topic(question: str, earlier: Sequence[Earlier]) -> str:
    """A question that says too little, with the topic of the last turn; "" when it says enough.

    >>> turns = [Earlier.of(("When did the Kolvard dike break?", "A gap opened at 11:20 p.m. [1]."))]
    >>> with_topic("How wide was the gap?", turns), with_topic("Who paid?", turns)
    ('How wide was the gap of the Kolvard dike', 'Who paid, as to the Kolvard dike')
    """
    text = bare(question)
    own = set(terms(text))
    named = any(m.named for m in mentions(text[:1].lower() + text[1:]))
    about = topic(earlier)
    if not about or named or own & set(terms(about)) == own:
        return ""
    gap = re.search(r"\bthe ([\w’'-]+)(?!.* of\b)(?=$| (\w+))", text)
    if gap and len(own) <= MAX_BARE_TERMS and not own & set(terms(about)) and _ends_phrase(gap[2]):
        same = described(gap[1], earlier)
        known = " of " not in same or (len(own) <= MIN_OWN_TERMS and _goes_with(gap[1], earlier[-1]))
        if known and head(same) == fold(gap[1]):
            return f"{text[: gap.start()]}{same}{text[gap.end(1) :]}"
    return f"{text}, as to {about}" if len(own) < MIN_OWN_TERMS else ""


def with_matter(question: str, text: str, last: Earlier) -> str:
    """What a resolved question was about, added where it asks about nothing of its own.

    >>> last = Earlier.of(("What did Putin say about the border?", "Vladimir Putin said … [1]."))
    >>> with_matter("Which countries did he name?", "Which countries did Vladimir Putin name", last)
    'Which countries did Vladimir Putin name, as to the border'
    """
    asked = parts(question)
    if (
        asked is None
        or not asked.aux
        or mentions(asked.rest.partition(" ")[2])
        or not PRONOUN.fullmatch(asked.subject)
    ):
        return text
    about = [m.text for m in last.found if m.prep == "about" and m.text not in text]
    return f"{text}, as to {about[0]}" if about else text


def _ends_phrase(word: str | None) -> bool:
    return not word or is_finite(word) or fold(word) in PREPOSITIONS | AUX


def _goes_with(noun: str, last: Earlier) -> bool:
    """Whether the passages quoted last speak of it, and the last question was not about a person."""
    things = [m for m in last.found if m.kind in ("thing", "several")]
    if things and re.fullmatch(ROLE, noun, re.I):
        return True
    return bool(things) and set(terms(noun)) <= set(terms(f"{last.said} {last.beside}"))
