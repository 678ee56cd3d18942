"""`footnote conversations`: the kept conversations, on the command line.

    list [WORD…] · show ID · rename ID TITLE · delete ID… · export [ID…] --out FILE · import FILE…
    feedback --out FILE

An ID may be given by its first characters, or as the title. Each is a function of the parsed arguments that
prints its result and returns the exit code.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from assistant.commands.terminal import library, printable, show
from assistant.keeping.exchange import exported, imported
from assistant.keeping.saved import Kept, Saved
from assistant.keeping.votes import Votes, lines_text
from assistant.rendering.render import CONTROLS, closed, count, markdown, markdown_text
from index.errors import UsageError

SHORT = 8  # characters of an ID in the list: as many as tell thousands apart

Commands = Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]


def add_conversations_command(command: Commands) -> None:
    """Declare them: `command(name, run, help)` makes the parser; without an action it lists."""
    made = command("conversations", _list, "list, show, delete, export and import kept conversations")
    made.set_defaults(words=[])
    actions = made.add_subparsers(metavar="ACTION")

    def action(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        one = actions.add_parser(name, help=text, description=text)
        # The same options as before the action; not given here, what was given there holds.
        one.add_argument("--library", type=Path, default=argparse.SUPPRESS, metavar="DIR")
        one.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")
        one.set_defaults(run=run)
        return one

    list_ = action("list", _list, "the newest first; with words: those that hold them")
    list_.add_argument("words", nargs="*", metavar="WORD")
    shown = action("show", _show, "print a conversation's questions and answers")
    shown.add_argument("id", metavar="ID")
    rename = action("rename", _rename, "give a conversation another title")
    rename.add_argument("id", metavar="ID")
    rename.add_argument("title", metavar="TITLE")
    delete = action("delete", _delete, "delete conversations for good")
    delete.add_argument("ids", nargs="+", metavar="ID")
    export = action("export", _export, "write conversations to a JSON file; all, unless some are named")
    export.add_argument("ids", nargs="*", metavar="ID")
    export.add_argument("--out", type=Path, metavar="FILE", help="default: standard output")
    said = action("feedback", _feedback, "write what readers said of answers, as questions to evaluate")
    said.add_argument("--out", type=Path, metavar="FILE", help="default: standard output")
    taken = action("import", _import, "read conversations from files that were exported")
    taken.add_argument("files", nargs="+", metavar="FILE", help="- reads standard input")


def _list(arguments: argparse.Namespace) -> int:
    found = _saved(arguments).list(" ".join(arguments.words))
    lines = [
        f"{one.id[:SHORT]}  {_when(one)}  {count(one.turns, 'question'):>13}  {_line(one.title)}"
        for one in found
    ]
    nothing = "no conversation has these words" if arguments.words else "no conversation is kept yet"
    show([_json(one) for one in found], "\n".join(lines) or nothing, arguments)
    return 0


def _show(arguments: argparse.Namespace) -> int:
    saved = _saved(arguments)
    id = saved.find(arguments.id)
    blocks = [f"# {markdown_text(saved.kept(id).title)}\n"]
    for turn in saved.turns(id):
        said = markdown(turn.answer) if turn.answer else f"{markdown_text(turn.note or 'No answer.')}\n"
        blocks.append(f"## {markdown_text(turn.question)}\n\n{said}")
    show(saved.export([id]), "\n".join(blocks).rstrip("\n"), arguments)
    return 0


def _rename(arguments: argparse.Namespace) -> int:
    saved = _saved(arguments)
    id = saved.find(arguments.id)
    saved.rename(id, arguments.title)
    kept = saved.kept(id)
    show(_json(kept), f"{id[:SHORT]}  {_line(kept.title)}", arguments)
    return 0


def _delete(arguments: argparse.Namespace) -> int:
    saved = _saved(arguments)
    ids = list(dict.fromkeys(saved.find(id) for id in arguments.ids))  # all are there before one is deleted
    for id in ids:
        saved.delete(id)
    show({"deleted": ids}, f"{count(len(ids), 'conversation')} deleted", arguments)
    return 0


def _export(arguments: argparse.Namespace) -> int:
    saved = _saved(arguments)
    ids = [saved.find(id) for id in arguments.ids]
    content = exported(saved, ids)
    if arguments.out is None:
        sys.stdout.write(printable(content.decode(), sys.stdout.encoding))
        return 0
    _write(arguments.out, content)
    number = len(dict.fromkeys(ids)) if ids else len(saved.list())
    told = {"file": str(arguments.out), "conversations": number}
    show(told, f"{arguments.out}: {count(number, 'conversation')}", arguments)
    return 0


def _feedback(arguments: argparse.Namespace) -> int:
    lines = list(Votes(arguments.library.expanduser()).lines())
    text = lines_text(iter(lines))
    if arguments.out is None:
        sys.stdout.write(printable(text, sys.stdout.encoding))
        return 0
    _write(arguments.out, text.encode())
    told = {"file": str(arguments.out), "answers": len(lines)}
    show(told, f"{arguments.out}: {count(len(lines), 'answer')}", arguments)
    return 0


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{file}: can't be written ({error.strerror}); give another --out") from error


def _import(arguments: argparse.Namespace) -> int:
    saved, into = _saved(arguments), library(arguments)
    ids = [id for file in arguments.files for id in imported(saved, into, _content(file))]
    lines = [f"{id[:SHORT]}  {_line(saved.kept(id).title)}" for id in ids]
    show({"imported": ids}, "\n".join(lines) or "no conversation is in it", arguments)
    return 0


def _content(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise UsageError(
            f"{file}: can't be read ({error.strerror}); name a file that was exported"
        ) from error


def _saved(arguments: argparse.Namespace) -> Saved:
    return Saved(arguments.library.expanduser())


def _line(title: str) -> str:
    r"""A title as one line, without what a terminal would obey.

    >>> _line("a\n\x1b[2Jb")
    'a �[2Jb'
    """
    return CONTROLS.sub("�", closed(" ".join(title.split())))


def _when(kept: Kept) -> str:
    return f"{kept.changed.astimezone():%Y-%m-%d %H:%M}"


def _json(kept: Kept) -> dict[str, object]:
    return {
        "id": kept.id,
        "title": kept.title,
        "begun": kept.begun.isoformat(),
        "changed": kept.changed.isoformat(),
        "turns": kept.turns,
    }
