"""References ↔ RIS, which Zotero, EndNote and Mendeley read: newspaper article, web page, generic.

One line a field, lines end as the format wants it (CR LF). Each quote is a note (`N1`), the file's name is in
`C1`, which is for what a program likes. RIS has no characters with a meaning of their own, so nothing is
escaped; only a line break would end a field, and no field of a reference has any.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from assistant.report.names import inverted, upright
from assistant.report.reference import Kind, Quote, Reference
from index.errors import UsageError

TYPES: Mapping[Kind, str] = {"article-newspaper": "NEWS", "webpage": "ELEC", "document": "GEN"}
KINDS: Mapping[str, Kind] = {name: kind for kind, name in TYPES.items()}


def to_ris(references: Sequence[Reference]) -> str:
    """A file of one record for each."""
    return "".join(_record(reference) for reference in references)


def from_ris(text: str) -> list[Reference]:
    """What `to_ris` wrote. Raises UsageError for what lacks a title or the day of access."""
    import rispy

    try:
        return [_read(record) for record in rispy.loads(text)]
    except (KeyError, ValueError) as error:
        raise UsageError(f"that is no RIS of references ({error!r}); choose another file") from error


def _record(reference: Reference) -> str:
    """
    >>> day = dt.date(2022, 5, 6)
    >>> record = _record(Reference("holt", "document", "Ferry", "a.pdf", day, ("Ane Holt",)))
    >>> print(record.replace("\\r", "").strip())
    TY  - GEN
    ID  - holt
    AU  - Holt, Ane
    TI  - Ferry
    Y2  - 2022/05/06/
    C1  - a.pdf
    ER  -
    """
    date = reference.date
    fields = [
        ("TY", TYPES[reference.kind]),
        ("ID", reference.key),
        *(("AU", inverted(author)) for author in reference.authors),
        ("TI", reference.title),
        ("T2", reference.outlet),
        ("PY", f"{date.year:04}" if date else ""),
        ("DA", _day(date) if date else ""),
        ("UR", reference.url),
        ("Y2", _day(reference.accessed)),
        ("C1", reference.file),
        *(("N1", str(quote)) for quote in reference.quotes),
    ]
    lines = [f"{tag}  - {value}" for tag, value in fields if value]
    return "\r\n".join([*lines, "ER  - ", "", ""])


def _day(day: dt.date) -> str:
    """
    >>> _day(dt.date(2022, 5, 6))
    '2022/05/06/'
    """
    return f"{day.year:04}/{day.month:02}/{day.day:02}/"


def _read(record: Mapping[str, Any]) -> Reference:
    date = record.get("date")
    return Reference(
        key=record["id"],
        kind=KINDS.get(record["type_of_reference"], "document"),
        title=record["title"],
        file=record.get("custom1", ""),
        accessed=_read_day(record["access_date"]),
        authors=tuple(upright(author) for author in record.get("authors", ())),
        outlet=record.get("secondary_title", ""),
        date=_read_day(date) if date else None,
        url=";".join(record.get("urls", ())),  # rispy takes a semicolon for the end of an address
        quotes=tuple(Quote.read(note) for note in record.get("notes", ())),
    )


def _read_day(text: str) -> dt.date:
    """
    >>> _read_day("2022/05/06/")
    datetime.date(2022, 5, 6)
    """
    year, month, day = text.split("/")[:3]
    return dt.date(int(year), int(month), int(day))
