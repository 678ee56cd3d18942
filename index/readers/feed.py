"""A saved feed (RSS, Atom, RDF) → an article for each entry.

The longest text that an entry holds is taken: its content, else its summary; often that is only a teaser.
Fetches neither the feed nor its links. Entities that a feed defines for itself are not expanded.
"""

import io
from collections.abc import Iterator, Mapping
from typing import Any

from index.errors import NoArticles, ReadError
from index.readers.dates import parse_date
from index.readers.decode import decode_page
from index.readers.page import fragment_text
from index.readers.raw import (
    About,
    Keys,
    Raw,
    Refused,
    after_title,
    as_title,
    as_url,
    clean,
    make_article,
    one_line,
)
from index.text import Article

FEEDS = frozenset({".rss", ".atom", ".xml"})


def read_feed(raw: Raw) -> Iterator[Article | Refused]:
    """Each entry's article. Raises ReadError when the file is no feed or has no entries."""
    import feedparser

    text = decode_page(raw.name, raw.data())
    # As a stream: of a string, feedparser asks first whether it is an address to fetch.
    feed: Any = feedparser.parse(io.BytesIO(text.encode("utf-8", "replace")), response_headers=UTF_8)
    if not feed.get("version"):
        raise NoArticles(f"{raw.name}: this is not an RSS or Atom feed; the file was left out")
    if not feed.entries:
        raise ReadError(f"{raw.name}: there are no entries in the feed; the file was left out")
    keys = Keys()
    for number, entry in enumerate(feed.entries, 1):
        yield _entry(raw, number, entry, one_line(fragment_text(feed.feed.get("title") or "")), keys)


# The headers win over what the XML declares: it was decoded already.
UTF_8 = {"content-type": "application/xml; charset=utf-8"}


def _entry(
    raw: Raw, number: int, entry: Mapping[str, Any], outlet: str | None, keys: Keys
) -> Article | Refused:
    text = max((_text(part) for part in _parts(entry)), key=len, default="")
    about = About(
        title=as_title(fragment_text(entry.get("title") or "")),
        author=one_line(", ".join(_names(entry))),
        date=_date(entry),
        source=one_line(fragment_text((entry.get("source") or {}).get("title") or "")) or outlet,
        url=as_url(entry.get("link") or ""),
    )
    name, path = raw.inside(f"entry {number}")
    if not text:
        return Refused(path, f"{name}: there is no text in it; it was left out")
    key = keys.take(entry.get("id") or about.url, text)
    if key is None:
        return Refused(path, f"{name}: the same as an entry above; it was left out")
    try:
        return make_article(raw.inside(key), text, about, after_title(text, about.title))
    except ReadError as error:
        return Refused(raw.inside(key)[1], str(error))


def _parts(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What may hold the text: contents in several formats, and the summary."""
    summary = entry.get("summary_detail")
    return [*(entry.get("content") or []), *([summary] if summary else [])]


def _text(part: Mapping[str, Any]) -> str:
    value = part.get("value") or ""
    return clean(value) if part.get("type") == "text/plain" else fragment_text(value)


def _names(entry: Mapping[str, Any]) -> list[str]:
    names = [str(author.get("name") or author.get("email") or "") for author in entry.get("authors") or []]
    return [name for name in names if name] or [entry.get("author") or ""]


def _date(entry: Mapping[str, Any]) -> Any:
    """The day published; of an Atom entry that names none, the day updated, which it has to name."""
    return parse_date(entry.get("published") or entry.get("updated") or "")
