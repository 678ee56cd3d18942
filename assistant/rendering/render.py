"""`Answer` → Markdown and safe HTML: one turn of the chat, whatever became of it.

All escaping lives in this folder and in the page’s _html files. Questions, answers and articles are untrusted
text: whatever they hold (tags, Markdown, LaTeX, a model's control tokens) comes out as the same characters
on the page. The HTML goes into `gr.HTML`, which neither cleans nor interprets it, so `html.escape` is the
whole defence: it is applied to every value that is not a number or an ID of our own. Pure functions, no
gradio, no library.

A link to a quote is `#cite-<turn>-<key>`. The key is `2` for footnote 2 of the answer, `e2` for the
second quote that was read for it, `p2` for the second passage.
"""

import re
from collections.abc import Iterable, Sequence
from html import escape

from assistant.finding.scope import told
from assistant.rendering.scope_html import ask_all_html, scope_html, scope_lines
from assistant.rendering.timeline_html import timeline_html
from assistant.values import Answer, Citation, Claim, Evidence, Source
from index.text import human_date

# What Markdown (CommonMark, GitHub's tables, strikethrough, LaTeX in dollars) may read as its own.
MARKDOWN_SPECIAL = re.compile(r"([\\`*_\[\]<>|$~]|&(?=#?\w+;))")
# … and what it reads as its own at the start of a line: headings, lists, rules.
MARKDOWN_START = re.compile(r"^(\s*)([#+=-]|\d+(?=[.)]))")

# A character that turns the direction of reading, and the one that ends what it began.
BIDI_ENDS = dict.fromkeys("\u202a\u202b\u202d\u202e", "\u202c") | dict.fromkeys(
    "\u2066\u2067\u2068", "\u2069"
)
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # what a terminal would obey

NOT_SAID = "The articles do not say."
NEAR = "Near it, but no answer"
MODEL_FAILED = "The language model failed."
LIBRARY_FAILED = "The library can’t be searched."
NO_ARTICLES = "There are no articles yet."
HOW_TO_ADD = "Add a folder with files, then ask again:"


# --- Markdown ------------------------------------------------------------------------------------


def markdown(answer: Answer) -> str:
    """The answer with footnote numbers, then the numbered list of its references.

    Line breaks inside a quote become spaces; every other character renders as it stands.
    """
    blocks = [_claim_markdown(claim) for claim in answer.claims] or [markdown_text(answer.text)]
    if answer.claims:
        blocks = [*map(markdown_text, (*scope_lines(answer), *answer.lead.splitlines())), *blocks]
    references = [f"{c.n}. {markdown_text(place(c))}: “{markdown_text(c.quote)}”" for c in answer.citations]
    return "\n\n".join([*blocks, "\n".join(references)] if references else blocks) + "\n"


def markdown_text(text: str) -> str:
    r"""Text as one line of Markdown that renders as the same characters, but for control characters, which a
    terminal that shows the Markdown would obey.

    >>> print(markdown_text("# [1](http://evil) <b> $x$ &lt;"))
    \# \[1\](http://evil) \<b\> \$x\$ \&lt;
    >>> print(markdown_text("2022. A year"))
    2022\. A year
    """
    line = MARKDOWN_SPECIAL.sub(r"\\\1", CONTROLS.sub("�", closed(" ".join(text.split()))))
    found = MARKDOWN_START.match(line)
    if not found:
        return line
    digits = found[2].isdigit()
    at = found.end() if digits else found.start(2)
    return f"{line[:at]}\\{line[at:]}"


def closed(text: str) -> str:
    """The text with an end to every change of the reading direction that it begins, so that what follows it
    on the page reads as it should.

    >>> closed("a\u202eb") == "a\u202eb\u202c", closed("a")
    (True, 'a')
    """
    open_: list[str] = []
    for c in text:
        if c in BIDI_ENDS:
            open_.append(BIDI_ENDS[c])
        elif c in "\u202c\u2069" and open_ and open_[-1] == c:
            open_.pop()
    return text + "".join(reversed(open_))


def _claim_markdown(claim: Claim) -> str:
    numbers = "".join(f" [{n}]" for n in claim.citations)
    heading = f"**{markdown_text(claim.heading)}**\n\n" if claim.heading else ""
    return f"{heading}{'> ' if claim.verdict == 'quoted' else ''}{markdown_text(claim.text)}{numbers}"


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


