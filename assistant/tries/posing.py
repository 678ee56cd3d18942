"""A sentence of an article → questions that it answers, in plain English, each with the words that answer.

    "The ferry Marisel carried 48,200 passengers in 2021."
        → How many passengers did the ferry Marisel carry in 2021?   When did the ferry Marisel carry …?

Rules, and strict: most sentences give none, for a question must be grammatical and stand alone (alone.py).
Knows nothing of the library; whether the question finds its sentence again, tries.py asks. Limits: English;
a word that is a verb here and a noun there passes now and then.
"""

import re
from collections.abc import Iterator

from assistant.asking.lexicon import AUX, BASES, BE, PREPOSITIONS, VERBS
from assistant.asking.mentions import NAME, ROLE, persons
from assistant.tries.alone import Posed, asked, stands_alone
from assistant.tries.amounts import COUNT, amounts, first_count
from assistant.tries.statement import MONTH, WHEN, Statement, is_verb, plain, statement, trimmed


def posed(sentence: str, beside: str = "") -> list[Posed]:
    """The questions that a sentence answers, [] for most; `beside` is text around it, to tell names by.

    >>> for p in posed("The ferry Marisel carried 48,200 passengers in 2021."): print(p.question, p.answer)
    How many passengers did the ferry Marisel carry in 2021? 48,200
    When did the ferry Marisel carry 48,200 passengers? in 2021
    >>> posed("It carried them all, she said.")
    []
    """
    text = plain(sentence)
    if not text:
        return []
    found = [*_offices(text), *first_count(trimmed(text))]
    parts = statement(sentence, beside)
    if parts:
        found += _of_statement(parts, f"{text}.", beside)
    return [p for p in dict.fromkeys(found) if stands_alone(p.question)]


def _of_statement(parts: Statement, text: str, beside: str) -> Iterator[Posed]:
    yield from _who(parts, text, beside)
    yield from _by_whom(parts, text, beside)
    yield from _named(parts)
    yield from amounts(parts)
    yield from _what(parts)
    yield from _where(parts)
    yield from _when(parts)
    if parts.why and not parts.when:
        yield from asked("Why", parts.subject, parts.predicate, parts.why)


# --- who ----------------------------------------------------------------------------------------------

IRREGULAR = "|".join(sorted(past for past, base in BASES.items() if base != past))
OFFICE = re.compile(
    rf"(?:^|[ ,])(?P<name>(?:[A-Z][\w’'-]+|[A-Z]\.)(?: (?:[A-Z][\w’'-]+|[A-Z]\.)){{1,3}}), (?:the |an? )?"
    rf"(?P<role>(?:[\w’'-]+ ){{0,4}}{ROLE} (?:of|for|at) (?:the )?[A-Z][\w’'-]*"
    r"(?: (?:(?:of|and|for) )?(?:the )?[A-Z][\w’'-]*)*)(?=,|$)"
)
NOT_IN_OFFICE = re.compile(r"\b(?:former|then|late|acting|assistant|associate|deputy|vice|ex-\w+)\b", re.I)
WHO_DOES = re.compile(
    r"(?:^|[ ,])(?P<name>[A-Z][\w’'-]+(?: [A-Z][\w’'.-]+){1,3}), who "
    rf"(?P<does>(?:[a-z]+(?:s|ed)|was|{IRREGULAR}) [^,]+)(?=,|$)"
)
DEFINITE = re.compile(r"(?:is|was) the (?:[\w’'-]+ ){1,5}?(?:of|in|to|for|on)\b")
BY = re.compile(rf"(?:was|were|is|are) (?P<done>[a-z]+) by (?P<whom>[A-Z][\w’' .-]*?)(?P<when> {WHEN})?")


def _offices(text: str) -> Iterator[Posed]:
    """Who somebody is whom the sentence presents beside the way.

    >>> [p.question for p in _offices("Ann Roe, the chief engineer of the Kolvard Port, signed it")]
    ['Who is the chief engineer of the Kolvard Port?']
    >>> [p.question for p in _offices("It was signed by Ann Roe, who leads the Kolvard Port")]
    ['Who leads the Kolvard Port?']
    """
    for found in OFFICE.finditer(text):
        if not NOT_IN_OFFICE.search(found["role"]):
            yield Posed(f"Who is the {found['role']}?", found["name"], "who is")
    for found in WHO_DOES.finditer(text):
        yield Posed(f"Who {found['does']}?", found["name"], "who")


def _is_person(name: str, text: str, beside: str) -> bool:
    """Whether a text speaks of somebody by that name.

    >>> _is_person("Lee", "Lee left.", "Mr Lee was there."), _is_person("Bern", "Bern left.", "in Bern")
    (True, False)
    """
    if not NAME.fullmatch(name):
        return False
    return any(p.sure and (p.name == name or p.name.endswith(f" {name}")) for p in persons(text, beside))


def _who(parts: Statement, text: str, beside: str) -> Iterator[Posed]:
    """Who did it; who or what is the only one of its kind.

    >>> [p.question for p in _who(Statement("Orvelhaven", "is the capital of Ormeska"), "", "")]
    ['What is the capital of Ormeska?']
    """
    definite = DEFINITE.match(parts.predicate)
    if parts.when or (parts.predicate.split()[0] in BE and not definite):
        return
    somebody = _is_person(parts.subject, text, beside)
    if definite and not somebody:
        office = re.search(rf"\b{ROLE}\b", parts.predicate.split(" of ")[0], re.I)
        somebody = bool(office) or any(p.sure for p in persons(parts.subject, beside))
    if somebody:
        yield Posed(f"Who {parts.predicate}?", parts.subject, "who")
    elif definite and parts.subject[0].isupper():
        yield Posed(f"What {parts.predicate}?", parts.subject, "what is")


