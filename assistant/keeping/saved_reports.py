"""Reports on disk: answers that were collected, their order and their headings.

An entry is a copy of an answer, so a report stays whole when the conversation is deleted; the texts that it
cites are kept in the archive (index/archive.py) under the turn's ID until neither a conversation nor a report
has the turn any more.
"""

import datetime as dt
import json
import logging
import sqlite3
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from assistant.keeping.fields import sound
from assistant.keeping.kept import KeptTurn, from_json, to_json
from assistant.keeping.saved_file import SavedFile
from assistant.report.collected import Entry
from index.archive import Archive
from index.errors import LibraryError, UsageError

log = logging.getLogger(__name__)

TITLE_CHARS = 200  # of a title or a heading that is typed or taken from a question


@dataclass(frozen=True, slots=True)
class KeptReport:
    """A report in the list; `begun` and `changed` are in UTC."""

    id: str
    title: str
    begun: dt.datetime
    changed: dt.datetime
    entries: int


class SavedReports:
    """The reports in a library's folder. All methods raise LibraryError where the file can't be used, and
    UsageError for an ID that is not there or a blank title."""

    def __init__(self, folder: Path) -> None:
        self._file = SavedFile(folder)
        self._archive = Archive(folder)

    @property
    def file(self) -> Path:
        """Where all this is kept."""
        return self._file.file

    def reports(self) -> list[KeptReport]:
        """All reports, the one changed last first."""
        with self._file.reading() as db:
            rows = db.execute(
                "SELECT r.*, (SELECT count(*) FROM entries e WHERE e.report = r.id) AS entries FROM reports r"
                " ORDER BY r.changed DESC, r.number DESC"
            ).fetchall()
        return [
            KeptReport(row["id"], row["title"], when(row["begun"]), when(row["changed"]), row["entries"])
            for row in rows
        ]

    def report(self, report: str) -> tuple[str, list[Entry]]:
        """A report's title and its entries, in their order."""
        with self._file.reading() as db:
            title = _title_of(db, report)
            rows = db.execute("SELECT * FROM entries WHERE report = ? ORDER BY place", (report,)).fetchall()
        try:
            return title, [_entry(row) for row in rows]
        except (UsageError, ValueError) as error:
            raise LibraryError(
                f"report {title!r} in {self.file} can't be read ({error}); delete the report or put a backup "
                "in the file's place"
            ) from error

    def new_report(self, title: str) -> str:
        """Begin a report → its ID."""
        id = new_id()
        with self._file.writing() as db:
            now = stamp()
            db.execute(
                "INSERT INTO reports(id, title, begun, changed) VALUES (?,?,?,?)",
                (id, titled(title), now, now),
            )
        return id

    def rename_report(self, report: str, title: str) -> None:
        """Give a report another title."""
        with self._file.writing() as db:
            _change(db, report)
            db.execute("UPDATE reports SET title = ? WHERE id = ?", (titled(title), report))

    def add_entry(self, report: str, turn: KeptTurn, heading: str = "") -> str:
        """Put a turn's answer at the end of a report → the entry's ID. A report that has the turn already
        stays as it is. The heading is the question as it was understood, unless another is given."""
        if turn.answer is None:
            raise UsageError("that question has no answer to put into a report; ask it again")
        answer = json.dumps(to_json(turn.answer))
        heading = shortened(heading or turn.answer.standalone_question or turn.question)
        with self._file.writing() as db:
            _change(db, report)
            there = db.execute(
                "SELECT id FROM entries WHERE report = ? AND turn = ?", (report, turn.id)
            ).fetchone()
            if there:
                return str(there["id"])
            id = new_id()
            db.execute(
                "INSERT INTO entries(id, report, place, turn, heading, asked_at, answer) VALUES"
                " (?, ?, (SELECT count(*) FROM entries WHERE report = ?), ?, ?, ?, ?)",
                (id, report, report, turn.id, heading, turn.asked_at.isoformat(), answer),
            )
        return id

    def set_heading(self, entry: str, heading: str) -> None:
        """Write another heading above an entry's answer."""
        with self._file.writing() as db:
            _change(db, _report_of(db, entry))
            db.execute("UPDATE entries SET heading = ? WHERE id = ?", (titled(heading), entry))

    def move(self, entry: str, position: int) -> None:
        """Put an entry at a position, 0 for the first; beyond the end is the end."""
        with self._file.writing() as db:
            report = _report_of(db, entry)
            _change(db, report)
            order = [id for id in _entries_of(db, report) if id != entry]
            order.insert(max(position, 0), entry)
            _place(db, order)

    def remove_entry(self, entry: str) -> str:
        """Take an entry out of its report → the ID of the turn that it is a copy of."""
        with self._file.writing() as db:
            report = _report_of(db, entry)
            _change(db, report)
            turns = _turns_of(db, "id", entry)
            db.execute("DELETE FROM entries WHERE id = ?", (entry,))
            _place(db, _entries_of(db, report))
            gone = unheld(db, turns)
        self._forget(gone)
        return turns[0]

    def delete_report(self, report: str) -> None:
        """Delete a report; the conversations that its answers come from stay."""
        with self._file.writing() as db:
            _change(db, report)
            turns = _turns_of(db, "report", report)
            db.execute("DELETE FROM reports WHERE id = ?", (report,))
            gone = unheld(db, turns)
        self._forget(gone)

    def _forget(self, turns: Iterable[str]) -> None:
        """The texts that these turns cite need not be kept any more. What was deleted stays deleted if that
        fails."""
        try:
            self._archive.forget(turns)
        except LibraryError as error:
            log.warning("%s", error)


