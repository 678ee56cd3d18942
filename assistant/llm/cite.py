"""The model's draft → sentences with the numbers of the quotes they cite, also while it streams.

A draft is parsed from its beginning each time: it has a few hundred characters, and so what is shown never
depends on where the stream was cut. What may still become a marker (` [1`) is held back, so the text shown
only ever grows. Does not know which numbers exist.
"""

import re
from dataclasses import dataclass

from index.sentences import split_sentences

MARKER_CHARS = 40  # between the brackets; what is longer is text, not a marker
# "[1]", "[1, 3]", "[1-3]", "[1 and 2]", "[Quote 1]", "[^1]", "[[1]]"
MARKER = re.compile(
    rf"\s*\[+(?=[^\[\]]{{1,{MARKER_CHARS}}}\])\s*(?:(?:quote|source)s?\b\s*)?"
    r"(\^?\d+(?:\s*(?:[,;&–-]|\band\b)\s*\d+)*)\s*\]+",
    re.I,
)
HELD_BACK = re.compile(rf"\s*(?:\[+[^\[\]]{{0,{MARKER_CHARS}}})?\Z")
# Where the model ran out of tokens in the middle of a marker.
CUT_MARKER = re.compile(
    rf"\s*\[+(?=[^\[\]]{{0,{MARKER_CHARS}}}\Z)\s*(?:(?:quote|source)s?\b)?[\s\d^,;&–-]*\Z", re.I
)
ENDS = re.compile(r"[.!?…][”\"’')\]]*\Z")
LEAD_IN = re.compile(
    r"\A\s*(?:(?:\d{1,2}[.)]|[-*•])(?:\s+|\Z))?"
    r"(?:(?:the|my) (?:short )?answer(?: to (?:this|the|your) question)? is(?::\s*|\s+)|answer:\s*)?",
    re.I,
)
REFUSES = re.compile(
    r"\A\W*(?:i (?:do not|don't|cannot|can't)\b"
    r"|(?:none of )?(?:the|these|this) (?:\w+ )?(?:article|quote|text|passage|source)s? "
    r"(?:(?:provided|given|above) )?(?:(?:do|does|did) not|don't|doesn't|(?:contain|give)s? no)\b"
    r"|there is no (?:information|mention|answer)\b|not (?:mentioned|stated|specified|given)\b)",
    re.I,
)
MAX_NUMBERS = 8  # of one marker; a model that lists more has not chosen


@dataclass(frozen=True, slots=True)
class Drafted:
    """One sentence of a draft, without its markers; `cites` are the numbers in them, in order."""

    text: str
    cites: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """`shown` is the text without markers; `sentences` are all, `finished` counts those that can't grow."""

    shown: str
    sentences: tuple[Drafted, ...]
    finished: int


def parse(raw: str, final: bool) -> Draft:
    """What the model wrote so far; `final` says that nothing more will come. What is shown of a beginning
    of `raw` is a beginning of what is shown of all of it.

    >>> parse("It rained [1]. It sno", final=False).sentences[0]
    Drafted(text='It rained.', cites=(1,))
    >>> parse("It rained [1", final=False).shown
    'It rained'
    """
    raw = (CUT_MARKER if final else HELD_BACK).sub("", raw, count=1)
    shown, end = "", 0
    marks: list[tuple[int, list[int]]] = []
    for marker in MARKER.finditer(raw):
        shown += raw[end : marker.start()]
        end = marker.end()
        marks.append((len(shown), _numbers(marker[1])))
    shown += raw[end:]
    spans = split_sentences(shown)
    cites: list[dict[int, None]] = [{} for _ in spans]
    for place, numbers in marks:
        # A marker belongs to the sentence that it stands in or follows; before them all, to the first.
        owner = sum(span.start < place for span in spans) or 1
        if spans:
            cites[owner - 1] |= dict.fromkeys(numbers)
    sentences = tuple(Drafted(shown[s.start : s.end], tuple(c)) for s, c in zip(spans, cites, strict=True))
    return Draft(shown, sentences, len(sentences) if final else max(0, len(sentences) - 1))


def bare(sentence: str) -> str:
    """A drafted sentence without what small models put before it: a list's number, "The answer is:".

    >>> bare("1. The answer to this question is: January 12."), bare("- It rained."), bare("1.")
    ('January 12.', 'It rained.', '')
    """
    return LEAD_IN.sub("", sentence, count=1)


def is_whole(sentence: str) -> bool:
    """Whether a sentence has its end: the last one of a draft that ran out of tokens has none.

    >>> is_whole("It rained."), is_whole("It rained and")
    (True, False)
    """
    return bool(ENDS.search(sentence))


def _numbers(text: str) -> list[int]:
    """
    >>> _numbers("1, 3-5"), _numbers("2 and 1")
    ([1, 3, 4, 5], [2, 1])
    """
    found: list[int] = []
    for part in re.split(r"[,;&]|and", text, flags=re.I):
        ends = [int(n) for n in re.findall(r"\d+", part)]
        found += range(ends[0], min(ends[-1], ends[0] + MAX_NUMBERS) + 1)
    return found[:MAX_NUMBERS]


def refuses(sentence: str) -> bool:
    """Whether a draft's sentence says that the quotes do not answer, which is no claim about the world.

    >>> refuses("The articles do not say."), refuses("The articles of the treaty do not say so.")
    (True, False)
    """
    return bool(REFUSES.search(sentence))
