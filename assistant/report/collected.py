"""Answers collected for a report, their footnotes numbered through.

The same words of the same version of an article are one note, however many answers cite them. Knows no style
and no format.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from assistant.values import Answer, Citation, Claim


@dataclass(frozen=True, slots=True)
class Entry:
    """An answer in a report: `id` is unique in it, `heading` what stands above the answer (its question
    unless somebody wrote another), `asked_at` when it was given, with its time zone."""

    id: str
    heading: str
    answer: Answer
    asked_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote of the report: number `n`, what it cites, and the day on which that was first read there."""

    n: int
    citation: Citation
    accessed: dt.date


@dataclass(frozen=True, slots=True)
class Section:
    """One entry, its claims citing the report's notes in place of the answer's own footnotes."""

    entry: Entry
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Numbered:
    """A report's sections in their order, and its notes: `notes[i].n == i + 1`."""

    sections: tuple[Section, ...]
    notes: tuple[Note, ...]


def numbered(entries: Iterable[Entry]) -> Numbered:
    """Notes are numbered in the order in which the claims cite them first; one that nothing cites is left
    out."""
    notes: dict[object, Note] = {}
    sections = []
    for entry in entries:
        cited = {citation.n: citation for citation in entry.answer.citations}
        accessed = entry.asked_at.date()
        own: dict[int, int] = {}
        for n in dict.fromkeys(n for claim in entry.answer.claims for n in claim.citations if n in cited):
            key = _key(cited[n])
            note = notes.get(key) or Note(len(notes) + 1, cited[n], accessed)
            notes[key] = replace(note, accessed=min(note.accessed, accessed))
            own[n] = note.n
        claims = tuple(
            replace(claim, citations=tuple(own[n] for n in claim.citations if n in own))
            for claim in entry.answer.claims
        )
        sections.append(Section(entry, claims))
    return Numbered(tuple(sections), tuple(notes.values()))


def _key(citation: Citation) -> object:
    """What makes two footnotes one: the place in a version of an article."""
    return citation.permalink or (citation.source.article, citation.start, citation.end, citation.quote)
