"""A file → an `Article`, with its title and date where the file tells them.

Reads three formats: the dated format (first line ` date YYYY-MM-DD `), plain text and Markdown. The
article's text is the whole decoded file, unchanged, so that offsets hold against the file as well.
Knows nothing of sentences. Does not guess a date that is not written in the dated format.
"""

import datetime as dt
import logging
import re
from collections.abc import Iterator
from pathlib import Path

from charset_normalizer import from_bytes

from index.errors import ReadError, UsageError
from index.text import Article, short_hash

log = logging.getLogger(__name__)

SUFFIXES = frozenset({".txt", ".text", ".md", ".markdown"})
ENDINGS = ", ".join(sorted(SUFFIXES))
MAX_FILE_BYTES = 20_000_000  # an archive dump, not an article; a long book has 3 MB of text
MAX_TITLE_CHARS = 150

DATE_LINE = re.compile(r"\A[ \t]*date (\d{4}-\d{2}-\d{2})[ \t]*(?:\r?\n|\Z)")
# Possessive (`++`): giving line ends back could never help, and a million of them would take hours.
FIRST_BLOCK = re.compile(r"\s*+(\S[^\r\n]*+)\r?\n[ \t]*+(?:\r?\n)++(?=\s*+\S)")
HEADING = re.compile(r"#{1,6}\s+(.+?)(?:\s+#+)?\Z")
WESTERN = "cp1252"
BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")


def article_files(path: Path) -> Iterator[Path]:
    """The files under `path` that can become articles, sorted; `path` itself when it is a file.

    A folder's hidden files and README files are left out, as are endings outside `SUFFIXES`.
    Raises UsageError when nothing is there.
    """
    if path.is_file():
        yield path
        return
    if not path.is_dir():
        raise UsageError(f"{path}: no such file or folder; check the path")
    for file in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
        if hidden or file.suffix.lower() not in SUFFIXES or file.stem.upper() == "README":
            continue
        if file.is_file():
            yield file


def read_article(file: Path) -> Article:
    """The article in `file`. Raises ReadError, with the file's name and the reason."""
    name = file.name.encode("utf-8", "backslashreplace").decode()
    if name != file.name:
        raise ReadError(f"{name}: the file's name is not UTF-8; rename the file")
    if file.suffix.lower() not in SUFFIXES:
        raise ReadError(f"{name}: only files ending in {ENDINGS} are read; the file was left out")
    text = decode(name, read_bytes(file))
    body, title, date = _front(text, markdown=file.suffix.lower() in {".md", ".markdown"})
    if not text[body:].strip():
        raise ReadError(f"{file.name}: there is no text in it; the file was left out")
    path = str(file.resolve())
    return Article(short_hash(path), file.name, path, text, body, title, date)


def read_bytes(file: Path) -> bytes:
    """The file's bytes, refused before reading when they are too many."""
    try:
        size = file.stat().st_size
        if size > MAX_FILE_BYTES:
            raise ReadError(
                f"{file.name}: {size / 1e6:.1f} MB is over the limit of {MAX_FILE_BYTES / 1e6:.0f} MB "
                "for one article; split it into articles"
            )
        return file.read_bytes()
    except OSError as error:
        raise ReadError(f"{file.name}: can't be read ({error.strerror}); the file was left out") from error


def decode(name: str, data: bytes) -> str:
    """Bytes → text: UTF-8, else what charset-normalizer finds, with a warning in the log.

    >>> decode("a.txt", "Évian".encode())
    'Évian'
    >>> decode("b.txt", bytes(range(256)))
    Traceback (most recent call last):
    index.errors.ReadError: b.txt: this is not text (binary data); the file was left out
    """
    binary = ReadError(f"{name}: this is not text (binary data); the file was left out")
    if b"\0" in data and not data.startswith(BYTE_ORDER_MARKS):
        raise binary
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        found = from_bytes(data)
    best = found.best()
    if best is None:
        raise binary
    # Of the encodings that look right, Windows' own (which reads Latin-1 too): by itself the best one
    # made ₧ of € and box drawings of quotation marks.
    likely = next((match for match in found if WESTERN in match.could_be_from_charset), None)
    encoding = WESTERN if likely else best.encoding
    log.warning("%s: not valid UTF-8, read as %s; check its accents", name, encoding)
    return str(likely or best)


def _front(text: str, *, markdown: bool) -> tuple[int, str | None, dt.date | None]:
    """Where the body begins, the title and the date: `(body_start, title, date)`."""
    body, date = 0, None
    if found := DATE_LINE.match(text):
        try:
            date = dt.date.fromisoformat(found[1])
            body = found.end()
        except ValueError:  # such as 2022-02-30: then the line is text, but no title either
            return 0, None, None
    block = FIRST_BLOCK.match(text, body)
    title = _title(block[1].strip(), markdown=markdown) if block else None
    return (block.end() if block and title else body), title, date


def _title(line: str, *, markdown: bool) -> str | None:
    """The title that a first line standing alone gives, if it reads like one.

    >>> _title("Mauna Kea", markdown=False), _title("It rained.", markdown=False)
    ('Mauna Kea', None)
    """
    if len(line) > MAX_TITLE_CHARS:
        return None
    if markdown and (heading := HEADING.match(line)):
        return heading[1]
    return None if line[-1] in '.!?:;,”"' else line
