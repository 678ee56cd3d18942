"""`footnote report`: kept answers → one file with their references, or the check of them.

Answers come from files (what `footnote ask --json` prints, a list or lines of it, exported conversations),
from saved conversations, and from a report that was put together in the chat, in that order. The articles are
looked at only for the check; without it, answers from files need no library.
"""

import argparse
import datetime as dt
import json
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assistant.commands.terminal import complain, library, printable, show
from assistant.keeping.fields import Fields
from assistant.keeping.kept import from_json, turn_from_json
from assistant.keeping.saved import Saved
from assistant.rendering.render import count
from assistant.report.check import check_json, check_text, checked
from assistant.report.collected import Entry, numbered
from assistant.report.formats import FORMATS
from assistant.report.styles import DEFAULT_STYLE
from assistant.values import Answer
from index.errors import FootnoteError, UsageError

EXIT_LEFT_OUT = 1  # an answer was left out, or the check found something to look at
TITLE = "Report"
NOT_AN_ANSWER = "not an answer in JSON; save one with `footnote ask … --json`"

Commands = Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]


@dataclass(frozen=True, slots=True)
class Collected:
    """What a report is made from: its title, its entries, and the questions whose answer failed."""

    title: str
    entries: list[Entry]
    left_out: list[str]


def add_report_command(command: Commands) -> None:
    """Declare it: `command(name, run, help)` makes its parser."""
    made = command("report", _report, "put answers into a file with their references, or check them")
    made.add_argument(
        "answers", nargs="*", metavar="ANSWER.json", help="kept answers; - reads standard input"
    )
    made.add_argument(
        "--conversation",
        action="append",
        default=[],
        metavar="ID",
        help="the answers of a saved conversation",
    )
    made.add_argument(
        "--collected", metavar="REPORT", help="a report put together in the chat: its ID or its title"
    )
    made.add_argument("--format", choices=list(FORMATS), help="default: what --out ends in, else md")
    made.add_argument(
        "--style",
        default=DEFAULT_STYLE,
        help="apa, chicago, mla, harvard, ieee, or a .csl file (default: %(default)s)",
    )
    made.add_argument("--title", help="what stands above it all")
    made.add_argument("--out", type=Path, metavar="FILE", help="default: standard output")
    made.add_argument(
        "--check",
        action="store_true",
        help="print every claim with its quotes, and what became of the articles",
    )


def _report(arguments: argparse.Namespace) -> int:
    given = _collected(arguments)
    for question in given.left_out:
        complain(f"left out, the model or the library failed: {question}")
    if not given.entries:
        raise UsageError("there is no answer to report on; name a file of `footnote ask … --json`")
    code = EXIT_LEFT_OUT if given.left_out else 0
    if arguments.check:
        rows = checked(given.entries, library(arguments))
        show(check_json(rows), check_text(rows), arguments)
        if arguments.out:
            complain(_written(arguments.out, _file(given, arguments), given))
        return code if all(row.fine for row in rows) else EXIT_LEFT_OUT
    content = _file(given, arguments)
    told: dict[str, Any] = {
        "format": _format(arguments),
        "style": arguments.style,
        "answers": len(given.entries),
        "notes": len(numbered(given.entries).notes),
        "bytes": len(content),
    }
    if arguments.out:
        line = _written(arguments.out, content, given)
        show({"file": str(arguments.out), **told}, line, arguments)
    elif arguments.json:
        show({"text": content.decode(), **told}, "", arguments)
    else:
        sys.stdout.write(printable(content.decode(), sys.stdout.encoding))
    return code


def _file(given: Collected, arguments: argparse.Namespace) -> bytes:
    from assistant.report.export import exported

    format = _format(arguments)
    if not FORMATS[format].is_text and not arguments.out:
        raise UsageError(f"{format} can't be printed; name a file with --out report{FORMATS[format].ending}")
    now = dt.datetime.now().astimezone().replace(microsecond=0)
    return exported(given.title, given.entries, format, arguments.style, now)


def _format(arguments: argparse.Namespace) -> str:
    """The format that was asked for, or what the file's name says."""
    if arguments.format:
        return str(arguments.format)
    if not arguments.out:
        return "md"
    ending = arguments.out.suffix.lower()
    found = [name for name, made in FORMATS.items() if made.ending == ending]
    if not found:
        raise UsageError(f"{arguments.out}: name the format with --format {'|'.join(FORMATS)}")
    return found[0]