def note_html(text: str, *, error: bool = False) -> str:
    """One line in place of an answer: an error's message, or that the reader stopped it.

    >>> note_html("no <model>", error=True)
    '<p class="note error" role="alert">no &lt;model&gt;</p>'
    """
    kind = 'class="note error" role="alert"' if error else 'class="note" role="status"'
    return f"<p {kind}>{escape(text)}</p>"


def evidence_html(turn: str, evidence: Iterable[Evidence], heading: str) -> str:
    """The quotes of a retrieval as a list of links; "" when there are none."""
    rows = [quote_row(f"{turn}-e{e.n}", str(e.n), e.source, e.quote) for e in evidence]
    return _quote_list(heading, rows)


def answer_html(
    turn: str, answer: Answer, near: Sequence[Evidence] = (), how: str = "", under: str = ""
) -> str:
    """What the pipeline ended in: an answer, that the articles do not say, or that the model failed.

    `near` are quotes that came close where the articles do not say. A failed answer is its message and the
    quotes that were found before it failed. HTML that ends it: `how` it came about (how_html.py), and what is
    `under` it (report_html.py).
    """
    meant = understood_html(answer.question, answer.standalone_question, editable=True)
    meant += scope_html(turn, answer.scope, removable=True)
    if answer.status == "failed":
        note = failed_html(MODEL_FAILED, answer.text)
        return (
            meant
            + note
            + evidence_html(turn, answer.evidence, heading="Quotes found, not an answer yet")
            + under
        )
    if answer.status == "not_found":
        said = f'<div class="answer not-found"><p>{escape(answer.text)}</p></div>'
        said += ask_all_html(turn) if answer.scope else ""
        return meant + said + evidence_html(turn, near, heading=NEAR) + how + under
    cited = {c.n: c for c in answer.citations}
    lines = [line for line in answer.lead.splitlines() if line != told(answer.scope)]  # the chip tells it
    lead = "".join(f'<p dir="auto">{escape(line)}</p>' for line in lines)
    claims = lead + "".join(_claim_html(turn, claim, cited) for claim in answer.claims)
    shown = {claim.text for claim in answer.claims if claim.verdict == "quoted"}
    quotes = ((c, "" if " ".join(c.quote.split()) in shown else c.quote) for c in answer.citations)
    rows = [quote_row(f"{turn}-{c.n}", str(c.n), c.source, quote) for c, quote in quotes]
    return (
        f'{meant}<div class="answer">{claims}</div>{_quote_list("Sources", rows)}'
        f"{timeline_html(turn, answer)}{how}{_footer(answer)}{under}"
    )


def _claim_html(turn: str, claim: Claim, cited: dict[int, Citation]) -> str:
    """A sentence and its footnote numbers; word-for-word quotes are set as quotations."""
    marks = "".join(_footnote(turn, cited[n]) for n in claim.citations if n in cited)
    heading = f'<h3 class="when" dir="auto">{escape(closed(claim.heading))}</h3>' if claim.heading else ""
    if claim.verdict == "verified":
        return f'{heading}<p dir="auto">{escape(closed(claim.text))}{marks}</p>'
    return f'{heading}<blockquote dir="auto">{_marked_html(claim)}{marks}</blockquote>'


def _marked_html(claim: Claim) -> str:
    """A quote with the words marked that answer.

    >>> from index.text import Span
    >>> _marked_html(Claim("<b> left.", (1,), "quoted", marked=Span(0, 3)))
    '<mark>&lt;b&gt;</mark> left.'
    """
    text, span = closed(claim.text), claim.marked
    if span is None:
        return escape(text)
    before, words, after = text[: span.start], text[span.start : span.end], text[span.end :]
    return f"{escape(before)}<mark>{escape(words)}</mark>{escape(after)}"


def _footnote(turn: str, citation: Citation) -> str:
    """A footnote's number; `data-` is what the card beside it tells (reading.js)."""
    where, source = escape(place(citation)), citation.source
    day = human_date(source.date) if source.date else ""
    facts = " · ".join(fact for fact in (source.source and closed(source.source), day) if fact)
    return (
        f'<sup><a class="cite" href="#cite-{turn}-{citation.n}"'
        f' data-title="{escape(closed(source.title or source.file))}" data-facts="{escape(facts)}"'
        f' data-quote="{escape(closed(citation.quote))}"'
        f' aria-label="Footnote {citation.n}: {where}">{citation.n}</a></sup>'
    )


