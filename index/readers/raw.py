"""What a reader is given and what it gives back: `Raw` bytes with a name → `Article` or `Refused`.

A file on disk and a member of a ZIP, a feed or a table look the same to a reader: a name, a path and a
stream that can be opened again. The words of an error start with the name. Knows nothing of formats.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from index.errors import ReadError
from index.text import Article, short_hash

MAX_FILE_BYTES = 20_000_000  # an archive dump, not an article; a long book has 3 MB of text
MAX_PICTURED_BYTES = 200_000_000  # PDF, DOCX and mail: the pictures in them are skipped, not read
MAX_TITLE_CHARS = 150  # more would crowd out the passage that it is embedded with
MAX_KEY_CHARS = 200  # a path is shown to people
INSIDE = "!/"  # between a container and what it holds, as in "dump.csv!/1234"

# What is invisible or breaks a terminal. Soft hyphens and zero-width spaces sit inside words, where no search
# finds them; half a surrogate pair (JSON and PDF can name one) can't be written as UTF-8.
UNSEEN = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\ufeff\ud800-\udfff\ufffe\uffff]")
NEW_LINE = re.compile("\r\n?|[\x0c\x85\u2028\u2029]")
LINE_ENDS = re.compile(r"[ \t\xa0]+$", re.MULTILINE)
BLANK_LINES = re.compile(r"\n{3,}")
# Titles and authors of office programs, printers and browsers that nobody typed.
EMPTY_NAME = re.compile(
    r"""(?:untitled|title|document|doc|author|default|user|users|admin|administrator|owner|root|unknown|anonymous
    |none|null|nobody|n/a|home|windows|pc|scan|scanner|word\ document|python-docx|microsoft|office
    |(?:microsoft|ms|open|libre)?\ ?office\ ?user|about:blank|https?://\S+|file:\S+|data:\S+)\d*
    |(?:untitled|document|scan|presentation|microsoft\ word)\b[ \d_-].*|\S+\.\w{2,5}|[\W\d_]+""",
    re.IGNORECASE | re.VERBOSE,
)
FIRST_BLOCK = re.compile(r"\s*+([^\n]++)\n\s*+(?=\S)")


@dataclass(frozen=True, slots=True)
class Refused:
    """One of several articles in a file that can't be read: where it is, and a line that says why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class About:
    """What is known of an article beside its text; None is unknown."""

    title: str | None = None
    author: str | None = None
    date: dt.date | None = None
    source: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Raw:
    """Something to read. `size` is in bytes; `opener` gives a new stream from the start each time."""

    name: str
    path: str
    size: int
    opener: Callable[[], BinaryIO] = field(repr=False)

    @property
    def suffix(self) -> str:
        """The ending in lower case, with its dot."""
        return PurePosixPath(self.name).suffix.lower()

    def open(self) -> BinaryIO:
        """Its bytes as a stream. Raises ReadError."""
        try:
            return self.opener()
        except OSError as error:
            reason = error.strerror or str(error)
            raise ReadError(f"{self.name}: can't be read ({reason}); the file was left out") from error

    def data(self, limit: int = MAX_FILE_BYTES) -> bytes:
        """All its bytes. Raises ReadError, before reading, when they are more than `limit`."""
        if self.size > limit:
            raise ReadError(
                f"{self.name}: {self.size / 1e6:.1f} MB is over the limit of {limit / 1e6:.0f} MB "
                "for one article; split it into articles"
            )
        try:
            with self.open() as stream:
                return stream.read(limit + 1)[: limit + 1]
        except OSError as error:
            reason = error.strerror or str(error)
            raise ReadError(f"{self.name}: can't be read ({reason}); the file was left out") from error

    def inside(self, key: str) -> tuple[str, str]:
        """Name and path of what it holds under `key`."""
        return f"{self.name}{INSIDE}{key}", f"{self.path}{INSIDE}{key}"

    def article(self, text: str, about: About, body_start: int = 0, pages: tuple[int, ...] = ()) -> Article:
        """The article that this is, as a whole. Raises ReadError when there is no text to cite."""
        return make_article((self.name, self.path), text, about, body_start, pages)


def make_article(
    place: tuple[str, str], text: str, about: About, body_start: int = 0, pages: tuple[int, ...] = ()
) -> Article:
    """An article at `(name, path)`. Raises ReadError when there is no text after `body_start`."""
    name, path = place
    if not text[body_start:].strip():
        raise ReadError(f"{name}: there is no text in it; the file was left out")
    return Article(
        id=short_hash(path),
        file=name,
        path=path,
        text=text,
        body_start=body_start,
        title=about.title,
        date=about.date,
        source=about.source,
        url=about.url,
        author=about.author,
        page_starts=pages,
    )


def raw_file(file: Path) -> Raw:
    """A file on disk. Raises ReadError when its name can't be printed or it can't be looked at."""
    name = file.name.encode("utf-8", "backslashreplace").decode()
    if name != file.name:
        raise ReadError(f"{name}: the file's name is not UTF-8; rename the file")
    try:
        size = file.stat().st_size
    except OSError as error:
        raise ReadError(f"{name}: can't be read ({error.strerror}); the file was left out") from error
    return Raw(name, str(file.resolve()), size, lambda: file.open("rb"))


def clean(text: str) -> str:
    r"""Text that a reader took out of a format, in the form in which it is stored and cited.

    >>> clean("One\x00 co\xadlour \r\n\r\n\n\nTwo\f")
    'One colour\n\nTwo'
    """
    text = UNSEEN.sub("", NEW_LINE.sub("\n", text))
    return BLANK_LINES.sub("\n\n", LINE_ENDS.sub("", text)).strip()


def one_line(value: object, limit: int = 1000) -> str | None:
    r"""A name, a title or an address as one line; None when nothing is left.

    >>> one_line(" Ane\n Holt "), one_line("\x00 ")
    ('Ane Holt', None)
    """
    return " ".join(clean(str(value)).split())[:limit].strip() or None


def as_title(value: object) -> str | None:
    """A title of at most `MAX_TITLE_CHARS`, cut at a word with … where it is longer.

    >>> as_title("Ferry  back"), len(as_title("word " * 99) or "")
    ('Ferry back', 145)
    """
    title = one_line(value)
    if title and len(title) > MAX_TITLE_CHARS:
        return title[: MAX_TITLE_CHARS - 1].rpartition(" ")[0].rstrip(" ,;:–—-") + "…"
    return title


def as_url(value: object) -> str | None:
    """A web address, or None: nobody can follow another.

    >>> as_url(" https://a.example/b "), as_url("file:///tmp/b"), as_url("https://a b")
    ('https://a.example/b', None, None)
    """
    url = one_line(value) or ""
    return url if re.fullmatch(r"https?://[^\s<>\"]+", url, re.IGNORECASE) else None


def plausible_name(value: object) -> str | None:
    """A title or an author that a program wrote into a file, unless it is only the program's own.

    >>> [plausible_name(v) for v in ("Ane Holt", "Microsoft Word - a.doc", "user", "index.html", None)]
    ['Ane Holt', None, None, None, None]
    """
    name = one_line(value) if isinstance(value, str) else None
    return None if not name or EMPTY_NAME.fullmatch(name) else name


def after_title(text: str, title: str | None) -> int:
    r"""Where the body begins: after a first line that repeats the title, else 0.

    >>> after_title("Ferry back\n\nIt sails.", "Ferry  back"), after_title("It sails.", "Ferry back")
    (12, 0)
    """
    found = FIRST_BLOCK.match(text)
    same = found and title and found[1].split() == title.split()
    return found.end() if found and same else 0


def paragraphs(lines: Iterable[str]) -> str:
    """Blocks of text → one text with a blank line between them, cleaned."""
    return clean("\n\n".join(block for block in lines if block.strip()))


def key_of(value: object, text: str) -> str:
    """The key of an article among others: its id or address, else the hash of its text.

    >>> key_of(None, "It rained."), key_of("a-1", "It rained.")
    ('8b38b558e4df', 'a-1')
    """
    key = one_line(value) if value is not None else None
    return key if key and len(key) <= MAX_KEY_CHARS else short_hash(key or text)


class Keys:
    """The keys given out in one container: no two articles may share a path."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()  # 8 bytes each: a container may hold a million

    def take(self, value: object, text: str) -> str | None:
        """A key that no article before has; None when the same text stood under the same key before.

        >>> keys = Keys()
        >>> keys.take("a", "One."), keys.take("a", "Two."), keys.take("a", "One.")
        ('a', 'a#1eb32d1ee445', None)
        """
        key = key_of(value, text)
        whole = _digest(f"{key}\n{text}")
        if whole in self._seen:
            return None
        if _digest(key) in self._seen:
            key = f"{key}#{short_hash(text)}"
        self._seen |= {whole, _digest(key)}
        return key


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()[:8]
