r"""References ↔ BibTeX, as biblatex reads it: `@article` for newspapers, `@online`, and `@misc` for files.

What LaTeX would take for a command is escaped, ligatures too, so a title prints as it stands; addresses are
verbatim, as biblatex has them. The quotes go into `annote`, the file's name into `howpublished`. Reading
knows these escapes and no other LaTeX.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from assistant.report.names import name_of, upright
from assistant.report.reference import Kind, Reference, joined, parted
from index.errors import UsageError

TYPES: Mapping[Kind, str] = {"article-newspaper": "article", "webpage": "online", "document": "misc"}
KINDS: Mapping[str, Kind] = {name: kind for kind, name in TYPES.items()}
OUTLETS = {"article": "journaltitle", "online": "organization", "misc": "organization"}

ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",  # "\{" would count as a brace that is never closed
    "}": r"\textbraceright{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "`": r"\textasciigrave{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    **{c: f"\\{c}" for c in "#$%&_"},
}
PLAIN = {escape: c for c, escape in ESCAPES.items()}
ESCAPED = re.compile("|".join(re.escape(escape) for escape in PLAIN) + r"|\{\}")
SPECIAL = re.compile("[" + re.escape("".join(ESCAPES)) + "]")
LIGATURE = re.compile(r"([-',])(?=\1)")  # TeX makes one character of "--", "''" and ",,"


def to_bibtex(references: Sequence[Reference]) -> str:
    """A file of one entry for each."""
    return "\n".join(_entry(reference) for reference in references)


def remarks(lines: Iterable[str]) -> str:
    """Lines for whoever opens the file, which no program reads: BibTeX takes what stands between entries for
    a remark, as long as no "@" is in it.

    >>> remarks(["Who left?", "Lee", "lee@a.org"])
    '% Who left?\\n% Lee\\n% lee(at)a.org\\n'
    """
    return "".join(f"% {' '.join(line.split()).replace('@', '(at)')}".rstrip() + "\n" for line in lines)


def from_bibtex(text: str) -> list[Reference]:
    """What `to_bibtex` wrote. Raises UsageError for what can't be read, or lacks a title."""
    from pybtex.database import parse_string
    from pybtex.exceptions import PybtexError

    try:
        return [_read(key, entry) for key, entry in parse_string(text, "bibtex").entries.items()]
    except (PybtexError, KeyError, ValueError) as error:
        why = " ".join(str(error).split())
        raise UsageError(f"that is no BibTeX of references ({why}); choose another file") from error


def escaped(text: str) -> str:
    r"""
    >>> print(escaped(r"100 % \cite{R&D} -- ''"))
    100 \% \textbackslash{}cite\textbraceleft{}R\&D\textbraceright{} -{}- '{}'
    """
    return SPECIAL.sub(lambda found: ESCAPES[found[0]], LIGATURE.sub("\\1\0", text)).replace("\0", "{}")


def unescaped(text: str) -> str:
    r"""
    >>> unescaped(r"{100 \% \textbackslash{}cite -{}-}")
    '100 % \\cite --'
    """
    if text.startswith("{") and not text.startswith("{}"):
        text = text[1:-1]
    return ESCAPED.sub(lambda found: PLAIN.get(found[0], ""), text)


def _entry(reference: Reference) -> str:
    """
    >>> day = dt.date(2022, 5, 6)
    >>> print(_entry(Reference("holt", "webpage", "Ferry", "a.html", day, ("Ane Holt",), url="https://a.org")))
    @online{holt,
      author = {Holt, Ane},
      title = {{Ferry}},
      url = {https://a.org},
      urldate = {2022-05-06},
      howpublished = {a.html}
    }
    <BLANKLINE>
    """
    type = TYPES[reference.kind]
    fields = {
        "author": " and ".join(_author(author) for author in reference.authors),
        "title": f"{{{escaped(reference.title)}}}",  # no style writes its names in lower case
        OUTLETS[type]: escaped(reference.outlet),
        "date": reference.date.isoformat() if reference.date else "",
        "url": reference.url,
        "urldate": reference.accessed.isoformat(),
        "entrysubtype": "newspaper" if type == "article" else "",
        "howpublished": escaped(reference.file),
        "annote": escaped(joined(reference.quotes)),
    }
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@{type}{{{reference.key},\n{lines}\n}}\n"


def _author(author: str) -> str:
    r"""
    >>> _author("Martin Luther King, Jr."), _author("Ludwig van Beethoven"), _author("Smith & Co")
    ('King, Jr., Martin Luther', 'van Beethoven, Ludwig', '{Smith \\& Co}')
    """
    name = name_of(author)
    if not name.given:
        return f"{{{escaped(author)}}}"
    family = f"{name.particle} {name.family}".strip()
    return ", ".join(part for part in (family, name.suffix, name.given) if part)


def _read(key: str, entry: Any) -> Reference:
    fields = {name.lower(): unescaped(value) for name, value in entry.fields.items()}
    type = entry.type if entry.type in KINDS else "misc"
    date = fields.get("date", "")
    return Reference(
        key=key,
        kind=KINDS[type],
        title=fields["title"],
        file=fields.get("howpublished", ""),
        accessed=dt.date.fromisoformat(fields["urldate"]),
        authors=tuple(_person(person) for person in entry.persons.get("author", ())),
        outlet=fields.get(OUTLETS[type], ""),
        date=dt.date.fromisoformat(date) if date else None,
        url=entry.fields.get("url", ""),
        quotes=parted(fields.get("annote", "")),
    )


def _person(person: Any) -> str:
    family = " ".join([*person.prelast_names, *person.last_names])
    given = " ".join([*person.first_names, *person.middle_names])
    if not given:
        return unescaped(family)
    return upright(", ".join([family, given, *person.lineage_names]))
