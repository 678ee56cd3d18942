"""The check of a report, on a real library whose articles change after they were cited."""

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import OpenLibrary, WriteArticle

from assistant.report.check import check_html, check_json, check_text, checked, summary
from assistant.report.collected import Entry
from assistant.values import Answer, Citation, Claim, Source
from index.errors import LibraryMissing
from index.library import Library
from index.permalink import Permalink
from index.text import Span

DIKE = "The council voted to raise the Kolvard dike. Work begins in May."
VOTED = "The council voted to raise the Kolvard dike."
NOW = dt.datetime(2022, 6, 1, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
def folder(tmp_path: Path, write_article: WriteArticle) -> Path:
    write_article(tmp_path / "articles", "dike.txt", DIKE)
    write_article(tmp_path / "articles", "ferry.txt", "The ferry sank in the harbour.")
    return tmp_path / "articles"


@pytest.fixture
def library(folder: Path, open_library: OpenLibrary) -> Library:
    library = open_library(folder.parent / "library")
    library.add([folder])
    return library


def cite(library: Library, file: str, quote: str, n: int = 1) -> Citation:
    article = library.find(file)
    start = article.text.index(quote)
    span = Span(start, start + len(quote))
    link = str(Permalink.of(article, span))
    return Citation(n, Source.of(article), quote, span.start, span.end, quote, start, permalink=link)


def entry(*citations: Citation, claims: tuple[Claim, ...] = (), heading: str = "What was voted?") -> Entry:
    claims = claims or (Claim("The dike is raised.", tuple(c.n for c in citations), "verified"),)
    answer = Answer("q", "q", "answered", "…", claims=claims, citations=citations)
    return Entry("e1", heading, answer, NOW)


def test_a_quote_that_stands_as_it_was(library: Library) -> None:
    (row,) = checked([entry(cite(library, "dike.txt", VOTED))], library)
    (proof,) = row.proofs
    assert (proof.became, proof.stands, proof.fine, row.fine) == ("same", True, True, True)
    assert (row.heading, row.claim.text, proof.note.citation.quote) == (
        "What was voted?",
        "The dike is raised.",
        VOTED,
    )
    assert summary([row]) == "1 of 1 quote as cited."


@pytest.mark.parametrize(
    ("text", "stands", "told"),
    [
        ("Correction. " + VOTED, True, "edited since; the quote still stands in it"),
        ("The council did not vote.", False, "edited since; the quote is not in it any more"),
    ],
)
def test_an_edited_article_still_has_the_words_or_not(
    library: Library, folder: Path, write_article: WriteArticle, text: str, stands: bool, told: str
) -> None:
    kept = entry(cite(library, "dike.txt", VOTED))
    write_article(folder, "dike.txt", text)
    library.sync()
    (proof,) = checked([kept], library)[0].proofs
    assert (proof.became, proof.stands, proof.fine, proof.told) == ("edited", stands, False, told)


def test_moved_removed_and_unknown_articles(library: Library, folder: Path) -> None:
    dike, ferry = cite(library, "dike.txt", VOTED), cite(library, "ferry.txt", "The ferry sank", 2)
    alien = replace(ferry, n=3, permalink="0123456789ab.0123456789abcdef.0-14")
    (folder / "dike.txt").rename(folder / "the-dike.txt")
    (folder / "ferry.txt").unlink()
    library.add([folder], yes=True)
    proofs = checked([entry(dike, ferry, alien)], library)[0].proofs
    assert [proof.became for proof in proofs] == ["moved", "removed", "unknown"]
    assert proofs[0].told == "the same text, in another file now, the-dike.txt"
    assert proofs[0].fine and not proofs[1].fine
    assert (
        summary(checked([entry(dike, ferry, alien)], library))
        == "1 of 3 quotes as cited, 1 removed, 1 unknown."
    )


def test_an_answer_that_was_altered_is_found_out(library: Library) -> None:
    forged = replace(cite(library, "dike.txt", VOTED), quote="The council voted to lower the Kolvard dike.")
    (proof,) = checked([entry(forged)], library)[0].proofs
    assert (proof.became, proof.stands, proof.fine) == ("altered", False, False)


def test_facts_of_the_reference_that_have_changed_are_told(library: Library) -> None:
    citation = cite(library, "dike.txt", VOTED)
    was = replace(citation.source, title="Old title", date=dt.date(2020, 1, 1))
    (proof,) = checked([entry(replace(citation, source=was))], library)[0].proofs
    assert (proof.became, proof.changed, proof.fine) == ("same", ("title", "date"), False)
    assert proof.told == "as it was; its title is now unknown; its date is now 6 May 2022"


def test_a_quote_without_a_permalink_is_compared_with_the_article_of_its_id(library: Library) -> None:
    bare = replace(cite(library, "dike.txt", VOTED), permalink="")
    other = replace(bare, n=2, quote="Not its words.")
    gone = replace(bare, n=3, source=replace(bare.source, article="0" * 12))
    proofs = checked([entry(bare, other, gone)], library)[0].proofs
    assert [(p.became, p.stands) for p in proofs] == [("same", True), ("edited", False), ("unknown", False)]


def test_notes_are_numbered_through_the_report(library: Library) -> None:
    first, second = cite(library, "dike.txt", VOTED), cite(library, "ferry.txt", "The ferry sank")
    rows = checked([entry(first), replace(entry(second), id="e2"), replace(entry(first), id="e3")], library)
    assert [[proof.note.n for proof in row.proofs] for row in rows] == [[1], [2], [1]]
    assert [row.entry for row in rows] == ["e1", "e2", "e3"]


def test_a_claim_without_a_quote_is_not_fine(library: Library) -> None:
    (row,) = checked([entry(claims=(Claim("It rained.", (), "verified"),))], library)
    assert not row.fine
    assert summary([row]) == "0 of 0 quotes as cited, 1 claim without a quote."
    assert "[no quote]" in check_text([row])
    assert "Nothing is cited for this." in check_html([row])


def test_the_check_as_text_and_json(library: Library) -> None:
    rows = checked([entry(cite(library, "dike.txt", VOTED))], library)
    assert check_text(rows).splitlines() == [
        "What was voted?",
        "  The dike is raised. [1]",
        f"      [1] “{VOTED}”",
        "          dike.txt, 6 May 2022: as it was",
        "",
        "1 of 1 quote as cited.",
    ]
    data = json.loads(json.dumps(check_json(rows)))
    assert (data["fine"], data["claims"][0]["quotes"][0]["state"]) == (True, "same")


def test_a_hostile_entry_is_only_text(library: Library) -> None:
    nasty = '</figure><script>alert(1)</script>" onload=x \u202e\x1b[31m'
    citation = cite(library, "dike.txt", VOTED)
    forged = replace(citation, quote=nasty, permalink=nasty, source=replace(citation.source, title=nasty))
    rows = checked([entry(forged, claims=(Claim(nasty, (1,), "quoted"),), heading=nasty)], library)
    html = check_html(rows)
    assert "<script" not in html and 'onload=x"' not in html and html.count("</figure>") == 1
    assert "\x1b" not in check_text(rows)


def test_without_a_library_there_is_nothing_to_compare_with(tmp_path: Path, library: Library) -> None:
    with pytest.raises(LibraryMissing):
        checked([entry(cite(library, "dike.txt", VOTED))], Library(tmp_path / "none"))
