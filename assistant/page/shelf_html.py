"""The Articles tab as safe HTML: the ways in, the chart by month, the table.

Escapes as render.py does: every title, name, outlet and reason is untrusted text. What is drawn again while
somebody may be typing in it or clicking on it (fields, the stop button) is in `tools_html`, which is drawn
once. Pure functions, no gradio, no library. `data-` attributes are what shelf.js goes by.
"""

from collections.abc import Sequence, Set
from html import escape

from assistant.page.panel import extent
from assistant.page.table import UNDATED, Months, Page, Row, View
from assistant.rendering.render import closed, count
from index.text import MONTHS, human_date

STATES = {
    "": "Any state",
    "ok": "In order",
    "attention": "Needs a look",
    "gone": "File gone",
    "refused": "Refused",
    "kept": "Older text kept",
    "copy": "Copies",
}
KINDS = {
    "text": {".txt", ".text"},
    "Markdown": {".md", ".markdown"},
    "web pages": {".html", ".htm", ".xhtml"},
    "PDF": {".pdf"},
    "Word": {".docx"},
    "mail": {".eml", ".mbox"},
    "feeds": {".rss", ".atom", ".xml"},
    "tables": {".csv", ".tsv"},
    "JSON": {".json", ".jsonl", ".ndjson"},
    "ZIP": {".zip"},
}
COLUMNS = {"title": "Title", "date": "Date", "source": "Source", "passages": "Passages", "state": "State"}


# --- drawn once ----------------------------------------------------------------------------------


def tools_html(suffixes: Set[str], limit: str) -> str:
    """How articles come in, the job's stop button, and the dialog that asks before anything goes."""
    accept = ",".join(sorted(suffixes))
    return (
        '<div class="ways"><label class="drop">'
        f'<input type="file" class="unseen" multiple accept="{escape(accept)}">'
        "<strong>Add files</strong> <span>or drop them anywhere on this page</span>"
        f'<span class="fine">{escape(kinds(suffixes))}; up to {escape(limit)} each</span></label>'
        '<form class="folder"><label class="fine" for="shelf-folder">or a folder on this computer</label>'
        '<span class="pair"><input id="shelf-folder" name="folder" placeholder="~/articles" '
        'autocomplete="off" spellcheck="false"><button type="submit" class="press">Add</button></span>'
        '<p class="fine">It stays where it is; Update looks for what has changed in it.</p></form></div>'
        '<div class="sending" role="status"></div>'
        '<p class="unseen" id="shelf-say" role="status"></p>'
        '<dialog class="sure" aria-labelledby="sure-what"><h3 id="sure-what"></h3><p></p><ul></ul>'
        '<form method="dialog"><button value="no" class="press" autofocus>Cancel</button>'
        '<button value="yes" class="press strong">Remove</button></form></dialog>'
    )


def kinds(suffixes: Set[str]) -> str:
    """What people call the files of these endings, an ending without a name as it is.

    >>> kinds({".txt", ".text", ".pdf", ".xyz"})
    'text, PDF, xyz'
    """
    known = [name for name, endings in KINDS.items() if not suffixes.isdisjoint(endings)]
    named = set().union(*KINDS.values())
    return ", ".join([*known, *sorted(suffix.lstrip(".") for suffix in suffixes if suffix not in named)])


def find_html() -> str:
    """The search field and the menu of states; the menu of sources is `sources_html`."""
    states = "".join(f'<option value="{key}">{name}</option>' for key, name in STATES.items())
    return (
        '<search class="find"><input type="search" name="words" placeholder="Search title, file or source" '
        'aria-label="Search the articles">'
        f'<select name="state" aria-label="State">{states}</select></search>'
    )


BUTTONS = (
    '<p class="buttons"><button type="button" class="press stop-job" data-do="stop">Stop</button>'
    '<button type="button" class="press strong update" data-do="update">Update</button></p>'
    '<p class="picked" hidden><span></span> '
    '<button type="button" class="press" data-do="unpick">Clear</button> '
    '<button type="button" class="press strong" data-do="remove">Remove …</button></p>'
)


