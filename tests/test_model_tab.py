"""The Model tab: downloads from a hub of our own on this computer, other models, and what is drawn."""

import hashlib
import re
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from test_models import Named, Scripted, places, write_gguf, write_model  # noqa: F401 - a fixture
from test_weights import SPEC, Hub, cache, gguf, hub, unreachable  # noqa: F401 - fixtures

from assistant.llm.cache import arrived, delete, downloaded, hub_file, place
from assistant.llm.chosen import Chosen
from assistant.llm.gguf import About
from assistant.llm.hub import CHECKING, LOADING, fetch
from assistant.llm.models import RECOMMENDED, Memory, Model, Places, Recommended
from assistant.llm.speed import Speed
from assistant.page import models_html
from assistant.page.model_tab import ModelTab
from assistant.page.model_work import ModelWork
from assistant.page.models_html import Offer, Shown
from assistant.page.shelf import Job
from assistant.settings import DEFAULT_MODEL, Settings
from index.errors import Cancelled, DownloadError, UsageError
from index.library import Library

FILE = hub_file(SPEC)
HOSTILE = '"><script>alert(1)</script>\u202e<b>'
GB = 10**9


# --- downloads: stopped, resumed, pinned, told -------------------------------------------------------


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_download_tells_how_far_it_is(hub: Hub, cache: Path) -> None:  # noqa: F811
    told: list[tuple[str, int, int]] = []
    fetch(FILE, cache, hub.url, told=lambda *one: told.append(one))
    size = len(hub.content)
    assert told[0] == (LOADING, 0, size)
    assert told[-2] == (LOADING, size, size)
    assert told[-1] == (CHECKING, 0, 0)
    assert [done for step, done, _ in told if step == LOADING] == sorted(
        done for step, done, _ in told if step == LOADING
    )


def test_a_stopped_download_goes_on_where_it_was(hub: Hub, cache: Path) -> None:  # noqa: F811
    hub.content = gguf() + bytes(4_000_000)  # several pieces
    told: list[int] = []

    def stop(step: str, done: int, of: int) -> None:
        told.append(done)
        if done > 100_000:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        fetch(FILE, cache, hub.url, told=stop)
    have = arrived(FILE, cache)
    assert have == told[-1] < len(hub.content)
    assert downloaded(cache) == []
    path = fetch(FILE, cache, hub.url, told=lambda step, done, of: told.append(done))
    assert hub.downloads == ["", f"bytes={have}-"]
    assert path.read_bytes() == hub.content
    assert arrived(FILE, cache) == 0


def test_only_the_pinned_file_is_taken(hub: Hub, cache: Path) -> None:  # noqa: F811
    with pytest.raises(DownloadError, match=r"another file there \(SHA-256 .* instead of 000000000000…\)"):
        fetch(FILE, cache, hub.url, sha256="0" * 64)
    assert hub.downloads == []
    assert fetch(FILE, cache, hub.url, sha256=sha256(hub.content)).is_file()


def test_downloads_are_listed_and_deleted(hub: Hub, cache: Path) -> None:  # noqa: F811
    fetch(FILE, cache, hub.url)
    other = hub_file(f"{SPEC}@{'0123456789abcdef' * 2}01234567")
    fetch(other, cache, hub.url)
    (cache / "me/tiny-GGUF/main/q4/other.gguf").write_bytes(b"not downloaded by us")
    assert downloaded(cache) == [other, FILE]
    delete(FILE, cache)
    assert downloaded(cache) == [other]
    assert not place(FILE, cache).exists()
    delete(FILE, cache)


# --- what is done ------------------------------------------------------------------------------------


def tiny(content: bytes, pinned: str = "") -> Recommended:
    return Recommended("Tiny", "Small.", FILE, pinned or sha256(content), len(content), About(chats=True))


@pytest.fixture
def assistant(seed_library: Library, tmp_path: Path) -> Named:
    files = [write_model(tmp_path / f"{name}.gguf") for name in ("one", "two", "broken")]
    return Named(Settings(library=seed_library.folder, model=str(files[0])))


@pytest.fixture
def work(assistant: Named, places: Places, hub: Hub) -> ModelWork:  # noqa: F811
    return ModelWork(assistant, places, hub.url)


def ended(work: ModelWork) -> None:
    for _ in work.watch():
        pass


def test_a_recommended_model_is_downloaded_checked_and_in_the_list(work: ModelWork, hub: Hub) -> None:  # noqa: F811
    work.fetch(tiny(hub.content))
    ended(work)
    assert work.download and work.download.outcome == "done"
    assert work.download.message == "Tiny is here, and its SHA-256 is right."
    assert str(FILE) in [model.setting for model in work.models()]


