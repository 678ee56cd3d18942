"""Notes → references: one for each cited article, with what is known of it and the quotes taken from it.

Says nothing of how a reference is written: what is missing is empty here, and "n.d." is a style's business.
Fields are one line each, without control characters; quotes are word for word but for white space.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import quote as percent

from assistant.report.collected import Note
from assistant.report.names import authors_of, name_of
from assistant.values import Source

Kind = Literal["article-newspaper", "webpage", "document"]
KINDS: tuple[Kind, ...] = ("article-newspaper", "webpage", "document")

KEY_WORD_CHARS = 20  # of a name or a title, in a key
# Left out of a key's title word.
SMALL_WORDS = {
    "a", "an", "and", "as", "at", "by", "for", "from", "how", "in", "is", "it", "its", "of", "on", "or",
    "that", "the", "to", "what", "who", "why", "with",
}  # fmt: skip
WEB = re.compile(r"https?://\S+", re.I)
NO_ADDRESS = re.compile(r"[\s<>\"{}|\\^`]")  # must be written in percents, and LaTeX would stumble over them
QUOTED = re.compile(r"“(.*)”(?: \(p\. (\d{1,9})\))?", re.S)
# Commands to a terminal, halves of pairs, and what Unicode leaves unassigned for ever: XML can't hold them.
UNWRITABLE = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Quote:
    """Words taken from an article, and the page they stand on."""

    text: str
    page: int | None = None

    def __str__(self) -> str:
        """
        >>> print(Quote('He said "no".', 3))
        “He said "no".” (p. 3)
        """
        return f"“{self.text}”" + (f" (p. {self.page})" if self.page is not None else "")

    @classmethod
    def read(cls, text: str) -> "Quote":
        """From what `str` made of it; anything else is a quote without marks.

        >>> Quote.read("“It rained.” (p. 3)"), Quote.read("It rained.")
        (Quote(text='It rained.', page=3), Quote(text='It rained.', page=None))
        """
        found = QUOTED.fullmatch(text)
        return cls(found[1], int(found[2]) if found[2] else None) if found else cls(text)


def joined(quotes: Sequence[Quote]) -> str:
    """Several quotes as one line, for fields that hold one: with pilcrows between, their own doubled.

    >>> joined([Quote("It rained."), Quote("§ 3 ¶ 1", 2)])
    '“It rained.” ¶ “§ 3 ¶¶ 1” (p. 2)'
    """
    return " ¶ ".join(str(quote).replace("¶", "¶¶") for quote in quotes)


def parted(line: str) -> tuple[Quote, ...]:
    """The other way round.

    >>> parted("“It rained.” ¶ “§ 3 ¶¶ 1” (p. 2)")
    (Quote(text='It rained.', page=None), Quote(text='§ 3 ¶ 1', page=2))
    """
    return tuple(Quote.read(part.replace("¶¶", "¶")) for part in line.split(" ¶ ") if part)


@dataclass(frozen=True, slots=True)
class Reference:
    """One cited article. `key` names it in BibTeX and CSL: ASCII, lower case, unique in its list. `kind` is
    CSL's: "document" is a file of one's own, of no outlet and no address. `title` is never empty; `authors`
    are written as on a page ("Ane Holt"). `accessed` is the first day on which it was read for the report."""

    key: str
    kind: Kind
    title: str
    file: str
    accessed: dt.date
    authors: tuple[str, ...] = ()
    outlet: str = ""
    date: dt.date | None = None
    url: str = ""
    quotes: tuple[Quote, ...] = ()


def references(notes: Sequence[Note]) -> list[Reference]:
    """Each cited article once, in the order of its first note. Two versions of an article are one, with the
    facts of the first."""
    groups: dict[str, list[Note]] = {}
    for note in notes:
        groups.setdefault(note.citation.source.article, []).append(note)
    taken: set[str] = set()
    found = []
    for group in groups.values():
        made = _reference(group[0].citation.source, group)
        found.append(replace(made, key=_free(_key(made), taken)))
        taken.add(found[-1].key)
    return found


def one_line(text: str) -> str:
    """Without line breaks and what no file can hold.

    >>> one_line(" a\\n b\\x00\\ud800c ")
    'a bc'
    """
    return " ".join(UNWRITABLE.sub("", text).split())


def _reference(source: Source, notes: Sequence[Note]) -> Reference:
    outlet, file, url = one_line(source.source or ""), one_line(source.file), _address(source.url or "")
    kind: Kind = "document"
    if outlet and (source.date or not url):
        kind = "article-newspaper"
    elif url:
        kind = "webpage"
    quotes = [Quote(one_line(note.citation.quote), note.citation.page) for note in notes]
    return Reference(
        key="",
        kind=kind,
        title=one_line(source.title or "") or file or source.article,
        file=file,
        accessed=min(note.accessed for note in notes),
        authors=authors_of(one_line(source.author or ""), outlet),
        outlet=outlet,
        date=source.date,
        url=url,
        quotes=tuple(dict.fromkeys(quote for quote in quotes if quote.text)),
    )


def _address(url: str) -> str:
    """
    >>> _address("https://a.org/x y|z"), _address("javascript:alert(1)")
    ('https://a.org/x%20y%7Cz', '')
    """
    url = NO_ADDRESS.sub(lambda found: percent(found[0]), one_line(url))
    return url if WEB.fullmatch(url) else ""


def _key(reference: Reference) -> str:
    """
    >>> day = dt.date(2022, 5, 6)
    >>> _key(Reference("", "document", "The ferry is back", "a.txt", day, ("Ane Øster",), date=day))
    'oster2022ferry'
    >>> _key(Reference("", "document", "Паром", "a.txt", day))
    'article'
    """
    who = name_of(reference.authors[0]).family if reference.authors else reference.outlet
    words = [_ascii(word) for word in reference.title.split()]
    word = next((word for word in words if word and word not in SMALL_WORDS), "")
    year = str(reference.date.year) if reference.date else ""
    return f"{_ascii(who)}{year}{word}" or "article"


def _ascii(text: str) -> str:
    """
    >>> _ascii("Müller & Søn")
    'mullerson'
    """
    plain = unicodedata.normalize("NFKD", text.replace("ø", "o").replace("Ø", "O").replace("ß", "ss"))
    return re.sub(r"[^a-z0-9]", "", plain.lower())[:KEY_WORD_CHARS]


def _free(key: str, taken: set[str]) -> str:
    """
    >>> _free("holt2022", {"holt2022", "holt2022-2"})
    'holt2022-3'
    """
    n = 1
    while (free := key if n == 1 else f"{key}-{n}") in taken:
        n += 1
    return free
