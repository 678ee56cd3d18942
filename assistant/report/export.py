"""A report → the bytes of a file, in one of the formats that there are.

Each format's library is loaded when its first report is made.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence

from assistant.report.bibtex import remarks, to_bibtex
from assistant.report.collected import Entry, Numbered, numbered
from assistant.report.csl_json import to_csl_json
from assistant.report.document import Document, document
from assistant.report.formats import FORMATS
from assistant.report.html import to_html
from assistant.report.markdown import to_markdown
from assistant.report.pdf import to_pdf
from assistant.report.reference import Reference, one_line, references
from assistant.report.ris import to_ris
from assistant.report.word import to_docx
from index.errors import UsageError

WRITTEN: dict[str, Callable[[Document], str | bytes]] = {
    "md": to_markdown,
    "docx": to_docx,
    "html": to_html,
    "pdf": to_pdf,
}
LISTED: dict[str, Callable[[Sequence[Reference]], str]] = {
    "bibtex": to_bibtex,
    "ris": to_ris,
    "csl-json": to_csl_json,
}


def exported(title: str, entries: Iterable[Entry], format: str, style: str, now: dt.datetime) -> bytes:
    """The report as a file: its answers with their footnotes, or its references alone, which have no style.
    Raises UsageError for a format or a style that there is none of."""
    if format in WRITTEN:
        made = WRITTEN[format](document(title, entries, style, now))
    elif format in LISTED:
        report = numbered(entries)
        listed = references(report.notes)
        made = LISTED[format](listed)
        if format == "bibtex":
            made = f"{remarks(answers(title, report, listed))}\n{made}"
    else:
        raise UsageError(f"there is no format {format!r}; choose one of {', '.join(FORMATS)}")
    return made if isinstance(made, bytes) else made.encode()


def answers(title: str, report: Numbered, listed: Sequence[Reference]) -> Iterator[str]:
    """A report's title, headings and claims as lines of plain text, each claim with the keys it cites."""
    cited = list(dict.fromkeys(note.citation.source.article for note in report.notes))
    keys = {article: reference.key for article, reference in zip(cited, listed, strict=True)}
    key_of = {note.n: keys[note.citation.source.article] for note in report.notes}
    yield one_line(title)
    for section in report.sections:
        yield ""
        yield one_line(section.entry.heading)
        for claim in section.claims:
            yield f"  {one_line(claim.text)} [{', '.join(dict.fromkeys(key_of[n] for n in claim.citations))}]"
        if not section.claims:
            yield f"  {one_line(section.entry.answer.text)}"
