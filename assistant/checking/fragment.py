"""Is a few words without a verb an answer to the question? English.

"Rookie NFL player." stands in the quote, and answers no question that asks when, how many or who. A whole
sentence says what it is about, so only fragments are judged, and only by the kind of answer wanted.
"""

import re

from assistant.asking.question import wanted
from assistant.checking.spelling import plain
from index.text import MONTHS

FRAGMENT_WORDS = 8  # the longest "sentence" that may be one without a verb
VERB = re.compile(
    r"\b(?:am|is|are|was|were|be|been|has|have|had|do|does|did|will|would|can|could|may|might|must"
    r"|should|shall"
    r"|\w{2,}ed|said|says|told|took|made|gave|went|came|became|began|fell|rose|grew|got|held|kept|left"
    r"|led|lost"
    r"|met|paid|ran|saw|sent|sold|spoke|stood|won|wrote|broke|built|bought|brought|chose|drew|drove"
    r"|felt|found"
    r"|fought|knew|lay|put|read|sat|set|shut|slept|spent|struck|taught|thought|threw|wore|hit|cost"
    r"|costs|gives?"
    r"|takes?|makes?|goes|comes?|leads?|lives?|leaves?|joins|replaces|pays?|links|means|needs|wants"
    r"|plans|runs)\b|'s\b"
)
DIGITS = re.compile(
    r"\d|\b(?:one|half|third|quarter|no|none|dozens?|hundreds?|thousands?|millions?|double|twice)\b", re.I
)
TIMES = re.compile(
    rf"\d|\b(?:\w+day|today|tomorrow|yesterday|{'|'.join(MONTHS)}|years?|months?|weeks?|days?|hours?"
    r"|minutes?|century|decade|spring|summer|autumn|fall|winter"
    r"|morning|afternoon|noon|evening|night|midnight|now|soon|never|before|after|during|when|while"
    r"|early|late)\b",
    re.I,
)
NAMED = re.compile(r"[A-Z][\w'-]*\W*\Z")


def is_fragment(text: str) -> bool:
    """
    >>> [is_fragment(t) for t in ("Rookie NFL player.", "The dike broke.", "Saudi Arabia")]
    [True, False, True]
    """
    text = plain(text)
    return len(text.split()) <= FRAGMENT_WORDS and not VERB.search(re.sub(r"(?<=[A-Z]\w)'s\b", "", text))


def answers_kind(question: str, text: str) -> bool:
    """Whether a fragment is of the kind that the question asks for; True for whole sentences.

    >>> answers_kind("When did he leave?", "The old quay."), answers_kind("Who left?", "Rookie NFL player.")
    (False, False)
    >>> answers_kind("When did he leave?", "On May 2."), answers_kind("Who left?", "Ann Roe, a baker.")
    (True, True)
    """
    if not is_fragment(text):
        return True
    kind = wanted(question)
    if kind == "number":
        return bool(DIGITS.search(plain(text)))
    if kind == "time":
        return bool(TIMES.search(plain(text)))
    if kind == "name":
        return any(NAMED.search(part.strip()) for part in re.split(r"[,;(]| and | or ", text) if part.strip())
    return True
