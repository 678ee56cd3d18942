"""Words that point back ("she", "it", "that day") → what they stand for in the turns before.

Each is looked for in the nearest turn first, and only among what fits: a person for "she", several for
"they".
What stands for nothing ("it is raining") or for something in the question itself is left. Rules, no model.
"""

import re
from collections.abc import Sequence

from assistant.asking.clause import is_finite, noun_clause, noun_phrase
from assistant.asking.earlier import Earlier, definite, first_word, topic
from assistant.asking.lexicon import ATTRIBUTES, AUX, GROUPS, PREPOSITIONS, PRONOUN, SUBORDINATORS, WH
from assistant.asking.mentions import CAPITAL, Sex, head, is_plural, mentions
from index.words import fold

EXPLETIVE = re.compile(
    r"\b(?:is|was|will|would|isn't|wasn't) it (?:\w+ly |not )?(?:be )?(?:true|possible|likely|known"
    r"|clear|necessary|important|safe|legal|correct|right|expected|said|reported|certain|raining"
    r"|snowing|that|too \w+ to)\b"
    r"|\b(?:does|did|will|would) it (?:take|cost|matter|rain|snow|feel)\b(?=.* to\b)|\btime (?:is|was) it\b"
    r"|\bit (?:is|was|takes|took|costs) (?:\w+ )?(?:to|that|who|true)\b"
    r"|\b(?:is|was|are|were|be|been|has|have|will) there\b"
    r"|\bthere (?:is|are|was|were|will|has|have|be|been|any)\b"
    r"|\bthis (?:year|month|week|time|spring|summer|autumn|winter|morning|evening|quarter)\b"
    r"|\bthose (?:who|of|that|which)\b",
    re.I,
)
GOING = frozenset(["get", "got", "go", "going", "come", "travel", "move", "went", "came", "sail", "drive"])
MALE, FEMALE = frozenset(["he", "him", "his"]), frozenset(["she", "her", "hers"])
MANY = frozenset(["they", "them", "their", "theirs", "these", "those"])
POSSESSIVE = frozenset(["his", "her", "its", "their", "hers", "theirs"])
# What is done to facts: "Who confirmed it?" asks about what was asked before, not about a thing.
OF_FACTS = re.compile(
    r"\b(?:confirm|announc|say|said|report|deni|deny|know|knew|explain|claim|reveal|disclos|publiciz|mention"
    r"|wr[io]t|told|tell|state|confirmation|news|word)(?:e|es|ed|s|ing)? (?:\w+ )?(?:of |about )?\Z",
    re.I,
)


def resolved(text: str, earlier: Sequence[Earlier]) -> str:
    """The text with what its pronouns stand for; those that stand for nothing earlier are left.

    >>> turns = [Earlier.of(("Which ship joins the fleet?", "The Álvhild [1]."))]
    >>> resolved("How old is it", turns), resolved("Is it true that NATO said so", turns)
    ('How old is the ship that joins the fleet', 'Is it true that NATO said so')
    """
    done = ""
    left = text
    while match := PRONOUN.search(left):
        before, after = done + left[: match.start()], left[match.end() :]
        word = match[0]
        instead = "" if _idle(before, word, after, earlier) else _antecedent(before, word, after, earlier)
        noun = re.match(r" ([\w’'-]+)", after) if instead and _points_at_noun(before, word, after) else None
        done = before + (instead or word)
        left = after[noun.end() :] if noun else after
    return done + left


def _idle(before: str, word: str, after: str, earlier: Sequence[Earlier]) -> bool:
    """Whether a pronoun stands for nothing, or for something in the same question."""
    whole, low = f"{before}{word}{after}", word.lower()
    if any(m.start() <= len(before) < m.end() for m in EXPLETIVE.finditer(whole)):
        return True
    next_word, last_word = first_word(after), _last(before)
    if low == "that" and not _is_pronoun(last_word, next_word) and not _points_at_noun(before, word, after):
        return True
    if low in ("this", "that", "these", "those", "there"):
        return False
    inner = low in POSSESSIVE and not (low == "her" and not _is_noun(next_word))
    inner |= any(fold(w) in SUBORDINATORS | WH for w in before.split()[3:])
    return inner and _has_own(before, low, earlier)


def _has_own(before: str, low: str, earlier: Sequence[Earlier]) -> bool:
    """Whether the words before a pronoun hold what it may stand for."""
    known = [p.name for turn in earlier for p in turn.people]
    own = mentions(before, known)
    if re.match(r"who\b(?! else)", before, re.I):
        return low in MALE | FEMALE | MANY
    if low in MALE | FEMALE:
        return any(m.kind == "person" or (m.named and m.kind == "thing" and not m.prep) for m in own)
    if low in MANY:
        return any(m.kind == "several" or m.head in GROUPS for m in own) or bool(
            re.match(r"how many|which \w+s\b", before, re.I)
        )
    return any(m.kind == "thing" for m in own)


def _antecedent(before: str, word: str, after: str, earlier: Sequence[Earlier]) -> str:
    """What a pronoun stands for, as it is to be written in its place; "" when nothing fits."""
    low, whole = word.lower(), f"{before} {after}"
    if low in MALE | FEMALE:
        name = person("he" if low in MALE else "she", whole, earlier)
        if not name and low in FEMALE:  # a ship
            name = thing(whole, earlier)
        owns = low in ("his", "hers") or (low == "her" and _is_noun(first_word(after)))
        return _owned(name) if name and owns else name
    if low == "there":
        return place(before, earlier)
    if _points_at_noun(before, word, after):
        return described(first_word(after), earlier)
    fact = low in ("it", "this", "that") and bool(OF_FACTS.search(before)) and not first_word(after)
    if fact or (low in ("this", "that") and not first_word(after)):
        asked = earlier[-1].asked
        if asked and noun_clause(asked) and not (fact and asked.asks_subject and not asked.counted):
            return noun_clause(asked)
    found = several(whole, earlier) if low in MANY else thing(whole, earlier)
    return _owned(found) if found and low in POSSESSIVE else found


