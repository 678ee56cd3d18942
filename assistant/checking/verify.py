"""Is a claim carried by what it cites? Rules and one similarity; no language model.

A claim passes when all of this holds against its quotes (and their articles' titles and dates): its numbers,
dates and times occur there and count the same things; its names occur there, or a pronoun there leans on
them; who speaks, speaks there (speaker.py); names and numbers stand where the quotes have them (order.py);
nothing is turned round or overstated (denial.py); its words, or words that may stand for them (wording.py),
are covered in each of its parts, and its meaning is near. Each failure has a reason that a reader
understands. Where the rules are unsure they are strict: a claim that fails wrongly gives way to the quote
itself. What they do not see: true words in a false relation that keeps their order, and what follows from a
quote without being said in it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from assistant.checking.denial import denies_otherwise, opposite, overstates, turns_roles
from assistant.checking.facts import Date, Facts, Figure, facts, missing_names
from assistant.checking.order import misplaced, owned_by_another, replaced
from assistant.checking.speaker import leans_on, nobody_says
from assistant.checking.spelling import plain
from assistant.checking.wording import CLAUSE, carries, is_covered, relatives, without_lead_in
from assistant.values import Evidence
from index.text import human_date
from index.words import stem, terms, words

Similarity = Callable[[str, str], float]  # cosine of two texts, -1..1

PEOPLE = (
    "people person man men woman women child children inhabitant resident citizen soldier troop worker"
    " employee passenger traveler traveller voter student pupil teacher volunteer refugee patient visitor"
    " household family civilian officer member guest player fan tourist migrant victim"
)
# Words for what numbers count: two of different kinds are two different facts, of one kind a paraphrase.
KINDS = (
    "percent", "percentage", "dollar", "euro", "pound", "crown", "yen", "franc", "rouble ruble", "rupee",
    "cent", "second", "minute", "hour", "day", "week", "month", "year decade", "century",
    "millimeter", "centimeter", "meter", "kilometer", "mile", "foot feet", "inch",
    "gram", "kilogram kilo", "ton tonne", "liter litre", "hectare", "acre", "degree", "megawatt", "point",
    PEOPLE,
)  # fmt: skip
KIND = {stem(word): group for group in KINDS for word in words(group)}

ENDS = re.compile(r"(?<=[.!?])[”\"]*\s+(?=[A-Z“\"])")
NAMES = re.compile(r"\b[A-Z]\w*")
OF_THE_QUOTE = re.compile(r"\b(?:the|this) (?:quote|passage) (?:is|was)\b", re.I)
SAID_TOGETHER = 4  # content words of a part of a claim from which all but one in one sentence are suspicious
NEW_WORDS_AT_MOST = 2  # content words in a row that no quote holds: three in a row are invented


@dataclass(frozen=True, slots=True)
class Verification:
    """`reason` is "" when the claim holds; `coverage` is the share of its content words found, 0..1;
    `meaning` the cosine with the quotes, -1..1 (0 when an earlier check failed)."""

    reason: str
    coverage: float
    meaning: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether the claim is carried by what it cites."""
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
    if not cited:
        return Verification("it cites nothing", 0.0)
    said = without_lead_in(claim)
    quotes = " ".join(e.quote for e in cited)
    if OF_THE_QUOTE.search(said) and not OF_THE_QUOTE.search(quotes):
        return Verification("it speaks of the quote, not of what it says", 0.0)
    known = " ".join([quotes, *(e.source.title or "" for e in cited)])
    with_dates = " ".join([known, *_dates_of(cited)])
    new = missing_names(said, with_dates)
    before = " ".join(name for e in cited for name in leans_on(said, e)) if new else ""
    share = carried(said, f"{with_dates} {before}")
    reason = next(_failures(said, quotes, known, with_dates, before), "")
    if not reason and share < coverage_at_least:
        reason = f"only {share:.0%} of its words are in the quote"
    if reason:
        return Verification(reason, share)
    # One of many quotes may carry it alone, and all of them are about more than the claim.
    meaning = max(similarity(claim, text) for text in dict.fromkeys([quotes, *(e.quote for e in cited)]))
    near = meaning >= meaning_at_least
    return Verification("" if near else f"its meaning is far from the quote ({meaning:.2f})", share, meaning)


