"""JSON → records, one after the other: JSON Lines, a list of objects, an object with such a list in it.

A list is read piece by piece; only an object that wraps one (an answer of a web service) is held whole. What
is no object is reported in its place. Knows nothing of articles.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from index.errors import ReadError
from index.readers.raw import MAX_FILE_BYTES

# Where services put their results: NewsAPI, the Guardian, JSON Feed, Elasticsearch, CKAN.
WRAPPERS = (
    "articles",
    "items",
    "results",
    "data",
    "docs",
    "documents",
    "entries",
    "response",
    "hits",
    "rows",
)
READ_CHARS = 1 << 20

Row = dict[str, Any]
BROKEN = (ValueError, RecursionError)  # json raises both: the second at 1000 brackets


def read_lines(name: str, stream: TextIO) -> Iterator[tuple[int, Row | str]]:
    """The object of each line; in place of one that can't be read, the reason.

    Raises ReadError when the first line is none: then the file is something else.
    """
    number = good = 0
    while line := stream.readline(MAX_FILE_BYTES + 1):
        number += 1
        if len(line) > MAX_FILE_BYTES:
            yield number, f"a line over the limit of {MAX_FILE_BYTES / 1e6:.0f} MB; nothing after it is read"
            return
        if not line.strip():
            continue
        row = _object(line)
        if not good and isinstance(row, str):
            raise ReadError(f"{name}: line {number} is {row}; write one JSON object a line")
        good += 1
        yield number, row


def read_list(name: str, stream: TextIO) -> Iterator[tuple[int, Row | str]]:
    """The objects of a JSON file, whichever way they are written. Raises ReadError when there are none."""
    start = stream.read(READ_CHARS)
    if start.lstrip().startswith("["):
        yield from enumerate(_elements(start.lstrip()[1:], stream), 1)
        return
    first, newline, rest = start.partition("\n")
    if newline and rest.strip() and isinstance(_object(first), dict):  # JSON Lines by another name
        stream.seek(0)
        yield from read_lines(name, stream)
        return
    whole = start + stream.read(MAX_FILE_BYTES)
    if len(whole) > MAX_FILE_BYTES:
        raise ReadError(
            f"{name}: over the limit of {MAX_FILE_BYTES / 1e6:.0f} MB for one object; use JSON Lines"
        )
    row = _object(whole)
    if isinstance(row, str):
        raise ReadError(f"{name}: {row}; write a list of objects, or one JSON object a line")
    for number, record in enumerate(unwrap(row), 1):
        yield number, record if isinstance(record, dict) else "not a JSON object"


def unwrap(row: Mapping[str, Any], depth: int = 3) -> list[Any]:
    """The list of objects that an object wraps, else the object itself.

    >>> unwrap({"status": "ok", "response": {"results": [{"id": 1}, {"id": 2}]}})
    [{'id': 1}, {'id': 2}]
    """
    for name in WRAPPERS if depth else ():
        inner = row.get(name)
        if isinstance(inner, list) and inner and isinstance(inner[0], dict):
            return inner
        if isinstance(inner, dict) and (found := unwrap(inner, depth - 1)) != [inner]:
            return found
    return [row]


def _elements(buffer: str, stream: TextIO) -> Iterator[Row | str]:
    """The elements of a list whose bracket was read; the last may be the reason why no more can be."""
    decoder, at = json.JSONDecoder(), 0
    while True:
        while at < len(buffer) and buffer[at] in ", \t\r\n":
            at += 1
        if buffer[at : at + 1] == "]":
            return
        try:
            element, end = decoder.raw_decode(buffer, at)
        except BROKEN as error:
            # Cut off, it may be: go on with twice as much, so that a long element is not read too often.
            more = (
                stream.read(max(READ_CHARS, len(buffer) - at)) if len(buffer) - at <= MAX_FILE_BYTES else ""
            )
            if not more:
                yield f"the list can't be read on from here ({_why(error)})"
                return
            buffer, at = buffer[at:] + more, 0
            continue
        yield element if isinstance(element, dict) else "not a JSON object"
        at = end


def _object(words: str) -> Row | str:
    try:
        row = json.loads(words)
    except BROKEN as error:
        return f"not JSON ({_why(error)})"
    return row if isinstance(row, dict) else "not a JSON object"


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "brackets too deep"
    return str(error).partition(":")[0]
