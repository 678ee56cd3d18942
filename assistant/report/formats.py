"""The formats that a report is written in. Loads none of their libraries: the command line names them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """What a reader knows a format by: its name, how its files end, its media type, and whether it is text,
    which can be printed."""

    label: str
    ending: str
    media_type: str
    is_text: bool = True


FORMATS = {
    "md": Format("Markdown", ".md", "text/markdown; charset=utf-8"),
    "docx": Format(
        "Word (DOCX)",
        ".docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        is_text=False,
    ),
    "html": Format("Web page (HTML)", ".html", "text/html; charset=utf-8"),
    "pdf": Format("PDF", ".pdf", "application/pdf", is_text=False),
    "bibtex": Format("BibTeX", ".bib", "application/x-bibtex; charset=utf-8"),
    "ris": Format("RIS", ".ris", "application/x-research-info-systems; charset=utf-8"),
    "csl-json": Format("CSL-JSON", ".json", "application/vnd.citationstyles.csl+json; charset=utf-8"),
}
