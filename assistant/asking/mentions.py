"""Text → what a later pronoun may stand for: persons, things, several of them, places, times.

Names are told by their capital letters, persons among them by what stands beside the name (a title, a role,
"said"), their sex by that and by the pronouns that follow. Rules, no tagger, English: a single surname
without anything beside it is taken for a person only where nothing better is there.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.asking.lexicon import (
    AUX,
    DETERMINERS,
    GROUPS,
    MEN,
    PARTICIPLES,
    PEOPLE,
    PREPOSITIONS,
    VERBS,
    WH,
    WOMEN,
)
from index.text import MONTHS
from index.words import STOPWORDS, fold

Kind = Literal["thing", "several", "person", "place", "time"]
Sex = Literal["he", "she", ""]

TITLES = (
    "Dr|Prof|Mr|Mrs|Ms|Miss|Sir|Dame|Lord|Lady|Capt|Captain|Gen|Col|Lt|Sgt|Rev|Sen|Rep|Gov"
    "|President|Queen|King|Pope"
)
CAPITAL = r"[A-ZÀ-ÖØ-Þ][\w’'\-]*"
NAME = re.compile(
    rf"(?:(?P<title>{TITLES})\b\.? )?"
    rf"(?P<name>{CAPITAL}(?:(?: (?:de|van|von|der|bin|al|la|du|No\.))* (?:{CAPITAL}|\d+))*)"
)
ROLE = (
    r"(?:president|minister|secretary(?: general)?|chief|head|leader|director|engineer|captain"
    r"|chair(?:man|woman)?|spokes(?:man|woman|person)|adviser|advisor|expert|official|teacher|baker|farmer|author|actor|actress"
    r"|singer|player|coach|mayor|judge|lawyer|founder|manager|counterpart|analyst|professor|doctor|senator|governor"
    r"|ambassador|commander|executive|scientist|researcher|king|queen|pope|prince|princess)"
)
SAID = (
    r"(?:said|says|say|told|tells|asked|added|argued|warned|replied|explained|wrote|announced|answered"
    r"|promised)"
)
AFTER_PERSON = re.compile(rf"(?:’s|'s)?,? who\b|, (?:[\w’'-]+ ){{0,6}}{ROLE}\b|, \d\d?,")
AFTER_NAME = re.compile(
    rf",? {SAID}\b|, (?:an?|the|his|her|one)\b"
)  # a place may say something, or be "a port"
BEFORE_PERSON = re.compile(rf"(?:\b{SAID}|\b{ROLE}),? $", re.I)
BEFORE_PLACE = re.compile(r"\b(?:in|at|near|from|to|into|toward|towards|around|of|the)(?: \w+)? $", re.I)
SHE, HE = re.compile(r"\b(?:she|her|hers|herself)\b", re.I), re.compile(r"\b(?:he|him|his|himself)\b", re.I)
SHE_TITLE = re.compile(r"\b(?:Mrs|Ms|Miss|Dame|Lady|Queen|\w+woman|actress|princess|daughter|mother|wife)\b")
HE_TITLE = re.compile(r"\b(?:Mr|Sir|Lord|King|Pope|\w+man|actor|prince|son|father|husband)\b")
NO_NAME = frozenset(
    [
        "i",
        *map(str.lower, MONTHS),
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "no",
        "yes",
    ]
)
TIME_WORD = re.compile(
    rf"\b(?:1[0-9]{{3}}|20[0-9]{{2}}|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|{'|'.join(MONTHS)}"
    r"|(?:oct|sept|nov|dec|jan|feb|aug)\b\.?|today|tomorrow|yesterday"
    r"|years?|months?|weeks?|days?|quarters?|centur(?:y|ies)|spring|summer|autumn|winter|mornings?|evenings?|nights?|midnight|noon"
    r"|time|moment|decades?|hours?|minutes?)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A noun phrase of a question or an answer. `head` is its last noun before "of", folded."""

    text: str
    kind: Kind
    head: str
    prep: str  # the preposition before it, folded; "" for none

    @property
    def named(self) -> bool:
        """Whether it holds a capital letter of a name."""
        return any(t[:1].isupper() for t in self.text.split()[1:]) or self.text[:1].isupper()


@dataclass(frozen=True, slots=True)
class Person:
    """A person's name as it stands in a text, without what is not part of it; `sure` when something beside
    it says that it is one."""

    name: str
    sex: Sex
    sure: bool


