"""A file sent by the browser → a file in the library's own folder, whole or not at all.

The bytes go straight into `<library>/uploads/`, past gradio, whose upload keeps two copies of each file and
serves them again; nothing that was uploaded is ever served from here. Knows nothing of what is in a file:
whether it can be read is found out by the build.
"""

import contextlib
import hashlib
import os
import re
import secrets
import threading
import unicodedata
from collections.abc import AsyncIterable, Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

FOLDER = "uploads"
MAX_UPLOAD_BYTES = 200_000_000  # a year of a newspaper as a ZIP; a book is 1 MB, a scanned one 100 MB
MAX_NAME_BYTES = 200  # of the 255 that file systems allow: a number and a hidden file's ending still fit
PART = ".part"

Status = Literal["kept", "there", "refused"]


@dataclass(frozen=True)
class Received:
    """What became of one file: kept under `name`, or already there under it, or refused."""

    status: Status
    name: str
    message: str = ""


class Uploads:
    """The folder of uploaded files. One process writes to it; safe for threads."""

    def __init__(self, folder: Path, suffixes: Collection[str], limit: int = MAX_UPLOAD_BYTES) -> None:
        """`limit` in bytes, for each file. The folder is made by the first file."""
        self.folder = folder
        self.suffixes = frozenset(suffixes)
        self.limit = limit
        self._lock = threading.Lock()

    async def answer(self, request: Request) -> JSONResponse:
        """`POST …?name=NAME` with the file's bytes as the body → what became of it, as JSON."""
        told = request.headers.get("content-length", "")
        size = int(told) if told.isdecimal() else 0
        received = await self.receive(request.query_params.get("name", ""), request.stream(), size)
        return JSONResponse(asdict(received), headers={"Connection": "close"} if size > self.limit else None)

    async def receive(self, name: str, chunks: AsyncIterable[bytes], size: int = 0) -> Received:
        """Take one file in; `size` is what the browser says it has. A refused one leaves nothing behind."""
        name = safe_name(name)
        if reason := self._unwanted(name) or self._too_big(size):
            return Received("refused", name, reason)
        part = self.folder / f".{secrets.token_hex(8)}{PART}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with part.open("xb") as stream:
                taken = 0
                async for chunk in chunks:
                    taken += len(chunk)
                    if reason := self._too_big(taken):
                        return Received("refused", name, reason)
                    await run_in_threadpool(stream.write, chunk)
                stream.flush()
                await run_in_threadpool(os.fsync, stream.fileno())
            return await run_in_threadpool(self._keep, part, name)
        except OSError as error:
            return Received("refused", name, f"it can’t be stored ({error.strerror}); make room on the disk")
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)

    def _unwanted(self, name: str) -> str:
        if not name:
            return "the file has no name; rename it"
        if Path(name).suffix.lower() not in self.suffixes:
            return f"only files ending in {', '.join(sorted(self.suffixes))} are read"
        return ""

    def _too_big(self, size: int) -> str:
        if size <= self.limit:
            return ""
        return f"it is over the limit of {megabytes(self.limit)} for one file; add its folder instead"

    def _keep(self, part: Path, name: str) -> Received:
        """Give a file that arrived whole its name, unless one with the same bytes is there."""
        with self._lock:
            size, digest = part.stat().st_size, _sha256(part)
            for file in sorted(self.folder.iterdir()):
                same = not file.name.startswith(".") and file.is_file() and file.stat().st_size == size
                if same and _sha256(file) == digest:
                    return Received("there", file.name)
            taken = {file.name.casefold() for file in self.folder.iterdir()}
            free = free_name(name, taken)
            part.replace(self.folder / free)
        return Received("kept", free)


def safe_name(name: str) -> str:
    r"""A name that is a plain file's on every system: no folders, no control characters, not hidden.

    >>> safe_name("../../etc/passwd"), safe_name("C:\\x\\.a\x00b\u202e.txt "), safe_name("..")
    ('passwd', 'ab.txt', '')
    >>> safe_name("what?.txt"), len(safe_name("é" * 300 + ".txt").encode())
    ('what_.txt', 200)
    """
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    name = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Cn", "Co"))
    name = re.sub(r'[<>:"|?*]', "_", " ".join(name.split())).strip(". ")
    stem, suffix = Path(name).stem, Path(name).suffix
    room = MAX_NAME_BYTES - len(suffix.encode())
    return stem.encode()[: max(room, 0)].decode(errors="ignore").rstrip(". ") + suffix if stem else ""


def free_name(name: str, taken: Collection[str]) -> str:
    """The name, with a number when another file has it; `taken` are names in lower case.

    >>> free_name("a.txt", {"b.txt"}), free_name("A.txt", {"a.txt", "a (2).txt"})
    ('a.txt', 'A (3).txt')
    """
    stem, suffix = Path(name).stem, Path(name).suffix
    number, free = 1, name
    while free.casefold() in taken:
        number += 1
        free = f"{stem} ({number}){suffix}"
    return free


def megabytes(size: int) -> str:
    """
    >>> megabytes(200_000_000), megabytes(1_500)
    ('200 MB', '0.0 MB')
    """
    return f"{size / 1e6:,.0f} MB" if size >= 1e7 else f"{size / 1e6:.1f} MB"


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
