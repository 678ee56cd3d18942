"""What the tests of the index share: the real encoder, a library over `seeds/`, article files."""

import os

# Before anything that loads an OpenMP runtime (torch, FAISS): its threads must not spin.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "300")

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from axe import axe_script
from started import CHROMIUM, OPTIONS

from index.embed import Encoder
from index.library import Library

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT / "seeds"

hypothesis.settings.register_profile("dev", deadline=None, max_examples=60)
hypothesis.settings.register_profile("ci", deadline=None, max_examples=60, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") == "true" else "dev")

WriteArticle = Callable[..., Path]
OpenLibrary = Callable[..., Library]


class OpenedLibrary(Library):
    """A `Library` whose encoder is loaded already: a model for each test would take 0.3 s each."""

    def __init__(self, folder: Path, loaded: Encoder) -> None:
        super().__init__(folder, loaded.name)
        self._loaded = loaded

    @property
    def encoder(self) -> Encoder:
        return self._loaded


@pytest.fixture(scope="session", autouse=True)
def settings_of_nobody(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What somebody chose in the chat (chosen.py) is nothing to the tests, nor to the programs they start."""
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path_factory.mktemp("config"))


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The real encoder, loaded."""
    encoder = Encoder()
    assert encoder.dim == 384
    return encoder


@pytest.fixture(scope="session")
def open_library(encoder: Encoder) -> OpenLibrary:
    """`open_library(folder)`, or `open_library(folder, encoder)`: a library with a loaded encoder."""

    def open_library(folder: Path, loaded: Encoder = encoder) -> Library:
        return OpenedLibrary(folder, loaded)

    return open_library


@pytest.fixture(scope="session")
def seed_library(open_library: OpenLibrary, tmp_path_factory: pytest.TempPathFactory) -> Library:
    """A library over the sample articles; shared, so only read it."""
    library = open_library(tmp_path_factory.mktemp("seeds") / "library")
    report = library.add([SEEDS])
    assert (len(report.added), report.refused) == (14, {})
    return library


@pytest.fixture(scope="session")
def write_article() -> WriteArticle:
    """`write_article(folder, name, text, date="2022-05-06")`: a file in the dated format."""

    def write_article(folder: Path, name: str, text: str, date: str = "2022-05-06") -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / name
        file.write_bytes(f" date {date} \n\n\n\n{text}\n".encode())
        return file

    return write_article


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, started; the test is skipped where the system has none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium on the PATH")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=OPTIONS.split())
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core; the test is skipped where it can't be had."""
    return axe_script()
