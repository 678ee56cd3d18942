"""A question cut short ("And in June?", "Why?", "How many of them?") → the whole of it.

What it lacks comes from the question before it, of which one part gives way: the wh phrase, a time, a place,
a name. Rules, no model, English.
"""

import re
from collections.abc import Sequence

from assistant.asking.clause import Parts, bare, is_finite, statement, with_wh
from assistant.asking.earlier import Earlier, topic
from assistant.asking.lexicon import ATTRIBUTES, AUX, DETERMINERS, PREPOSITIONS, PRONOUN, WH
from assistant.asking.mentions import Mention, is_plural, mentions
from index.words import fold

MAX_WH_WORDS = 4  # after the first: "In how many of the villages" is longer, and rare
FRAGMENT = re.compile(r"\A\s*(?:(?:and|but|so|or),?\s+)?(?:(?:what|how) about\s+)?", re.I)
TIED = re.compile(r"\A\s*(?:and|but|so|or|what about|how about)\b", re.I)
# "Why?", "Since when?", "Where to?", "In which city?", "How many of them?", "Why was that?"
WH_ONLY = re.compile(
    r"(?P<wh>(?:(?:according to|\w+) )?(?:who|whom|whose|what|which|when|where|why|how)\b"
    r"(?: (?:many|much|long|often|far|old|big|high))?.*?)"
    r"(?: exactly| then| (?:is|was|were|did|does|has) (?:that|this)"
    r"| (?:did|does|do|has) (?:it|that|this|they)"
    r" (?:happen(?:ed)?|occur(?:red)?|take place|do (?:it|that|this|so)))?",
    re.I,
)
LATER = re.compile(r"\b(?:earlier|later|before|ago|afterwards|then|now|today)$", re.I)
RANGE = re.compile(
    r"(?:\b(?:between|from|in|on|at|by|since|until|during|before|after|for|of) )?"
    r"(?:the (?:beginning|end|middle) of )?\Z"
)


def completed(question: str, last: Earlier) -> str:
    """A question that was cut short, whole; "" when it is whole already.

    >>> last = Earlier.of(("How many homes did the flood damage in Tholmby?", "149 [1]."))
    >>> completed("And in Nether Skarrow?", last), completed("When?", last)
    ('How many homes did the flood damage in Nether Skarrow', 'When did the flood damage homes in Tholmby')
    """
    text = bare(question)
    low = [fold(t.strip(",'’")) for t in text.split()]
    tied = bool(TIED.match(question))
    fragment = FRAGMENT.sub("", question).strip().rstrip("?!. ")
    if re.match(r"(?:what|how) about\b", text, re.I):
        return _with_fragment(fragment, last)
    if any(w in WH for w in low[:3]):
        found = WH_ONLY.fullmatch(text)
        if found and _is_bare(found["wh"]):
            return _with_wh(found["wh"], last)
        return ""
    if not low:
        return ""
    short = len(low) <= (8 if tied else 2) or (low[0] in PREPOSITIONS | {"according"} and len(low) <= 6)
    if (
        short
        and low[0] not in AUX
        and not (len(low) > 1 and is_finite(low[0]))
        and not PRONOUN.fullmatch(text)
    ):
        return _with_fragment(fragment, last)
    return ""


def _is_bare(wh: str) -> bool:
    """Whether a wh phrase holds no verb and so is no question by itself; a long one surely does.

    >>> [_is_bare(p) for p in ("By which way", "How many of them", "Which won", "How many slept in the hall")]
    [True, True, False, False]
    """
    words = re.sub(r" of (?:them|these|those)$", "", wh, flags=re.I).split()
    at = next(i for i, w in enumerate(words) if fold(w) in WH)
    rest = [fold(w) for w in words[at + 1 :]]
    few = len(rest) <= MAX_WH_WORDS and not any(w in DETERMINERS | PREPOSITIONS for w in rest[:-1])
    return few and not any(is_finite(w) for w in rest)


