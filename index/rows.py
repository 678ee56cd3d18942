"""The rows of a new generation: sentences and passages, then their words and vectors.

Works on a database whose articles are numbered and in which the generation before is attached as `old`.
Unchanged articles that stood side by side still do, so their rows are copied as whole ranges, moved by the
same number; of the others each text is embedded only if its very words never were (`key` is their hash).
One block of rows is in memory at a time. Knows nothing of files on the user's disk, nor of manifests.
"""

import hashlib
import shutil
import sqlite3
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.embed import Encoder
from index.keywords import Keywords
from index.passages import passage_header, split_passages
from index.store import OF_ARTICLE, Progress, article_of
from index.text import Article, Sentence
from index.vectors import Vectors

BLOCK = 4096  # rows that are embedded, or copied, at a time
ANEW = 0.25  # share of the passages beyond which the words are indexed anew instead of changed
NEW = -1  # in a list of old rows: none holds this text


@dataclass
class Rows:
    """For each row of the new generation the old row with the same text, or `NEW`."""

    sentences: "array[int]" = field(default_factory=lambda: array("q"))
    passages: "array[int]" = field(default_factory=lambda: array("q"))


@dataclass(frozen=True, slots=True)
class _Range:
    """Old sentences `first[0]..last[0]` and passages `first[1]..last[1]`, ends exclusive."""

    first: tuple[int, int]
    last: tuple[int, int]


def fill_rows(db: sqlite3.Connection, encoder: Encoder, *, reuse: bool, progress: Progress) -> Rows:
    """Fill `sentences` and `passages`. With `reuse`, unchanged articles (the temporary table `kept`, old row
    → new row) are copied, and old rows with the same text are looked up."""
    rows = Rows()
    ranges = _ranges(db) if reuse else {}
    originals = db.execute(
        "SELECT a.row, k.old FROM articles a LEFT JOIN kept k ON k.new = a.row "
        "WHERE a.original = a.row ORDER BY a.row"
    ).fetchall()
    run: _Range | None = None
    for done, (row, old) in enumerate(originals, start=1):
        held = ranges.get(old)
        if run and held and held.first == run.last:
            run = _Range(run.first, held.last)
        else:
            _copy(db, rows, run)
            run = held
            if held is None:
                _split(db, rows, _article(db, row), row, encoder)
        progress("splitting", done, len(originals))
    _copy(db, rows, run)
    if reuse:
        _look_up(db, "sentences", rows.sentences)
        _look_up(db, "passages", rows.passages)
    return rows


def _ranges(db: sqlite3.Connection) -> dict[int, _Range]:
    """By the old row of each unchanged article: its sentences and passages."""
    found: dict[int, list[tuple[int, int]]] = {}
    for table in ("sentences", "passages"):
        for old, first, last in db.execute(
            f"SELECT article, min(row), max(row) + 1 FROM old.{table} "
            "WHERE article IN (SELECT old FROM kept) GROUP BY article"
        ):
            found.setdefault(old, []).append((first, last))
    return {old: _Range((s[0], p[0]), (s[1], p[1])) for old, (s, p) in found.items()}


def _copy(db: sqlite3.Connection, rows: Rows, run: _Range | None) -> None:
    if run is None:
        return
    sentences = len(rows.sentences) - run.first[0]
    passages = len(rows.passages) - run.first[1]
    db.execute(
        'INSERT INTO sentences SELECT s.row + ?, k.new, s.start, s."end", s.key FROM old.sentences s '
        "JOIN kept k ON k.old = s.article WHERE s.row >= ? AND s.row < ?",
        (sentences, run.first[0], run.last[0]),
    )
    db.execute(
        "INSERT INTO passages SELECT p.row + ?, k.new, p.first + ?, p.last + ?, p.key, p.word "
        "FROM old.passages p JOIN kept k ON k.old = p.article WHERE p.row >= ? AND p.row < ?",
        (passages, sentences, sentences, run.first[1], run.last[1]),
    )
    rows.sentences.extend(range(run.first[0], run.last[0]))
    rows.passages.extend(range(run.first[1], run.last[1]))


