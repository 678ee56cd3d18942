"""The commands that look after a library: what is in it, rebuilding it, and going back.

Each is a function of the parsed arguments that prints its result and returns the exit code. Asks questions of
nobody but a person at a terminal, and only before a rebuild that would remove much.
"""

import argparse
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from assistant.commands.progress import Bar
from assistant.commands.terminal import complain, library, show
from index.errors import LibraryBroken, LibraryLocked, LibraryMissing, UsageError, WouldDrop
from index.permalink import Permalink
from index.report import Report
from index.store import Progress

EXIT_REFUSED = 1
KINDS = ("added", "changed", "moved", "removed", "duplicates")
LOCKED_S = 2.0  # before another try
MAX_NAMES = 20  # of each kind in a report on the screen; --json has all

Commands = Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]


def add_commands(command: Commands) -> None:
    """Declare them: `command(name, run, help)` makes the parser of one."""
    for made in (
        command("add", _add, "add files or folders: new, changed, moved and removed files are noticed"),
        command("sync", _sync, "add all remembered files and folders again"),
    ):
        made.add_argument("--yes", action="store_true", help="also when many articles would be removed")
        made.add_argument("--watch", action="store_true", help="stay, and do it again whenever files change")
        if made.prog.endswith(" add"):
            made.add_argument("paths", nargs="+", type=Path, metavar="PATH")
            made.add_argument(
                "--map",
                type=_columns,
                default={},
                metavar="FIELD=COLUMN,…",
                help="which columns of CSV and JSON files hold text, title, date, author, source, url, id",
            )
    remove = command("remove", _remove, "take articles out of the library; their files stay")
    remove.add_argument("articles", nargs="+", metavar="ARTICLE", help="an ID or a file's name")
    command("list", _list, "list the articles")
    made = command("show", _show, "print an article's stored text")
    made.add_argument("article", metavar="ARTICLE", help="an ID or a file's name")
    quote = command("quote", _quote, "where a link to a quote leads today")
    quote.add_argument(
        "link", metavar="PERMALINK", help="of a citation in an answer's JSON, or from the chat"
    )
    command("status", _status, "what the library holds")
    command("history", _history, "the generations that are kept, and what each rebuild did")
    diff = command("diff", _diff, "how two generations differ")
    diff.add_argument("old", metavar="A", help="the number of a generation, as `history` shows it")
    diff.add_argument("new", metavar="B")
    command("rollback", _rollback, "make the generation before the live one live again")
    doctor = command("doctor", _doctor, "check every file of the library, and mend what is damaged")
    doctor.add_argument("--check", action="store_true", help="look only; change nothing")


def _columns(text: str) -> dict[str, str]:
    """
    >>> _columns("title=headline,date=published")
    {'title': 'headline', 'date': 'published'}
    """
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(field.strip() and equals and column.strip() for field, equals, column in pairs):
        raise argparse.ArgumentTypeError(f"{text!r}: write FIELD=COLUMN, for example title=headline")
    return {field.strip(): column.strip() for field, _, column in pairs}


# --- rebuilding --------------------------------------------------------------------------------------


def _add(arguments: argparse.Namespace) -> int:
    into = library(arguments)
    return _rebuild(
        arguments, lambda bar, yes: into.add(arguments.paths, bar, columns=arguments.map, yes=yes)
    )


def _sync(arguments: argparse.Namespace) -> int:
    into = library(arguments)
    return _rebuild(arguments, lambda bar, yes: into.sync(bar, yes=yes))


def _rebuild(arguments: argparse.Namespace, build: Callable[[Progress, bool], Report]) -> int:
    code = _show_report(_confirmed(build, arguments), arguments)
    if not arguments.watch:
        return code
    from index.readers import SUFFIXES
    from index.watch import changes

    into = library(arguments)
    complain(f"watching {', '.join(map(str, into.sources))} (Ctrl-C stops it)")
    for _ in changes(into.sources, threading.Event(), suffixes=SUFFIXES):
        try:
            report = _patiently(lambda: into.sync(yes=arguments.yes))
        except (UsageError, LibraryMissing) as error:  # a folder that is gone may come back
            complain(str(error))
            continue
        if report.changes or report.refused:
            code = _show_report(report, arguments)
            sys.stdout.flush()
    return code


def _patiently(build: Callable[[], Report]) -> Report:
    """The build, once no other process builds: an upload in the chat, say."""
    while True:
        try:
            return build()
        except LibraryLocked:
            time.sleep(LOCKED_S)