def _quote_list(heading: str, rows: Sequence[str]) -> str:
    if not rows:
        return ""
    return f'<h3 class="fine">{escape(heading)}</h3><ol class="quotes">{"".join(rows)}</ol>'


def quote_row(key: str, number: str, source: Source, quote: str, more: str = "") -> str:
    """A quote as a row of a list that opens its article; `more` is plain text beside the article's name."""
    words = f'<span class="words" dir="auto">{escape(quote)}</span>' if quote else ""
    return (
        f'<li><a href="#cite-{key}"><span class="n">{number}</span>'
        f'<span class="where">{escape(label(source) + more)}</span>{words}</a></li>'
    )


def _footer(answer: Answer) -> str:
    """From how many sources, where some of the cited articles tell nearly the same; how long it took."""
    cited = len({c.source.article for c in answer.citations})
    fewer = 0 < answer.independent_sources < cited or any(c.also_in for c in answer.citations)
    sources = f"{count(answer.independent_sources, 'independent source')} · " if fewer else ""
    return f'<p class="fine">{sources}Checked against its quotes in {answer.timings.total_s:.1f} s</p>'


def understood_html(question: str, meant: str, *, editable: bool = False) -> str:
    """How a follow-up question was completed from the conversation, to be corrected if need be; "" when it
    stood alone. The form sends its question to be asked as it stands."""
    if meant == question:
        return ""
    told = f'Understood as: <span class="meant">{escape(closed(meant))}</span>'
    if not editable:
        return f'<p class="fine understood" dir="auto">{told}</p>'
    return (
        f'<p class="fine understood" dir="auto">{told}<button type="button" class="edit">Edit</button></p>'
        f'<form class="reword" hidden><textarea rows="2" dir="auto" aria-label="The question, understood as">'
        f'{escape(meant)}</textarea><button type="submit">Ask this</button>'
        '<button type="button" class="cancel">Cancel</button></form>'
    )


def failed_html(what: str, message: str) -> str:
    """In place of an answer: what failed, and the message that says why and what to do next.

    >>> failed_html("It failed.", "no <model>; ask again").count("&lt;model&gt;")
    1
    """
    why = escape(message[:1].upper() + message[1:])
    what = f"<p><strong>{escape(what)}</strong></p>"
    return f'<div class="note error" role="alert">{what}<p>{why}</p></div>'


def empty_html(command: str) -> str:
    """That there is nothing to ask yet, and the command that adds articles.

    >>> print(empty_html("footnote add FOLDER").replace("><", ">\\n<"))
    <section class="welcome empty" role="status">
    <h2>There are no articles yet.</h2>
    <p>Add a folder with files, then ask again:</p>
    <pre>
    <code>footnote add FOLDER</code>
    </pre>
    </section>
    """
    return (
        f'<section class="welcome empty" role="status"><h2>{NO_ARTICLES}</h2><p>{HOW_TO_ADD}</p>'
        f"<pre><code>{escape(command)}</code></pre></section>"
    )


def label(source: Source) -> str:
    """How a footnote names its article; plain text, not escaped.

    >>> import datetime as dt
    >>> label(Source("id", "a.txt", "Ferry back", dt.date(2022, 5, 6)))
    'Ferry back, 6 May 2022'
    >>> label(Source("id", "a.txt"))
    'a.txt'
    """
    name = closed(source.title or source.file)
    return f"{name}, {human_date(source.date)}" if source.date else name


def place(citation: Citation) -> str:
    """As `label`, with the page, and in how many other articles nearly the same stands.

    >>> place(Citation(1, Source("id", "a.pdf"), "", 0, 1, "", 0, page=3, also_in=("b", "c")))
    'a.pdf, page 3 (also in 2 articles)'
    """
    page = f", page {citation.page}" if citation.page else ""
    also = f" (also in {count(len(citation.also_in), 'article')})" if citation.also_in else ""
    return f"{label(citation.source)}{page}{also}"


def count(number: int, noun: str) -> str:
    """
    >>> count(1, "quote"), count(1200, "quote")
    ('1 quote', '1,200 quotes')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
