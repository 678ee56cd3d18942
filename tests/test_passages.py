"""Sentences → passages, counted with the real tokenizer: whole sentences, within the window."""

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.embed import Encoder
from index.passages import MIN_TOKENS, PASSAGE_TOKENS, passage_header, split_passages
from index.rows import embedded_text
from index.sentences import split_sentences
from index.text import Article, Passage

# Beside plain sentences: long ones, words that the tokenizer cuts into many pieces, and text that has
# no white space to be cut at.
PARTS = st.sampled_from(
    [
        *("The ferry sailed at noon. ", "It rained. ", "Harbour closed\n\n", "He said “no”. "),
        *("word " * 60, "word " * 200 + ". ", "antidisestablishmentarianism " * 20, "x" * 300),
        *("a-b_c/" * 80, "漢字" * 60, "한국어" * 40, "😀" * 30, "ÀÉÎÕÜ" * 12, "qzxjkv" * 15),
        *(" ", "\n", "\r\n\r\n", "\x0c", "\u2028", "\x1c", ". ", "e\u0301" * 40),
    ]
)
TEXTS = st.lists(PARTS, min_size=1, max_size=14).map("".join)
TITLES = st.one_of(
    st.none(),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=150),
    st.sampled_from(["Ferry back", "한국어 " * 37, "漢" * 150, "word " * 30]),
)
DATES = st.sampled_from([None, dt.date(2022, 5, 6)])


def article(text: str, title: str | None = None, date: dt.date | None = None) -> Article:
    return Article("id", "a.txt", "/a.txt", text, title=title, date=date)


def split(article: Article, encoder: Encoder, window: int = 254) -> list[Passage]:
    return split_passages(article, encoder.count_tokens, window)


def embedded_tokens(article: Article, passages: list[Passage], encoder: Encoder, window: int) -> list[int]:
    """Of the very texts that a build embeds."""
    header = passage_header(article, encoder.count_tokens, window)
    return encoder.count_tokens([embedded_text(header, article.quote(p.span)) for p in passages])


@given(TEXTS, TITLES, DATES, st.sampled_from([40, 64, 100, 254]))
def test_every_passage_fits_the_window_together_with_its_header(
    encoder: Encoder, text: str, title: str | None, date: dt.date | None, window: int
):
    one = article(text, title, date)
    passages = split(one, encoder, window)
    assert all(n <= window for n in embedded_tokens(one, passages, encoder, window))


def test_two_halves_of_one_word_are_counted_as_what_they_make_together(encoder: Encoder):
    word = "vjbwxxaxakqvqwkwjvjwkvakkvaqqzwxqqwwkbzjjzqqwwwxwkvzaqxwbzbjqqqzzjjkaqzjaaazqzxqvbajjqvv"
    half = len(word) // 2
    assert encoder.count_tokens([word, word[:half], word[half:]]) == [70, 35, 33]
    assert [len(p.sentences) for p in split(article(word), encoder, 68)] == [1, 1]


@given(TEXTS, TITLES, DATES)
def test_passages_hold_every_sentence_whole_and_in_order(
    encoder: Encoder, text: str, title: str | None, date: dt.date | None
):
    one = article(text, title, date)
    passages = split(one, encoder)
    pieces = list(dict.fromkeys(s for p in passages for s in p.sentences))
    assert pieces == sorted(pieces)
    assert all(a.end <= b.start for a, b in itertools.pairwise(pieces))
    for sentence in split_sentences(text):
        inside = [piece for piece in pieces if sentence.covers(piece)]
        # Whole, or divided because it alone is too long, and then without a loss.
        if inside != [sentence]:
            assert encoder.count_tokens([one.quote(sentence)])[0] > MIN_TOKENS
        kept = "".join(one.quote(piece) for piece in inside)
        assert "".join(kept.split()) == "".join(one.quote(sentence).split())
    assert "".join("".join(map(one.quote, pieces)).split()) == "".join(text.split())
    for piece in pieces:
        quote = one.text[piece.start : piece.end]
        assert quote and quote == quote.strip() == one.quote(piece)


@given(TEXTS)
def test_each_passage_brings_something_new_and_shares_at_most_one_sentence(encoder: Encoder, text: str):
    passages = split(article(text), encoder)
    for one, following in itertools.pairwise(passages):
        shared = set(one.sentences) & set(following.sentences)
        assert shared <= {one.sentences[-1]}
        assert following.sentences[-1] not in one.sentences


def test_short_sentences_fill_passages_that_overlap_by_one(encoder: Encoder):
    text = " ".join(f"The ferry number {n} sailed at noon." for n in range(60))
    tokens = encoder.count_tokens(["The ferry number 7 sailed at noon."])[0]
    passages = split(article(text), encoder)
    each = PASSAGE_TOKENS // tokens
    assert tokens == 8 and each == 22
    starts = range(0, 60, each - 1)
    assert [len(p.sentences) for p in passages] == [min(each, 60 - s) for s in starts][: len(passages)]
    assert all(a.sentences[-1] == b.sentences[0] for a, b in itertools.pairwise(passages))


def test_an_overlap_that_leaves_no_room_for_more_is_left_out(encoder: Encoder):
    long = "The " + "word " * 119 + "end."
    text = f"{long} {long} {long}"
    assert [len(p.sentences) for p in split(article(text), encoder)] == [1, 1, 1]


def test_a_sentence_that_is_too_long_is_divided_at_white_space(encoder: Encoder):
    text = "The " + " ".join(f"number{n}" for n in range(700)) + "."
    pieces = [s for p in split(article(text), encoder) for s in p.sentences]
    quotes = [text[s.start : s.end] for s in dict.fromkeys(pieces)]
    assert len(quotes) > 4
    assert " ".join(quotes) == text
    assert max(encoder.count_tokens(quotes)) <= PASSAGE_TOKENS


def test_a_text_without_white_space_is_divided_without_a_loss(encoder: Encoder):
    text = "a-b/" * 900
    pieces = list(dict.fromkeys(s for p in split(article(text), encoder) for s in p.sentences))
    assert "".join(text[s.start : s.end] for s in pieces) == text


def test_a_long_header_takes_room_from_the_sentences_and_an_endless_one_is_cut(encoder: Encoder):
    text = "The ferry sailed at noon. " * 200
    plain, titled = article(text), article(text, "Harbour " * 18)
    assert len(split(titled, encoder)) == len(split(plain, encoder))  # 180 + 18 fit into 254
    assert len(split(titled, encoder, 100)) > len(split(plain, encoder, 100))

    endless = article(text, "한국어 " * 37, dt.date(2022, 5, 6))
    assert encoder.count_tokens([endless.header])[0] > 254
    header = passage_header(endless, encoder.count_tokens, 254)
    assert endless.header.startswith(header) and len(header) > 20
    assert passage_header(titled, encoder.count_tokens, 254) == titled.header


@pytest.mark.parametrize("text", ["", " \n\n \t", "A title\n\n"])
def test_an_empty_body_has_no_passages(encoder: Encoder, text: str):
    empty = Article("id", "a.txt", "/a.txt", text, body_start=len(text))
    assert split(empty, encoder) == []
