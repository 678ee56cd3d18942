"""One builder at a time, and who it is.

The operating system holds the lock and frees it when its process dies, however it dies, so a stale one never
blocks anybody; the file beside it tells the others who is building, and tells the next builder that the one
before died.
"""

import contextlib
import datetime as dt
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from index.errors import LibraryLocked, UsageError
from index.scan import IGNORE_FILE

log = logging.getLogger(__name__)

LOCK = "lock"
OWNER = "builder.json"


@contextlib.contextmanager
def building(folder: Path) -> Iterator[None]:
    """Hold the lock of a library's folder, which is made when it is not there. Raises LibraryLocked, with the
    number of the process that builds, and UsageError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ignore = folder / IGNORE_FILE
        if not ignore.exists():  # a library in a folder that is added, or watched, holds no articles
            ignore.write_text("*\n", encoding="utf-8")
        lock = FileLock(folder / LOCK, timeout=0)
        lock.acquire()
    except Timeout as error:
        raise LibraryLocked(
            f"another process{_owner(folder)} is adding articles to {folder}; wait until it is done"
        ) from error
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror}; choose another --library") from error
    try:
        owner = folder / OWNER
        if owner.exists():
            log.warning("the build before%s did not end; what it left is cleared away", _owner(folder))
        with contextlib.suppress(OSError):  # a full disk is for the build to report
            since = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
            owner.write_text(json.dumps({"pid": os.getpid(), "since": since}), encoding="utf-8")
        yield
    finally:
        with contextlib.suppress(OSError):
            owner.unlink(missing_ok=True)
        lock.release()


def _owner(folder: Path) -> str:
    try:
        owner = json.loads((folder / OWNER).read_text(encoding="utf-8"))
        return f" ({int(owner['pid'])}, since {owner['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
