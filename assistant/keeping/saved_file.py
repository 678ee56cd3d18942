"""The SQLite file of conversations and reports: opened, brought up to date, one transaction at a time.

    library/conversations.sqlite   PRAGMA user_version says how many of MIGRATIONS it has seen

A file of an earlier version is brought up to date when it is opened, in one transaction. Safe to use from
several threads and processes: each transaction has a connection of its own, writers wait for each other,
readers for nobody (WAL). Knows the tables, not what is in them.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from index.errors import LibraryError

FILE = "conversations.sqlite"
WAIT_S = 10.0  # for another process that writes

# Each script brings a file of the version before it up to the next one. Never edit one that was released.
MIGRATIONS = (
    # 1: conversations, and the words of their turns to search them by
    """
    CREATE TABLE conversations(
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
        begun TEXT NOT NULL, changed TEXT NOT NULL);
    CREATE TABLE turns(
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
        conversation TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
        turn TEXT NOT NULL);
    CREATE INDEX turns_of ON turns(conversation, number);
    CREATE VIRTUAL TABLE titles USING fts5(title, tokenize = 'unicode61 remove_diacritics 2');
    CREATE VIRTUAL TABLE words USING fts5(text, tokenize = 'unicode61 remove_diacritics 2');
    CREATE TRIGGER title_new AFTER INSERT ON conversations BEGIN
        INSERT INTO titles(rowid, title) VALUES (new.number, new.title);
    END;
    CREATE TRIGGER title_changed AFTER UPDATE OF title ON conversations BEGIN
        UPDATE titles SET title = new.title WHERE rowid = new.number;
    END;
    CREATE TRIGGER title_gone AFTER DELETE ON conversations BEGIN
        DELETE FROM titles WHERE rowid = old.number;
    END;
    CREATE TRIGGER words_gone AFTER DELETE ON turns BEGIN
        DELETE FROM words WHERE rowid = old.number;
    END;
    """,
    # 2: reports, which hold copies of answers
    """
    CREATE TABLE reports(
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
        begun TEXT NOT NULL, changed TEXT NOT NULL);
    CREATE TABLE entries(
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
        report TEXT NOT NULL REFERENCES reports(id) ON DELETE CASCADE,
        place INTEGER NOT NULL, turn TEXT NOT NULL, heading TEXT NOT NULL, asked_at TEXT NOT NULL,
        answer TEXT NOT NULL, UNIQUE(report, turn));
    CREATE INDEX entries_by_turn ON entries(turn);
    """,
    # 3: what readers said of answers
    """
    CREATE TABLE votes(
        turn TEXT PRIMARY KEY REFERENCES turns(id) ON DELETE CASCADE,
        thumb TEXT NOT NULL, reason TEXT NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL);
    """,
)


class SavedFile:
    """The file in a library's folder. It comes into being with the first thing that is kept."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / FILE

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The file as it is now; an empty one where there is none. Raises LibraryError."""
        with self._opened(self.file if self.file.exists() else None) as db:
            db.execute("BEGIN")
            yield db
            db.execute("COMMIT")

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: kept whole or not at all. Raises LibraryError."""
        with self._opened(self.file) as db:
            db.execute("BEGIN IMMEDIATE")
            yield db
            db.execute("COMMIT")

    @contextlib.contextmanager
    def _opened(self, file: Path | None) -> Iterator[sqlite3.Connection]:
        try:
            if file:
                file.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(file or ":memory:", timeout=WAIT_S, isolation_level=None)
            with contextlib.closing(connection) as db:  # what is not committed is rolled back
                db.row_factory = sqlite3.Row
                db.execute("PRAGMA foreign_keys = ON")
                db.execute("PRAGMA secure_delete = ON")  # what was deleted is gone from the disk, too
                self._bring_up_to_date(db)
                yield db
        except (sqlite3.Error, OSError) as error:
            raise LibraryError(self._why(error)) from error

    def _bring_up_to_date(self, db: sqlite3.Connection) -> None:
        version = _version(db)
        if version > len(MIGRATIONS):
            raise LibraryError(
                f"{self.file} was written by a newer Footnote (version {version}, this one knows up to "
                f"{len(MIGRATIONS)}); update Footnote, or move the file away to begin anew"
            )
        if version == len(MIGRATIONS):
            return
        with contextlib.suppress(sqlite3.OperationalError):  # another process does it at this moment
            db.execute("PRAGMA journal_mode = WAL")
        db.execute("BEGIN IMMEDIATE")
        for script in MIGRATIONS[_version(db) :]:  # asked again: another process may have been first
            for statement in statements(script):
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        db.execute("COMMIT")

    def _why(self, error: sqlite3.Error | OSError) -> str:
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            return (
                f"{self.file} is damaged ({error}); put a backup in its place, or move it away to begin anew"
            )
        return f"{self.file} can't be used ({error}); see its permissions and the disk"


def statements(script: str) -> list[str]:
    """A script, statement by statement: `executescript` would end the transaction.

    >>> statements("CREATE TABLE a(b); DROP TABLE a;")
    ['CREATE TABLE a(b);', 'DROP TABLE a;']
    """
    found, begun = [], ""
    for part in script.split(";")[:-1]:
        begun += f"{part};"
        if sqlite3.complete_statement(begun):
            found.append(begun.strip())
            begun = ""
    return found


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])
