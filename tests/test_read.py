"""Files → articles: what is taken for a date and a title, and which files are refused, and how."""

import datetime as dt
import logging
import os
import random
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.errors import ReadError, UsageError
from index.read import MAX_FILE_BYTES, article_files, decode, read_article
from index.text import Article, short_hash

BODY = "It rained. The ferry did not sail."


def read(folder: Path, data: str | bytes, name: str = "a.txt") -> Article:
    file = folder / name
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_article(file)


def refusal(folder: Path, data: str | bytes) -> str:
    with pytest.raises(ReadError) as refused:
        read(folder, data)
    assert "\n" not in str(refused.value)
    return str(refused.value)


# --- the dated format ---------------------------------------------------------------------------


def test_the_dated_format_gives_the_date_and_leaves_the_text_whole(tmp_path: Path):
    text = f" date 2021-12-24 \n\n\n\n{BODY}\n"
    article = read(tmp_path, text)
    assert (article.date, article.title) == (dt.date(2021, 12, 24), None)
    assert article.text == text
    assert article.text[article.body_start :].strip() == BODY


@pytest.mark.parametrize("line", [" date 2021-12-24 \n", "date 2021-12-24\r\n", "\t date 2021-12-24\t\n"])
def test_a_date_line_may_have_other_white_space_around_it(tmp_path: Path, line: str):
    article = read(tmp_path, line + BODY)
    assert (article.date, article.body_start) == (dt.date(2021, 12, 24), len(line))


@pytest.mark.parametrize(
    "first",
    [
        " date 2022-02-30 \n\n\n\n",  # no such day
        " date 0000-01-01 \n\n\n\n",  # no such year
        " date ٢٠٢١-١٢-٢٤ \n\n\n\n",  # other digits
    ],
)
def test_an_invalid_date_stays_text_and_is_no_title(tmp_path: Path, first: str):
    article = read(tmp_path, first + BODY)
    assert (article.date, article.title, article.body_start) == (None, None, 0)
    assert article.text == first + BODY


@pytest.mark.parametrize(
    "text",
    ["\n date 2021-12-24 \n\nIt rained.", "updated 2021-12-24\nIt rained.", "date 2021-12-24, rain."],
)
def test_a_date_elsewhere_is_not_guessed(tmp_path: Path, text: str):
    assert read(tmp_path, text).date is None


# --- the title ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (f"Ferry back at sea\n\n{BODY}", "Ferry back at sea"),
        (f"\n\n  Ferry back at sea  \r\n \t\r\n\r\n{BODY}", "Ferry back at sea"),
        (f" date 2022-05-06 \n\n\n\nFerry back at sea\n\n{BODY}", "Ferry back at sea"),
        (f"{'x' * 150}\n\n{BODY}", "x" * 150),
        (f"{'x' * 151}\n\n{BODY}", None),
        (f"Ferry back at sea\n{BODY}", None),  # no blank line: it goes on
        (f"The ferry is back.\n\n{BODY}", None),
        (f"Who sails now?\n\n{BODY}", None),
        (f"“The ferry is back”\n\n{BODY}", None),
        ("Ferry back at sea\n\n\n", None),  # nothing follows: it is all there is
    ],
)
def test_a_first_line_alone_that_does_not_end_like_a_sentence_is_the_title(
    tmp_path: Path, text: str, title: str | None
):
    article = read(tmp_path, text)
    assert article.title == title
    assert (BODY in article.text[article.body_start :]) == (BODY in text)
    if title:
        assert article.text[article.body_start :].strip() == BODY


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("# Ferry back.", "Ferry back."),
        ("# Ferry back ##", "Ferry back"),
        ("## Ferry back", "Ferry back"),
        ("# All about C#", "All about C#"),
        ("#hashtag", "#hashtag"),
        ("# " + "x" * 149, None),  # too long to be repeated with each passage
    ],
)
def test_a_markdown_heading_is_the_title_without_its_marks(tmp_path: Path, line: str, title: str | None):
    assert read(tmp_path, f"{line}\n\n{BODY}", "a.md").title == title


def test_a_heading_mark_in_plain_text_is_text(tmp_path: Path):
    assert read(tmp_path, f"# Ferry back\n\n{BODY}", "a.txt").title == "# Ferry back"


@pytest.mark.timeout(30)
def test_a_million_blank_lines_are_read_at_once(tmp_path: Path):
    """The time must not grow with the square of the number of lines."""
    article = read(tmp_path, "Ferry" + "\n" * 1_000_000)
    assert (article.title, article.body_start) == (None, 0)


# --- identity -----------------------------------------------------------------------------------


