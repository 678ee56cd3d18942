"""A sentence of an article → a false claim about it, by rule: what a weak model gets wrong.

Each rule changes one thing (a number, a name, a speaker, …) and nothing else, or gives None where there is
nothing of its kind. `paraphrase.py` has the rules that keep a claim true. Does not know how claims are
checked, and shares no word list with the check. English.
"""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise


def _list(text: str) -> list[str]:
    return text.split()


MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NAME = re.compile(r"[A-Z][\w’'-]*[a-z]\w*(?: [A-Z][\w’'-]*\w)*|\b[A-Z]{2,}\b")
NO_NAME = frozenset(
    _list(
        """
    The A An In On At It He She They We I You His Her Their Its This That These Those But And As After
    Before For From With When While If Although However Since According There Read More By To Of Some
    Many Most All One Two Three Both Also Not No Yes What Who How Why Where Which Then Now Here So Or
    Our My Your Each Mr Mrs Ms Dr
    """
    )
) | {*MONTHS, *WEEKDAYS}
SAYING = r"(?:said|says|told|added|argued|wrote|stated|explained|warned|announced|tweeted|replied|noted)"
SPEAKER_FIRST = re.compile(rf"((?:[A-Z][\w’'-]+ ?){{1,3}}) {SAYING}\b")
SPEAKER_LAST = re.compile(rf"\b{SAYING} ((?:[A-Z][\w’'-]+ ?){{1,3}})(?=[,.;]|$)")
PRONOUN_SAID = re.compile(rf"\b([Hh]e|[Ss]he) {SAYING}\b")
FIGURE = re.compile(r"(?<![\w.,:/$-])(\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)(?![\w:/-]|[.,]\d)")
WORD_FIGURE = re.compile(
    r"\b(two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty|fifty)\b", re.I
)
WORD_FIGURES = _list(
    """
    two three four five six seven eight nine ten twelve twenty thirty fifty
    """
)
DAY = re.compile(
    rf"\b((?:{'|'.join(MONTHS)}) )(\d{{1,2}})\b(?!,?\d)|\b(\d{{1,2}})( (?:{'|'.join(MONTHS)}))\b"
)
MONTH = re.compile(
    rf"\b({'|'.join(MONTHS)})\b(?= \d|,? (?:1[5-9]|20)\d\d)|(?<=\d )({'|'.join(MONTHS)})\b"
    rf"|(?<=[Ii]n )({'|'.join(MONTHS)})\b"
)
YEAR = re.compile(r"(?<![\d,.$–-])\b(1[5-9]\d\d|20[0-3]\d)\b(?![\d,%–-])(?! (?:people|percent))")
WEEKDAY = re.compile(rf"\b({'|'.join(WEEKDAYS)})\b")
UNITS: Mapping[str, str] = {
    "kilometers": "miles", "kilometres": "miles", "km": "miles", "miles": "kilometers", "meters": "feet",
    "metres": "feet", "feet": "meters", "inches": "centimeters", "million": "billion", "billion": "million",
    "thousand": "million", "trillion": "billion", "dollars": "euros", "euros": "dollars", "pounds": "dollars",
    "$": "€", "€": "$", "£": "$", "hours": "days", "days": "weeks", "weeks": "months", "months": "years",
    "years": "months", "minutes": "hours", "seconds": "minutes", "tonnes": "kilograms", "tons": "pounds",
    "acres": "hectares", "hectares": "acres", "percent": "percentage points", "%": " percentage points",
    "percentage points": "percent", "crowns": "euros", "square miles": "square kilometers",
}  # fmt: skip
UNIT = re.compile(rf"(?<=\d )({'|'.join(u for u in UNITS if u.isalpha())})\b|(?<=\d)(%)|([$€£])(?=\d)")
AUXILIARY = re.compile(
    r"\b(is|was|are|were|will|would|can|could|has|have|had|should|must)\b(?! not\b)(?= [a-z])"
)
NEGATIVES = (
    (re.compile(r"\b(is|was|are|were|will|would|could|has|have|had|should|did|does|do|must) not\b"), r"\1"),
    (re.compile(r"\b(is|was|are|were|would|could|has|have|had|should|did|does|do)n[’']t\b"), r"\1"),
    (re.compile(r"\bcannot\b|\bcan[’']t\b"), "can"),
    (re.compile(r"\bwon[’']t\b"), "will"),
    (re.compile(r"\bnever (?=[a-z])"), ""),
    (re.compile(r"\b(has|have|had|is|are|was|were|there) no (?=[a-z])"), r"\1 a "),
)
OPPOSITES = _list(
    """
    rose/fell increased/decreased increase/decrease increasing/decreasing more/fewer higher/lower
    before/after won/lost largest/smallest first/last oldest/youngest north/south northern/southern
    east/west eastern/western above/below began/ended opened/closed accepted/rejected approved/rejected
    supported/opposed supports/opposes agreed/disagreed joined/left gained/lost up/down early/late
    strong/weak public/private male/female men/women boys/girls positive/negative inside/outside
    entered/left bought/sold arrived/departed born/killed hired/fired allowed/banned legal/illegal
    success/failure friend/enemy rich/poor safe/dangerous urban/rural old/new cheap/expensive best/worst
    highest/lowest longest/shortest better/worse growing/shrinking grew/shrank growth/decline
    attack/defend attacked/defended winter/summer morning/evening major/minor upper/lower
    maximum/minimum majority/minority domestic/foreign dry/wet hot/cold internal/external
    """
)
OPPOSITE = {a: b for pair in OPPOSITES for a, b in (pair.split("/"), pair.split("/")[::-1])}
QUANTIFIERS = (
    (re.compile(r"\b[Ss]ome (?=(?:of the )?[a-z]+s\b)"), "all "),
    (re.compile(r"\b[Mm]any (?=(?:of the )?[a-z]+s\b)"), "all "),
    (re.compile(r"\b[Mm]ost (?=(?:of the )?[a-z]+s\b)"), "all "),
    (re.compile(r"\b[Ss]everal (?=[a-z]+s\b)"), "all "),
    (re.compile(r"\b[Ff]ew (?=[a-z]+s\b)"), "most "),
    (re.compile(r"\b(?:often|sometimes|usually|generally|typically)\b"), "always"),
    (re.compile(r"\b(?:partly|partially|mostly|largely)\b"), "entirely"),
    (re.compile(r"\bone of the (?:most|largest|biggest|first|oldest|best)\b"), "the only"),
)
HEDGES = (
    (re.compile(r"\b(?:may|might|could) (?=(?:be|have|not|also|still)\b|[a-z]+)"), "will "),
    (re.compile(r"\b(?:allegedly|reportedly|possibly|probably|perhaps|apparently|supposedly) "), ""),
    (
        re.compile(r"\b(?:is|are|was|were) (?:likely|expected|supposed|believed|thought) to (?=[a-z])"),
        "will ",
    ),
    (
        re.compile(
            r"\b(?:plans?|hopes?|wants?|intends?|planned|hoped|wanted|intended|tried|seeks?) to (?=[a-z])"
        ),
        "will ",
    ),
    (re.compile(r"\bsuspected (?=[a-z])"), ""),
)
CONDITION_END = re.compile(
    r"(?<!as)(?<!even)(?<!asked)(?<!see)(?<!know),? (?:if|unless|provided that|as long as) [^,.;]{8,}"
    r"(?=[.;]\s*$)"
)
CONDITION_START = re.compile(r"^(?:If|Unless) [^,.;]{8,}, (?=\w)")
COMMENTS = (
    "which surprised many experts",
    "highlighting the importance of cooperation",
    "which has led to widespread criticism",
    "making it a major milestone",
    "in order to improve public safety",
    "because of growing concerns about the economy",
    "which is considered a great success",
    "despite strong opposition from local residents",
    "and further details are expected soon",
    "causing significant damage to the region",
)  # what language models like to add
VERB = re.compile(
    r"\b(?!need|indeed|speed|feed|seed|hundred|red|bed|united)\w+ed\b|\b(?:won|beat|gave|told|took|made"
    r"|sent|left"
    r"|sold|bought|led|met|saw|held|became|fought|lost|chose|wrote|says?|said|has|asks|calls|wants"
    r"|gives|leads)\b"
)
BOTH_WAYS = re.compile(
    r"\b(?:and|or|with|between|met|meets?|like|near|than|vs|v|as|both|married|called|named)\b|[,;:(]"
)


