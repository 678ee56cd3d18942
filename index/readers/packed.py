"""A ZIP → the articles in its members, read in memory: no name in it ever becomes a path on the disk.

Refused are members with a password, links, names that point out of the archive, archives in the archive, and
what is far larger than it looks. A member that can't be read does not keep the others from being read.
"""

import stat
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import PurePosixPath
from typing import BinaryIO, cast
from zipfile import BadZipFile, ZipFile, ZipInfo

from index.errors import ReadError
from index.readers.raw import Raw, Refused
from index.text import Article

ReadMember = Callable[[Raw], Iterator[Article | Refused]]

MAX_MEMBERS = 100_000  # a member has 300 bytes of the archive's list in memory
MAX_TOTAL_BYTES = 20_000_000_000  # unpacked; a daily paper's century
MAX_RATIO = 200  # unpacked bytes for each packed one: text has 3 to 5, a table of equal rows 100, a bomb 1000
RATIO_FROM_BYTES = 1_000_000  # smaller members can't fill a memory
ENCRYPTED = 0x1  # bit of the flags, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT 4.4.4
UNIX = 3  # system that wrote the member: then the mode of its file is in the upper half of its attributes


def read_zip(raw: Raw, read_member: ReadMember, endings: frozenset[str]) -> Iterator[Article | Refused]:
    """The articles of the members that end in one of `endings`. Raises ReadError when nothing can be read."""
    seen: set[str] = set()
    with raw.open() as stream, _archive(raw.name, stream) as archive:
        members = _listed(raw.name, archive)
        for info in members:
            if not _wanted(info, endings):
                continue
            name, path = raw.inside(_shown(info.filename))
            if reason := "there is another of this name" if name in seen else _danger(info):
                yield Refused(path, f"{name}: {reason}; it was left out")
                continue
            seen.add(name)
            yield from read_member(Raw(name, path, info.file_size, partial(_open, archive, info)))
    if not seen:
        raise ReadError(f"{raw.name}: none of its {len(members)} files can be read; the archive was left out")


def _archive(name: str, stream: BinaryIO) -> ZipFile:
    try:
        return ZipFile(stream)
    except (BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise ReadError(f"{name}: not a whole ZIP archive ({error}); pack or download it again") from error


def _listed(name: str, archive: ZipFile) -> list[ZipInfo]:
    """The members. Raises ReadError when they are too many or too much."""
    members = archive.infolist()
    total = sum(info.file_size for info in members)
    if len(members) > MAX_MEMBERS:
        raise ReadError(f"{name}: {len(members):,} files are over the limit of {MAX_MEMBERS:,}; unpack it")
    if total > MAX_TOTAL_BYTES:
        raise ReadError(
            f"{name}: {total / 1e9:.0f} GB unpacked is over the limit of {MAX_TOTAL_BYTES / 1e9:.0f} GB; "
            "unpack it"
        )
    return members


def _wanted(info: ZipInfo, endings: frozenset[str]) -> bool:
    """Whether a member is meant to be read: what a folder's walk leaves out is left out here, too."""
    path = PurePosixPath(info.filename.replace("\\", "/"))
    hidden = any(part.startswith(".") and part != ".." for part in path.parts) or "__MACOSX" in path.parts
    named = path.suffix.lower() in endings and path.stem.upper() != "README"
    return named and not hidden and not info.is_dir()


def _danger(info: ZipInfo) -> str:
    """Why a member is refused, "" when it is not."""
    path = PurePosixPath(info.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0] or "\0" in info.filename:
        return "its name points out of the archive"
    if info.create_system == UNIX and stat.S_ISLNK(info.external_attr >> 16):
        return "it is a link to another file"
    if info.flag_bits & ENCRYPTED:
        return "it is locked with a password (unpack the archive, and add the folder)"
    ratio = info.file_size // max(info.compress_size, 1)
    if info.file_size > RATIO_FROM_BYTES and ratio > MAX_RATIO:
        return f"it unpacks to {ratio:,} times its size, as only a bomb does"
    if path.suffix.lower() == ".zip":
        return "an archive in an archive is not read (unpack the outer one)"
    return ""


def _shown(name: str) -> str:
    """A member's name in characters that can be printed."""
    return "".join(c if c.isprintable() else "�" for c in name)


def _open(archive: ZipFile, info: ZipInfo) -> BinaryIO:
    """A member's bytes. Raises OSError, as a file on disk does."""
    try:
        return cast(BinaryIO, archive.open(info))
    except (BadZipFile, NotImplementedError, RuntimeError, ValueError) as error:
        raise OSError(f"damaged in the archive: {error}") from error
