"""A PDF → an article: text page by page, with the offsets at which the pages begin.

pypdf finds the lines; layout.py makes paragraphs of them. Pictures of text are not read: that takes OCR.
Columns come in the order in which the file draws them, mostly the right one. Notes are left out.
"""

import datetime as dt
import logging
from typing import Any

from index.errors import ReadError
from index.readers.dates import parse_date, speaks_of
from index.readers.layout import Line, Page, heading_of, join_pages
from index.readers.raw import (
    MAX_FILE_BYTES,
    MAX_PICTURED_BYTES,
    About,
    Raw,
    after_title,
    as_title,
    plausible_name,
)
from index.text import Article

MAX_PAGES = 5000
MAX_DAYS_TO_CHANGE = 366  # a document that was changed later than this has become another one
# What prints a page gives the day of the printing, and what scans one the day of the scan.
PRINTERS = (
    "skia",
    "chrome",
    "mozilla",
    "firefox",
    "safari",
    "quartz",
    "wkhtmltopdf",
    "weasyprint",
    "print to pdf",
)
SCANNERS = ("scan", "ocr", "abbyy", "paper capture", "tesseract", "camscanner", "adobe scan")


def read_pdf(raw: Raw) -> Article:
    """The article in a PDF. Raises ReadError when it is damaged, locked, or holds only pictures."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, PyPdfError

    logging.getLogger("pypdf").setLevel(logging.ERROR)  # what it mends by itself is no news
    if raw.size > MAX_PICTURED_BYTES:
        raw.data(MAX_PICTURED_BYTES)  # refuses it
    try:
        with raw.open() as stream:
            reader = PdfReader(stream, strict=False)
            _unlock(raw.name, reader)
            if len(reader.pages) > MAX_PAGES:
                raise ReadError(
                    f"{raw.name}: {len(reader.pages):,} pages are over the limit of {MAX_PAGES:,}; split it"
                )
            pages = [Page(_lines(page)) for page in reader.pages]
            info = dict(reader.metadata or {})
    except DependencyError as error:
        raise _locked(raw.name) from error
    except (PyPdfError, RecursionError) as error:
        raise ReadError(
            f"{raw.name}: not a whole PDF ({error}); open it in a reader and print it to PDF"
        ) from error
    text, starts = join_pages(pages)
    if len(text) > MAX_FILE_BYTES:
        raise ReadError(
            f"{raw.name}: {len(text):,} characters of text are too many for one article; split it"
        )
    if not any(c.isalnum() for c in text):
        raise ReadError(
            f"{raw.name}: it has {len(pages)} pages of pictures and no text; "
            "run OCR on it first (for example ocrmypdf), and add the result"
        )
    about, body = _about(info, text, heading_of(pages))
    return raw.article(text, about, body, starts)


def _unlock(name: str, reader: Any) -> None:
    """Open what only forbids printing: its password is empty. Raises ReadError."""
    if reader.is_encrypted and not reader.decrypt(""):
        raise _locked(name)


def _locked(name: str) -> ReadError:
    return ReadError(f"{name}: it is locked with a password; save a copy without one, and add that")


def _lines(page: Any) -> list[Line]:
    """The lines of a page in the order in which they are drawn, with their places in points."""
    lines: list[Line] = []
    words: list[str] = []
    place: tuple[float, float, float] | None = None

    def visit(text: str, outer: list[float], inner: list[float], _font: Any, size: float) -> None:
        nonlocal place
        for number, part in enumerate(text.split("\n")):
            if number:
                end()
            if part.strip() and place is None:
                x = inner[4] * outer[0] + inner[5] * outer[2] + outer[4]
                y = inner[4] * outer[1] + inner[5] * outer[3] + outer[5]
                place = (x, y, abs(size * inner[3] * outer[3]))
            words.append(part)

    def end() -> None:
        nonlocal place
        if place and (line := "".join(words).strip()):
            lines.append(Line(line, *place))
        words.clear()
        place = None

    page.extract_text(visitor_text=visit)
    end()
    return lines


def _about(info: dict[str, Any], text: str, heading: str | None) -> tuple[About, int]:
    """What the document says about itself, where that is plausible, and where the body begins."""
    title = as_title(plausible_name(info.get("/Title")) or heading or "")
    date = speaks_of(text, _created(info))
    return About(title, plausible_name(info.get("/Author")), date), after_title(text, heading or title)


def _created(info: dict[str, Any]) -> dt.date | None:
    """The day on which the document was made, unless that is only when it was printed or scanned.

    >>> _created({"/CreationDate": "D:20220506101500+02'00'", "/Producer": "LibreOffice 7.4"})
    datetime.date(2022, 5, 6)
    >>> _created({"/CreationDate": "D:20220506101500Z", "/Producer": "Skia/PDF m156"})
    """
    maker = f"{info.get('/Producer')} {info.get('/Creator')}".lower()
    if any(word in maker for word in PRINTERS + SCANNERS):
        return None
    created, changed = (_day(info.get(key)) for key in ("/CreationDate", "/ModDate"))
    if created and changed and not 0 <= (changed - created).days <= MAX_DAYS_TO_CHANGE:
        return None
    return created


def _day(value: Any) -> dt.date | None:
    return parse_date(str(value).removeprefix("D:")[:8]) if value else None
