"""The Reports tab as safe HTML: the reports, the open one with its answers, its files; and what stands under
an answer in the chat, to copy it and to put it into a report.

Escapes as render.py does: titles, headings, questions and answers are untrusted text. The preview is a whole
page of its own, shown in a frame that may run nothing. Pure functions, no gradio, no library. `data-`
attributes are what reports.js goes by.
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from urllib.parse import quote

from assistant.rendering.render import closed, count
from assistant.report import copied
from assistant.report.collected import Entry, numbered
from assistant.values import Answer
from index.text import human_date

KEPT_COPIES = (
    200  # answers: a long conversation is drawn again with each question, 4 ms for each of its turns
)
EXCERPT = 320  # characters of an answer in the list: three lines of it

# The formats of export.py as a person calls them, in the order of the buttons.
FILES = {
    "docx": "Word",
    "pdf": "PDF",
    "md": "Markdown",
    "html": "HTML",
    "bibtex": "BibTeX",
    "ris": "RIS",
    "csl-json": "CSL-JSON",
}
SIDES = {"preview": "Preview", "check": "Check"}
LINK = '<a href="#reports">Reports</a>'  # in the head of the page
HOW = "Under each answer in the chat there is “Add to report”."


@dataclass(frozen=True, slots=True)
class Listed:
    """A report in the list: its ID, its title, how many answers it holds."""

    id: str
    title: str
    answers: int


@dataclass(frozen=True, slots=True)
class Copies:
    """One answer in the forms that go to the clipboard; `rich` is HTML of a page's body."""

    markdown: str
    rich: str
    text: str


# --- under an answer -----------------------------------------------------------------------------


@lru_cache(maxsize=KEPT_COPIES)
def copies(answer: Answer, asked_at: dt.datetime) -> Copies:
    """The answer with its references, which were read when it was asked for."""
    made = (copied.as_markdown, copied.as_html, copied.as_text)
    return Copies(*(form(answer, asked_at) for form in made))


def under_html(turn: str, copies: Copies, *, collects: bool, more: str = "") -> str:
    """The buttons under an answer: one copies it in one of three forms, and with `collects` one puts it into
    a report; reports.js fills the menu. `more` is the HTML of further ones."""
    buttons = "".join(
        f'<button type="button" data-copy="{form}">{name}</button>'
        for form, name in (("rich", "rich text"), ("markdown", "Markdown"), ("text", "plain text"))
    )
    forms = "".join(
        f'<textarea class="{form}" hidden readonly>{escape(getattr(copies, form))}</textarea>'
        for form in ("rich", "markdown", "text")
    )
    add = (
        f'<details class="collect" data-turn="{escape(turn)}"><summary>Add to report</summary>'
        '<div class="sheet" role="group" aria-label="Add to report"></div></details>'
    )
    return (
        f'<div class="under fine"><span class="copies">Copy with sources as {buttons}</span>'
        f"{add if collects else ''}{more}{forms}</div>"
    )


# --- the tab -------------------------------------------------------------------------------------


def list_html(reports: Sequence[Listed], open_: str) -> str:
    """The reports, newest first, and the way to another; `open_` is the ID of the one that is open."""
    rows = "".join(
        f'<li><button type="button" data-report="{escape(r.id)}" data-keep="report-{escape(r.id)}"'
        f'{_CURRENT if r.id == open_ else ""}><span class="name" dir="auto">{escape(closed(r.title))}</span>'
        f'<span class="fine">{count(r.answers, "answer")}</span></button></li>'
        for r in reports
    )
    new = '<button type="button" class="press" data-do="new" data-keep="new">New report</button>'
    return f'<nav class="all" aria-label="Reports"><ul>{rows}</ul>{new}</nav>'


_CURRENT = ' aria-current="true"'


def none_html() -> str:
    """In place of a report, where there is none."""
    return f'<div class="none" role="status"><h3>There are no reports yet.</h3><p>{HOW}</p></div>'


def open_html(
    report: str, title: str, entries: Sequence[Entry], styles: Mapping[str, str], style: str
) -> str:
    """The open report: its title, its answers in their order, the reference style and the files."""
    rows = "".join(
        _entry(
            n, len(entries), entry, tuple(sorted({m for claim in section.claims for m in claim.citations}))
        )
        for n, (entry, section) in enumerate(zip(entries, numbered(entries).sections, strict=True), start=1)
    )
    empty = f'<p class="none">No answer is in it yet. {HOW}</p>'
    body = f'<ol class="entries">{rows}</ol>{_export(report, styles, style)}' if entries else empty
    return (
        f'<section class="report" data-report="{escape(report)}"><div class="head">'
        f'<textarea name="title" rows="1" dir="auto" aria-label="Title of the report" data-keep="title">'
        f"{escape(title)}</textarea>"
        '<button type="button" class="link" data-do="delete">Delete …</button></div>'
        f"{body}</section>"
    )


