"""One answer for the clipboard, and the formats of a file."""

import io
import json
from html import escape

import bibtexparser
import html5lib
import pytest
from pypdf import PdfReader
from reported import ASKED, BILLS, BOLD, FREEZE, HOSTILE, NASTY_ONES, NOW, ORDINARY, TWELVE

from assistant.report.bibtex import from_bibtex
from assistant.report.characters import safe
from assistant.report.collected import numbered
from assistant.report.copied import as_html, as_markdown, as_text
from assistant.report.export import exported
from assistant.report.formats import FORMATS
from assistant.report.reference import one_line, references
from index.errors import UsageError

ANSWER = ORDINARY[0].answer
FIRST = (
    "Ane Holt and Per Lind, “Price freeze for two winters”, {}, 8 September 2022, {}. "
    f"“{BILLS}” Accessed 22 November 2022."
)


def test_markdown_has_footnotes():
    text = as_markdown(ANSWER, ASKED)
    assert text.startswith("Bills are frozen for two winters.[^1] The mayor called it bold.[^1][^2]\n\n> ")
    assert f"\n\n[^1]: {FIRST.format('*The Harbour Post*', f'<{FREEZE.url}>')}\n" in text


def test_plain_text_has_numbers_and_references():
    assert as_text(ANSWER, ASKED).splitlines() == [
        "Bills are frozen for two winters.[1] The mayor called it bold.[1][2]",
        "",
        f"“{TWELVE}” [3]",
        "",
        f"[1] {FIRST.format('The Harbour Post', FREEZE.url)}",
        "[2] Ane Holt and Per Lind, “Price freeze for two winters”, The Harbour Post, 8 September 2022, "
        f"{FREEZE.url}. “\u202f{BOLD}\u202f” Accessed 22 November 2022.",
        "[3] grid-report.pdf, no date, page 14. "
        "“Wholesale prices rose twelvefold in a year.” Accessed 22 November 2022.",
    ]


def test_rich_text_has_a_numbered_list_and_no_looks_of_its_own():
    page = as_html(ANSWER, ASKED)
    assert page.startswith('<p dir="auto">Bills are frozen for two winters.<sup>1</sup> The mayor')
    assert f'<blockquote><p dir="auto">{TWELVE}<sup>3</sup></p></blockquote>' in page
    address = escape(str(FREEZE.url))
    link = f'<a href="{address}" rel="noreferrer">{address}</a>'
    assert f'<li dir="auto">{FIRST.format("<i>The Harbour Post</i>", link)}</li>' in page
    assert "class=" not in page and "style=" not in page


def test_an_answer_without_quotes_is_its_text():
    answer = ORDINARY[2].answer
    assert as_text(answer, ASKED) == as_markdown(answer, ASKED) == "The articles do not say.\n"
    assert as_html(answer, ASKED) == '<p dir="auto">The articles do not say.</p>'


def test_hostile_texts_are_no_markup():
    answer = NASTY_ONES[0].answer
    page = as_html(answer, ASKED)
    html5lib.HTMLParser(strict=True).parseFragment(page)
    assert "<script" not in page and 'href="javascript' not in page and escape(safe(HOSTILE)) in page
    assert safe(HOSTILE) in as_text(answer, ASKED)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("entries", [ORDINARY, NASTY_ONES, []], ids=["ordinary", "nasty", "empty"])
def test_every_format_makes_a_file(format: str, entries: list):
    file = exported("Price freeze", entries, format, "chicago", NOW)
    assert file.startswith({"pdf": b"%PDF-", "docx": b"PK"}.get(format, b""))
    if format not in ("pdf", "docx"):
        assert "\0" not in file.decode()
    if entries and format in ("bibtex", "ris", "csl-json", "md", "html"):
        said = file.decode().casefold()
        assert "price freeze for two winters" in said and BILLS.casefold() in said


def test_references_alone_are_what_their_programs_read():
    assert len(json.loads(exported("", ORDINARY, "csl-json", "apa", NOW))) == 3
    assert len(PdfReader(io.BytesIO(exported("", ORDINARY, "pdf", "apa", NOW))).pages) >= 1


@pytest.mark.parametrize("entries", [ORDINARY, NASTY_ONES], ids=["ordinary", "nasty"])
def test_bibtex_tells_the_answers_in_remarks_that_no_program_reads(entries: list):
    text = exported("Freeze @misc{evil, title={x}}", entries, "bibtex", "apa", NOW).decode()
    remarks = text[: text.index("\n@")]
    assert all(line.startswith("%") for line in remarks.splitlines() if line)
    for of in entries:
        assert all(one_line(claim.text).replace("@", "(at)") in remarks for claim in of.answer.claims)
    listed = references(numbered(entries).notes)
    assert from_bibtex(text) == listed
    library = bibtexparser.parse_string(text)
    assert library.failed_blocks == [] and len(library.entries) == len(listed)
    assert f"Bills are frozen for two winters. [{listed[0].key}]" in remarks or entries is NASTY_ONES


def test_a_format_that_there_is_none_of_says_so():
    with pytest.raises(UsageError, match="no format 'odt'; choose one of md, docx"):
        exported("", ORDINARY, "odt", "apa", NOW)
