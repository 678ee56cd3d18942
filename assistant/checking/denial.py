"""Does a claim turn round or overstate what its quotes say? Negations, opposites, roles, hedges.

Each rule compares words and their order only, and fires where the quotes say the other thing and do not say
this one. English.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from assistant.checking.spelling import plain
from assistant.checking.wording import CLAUSE
from index.text import MONTHS
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
# A clause that ends so goes on behind what is put in between ("did not, however, approve"; "denied that").
OPEN_ENDS = ((re.compile(rf"(?:{NOT})\s*\Z", re.I), 2), (re.compile(rf"(?:{NOT_DONE})\s*\Z", re.I), 1))
OPPOSITES: tuple[tuple[frozenset[str], frozenset[str]], ...] = tuple(
    (frozenset(map(stem, words(a))), frozenset(map(stem, words(b))))
    for a, b in (
        (
            "rise rose risen increase grow grew grown climb jump surge soar gain expand",
            "fall fell fallen decrease decline drop shrink shrank plunge sink sank lower reduce",
        ),
        ("higher", "lower"),
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
        ("offensive", "defensive"),
        ("attack attacked", "defend defended"),
        ("unanimous unanimously", "narrow narrowly"),
        ("domestic", "foreign"),
        ("majority", "minority"),
        ("maximum", "minimum"),
        ("arrive arrived", "depart departed"),
        ("enter entered join joined", "leave left quit"),
        ("legal", "illegal"),
        ("public", "private"),
        ("strong stronger", "weak weaker"),
        ("early earlier", "late later"),
        ("inside", "outside"),
        ("better", "worse"),
        ("safe", "dangerous"),
        ("success successful", "failure unsuccessful"),
    )
)
# What is only possible, alleged or planned; the words after it until the thing itself.
HEDGE = re.compile(
    r"\b(?:(?-i:may)|might|could|perhaps|possibly|probably|maybe|allegedly|reportedly|apparently"
    r"|supposedly|suspected"
    r"|alleged|(?:is|are|was|were) (?:\w+ly )?(?:likely|unlikely|expected|supposed|believed|thought"
    r"|said|set|due) to"
    r"|(?:plan|hope|want|intend|seek|aim|try|tri|wish|attempt|offer|promis|propos|threaten)(?:s|ed|es|d"
    r"|ned|ning|ing)?"
    r" to|trying to|sought to|plans for|likely|potentially|seems? to|seemed to|appears? to|appeared to)\b"
    r"((?:[\s,]+[\w']+){1,7})",
    re.I,
)
# What a claim may say instead of a hedge: it does not state the thing as done.
UNSURE = re.compile(
    rf"{HEDGE.pattern.split('((?:')[0]}|\b(?:can|would|possible|possibility|potential|if|whether"
    rf"|unclear|uncertain"
    r"|plans?|planned|hopes?|hoped|intends?|intended|expects?|expected|wants?|wanted|believes?|believed"
    r"|thinks?"
    r"|aims?|aimed|seeks?|chance|risk|suspects?|proposed|proposal|attempts?|attempted|tried|tries|try"
    r"|due|set)\b",
    re.I,
)
MODAL_WORDS = frozenset(
    words("able otherwise be have been also still even not likely soon well only to the a an")
)
UNIVERSAL = (  # a claim with the first needs one of the second in its quotes
    (
        r"all|every|each|everyone|everybody|everything",
        r"all|every\w*|each|both|entire|entirely|whole|whatever|any|unanimous\w*|total",
    ),
    (r"always|constantly|invariably", r"always|every|each|constant\w*|invariably|all"),
    (
        r"entirely|completely|fully|totally|wholly",
        r"entire\w*|complete\w*|full\w*|total\w*|whole\w*|all|altogether",
    ),
    (
        r"the only|solely|exclusively|the sole",
        r"only|sole\w*|exclusive\w*|just|no other|single|alone|unique\w*",
    ),
    (r"most(?= (?:of|[a-z]+s\b))", r"most\w*|majority|more than half|mainly|largely"),
)
CONDITION = re.compile(
    r"(?<!even )(?<!as )(?<!ask )(?<!asked )(?<!see )(?<!know )(?<!what )(?<!wonder )(?<!wondered )(?<!sure )"
    r"\b(?:if|unless|provided that|as long as|only when|in case|should (?:the|he|she|it|they))\b[^,.;]*",
    re.I,
)
CONDITIONAL = re.compile(
    r"\b(?:if|unless|when|whenever|provided|as long as|in case|should (?:the|he|she|it|they)|depend\w*)\b",
    re.I,
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
    said, there = Counter(terms(claim)), Counter(terms(quotes))
    if any(there[word] and not theirs[word] for word in ours):
        return True
    if any(said[word] > ours[word] and there[word] == theirs[word] for word in theirs):
        return True
    behind = _behind_denials(quotes)
    return any(
        all(_denials(part) % 2 != _denials(clause) % 2 for clause in nearest)
        or (not _denials(part) and any(behind[word] and behind[word] == there[word] for word in terms(part)))
        for part, nearest in _parts(claim, quotes)
    )


def _behind_denials(text: str) -> Counter[str]:
    """The stems that stand behind a single negation in their part of a text: what is denied.

    >>> sorted(_behind_denials("The list has farms, but it does not include churches."))
    ['church', 'includ']
    """
    found: Counter[str] = Counter()
    for clause in _clauses(text):
        denial = NEGATION.search(clause)
        if denial and _denials(clause) % 2:
            found.update(terms(clause[denial.end() :]))
    return found


def _parts(claim: str, quotes: str) -> Iterator[tuple[str, list[str]]]:
    """Each part of a claim with the parts of the quotes that share most content words with it. A part
    without a second content word says too little to be compared, and so does one that shares none."""
    parts = list(dict.fromkeys(_clauses(claim)))
    clauses = [(clause, set(terms(clause))) for clause in dict.fromkeys(_clauses(quotes))]
    for part in parts:
        wanted = set(terms(part))
        most = max((len(wanted & found) for _, found in clauses), default=0)
        if most and (len(wanted) > 1 or len(parts) == 1):
            yield part, [clause for clause, found in clauses if len(wanted & found) == most]


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


def opposite(claim: str, quotes: str) -> str:
    """The word of the quotes, or of their nearest part, whose opposite the claim says instead; or "".

    >>> opposite("Freight rose by 5 percent.", "Freight fell by 5 percent.")
    'fell'
    """
    claim, quotes = plain(claim), plain(quotes)
    if word := _opposite(claim, quotes):
        return word
    for part, nearest in _parts(claim, quotes):
        found = [_opposite(part, clause) for clause in nearest]
        if all(found):
            return found[0]
    return ""


def _opposite(said: str, there: str) -> str:
    ours, theirs = set(map(stem, words(said))), {stem(w): w for w in words(there)}
    for pair in OPPOSITES:
        if "refus" in pair[1] and _denials(said) % 2:
            continue  # "was not accepted" says what "was refused" says
        for this, other in (pair, pair[::-1]):
            if ours & this and not ours & other and not theirs.keys() & this and theirs.keys() & other:
                return theirs[min(theirs.keys() & other)]
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
    for match in re.finditer(r"\b([a-z]\w+)(?: (?:the|a|an|to))* ([A-Z]\w+)", quotes):
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
        if {"and", "or"} & set(between) or between[-1] == "with" or match[3].split()[0] in MONTHS:
            continue  # it holds both ways round
        who, whom = fold(match[1]), fold(match[3].split()[-1])
        yield (whom, set(terms(match[2])), who) if between[-1] == "by" else (who, set(terms(match[2])), whom)


def _unaccented(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


# --- overstated ----------------------------------------------------------------------------------------


def overstates(claim: str, quotes: str) -> str:
    """What the claim states more firmly or more widely than its quotes, as the reason; "" when nothing.

    >>> overstates("The dike will break.", "The dike might break.")
    'it states as certain what the quote does not: “break”'
    >>> overstates("All homes were hit.", "Some homes were hit.")
    'the quote does not say “all”'
    >>> overstates("The dike will break.", "The dike will break if it rains.")
    'it leaves out the condition “if it rains”'
    """
    claim, quotes = plain(claim), plain(quotes)
    if sure := _unhedged(claim, quotes):
        return f"it states as certain what the quote does not: “{sure}”"
    for said, there in UNIVERSAL:
        found = re.search(rf"\b(?:{said})\b", claim, re.I)
        if found and not re.search(rf"\b(?:{there})\b", quotes, re.I):
            return f"the quote does not say “{found[0].lower()}”"
    condition = _condition_left_out(claim, quotes)
    return f"it leaves out the condition “{condition}”" if condition else ""


def _unhedged(claim: str, quotes: str) -> str:
    """A word that the quotes say with a hedge only, and a part of the claim without any."""
    hedged = _hedged(quotes)
    there = Counter(terms(quotes))
    for part in _clauses(claim) if hedged else ():
        if not UNSURE.search(part):
            for one in terms(part):
                if one in hedged and there[one] == 1:
                    return hedged[one]
    return ""


def _hedged(text: str) -> dict[str, str]:
    """Stem → word of the first content word behind each hedge.

    >>> _hedged("It may also be sold; he plans to leave.")
    {'sold': 'sold', 'leav': 'leave'}
    """
    found: dict[str, str] = {}
    for match in HEDGE.finditer(text):
        after = [w for w in words(match[1]) if w not in MODAL_WORDS and not w.endswith("ly") and terms(w)]
        if after:
            found[stem(after[0])] = after[0]
    return found


def _condition_left_out(claim: str, quotes: str) -> str:
    """The condition under which alone the quotes say what the claim says."""
    said = set(terms(claim))
    sentences = re.split(r"(?<=[.!?])\s+(?=[A-Z“\"])", quotes)
    best = max(sentences, key=lambda s: len(said & set(terms(s))))
    match = CONDITION.search(best)
    if match is None or not terms(match[0]):
        return ""
    main = best[: match.start()] + best[match.end() :]
    kept = len(CONDITIONAL.findall(claim)) > len(CONDITIONAL.findall(main))
    return "" if kept else match[0].strip()