def _confirmed(build: Callable[[Progress, bool], Report], arguments: argparse.Namespace) -> Report:
    """The build; a person at a terminal is asked where it would remove much. Raises WouldDrop."""
    try:
        with Bar() as bar:
            return build(bar, arguments.yes)
    except WouldDrop as error:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise
        complain(str(error))
        sys.stderr.write("Remove them? [y/N] ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise
    with Bar() as bar:
        return build(bar, True)


def _remove(arguments: argparse.Namespace) -> int:
    return _show_report(library(arguments).remove(arguments.articles), arguments)


def _show_report(report: Report, arguments: argparse.Namespace) -> int:
    for line in report.refused.values():
        complain(line)
    show(asdict(report), _report_text(report), arguments)
    return EXIT_REFUSED if report.refused else 0


def _report_text(report: Report) -> str:
    """
    >>> print(_report_text(Report(added=["a.txt"], unchanged=["b.txt"], seconds=1.26, bytes=45_000)))
    1 added, 1 unchanged
      added: a.txt
    in 1.3 s; the library has 0.0 MB
    """
    lines = [report.line]
    for kind in KINDS:
        names = getattr(report, kind)
        if names and len(names) <= MAX_NAMES:
            lines.append(f"  {kind}: {', '.join(names)}")
    if report.bytes:
        lines.append(f"in {report.seconds:.1f} s; the library has {report.bytes / 1e6:.1f} MB")
    return "\n".join(lines)


# --- looking -----------------------------------------------------------------------------------------


def _list(arguments: argparse.Namespace) -> int:
    rows = [
        {
            "article": a.id,
            "file": a.file,
            "title": a.title,
            "date": a.date.isoformat() if a.date else None,
            "author": a.author,
            "source": a.source,
            "url": a.url,
            "path": a.path,
            "passages": a.passages,
            "characters": a.characters,
            "copy_of": a.copy_of,
            "story": a.story,
        }
        for a in library(arguments).live.listing()
    ]
    lines = [
        f"{r['article']}  {r['date'] or '':<10}  {r['file']}  {r['title'] or ''}".rstrip()
        + (f"  (a copy of {r['copy_of']})" if r["copy_of"] else "")
        for r in rows
    ]
    show(rows, "\n".join(lines) or "no articles", arguments)
    return 0


def _show(arguments: argparse.Namespace) -> int:
    article = library(arguments).find(arguments.article)
    if arguments.json:
        show({"article": article.id, "file": article.file, "text": article.text}, "", arguments)
    else:  # as bytes: line ends must not be translated, offsets count them
        sys.stdout.buffer.write(article.text.encode())
    return 0


def _quote(arguments: argparse.Namespace) -> int:
    link = Permalink.parse(arguments.link)
    found = library(arguments).follow(link)
    quote = found.article.quote(link.span) if found.article else None
    told = found.article or found.now
    data = {
        "permalink": str(link),
        "state": found.state,
        "quote": quote,
        "article": told.id if told else None,
        "file": told.file if told else None,
    }
    lines = [
        f"{told.file}: {STATES[found.state]}" if told else STATES[found.state],
        *([quote] if quote else []),
    ]
    show(data, "\n".join(lines), arguments)
    return 0 if quote else EXIT_REFUSED


STATES = {
    "same": "as it was",
    "moved": "the same text, in another file",
    "edited": "edited since",
    "removed": "removed since",
    "unknown": "nothing is known here of the article that this link names",
}


def _status(arguments: argparse.Namespace) -> int:
    into = library(arguments)
    live = into.live
    manifest = asdict(live.manifest)
    del manifest["checksums"], manifest["report"]
    dates = [a.date for a in live.listing() if a.date]
    manifest |= {
        "library": str(into.folder),
        "first_date": min(dates).isoformat() if dates else None,
        "last_date": max(dates).isoformat() if dates else None,
        "damage": into.damage,
    }
    show(manifest, "\n".join(f"{name:<11} {value}" for name, value in manifest.items()), arguments)
    return 0


def _history(arguments: argparse.Namespace) -> int:
    into = library(arguments)
    live = into.live.manifest.generation
    rows = [
        {
            "generation": m.generation,
            "live": m.generation == live,
            "created": m.created,
            "articles": m.articles,
            "report": m.report,
        }
        for m in into.history()
    ]
    lines = [
        f"{'*' if m.generation == live else ' '} {m.generation}  {m.created}  {m.articles} articles  "
        f"{Report.line_of(m.report)}"
        for m in into.history()
    ]
    show(rows, "\n".join(lines), arguments)
    return 0


def _diff(arguments: argparse.Namespace) -> int:
    report = library(arguments).diff(arguments.old, arguments.new)
    data = {kind: getattr(report, kind) for kind in (*KINDS, "unchanged")}
    text = "\n".join(f"{kind}: {name}" for kind in KINDS for name in data[kind])
    show(data, text or "no difference", arguments)
    return 0


def _rollback(arguments: argparse.Namespace) -> int:
    manifest = library(arguments).rollback()
    text = f"generation {manifest.generation} of {manifest.created} is live: {manifest.articles} articles"
    show({"generation": manifest.generation, "articles": manifest.articles}, text, arguments)
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    into = library(arguments)
    if arguments.check:
        found = into.examine()
    else:
        with Bar() as bar:
            found = into.mend(bar)
    lines = [*found.wrong, *found.done]
    text = "\n".join(lines) or f"{len(found.sound)} generations, all sound"
    show(
        {"live": found.live, "damaged": found.damaged, "wrong": found.wrong, "done": found.done},
        text,
        arguments,
    )
    if arguments.check and not found.well:
        raise LibraryBroken("the live generation is damaged; `footnote doctor` mends it")
    return 0
