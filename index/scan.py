"""Folders → the files in them that can become articles; and which files are still what they were.

A folder's `.footnoteignore` files, at any level, are read as git reads `.gitignore`: the nearest file that
says something about a path decides, its last such line counts, and what lies in a folder that is left out
can't be brought back. Ignore files above the folder that was added are not looked for.

A file is unchanged when its size, times and inode are what they were, else when its bytes are. Knows nothing
of formats or articles. Limit: on a network disk whose clock is seconds behind this machine's, a file that is
written twice within that time to the same size may be taken for unchanged.
"""

import codecs
import errno
import hashlib
import logging
import os
import re
import stat
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from index.errors import ReadError, UsageError

log = logging.getLogger(__name__)

IGNORE_FILE = ".footnoteignore"
HIDDEN = (".", "~$")  # and Word's lock files
# How old a file's last change must be before its times are trusted: the coarsest clock of a file system in
# use (FAT) ticks every 2 seconds. Git's docs/technical/racy-git tells the problem.
SETTLE_NS = 2_000_000_000
LAST_STAR = re.compile(r"(^!?|/)(\*\*?)(/?)[ \t]*\Z")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a build remembers of a file: `sha256` is the hex digest of its bytes.

    `settled` is False when the file had changed so shortly before it was read that a later write could leave
    the same size and times; such a file is hashed again next time.
    """

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    sha256: str
    settled: bool


# A line of an ignore file: does it leave out (or bring back), and the paths it matches whole; a folder's path
# ends with "/".
_Rule = tuple[bool, re.Pattern[str]]
# For each ignore file, nearest first: the length of its folder's path, with the slash; its lines, last first.
_Rules = tuple[tuple[int, list[_Rule]], ...]


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder still to be read: `linked` when the way to it leads through a link."""

    path: str
    linked: bool = False
    rules: _Rules = ()


def article_files(
    root: Path, suffixes: frozenset[str], unreadable: list[Path] | None = None
) -> Iterator[Path]:
    """The files under `root` whose ending is in `suffixes` (lower case), sorted; `root` itself when it is a
    file, whatever its ending.

    Left out: hidden files and folders, README files, Word's lock files (`~$…`) and what a `.footnoteignore`
    names. Paths are `root` with names added, never resolved. A linked file counts under the link's name. A
    linked folder comes after the rest, and only when the walk has not been there yet, so that a link in a
    circle ends. A folder that can't be read is told in the log and appended to `unreadable`: what was in it
    is unknown, not gone. Raises UsageError when nothing is at `root`.
    """
    if stat.S_ISREG(_mode(root)):
        yield root
        return
    lost: list[Path] = [] if unreadable is None else unreadable
    been: set[tuple[int, int]] = set()
    starts = deque([_Folder(str(root))])
    while starts:
        stack: list[str | _Folder] = [starts.popleft()]
        while stack:
            item = stack.pop()
            if isinstance(item, str):
                yield Path(item)
            else:
                stack.extend(reversed(_inside(item, suffixes, been, starts, lost)))


def _inside(
    folder: _Folder,
    suffixes: frozenset[str],
    been: set[tuple[int, int]],
    links: deque[_Folder],
    lost: list[Path],
) -> list[str | _Folder]:
    """The files and folders in one folder, sorted by name; linked folders are appended to `links`."""
    try:
        here = Path(folder.path).stat()
        # Real folders can't be in a circle, and some network disks give all of them one inode.
        if folder.linked and (here.st_dev, here.st_ino) in been:
            return []
        been.add((here.st_dev, here.st_ino))
        with os.scandir(folder.path) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
        rules = folder.rules
        if any(entry.name == IGNORE_FILE for entry in entries):
            rules = (_read_rules(folder.path), *rules)
    except OSError as error:
        log.warning("%s: can't be read (%s); its articles are not looked at", folder.path, error.strerror)
        lost.append(Path(folder.path))
        return []
    found: list[str | _Folder] = []
    for entry in entries:
        if entry.name.startswith(HIDDEN):
            continue
        is_folder = _is(entry.is_dir)
        wanted = is_folder or (_may_be_article(entry.name, suffixes) and _is(entry.is_file))
        if not wanted or _left_out(entry.path, is_folder, rules):
            continue
        if not is_folder:
            found.append(entry.path)
        elif entry.is_symlink():
            links.append(_Folder(entry.path, True, rules))
        else:
            found.append(_Folder(entry.path, folder.linked, rules))
    return found


def matters(path: Path, root: Path, suffixes: frozenset[str]) -> bool:
    """Whether a change at `path`, below `root`, can change what `article_files` gives.

    True of a file that it takes, a folder that it enters, an ignore file there, and of something that is
    gone by now, since that may have been a folder.
    """
    rules: _Rules = ()
    above, parts = root, path.relative_to(root).parts
    for name in parts[:-1]:
        rules = _nearer(above, rules)
        above /= name
        if name.startswith(HIDDEN) or _left_out(str(above), True, rules):
            return False
    if path.name == IGNORE_FILE or not parts:
        return True
    is_folder = path.is_dir()
    if path.name.startswith(HIDDEN) or _left_out(str(path), is_folder, _nearer(above, rules)):
        return False
    return is_folder or _may_be_article(path.name, suffixes) or not path.exists()