def _split(db: sqlite3.Connection, rows: Rows, article: Article, number: int, encoder: Encoder) -> None:
    """An article that was not there before, or is not as it was."""
    window = encoder.window_tokens
    header = passage_header(article, encoder.count_tokens, window)
    passages = split_passages(article, encoder.count_tokens, window)
    sentences = list(dict.fromkeys(s for p in passages for s in p.sentences))
    first, place = len(rows.sentences), {s: i for i, s in enumerate(sentences)}
    db.executemany(
        "INSERT INTO sentences VALUES (?,?,?,?,?)",
        ((first + i, number, s.start, s.end, text_key(article.quote(s))) for i, s in enumerate(sentences)),
    )
    db.executemany(
        "INSERT INTO passages VALUES (?,?,?,?,?,?)",
        (
            (
                len(rows.passages) + i,
                number,
                first + place[p.sentences[0]],
                first + place[p.sentences[-1]],
                text_key(embedded_text(header, article.quote(p.span))),
                NEW,
            )
            for i, p in enumerate(passages)
        ),
    )
    rows.sentences.extend([NEW] * len(sentences))
    rows.passages.extend([NEW] * len(passages))


def _look_up(db: sqlite3.Connection, table: str, old_rows: "array[int]") -> None:
    """The old rows that hold the very text of a new one."""
    db.execute("DELETE FROM fresh")
    unkept = "article NOT IN (SELECT new FROM kept)"
    db.execute(f"INSERT OR IGNORE INTO fresh SELECT key FROM {table} WHERE {unkept}")
    known = dict(db.execute(f"SELECT key, row FROM old.{table} JOIN fresh USING(key)"))
    if known:
        for row, key in db.execute(f"SELECT row, key FROM {table} WHERE {unkept}"):
            old_rows[row] = known.get(key, NEW)


# --- vectors -----------------------------------------------------------------------------------------


def fill_vectors(
    db: sqlite3.Connection,
    table: str,
    old_rows: "array[int]",
    old: Vectors | None,
    encoder: Encoder,
    progress: Progress,
) -> Vectors:
    """The vectors of all rows of `table`: copied where an old row holds the text, embedded (each text
    once) elsewhere."""
    vectors = Vectors.empty(encoder.dim)
    before = np.frombuffer(old_rows, dtype=np.int64)
    texts = _sentence_texts if table == "sentences" else _passage_texts
    wanted = _distinct(db, table, before)
    done, first_with = 0, dict[bytes, int]()
    for start in range(0, len(before), BLOCK):
        block = before[start : start + BLOCK]
        codes = np.empty((len(block), 2 * encoder.dim), dtype=np.uint8)
        known = block != NEW
        if old is not None and known.any():
            codes[known] = old.codes[block[known]]
        if not known.all():
            keys = _keys(db, table, start, len(block), known)
            new = {key: i for i, key in reversed(keys.items()) if key not in first_with}
            places = sorted(new.values())
            if places:
                read = texts(db, [start + i for i in places], encoder)
                fresh = encoder.embed(read, partial(_told, progress, f"embedding {table}", done, wanted))
                codes[places] = vectors.encoded(fresh)
                done += len(places)
            for i, key in keys.items():
                earlier = first_with.get(key)
                codes[i] = codes[new[key]] if earlier is None else vectors.codes[earlier]
            first_with |= {key: start + i for key, i in new.items()}
        vectors.append(codes)
    return vectors


def _told(progress: Progress, what: str, before: int, of: int, done: int, _: int) -> None:
    progress(what, before + done, of)


def _distinct(db: sqlite3.Connection, table: str, before: NDArray[np.int64]) -> int:
    """How many texts are to be embedded."""
    new = np.flatnonzero(before == NEW)
    if not len(new):
        return 0
    rows = db.execute(f"SELECT row, key FROM {table} WHERE row BETWEEN ? AND ?", (int(new[0]), int(new[-1])))
    return len({key for row, key in rows if before[row] == NEW})


