"""Named values (front matter, a row of a table, a JSON object) → what is known of an article.

A name is looked up as people and programs write it, whatever its case: `Published-At`, `published_at`. The
first name in a field's list that has a value counts. A name given with `--map` counts before all of these.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from index.errors import UsageError
from index.readers.dates import parse_date
from index.readers.raw import About, as_title, as_url, clean, one_line

# From the columns of public news sets and of the exports of WordPress, NewsAPI, GDELT, Zotero and LexisNexis.
NAMES = {
    "text": """text body content contents full_text fulltext article_text article_body articlebody
        content_text story content:encoded main_text maintext content_html description summary
        abstract""",
    "title": "title headline article_title heading subject",
    "date": """date published published_date publish_date publication_date pub_date pubdate published_at
        date_published datepublished publishedat date_publish publish_time published_time posted posted_at
        created created_at datetime""",
    "author": "author authors byline by creator writer journalist dc:creator",
    "source": """source outlet publication publisher newspaper site site_name sitename source_name
        journal website publication_title domain source_domain""",
    "url": "url link canonical_url canonical web_url weburl permalink href uri source_url address",
    "id": "id guid uuid article_id doc_id docid key _id",
}
FIELDS = tuple(NAMES)
KNOWN = {field: names.split() for field, names in NAMES.items()}
PARTS = ("name", "title", "#text", "value", "full_name")  # of an author or outlet that is an object itself
TEASERS = frozenset({"description", "summary", "abstract"})
DEPTH = 2  # of lists and objects in a value: YAML can make a short text endlessly deep


def check_columns(columns: Mapping[str, str]) -> None:
    """Raises UsageError when `columns` maps something that is not a field of an article.

    >>> check_columns({"headline": "title"})
    Traceback (most recent call last):
    index.errors.UsageError: --map headline=title: the fields are text, title, date, author, source, url, \
id; write --map FIELD=COLUMN, for example --map title=headline
    """
    for field, column in columns.items():
        if field not in NAMES:
            raise UsageError(
                f"--map {field}={column}: the fields are {', '.join(FIELDS)}; "
                "write --map FIELD=COLUMN, for example --map title=headline"
            )


def choose_columns(names: Iterable[str], columns: Mapping[str, str]) -> dict[str, list[str]]:
    """Field → the names, of those there are, that can hold it, best first.

    >>> choose_columns(["Headline", "Body", "Published At"], {})
    {'text': ['Body'], 'title': ['Headline'], 'date': ['Published At']}
    >>> choose_columns(["Headline", "Body", "note"], {"text": "note"})["text"]
    ['note']
    """
    return _choose(tuple(names), tuple(columns.items()))


@lru_cache(maxsize=256)
def _choose(there: tuple[str, ...], mapped: tuple[tuple[str, str], ...]) -> dict[str, list[str]]:
    columns = dict(mapped)
    chosen: dict[str, list[str]] = {}
    for field, known in KNOWN.items():
        if field in columns:
            wanted = columns[field]
            same = [name for name in there if name == wanted]
            near = [name for name in there if plain_name(name) == plain_name(wanted)]
            nested = [wanted] if wanted.partition(".")[0] in there else []
            chosen[field] = same or near or nested
        else:
            chosen[field] = [name for wanted in known for name in there if plain_name(name) == wanted]
    if "text" not in columns and not chosen["title"]:  # settings have a description, too, but no title
        chosen["text"] = [name for name in chosen["text"] if plain_name(name) not in TEASERS]
    return {field: found for field, found in chosen.items() if found}


def plain_name(name: str) -> str:
    """A column's name without what people write differently.

    >>> plain_name(" Published-At"), plain_name("pubDate")
    ('published_at', 'pubdate')
    """
    return "_".join(name.replace("-", " ").replace("_", " ").lower().split())


def about_of(values: Mapping[str, Any], chosen: Mapping[str, list[str]]) -> About:
    """What a row says of its article."""
    urls = (as_url(word) for word in _all(values, chosen, "url"))
    return About(
        title=as_title(value_of(values, chosen, "title") or ""),
        author=one_line(value_of(values, chosen, "author") or ""),
        date=parse_date(value_of(values, chosen, "date")),
        source=one_line(value_of(values, chosen, "source") or ""),
        url=next((url for url in urls if url), None),
    )


def value_of(values: Mapping[str, Any], chosen: Mapping[str, list[str]], field: str) -> str:
    """The first value of a field that is not empty, as text; "" when there is none."""
    separator = "\n\n" if field == "text" else ", "
    return next((text for text in _all(values, chosen, field, separator) if text.strip()), "")


def _all(
    values: Mapping[str, Any], chosen: Mapping[str, list[str]], field: str, separator: str = ", "
) -> list[str]:
    found = (pick(values, name) for name in chosen.get(field, ()))
    # An object has a name, but no text.
    kept = (value for value in found if not (field == "text" and isinstance(value, Mapping)))
    return [clean(as_text(value, separator)) for value in kept]


def pick(values: Mapping[str, Any], name: str) -> Any:
    """The value under a name, or under a path of names; None when there is none.

    >>> pick({"fields": {"body": "It rained."}}, "fields.body"), pick({"a.b": 1}, "a.b"), pick({}, "a")
    ('It rained.', 1, None)
    """
    if name in values or "." not in name:
        return values.get(name)
    first, _, rest = name.partition(".")
    inner = values.get(first)
    return pick(inner, rest) if isinstance(inner, Mapping) else None


def as_text(value: Any, separator: str = ", ", depth: int = DEPTH) -> str:
    """A JSON or YAML value as words; of an object its name, of a list each.

    >>> as_text(["Ane Holt", {"name": "Per Li"}]), as_text({"id": None, "name": "The Bell"}), as_text(None)
    ('Ane Holt, Per Li', 'The Bell', '')
    """
    if value is None or isinstance(value, bool) or depth < 0:
        return ""
    if isinstance(value, list | tuple):
        parts = (as_text(item, separator, depth - 1) for item in value)
        return separator.join(part for part in parts if part)
    if isinstance(value, Mapping):
        return next((text for part in PARTS if (text := as_text(value.get(part), separator, depth - 1))), "")
    return str(value)
