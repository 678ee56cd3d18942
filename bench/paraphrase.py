"""A sentence of an article → the same said otherwise, by rule: what a careful model writes.

Each rule changes the form and keeps the truth, or gives None where it does not apply. Shares no word list
with the check. English.
"""

import random
import re
from collections.abc import Mapping

from corrupt import MONTHS, Place, Rule, names_in

ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
SYNONYMS: Mapping[str, str] = {
    "began": "started", "begin": "start", "started": "began", "bought": "purchased", "approximately": "about",
    "about": "around", "big": "large", "large": "big", "helped": "assisted", "shows": "demonstrates",
    "showed": "demonstrated", "use": "utilize", "used": "utilized", "many": "numerous", "because": "since",
    "require": "need", "requires": "needs", "nearly": "almost", "almost": "nearly", "injured": "wounded",
    "tried": "attempted", "company": "firm", "ended": "concluded", "built": "constructed",
    "selected": "chosen", "made": "produced", "killed": "slain", "got": "obtained", "children": "kids",
    "film": "movie", "movie": "film", "important": "significant", "begins": "starts", "located": "situated",
    "however": "nevertheless", "often": "frequently", "area": "region", "near": "close to",
    "whole": "entire", "needed": "required", "gave": "provided", "received": "got", "including": "such as",
    "several": "a number of", "created": "established", "founded": "established", "famous": "well-known",
    "allowed": "permitted", "died": "passed away", "job": "position", "car": "vehicle", "cars": "vehicles",
    "house": "home", "homes": "houses", "quickly": "rapidly", "main": "principal", "happened": "occurred",
    "doctor": "physician", "deadly": "fatal", "lawmakers": "legislators", "cops": "police",
    "kids": "children",
}  # fmt: skip
SAID = re.compile(r"\bsaid\b")
SAID_NEW = ("stated", "explained", "noted", "remarked", "reported")
TELLING = re.compile(
    r"^(?P<what>[A-Z“\"][^“”\"]{20,}?),? (?:(?P<who>(?:[A-Z][\w’'-]+ ?){1,3}) said"
    r"|said (?P<who2>(?:[A-Z][\w’'-]+ ?){1,3}))"
    r"(?P<rest>(?:,[^,.]+)?)\.$"
)
THAT = re.compile(
    r"^(?P<who>(?:[A-Z][\w’'-]+ ?){1,3}) said (?:that )?(?P<what>(?:the|it|he|she|they"
    r"|there) [^“”\"]{15,})\.$"
)
ADVERB = re.compile(
    r" (?:also|actually|currently|recently|simply|really|especially|particularly|officially|finally"
    r"|originally"
    r"|eventually|immediately|quickly|initially|subsequently|previously|however|directly|widely)(?= [a-z])"
)
PARENTHESIS = re.compile(r" ?\([^()]{2,60}\)")
SUBORDINATE_END = re.compile(
    r", (?:which|who|where|when|while|after|as|including|with) [^.;()“”\"]{8,}(?=\.$)"
)
SUBORDINATE_MID = re.compile(r", (?:which|who|whose) [^,.;()“”\"]{5,80}, (?=[a-z])")
SECOND_HALF = re.compile(
    r"(?:, and|, but|;) (?:[a-z]+ )?(?:he|she|it|they|the|this|there|[A-Z]\w+) [^,;“”\"]{12,}(?=\.$)"
)
DATE_MD = re.compile(rf"\b({'|'.join(MONTHS)}) (\d{{1,2}})\b(?:, (\d{{4}}))?(?!,?\d)")
DATE_DM = re.compile(rf"\b(\d{{1,2}}) ({'|'.join(MONTHS)})\b(?: (\d{{4}}))?")
FRONTED = re.compile(
    r"^((?:In|On|At|During|After|Since|By|For) (?:[\w’'-]+ ?){1,5}), (?=(?:the|a|an|he|she|it|they"
    r"|[A-Z]\w+) )([^“”\"]+)\.$"
)
PERFECT = re.compile(r"\b(?:has|have|had) (?=(?!been|had|become|to|not)\w+ed\b)")
PASSIVE = re.compile(
    r"^(?P<what>(?:[A-Z][\w’'-]*|The)[^,;()“”\"]{0,60}?) (?:was"
    r"|were) (?P<verb>\w{3,}ed) by (?P<who>[^,;.()“”\"]{3,60}?)"
    r"(?P<rest>(?: (?:in|on|at|after|from|during|for) [^,;()“”\"]{2,40})?)\.$"
)
ACTIVE = re.compile(
    r"^(?P<who>(?:The [a-z]+|[A-Z]\w+(?: [A-Z]\w+){0,2})) (?P<verb>(?!need)\w{3,}ed) (?P<what>(?:the|a"
    r"|an) [a-z]+(?: [a-z]+)?)"
    r"(?P<rest>(?: (?:in|on|at|after|from|during|of) [^,;()“”\"]{2,80})?)\.$"
)
SUBJECT = re.compile(
    r"^(He|She|It)\b(?! (?:is|was) (?:also )?(?:not )?(?:clear|said|likely|possible|unclear|true|common"
    r"|important|a common))"
)
NUMBER = re.compile(
    r"(?<![\w.,:$€£/-])(\d{1,3}(?:,\d{3})+|\d{4,}|\d{1,2})(?= (?!million|billion|trillion|percent|%"
    r"|January|a\.?m|p\.?m)[a-z])"
)