def unheld(db: sqlite3.Connection, turns: Iterable[str]) -> list[str]:
    """The turns that are in no conversation and no report any more."""
    held = "SELECT 1 FROM turns WHERE id = ? UNION ALL SELECT 1 FROM entries WHERE turn = ?"
    return [turn for turn in turns if not db.execute(held, (turn, turn)).fetchone()]


def new_id() -> str:
    """An ID that nobody guesses: 122 random bits."""
    return uuid.uuid4().hex


def stamp() -> str:
    """Now, in UTC, so that texts sort as times do."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")


def when(text: str) -> dt.datetime:
    """A stored time again. Raises LibraryError."""
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise LibraryError(f"the kept conversations have no time {text!r}; put a backup in place") from error


def titled(text: str) -> str:
    """A title or heading as it is kept: one line. Raises UsageError for a blank one.

    >>> titled(" Dike,\\n again ")
    'Dike, again'
    """
    if not text.strip():
        raise UsageError("a title needs at least one letter")
    return shortened(text)


def shortened(text: str) -> str:
    """
    >>> shortened("word " * 100)[-7:], len(shortened("x" * 300))
    ('d wor …', 200)
    """
    line = " ".join(sound(text).split())
    return line if len(line) <= TITLE_CHARS else f"{line[: TITLE_CHARS - 2].rstrip()} …"


def _change(db: sqlite3.Connection, report: str) -> None:
    """Note that a report is changed, which must be there."""
    if not db.execute("UPDATE reports SET changed = ? WHERE id = ?", (stamp(), report)).rowcount:
        raise UsageError("that report is not there any more; reload the page")


def _title_of(db: sqlite3.Connection, report: str) -> str:
    found = db.execute("SELECT title FROM reports WHERE id = ?", (report,)).fetchone()
    if not found:
        raise UsageError("that report is not there any more; reload the page")
    return str(found["title"])


def _report_of(db: sqlite3.Connection, entry: str) -> str:
    found = db.execute("SELECT report FROM entries WHERE id = ?", (entry,)).fetchone()
    if not found:
        raise UsageError("that answer is not in the report any more; reload the page")
    return str(found["report"])


def _entries_of(db: sqlite3.Connection, report: str) -> list[str]:
    rows = db.execute("SELECT id FROM entries WHERE report = ? ORDER BY place", (report,))
    return [str(row["id"]) for row in rows]


def _turns_of(db: sqlite3.Connection, column: str, id: str) -> list[str]:
    return [str(row["turn"]) for row in db.execute(f"SELECT turn FROM entries WHERE {column} = ?", (id,))]


def _place(db: sqlite3.Connection, order: Iterable[str]) -> None:
    db.executemany("UPDATE entries SET place = ? WHERE id = ?", enumerate(order))


def _entry(row: sqlite3.Row) -> Entry:
    answer = from_json(json.loads(row["answer"]))
    return Entry(row["id"], row["heading"], answer, dt.datetime.fromisoformat(row["asked_at"]))
