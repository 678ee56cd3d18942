"""One generation on disk: write it once, open it, verify it.

    000007/articles.sqlite   articles, their sentences and passages (row numbers = rows of the vectors)
           keywords.sqlite   the words of the passages
           passages.faiss    a row for each passage (header and text)
           sentences.faiss   a row for each sentence
           manifest.json     format, encoder, counts, and the SHA-256 of the other four; written last

A folder without a manifest is no generation: a build that died leaves nothing that could be opened.
Rows are keyed by the hash of the very text that was embedded, so the next build reuses them.
"""

import contextlib
import datetime as dt
import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from index.embed import Encoder, Rows
from index.errors import LibraryBroken, LibraryError
from index.keywords import Keywords
from index.passages import passage_header, split_passages
from index.text import Article, Passage, Sentence
from index.vectors import Vectors

FORMAT = 1
MANIFEST = "manifest.json"
FILES = ("articles.sqlite", "keywords.sqlite", "passages.faiss", "sentences.faiss")

SCHEMA = """
CREATE TABLE articles(row INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, file TEXT NOT NULL,
    path TEXT NOT NULL, text TEXT NOT NULL, body_start INTEGER NOT NULL, title TEXT, date TEXT,
    source TEXT, url TEXT, sha256 TEXT NOT NULL);
CREATE TABLE sentences(row INTEGER PRIMARY KEY, article INTEGER NOT NULL, start INTEGER NOT NULL,
    "end" INTEGER NOT NULL, key TEXT NOT NULL);
CREATE TABLE passages(row INTEGER PRIMARY KEY, article INTEGER NOT NULL, first INTEGER NOT NULL,
    last INTEGER NOT NULL, key TEXT NOT NULL);
CREATE INDEX sentences_of ON sentences(article);
CREATE INDEX passages_by_first ON passages(first);
"""
COLUMNS = "id, file, path, text, body_start, title, date, source, url"

Progress = Callable[[str, int, int], None]  # (what is done, how many are done, of all)


@dataclass(frozen=True)
class Manifest:
    """What a generation says of itself. `checksums` maps each file to its SHA-256."""

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


class Generation:
    """An opened generation: everything in it is read-only; safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        """Raises LibraryBroken when a file is missing or can't be read. Checksums: see `verify`."""
        self.folder = folder
        self.manifest = read_manifest(folder)
        missing = [name for name in FILES if not (folder / name).is_file()]
        if missing:
            raise LibraryBroken(
                f"{folder.name}/{missing[0]} is missing; run `footnote rollback`, or add the "
                "articles into a new --library"
            )
        self._lock = threading.Lock()
        try:
            self._db = sqlite3.connect(
                f"{(folder / FILES[0]).resolve().as_uri()}?mode=ro&immutable=1",
                uri=True,
                check_same_thread=False,
            )
            self._db.execute("SELECT count(*) FROM articles").fetchone()
        except sqlite3.Error as error:
            raise LibraryBroken(
                f"{folder.name}/{FILES[0]} can't be read ({error}); run `footnote rollback`"
            ) from error
        self.keywords = Keywords(folder / FILES[1])
        self.passage_vectors = Vectors.load(folder / FILES[2])
        self.sentence_vectors = Vectors.load(folder / FILES[3])

    def articles(self) -> list[Article]:
        """All articles, oldest date first, undated ones last."""
        return [
            _article(row)
            for row in self._query(f"SELECT {COLUMNS} FROM articles ORDER BY date IS NULL, date, file")
        ]

    def article(self, id: str) -> Article:
        """The article with that ID. Raises KeyError."""
        found = self._query(f"SELECT {COLUMNS} FROM articles WHERE id = ?", (id,))
        if not found:
            raise KeyError(id)
        return _article(found[0])

    def passage(self, row: int) -> Passage:
        """The passage of a row of `passage_vectors` or `keywords`."""
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
            'SELECT s.row, s.start, s."end" FROM sentences s JOIN articles a ON a.row = s.article '
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

    def stored_keys(self) -> tuple[dict[str, int], dict[str, int]]:
        """Hash of the embedded text → row, for passages and for sentences."""
        passages = dict(self._query("SELECT key, row FROM passages"))
        return passages, dict(self._query("SELECT key, row FROM sentences"))

    def verify(self) -> list[str]:
        """The files whose bytes differ from the manifest's checksums; [] when all is well."""
        return [n for n, digest in self.manifest.checksums.items() if _sha256(self.folder / n) != digest]

    def close(self) -> None:
        """Release the files."""
        self._db.close()
        self.keywords.close()

    def _query(self, sql: str, values: tuple[object, ...] = ()) -> list[tuple]:  # type: ignore[type-arg]
        try:
            with self._lock:
                return self._db.execute(sql, values).fetchall()
        except sqlite3.DatabaseError as error:  # a page that opening did not touch
            raise LibraryBroken(
                f"{self.folder.name}/{FILES[0]} is damaged ({error}); run `footnote rollback`"
            ) from error


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a generation. Raises LibraryBroken."""
    try:
        values = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if values["format"] != FORMAT:  # first: another format may have other fields
            raise LibraryBroken(
                f"the library has format {values['format']}, this Footnote reads {FORMAT}; "
                "add the articles into a new --library"
            )
        return Manifest(**values)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise LibraryBroken(
            f"{folder.name}/{MANIFEST} can't be read; run `footnote rollback`, or add the "
            "articles into a new --library"
        ) from error


@contextlib.contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise LibraryError(
            f"the library can't be written ({error}); it is as it was before: make room on the disk"
        ) from error


@_disk_errors()
def write_generation(  # noqa: PLR0913 - the parts of a generation, each given once
    folder: Path,
    articles: Sequence[Article],
    encoder: Encoder,
    *,
    previous: Generation | None,
    sources: Sequence[str] = (),
    report: dict[str, object] | None = None,
    progress: Progress | None = None,
) -> Manifest:
    """Write a whole generation into the new folder `folder` and return its manifest.

    Rows whose text `previous` holds are copied from it, the others are embedded; all of them are when
    the encoder has other weights now. Raises LibraryError when the disk is full.
    """
    folder.mkdir(parents=True)
    passages: list[tuple[int, Passage]] = []
    window, fingerprint = encoder.window_tokens, encoder.fingerprint
    headers = [passage_header(article, encoder.count_tokens, window) for article in articles]
    for row, article in enumerate(articles):
        passages += [(row, p) for p in split_passages(article, encoder.count_tokens, window)]
        if progress:
            progress("splitting", row + 1, len(articles))
    sentences = list(dict.fromkeys((row, s) for row, p in passages for s in p.sentences))
    passage_texts = [embedded_text(headers[row], articles[row].quote(p.span)) for row, p in passages]
    sentence_texts = [articles[row].quote(s) for row, s in sentences]
    _write_articles(folder / FILES[0], articles, passages, sentences, passage_texts, sentence_texts)
    Keywords.write(
        folder / FILES[1],
        ((articles[row].header, articles[row].quote(p.span)) for row, p in passages),
    )
    comparable = previous is not None and previous.manifest.encoder == fingerprint
    old = previous.stored_keys() if previous and comparable else ({}, {})
    for texts, keys, vectors, name in (
        (passage_texts, old[0], previous.passage_vectors if previous else None, FILES[2]),
        (sentence_texts, old[1], previous.sentence_vectors if previous else None, FILES[3]),
    ):
        what = f"embedding {Path(name).stem}"
        rows = _rows(texts, keys, vectors, encoder, _named(progress, what))
        Vectors.of(rows).save(folder / name)
    manifest = Manifest(
        format=FORMAT,
        generation=folder.name,
        parent=previous.manifest.generation if previous else None,
        created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        encoder=fingerprint,
        articles=len(articles),
        passages=len(passages),
        sentences=len(sentences),
        sources=list(sources),
        report=report or {},
        checksums={name: _sha256(folder / name) for name in FILES},
    )
    _write_last(folder, manifest)
    return manifest


def embedded_text(header: str, text: str) -> str:
    """What the encoder reads of a passage: its article's title and date, then its words."""
    return f"{header}\n{text}" if header else text


