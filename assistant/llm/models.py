"""Which models there are: the default one, GGUF files of this computer, downloads, and three to recommend.

Looks at files and their headers only: what is listed may still be refused by llama.cpp. Asks nothing over the
network. What a recommended model takes is worked out from its numbers, as for a file that is here.
"""

import functools
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import psutil
from platformdirs import user_cache_path, user_config_path, user_data_path

from assistant.llm.cache import HubFile, downloaded, hub_file, is_whole, place
from assistant.llm.gguf import About, about
from assistant.llm.weights import find_weights
from assistant.settings import DEFAULT_MODEL
from index.errors import FootnoteError

Origin = Literal["default", "file", "download"]
Room = Literal["", "tight", "none"]

OPENING, MEASURING = "loading", "measuring"  # steps of a change of models
RESERVED_BYTES = (
    2_000_000_000  # for the system and the rest of Footnote: the chat with its small model had 0.9 GB
)
DEFAULT_NAME = "SmolLM2 135M"


@dataclass(frozen=True, slots=True)
class Recommended:
    """A model to download: pinned by revision and SHA-256, under a licence that allows any use."""

    name: str
    words: str
    file: HubFile
    sha256: str
    size: int  # bytes
    about: About

    @property
    def setting(self) -> str:
        """What `Settings.model` calls it."""
        return str(self.file)


# Of the Qwen family, whose sizes but 3B are under Apache-2.0: the makers' own conversion where there is
# one, and none that thinks aloud unasked. Repository, revision, size and SHA-256 were not read off the hub:
# all four stand together in at least four public repositories that pin the file (searched for by the
# SHA-256 and by the revision); some say that they copied the hub's own "lfs.oid" and size. hub.py refuses
# any other file. Layers, heads and vocabulary are those of the models' config.json.
RECOMMENDED = (
    Recommended(
        "Qwen2.5 1.5B",
        "Small: for any computer with 4 GB.",
        HubFile(
            "Qwen/Qwen2.5-1.5B-Instruct-GGUF",
            "qwen2.5-1.5b-instruct-q4_k_m.gguf",
            "91cad51170dc346986eccefdc2dd33a9da36ead9",
        ),
        "6a1a2eb6d15622bf3c96857206351ba97e1af16c30d7a74ee38970e434e9407e",
        1_117_320_736,
        About("", "apache-2.0", "1.5B", 32_768, 28 * 2 * 256 * 2, 151_936, chats=True),
    ),
    Recommended(
        "Qwen3 4B",
        "Middle: for 8 GB.",
        HubFile(  # the makers offer no GGUF of this version
            "bartowski/Qwen_Qwen3-4B-Instruct-2507-GGUF",
            "Qwen_Qwen3-4B-Instruct-2507-Q4_K_M.gguf",
            "ae44f08e1392f39c0e474af10c3ff8355c8b6688",
        ),
        "2fde00ce69dd4899c70d020845e2638353015bba0fdf161b3eb965f2bca4464e",
        2_497_280_736,
        About("", "apache-2.0", "4B", 262_144, 36 * 8 * 256 * 2, 151_936, chats=True),
    ),
    Recommended(
        "Qwen3 8B",
        "Large: for 16 GB; slow without many cores.",
        HubFile("Qwen/Qwen3-8B-GGUF", "Qwen3-8B-Q4_K_M.gguf", "7c41481f57cb95916b40956ab2f0b139b296d974"),
        "d98cdcbd03e17ce47681435b5150e34c1417f50b5c0019dd560e4882c5745785",
        5_027_783_488,
        About("", "apache-2.0", "8B", 40_960, 36 * 8 * 256 * 2, 151_936, chats=True),
    ),
)


@dataclass(frozen=True, slots=True)
class Model:
    """A model that is on this computer."""

    setting: str  # what `Settings.model` calls it
    name: str
    file: Path
    size: int  # bytes
    about: About
    origin: Origin


@dataclass(frozen=True, slots=True)
class Places:
    """Where models and what is known of them lie: the user's own folders, unless others are given."""

    folder: Path = field(default_factory=lambda: user_data_path("footnote") / "models")
    cache: Path = field(default_factory=lambda: user_cache_path("footnote") / "models")
    speeds: Path = field(default_factory=lambda: user_cache_path("footnote") / "speed.json")
    chosen: Path = field(default_factory=lambda: user_config_path("footnote") / "model.json")


def models(places: Places, files: Iterable[str] = ()) -> list[Model]:
    """The models on this computer: the default one, downloads, those of the folder, and the given `files`."""
    found = [_default(), *(_download(file, places.cache) for file in downloaded(places.cache))]
    paths = [str(path) for path in sorted(places.folder.glob("**/*")) if path.suffix.lower() == ".gguf"]
    found += [_file(path) for path in dict.fromkeys([*paths, *files]) if not _later_part(path)]
    return [model for model in found if model]


def named(setting: str, places: Places) -> Model | None:
    """The model that a setting means; None where it isn't here."""
    if setting == DEFAULT_MODEL:
        return _default()
    if setting.startswith("hf:"):
        try:
            return _download(hub_file(setting), places.cache)
        except FootnoteError:
            return None
    return _file(setting)


def recommended(setting: str) -> Recommended | None:
    """The recommended model of that setting."""
    return next((model for model in RECOMMENDED if model.setting == setting), None)


def _default() -> Model | None:
    try:
        return _model(DEFAULT_MODEL, DEFAULT_NAME, find_weights(DEFAULT_MODEL), "default")
    except FootnoteError:
        return None


def _download(file: HubFile, cache: Path) -> Model | None:
    path = place(file, cache)
    known = recommended(str(file))
    return _model(str(file), known.name if known else path.stem, path, "download") if is_whole(path) else None


def _file(path: str) -> Model | None:
    file = Path(path).expanduser()
    return _model(path, file.stem, file, "file") if file.is_file() else None


def _later_part(path: str) -> bool:
    """Whether a file is a later part of a model in several files: llama.cpp is given the first.

    >>> _later_part("a-00002-of-00003.gguf"), _later_part("a-00001-of-00003.gguf"), _later_part("a.gguf")
    (True, False, False)
    """
    start, of, _ = Path(path).stem.rpartition("-of-")
    return bool(of) and start[-5:].isdigit() and start[-5:] != "00001"


def _model(setting: str, name: str, file: Path, origin: Origin) -> Model | None:
    try:
        stat = file.stat()
    except OSError:
        return None
    return Model(setting, name, file, stat.st_size, _about(file, stat.st_size, stat.st_mtime_ns), origin)


@functools.lru_cache(maxsize=256)
def _about(file: Path, size: int, mtime_ns: int) -> About:  # read again only when the file has changed
    return about(file)


# --- memory --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Memory:
    """Of this machine, in bytes: all, and what could be had now."""

    total: int
    available: int

    @classmethod
    def now(cls) -> "Memory":
        """As it is."""
        found = psutil.virtual_memory()
        return cls(found.total, found.available)

    def room(self, needed: int) -> Room:
        """Whether so many bytes fit: "" yes, "tight" when other programs give way, "none" not at all.

        >>> Memory(8_000_000_000, 3_000_000_000).room(4_000_000_000)
        'tight'
        """
        if needed > self.total - RESERVED_BYTES:
            return "none"
        return "tight" if needed > self.available else ""
