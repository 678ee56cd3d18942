"""Is a claim carried by what it cites? Rules and one similarity; no language model.

A claim passes when all of this holds against its quotes (and their articles' titles and dates):
its numbers and dates occur there, its names occur there, it denies only what they deny, its content words
are covered, and its meaning is near. Each failure has a reason that a reader understands. What the rules do
not see: two true words put in a false relation, unless the words around them differ.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.values import Evidence
from index.text import human_date
from index.words import STOPWORDS, fold, stem, terms, words

Similarity = Callable[[str, str], float]  # cosine of two texts, -1..1

UNITS = {
    name: value
    for value, name in enumerate(
        (
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
            "sixteen seventeen eighteen nineteen"
        ).split()
    )
}
TENS = {
    name: 10 * value
    for value, name in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
}
ORDINALS = {
    name: value
    for value, name in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth".split(), start=1
    )
}
SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
DIGITS = re.compile(
    r"(?<![\w.])(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?:st|nd|rd|th|s|m|bn|k|%)?"
    r"(?:[\s-]+(hundred|thousand|million|billion|trillion|m|bn)\b)?(?!\w)",
    re.I,
)
SHORT_SCALES = {"m": 1e6, "bn": 1e9}
NUMBER_WORD = re.compile(
    r"\b(?:(?P<ten>{tens})(?:[\s-]+(?P<one>{units}))?|(?P<unit>{units}))"
    r"(?:[\s-]+(?P<scale>{scales}))?\b".format(
        tens="|".join(TENS), units="|".join(UNITS), scales="|".join(SCALES)
    ),
    re.I,
)
# "one" and "first" are mostly not counts ("one of them", "at first"), so they prove and refute nothing.
LOOSE = frozenset({0.0, 1.0})

NEGATION = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot|n[o']t|\w+n[’']t|refus\w+|den(?:y|ies|ied)"
    r"|fail(?:s|ed)? to|declin(?:e|es|ed) to|reject\w*|unlikely|hardly)\b",
    re.I,
)
CLAUSE = re.compile(r"[,;:–—]|\s-\s|\b(?:but|although|though|while|whereas|and|which|that)\b", re.I)
CAPITALISED = re.compile(r"\b[A-Z][\w’'-]*")

# Capitalised in English wherever they stand, without being a name that needs proof.
NO_NAMES = frozenset("i mr mrs ms dr".split())


@dataclass(frozen=True, slots=True)
class Verification:
    """`reason` is "" when the claim holds; `coverage` is the share of its content words found, 0..1;
    `meaning` the cosine with the quotes, -1..1 (0 when an earlier check failed)."""

    reason: str
    coverage: float
    meaning: float = 0.0

    @property
    def holds(self) -> bool:
        return not self.reason


def verify(
    claim: str,
    cited: Sequence[Evidence],
    similarity: Similarity,
    *,
    coverage_at_least: float,
    meaning_at_least: float,
) -> Verification:
    """Check one sentence against the quotes it cites."""
    quotes = " ".join(e.quote for e in cited)
    known = f"{quotes} " + " ".join(_header(e) for e in cited)
    share = coverage(claim, known)
    if not cited:
        return Verification("it cites nothing", share)
    for reason in (
        _missing("number", sorted(_shown(numbers(claim) - numbers(known) - LOOSE))),
        _missing("name", sorted(missing_names(claim, known))),
        "" if not _denies_otherwise(claim, quotes) else "it denies what the quote says, or the other way",
        "" if share >= coverage_at_least else f"only {share:.0%} of its words are in the quote",
    ):
        if reason:
            return Verification(reason, share)
    meaning = similarity(claim, quotes)
    near = meaning >= meaning_at_least
    return Verification("" if near else f"its meaning is far from the quote ({meaning:.2f})", share, meaning)


def coverage(claim: str, known: str) -> float:
    """The share of the claim's content words (stems) that occur in `known`; 1 for a claim without any.

    >>> coverage("Troops returned to bases", "10,000 soldiers had returned to their permanent bases")
    0.6666666666666666
    """
    wanted = set(terms(claim))
    return len(wanted & set(terms(known))) / len(wanted) if wanted else 1.0


def numbers(text: str) -> set[float]:
    """All numbers, in digits or words, with their scale.

    >>> sorted(numbers("10,000 soldiers, 3.4 million people, twenty-five tanks, five waves"))
    [5.0, 25.0, 10000.0, 3400000.0]
    """
    found: set[float] = set()
    for match in DIGITS.finditer(text):
        scale = (match[2] or "").lower()
        found.add(float(match[1].replace(",", "")) * (SCALES | SHORT_SCALES).get(scale, 1))
    for match in NUMBER_WORD.finditer(text):
        value = TENS.get((match["ten"] or "").lower(), 0)
        value += UNITS.get((match["one"] or match["unit"] or "").lower(), 0)
        found.add(float(value) * SCALES.get((match["scale"] or "").lower(), 1))
    return found | {float(ORDINALS[w]) for w in words(text) if w in ORDINALS}


def missing_names(claim: str, known: str) -> set[str]:
    """Capitalised words of the claim that `known` does not hold. The first word counts as a name only
    when it is no ordinary word of `known` and no function word.

    >>> missing_names("Truss spoke to Merkel.", "Liz Truss spoke on Thursday.")
    {'Merkel'}
    """
    there = {stem(w) for w in words(known)}
    return {
        match.group()
        for match in CAPITALISED.finditer(claim)
        if any(
            stem(w) not in there and w not in STOPWORDS and w not in NO_NAMES and len(w) > 1
            for w in words(match.group())
        )
        and not (match.start() == 0 and not _is_name_at_start(claim))
    }


def _is_name_at_start(claim: str) -> bool:
    """The first word of a sentence is capitalised anyway: taken for a name when a second one follows or
    when it is the whole claim.

    >>> _is_name_at_start("Angela Merkel spoke"), _is_name_at_start("Troops left")
    (True, False)
    """
    following = claim.split()[1:2]
    return not following or following[0][:1].isupper()


def _denies_otherwise(claim: str, quotes: str) -> bool:
    """Whether exactly one of the two is negated: the claim, or the clause of the quotes nearest to it."""
    wanted = set(terms(claim))
    clauses = [c for c in CLAUSE.split(quotes) if c.strip()]
    if not clauses:
        return False
    shares = [len(wanted & set(terms(c))) for c in clauses]
    best = max(shares)
    nearest = [c for c, n in zip(clauses, shares, strict=True) if n == best]
    denied = bool(NEGATION.search(claim))
    if denied:
        return not NEGATION.search(quotes)
    return all(NEGATION.search(c) for c in nearest)


def _header(evidence: Evidence) -> str:
    source = evidence.source
    return f"{source.title or ''} {human_date(source.date) if source.date else ''}"


def _missing(kind: str, items: Sequence[str]) -> str:
    return f"the {kind} {', '.join(items)} is not in the quote" if items else ""


def _shown(values: set[float]) -> list[str]:
    return [f"{value:,.10g}" for value in values]


def same_words(a: str, b: str) -> bool:
    """Whether two texts differ in case, accents, punctuation and white space at most."""
    return words(fold(a)) == words(fold(b))
