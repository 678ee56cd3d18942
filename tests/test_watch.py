"""Real writes below watched folders: told of once each, when they have settled."""

import os
import queue
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from index.scan import IGNORE_FILE
from index.watch import changes

SETTLE_S = 0.2
TEXT = frozenset({".txt"})


class Signs:
    """What `changes` yields, and when."""

    def __init__(self) -> None:
        self._times: queue.Queue[float] = queue.Queue()

    def add(self) -> None:
        self._times.put(time.monotonic())

    def next(self) -> float:
        """The time of the next sign; fails after 10 seconds without one."""
        return self._times.get(timeout=10)

    def none(self, seconds: float = 2.5 * SETTLE_S) -> bool:
        """No sign comes for some seconds."""
        try:
            self._times.get(timeout=seconds)
        except queue.Empty:
            return True
        return False


@contextmanager
def watched(*sources: Path, settle_s: float = SETTLE_S, longest_s: float = 60.0) -> Iterator[Signs]:
    signs, stop = Signs(), threading.Event()

    def follow() -> None:
        for _ in changes(sources, stop, settle_s, TEXT, longest_s):
            signs.add()

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        signs.next()  # all is watched
        yield signs
    finally:
        stop.set()
        thread.join(timeout=10)
        assert not thread.is_alive()


def write(file: Path, text: str = "text") -> float:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return time.monotonic()


def write_later(file: Path) -> None:
    """Where folders are asked in turn, times count in whole seconds."""
    write(file, "more text")
    os.utime(file, (time.time() + 2, time.time() + 2))


@pytest.mark.parametrize("polling", ["false", "true"])
def test_a_new_a_changed_and_a_removed_file_are_told_of_once_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, polling: str
):
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", polling)
    monkeypatch.setenv("WATCHFILES_POLL_DELAY_MS", "50")
    with watched(tmp_path) as signs:
        file = tmp_path / "deep" / "a.txt"
        for step in (lambda: write(file), lambda: write_later(file), file.unlink):
            step()
            done = time.monotonic()
            assert signs.next() - done >= SETTLE_S * 0.9
            assert signs.none()


def test_nothing_is_told_when_nothing_happens_or_when_files_are_only_read(tmp_path: Path):
    write(tmp_path / "a.txt")
    with watched(tmp_path) as signs:
        (tmp_path / "a.txt").read_text(encoding="utf-8")
        assert signs.none()


def test_many_writes_are_one_change(tmp_path: Path):
    with watched(tmp_path) as signs:
        for number in range(100):
            last = write(tmp_path / f"{number % 7}" / f"{number}.txt")
            time.sleep(0.01)
        assert signs.next() >= last + SETTLE_S * 0.9
        assert signs.none()


def test_a_copy_is_told_of_when_it_is_whole(tmp_path: Path):
    with watched(tmp_path) as signs, (tmp_path / "large.txt").open("wb") as stream:
        for _ in range(12):
            stream.write(b"x" * 100_000)
            stream.flush()
            last = time.monotonic()
            time.sleep(SETTLE_S / 2)
        assert signs.next() >= last + SETTLE_S * 0.9
        assert signs.none()


def test_a_file_that_is_never_left_alone_does_not_hold_up_the_rest(tmp_path: Path):
    write(tmp_path / "log.txt")
    with watched(tmp_path, longest_s=1.0) as signs:
        begun = write(tmp_path / "a.txt")
        stop = threading.Event()

        def scribble() -> None:
            while not stop.wait(0.05):
                write(tmp_path / "log.txt", str(time.monotonic()))

        thread = threading.Thread(target=scribble)
        thread.start()
        first, second = signs.next(), signs.next()
        stop.set()
        thread.join()
    assert 1.0 <= first - begun < 5 and 1.0 <= second - first < 5


def save_through_another_file(file: Path) -> None:
    write(file.with_name("." + file.name + ".swp"))
    write(file.with_name("new~"), "saved")
    file.with_name("new~").replace(file)


@pytest.mark.parametrize("alone", [True, False])
def test_an_editor_that_writes_another_file_and_renames_it_is_noticed_each_time(tmp_path: Path, alone: bool):
    file = tmp_path / "a.txt"
    write(file)
    with watched(file if alone else tmp_path) as signs:
        for _ in range(3):
            save_through_another_file(file)
            signs.next()
            assert signs.none()


