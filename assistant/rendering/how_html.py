"""How an answer came about → a folded block below it.

    what was asked and where · the quotes that were read, the passages that were found, and how well they
    fit · the sentences of the model that did not pass the check · how long it took

Escapes as render.py does, and makes the same links. Pure functions, no gradio, no library. What an older
version did not keep (scores of an imported answer) is not told.
"""

from collections.abc import Iterable, Sequence
from html import escape

from assistant.rendering.render import closed, count, label, quote_row
from assistant.values import Answer, Evidence, PassageRef

HOW = "How this was answered"


def how_html(turn: str, answer: Answer) -> str:
    """The whole block, folded: nothing is hidden. "" where nothing was read and nothing is known.

    >>> how_html("a1", Answer("q", "q", "not_found", "no"))
    ''
    """
    parts = "".join((_asked(answer), _also_read(turn, answer), _passages(turn, answer), _dropped(answer)))
    took = _took(answer)
    if not parts and not took:
        return ""
    return f'<details class="how"><summary>{HOW}</summary><div class="steps">{parts}{took}</div></details>'


def not_cited(answer: Answer) -> list[Evidence]:
    """The quotes that were read and are no footnote."""
    cited = {(c.source.article, c.start, c.end) for c in answer.citations}
    return [e for e in answer.evidence if (e.source.article, e.start, e.end) not in cited]


def _asked(answer: Answer) -> str:
    """What was searched for, in which articles, how strong the evidence is."""
    if not answer.passages and not answer.evidence:
        return ""
    asked = escape(closed(answer.standalone_question))
    rows = [("Searched for", f'<span dir="auto">{asked}</span>')]
    if answer.scope:
        where = escape(closed(answer.scope.filter.phrase))
        rows.append(("In", f'<span dir="auto">articles {where}</span>'))
    if answer.strength:
        rows.append(("That the evidence answers", f"{_percent(answer.strength)} likely"))
    return f"<dl>{''.join(f'<dt>{name}</dt><dd>{value}</dd>' for name, value in rows)}</dl>"


def _also_read(turn: str, answer: Answer) -> str:
    """The quotes that were read and not cited, with how likely each answers."""
    rest = not_cited(answer)
    rows = "".join(
        f"{quote_row(f'{turn}-e{e.n}', '·', e.source, e.quote, f' · {_percent(e.score)}')}" for e in rest
    )
    return _part(f"Also read: {count(len(rest), 'quote')}", f'<ol class="quotes">{rows}</ol>', rest)


def _passages(turn: str, answer: Answer) -> str:
    """The passages that the search found, nearest first, each a link, with its cosine."""
    rows = "".join(
        f'<li><a href="#cite-{turn}-p{n}">{escape(label(p.source))}</a>'
        f' <span class="score">{p.score:.2f}</span></li>'
        for n, p in numbered(answer.passages)
    )
    heading = f"{count(len(answer.passages), 'passage')} found, by nearness in meaning"
    return _part(heading, f'<ol class="passages">{rows}</ol>', answer.passages)


def numbered(passages: Sequence[PassageRef]) -> Iterable[tuple[int, PassageRef]]:
    """Each passage with the number that its link has, those with the highest score first."""
    return sorted(enumerate(passages, start=1), key=lambda one: -one[1].score)


def _dropped(answer: Answer) -> str:
    """The sentences of the draft that did not pass."""
    rows = "".join(
        f'<li dir="auto"><s>{escape(closed(d.text))}</s> <span>{escape(closed(d.reason))}</span></li>'
        for d in answer.dropped
    )
    heading = f"Left out: {count(len(answer.dropped), 'sentence')} that did not pass the check"
    return _part(heading, f'<ul class="dropped">{rows}</ul>', answer.dropped)


def _took(answer: Answer) -> str:
    """The seconds of each step, and what the model read and wrote.

    >>> from assistant.values import Timings
    >>> print(_took(Answer("q", "q", "answered", "", timings=Timings(0.04, 0.5, 1.2, 210, 25)))[3:73])
    Evidence after 0.04 s, first word after 0.50 s, done after 1.20 s. The
    """
    t = answer.timings
    if not t.total_s:
        return ""
    first = f", first word after {t.first_token_s:.2f} s" if t.first_token_s is not None else ""
    model = f" The model read {t.prompt_tokens:,} tokens and wrote {t.output_tokens:,}."
    said = model if t.output_tokens else " No model wrote."
    return f"<p>Evidence after {t.evidence_s:.2f} s{first}, done after {t.total_s:.2f} s.{said}</p>"


def _part(heading: str, body: str, of: Sequence[object]) -> str:
    return f'<h3 class="fine">{heading}</h3>{body}' if of else ""


def _percent(share: float) -> str:
    """
    >>> _percent(0.873), _percent(0.001)
    ('87 %', '0 %')
    """
    return f"{share * 100:.0f} %"
