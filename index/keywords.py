"""Words → ranked passages (SQLite FTS5, BM25). Knows nothing of articles: a row has a number and words.

The index is contentless (it stores no text) and read-only once written. Texts are folded before FTS5
sees them, as queries are: its own folding knows fewer letters (ß, ligatures, Hangul). Stopwords are left
out of queries: FTS5 scores every match, so one common word would cost more than all the others.
"""

import contextlib
import math
import sqlite3
import threading
from collections.abc import Iterable
from pathlib import Path

from index.errors import LibraryBroken
from index.words import STOPWORDS, fold, stem, words

# A match in the title counts double: the title says what the whole article is about.
TITLE_WEIGHT, TEXT_WEIGHT = 2.0, 1.0
MAX_QUERY_TERMS = 64  # beyond, only the rarest: a question of a page must not take a minute


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
            raise LibraryBroken(f"{file.name} can't be read ({error}); run `footnote rollback`") from error

    @staticmethod
    def write(file: Path, rows: Iterable[tuple[str, str]]) -> None:
        """Index `(title, text)` pairs; the `i`-th becomes row `i`."""
        with contextlib.closing(sqlite3.connect(file)) as db, db:
            db.execute(
                "CREATE VIRTUAL TABLE keywords USING fts5("
                "title, text, content='', tokenize='porter unicode61 remove_diacritics 2')"
            )
            # FTS5 row numbers may start at 0; they equal the row in the vector index.
            db.executemany(
                "INSERT INTO keywords(rowid, title, text) VALUES (?, ?, ?)",
                ((i, fold(title), fold(text)) for i, (title, text) in enumerate(rows)),
            )
            db.execute("CREATE TABLE size AS SELECT count(*) AS count FROM keywords")
            db.execute("INSERT INTO keywords(keywords) VALUES ('optimize')")

    def search(self, query: str, k: int) -> list[tuple[int, float]]:
        """The `k` best rows that hold any content word of `query`: `(row, BM25)`, best first, higher is
        better (Robertson and Zaragoza, 2009, with FTS5's k1 = 1.2 and b = 0.75)."""
        asked = list(dict.fromkeys(w for w in words(query) if w not in STOPWORDS))
        if len(asked) > MAX_QUERY_TERMS:
            asked = sorted(asked, key=lambda w: -self.rarity(stem(w)))[:MAX_QUERY_TERMS]
        if not asked:
            return []
        match = " OR ".join(f'"{word}"' for word in asked)  # words hold no quotation marks
        found = self._query(
            f"SELECT rowid, -bm25(keywords, {TITLE_WEIGHT}, {TEXT_WEIGHT}) AS score "
            "FROM keywords WHERE keywords MATCH ? ORDER BY score DESC, rowid LIMIT ?",
            (match, k),
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

    def _query(self, sql: str, values: tuple[object, ...]) -> list[tuple]:  # type: ignore[type-arg]
        try:
            with self._lock:
                return self._db.execute(sql, values).fetchall()
        except sqlite3.DatabaseError as error:  # a page that opening did not touch
            raise LibraryBroken(f"the keyword index is damaged ({error}); run `footnote rollback`") from error