@dataclass(frozen=True)
class Place:
    """A sentence and where it stands: the ones before it (nearest last), its article's title, names and
    speakers, and names from elsewhere in the set."""

    text: str
    before: tuple[str, ...]
    title: str
    names: tuple[str, ...]
    speakers: tuple[str, ...]
    others: tuple[str, ...]
    file: str


Rule = Callable[[Place, random.Random], str | None]


def names_in(text: str) -> list[str]:
    """The names of a text: capitalised words in a row, not the first word when that alone is one.

    >>> names_in("On Friday Liz Truss met the NSC. The French left.")
    ['Liz Truss', 'NSC', 'French']
    """
    found = []
    for match in NAME.finditer(text):
        parts = match[0].split()
        start = match.start()
        while parts and parts[0] in NO_NAME:
            start += len(parts[0]) + 1
            parts = parts[1:]
        opens = start == 0 or text[:start].rstrip()[-1:] in {"", ".", "“", '"', "?", "!"}
        is_name = parts and not (opens and len(parts) == 1 and not parts[0].isupper())
        if is_name and all(p not in NO_NAME for p in parts):
            found.append(" ".join(parts))
    return [re.sub(r"[’']s?$", "", name) for name in found]


def shape(name: str) -> str:
    """Which names may stand for which: acronyms, names of one word, of several."""
    return "acronym" if name.isupper() else "several" if " " in name else "one"


