"""The picture of an answer's articles by date: which dots there are, where, and where they lead."""

import datetime as dt
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.page.turn import Turn
from assistant.rendering import render
from assistant.rendering.timeline_html import (
    APART,
    MARGIN,
    MAX_TICKS,
    Dot,
    Place,
    dots,
    placed,
    ticks,
    timeline_html,
)
from assistant.values import Answer, Citation, Claim, Evidence, PassageRef, Retrieved, Source

HOSTILE = '<img src=x onerror="hacked()">\u202eevil & "co"'
DAY = dt.date(2022, 5, 1)


def source(id: str, days: int | None = 0, title: str | None = None) -> Source:
    """An article of so many days after DAY; None: without a date."""
    return Source(id, f"{id}.txt", title, None if days is None else DAY + dt.timedelta(days))


def cited(n: int, of: Source) -> Citation:
    return Citation(n, of, "Quote.", 0, 6, "Quote.", 0)


def answer(citations: list[Citation], *passages: Source) -> Answer:
    claims = tuple(Claim("Quote.", (c.n,), "quoted") for c in citations)
    read = tuple(PassageRef(of, 0, 6, 0.5) for of in passages)
    return Answer(
        "What?", "What?", "answered", "Quote.", claims=claims, citations=tuple(citations), passages=read
    )


A, B, C = source("a"), source("b", 10), source("c", 40, "Harbour closed")


class Links(HTMLParser):
    """The links of a page: their address, class and accessible name; nesting is checked."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str | None, str | None, str | None]] = []
        self.open: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        told = dict(attrs)
        assert "onerror" not in told
        if tag == "a":
            self.found.append((told["href"], told["class"], told["aria-label"]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ("line", "circle")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_each_article_is_a_link_by_date_like_its_footnote_or_its_passage() -> None:
    found = Links(timeline_html("a3", answer([cited(1, B), cited(2, A), cited(3, B)], B, A, C))).found
    assert found == [
        ("#cite-a3-2", "cited", "Footnote 2: a.txt, 1 May 2022"),
        ("#cite-a3-1", "cited", "Footnotes 1, 3: b.txt, 11 May 2022"),
        ("#cite-a3-p3", "near", "Not cited: Harbour closed, 10 June 2022"),
    ]


def test_the_links_stand_for_what_the_turn_knows_by_their_keys() -> None:
    read = Evidence(2, B, "Near.", 7, 12, "Near.", 0.4, "Near.", 7)
    made = replace(answer([cited(1, A)], A, C), evidence=(read,))
    turn = Turn("a1", "What?", answer=made, retrieved=Retrieved("What?", (read,), made.passages, 0.1))
    keys = [dot.key for dot in dots(made)]
    assert keys == ["1", "e2", "p2"]
    assert [turn.quoted(key).source for key in keys] == [A, B, C]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "told",
    [
        answer([cited(1, A)], B),
        answer([cited(1, A)], B, source("d", 0), source("e", 10)),
        answer([cited(1, A)], B, source("d", None), source("e", None)),
        answer([], A, B, C),
        answer([]),
    ],
    ids=["two articles", "four of two days", "others undated", "none cited", "nothing"],
)
def test_there_is_no_picture_of_less_than_three_days_or_without_a_citation(told: Answer) -> None:
    assert timeline_html("a1", told) == ""


def test_it_stands_under_an_answer_and_nowhere_else() -> None:
    made = answer([cited(1, A)], A, B, C)
    assert '<figure class="timeline">' in render.answer_html("a1", made)
    for status in ("not_found", "failed"):
        assert "timeline" not in render.answer_html("a1", replace(made, status=status))


def test_a_title_is_text_whatever_it_holds() -> None:
    html = timeline_html("a1", answer([cited(1, source("a", 0, HOSTILE))], B, C))
    assert "<img" not in html
    assert Links(html).found[0][2] == f"Footnote 1: {HOSTILE}, 1 May 2022"


def test_what_is_not_cited_is_explained_only_where_there_is_some() -> None:
    assert "also found" in timeline_html("a1", answer([cited(1, A), cited(2, B)], C))
    assert "also found" not in timeline_html("a1", answer([cited(1, A), cited(2, B), cited(3, C)]))
    assert "3 articles from 1 May 2022 to 10 June 2022, 3 of them cited" in timeline_html(
        "a1", answer([cited(1, A), cited(2, B), cited(3, C)])
    )


def test_cited_dots_keep_their_place_and_others_stand_above_them() -> None:
    found = [Dot(A, DAY, (), "p1"), Dot(A, DAY, (1,), "1"), Dot(C, DAY + dt.timedelta(40), (2,), "2")]
    assert placed(found) == [Place(MARGIN, 1), Place(MARGIN, 0), Place(100 - MARGIN, 0)]


@given(st.lists(st.tuples(st.integers(0, 400), st.booleans()), min_size=1, max_size=48))
def test_dots_never_overlap_nor_leave_the_picture(articles: list[tuple[int, bool]]) -> None:
    """48: four storeys of twelve fill the width."""
    found = [
        Dot(A, DAY + dt.timedelta(days), (n,) if is_cited else (), f"{n}")
        for n, (days, is_cited) in enumerate(sorted(articles), start=1)
    ]
    places = placed(found)
    for n, one in enumerate(places):
        assert 0 <= one.x <= 100 or len(found) > 24, "the edges are left only where all is full"
        for other in places[:n]:
            assert one.storey != other.storey or abs(one.x - other.x) >= APART - 0.02


@given(st.dates(), st.dates())
def test_the_axis_has_few_strokes_between_its_ends(one: dt.date, other: dt.date) -> None:
    first, last = sorted((one, other))
    found = ticks(first, last)
    assert len(found) <= MAX_TICKS
    assert all(first < day <= last and day.day == 1 for day in found)
    assert found == sorted(set(found))
