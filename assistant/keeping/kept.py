"""Answers and turns as JSON that reads back equal.

    Answer → to_json → {the answer format of the README, and what it leaves out} → from_json → the same Answer

The answer format that other programs read (`Answer.as_json`) leaves out what only Footnote needs: the
evidence, what was dropped, headings, marks, the strength, what the reader's own filter was. Here it is all
there, under further keys, so that these files can be read as answers too. The plain format is read as well:
what it does not tell is empty. What is read may come from anywhere, so every value is checked (fields.py);
texts stay as they are and are escaped where they are drawn.
"""

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any, get_args

from assistant.keeping.fields import Fields
from assistant.values import (
    EVERYWHERE,
    Answer,
    Citation,
    Claim,
    Dropped,
    Evidence,
    PassageRef,
    Scope,
    Source,
    Status,
    Timings,
    Verdict,
)
from index.filter import EVERYTHING, Filter
from index.text import Span

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class KeptTurn:
    """One question of a conversation and what became of it; `id` stays the same for as long as it is kept.

    `answer`, or else a `note` that says why there is none (plain text); neither while it is being answered,
    or where that was interrupted. `quotes`: those that came close where the articles do not say; those that
    were found before a note. `asked_at` has its time zone. `as_it_stands`, `filter` and `period` are how it
    was asked.
    """

    id: str
    question: str
    asked_at: dt.datetime
    answer: Answer | None = None
    note: str = ""
    quotes: tuple[Evidence, ...] = ()
    as_it_stands: bool = False
    filter: Filter = EVERYTHING
    period: bool = True


# --- answers -----------------------------------------------------------------------------------------


def to_json(answer: Answer) -> Json:
    """The answer as JSON values, whole: `from_json(to_json(answer)) == answer`."""
    a = answer
    plain = a.as_json()
    claims = [one | _claim_json(claim) for one, claim in zip(plain["claims"], a.claims, strict=True)]
    cited = [
        one | {"context_start": citation.context_start}
        for one, citation in zip(plain["citations"], a.citations, strict=True)
    ]
    passages = [
        _source_json(p.source) | {"start": p.start, "end": p.end, "score": p.score} for p in a.passages
    ]
    return plain | {
        "claims": claims,
        "citations": cited,
        "passages": passages,
        "evidence": [_evidence_json(e) for e in a.evidence],
        "dropped": [asdict(one) for one in a.dropped],
        "strength": a.strength,
        "lead": a.lead,
        **({"scope": _scope_json(a.scope)} if a.scope != EVERYWHERE else {}),
    }


def from_json(data: object) -> Answer:
    """The answer again, from `to_json` or from the plain answer format. Raises UsageError.

    >>> from_json({"question": "Who left?", "status": "answered", "text": "Lee left."}).standalone_question
    'Who left?'
    >>> from_json({"question": "Who left?", "status": "done"})
    Traceback (most recent call last):
    index.errors.UsageError: "status" is none of answered, not_found, failed
    """
    return _answer(Fields.of(data, "" if isinstance(data, dict) else "an answer"))


def _answer(f: Fields) -> Answer:
    question = f.text("question")
    return Answer(
        question=question,
        standalone_question=f.text("standalone_question", question),
        status=f.choice("status", get_args(Status), "answered"),
        text=f.text("text"),
        claims=tuple(_claim(one) for one in f.objects("claims", "claim")),
        citations=_citations(f),
        passages=tuple(_passage(one) for one in f.objects("passages", "passage")),
        evidence=tuple(_evidence(one) for one in f.objects("evidence", "quote")),
        timings=_timings(f.inner("timings")),
        dropped=tuple(
            Dropped(one.text("text"), one.text("reason")) for one in f.objects("dropped", "dropped sentence")
        ),
        strength=f.number("strength", 0.0),
        lead=f.text("lead", ""),
        scope=_scope(f),
        generation=f.text("generation", ""),
        independent_sources=f.whole("independent_sources", 0),
    )


def _claim(f: Fields) -> Claim:
    verdict: Verdict = f.choice("verdict", get_args(Verdict))
    text, marked = f.text("text"), f.wholes("marked")
    if marked and not (len(marked) == 2 and marked[0] < marked[1] <= len(text)):
        raise f.wrong('"marked" is no part of "text"')
    span = Span(*marked) if marked else None
    return Claim(text, f.wholes("citations"), verdict, f.text("heading", ""), span)


def _claim_json(claim: Claim) -> Json:
    span = claim.marked
    return {"heading": claim.heading} | ({"marked": [span.start, span.end]} if span else {})


def _citations(f: Fields) -> tuple[Citation, ...]:
    citations = tuple(_citation(one) for one in f.objects("citations", "footnote"))
    if len({citation.n for citation in citations}) < len(citations):
        raise f.wrong("two footnotes have the same number")
    return citations


