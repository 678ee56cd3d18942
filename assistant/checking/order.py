"""Who did what, and which number belongs to what: are the names and numbers of a claim where the quotes
have them?

A text becomes, clause by clause, the row of its content words. Two neighbours of which one is a name or a
number say something about it ("Russia invaded", "320 passengers"); a claim is wrong where the quotes have the
same neighbour beside another name or number, and nowhere beside this one. Words in between, or another word
for the neighbour, make it blind: it fires on copies with an exchange, the commonest of a small model's
errors. English, no parser.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from itertools import combinations, pairwise

from assistant.checking.spelling import NUMBER, SCALES, plain
from assistant.checking.wording import CLAUSE, is_covered
from index.text import MONTHS
from index.words import STOPWORDS, fold, stem, words

TOKEN = re.compile(r"\d[\d.,:]*\d|\w+(?:['.]\w+)*")
IS_NUMBER = re.compile(rf"{NUMBER}\Z")
ADJUNCT = frozenset(words("of in from at for on to with against by near under over after before than like"))
POWERS = {**SCALES, "hundred": 2}
FIGURES = frozenset(["number", "percent"])
JOINS = frozenset(["and", "or", "nor"])
OPENERS = STOPWORDS | frozenset(words("according yesterday today however meanwhile last many several"))
# Dates have their own check, and their parts stand in any order.
DATE = re.compile(
    rf"(?:\b\d{{1,2}}(?:st|nd|rd|th)? (?:of )?)?\b(?:{'|'.join(MONTHS)})\b(?: \d{{1,2}}\b(?:st|nd|rd|th)?)?"
    r"(?:,? [12]\d{3}\b)?"
)
POSSESSED = re.compile(r"\b(his|her|their|its) ((?:[a-z]+ )?)([a-z]{4,})\b")
OWNERS = (r"\b(\w+)'s? (?:[a-z]+ )?{0}\b", r"\b{0} (?:of|by) (?:the |[a-z]+ )?([A-Z]?\w+)")


@dataclass(frozen=True, slots=True)
class Token:
    """A content word of a clause. `kind` is "name", "number", "percent" or ""; `joined`: one of several
    ("A and B"); `inside`: part of an adjunct ("of France"); `passive`: followed by "by"; `counts`: the stems
    of what a number counts."""

    kind: str
    stems: frozenset[str]
    text: str
    joined: bool = False
    inside: bool = False
    passive: bool = False
    counts: frozenset[str] = frozenset()

    def agrees(self, other: "Token") -> bool:
        """Whether two tokens may mean the same."""
        return bool(self.stems & other.stems)


Row = tuple[Token, ...]
Pair = tuple[Token, Token]
Key = tuple[int, str, str, frozenset[str], bool]  # which side a token is on, its kind, its neighbour


def misplaced(claim: str, quotes: str) -> str:
    """What the quotes have in the place of a name or number of the claim, as the reason; "" when nothing is
    misplaced.

    >>> misplaced("Kyiv has 40 ships and 12 planes.", "Kyiv has 12 ships and 40 planes.")
    'the quote has “12” where it says “40” (ships)'
    >>> misplaced("Peter Lee beat Ann Roe.", "In the final, Ann Roe beat Peter Lee.")
    'the quote has “Ann Roe” where it says “Peter Lee” (beat)'
    >>> misplaced("Peter Lee was beaten by Ann Roe.", "In the final, Ann Roe beat Peter Lee.")
    ''
    """
    places: dict[Key, list[Token]] = {}
    said, known = list(pairs(claim)), list(pairs(quotes))
    for pair in known:
        for at, near in ((0, pair[1]), (1, pair[0])):
            places.setdefault(_place(at, pair[at], near), []).append(pair[at])
    for first, second in said:
        for at, mine, near in ((0, first, second), (1, second, first)):
            if not mine.kind or mine.joined or (at == 0 and mine.inside):
                continue
            others = places.get(_place(at, mine, near), [])
            if mine.kind in FIGURES and at == 1 and near.kind != "name":
                # "in 5 days": a number belongs to what follows it, unless two of one thing are exchanged.
                numbers = {s for pair in said for token in pair if token.kind in FIGURES for s in token.stems}
                others = [o for o in others if o.stems <= numbers and not (o.counts and mine.counts)]
            if any(o.joined or o.inside != mine.inside or o.agrees(mine) for o in others):
                continue
            if others:
                return f"the quote has “{others[0].text}” where it says “{mine.text}” ({near.text})"
    return _exchanged(said, known) or _swapped(rows(claim), rows(quotes))


def _swapped(said: Sequence[Row], known: Sequence[Row]) -> str:
    """Two numbers, each in the part of the claim that says what the quotes say of the other."""
    ours = [(token, _words(row)) for row in said for token in row if token.kind in FIGURES]
    theirs = [(token, _words(row)) for row in known for token in row if token.kind in FIGURES]
    for (one, near), (other, near_other) in combinations(ours, 2):
        if one.kind != other.kind or near == near_other or one.agrees(other):
            continue
        here = [w for t, w in theirs if t.kind == one.kind and t.agrees(one)]
        there = [w for t, w in theirs if t.kind == one.kind and t.agrees(other)]
        if not here or not there:
            continue
        kept = max(len(near & w) for w in here), max(len(near_other & w) for w in there)
        crossed = max(len(near & w) for w in there), max(len(near_other & w) for w in here)
        if crossed[0] > kept[0] and crossed[1] >= kept[1]:
            return f"the quote has “{other.text}” where it says “{one.text}”"
    return ""


def _words(row: Row) -> frozenset[str]:
    return frozenset(s for token in row if token.kind not in FIGURES for s in token.stems)


def _exchanged(said: Sequence[Pair], known: Sequence[Pair]) -> str:
    """Two who do each other's deeds, one of them without a name ("the majority asked, Dovenick refused")."""
    does = {(s, b.stems) for a, b in known for s in a.stems if not a.joined}
    done = {(s, b.stems) for a, b in said for s in a.stems}
    for a, b in said:
        if a.kind != "name" or a.joined or a.inside or b.kind:
            continue
        mine = {deed for s, deed in does if s in a.stems}
        if b.stems in mine or not mine:
            continue
        for other in (x for x, y in known if y.stems == b.stems and not x.joined):
            if any((s, deed) in done for s in other.stems for deed in mine):
                return f"the quote has “{other.text}” where it says “{a.text}” ({b.text})"
    return ""


