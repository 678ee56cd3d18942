"""References ↔ CSL-JSON, which Zotero, pandoc and every CSL processor read.

The quotes are in `note`, the name of the file in `custom`. The format has no way to say that text is only
text: a processor shows "<i>" in a title as italics, though the file has the very characters.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from assistant.report.names import name_of, upright
from assistant.report.reference import KINDS, Reference, joined, parted
from index.errors import UsageError


def to_csl_json(references: Sequence[Reference]) -> str:
    """A JSON list of one item for each."""
    items = [_item(reference) for reference in references]
    return json.dumps(items, ensure_ascii=False, indent=1) + "\n"


def from_csl_json(text: str) -> list[Reference]:
    """What `to_csl_json` wrote. Raises UsageError for anything else."""
    try:
        return [_read(item) for item in json.loads(text)]
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise UsageError(f"that is no CSL-JSON of references ({error!r}); choose another file") from error


def _item(reference: Reference) -> dict[str, Any]:
    """
    >>> day = dt.date(2022, 5, 6)
    >>> _item(Reference("holt", "document", "Ferry", "a.pdf", day, ("Ane Holt",)))["author"]
    [{'family': 'Holt', 'given': 'Ane'}]
    """
    item = {
        "id": reference.key,
        "type": reference.kind,
        "title": reference.title,
        "author": [_author(author) for author in reference.authors],
        "container-title": reference.outlet,
        "issued": _parts(reference.date) if reference.date else None,
        "URL": reference.url,
        "accessed": _parts(reference.accessed),
        "note": joined(reference.quotes),
        "custom": {"file": reference.file} if reference.file else None,
    }
    return {name: value for name, value in item.items() if value}


def _parts(day: dt.date) -> dict[str, Any]:
    return {"date-parts": [[day.year, day.month, day.day]]}


def _author(author: str) -> dict[str, str]:
    """
    >>> _author("Martin Luther King, Jr.")
    {'family': 'King', 'given': 'Martin Luther', 'suffix': 'Jr.'}
    >>> _author("Reuters")
    {'literal': 'Reuters'}
    """
    name = name_of(author)
    if not name.given:
        return {"literal": author}
    parts = {
        "family": name.family,
        "given": name.given,
        "non-dropping-particle": name.particle,
        "suffix": name.suffix,
    }
    return {part: text for part, text in parts.items() if text}


def _read(item: Mapping[str, Any]) -> Reference:
    return Reference(
        key=item["id"],
        kind=item["type"] if item["type"] in KINDS else "document",
        title=item["title"],
        file=item.get("custom", {}).get("file", ""),
        accessed=_day(item["accessed"]),
        authors=tuple(_name(author) for author in item.get("author", ())),
        outlet=item.get("container-title", ""),
        date=_day(item["issued"]) if "issued" in item else None,
        url=item.get("URL", ""),
        quotes=parted(item.get("note", "")),
    )


def _day(parts: Mapping[str, Any]) -> dt.date:
    year, month, day = parts["date-parts"][0]
    return dt.date(year, month, day)


def _name(author: Mapping[str, str]) -> str:
    if "literal" in author:
        return author["literal"]
    family = f"{author.get('non-dropping-particle', '')} {author['family']}".strip()
    return upright(", ".join([family, author["given"], *([author["suffix"]] if "suffix" in author else [])]))