def _swap(text: str, span: tuple[int, int], new: str) -> str:
    return text[: span[0]] + new + text[span[1] :]


def _pick(pattern: re.Pattern[str], text: str, rng: random.Random) -> re.Match[str] | None:
    found = list(pattern.finditer(text))
    return rng.choice(found) if found else None


# --- the rules ----------------------------------------------------------------------------------------


def number(place: Place, rng: random.Random) -> str | None:
    """A number changed, in digits or in words."""
    dated = {m.span() for p in (DAY, YEAR) for m in p.finditer(place.text)}
    digits = [m for m in FIGURE.finditer(place.text) if not any(s <= m.start() < e for s, e in dated)]
    spoken = list(WORD_FIGURE.finditer(place.text))
    if not digits and not spoken:
        return None
    match = rng.choice(digits or spoken)
    if not digits:
        new = rng.choice([w for w in WORD_FIGURES if w not in place.text.lower()])
        return _swap(place.text, match.span(), new.capitalize() if match[0][0].isupper() else new)
    value = match[1].replace(",", "")
    new = rng.choice(
        [str(int(value) + rng.choice([1, 2, 3, 10])), value + "0", value[::-1].lstrip("0") or "7"]
        if "." not in value
        else [f"{float(value) + rng.choice([0.1, 0.3, 1, 2]):g}", value.split(".")[1].lstrip("0") + ".5"]
    )
    if new in place.text.replace(",", "") or new == value:
        return None
    return _swap(place.text, match.span(), f"{int(new):,}" if "," in match[1] and new.isdigit() else new)


def numbers_swapped(place: Place, rng: random.Random) -> str | None:
    """Two numbers of a sentence in each other's place."""
    dated = {m.span() for p in (DAY, YEAR) for m in p.finditer(place.text)}
    digits = [m for m in FIGURE.finditer(place.text) if not any(s <= m.start() < e for s, e in dated)]
    if len(digits) != 2 or digits[0][1] == digits[1][1]:
        return None
    a, b = digits
    if re.search(r"\b(?:and|or|to)\s*$", place.text[a.end() : b.start()]) and b.start() - a.end() < 6:
        return None
    return place.text[: a.start()] + b[1] + place.text[a.end() : b.start()] + a[1] + place.text[b.end() :]


def day(place: Place, rng: random.Random) -> str | None:
    """Another day of the month."""
    if not (match := _pick(DAY, place.text, rng)):
        return None
    old = int(match[2] or match[3])
    new = rng.choice([d for d in range(1, 29) if str(d) not in place.text and d != old])
    return _swap(place.text, match.span(2) if match[2] else match.span(3), str(new))


def month(place: Place, rng: random.Random) -> str | None:
    """Another month."""
    if not (match := _pick(MONTH, place.text, rng)):
        return None
    return _swap(place.text, match.span(), rng.choice([m for m in MONTHS if m not in place.text]))


def year(place: Place, rng: random.Random) -> str | None:
    """Another year, a near one."""
    if not (match := _pick(YEAR, place.text, rng)):
        return None
    new = str(int(match[1]) + rng.choice([-10, -2, -1, 1, 2, 10]))
    return None if new in place.text else _swap(place.text, match.span(), new)


def weekday(place: Place, rng: random.Random) -> str | None:
    """Another day of the week."""
    if not (match := _pick(WEEKDAY, place.text, rng)):
        return None
    return _swap(place.text, match.span(), rng.choice([d for d in WEEKDAYS if d not in place.text]))


def _renamed(place: Place, rng: random.Random, pool: tuple[str, ...]) -> str | None:
    mine = names_in(place.text)
    if not mine:
        return None
    old = rng.choice(mine)
    inside = {w for n in mine for w in n.split()}
    fitting = sorted({n for n in pool if shape(n) == shape(old) and not inside & set(n.split())})
    return place.text.replace(old, rng.choice(fitting)) if fitting else None


