"""Notes and their references → footnotes and a list of references in a style of the trade, by CSL.

The styles are those of the Citation Style Language, offline (assistant/report/csl/). In a style with notes
(Chicago) a footnote is written as that style writes it, in full each time, never "Ibid.". Styles that cite in
the text (APA, Harvard, MLA) or by number (IEEE) know no footnotes: there a footnote holds the reference as in
the list, without its number, and the page. Knows no file format.

What is known of an article comes out with the very same characters, except that a style may begin the words
of a headline with capitals. So quotation marks in a title stay as they are, where some guides want ‘single’
ones within “double”, and the second half of a hyphenated word gets no capital ("Bomb-grade"). IEEE gives no
day of publication for a web page without an outlet.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.rendering.render import closed
from assistant.report import marks
from assistant.report.collected import Note
from assistant.report.reference import Reference
from assistant.report.runs import Run
from index.errors import UsageError

if TYPE_CHECKING:
    from assistant.report.written import Style

FOLDER = Path(__file__).parent / "csl"
STYLES = {
    "apa": "APA, 7th edition",
    "chicago": "Chicago, 18th edition, notes",
    "mla": "MLA, 9th edition",
    "harvard": "Harvard (Cite Them Right, 12th edition)",
    "ieee": "IEEE",
}
DEFAULT_STYLE = "apa"
LOCALES = {"harvard": "en-GB"}  # ‘single quotes’ and "8 March"; the others' own is American
FIELDS = re.compile(f"(?<={marks.FIELD})[^{marks.FIELD_END}]*")
MAX_STYLE_BYTES = 2_000_000  # the longest published style has 0.3 MB

# What lxml and citeproc-py raise for a file that is no style, or half of one. SyntaxError: it is not XML.
BROKEN = (
    ArithmeticError, AssertionError, AttributeError, LookupError, NameError, RecursionError, SyntaxError,
    TypeError, ValueError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Styled:
    """`notes`: a note's number → the text of its reference, with the page; `bibliography`: each article once,
    in the style's order, empty for a style that has no list."""

    notes: Mapping[int, tuple[Run, ...]]
    bibliography: tuple[tuple[Run, ...], ...]


def styled(references: Sequence[Reference], notes: Sequence[Note], style: str) -> Styled:
    """`references` are those of the notes (`references(notes)`); `style` is one of STYLES or the path of a
    .csl file. Raises UsageError for any other, and for a file that can't be used."""
    loaded = _load(style)
    try:
        return _render(loaded, references, notes)
    except BROKEN as error:
        raise UsageError(f"{style}: the style can't be used ({_says(error)}); choose another") from error


def _load(style: str) -> "Style":
    path = FOLDER / f"{style}.csl" if style in STYLES else Path(style)
    if style not in STYLES and path.suffix.lower() != ".csl":
        raise UsageError(
            f"{style!r} is no style; choose {', '.join(STYLES)}, or give the path of a .csl file"
        )
    try:
        if path.stat().st_size > MAX_STYLE_BYTES:
            raise UsageError(f"{style}: too large for a style; give a .csl file")
        from assistant.report.written import Style  # loads lxml and citeproc-py

        loaded = Style(path, LOCALES.get(style))
    except OSError as error:
        raise UsageError(
            f"{style}: the style can't be read ({error.strerror or error}); check the path"
        ) from error
    except BROKEN as error:
        raise UsageError(f"{style}: that is no CSL style ({_says(error)}); choose another file") from error
    if loaded.parent:
        raise UsageError(f"{style} only names another style; download that one: {loaded.parent}")
    return loaded


def _says(error: Exception) -> str:
    """
    >>> _says(KeyError("author")), _says(ValueError(" a\\n b "))
    ("KeyError: 'author'", 'ValueError: a b')
    """
    return " ".join(f"{type(error).__name__}: {error}".split())


def _render(style: "Style", references: Sequence[Reference], notes: Sequence[Note]) -> Styled:
    """Each text of the same article and page is made once."""
    articles = dict.fromkeys(note.citation.source.article for note in notes)
    by_article = dict(zip(articles, references, strict=True))
    made: dict[tuple[str, int | None], tuple[Run, ...]] = {}
    texts = {}
    for note in notes:
        cited, page = by_article[note.citation.source.article], note.citation.page
        if (cited.key, page) not in made:
            made[cited.key, page] = marks.runs(_note(style, cited, page))
        texts[note.n] = made[cited.key, page]
    listed = style.ordered(references) if style.has_bibliography else []
    return Styled(texts, tuple(marks.runs(_entry(style, cited, n)) for n, cited in enumerate(listed, 1)))


def _note(style: "Style", cited: Reference, page: int | None) -> marks.Cells:
    if style.in_notes or not style.has_bibliography:
        return _whole(_put_in_order(style, style.note(cited, page)), cited)
    text = _whole(marks.without_number(_put_in_order(style, style.entry(cited, 1)))[1], cited)
    return (
        text if page is None else marks.with_page(text, page, style.quote_marks[1], style.periods_in_quotes)
    )


def _entry(style: "Style", cited: Reference, number: int) -> marks.Cells:
    """Chicago lists no document that only its owner has; a report does, as its note has it."""
    written = style.entry(cited, number) or style.note(cited, None)
    label, text = marks.without_number(_put_in_order(style, written))
    return [*label, *marks.cells(" " if label else ""), *_whole(text, cited)]


def _put_in_order(style: "Style", marked: str) -> marks.Cells:
    """A change of the reading direction in a field ends with it, or what follows would be turned round."""
    whole = FIELDS.sub(lambda found: closed(found[0]), marked)
    return marks.tidied(marks.cells(whole), style.quote_marks[1], style.periods_in_quotes)


def _whole(text: marks.Cells, cited: Reference) -> marks.Cells:
    """With the file's name, where nothing else says where a document is to be found: Harvard and IEEE have
    no place for it."""
    if cited.kind != "document" or cited.file in marks.text_of(text):
        return text
    stop = [] if text and text[-1].char == "." else marks.cells(".")
    return [*text, *stop, *marks.cells(f" {marks.FIELD}{closed(cited.file)}{marks.FIELD_END}.")]