def person(sex: Sex, whole: str, earlier: Sequence[Earlier]) -> str:
    """The nearest person who may be "he" or "she" and is not named in the question itself; "" for none."""
    for sure in (True, False):
        for turn in reversed(earlier):
            fits = [
                p for p in turn.people if p.sex in ("", sex) and (p.sure or not sure) and p.name not in whole
            ]
            new = [p for p in fits if p.name.split()[-1] not in turn.question]
            old = [p for p in fits if p not in new]
            first = new + old if turn.asks_for_a_person() else old + new
            first = first if sure else sorted(first, key=lambda p: p.sex != sex)
            if first:
                return next((p.name for p in first[:1]), "")
    return ""


def thing(whole: str, earlier: Sequence[Earlier]) -> str:
    """The nearest thing that "it" may be."""
    for turn in reversed(earlier):
        if turn.asked and (named := noun_phrase(turn.asked)) and _is_thing(turn.asked.counted):
            return named
        fits = [m for m in turn.found if m.kind == "thing" and m.text not in whole]
        inner = [
            n for m in fits if m.head in ATTRIBUTES for n in mentions(_inside(m.text)) if n.kind == "thing"
        ]
        own = [m for m in fits if m.head not in ATTRIBUTES]
        known = [m for m in own if m.named or re.match(r"(?:the|a|an)\b", m.text, re.I)]
        for found in (*known, *inner, *own):
            return definite(found.text)
        if turn.asked and fold(turn.asked.wh) == "what" and turn.asked.aux:
            return noun_clause(turn.asked)
    return ""


def _is_thing(noun: str) -> bool:
    """
    >>> _is_thing("Russian ship"), _is_thing("day"), _is_thing("villages"), _is_thing("reason")
    (True, False, False, False)
    """
    return head(noun) not in ATTRIBUTES and [m.kind for m in mentions(noun)] == ["thing"]


def several(whole: str, earlier: Sequence[Earlier]) -> str:
    """The nearest things or people that "they" may be."""
    for turn in reversed(earlier):
        if turn.asked and is_plural(turn.asked.counted) and head(turn.asked.counted) not in ATTRIBUTES:
            return noun_phrase(turn.asked) or f"the {turn.asked.counted}"
        named = [p.name for p in turn.people if p.name in turn.question]
        new = [p.name for p in turn.people if p.name not in turn.question and p.sure]
        if (
            turn.asks_for_a_person()
            and new
            and named
            and re.search(r"\b(?:with|to|and)\b", turn.question, re.I)
        ):
            return " and ".join(name for name in (new[0], named[0]) if name not in whole)
        fits = [m for m in turn.found if m.text not in whole and (m.kind == "several" or m.head in GROUPS)]
        plural = [m for m in fits if m.kind == "several"]
        if plural or fits:
            return definite((plural or fits)[-1].text)
        if len(new) > 1:
            return f"{new[0]} and {new[1]}"
    return ""


def place(before: str, earlier: Sequence[Earlier]) -> str:
    """Where the nearest turn was: "in dock", "at Quellhaven"; "" for nowhere."""
    for turn in reversed(earlier):
        found = [
            m
            for m in turn.found
            if m.prep in ("in", "at", "on", "near", "to") and m.kind in ("thing", "place")
        ]
        if found:
            going = fold(_last(before)) in GOING
            return f"{'to' if going else found[0].prep.replace('to', 'in')} {found[0].text}"
    return ""


def described(noun: str, earlier: Sequence[Earlier]) -> str:
    """ "this dike" → the dike that was spoken of, by its full name; else the noun with the topic."""
    low = fold(noun)
    for turn in reversed(earlier):
        for m in turn.found:
            if m.head == low:
                return definite(m.text)
        if named := re.search(rf"\bthe (?:{CAPITAL} )+{re.escape(noun)}\b", f"{turn.said} {turn.beside}"):
            return named[0]
    about = topic(earlier)
    return f"the {noun} of {about}" if about else f"the {noun}"


def _last(text: str) -> str:
    return text.rsplit(maxsplit=1)[-1] if text.split() else ""


def _is_noun(word: str) -> bool:
    low = fold(word)
    return bool(word) and low not in PREPOSITIONS | AUX | WH | {"and", "or", "to", "that", "so"}


def _is_pronoun(before: str, after: str) -> bool:
    """Whether "that" between these words is a pronoun: "Who said that", "What does that mean"."""
    return not after or (fold(before) in AUX and is_finite(after)) or fold(after) in AUX | PREPOSITIONS


def _points_at_noun(before: str, word: str, after: str) -> bool:
    """ "on that day", "this plan": the pronoun is the determiner of a noun."""
    noun, last = first_word(after), fold(_last(before))
    if word.lower() not in ("this", "that", "these", "those") or not noun or not _is_noun(noun):
        return False
    if word.lower() == "that" and last not in PREPOSITIONS | AUX | WH:
        return False
    return not (last in AUX and is_finite(noun))


def _owned(name: str) -> str:
    """
    >>> _owned("Lee"), _owned("the villages")
    ("Lee's", "the villages'")
    """
    return f"{name}'" if name.endswith("s") and name.islower() else f"{name}'s"


def _inside(phrase: str) -> str:
    """
    >>> _inside("the price of the new pass")
    'the new pass'
    """
    return re.split(r" (?:of|for|between) ", phrase, maxsplit=1)[-1]
