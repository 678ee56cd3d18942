"""An answer that was written as JSON is the same answer when it is read back; anything else is refused."""

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.keeping.fields import Fields
from assistant.keeping.kept import KeptTurn, from_json, to_json, turn_from_json, turn_to_json
from assistant.values import (
    Answer,
    Citation,
    Claim,
    Dropped,
    Evidence,
    PassageRef,
    Scope,
    Source,
    Timings,
)
from index.errors import UsageError
from index.filter import Filter
from index.text import Span

texts = st.text(max_size=30)
days = st.none() | st.dates()
shares = st.floats(0, 1)
counts = st.integers(0, 10**6)
sources = st.builds(
    Source, texts, texts, st.none() | texts, days, st.none() | texts, st.none() | texts, st.none() | texts
)
filters = st.builds(Filter, days, days, st.lists(texts, max_size=2).map(tuple), st.booleans())


@st.composite
def citations(draw: st.DrawFn, n: int) -> Citation:
    quote, start = draw(st.text(min_size=1, max_size=30)), draw(counts)
    return Citation(
        n=n,
        source=draw(sources),
        quote=quote,
        start=start,
        end=start + len(quote),
        context=draw(texts),
        context_start=draw(counts),
        page=draw(st.none() | counts),
        permalink=draw(texts),
        also_in=draw(st.lists(texts, max_size=2).map(tuple)),
    )


@st.composite
def quotes(draw: st.DrawFn) -> Evidence:
    c = draw(citations(draw(counts)))
    key, words, score = draw(texts), draw(texts), draw(shares)
    return Evidence(
        c.n, c.source, c.quote, c.start, c.end, key, score, c.context, c.context_start, words
    )  # fmt: skip


@st.composite
def passages(draw: st.DrawFn) -> PassageRef:
    start = draw(counts)
    return PassageRef(draw(sources), start, start + 1 + draw(counts), draw(st.floats(-1, 1)))


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    text, numbers = draw(texts), draw(st.lists(st.integers(0, 9), max_size=3).map(tuple))
    start = draw(st.integers(0, max(0, len(text) - 1)))
    spans = (
        st.none() | st.builds(Span, st.just(start), st.integers(start + 1, len(text))) if text else st.none()
    )
    return Claim(text, numbers, draw(st.sampled_from(["verified", "quoted"])), draw(texts), draw(spans))


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    cited = [draw(citations(n)) for n in range(1, 1 + draw(st.integers(0, 3)))]
    return Answer(
        question=draw(texts),
        standalone_question=draw(texts),
        status=draw(st.sampled_from(["answered", "not_found", "failed"])),
        text=draw(texts),
        claims=tuple(draw(st.lists(claims(), max_size=3))),
        citations=tuple(cited),
        passages=tuple(draw(st.lists(passages(), max_size=2))),
        evidence=tuple(draw(st.lists(quotes(), max_size=2))),
        timings=draw(st.builds(Timings, shares, st.none() | shares, shares, counts, counts)),
        dropped=tuple(draw(st.lists(st.builds(Dropped, texts, texts), max_size=2))),
        strength=draw(shares),
        lead=draw(texts),
        scope=draw(st.builds(Scope, filters, filters, texts, days, filters)),
        generation=draw(texts),
        independent_sources=draw(counts),
    )


zones = st.timezones()
# Not the very first and last days: there is no such time in every time zone.
moments = st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 1, 1), timezones=zones).map(
    lambda moment: dt.datetime.fromisoformat(moment.isoformat())
)
turns = st.builds(
    KeptTurn,
    id=st.uuids().map(lambda id: id.hex),
    question=texts,
    asked_at=moments,
    answer=st.none() | answers(),
    note=texts,
    quotes=st.lists(quotes(), max_size=2).map(tuple),
    as_it_stands=st.booleans(),
    filter=filters,
    period=st.booleans(),
)

CITATION = {
    "n": 1, "article": "id", "file": "a.txt", "title": None, "date": "2021-12-24", "source": None,
    "url": None, "quote": "was raised", "start": 112, "end": 122, "context": "The dike was raised.",
    "author": None, "page": None, "permalink": None, "also_in": [],
}  # fmt: skip
PASSAGE = {"article": "id", "file": "a.txt", "start": 0, "end": 900, "score": 0.71}
PLAIN: dict[str, Any] = {
    "question": "What was raised?",
    "standalone_question": "What was raised?",
    "status": "answered",
    "text": "The dike [1].",
    "claims": [{"text": "The dike.", "citations": [1], "verdict": "verified"}],
    "citations": [CITATION],
    "passages": [PASSAGE],
    "timings": {"evidence_s": 0.04, "first_token_s": None, "total_s": 1.2},
    "generation": None,
    "independent_sources": 1,
}


@given(answers())
def test_an_answer_reads_back_equal(answer: Answer) -> None:
    assert from_json(json.loads(json.dumps(to_json(answer)))) == answer


@given(turns)
def test_a_turn_reads_back_equal(turn: KeptTurn) -> None:
    assert turn_from_json(Fields.of(json.loads(json.dumps(turn_to_json(turn))))) == turn


@given(answers())
def test_the_plain_answer_format_reads_back_as_the_same_plain_answer(answer: Answer) -> None:
    plain = json.loads(json.dumps(answer.as_json()))
    if answer.scope and answer.scope.words == "" and answer.scope.counted_from:
        del plain["filter"]  # nothing was asked for, so nothing was counted from
    again = from_json(plain).as_json()
    if "filter" in plain:
        assert again["filter"] == plain["filter"]
    for name in plain.keys() - {"filter", "citations"}:
        assert again[name] == plain[name]
    for one, other in zip(again["citations"], plain["citations"], strict=True):
        assert {**one, "context": ""} == {**other, "context": ""}


