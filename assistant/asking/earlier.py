"""The turns before a question, read once: what each asked, said and named, and what it was about."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.asking.clause import Parts, bare, is_finite, noun_clause, parts
from assistant.asking.lexicon import ATTRIBUTES
from assistant.asking.mentions import Mention, Person, mentions, persons
from assistant.llm.cite import parse
from assistant.values import Answer, Turn
from index.words import terms

MAX_SENTENCES = 6  # of an earlier answer: it is about what it begins with
MIN_SHARED_TERMS = 2  # of a question in a sentence that may name whom it asks for


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier turn: its question standing alone, its first claim, and the text around its quotes."""

    question: str
    said: str
    beside: str
    asked: Parts | None = None
    found: tuple[Mention, ...] = ()
    people: tuple[Person, ...] = ()

    @classmethod
    def of(cls, turn: Turn, question: str = "") -> "Earlier":
        """A turn of the history; `question` is what it asked, standing alone, where the turn does not say."""
        read: list[str] = []
        beside = ""
        if isinstance(turn, Answer):
            question = turn.standalone_question
            # A claim may be a bare name, which the next one must not be taken to go on with.
            said = " ".join(f"{claim.text.rstrip('.')}." for claim in turn.claims)
            beside = " ".join(dict.fromkeys(c.context for c in turn.citations))
            read = [e.quote for e in turn.evidence]
        else:
            question = question or turn[0]
            sentences = parse(" ".join(turn[1].split()), final=True).sentences
            said = " ".join(s.text for s in sentences[:MAX_SENTENCES])
        people = persons(f"{question} {said}", beside) or _asked_for(question, read)
        asked, names = parts(question), [p.name for p in people]
        return cls(question, said, beside, asked, tuple(_mentioned(question, asked, names)), tuple(people))

    def asks_for_a_person(self) -> bool:
        """Whether the answer is a name: "Who …", "With whom …"."""
        return bool(self.asked and re.search(r"\b(?:who|whom|whose)\b", self.asked.wh, re.I))


def _mentioned(question: str, asked: Parts | None, names: Sequence[str]) -> list[Mention]:
    """The noun phrases of a question: those of its subject first, then of the rest and of the wh phrase."""
    if asked is None:
        return mentions(bare(question), names)
    rest = asked.rest
    if is_finite(first_word(rest)) and not asked.is_copular:  # the verb
        rest = rest.partition(" ")[2]
    wh = asked.wh[:1].lower() + asked.wh[1:]
    return [*mentions(asked.subject, names, whole=True), *mentions(rest, names), *mentions(wh, names)]


def _asked_for(question: str, read: Sequence[str]) -> list[Person]:
    """The person in what was read for the question, where the answer itself names none.

    >>> [p.name for p in _asked_for("Who runs the port?", ["Ann Roe, who runs the port, left."])]
    ['Ann Roe']
    """
    asked = set(terms(question))
    near = sorted(read, key=lambda quote: -len(asked & set(terms(quote))))
    good = [quote for quote in near if len(asked & set(terms(quote))) >= MIN_SHARED_TERMS]
    return next(
        (found for quote in good if (found := [p for p in persons(quote, " ".join(read)) if p.sure])), []
    )[:1]


def topic(earlier: Sequence[Earlier]) -> str:
    """What the last turn was about: its first thing with a name, else its first thing, people or clause."""
    for turn in reversed(earlier):
        fits = [m for m in turn.found if m.kind != "time" and m.head not in ATTRIBUTES]
        things = [m for m in fits if m.kind != "person"]
        for found in (*[m for m in things if m.named], *things, *fits):
            return definite(found.text)
        if turn.asked:
            return noun_clause(turn.asked)
    return ""


def first_word(text: str) -> str:
    """
    >>> first_word("“Why not?”"), first_word("?")
    ('Why', '')
    """
    found = re.match(r"\W*([\w’'-]+)", text)
    return found[1] if found else ""


def definite(phrase: str) -> str:
    """
    >>> definite("a separate meeting"), definite("Russian soldiers"), definite("NATO")
    ('the separate meeting', 'the Russian soldiers', 'NATO')
    """
    found = re.sub(r"^(?:a|an|some|any) ", "the ", phrase, flags=re.I)
    common = found.split()[-1][:1].islower() and not re.match(
        r"(?:the|this|that|each|every|his|her|their|its)\b|[\w’']+(?:’s|'s) ", found, re.I
    )
    return f"the {found}" if common and not re.search(r"\band\b", found) else found
