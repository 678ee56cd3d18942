"""Which models there are, how fast they are, and one lent to many answers: real files, scripted models."""

import os
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from assistant.answer import Assistant
from assistant.llm import chosen
from assistant.llm.chosen import Chosen, for_start
from assistant.llm.gguf import MAX_ARRAY, About, about, values
from assistant.llm.lent import Lent
from assistant.llm.models import RECOMMENDED, Memory, Places, models, named
from assistant.llm.speed import Speed, Speeds, measure, undisturbed
from assistant.llm.talk import ChatModel, Message
from assistant.llm.weights import find_weights
from assistant.settings import DEFAULT_MODEL, Settings
from assistant.values import Retrieved, Token, Verified
from index.errors import Cancelled, ModelError, UsageError
from index.library import Library

TEMPLATE = "{% for m in messages %}{{ m.content }}{% endfor %}"
QUESTION = "When did the council vote on the Kolvard dike?"


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def write_gguf(path: Path, **told: str | int | list[int]) -> Path:
    """A whole GGUF without tensors that says these things of itself, `__` for a dot."""
    pairs = b""
    for key, value in told.items():
        pairs += text(key.replace("__", "."))
        if isinstance(value, str):
            pairs += struct.pack("<I", 8) + text(value)
        elif isinstance(value, int):
            pairs += struct.pack("<II", 4, value)
        else:
            pairs += struct.pack("<IIQ", 9, 4, len(value)) + struct.pack(f"<{len(value)}I", *value)
    whole = b"GGUF" + struct.pack("<IQQ", 3, 0, len(told)) + pairs
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(whole + bytes(-len(whole) % 32))
    return path


def write_model(path: Path, name: str = "Tiny") -> Path:
    return write_gguf(path, general__name=name, general__license="mit", tokenizer__chat_template=TEMPLATE)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(
        tmp_path / "models", tmp_path / "cache", tmp_path / "cache" / "speed.json", tmp_path / "chosen.json"
    )


class Scripted:
    """A model that says its name; it waits for `hold` before its last word, and can be closed."""

    context_tokens = 4096

    def __init__(self, name: str = "one", pause_s: float = 0.0) -> None:
        self.name = name
        self.pause_s = pause_s
        self.closed = 0
        self.asked: list[tuple[int, int]] = []
        self.hold = threading.Event()
        self.hold.set()

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(len(message.text.split()) for message in messages)

    def stream(
        self, messages: Sequence[Message], max_tokens: int, stop: threading.Event | None = None
    ) -> Iterator[str]:
        assert not self.closed, "a closed model is not asked"
        self.asked.append((self.count_tokens(messages), max_tokens))
        time.sleep(self.pause_s * self.count_tokens(messages))
        for n in range(max_tokens):
            if n:
                time.sleep(self.pause_s * 10)
                assert self.hold.wait(10)
            yield f"{self.name} "

    def close(self) -> None:
        self.closed += 1


# --- what a GGUF says of itself ----------------------------------------------------------------------


def test_the_default_model_says_what_it_is() -> None:
    assert about(find_weights(DEFAULT_MODEL)) == About(
        "Smollm2 135M 8k Lc100K Mix1 Ep2",
        "apache-2.0",
        "135M",
        trained_tokens=8192,
        token_bytes=2 * 2 * 30 * 3 * 64,  # keys and values, 16 bits, layers, heads, width
        vocabulary=49_152,
        chats=True,
    )


def test_heads_that_differ_between_layers_count_as_the_most(tmp_path: Path) -> None:
    told = {"general__architecture": "x", "x__embedding_length": 64, "x__attention__head_count": 4}
    path = write_gguf(tmp_path / "a.gguf", **told, x__block_count=2, x__attention__head_count_kv=[1, 2])
    assert about(path).token_bytes == 2 * 2 * 2 * 2 * 16


def test_a_long_array_is_told_by_its_length(tmp_path: Path) -> None:
    short, long = list(range(MAX_ARRAY)), list(range(MAX_ARRAY + 1))
    found = values(write_gguf(tmp_path / "a.gguf", short=short, long=long, after=7).read_bytes())
    assert found == {"short": short, "long": MAX_ARRAY + 1, "after": 7}


