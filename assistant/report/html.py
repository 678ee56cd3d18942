"""A report → one HTML page that needs nothing else: its looks are inside, it loads and runs nothing.

Notes stand at the end with links back to where they are cited; so the page prints well, too. Titles, quotes
and answers are untrusted: every text goes through `html.escape`, and the page's content policy forbids all
but its own style. Each text has a reading direction of its own.
"""

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from itertools import count
from pathlib import Path

from assistant.report.characters import in_marks
from assistant.report.document import Block, Document, Footnote, Mark
from assistant.report.runs import Run

STYLE = Path(__file__).with_name("report.css")
# What the content policy knows an inline style by: https://www.w3.org/TR/CSP3/#hash_usage
POLICY = "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'"

TAGS = {"heading": "h2", "subheading": "h3", "lead": "p", "claim": "p", "quote": "blockquote", "remark": "p"}


def to_html(document: Document) -> str:
    """The whole page."""
    style = STYLE.read_text(encoding="utf-8")
    policy = POLICY.format(base64.b64encode(hashlib.sha256(style.encode()).digest()).decode())
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{escape(document.title)}</title>
<style>{style}</style>
</head>
<body>
<main>
<header>
<h1 dir="auto">{escape(document.title)}</h1>
<p class="about">{escape(document.about)}</p>
</header>
{body(document)}
</main>
</body>
</html>
"""


def body(document: Document) -> str:
    """The page's inside without its title: blocks, footnotes, references."""
    marks = count(1)
    places: dict[int, list[int]] = {}
    blocks = "\n".join(_block(block, marks, places) for block in document.blocks)
    return "\n".join(part for part in (blocks, _footnotes(document, places), _references(document)) if part)


def _block(block: Block, marks: Iterator[int], places: dict[int, list[int]]) -> str:
    """A paragraph, with each of its marks numbered through the page and noted in `places`."""

    def linked(mark: Mark) -> str:
        place = next(marks)
        places.setdefault(mark.n, []).append(place)
        return (
            f'<sup><a class="mark" id="cited-{place}" href="#note-{mark.n}" role="doc-noteref"'
            f' aria-label="Footnote {mark.n}">{mark.n}</a></sup>'
        )

    tag, said = TAGS[block.kind], pieces(block, linked)
    if block.kind == "quote":
        return f'<{tag} dir="auto"><p>{said}</p></{tag}>'
    return f'<{tag} class="{block.kind}" dir="auto">{said}</{tag}>'


def pieces(block: Block, numbered: Callable[[Mark], str]) -> str:
    """What stands in a paragraph; `numbered` writes a mark."""
    texts: list[str] = []
    before: Run | Mark | None = None
    for part in block.runs:
        texts += ["<sup>, </sup>"] if isinstance(part, Mark) and isinstance(before, Mark) else []
        texts.append(numbered(part) if isinstance(part, Mark) else run_html(part))
        before = part
    return "".join(texts)


def _footnotes(document: Document, places: dict[int, list[int]]) -> str:
    if not document.footnotes:
        return ""
    rows = "\n".join(_footnote(note, places.get(note.n, [])) for note in document.footnotes)
    return (
        '<section class="notes" role="doc-endnotes" aria-labelledby="notes">\n'
        f'<h2 id="notes">Notes</h2>\n<ol>\n{rows}\n</ol>\n</section>'
    )


def _footnote(note: Footnote, places: Sequence[int]) -> str:
    """What the note says and a way back to each place that cites it."""
    back = " ".join(
        f'<a class="back" href="#cited-{place}" role="doc-backlink"'
        f' aria-label="Back to where note {note.n} is cited{f" ({time})" if len(places) > 1 else ""}">↩</a>'
        for time, place in enumerate(places, start=1)
    )
    link = f' data-permalink="{escape(note.permalink)}"' if note.permalink else ""
    rest = f" {escape(note.rest)}" if note.rest else ""
    said = f"<bdi>{runs_html(note.reference)}</bdi> <bdi>{escape(in_marks(note.quote))}</bdi>{rest}"
    return f'<li id="note-{note.n}"{link}>{said} {back}</li>'


def _references(document: Document) -> str:
    if not document.bibliography:
        return ""
    rows = "\n".join(f'<li dir="auto">{runs_html(runs)}</li>' for runs in document.bibliography)
    heading = escape(document.bibliography_heading)
    return (
        '<section class="references" role="doc-bibliography" aria-labelledby="references">\n'
        f'<h2 id="references">{heading}</h2>\n<ul>\n{rows}\n</ul>\n</section>'
    )


def runs_html(runs: Iterable[Run]) -> str:
    """Runs as HTML that goes into a paragraph."""
    return "".join(map(run_html, runs))


def run_html(run: Run) -> str:
    """
    >>> run_html(Run("A&B", italic=True, link="https://a.example/?x&y"))
    '<a href="https://a.example/?x&amp;y" rel="noreferrer"><i>A&amp;B</i></a>'
    """
    said = escape(run.text)
    if run.small_caps:
        said = f'<span class="small-caps">{said}</span>'
    for tag, wanted in (("sup", run.superscript), ("b", run.bold), ("i", run.italic)):
        said = f"<{tag}>{said}</{tag}>" if wanted else said
    return f'<a href="{escape(run.link)}" rel="noreferrer">{said}</a>' if run.link else said