@given(answers())
def test_what_is_written_is_an_answer_in_the_plain_format_too(answer: Answer) -> None:
    whole, plain = to_json(answer), answer.as_json()
    assert plain.keys() <= whole.keys()
    for part in ("claims", "citations"):
        for one, other in zip(whole[part], plain[part], strict=True):
            assert other.items() <= one.items()


def test_the_plain_format_says_where_the_quote_stands_in_its_passage() -> None:
    (citation,) = from_json(PLAIN).citations
    assert (citation.context_start, citation.start - citation.context_start) == (103, 9)
    (lost,) = from_json(PLAIN | {"citations": [CITATION | {"context": "Something else."}]}).citations
    assert (lost.context, lost.context_start) == ("was raised", 112)


def test_the_filter_of_the_plain_format_is_the_readers_or_the_questions() -> None:
    told = {
        "first": "2022-06-01",
        "last": "2022-06-30",
        "sources": [],
        "undated": False,
        "label": "June 2022",
    }
    june = Filter(dt.date(2022, 6, 1), dt.date(2022, 6, 30))
    asked = from_json(PLAIN | {"filter": told | {"from_question": "in June", "counted_from": None}}).scope
    own = from_json(PLAIN | {"filter": told | {"from_question": None, "counted_from": None}}).scope
    assert asked == Scope(asked=june, words="in June")
    assert own == Scope(own=june)


def changed(**values: object) -> dict[str, Any]:
    """The plain answer, with other values in its first footnote."""
    return PLAIN | {"citations": [CITATION | values]}


def marked_from(*places: int) -> dict[str, Any]:
    """The plain answer, with these places of its claim marked, which has 9 characters."""
    return PLAIN | {"claims": [{"text": "The dike.", "verdict": "quoted", "marked": list(places)}]}


BROKEN: list[tuple[object, str]] = [
    ([], "an answer is no JSON object"),
    (None, "an answer is no JSON object"),
    ({}, 'it has no "question"'),
    (PLAIN | {"question": 7}, '"question" is no text'),
    (PLAIN | {"status": "maybe"}, '"status" is none of answered, not_found, failed'),
    (PLAIN | {"claims": {}}, '"claims" is no list'),
    (PLAIN | {"claims": [7]}, "claim 1 is no JSON object"),
    (PLAIN | {"claims": [{"text": "x", "verdict": "sure"}]}, 'claim 1: "verdict" is none of'),
    (PLAIN | {"claims": [{"text": "x", "verdict": "quoted", "citations": ["1"]}]}, "list of whole numbers"),
    (marked_from(3, 11), 'claim 1: "marked" is no part of "text"'),
    (marked_from(3, 3), '"marked" is no part of "text"'),
    (marked_from(3), '"marked" is no part of "text"'),
    (PLAIN | {"citations": [CITATION, CITATION]}, "two footnotes have the same number"),
    (changed(n="1"), 'footnote 1: "n" is no whole number from 0 on'),
    (changed(n=True), '"n" is no whole number'),
    (changed(start=-1), '"start" is no whole number'),
    (changed(end=123), "its quote has 10 characters, but stands from 112 to 123"),
    (changed(quote="", end=112), "its quote has 0 characters"),
    (changed(date="yesterday"), '"date" is no day such as 2022-05-06'),
    (changed(also_in=[7]), '"also_in" is no list of texts'),
    (changed(file=None), 'it has no "file"'),
    (PLAIN | {"passages": [PASSAGE | {"end": 0}]}, "passage 1: it ends (0) before it begins (0)"),
    (PLAIN | {"strength": float("nan")}, '"strength" is no number'),
    (PLAIN | {"strength": 10**400}, '"strength" is no number'),
    (PLAIN | {"timings": {"total_s": "fast"}}, '"timings": "total_s" is no number'),
    (PLAIN | {"filter": {"sources": "Reuters"}}, '"filter": "sources" is no list'),
    (PLAIN | {"scope": {"own": {"undated": 1}}}, '"scope", "own": "undated" is no true or false'),
]  # fmt: skip


@pytest.mark.parametrize(("data", "message"), BROKEN)
def test_what_is_no_answer_is_refused_in_words_that_name_the_place(data: object, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        from_json(data)
    assert message in str(refused.value)


leaves = st.none() | st.booleans() | st.integers() | texts
keys = st.sampled_from([*PLAIN, *CITATION])
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=9),
    max_leaves=20,
)


@given(anything)
def test_no_json_at_all_does_worse_than_being_refused(data: object) -> None:
    for any_ in (data, PLAIN | data if isinstance(data, dict) else [data], PLAIN | {"citations": [data]}):
        try:
            answer = from_json(any_)
        except UsageError:
            continue
        assert from_json(to_json(answer)) == answer


@pytest.mark.parametrize("asked_at", ["2022-05-06T14:30:00", "now", "0001-01-01T00:00:00+10:00", None])
def test_when_a_question_was_asked_needs_its_time_zone(asked_at: str | None) -> None:
    with pytest.raises(UsageError, match="asked_at"):
        turn_from_json(Fields({"id": "1", "question": "Who?", "asked_at": asked_at}))


def test_half_a_character_is_replaced_so_that_the_rest_can_be_shown() -> None:
    answer = from_json(json.loads(json.dumps(PLAIN | {"text": "a\ud83d"})))
    assert answer.text == "a\ufffd"
