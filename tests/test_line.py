"""The line for the language model: its order, its stopping, its estimate."""

import threading
import time

import pytest

from assistant.llm.line import Line, Place
from index.errors import Cancelled


def test_whoever_comes_first_has_the_model_and_the_others_are_told_their_place() -> None:
    line, order = Line(), []
    told: dict[str, list[int]] = {"b": [], "c": []}

    def wait(name: str) -> None:
        with line.joined() as place:
            for ahead in place.waited():
                told[name].append(ahead)
            order.append(name)

    with line.joined() as first:
        assert list(first.waited()) == []
        threads = []
        for name, seen in told.items():
            threads.append(threading.Thread(target=wait, args=(name,)))
            threads[-1].start()
            until(seen)
        order.append("a")
    for thread in threads:
        thread.join(timeout=30)
    assert order == ["a", "b", "c"]
    assert told["b"] == [1]
    assert told["c"][0] == 2
    assert set(told["c"]) <= {2, 1}


def test_whoever_is_first_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.llm.line.LOOK_EVERY_S", 3600.0)
    with Line().joined() as first:
        assert list(first.waited()) == []


def test_one_that_is_stopped_gives_up_its_place() -> None:
    line, stop = Line(), threading.Event()
    with line.joined() as first:
        list(first.waited())
        with pytest.raises(Cancelled), line.joined() as second:
            for ahead in second.waited(stop):
                assert ahead == 1
                stop.set()
        with line.joined() as third:
            assert next(third.waited()) == 1, "the second is gone"


def test_the_estimate_is_the_median_of_what_it_took() -> None:
    line = Line()
    assert line.pace.typical_s is None
    assert Place(line).left_s(3) is None
    for took in (1.0, 100.0, 3.0):
        line.pace.note(took)
    place = Place(line)
    assert line.pace.typical_s == 3.0
    assert (place.left_s(0), place.left_s(1), place.left_s(2)) == (3.0, 4.5, 7.5)


def test_what_it_took_is_measured_from_ones_turn() -> None:
    line = Line()
    with line.joined() as place:
        list(place.waited())
        time.sleep(0.05)
        place.done()
    assert line.pace.typical_s is not None
    assert 0.05 <= line.pace.typical_s < 5


def until(seen: list[int]) -> None:
    """Wait for what a thread notes."""
    deadline = time.monotonic() + 30
    while not seen:
        assert time.monotonic() < deadline
        time.sleep(0.01)
