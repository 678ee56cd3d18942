"""`Answer` → Markdown and safe HTML; an article → HTML with the quoted words marked.

All escaping lives here. Questions, answers and articles are untrusted text: whatever they hold
(tags, Markdown, LaTeX, a model's control tokens) comes out as the same characters on the page. The
HTML goes into `gr.HTML`, which neither cleans nor interprets it, so `html.escape` is the whole
defence: it is applied to every value that is not a number or an ID of our own. Pure functions, no
gradio, no library.

A link to a quote is `#cite-<turn>-<key>`. The key is `2` for footnote 2 of the answer, `e2` for the
second quote that was read for it, `p2` for the second passage.
"""

import re
from collections.abc import Iterable, Sequence
from html import escape

from assistant.values import Answer, Citation, Claim, Evidence, Retrieved, Source
from index.text import Article, Span, human_date

# What Markdown (CommonMark, GitHub's tables, strikethrough, LaTeX in dollars) may read as its own.
MARKDOWN_SPECIAL = re.compile(r"([\\`*_\[\]<>|$~]|&(?=#?\w+;))")
# … and what it reads as its own at the start of a line: headings, lists, rules.
MARKDOWN_START = re.compile(r"^(\s*)([#+=-]|\d+(?=[.)]))")

MAX_CLOSEST = 5  # articles named where the articles do not say


# --- Markdown ------------------------------------------------------------------------------------


def markdown(answer: Answer) -> str:
    """The answer with footnote numbers, then the numbered list of its references.

    Line breaks inside a quote become spaces; every other character renders as it stands.
    """
    blocks = [_claim_markdown(claim) for claim in answer.claims] or [markdown_text(answer.text)]
    references = [
        f"{c.n}. {markdown_text(label(c.source))}: “{markdown_text(c.quote)}”" for c in answer.citations
    ]
    return "\n\n".join([*blocks, "\n".join(references)] if references else blocks) + "\n"


def markdown_text(text: str) -> str:
    r"""Text as one line of Markdown that renders as the same characters.

    >>> print(markdown_text("# [1](http://evil) <b> $x$ &lt;"))
    \# \[1\](http://evil) \<b\> \$x\$ \&lt;
    >>> print(markdown_text("2022. A year"))
    2022\. A year
    """
    line = MARKDOWN_SPECIAL.sub(r"\\\1", " ".join(text.split()))
    found = MARKDOWN_START.match(line)
    if not found:
        return line
    digits = found[2].isdigit()
    at = found.end() if digits else found.start(2)
    return f"{line[:at]}\\{line[at:]}"


def _claim_markdown(claim: Claim) -> str:
    numbers = "".join(f" [{n}]" for n in claim.citations)
    return f"{'> ' if claim.verdict == 'quoted' else ''}{markdown_text(claim.text)}{numbers}"


# --- one turn of the chat ------------------------------------------------------------------------


def turn_html(turn: str, question: str, body: str, *, busy: bool) -> str:
    """A question and what is under it; `body` is HTML. Read aloud once it is no longer busy.

    >>> print(turn_html("a1", "1 < 2?", "<p>Yes.</p>", busy=False).replace("><", ">\\n<"))
    <section class="turn" id="turn-a1" aria-live="polite" aria-busy="false">
    <h2 dir="auto">1 &lt; 2?</h2>
    <p>Yes.</p>
    </section>
    """
    state = "true" if busy else "false"
    return (
        f'<section class="turn" id="turn-{turn}" aria-live="polite" aria-busy="{state}">'
        f'<h2 dir="auto">{escape(question)}</h2>{body}</section>'
    )


def working_html(turn: str, retrieved: Retrieved | None, draft: str) -> str:
    """A turn that is not finished: what is going on, the draft so far, the quotes being read."""
    if retrieved is None:
        return status_html("Searching the articles")
    doing = draft_html(draft) if draft.strip() else status_html(_reading(retrieved))
    return doing + evidence_html(turn, retrieved.evidence, heading="Quotes found")


def status_html(text: str) -> str:
    """
    >>> status_html("Searching")
    '<p class="status" role="status">Searching</p>'
    """
    return f'<p class="status" role="status">{escape(text)}</p>'


def note_html(text: str, *, error: bool = False) -> str:
    """One line in place of an answer: an error's message, or that the reader stopped it.

    >>> note_html("no <model>", error=True)
    '<p class="note error" role="alert">no &lt;model&gt;</p>'
    """
    kind = 'class="note error" role="alert"' if error else 'class="note" role="status"'
    return f"<p {kind}>{escape(text)}</p>"


def draft_html(draft: str) -> str:
    """The model's words so far, plainly not yet an answer.

    >>> draft_html("1 < 2")
    '<div class="draft"><p dir="auto">1 &lt; 2</p><p class="fine">Draft, being checked</p></div>'
    """
    return (
        f'<div class="draft"><p dir="auto">{escape(draft.strip())}</p>'
        '<p class="fine">Draft, being checked</p></div>'
    )


