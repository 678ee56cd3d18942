"""A sentence of an article → its subject and its predicate, where they are plain to see.

    "The ferry Marisel, a veteran, also lost its rudder on Friday, Lee said."
        →  "the ferry Marisel" + "lost its rudder"

What ties a sentence to its neighbours or to the day it was written ("also", "on Friday") and what it can do
without (an apposition, a clause at the end) is left out. Rules, no tagger, and strict: None for most
sentences of a newspaper. English.
"""

import re
from dataclasses import dataclass

from assistant.asking.lexicon import AUX, BASES, DETERMINERS, PREPOSITIONS, SUBORDINATORS, VERBS, WH
from index.text import MONTHS
from index.words import fold, words

MAX_SUBJECT = 8  # words
MONTH = "(?:" + "|".join(MONTHS) + ")"
YEAR = r"(?:1[0-9]{3}|20[0-9]{2})"
ON = rf"(?:{MONTH} \d{{1,2}}(?:,? {YEAR})?|\d{{1,2}} {MONTH}(?: {YEAR})?)(?! \w+ {YEAR})"
WHEN = rf"(?:in (?:{MONTH} )?{YEAR}|on {ON})"
DAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"

# Signs of quoted speech, of lists, of captions: what holds them is no plain statement.
UNFIT = re.compile(r"[\"“”„‘()\[\]{}<>:;—–/*@#|?!_=]|--| - |\.\.\.|…|https?\b|``|\s['’]\w")
ASIDE = re.compile(r" \([^()]*\)")
LOOSE = re.compile(
    r" (?:also|then|recently|already|still|now|currently|previously|finally|eventually|later|even|just"
    r"|instead|too|meanwhile|therefore|thus|however|again)(?= )"
)
WEEKDAY = re.compile(
    rf"(?: on| late| early)*(?<!last)(?<!next)(?<!this) {DAY}"
    r"(?: (?:morning|afternoon|evening|night))?(?![\w’'])"
)
DATED = re.compile(rf"({MONTH} \d{{1,2}}), ({YEAR})\b")
APPOSED = re.compile(
    r"\A((?:(?:The |the |an? )?(?:[a-z]+ )?(?:[A-Z][\w’'.-]+ ?){1,4})), [^,]{3,70}, (?=[a-z]+ )"
)
FIRST_WHEN = re.compile(rf"\A(?P<when>{WHEN}), (?=\w)", re.I)
LEAD_IN = re.compile(
    r"\A(?:In|At|On|Under|During|After|Before|By|From|According to|For|As of|Since|Following) [^,]{2,60}, "
    r"(?=[A-Z]|the |an? )"
)
BECAUSE = re.compile(r",? (?P<why>because (?:of )?[^,]+)\Z")
CLAUSE = re.compile(
    r",? (?:while|although|though|when|because|after|until|if|so that|but|whereas|according to|which|where)"
    r"\b.*"
)
COMMA = re.compile(r", .*")
LISTED = re.compile(r", [^,]+(?:, [^,]+)*,? (?:and|or) (?!\w+(?:ed|s)? (?:that|to)\b)")
# What a statement can't end with: what it belongs to was cut off, or was never there.
DANGLES = re.compile(
    r"\b(?:and|or|than|as|even|only|not|shortly|soon|long|most|(?:day|week|month|year|hour|minute)s|"
    + "|".join(sorted(AUX | DETERMINERS | PREPOSITIONS | WH))
    + r")\Z"
)
NO_SUBJECT = (
    WH
    | SUBORDINATORS
    | AUX
    | frozenset(
        words(
            """although though unless despite whereas and or but not it he she they we you i there this that
            say says said think thinks believe believes know knows feel feels hope hopes"""
        )
    )
)


@dataclass(frozen=True, slots=True)
class Statement:
    """`subject` as it is written inside a sentence, `predicate` from the verb on; `when` is a date that stood
    before both, `why` the reason that stood behind ("because …"), "" for none."""

    subject: str
    predicate: str
    when: str = ""
    why: str = ""


def plain(sentence: str) -> str:
    """A sentence on one line without its full stop, and without what ties it to others; "" for what is no
    plain statement.

    >>> plain("The ferry (built in 1960) also left on Friday.")
    'The ferry left'
    >>> plain("“It left,” she said.")
    ''
    """
    text = ASIDE.sub("", " ".join(sentence.split()))
    if not text.endswith(".") or not text[:1].isupper() or UNFIT.search(text[:-1]):
        return ""
    return DATED.sub(r"\1 \2", WEEKDAY.sub("", LOOSE.sub("", text[:-1])))


