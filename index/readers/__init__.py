"""A file → its articles, whatever its format: the one door to the readers.

Each reader knows one format; this file knows only which reader an ending asks for. Libraries are loaded with
the first file that needs them. A hostile file can be slow, as long as its size allows; it can't stop a build.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from index.errors import FootnoteError, NoArticles, ReadError
from index.readers.feed import FEEDS, read_feed
from index.readers.mail import read_box, read_mail
from index.readers.packed import read_zip
from index.readers.page import read_page
from index.readers.pdf import read_pdf
from index.readers.plain import read_plain
from index.readers.raw import MAX_FILE_BYTES, Raw, Refused, raw_file
from index.readers.rows import LINES, LISTS, TABLES, read_rows
from index.readers.word import read_word
from index.text import Article

__all__ = ["ENDINGS", "MAX_FILE_BYTES", "SUFFIXES", "Refused", "read_articles"]

log = logging.getLogger(__name__)

ONE: dict[str, Callable[[Raw], Article]] = {  # the formats of which a file is one article
    ".txt": read_plain,
    ".text": read_plain,
    ".md": read_plain,
    ".markdown": read_plain,
    ".html": read_page,
    ".htm": read_page,
    ".xhtml": read_page,
    ".pdf": read_pdf,
    ".docx": read_word,
    ".eml": read_mail,
}
ROWS = TABLES | LINES | LISTS
SUFFIXES = frozenset(ONE) | FEEDS | ROWS | {".mbox", ".zip"}
ENDINGS = ", ".join(sorted(SUFFIXES))
NO_COLUMNS: Mapping[str, str] = {}


def read_articles(file: Path, columns: Mapping[str, str] = NO_COLUMNS) -> Iterator[Article | Refused]:
    """The articles in `file`, in the order in which they stand; in place of one that can't be read, why.

    `columns` names the columns of tables and JSON (field → column), where they are not the usual ones.
    Raises ReadError, before it gives anything, when the whole file can't be read, and UsageError when
    `columns` names no field. A damaged file that breaks off in the middle ends with a `Refused` of its own
    path; when the disk fails, that is a ReadError with an OSError as its cause, wherever it happens.
    """
    yield from _guarded(raw_file(file), columns, outermost=True)


def _guarded(raw: Raw, columns: Mapping[str, str], *, outermost: bool) -> Iterator[Article | Refused]:
    """What a reader gives, and never an error that is not ours.

    This is the one place that catches everything: the parsers of other people raise whatever they like on
    bytes that nobody meant them to see (IndexError, KeyError, RecursionError, MemoryError…), and one such
    file must not cost a build of ten thousand others.
    """
    given, kind = 0, ReadError
    cause: BaseException | None = None
    try:
        for item in _read(raw, columns):
            given += 1
            yield item
        return
    except ReadError as error:
        kind, cause, reason = type(error), error.__cause__, str(error)
    except FootnoteError:
        raise
    except OSError as error:
        cause, reason = error, f"{raw.name}: can't be read ({error.strerror or error}); the file was left out"
    except Exception as error:
        log.debug("%s", raw.name, exc_info=True)
        what = f"{type(error).__name__}: {str(error)[:200]}"
        reason = f"{raw.name}: damaged, or not what its name says ({what}); save it again"
    reason = " ".join(reason.split())  # it may quote the file
    if outermost and (not given or kind is NoArticles or isinstance(cause, OSError)):
        raise kind(reason) from cause
    yield Refused(raw.path, f"{reason} (after {given:,} articles)" if given else reason)


def _read(raw: Raw, columns: Mapping[str, str]) -> Iterator[Article | Refused]:
    """By the reader that the ending asks for. Raises ReadError when there is none."""
    if raw.suffix in ONE:
        yield ONE[raw.suffix](raw)
    elif raw.suffix in ROWS:
        yield from read_rows(raw, columns)
    elif raw.suffix in FEEDS:
        yield from read_feed(raw)
    elif raw.suffix == ".mbox":
        yield from read_box(raw)
    elif raw.suffix == ".zip":
        yield from read_zip(raw, lambda member: _guarded(member, columns, outermost=False), SUFFIXES)
    else:
        raise ReadError(f"{raw.name}: only files ending in {ENDINGS} are read; the file was left out")
