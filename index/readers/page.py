"""A web page → an article: the main text by trafilatura, without menus, adverts and comments.

The text stored is what was extracted, its paragraphs, list items and rows of tables with blank lines between
them. Fetches nothing: a page that a script fills in the browser is only as full as it was saved.
"""

import re
from typing import Any

from index.errors import ReadError
from index.readers.dates import parse_date
from index.readers.decode import decode_page
from index.readers.raw import UNSEEN, About, Raw, after_title, as_title, as_url, clean, one_line, paragraphs
from index.text import Article

# What Chrome and Firefox, and the extension SingleFile, write above a page that they save.
SAVED_FROM = re.compile(r"<!--\s*(?:saved from url=\(\d+\)|Page saved with SingleFile\s+url:\s*)(\S+)")
HEAD_CHARS = 4096
MAX_MARKS = 100_000  # "<" in a page: a long one has 60,000; 400,000 took trafilatura 23 s and 500 MB
XML_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>", re.IGNORECASE)
SENTENCE_END = re.compile(r"[.!?…。！？।؟][\W_]*(?:\s|\Z)")  # in most scripts
LONG_CHARS = 80  # longer than what stands on a button
SPACE = re.compile(r"[ \t\r\n\f\v]+")
AROUND_BREAKS = re.compile(r" *\n[ \n]*")
BLOCKS = frozenset(
    re.findall(
        r"\w+",
        """address article aside blockquote caption center dd details div dl dt figcaption figure footer form
        h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody tfoot thead tr ul""",
    )
)
DROPPED = ("script", "style", "template", "noscript", "title", "head", "iframe", "object", "svg", "textarea")


def read_page(raw: Raw) -> Article:
    """The article in a saved page. Raises ReadError when it has no main text."""
    markup = decode_page(raw.name, raw.data())
    if markup.count("<") > MAX_MARKS:
        raise ReadError(f"{raw.name}: over {MAX_MARKS:,} marks, which is no article; split the page")
    text, about = main_text(markup)
    if not text:
        raise ReadError(
            f"{raw.name}: no main text was found in the page; open it in a browser, and save it again "
            "when the article is shown, or print it to PDF"
        )
    return raw.article(text, about, after_title(text, about.title))


def main_text(markup: str) -> tuple[str, About]:
    """The main text of a page, "" when there is none, and what its head says about it."""
    from trafilatura import bare_extraction

    markup = UNSEEN.sub("", markup)
    if markup.count("<") > MAX_MARKS:
        return "", About()
    # A date only from where the page states it: an extensive search takes one out of the text.
    dates = {"extensive_search": False, "original_date": True, "outputformat": "%Y-%m-%d"}
    found: Any = bare_extraction(
        markup, include_comments=False, with_metadata=True, date_extraction_params=dates
    )
    if found is None:
        return "", About()
    saved = SAVED_FROM.search(markup[:HEAD_CHARS])
    about = About(
        title=as_title(found.title or ""),
        author=one_line(found.author or ""),
        date=parse_date(found.date or ""),
        source=one_line(found.sitename or ""),
        url=as_url(found.url or "") or as_url(saved[1] if saved else ""),
    )
    blocks = [block for line in (found.text or "").split("\n") if (block := _unmarked(line))]
    # A menu, a form and a list of links have words, but no sentence; some scripts end none with a mark.
    written = any(SENTENCE_END.search(block) or len(block) >= LONG_CHARS for block in blocks)
    return (paragraphs(blocks) if written else ""), about


def _unmarked(line: str) -> str:
    """A paragraph without the marks that trafilatura gives to items of lists and rows of tables.

    >>> [_unmarked(line) for line in ("- Monday: rain.", "| 2021 | 400 |", "|---|---|", "-5 degrees")]
    ['Monday: rain.', '2021 | 400', '', '-5 degrees']
    """
    bare = line.strip()
    if bare.startswith("|") and bare.endswith("|"):
        return bare.strip("| ") if bare.strip("|-: ") else ""
    return bare.removeprefix("- ")


def fragment_text(markup: str) -> str:
    """The text of a piece of HTML, all of it: an entry of a feed, a cell of a table.

    >>> fragment_text("<p>The <b>ferry</b>\\nsails.</p>Again<br>today<script>alert(1)</script>")
    'The ferry sails.\\n\\nAgain\\n\\ntoday'
    """
    from lxml import etree, html

    markup = UNSEEN.sub("", XML_DECLARATION.sub("", markup))
    if not markup.strip():
        return ""
    try:
        root = html.fragment_fromstring(f"<div>{markup}</div>", create_parent="div")
    except (etree.LxmlError, ValueError):
        return ""
    etree.strip_elements(root, *DROPPED, with_tail=False)
    pieces: list[str] = []
    for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        block = "\n" if element.tag in BLOCKS or element.tag == "br" else ""
        if event == "start":
            pieces += [block, SPACE.sub(" ", element.text or "")]
        else:  # the end of an element, or a comment: what comes after it
            gap = " " if element.tag in {"td", "th"} else block
            pieces += [gap, SPACE.sub(" ", element.tail or "")]
    return clean(AROUND_BREAKS.sub("\n\n", "".join(pieces)))
