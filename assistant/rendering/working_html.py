"""What is shown while an answer is on its way: what is going on, for how long still, the draft so far."""

from html import escape

from assistant.rendering.render import count, evidence_html, label, understood_html
from assistant.rendering.scope_html import scope_html
from assistant.values import Retrieved, Searched, Waiting

NAMED = 4  # articles being read that are named
WORTH_TELLING_S = 3.0  # what takes less is over before it is read


def searching_html(searched: Searched | None) -> str:
    """Before there are quotes: what is being read."""
    if searched is None:
        return status_html("Searching the articles")
    sources = list({passage.source.article: label(passage.source) for passage in searched.passages}.values())
    more = f" and {len(sources) - NAMED} more" if len(sources) > NAMED else ""
    where = f"{count(len(searched.passages), 'passage')} of {count(len(sources), 'article')}"
    named = "; ".join(sources[:NAMED])
    left = f" · {about(searched.left_s)}" if searched.left_s and searched.left_s >= WORTH_TELLING_S else ""
    return status_html(f"Reading {where}{left}") + f'<p class="fine" dir="auto">{escape(named)}{more}</p>'


def working_html(
    turn: str, question: str, retrieved: Retrieved, draft: str, waiting: Waiting | None = None
) -> str:
    """Before the answer: what is going on, the draft so far, how the question was understood, the quotes
    being read."""
    doing = draft_html(draft) if draft.strip() else status_html(_reading(retrieved, waiting))
    meant = understood_html(question, retrieved.standalone_question) + scope_html(turn, retrieved.scope)
    return meant + doing + evidence_html(turn, retrieved.evidence, heading="Quotes found")


def status_html(text: str) -> str:
    """
    >>> status_html("Searching")
    '<p class="status" role="status">Searching</p>'
    """
    return f'<p class="status" role="status">{escape(text)}</p>'


def draft_html(draft: str) -> str:
    """The model's words so far, plainly not yet an answer.

    >>> draft_html("1 < 2")
    '<div class="draft"><p dir="auto">1 &lt; 2</p><p class="fine">Draft, being checked</p></div>'
    """
    return (
        f'<div class="draft"><p dir="auto">{escape(draft.strip())}</p>'
        '<p class="fine">Draft, being checked</p></div>'
    )


def _reading(retrieved: Retrieved, waiting: Waiting | None) -> str:
    found = len(retrieved.evidence)
    if not found:
        return "Nothing in the articles comes close"
    if waiting is None:
        return f"Reading {count(found, 'quote')}"
    first = f"{count(waiting.ahead, 'question')} before this one" if waiting.ahead else ""
    left = about(waiting.left_s) if waiting.left_s and waiting.left_s >= WORTH_TELLING_S else ""
    return " · ".join(filter(None, (first or f"Reading {count(found, 'quote')}", left)))


def about(seconds: float) -> str:
    """A time in words, no more exact than it is known.

    >>> about(3.2), about(47), about(100), about(4000)
    ('a few seconds', 'about 50 s', 'about 2 minutes', 'about 1 h 10 min')
    """
    if seconds < 5:
        return "a few seconds"
    if seconds < 90:
        return f"about {round(seconds, -1):.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"about {count(minutes, 'minute')}"
    tens = round(seconds / 600) * 10
    return f"about {tens // 60} h {tens % 60} min"
