"""Words → ranked passages (SQLite FTS5, BM25). Knows nothing of articles: a row has a number and words.

The index is contentless (it stores no text) and read-only once its generation is written. Texts are folded
before FTS5 sees them, as queries are: its own folding knows fewer letters (ß, ligatures, Hangul). Stopwords
are left out of queries: FTS5 scores every match, so one common word would cost more than all the others.
"""

import contextlib
import math
import sqlite3
import threading
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.errors import LibraryBroken
from index.words import STOPWORDS, fold, stem, words

# A match in the title counts double: the title says what the whole article is about.
TITLE_WEIGHT, TEXT_WEIGHT = 2.0, 1.0
MAX_QUERY_TERMS = 64  # beyond, only the rarest: a question of a page must not take a minute

INSERT = "INSERT INTO keywords(rowid, title, text) VALUES (?, ?, ?)"
DELETE = "INSERT INTO keywords(keywords, rowid, title, text) VALUES ('delete', ?, ?, ?)"


class Keywords:
    """A keyword index, opened for reading; safe to use from several threads."""

    def __init__(self, file: Path) -> None:
        self._lock = threading.Lock()
        try:
            self._db = sqlite3.connect(
                f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            self._db.execute(
                "CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab('main', 'keywords', 'row')"
            )
            self.count: int = self._db.execute("SELECT count FROM size").fetchone()[0]
        except sqlite3.Error as error:
            raise LibraryBroken(f"{file.name} can't be read ({error}); run `footnote doctor`") from error

    @staticmethod
    def change(file: Path, gone: Iterable[tuple[int, str, str]], new: Iterable[tuple[int, str, str]]) -> None:
        """Take `(number, title, text)` rows out of an index, and put others in. The ranking is that of an
        index written anew: FTS5 subtracts the words of what goes, so these must be the very words."""
        with contextlib.closing(sqlite3.connect(file)) as db, db:
            for sql, rows in ((DELETE, gone), (INSERT, new)):
                db.executemany(sql, ((number, fold(title), fold(text)) for number, title, text in rows))
            db.execute("UPDATE size SET count = (SELECT count(*) FROM keywords_docsize)")

    @staticmethod
    def write(file: Path, rows: Iterable[tuple[str, str]]) -> None:
        """Index `(title, text)` pairs; the `i`-th becomes row `i`."""
        with contextlib.closing(sqlite3.connect(file)) as db, db:
            db.execute(
                "CREATE VIRTUAL TABLE keywords USING fts5("
                "title, text, content='', tokenize='porter unicode61 remove_diacritics 2')"
            )
            # FTS5 row numbers may start at 0; they equal the row in the vector index.
            db.executemany(INSERT, ((i, fold(title), fold(text)) for i, (title, text) in enumerate(rows)))
            db.execute("CREATE TABLE size AS SELECT count(*) AS count FROM keywords")
            db.execute("INSERT INTO keywords(keywords) VALUES ('optimize')")

    def search(self, query: str, k: int, allowed: NDArray[np.bool_] | None = None) -> list[tuple[int, float]]:
        """The `k` best rows that hold any content word of `query`: `(row, BM25)`, best first, higher is
        better (Robertson and Zaragoza, 2009, with FTS5's k1 = 1.2 and b = 0.75).

        `allowed`, one for each row, keeps the others out (None: all are in); the scores stay those of the
        whole index. Asked of each match before it is scored: of 50,000 rows 9 ms where 1 % are allowed, 12
        where 10 % are, 21 where 90 % are, as long as without. To search deeper and sort out takes 110 ms for
        1 %, a list of row numbers in the query 34 ms for 90 %.
        """
        asked = list(dict.fromkeys(w for w in words(query) if w not in STOPWORDS))
        if len(asked) > MAX_QUERY_TERMS:
            asked = sorted(asked, key=lambda w: -self.rarity(stem(w)))[:MAX_QUERY_TERMS]
        if not asked:
            return []
        match = " OR ".join(f'"{word}"' for word in asked)  # words hold no quotation marks
        found = self._query(
            f"SELECT rowid, -bm25(keywords, {TITLE_WEIGHT}, {TEXT_WEIGHT}) AS score "
            f"FROM keywords WHERE keywords MATCH ? {'' if allowed is None else 'AND allowed(rowid)'} "
            "ORDER BY score DESC, rowid LIMIT ?",
            (match, k),
            allowed,
        )
        return [(int(row), float(score)) for row, score in found]

    def rarity(self, term: str) -> float:
        """Inverse document frequency of a stemmed word, in nats (Spärck Jones, 1972), smoothed: ln 2 for
        a word of every passage, ln(2 + 2 * count) for one that occurs nowhere."""
        return math.log(1 + (self.count + 0.5) / (self.frequency(term) + 0.5))

    def frequency(self, term: str) -> int:
        """In how many rows the stemmed word `term` occurs."""
        found = self._query("SELECT doc FROM vocabulary WHERE term = ?", (term,))
        return int(found[0][0]) if found else 0

    def close(self) -> None:
        """Release the file."""
        self._db.close()

    def _query(
        self, sql: str, values: tuple[object, ...], allowed: NDArray[np.bool_] | None = None
    ) -> list[tuple]:  # type: ignore[type-arg]
        try:
            with self._lock:
                if allowed is not None:
                    self._db.create_function("allowed", 1, allowed.tobytes().__getitem__, deterministic=True)
                return self._db.execute(sql, values).fetchall()
        except sqlite3.DatabaseError as error:  # a page that opening did not touch
            raise LibraryBroken(f"the keyword index is damaged ({error}); run `footnote doctor`") from error