def _place(at: int, mine: Token, near: Token) -> Key:
    return at, mine.kind, near.kind, near.stems, near.passive


def pairs(text: str) -> Iterator[Pair]:
    """Neighbours in a clause.

    >>> [(a.text, b.text) for a, b in pairs("On Monday the 12 ships of Russia left, he said.")]
    [('Monday', '12'), ('12', 'ships'), ('ships', 'Russia'), ('Russia', 'left')]
    """
    for row in rows(text):
        yield from pairwise(row)


@lru_cache(maxsize=256)
def rows(text: str) -> tuple[tuple[Token, ...], ...]:
    """The content words of each clause, in order."""
    text = DATE.sub(" ", plain(text))
    found: list[tuple[Token, ...]] = []
    start = 0
    joined = False
    for gap in [*CLAUSE.finditer(text), None]:
        part = text[start : gap.start() if gap else len(text)]
        opens = not text[:start].strip() or text[:start].rstrip()[-1:] in ".!?"
        row = list(_row(part, opens=opens))
        if row and joined:
            row[0] = replace(row[0], joined=True)
        joined = gap is not None and gap[0].lower() == "and"
        if row and joined:
            row[-1] = replace(row[-1], joined=True)
        found.append(tuple(_counting(row)))
        start = gap.end() if gap else 0
    return tuple(row for row in found if row)


