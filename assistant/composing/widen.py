"""A quote → the same with the sentence before it, where what it speaks of may be named.

"The shelves are empty now" tells a model nothing by itself. Unlike `finding.evidence.join`, which joins what
is sure to lean on its neighbour, this is a second reading: a model tells whether it answers better.
"""

from dataclasses import replace

from assistant.values import Evidence
from index.sentences import ended, split_sentences

MAX_WORDS = 50  # of both sentences: they are the whole answer sometimes, which has 60


def widened(e: Evidence) -> Evidence | None:
    """All of it is its `key` then; None where the passage begins with the quote, a heading or a caption
    stands before it, or both are too long."""
    spans = [span for span in split_sentences(e.context) if span.end <= e.start - e.context_start]
    if not spans or not _leads_on(e.context[spans[-1].start : spans[-1].end]):
        return None
    start = e.context_start + spans[-1].start
    both = e.context[spans[-1].start : e.end - e.context_start]
    if len(both.split()) > MAX_WORDS:
        return None
    return replace(e, quote=both, start=start, key=both)


def _leads_on(before: str) -> bool:
    return ended(before) or before.endswith(":")