def empty_html(*, editable: bool) -> str:
    """In place of the table, where there is no article yet."""
    how = "Drop files on this page, or give a folder above." if editable else "None has been added."
    return f'<div class="none nothing" role="status"><h3>There are no articles yet.</h3><p>{how}</p></div>'


def facts_html(rows: Sequence[Row]) -> str:
    """How much there is, in one line; "" where there is nothing."""
    articles = [row for row in rows if row.id and row.state != "copy"]
    passages = sum(row.passages for row in articles)
    told = [extent(row.date for row in articles), count(passages, "passage")]
    attention = sum(row.state not in ("ok", "copy") for row in rows)
    if attention:
        told.append(f'<button type="button" class="link" data-look="1">{attention:,} to look at</button>')
    return f'<p class="fine">{" · ".join(told)}</p>' if rows else ""


# --- the chart -----------------------------------------------------------------------------------

WIDTH, HEIGHT, TOP = 600, 64, 4  # of the drawing, which is stretched to the width there is


def chart_html(months: Months) -> str:
    """A bar for each month, or year; the caption says the same in words."""
    if not months.counts:
        return ""
    most = max(number for _, number in months.counts) or 1
    step = WIDTH / len(months.counts)
    bars = "".join(
        _bar_svg(key, number, number / most, n * step, step) for n, (key, number) in enumerate(months.counts)
    )
    first, last = months.counts[0][0], months.counts[-1][0]
    ends = f"<span>{human_month(first)}</span>" + (
        f"<span>{human_month(last)}</span>" if last != first else ""
    )
    return (
        f'<figure class="chart"><svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="group" '
        f'aria-label="Articles by {"month" if "-" in first else "year"}">{bars}</svg>'
        f'<div class="ends fine" aria-hidden="true">{ends}</div>'
        f'<figcaption class="fine">{_caption(months)}</figcaption></figure>'
    )


def _bar_svg(key: str, number: int, share: float, x: float, step: float) -> str:
    tall = max((HEIGHT - TOP) * share, 1.5 if number else 0)
    gap = min(step * 0.16, 4)
    label = f"{human_month(key)}: {count(number, 'article')}"
    return (
        f'<g class="bar" role="button" tabindex="-1" aria-pressed="false" aria-label="{label}" '
        f'data-when="{key}" data-keep="bar-{key}"><title>{label}</title>'
        f'<rect class="hit" x="{x:.1f}" y="0" width="{step:.1f}" height="{HEIGHT}"/>'
        f'<rect class="tall" x="{x + gap / 2:.1f}" y="{HEIGHT - tall:.1f}" width="{step - gap:.1f}" '
        f'height="{tall:.1f}"/></g>'
    )


def _caption(months: Months) -> str:
    dated = sum(number for _, number in months.counts)
    key, most = max(months.counts, key=lambda pair: pair[1])
    said = f"{count(dated, 'article')} with a date, most in {human_month(key)} ({most:,})." if most else ""
    if months.undated:
        said += (
            f' <button type="button" class="link" data-when="{UNDATED}" aria-pressed="false">'
            f"{months.undated:,} without a date</button>"
        )
    return said


def human_month(key: str) -> str:
    """
    >>> human_month("2022-06"), human_month("2022")
    ('June 2022', '2022')
    """
    year, _, month = key.partition("-")
    return f"{MONTHS[int(month) - 1]} {year}" if month else year


# --- the table -----------------------------------------------------------------------------------


def outlets_html(outlets: Sequence[str]) -> str:
    """The menu of sources; "" where no article names its source."""
    options = "".join(f'<option value="{escape(name)}">{escape(closed(name))}</option>' for name in outlets)
    menu = f'<select name="source" aria-label="Source"><option value="">Any source</option>{options}</select>'
    return menu if options else ""


