"""The values that flow from file to hit: offsets count code points, the end is exclusive."""

import dataclasses
import datetime as dt
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.text import Article, Passage, Sentence, Span, human_date, short_hash

SPANS = st.builds(lambda start, length: Span(start, start + length), st.integers(0, 30), st.integers(1, 10))


def characters(span: Span) -> set[int]:
    return set(range(span.start, span.end))


@pytest.mark.parametrize(("start", "end"), [(0, 0), (3, 3), (4, 3), (-1, 3)])
def test_a_span_holds_at_least_one_character_and_none_before_the_text(start: int, end: int):
    with pytest.raises(ValueError, match=f"not {start}..{end}"):
        Span(start, end)


@given(SPANS, SPANS)
def test_covers_and_overlaps_are_those_of_the_sets_of_characters(a: Span, b: Span):
    assert a.covers(b) == (characters(b) <= characters(a))
    assert a.overlaps(b) == bool(characters(a) & characters(b))


@given(st.lists(SPANS, max_size=8))
def test_spans_sort_by_start_then_end(spans: list[Span]):
    assert [(s.start, s.end) for s in sorted(spans)] == sorted((s.start, s.end) for s in spans)


def test_equal_spans_are_one_key_and_none_can_be_changed():
    assert len({Sentence(1, 4), Sentence(1, 4), Sentence(1, 5)}) == 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        Sentence(1, 4).start = 2  # type: ignore[misc]


def test_offsets_count_code_points_not_bytes_or_what_the_eye_sees():
    article = Article("a", "a.txt", "/a.txt", "😀 e\u0301t\u0301 \r\nΩ.")
    assert article.quote(Span(0, 1)) == "😀"
    assert article.quote(Span(2, 6)) == "e\u0301t\u0301"
    assert article.quote(Span(9, 11)) == "Ω."


@given(st.text(min_size=1), st.data())
def test_a_quote_is_the_very_slice_of_the_text(text: str, data: st.DataObject):
    start = data.draw(st.integers(0, len(text) - 1))
    span = Span(start, data.draw(st.integers(start + 1, len(text))))
    assert Article("a", "a.txt", "/a.txt", text).quote(span) == text[span.start : span.end]


def test_the_digest_is_that_of_the_text_in_utf_8_and_of_nothing_else():
    article = Article("a", "a.txt", "/a.txt", "Évian.")
    assert article.sha256 == hashlib.sha256(b"\xc3\x89vian.").hexdigest()
    assert dataclasses.replace(article, id="b", title="T").sha256 == article.sha256
    assert dataclasses.replace(article, text="Evian.").sha256 != article.sha256


@pytest.mark.parametrize(
    ("title", "date", "header"),
    [
        ("Ferry back", dt.date(2022, 5, 6), "Ferry back (6 May 2022)"),
        ("Ferry back", None, "Ferry back"),
        (None, dt.date(2022, 5, 6), "6 May 2022"),
        (None, None, ""),
    ],
)
def test_the_header_tells_the_title_and_the_date_that_are_known(
    title: str | None, date: dt.date | None, header: str
):
    assert Article("a", "a.txt", "/a.txt", "…", title=title, date=date).header == header


def test_a_passage_spans_from_its_first_sentence_to_its_last():
    passage = Passage("a", (Sentence(3, 9), Sentence(10, 12), Sentence(14, 20)))
    assert passage.span == Span(3, 20)


def test_dates_are_written_in_english_whatever_the_locale():
    months = [human_date(dt.date(2021, month, 1)).split()[1][:3] for month in range(1, 13)]
    assert " ".join(months) == "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
    assert human_date(dt.date(2021, 12, 24)) == "24 December 2021"
    assert human_date(dt.date(987, 12, 31)) == "31 December 987"


def test_an_id_is_twelve_hex_digits_of_sha_256_even_for_a_name_that_is_not_utf_8():
    assert short_hash("é") == hashlib.sha256(b"\xc3\xa9").hexdigest()[:12]
    assert short_hash("\udcff") == hashlib.sha256(b"\xff").hexdigest()[:12]
