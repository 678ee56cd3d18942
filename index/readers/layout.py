"""Lines of printed pages → text with whole sentences, and where each page begins.

Undoes what printing did: line breaks inside paragraphs, words divided at the end of a line, page numbers and
running heads between two halves of a sentence. A paragraph is told by the space above it, its indentation,
its size, or a last line that is short. Knows nothing of PDF. Tables come as their rows.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import dropwhile, pairwise, takewhile
from statistics import median

from index.readers.raw import clean

BETWEEN = "\n\n"
WIDER = 1.25  # times the usual distance of lines: a space, where the distance of lines varies by rounding
INDENT = 0.8  # times the size: less is the hanging of a quotation mark
SIZES_DIFFER = 1.08  # a heading is larger by a tenth at least, an exponent is not the start of a line
TOP_LINES = 3  # a date or a name may stand above a heading
HEADING_LARGER = 1.15  # times the size of the text
SHORT = 0.75  # of the usual line: the last one of a paragraph that ends with a sentence
EDGE_LINES = 2  # at the top and the bottom of a page can be running heads
REPEATED_PAGES = 3  # a line there on so many pages, and on a tenth of all (a chapter's), is no text
SENTENCE_END = re.compile(r"[.!?:…]['\"”’»)\]]*\Z")
BULLET = re.compile(r"(?:[•‣▪●○◦■–—*·-]|\(?\d{1,2}[.)]|\(?[a-z]\))\s+\S")
PAGE_NUMBER = re.compile(
    r"(?:page|p\.|seite|–|-)?\s*\d{1,4}\s*(?:(?:of|/|von|sur|de)\s*\d{1,4}|–|-)?", re.IGNORECASE
)
LONGEST_WORD = 80  # characters
WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
DIVIDED = re.compile(r"([^\W\d_]+)[-\u2010\xad]\Z")
LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}


@dataclass(frozen=True, slots=True)
class Line:
    """A line where it is printed: `x` to the right and `y` upwards, `size` of its letters, in points."""

    text: str
    x: float = 0
    y: float = 0
    size: float = 0


@dataclass(frozen=True, slots=True)
class Page:
    """The lines of a page, in reading order."""

    lines: list[Line]


def join_pages(pages: list[Page]) -> tuple[str, tuple[int, ...]]:
    r"""The text of all pages, and the offset at which each page begins.

    >>> lines = ["The dike was ex-", "pensive, the coun-", "cil said."]
    >>> join_pages([Page([Line(l, 0, -i, 1) for i, l in enumerate(lines)]), Page([Line("It rained.")])])
    ('The dike was expensive, the council said.\n\nIt rained.', (0, 43))
    """
    spelled = [[_spelled(line) for line in page.lines] for page in without_running_heads(pages)]
    pages = [Page([line for line in lines if line.text]) for lines in spelled]
    words = Counter(w for page in pages for line in page.lines for w in WORD.findall(line.text.lower()))
    usual = _leading(pages)
    length = median([len(line.text) for page in pages for line in page.lines] or [0])
    done, block, at = [], "", 0  # paragraphs, the one that is being put together, its offset
    starts: list[int] = []
    last: Line | None = None
    for page in pages:
        starts.append(at + len(block))  # a page without text begins where the next one does
        for number, line in enumerate(page.lines):
            new = (
                is_new_paragraph(last, line, usual, length)
                if number and last
                else not _goes_on(last, line, length)
            )
            if new and block:
                done.append(block)
                at += len(block) + len(BETWEEN)
            block = line.text if new else join(block, line.text, words)
            if number == 0:
                starts[-1] = at + len(block) - len(line.text)
            last = line
    return BETWEEN.join([*done, block]), tuple(starts)


def heading_of(pages: list[Page]) -> str | None:
    """The first lines of the first page that are larger than the text of the document; None without any.

    >>> rain = [Line("Rain.", 0, 50, 11)] * 3
    >>> heading_of([Page([Line("Dike to", 0, 90, 18), Line("cost more", 0, 70, 18), *rain])])
    'Dike to cost more'
    """
    lines = next((page.lines for page in without_running_heads(pages) if page.lines), [])
    usual = median([line.size for page in pages for line in page.lines] or [0])
    size = max((line.size for line in lines[:TOP_LINES]), default=0)
    head = list(takewhile(lambda line: line.size == size, dropwhile(lambda line: line.size < size, lines)))
    if size < HEADING_LARGER * usual or len(head) == len(lines):
        return None
    return join_pages([Page(head)])[0].replace(BETWEEN, " ")


def join(text: str, line: str, words: Counter[str]) -> str:
    """A text and its next line; a word divided between them is put together.

    The hyphen stays where the document writes the whole word with it elsewhere, or goes on with a capital.

    >>> join("a well-", "known ex-", Counter(["well-known"])), join("Franco-", "German", Counter())
    ('a well-known ex-', 'Franco-German')
    >>> join("an ex-", "pensive dike", Counter())
    'an expensive dike'
    """
    divided, first = DIVIDED.search(text[-LONGEST_WORD:]), WORD.match(line)
    if not divided or not first:
        return f"{text} {line}"
    if not line[0].islower():
        return text + line
    head = divided[1].lower()
    tail = first[0].lower()
    kept = words[f"{head}-{tail}"] > words[f"{head}{tail}"]
    return text + line if kept else text[:-1] + line


def is_new_paragraph(above: Line, line: Line, usual: float, length: float) -> bool:
    """Whether a line begins a paragraph. `usual` is the distance of lines as a ratio of their size."""
    if BULLET.match(line.text):
        return True
    size, gap = max(above.size, line.size), above.y - line.y
    if min(above.size, line.size) * SIZES_DIFFER < size:
        return True
    if usual and gap > usual * WIDER * size:
        return True
    ended = bool(SENTENCE_END.search(above.text))
    if gap > 0 and line.x - above.x > INDENT * size and ended:
        return True
    return ended and len(above.text) < SHORT * length


def without_running_heads(pages: list[Page]) -> list[Page]:
    """The pages without page numbers, and without lines that stand at the edge of many pages."""
    shapes = ({_shape(line) for line in _edge(page)} for page in pages)
    edges = Counter(shape for page in shapes for shape in page if any(c.isalpha() for c in shape))
    enough = max(REPEATED_PAGES, len(pages) / 10)
    return [Page(list(_body(page, {s for s, count in edges.items() if count >= enough}))) for page in pages]


def _body(page: Page, running: set[str]) -> Iterator[Line]:
    edge = {id(line) for line in _edge(page)}
    for line in page.lines:
        if id(line) in edge and (_shape(line) in running or PAGE_NUMBER.fullmatch(line.text.strip())):
            continue
        yield line


def _edge(page: Page) -> list[Line]:
    lines = sorted(page.lines, key=lambda line: -line.y)  # drawn first, a foot may come first
    return lines[:EDGE_LINES] + lines[EDGE_LINES:][-EDGE_LINES:]


def _shape(line: Line) -> str:
    return re.sub(r"\d+", "#", line.text).strip().lower()


def _leading(pages: Iterable[Page]) -> float:
    """The most frequent distance of two lines, as a ratio of their size; 0 when there is none."""
    ratios = Counter(
        round((a.y - b.y) / b.size, 1)
        for page in pages
        for a, b in pairwise(page.lines)
        if b.size and 0 < a.y - b.y < 4 * b.size and a.size == b.size
    )
    return max(ratios, key=lambda ratio: (ratios[ratio], -ratio), default=0)


def _goes_on(last: Line | None, line: Line, length: float) -> bool:
    """Whether a page begins inside the paragraph with which the page before it ended."""
    if last is None:
        return False
    same = min(last.size, line.size) * SIZES_DIFFER >= max(last.size, line.size)
    if not same or SENTENCE_END.search(last.text) or BULLET.match(line.text):
        return False
    return line.text[0].islower() or len(last.text) >= SHORT * length


def _spelled(line: Line) -> Line:
    """The line in single letters: nobody types the ligature of "first"."""
    text = clean(line.text.replace("\xad", "-") if line.text.endswith("\xad") else line.text)
    for ligature, letters in LIGATURES.items():
        text = text.replace(ligature, letters)
    return Line(" ".join(text.split()), line.x, line.y, line.size)