def _with_wh(wh: str, last: Earlier) -> str:
    """The last question asked with another wh phrase."""
    asked, low = last.asked, fold(wh)
    if asked and low.endswith(" more"):
        asked = Parts(asked.wh, asked.aux, asked.subject, re.sub(r"\bmore ", "", asked.rest))
    if asked is None:
        return f"{wh}, as to {topic([last])}"
    low_wh = fold(asked.wh)
    if low.endswith(" else") and (low_wh.startswith(low[:-5]) or asked.asks_subject):
        old = asked.wh if low_wh.startswith(low[:-5]) else low[:-5]
        return with_wh(f"{old} else", asked, "") if asked.aux else f"{old} else {asked.rest}"
    if re.fullmatch(r"(?:which|how many)(?: (?:ones?|of (?:them|these|those)))?", low):
        start = " ".join(low.split()[: 2 if low.startswith("how") else 1])
        if asked.subject and not asked.counted and is_plural(asked.subject):
            where = re.sub(r"^\w+ ?", "", asked.wh)
            return f"{start} of {statement(asked)} {where}".strip()
        noun = asked.counted or ("people" if last.asks_for_a_person() else "")
        noun = noun or next(
            (re.sub(r"^(?:the|these|those) ", "", m.text) for m in last.found if m.kind == "several"), ""
        )
        wh = f"{start} {noun}".strip()
    if asked.asks_subject and re.match(r"(?:who|what|which|how many)\b", low):
        return f"{wh} {asked.rest}"
    if asked.aux and asked.counted and asked.rest:
        asked = Parts(asked.wh, asked.aux, asked.subject, _put_back(asked))
    elif asked.aux and fold(asked.wh) == "what" and asked.rest:
        verb, _, more = asked.rest.partition(" ")
        asked = Parts(asked.wh, asked.aux, asked.subject, asked.rest if more else f"{verb} that")
    return with_wh(wh, asked, _answering(last))


def _put_back(asked: Parts) -> str:
    """What was asked for, where it stands in a statement.

    >>> _put_back(Parts("Which ship", "does", "the Álvhild", "replace"))
    'replace that ship'
    """
    verb, _, more = asked.rest.partition(" ")
    noun = asked.counted if re.search(r"\bhow (?:many|much)\b", asked.wh, re.I) else f"that {asked.counted}"
    return f"{verb} {noun} {more}".strip()


def _answering(last: Earlier) -> str:
    """Who or what the last answer named where the question asked for the subject."""
    assert last.asked
    if last.asked.counted:
        return last.asked.counted
    named = [
        p.name
        for p in last.people
        if p.sure and p.name not in last.question and p.name.split()[-1] in last.said
    ]
    return named[0] if named and last.asks_for_a_person() else ""


def _with_fragment(fragment: str, last: Earlier) -> str:
    """The last question, asked about another time, place or name, or about one more side of its topic."""
    question = bare(last.question)
    prep, _, thing = fragment.partition(" ")
    if fold(prep) == "according":
        kept = re.sub(r",? according to .*", "", question, flags=re.I)
        return f"{kept} {fragment[0].lower()}{fragment[1:]}"
    prep = fold(prep) if fold(prep) in PREPOSITIONS and thing else ""
    new = mentions(thing if prep else fragment)
    kind = "time" if LATER.search(fragment) else new[0].kind if new else "thing"
    fragment = (
        fragment
        if fragment[1:2].isupper() or (new and new[0].named and not prep)
        else fragment[0].lower() + fragment[1:]
    )
    if prep or kind == "time":
        times = [m for m in last.found if m.kind == "time" and m.text in question]
        if kind == "time" and times:
            return _replaced_time(question, times, fragment)
        same = [f"{m.prep} {m.text}" for m in last.found if prep and m.prep == prep and m.kind != "time"]
        same = [phrase for phrase in same if phrase in question]
        return question.replace(same[-1], fragment, 1) if same else f"{question} {fragment}"
    old = _counterpart(new[0], last) if new else None
    if old:
        return question.replace(old.text, fragment, 1)
    if new and not new[0].named and (new[0].head in ATTRIBUTES or fold(fragment).startswith("the ")):
        return f"What about {fragment} of {topic([last])}"
    return f"What about {fragment}, as to {topic([last])}"


def _replaced_time(question: str, times: Sequence[Mention], fragment: str) -> str:
    """ "between January and March" as a whole gives way to "in June"."""
    start, end = question.index(times[0].text), question.index(times[0].text) + len(times[0].text)
    for other in times[1:]:
        at = question.find(other.text, end)
        if 0 <= at - end <= 6:  # " and ", " to "
            end = at + len(other.text)
    before = RANGE.search(question[:start])
    start = before.start() if before else start
    return f"{question[:start]}{fragment}{question[end:]}"


def _counterpart(new: Mention, last: Earlier) -> Mention | None:
    """What of the last question the new thing takes the place of."""
    asked = bare(last.question)
    old = [m for m in last.found if m.kind != "time" and m.text in asked]
    same = [m for m in old if m.head == new.head]
    alike = [m for m in old if _shape(m) == _shape(new) and (m.kind == "person") == (new.kind == "person")]
    if new.head in ATTRIBUTES:
        alike = []
    close = [m for m in alike if m.kind == new.kind]
    return next(iter(same or close[-1:] or alike[-1:]), None)


def _shape(m: Mention) -> tuple[bool, bool]:
    """A bare name ("NATO"), a phrase with a name ("the OSCE session"), a phrase without one."""
    return m.named, m.named and m.text.split()[-1][:1].isupper()
