"""The model's draft → sentences with the numbers of the quotes they cite, also while it streams.

A draft is parsed from its beginning each time: it has a few hundred characters, and so what is shown never
depends on where the stream was cut. A marker that may still be incomplete (`[1`) is held back.
"""

import re
from dataclasses import dataclass

from index.sentences import split_sentences
from index.text import Sentence

MARKER = re.compile(r"\s*\[\s*(?:quotes?\s+|source\s+)?(\d+(?:\s*[,;–-]\s*\d+)*)\s*\]", re.I)
PARTIAL = re.compile(r"\s*\[[^\]\n]{0,24}\Z")  # longer brackets are text, not markers
ENDS = re.compile(r"[.!?…][”\"’')\]]*\Z")
MAX_NUMBERS = 8  # a model that lists more than this cites nothing


@dataclass(frozen=True, slots=True)
class Drafted:
    """One sentence of a draft, without its markers; `cites` are the numbers in them, in order."""

    text: str
    cites: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """`shown` is the text without markers; `sentences` are all, `finished` those that can't grow."""

    shown: str
    sentences: tuple[Drafted, ...]
    finished: int


def parse(raw: str, final: bool) -> Draft:
    """What the model wrote so far; `final` says that nothing more will come.

    >>> parse("It rained [1]. It sno", final=False).sentences[0]
    Drafted(text='It rained.', cites=(1,))
    >>> parse("It rained [1", final=False).shown
    'It rained'
    """
    if not final:
        raw = PARTIAL.sub("", raw)
    shown, marks, end = "", [], 0
    for marker in MARKER.finditer(raw):
        shown += raw[end : marker.start()]
        end = marker.end()
        marks.append((len(shown), _numbers(marker[1])))
    shown += raw[end:]
    spans = split_sentences(shown)
    sentences = tuple(
        Drafted(
            shown[span.start : span.end],
            tuple(
                dict.fromkeys(
                    n for place, numbers in marks if _owner(place, _starts(spans)) == i for n in numbers
                )
            ),
        )
        for i, span in enumerate(spans)
    )
    return Draft(shown, sentences, len(sentences) if final else max(0, len(sentences) - 1))


def is_whole(sentence: str) -> bool:
    """Whether a sentence has its end: the last one of a draft that ran out of tokens has none.

    >>> is_whole("It rained."), is_whole("It rained and")
    (True, False)
    """
    return bool(ENDS.search(sentence))


def _starts(spans: list[Sentence]) -> list[int]:
    return [span.start for span in spans]


def _owner(place: int, begins: list[int]) -> int:
    """The sentence that a marker at `place` stands in or follows; the first for one before them all."""
    return max((i for i, begin in enumerate(begins) if begin < place), default=0)


def _numbers(text: str) -> list[int]:
    """
    >>> _numbers("1, 3-5")
    [1, 3, 4, 5]
    """
    found: list[int] = []
    for part in re.split(r"\s*[,;]\s*", text):
        ends = [int(n) for n in re.findall(r"\d{1,6}", part)]
        found += range(ends[0], min(ends[-1], ends[0] + MAX_NUMBERS) + 1) if ends else []
    return found[:MAX_NUMBERS]