def as_it_is(place: Place, rng: random.Random) -> str | None:
    """The sentence itself."""
    return place.text


def number_respelled(place: Place, rng: random.Random) -> str | None:
    """Digits for words, separators, percent signs, dollars."""
    text = (
        re.sub(r"(?<=\d)%", " percent", place.text)
        if "%" in place.text
        else re.sub(r"(?<=\d) percent\b", "%", place.text)
    )
    text = re.sub(r"\$(\d[\d.,]*\d|\d) (million|billion)\b", r"\1 \2 dollars", text)

    def other(match: re.Match[str]) -> str:
        value = int(match[1].replace(",", ""))
        if value < len(ONES):
            return ONES[value]
        return str(value) if "," in match[1] else f"{value:,}" if value > 2100 else match[1]

    text = NUMBER.sub(other, text)
    for value, word in list(enumerate(ONES))[2:]:
        text = text if text != place.text else re.sub(rf"(?<=[a-z] ){word}(?= [a-z]+s\b)", str(value), text)
    return text if text != place.text else None


def date_reformatted(place: Place, rng: random.Random) -> str | None:
    """ "January 12" becomes "12 January", "Jan. 12" or "12th of January"."""
    if match := DATE_MD.search(place.text):
        month, day, year = match.groups()
        forms = [f"{day} {month}", f"the {day}th of {month}" if 3 < int(day) < 21 else f"{day} {month}"]
        tail = f" {year}" if year else ""
    elif match := DATE_DM.search(place.text):
        day, month, year = match.groups()
        forms, tail = [f"{month} {day}"], f", {year}" if year else ""
    else:
        return None
    if month not in {"May", "June", "July"} and match.end() < len(place.text) - 1:
        forms.append(f"{month[:3]}. {day}")
    return place.text[: match.start()] + rng.choice(forms) + tail + place.text[match.end() :]


def saying_verb(place: Place, rng: random.Random) -> str | None:
    """ "said" becomes "stated"."""
    return SAID.sub(rng.choice(SAID_NEW), place.text, count=1) if SAID.search(place.text) else None


def saying_moved(place: Place, rng: random.Random) -> str | None:
    """ "S, X said" becomes "X said that s" or "According to X, s"."""
    if match := TELLING.match(place.text):
        who, what = (match["who"] or match["who2"]).strip(), match["what"].strip('“”"')
        lower = (
            what
            if what.split()[0] in names_in("x " + what) or what[:2].isupper()
            else what[:1].lower() + what[1:]
        )
        return rng.choice([f"{who} said that {lower}.", f"According to {who}, {lower}."])
    if match := THAT.match(place.text):
        return f"According to {match['who'].strip()}, {match['what']}."
    return None


def adverb_dropped(place: Place, rng: random.Random) -> str | None:
    """Without an adverb."""
    return ADVERB.sub("", place.text, count=1) if ADVERB.search(place.text) else None


def parenthesis_dropped(place: Place, rng: random.Random) -> str | None:
    """Without a parenthesis."""
    return PARENTHESIS.sub("", place.text) if PARENTHESIS.search(place.text) else None


def clause_dropped(place: Place, rng: random.Random) -> str | None:
    """Without a subordinate clause."""
    if match := SUBORDINATE_MID.search(place.text):
        return place.text[: match.start()] + " " + place.text[match.end() :]
    if (match := SUBORDINATE_END.search(place.text)) and match.start() > 30:
        return place.text[: match.start()] + "."
    return None


def first_half(place: Place, rng: random.Random) -> str | None:
    """The first of two main clauses."""
    match = SECOND_HALF.search(place.text)
    return place.text[: match.start()] + "." if match and match.start() > 30 else None


def named(place: Place, rng: random.Random) -> str | None:
    """A pronoun replaced by the name that it stands for: the only one that opens the sentence before, or an
    encyclopedia's title."""
    match = SUBJECT.match(place.text)
    if not match or not place.before:
        return None
    before = place.before[-1]
    mine = names_in("x " + before)
    people = [n for n in dict.fromkeys(mine) if " " in n]
    title = place.title if place.title and not place.title.islower() and len(place.title.split()) < 5 else ""
    if match[1] == "It":
        who = title if title and before.startswith((title, f"The {title}")) else ""
    else:
        who = people[0] if len(people) == 1 and before.startswith(people[0]) else ""
    return who + place.text[match.end() :] if who else None


