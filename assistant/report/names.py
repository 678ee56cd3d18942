"""An author line → its authors; an author → the parts of the name.

By the shape of the words alone: who is a person is guessed, in favour of printing a name as it stands. A name
that is not surely a person's is one piece ("Reuters", "World Health Organization", a name in another
script), so no style turns it round or shortens it.
"""

import re
from dataclasses import dataclass

PARTICLES = {
    "af", "al", "ap", "ben", "bin", "da", "dal", "de", "del", "della", "den", "der", "des", "di", "do",
    "dos", "du", "el", "ibn", "la", "las", "le", "lo", "los", "ter", "van", "von", "vom", "zu", "zum",
    "zur",
}  # fmt: skip
SUFFIX = re.compile(r"(?:jr|sr)\.?|i{2,3}|iv", re.I)
# Words that name no person.
BODIES = {
    "academy", "agence", "agency", "ap", "associates", "association", "authority", "bank", "board",
    "bureau", "center", "centre", "college", "commission", "committee", "company", "contributor",
    "contributors", "correspondent", "correspondents", "council", "court", "department", "desk",
    "division", "editor", "editorial", "editors", "embassy", "eu", "federation", "force", "forum",
    "foundation", "france", "fund", "government", "group", "hospital", "inc", "initiative", "institute",
    "institution", "journal", "laboratory", "library", "limited", "ltd", "magazine", "media", "ministry",
    "monitor", "museum", "nations", "network", "networks", "news", "newspaper", "newsroom", "office",
    "online", "organisation", "organization", "parliament", "party", "police", "post", "press",
    "programme", "project", "radio", "reporter", "reporters", "review", "school", "secretariat",
    "service", "services", "society", "staff", "studio", "team", "television", "the", "times", "today",
    "tribune", "trust", "tv", "uk", "un", "union", "university", "us", "watch", "wire", "writer",
    "writers",
}  # fmt: skip
PERSON_WORDS = range(2, 6)
ACRONYM_CHARS = 3  # "BBC Persian": so many capitals are no first name
WORD = re.compile(r"(?:[^\W\d_]+\.?(?:[-'’][^\W\d_]+\.?)*|(?:[^\W\d_]\.)+)")
BYLINE = re.compile(r"\A\s*(?:(?:written|reported|story|text|words)\s+)?by:?\s+", re.I)


@dataclass(frozen=True, slots=True)
class Name:
    """A name's parts. Only `family` is filled in for what is no person's: then it is the whole of it."""

    family: str
    given: str = ""
    particle: str = ""
    suffix: str = ""


def name_of(author: str) -> Name:
    """
    >>> name_of("Ludwig van Beethoven")
    Name(family='Beethoven', given='Ludwig', particle='van', suffix='')
    >>> name_of("Martin Luther King, Jr.")
    Name(family='King', given='Martin Luther', particle='', suffix='Jr.')
    >>> name_of("World Health Organization")
    Name(family='World Health Organization', given='', particle='', suffix='')
    """
    words = author.split()
    suffix = words.pop() if len(words) > PERSON_WORDS[0] and SUFFIX.fullmatch(words[-1]) else ""
    if suffix:
        words[-1] = words[-1].removesuffix(",")
    if not _is_person(words):
        return Name(author)
    first = next((i for i, word in enumerate(words) if i and word.lower() in PARTICLES), len(words) - 1)
    last = next((i for i, word in enumerate(words) if i > first and word.lower() not in PARTICLES), first)
    particle = words[first:last] if last > first else []
    return Name(" ".join(words[last:]), " ".join(words[:first]), " ".join(particle), suffix)


def inverted(author: str) -> str:
    """A person's name as lists of references and RIS have it, anything else as it stands.

    >>> inverted("Ludwig van Beethoven"), inverted("Martin Luther King, Jr."), inverted("Reuters")
    ('van Beethoven, Ludwig', 'King, Martin Luther, Jr.', 'Reuters')
    """
    name = name_of(author)
    family = f"{name.particle} {name.family}".strip()
    return ", ".join(part for part in (family, name.given, name.suffix) if part)


def upright(inverted: str) -> str:
    """The other way round.

    >>> upright("van Beethoven, Ludwig"), upright("King, Martin Luther, Jr."), upright("Reuters")
    ('Ludwig van Beethoven', 'Martin Luther King, Jr.', 'Reuters')
    """
    family, *rest = (part.strip() for part in inverted.split(","))
    if not rest:
        return family
    return f"{rest[0]} {family}" + "".join(f", {suffix}" for suffix in rest[1:])


def authors_of(line: str, outlet: str = "") -> tuple[str, ...]:
    """The authors that a byline names, each once, without the outlet's own name beside theirs.

    >>> authors_of("By Ane Holt and Per Li"), authors_of("Holt, Ane; Li, Per"), authors_of("Holt, Ane")
    (('Ane Holt', 'Per Li'), ('Ane Holt', 'Per Li'), ('Ane Holt',))
    >>> authors_of("Ane Holt, BBC News", "BBC News"), authors_of("Department of Health and Human Services")
    (('Ane Holt',), ('Department of Health and Human Services',))
    >>> authors_of("Martin King, Jr., Bo Roe III"), authors_of("  ")
    (('Martin King, Jr.', 'Bo Roe, III'), ())
    """
    line = BYLINE.sub("", " ".join(line.split()))
    found = [name for piece in line.split(";") for name in _listed(piece)]
    names = list(dict.fromkeys(upright(inverted(name)) for name in found if name))
    others = [name for name in names if name.casefold() != outlet.casefold()]
    return tuple(others or names)


def _listed(piece: str) -> list[str]:
    parts = _with_suffixes([part.strip() for part in piece.split(",") if part.strip()])
    if len(parts) == 2 and " " not in parts[0] and _is_person([*parts[1].split(), parts[0]]):
        return [f"{parts[1]} {parts[0]}"]  # "Holt, Ane"
    return [name for part in parts for name in _joined_by_and(part)]


def _with_suffixes(parts: list[str]) -> list[str]:
    """
    >>> _with_suffixes(["Martin King", "Jr.", "Ane Holt"])
    ['Martin King, Jr.', 'Ane Holt']
    """
    joined: list[str] = []
    for part in parts:
        if joined and SUFFIX.fullmatch(part) and _is_person(joined[-1].split()):
            joined[-1] += f", {part}"
        else:
            joined.append(part)
    return joined


def _joined_by_and(part: str) -> list[str]:
    names = [name for name in re.split(r"(?:^|\s+)(?:and|&)\s+", part) if name]
    return names if all(_is_person(name.split()) for name in names) or part.startswith("and ") else [part]


def _is_person(words: list[str]) -> bool:
    """
    >>> [_is_person(name.split()) for name in ("Ane Holt", "Oscar de la Renta", "BBC Persian", "Press Team")]
    [True, True, False, False]
    """
    if len(words) not in PERSON_WORDS or not all(WORD.fullmatch(word) for word in words):
        return False
    if any(word.lower().strip(".") in BODIES for word in words):
        return False
    if words[-1].lower() in PARTICLES or not any(len(word.strip(".")) > 1 for word in words):
        return False
    shouted = [word for word in words if len(word) >= ACRONYM_CHARS and word.isupper() and "." not in word]
    if shouted and len(shouted) < len(words):
        return False
    return all(word[0].isupper() or (i and word in PARTICLES) for i, word in enumerate(words))
