"""The door to the readers: what every format has in common, and what no hostile file can do."""

import datetime as dt
import random
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import ReadError
from index.readers import ENDINGS, MAX_FILE_BYTES, SUFFIXES, Refused, read_articles
from index.readers.dates import parse_date
from index.readers.raw import Keys, clean
from index.text import Article, short_hash

ROOT = Path(__file__).resolve().parent.parent
BODY = "It rained all week in Nether Skarrow. The ferry did not sail on Monday."


def read(
    folder: Path, name: str, data: str | bytes, columns: Mapping[str, str] | None = None
) -> list[Article | Refused]:
    """All that the door gives for a file."""
    file = folder / name
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return list(read_articles(file, columns or {}))


def articles(
    folder: Path, name: str, data: str | bytes, columns: Mapping[str, str] | None = None
) -> list[Article]:
    """The articles of a file in which nothing is refused."""
    found = read(folder, name, data, columns)
    assert [item for item in found if isinstance(item, Refused)] == []
    return [item for item in found if isinstance(item, Article)]


def one(folder: Path, name: str, data: str | bytes) -> Article:
    """The one article of a file."""
    (article,) = articles(folder, name, data)
    return article


def refusal(folder: Path, name: str, data: str | bytes, columns: Mapping[str, str] | None = None) -> str:
    """The one line with which the whole file is refused."""
    with pytest.raises(ReadError) as refused:
        read(folder, name, data, columns)
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith(f"{name}: ")
    return str(refused.value)


# --- the door -----------------------------------------------------------------------------------


def test_an_article_is_known_by_the_path_of_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text(BODY, encoding="utf-8")
    (article,) = read_articles(Path("a.txt"))
    path = str(tmp_path.resolve() / "a.txt")
    assert isinstance(article, Article)
    assert (article.file, article.path, article.id) == ("a.txt", path, short_hash(path))


@pytest.mark.parametrize("name", ["a.odt", "a", "a.txt.gz", ".txt", "a.doc"])
def test_another_ending_is_refused_with_those_that_are_read(tmp_path: Path, name: str):
    assert refusal(tmp_path, name, BODY) == (
        f"{name}: only files ending in {ENDINGS} are read; the file was left out"
    )


def test_a_file_that_is_not_there_or_a_folder_is_refused_in_one_line(tmp_path: Path):
    (tmp_path / "b.txt").mkdir()
    for name, reason in (("a.pdf", "No such file or directory"), ("b.txt", "Is a directory")):
        with pytest.raises(ReadError) as refused:
            list(read_articles(tmp_path / name))
        assert str(refused.value) == f"{name}: can't be read ({reason}); the file was left out"


def test_nothing_heavy_is_loaded_before_a_file_needs_it():
    heavy = ["trafilatura", "lxml", "pypdf", "docx", "feedparser", "dateparser"]
    script = f"import sys, index.readers; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


# What the files of each format begin with, so that the bytes behind it reach the parser.
STARTS = {
    ".txt": b"", ".md": b"---\ntitle: x\n", ".html": b"<html><body><p>", ".htm": b"",
    ".pdf": b"%PDF-1.7\n",
    ".docx": b"PK\x03\x04", ".eml": b"From: a@b\nSubject: x\nContent-Type: multipart/mixed\n",
    ".mbox": b"From a\n",
    ".rss": b"<rss version='2.0'><channel>", ".atom": b"<feed>", ".xml": b"<?xml version='1.0'?>",
    ".csv": b"title,text\n", ".tsv": b"title\ttext\n", ".jsonl": b'{"text": "a"}\n',
    ".json": b'[{"text": "a"},',
    ".ndjson": b"", ".zip": b"PK\x03\x04",
}  # fmt: skip


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
@pytest.mark.parametrize("seed", range(4))
def test_no_bytes_whatever_raise_anything_but_a_read_error(tmp_path: Path, suffix: str, seed: int):
    noise = random.Random(f"{suffix}{seed}").randbytes(3000)
    file = tmp_path / f"a{suffix}"
    file.write_bytes(STARTS.get(suffix, b"") + (noise if seed % 2 else noise.replace(b"\0", b" ")))
    try:
        items = list(read_articles(file))
    except ReadError as error:
        assert "\n" not in str(error)
        return
    for item in items:
        if isinstance(item, Refused):
            assert "\n" not in item.reason
        else:
            assert item.sha256 and "\0" not in item.text


