"""Write one generation: what is unchanged is copied from the one before, the rest is split and embedded.

    with Build(folder, encoder, previous) as build:
        build.keep(paths)                # files that are as they were
        build.put(seen, articles)        # a file that is read again
        report = build.report()
        manifest = build.finish(report, sources)

Articles are sorted by path and their rows numbered in that order. Runs of unchanged articles keep their
neighbours, so their sentences, passages and vectors are copied as whole ranges; a text that was embedded
before, anywhere, is not embedded again (its key is the hash of the very text). One block of rows is in memory
at a time. The folder without its manifest, which is written last, is no generation: a build that dies leaves
nothing that could be opened, and one that fails removes what it wrote.
"""

import contextlib
import datetime as dt
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType

from index.embed import Encoder
from index.errors import LibraryError, NoArticles, ReadError
from index.generations import flush_folder
from index.grouped import fill_stories
from index.readers import Refused
from index.report import Report, compared
from index.rows import fill_rows, fill_vectors, fill_words
from index.scan import Seen
from index.store import (
    COLUMNS,
    FILES,
    FORMAT,
    INDEXES,
    MANIFEST,
    SCHEMA,
    Generation,
    Manifest,
    Progress,
    listed,
    sha256,
)
from index.text import Article

STAGED = f"""
CREATE TEMP TABLE staged(path TEXT PRIMARY KEY, container TEXT, sha256 TEXT, old INTEGER,
    {COLUMNS.replace(" path,", "")});
CREATE TEMP TABLE asked(path TEXT PRIMARY KEY);
CREATE TEMP TABLE kept(old INTEGER PRIMARY KEY, new INTEGER);
CREATE TEMP TABLE fresh(key BLOB PRIMARY KEY) WITHOUT ROWID;
"""
# Articles that had sentences and have them still: as they were, and the first with their text as before.
KEPT = (
    "INSERT INTO kept SELECT o.row, a.row FROM articles a JOIN staged s USING(path) "
    "JOIN old.articles o ON o.row = s.old AND o.original = o.row WHERE a.original = a.row"
)


