"""Does a claim turn round what its quotes say? Negations, opposites, roles.

Each rule compares words and their order only, and fires where the quotes say the other thing and do not say
this one. English.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from assistant.spelling import plain
from index.words import fold, stem, terms, words

NOT = r"\b(?:not(?! (?:only|just|merely))|no|never|none|nobody|nothing|neither|cannot)\b|\b\w+n't\b"
NOT_DONE = (
    r"\b(?:refus(?:e|es|ed|ing|al)|den(?:y|ies|ied|ying|ial)|reject(?:s|ed|ing|ion)?|rul(?:e|es|ed|ing) out"
    r"|fail(?:s|ed|ing)? to|declin(?:e|es|ed|ing) to|unlikely|unable|impossible|hardly|barely)\b"
)
NEGATION = re.compile(f"{NOT}|{NOT_DONE}", re.I)
# What the negation is about: the first word behind it that is neither a function word nor an adverb.
NEGATED = re.compile(rf"(?:{NOT})(?:[\s,]+\w+){{1,6}}", re.I)
ADVERBS = frozenset(words("however yet even ever always quite really again"))
CLAUSE = re.compile(r"[,;:()–—]|\s-\s|\b(?:but|although|though|while|whereas|and|which|that)\b", re.I)
# A clause that ends so goes on behind what is put in between ("did not, however, approve"; "denied that").
OPEN_ENDS = ((re.compile(rf"(?:{NOT})\s*\Z", re.I), 2), (re.compile(rf"(?:{NOT_DONE})\s*\Z", re.I), 1))
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
        ("up", "down"),
        ("above", "below"),
        ("with", "without"),
        ("win won wins victory", "lose lost defeat"),
        ("buy bought", "sell sold"),
        ("begin began begun start launch", "end finish stop"),
        ("open", "close shut"),
        ("support favor favour", "oppose"),
        ("accept approve allow permit agree", "ban forbid prohibit refuse reject oppose"),
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
    """Whether the claim negates what the quotes do not, or the other way: a word, or a part of the claim
    against the parts of the quotes nearest to it. Two negations make none.

    >>> denies_otherwise("The plan was not approved.", "On Monday the plan was approved.")
    True
    """
    claim, quotes = plain(claim), plain(quotes)
    ours, theirs = _negated(claim), _negated(quotes)
    for here, there, text in ((ours, theirs, quotes), (theirs, ours, claim)):
        counts = Counter(terms(text))
        if any(counts[word] and not there[word] for word in here):
            return True
    return any(_part_denies_otherwise(part, quotes, alone=part == claim) for part in _clauses(claim))


def _part_denies_otherwise(part: str, quotes: str, *, alone: bool) -> bool:
    wanted = set(terms(part))
    clauses = _clauses(quotes)
    shares = [len(wanted & set(terms(c))) for c in clauses]
    if not max(shares, default=0) or (len(wanted) < 2 and not alone):
        return False
    nearest = [c for c, n in zip(clauses, shares, strict=True) if n == max(shares)]
    return all(_denials(part) % 2 != _denials(c) % 2 for c in nearest)


def _negated(text: str) -> Counter[str]:
    """The stems that "not" and the like stand before.

    >>> dict(_negated("It did not, however, approve of it; no houses were seen."))
    {'approv': 1, 'hous': 1}
    """
    found: Counter[str] = Counter()
    for match in NEGATED.finditer(text):
        after = [w for w in words(match[0])[1:] if terms(w) and w not in ADVERBS and not w.endswith("ly")]
        found.update(map(stem, after[:1]))
    return found


def _clauses(text: str) -> list[str]:
    """The parts of a text between commas and conjunctions.

    >>> _clauses("It did not, however, approve the plan, which failed.")
    ['It did not however approve the plan', 'failed.']
    """
    joined: list[str] = []
    left = 0
    for part in filter(None, (part.strip() for part in CLAUSE.split(text))):
        if left:
            joined[-1] += f" {part}"
            left -= 1
        else:
            joined.append(part)
            left = next((more for ends, more in OPEN_ENDS if ends.search(part)), 0)
    return joined


def _denials(clause: str) -> int:
    """
    >>> _denials("did not reject the plan"), _denials("is not only big")
    (2, 0)
    """
    return len(NEGATION.findall(clause))


def opposite(claim: str, known: str) -> str:
    """The word of `known` whose opposite the claim says instead of it, or "".

    >>> opposite("Freight rose by 5 percent.", "Freight fell by 5 percent.")
    'fell'
    """
    if _denials(plain(claim)) % 2:
        return ""  # "was not accepted" says what "was refused" says
    said, there = set(map(stem, words(claim))), {stem(w): w for w in words(known)}
    for pair in OPPOSITES:
        for ours, others in (pair, pair[::-1]):
            if said & ours and not said & others and not there.keys() & ours and there.keys() & others:
                return there[min(there.keys() & others)]
    return ""


def turns_roles(claim: str, quotes: str) -> bool:
    """Whether who does something in the claim has it done to them in the quotes ("by" turns roles).

    >>> turns_roles("Ukraine invaded Russia.", "Russia has invaded Ukraine.")
    True
    >>> turns_roles("Ukraine was invaded by Russia.", "Russia has invaded Ukraine.")
    False
    """
    claim, quotes = _unaccented(plain(claim)), _unaccented(plain(quotes))
    objects = [(verb, whom) for _, verbs, whom in _roles(quotes) for verb in verbs]
    for match in re.finditer(r"([a-z]\w+)(?: (?:the|a|an|to))* ([A-Z]\w+)", quotes):
        objects += [(verb, fold(match[2])) for verb in terms(match[1])]
    return any(
        (verb, who) in objects and (verb, whom) not in objects
        for who, verbs, whom in _roles(claim)
        for verb in verbs
    )


def _roles(text: str) -> Iterator[tuple[str, set[str], str]]:
    """`(who, stems between, whom)` of each two names with a few words in between."""
    for match in ROLES.finditer(text):
        between = words(match[2])
        if {"and", "or"} & set(between) or between[-1] == "with":
            continue  # it holds both ways round
        who, whom = fold(match[1]), fold(match[3].split()[-1])
        yield (whom, set(terms(match[2])), who) if between[-1] == "by" else (who, set(terms(match[2])), whom)


def _unaccented(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