def name(place: Place, rng: random.Random) -> str | None:
    """A name changed to one from elsewhere in the set."""
    return _renamed(place, rng, place.others)


def near_name(place: Place, rng: random.Random) -> str | None:
    """A name changed to one from the same article."""
    return _renamed(place, rng, place.names)


def unit(place: Place, rng: random.Random) -> str | None:
    """Miles for kilometers, billions for millions, euros for dollars."""
    match = _pick(UNIT, place.text, rng)
    return _swap(place.text, match.span(), UNITS[match[0]]) if match else None


def negation_added(place: Place, rng: random.Random) -> str | None:
    """ "was" becomes "was not"."""
    match = AUXILIARY.search(place.text)
    if not match or re.search(r"\bnot?\b|n[’']t|never", place.text):
        return None
    return _swap(place.text, match.span(), f"{match[0]} not")


def negation_removed(place: Place, rng: random.Random) -> str | None:
    """ "was not" becomes "was"."""
    for pattern, new in NEGATIVES:
        if (match := pattern.search(place.text)) and " not only" not in place.text:
            return _swap(place.text, match.span(), match.expand(new))
    return None


def speaker(place: Place, rng: random.Random) -> str | None:
    """Words given to another speaker: of the same article where it has one, else of another."""
    for pattern in (SPEAKER_FIRST, SPEAKER_LAST, PRONOUN_SAID):
        match = pattern.search(place.text)
        if not match or (match[1].strip() in NO_NAME and pattern is not PRONOUN_SAID):
            continue
        told = " ".join((place.text, *place.before))
        fitting = [n for n in place.speakers if not any(w in told for w in n.split())]
        fitting = fitting or [n for n in place.others if " " in n and not any(w in told for w in n.split())]
        if fitting:
            end = match.start(1) + len(match[1].rstrip())
            return _swap(place.text, (match.start(1), end), rng.choice(fitting))
    return None


def roles(place: Place, rng: random.Random) -> str | None:
    """Who did it and to whom it was done in each other's place."""
    mine = list(dict.fromkeys(names_in(place.text)))
    for a, b in pairwise(mine):
        if shape(a) != shape(b) or place.text.count(a) > 1 or place.text.count(b) > 1:
            continue
        between = place.text.partition(a)[2].partition(b)[0]
        if VERB.search(between) and not BOTH_WAYS.search(between) and len(between) < 60:
            return place.text.replace(a, "\0").replace(b, a).replace("\0", b)
    return None


def opposite(place: Place, rng: random.Random) -> str | None:
    """A word turned into its opposite."""
    found = [m for m in re.finditer(r"\b[a-z]+\b", place.text) if m[0] in OPPOSITE]
    found = [m for m in found if OPPOSITE[m[0]] not in place.text]
    if not found:
        return None
    match = rng.choice(found)
    return _swap(place.text, match.span(), OPPOSITE[match[0]])


def quantifier(place: Place, rng: random.Random) -> str | None:
    """ "some" becomes "all"."""
    for pattern, new in QUANTIFIERS:
        if match := pattern.search(place.text):
            changed = _swap(place.text, match.span(), new)
            return changed[:1].upper() + changed[1:]
    return None


def hedge(place: Place, rng: random.Random) -> str | None:
    """ "might" becomes "will"; "reportedly" is dropped."""
    for pattern, new in HEDGES:
        if match := pattern.search(place.text):
            return _swap(place.text, match.span(), new)
    return None


def condition(place: Place, rng: random.Random) -> str | None:
    """ "if …" is dropped."""
    for pattern in (CONDITION_START, CONDITION_END):
        if match := pattern.search(place.text):
            changed = _swap(place.text, match.span(), "")
            return changed[:1].upper() + changed[1:]
    return None


def comment(place: Place, rng: random.Random) -> str | None:
    """True, with a comment that nobody made."""
    if not place.text.endswith("."):
        return None
    return f"{place.text[:-1].rstrip()}, {rng.choice(COMMENTS)}."


RULES: Mapping[str, Rule] = {
    "number": number, "numbers swapped": numbers_swapped, "day": day, "month": month, "year": year,
    "weekday": weekday, "name from elsewhere": name, "name of the article": near_name, "unit": unit,
    "negation added": negation_added, "negation removed": negation_removed, "speaker": speaker,
    "roles": roles, "opposite": opposite, "quantifier": quantifier, "hedge dropped": hedge,
    "condition dropped": condition, "comment added": comment,
}  # fmt: skip