def trimmed(text: str) -> str:
    """A statement without the clause at its end; "" where that might cut a list in two.

    >>> trimmed("It sold cars in Texas, according to Lee"), trimmed("It sold cars, vans and boats")
    ('It sold cars in Texas', '')
    """
    cut = CLAUSE.sub("", text)
    if LISTED.search(cut):
        return ""
    cut = COMMA.sub("", cut)
    return "" if cut != text and DANGLES.search(cut) else cut


def statement(sentence: str, beside: str = "") -> Statement | None:
    """The parts of a sentence, None where they are not certain; `beside` is text around it, to tell names by.

    >>> made = statement("In 1986, the ferry Marisel lost its rudder because it was old.")
    >>> made.subject, made.predicate, made.when, made.why
    ('the ferry Marisel', 'lost its rudder', 'in 1986', 'because it was old')
    >>> statement("Officials who know Lee left the hall.")
    """
    text = APPOSED.sub(r"\1 ", plain(sentence))
    first = FIRST_WHEN.match(text)
    when = first["when"] if first else ""
    why = BECAUSE.search(text)
    text = trimmed(text[first.end() :] if first else LEAD_IN.sub("", text))
    tokens = text.split()
    at = next((i for i in range(1, len(tokens)) if _begins_predicate(tokens, i)), 0)
    subject = _subject(tokens[:at], beside) if at + 1 < len(tokens) else ""
    if not subject:
        return None
    when = when[:1].lower() + when[1:]
    return Statement(subject, " ".join(tokens[at:]), when, why["why"] if why else "")


def _subject(tokens: list[str], beside: str) -> str:
    """A sentence's opening words as they are written inside one; "" where they may be none of a subject.

    >>> _subject(["Officials"], "said officials of"), _subject(["Marisel"], "the Marisel")
    ('officials', 'Marisel')
    >>> _subject(["Xy"], ""), _subject(["States", "reporting", "cases"], "in States")
    ('', '')
    """
    low = [fold(t.strip(",")) for t in tokens]
    if not 0 < len(tokens) <= MAX_SUBJECT or set(low) & NO_SUBJECT or low[0] in PREPOSITIONS:
        return ""
    loose = (t for t in tokens if t[0].islower() or t is tokens[0])
    if low[-1] in PREPOSITIONS | DETERMINERS or any(re.search(r"\w(?:ing|ly)\Z", t) for t in loose):
        return ""
    first, more = tokens[0], tokens[1:]
    small = first[:1].lower() + first[1:]
    if low[0] in DETERMINERS:
        return " ".join((small, *more))
    if (more and more[0][:1].isupper() and low[0] not in VERBS) or not first[1:].islower():
        return " ".join(tokens)
    if re.search(rf"[\w,] {re.escape(first)}\b", beside):
        return " ".join(tokens)
    return " ".join((small, *more)) if re.search(rf"\b{re.escape(small)}\b", beside) else ""


def _begins_predicate(tokens: list[str], i: int) -> bool:
    """Whether the word at `i` is the verb; after a name any word in -ed is one."""
    return is_verb(tokens[i], tokens[i + 1 : i + 2]) or (
        tokens[i - 1][:1].isupper() and bool(re.fullmatch(r"[a-z]{3,}ed", tokens[i]))
    )


def is_verb(token: str, following: list[str] | None = None) -> bool:
    """Whether a word is a finite verb, and hardly ever a noun; `following` is the next word, if any.

    >>> [is_verb(t) for t in ("was", "lost", "voted", "cut", "red", "Will", "plans")]
    [True, True, True, False, False, False, False]
    >>> is_verb("plans", ["to"])
    True
    """
    if token in AUX:
        return token not in ("may", "might", "can", "do", "does")
    if token == "cost":
        return bool(following and re.match(r"[$€£\d]|about|more|nearly|almost|over", following[0]))
    if token in BASES:
        return BASES[token] != token
    if token.endswith("s") and following and fold(following[0]) in DETERMINERS | {"to"}:
        return any(base in VERBS for base in (token[:-1], token[:-2], f"{token[:-3]}y"))
    return token.endswith("ed") and any(
        base in VERBS for base in (token[:-1], token[:-2], token[:-3], f"{token[:-3]}y")
    )
