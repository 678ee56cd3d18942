"""A run of `footnote evaluate` → one HTML page on which a person reads what went wrong.

The page loads nothing and runs nothing: its style is inside, the filter is CSS, its content policy forbids
the rest. Articles, answers and questions are untrusted, so every text goes through `html.escape`. Failures
come first. An accepted answer is marked only where it stands word for word. Knows no library and no model.
"""

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

from assistant.measuring.compare import Change, Comparison, difference, verdicts
from assistant.measuring.evaluate import ANSWER_WORDS, OUTCOMES, Asked, Question, Result
from assistant.measuring.gold import places
from assistant.measuring.measures import cell, grouped
from assistant.rendering.render import count, label
from assistant.values import Answer, Claim

STYLE = Path(__file__).with_name("review.css")
# What the content policy knows an inline style by: https://www.w3.org/TR/CSP3/#hash_usage
POLICY = "default-src 'none'; style-src 'sha256-{}'"


def review(name: str, asked: Sequence[Asked], comparison: Comparison | None = None) -> str:
    """The whole page. `name` is that of the questions."""
    style = STYLE.read_text(encoding="utf-8") + _filters()
    policy = POLICY.format(base64.b64encode(hashlib.sha256(style.encode()).digest()).decode())
    title = f"{escape(name)}: {count(len(asked), 'answer')}"
    ordered = sorted(asked, key=lambda one: OUTCOMES.index(one[2].outcome))  # else in the order of the file
    ids = {one[0].id: f"q{number}" for number, one in enumerate(ordered, start=1)}
    changes = {change.now.id: change for change in comparison.changes} if comparison else {}
    questions = "".join(_question(ids[one[0].id], one, changes.get(one[0].id)) for one in ordered)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<header>
<h1>{title}</h1>
<p class="fine">Failures first. An accepted answer is marked where it stands word for word.
<a href="#answers">Skip to the answers</a></p>
</header>
{_measures([result for _, _, result in asked], comparison)}
{_compared(comparison, ids)}
<main id="answers">
{_choices(asked, comparison)}
{questions}</main>
</body>
</html>
"""


# --- the top of the page -----------------------------------------------------------------------------


def _measures(results: Sequence[Result], comparison: Comparison | None) -> str:
    """A table for each group of measures that says anything; with what changed."""
    changed = comparison.measures if comparison else {}
    tables = "".join(
        f"<table><caption>{escape(heading)}</caption><tbody>"
        + "".join(
            f'<tr><th scope="row">{name}</th><td>{cell(value)}</td>'
            f"<td>{difference(*changed[name]) if name in changed else ''}</td></tr>"
            for name, value in part.items()
        )
        + "</tbody></table>"
        for heading, part in grouped(results).items()
        if any(value is not None for value in part.values())
    )
    return f'<section class="measures" aria-label="Measures">{tables}</section>'


def _compared(comparison: Comparison | None, ids: Mapping[str, str]) -> str:
    """What was won and lost, each with a link to its answer."""
    if comparison is None:
        return ""
    lines = "".join(f"<p>{escape(line)}</p>" for line in verdicts(comparison))
    lists = "".join(
        f"<h3>{heading}</h3><ul>"
        + "".join(f'<li><a href="#{ids[c.now.id]}">{escape(c.line)}</a></li>' for c in changes)
        + "</ul>"
        for heading, changes in comparison.kinds.items()
    )
    about = f"On the {count(comparison.questions, 'question')} that both runs asked; changes stand above."
    return f'<section><h2>Against an earlier run</h2><p class="fine">{about}</p>{lines}{lists}</section>'


def _choices(asked: Sequence[Asked], comparison: Comparison | None) -> str:
    """A checkbox for each outcome there is, and one for what changed."""
    found = [result.outcome for _, _, result in asked]
    boxes = "".join(
        f'<label><input type="checkbox" id="show-{_slug(outcome)}" checked>'
        f"{outcome} ({found.count(outcome)})</label>"
        for outcome in OUTCOMES
        if outcome in found
    )
    if comparison and comparison.changes:
        boxes += (
            f'<label><input type="checkbox" id="only-changed">only what changed ({len(comparison.changes)})'
            "</label>"
        )
    return f"<fieldset><legend>Show</legend>{boxes}</fieldset>"


def _filters() -> str:
    """The rules that hide the questions of an outcome whose box is not checked."""
    rules = {f"#show-{_slug(outcome)}:not(:checked)": f".{_slug(outcome)}" for outcome in OUTCOMES}
    rules["#only-changed:checked"] = ":not(.changed)"
    return "".join(f"body:has({box}) article{kind} {{ display: none; }}\n" for box, kind in rules.items())


def _slug(outcome: str) -> str:
    """
    >>> _slug("declined rightly")
    'declined-rightly'
    """
    return outcome.replace(" ", "-")


# --- one question ------------------------------------------------------------------------------------


def _question(key: str, asked: Asked, change: Change | None) -> str:
    question, answer, result = asked

    def marked(text: str) -> str:
        return mark(text, question.accepted if question.answerable else ())

    before = f" (earlier: {change.before.outcome})" if change else ""
    outcome = f'<span class="outcome">{_capital(result.outcome)}</span>{before}'
    turn = f" · turn {question.turn + 1} of {question.conversation}" if question.conversation else ""
    parts = [
        f'<p class="fine">{outcome} · {escape(question.id + turn)}</p>',
        f'<h2 id="{key}-question" dir="auto">{escape(question.question)}</h2>',
        _understood(answer),
        _gold(question),
        _answer(key, answer, marked),
        _evidence(answer, marked),
        f'<p class="fine">{escape(_facts(answer, result))}</p>',
        _folded(
            f"Left out: {count(len(answer.dropped), 'sentence')} that did not pass the check",
            [f"<s>{escape(d.text)}</s> {escape(d.reason)}" for d in answer.dropped],
        ),
        _folded(
            f"Passages read: {len(answer.passages)}",
            [f"{p.score:.3f} {escape(f'{label(p.source)}, {p.start}–{p.end}')}" for p in answer.passages],
        ),
    ]
    kind = f"{_slug(result.outcome)}{' good' if result.good else ''}{' changed' if change else ''}"
    return (
        f'<article class="{kind}" id="{key}" aria-labelledby="{key}-question" tabindex="-1">'
        f"{''.join(parts)}</article>\n"
    )


def mark(text: str, accepted: Iterable[str]) -> str:
    """Text as HTML, accepted answers in `<mark>`.

    >>> mark("It cost <$15> in May.", ["15"])
    'It cost &lt;$<mark>15</mark>&gt; in May.'
    """
    pieces, at = [], 0
    for span in places(text, accepted):
        pieces += [escape(text[at : span.start]), f"<mark>{escape(text[span.start : span.end])}</mark>"]
        at = span.end
    return "".join([*pieces, escape(text[at:])])


def _understood(answer: Answer) -> str:
    if answer.standalone_question == answer.question:
        return ""
    return f'<p class="fine" dir="auto">Understood as: {escape(answer.standalone_question)}</p>'


def _gold(question: Question) -> str:
    """What is accepted; for a long answer the human's words and the sentences behind them."""
    if not question.answerable:
        return '<div class="gold"><p>The articles do not answer this.</p></div>'
    rows = [("Accepted: ", " / ".join(question.answers))] if question.answers else []
    rows += [("Evidence: ", sentence) for sentence in question.evidence]
    body = "".join(f'<p dir="auto"><b>{name}</b>{escape(text)}</p>' for name, text in rows)
    return f'<div class="gold">{body}</div>'


