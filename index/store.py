"""One generation on disk, opened: its articles, sentences, passages and the two searches' files.

    000007/articles.sqlite   files, articles, texts, sentences, passages, near-duplicates
           keywords.sqlite   the words of the passages
           passages.faiss    a row for each passage (header and text)
           sentences.faiss   a row for each sentence
           manifest.json     format, encoder, counts, report, and the SHA-256 of the other four; written last

Rows are dense and in the order of the articles' paths, so two libraries of the same articles number them
alike, whatever was added, changed or removed on the way. `build.py` writes what is opened here.
"""

import datetime as dt
import hashlib
import json
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.errors import LibraryBroken
from index.filter import Catalogue, Mask
from index.keywords import Keywords
from index.scan import Seen
from index.text import Article, Passage, Sentence
from index.vectors import Vectors

FORMAT = 2
MANIFEST = "manifest.json"
FILES = ("articles.sqlite", "keywords.sqlite", "passages.faiss", "sentences.faiss")

# `container` is the file that an article was read from; `original` the row of the first article with the
# same text, which alone has sentences and passages; `story` the row of the first near-duplicate.
SCHEMA = """
CREATE TABLE files(path TEXT PRIMARY KEY, container TEXT NOT NULL, size INTEGER, mtime_ns INTEGER,
    ctime_ns INTEGER, inode INTEGER, sha256 TEXT, settled INTEGER, refused TEXT) WITHOUT ROWID;
CREATE TABLE texts(sha256 TEXT PRIMARY KEY, text TEXT NOT NULL, signature BLOB);
CREATE TABLE similar(a TEXT NOT NULL, b TEXT NOT NULL, PRIMARY KEY(a, b)) WITHOUT ROWID;
CREATE TABLE articles(row INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, container TEXT NOT NULL,
    file TEXT NOT NULL, path TEXT NOT NULL, sha256 TEXT NOT NULL, body_start INTEGER NOT NULL, title TEXT,
    date TEXT, source TEXT, url TEXT, author TEXT, page_starts TEXT NOT NULL, original INTEGER,
    story INTEGER);
CREATE TABLE sentences(row INTEGER PRIMARY KEY, article INTEGER NOT NULL, start INTEGER NOT NULL,
    "end" INTEGER NOT NULL, key BLOB NOT NULL);
CREATE TABLE passages(row INTEGER PRIMARY KEY, article INTEGER NOT NULL, first INTEGER NOT NULL,
    last INTEGER NOT NULL, key BLOB NOT NULL, word INTEGER NOT NULL);
"""
INDEXES = (
    "CREATE INDEX articles_by_text ON articles(sha256)",
    "CREATE INDEX sentences_of ON sentences(article)",
    "CREATE INDEX passages_of ON passages(article)",
    "CREATE INDEX passages_by_first ON passages(first)",
)
COLUMNS = "id, file, path, body_start, title, date, source, url, author, page_starts"
OF_ARTICLE = (
    f"SELECT {', '.join('a.' + name for name in COLUMNS.split(', '))}, t.text, a.row "
    "FROM articles a JOIN texts t ON t.sha256 = a.sha256"
)
LISTED = (
    "SELECT a.id, a.file, a.path, a.title, a.author, a.date, a.source, a.url, a.sha256, length(t.text), "
    "coalesce(p.count, 0), CASE WHEN a.original = a.row THEN NULL ELSE o.id END, n.count - 1, a.story "
    "FROM articles a JOIN articles o ON o.row = a.original JOIN texts t ON t.sha256 = a.sha256 "
    "JOIN (SELECT sha256, count(*) AS count FROM articles GROUP BY sha256) n ON n.sha256 = a.sha256 "
    "LEFT JOIN (SELECT article, count(*) AS count FROM passages GROUP BY article) p "
    "ON p.article = a.original "
    "ORDER BY a.date IS NULL, a.date, a.file, a.path"
)

Progress = Callable[[str, int, int], None]  # (what is done, how many are done, of all)


@dataclass(frozen=True)
class Manifest:
    """What a generation says of itself. `articles` counts each text once; `columns` are the names of columns
    by the source they were given for; `checksums` maps each file to its SHA-256."""

    format: int
    generation: str
    parent: str | None
    created: str  # ISO 8601, UTC
    encoder: dict[str, str | int]
    articles: int
    passages: int
    sentences: int
    sources: list[str]
    report: dict[str, object]
    checksums: dict[str, str]
    columns: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listed:
    """An article as a list shows it, without its text. `copy_of` is the ID of the article that holds the
    same text, `copies` how many others do; `story` is the same number for near-duplicates."""

    id: str
    file: str
    path: str
    title: str | None
    author: str | None
    date: dt.date | None
    source: str | None
    url: str | None
    sha256: str
    characters: int
    passages: int
    copy_of: str | None
    copies: int
    story: int