def _written(out: Path, content: bytes, given: Collected) -> str:
    """Write the file, whole or not at all; what was done, in words. Raises UsageError."""
    try:
        handle, part = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
    except OSError as error:
        raise _unwritable(out, error) from error
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(part).chmod(0o666 & ~_umask())
        Path(part).replace(out)
    except OSError as error:
        raise _unwritable(out, error) from error
    finally:
        Path(part).unlink(missing_ok=True)
    notes = len(numbered(given.entries).notes)
    return f"{out}: {count(len(given.entries), 'answer')} with {count(notes, 'footnote')}"


def _unwritable(out: Path, error: OSError) -> UsageError:
    return UsageError(f"{out}: can't be written ({error.strerror}); give another --out")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


# --- what goes in ------------------------------------------------------------------------------------


def _collected(arguments: argparse.Namespace) -> Collected:
    entries = [entry for name in arguments.answers for entry in _from_file(name)]
    title = ""
    if arguments.conversation or arguments.collected:
        saved = Saved(arguments.library.expanduser())
        for id in arguments.conversation:
            entries += _from_conversation(saved, id)
        if arguments.collected:
            title, collected = _from_report(saved, arguments.collected)
            entries += collected
    sound = [entry for entry in entries if entry.answer.status != "failed"]
    failed = [entry.answer.question for entry in entries if entry.answer.status == "failed"]
    named = [replace(entry, id=str(n)) for n, entry in enumerate(sound, start=1)]
    return Collected(arguments.title or title or TITLE, named, failed)


def _from_file(name: str) -> list[Entry]:
    """The answers in a file, or in standard input for "-". Raises UsageError."""
    try:
        if name == "-":
            text, asked_at = sys.stdin.read(), dt.datetime.now().astimezone()
        else:
            text = Path(name).read_text(encoding="utf-8-sig")
            asked_at = dt.datetime.fromtimestamp(Path(name).stat().st_mtime).astimezone()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"{name}: can't be read ({why}); {NOT_AN_ANSWER}") from error
    entries = []
    for n, data in enumerate(_values(name, text), start=1):
        try:
            entries += _entries(data, asked_at)
        except FootnoteError as error:
            raise UsageError(f"{name}, answer {n}: {error}") from error
    return entries


def _values(name: str, text: str) -> list[object]:
    """One JSON value, the values of a list, or one a line. Raises UsageError.

    >>> _values("a.json", '[{"a": 1}, {}]'), _values("a.jsonl", '{"a": 1}\\n\\n{}\\n')
    ([{'a': 1}, {}], [{'a': 1}, {}])
    """
    try:
        data = json.loads(text)
        return data if isinstance(data, list) else [data]
    except (ValueError, RecursionError):
        lines = [line for line in text.split("\n") if line.strip()]
    try:
        return [json.loads(line) for line in lines] or [json.loads("")]
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name}: {NOT_AN_ANSWER}") from error


def _entries(data: object, asked_at: dt.datetime) -> list[Entry]:
    """An answer, asked when its file was written; or those of exported conversations."""
    if not isinstance(data, dict) or "conversations" not in data:
        return [_entry(from_json(data), asked_at)]
    talks = Fields.of(data).objects("conversations", "conversation")
    turns = [turn_from_json(one) for talk in talks for one in talk.objects("turns", "turn")]
    return [_entry(turn.answer, turn.asked_at) for turn in turns if turn.answer]


def _entry(answer: Answer, asked_at: dt.datetime) -> Entry:
    """The question as it was understood is the heading, for in a report nothing stands before it."""
    return Entry("", answer.standalone_question or answer.question, answer, asked_at)


def _from_conversation(saved: Saved, id: str) -> list[Entry]:
    return [_entry(turn.answer, turn.asked_at) for turn in saved.turns(id) if turn.answer]


def _from_report(saved: Saved, name: str) -> tuple[str, list[Entry]]:
    """A report by its ID or its title. Raises UsageError."""
    reports = saved.reports()
    ids = [one.id for one in reports if name in (one.id, one.title)]
    if len(ids) == 1:
        return saved.report(ids[0])
    if ids:
        raise UsageError(f"{len(ids)} reports are called {name!r}; use an ID: {', '.join(ids)}")
    there = "; ".join(f"{one.id} {one.title!r}" for one in reports) or "none; put one together in the chat"
    raise UsageError(f"there is no report {name!r}; there is: {there}")
