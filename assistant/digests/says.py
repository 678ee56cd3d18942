"""Who says something in a quote: names beside verbs of saying.

Rules on words: a name right behind the verb ("said Dr. Okravent"), or before it with no other name between,
says it; one that is spoken of ("said that Okravent will …", "met with Okravent") does not. "She said" is
followed back to the start of its paragraph. What they miss is left out of an answer. English.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.finding.evidence import LEANS, MAX_JOINED_WORDS, PARAGRAPH_END
from assistant.values import Evidence
from index.text import MONTHS
from index.words import terms, words

NAME = re.compile(r"(?<![.!?:“\"”]\s)(?<!^)\b[A-Z][\w’'-]+")
# Only forms that are verbs: "promise", "claim" and "demand" are things as well.
SAYING = """
        say says said saying tells told added adds called wrote writes tweeted warned warns stressed
        promised argued argues condemned explained explains answered announced accused complained
        predicted described urged denied rejected insisted insists asked claimed noted notes vowed
        pledged stated declared suggested acknowledged responded replied believes believed praised
        criticized criticised reminded recalled according
    """
SAYS = frozenset(words(SAYING))
REACH = 12  # words between a speaker and the verb of saying
SPOKEN_WORD = re.compile(r"\w[\w’'.-]*,?")
NO_SPEAKERS = frozenset(
    words(
        " ".join(MONTHS) + " monday tuesday wednesday thursday friday saturday sunday i the a in on but and"
    )
)
# Behind "said", these begin what is said: the name that follows is spoken of.
NOT_BETWEEN = frozenset(
    words("that it he she they we i was is are were has had have will would could if whether when what")
)
NOT_SAID = frozenset(words("that not never whether he she they it we i you"))
# Behind these stands whom or what it is said to or of, not who says it.
TRANSITIVE = frozenset(
    words(
        "called told tells asked described urged accused condemned praised criticized criticised reminded"
        " denied rejected predicted promised acknowledged"
    )
)

NO_SUBJECT = frozenset(words("with to of from by about on for against at between than as like into over"))
PRONOUN_SAYS = re.compile(rf"\b(?:he|she) (?:\w+ ){{0,2}}?(?:{'|'.join(words(SAYING))})\b", re.I)
MAX_OTHERS = 3  # other capitalised words before "she said" that leave no doubt who she is


def spoken(quote: Evidence, speaker: str) -> Evidence | None:
    """The quote, when the speaker speaks in it; from the start of its paragraph when it is there that the
    one who "said" is named ("Truss chose Twitter. Any incursion, she wrote, …")."""
    if speaks(quote.quote, speaker):
        return quote
    if not speaker or not PRONOUN_SAYS.search(quote.key):
        return None
    before = quote.context[: quote.start - quote.context_start]
    ends = list(PARAGRAPH_END.finditer(before))
    start = quote.context_start + (ends[-1].end() if ends else 0)
    whole = quote.context[start - quote.context_start : quote.end - quote.context_start]
    named = set(terms(speaker)) <= set(terms(before[start - quote.context_start :]))
    names = words(" ".join(NAME.findall(before[start - quote.context_start :])))
    others = set(names) - set(words(speaker)) - NO_SPEAKERS
    fits = len(whole.split()) <= MAX_JOINED_WORDS
    return replace(quote, quote=whole, start=start) if named and fits and len(others) <= MAX_OTHERS else None


def speaks(quote: str, speaker: str) -> bool:
    """Whether a speaker ("" for anyone with a name) says something in a quote: the name stands right behind
    a verb of saying, or before one with no other name between.

    >>> speaks("“A village cannot,” answered Maren Tuvalde.", "Tuvalde"), speaks("Tuvalde left.", "Tuvalde")
    (True, False)
    >>> speaks("Kirby said on Monday that Tuvalde will decide.", "Tuvalde")
    False
    """
    if not speaker and _nameless(quote):
        return False
    said = SPOKEN_WORD.findall(quote)
    folded = [words(word)[0] for word in said if words(word)]
    wanted = [w for w in words(speaker) if terms(w)][-1:]
    if not set(terms(speaker)) <= set(terms(quote)) or len(folded) != len(said):
        return False
    names = [i for i, w in enumerate(said) if w[0].isupper() and folded[i] not in NO_SPEAKERS]
    own = [i for i, w in enumerate(folded) if w in wanted] if speaker else names
    verbs = [i for i, w in enumerate(folded) if w in SAYS and (speaker or w not in TRANSITIVE)]
    return any(_speaks(i, verb, said, names) for verb in verbs for i in own)


def _nameless(quote: str) -> bool:
    """Whether a quote leaves open who says it: "She said …", with no name before.

    >>> _nameless("At his conference he said no."), _nameless("Maren Tuvalde left. She said no.")
    (True, False)
    """
    found = PRONOUN_SAYS.search(quote)
    return bool(LEANS.match(quote)) or bool(found and not NAME.search(quote[: found.start()]))


def _speaks(name: int, verb: int, said: Sequence[str], names: Sequence[int]) -> bool:
    """Whether the name at one place of the words is the subject of the verb at another."""
    between = said[min(name, verb) + 1 : max(name, verb)]
    if len(between) > REACH:
        return False
    if verb < name:  # "said Dr. Okravent", but not "said that Okravent"
        if words(said[verb])[0] in TRANSITIVE or said[verb].endswith(","):
            return False
        return not {w.lower() for w in between} & NOT_BETWEEN and not said[name].endswith(("’s", "'s"))
    if {w.lower() for w in between} & NOT_SAID or _is_object(name, said):
        return False
    return said[name].endswith(",") or not any(name < i < verb for i in names)


def _is_object(name: int, said: Sequence[str]) -> bool:
    """Whether the words before a name (its titles and first names left out) make it no subject: "with
    Speaker Pelosi"."""
    before = name - 1
    while before >= 0 and said[before][0].isupper() and not said[before].endswith(","):
        before -= 1
    return before >= 0 and said[before].lower() in NO_SUBJECT
