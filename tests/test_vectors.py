"""FAISS against numpy, and cosines worked out by hand: three libraries got these silently wrong."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.embed import Rows
from index.errors import LibraryBroken
from index.vectors import Vectors

PLANE: Rows = np.array([[1, 0], [0, 1], [0.6, 0.8], [-1, 0], [0.96, -0.28]], dtype=np.float32)


def unit_rows(count: int, dim: int, seed: int) -> Rows:
    rows = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def as_stored(rows: Rows) -> Rows:
    return rows.astype(np.float16).astype(np.float32)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ([1, 0], [(0, 1.0), (4, 0.96), (2, 0.6), (1, 0.0), (3, -1.0)]),
        ([0.8, 0.6], [(2, 0.96), (0, 0.8), (1, 0.6), (4, 0.6), (3, -0.8)]),
        ([-1, 0], [(3, 1.0), (1, 0.0), (2, -0.6), (4, -0.96), (0, -1.0)]),
    ],
)
def test_cosines_are_those_worked_out_by_hand_best_first(query: list[float], found: list[tuple[int, float]]):
    got = Vectors.of(PLANE).search(np.array(query, dtype=np.float32), 5)
    assert [c for _, c in got] == pytest.approx([c for _, c in found], abs=5e-4)
    assert sorted(r for r, _ in got) == [0, 1, 2, 3, 4]
    for row, cosine in got:
        assert cosine == pytest.approx(dict(found)[row], abs=5e-4)


@given(st.integers(1, 400), st.integers(2, 70), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_search_finds_what_brute_force_finds(count: int, dim: int, k: int, seed: int):
    rows, query = unit_rows(count, dim, seed), unit_rows(1, dim, seed + 1)[0]
    found = Vectors.of(rows).search(query, k)
    assert len(found) == len({r for r, _ in found}) == min(k, count)
    # The best of the rows as they are stored (FAISS and numpy round some halves to different sides),
    # and within float16 of the rows as given.
    stored = as_stored(rows) @ query
    best = np.sort(stored)[::-1][: len(found)]
    assert [c for _, c in found] == pytest.approx(best.tolist(), abs=1e-4)
    for row, cosine in found:
        assert cosine == pytest.approx(float(stored[row]), abs=1e-4)
        assert cosine == pytest.approx(float(rows[row] @ query), abs=1e-3)


def test_a_row_finds_itself_first():
    rows = unit_rows(500, 384, seed=7)
    vectors = Vectors.of(rows)
    for number in range(0, 500, 25):
        assert vectors.search(rows[number], 1) == [(number, pytest.approx(1.0, abs=1e-3))]


@pytest.mark.parametrize(
    "rows",
    [
        PLANE * 1.002,
        PLANE * 0.998,
        PLANE * 0,
        np.array([[np.nan, 1]], dtype=np.float32),
        np.array([[1, 0], [0.7, 0.7]], dtype=np.float32),  # one of them
        np.array([1.0, 0.0], dtype=np.float32),  # no rows at all
    ],
)
def test_rows_that_are_not_of_unit_length_are_refused(rows: Rows):
    with pytest.raises(ValueError, match=r"unit length|axis"):
        Vectors.of(rows)


def test_more_than_all_gives_all_and_less_than_one_gives_none():
    vectors = Vectors.of(PLANE)
    assert len(vectors.search(PLANE[0], 100)) == len(vectors) == 5
    assert vectors.search(PLANE[0], 0) == vectors.search(PLANE[0], -3) == []


def test_an_empty_index_finds_nothing_saved_or_not(tmp_path: Path):
    empty = Vectors.of(np.empty((0, 2), dtype=np.float32))
    empty.save(tmp_path / "empty.faiss")
    for vectors in (empty, Vectors.load(tmp_path / "empty.faiss")):
        assert (len(vectors), vectors.search(PLANE[0], 3)) == (0, [])
        assert vectors.rows([]).shape == (0, 2)


def test_stored_rows_come_back_by_number_of_unit_length_within_float16():
    rows = unit_rows(50, 384, seed=1)
    got = Vectors.of(rows).rows([49, 0, 0, 7])
    assert (got.shape, got.dtype) == ((4, 384), np.float32)
    assert np.abs(got - rows[[49, 0, 0, 7]]).max() < 5e-4
    assert np.abs(np.linalg.norm(got, axis=1) - 1).max() < 1e-6


def test_rows_that_are_stored_again_and_again_stay_the_same():
    """Each build copies the rows of unchanged texts from the one before: they must not drift."""
    first = Vectors.of(unit_rows(50, 384, seed=1))
    again = first
    for _ in range(5):
        again = Vectors.of(again.rows(range(50)))
    assert np.array_equal(again.rows(range(50)), first.rows(range(50)))


def test_a_saved_index_gives_the_same_when_loaded(tmp_path: Path):
    vectors = Vectors.of(unit_rows(200, 16, seed=3))
    vectors.save(tmp_path / "rows.faiss")
    loaded = Vectors.load(tmp_path / "rows.faiss")
    assert len(loaded) == 200
    assert np.array_equal(loaded.rows(range(200)), vectors.rows(range(200)))
    for query in unit_rows(10, 16, seed=4):
        assert loaded.search(query, 20) == vectors.search(query, 20)


@pytest.mark.parametrize("damage", ["missing", "empty", "garbage", "half", "endless"])
def test_a_file_that_is_no_index_is_a_broken_library_in_one_line(tmp_path: Path, damage: str):
    file = tmp_path / "rows.faiss"
    Vectors.of(PLANE).save(file)
    data = file.read_bytes()
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(
            {
                "empty": b"",
                "garbage": b"this is not an index, it is a text\n" * 9,
                "half": data[: len(data) // 2],
                # One bit of a length, which now asks for more memory than any machine has.
                "endless": data[:77] + bytes([data[77] ^ 0x80]) + data[78:],
            }[damage]
        )
    with pytest.raises(LibraryBroken) as broken:
        Vectors.load(file)
    assert str(broken.value).startswith("rows.faiss can't be read; run `footnote doctor`")
    assert "\n" not in str(broken.value)


def test_a_disk_that_can_not_be_written_is_an_os_error(tmp_path: Path):
    with pytest.raises(OSError, match=r"rows.faiss could not be written"):
        Vectors.of(PLANE).save(tmp_path / "nowhere" / "rows.faiss")