@pytest.mark.parametrize(
    "content", [b"", b"GGUF", b"<!DOCTYPE html>", b"GGUF" + struct.pack("<IQQQ", 3, 1, 9, 99)]
)
def test_what_is_no_gguf_says_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.gguf").write_bytes(content)
    assert about(tmp_path / "a.gguf") == about(tmp_path / "none.gguf") == About()


# --- which there are ---------------------------------------------------------------------------------


def test_the_recommended_ones_are_pinned_and_free_to_use() -> None:
    assert [model.name for model in RECOMMENDED] == ["Qwen2.5 1.5B", "Qwen3 4B", "Qwen3 8B"]
    for model in RECOMMENDED:
        assert len(model.file.revision) == 40 and int(model.file.revision, 16)
        assert len(model.sha256) == 64 and int(model.sha256, 16)
        assert model.about.licence in {"apache-2.0", "mit"}
        assert model.setting == f"hf:{model.file.repo}/{model.file.name}@{model.file.revision}"
    needed = [model.about.memory_bytes(model.size, Settings().context_tokens) / 1e9 for model in RECOMMENDED]
    assert [round(one, 1) for one in needed] == [1.7, 3.6, 6.1]


def test_the_list_holds_the_default_the_folder_and_the_given_files(places: Places, tmp_path: Path) -> None:
    write_model(places.folder / "b.gguf")
    write_model(places.folder / "deep" / "a.GGUF")
    write_gguf(places.folder / "parts-00001-of-00002.gguf")
    write_gguf(places.folder / "parts-00002-of-00002.gguf")
    (places.folder / "notes.txt").write_text("no model", encoding="utf-8")
    given = write_model(tmp_path / "c.gguf")
    gone = tmp_path / "gone.gguf"
    found = models(places, [str(given), str(given), str(gone)])
    names = [model.name for model in found]
    assert names == ["SmolLM2 135M", "b", "a", "parts-00001-of-00002", "c"]
    assert [model.origin for model in found] == ["default", "file", "file", "file", "file"]
    assert found[-1].setting == str(given)
    assert found[-1].about.licence == "mit"


def test_a_changed_file_is_looked_at_again(places: Places) -> None:
    path = write_model(places.folder / "a.gguf")
    assert (model := named(str(path), places)) and model.about.name == "Tiny"
    write_model(path, "Another")
    assert (model := named(str(path), places)) and model.about.name == "Another"


def test_a_model_that_is_not_here_is_none(places: Places) -> None:
    for setting in ("hf:me/tiny-GGUF/tiny.gguf", "hf:nonsense", str(places.folder / "a.gguf"), "nonsense"):
        assert named(setting, places) is None


def test_memory_is_counted_with_what_the_rest_needs() -> None:
    memory = Memory(8_000_000_000, 5_000_000_000)
    assert [memory.room(needed * 10**9) for needed in (4, 5, 6, 7)] == ["", "", "tight", "none"]
    assert 0 < Memory.now().available < Memory.now().total


# --- what was chosen ---------------------------------------------------------------------------------


def test_what_was_chosen_is_read_back(places: Places) -> None:
    assert chosen.read(places.chosen) == Chosen()
    wanted = Chosen("~/a.gguf", use_model=False, files=("~/a.gguf", "b.gguf"))
    chosen.write(places.chosen, wanted)
    assert chosen.read(places.chosen) == wanted
    places.chosen.write_text("[1", encoding="utf-8")
    assert chosen.read(places.chosen) == Chosen()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match=r"not kept for the next start: .*chosen\.json can't be written"):
        chosen.write(tmp_path / "file" / "chosen.json", Chosen())


def test_the_chosen_model_starts_unless_the_command_line_names_one(places: Places) -> None:
    path = str(write_model(places.folder / "a.gguf"))
    assert for_start(None, places) == ({"model": DEFAULT_MODEL, "use_model": True}, "")
    chosen.write(places.chosen, Chosen(path, use_model=False))
    assert for_start(None, places) == ({"model": path, "use_model": False}, "")
    assert for_start("b.gguf", places) == ({"model": "b.gguf"}, "")


def test_a_chosen_model_that_is_gone_is_not_downloaded_unasked(places: Places) -> None:
    chosen.write(places.chosen, Chosen("hf:me/tiny-GGUF/tiny.gguf"))
    settings, told = for_start(None, places)
    assert settings == {"model": DEFAULT_MODEL, "use_model": True}
    assert told == "The chosen model is gone (hf:me/tiny-GGUF/tiny.gguf); smollm2-135m takes its place."