def evidence_html(turn: str, evidence: Iterable[Evidence], heading: str) -> str:
    """The quotes of a retrieval as a list of links; "" when there are none."""
    rows = [_quote_row(f"{turn}-e{e.n}", str(e.n), e.source, e.quote) for e in evidence]
    return _quote_list(heading, rows)


def answer_html(turn: str, answer: Answer) -> str:
    """The checked answer with its footnotes, then the quotes behind them and what else was read.

    A failed answer is its message and the quotes that were found before it failed.
    """
    if answer.status == "failed":
        note = note_html(answer.text, error=True)
        return note + evidence_html(turn, answer.evidence, heading="Quotes found")
    if answer.status == "not_found":
        return _not_found_html(turn, answer)
    cited = {c.n: c for c in answer.citations}
    claims = "".join(_claim_html(turn, claim, cited) for claim in answer.claims)
    shown = {claim.text for claim in answer.claims if claim.verdict == "quoted"}
    quotes = ((c, "" if " ".join(c.quote.split()) in shown else c.quote) for c in answer.citations)
    rows = [_quote_row(f"{turn}-{c.n}", str(c.n), c.source, quote) for c, quote in quotes]
    return (
        f'<div class="answer">{claims}</div>{_understood(answer)}{_quote_list("Sources", rows)}'
        f"{_also_read(turn, answer)}{_dropped(answer)}{_footer(answer)}"
    )


def _claim_html(turn: str, claim: Claim, cited: dict[int, Citation]) -> str:
    """A sentence and its footnote numbers; word-for-word quotes are set as quotations."""
    marks = "".join(_footnote(turn, cited[n]) for n in claim.citations if n in cited)
    if claim.verdict == "verified":
        return f'<p dir="auto">{escape(claim.text)}{marks}</p>'
    return f'<blockquote dir="auto">{escape(claim.text)}{marks}</blockquote>'


def _footnote(turn: str, citation: Citation) -> str:
    where = escape(label(citation.source))
    return (
        f'<sup><a class="cite" href="#cite-{turn}-{citation.n}"'
        f' title="{escape(citation.quote)} ({where})"'
        f' aria-label="Footnote {citation.n}: {where}">{citation.n}</a></sup>'
    )


def _quote_list(heading: str, rows: Sequence[str]) -> str:
    if not rows:
        return ""
    return f'<h3 class="fine">{escape(heading)}</h3><ol class="quotes">{"".join(rows)}</ol>'


def _quote_row(key: str, number: str, source: Source, quote: str) -> str:
    words = f'<span class="words" dir="auto">{escape(quote)}</span>' if quote else ""
    return (
        f'<li><a href="#cite-{key}"><span class="n">{number}</span>'
        f'<span class="where">{escape(label(source))}</span>{words}</a></li>'
    )


def _also_read(turn: str, answer: Answer) -> str:
    """The quotes that were read and not cited, folded away."""
    cited = {(c.source.article, c.start, c.end) for c in answer.citations}
    rest = [e for e in answer.evidence if (e.source.article, e.start, e.end) not in cited]
    rows = "".join(_quote_row(f"{turn}-e{e.n}", "·", e.source, e.quote) for e in rest)
    return _folded(f"Also read: {count(len(rest), 'quote')}", f'<ol class="quotes">{rows}</ol>', rest)


def _dropped(answer: Answer) -> str:
    """The sentences of the draft that did not pass, folded away: nothing is hidden."""
    rows = "".join(
        f'<li dir="auto"><s>{escape(d.text)}</s> <span class="fine">{escape(d.reason)}</span></li>'
        for d in answer.dropped
    )
    summary = f"Left out: {count(len(answer.dropped), 'sentence')} that did not pass the check"
    return _folded(summary, f'<ul class="dropped">{rows}</ul>', answer.dropped)


def _folded(summary: str, body: str, of: Sequence[object]) -> str:
    return f"<details><summary>{summary}</summary>{body}</details>" if of else ""


def _footer(answer: Answer) -> str:
    """How long it took, and the whole answer as Markdown for the clipboard."""
    return (
        f'<p class="fine">Checked against its quotes in {answer.timings.total_s:.1f} s'
        '<button type="button" class="copy">Copy with sources</button></p>'
        f'<textarea class="markdown" hidden readonly>{escape(markdown(answer))}</textarea>'
    )


def _not_found_html(turn: str, answer: Answer) -> str:
    """That the articles do not say, and the articles that came closest, each once."""
    closest: dict[Source, str] = {}
    for n, passage in enumerate(answer.passages, start=1):
        closest.setdefault(passage.source, f"{turn}-p{n}")
    rows = [_quote_row(key, "·", source, "") for source, key in closest.items()]
    return (
        f'<div class="answer"><p>{escape(answer.text)}</p></div>{_understood(answer)}'
        f"{_quote_list('Searched; the closest articles', rows[:MAX_CLOSEST])}"
    )