def table_html(page: Page, view: View, *, editable: bool) -> str:
    """One page of the table, what it is restricted to, and the way to the other pages."""
    if not page.found:
        return _restrictions(view) + '<p class="none" role="status">No article fits.</p>'
    any_ = any(row.id for row in page.rows)
    all_ = '<input type="checkbox" class="all" aria-label="All articles on this page">' if any_ else ""
    boxes = f'<th class="box">{all_}</th>' if editable else ""
    heads = "".join(_head(key, name, view) for key, name in COLUMNS.items())
    bare = "" if view.source or any(row.source for row in page.rows) else " bare"
    rows = "".join(_row(row, editable=editable) for row in page.rows)
    return (
        f'{_restrictions(view)}<p class="fine found" role="status">{count(page.found, "row")}</p>'
        f'<table class="articles{bare}"><thead><tr>{boxes}{heads}</tr></thead><tbody>{rows}</tbody></table>'
        f"{_pager(page)}"
    )


def _restrictions(view: View) -> str:
    """The chips that take the month and the story away again; the other filters are seen in their fields."""
    chips = []
    if view.when:
        name = "Without a date" if view.when == UNDATED else human_month(view.when)
        chips.append(_chip("when", name))
    if view.story >= 0:
        chips.append(_chip("story", "The same story"))
    return f'<p class="chips">{"".join(chips)}</p>' if chips else ""


def _chip(what: str, name: str) -> str:
    return (
        f'<button type="button" class="chip" data-drop="{what}" aria-label="{name}: show all again">'
        f'{name} <span aria-hidden="true">×</span></button>'
    )


def _head(key: str, name: str, view: View) -> str:
    order = ("descending" if view.down else "ascending") if view.sort == key else ""
    sort = f' aria-sort="{order}"' if order else ""
    arrow = {"descending": "↓", "ascending": "↑"}.get(order, "")
    return (
        f'<th scope="col" class="{key}"{sort}><button type="button" data-sort="{key}" data-keep="sort-{key}">'
        f'{name}<span aria-hidden="true">{arrow}</span></button></th>'
    )


def _row(row: Row, *, editable: bool) -> str:
    name = escape(closed(row.title))
    pick = f'<input type="checkbox" value="{escape(row.id)}" aria-label="{name}">' if row.id else ""
    box = f'<td class="box">{pick}</td>' if editable else ""
    title = f'<a href="#cite-article-{escape(row.id)}" dir="auto">{name}</a>' if row.id else name
    file = (
        f'<span class="fine file" dir="auto">{escape(closed(row.file))}</span>'
        if row.file != row.title
        else ""
    )
    also = (
        f'<button type="button" class="link fine" data-story="{row.story}">'
        f"also in {count(row.also, 'article')}</button>"
        if row.also > 0 and row.state != "copy"
        else ""
    )
    day = human_date(row.date) if row.date else ""
    facts = (day, escape(closed(row.source)), count(row.passages, "passage") if row.id else "")
    short = f'<span class="fine short">{" · ".join(fact for fact in facts if fact)}</span>'
    return (
        f'<tr>{box}<th scope="row" class="title">{title}{file}{short}{also}</th><td class="date">{day}</td>'
        f'<td class="source" dir="auto">{escape(closed(row.source))}</td>'
        f'<td class="passages">{f"{row.passages:,}" if row.id else ""}</td>'
        f'<td class="state">{_state(row)}</td></tr>'
    )


def _state(row: Row) -> str:
    note = escape(closed(row.note))
    if row.state == "ok":
        return '<span class="ok">ok</span>'
    if row.state == "copy":
        return f'<span class="fine">copy of {note}</span>'
    named = {"gone": "file gone", "refused": "refused", "kept": "older text kept"}[row.state]
    why = f'<span class="fine" dir="auto">{note}</span>' if note else ""
    return f'<span class="off">{named}</span>{why}'


def _pager(page: Page) -> str:
    if page.pages == 1:
        return ""
    back = _turn(page.number - 1, "Previous", off=page.number == 1)
    on = _turn(page.number + 1, "Next", off=page.number == page.pages)
    where = f'<span class="fine">Page {page.number:,} of {page.pages:,}</span>'
    return f'<nav class="pager" aria-label="Pages of the table">{back}{where}{on}</nav>'


def _turn(number: int, name: str, *, off: bool) -> str:
    disabled = " disabled" if off else ""
    data = f'data-page="{number}" data-keep="page-{name}"'
    return f'<button type="button" class="press" {data}{disabled}>{name}</button>'
