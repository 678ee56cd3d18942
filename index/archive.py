"""The texts that answers cite, kept after the library has gone on without them.

    library/cited.sqlite   each text once, and which answers cite it

Generations come and go; an answer that was given stays checkable as long as it is kept. A text is deleted
with the last answer that cites it. Safe to use from several threads and processes.
"""

import contextlib
import datetime as dt
import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from index.errors import LibraryError
from index.text import Article

FILE = "cited.sqlite"
WAIT_S = 10.0  # for another process that writes

SCHEMA = """
CREATE TABLE IF NOT EXISTS texts(sha256 TEXT PRIMARY KEY, article TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS cited(answer TEXT NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY(answer, sha256))
    WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cited_by_text ON cited(sha256);
"""


class Archive:
    """The kept texts of the library in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def keep(self, answer: str, articles: Iterable[Article]) -> None:
        """Keep the articles that an answer cites, as they are; `answer` is its ID. Raises LibraryError."""
        with self._open() as db:
            for article in articles:
                values = json.dumps(_values(article), ensure_ascii=False)
                db.execute("INSERT OR IGNORE INTO texts VALUES (?,?)", (article.sha256, values))
                db.execute("INSERT OR IGNORE INTO cited VALUES (?,?)", (answer, article.sha256))

    def forget(self, answers: Iterable[str]) -> None:
        """Answers were deleted: texts that no other cites go with them. Raises LibraryError."""
        if not self._file.exists():
            return
        with self._open() as db:
            db.executemany("DELETE FROM cited WHERE answer = ?", ((answer,) for answer in answers))
            db.execute("DELETE FROM texts WHERE sha256 NOT IN (SELECT sha256 FROM cited)")

    def recall(self, digest: str) -> Article | None:
        """The kept article whose text's SHA-256 begins so. Raises LibraryError."""
        if not self._file.exists():
            return None
        with self._open() as db:
            found = db.execute(
                "SELECT article FROM texts WHERE substr(sha256, 1, ?) = ?", (len(digest), digest)
            ).fetchone()
        return _article(json.loads(found[0])) if found else None

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """One transaction: kept whole or not at all."""
        try:
            with contextlib.closing(sqlite3.connect(self._file, timeout=WAIT_S)) as db, db:
                db.executescript(SCHEMA)
                yield db
        except sqlite3.Error as error:
            raise LibraryError(
                f"{self._file} can't be used ({error}); answers are given without it"
            ) from error


def _values(article: Article) -> dict[str, object]:
    date = article.date.isoformat() if article.date else None
    names = ("id", "file", "path", "text", "body_start", "title", "source", "url", "author", "page_starts")
    return {name: getattr(article, name) for name in names} | {"date": date}


def _article(values: dict[str, object]) -> Article:
    date, pages = values.pop("date"), values.pop("page_starts")
    return Article(
        **values,  # type: ignore[arg-type] # as `_values` wrote them
        date=dt.date.fromisoformat(str(date)) if date else None,
        page_starts=tuple(pages),  # type: ignore[arg-type]
    )
