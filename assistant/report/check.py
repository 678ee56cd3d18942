"""A report before it goes out: every claim beside its quotes, and what became of each article since.

    Entry … + Library → Row (a claim) → Proof (a quote, where it leads today) → text · safe HTML

The permalink of a quote finds the version that it was taken from; its words are compared there and in the
article as it is now, exactly. Does not say whether a quote carries its claim: that is for the reader, who has
both before them.
"""

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from assistant.rendering.render import CONTROLS, closed, count, place
from assistant.report.collected import Entry, Note, numbered
from assistant.values import Citation, Claim, Source
from index.errors import UsageError
from index.library import Library
from index.permalink import Found, Permalink, State
from index.text import Article, human_date

Became = State | Literal["altered"]

TOLD = {
    "same": "as it was",
    "moved": "the same text, in another file now",
    "edited": "edited since",
    "removed": "removed from the library since",
    "unknown": "nothing is known here of this article",
    "altered": "these are not the article’s words",
}
DETAILS = {"title": "title", "date": "date", "source": "outlet", "author": "author", "url": "address"}


@dataclass(frozen=True, slots=True)
class Proof:
    """A quote under a claim. `became` is a permalink's state, or "altered" where the version that it was
    taken from has other words there. `stands`: the exact words are in the article today. `now` is the
    article today; `changed` are the facts about it that differ from what the reference says.
    """

    note: Note
    became: Became
    stands: bool
    now: Source | None = None
    changed: tuple[str, ...] = ()

    @property
    def fine(self) -> bool:
        """Whether nothing has to be looked at."""
        return self.became in ("same", "moved") and not self.changed

    @property
    def told(self) -> str:
        """What became of it, in words; plain text, not escaped."""
        words = TOLD[self.became]
        if self.became == "edited":
            words += "; the quote still stands in it" if self.stands else "; the quote is not in it any more"
        if self.became == "moved" and self.now:
            words += f", {self.now.file}"
        facts = "; ".join(f"its {DETAILS[name]} is now {_fact(self.now, name)}" for name in self.changed)
        return f"{words}; {facts}" if facts else words


@dataclass(frozen=True, slots=True)
class Row:
    """A claim of a report with its proofs; `heading` is that of its entry, whose ID is `entry`."""

    entry: str
    heading: str
    claim: Claim
    proofs: tuple[Proof, ...]

    @property
    def fine(self) -> bool:
        """Whether it has a quote, and nothing has to be looked at."""
        return bool(self.proofs) and all(proof.fine for proof in self.proofs)


def checked(entries: Iterable[Entry], library: Library) -> list[Row]:
    """Every claim, in the order of the report, its notes numbered as in the report. Raises LibraryError."""
    report = numbered(entries)
    follow = _Followed(library)
    proofs = {note.n: _proof(note, follow) for note in report.notes}
    return [
        Row(s.entry.id, s.entry.heading, claim, tuple(proofs[n] for n in claim.citations))
        for s in report.sections
        for claim in s.claims
    ]


def summary(rows: Sequence[Row]) -> str:
    """One line: how many quotes stand as they were cited, and what became of the others.

    >>> summary([])
    'Nothing to check.'
    """
    proofs = list({proof.note.n: proof for row in rows for proof in row.proofs}.values())
    bare = sum(not row.proofs for row in rows)
    if not rows:
        return "Nothing to check."
    fine = sum(proof.fine for proof in proofs)
    told = [f"{fine:,} of {count(len(proofs), 'quote')} as cited"]
    for became in ("edited", "removed", "unknown", "altered"):
        if number := sum(proof.became == became for proof in proofs):
            told.append(f"{number:,} {became}")
    if number := sum(proof.became in ("same", "moved") and not proof.fine for proof in proofs):
        told.append(f"{count(number, 'reference')} out of date")
    if bare:
        told.append(f"{count(bare, 'claim')} without a quote")
    return ", ".join(told) + "."


# --- looking -------------------------------------------------------------------------------------