def test_a_download_that_is_stopped_says_so_and_is_resumed(work: ModelWork, hub: Hub) -> None:  # noqa: F811
    hub.content = gguf() + bytes(8_000_000)
    hub.pause = threading.Event()
    work.fetch(tiny(hub.content))
    with pytest.raises(UsageError, match=r"^wait until this is done: Downloading Tiny; or stop it$"):
        work.fetch(tiny(hub.content))
    work.stop()
    hub.pause.set()
    ended(work)
    assert work.download and work.download.outcome == "stopped"
    assert work.download.message == "Stopped. What has arrived is kept."
    work.fetch(tiny(hub.content))
    ended(work)
    assert work.download.outcome == "done"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"corrupt": True}, "arrived damaged and was deleted: its SHA-256"),
        ({"status": 503}, "answered with error 503; try again later"),
        ({"content": b"hello" * 100}, "is not a GGUF file"),
        ({"size": 10**18}, "make room"),
    ],
)
def test_a_download_that_fails_says_why(
    work: ModelWork,
    hub: Hub,  # noqa: F811
    change: dict[str, object],
    why: str,
) -> None:
    for name, value in change.items():
        setattr(hub, name, value)
    work.fetch(tiny(hub.content))
    ended(work)
    assert work.download and work.download.outcome == "failed"
    assert why in work.download.message
    assert "hf:" not in work.download.message, "people know it by its name"


def test_another_model_writes_and_is_kept_for_the_next_start(work: ModelWork, assistant: Named) -> None:
    two = str(Path(assistant.settings.model).with_name("two.gguf"))
    work.use(two, write=True)
    ended(work)
    assert work.change and work.change.message == "From the next question on, two writes."
    assert assistant.settings.model == two
    assert work.chosen() == Chosen(two)
    used = work.in_use()
    assert used and work.speeds.of(used.file) == work.speed() is not None


def test_a_model_that_cannot_be_loaded_is_not_kept(work: ModelWork, assistant: Named) -> None:
    before = assistant.settings
    work.use(str(Path(before.model).with_name("broken.gguf")), write=True)
    ended(work)
    assert work.change and work.change.outcome == "failed"
    assert work.change.message == "broken.gguf can't be loaded by llama.cpp"
    assert assistant.settings == before
    assert work.chosen() == Chosen()
    with pytest.raises(UsageError, match="not on this computer any more"):
        work.use("hf:me/tiny-GGUF/gone.gguf", write=True)


def test_quotes_only_is_kept_too(work: ModelWork, assistant: Named) -> None:
    work.use(assistant.settings.model, write=False)
    ended(work)
    assert work.change and work.change.message == "Answers are quotes only."
    assert not assistant.settings.use_model
    assert work.chosen().use_model is False


def test_a_file_is_added_once_and_only_an_instruct_model(work: ModelWork, tmp_path: Path) -> None:
    path = write_model(tmp_path / "mine.gguf")
    assert work.add(f" '{path}' ") == work.add(str(path)) == "mine"
    assert work.chosen().files == (str(path),)
    assert [model.name for model in work.models()].count("mine") == 1
    for bad, why in (
        (write_gguf(tmp_path / "base.gguf", general__name="Base"), "has no chat template"),
        ("", "give the whole path"),
        ("hf:me/tiny-GGUF/tiny.gguf", "give the whole path"),
        ("https://evil.example/a.gguf", "give the whole path"),
    ):
        with pytest.raises(UsageError, match=why):
            work.add(str(bad))


def test_what_is_in_use_is_not_deleted(work: ModelWork, assistant: Named, hub: Hub) -> None:  # noqa: F811
    work.fetch(tiny(hub.content))
    ended(work)
    with pytest.raises(UsageError, match="not in use"):
        work.delete(assistant.settings.model)
    work.delete(str(FILE))
    assert str(FILE) not in [model.setting for model in work.models()]


def test_a_speed_that_cannot_be_measured_is_not_tried_again_and_again(
    seed_library: Library,
    places: Places,  # noqa: F811
) -> None:
    class Mute(Scripted):
        def stream(self, *_: object, **__: object) -> Iterator[str]:
            self.asked.append((0, 0))
            return iter(())

    assistant = Named(Settings(library=seed_library.folder, model=DEFAULT_MODEL))
    mute = Mute()
    assistant._lent.exchange(lambda: mute)
    work = ModelWork(assistant, places)
    for _ in range(3):
        work.measure()
        ended(work)
    assert len(mute.asked) == 1
    assert work.change and work.change.outcome == "failed"


# --- events ------------------------------------------------------------------------------------------


@pytest.fixture
def tab(assistant: Named, places: Places) -> ModelTab:  # noqa: F811
    return ModelTab(assistant, places, unreachable())


def settle(tab: ModelTab) -> tuple[str, str]:
    return list(tab.watch())[-1]


