"""A report as one neutral value: headings, claims, quotes, footnotes, references. Every file is made from it.

Text is made safe for all of them here, once: characters that no XML may hold become "�", line breaks become
spaces, a change of the reading direction ends where it began. A renderer has only to escape. Knows no file
format; the numbers of the notes run through the whole report in the order in which they are cited first.
"""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from assistant.rendering.render import count
from assistant.rendering.scope_html import scope_lines
from assistant.report.characters import address, in_marks, safe
from assistant.report.collected import Entry, Note, Numbered, numbered
from assistant.report.reference import references
from assistant.report.runs import Run, plain
from assistant.report.styles import Styled, styled
from assistant.values import Claim
from index.text import human_date

PLAIN = ""  # the style that needs no citation processor: what a footnote in the chat says, in full

Kind = Literal["heading", "subheading", "lead", "claim", "quote", "remark"]

# Styles that write "September 8, 2022": there the day of access is written likewise.
MONTH_FIRST = {"apa", "chicago", "ieee"}
# What the list of references is called where it is not just that.
HEADINGS = {"chicago": "Bibliography", "harvard": "Reference list", "mla": "Works Cited"}


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a footnote is cited. `again`: it was cited before, so the same number stands here once more."""

    n: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph. "claim" is the program's own sentences, checked; "quote" is word for word from an article;
    "lead" stands before an answer, "remark" in place of one."""

    kind: Kind
    runs: tuple[Run | Mark, ...]

    @property
    def notes(self) -> tuple[int, ...]:
        """The numbers of the footnotes that it cites, in their order."""
        return tuple(part.n for part in self.runs if isinstance(part, Mark))

    @property
    def text(self) -> str:
        """The words without the numbers."""
        return plain(part for part in self.runs if isinstance(part, Run))


@dataclass(frozen=True, slots=True)
class Footnote:
    """What a footnote says: its reference in the report's style, the quote in quotation marks, and what else
    a reader needs to find it ("" for nothing). `quote` is the very words, on one line."""

    n: int
    reference: tuple[Run, ...]
    quote: str
    rest: str
    accessed: dt.date
    permalink: str = ""

    @property
    def runs(self) -> tuple[Run, ...]:
        """All of it, in one line."""
        rest = (Run(f" {self.rest}"),) if self.rest else ()
        return (*self.reference, Run(f" {in_marks(self.quote)}"), *rest)


@dataclass(frozen=True, slots=True)
class Document:
    """A report. `about` says when it was made and what is in it; `bibliography` is () where the footnotes are
    all there is. `footnotes[i].n == i + 1`, and each is cited in a block."""

    title: str
    about: str
    blocks: tuple[Block, ...]
    footnotes: tuple[Footnote, ...]
    bibliography: tuple[tuple[Run, ...], ...]
    bibliography_heading: str
    made: dt.datetime


def document(title: str, entries: Iterable[Entry], style: str, now: dt.datetime) -> Document:
    """The report on `entries`, with references in `style`: a name of styles.py, the path of a CSL file, or
    `PLAIN`. Raises UsageError for a style that there is none of."""
    report = numbered(entries)
    made = Styled({note.n: plain_reference(note) for note in report.notes}, ())
    if style != PLAIN:
        made = styled(references(report.notes), report.notes, style)
    addresses = _addresses(report.notes)
    footnotes = tuple(
        _footnote(note, _linked(made.notes[note.n], addresses), month_first=style in MONTH_FIRST)
        for note in report.notes
    )
    bibliography = tuple(_linked(runs, addresses) for runs in made.bibliography)
    heading = HEADINGS.get(style, "References")
    blocks = tuple(_marked_again(_blocks(report)))
    return Document(
        safe(title) or "Report", _about(report, now), blocks, footnotes, bibliography, heading, now
    )


def plain_reference(note: Note) -> tuple[Run, ...]:
    """A reference without any style's rules: author, title, outlet, date, page, address; the file where there
    is no outlet and no address.

    >>> from assistant.values import Citation, Source
    >>> source = Source("id", "a.pdf", "Ferry back", dt.date(2022, 5, 6), author="Ann Lee")
    >>> plain(plain_reference(Note(1, Citation(1, source, "", 0, 1, "", 0, page=3), dt.date(2022, 6, 1))))
    'Ann Lee, “Ferry back”, a.pdf, 6 May 2022, page 3.'
    """
    source = note.citation.source
    parts = [
        Run(source.author or ""),
        Run(f"“{safe(source.title)}”" if source.title else ""),
        Run(source.source or "", italic=True),
        Run("" if source.title and (source.source or source.url) else source.file),
        Run(human_date(source.date) if source.date else "no date"),
        Run(f"page {note.citation.page}" if note.citation.page else ""),
        Run(source.url or ""),
    ]
    said = [part for part in parts if part.text.strip()]
    return (*(run for part in said[:-1] for run in (part, Run(", "))), said[-1], Run("."))


# --- text that every format can hold -------------------------------------------------------------