def coverage(claim: str, known: str) -> float:
    """The share of the claim's content words (stems) that occur in `known`; 1 for a claim without any.

    >>> coverage("Troops returned to bases", "10,000 soldiers had returned to their permanent bases")
    0.6666666666666666
    """
    wanted = set(terms(plain(claim)))
    return len(wanted & set(terms(plain(known)))) / len(wanted) if wanted else 1.0


def carried(claim: str, known: str) -> float:
    """The share of the claim's words that need proof which `known` holds itself or in other words, 0..1; 1
    for a claim without any. Names and numbers have their own, stricter checks and are not counted.

    >>> carried("Soldiers also came back to their bases.", "The troops returned to bases.")
    1.0
    """
    there = frozenset(map(stem, words(plain(known))))
    claim = plain(claim)
    names = set(words(" ".join(NAMES.findall(claim[1:]))))
    wanted = {stem(word) for word in words(claim) if carries(word) and word not in names}
    return sum(is_covered(one, there) for one in wanted) / len(wanted) if wanted else 1.0


def numbers(text: str) -> set[Decimal]:
    """All numbers, in digits or words, with their scale.

    >>> sorted(map(int, numbers("10,000 soldiers, 3.4 million people, twenty-five tanks, five waves")))
    [5, 25, 10000, 3400000]
    """
    return facts(text).numbers


def _failures(claim: str, quotes: str, known: str, with_dates: str, before: str) -> Iterator[str]:
    """Why the claim does not hold, strongest reason first."""
    said, there, dated = facts(claim), facts(known), facts(with_dates)
    yield from _wrong_numbers(said, there, dated)
    yield from (f"the date {d} is not in the quote" for d in said.dates if not _is_dated(d, there, dated))
    if not all(_is_timed(time, there) for time in said.times):
        yield "the time of day is not in the quote"
    if missing := missing_names(claim, f"{with_dates} {before}"):
        yield f"the name {', '.join(missing)} is not in the quote"
    if denies_otherwise(claim, quotes):
        yield "it denies what the quote says, or the other way"
    if turned := opposite(claim, with_dates):
        yield f"it says the opposite of “{turned}”"
    if turns_roles(claim, quotes):
        yield "its names stand in turned roles"
    if elsewhere := misplaced(claim, quotes):
        yield elsewhere
    if speaker := nobody_says(claim, quotes, before):
        yield f"{speaker} is not who says it in the quote"
    if thing := owned_by_another(claim, quotes):
        yield f"“{thing}” is somebody else’s in the quote"
    if new := _invented(claim, f"{with_dates} {before}"):
        yield f"nothing in the quote says “{new}”"
    if far := _scattered(claim, quotes):
        yield f"the quote says “{far}” of something else"
    if more := overstates(claim, known):
        yield more
    if pair := replaced(claim, with_dates):
        yield f"it says “{pair[0]}” where the quote says “{pair[1]}”"


# --- numbers and dates ---------------------------------------------------------------------------------


def _wrong_numbers(said: Facts, there: Facts, dated: Facts) -> Iterator[str]:
    counted = {f.value for f in there.figures}
    one = bool(set(words(there.rest)) & {"one", "first", "single", "once"})
    # A day of the month or an hour proves no count of anything.
    loose = there.numbers | {Decimal(d.year) for d in dated.dates if d.year}
    for figure in dict.fromkeys(said.figures):
        value = f"{figure.value:f}" if figure.is_year else f"{figure.value:,f}"
        places = [f for f in there.figures if f.value == figure.value]
        spoken = one and figure.value == 1 and figure.counts
        dated_only = figure.value in loose and (figure.is_year or not figure.counts)
        if not (figure.value in counted or spoken or dated_only):
            yield f"the number {value} is not in the quote"
        elif places and _counts_otherwise(figure, places, there):
            yield f"the number {value} counts something else in the quote"
        elif figure.bound and {f.bound for f in places} == {-figure.bound}:
            yield f"the number {value} is a bound the other way in the quote"
    if codes := said.codes - there.codes:
        yield f"{', '.join(sorted(codes)).upper()} is not in the quote"
    if any((b, a) in there.ranges for a, b in said.ranges - there.ranges):
        yield "two numbers stand the other way round in the quote"


