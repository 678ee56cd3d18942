"""Beside the question box: which days and which sources may be asked → safe HTML.

Escapes as render.py does. ui.js reads the fields, writes what is chosen into the summaries, and sends it.
Pure functions, no gradio, no library.
"""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from html import escape

from assistant.page.panel import extent
from assistant.rendering.render import closed
from index.store import Listed
from index.text import MONTHS

MAX_YEARS = 8  # offered by a click; any day can be typed in
MAX_OUTLETS = 100  # of the menu of sources, those with most articles


def limits_html(articles: Sequence[Listed]) -> str:
    """The two menus, and how much there is in all. A menu that would offer one choice is left out.

    >>> limits_html([])
    '<p class="fine extent">0 articles</p>'
    """
    days = sorted(article.date for article in articles if article.date)
    outlets = Counter(article.source for article in articles if article.source)
    by_day = _days(days[0], days[-1]) if days and days[0] != days[-1] else ""
    by_source = _outlets(outlets.most_common(MAX_OUTLETS)) if len(outlets) > 1 else ""
    return f'{by_day}{by_source}<p class="fine extent">{extent(a.date for a in articles)}</p>'


def _days(first: dt.date, last: dt.date) -> str:
    years = range(last.year, first.year - 1, -1)
    ready = "".join(_preset(str(y), dt.date(y, 1, 1), dt.date(y, 12, 31)) for y in years[:MAX_YEARS])
    if len(years) == 1:
        months = [dt.date(last.year, m, 1) for m in range(first.month, last.month + 1)]
        ready = "".join(_preset(MONTHS[m.month - 1], m, _month_end(m)) for m in months)
    field = '<label>{} <input type="date" name="{}" min="{}" max="{}"></label>'
    return (
        '<details class="pick" data-pick="days"><summary data-any="Any date">Any date</summary>'
        f'<div class="sheet" role="group" aria-label="Articles of which days">'
        f"{field.format('From', 'first', first, last)}{field.format('To', 'last', first, last)}"
        f'<p class="ready">{ready}</p><button type="button" class="any">Any date</button></div></details>'
    )


def _preset(name: str, first: dt.date, last: dt.date) -> str:
    return f'<button type="button" data-first="{first}" data-last="{last}">{name}</button>'


def _month_end(day: dt.date) -> dt.date:
    return (day.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)


def _outlets(outlets: Sequence[tuple[str, int]]) -> str:
    boxes = "".join(
        f'<label><input type="checkbox" name="sources" value="{escape(name)}">'
        f'<span dir="auto">{escape(closed(name))}</span> <span class="fine">{number:,}</span></label>'
        for name, number in outlets
    )
    return (
        '<details class="pick" data-pick="sources"><summary data-any="All sources">All sources</summary>'
        f'<div class="sheet" role="group" aria-label="Articles from which sources">{boxes}'
        '<button type="button" class="any">All sources</button></div></details>'
    )