def _by_whom(parts: Statement, text: str, beside: str) -> Iterator[Posed]:
    """
    >>> told = Statement("the name oxygen", "was coined by Ann Roe in 1777")
    >>> [p.question for p in _by_whom(told, "Dr Ann Roe", "")]
    ['Who coined the name oxygen in 1777?']
    """
    found = BY.fullmatch(parts.predicate)
    if not found or not (found["done"].endswith("ed") or found["done"] in BASES):
        return
    if _is_person(found["whom"], text, beside):
        yield Posed(f"Who {found['done']} {parts.subject}{found['when'] or ''}?", found["whom"], "who")


# --- what ---------------------------------------------------------------------------------------------

COMPLEMENT = re.compile(rf"(?P<verb>is|was|were) (?P<what>(?:(?:an?|the) )?(?:[A-Z]|{COUNT}).*)")
TO_DO = re.compile(
    r"(?P<head>(?:agreed|plans|planned|wants|promised|refused|decided|voted|offered|threatened|hopes|intends"
    r"|expects|chose|(?:is|was|are|were|has been|have been) (?:expected|due|set|required|ordered|forced"
    r"|supposed|scheduled|allowed))) (?P<what>to (?P<do>[a-z]+) .*)"
)
MADE = re.compile(
    rf"(?P<verb>[a-z]+) (?P<what>(?:the|an?|its|his|her|their) (?:(?!{MONTH})[\w’'-]+ )+?)(?P<when>{WHEN})"
)
KNOWN = re.compile(
    r"(?P<head>(?:is|was|are|were) (?:[a-z]+ly )?(?:known (?:as|for)|named after|based on|made (?:of|from)"
    r"|caused by|called|composed of|derived from|divided into|used (?:for|as))) (?P<what>.+)"
)


def _named(parts: Statement) -> Iterator[Posed]:
    """
    >>> [p.question for p in _named(Statement("the capital of Ormeska", "is Orvelhaven"))]
    ['What is the capital of Ormeska?']
    """
    found = COMPLEMENT.fullmatch(parts.predicate)
    if found and re.match(r"the .*\bof\b", parts.subject) and not parts.when:
        somebody = re.search(rf"\b{ROLE}\b", parts.subject.split(" of ")[0], re.I)
        wh = "Who" if somebody else "What"
        yield Posed(f"{wh} {found['verb']} {parts.subject}?", found["what"], f"{wh.lower()} is")


def _what(parts: Statement) -> Iterator[Posed]:
    """What somebody agreed to do, made in 1986; what something is known for.

    >>> [p.question for p in _what(Statement("the Kolvard council", "voted to raise the dike"))]
    ['What did the Kolvard council vote to do?']
    >>> [p.question for p in _what(Statement("Orvelhaven", "built the first pier in 1986"))]
    ['What did Orvelhaven build in 1986?']
    """
    to_do = TO_DO.fullmatch(parts.predicate)
    if to_do and to_do["do"] in VERBS:
        yield from asked("What", parts.subject, _with(f"{to_do['head']} to do", parts.when), to_do["what"])
    made = MADE.fullmatch(parts.predicate)
    if made and not parts.when and is_verb(made["verb"]) and made["verb"] not in AUX:
        yield from asked("What", parts.subject, _with(made["verb"], made["when"]), made["what"].strip())
    known = KNOWN.fullmatch(parts.predicate)
    if known:
        yield from asked("What", parts.subject, _with(known["head"], parts.when), known["what"])


# --- where and when -----------------------------------------------------------------------------------

WHERE = re.compile(
    r"(?P<head>(?:is|was|are|were) (?:born|held|based|located|headquartered|buried|built|filmed|situated"
    rf"|raised)) (?P<where>(?:in|at|on|near) (?:the )?(?!{MONTH})[A-Z][\w’' -]*?)(?: (?P<when>{WHEN}))?"
)
WHEN_INSIDE = re.compile(rf"(?<=\w) (?P<when>{WHEN})(?= (?:{'|'.join(sorted(PREPOSITIONS - {'than'}))})\b|$)")
TIMELESS = frozenset(("is", "are", "has", "have", "had", "would", "could", "should"))


def _where(parts: Statement) -> Iterator[Posed]:
    """
    >>> [p.question for p in _where(Statement("Ann Roe", "was born in Orvelhaven in 1950"))]
    ['Where was Ann Roe born in 1950?']
    """
    found = WHERE.fullmatch(parts.predicate)
    if found:
        when = found["when"] or parts.when
        yield from asked("Where", parts.subject, _with(found["head"], when), found["where"])


def _when(parts: Statement) -> Iterator[Posed]:
    """When it happened: on a date that stood first, or in the predicate.

    >>> [p.question for p in _when(Statement("Ormeska", "was flooded in June 2022 by the Irravel"))]
    ['When was Ormeska flooded by the Irravel?']
    """
    when, predicate = parts.when, parts.predicate
    if not when:
        inside = WHEN_INSIDE.search(predicate)
        if not inside:
            return
        when, predicate = inside["when"], predicate[: inside.start()] + predicate[inside.end() :]
    if predicate.split()[0] not in TIMELESS:
        yield from asked("When", parts.subject, predicate, when)


def _with(head: str, when: str) -> str:
    return f"{head} {when}".strip()