def test_opening_the_tab_measures_the_model_in_use_once(tab: ModelTab, assistant: Named) -> None:
    now, *_ = tab.open({})
    assert "not measured yet" in now
    settle(tab)
    asked = len(assistant.loaded[0].asked)
    now, change, listed, offers, download = tab.open({})
    assert re.search(r"reads [\d,]+ and writes [\d,]+ tokens a second", now)
    assert (change, download) == ("", "")
    assert 'aria-label="In use: one"' in listed
    assert offers.count('data-do="fetch"') == 3
    settle(tab)
    assert len(assistant.loaded[0].asked) == asked
    tab.act({"do": "measure"})
    settle(tab)
    assert len(assistant.loaded[0].asked) > asked


def test_a_press_changes_the_model_and_the_list_follows(tab: ModelTab, assistant: Named) -> None:
    two = str(Path(assistant.settings.model).with_name("two.gguf"))
    assert "two is in the list" in tab.act({"do": "add", "model": two})[0]
    tab.act({"do": "use", "model": two})
    change, _ = settle(tab)
    assert "From the next question on, two writes." in change
    now, _, listed, *_ = tab.draw()
    assert '<p class="name">two</p>' in now
    assert 'aria-label="In use: two"' in listed
    tab.act({"do": "quotes", "only": True})
    settle(tab)
    assert 'name="quotes" data-keep="quotes" checked' in tab.draw()[0]
    tab.act({"do": "quotes", "only": False})
    settle(tab)
    assert assistant.settings.use_model


def test_without_a_network_the_download_says_so(tab: ModelTab) -> None:
    drawn = tab.act({"do": "fetch", "model": RECOMMENDED[0].setting})
    assert 'data-outcome="running"' in drawn[-1] or 'data-outcome="failed"' in drawn[-1]
    _, download = settle(tab)
    assert 'role="alert"' in download
    assert "can&#x27;t be reached" in download or "HF_HUB_OFFLINE" in download


@pytest.mark.parametrize(
    "told",
    [{}, {"do": 1}, {"do": "fetch", "model": "hf:evil/x/y.gguf"}, {"do": "use", "model": ["x"]},
     {"do": "add", "model": None}, {"do": "delete", "model": "hf:../../x"}, {"do": "delete", "model": "/x"}],
)  # fmt: skip
def test_nonsense_from_a_browser_is_a_message(tab: ModelTab, told: dict[str, object]) -> None:
    assert 'class="note error"' in tab.act(told)[0]


# --- what is drawn -----------------------------------------------------------------------------------


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.found.append(tag)
        if tag not in {"input"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def shown(
    used: Model | None = None, *, writes: bool = True, total: int = 8 * GB, free: int = 4 * GB
) -> Shown:
    return Shown(used, HOSTILE, writes, 4096, Speed(120, 30), Memory(total, free))


def model(name: str = HOSTILE, size: int = GB) -> Model:
    return Model(name, name, Path(f"{name}.gguf"), size, About(licence=HOSTILE, chats=True), "file")


def test_names_from_files_are_text() -> None:
    one = model()
    drawn = models_html.now_html(shown(one)) + models_html.list_html([one], shown(one))
    drawn += models_html.now_html(shown()) + models_html.job_html(Job(HOSTILE, lambda progress, yes: ""))
    done = Job(HOSTILE, lambda progress, yes: HOSTILE)
    done.run(yes=True)
    drawn += models_html.job_html(done)
    assert "script" not in Tags(drawn).found
    assert "b" not in Tags(drawn).found


def test_each_state_of_a_recommended_model_has_its_button() -> None:
    one = RECOMMENDED[1]
    fresh = models_html.offers_html([Offer(one, here=False, arrived=0)], shown())
    part = models_html.offers_html([Offer(one, here=False, arrived=GB)], shown())
    here = models_html.offers_html([Offer(one, here=True, arrived=0)], shown())
    assert ">Download 2.5 GB</button>" in fresh and "Delete" not in fresh
    assert ">Resume 1.5 GB</button>" in part and ">Delete</button>" in part
    assert ">Use</button>" in here
    for drawn in (fresh, part, here):
        Tags(drawn)


def test_memory_that_is_not_there_is_said() -> None:
    offer = [Offer(RECOMMENDED[1], here=False, arrived=0)]
    assert "needs 3.6 GB of memory</span>" in models_html.offers_html(offer, shown())
    assert "needs 3.6 GB of memory, 2.0 GB are free now" in models_html.offers_html(offer, shown(free=2 * GB))
    drawn = models_html.offers_html(offer, shown(total=4 * GB))
    assert "more than this computer can give (4.0 GB in all)" in drawn


def test_a_running_download_tells_how_far_it_is() -> None:
    job = Job("Downloading Tiny", lambda progress, yes: "", outcome="running")
    job.progress(LOADING, 412_000_000, 1_117_320_736)
    drawn = models_html.job_html(job)
    assert "412 MB of 1.1 GB" in drawn
    assert '<progress aria-label="Downloading" max="1117320736" value="412000000">' in drawn
    job.stop.set()
    assert "Stopping" in models_html.job_html(job)
    Tags(drawn)
