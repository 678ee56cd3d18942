"""Footnotes become references: each article once, with what is known of it."""

import datetime as dt
import string

from hypothesis import given
from listed import TODAY, bylines, cited, lists, note

from assistant.report.names import authors_of, inverted, upright
from assistant.report.reference import Quote, Reference, joined, parted, references
from assistant.values import Source

FERRY = Source(
    "1", "f.html", "Ferry back", dt.date(2022, 5, 6), "The Bell", "https://a.org/f", "By Ane Holt and Per Li"
)


def test_an_article_cited_twice_is_one_reference_with_both_quotes_and_the_first_day_of_access():
    first = note(1, FERRY, "It rained.", 2)
    later = note(3, FERRY, "It\nsnowed.")
    later = type(later)(3, later.citation, dt.date(2024, 1, 1))
    other = note(2, Source("2", "g.pdf"))
    assert references([first, other, later]) == [
        Reference(
            "holt2022ferry",
            "article-newspaper",
            "Ferry back",
            "f.html",
            dt.date(2024, 1, 1),
            ("Ane Holt", "Per Li"),
            "The Bell",
            dt.date(2022, 5, 6),
            "https://a.org/f",
            (Quote("It rained.", 2), Quote("It snowed.")),
        ),
        Reference("gpdf", "document", "g.pdf", "g.pdf", TODAY, quotes=(Quote("It rained."),)),
    ]


def test_kinds():
    kinds = {
        "article-newspaper": [
            {"source": "The Bell"},
            {"source": "The Bell", "url": "https://a.org", "date": TODAY},
        ],
        "webpage": [{"url": "https://a.org"}, {"source": "The Bell", "url": "https://a.org"}],
        "document": [{}, {"date": TODAY, "author": "Ane Holt"}, {"url": "javascript:alert(1)"}],
    }
    for kind, all_facts in kinds.items():
        assert [references(cited(**facts))[0].kind for facts in all_facts] == [kind] * len(all_facts)


def test_articles_with_the_same_facts_have_keys_of_their_own():
    notes = [note(n, Source(str(n), "a.txt", "Ferry", TODAY)) for n in range(1, 4)]
    assert [r.key for r in references(notes)] == ["2024ferry", "2024ferry-2", "2024ferry-3"]


def test_bylines():
    known = {
        "By Ane Holt, BBC News": ("Ane Holt",),
        "BBC News": ("BBC News",),
        "Ane Holt & Per Li": ("Ane Holt", "Per Li"),
        "Ane Holt, Per Li, and Bo Ek": ("Ane Holt", "Per Li", "Bo Ek"),
        "Holt, Ane": ("Ane Holt",),
        "Simon & Schuster": ("Simon & Schuster",),
        "Reuters staff": ("Reuters staff",),
        "NASA/JPL": ("NASA/JPL",),
        "Ane Holt; Ane Holt": ("Ane Holt",),
        "鈴木 一郎": ("鈴木 一郎",),
    }
    assert {line: authors_of(line, "BBC News") for line in known} == known


@given(bylines)
def test_an_author_written_last_name_first_reads_back(line: str):
    for author in authors_of(" ".join(line.split())):
        assert upright(inverted(author)) == author


@given(lists())
def test_a_reference_is_whole_whatever_the_article_says(made: list[Reference]):
    keys = [reference.key for reference in made]
    assert len(set(keys)) == len(keys) and set("".join(keys)) <= {
        *string.ascii_lowercase,
        *string.digits,
        "-",
    }
    for reference in made:
        assert reference.title
        fields = [reference.title, reference.file, reference.outlet, reference.url, *reference.authors]
        for text in [*fields, *(quote.text for quote in reference.quotes)]:
            assert text == " ".join(text.split()) and not {*"\x00\x1b\n\ud800\ufffe\u2028"} & {*text}
        assert parted(joined(reference.quotes)) == reference.quotes
