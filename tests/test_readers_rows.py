"""Tables and JSON → articles: which column is which, what a row is called, streams, refusals."""

import csv
import datetime as dt
import io
import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import NoArticles, UsageError
from index.readers import Refused, read_articles
from index.readers.records import read_list
from index.text import Article, short_hash
from tests.test_readers import articles, read, refusal

HEADER = ["ID", "Headline", "Body", "Published", "Outlet", "Byline", "Link"]
ROW = ["a-1", 'The "ferry", again', "It rained.\n\nIt “sailed”.", "6 May 2022", "The Bell", "Ane Holt",
       "https://bell.example/1"]  # fmt: skip


def table(rows: list[list[str]], header: list[str] = HEADER, delimiter: str = ",") -> str:
    """A table as spreadsheets write it."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows([header, *rows])
    return text.getvalue()


# --- CSV ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_row_is_an_article_whatever_separates_its_cells(tmp_path: Path, delimiter: str, encoding: str):
    (article,) = articles(tmp_path, "a.csv", table([ROW], delimiter=delimiter).encode(encoding))
    assert (article.file, article.path) == ("a.csv!/a-1", f"{tmp_path.resolve()}/a.csv!/a-1")
    assert article.id == short_hash(article.path)
    assert (article.title, article.text) == ('The "ferry", again', "It rained.\n\nIt “sailed”.")
    assert (article.date, article.source, article.author) == (dt.date(2022, 5, 6), "The Bell", "Ane Holt")
    assert article.url == "https://bell.example/1"


def test_a_tsv_may_have_commas_in_its_header(tmp_path: Path):
    (article,) = articles(tmp_path, "a.tsv", "title\ttext\ta,b,c\nFerry\tIt rained.\tx\n")
    assert (article.title, article.text) == ("Ferry", "It rained.")


def test_columns_are_named_by_the_user_where_the_names_are_unusual(tmp_path: Path):
    data = table([["x", "It rained.", "wrong", "24.12.2021"]], ["t1", "t2", "text", "t3"])
    (article,) = articles(tmp_path, "a.csv", data, {"text": "t2", "title": "t1", "date": "t3"})
    assert (article.text, article.title, article.date) == ("It rained.", "x", dt.date(2021, 12, 24))


def test_without_a_column_of_text_the_message_says_how_to_name_it(tmp_path: Path):
    assert refusal(tmp_path, "a.csv", "when,what\n2022,rain\n") == (
        "a.csv: no column is known to hold the text; its columns are when, what; "
        "name the one that does with --map text=COLUMN"
    )
    assert refusal(tmp_path, "b.csv", "title,text\na,b\n", {"title": "headlin"}) == (
        "b.csv: there is no column headlin; its columns are title, text; "
        "name one of them with --map title=COLUMN"
    )


def test_names_of_columns_that_are_no_names_are_shown_in_one_short_line(tmp_path: Path):
    data = table([["1", "2"]], ["a\nb " + "x" * 5000, "c"])
    assert len(refusal(tmp_path, "a.csv", data)) < 200


def test_a_field_that_does_not_exist_is_wrong_use(tmp_path: Path):
    with pytest.raises(UsageError, match=r"^--map headline=title: the fields are text, title, date"):
        read(tmp_path, "a.csv", "title,text\na,b\n", {"headline": "title"})


def test_a_row_is_named_by_its_id_or_its_address_or_its_text_but_never_by_its_number(tmp_path: Path):
    header = ["id", "url", "text"]
    rows = [["7", "https://a.example/1", "One."], ["", "https://a.example/2", "Two."], ["", "", "Three."]]
    for order in (rows, rows[::-1]):
        found = {a.text: a.file for a in articles(tmp_path, "a.csv", table(order, header))}
        assert found == {
            "One.": "a.csv!/7",
            "Two.": "a.csv!/https://a.example/2",
            "Three.": f"a.csv!/{short_hash('Three.')}",
        }


def test_two_rows_of_one_id_are_two_articles_and_the_same_row_again_is_refused(tmp_path: Path):
    rows = [["7", "One."], ["7", "Two."], ["7", "One."], ["", "  "]]
    first, second, again, empty = read(tmp_path, "a.csv", table(rows, ["id", "text"]))
    assert isinstance(first, Article)
    assert isinstance(second, Article)
    assert (first.file, second.file) == ("a.csv!/7", f"a.csv!/7#{short_hash('Two.')}")
    path = f"{tmp_path.resolve()}/a.csv!/row"
    assert again == Refused(f"{path} 3", "a.csv!/row 3: the same as a row above; it was left out")
    assert empty == Refused(f"{path} 4", "a.csv!/row 4: there is no text in it; it was left out")


def test_a_cell_longer_than_python_allows_is_read(tmp_path: Path):
    long = "It rained all week. " * 20_000
    (article,) = articles(tmp_path, "a.csv", table([[long]], ["text"]))
    assert article.text == long.strip()


def test_html_in_a_cell_becomes_text_and_formulas_stay_text(tmp_path: Path):
    rows = [["<p>One.</p><p>Two <b>2</b>.</p>"], ["=HYPERLINK(1) rises"], ["3 < 4 and 5 > 4."]]
    found = [a.text for a in articles(tmp_path, "a.csv", table(rows, ["text"]))]
    assert found == ["One.\n\nTwo 2.", "=HYPERLINK(1) rises", "3 < 4 and 5 > 4."]


def test_a_row_with_a_comma_too_many_is_refused_rather_than_cut(tmp_path: Path):
    first, second = read(tmp_path, "a.csv", "text,title\nIt rained, a lot.,Rain\nIt snowed.,Snow\n")
    assert isinstance(first, Refused)
    assert first.reason.endswith(
        "it has 3 cells for 2 columns; put quotation marks around a text with commas in it"
    )
    assert isinstance(second, Article)
    (article,) = articles(tmp_path, "b.csv", "text\nIt rained, a lot.\n")
    assert article.text == "It rained, a lot."


def test_a_date_that_is_not_certain_is_not_taken_from_another_column(tmp_path: Path):
    data = table([["It rained.", "05/06/2022", "2023-01-01"]], ["text", "date", "created_at"])
    (article,) = articles(tmp_path, "a.csv", data)
    assert article.date is None


@pytest.mark.parametrize("data", ["", "title,text\n", "\n\n", "title,text\n,\n"])
def test_a_table_without_rows_is_refused(tmp_path: Path, data: str):
    assert refusal(tmp_path, "a.csv", data) == "a.csv: there are no rows in it; the file was left out"


def test_a_quotation_mark_that_is_not_closed_ends_the_table_with_a_reason(tmp_path: Path):
    data = 'text\nOne.\n"Two.\n' + "x" * 20_000_001
    first, broken = read(tmp_path, "a.csv", data)
    assert isinstance(first, Article)
    assert isinstance(broken, Refused)
    assert "look for a quotation mark that is not closed" in broken.reason


CELLS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="<\xad\u200b\ufeff\ufffe\uffff")
)


@given(st.lists(CELLS.filter(str.strip), min_size=1, max_size=5, unique_by=str.strip))
def test_every_cell_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, cells: list[str]):
    folder = tmp_path_factory.mktemp("cells")
    data = table([[cell] for cell in cells], ["text"])
    found = [a.text.split() for a in read(folder, "a.csv", data) if isinstance(a, Article)]
    assert found == [cell.split() for cell in cells]


# --- JSON ---------------------------------------------------------------------------------------

RECORD = {
    "source": {"id": None, "name": "The Bell"},
    "author": ["Ane Holt", {"name": "Per Li"}],
    "title": "Ferry",
    "content": "It rained.",
    "publishedAt": "2022-05-06T23:30:00-04:00",
    "url": "https://bell.example/1",
}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl", json.dumps(RECORD) + "\n\n"),
        ("a.ndjson", json.dumps(RECORD)),
        ("a.json", json.dumps([RECORD], indent=2)),
        ("a.json", json.dumps(RECORD)),
        ("a.json", json.dumps({"status": "ok", "articles": [RECORD]})),
        ("a.json", json.dumps({"response": {"results": [RECORD]}})),
        ("a.json", "\ufeff" + json.dumps([RECORD])),
    ],
)
def test_records_are_articles_however_they_are_packed(tmp_path: Path, name: str, data: str):
    (article,) = articles(tmp_path, name, data)
    assert (article.title, article.text) == ("Ferry", "It rained.")
    assert (article.source, article.author) == ("The Bell", "Ane Holt, Per Li")
    assert (article.date, article.url) == (dt.date(2022, 5, 6), "https://bell.example/1")
    assert article.file == f"{name}!/https://bell.example/1"


def test_settings_that_lie_in_the_folder_are_no_articles(tmp_path: Path):
    """A build leaves such a file out without a word, unless it was asked for."""
    for settings in (
        {"name": "left-pad", "version": "1", "description": "Pads."},
        {"compilerOptions": {"strict": True}},
    ):
        with pytest.raises(NoArticles, match="no column is known to hold the text"):
            read(tmp_path, "package.json", json.dumps(settings))
    (article,) = articles(tmp_path, "a.json", json.dumps({"title": "Ferry", "description": "It rained."}))
    assert article.text == "It rained."


def test_json_lines_by_the_name_of_json_are_read_line_by_line(tmp_path: Path):
    lines = "".join(json.dumps({"text": f"It rained {n} days."}) + "\n" for n in range(9))
    assert len(articles(tmp_path, "a.json", lines)) == 9


def test_a_value_inside_an_object_is_named_by_its_path(tmp_path: Path):
    data = json.dumps({"fields": {"body": ["One.", "Two."]}, "meta": {"head": "Ferry"}})
    (article,) = articles(tmp_path, "a.jsonl", data, {"text": "fields.body", "title": "meta.head"})
    assert (article.text, article.title) == ("One.\n\nTwo.", "Ferry")


def test_a_bad_line_does_not_spoil_the_others(tmp_path: Path):
    lines = [
        '{"text": "One."}',
        "{bad",
        "[1, 2]",
        "[" * 9999,
        '{"text": "T\\ud800wo\\u0000."}',
        '{"other": 1}',
    ]
    found = read(tmp_path, "a.jsonl", "\n".join(lines))
    assert [item.text for item in found if isinstance(item, Article)] == ["One.", "Two."]
    assert [item.reason for item in found if isinstance(item, Refused)] == [
        "a.jsonl!/row 2: not JSON (Expecting property name enclosed in double quotes)",
        "a.jsonl!/row 3: not a JSON object",
        "a.jsonl!/row 4: not JSON (brackets too deep)",
        "a.jsonl!/row 6: there is no text in it; it was left out",
    ]


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
@pytest.mark.parametrize("data", ["It rained.", "{", "1", '"text"'])
def test_what_is_no_json_is_refused_whole(tmp_path: Path, name: str, data: str):
    assert "one JSON object a line" in refusal(tmp_path, name, data)


def test_a_list_that_is_cut_off_gives_what_it_holds_and_says_so(tmp_path: Path):
    first, rest = read(tmp_path, "a.json", '[{"text": "One."}, {"text": "Tw')
    assert isinstance(first, Article)
    assert isinstance(rest, Refused)
    assert rest.reason.startswith("a.json!/row 2: the list can't be read on from here (Unterminated string")


@given(
    st.lists(st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.text())), min_size=1),
    st.booleans(),
)
def test_a_list_read_in_pieces_is_the_list(records: list[dict[str, object]], indent: bool):
    data = json.dumps(records, indent=2 if indent else None)

    class Slow(io.StringIO):
        def read(self, size: int | None = -1, /) -> str:
            return super().read(3 if size and size > 3 else size)

    assert list(read_list("a.json", Slow(data))) == list(enumerate(records, 1))


# --- streams ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.json"])
def test_a_long_dump_is_never_in_memory_as_a_whole(tmp_path: Path, name: str):
    """20 MB of rows are read with less than 8 MB."""
    text = "It rained all week in Nether Skarrow. " * 250
    with (tmp_path / name).open("w", encoding="utf-8") as stream:
        stream.write({"a.csv": "id,text\n", "a.jsonl": "", "a.json": "["}[name])
        for number in range(2100):
            row = {"id": number, "text": f"{number}. {text}"}
            if name == "a.csv":
                stream.write(f'{number},"{row["text"]}"\n')
            else:
                stream.write(("," if number and name == "a.json" else "") + json.dumps(row) + "\n")
        stream.write("]" if name == "a.json" else "")
    tracemalloc.start()
    count = sum(1 for item in read_articles(tmp_path / name) if isinstance(item, Article))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 2100
    assert peak < 8_000_000
