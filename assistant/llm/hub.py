"""A model on the hub → a whole, checked file in the cache (cache.py); downloaded once, never asked for again.

A download goes on where it broke off or was stopped, in this run or a later one, and is checked
against the SHA-256 that the hub names, or against the one that the caller knows.
huggingface_hub 2.4.0 deletes a broken download and checks its size only
(`_download_to_tmp_and_move`), so it is asked just for what it knows about the hub: addresses,
tokens, redirects and error codes.
"""

import logging
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from assistant.llm.cache import HubFile, beside, is_whole, parts, place, remember, sha256_of
from index.errors import DownloadError, UsageError

log = logging.getLogger(__name__)

_SHA256 = re.compile(r"[0-9a-f]{64}")

TRIES = 3  # connections in a row that bring nothing before a download gives up
PAUSE_S = 1.0  # after each of them
PATIENCE_S = 20.0  # for the next bytes of a connection
LOOK_EVERY_S = 0.5  # for a stop, while another process downloads the same file

# Told of a download: the step, the bytes that are there, all of them. What it raises ends the download;
# what has arrived is kept.
Told = Callable[[str, int, int], None]
LOADING, CHECKING, WAITING = "downloading", "checking", "waiting for another download of this file"


def fetch(
    file: HubFile, cache: Path, endpoint: str | None, *, sha256: str = "", told: Told | None = None
) -> Path:
    """The file in the cache, downloaded when it is not there whole.

    With `sha256` no other file is taken, whatever the hub says. Raises DownloadError, UsageError, and what
    `told` raises.
    """
    path = place(file, cache)
    try:
        if not is_whole(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with _one_at_a_time(path, told):
                if not is_whole(path):  # unless the process waited for has fetched it
                    _download(file, path, endpoint, sha256, told)
    except OSError as error:
        raise DownloadError(
            f"{file} can't be kept in {path.parent} ({error.strerror or error}); make room or"
            " allow writing there, or point XDG_CACHE_HOME to another place"
        ) from error
    return path


@contextmanager
def _one_at_a_time(path: Path, told: Told | None) -> Iterator[None]:
    """The operating system frees the lock of a process that died."""
    from filelock import FileLock, Timeout

    lock = FileLock(beside(path, "lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        log.warning("waiting for another process that is downloading %s", path.name)
        while not lock.is_locked:
            if told:
                told(WAITING, 0, 0)
            with suppress(Timeout):
                lock.acquire(timeout=LOOK_EVERY_S)
    try:
        yield
    finally:
        lock.release()


def _download(file: HubFile, path: Path, endpoint: str | None, sha256: str, told: Told | None) -> None:
    """Fetch the file, check it and move it to `path`. Raises DownloadError, UsageError, OSError."""
    import httpx2  # what huggingface_hub speaks HTTP with
    from huggingface_hub.errors import HFValidationError, OfflineModeIsEnabled

    try:
        remote = _ask(file, endpoint)
        if sha256 not in {"", remote.sha256}:
            raise DownloadError(
                f"{file} was not downloaded: the server has another file there (SHA-256 {remote.sha256[:12]}…"
                f" instead of {sha256[:12]}…); check HF_ENDPOINT, or choose another model"
            )
        part = beside(path, f"{remote.sha256[:12]}.part")
        for other in parts(path):
            if other != part:
                other.unlink()  # of what the branch was before
        _fetch(file, remote, part, told)
    except (httpx2.HTTPError, httpx2.InvalidURL, OfflineModeIsEnabled) as error:
        raise DownloadError(f"{file} was not downloaded: {_explain(error, file, endpoint)}") from error
    except HFValidationError as error:
        raise UsageError(f"{file}: {_first_line(error)}") from error
    if told:
        told(CHECKING, 0, 0)
    if sha256_of(part) != remote.sha256:
        part.unlink()
        raise DownloadError(
            f"{file} arrived damaged and was deleted: its SHA-256 is not {remote.sha256[:12]}…,"
            " which the server names; try again"
        )
    remember(path, part, remote.sha256)  # first: a file that is there always has its checksum
    part.replace(path)


@dataclass(frozen=True)
class _Remote:
    url: str
    sha256: str
    size: int  # bytes


def _ask(file: HubFile, endpoint: str | None) -> _Remote:
    """One HEAD request. Raises DownloadError, and what huggingface_hub raises."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    url = hf_hub_url(file.repo, file.name, revision=file.revision, endpoint=endpoint)
    told = get_hf_file_metadata(url, endpoint=endpoint)
    # Of a file in git itself the hub tells no SHA-256, but GGUFs are too big to be kept there.
    if told.size is None or not _SHA256.fullmatch(told.etag or ""):
        raise DownloadError(
            f"{file} can't be checked, as the server tells no SHA-256 and size of it: check"
            " HF_ENDPOINT, or download the file yourself and give its path"
        )
    # By its commit, so that a branch that moves on meanwhile does not mix two files.
    revision = told.commit_hash or file.revision
    url = hf_hub_url(file.repo, file.name, revision=revision, endpoint=endpoint)
    return _Remote(url, str(told.etag), told.size)


def _fetch(file: HubFile, remote: _Remote, part: Path, told: Told | None) -> None:
    """Make `part` as long as the file on the server, beginning with what is there already."""
    from httpx2 import TransportError
    from tqdm import tqdm

    part.touch()
    have, idle = part.stat().st_size, 0
    free = shutil.disk_usage(part.parent).free
    if free < remote.size - have:
        raise DownloadError(
            f"{file} needs {_megabytes(remote.size - have)} more in {part.parent}, where"
            f" {_megabytes(free)} are free; make room, or point XDG_CACHE_HOME to another disk"
        )
    name = Path(file.name).name
    quiet = True if told else None  # None: unless somebody looks on in a terminal
    with tqdm(total=remote.size, initial=have, unit="B", unit_scale=True, desc=name, disable=quiet) as bar:
        so_far = have

        def advance(size: int) -> None:
            nonlocal so_far
            so_far += size
            bar.update(size)
            if told:
                told(LOADING, so_far, remote.size)

        advance(0)
        while have < remote.size:
            before, reason = have, "the server sent nothing"
            try:
                _append(remote.url, part, advance)
            except TransportError as error:
                reason = _first_line(error)
            have = part.stat().st_size
            idle = 0 if have > before else idle + 1
            if idle == TRIES:
                raise DownloadError(
                    f"{file} broke off after {_megabytes(have)} of {_megabytes(remote.size)}"
                    f" ({reason}); try again: it goes on from there"
                )
            if idle:
                time.sleep(PAUSE_S)


def _append(url: str, part: Path, advance: Callable[[int], object]) -> None:
    """One GET request for what is missing. What arrives before an error stays in `part`."""
    from huggingface_hub import get_session
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]  # in its docs

    have = part.stat().st_size
    headers = {**build_hf_headers(), "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    # The client drops the token where the hub sends it on to another host.
    with get_session().stream("GET", url, headers=headers, timeout=PATIENCE_S) as response:
        response.raise_for_status()
        goes_on = response.status_code == 206
        if not goes_on:
            advance(-have)
        with part.open("ab" if goes_on else "wb") as out:
            for chunk in response.iter_bytes():
                out.write(chunk)
                advance(len(chunk))
            out.flush()
            os.fsync(out.fileno())  # before its checksum is taken for good


def _explain(error: Exception, file: HubFile, endpoint: str | None) -> str:
    """What went wrong and what to do next, in the words of someone who gave `--model hf:…`."""
    from huggingface_hub import constants, errors

    hub = (endpoint or constants.ENDPOINT).rstrip("/")
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, errors.OfflineModeIsEnabled):
        advice = "HF_HUB_OFFLINE is set; unset it for the first start with this model"
    elif isinstance(error, errors.GatedRepoError):
        advice = f"its terms must be accepted at {hub}/{file.repo} first; then run `hf auth login`"
    elif isinstance(error, errors.RepositoryNotFoundError) or status in {401, 403}:
        advice = (
            f"the hub shows no repository {file.repo} to you; check the name, or, if it is private,"
            " run `hf auth login`"
        )
    elif isinstance(error, errors.RevisionNotFoundError):
        advice = f"{file.repo} has no revision {file.revision!r}; see {hub}/{file.repo}"
    elif status == 404:
        tree = f"{hub}/{file.repo}/tree/{file.revision}"
        advice = f"there is no such file; {tree} lists those that are there"
    elif status is not None:
        advice = f"{hub} answered with error {status}; try again later"
    else:
        advice = (
            f"{hub} can't be reached ({_first_line(error)}); check the connection and try again, or"
            " download the file yourself and give its path"
        )
    return advice


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
