"""A CSL style and references → marked text, by citeproc-py.

Loads citeproc-py and lxml at once, so it is imported where a style is first needed. Marks are control
characters, which no field of a reference has; assistant/report/marks.py reads them.
"""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, Locator
from citeproc import source as csl
from citeproc.string import String

from assistant.report import mended
from assistant.report.marks import FIELD, FIELD_END, LINK, LINK_END, NUMBER, NUMBER_END, set_in
from assistant.report.names import name_of
from assistant.report.reference import Reference

OPENERS = "“‘\"'([¿¡«"  # what may stand before a word's first letter in a headline


class Words(String):  # type: ignore[misc]
    """A field's text between its marks. Styles may write its words with capitals, never without."""

    def soft_lower(self) -> "Words":
        """As it is: "Sentence case" would write "truss meets putin"."""
        return self

    def capitalize_first(self) -> "Words":
        """With a capital, if that is one letter for one ("ß" has none)."""
        for i, c in enumerate(self):
            if c.isalpha():
                return Words(self[:i] + (c.upper() if len(c.upper()) == 1 else c) + self[i + 1 :])
            if c not in OPENERS and c != FIELD:
                break
        return self

    @classmethod
    def marked(cls, text: str) -> "Words":
        """The text as a field."""
        return cls(f"{FIELD}{text}{FIELD_END}")


class Exact(Words):
    """A field that keeps its letters: the name of a file, of an organization."""

    def capitalize_first(self) -> "Exact":
        """As it is."""
        return self

    def lower(self) -> "Exact":
        """As it is."""
        return self

    upper = lower


class Number(int):
    """An entry's number in the list, marked when it is written, so that it can be told from the text."""

    def __str__(self) -> str:
        return f"{NUMBER}{int(self)}{NUMBER_END}"


class Fields(csl.Reference):  # type: ignore[misc]
    """A reference's variables; `read` are those rendered so far."""

    def __init__(self, cited: Reference) -> None:
        object.__setattr__(self, "read", set())
        super().__init__(cited.key, cited.kind, **_variables(cited))

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        self.read.add(name)
        return value


class Item(CitationItem):  # type: ignore[misc]
    """A reference as one citation has it."""

    def __init__(self, fields: Fields, page: int | None = None) -> None:
        object.__setattr__(self, "reference", fields)  # the library looks it up a thousand times an entry
        super().__init__(fields.key, **({} if page is None else {"locator": Locator("page", str(page))}))

    reference: Fields = None  # type: ignore[assignment]

    @property
    def number(self) -> Number:
        """Its place in the list, from 1."""
        return Number(super().number)


class _Formatter:
    """What citeproc-py asks to set a text in italics and so on."""

    def __getattr__(self, name: str) -> Any:
        return lambda text: set_in(name, str(text))

    def preformat(self, text: str) -> str:
        """As it is: nothing is markup here."""
        return text


class Style:
    """One style, ready to render, for one thread. `parent` is the address of the style that this one only
    gives another name, "" for most. Raises what lxml and citeproc-py raise for a broken one."""

    def __init__(self, file: Path, locale: str | None = None) -> None:
        self._style = CitationStylesStyle(io.BytesIO(file.read_bytes()), locale=locale, validate=False)
        root = self._style.root
        root.formatter = _Formatter()
        self._kept = mended.prepare(root)
        links = [e for e in self._kept if e.get("rel") == "independent-parent"]
        self.parent = links[0].get("href", "") if links and root.citation is None else ""
        self.in_notes = root.get("class") == "note"
        self.has_bibliography = root.bibliography is not None
        self.periods_in_quotes = root.get_locale_option("punctuation-in-quote") == "true"
        self.quote_marks = tuple(str(root.get_single_term(name=f"{end}-quote")) for end in ("open", "close"))

    def entry(self, cited: Reference, number: int) -> str:
        """A reference as in the list of references, the `number`th there; "" where the style has none."""
        if not self.has_bibliography:
            return ""
        listed = self._listed([cited], number)
        return "".join(str(text) for text in listed.bibliography())

    def note(self, cited: Reference, page: int | None) -> str:
        """A reference as in a footnote that cites it first, with the page."""
        listed = self._listed([cited])
        citation = Citation([Item(listed.source[cited.key], page)])
        listed.register(citation)
        return str(listed.cite(citation, str))

    def ordered(self, all_cited: Sequence[Reference]) -> list[Reference]:
        """In the order of the list of references."""
        listed = self._listed(all_cited)
        listed.sort()
        by_key = {cited.key: cited for cited in all_cited}
        return [by_key[key] for key in listed.keys]

    def _listed(self, all_cited: Sequence[Reference], number: int = 1) -> Any:
        source = csl.BibliographySource()
        for cited in all_cited:
            source.add(Fields(cited))
        listed = CitationStylesBibliography(self._style, source, self._style.root.formatter)
        listed.register(Citation([Item(fields) for fields in source.values()]))
        listed.keys = [None] * (number - 1) + listed.keys
        return listed


def _variables(cited: Reference) -> Mapping[str, Any]:
    title = Exact if cited.title == cited.file else Words
    values = {
        "title": title.marked(cited.title),
        "author": [_name(author) for author in cited.authors],
        "container_title": Words.marked(cited.outlet) if cited.outlet else None,
        "archive": Exact.marked(cited.file) if cited.kind == "document" and title is Words else None,
        "issued": _date(cited.date) if cited.date else None,
        "accessed": _date(cited.accessed) if cited.url else None,
        "URL": String(f"{LINK}{cited.url}{LINK_END}") if cited.url else None,
    }
    return {name: value for name, value in values.items() if value}


def _date(day: Any) -> Any:
    return csl.Date(year=day.year, month=day.month, day=day.day)


def _name(author: str) -> Any:
    name = name_of(author)
    if not name.given:
        return csl.Name(literal=Exact.marked(author))
    parts = {"family": name.family, "given": name.given, "suffix": name.suffix}
    parts["non-dropping-particle"] = name.particle
    return csl.Name(**{part: text for part, text in parts.items() if text})
