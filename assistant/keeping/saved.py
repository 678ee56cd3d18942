"""Conversations on disk: kept, listed, searched, renamed, deleted, exported and read back.

    library/conversations.sqlite   conversations → turns; reports (saved_reports.py)

A conversation is there from its first turn on, and called after its first question. Nothing leaves the
machine. Safe to use from several threads and processes. Does not know the library: whoever keeps a turn sees
to it that the texts it cites are kept too (index/archive.py, under the turn's ID); they are freed here.
"""

import datetime as dt
import json
import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assistant.keeping.fields import Fields, sound
from assistant.keeping.kept import KeptTurn, turn_from_json, turn_to_json
from assistant.keeping.saved_reports import SavedReports, new_id, shortened, stamp, titled, unheld, when
from index.errors import LibraryError, UsageError

FORMAT = "footnote conversations"
FORMAT_VERSION = 1
MAX_TERMS = 12  # of a search: more only cost time
ID = re.compile(r"[0-9a-f]{32}")
TERM = re.compile(r"[^\W_]+")

GONE = "that conversation is not there any more; see `footnote conversations list`"


@dataclass(frozen=True, slots=True)
class Kept:
    """A conversation in the list; `begun` and `changed` are in UTC, `turns` says how many it has."""

    id: str
    title: str
    begun: dt.datetime
    changed: dt.datetime
    turns: int


class Saved(SavedReports):
    """The conversations and reports in a library's folder. All methods raise LibraryError where the file
    can't be used, and UsageError for an ID that is not there or a blank title."""

    def begin(self) -> str:
        """The ID of a new conversation; it is there once it has a turn."""
        return new_id()

    def add(self, conversation: str, turn: KeptTurn) -> None:
        """Put a turn at the end of a conversation, or in the place of the one with its ID."""
        with self._file.writing() as db:
            now = stamp()
            title = shortened(turn.question) or "…"
            db.execute(
                "INSERT OR IGNORE INTO conversations(id, title, begun, changed) VALUES (?,?,?,?)",
                (conversation, title, now, now),
            )
            _put(db, conversation, turn)
            db.execute("UPDATE conversations SET changed = ? WHERE id = ?", (now, conversation))

    def replace(self, turn: KeptTurn) -> bool:
        """Put a turn in the place of the one with its ID; False where that was deleted meanwhile."""
        with self._file.writing() as db:
            found = db.execute("SELECT conversation FROM turns WHERE id = ?", (turn.id,)).fetchone()
            if found:
                _put(db, found["conversation"], turn)
                db.execute(
                    "UPDATE conversations SET changed = ? WHERE id = ?", (stamp(), found["conversation"])
                )
        return bool(found)

    def list(self, search: str = "", limit: int = -1) -> "Listed":
        """The conversations, the one changed last first. All words of the search, or words that begin so,
        occur in the title, the questions or the answers. At most `limit` (-1: all)."""
        terms = [f'"{term}"*' for term in TERM.findall(search)[:MAX_TERMS]]
        if search.strip() and not terms:
            return []
        fits = " AND ".join([FITS] * len(terms)) or "1"
        values = [term for term in terms for _ in range(2)]
        with self._file.reading() as db:
            rows = db.execute(
                f"{LIST} WHERE {fits} ORDER BY c.changed DESC, c.number DESC LIMIT ?", [*values, limit]
            ).fetchall()
        return [_kept(row) for row in rows]

    def find(self, named: str) -> str:
        """The ID that begins so, or of the conversation that is called so."""
        rows = "SELECT id FROM conversations WHERE title = ?1 OR substr(id, 1, length(?1)) = ?1 LIMIT 2"
        with self._file.reading() as db:
            found = db.execute(rows, (named,)).fetchall() if named else []
        if not found:
            raise UsageError(f"there is no conversation {named!r}; see `footnote conversations list`")
        if len(found) > 1:
            raise UsageError(f"several conversations are meant by {named!r}; give more of the ID")
        return str(found[0]["id"])

    def kept(self, conversation: str) -> Kept:
        """One conversation, as in the list."""
        with self._file.reading() as db:
            return _kept_in(db, conversation)

    def turns(self, conversation: str) -> "Turns":
        """The turns of a conversation, oldest first."""
        with self._file.reading() as db:
            _ = _kept_in(db, conversation)
            return self._turns(db, conversation)

    def turn(self, turn: str) -> KeptTurn:
        """One turn, by its ID."""
        with self._file.reading() as db:
            found = db.execute("SELECT turn FROM turns WHERE id = ?", (turn,)).fetchone()
            if not found:
                raise UsageError("that answer is not kept any more; ask the question again")
            return self._read(found["turn"])

    def rename(self, conversation: str, title: str) -> None:
        """Give a conversation another title."""
        with self._file.writing() as db:
            _ = _kept_in(db, conversation)
            db.execute("UPDATE conversations SET title = ? WHERE id = ?", (titled(title), conversation))

    def delete(self, conversation: str) -> None:
        """Delete a conversation; reports that hold answers of it keep them."""
        with self._file.writing() as db:
            _ = _kept_in(db, conversation)
            rows = db.execute("SELECT id FROM turns WHERE conversation = ?", (conversation,)).fetchall()
            db.execute("DELETE FROM conversations WHERE id = ?", (conversation,))
            for table in ("words", "titles"):  # so that no word is left in the index either
                db.execute(f"INSERT INTO {table}({table}) VALUES ('optimize')")
            gone = unheld(db, [row["id"] for row in rows])
        self._forget(gone)

    def forget(self, turns: Sequence[str]) -> None:
        """What turns of a deleted conversation cite need not be kept, unless a report holds them."""
        with self._file.reading() as db:
            gone = unheld(db, turns)
        self._forget(gone)

    def export(self, conversations: Sequence[str] = ()) -> dict[str, Any]:
        """Conversations as JSON values, the oldest first; all of them unless some are named."""
        with self._file.reading() as db:
            chosen = conversations or [
                row["id"] for row in db.execute("SELECT id FROM conversations ORDER BY begun, number")
            ]
            return {
                "format": FORMAT,
                "version": FORMAT_VERSION,
                "conversations": [self._exported(db, _kept_in(db, id)) for id in dict.fromkeys(chosen)],
            }

    def import_(self, data: object) -> "Ids":
        """Keep exported conversations → their IDs, in order. All of them or none. One that is here already,
        just the same, is not kept twice; where another one has its ID it gets a new one."""
        read = _conversations(Fields.of(data, "" if isinstance(data, dict) else "this file"))
        with self._file.writing() as db:
            return [self._import_one(db, kept, turns) for kept, turns in read]

    def _exported(self, db: sqlite3.Connection, kept: Kept) -> dict[str, Any]:
        return _conversation_json(kept, self._turns(db, kept.id))

    def _import_one(self, db: sqlite3.Connection, kept: Kept, turns: Sequence[KeptTurn]) -> str:
        if db.execute("SELECT 1 FROM conversations WHERE id = ?", (kept.id,)).fetchone():
            if self._exported(db, _kept_in(db, kept.id)) == _conversation_json(kept, turns):
                return kept.id
            kept = replace(kept, id=new_id())
        db.execute(
            "INSERT INTO conversations(id, title, begun, changed) VALUES (?,?,?,?)",
            (kept.id, kept.title, _utc(kept.begun), _utc(kept.changed)),
        )
        for turn in turns:
            taken = db.execute("SELECT 1 FROM turns WHERE id = ?", (turn.id,)).fetchone()
            _put(db, kept.id, replace(turn, id=new_id()) if taken else turn)
        return kept.id

    def _turns(self, db: sqlite3.Connection, conversation: str) -> "Turns":
        rows = db.execute("SELECT turn FROM turns WHERE conversation = ? ORDER BY number", (conversation,))
        return [self._read(row["turn"]) for row in rows]

    def _read(self, text: str) -> KeptTurn:
        try:
            return turn_from_json(Fields.of(json.loads(text), "a turn"))
        except (UsageError, ValueError, RecursionError) as error:
            raise LibraryError(
                f"a conversation in {self.file} can't be read ({error}); delete the conversation, or put a "
                "backup in the file's place"
            ) from error