class Build:
    """A generation that is being written. All disk errors are LibraryError."""

    def __init__(
        self,
        folder: Path,
        encoder: Callable[[], Encoder],
        previous: Generation | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Makes `folder`, which must not exist. The texts of `previous` can be kept; its rows are reused
        when it has any that the encoder would make today. The encoder is asked for when it is needed."""
        self.folder, self._load, self._previous = folder, encoder, previous
        self._progress: Progress = progress or (lambda what, done, of: None)
        self._started = time.monotonic()
        with _disk_errors():
            folder.mkdir(parents=True)
            self._db = sqlite3.connect(folder / FILES[0], uri=True, isolation_level=None)
            # What is half written is thrown away as a whole, so nothing needs to be undone or flushed.
            self._db.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {SCHEMA} {STAGED}")
            if previous is None:  # the same tables, empty
                self._db.execute("ATTACH ':memory:' AS old")
                self._db.executescript(SCHEMA.replace("TABLE ", "TABLE old."))
            else:
                self._db.execute("ATTACH ? AS old", (previous.uri,))
            self._db.execute("BEGIN")

    def __enter__(self) -> "Build":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()
        if kind is not None:
            shutil.rmtree(self.folder, ignore_errors=True)  # also on Ctrl-C: the old one is still live

    # --- what goes in --------------------------------------------------------------------------------

    def keep(self, paths: Iterable[str]) -> None:
        """Take over files of the generation before, with all their articles, as they are."""
        with _disk_errors():
            self._db.execute("DELETE FROM asked")
            self._db.executemany("INSERT OR IGNORE INTO asked VALUES (?)", ((path,) for path in paths))
            self._db.execute(
                "INSERT OR REPLACE INTO files "
                "SELECT f.* FROM old.files f JOIN asked ON asked.path = f.container"
            )
            names = COLUMNS.replace(" path,", "")
            self._db.execute(
                f"INSERT INTO staged(path, container, sha256, old, {names}) "
                f"SELECT a.path, container, sha256, row, {names} FROM old.articles a "
                "JOIN asked ON asked.path = a.container"
            )
            self._db.execute(
                "INSERT OR IGNORE INTO texts "
                "SELECT * FROM old.texts WHERE sha256 IN (SELECT sha256 FROM staged)"
            )

    def saw(self, seen: Iterable[Seen]) -> None:
        """Note how kept files look now, so that their bytes need not be read again next time."""
        with _disk_errors():
            self._db.executemany(
                "UPDATE files SET size = ?, mtime_ns = ?, ctime_ns = ?, inode = ?, sha256 = ?, settled = ? "
                "WHERE path = ?",
                ((s.size, s.mtime_ns, s.ctime_ns, s.inode, s.sha256, s.settled, s.path) for s in seen),
            )

    def put(self, seen: Seen, read: Iterable[Article | Refused], *, asked: bool = True) -> None:
        """Take in a file that is being read. When reading fails, its older version stays, and the reason is
        noted; so are the reasons for what was refused inside the file. Of a file that was not `asked` for,
        but found in a folder, it is no failure to hold something else than articles."""
        refused: dict[str, str] = {}
        try:
            for one in read:
                if isinstance(one, Refused):
                    refused[one.path] = one.reason
                else:
                    self.put_articles([one], seen.path)
        except NoArticles as error:
            refused = {seen.path: str(error)} if asked else {}
        except ReadError as error:
            with _disk_errors():
                self._db.execute("DELETE FROM staged WHERE container = ?", (seen.path,))
            self.keep([seen.path])
            refused = {seen.path: str(error)}
            if isinstance(error.__cause__, OSError):  # it may pass: not to be taken for read next time
                seen = replace(seen, sha256="", settled=False)
        values = list(asdict(seen).values())
        with _disk_errors():
            self._db.execute("DELETE FROM files WHERE path = ?", (seen.path,))
            self._db.execute(
                "INSERT INTO files VALUES (?,?,?,?,?,?,?,?,?)",
                (seen.path, *values, refused.pop(seen.path, None)),
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO files(path, container, refused) VALUES (?,?,?)",
                ((path, seen.path, reason) for path, reason in refused.items()),
            )

    def put_articles(self, articles: Iterable[Article], container: str | None = None) -> None:
        """Take in articles that were read from one file."""
        for article in articles:
            values = dict(_columns(article)) | {"container": container or article.path}
            values["sha256"] = article.sha256
            with _disk_errors():
                self._db.execute(
                    "INSERT OR IGNORE INTO texts(sha256, text) VALUES (?,?)", (article.sha256, article.text)
                )
                self._db.execute(
                    f"INSERT OR REPLACE INTO staged({', '.join(values)}) "
                    f"VALUES ({','.join('?' * len(values))})",
                    tuple(values.values()),
                )

    def drop(self, ids: Iterable[str]) -> None:
        """Leave articles out again; their files count as never seen."""
        with _disk_errors():
            for id in ids:
                self._db.execute(
                    "DELETE FROM files WHERE path = (SELECT container FROM staged WHERE id = ?)", (id,)
                )
                self._db.execute("DELETE FROM staged WHERE id = ?", (id,))

    # --- what comes out ------------------------------------------------------------------------------

    def containers(self) -> list[str]:
        """The files that gave an article."""
        with _disk_errors():
            return [path for (path,) in self._db.execute("SELECT DISTINCT container FROM staged")]

    def report(self, below: Callable[[str], bool] = lambda path: True) -> Report:
        """How the articles differ from those of the generation before; what is unchanged or was refused is
        told of paths that are `below`."""
        with _disk_errors():
            self._number()
            old = self._previous.listing() if self._previous else []
            report = compared(old, listed(self._db), below)
            refused = self._db.execute(
                "SELECT path, refused FROM files WHERE refused IS NOT NULL ORDER BY path"
            )
            report.refused = {path: reason for path, reason in refused if below(path)}
        return report

    def discard(self) -> None:
        """Nothing is to be written after all."""
        self._db.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def finish(
        self, report: Report, sources: Sequence[str] = (), columns: Mapping[str, dict[str, str]] | None = None
    ) -> Manifest:
        """Split, embed, index, and write the manifest; the articles are those that `report` compared."""
        with _disk_errors():
            old = self._previous if self._fits() else None
            if old:
                self._db.execute(KEPT)
            rows = fill_rows(self._db, self._encoder, reuse=bool(old), progress=self._progress)
            fill_words(self._db, self.folder / FILES[1], rows, old.folder / FILES[1] if old else None)
            for table, numbers, vectors, name in (
                ("passages", rows.passages, old.passage_vectors if old else None, FILES[2]),
                ("sentences", rows.sentences, old.sentence_vectors if old else None, FILES[3]),
            ):
                made = fill_vectors(self._db, table, numbers, vectors, self._encoder, self._progress)
                made.save(self.folder / name)
            fill_stories(self._db, self._progress)
            for statement in INDEXES:
                self._db.execute(statement)
            self._db.execute("COMMIT")
            count = self._db.execute("SELECT count(*) FROM articles WHERE original = row").fetchone()[0]
            self._db.close()
            report.bytes = sum((self.folder / name).stat().st_size for name in FILES)
            report.seconds = round(time.monotonic() - self._started, 3)
            manifest = Manifest(
                format=FORMAT,
                generation=self.folder.name,
                parent=self._previous.manifest.generation if self._previous else None,
                created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
                encoder=self._encoder.fingerprint,
                articles=count,
                passages=len(rows.passages),
                sentences=len(rows.sentences),
                sources=list(sources),
                report=report.as_kept(),
                checksums={name: sha256(self.folder / name) for name in FILES},
                columns=dict(columns or {}),
            )
            _write_last(self.folder, manifest)
        return manifest

    # --- inside --------------------------------------------------------------------------------------

    @cached_property
    def _encoder(self) -> Encoder:
        return self._load()

    def _fits(self) -> bool:
        """Whether the rows of the generation before are what the encoder would make today."""
        previous = self._previous
        return (
            previous is not None
            and hasattr(previous, "passage_vectors")
            and previous.manifest.encoder == self._encoder.fingerprint
        )

    def _number(self) -> None:
        """Staged articles → numbered ones, in the order of their paths."""
        run = self._db.execute
        same = " AND ".join(f"o.{c} IS staged.{c}" for c in ("sha256", *COLUMNS.split(", ")))
        run(f"UPDATE staged SET old = (SELECT row FROM old.articles o WHERE {same}) WHERE old IS NULL")
        run("DELETE FROM articles")
        run(
            f"INSERT INTO articles(row, container, sha256, {COLUMNS}) "
            f"SELECT row_number() OVER (ORDER BY path) - 1, container, sha256, {COLUMNS} FROM staged"
        )
        run("DELETE FROM texts WHERE sha256 NOT IN (SELECT sha256 FROM staged)")
        run(
            "UPDATE articles SET original = first.row, story = first.row "
            "FROM (SELECT sha256, min(row) AS row FROM articles GROUP BY sha256) AS first "
            "WHERE first.sha256 = articles.sha256"
        )


def write_generation(
    folder: Path,
    articles: Iterable[Article],
    encoder: Encoder,
    *,
    previous: Generation | None,
    sources: Sequence[str] = (),
    progress: Progress | None = None,
) -> Manifest:
    """A generation of these very articles, without the files that they came from."""
    with Build(folder, lambda: encoder, previous, progress) as build:
        build.put_articles(articles)
        return build.finish(build.report(), sources)


def _columns(article: Article) -> Iterator[tuple[str, object]]:
    for name in COLUMNS.split(", "):
        value = getattr(article, name)
        if name == "page_starts":
            value = json.dumps(value)
        yield name, value.isoformat() if isinstance(value, dt.date) else value


@contextlib.contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise LibraryError(
            f"the library can't be written ({error}); it is as it was before: make room on the disk"
        ) from error


def _write_last(folder: Path, manifest: Manifest) -> None:
    """Flush the other files to the disk, then write the manifest, so that it never vouches for a hole."""
    for name in FILES:
        with (folder / name).open("rb+") as stream:
            os.fsync(stream.fileno())
    with (folder / MANIFEST).open("w", encoding="utf-8") as text:
        json.dump(asdict(manifest), text, indent=1)
        text.flush()
        os.fsync(text.fileno())
    flush_folder(folder)
    flush_folder(folder.parent)
