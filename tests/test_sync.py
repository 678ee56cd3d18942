"""A library that is kept up to date equals one that is built from nothing, and no damage is lost on it."""

import json
import os
import random
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from index.embed import Encoder, Progress, Rows
from index.errors import LibraryBroken, LibraryLocked, UsageError, WouldDrop
from index.library import Library
from index.lock import OWNER, building
from index.report import Report
from index.store import FILES, MANIFEST

Write = Callable[..., Path]
Open = Callable[..., Library]

RAIN, SNOW, FERRY = "It rained in Tholmby.", "Snow fell on the harbour.", "The ferry sailed at noon."
TOPICS = ("ferry", "dike", "harbour", "council", "flood", "winter", "school", "bridge", "storm", "museum")


class RememberingEncoder(Encoder):
    """The real encoder, which embeds each text once: two hundred articles are built from nothing often."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Rows] = {}

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Rows:
        new = [text for text in dict.fromkeys(texts) if text not in self.known]
        self.known |= dict(zip(new, super().embed(new), strict=True))
        if not texts:
            return np.empty((0, self.dim), dtype=np.float32)
        return np.stack([self.known[text] for text in texts])


@pytest.fixture(scope="module")
def remembering() -> RememberingEncoder:
    return RememberingEncoder()


@pytest.fixture
def news(tmp_path: Path) -> Path:
    folder = tmp_path / "news"
    folder.mkdir()
    return folder


@pytest.fixture
def library(open_library: Open, tmp_path: Path) -> Library:
    return open_library(tmp_path / "library")


def texts(library: Library) -> dict[str, str]:
    return {a.file: a.text[a.body_start :].strip() for a in library.live.articles()}


def story(rng: random.Random, about: str) -> str:
    """An article of two to eight sentences; some sentences stand in many articles."""
    sentences = [
        f"The {rng.choice(TOPICS)} of {rng.choice(TOPICS)} town has {rng.randrange(40)} {about}s."
        for _ in range(rng.randrange(2, 9))
    ]
    return "\n\n".join([f"A {about}", " ".join(sentences)])


# --- equal to one that is built from nothing -----------------------------------------------------------


class Archive(RuleBasedStateMachine):
    """Two hundred articles, of which some are written, edited, moved, copied and removed at each step."""

    open_library: Open
    encoder: RememberingEncoder
    root: Path

    @initialize(seed=st.integers(0, 2**16))
    def start(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.home = self.root / f"{time.monotonic_ns()}"
        self.news = self.home / "news"
        for n in range(200):
            self.write(self.news / f"{n % 7}" / f"{n:03d}.txt")
        self.library = self.open_library(self.home / "library", self.encoder)
        self.library.add([self.news])

    def write(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(story(self.rng, self.rng.choice(TOPICS)), encoding="utf-8")

    def some(self, most: int = 4) -> list[Path]:
        files = sorted(self.news.rglob("*.txt"))
        return self.rng.sample(files, min(self.rng.randint(1, most), len(files)))

    @rule()
    def add(self) -> None:
        for _ in range(self.rng.randint(1, 4)):
            self.write(self.news / f"{self.rng.randrange(9)}" / f"new{self.rng.randrange(10**6)}.txt")
        self.check()

    @rule()
    def edit(self) -> None:
        for file in self.some():
            text = file.read_text("utf-8")
            file.write_text(f"{text} One more {self.rng.choice(TOPICS)} came.", encoding="utf-8")
        self.check()

    @rule()
    def move(self) -> None:
        for file in self.some():
            there = self.news / "moved" / f"{self.rng.randrange(10**6)}-{file.name}"
            there.parent.mkdir(exist_ok=True)
            file.rename(there)
        self.check()

    @rule()
    def copy(self) -> None:
        for file in self.some():
            shutil.copy(file, file.with_name(f"{self.rng.choice('0z')}copy{self.rng.randrange(10**6)}.txt"))
        self.check()

    @rule()
    def remove(self) -> None:
        for file in self.some(12):
            file.unlink()
        self.check()

    @precondition(lambda self: len(self.library.history()) > 1)
    @rule()
    def roll_back_and_sync(self) -> None:
        self.library.rollback()
        self.check()

    def check(self) -> None:
        self.library.sync()
        anew = self.open_library(self.home / f"anew{time.monotonic_ns()}", self.encoder)
        anew.add([self.news])
        one, other = self.library.live, anew.live
        assert one.verify() == []
        assert one.articles() == other.articles()
        assert one.listing() == other.listing()
        counts = [(g.manifest.articles, g.manifest.passages, g.manifest.sentences) for g in (one, other)]
        assert counts[0] == counts[1]
        for row in range(other.manifest.passages):
            assert one.passage(row) == other.passage(row)
        for article in other.articles():
            assert one.sentences(article.id) == other.sentences(article.id)
        assert np.array_equal(one.passage_vectors.codes, other.passage_vectors.codes)
        assert np.array_equal(one.sentence_vectors.codes, other.sentence_vectors.codes)
        assert one.keywords.count == other.keywords.count
        for asked in ("How many bridges has ferry town?", *self.rng.sample(TOPICS, 3)):
            assert one.search_words(asked, 30) == other.search_words(asked, 30)
            assert self.library.search(asked, 20) == anew.search(asked, 20)
        for generation in (one, other):
            generation.close()
        self.library._live.forget()
        shutil.rmtree(anew.folder)


def test_after_each_change_the_library_equals_one_that_is_built_from_nothing(
    open_library: Open, remembering: RememberingEncoder, tmp_path_factory: pytest.TempPathFactory
):
    Archive.open_library = staticmethod(open_library)
    Archive.encoder, Archive.root = remembering, tmp_path_factory.mktemp("archive")
    run_state_machine_as_test(
        Archive,
        settings=settings(
            max_examples=4, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


# --- what a rebuild notices ----------------------------------------------------------------------------


def test_a_moved_file_is_told_and_not_embedded_again(library: Library, news: Path, write_article: Write):
    write_article(news, "a.txt", RAIN)
    write_article(news, "b.txt", SNOW)
    library.add([news])
    (news / "deep").mkdir()
    (news / "a.txt").rename(news / "deep" / "c.txt")
    assert library.sync() == Report(moved=["c.txt"], unchanged=["b.txt"])
    assert texts(library) == {"c.txt": RAIN, "b.txt": SNOW}


def test_an_edit_that_keeps_size_and_time_is_noticed(library: Library, news: Path, write_article: Write):
    file = write_article(news, "a.txt", "The dike cost 3 million.")
    before = file.stat()
    library.add([news])
    file.write_bytes(file.read_bytes().replace(b"3", b"4"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert library.sync() == Report(changed=["a.txt"])
    assert texts(library) == {"a.txt": "The dike cost 4 million."}


def test_the_same_text_is_stored_once_with_all_its_files(library: Library, news: Path, write_article: Write):
    for name in ("a.txt", "b.txt", "c.txt"):
        write_article(news, name, f"{RAIN} {FERRY}")
    write_article(news, "d.txt", SNOW)
    assert library.add([news]) == Report(added=["a.txt", "d.txt"], duplicates=["b.txt", "c.txt"])
    live = library.live
    (one,) = [a for a in live.articles() if a.file == "a.txt"]
    assert one.copies == (str(news / "b.txt"), str(news / "c.txt"))
    assert (live.manifest.articles, live.manifest.passages) == (2, 2)
    assert library.find("b.txt").text == one.text  # a copy is found by its name too
    (news / "a.txt").unlink()
    library.sync()
    (one,) = [a for a in library.live.articles() if a.file != "d.txt"]
    assert (one.file, one.copies) == ("b.txt", (str(news / "c.txt"),))
    assert library.search("rain", 1)[0].passage.article == one.id


def test_wire_copy_is_one_story(library: Library, news: Path, write_article: Write):
    rng = random.Random(1)
    wire = " ".join(
        f"The {rng.choice(TOPICS)} number {n} was closed by the {n * 7}th storm." for n in range(40)
    )
    write_article(news, "a.txt", wire)
    write_article(news, "b.txt", wire + " A local paper adds this sentence.")
    write_article(news, "c.txt", " ".join(f"Museum {n} opened its {n}th hall." for n in range(40)))
    library.add([news])
    stories = {a.file: a.story for a in library.live.listing()}
    assert stories["a.txt"] == stories["b.txt"] != stories["c.txt"]
    a, b = (library.find(name).id for name in ("a.txt", "b.txt"))
    assert library.live.story(b) == [a, b]


def test_files_that_an_ignore_file_names_are_left_out(library: Library, news: Path, write_article: Write):
    write_article(news, "a.txt", RAIN)
    write_article(news / "drafts", "b.txt", SNOW)
    (news / ".footnoteignore").write_text("drafts/\n", encoding="utf-8")
    assert library.add([news]) == Report(added=["a.txt"])
    (news / ".footnoteignore").unlink()
    assert library.sync() == Report(added=["b.txt"], unchanged=["a.txt"])


def test_the_columns_of_a_table_are_remembered(library: Library, news: Path):
    rows = [{"kop": "Ferry back", "tekst": FERRY}, {"kop": "Snow", "tekst": SNOW}]
    file = news / "export.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    report = library.add([news], columns={"title": "kop", "text": "tekst"})
    assert len(report.added) == 2
    assert {a.title for a in library.live.articles()} == {"Ferry back", "Snow"}
    with file.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps({"kop": "Rain", "tekst": RAIN}) + "\n")
    report = library.sync()
    assert (len(report.added), len(report.unchanged), report.changed) == (1, 2, [])


def test_a_table_of_something_else_is_passed_over_in_a_folder_and_refused_by_name(
    library: Library, news: Path, write_article: Write
):
    write_article(news, "a.txt", RAIN)
    table = news / "prices.csv"
    table.write_text("fruit,price\napple,3\n", encoding="utf-8")
    assert library.add([news]) == Report(added=["a.txt"])
    (reason,) = library.add([table]).refused.values()
    assert "--map text=COLUMN" in reason


# --- before much is removed ----------------------------------------------------------------------------


def test_a_rebuild_that_would_drop_a_fifth_asks_first(library: Library, news: Path, write_article: Write):
    for n in range(10):
        write_article(news, f"{n}.txt", f"It rained {n} times.")
    library.add([news])
    for n in range(3):
        (news / f"{n}.txt").unlink()
    with pytest.raises(WouldDrop, match="3 of 10 articles would be removed"):
        library.sync()
    assert len(library.live.articles()) == 10
    assert [f.name for f in (library.folder / "generations").iterdir()] == ["000001"]
    assert len(library.sync(yes=True).removed) == 3
    (news / "9.txt").unlink()  # one in seven
    assert library.sync().removed == ["9.txt"]


def test_files_that_moved_do_not_count_as_dropped(library: Library, news: Path, write_article: Write):
    for n in range(5):
        write_article(news / "old", f"{n}.txt", f"It rained {n} times.")
    library.add([news])
    (news / "old").rename(news / "new")
    assert len(library.sync().moved) == 5


def test_a_folder_that_is_missing_keeps_its_articles_and_the_others_are_read(
    library: Library, tmp_path: Path, write_article: Write
):
    write_article(tmp_path / "disk", "a.txt", RAIN)
    write_article(tmp_path / "news", "b.txt", SNOW)
    library.add([tmp_path / "disk", tmp_path / "news"])
    (tmp_path / "disk").rename(tmp_path / "unplugged")
    write_article(tmp_path / "news", "c.txt", FERRY)
    report = library.sync()
    assert (report.added, report.removed) == (["c.txt"], [])
    assert report.refused == {
        str(
            tmp_path / "disk"
        ): f"{tmp_path / 'disk'} is gone; `footnote remove` its articles or bring it back"
    }
    assert set(texts(library)) == {"a.txt", "b.txt", "c.txt"}


# --- what two generations tell -------------------------------------------------------------------------


def test_history_and_diff_tell_what_each_rebuild_did(library: Library, news: Path, write_article: Write):
    write_article(news, "a.txt", RAIN)
    library.add([news])
    write_article(news, "a.txt", SNOW)
    write_article(news, "b.txt", FERRY)
    library.sync()
    newest, oldest = library.history()
    assert (newest.report["changed"], newest.report["added"], newest.report["unchanged"]) == (
        ["a.txt"],
        ["b.txt"],
        0,
    )
    assert oldest.report["added"] == ["a.txt"]
    seconds, size = newest.report["seconds"], newest.report["bytes"]
    assert isinstance(seconds, float) and isinstance(size, int) and seconds > 0
    folder = library.folder / "generations" / newest.generation
    assert size == sum((folder / name).stat().st_size for name in FILES)
    assert library.diff("1", "000002") == Report(added=["b.txt"], changed=["a.txt"])
    assert library.diff("2", "1") == Report(changed=["a.txt"], removed=["b.txt"])
    with pytest.raises(UsageError, match="there is no generation 7"):
        library.diff("7", "1")


# --- damage --------------------------------------------------------------------------------------------


def flip(file: Path, place: float) -> None:
    data = bytearray(file.read_bytes())
    data[int(place * (len(data) - 1))] ^= 4
    file.write_bytes(bytes(data))


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
@pytest.mark.parametrize("place", [0.0, 0.3, 0.7, 1.0])
def test_a_flipped_byte_anywhere_and_the_generation_before_answers_until_the_doctor_mends(
    open_library: Open, tmp_path: Path, news: Path, write_article: Write, name: str, place: float
):
    library = open_library(tmp_path / "library")
    write_article(news, "a.txt", RAIN)
    library.add([news])
    write_article(news, "b.txt", SNOW)
    library.sync()
    flip(library.folder / "generations" / "000002" / name, place)
    opened = open_library(library.folder)
    held = texts(opened)
    assert RAIN in held.values()
    if name != MANIFEST or opened.damage:  # a digit of a count may change unseen, the texts not
        assert set(held) == {"a.txt"}
        assert opened.damage and "run `footnote doctor`" in opened.damage
        assert opened.search("rain", 1)
    found = opened.mend()
    assert texts(open_library(library.folder)) == {"a.txt": RAIN, "b.txt": SNOW}
    assert found.live and open_library(library.folder).live.verify() == []
    assert open_library(library.folder).examine().wrong == []


def test_the_doctor_builds_from_the_files_when_no_generation_is_sound(
    library: Library, open_library: Open, news: Path, write_article: Write
):
    write_article(news, "a.txt", RAIN)
    library.add([news])
    for name in FILES:
        flip(library.folder / "generations" / "000001" / name, 0.5)
    opened = open_library(library.folder)
    with pytest.raises(LibraryBroken, match="run `footnote doctor`"):
        _ = opened.live
    opened.mend()
    assert texts(opened) == {"a.txt": RAIN}


def test_the_doctor_builds_a_library_of_an_older_format_anew(
    library: Library, open_library: Open, news: Path, write_article: Write
):
    write_article(news, "a.txt", RAIN)
    library.add([news])
    manifest = library.folder / "generations" / "000001" / MANIFEST
    manifest.write_text(json.dumps({"format": 1, "sources": [str(news)], "passages": 1}), encoding="utf-8")
    opened = open_library(library.folder)
    with pytest.raises(LibraryBroken, match=r"has format 1, .* `footnote doctor` builds it anew"):
        _ = opened.live
    assert opened.mend().live == "000002"
    assert texts(open_library(library.folder)) == {"a.txt": RAIN}


def test_the_doctor_writes_a_generation_anew_whose_files_are_gone(
    library: Library, open_library: Open, news: Path, write_article: Write
):
    write_article(news, "a.txt", RAIN)
    library.add([news])
    (news / "a.txt").unlink()
    flip(library.folder / "generations" / "000001" / "passages.faiss", 0.5)
    opened = open_library(library.folder)
    assert opened.mend().done[0] == "generation 000001 was written anew from its articles, as 000002"
    assert texts(opened) == {"a.txt": RAIN}
    assert opened.search("rain", 1)


@pytest.mark.parametrize("damage", [None, b"", b"\xff\xfe\0", b"000009\n", b"../..\n"])
def test_the_doctor_mends_the_pointer(
    library: Library, open_library: Open, news: Path, write_article: Write, damage: bytes | None
):
    write_article(news, "a.txt", RAIN)
    library.add([news])
    pointer = library.folder / "CURRENT"
    pointer.unlink() if damage is None else pointer.write_bytes(damage)
    opened = open_library(library.folder)
    opened.mend()
    assert texts(opened) == {"a.txt": RAIN}


def test_the_owner_of_the_lock_is_told_and_a_dead_one_is_no_hindrance(
    library: Library, open_library: Open, news: Path, write_article: Write, caplog: pytest.LogCaptureFixture
):
    write_article(news, "a.txt", RAIN)
    with (
        building(library.folder),
        pytest.raises(LibraryLocked, match=rf"another process \({os.getpid()}, since"),
    ):
        open_library(library.folder).add([news])
    (library.folder / OWNER).write_text('{"pid": 4242, "since": "2022-05-06"}', encoding="utf-8")
    library.add([news])
    assert "the build before (4242, since 2022-05-06) did not end" in caplog.text
    assert not (library.folder / OWNER).exists()


# --- answers while it is rebuilt -----------------------------------------------------------------------


def test_questions_in_a_loop_during_twenty_rebuilds_all_get_exact_citations(
    open_library: Open, encoder: Encoder, tmp_path: Path, news: Path, write_article: Write
):
    from assistant import Assistant

    writer = open_library(tmp_path / "library")
    for n in range(6):
        write_article(news, f"{n}.txt", f"Boat {n} sailed to Tholmby. It carried {n} cars.")
    writer.add([news])
    assistant = Assistant.open(tmp_path / "library", use_model=False)
    done, wrong, asked = threading.Event(), list[object](), list[str]()

    def ask() -> None:
        while not done.is_set():
            try:
                before = assistant.library.live
                answer = assistant.ask("How many cars did boat 3 carry?")
                held = {g.manifest.generation: g for g in (before, assistant.library.live)}
                generation = held.get(answer.generation)
                if answer.status != "answered":
                    wrong.append(answer.text)
                if generation is None:  # built, used and replaced within this one answer
                    continue
                for c in answer.citations:
                    text = generation.article(c.source.article).text
                    if text[c.start : c.end] != c.quote:
                        wrong.append(c)
                asked.append(answer.generation)
            except Exception as error:  # noqa: BLE001 - what a thread raises would be lost
                wrong.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    for version in range(20):
        write_article(
            news, "3.txt", f"Boat 3 sailed to Tholmby. {'On time. ' * version}It carried {version} cars."
        )
        assert writer.sync().changed == ["3.txt"]
        while len(asked) <= version and not wrong:
            time.sleep(0.01)
    done.set()
    thread.join()
    assert wrong == []
    assert len(asked) >= 20 and len(set(asked)) >= 10