def _keys(
    db: sqlite3.Connection, table: str, start: int, count: int, known: NDArray[np.bool_]
) -> dict[int, bytes]:
    """Place in the block → key, of the rows that no old row holds."""
    rows = db.execute(
        f"SELECT row - ?, key FROM {table} WHERE row >= ? AND row < ? ORDER BY row",
        (start, start, start + count),
    )
    return {i: key for i, key in rows if not known[i]}


def _sentence_texts(db: sqlite3.Connection, rows: Sequence[int], encoder: Encoder) -> list[str]:
    sql = 'SELECT article, start, "end" FROM sentences WHERE row = ?'
    return [article.quote(Sentence(*span)) for article, span in _quoted(db, sql, rows)]


def _passage_texts(db: sqlite3.Connection, rows: Sequence[int], encoder: Encoder) -> list[str]:
    headers: dict[str, str] = {}
    texts = []
    for article, span in _quoted(db, PASSAGE, rows):
        if article.id not in headers:
            headers = {article.id: passage_header(article, encoder.count_tokens, encoder.window_tokens)}
        texts.append(embedded_text(headers[article.id], article.quote(Sentence(*span))))
    return texts


PASSAGE = (
    'SELECT p.article, f.start, l."end" FROM passages p JOIN sentences f ON f.row = p.first '
    "JOIN sentences l ON l.row = p.last WHERE p.row = ?"
)


def _quoted(
    db: sqlite3.Connection, sql: str, rows: Sequence[int], schema: str = "main"
) -> Iterator[tuple[Article, tuple[int, int]]]:
    """Each row's article and span; an article is read once for rows that follow each other."""
    held: tuple[int, Article] | None = None
    for row in rows:
        number, start, end = db.execute(sql, (row,)).fetchone()
        if held is None or held[0] != number:
            held = number, _article(db, number, schema)
        yield held[1], (start, end)


def _article(db: sqlite3.Connection, row: int, schema: str = "main") -> Article:
    sql = OF_ARTICLE.replace("articles a", f"{schema}.articles a").replace("texts t", f"{schema}.texts t")
    return article_of(db.execute(f"{sql} WHERE a.row = ?", (row,)).fetchone())


# --- words -------------------------------------------------------------------------------------------


def fill_words(db: sqlite3.Connection, file: Path, rows: Rows, old_file: Path | None) -> None:
    """The keyword index of all passages: the old one changed where little is new, else written anew.

    A passage keeps its number there (`passages.word`), so that what stays need not be touched.
    """
    here = "SELECT row, word FROM passages"
    new = [row for row, word in db.execute(here) if word == NEW]
    if old_file is None or len(new) > ANEW * len(rows.passages):
        Keywords.write(file, ((title, text) for _, title, text in _words(db, range(len(rows.passages)))))
        db.execute("UPDATE passages SET word = row")
        return
    shutil.copyfile(old_file, file)
    free = db.execute("SELECT coalesce(max(word), -1) + 1 FROM old.passages").fetchone()[0]
    gone = db.execute(
        "SELECT row, word FROM old.passages WHERE article NOT IN (SELECT old FROM kept) ORDER BY row"
    ).fetchall()
    old_words = dict(gone)
    db.executemany(
        "UPDATE passages SET word = ? WHERE row = ?", ((free + i, row) for i, row in enumerate(new))
    )
    Keywords.change(
        file,
        ((old_words[row], title, text) for row, title, text in _words(db, list(old_words), "old")),
        ((free + i, title, text) for i, (_, title, text) in enumerate(_words(db, new))),
    )


def _words(
    db: sqlite3.Connection, rows: Sequence[int], schema: str = "main"
) -> Iterator[tuple[int, str, str]]:
    sql = PASSAGE.replace("passages p", f"{schema}.passages p").replace(
        "JOIN sentences", f"JOIN {schema}.sentences"
    )
    for row, (article, span) in zip(rows, _quoted(db, sql, rows, schema), strict=True):
        yield row, article.header, article.quote(Sentence(*span))


def embedded_text(header: str, text: str) -> str:
    """What the encoder reads of a passage: its article's title and date, then its words."""
    return f"{header}\n{text}" if header else text


def text_key(text: str) -> bytes:
    """128 bits of SHA-256: equal keys, equal texts."""
    return hashlib.sha256(text.encode()).digest()[:16]