def test_a_file_that_is_a_source_itself_goes_and_comes_back(tmp_path: Path):
    file = tmp_path / "a.txt"
    write(file)
    with watched(file) as signs:
        for step in (file.unlink, lambda: write(file), lambda: write(file, "other")):
            step()
            signs.next()
            assert signs.none()
        write(tmp_path / "b.txt")
        assert signs.none()


def test_a_folder_goes_and_comes_back_and_is_watched_again(tmp_path: Path):
    source, away = tmp_path / "source", tmp_path / "away"
    write(source / "a.txt")
    write(tmp_path / "other" / "a.txt")
    with watched(source, tmp_path / "other") as signs:
        source.rename(away)
        signs.next()
        write(away / "b.txt")
        assert signs.none()
        away.rename(source)
        signs.next()
        write(source / "c.txt")
        signs.next()
        shutil.rmtree(source)
        signs.next()
        write(source / "d.txt")  # another folder of the same name
        signs.next()
        write(source / "e.txt")
        signs.next()
        write(tmp_path / "other" / "b.txt")
        signs.next()
        assert signs.none()


def test_a_source_may_be_absent_at_first(tmp_path: Path):
    with watched(tmp_path / "later") as signs:
        write(tmp_path / "later" / "a.txt")
        signs.next()
        write(tmp_path / "later" / "b.txt")
        signs.next()


def test_a_folder_that_is_moved_in_or_out_is_noticed(tmp_path: Path):
    write(tmp_path / "new" / "deep" / "a.txt")
    (tmp_path / "source").mkdir()
    with watched(tmp_path / "source") as signs:
        (tmp_path / "new").rename(tmp_path / "source" / "new")
        signs.next()
        write(tmp_path / "source" / "new" / "deep" / "b.txt")
        signs.next()
        (tmp_path / "source" / "new").rename(tmp_path / "new")
        signs.next()
        assert signs.none()


def test_a_linked_folder_is_watched_too(tmp_path: Path):
    write(tmp_path / "far" / "a.txt")
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "link").symlink_to(tmp_path / "far")
    with watched(tmp_path / "source") as signs:
        write(tmp_path / "far" / "b.txt")
        signs.next()


def test_what_is_not_taken_is_not_told_of(tmp_path: Path):
    write(tmp_path / IGNORE_FILE, "drafts/\n")
    write(tmp_path / "inner" / IGNORE_FILE, "b.txt\n")
    names = ["a.log", ".hidden.txt", ".git/a.txt", "readme.txt", "drafts/a.txt", "inner/b.txt"]
    for name in names:
        write(tmp_path / name)
    with watched(tmp_path) as signs:
        for name in names:
            write(tmp_path / name, "changed")
        assert signs.none()
        write(tmp_path / "inner" / "c.txt")
        signs.next()


def test_other_rules_of_what_is_left_out_are_a_change(tmp_path: Path):
    write(tmp_path / "a.txt")
    with watched(tmp_path) as signs:
        write(tmp_path / IGNORE_FILE, "a.txt\n")
        signs.next()
        (tmp_path / IGNORE_FILE).unlink()
        signs.next()


def test_changes_that_come_while_the_folders_are_read_are_told_of_next(tmp_path: Path):
    stop = threading.Event()
    told = changes([tmp_path], stop, SETTLE_S, TEXT)
    next(told)
    for number in range(3):  # nobody listens while these are written
        write(tmp_path / f"{number}.txt")
        time.sleep(SETTLE_S)
        next(told)
    stop.set()
    assert list(told) == []


def test_it_stops_soon_in_the_midst_of_changes(tmp_path: Path):
    with watched(tmp_path, settle_s=30.0):
        write(tmp_path / "a.txt")
        begun = time.monotonic()
    assert time.monotonic() - begun < 3


def test_a_folder_without_leave_to_read_does_not_stop_the_rest(tmp_path: Path):
    write(tmp_path / "shut" / "a.txt")
    (tmp_path / "shut").chmod(0)
    try:
        with watched(tmp_path) as signs:
            write(tmp_path / "b.txt")
            signs.next()
    finally:
        (tmp_path / "shut").chmod(0o700)