def _entry(n: int, of: int, entry: Entry, notes: Sequence[int]) -> str:
    id = escape(entry.id)
    name = escape(closed(entry.heading))
    cited = f"{'note' if len(notes) == 1 else 'notes'} {ranges(notes)}" if notes else "no notes"
    return (
        f'<li class="entry" data-entry="{id}" data-place="{n}">'
        f'<textarea name="heading" rows="1" dir="auto" aria-label="Heading of answer {n}" '
        f'data-keep="heading-{id}">{escape(entry.heading)}</textarea>'
        f'<p class="said" dir="auto">{escape(excerpt(entry))}</p>'
        f'<p class="fine">Asked {human_date(entry.asked_at.date())} · {cited}</p><p class="tools">'
        f"{_step('up', '↑', f'Move up: {name}', id, off=n == 1)}"
        f"{_step('down', '↓', f'Move down: {name}', id, off=n == of)}"
        f'<button type="button" class="link" data-do="remove" data-keep="remove-{id}" '
        f'aria-label="Remove: {name}">Remove</button></p></li>'
    )


def _step(what: str, arrow: str, label: str, id: str, *, off: bool) -> str:
    # Not `disabled`: the button that was just pressed would lose the focus at the end of the list.
    state = ' aria-disabled="true"' if off else ""
    return (
        f'<button type="button" class="press" data-do="{what}" data-keep="{what}-{id}" '
        f'aria-label="{label}"{state}>{arrow}</button>'
    )


def excerpt(entry: Entry) -> str:
    """The answer's first lines, as plain text on one line."""
    text = " ".join(entry.answer.text.split())
    cut = text if len(text) <= EXCERPT else text[:EXCERPT].rsplit(" ", 1)[0] + " …"
    return closed(cut)


def ranges(numbers: Sequence[int]) -> str:
    """Sorted numbers, neighbours put together.

    >>> ranges([1, 2, 3, 5, 8, 9])
    '1–3, 5, 8, 9'
    """
    runs: list[list[int]] = []
    for n in numbers:
        if runs and n == runs[-1][-1] + 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    return ", ".join(f"{r[0]}–{r[-1]}" if len(r) > 2 else ", ".join(map(str, r)) for r in runs)


def _export(report: str, styles: Mapping[str, str], style: str) -> str:
    options = "".join(
        f'<option value="{escape(key)}"{" selected" if key == style else ""}>{escape(closed(name))}</option>'
        for key, name in styles.items()
    )
    links = "".join(
        f'<a class="press" download data-format="{format}" href="{escape(address(report, format, style))}">'
        f"{name}</a>"
        for format, name in FILES.items()
    )
    return (
        '<div class="export"><label for="reports-style">References in the style of</label>'
        f'<select id="reports-style" name="style">{options}</select>'
        f'<p class="files" role="group" aria-label="Download the report as">{links}</p></div>'
    )


def address(report: str, format: str, style: str) -> str:
    """Where a report's file is fetched from.

    >>> address("7", "docx", "a b")
    'reports/7.docx?style=a%20b'
    """
    return f"reports/{quote(report, safe='')}.{format}?style={quote(style, safe='')}"


# --- beside it -----------------------------------------------------------------------------------


def side_html(side: str, body: str) -> str:
    """What is beside the open report, `body`, and the buttons that choose it."""
    tabs = "".join(
        f'<button type="button" data-side="{key}" data-keep="side-{key}" '
        f'aria-pressed="{"true" if key == side else "false"}">{name}</button>'
        for key, name in SIDES.items()
    )
    return f'<div class="sides" role="group" aria-label="Beside the report">{tabs}</div>{body}'


def preview_html(page: str) -> str:
    """A whole page in a frame that runs no script, sends no form and reaches nothing of the page around it;
    its links open in a tab of their own."""
    page = re.sub(
        r'(<a\b[^>]*?) href="(https?://)', r'\1 target="_blank" rel="noopener noreferrer" href="\2', page
    )
    return (
        '<iframe class="preview" title="Preview of the report" '
        'sandbox="allow-popups allow-popups-to-escape-sandbox" '
        f'srcdoc="{escape(page)}"></iframe>'
    )


def toast_html(text: str, key: str, *, report: str = "", undo: str = "") -> str:
    """What was just done, in one line; with `report` a way to it, with `undo` a way back. `key` tells two
    toasts with the same words apart: what is drawn twice alike is not drawn again."""
    go = f' <button type="button" data-go="{escape(report)}">Open</button>' if report else ""
    back = f' <button type="button" data-undo="{escape(undo)}">Undo</button>' if undo else ""
    said = f'<span dir="auto">{escape(closed(text))}</span>'
    return f'<p class="toast" role="status" data-toast="{escape(key)}">{said}{go}{back}</p>'


def tools_html() -> str:
    """Drawn once: the dialog that asks before a report is deleted."""
    return (
        '<dialog class="sure" aria-labelledby="reports-sure"><h3 id="reports-sure"></h3>'
        "<p>The answers in it stay in their conversations.</p>"
        '<form method="dialog"><button value="no" class="press" autofocus>Cancel</button>'
        '<button value="yes" class="press strong">Delete</button></form></dialog>'
    )
