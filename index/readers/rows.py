"""Tables and lists of records: CSV, TSV, JSON Lines and JSON → an article for each row.

Reads row by row: a dump of any length needs the memory of its longest row. Which column is what is told by
`columns` (field → column), else by the names that are usual (fields.py). A row without text is refused.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from itertools import chain

from index.errors import NoArticles, ReadError
from index.readers.decode import encoding_of
from index.readers.fields import about_of, check_columns, choose_columns, value_of
from index.readers.page import fragment_text
from index.readers.raw import MAX_FILE_BYTES, Keys, Raw, Refused, after_title, make_article
from index.readers.records import Row, read_lines, read_list
from index.text import Article

TABLES = frozenset({".csv", ".tsv"})
LINES = frozenset({".jsonl", ".ndjson"})
LISTS = frozenset({".json"})
DELIMITERS = ",;\t|"
QUOTED = re.compile(r'"(?:[^"]|"")*+"')
MARKUP = re.compile(
    r"</(?:p|div|a|b|i|em|strong|span|h[1-6]|ul|li|table|figure|blockquote)>|<br ?/?>|<p>", re.IGNORECASE
)
SHOWN_COLUMNS, SHOWN_CHARS = 12, 40  # of a table that has no text, in the message


def read_rows(raw: Raw, columns: Mapping[str, str]) -> Iterator[Article | Refused]:
    """Each row's article. Raises ReadError when the file is no table or has no column with text."""
    check_columns(columns)
    keys, rows = Keys(), 0
    for number, row in _rows(raw):
        if isinstance(row, str):
            yield _refused(raw, number, row)
            continue
        if not rows:
            _check(raw, row, columns)
        rows += 1
        yield _article(raw, number, row, columns, keys)
    if not rows:
        raise ReadError(f"{raw.name}: there are no rows in it; the file was left out")


def _rows(raw: Raw) -> Iterator[tuple[int, Row | str]]:
    """Rows with their numbers from 1; in place of one that can't be read, the reason."""
    encoding = encoding_of(raw)
    with raw.open() as stream, io.TextIOWrapper(stream, encoding, "replace", newline="") as text:
        if raw.suffix in TABLES:
            yield from _table(text, "\t" if raw.suffix == ".tsv" else None)
        else:
            yield from (read_lines if raw.suffix in LINES else read_list)(raw.name, text)


def _table(text: io.TextIOWrapper, delimiter: str | None) -> Iterator[tuple[int, Row | str]]:
    csv.field_size_limit(MAX_FILE_BYTES)  # of the whole process; Python's own 131,072 is a long article
    first = text.readline(MAX_FILE_BYTES)
    delimiter = delimiter or delimiter_of(first)
    reader = csv.reader(chain([first], text), delimiter=delimiter)
    number = 0
    try:
        header = [name.strip() for name in next(reader, [])]
        for number, cells in enumerate(reader, 1):
            if any(cells):
                yield number, _row(header, cells, delimiter)
    except csv.Error as error:  # where the next row begins is unknown from here on
        reason = f"the table can't be read on from here ({error})"
        yield number + 1, f"{reason}; look for a quotation mark that is not closed"


def _row(header: list[str], cells: list[str], delimiter: str) -> Row | str:
    """A row by the names of its columns, or why it can't be one.

    >>> _row(["text"], ["It rained", " and snowed."], ",")
    {'text': 'It rained, and snowed.'}
    >>> _row(["title", "text"], ["Rain", "It rained", " and snowed."], ",")
    'it has 3 cells for 2 columns; put quotation marks around a text with commas in it'
    """
    if len(header) == 1:
        return {header[0]: delimiter.join(cells)}
    if any(cells[len(header) :]):
        marks = {",": "commas", ";": "semicolons", "\t": "tabs"}.get(delimiter, delimiter)
        counts = f"{len(cells)} cells for {len(header)} columns"
        return f"it has {counts}; put quotation marks around a text with {marks} in it"
    return dict(zip(header, cells, strict=False))


def _check(raw: Raw, row: Row, columns: Mapping[str, str]) -> None:
    """Raises ReadError when the first row has none of the columns wanted."""
    chosen = choose_columns(row, columns)
    there = ", ".join(name[:SHOWN_CHARS] for name in list(row)[:SHOWN_COLUMNS]) + (
        ", …" if len(row) > SHOWN_COLUMNS else ""
    )
    for field in columns:
        if field not in chosen:
            raise ReadError(
                f"{raw.name}: there is no column {columns[field]}; its columns are {there}; "
                f"name one of them with --map {field}=COLUMN"
            )
    if "text" not in chosen:
        raise NoArticles(
            f"{raw.name}: no column is known to hold the text; its columns are {there}; "
            "name the one that does with --map text=COLUMN"
        )


def _article(raw: Raw, number: int, row: Row, columns: Mapping[str, str], keys: Keys) -> Article | Refused:
    chosen = choose_columns(row, columns)
    text = value_of(row, chosen, "text")
    if MARKUP.search(text):
        text = fragment_text(text)
    if not text:
        return _refused(raw, number, "there is no text in it; it was left out")
    about = about_of(row, chosen)
    key = keys.take(value_of(row, chosen, "id") or about.url, text)
    if key is None:
        return _refused(raw, number, "the same as a row above; it was left out")
    try:
        return make_article(raw.inside(key), text, about, after_title(text, about.title))
    except ReadError as error:
        return Refused(raw.inside(key)[1], str(error))


def _refused(raw: Raw, number: int, reason: str) -> Refused:
    name, path = raw.inside(f"row {number}")
    return Refused(path, f"{name}: {reason}")


def delimiter_of(header: str) -> str:
    """What stands between the names of the columns, outside quotation marks.

    >>> delimiter_of('"Title, short";Text;Date')
    ';'
    """
    bare = QUOTED.sub("", header)
    return max(DELIMITERS, key=bare.count)