def synonyms(place: Place, rng: random.Random) -> str | None:
    """One or two words replaced by synonyms."""
    found = [m for m in re.finditer(r"\b[a-z]+\b", place.text) if m[0] in SYNONYMS]
    text = place.text
    for match in sorted(rng.sample(found, min(2, len(found))), key=lambda m: -m.start()):
        text = text[: match.start()] + SYNONYMS[match[0]] + text[match.end() :]
    return text if found else None


def moved(place: Place, rng: random.Random) -> str | None:
    """ "On Monday, it rained" becomes "It rained on Monday"."""
    if not (match := FRONTED.match(place.text)):
        return None
    front, main = match.groups()
    return f"{main[:1].upper()}{main[1:]} {front[:1].lower()}{front[1:]}."


def tense(place: Place, rng: random.Random) -> str | None:
    """ "has announced" becomes "announced"."""
    if re.search(r"\b(?:may|might|could|would|not)\b", place.text) or not PERFECT.search(place.text):
        return None
    return PERFECT.sub("", place.text, count=1)


def voice(place: Place, rng: random.Random) -> str | None:
    """Passive to active, active to passive."""
    if match := PASSIVE.match(place.text):
        what = (
            match["what"][:1].lower() + match["what"][1:]
            if match["what"].startswith("The ")
            else match["what"]
        )
        return f"{match['who'][:1].upper()}{match['who'][1:]} {match['verb']} {what}{match['rest']}."
    if match := ACTIVE.match(place.text):
        who = match["who"][:1].lower() + match["who"][1:] if match["who"].startswith("The ") else match["who"]
        what = match["what"]
        return f"{what[:1].upper()}{what[1:]}{match['rest']} was {match['verb']} by {who}."
    return None


def lead_in(place: Place, rng: random.Random) -> str | None:
    """ "The article says that …"."""
    if not place.text.startswith(("The ", "A ", "In ", "It ", "There ")):
        return None
    start = rng.choice(["The article says that", "According to the article,", "The article states that"])
    return f"{start} {place.text[:1].lower()}{place.text[1:]}"


RULES: Mapping[str, Rule] = {
    "as it is": as_it_is, "number respelled": number_respelled, "date reformatted": date_reformatted,
    "saying verb": saying_verb, "saying moved": saying_moved, "adverb dropped": adverb_dropped,
    "parenthesis dropped": parenthesis_dropped, "clause dropped": clause_dropped, "first half": first_half,
    "pronoun named": named, "synonyms": synonyms, "time moved": moved, "tense": tense, "voice": voice,
    "lead-in": lead_in,
}  # fmt: skip

# --- question and short answer → sentence --------------------------------------------------------------

WHO = re.compile(
    r"^Who ((?:\w+ly )?(?:is|was|were|are|has|had|led|won|wrote|made|founded|gave|took|ran|\w+ed) .+?)\?$"
)
BE = re.compile(r"^(?:What|Which \w+|Where|When) (is|was|are|were) (.+?)\?$")
HOW_MANY = re.compile(r"^How many (.+?) (are|were|was|is|have|had|did|do) (.+?)\?$")
WHICH = re.compile(
    r"^(?:Which|What) (\w+(?: \w+)?) ((?:\w+ed|is|was|has|had|won|led|made|became|wrote) .+?)\?$"
)


def answered(question: str, answer: str) -> str | None:
    """A question and its short answer as one sentence, where a rule is sure of the grammar.

    >>> answered("Who founded Rome?", "Romulus"), answered("When was it built?", "1889")
    ('Romulus founded Rome.', 'It was built in 1889.')
    """
    answer = answer.strip(" .")
    if match := WHO.match(question) or WHICH.match(question):
        text = f"{answer} {match[match.lastindex or 1]}."
    elif (match := HOW_MANY.match(question)) and match[2] in {"are", "were", "was", "is"}:
        text = f"{answer} {match[1]} {match[2]} {match[3]}."
    elif match := BE.match(question):
        text = _be(question, answer, match[1], match[2]) or ""
    else:
        text = ""
    return text[:1].upper() + text[1:] if text else None


def _be(question: str, answer: str, verb: str, rest: str) -> str | None:
    if question.startswith("When"):
        split = re.match(r"(.+) (\w+ed|born|built|held|made|sold|won|written|found|begun)( .*)?$", rest)
        if not split:
            return None
        when = (
            answer
            if re.match(r"(?:in|on|at|by|from|since|during|between)\b", answer, re.I)
            else f"in {answer}"
        )
        return f"{split[1]} {verb} {split[2]}{split[3] or ''} {when}."
    if (
        question.startswith("What")
        and rest.startswith(("the name of", "the "))
        and not re.search(r" (?:in|of|to)$", rest)
    ):
        return f"{rest} {verb} {answer}."
    return None
