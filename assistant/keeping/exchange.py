"""Conversations ↔ the bytes of a file, with what that means for the library.

What is read in may cite texts that the library has; those are kept from then on, as if the answers had been
given here.
"""

import json
from collections.abc import Sequence

from assistant.keeping.cited import keep_cited
from assistant.keeping.saved import Saved
from index.errors import UsageError
from index.library import Library


def exported(saved: Saved, ids: Sequence[str]) -> bytes:
    """Conversations as the bytes of a file; all of them unless some are named. Raises UsageError,
    LibraryError."""
    return (json.dumps(saved.export(ids), ensure_ascii=False, indent=1) + "\n").encode()


def imported(saved: Saved, library: Library, content: bytes) -> list[str]:
    """A file's conversations, kept, and the texts that they cite where the library has them → their IDs.
    Raises UsageError, LibraryError."""
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UsageError(
            "this is no JSON; `footnote conversations export` writes a file to import"
        ) from error
    ids = saved.import_(data)
    for id in ids:
        for turn in saved.turns(id):
            keep_cited(library, turn.id, turn.answer)
    return ids