def _row(part: str, *, opens: bool) -> Iterator[Token]:
    tokens = list(TOKEN.finditer(part))
    i = 0
    while i < len(tokens):
        match = tokens[i]
        word = fold(match[0])
        end, value = i + 1, Decimal(0)
        if IS_NUMBER.match(match[0]):
            value, kind = Decimal(match[0]), "number"
            while end < len(tokens) and (power := POWERS.get(tokens[end][0].lower())):
                value, end = value.scaleb(power), end + 1
            if end < len(tokens) and tokens[end][0].lower() == "percent":
                kind, end = "percent", end + 1
        elif match[0][0].isupper() and not (i == 0 and opens and word in OPENERS):
            while end < len(tokens) and _goes_on(part, tokens[end - 1], tokens[end]):
                end += 1
            kind = "name"
        elif word in STOPWORDS:
            i += 1
            continue
        else:
            kind = ""
        mine = [fold(t[0]).removesuffix("'s") for t in tokens[i:end]]
        if kind == "name" and end == i + 1 and opens and i == 0 and not match[0].isupper():
            kind = ""  # "Troops left": any word may open a sentence
        before = [fold(t[0]) for t in tokens[max(0, i - 2) : i]]
        after = fold(tokens[end][0]) if end < len(tokens) else ""
        stems = frozenset([f"{value.normalize():f}"] if kind in FIGURES else map(stem, mine))
        text = part[match.start() : tokens[end - 1].end()]
        yield Token(
            kind,
            stems,
            text,
            joined=bool(JOINS & {*before[-1:], after}),
            inside=bool(ADJUNCT & set(before)) or text.endswith("'s"),
            passive=after == "by",
        )
        i = end


def _counting(row: Sequence[Token]) -> Iterator[Token]:
    for i, token in enumerate(row):
        following = row[i + 1].stems if i + 1 < len(row) else frozenset[str]()
        yield replace(token, counts=following) if token.kind in FIGURES else token


def _goes_on(part: str, last: re.Match[str], match: re.Match[str]) -> bool:
    return match[0][0].isupper() and part[last.end() : match.start()] == " " and not last[0].endswith("'s")


def replaced(claim: str, quotes: str) -> tuple[str, str] | None:
    """A word of the claim that stands for nothing in the quotes, between the neighbours of another word:
    `(the claim's, the quotes')`; None when there is none.

    >>> replaced("The council opened Pier No. 3 today.", "The council closed Pier No. 3 today.")
    ('opened', 'closed')
    """
    known = rows(quotes)
    there = frozenset(map(stem, words(plain(quotes))))
    said = {s for row in rows(claim) for t in row for s in t.stems}
    between = {
        (left.stems if left else None, right.stems if right else None): mid
        for left, mid, right in _threes(known)
        if not mid.kind and not said & mid.stems
    }
    for left, mid, right in _threes(rows(claim)):
        if mid.kind or (left is None and right is None) or any(is_covered(s, there) for s in mid.stems):
            continue
        other = between.get((left.stems if left else None, right.stems if right else None))
        if other:
            return mid.text, other.text
    return None


def _threes(rows_: tuple[tuple[Token, ...], ...]) -> Iterator[tuple[Token | None, Token, Token | None]]:
    for row in rows_:
        for i, mid in enumerate(row):
            yield row[i - 1] if i else None, mid, row[i + 1] if i + 1 < len(row) else None


def owned_by_another(claim: str, quotes: str) -> str:
    """A thing that the claim gives to its subject ("his resignation") and the quotes to another, or "".

    >>> owned_by_another("The speaker told of his exit.", "The speaker told of the president's exit.")
    'his exit'
    >>> owned_by_another("The president lost his post.", "The president's post is gone.")
    ''
    """
    claim, quotes = plain(claim), plain(quotes)
    for match in POSSESSED.finditer(claim):
        thing = match[3]
        if re.search(rf"\b(?:his|her|their|its) (?:[a-z]+ )?{thing}\b", quotes):
            continue
        owners = [fold(o) for form in OWNERS for o in re.findall(form.format(thing), quotes)]
        before = set(words(claim[: match.start()]))
        if owners and not any(o in before for o in owners):
            return match[0]
    return ""
