"""The remembered sources: which files they hold now, and which of these are not as the library knows them.

Paths are compared as text: a root is below itself. Reads no more of a file than tells whether it has changed.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from index.errors import ReadError
from index.readers import SUFFIXES
from index.report import Report
from index.scan import Seen, article_files, look
from index.store import Generation


def as_it_was(live: Generation, roots: Sequence[Path], refused: Mapping[str, str]) -> Report:
    """The report where nothing below `roots` has changed."""
    before = {path: why for path, why in live.refused().items() if is_below(path, roots)}
    unchanged = [a.file for a in live.listing() if is_below(a.path, roots)]
    return Report(unchanged=unchanged, refused=before | dict(refused))


def looked_at(
    files: Iterable[str], known: Mapping[str, Seen]
) -> tuple[dict[str, Seen], list[str], dict[str, str]]:
    """Files → what was seen of each, those whose bytes changed, and why some can't be read."""
    seen: dict[str, Seen] = {}
    changed: list[str] = []
    refused: dict[str, str] = {}
    for file in files:
        printable = file.encode("utf-8", "backslashreplace").decode()
        if printable != file:
            refused[file] = f"{Path(printable).name}: the file's name is not UTF-8; rename the file"
            continue
        try:
            seen[file], differs = look(file, known.get(file))
        except ReadError as error:
            refused[file] = str(error)
        else:
            changed += [file] if differs else []
    return seen, changed, refused


def _resolved(files: Iterable[Path]) -> dict[str, None]:
    """The files, each once: under the name that a link leads to. Folders are resolved once each."""
    parents: dict[Path, Path] = {}
    found: dict[str, None] = {}
    for file in files:
        parent = parents.get(file.parent) or parents.setdefault(file.parent, file.parent.resolve())
        found[str(file.resolve() if file.is_symlink() else parent / file.name)] = None
    return found


def files_of(roots: Sequence[Path], known: Iterable[str]) -> list[str]:
    """The files to look at: those below `roots`, and the known ones in folders that can't be read, for what
    is in these is unknown, not gone. Raises UsageError."""
    lost: list[Path] = []
    files = _resolved(file for root in roots for file in article_files(root, SUFFIXES, lost))
    return [*files, *(path for path in known if lost and is_below(path, lost))]


def columns_of(file: str, named: Mapping[str, dict[str, str]]) -> dict[str, str]:
    """The names of columns that were given for the nearest source around a file."""
    around = [source for source in named if is_below(file, [Path(source)])]
    return named[max(around, key=len)] if around else {}


def is_below(path: str, roots: Iterable[Path]) -> bool:
    """
    >>> is_below("/news/a.txt", [Path("/news")]), is_below("/newspaper/a.txt", [Path("/news")])
    (True, False)
    """
    return any(path == str(root) or path.startswith(f"{str(root).rstrip(os.sep)}{os.sep}") for root in roots)


def is_needed(source: Path, paths: Sequence[str]) -> bool:
    """Whether `sync` can still read a source, or must complain that its articles lost their files."""
    return source.exists() or any(is_below(path, [source]) for path in paths)