def test_an_article_is_known_by_the_path_of_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text(BODY, encoding="utf-8")
    article = read_article(Path("a.txt"))
    path = str(tmp_path.resolve() / "a.txt")
    assert (article.file, article.path, article.id) == ("a.txt", path, short_hash(path))


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", " \n\t\r\n  ", "\ufeff", " date 2021-12-24 ", " date 2021-12-24 \n\n\n\n \n"]
)
def test_a_file_without_text_is_refused(tmp_path: Path, text: str):
    assert refusal(tmp_path, text) == "a.txt: there is no text in it; the file was left out"


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"text with one \0 in it",
        random.Random(1).randbytes(3000).replace(b"\0", b""),
    ],
)
def test_binary_data_is_refused_whatever_the_file_is_called(tmp_path: Path, data: bytes):
    assert refusal(tmp_path, data) == ("a.txt: this is not text (binary data); the file was left out")


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path: Path):
    file = tmp_path / "dump.txt"
    with file.open("wb") as stream:
        stream.truncate(50_000_000)  # sparse: 50 MB that take no space
    with pytest.raises(ReadError, match=r"^dump.txt: 50.0 MB is over the limit of 20 MB for one"):
        read_article(file)
    with file.open("wb") as stream:
        stream.truncate(MAX_FILE_BYTES)
    with pytest.raises(ReadError, match="binary data"):  # read, and found to be nothing but NUL
        read_article(file)


def test_a_folder_in_place_of_a_file_is_refused_in_one_line(tmp_path: Path):
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(ReadError) as refused:
        read_article(tmp_path / "a.txt")
    assert str(refused.value) == "a.txt: can't be read (Is a directory); the file was left out"


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a", "a.txt.gz", ".txt"])
def test_a_file_with_another_ending_is_refused_with_those_that_are_read(tmp_path: Path, name: str):
    (tmp_path / name).write_text(BODY, encoding="utf-8")
    with pytest.raises(ReadError) as refused:
        read_article(tmp_path / name)
    assert str(refused.value) == (
        f"{name}: only files ending in .markdown, .md, .text, .txt are read; the file was left out"
    )


def test_a_file_name_that_is_not_utf_8_is_refused_in_words_that_can_be_printed(tmp_path: Path):
    file = tmp_path / os.fsdecode(b"caf\xe9.txt")
    file.write_text(BODY, encoding="utf-8")
    with pytest.raises(ReadError) as refused:
        read_article(file)
    assert str(refused.value) == ("caf\\udce9.txt: the file's name is not UTF-8; rename the file")


# --- encodings ----------------------------------------------------------------------------------

UNICODE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(UNICODE)
@example("\r\n\r\r\n")
@example("\u2028\x85\x1c\x0c")
@example("e\u0301 👩‍👩‍👧 \ufeff שלום")
def test_decoding_utf_8_loses_and_changes_no_character(text: str):
    assert decode("a.txt", text.encode()) == text.removeprefix("\ufeff")  # a mark, not a character
    assert decode("a.txt", b"\xef\xbb\xbf" + text.encode()) == text


@pytest.mark.parametrize(
    ("text", "encoding", "named"),
    [
        ("The café in Évian was closed.\r\n", "latin-1", "cp1252"),
        ("“It rose to €3.4 million – the council’s figure.”", "cp1252", "cp1252"),
        ("Évian était là. Le café était fermé, les élèves rentrés où ils ont mangé.", "cp1252", "cp1252"),
        ("Президент России заявил в четверг, что Запад несёт ответственность.", "cp1251", "cp1251"),
    ],
)
def test_other_encodings_are_read_with_a_warning_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str, encoding: str, named: str
):
    with caplog.at_level(logging.WARNING):
        assert read(tmp_path, text.encode(encoding)).text == text
    assert caplog.messages == [f"a.txt: not valid UTF-8, read as {named}; check its accents"]


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_with_its_byte_order_mark_is_read_without_the_mark(tmp_path: Path, codec: str):
    text = "Évian – 漢字 😀.\r\nIt rained."
    assert read(tmp_path, f"\ufeff{text}".encode(codec)).text == text


def test_utf_8_leaves_nothing_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    read(tmp_path, "Évian.")
    assert caplog.messages == []


# --- folders ------------------------------------------------------------------------------------


def test_a_folder_gives_its_text_files_sorted_and_leaves_out_the_rest(tmp_path: Path):
    kept = ["B.TXT", "a.txt", "c.markdown", "d.text", "deep/er/e.md"]
    left_out = [
        ".hidden.txt",
        ".git/f.txt",
        "deep/.cache/g.txt",
        "README.md",
        "deep/readme.txt",
        "h.pdf",
        "i.html",
        "txt",
        "j.txt.bak",
    ]
    for name in kept + left_out:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(BODY, encoding="utf-8")
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "broken.txt").symlink_to(tmp_path / "nowhere.txt")
    assert list(article_files(tmp_path)) == [tmp_path / name for name in kept]


def test_a_hidden_folder_that_is_named_itself_is_walked(tmp_path: Path):
    (tmp_path / ".notes").mkdir()
    file = tmp_path / ".notes" / "a.txt"
    file.write_text(BODY, encoding="utf-8")
    assert list(article_files(tmp_path / ".notes")) == [file]


def test_a_file_that_is_named_itself_is_taken_whatever_its_ending(tmp_path: Path):
    for name in ("README.md", ".hidden", "report.pdf"):
        (tmp_path / name).write_text(BODY, encoding="utf-8")
        assert list(article_files(tmp_path / name)) == [tmp_path / name]


def test_a_path_that_does_not_exist_is_wrong_use(tmp_path: Path):
    with pytest.raises(UsageError, match=r"nothing.txt: no such file or folder; check the path$"):
        list(article_files(tmp_path / "nothing.txt"))
    assert list(article_files(tmp_path)) == []