def _counts_otherwise(figure: Figure, places: Sequence[Figure], known: Facts) -> bool:
    """Whether a number of the claim counts another thing than in the quotes (`places`).

    What it counts (a measure, people, or any plural) must stand behind the number there. Where nothing does
    ("212 homes, 149 are in …"), a measure must stand beside it and a plural anywhere. People may be named by
    another word for people, and left out there. A percentage always stays one.
    """
    share = figure.counts[0] == "percent" if figure.counts else "percent" in figure.beside
    if not share and all(place.counts[:1] == ("percent",) for place in places):
        return True
    stems = [stem(word) for word in figure.counts]
    kind = next((KIND[s] for s in stems if s in KIND), None)
    bare = any(not place.counts for place in places)
    there = {stem(w) for place in places for w in place.counts}
    if bare:
        measure = kind and kind != PEOPLE
        there |= frozenset[str]().union(*(p.beside for p in places)) if measure else set(terms(known.rest))
        units = {KIND[s]: s for f in known.figures for s in map(stem, f.counts[:1]) if s in KIND}
        if measure and len(units) == 1:
            there |= set(units.values())  # "instead of 3.4 million crowns, 4.1 million"
    if not stems or figure.is_year or any(KIND.get(s, s) in {kind, *stems} for s in there):
        return False
    if not kind and any(not relatives(s).isdisjoint(there) for s in stems):
        return False
    if kind:
        return not (bare and (kind == PEOPLE or figure.counts[:2] == ("years", "old")))
    return any(w.endswith("s") and not w.endswith("ss") for w in figure.counts[:2])


def _is_dated(date: Date, there: Facts, dated: Facts) -> bool:
    """Whether the quotes, or their article's own date, hold a date of the claim.

    A day counts too that the quotes have alone ("on the 12th"), but not one of another month. A year must
    stand beside its month, or be the only one that the quotes and the article's date tell. The article's
    month alone proves nothing where the quotes tell another one.
    """
    alone = date.day is None and date.year is None and there.dates
    same = [d for d in (there if alone else dated).dates if d.month == date.month]
    free = {f.value for f in there.figures}
    day_known = date.day is None or any(d.day == date.day for d in same) or Decimal(date.day) in free
    years = {d.year for d in same if d.year}
    if not years:
        free_years = {int(f.value) for f in there.figures if f.is_year}
        others = {d.year for d in dated.dates if d.year}
        years = free_years if len(free_years | others) == 1 else set()
    return bool(same) and day_known and (date.year is None or date.year in years)


def _is_timed(time: frozenset[int], there: Facts) -> bool:
    """Whether the quotes hold a time of day; "at 6 p.m." is also in "at six"."""
    full_hours = {Decimal(minutes // 60 % 12 or 12) for minutes in time if minutes % 60 == 0}
    return any(time & other for other in there.times) or bool(full_hours & {f.value for f in there.figures})


# --- words ---------------------------------------------------------------------------------------------


def _invented(claim: str, known: str) -> str:
    """A part of the claim that `known` does not hold: a clause of two content words or more without any
    of them, or more than `NEW_WORDS_AT_MOST` new ones in a row; "" when there is none.

    >>> _invented("The dike broke, which delighted tourists.", "The Kolvard dike broke on Sunday.")
    'delighted tourists'
    """
    there = frozenset(map(stem, words(plain(known))))
    for clause in CLAUSE.split(plain(claim)):
        row: list[str] = []
        content = [w for w in words(clause) if carries(w)]
        for word in content:
            row = [] if is_covered(stem(word), there) else [*row, word]
            if len(row) > NEW_WORDS_AT_MOST or (len(content) >= 2 and len(row) == len(content)):
                return " ".join(row)
    return ""


def _scattered(claim: str, quotes: str) -> str:
    """A word that the quotes hold, but not in the sentence that holds the rest of its part of the claim; "".

    >>> _scattered("The flood was a huge strategic error.", "War is a huge strategic error. The flood came.")
    'flood'
    """
    sentences = [frozenset(terms(s)) for s in ENDS.split(plain(quotes)) if s]
    if len(sentences) < 2:
        return ""
    for clause in CLAUSE.split(plain(claim)):
        names = set(words(" ".join(NAMES.findall(clause))))
        own = [w for w in words(clause) if carries(w) and w not in names]
        missing = min(([w for w in own if not is_covered(stem(w), s)] for s in sentences), key=len)
        alone = len(missing) == 1 and len(own) >= SAID_TOGETHER
        if alone and any(is_covered(stem(missing[0]), s) for s in sentences):
            return missing[0]
    return ""


def _dates_of(cited: Sequence[Evidence]) -> list[str]:
    return [human_date(e.source.date) for e in cited if e.source.date]