def _citation(f: Fields) -> Citation:
    quote, start, end = _quoted(f)
    context, context_start = _context(f, quote, start)
    return Citation(
        n=f.whole("n"),
        source=_source(f),
        quote=quote,
        start=start,
        end=end,
        context=context,
        context_start=context_start,
        page=f.whole("page") if f.data.get("page") is not None else None,
        permalink=f.text("permalink", ""),
        also_in=f.texts("also_in"),
    )


def _quoted(f: Fields) -> tuple[str, int, int]:
    """The quote and its characters: as many as it has."""
    quote, start, end = f.text("quote"), f.whole("start"), f.whole("end")
    if not quote or end - start != len(quote):
        raise f.wrong(f"its quote has {len(quote)} characters, but stands from {start} to {end}")
    return quote, start, end


def _context(f: Fields, quote: str, start: int) -> tuple[str, int]:
    """The passage around a quote, and where it starts, which the plain format leaves to be counted."""
    context = f.text("context", quote)
    if f.data.get("context_start") is not None:
        return context, f.whole("context_start")
    before = context.find(quote)
    return (context, start - before) if 0 <= before <= start else (quote, start)


def _source_json(source: Source) -> Json:
    return asdict(source) | {"date": source.date.isoformat() if source.date else None}


def _source(f: Fields) -> Source:
    return Source(
        article=f.text("article"),
        file=f.text("file"),
        title=f.maybe("title"),
        date=f.day("date"),
        source=f.maybe("source"),
        url=f.maybe("url"),
        author=f.maybe("author"),
    )


def _passage(f: Fields) -> PassageRef:
    start, end = f.whole("start"), f.whole("end")
    if start >= end:
        raise f.wrong(f"it ends ({end}) before it begins ({start})")
    return PassageRef(_source(f), start, end, f.number("score"))


def _evidence_json(evidence: Evidence) -> Json:
    e = evidence
    named = ("n", "quote", "start", "end", "key", "score", "context", "context_start", "words")
    return _source_json(e.source) | {name: getattr(e, name) for name in named}


def _evidence(f: Fields) -> Evidence:
    quote, start, end = _quoted(f)
    return Evidence(
        n=f.whole("n"),
        source=_source(f),
        quote=quote,
        start=start,
        end=end,
        key=f.text("key"),
        score=f.number("score"),
        context=f.text("context"),
        context_start=f.whole("context_start"),
        words=f.text("words", ""),
    )


def _timings(f: Fields) -> Timings:
    first = f.number("first_token_s") if f.data.get("first_token_s") is not None else None
    return Timings(
        evidence_s=f.number("evidence_s", 0.0),
        first_token_s=first,
        total_s=f.number("total_s", 0.0),
        prompt_tokens=f.whole("prompt_tokens", 0),
        output_tokens=f.whole("output_tokens", 0),
    )


# --- which articles were asked ----------------------------------------------------------------------


def _scope_json(scope: Scope) -> Json:
    return {
        "own": scope.own.as_json(),
        "asked": scope.asked.as_json(),
        "left": scope.left.as_json(),
        "words": scope.words,
        "counted_from": scope.counted_from.isoformat() if scope.counted_from else None,
    }


def _scope(f: Fields) -> Scope:
    """From the whole format; from the plain one, which tells one filter and whether the question asked for
    it."""
    if f.data.get("scope") is not None:
        s = f.inner("scope")
        own, asked, left = (_filter(s.inner(name)) for name in ("own", "asked", "left"))
        return Scope(own, asked, s.text("words", ""), s.day("counted_from"), left)
    told = f.inner("filter")
    words = told.text("from_question", "")
    if words:
        return Scope(asked=_filter(told), words=words, counted_from=told.day("counted_from"))
    return Scope(_filter(told))


def _filter(f: Fields) -> Filter:
    return Filter(f.day("first"), f.day("last"), f.texts("sources"), f.yes("undated", default=False))


# --- turns -------------------------------------------------------------------------------------------


def turn_to_json(turn: KeptTurn) -> Json:
    """A turn as JSON values: `turn_from_json(turn_to_json(turn)) == turn`."""
    return {
        "id": turn.id,
        "question": turn.question,
        "asked_at": turn.asked_at.isoformat(),
        "as_it_stands": turn.as_it_stands,
        "filter": turn.filter.as_json(),
        "period": turn.period,
        "answer": to_json(turn.answer) if turn.answer else None,
        "note": turn.note,
        "quotes": [_evidence_json(e) for e in turn.quotes],
    }


def turn_from_json(f: Fields) -> KeptTurn:
    """The turn again. Raises UsageError."""
    return KeptTurn(
        id=f.text("id"),
        question=f.text("question"),
        asked_at=f.moment("asked_at"),
        answer=_answer(f.inner("answer")) if f.data.get("answer") is not None else None,
        note=f.text("note", ""),
        quotes=tuple(_evidence(one) for one in f.objects("quotes", "quote")),
        as_it_stands=f.yes("as_it_stands", default=False),
        filter=_filter(f.inner("filter")),
        period=f.yes("period", default=True),
    )
