"""Does a claim turn round what its quotes say? Negations, opposites, roles.

Each rule compares words and their order only, and fires where the quotes say the other thing and do not say
this one. English.
"""

import re
from collections.abc import Iterator

from assistant.spelling import plain
from index.words import fold, stem, terms, words

HARD_NEGATION = r"\b(?:not(?! (?:only|just|merely))|no|never|none|nobody|nothing|neither|cannot|\w*n't"
NEGATION = re.compile(
    HARD_NEGATION + r"|refus\w+|den(?:y|ies|ied|ying|ial)|fail(?:s|ed|ing)? to|declin(?:e|es|ed|ing) to"
    r"|reject\w*|rul(?:e|es|ed|ing) out|unlikely|unable|impossible|hardly|barely)\b",
    re.I,
)
CLAUSE = re.compile(r"[,;:()–—]|\s-\s|\b(?:but|although|though|while|whereas|and|which|that)\b", re.I)
OPEN_NEGATION = re.compile(r"(?:\bnot|n't|\bnever)\s*\Z", re.I)
OPPOSITES: tuple[tuple[frozenset[str], frozenset[str]], ...] = tuple(
    (frozenset(map(stem, words(a))), frozenset(map(stem, words(b))))
    for a, b in (
        (
            "rise rose risen increase grow grew grown climb jump surge soar gain higher expand",
            "fall fell fallen decrease decline drop shrink shrank plunge sink sank lower reduce",
        ),
        ("more", "less fewer"),
        ("most", "least fewest"),
        ("before", "after"),
        ("with", "without"),
        ("win won wins victory", "lose lost defeat"),
        ("buy bought", "sell sold"),
        ("begin began begun start launch", "end finish stop"),
        ("open", "close shut"),
        ("support back backed favor favour", "oppose"),
        ("accept approve allow permit", "ban forbid prohibit"),
        ("first", "last"),
        ("largest biggest highest", "smallest lowest"),
        ("best", "worst"),
        ("oldest elder older", "youngest younger"),
        ("north northern", "south southern"),
        ("east eastern", "west western"),
        ("morning", "evening"),
        ("husband", "wife"),
        ("father", "mother"),
        ("brother", "sister"),
        ("son", "daughter"),
        ("he his him himself", "she her hers herself"),
        ("guilty", "innocent"),
        ("alive", "dead"),
        ("true", "false"),
        ("import", "export"),
    )
)
# "Russia invaded Ukraine": two names and up to four small words between them.
ROLES = re.compile(r"([A-Z]\w+)(?:'s)?((?: [a-z]\w*){1,4}) (?=((?:[A-Z]\w+ )*[A-Z]\w+))")


def denies_otherwise(claim: str, quotes: str) -> bool:
    """Whether a part of the claim is negated and all parts of the quotes nearest to it are not, or the
    other way. Two negations make none."""
    there = clauses(quotes)
    stems = [set(terms(plain(c))) for c in there]
    parts = clauses(claim)
    for part in parts:
        wanted = set(terms(plain(part)))
        shares = [len(wanted & s) for s in stems]
        if not max(shares, default=0) or (len(wanted) < 2 and len(parts) > 1):
            continue
        nearest = [c for c, n in zip(there, shares, strict=True) if n == max(shares)]
        if all(_denials(part) % 2 != _denials(c) % 2 for c in nearest):
            return True
    return False


def clauses(text: str) -> list[str]:
    """The parts of a text between commas and conjunctions; one that ends in "not" goes on behind what
    is put in between.

    >>> clauses("It did not, however, approve the plan.")
    ['It did not however approve the plan.']
    """
    parts = [part.strip() for part in CLAUSE.split(text.replace("’", "'"))]
    parts = [part for part in parts if part]
    joined: list[str] = []
    left = 0
    for part in parts:
        if left:
            joined[-1] += f" {part}"
            left -= 1
        else:
            joined.append(part)
            left = 2 if OPEN_NEGATION.search(part) else 0
    return joined


def _denials(clause: str) -> int:
    """
    >>> _denials("did not reject the plan"), _denials("is not only big")
    (2, 0)
    """
    return len(NEGATION.findall(clause.replace("’", "'")))


def opposite(claim: str, known: str) -> str:
    """The claim's word whose opposite stands in `known` instead of it, or "".

    >>> opposite("Freight rose by 5 percent.", "Freight fell by 5 percent.")
    'the opposite of “fell”'
    """
    said, there = set(map(stem, words(claim))), {stem(w): w for w in words(known)}
    for pair in OPPOSITES:
        for ours, others in (pair, pair[::-1]):
            if said & ours and not said & others and not there.keys() & ours and there.keys() & others:
                return f"the opposite of “{there[min(there.keys() & others)]}”"
    return ""


def turns_roles(claim: str, quotes: str) -> bool:
    """Whether two names stand around one of the quotes' words in the other order ("by" turns both).

    >>> turns_roles("Ukraine invaded Russia.", "Russia has invaded Ukraine.")
    True
    >>> turns_roles("Ukraine was invaded by Russia.", "Russia has invaded Ukraine.")
    False
    """
    there = list(_roles(quotes))
    for a, between, b in _roles(claim):
        straight = any((a, b) == (c, d) and between & verb for c, verb, d in there)
        turned = any((a, b) == (d, c) and between & verb for c, verb, d in there)
        if turned and not straight:
            return True
    return False


def _roles(text: str) -> Iterator[tuple[str, set[str], str]]:
    """`(who, stems between, whom)` of each pair of names with a few words in between."""
    for match in ROLES.finditer(plain(text)):
        between = words(match[2])
        if {"and", "or"} & set(between):
            continue
        who, whom = fold(match[1]), fold(match[3].split()[-1])
        stems = set(terms(match[2]))
        yield (whom, stems, who) if "by" in between else (who, stems, whom)
