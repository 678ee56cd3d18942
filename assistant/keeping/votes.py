"""What readers said of answers: a thumb up or down and why, kept beside the conversations.

    turn's ID → Vote        all of them → lines of a question file (README, "Questions")

A vote goes when its conversation is deleted, and leaves the machine only as the file that somebody asks for.
"""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.keeping.fields import sound
from assistant.keeping.kept import KeptTurn
from assistant.keeping.saved import Saved
from assistant.keeping.saved_file import SavedFile
from assistant.keeping.saved_reports import stamp
from index.errors import UsageError

NOTE_CHARS = 2000  # of the reader's own words
THUMBS = ("up", "down")

# The ready reasons of each thumb, as they are kept and as a person reads them.
REASONS = {
    "up": {"right": "Right", "complete": "Nothing is missing", "quotes": "Good quotes"},
    "down": {
        "wrong": "Wrong",
        "beside": "Beside the question",
        "incomplete": "Something is missing",
        "nothing": "Should have said nothing",
        "there": "The articles do say it",
    },
}


@dataclass(frozen=True, slots=True)
class Vote:
    """`thumb` is "up" or "down", `reason` one of its ready ones or "", `note` the reader's own words.

    >>> Vote("up", "wrong")
    Traceback (most recent call last):
    index.errors.UsageError: that is no reason for a thumb up
    """

    thumb: str
    reason: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if self.thumb not in THUMBS:
            raise UsageError("a thumb is up or down")
        if self.reason and self.reason not in REASONS[self.thumb]:
            raise UsageError(f"that is no reason for a thumb {self.thumb}")


class Votes:
    """The votes in a library's folder. All methods raise LibraryError where the file can't be used."""

    def __init__(self, folder: Path) -> None:
        self._file = SavedFile(folder)
        self._saved = Saved(folder)

    def cast(self, turn: str, vote: Vote | None) -> None:
        """Keep what was said of a turn's answer in place of what was said before; None takes it back. Raises
        UsageError where the turn is not kept."""
        with self._file.writing() as db:
            if not db.execute("SELECT 1 FROM turns WHERE id = ?", (turn,)).fetchone():
                raise UsageError("that answer is not kept any more; ask the question again")
            db.execute("DELETE FROM votes WHERE turn = ?", (turn,))
            if vote:
                note = sound(vote.note.strip())[:NOTE_CHARS]
                values = (turn, vote.thumb, vote.reason, note, stamp())
                db.execute("INSERT INTO votes(turn, thumb, reason, note, at) VALUES (?,?,?,?,?)", values)

    def of(self, conversation: str) -> dict[str, Vote]:
        """What was said of the answers of a conversation, by their turns' IDs."""
        rows = "SELECT v.* FROM votes v JOIN turns t ON t.id = v.turn WHERE t.conversation = ?"
        with self._file.reading() as db:
            found = db.execute(rows, (conversation,)).fetchall()
        return {row["turn"]: _vote(row) for row in found}

    def lines(self) -> Iterator[dict[str, Any]]:
        """All of them as lines of a question file, the oldest turn first."""
        rows = "SELECT v.* FROM votes v JOIN turns t ON t.id = v.turn ORDER BY t.number"
        with self._file.reading() as db:
            found = db.execute(rows).fetchall()
        for row in found:
            yield line(self._saved.turn(row["turn"]), _vote(row))


def _vote(row: sqlite3.Row) -> Vote:
    """As it was cast; one of a reason that is not known any more has none."""
    thumb = "up" if row["thumb"] == "up" else "down"
    return Vote(thumb, row["reason"] if row["reason"] in REASONS[thumb] else "", row["note"])


def line(turn: KeptTurn, vote: Vote) -> dict[str, Any]:
    """A vote as a line of a question file: what it says of the right answer, and the vote itself.

    >>> from datetime import UTC, datetime
    >>> at = datetime(2022, 5, 6, tzinfo=UTC)
    >>> line(KeptTurn("t1", "Who left?", at), Vote("down", "nothing"))["answerable"]
    False
    """
    answer = turn.answer
    return {
        "id": turn.id,
        "question": answer.standalone_question if answer else turn.question,
        "answers": [],
        "answerable": _answerable(turn, vote),
        "evidence": _evidence(turn, vote),
        "vote": vote.thumb,
        "reason": vote.reason,
        "note": vote.note,
        "status": answer.status if answer else None,
        "said": answer.text if answer else turn.note,
        "asked_at": turn.asked_at.isoformat(),
    }


def lines_text(lines: Iterator[dict[str, Any]]) -> str:
    """
    >>> lines_text(iter([{"id": "é"}, {"id": "b"}]))
    '{"id": "é"}\\n{"id": "b"}\\n'
    """
    return "".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in lines)


def _answerable(turn: KeptTurn, vote: Vote) -> bool | None:
    """Whether the articles answer it, as far as the vote tells; None: it does not."""
    status = turn.answer.status if turn.answer else None
    if vote.thumb == "up" and status == "answered":
        return True
    if vote.reason == "there":
        return True
    declines = vote.reason == "nothing" or (vote.thumb == "up" and status == "not_found")
    # Where only some of the articles were asked, nothing is said of the others, which will be asked too.
    return False if declines and not (turn.answer and turn.answer.scope) else None


def _evidence(turn: KeptTurn, vote: Vote) -> list[str]:
    """The quotes of an answer that was found good: any of them is what is wanted again."""
    if vote.thumb != "up" or turn.answer is None:
        return []
    return list(dict.fromkeys(c.quote for c in turn.answer.citations))
