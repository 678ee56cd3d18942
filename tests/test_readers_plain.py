"""Text files → articles: date lines, front matter, titles, encodings; the text stays the whole file."""

import datetime as dt
import logging
import random
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.readers.decode import decode
from tests.test_readers import one, refusal

BODY = "It rained. The ferry did not sail."


# --- the dated format ---------------------------------------------------------------------------


def test_the_dated_format_gives_the_date_and_leaves_the_text_whole(tmp_path: Path):
    text = f" date 2021-12-24 \n\n\n\n{BODY}\n"
    article = one(tmp_path, "a.txt", text)
    assert (article.date, article.title) == (dt.date(2021, 12, 24), None)
    assert article.text == text
    assert article.text[article.body_start :].strip() == BODY


@pytest.mark.parametrize("line", [" date 2021-12-24 \n", "date 2021-12-24\r\n", "\t date 2021-12-24\t\n"])
def test_a_date_line_may_have_other_white_space_around_it(tmp_path: Path, line: str):
    article = one(tmp_path, "a.txt", line + BODY)
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
    article = one(tmp_path, "a.txt", first + BODY)
    assert (article.date, article.title, article.body_start) == (None, None, 0)
    assert article.text == first + BODY


def test_a_date_line_of_the_future_is_a_date_line_of_an_unknown_day(tmp_path: Path):
    article = one(tmp_path, "a.txt", f" date 2999-12-24 \n{BODY}")
    assert (article.date, article.text[article.body_start :]) == (None, BODY)


@pytest.mark.parametrize(
    "text",
    ["\n date 2021-12-24 \n\nIt rained.", "updated 2021-12-24\nIt rained.", "date 2021-12-24, rain."],
)
def test_a_date_elsewhere_is_not_guessed(tmp_path: Path, text: str):
    assert one(tmp_path, "a.txt", text).date is None


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
    article = one(tmp_path, "a.txt", text)
    assert article.title == title
    assert (BODY in article.text[article.body_start :]) == (BODY in text)
    if title:
        assert article.text[article.body_start :].strip() == BODY


@pytest.mark.parametrize(
    "line",
    ["CNN —", "AP", "(AP)", "LONDON (Reuters) —", "LONDON (Reuters)", "ORVELHAVEN –",
     "New York CNN Business —", "BBC News",
     "The Associated Press", "USA TODAY", "WASHINGTON --"],
)  # fmt: skip
def test_a_dateline_or_an_agency_alone_is_no_title_and_no_sentence(tmp_path: Path, line: str):
    article = one(tmp_path, "a.txt", f" date 2022-05-06 \n\n\n\n{line}\n\n{BODY}")
    assert article.title is None
    assert article.text[article.body_start :] == BODY


@pytest.mark.parametrize(
    "line", ["Ferry back – at last", "BBC cuts 400 jobs", "AP style (2022)", "CNN and the sea"]
)
def test_a_title_may_name_an_agency_or_hold_a_dash(tmp_path: Path, line: str):
    assert one(tmp_path, "a.txt", f"{line}\n\n{BODY}").title == line


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
    assert one(tmp_path, "a.md", f"{line}\n\n{BODY}").title == title


def test_a_heading_mark_in_plain_text_is_text(tmp_path: Path):
    assert one(tmp_path, "a.txt", f"# Ferry back\n\n{BODY}").title == "# Ferry back"


@pytest.mark.timeout(30)
def test_a_million_blank_lines_are_read_at_once(tmp_path: Path):
    """The time must not grow with the square of the number of lines."""
    article = one(tmp_path, "a.txt", "Ferry" + "\n" * 1_000_000)
    assert (article.title, article.body_start) == (None, 0)


# --- front matter -------------------------------------------------------------------------------

FRONT = """---
title: "Ferry back: the sequel"
date: 2022-05-06T10:00:00+02:00
authors: [Ane Holt, Per Li]
publisher: The Ormeska Bell
permalink: https://bell.example/ferry
tags: [sea]
---
"""


@pytest.mark.parametrize("heading", ["", "# Ferry back: the sequel\n\n"])
def test_front_matter_tells_what_is_known_and_stays_in_the_text(tmp_path: Path, heading: str):
    article = one(tmp_path, "a.md", FRONT + heading + BODY)
    assert (article.title, article.date) == ("Ferry back: the sequel", dt.date(2022, 5, 6))
    assert (article.author, article.source) == ("Ane Holt, Per Li", "The Ormeska Bell")
    assert article.url == "https://bell.example/ferry"
    assert article.text == FRONT + heading + BODY
    assert article.text[article.body_start :] == BODY


def test_a_heading_that_is_not_the_title_is_a_heading_of_the_text(tmp_path: Path):
    article = one(tmp_path, "a.md", f"{FRONT}## The storm\n\n{BODY}")
    assert article.text[article.body_start :] == f"## The storm\n\n{BODY}"


@pytest.mark.parametrize(
    "front",
    [
        "---\ntitle: [unclosed\n---\n",
        "---\ntitle: !!python/object/apply:os.system ['true']\n---\n",
        "---\nIt rained.\n---\n",
        "---\n- a\n---\n",
        "---\ntitle: no end\n\n",
        "---\n" + "[" * 5000 + "\n---\n",
    ],
)
def test_what_is_no_front_matter_is_text(tmp_path: Path, front: str):
    article = one(tmp_path, "a.md", front + BODY)
    assert (article.body_start, article.date, article.author) == (0, None, None)
    assert article.text == front + BODY


@pytest.mark.timeout(20)
def test_front_matter_that_doubles_itself_is_read_at_once(tmp_path: Path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    front = "---\n" + "\n".join(lines) + "\nauthor: *a11\n---\n"
    assert one(tmp_path, "a.md", front + BODY).text == front + BODY


@pytest.mark.parametrize("value", ["2022", "May 2022", "05/06/2022", "2999-01-01", "2022-02-30", "soon"])
def test_a_date_in_front_matter_that_is_not_certain_is_unknown(tmp_path: Path, value: str):
    assert one(tmp_path, "a.md", f"---\ntitle: T\ndate: {value}\n---\n{BODY}").date is None


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", " \n\t\r\n  ", "\ufeff", " date 2021-12-24 ", " date 2021-12-24 \n\n\n\n \n"]
)
def test_a_file_without_text_is_refused(tmp_path: Path, text: str):
    assert refusal(tmp_path, "a.txt", text) == "a.txt: there is no text in it; the file was left out"


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"text with one \0 in it",
        random.Random(1).randbytes(3000).replace(b"\0", b""),
    ],
)
def test_binary_data_is_refused_whatever_the_file_is_called(tmp_path: Path, data: bytes):
    assert refusal(tmp_path, "a.txt", data) == (
        "a.txt: this is not text (binary data); the file was left out"
    )


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
        assert one(tmp_path, "a.txt", text.encode(encoding)).text == text
    assert caplog.messages == [f"a.txt: not valid UTF-8, read as {named}; check its accents"]


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_with_its_byte_order_mark_is_read_without_the_mark(tmp_path: Path, codec: str):
    text = "Évian – 漢字 😀.\r\nIt rained."
    assert one(tmp_path, "a.txt", f"\ufeff{text}".encode(codec)).text == text


def test_utf_8_leaves_nothing_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    one(tmp_path, "a.txt", "Évian.")
    assert caplog.messages == []