def _answer(key: str, answer: Answer, marked: Callable[[str], str]) -> str:
    """The claims with links to their footnotes, and these; the message where there is no claim."""
    claims = "".join(_claim(key, claim, marked) for claim in answer.claims)
    lead = f'<p dir="auto">{marked(answer.lead)}</p>' if answer.lead else ""
    body = f"{lead}{claims}" if claims else f'<p dir="auto">{marked(answer.text)}</p>'
    told = {claim.text for claim in answer.claims if claim.verdict == "quoted"}
    quotes = ("" if " ".join(c.quote.split()) in told else marked(c.quote) for c in answer.citations)
    notes = [
        _quote(c.n, label(c.source), quote, f"{key}-{c.n}")
        for c, quote in zip(answer.citations, quotes, strict=True)
    ]
    listed = f'<h3>Footnotes</h3><ol class="quotes">{"".join(notes)}</ol>' if notes else ""
    return f'<h3>Answer</h3><div class="answer">{body}</div>{listed}'


def _claim(key: str, claim: Claim, marked: Callable[[str], str]) -> str:
    tag = "blockquote" if claim.verdict == "quoted" else "p"
    notes = "".join(
        f'<sup><a href="#{key}-{n}" aria-label="Footnote {n}">{n}</a></sup>' for n in claim.citations
    )
    heading = f'<h4 dir="auto">{escape(claim.heading)}</h4>' if claim.heading else ""
    return f'{heading}<{tag} dir="auto">{marked(claim.text)}{notes}</{tag}>'


def _evidence(answer: Answer, marked: Callable[[str], str]) -> str:
    if not answer.evidence:
        return '<h3>Evidence</h3><p class="fine">None: too weak to answer from.</p>'
    rows = (_quote(e.n, f"{e.score:.3f} · {label(e.source)}", marked(e.quote)) for e in answer.evidence)
    return f'<h3>Evidence, with the probability that it answers</h3><ol class="quotes">{"".join(rows)}</ol>'


def _quote(number: int, where: str, words: str, key: str = "") -> str:
    """One numbered quote; `words` is HTML ("" where the answer has it already), `key` what links to it."""
    id = f' id="{key}"' if key else ""
    quote = f'<span class="quote" dir="auto">{words}</span>' if words else ""
    return f'<li value="{number}"{id}><span class="where">{escape(where)}</span>{quote}</li>'


def _facts(answer: Answer, result: Result) -> str:
    """Ranks, strength, overlap and seconds in one line of plain text."""
    facts = []
    for name, rank, of in (
        ("First passage that holds it", result.in_passages, len(answer.passages)),
        ("First evidence", result.in_evidence, len(answer.evidence)),
    ):
        if rank is not None:
            facts.append(f"{name}: {rank or 'none'} of {of}.")
    if result.overlap_recall is not None:
        shared = (cell(v) for v in (result.overlap_recall, result.overlap_precision, result.overlap_f1))
        facts.append("Overlap with the gold: recall {}, precision {}, F1 {}.".format(*shared))
    first = "" if result.first_token_s is None else f"first word {result.first_token_s:.2f} s, "
    words = "" if result.words is None else f"{count(result.words, 'word')}{_too_long(result)}. "
    facts.append(
        f"{words}Strength {cell(result.strength)}. "
        f"Evidence {result.evidence_s:.2f} s, {first}all {result.total_s:.2f} s."
    )
    return " ".join(facts)


def _too_long(result: Result) -> str:
    return f", more than {ANSWER_WORDS} count as wrong" if (result.words or 0) > ANSWER_WORDS else ""


def _folded(summary: str, rows: Sequence[str]) -> str:
    """Rows of HTML under a summary that opens them; "" without rows."""
    listed = "".join(f'<li dir="auto">{row}</li>' for row in rows)
    return f'<details><summary>{summary}</summary><ol class="fine">{listed}</ol></details>' if rows else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