def _rows(
    texts: list[str],
    keys: dict[str, int],
    vectors: Vectors | None,
    encoder: Encoder,
    progress: Callable[[int, int], None] | None,
) -> Rows:
    """A row for each text, copied where its key is known, embedded (once each) elsewhere."""
    wanted = [_key(text) for text in texts]
    rows = np.empty((len(texts), encoder.dim), dtype=np.float32)
    known = [i for i, key in enumerate(wanted) if vectors is not None and key in keys]
    if known and vectors is not None:
        rows[known] = vectors.rows([keys[wanted[i]] for i in known])
    new = {wanted[i]: texts[i] for i in range(len(texts)) if vectors is None or wanted[i] not in keys}
    if new:
        place = {key: n for n, key in enumerate(new)}
        fresh = encoder.embed(list(new.values()), progress)
        for i, key in enumerate(wanted):
            if key in place:
                rows[i] = fresh[place[key]]
    return rows


def _write_articles(
    file: Path,
    articles: Sequence[Article],
    passages: list[tuple[int, Passage]],
    sentences: list[tuple[int, Sentence]],
    passage_texts: list[str],
    sentence_texts: list[str],
) -> None:
    number = {place: row for row, place in enumerate(sentences)}
    with contextlib.closing(sqlite3.connect(file)) as db, db:
        db.executescript(SCHEMA)
        db.executemany(
            f"INSERT INTO articles(row, {COLUMNS}, sha256) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
            ((row, *_columns(a), a.sha256) for row, a in enumerate(articles)),
        )
        db.executemany(
            "INSERT INTO sentences VALUES (?,?,?,?,?)",
            (
                (i, row, s.start, s.end, _key(text))
                for i, ((row, s), text) in enumerate(zip(sentences, sentence_texts, strict=True))
            ),
        )
        db.executemany(
            "INSERT INTO passages VALUES (?,?,?,?,?)",
            (
                (i, row, number[row, p.sentences[0]], number[row, p.sentences[-1]], _key(text))
                for i, ((row, p), text) in enumerate(zip(passages, passage_texts, strict=True))
            ),
        )


def _columns(article: Article) -> Iterator[object]:
    for name in COLUMNS.split(", "):
        value = getattr(article, name)
        yield value.isoformat() if isinstance(value, dt.date) else value


def _article(row: tuple) -> Article:  # type: ignore[type-arg]
    values = dict(zip(COLUMNS.split(", "), row, strict=True))
    date = values.pop("date")
    return Article(**values, date=dt.date.fromisoformat(date) if date else None)


def _named(progress: Progress | None, what: str) -> Callable[[int, int], None] | None:
    return (lambda done, of: progress(what, done, of)) if progress else None


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write_last(folder: Path, manifest: Manifest) -> None:
    """Flush the other files to the disk, then write the manifest, so that it never vouches for a hole."""
    for name in FILES:
        with (folder / name).open("rb+") as stream:
            os.fsync(stream.fileno())
    with (folder / MANIFEST).open("w", encoding="utf-8") as text:
        json.dump(asdict(manifest), text, indent=1)
        text.flush()
        os.fsync(text.fileno())
