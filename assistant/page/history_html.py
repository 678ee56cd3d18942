"""The list of conversations as safe HTML: to open, search, rename, delete, export and import them.

Escapes as render.py does: titles are untrusted text. What is drawn again while somebody types is only the
list; the rest is `head_html` and `foot_html`, drawn once. Pure functions, no gradio. `data-` attributes are
what history.js goes by.
"""

import datetime as dt
from collections.abc import Sequence
from html import escape

from assistant.keeping.saved import Kept
from assistant.rendering.render import closed, count
from index.text import human_date

BUTTON = (
    '<button type="button" class="past" aria-expanded="false" aria-controls="history">'
    '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M3 5.5h14M3 10h14M3 14.5h9"/></svg>'
    "<span>Conversations</span></button>"
)


def head_html() -> str:
    """The drawer's title and the search field."""
    return (
        "<header><h2>Conversations</h2>"
        '<button type="button" class="close-history" aria-label="Close">×</button></header>'
        '<search><input type="search" placeholder="Search questions and answers" '
        'aria-label="Search the conversations" autocomplete="off"></search>'
    )


def foot_html() -> str:
    """All of them to a file and back, and the dialogue that asks before one is deleted."""
    return (
        '<p class="files"><a class="press" href="conversations.json" download>Export all</a>'
        '<label class="press">Import'
        '<input type="file" class="unseen" accept=".json,application/json"></label></p>'
        '<p class="fine told" role="status"></p>'
        '<p class="fine">They are kept on this computer, in the library’s folder.</p>'
        '<dialog class="sure" aria-labelledby="forget-what"><h3 id="forget-what"></h3>'
        "<p>Its questions and answers are gone then. Reports that hold answers of it keep them.</p>"
        '<form method="dialog"><button value="no" class="press" autofocus>Cancel</button>'
        '<button value="yes" class="press strong">Delete</button></form></dialog>'
    )


def list_html(found: Sequence[Kept], search: str, open_: str, *, more: bool) -> str:
    """The conversations, newest first; `open_` is the ID of the one on the page. `more`: there are others."""
    if not found:
        said = "No conversation has these words." if search.strip() else "None yet: ask a question."
        return f'<p class="fine" role="status">{said}</p>'
    today = dt.datetime.now().astimezone().date()
    rows = "".join(_row(one, today, here=one.id == open_) for one in found)
    rest = '<p class="fine">Older ones are found by searching.</p>' if more else ""
    return f'<nav aria-label="Conversations"><ol>{rows}</ol></nav>{rest}'


def recent_html(found: Sequence[Kept]) -> str:
    """Under the empty chat: the last conversations; "" for none."""
    if not found:
        return ""
    today = dt.datetime.now().astimezone().date()
    rows = "".join(f"<li>{_link(one)}{_facts(one, today)}</li>" for one in found)
    return f'<section class="recent"><h3 class="fine">Go on with</h3><ol>{rows}</ol></section>'


def talk_html(id: str) -> str:
    """Tells history.js which conversation is on the page; "" for none yet.

    >>> talk_html("4f2a")
    '<i hidden data-talk="4f2a"></i>'
    """
    return f'<i hidden data-talk="{escape(id)}"></i>'


def earlier_html(before: int) -> str:
    """Above a long conversation: the button that draws more of the turns before; "" where there are none.

    >>> earlier_html(170)
    '<button type="button" class="earlier-turns">Earlier turns (170)</button>'
    """
    return f'<button type="button" class="earlier-turns">Earlier turns ({before})</button>' if before else ""


def day_label(moment: dt.datetime, today: dt.date) -> str:
    """
    >>> moment = dt.datetime(2022, 5, 6, 14, 30)
    >>> [day_label(moment, dt.date(2022, 5, day)) for day in (6, 7, 9)]
    ['today, 14:30', 'yesterday, 14:30', '6 May 2022']
    """
    ago = (today - moment.date()).days
    if ago in (0, 1):
        return f"{'yesterday' if ago else 'today'}, {moment:%H:%M}"
    return human_date(moment.date())


def _row(kept: Kept, today: dt.date, *, here: bool) -> str:
    title, id = escape(closed(kept.title)), escape(kept.id)
    return (
        f'<li data-id="{id}"{" data-here" if here else ""}>{_link(kept, here=here)}{_facts(kept, today)}'
        f'<span class="acts">'
        f'<button type="button" data-do="rename" aria-label="Rename {title}">Rename</button>'
        f'<a href="conversations.json?id={id}" download aria-label="Export {title}">Export</a>'
        f'<button type="button" data-do="delete" aria-label="Delete {title}">Delete</button></span></li>'
    )


def _link(kept: Kept, *, here: bool = False) -> str:
    current = ' aria-current="page"' if here else ""
    return f'<a class="talk" href="?c={escape(kept.id)}" dir="auto"{current}>{escape(closed(kept.title))}</a>'


def _facts(kept: Kept, today: dt.date) -> str:
    when = day_label(kept.changed.astimezone(), today)
    return f'<span class="fine">{count(kept.turns, "question")} · {when}</span>'
