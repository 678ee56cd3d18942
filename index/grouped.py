"""The stories of a new generation: its near-duplicates, grouped.

Works on a database in which the generation before is attached as `old`: signatures and pairs of texts that
were there are taken over, and only new texts are compared, with all.
"""

import sqlite3

import numpy as np

from index.store import Progress
from index.stories import signature, similar, stories


def fill_stories(db: sqlite3.Connection, progress: Progress) -> None:
    """Group near-duplicates: only texts that are new are compared, with all."""
    db.execute(
        "UPDATE texts SET signature = o.signature FROM old.texts o "
        "WHERE o.sha256 = texts.sha256 AND texts.signature IS NULL"
    )
    db.execute(
        "INSERT INTO similar SELECT * FROM old.similar "
        "WHERE +a IN (SELECT sha256 FROM texts) AND +b IN (SELECT sha256 FROM texts)"
    )
    new = [sha for (sha,) in db.execute("SELECT sha256 FROM texts WHERE signature IS NULL ORDER BY sha256")]
    for done, sha in enumerate(new, start=1):
        (text,) = db.execute("SELECT text FROM texts WHERE sha256 = ?", (sha,)).fetchone()
        db.execute("UPDATE texts SET signature = ? WHERE sha256 = ?", (signature(text).tobytes(), sha))
        progress("comparing", done, len(new))
    stored = dict(db.execute("SELECT sha256, signature FROM texts ORDER BY sha256"))
    if not stored:
        return
    ids, place = list(stored), {sha: i for i, sha in enumerate(stored)}
    every = np.frombuffer(b"".join(stored.values()), dtype=np.uint32).reshape(len(ids), -1)
    if new:
        pairs = similar(every[[place[sha] for sha in new]], every)
        db.executemany(
            "INSERT OR IGNORE INTO similar VALUES (?,?)",
            (sorted((new[one], ids[other])) for one, other in pairs if new[one] != ids[other]),
        )
    joined = [(place[a], place[b]) for a, b in db.execute("SELECT a, b FROM similar")]
    if joined:  # else each article is a story of its own already
        group = dict(zip(ids, stories(ids, joined), strict=True))
        first: dict[int, int] = {}
        for row, sha in db.execute("SELECT row, sha256 FROM articles ORDER BY row").fetchall():
            story = first.setdefault(group[sha], row)
            db.execute("UPDATE articles SET story = ? WHERE row = ?", (story, row))