def _run(run: Run) -> Run:
    """The run made safe; the spaces at its ends are those between words."""
    before = " " if run.text[:1].isspace() else ""
    after = " " if run.text[-1:].isspace() and run.text.strip() else ""
    return replace(run, text=f"{before}{safe(run.text)}{after}", link=address(run.link))


def _addresses(notes: Iterable[Note]) -> re.Pattern[str]:
    """What is an address wherever it stands in a reference; nothing else becomes a link."""
    known = {safe(note.citation.source.url or "") for note in notes}
    ordered = sorted((url for url in known if address(url)), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, ordered)) or r"(?!)")


def _linked(runs: Iterable[Run], addresses: re.Pattern[str]) -> tuple[Run, ...]:
    """The runs made safe, the addresses in them as links."""
    return tuple(part for run in runs for part in _split(_run(run), addresses) if part.text)


def _split(run: Run, addresses: re.Pattern[str]) -> list[Run]:
    """
    >>> [part.text for part in _split(Run("See https://a.example/b. There."), re.compile("https://a.example/b"))]
    ['See ', 'https://a.example/b', '. There.']
    """
    parts: list[Run] = []
    at = 0
    for found in addresses.finditer("" if run.link else run.text):
        before = replace(run, text=run.text[at : found.start()])
        parts += [before, replace(run, text=found[0], link=address(found[0]))]
        at = found.end()
    return [*parts, replace(run, text=run.text[at:])]


# --- the parts of a report -----------------------------------------------------------------------


def _about(report: Numbered, now: dt.datetime) -> str:
    """
    >>> _about(Numbered((), ()), dt.datetime(2022, 5, 6))
    '6 May 2022'
    """
    articles = len({note.citation.source.article for note in report.notes})
    quotes = f", {count(len(report.notes), 'quote')} from {count(articles, 'article')}" if articles else ""
    answers = f" · {count(len(report.sections), 'answer')}" if report.sections else ""
    return f"{human_date(now.date())}{answers}{quotes}"


def _footnote(note: Note, reference: tuple[Run, ...], *, month_first: bool) -> Footnote:
    citation = note.citation
    also = count(len(citation.also_in), "other article") if citation.also_in else ""
    rest = [
        f"Nearly the same in {also}." if also else "",
        ""
        if _tells_access(plain(reference), note.accessed)
        else f"Accessed {_day(note.accessed, month_first)}.",
    ]
    told = " ".join(part for part in rest if part)
    return Footnote(note.n, reference, safe(citation.quote), told, note.accessed, citation.permalink)


def _day(day: dt.date, month_first: bool) -> str:
    """
    >>> _day(dt.date(2022, 5, 6), True), _day(dt.date(2022, 5, 6), False)
    ('May 6, 2022', '6 May 2022')
    """
    number, month, year = human_date(day).split()
    return f"{month} {number}, {year}" if month_first else human_date(day)


def _tells_access(reference: str, day: dt.date) -> bool:
    """Whether a style's reference says by itself when the article was read.

    >>> _tells_access("Accessed 6 May 2022.", dt.date(2022, 5, 6)), _tells_access("", dt.date(2022, 5, 6))
    (True, False)
    """
    return bool(re.search(rf"(?i)\b(?:accessed|retrieved)\b.{{0,24}}\b{day.year}\b", reference))


def _blocks(report: Numbered) -> Iterable[Block]:
    for section in report.sections:
        answer = section.entry.answer
        yield _block("heading", section.entry.heading or answer.question)
        leads = (*scope_lines(answer), *answer.lead.splitlines())
        yield from (_block("lead", line) for line in leads if safe(line))
        if section.claims:
            yield from _claims(section.claims)
        else:
            yield _block("claim" if answer.status == "answered" else "remark", answer.text)


def _claims(claims: Sequence[Claim]) -> Iterable[Block]:
    """Sentences that follow each other are one paragraph; each quote is one of its own."""
    paragraph: tuple[Run | Mark, ...] = ()
    for claim in claims:
        if paragraph and (claim.heading or claim.verdict == "quoted"):
            yield Block("claim", paragraph)
            paragraph = ()
        if claim.heading:
            yield _block("subheading", claim.heading)
        said: tuple[Run | Mark, ...] = (Run(safe(claim.text)), *map(Mark, sorted(set(claim.citations))))
        if claim.verdict == "quoted":
            yield Block("quote", said)
        else:
            paragraph = (*paragraph, Run(" "), *said) if paragraph else said
    if paragraph:
        yield Block("claim", paragraph)


def _block(kind: Kind, text: str) -> Block:
    return Block(kind, (Run(safe(text)),))


def _marked_again(blocks: Iterable[Block]) -> Iterable[Block]:
    """The blocks, with what was cited before marked as such."""
    seen: set[int] = set()
    for block in blocks:
        runs: list[Run | Mark] = []
        for part in block.runs:
            runs.append(Mark(part.n, part.n in seen) if isinstance(part, Mark) else part)
            if isinstance(part, Mark):
                seen.add(part.n)
        yield replace(block, runs=tuple(runs))