def persons(text: str, beside: str = "") -> list[Person]:
    """The persons that a text names, in order, each by its longest name; `beside` is more text on them.

    >>> [(p.name, p.sex) for p in persons("Capt. Nils Orrebrand met Maren Tuvalde, who chairs it.")]
    [('Nils Orrebrand', 'he'), ('Maren Tuvalde', '')]
    """
    whole = f"{text}\n{beside}"
    found: dict[str, Person] = {}
    full = {m["name"] for m in NAME.finditer(whole)}
    for match in NAME.finditer(text):
        name = _own(match["name"])
        if (
            re.search(r"(?:’s|'s)$", match["name"])
            or not name
            or fold(name.split()[-1]) in NO_NAME | STOPWORDS
        ):
            continue
        longer = [f for f in map(_own, full) if f.endswith(f" {name}") and not TIME_WORD.search(f)]
        name = max([name, *longer], key=len)
        if name not in found:
            person = _person(name, whole)
            if person:
                found[name] = person
    return list(found.values())


def _own(name: str) -> str:
    """A name without the ’s of its possessive, an opening word that is no name, a role.

    >>> _own("Moscow’s"), _own("The White House"), _own("National Security Advisor Jake Sullivan")
    ('Moscow', 'White House', 'Jake Sullivan')
    """
    tokens = re.sub(r"(?:’s|'s|[’'])$", "", name).split()
    while len(tokens) > 1 and fold(tokens[0]) in STOPWORDS | PREPOSITIONS:
        del tokens[0]
    roles = [i for i, t in enumerate(tokens[:-1]) if re.fullmatch(f"{ROLE}|general", t, re.I)]
    given = [i for i, t in enumerate(tokens[:-1]) if fold(t) in WOMEN | MEN]
    return " ".join(tokens[max([0, *(i + 1 for i in roles[-1:]), *given[:1]]) :])


def _person(name: str, text: str) -> Person | None:
    """The person of that name, judged by every place where the text names it; None where it is none."""
    tokens = name.split()
    last = re.escape(tokens[-1])
    first = fold(tokens[0])
    sure, place, spoke = len(tokens) > 1 and first in WOMEN | MEN, False, False
    sex: Sex = "she" if first in WOMEN else "he" if first in MEN else ""
    for match in re.finditer(rf"(?:\b(?P<title>{TITLES})\b\.? )?(?:{re.escape(name)}|{last})\b", text):
        before, after = text[max(0, match.start() - 60) : match.start()], text[match.end() : match.end() + 90]
        titled = bool(match["title"]) and match["title"] not in NO_NAME
        sure |= titled or bool(AFTER_PERSON.match(after)) or bool(BEFORE_PERSON.search(before))
        place |= bool(BEFORE_PLACE.search(before))
        spoke |= bool(AFTER_NAME.match(after))
        sex = sex or _sex(
            f"{match['title'] or ''} {before[-40:] if BEFORE_PERSON.search(before) else ''}", after
        )
    if (place and not sure) or any(len(t) > 1 and t.isupper() for t in tokens) or any(map(str.isdigit, name)):
        return None
    article = re.search(rf"\b[Tt]he (?!{ROLE})(?:[a-z]+ )?{re.escape(name)}\b", text)
    if article or fold(tokens[-1]) in GROUPS:
        return None
    if len(tokens) == 1 and not sure and not sex and not re.search(rf"[\w,;’] {last}\b", text):
        return None  # the first word of a sentence
    return Person(name, sex, sure or spoke)


def _sex(before: str, after: str) -> Sex:
    """From a title before a name and the words after it.

    >>> _sex("Mrs", ""), _sex("", ", the leader, said that he"), _sex("", " left. Ann said she")
    ('she', 'he', '')
    """
    stop = re.search(rf"[.!?”] +{CAPITAL}", after)
    after = after[: stop.start()] if stop else after
    told = re.match(r",[^.;:“”]*", after)
    role = told[0] if told else ""
    if SHE_TITLE.search(before + role):
        return "she"
    if HE_TITLE.search(before + role):
        return "he"
    she, he = SHE.search(after), HE.search(after)
    if she and not he:
        return "she"
    return "he" if he and not she else ""


