"""A reference with marks in it → runs: what is the style's is put in order, what is the article's left alone.

The marks are control characters, which no field has. citeproc-py joins pieces without a look at the marks
around them, so double full stops and American commas after quotation marks are put right here, and only
between fields: inside a title everything stays, "Who left?." as well as "<b>".
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby

from assistant.report.runs import Run

FIELD, FIELD_END = "\x01", "\x02"
LINK, LINK_END = "\x03", "\x04"
NUMBER, NUMBER_END = "\x05", "\x06"
LOOKS, LOOKS_END = "\x0e", "\x0f"
# As citeproc-py calls them; a run knows no other, which are left out (underlined, light, subscript).
FLAGS = {"Italic": "i", "Oblique": "i", "Bold": "b", "Superscript": "s", "SmallCaps": "c"}

ENDS = ".?!…"  # of a sentence: no full stop after these
PAUSES = ".,;:"


@dataclass(frozen=True, slots=True)
class Cell:
    """One character. `field`: the article's own, not the style's; `number`: of the entry in its list."""

    char: str
    flags: str = ""
    field: bool = False
    number: bool = False
    link: str = ""


Cells = list[Cell]


def set_in(looks: str, text: str) -> str:
    """Text marked as italic and so on."""
    return f"{LOOKS}{FLAGS[looks]}{text}{LOOKS_END}" if text and looks in FLAGS else text


def cells(marked: str) -> Cells:
    """
    >>> marked = set_in("Italic", FIELD + "A" + FIELD_END) + "."
    >>> [(cell.char, cell.flags, cell.field) for cell in cells(marked)]
    [('A', 'i', True), ('.', '', False)]
    """
    found: Cells = []
    flags: list[str] = []
    field = number = False
    link = ""
    chars = iter(enumerate(marked))
    for at, c in chars:
        if c == LOOKS:
            flags.append(next(chars)[1])
        elif c == LOOKS_END:
            flags.pop()
        elif c in (FIELD, FIELD_END):
            field = c == FIELD
        elif c in (NUMBER, NUMBER_END):
            number = c == NUMBER
        elif c in (LINK, LINK_END):
            link = marked[at + 1 : marked.index(LINK_END, at)] if c == LINK else ""
        else:
            found.append(Cell(c, "".join(sorted({*flags})), field or bool(link), number, link))
    return found


def tidied(found: Cells, close: str, periods_in_quotes: bool) -> Cells:
    """The style's punctuation in order; `close` is its closing quotation mark, inside which Americans put
    full stops and commas.

    >>> def shown(title, after, american=True):
    ...     return text_of(tidied(cells(f"“{FIELD}{title}{FIELD_END}”{after}"), "”", american))
    >>> shown("Who left?", ". A"), shown("Ferry", ", A"), shown("Ferry", ", A", False), shown("Stop..", ". A")
    ('“Who left?” A', '“Ferry,” A', '“Ferry”, A', '“Stop..” A')
    """
    out: Cells = []
    for cell in found:
        if cell.field:
            out.append(cell)
        elif cell.char == " ":
            out += [cell] if out and out[-1].char != " " else []
        elif cell.char in PAUSES:
            _punctuate(out, cell, close, periods_in_quotes)
        else:
            out.append(cell)
    while out and (out[-1].char == " " or out[-1].char in ",;:") and not out[-1].field:
        out.pop()
    return out


def _punctuate(out: Cells, cell: Cell, close: str, periods_in_quotes: bool) -> None:
    end = len(out)
    while end and not out[end - 1].field and out[end - 1].char == close:
        end -= 1
    last = out[end - 1] if end else Cell("")
    ended = last.char in ENDS and cell.char == "."
    if last.char and not last.link and (ended or last.char == cell.char):
        return
    if not last.field and last.char in (",", ";", ":") and cell.char == ".":
        out[end - 1] = replace(last, char=".")
    elif end < len(out) and periods_in_quotes and cell.char in ".,":
        out.insert(end, cell)
    elif not (out and out[-1].char == " " and not out[-1].field):
        out.append(cell)
    else:
        out[-1] = cell  # no space before a comma


def without_number(found: Cells) -> tuple[Cells, Cells]:
    """The number that opens an entry, with what is around it, and the rest.

    >>> label, rest = without_number(cells(f"[{NUMBER}12{NUMBER_END}]A. Holt"))
    >>> text_of(label), text_of(rest)
    ('[12]', 'A. Holt')
    """
    numbers = [i for i, cell in enumerate(found) if cell.number]
    if not numbers or numbers[0] > 1:
        return [], found
    end = numbers[-1] + 1
    while end < len(found) and not found[end].field and found[end].char in "]).: ":
        end += 1
    label = found[:end]
    while label[-1].char == " ":
        label.pop()
    return label, found[end:]


def with_page(found: Cells, page: int, close: str, periods_in_quotes: bool) -> Cells:
    """A tidied reference with the page at its end, for styles that leave that to the text.

    >>> [text_of(with_page(cells(t), 3, "”", True)) for t in ("Holt (2022).", "Holt", "“Ferry.”")]
    ['Holt (2022), p. 3.', 'Holt, p. 3', '“Ferry,” p. 3.']
    """
    head, stop = list(found), cells("")
    quoted = [head.pop()] if periods_in_quotes and head[-1].char == close and not head[-1].field else []
    if head and head[-1].char == "." and not head[-1].field:
        stop = [replace(head.pop(), flags="")]
    return tidied([*head, *quoted, *cells(f", p. {page}"), *stop], close, periods_in_quotes)


def runs(found: Iterable[Cell]) -> tuple[Run, ...]:
    """Neighbours that look the same, together."""
    made = []
    for (flags, link), group in groupby(found, key=lambda cell: (cell.flags, cell.link)):
        text = "".join(cell.char for cell in group)
        made.append(Run(text, "i" in flags, "b" in flags, "c" in flags, "s" in flags, link))
    return tuple(made)


def text_of(found: Iterable[Cell]) -> str:
    """The characters alone."""
    return "".join(cell.char for cell in found)
