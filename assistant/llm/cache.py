"""The cache of downloaded models: where a file of the hub lies there, and whether it is whole.

Below the cache it lies at `owner/repo/revision/folder/file.gguf`, beside it

    file.gguf.json            its checksum, and the size and time at which that was found right
    file.gguf.<sum>.part      what has arrived so far; named by checksum, as a branch can move on
    file.gguf.lock            held while a process downloads (hub.py)

Downloads nothing, and knows nothing of what a file holds.
"""

import hashlib
import json
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from index.errors import DownloadError, UsageError

_SPEC = re.compile(
    r"hf:(?P<repo>[\w.-]+/[\w.-]+)/(?P<name>[^@\\\x00-\x1f]+\.gguf)(?:@(?P<revision>[\w./-]+))?",
    re.ASCII | re.IGNORECASE,
)
_ONE_OF_SEVERAL = re.compile(r"-\d{5}-of-(?!00001)\d{5}\.gguf$", re.IGNORECASE)


@dataclass(frozen=True)
class HubFile:
    """One file of a repository on the hub."""

    repo: str  # owner/name
    name: str  # with the folders inside the repository
    revision: str  # a branch, a tag or a commit

    def __str__(self) -> str:
        return f"hf:{self.repo}/{self.name}@{self.revision}"


def hub_file(spec: str) -> HubFile:
    """The parts of `hf:owner/repo/file.gguf[@revision]`. Raises UsageError.

    >>> hub_file("hf:me/tiny-GGUF/q4/tiny.gguf")
    HubFile(repo='me/tiny-GGUF', name='q4/tiny.gguf', revision='main')
    """
    match = _SPEC.fullmatch(spec)
    # The parts become folders below the cache, and must not lead out of it.
    if not match or {"", ".", ".."} & set(spec[len("hf:") :].replace("@", "/").split("/")):
        raise UsageError(
            f"{spec!r} is not of the form hf:owner/repo/file.gguf or hf:owner/repo/file.gguf@revision"
        )
    if _ONE_OF_SEVERAL.search(match["name"]):
        raise UsageError(
            f"{spec!r} is one part of a model in several files: choose a model in one file, or"
            " download all parts yourself and give the path of the first"
        )
    return HubFile(match["repo"], match["name"], match["revision"] or "main")


def place(file: HubFile, cache: Path) -> Path:
    """Where the file lies in the cache, once it is there.

    >>> place(hub_file("hf:me/tiny-GGUF/tiny.gguf"), Path("cache")).as_posix()
    'cache/me/tiny-GGUF/main/tiny.gguf'
    """
    return cache / file.repo / quote(file.revision, safe="") / file.name


def downloaded(cache: Path) -> list[HubFile]:
    """The files that are whole in the cache, by repository and name."""
    found = []
    for path in sorted(cache.glob("*/*/*/**/*")):
        if path.suffix.lower() == ".gguf" and is_whole(path):
            owner, name, revision, *rest = path.relative_to(cache).parts
            found.append(HubFile(f"{owner}/{name}", "/".join(rest), unquote(revision)))
    return found


def arrived(file: HubFile, cache: Path) -> int:
    """Bytes of a download that was stopped or broke off; 0 where there is none."""
    path = place(file, cache)
    return max((part.stat().st_size for part in parts(path)), default=0)


def delete(file: HubFile, cache: Path) -> None:
    """Take a file, or what has arrived of it, from the cache. Raises DownloadError where that can't be."""
    path = place(file, cache)
    try:
        for one in [path, beside(path, "json"), *parts(path)]:
            one.unlink(missing_ok=True)
    except OSError as error:
        raise DownloadError(f"{path} can't be deleted ({error.strerror}); see its permissions") from error


def parts(path: Path) -> list[Path]:
    """What has arrived of a file that lies there once it is whole."""
    return [one for one in path.parent.glob("*.part") if one.name.startswith(f"{path.name}.")]


def beside(path: Path, ending: str) -> Path:
    """What is kept beside a file under that ending."""
    return path.with_name(f"{path.name}.{ending}")


def is_whole(path: Path) -> bool:
    """Whether the file is the one whose checksum was right; it is hashed again only if touched."""
    try:
        known = json.loads(beside(path, "json").read_text(encoding="utf-8"))
        stat = path.stat()
        if (stat.st_size, stat.st_mtime_ns) == (known["size"], known["mtime_ns"]):
            return True
        if sha256_of(path) != known["sha256"]:
            return False
    except (OSError, ValueError, KeyError, TypeError):  # nothing there, or nothing sensible
        return False
    with suppress(OSError):  # a cache that can't be written to is only slower
        remember(path, path, known["sha256"])
    return True


def sha256_of(path: Path) -> str:
    """In hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remember(path: Path, content: Path, sha256: str) -> None:
    """That the `content`, which is `path` or becomes it, has the right checksum."""
    stat = content.stat()
    known = {"sha256": sha256, "size": stat.st_size, "mtime_ns": stat.st_mtime_ns}
    beside(path, "json").write_text(json.dumps(known), encoding="utf-8")