def test_a_library_that_raises_anything_else_refuses_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    import pypdf

    def broken(*_: object, **__: object) -> None:
        raise KeyError("/Root\nsecond line")

    monkeypatch.setattr(pypdf, "PdfReader", broken)
    assert refusal(tmp_path, "a.pdf", b"%PDF-1.4") == (
        "a.pdf: damaged, or not what its name says (KeyError: '/Root\\nsecond line'); save it again"
    )


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.zip"])
def test_when_the_disk_fails_the_error_has_it_as_its_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    """So that a build can tell a file that may be read next time from a damaged one."""

    def broken(*_: object) -> None:
        raise OSError(5, "Input/output error")

    (tmp_path / name).write_text(BODY, encoding="utf-8")
    monkeypatch.setattr(Path, "open", broken)
    monkeypatch.setattr(Path, "read_bytes", broken)
    with pytest.raises(
        ReadError, match=f"^{name}: can't be read .Input/output error.; the file was left out$"
    ) as e:
        list(read_articles(tmp_path / name))
    assert isinstance(e.value.__cause__, OSError)


@pytest.mark.parametrize("suffix", [".txt", ".html", ".rss"])
def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path: Path, suffix: str):
    file = tmp_path / f"dump{suffix}"
    with file.open("wb") as stream:
        stream.truncate(50_000_000)  # sparse: 50 MB that take no space
    with pytest.raises(ReadError, match=r"50\.0 MB is over the limit of 20 MB for one article; split it"):
        list(read_articles(file))
    assert MAX_FILE_BYTES == 20_000_000


# --- dates --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "2022-05-06", "2022-05-06T23:59:59+14:00", "2022/05/06", "20220506", "06.05.2022",
        "6 May 2022", "May 6, 2022",
        "Friday, May 6, 2022 at 10:15 p.m. EDT", "Fri, 06 May 2022 23:30:00 -0400", "6. Mai 2022",
        "6 mai 2022",
        "6 de mayo de 2022", "6 мая 2022 г.", "2022年5月6日", "2022년 5월 6일", "1651795200",
        "1651795200000", 1651795200,
        dt.date(2022, 5, 6), dt.datetime(2022, 5, 6, 10, 30, tzinfo=dt.UTC),
    ],
)  # fmt: skip
def test_a_day_that_is_written_in_full_is_known(words: object):
    assert parse_date(words) == dt.date(2022, 5, 6)


@pytest.mark.parametrize(
    "words",
    [
        "", "2022", "May 2022", "2022-05", "6 May", "05/06/2022", "5-6-2022", "13/5/22", "yesterday",
        "3 days ago",
        "Friday", "31 April 2022", "2022-02-30", "2022-13-01", "0000-00-00", "0001-01-01",
        "1970-01-01", "0000000000",
        "6 May 2922", "3022-01-01", "Spring 2022", "Week 12, 2022", "n/a", "None", "٢٠٢٢-٠٥-٠٦",
        "1" * 4000,
        "The council met on 6 May 2022, and it decided after two hours that nothing was decided.",
    ],
)  # fmt: skip
def test_a_day_that_is_not_certain_is_unknown(words: str):
    assert parse_date(words) is None


def test_the_day_first_or_the_month_first_where_only_one_can_be():
    assert parse_date("24/12/2021") == parse_date("12/24/2021") == dt.date(2021, 12, 24)
    assert parse_date("05/05/2022") == dt.date(2022, 5, 5)


def test_tomorrow_is_today_somewhere_and_the_day_after_is_the_future():
    today = dt.date(2022, 5, 6)
    assert parse_date("2022-05-07", today) == dt.date(2022, 5, 7)
    assert parse_date("2022-05-08", today) is None


@given(st.dates(dt.date(1971, 1, 1), dt.date(2025, 1, 1)), st.text(max_size=12))
@settings(max_examples=200)
def test_words_are_a_day_or_nothing_and_never_an_error(day: dt.date, around: str):
    assert parse_date(day.isoformat()) == day
    found = parse_date(f"{around} {day.strftime('%d %b %Y')}{around}")
    assert found is None or found.year > 1604


# --- text and keys ------------------------------------------------------------------------------


@given(st.text(st.characters()))
def test_cleaned_text_can_be_written_and_cleaning_it_again_changes_nothing(text: str):
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert not set(cleaned) & set("\0\x1b\r\x0c\xad\u200b\ufeff")
    cleaned.encode()


@given(st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.sampled_from(["One.", "Two.", "Three."]))))
def test_no_two_articles_of_a_file_have_one_key(rows: list[tuple[str | None, str]]):
    keys = Keys()
    given_out = [keys.take(value, text) for value, text in rows]
    kept = [key for key in given_out if key is not None]
    assert len(kept) == len(set(kept)) == len(set(rows))
