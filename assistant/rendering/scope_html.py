"""What an answer was looked for in → a line above it: chips, of which the question's own can be removed.

The page sends the event "unfilter" with `data-turn` and `data-drop` of the button that was pressed:
"question" asks again without the period of the question, "all" without any filter. Outlets are untrusted
text: escaped, and each in an element of its own reading direction. Pure functions.
"""

from html import escape

from assistant.finding.scope import beyond, told
from assistant.values import Answer, Scope
from index.filter import Filter
from index.text import human_date


def scope_html(turn: str, scope: Scope, *, removable: bool = False) -> str:
    """Which articles were looked at, where not all of them: the reader's own filter, the period of the
    question as a button that takes it away, or that nothing in it answered; "" for everything.

    >>> from index.filter import Filter
    >>> june = Filter.from_json({"first": "2022-06-01", "last": "2022-06-30"})
    >>> print(scope_html("a1", Scope(Filter(sources=("A&B",)), june, "in June"), removable=True))
    <p class="fine scope"><span class="chip" dir="auto">Only articles from A&amp;B</span>\
<button type="button" class="chip unfilter" data-turn="a1" data-drop="question"\
 aria-label="Only articles from June 2022. Ask again without this filter">\
Only articles from June 2022 <span aria-hidden="true">✕</span></button></p>
    """
    chips = []
    if scope.own:
        chips.append(_told(scope.own))
    if scope.asked and removable:
        chips.append(_removable(turn, f"Only articles {scope.asked.phrase}"))
    elif scope.asked:
        chips.append(_told(scope.asked))
    if scope.asked and scope.counted_from:
        chips.append(f"<span>counted from the newest one ({human_date(scope.counted_from)})</span>")
    if scope.left:
        chips.append(f'<span dir="auto">{escape(beyond(scope))}</span>')
    return f'<p class="fine scope">{"".join(chips)}</p>' if chips else ""


def _told(part: Filter) -> str:
    return f'<span class="chip" dir="auto">Only articles {escape(part.phrase)}</span>'


def _removable(turn: str, text: str) -> str:
    return (
        f'<button type="button" class="chip unfilter" data-turn="{turn}" data-drop="question"'
        f' aria-label="{escape(text)}. Ask again without this filter">'
        f'{escape(text)} <span aria-hidden="true">✕</span></button>'
    )


def ask_all_html(turn: str) -> str:
    """Where a filter left nothing that answers: to ask again without any."""
    return (
        f'<p class="scope"><button type="button" class="unfilter" data-turn="{turn}" data-drop="all">'
        "Ask all articles</button></p>"
    )


def scope_lines(answer: Answer) -> list[str]:
    """What is not all articles, unless the lead says so."""
    scope = answer.scope
    said = bool(scope.asked) and told(scope) in answer.lead.splitlines()
    only = f"Only articles {scope.filter.phrase}." if scope and not said else ""
    return [line for line in (only, beyond(scope)) if line]