def _understood(answer: Answer) -> str:
    """How a follow-up question was completed from the conversation; "" when it stood alone."""
    if answer.standalone_question == answer.question:
        return ""
    return f'<p class="fine" dir="auto">Understood as: {escape(answer.standalone_question)}</p>'


def _reading(retrieved: Retrieved) -> str:
    found = len(retrieved.evidence)
    return f"Reading {count(found, 'quote')}" if found else "Nothing in the articles comes close"


# --- the source panel and the empty chat ---------------------------------------------------------


def article_html(article: Article, span: Span | None, key: str) -> str:
    """The whole article, `span` in a `<mark>` whose text is exactly the quote.

    `key` is that of the link that opened it. The first lines, from which the date and the title
    were read, are left to the heading. Offsets are not checked: compare the quote beforehand.
    """
    text = article.text
    body = text[article.body_start :]
    start = article.body_start + len(body) - len(body.lstrip())
    if span is None:
        words = escape(text[start:].rstrip())
    else:
        words = (
            f'{escape(text[min(start, span.start) : span.start])}<mark tabindex="-1">'
            f"{escape(article.quote(span))}</mark>{escape(text[span.end :].rstrip())}"
        )
    return (
        f'<article class="source" data-key="{escape(key)}">{_article_head(article)}'
        f'<div class="text" dir="auto">{words}</div></article>'
    )


def changed_html(quoted: Citation | Evidence, key: str) -> str:
    """In place of an article that is gone or reads differently now: the passage as it was."""
    start = quoted.start - quoted.context_start
    end = start + len(quoted.quote)
    source = quoted.source
    was = Article("", source.file, "", quoted.context, 0, source.title, source.date, url=source.url)
    return note_html(CHANGED) + article_html(was, Span(start, end), key)


CHANGED = "This article has changed or left the library since. This is the passage as it was."
CLOSE = '<button type="button" class="close" aria-label="Close">×</button>'


def _article_head(article: Article) -> str:
    when = human_date(article.date) if article.date else "No date"
    facts = [escape(fact) for fact in (article.title and article.file, article.source) if fact]
    if article.url and re.match(r"https?://", article.url, re.I):
        url = escape(article.url)
        facts.append(f'<a href="{url}" target="_blank" rel="noopener noreferrer">{url}</a>')
    meta = f'<p class="fine">{" · ".join(facts)}</p>' if facts else ""
    title = escape(article.title or article.file)
    return f'<header>{CLOSE}<p class="fine">{when}</p><h2 dir="auto">{title}</h2>{meta}</header>'


def contents_html(articles: Sequence[Article], limit: int = 200) -> str:
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


def welcome_html(articles: Sequence[Article], examples: Iterable[str] = ()) -> str:
    """The empty chat: what is in the library, and questions to try."""
    if not articles:
        return note_html("The library is empty; add articles with `footnote add FOLDER`.")
    buttons = "".join(
        f'<li><button type="button" class="example">{escape(text)}</button></li>' for text in examples
    )
    tries = f'<ul class="examples">{buttons}</ul>' if buttons else ""
    return (
        f'<section class="welcome"><h2>Ask {extent(articles)}.</h2>'
        "<p>Every sentence of an answer carries a footnote, and every footnote is an exact quote.</p>"
        f"{tries}</section>"
    )


def extent(articles: Sequence[Article]) -> str:
    """How many articles, and from when to when; plain text, not escaped.

    >>> import datetime as dt
    >>> days = dt.date(2021, 12, 24), dt.date(2022, 9, 20)
    >>> extent([Article(str(d), "f", "/f", "…", date=d) for d in days])
    '2 articles from 24 December 2021 to 20 September 2022'
    """
    dates = sorted(article.date for article in articles if article.date)
    found = count(len(articles), "article")
    if not dates:
        return found
    first, last = human_date(dates[0]), human_date(dates[-1])
    return f"{found} of {first}" if first == last else f"{found} from {first} to {last}"


def label(source: Source) -> str:
    """How a footnote names its article; plain text, not escaped.

    >>> import datetime as dt
    >>> label(Source("id", "a.txt", "Ferry back", dt.date(2022, 5, 6)))
    'Ferry back, 6 May 2022'
    >>> label(Source("id", "a.txt"))
    'a.txt'
    """
    name = source.title or source.file
    return f"{name}, {human_date(source.date)}" if source.date else name


def count(number: int, noun: str) -> str:
    """
    >>> count(1, "quote"), count(1200, "quote")
    ('1 quote', '1,200 quotes')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
