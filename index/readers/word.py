"""A Word file (DOCX) → an article: its paragraphs, and its tables a line for each row.

Reads the text as it stands when all tracked changes are accepted. Headers, footers, footnotes, comments, text
boxes and pictures are left out. The parts of the file are measured before they are unpacked.
"""

import datetime as dt
import io
from collections.abc import Iterator
from typing import Any
from zipfile import BadZipFile, ZipFile

from index.errors import ReadError
from index.readers.dates import parse_date, speaks_of
from index.readers.raw import (
    MAX_PICTURED_BYTES,
    About,
    Raw,
    after_title,
    as_title,
    one_line,
    paragraphs,
    plausible_name,
)
from index.text import Article

MAX_XML_BYTES = 40_000_000  # unpacked; 3 MB of text, a long book, take about 30 MB of XML
TITLE_STYLES = frozenset({"Title", "Heading 1"})
TEMPLATE_DAY = dt.date(2013, 12, 23)  # what the template of python-docx says, in all that is made with it
OLE = b"\xd0\xcf\x11\xe0"  # the container of a file with a password, and of the format before 2007
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SKIPPED = {f"{W}txbxContent", f"{W}del", f"{W}moveFrom"}
MARKS = {f"{W}tab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}


def read_word(raw: Raw) -> Article:
    """The article in a DOCX file. Raises ReadError when it is none, or is locked with a password."""
    data = raw.data(MAX_PICTURED_BYTES)
    if data.startswith(OLE):
        raise ReadError(
            f"{raw.name}: it is locked with a password, or in Word's format of before 2007; "
            "save it as DOCX without a password"
        )
    _check(raw.name, data)
    import docx

    document = docx.Document(io.BytesIO(data))
    blocks = [(style, text) for style, text in _blocks(document) if text.strip()]
    heading = blocks[0][1] if blocks and blocks[0][0] in TITLE_STYLES else ""
    properties = document.core_properties
    title = as_title(heading or plausible_name(properties.title) or "")
    text = paragraphs(text for _, text in blocks)
    about = About(title, plausible_name(properties.author), speaks_of(text, _created(properties)))
    return raw.article(text, about, after_title(text, one_line(heading) or title))


def _check(name: str, data: bytes) -> None:
    """Raises ReadError when the file is no package, or would be too much when unpacked."""
    try:
        with ZipFile(io.BytesIO(data)) as package:
            total = sum(
                part.file_size for part in package.infolist() if part.filename.endswith((".xml", ".rels"))
            )
    except (BadZipFile, NotImplementedError, ValueError) as error:
        raise ReadError(
            f"{name}: not a whole DOCX file ({error}); open it in Word and save it again"
        ) from error
    if total > MAX_XML_BYTES:
        raise ReadError(
            f"{name}: its text takes {total / 1e6:.0f} MB unpacked, over the limit of "
            f"{MAX_XML_BYTES / 1e6:.0f} MB; split it into articles"
        )


def _created(properties: Any) -> dt.date | None:
    """The day on which the document was made, unless a template's."""
    created, modified = properties.created, properties.modified
    day = parse_date(created) if created else None
    late = bool(created and modified and created > modified + dt.timedelta(days=1))
    return None if late or day == TEMPLATE_DAY else day


def _blocks(document: Any) -> Iterator[tuple[str, str]]:
    """`(style, text)` of each paragraph, and `("", text)` of each row of a table, in order."""
    styles = {style.style_id: style.name for style in document.styles}
    for element in _walk(document.element.body):
        if element.tag == f"{W}tr":
            cells = (" ".join(_words(cell).split()) for cell in element.iterchildren(f"{W}tc", f"{W}sdt"))
            yield "", " | ".join(cell for cell in cells if cell)
        else:
            style = element.find(f"{W}pPr/{W}pStyle")
            yield styles.get(style.get(f"{W}val"), "") if style is not None else "", _words(element)


def _walk(parent: Any) -> Iterator[Any]:
    """Paragraphs and rows of tables, those in content controls too, but none in another or in a text box."""
    for child in parent.iterchildren():
        if child.tag in {f"{W}p", f"{W}tr"}:
            yield child
        elif child.tag not in SKIPPED and isinstance(child.tag, str):
            yield from _walk(child)


def _words(element: Any) -> str:
    """The visible characters of a paragraph or a cell."""
    if element.tag == f"{W}t":
        return element.text or ""
    if element.tag in MARKS:
        return MARKS[element.tag] if element.getparent().tag == f"{W}r" else ""  # a tab stop is a `tab`, too
    inner = "".join(_words(child) for child in element.iterchildren() if child.tag not in SKIPPED)
    return f"{inner}\n" if element.tag == f"{W}p" else inner