def _nearer(folder: Path, rules: _Rules) -> _Rules:
    try:
        return (_read_rules(str(folder)), *rules)
    except OSError:
        return rules


def _may_be_article(name: str, suffixes: frozenset[str]) -> bool:
    """
    >>> [_may_be_article(name, frozenset({".txt"})) for name in ("a.TXT", "a.b", "txt", "readme.txt")]
    [True, False, False, False]
    """
    stem, dot, ending = name.rpartition(".")
    return bool(stem) and dot + ending.lower() in suffixes and stem.upper() != "README"


def _is(kind: Callable[[], bool]) -> bool:
    """A link that leads nowhere, or round in a circle, is neither a file nor a folder."""
    try:
        return kind()
    except OSError:
        return False


def _left_out(path: str, is_folder: bool, rules: _Rules) -> bool:
    """What the nearest ignore file that names `path` says."""
    whole = path + "/" if is_folder else path
    for begin, lines in rules:
        for leaves_out, pattern in lines:
            if pattern.fullmatch(whole[begin:]):
                return leaves_out
    return False


def _read_rules(folder: str) -> tuple[int, list[_Rule]]:
    """The lines of a folder's ignore file, last first; those that mean nothing are told in the log."""
    from pathspec.patterns.gitignore import GitIgnorePatternError
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    file = Path(folder, IGNORE_FILE)
    rules: list[_Rule] = []
    for line in file.read_bytes().removeprefix(codecs.BOM_UTF8).split(b"\n"):
        text = line.removesuffix(b"\r").decode("utf-8", "surrogateescape")
        try:
            rule = GitIgnoreSpecPattern(_one_level(text))
        except GitIgnorePatternError:
            log.warning("%s: %r is not a pattern; the line was left out", file, text)
            continue
        if rule.regex is not None and rule.include is not None:
            rules.append((rule.include, rule.regex))
    return len(str(Path(folder, "_"))) - 1, rules[::-1]


def _one_level(line: str) -> str:
    """The line, with a last `*` or `**` written so that its expression matches the thing itself.

    pathspec also matches whatever lies below a match; here the walk does that, and each file and folder is
    asked for by itself, as git does, so that "all but this one" comes out right.

    >>> _one_level("*"), _one_level("!a/**"), _one_level("a/*/"), _one_level("*.txt")
    ('?*', '!a/**/?*', 'a/?*/', '*.txt')
    """
    return LAST_STAR.sub(lambda m: m[1] + ("**/?*" if m[2] == "**" else "?*") + m[3], line)


def _mode(root: Path) -> int:
    """The kind of file that `root` is. Raises UsageError."""
    try:
        mode = root.stat().st_mode
    except OSError as error:
        missing = error.errno in {errno.ENOENT, errno.ENOTDIR}
        reason = "no such file or folder" if missing else error.strerror
        raise UsageError(f"{root}: {reason}; check the path") from error
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise UsageError(f"{root}: neither a file nor a folder; check the path")
    return mode


def look(path: str, before: Seen | None) -> tuple[Seen, bool]:
    """A file as it is now, and whether its bytes differ from `before` (True when there is no `before`).

    Its bytes are not read when size, times and inode are those of a settled `before`. Raises ReadError.
    """
    try:
        now = Path(path).stat()
        if before and before.settled and _same(before, now):
            return before, False
        if not stat.S_ISREG(now.st_mode):
            raise ReadError(f"{_name(path)}: not a file; it was left out")
        with Path(path).open("rb") as stream:
            now, at = os.fstat(stream.fileno()), time.time_ns()
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ReadError(f"{_name(path)}: can't be read ({error.strerror}); the file was left out") from error
    # `now` is from before the reading: a write since then shows in the times of the next look.
    settled = at - max(now.st_mtime_ns, now.st_ctime_ns) > SETTLE_NS
    seen = Seen(path, now.st_size, now.st_mtime_ns, now.st_ctime_ns, now.st_ino, digest, settled)
    return seen, before is None or before.sha256 != digest


def _same(seen: Seen, now: os.stat_result) -> bool:
    return (seen.size, seen.mtime_ns, seen.ctime_ns, seen.inode) == (
        now.st_size,
        now.st_mtime_ns,
        now.st_ctime_ns,
        now.st_ino,
    )


def _name(path: str) -> str:
    """The file's name, in letters that can be printed."""
    return Path(path).name.encode("utf-8", "backslashreplace").decode()


def moved(gone: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """Old path → new path for files that only moved; both arguments map paths to the hash of the bytes.

    Among several copies of the same bytes, one of the same file name is taken first, then in order of the
    paths. Each path occurs once.

    >>> moved({"/a/x": "1", "/a/y": "2"}, {"/b/z": "1", "/c/x": "1"})
    {'/a/x': '/c/x'}
    """
    arrived: dict[str, list[str]] = {}
    for path in sorted(new):
        arrived.setdefault(new[path], []).append(path)
    found: dict[str, str] = {}
    for same_name in (True, False):
        for old in sorted(gone.keys() - found.keys()):
            free = arrived.get(gone[old], [])
            fits = [path for path in free if not same_name or Path(path).name == Path(old).name]
            if fits:
                free.remove(fits[0])
                found[old] = fits[0]
    return found
