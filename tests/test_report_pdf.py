"""A report as PDF: each footnote at the foot of the page that cites it, and no text is read as Typst."""

import io
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from reported import BILLS, FREEZE, HOSTILE, NASTY_ONES, NOW, ORDINARY, PRICE, TWELVE, cited, entry, many

from assistant.report.collected import Entry
from assistant.report.document import PLAIN, document
from assistant.report.pdf import to_pdf
from assistant.report.styles import STYLES
from assistant.values import Claim, Source


def pages(file: bytes) -> list[str]:
    """The text of each page, its white space made one space."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(file)).pages]


@pytest.mark.parametrize("style", [PLAIN, *STYLES])
def test_the_pages_show_answers_notes_and_quotes(style: str):
    text = " ".join(pages(to_pdf(document("Price freeze", ORDINARY, style, NOW))))
    for said in ("Price freeze", "How does the freeze work?", "The articles do not say.", BILLS, PRICE):
        assert said in text
    assert f"“{TWELVE}”" in text and "22" in text


def varied(notes: int) -> list[Entry]:
    """Claims and notes of many lengths, from a line to seven, half of them under a heading."""
    claims, citations = [], []
    for n in range(1, notes + 1):
        source = Source(f"s{n}", f"s{n}.txt", f"{n}. The title{' word' * (n * 7 % 13)}", None, "Post")
        citations.append(cited(n, f"Quote {n}{' says so' * (n * 11 % 26)}.", source))
        verdict = "quoted" if n % 4 else "verified"
        claims.append(
            Claim(f"Claim {n}{' is it' * (n * 17 % 31)}.", (n,), verdict, f"Part {n}" if n % 2 else "")
        )
    return [entry("Many?", claims, citations)]


def test_each_note_begins_on_the_page_that_cites_it():
    shown = pages(to_pdf(document("Many", varied(150), PLAIN, NOW)))
    assert len(shown) > 8
    for n in range(1, 151):
        cites = [page for page, text in enumerate(shown) if re.search(rf"Claim {n}\b", text)]
        assert cites == [page for page, text in enumerate(shown) if f"“{n}. The title" in text], n


def test_a_quote_longer_than_a_page_goes_on_on_the_next():
    words = [f"w{n}" for n in range(4000)]
    one = entry("Long?", [Claim(" ".join(words), (1,), "quoted")], [cited(1, " ".join(words), FREEZE)])
    shown = " ".join(pages(to_pdf(document("Long", [one], PLAIN, NOW)))).split()
    assert not {word for word in words[1:-1] if shown.count(word) != 2}


def test_notes_are_numbered_as_in_the_report():
    (page,) = pages(to_pdf(document("Price freeze", ORDINARY, PLAIN, NOW)))
    assert "two winters.1 The mayor called it bold.1, 2" in page.replace("1,2", "1, 2")
    assert "1Ane Holt" in page.replace(" ", "", 0).replace("1 Ane", "1Ane")


def test_the_file_says_what_it_is():
    reader = PdfReader(io.BytesIO(to_pdf(document("Price freeze", ORDINARY, PLAIN, NOW))))
    assert reader.metadata and reader.metadata.title == "Price freeze"
    assert reader.metadata.creation_date == NOW.replace(microsecond=0)
    assert "/StructTreeRoot" in reader.trailer["/Root"]  # tagged, for screen readers


def test_the_same_report_is_the_same_file():
    report = document("Price freeze", ORDINARY, PLAIN, NOW)
    assert to_pdf(report) == to_pdf(report)


def test_links_lead_to_articles_alone():
    reader = PdfReader(io.BytesIO(to_pdf(document(HOSTILE, NASTY_ONES, PLAIN, NOW))))
    annotations = [one.get_object() for page in reader.pages for one in page.get("/Annots", [])]
    targets = {str(one["/A"]["/URI"]) for one in annotations if "/A" in one and "/URI" in one["/A"]}
    assert targets == {"https://a.example/%C3%A9%20x?%3Cq%3E", str(FREEZE.url)}


def test_hostile_texts_are_data():
    text = "".join(pages(to_pdf(document(HOSTILE, NASTY_ONES, PLAIN, NOW))))
    for said in ("<script>alert(1)</script>", "{\\LaTeX}", "$x_1$", "*b*", "`c`", "&amp;"):
        assert said in text


def test_500_notes_with_hostile_titles():
    text = "".join(pages(to_pdf(document(HOSTILE, many(), PLAIN, NOW)))).replace(" ", "")
    assert "Quote500:“3500”of<them>." in text


@settings(max_examples=40)
@given(st.text())
@example('#panic("read as code") #import "x" \\u{0} $ */ // <label> @ref = - + /')
@example("\u200f\u200e\u2066\u202e" * 50)
@example("e" + "\u0301" * 500)
def test_any_text_makes_a_file(text: str):
    source = Source("a", "a.txt", text, None, text, f"https://a.example/{text}", text)
    one = entry(text, [Claim(text, (1,), "quoted", text)], [cited(1, text, source)], lead=text)
    assert to_pdf(document(text, [one], PLAIN, NOW)).startswith(b"%PDF-")