# --- how fast ----------------------------------------------------------------------------------------


def test_reading_and_writing_are_measured_apart() -> None:
    """0.2 ms for each token of the prompt, 2 ms for each word."""
    model = Scripted(pause_s=0.0002)
    speed = measure(model)
    assert 2500 < speed.reads < 5200
    assert 200 < speed.writes < 520
    assert [limit for _, limit in model.asked] == [24, 1]
    assert model.asked[1][0] > 250


def test_a_slow_model_is_not_asked_to_read_more() -> None:
    model = Scripted(pause_s=0.03)  # 33 tokens a second
    speed = measure(model)
    assert len(model.asked) <= 2
    assert model.asked[-1][0] < 60
    assert 15 < speed.reads < 34


def test_a_model_that_says_nothing_is_refused() -> None:
    class Mute(Scripted):
        def stream(self, *_: object, **__: object) -> Iterator[str]:
            return iter(())

    with pytest.raises(ModelError, match="wrote nothing"):
        measure(Mute())


def test_a_question_in_between_makes_it_measure_again() -> None:
    class Disturbed(Scripted):
        def count_tokens(self, messages: Sequence[Message]) -> int:
            if len(self.asked) == 1:  # somebody asks while the first prompt is measured
                with lent.lent():
                    pass
            return super().count_tokens(messages)

    model = Disturbed()
    lent = Lent(lambda: model)
    undisturbed(lent)
    assert [limit for _, limit in model.asked] == [24, 1, 24, 1]


def test_a_speed_is_kept_until_the_file_changes(places: Places, tmp_path: Path) -> None:
    path = write_model(tmp_path / "a.gguf")
    speeds = Speeds(places.speeds)
    assert speeds.of(path) is None
    speeds.keep(path, Speed(120.5, 30.25))
    assert Speeds(places.speeds).of(path) == Speed(120.5, 30.25)
    os.utime(path, ns=(1, 1))
    assert speeds.of(path) is None
    places.speeds.write_text('{"x": 1}', encoding="utf-8")
    assert speeds.of(path) is None
    assert speeds.of(tmp_path / "gone.gguf") is None


# --- one model for many answers ----------------------------------------------------------------------