# Inside the class, `list` is a method.
Listed = list[Kept]
Turns = list[KeptTurn]
Ids = list[str]

LIST = "SELECT c.*, (SELECT count(*) FROM turns t WHERE t.conversation = c.id) AS turns FROM conversations c"
FITS = (
    "(c.number IN (SELECT rowid FROM titles WHERE titles MATCH ?) OR c.id IN"
    " (SELECT t.conversation FROM words JOIN turns t ON t.number = words.rowid WHERE words MATCH ?))"
)


def _put(db: sqlite3.Connection, conversation: str, turn: KeptTurn) -> None:
    """Write a turn and the words that it is found by."""
    answer = turn.answer
    said = (turn.question, answer.standalone_question, answer.text) if answer else (turn.question, turn.note)
    values = json.dumps(turn_to_json(turn))
    db.execute(
        "INSERT INTO turns(id, conversation, turn) VALUES (?,?,?)"
        " ON CONFLICT(id) DO UPDATE SET turn = excluded.turn",
        (turn.id, conversation, values),
    )
    number = db.execute("SELECT number FROM turns WHERE id = ?", (turn.id,)).fetchone()["number"]
    db.execute("INSERT OR REPLACE INTO words(rowid, text) VALUES (?,?)", (number, sound("\n".join(said))))


def _kept_in(db: sqlite3.Connection, conversation: str) -> Kept:
    row = db.execute(f"{LIST} WHERE c.id = ?", (conversation,)).fetchone()
    if not row:
        raise UsageError(GONE)
    return _kept(row)


def _kept(row: sqlite3.Row) -> Kept:
    return Kept(row["id"], row["title"], when(row["begun"]), when(row["changed"]), row["turns"])


def _conversation_json(kept: Kept, turns: Iterable[KeptTurn]) -> dict[str, Any]:
    return {
        "id": kept.id,
        "title": kept.title,
        "begun": _utc(kept.begun),
        "changed": _utc(kept.changed),
        "turns": [turn_to_json(turn) for turn in turns],
    }


def _conversations(f: Fields) -> "list[tuple[Kept, Turns]]":
    """The conversations of an exported file."""
    if f.data.get("format") != FORMAT:
        raise f.wrong("this is no export of conversations; `footnote conversations export` writes one")
    if f.whole("version") > FORMAT_VERSION:
        raise f.wrong("this export was written by a newer Footnote; update Footnote to read it")
    return [_conversation(one) for one in f.objects("conversations", "conversation")]


def _conversation(f: Fields) -> "tuple[Kept, Turns]":
    turns = [turn_from_json(one) for one in f.objects("turns", "turn")]
    turns = [turn if ID.fullmatch(turn.id) else replace(turn, id=new_id()) for turn in turns]
    id = f.text("id", "")
    title = f.text("title")
    begun, changed = (f.moment(name).astimezone(dt.UTC) for name in ("begun", "changed"))
    return Kept(id if ID.fullmatch(id) else new_id(), title, begun, changed, len(turns)), turns


def _utc(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds")
