"""An article → safe HTML with the quoted words marked; the library's contents; the empty chat.

Escapes as render.py does. Pure functions, no gradio, no library.
"""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from html import escape

from assistant.page.marks_html import ALONE, Walk, marked_html, walk_html
from assistant.rendering.render import NO_ARTICLES, count, note_html
from assistant.values import Citation, Evidence
from index.permalink import Found, Permalink
from index.store import Listed
from index.text import Article, Span, human_date


def article_html(
    article: Article, span: Span | None, key: str, permalink: str = "", walk: Walk = ALONE
) -> str:
    """The whole article, `span` in a `<mark>` whose text is exactly the quote, the other quotes of the same
    answer in weaker ones.

    `key` is that of the link that opened it, `permalink` the one to copy, `walk` leads to the other
    quotes. The first lines, from which the date and the title were read, are left to the heading. Offsets are
    not checked: compare the quote beforehand.
    """
    text = article.text
    body = text[article.body_start :]
    start = article.body_start + len(body) - len(body.lstrip())
    if span is None:
        words = escape(text[start:].rstrip())
    else:
        words = marked_html(article, start, span, walk.others(article))
    return (
        f'<article class="source" data-key="{escape(key)}">{_article_head(article, permalink)}'
        f'<div class="text" dir="auto">{words}</div>{walk_html(walk)}</article>'
    )


def changed_html(quoted: Citation | Evidence, key: str, walk: Walk = ALONE) -> str:
    """In place of an article that is gone or reads differently now: the passage as it was."""
    start = quoted.start - quoted.context_start
    end = start + len(quoted.quote)
    source = quoted.source
    was = Article("", source.file, "", quoted.context, 0, source.title, source.date, url=source.url)
    return note_html(CHANGED) + article_html(was, Span(start, end), key, walk=walk)


def followed_html(found: Found, link: Permalink, key: str, walk: Walk = ALONE) -> str:
    """Where a link to a quote leads: the version of the article it was made for, and what became of it."""
    note = NOTES[found.state]
    now = found.now
    if found.state == "edited" and now:
        note += f' <a href="#cite-article-{escape(now.id)}">The article as it is now</a>'
    said = f'<p class="note">{note}</p>' if note else ""
    if found.article is None:
        return said
    return said + article_html(found.article, link.span, key, str(link), walk)


NOTES = {
    "same": "",
    "moved": "This file has moved or been renamed since; its text is the same.",
    "edited": "Edited since. This is the text as it was when it was cited.",
    "removed": "Removed from the library since. This is the text as it was when it was cited.",
    "unknown": "Nothing is known here any more of the article that this link names.",
}
CHANGED = "This article has changed or left the library since. This is the passage as it was."
CLOSE = '<button type="button" class="close" aria-label="Close">×</button>'


def _article_head(article: Article, permalink: str) -> str:
    when = human_date(article.date) if article.date else "No date"
    facts = [escape(fact) for fact in (article.title and article.file, article.source) if fact]
    if article.url and re.match(r"https?://", article.url, re.I):
        url = escape(article.url)
        facts.append(f'<a href="{url}" target="_blank" rel="noopener noreferrer">{url}</a>')
    if permalink:
        facts.append(
            f'<a class="permalink" href="#cite-quote-{escape(permalink)}">Copy link to this quote</a>'
        )
    meta = f'<p class="fine">{" · ".join(facts)}</p>' if facts else ""
    title = escape(article.title or article.file)
    return f'<header>{CLOSE}<p class="fine">{when}</p><h2 dir="auto">{title}</h2>{meta}</header>'


def contents_html(articles: Sequence[Listed], limit: int = 200) -> str:
    """The panel while no article is open: the library's articles as links, at most `limit`."""
    rows = "".join(
        f'<li><a href="#cite-article-{escape(article.id)}">'
        f'<span class="where">{escape(article.title or article.file)}</span>'
        f'<span class="fine">{human_date(article.date) if article.date else ""}</span></a></li>'
        for article in articles[:limit]
    )
    more = len(articles) - limit
    tail = f'<p class="fine">and {count(more, "more article")}</p>' if more > 0 else ""
    return (
        f'<section class="contents"><header>{CLOSE}<h2>Articles</h2>'
        '<p class="fine">A footnote opens its article here, at the quoted words.</p></header>'
        f"<ol>{rows}</ol>{tail}</section>"
    )


COMING = '<div class="examples"></div>'  # where the questions to try will stand


def examples_html(questions: Iterable[str]) -> str:
    """Questions to try, asked by a click.

    >>> examples_html(["Who left?"])
    '<ul class="examples"><li><button type="button" class="example">Who left?</button></li></ul>'
    """
    buttons = "".join(
        f'<li><button type="button" class="example">{escape(text)}</button></li>' for text in questions
    )
    return f'<ul class="examples">{buttons}</ul>' if buttons else ""


def welcome_html(articles: Sequence[Listed], examples: Iterable[str] | None = ()) -> str:
    """The empty chat: what is in the library, which is not empty, and questions to try; None: they will
    come."""
    tries = COMING if examples is None else examples_html(examples)
    return (
        f'<section class="welcome"><h2>Ask {extent(a.date for a in articles)}.</h2>'
        "<p>Every sentence of an answer carries a footnote, and every footnote is an exact quote.</p>"
        f"{tries}</section>"
    )


def start_html(command: str, *, here: bool) -> str:
    """The empty chat of an empty library: how articles come into it, `here` or from a terminal alone."""
    drop = 'Drop files anywhere on this page, or <a href="#articles">add a folder</a>. ' if here else ""
    return (
        f'<section class="welcome empty" role="status"><h2>{NO_ARTICLES}</h2>'
        f"<p>{drop}From a terminal:</p><pre><code>{escape(command)}</code></pre></section>"
    )


def extent(dates: Iterable[dt.date | None]) -> str:
    """How many articles, given the date of each, and from when to when; plain text, not escaped.

    >>> extent([dt.date(2022, 9, 20), None, dt.date(2021, 12, 24)])
    '3 articles from 24 December 2021 to 20 September 2022'
    """
    all_ = list(dates)
    dated = sorted(date for date in all_ if date)
    found = count(len(all_), "article")
    if not dated:
        return found
    first, last = human_date(dated[0]), human_date(dated[-1])
    return f"{found} of {first}" if first == last else f"{found} from {first} to {last}"
