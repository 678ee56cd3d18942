"""A statement with a number in it → how many, how much, how long.

The number is left out, the rest asked as it stands. Knows nothing of other questions (posing.py) nor of what
the number means; a year counts nothing.
"""

import re
from collections.abc import Iterator

from assistant.asking.lexicon import AUX, BE, PREPOSITIONS, SUBORDINATORS, WH
from assistant.asking.mentions import SAID, is_plural
from assistant.tries.alone import Posed, asked
from assistant.tries.statement import YEAR, Statement, is_verb
from index.words import fold

SMALL = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty"
SCALE = "(?: (?:hundred|thousand|million|billion))?"
NUMBER = rf"(?:\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?|{SMALL}){SCALE}"
ABOUT = (
    r"(?:more than|at least|about|nearly|some|almost|over|around|roughly|approximately|an estimated|up to"
    r"|as many as|a total of|fewer than|less than|as much as|only)"
)
COUNT = rf"(?P<number>(?:{ABOUT} )?{NUMBER})"
MONEY = rf"(?P<number>(?:{ABOUT} )?(?:[$€£]{NUMBER}|{NUMBER} (?:dollars|euros|pounds|crowns)))"
VERB = r"(?P<verb>(?:(?:was|were|is|are|has|have|had|will) )?(?:[a-z]+ly )?[a-z]+)"
AFTER = "|".join(sorted(PREPOSITIONS - {"of"}))

FIRST = re.compile(rf"{COUNT}(?P<share> ?(?:%|percent|per cent) of)? (?!\d|dozen)(?P<what>.+)", re.I)
MANY = re.compile(
    rf"{VERB} {COUNT} (?P<what>(?:[a-z][\w’-]* ){{0,2}}?(?:[a-z][\w’-]*s|people|children))"
    rf"(?P<more>(?: (?:{AFTER}) .*)?)"
)
MONEY_UNIT = re.compile(r"\b(?:dollars|euros|pounds|crowns|cents)\Z")
MEASURE = re.compile(r" (?:after|before|to|in profit)\b")  # "3 points in profit", "two days after"
MUCH = re.compile(rf"{VERB} {MONEY}(?P<more>(?: (?:in|for|to|from|on|at|of) .*)?)")
SIZE = re.compile(rf"(?P<verb>is|was) {COUNT} [a-z]+ (?P<how>long|high|tall|deep|wide|old)")


def first_count(text: str) -> Iterator[Posed]:
    """How many, of a statement that begins with the number.

    >>> [p.question for p in first_count("More than 300 people in Tholmby were taken to hotels")]
    ['How many people in Tholmby were taken to hotels?']
    >>> [p.question for p in first_count("About 40% of the homes in Tholmby were damaged")]
    ['What percentage of the homes in Tholmby were damaged?']
    """
    found = FIRST.fullmatch(text)
    if not found or re.fullmatch(YEAR, found["number"]):
        return
    tokens = found["what"].split()
    at = next((i for i, t in enumerate(tokens) if i and is_verb(t)), 0)
    counted = [fold(t) for t in tokens[:at]]
    first = next((i for i, t in enumerate(counted) if t in PREPOSITIONS), at)
    if first and is_plural(" ".join(tokens[:first])) and not set(counted) & (WH | SUBORDINATORS | {"and"}):
        wh = "What percentage of" if found["share"] else "How many"
        yield Posed(f"{wh} {found['what']}?", found["number"], "how many")


def amounts(parts: Statement) -> Iterator[Posed]:
    """How many of something the subject did, how much it cost, how long it is.

    >>> [p.question for p in amounts(Statement("the ferry Marisel", "carried 320 passengers in June"))]
    ['How many passengers did the ferry Marisel carry in June?']
    >>> [p.question for p in amounts(Statement("the ferry Marisel", "cost about 3 million crowns"))]
    ['How much did the ferry Marisel cost?']
    >>> [p.question for p in amounts(Statement("the Kolvard dike", "is 3 kilometers long"))]
    ['How long is the Kolvard dike?']
    """
    if parts.when:
        return
    many = MANY.fullmatch(parts.predicate)
    if many and _counts(many):
        wh = f"How many {many['what']}"
        yield from asked(wh, parts.subject, many["verb"] + many["more"], many["number"])
    much = MUCH.fullmatch(parts.predicate)
    if much and _does(much["verb"]):
        yield from asked("How much", parts.subject, much["verb"] + much["more"], much["number"])
    size = SIZE.fullmatch(parts.predicate)
    if size:
        yield Posed(f"How {size['how']} {size['verb']} {parts.subject}?", size["number"], "how many")


def _counts(many: re.Match[str]) -> bool:
    """Whether a number counts things, and is the only one."""
    what, more = many["what"], many["more"]
    return (
        _does(many["verb"])
        and is_plural(what)
        and not MONEY_UNIT.search(what)
        and not PREPOSITIONS & set(what.split())
        and not re.fullmatch(YEAR, many["number"])
        and not MEASURE.match(more)
        and not re.search(r"\d", re.sub(YEAR, "", more))
    )


def _does(verb: str) -> bool:
    """Whether it is neither "be" nor "said", nor an auxiliary alone, nor the passive.

    >>> [_does(v) for v in ("carried", "has sold", "was", "has", "was sold", "said")]
    [True, True, False, True, False, False]
    """
    first, *more = verb.split()
    if re.fullmatch(SAID, verb) or first in BE:
        return False
    return first not in AUX or bool(more) or first in ("has", "have", "had")