class Generation:
    """An opened generation: everything in it is read-only; safe to use from several threads."""

    def __init__(self, folder: Path, *, texts_only: bool = False) -> None:
        """Raises LibraryBroken when a file is missing or can't be read. Checksums: see `verify`. With
        `texts_only` the vectors and the words are not opened: what is left when they are damaged."""
        self.folder = folder
        self.manifest = read_manifest(folder)
        missing = [name for name in FILES[: 1 if texts_only else None] if not (folder / name).is_file()]
        if missing:
            raise LibraryBroken(f"{folder.name}/{missing[0]} is missing; run `footnote doctor`")
        self._lock = threading.Lock()
        try:
            self._db = sqlite3.connect(f"{self.uri}", uri=True, check_same_thread=False)
            self._db.execute("SELECT count(*) FROM articles").fetchone()
        except sqlite3.Error as error:
            raise LibraryBroken(
                f"{folder.name}/{FILES[0]} can't be read ({error}); run `footnote doctor`"
            ) from error
        if not texts_only:
            self.keywords = Keywords(folder / FILES[1])
            self.passage_vectors = Vectors.load(folder / FILES[2])
            self.sentence_vectors = Vectors.load(folder / FILES[3])

    @property
    def uri(self) -> str:
        """The database of the articles, as SQLite opens it for reading alone."""
        return f"{(self.folder / FILES[0]).resolve().as_uri()}?mode=ro&immutable=1"

    # --- articles ----------------------------------------------------------------------------------

    def articles(self) -> list[Article]:
        """All articles with their texts, each text once, oldest date first, undated ones last."""
        rows = self._query(
            f"{OF_ARTICLE} WHERE a.original = a.row ORDER BY a.date IS NULL, a.date, a.file, a.path"
        )
        copies = self._copies()
        return [article_of(row, copies.get(row[-1], ())) for row in rows]

    def article(self, id: str) -> Article:
        """The article with that ID. Raises KeyError."""
        found = self._query(f"{OF_ARTICLE} WHERE a.id = ?", (id,))
        if not found:
            raise KeyError(id)
        paths = self._query(
            "SELECT path FROM articles WHERE sha256 = (SELECT sha256 FROM articles WHERE id = ?) AND id != ? "
            "ORDER BY row",
            (id, id),
        )
        return article_of(found[0], tuple(path for (path,) in paths))

    def with_text(self, digest: str) -> Article | None:
        """The first article whose text's SHA-256 begins so."""
        found = self._query(
            "SELECT id FROM articles WHERE sha256 >= ? AND sha256 < ? ORDER BY row LIMIT 1",
            (digest, f"{digest}g"),  # g: after all hex digits
        )
        return self.article(found[0][0]) if found else None

    def listing(self) -> list[Listed]:
        """All articles and copies without their texts, oldest date first, undated ones last."""
        with self._lock:
            return listed(self._db)

    @property
    def count(self) -> int:
        """How many articles there are, copies too."""
        return int(self._query("SELECT count(*) FROM articles")[0][0])

    def named(self, name: str) -> list[str]:
        """The IDs of the articles, copies too, with that ID, file name or path."""
        rows = self._query("SELECT id FROM articles WHERE ? IN (id, file, path) ORDER BY path", (name,))
        return [id for (id,) in rows]

    def files(self) -> dict[str, tuple[Seen, str | None]]:
        """What the build saw of each file, by path, and why it refused it."""
        rows = self._query(
            "SELECT path, size, mtime_ns, ctime_ns, inode, sha256, settled, refused FROM files "
            "WHERE path = container"
        )
        return {
            path: (Seen(path, size, mtime, ctime, inode, digest, bool(settled)), why)
            for path, size, mtime, ctime, inode, digest, settled, why in rows
        }

    def containers(self) -> set[str]:
        """The files that gave an article."""
        return {path for (path,) in self._query("SELECT DISTINCT container FROM articles")}

    def refused(self) -> dict[str, str]:
        """Why files, and articles inside files, were refused, by path."""
        return dict(self._query("SELECT path, refused FROM files WHERE refused IS NOT NULL ORDER BY path"))

    def story(self, id: str) -> list[str]:
        """The IDs of all articles that tell nearly the same as this one, itself among them."""
        rows = self._query(
            "SELECT id FROM articles WHERE story = (SELECT story FROM articles WHERE id = ?) ORDER BY row",
            (id,),
        )
        return [other for (other,) in rows]

    # --- sentences and passages ----------------------------------------------------------------------

    def passage(self, row: int) -> Passage:
        """The passage of a row of `passage_vectors`."""
        id, first, last = self._query(
            "SELECT a.id, p.first, p.last FROM passages p JOIN articles a ON a.row = p.article "
            "WHERE p.row = ?",
            (row,),
        )[0]
        spans = self._query(
            'SELECT start, "end" FROM sentences WHERE row BETWEEN ? AND ? ORDER BY row', (first, last)
        )
        return Passage(id, tuple(Sentence(*span) for span in spans))

    def sentences(self, id: str) -> list[tuple[int, Sentence]]:
        """`(row, sentence)` of one article, in order; the row is one of `sentence_vectors`."""
        found = self._query(
            'SELECT s.row, s.start, s."end" FROM sentences s JOIN articles a ON a.original = s.article '
            "WHERE a.id = ? ORDER BY s.row",
            (id,),
        )
        return [(row, Sentence(start, end)) for row, start, end in found]

    def passages_of_sentences(self, rows: Sequence[int]) -> list[int]:
        """Rows of the passages that hold sentences, in the order of the sentences' rows, each once."""
        holders = dict.fromkeys(
            holder
            for row in rows
            for (holder,) in self._query(
                "SELECT row FROM passages WHERE first <= ? AND last >= ? ORDER BY row", (row, row)
            )
        )
        return list(holders)

    def search_words(self, query: str, k: int, allowed: Mask | None = None) -> list[tuple[int, float]]:
        """The `k` passages that hold the query's words best: `(row, BM25)`, best first, equal ones by row;
        `allowed` are the rows of the keyword index that may be found (None: all)."""
        limit = 2 * k
        while True:  # further down as long as the last one found ties with the k-th
            found = self.keywords.search(query, limit, allowed)
            if len(found) < limit or limit > self.manifest.passages or found[k - 1][1] > found[-1][1]:
                break
            limit *= 4
        ranked = [(int(self._row_of_word[word]), score) for word, score in found]
        return sorted(ranked, key=lambda hit: (-hit[1], hit[0]))[:k]

    @cached_property
    def _row_of_word(self) -> NDArray[np.int64]:
        """The passage's row by its number in the keyword index, which outlives the row."""
        words = np.array(
            [w for (w,) in self._query("SELECT word FROM passages ORDER BY row")], dtype=np.int64
        )
        rows = np.full(int(words.max(initial=-1)) + 1, -1, dtype=np.int64)
        rows[words] = np.arange(len(words))
        return rows

    @cached_property
    def catalogue(self) -> Catalogue:
        """The day and the outlet of every article, and which rows are whose: what a filter asks for."""
        articles = self._query(
            "SELECT row, id, date, source FROM articles WHERE original = row "
            "ORDER BY date IS NULL, date, file, path"
        )
        return Catalogue(
            [(row, id, _date(date), source) for row, id, date, source in articles],
            [article for (article,) in self._query("SELECT article FROM passages ORDER BY row")],
            [article for (article,) in self._query("SELECT article FROM sentences ORDER BY row")],
            self._row_of_word,
        )

    # --- the files -----------------------------------------------------------------------------------

    def verify(self) -> list[str]:
        """The files whose bytes differ from the manifest's checksums; [] when all is well."""
        return [n for n, digest in self.manifest.checksums.items() if sha256(self.folder / n) != digest]

    def close(self) -> None:
        """Release the files."""
        self._db.close()
        if hasattr(self, "keywords"):
            self.keywords.close()

    def _copies(self) -> dict[int, tuple[str, ...]]:
        copies: dict[int, tuple[str, ...]] = {}
        for original, path in self._query(
            "SELECT original, path FROM articles WHERE original != row ORDER BY row"
        ):
            copies[original] = (*copies.get(original, ()), path)
        return copies

    def _query(self, sql: str, values: tuple[object, ...] = ()) -> list[tuple]:  # type: ignore[type-arg]
        try:
            with self._lock:
                return self._db.execute(sql, values).fetchall()
        except sqlite3.DatabaseError as error:  # a page that opening did not touch
            raise LibraryBroken(
                f"{self.folder.name}/{FILES[0]} is damaged ({error}); run `footnote doctor`"
            ) from error


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a generation. Raises LibraryBroken."""
    try:
        values = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if values["format"] != FORMAT:  # first: another format may have other fields
            raise LibraryBroken(
                f"the library has format {values['format']}, this Footnote reads {FORMAT}; `footnote doctor` "
                "builds it anew from its files"
            )
        return Manifest(**values)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise LibraryBroken(f"{folder.name}/{MANIFEST} can't be read; run `footnote doctor`") from error


def sha256(file: Path) -> str:
    """Hex digest of a file's bytes; of nothing when it can't be read."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def listed(db: sqlite3.Connection) -> list[Listed]:
    """All articles of a database, as `Generation.listing`."""
    place = [field.name for field in fields(Listed)].index("date")
    return [
        Listed(*row[:place], _date(row[place]), *row[place + 1 :])  # type: ignore[call-arg] # as in LISTED
        for row in db.execute(LISTED)
    ]


def article_of(row: Sequence[Any], copies: tuple[str, ...] = ()) -> Article:
    """A row of `OF_ARTICLE` as an article."""
    *values, text, _ = row
    named = dict(zip(COLUMNS.split(", "), values, strict=True))
    date, pages = _date(named.pop("date")), tuple(json.loads(named.pop("page_starts")))
    return Article(**named, text=text, date=date, page_starts=pages, copies=copies)


def _date(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
