"""The neutral form of a report: what stands in it, in which order, and that any text becomes safe."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from reported import (
    ASKED,
    BILLS,
    BOLD,
    COST,
    FREEZE,
    HOSTILE,
    NASTY_ONES,
    NOW,
    ORDINARY,
    PAPER,
    TWELVE,
    cited,
    entry,
    many,
)

from assistant.report.characters import address, safe
from assistant.report.document import PLAIN, Document, Mark, document
from assistant.report.runs import plain
from assistant.report.styles import STYLES
from assistant.values import Claim
from index.errors import UsageError
from index.filter import Filter


def made(style: str = PLAIN) -> Document:
    return document("Price freeze", ORDINARY, style, NOW)


def test_blocks_are_headings_leads_claims_and_quotes_in_their_order():
    assert [(block.kind, block.text, block.notes) for block in made().blocks] == [
        ("heading", "How does the freeze work?", ()),
        ("claim", "Bills are frozen for two winters. The mayor called it bold.", (1, 1, 2)),
        ("quote", TWELVE, (3,)),
        ("heading", "What happened in September?", ()),
        ("lead", "Articles from September 2022", ()),
        ("subheading", "9 September 2022", ()),
        ("quote", "Nobody at the treasury would say what it costs.", (4,)),
        ("subheading", "8 September 2022", ()),
        ("quote", BILLS, (1,)),
        ("heading", "Who pays?", ()),
        ("remark", "The articles do not say.", ()),
    ]


def test_a_note_cited_once_more_is_marked_as_such():
    marks = [part for block in made().blocks for part in block.runs if isinstance(part, Mark)]
    assert marks == [Mark(1), Mark(1, True), Mark(2), Mark(3), Mark(4), Mark(1, True)]


def test_notes_run_through_the_report_and_each_is_cited():
    report = document("Many", [*many(60), *ORDINARY], PLAIN, NOW)
    assert [note.n for note in report.footnotes] == list(range(1, 65))
    first = list(dict.fromkeys(n for block in report.blocks for n in block.notes))
    assert first == [note.n for note in report.footnotes]


def test_the_line_under_the_title_says_what_is_in_it():
    assert made().about == "23 November 2022 · 3 answers, 4 quotes from 3 articles"
    assert document("", [], PLAIN, NOW).title == "Report"


def test_a_plain_footnote_says_all_that_is_known_of_the_article():
    notes = {note.n: plain(note.runs) for note in made().footnotes}
    assert notes[1] == (
        "Ane Holt and Per Lind, “Price freeze for two winters”, The Harbour Post, 8 September 2022, "
        "https://harbour.example/2022/price_freeze?id=1&x=2. "
        "“Bills would be frozen at £2,500 a year for two winters.” Accessed 22 November 2022."
    )
    assert notes[3] == (
        "grid-report.pdf, no date, page 14. “Wholesale prices rose twelvefold in a year.” "
        "Accessed 22 November 2022."
    )
    assert "Nearly the same in 2 other articles. Accessed" in notes[4]


@pytest.mark.parametrize("style", [PLAIN, *STYLES])
def test_every_style_tells_outlet_title_author_date_address_page_quote_and_access(style: str):
    first, second, third, fourth = (plain(note.runs).casefold() for note in made(style).footnotes)
    for part in (
        "Holt",
        "Lind",
        "price freeze for two winters",
        "The Harbour Post",
        "2022",
        FREEZE.url,
        BILLS,
    ):
        assert str(part).casefold() in first, part
    days = ("22 november 2022", "november 22, 2022", "22 nov. 2022", "nov. 22, 2022")
    assert [sum(note.count(day) for day in days) for note in (first, second, third, fourth)] == [1] * 4
    assert BOLD.casefold() in second
    assert "grid-report.pdf" in third and "14" in third and f"“{TWELVE}”".casefold() in third
    assert "coast news" in fourth and "what the freeze costs" in fourth


@pytest.mark.parametrize("style", STYLES)
def test_a_style_lists_each_article_once(style: str):
    listed = [plain(runs) for runs in made(style).bibliography]
    assert len(listed) == 3
    for part in ("Price freeze for two winters", "What the freeze costs", "grid-report.pdf"):
        assert [part.casefold() in text.casefold() for text in listed].count(True) == 1, part


def test_the_address_of_an_article_is_a_link_and_nothing_else_is():
    report = document("", NASTY_ONES, PLAIN, NOW)
    links = {run.link for note in report.footnotes for run in note.runs if run.link}
    assert links == {"https://a.example/%C3%A9%20x?%3Cq%3E", str(FREEZE.url)}


def test_a_style_that_there_is_none_of_says_so():
    with pytest.raises(UsageError, match="no style"):
        document("", ORDINARY, "no-such-style", NOW)


def test_an_answer_from_elsewhere_than_was_asked_says_so():
    one = ORDINARY[0]
    scope = replace(one.answer.scope, left=Filter(dt.date(2022, 9, 12), dt.date(2022, 9, 18)))
    blocks = document("", [replace(one, answer=replace(one.answer, scope=scope))], PLAIN, NOW).blocks
    assert blocks[1].kind == "lead"
    assert (
        blocks[1].text == "Nothing from 12–18 September 2022 answers this; the answer is from all articles."
    )


def test_the_day_of_access_is_the_earliest():
    later = replace(ORDINARY[0], asked_at=ASKED + dt.timedelta(days=9))
    assert document("", [later, ORDINARY[1]], PLAIN, NOW).footnotes[0].accessed == ASKED.date()
    assert document("", [later], PLAIN, NOW).footnotes[0].accessed == dt.date(2022, 12, 1)


def test_500_notes():
    report = document(HOSTILE, many(), "apa", NOW)
    assert len(report.footnotes) == 500 and len(report.bibliography) == 250


@pytest.mark.parametrize("style", [PLAIN, *STYLES])
def test_hostile_texts_stay_the_same_characters(style: str):
    report = document(HOSTILE, NASTY_ONES, style, NOW)
    assert report.title == safe(HOSTILE)
    assert safe(HOSTILE) in report.footnotes[0].quote
    assert "<script>alert(1)</script> <i>x</i> {\\LaTeX} $x_1$" in plain(report.footnotes[0].reference)


@given(st.text())
def test_safe_text_is_one_line_that_any_xml_can_hold(text: str):
    said = safe(text)
    root = etree.Element("a")
    root.text = said  # raises ValueError for a character that XML can't hold
    assert said == safe(said)
    assert "\n" not in said and said == said.strip()
    said.encode()


@given(st.text() | st.text().map("https://".__add__) | st.text().map("JavaScript:".__add__))
def test_an_address_is_http_or_nothing(text: str):
    found = address(text)
    assert not found or found.lower().startswith(("http://", "https://"))
    assert found.isascii() and not set(found) & set(' <>"\\^`{|}\n')


@given(
    st.lists(
        st.tuples(st.text(), st.sampled_from(["verified", "quoted"]), st.lists(st.integers(0, 4)), st.text())
    ),
    st.text(),
)
def test_any_claims_make_a_report(claims: list[tuple[str, str, list[int], str]], text: str):
    citations = [cited(n, text, source) for n, source in enumerate((FREEZE, COST, PAPER), start=1)]
    said = [Claim(words, tuple(ns), verdict, heading) for words, verdict, ns, heading in claims]  # type: ignore[arg-type]
    report = document(text, [entry(text, said, citations)], PLAIN, NOW)
    marks = [part for block in report.blocks for part in block.runs if isinstance(part, Mark)]
    assert [mark.n for mark in marks if not mark.again] == [note.n for note in report.footnotes]
    assert {note.quote for note in report.footnotes} <= {safe(text)}