def test_it_is_loaded_once_and_only_when_it_is_needed() -> None:
    loaded: list[ChatModel] = []

    def load() -> ChatModel:
        time.sleep(0.05)
        loaded.append(Scripted())
        return loaded[-1]

    lent = Lent(load)
    assert not lent.loaded
    threads = [threading.Thread(target=lent.get) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lent.loaded and len(loaded) == 1


def test_an_exchanged_model_is_closed_when_its_last_answer_ends() -> None:
    old, new = Scripted("old"), Scripted("new")
    lent = Lent(lambda: old)
    with lent.lent() as first:
        with lent.lent() as second:
            lent.exchange(lambda: new)
            assert first is second is old
            assert lent.get() is new and lent.free
        assert not old.closed
    assert old.closed == 1
    lent.exchange(lambda: old)
    assert new.closed == 1


def test_who_waits_for_a_model_to_be_loaded_can_stop_and_the_next_one_finds_it() -> None:
    may, stop, loaded = threading.Event(), threading.Event(), Scripted()

    def load() -> ChatModel:
        assert may.wait(30)
        return loaded

    lent = Lent(load)
    stop.set()
    with pytest.raises(Cancelled), lent.lent(stop):
        pass
    assert lent.free
    may.set()
    with lent.lent() as model:
        assert model is loaded


def test_a_model_that_was_still_being_loaded_is_closed_when_it_is_there() -> None:
    may, closed = threading.Event(), threading.Event()

    class Late(Scripted):
        def close(self) -> None:
            closed.set()

    def load() -> ChatModel:
        assert may.wait(30)
        return Late()

    lent, stop = Lent(load), threading.Event()
    stop.set()
    with pytest.raises(Cancelled), lent.lent(stop):
        pass
    lent.exchange(Scripted)
    assert not closed.is_set()
    may.set()
    assert closed.wait(30)


def test_a_model_that_could_not_be_loaded_is_tried_again() -> None:
    tried: list[int] = []

    def load() -> ChatModel:
        tried.append(1)
        if len(tried) == 1:
            raise ModelError("out of memory")
        return Scripted()

    lent = Lent(load)
    with pytest.raises(ModelError, match="out of memory"):
        lent.get()
    assert not lent.loaded
    assert lent.get() is lent.get()


def test_a_model_that_nobody_loaded_is_not_closed() -> None:
    Lent(Scripted).exchange(Scripted)


# --- an assistant that changes its model -------------------------------------------------------------


class Named(Assistant):
    """Loads scripted models by the names of their files; `broken.gguf` can't be loaded."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.loaded: list[Scripted] = []

    def _load(self) -> ChatModel:
        name = find_weights(self.settings.model).stem
        if name == "broken":
            raise ModelError("broken.gguf can't be loaded by llama.cpp")
        self.loaded.append(Scripted(f"The council voted on Tuesday [1]. {name}"))
        return self.loaded[-1]


@pytest.fixture
def assistant(seed_library: Library, tmp_path: Path) -> Named:
    files = [write_model(tmp_path / f"{name}.gguf") for name in ("one", "two", "broken")]
    return Named(Settings(library=seed_library.folder, model=str(files[0])))


def other(assistant: Named, name: str) -> str:
    return str(Path(assistant.settings.model).with_name(f"{name}.gguf"))


def test_the_next_question_is_answered_by_the_other_model(assistant: Named) -> None:
    assert assistant.ask(QUESTION).status == "answered"
    assistant.use(other(assistant, "two"))
    assert [model.closed for model in assistant.loaded] == [1, 0]
    drafted = [event.text for event in assistant.stream(QUESTION) if isinstance(event, Token)]
    assert "two" in "".join(drafted)


def test_an_answer_that_is_being_written_keeps_its_model(assistant: Named) -> None:
    _ = assistant.model
    assistant.loaded[0].hold.clear()
    events = assistant.stream(QUESTION)
    assert isinstance(next(events), Retrieved)
    assert isinstance(next(events), Token)
    assistant.use(other(assistant, "two"))
    assert not assistant.loaded[0].closed
    assistant.loaded[0].hold.set()
    drafted = [event for event in events if not isinstance(event, Verified)]
    assert all(isinstance(event, Token) and "two" not in event.text for event in drafted)
    assert [model.closed for model in assistant.loaded] == [1, 0]


def test_an_answer_that_is_given_up_lets_go_of_its_model(assistant: Named) -> None:
    events = assistant.stream(QUESTION)
    assert isinstance(next(events), Retrieved)
    assert isinstance(next(events), Token)
    assistant.use(other(assistant, "two"))
    events.close()  # type: ignore[attr-defined]
    assert [model.closed for model in assistant.loaded] == [1, 0]


def test_a_model_that_cannot_be_loaded_changes_nothing(assistant: Named) -> None:
    before = assistant.settings
    for name, why in (("broken", "can't be loaded"), ("gone", "there is no file")):
        with pytest.raises(ModelError, match=why):
            assistant.use(other(assistant, name))
        assert assistant.settings == before
    assert assistant.ask(QUESTION).status == "answered"


def test_quotes_only_frees_the_model_and_back_loads_it(assistant: Named) -> None:
    _ = assistant.model
    assistant.use(assistant.settings.model, write=False)
    assert assistant.loaded[0].closed == 1
    kinds = [type(event) for event in assistant.stream(QUESTION)]
    assert kinds == [Retrieved, Verified]
    assistant.use(assistant.settings.model)
    assert Token in [type(event) for event in assistant.stream(QUESTION)]
    assert len(assistant.loaded) == 2


def test_a_model_that_was_given_stays_while_only_quotes_are_wanted(seed_library: Library) -> None:
    given = Scripted()
    assistant = Assistant(Settings(library=seed_library.folder), given)
    assistant.use(DEFAULT_MODEL, write=False)
    assistant.use(DEFAULT_MODEL)
    assert assistant.model is given and not given.closed


def test_the_speed_is_that_of_the_model_in_use(assistant: Named) -> None:
    speed = assistant.speed()
    assert speed.reads > 0 and speed.writes > 0
    assert [limit for _, limit in assistant.loaded[0].asked] == [24, 1]
