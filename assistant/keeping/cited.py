"""An answer that was given → the texts that it cites, kept for as long as it is.

Joins the library, which finds the texts, and its archive (index/archive.py), which keeps them.
"""

import logging

from assistant.values import Answer
from index.errors import FootnoteError, LibraryMissing
from index.library import Library
from index.permalink import Permalink

log = logging.getLogger(__name__)


def keep_cited(library: Library, turn: str, answer: Answer | None) -> None:
    """What an answer cites stays readable after the articles have changed; `turn` is the ID it is kept under.
    Texts that are gone already stay gone, and without them it is still an answer."""
    links = [citation.permalink for citation in answer.citations if citation.permalink] if answer else []
    if not links:
        return
    try:
        found = [library.follow(Permalink.parse(link)).article for link in links]
        library.archive.keep(turn, [article for article in found if article])
    except LibraryMissing:  # read in before there are articles
        pass
    except FootnoteError as error:
        log.warning("%s", error)
