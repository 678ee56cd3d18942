"""A report → the bytes of a file, in one of the formats that there are.

Each format's library is loaded when its first report is made.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from assistant.report.bibtex import to_bibtex
from assistant.report.collected import Entry, numbered
from assistant.report.csl_json import to_csl_json
from assistant.report.document import Document, document
from assistant.report.html import to_html
from assistant.report.markdown import to_markdown
from assistant.report.pdf import to_pdf
from assistant.report.reference import Reference, references
from assistant.report.ris import to_ris
from assistant.report.word import to_docx
from index.errors import UsageError


@dataclass(frozen=True, slots=True)
class Format:
    """What a reader knows a format by: its name, how its files end, and its media type."""

    label: str
    ending: str
    media_type: str


FORMATS = {
    "md": Format("Markdown", ".md", "text/markdown; charset=utf-8"),
    "docx": Format(
        "Word (DOCX)", ".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    ),
    "html": Format("Web page (HTML)", ".html", "text/html; charset=utf-8"),
    "pdf": Format("PDF", ".pdf", "application/pdf"),
    "bibtex": Format("BibTeX", ".bib", "application/x-bibtex; charset=utf-8"),
    "ris": Format("RIS", ".ris", "application/x-research-info-systems; charset=utf-8"),
    "csl-json": Format("CSL-JSON", ".json", "application/vnd.citationstyles.csl+json; charset=utf-8"),
}

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
        made = LISTED[format](references(numbered(entries).notes))
    else:
        raise UsageError(f"there is no format {format!r}; choose one of {', '.join(FORMATS)}")
    return made if isinstance(made, bytes) else made.encode()