class _Followed:
    """Where links lead: each version of an article is looked for once."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._found: dict[tuple[str, str], Found] = {}

    def __call__(self, link: Permalink) -> Found:
        key = (link.article, link.digest)
        if key not in self._found:
            self._found[key] = self.library.follow(link)
        return self._found[key]


def _proof(note: Note, follow: _Followed) -> Proof:
    citation = note.citation
    link = None
    with contextlib.suppress(UsageError):
        link = Permalink.parse(citation.permalink)
    if link is None:
        return _unlinked(note, follow.library)
    found = follow(link)
    if found.article and found.article.quote(link.span) != citation.quote:
        return _with_details(note, "altered", found.now)
    return _with_details(note, found.state, found.now)


def _unlinked(note: Note, library: Library) -> Proof:
    """A quote without a permalink (an older answer, another program's): all that can be compared is the
    article of that ID as it is now."""
    try:
        now = library.live.article(note.citation.source.article)
    except KeyError:
        return Proof(note, "unknown", stands=False)
    citation = note.citation
    same = now.text[citation.start : citation.end] == citation.quote
    return _with_details(note, "same" if same else "edited", now)


def _with_details(note: Note, became: Became, now: Article | None) -> Proof:
    if now is None:
        return Proof(note, became, stands=False)
    source = Source.of(now)
    changed = tuple(name for name in DETAILS if getattr(source, name) != getattr(note.citation.source, name))
    return Proof(note, became, note.citation.quote in now.text, source, changed)


def _fact(source: Source | None, name: str) -> str:
    if name == "date":
        return human_date(source.date) if source and source.date else "unknown"
    value = getattr(source, name, None)
    return f"“{value}”" if value else "unknown"


# --- as text -------------------------------------------------------------------------------------


def check_text(rows: Sequence[Row]) -> str:
    """The check for a terminal: each claim, under it its quotes and what became of them."""
    lines: list[str] = []
    entry = None
    for row in rows:
        if row.entry != entry:
            lines += [*([""] if lines else []), _line(row.heading)]
            entry = row.entry
        marks = "".join(f" [{proof.note.n}]" for proof in row.proofs) or " [no quote]"
        lines.append(f"  {_line(row.claim.text)}{marks}")
        for proof in row.proofs:
            where = _line(place(proof.note.citation))
            lines += [
                f"    {' ' if proof.fine else '!'} [{proof.note.n}] “{_line(proof.note.citation.quote)}”",
                f"          {where}: {_line(proof.told)}",
            ]
    return "\n".join([*lines, *([""] if lines else []), summary(rows)])


def check_json(rows: Sequence[Row]) -> dict[str, object]:
    """The check as JSON values."""
    return {
        "fine": all(row.fine for row in rows),
        "summary": summary(rows),
        "claims": [
            {
                "heading": row.heading,
                "text": row.claim.text,
                "fine": row.fine,
                "quotes": [_proof_json(proof) for proof in row.proofs],
            }
            for row in rows
        ],
    }


def _proof_json(proof: Proof) -> dict[str, object]:
    citation: Citation = proof.note.citation
    return {
        "n": proof.note.n,
        "quote": citation.quote,
        "article": citation.source.article,
        "file": citation.source.file,
        "permalink": citation.permalink or None,
        "state": proof.became,
        "stands": proof.stands,
        "changed": list(proof.changed),
        "told": proof.told,
    }


def _line(text: str) -> str:
    """One line, without what a terminal would obey."""
    return CONTROLS.sub("�", closed(" ".join(text.split())))


# --- as HTML -------------------------------------------------------------------------------------


def check_html(rows: Sequence[Row], link: str = "#cite-quote-") -> str:
    """The check as a safe piece of a page: claims on the left, their quotes on the right. A quote with a
    permalink is a link to `link` + that."""
    body = ""
    entry = None
    for row in rows:
        if row.entry != entry:
            body += f'<h3 dir="auto">{escape(closed(row.heading))}</h3>'
            entry = row.entry
        body += _row_html(row, link)
    state = "fine" if all(row.fine for row in rows) else "off"
    return (
        f'<section class="check" aria-label="Check"><p class="sum {state}" role="status">'
        f"{escape(summary(rows))}</p>{body}</section>"
    )


def _row_html(row: Row, link: str) -> str:
    marks = "".join(f"<sup>{proof.note.n}</sup>" for proof in row.proofs)
    quotes = "".join(_proof_html(proof, link) for proof in row.proofs)
    none = '<p class="off">Nothing is cited for this.</p>'
    tag = "blockquote" if row.claim.verdict == "quoted" else "p"
    return (
        f'<div class="claim"><{tag} class="said" dir="auto">{escape(closed(row.claim.text))}{marks}</{tag}>'
        f'<div class="proofs">{quotes or none}</div></div>'
    )


def _proof_html(proof: Proof, link: str) -> str:
    citation = proof.note.citation
    name = escape(place(citation))
    if citation.permalink:
        name = f'<a href="{escape(link + citation.permalink)}">{name}</a>'
    state = "ok" if proof.fine else "off"
    return (
        f'<figure><blockquote dir="auto"><b class="n">{proof.note.n}</b> {escape(closed(citation.quote))}'
        f'</blockquote><figcaption class="fine">{name}: <span class="{state}">{escape(closed(proof.told))}'
        "</span></figcaption></figure>"
    )