def mentions(text: str, people: Sequence[str] = (), *, whole: bool = False) -> list[Mention]:
    """The noun phrases of a part of a question, in order; `people` are names known to be persons'. `whole`
    says that the text is a single one, however many it holds within: it comes first.

    >>> [(m.text, m.kind) for m in mentions("for the repair of the new pier in March", ())]
    [('the repair of the new pier', 'thing'), ('March', 'time')]
    >>> [(m.text, m.kind, m.prep) for m in mentions("Russia and NATO with ten soldiers in Minsk")]
    [('Russia and NATO', 'several', ''), ('ten soldiers', 'several', 'with'), ('Minsk', 'thing', 'in')]
    """
    tokens = text.split()
    found: list[Mention] = []
    if whole and len(tokens) > 1:
        found.append(Mention(text, _kind(text, people), head(text), ""))
    i = 0
    while i < len(tokens):
        end = _phrase_end(tokens, i)
        if end == i:
            i += 1
            continue
        while end + 1 < len(tokens) and _ties(tokens, i, end):
            more = _phrase_end(tokens, end + 1)
            if more == end + 1:
                break
            end = more
        words = " ".join(tokens[i:end]).rstrip(",;:")
        prep = fold(tokens[i - 1]) if i and fold(tokens[i - 1]) in PREPOSITIONS else ""
        if not found or words != found[0].text:
            found.append(Mention(words, _kind(words, people), head(words), prep))
        i = end
    return found


def head(phrase: str) -> str:
    """The noun that a noun phrase is about, folded.

    >>> head("the price of the new pass"), head("the Kolvard dike"), head("Line No. 4")
    ('price', 'dike', 'line')
    """
    first = re.split(r" (?:of|for|between|against|to|on|in|at|that|which|who) ", phrase, maxsplit=1)[0]
    words = [w for w in re.findall(r"[\w’'-]+", first) if not w[0].isdigit() and w != "No"]
    return fold(words[-1]) if words else ""


def is_plural(phrase: str) -> bool:
    """
    >>> is_plural("the two villages"), is_plural("the crisis"), is_plural("Ann and Bob"), is_plural("NATO")
    (True, False, True, False)
    """
    noun = head(phrase)
    if re.search(r"\band\b", re.split(r" (?:of|between|for) ", phrase)[0]) or noun in PEOPLE:
        return True
    return noun.endswith("s") and not noun.endswith(("ss", "us", "is", "’s", "'s")) and len(noun) > 3


def _kind(phrase: str, people: Sequence[str]) -> Kind:
    if TIME_WORD.fullmatch(head(phrase)) or re.fullmatch(r"[12]\d{3}", phrase):
        return "time"
    if re.match(r"(?:each|every|everyone|everybody|others|people)\b", phrase, re.I):
        return "several"
    if any(fold(name.split()[-1]) in fold(phrase).split() for name in people) and not re.search(
        r"’s|'s", phrase
    ):
        return "several" if " and " in phrase else "person"
    if re.fullmatch(rf"(?:the |a )?(?:[\w’'-]+ )*{ROLE}(?: of .*| in .*)?", phrase, re.I):
        return "person"
    return "several" if is_plural(phrase) else "thing"


def _phrase_end(tokens: Sequence[str], start: int) -> int:
    """The index after the noun phrase that starts at `start`; `start` where none does."""
    i = start
    while i < len(tokens):
        token, low = tokens[i], fold(tokens[i].strip('.,;:“”"()?!'))
        opens = i == start
        if low in DETERMINERS and opens:
            pass
        elif low in WH:
            break
        elif token[:1].isupper() or token[:1].isdigit():
            pass
        elif (
            low in PREPOSITIONS | WH | AUX | STOPWORDS
            or not low
            or not low[0].isalnum()
            or (_is_past(low) and not _after_determiner(tokens, start, i))
            or (opens and i and fold(tokens[i - 1]) == "to" and low in VERBS)
        ):
            break
        i += 1
        if re.search(r"[,;:]$", token):
            break
    bare = i == start + 1 and fold(tokens[start]) in DETERMINERS
    return start if bare else i


def _is_past(low: str) -> bool:
    """Whether a word looks like the past of a verb: other forms are mostly nouns where a noun may stand."""
    return (low in PARTICIPLES and low not in VERBS) or (low.endswith("ed") and len(low) > 4)


def _after_determiner(tokens: Sequence[str], start: int, i: int) -> bool:
    """Whether what looks like a verb is an attribute: "the damaged homes", "Putin's expected visit"."""
    before = tokens[i - 1] if i > start else ""
    low = fold(before)
    return i > start and (low in DETERMINERS or low.isdigit() or before.endswith(("’s", "'s", "s’", "s'")))


def _ties(tokens: Sequence[str], start: int, i: int) -> bool:
    """Whether the word at `i` ties the phrase before it to the one after it."""
    low = fold(tokens[i])
    if tokens[i - 1].endswith((",", ";", ":")):
        return False
    if low == "and":
        return (
            tokens[i - 1][:1].isupper() == tokens[i + 1].lstrip("(“")[:1].isupper()
            or fold(tokens[i + 1]) == "the"
        )
    return low in ("of", "between") or (low == "for" and tokens[i + 1][:1].isupper())
