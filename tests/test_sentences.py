"""Text → sentence spans: exact, in order, and together they hold every character but white space."""

import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.sentences import split_sentences

# What real files hold, and what breaks splitters: abbreviations, numbers, quotation marks on either
# side of a full stop, blank lines with white space in them, other scripts, no spaces at all.
PIECES = st.sampled_from(
    [
        *("The rate rose. ", "It rained! ", "Dr. Lee", "U.S. ", "No. 5 ", "3.4 ", "p.m. ", "Why? "),
        *("...", ". ", ".", "!", "?", "…", "。", ";", "— ", "-", ",", "(", ")", "*", "# "),
        *("“", "”", " “ ", '"', ' "', "'", "’", "„", "«", " » "),
        *(" ", "  ", "\t", "\n", "\r\n", "\r", "\n\n", "\r\n\r\n", "\n \t\n", "\n\n\n\n\n"),
        *("\u00a0", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\u200b", "\ufeff", "\u3000"),
        *("😀", "👩‍👩‍👧 ", "e\u0301", "E\u0301. ", "שלום. ", "مرحبا، ", "漢字。漢字！", "한국어. ", "ไทย"),
        *("a", "B", "word ", "x" * 50, "1", "\x00", "\x07", "\U0010ffff"),
    ]
)
TEXTS = st.one_of(
    st.lists(PIECES, max_size=40).map("".join),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=200),
)


def quotes(text: str, start: int = 0) -> list[str]:
    return [text[s.start : s.end] for s in split_sentences(text, start)]


@given(TEXTS, st.integers(0, 20))
@example("He left. “ She stayed. ” They met.", 0)
@example("“\n“\n\n“", 0)
@example(". . . a . b", 0)
@example("B\u00a0. E", 0)
def test_sentences_are_stripped_in_order_and_leave_out_only_white_space(text: str, start: int):
    start = min(start, len(text))
    sentences = split_sentences(text, start)
    end = start
    for sentence in sentences:
        assert end <= sentence.start  # in order, without overlap
        assert not text[end : sentence.start].strip()  # nothing lost between two
        quote = text[sentence.start : sentence.end]
        assert quote and quote == quote.strip()
        end = sentence.end
    assert end <= len(text)
    assert not text[end:].strip()


@given(TEXTS)
def test_a_blank_line_ends_a_sentence(text: str):
    before, after = text.replace("\r", ""), "Then it rained."
    assert quotes(f"{before}\n \t\n{after}") == [*quotes(before), after]


@given(TEXTS)
def test_windows_line_ends_give_the_same_sentences(text: str):
    unix = text.replace("\r", "")
    windows = [quote.replace("\r\n", "\n") for quote in quotes(unix.replace("\n", "\r\n"))]
    assert windows == quotes(unix)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("The rate rose 3.4 per cent. It was 1,250.50 before.", 2),
        ("Dr. Lee and Prof. Ortega met at 5 p.m. on Monday.", 1),
        ("Capt. Moe steered No. 5 home.", 1),
        ("Harbour closed\n\nIt rained all day.", 2),
        ("Harbour closed\n \t\r\nIt rained all day.", 2),
        ("A line\nthat goes on. Another.", 2),
        ("“We sail.” “We do not.”", 2),
        ("They asked: why? because it rained.", 1),  # no sentence begins with a small letter
        ("It ended... . The end.", 2),  # punctuation alone is no sentence
        ("no full stop at all", 1),
        ("😀 Hi there. 😀 Next one.", 2),
        ("שלום עולם. מה שלומך?", 2),
        ("B\u00a0. It rained. C\u2028. It snowed.\x0cIt froze.", 5),  # a panic in sentencex 1.0.32
        ("", 0),
        (" \n\t\r\n ", 0),
    ],
)
def test_borders_that_readers_see(text: str, sentences: int):
    assert len(quotes(text)) == sentences


def test_a_quotation_mark_belongs_to_the_sentence_that_it_opens():
    text = "He left. “ She stayed for the night. They met."
    assert quotes(text) == ["He left.", "“ She stayed for the night.", "They met."]


def test_sentences_before_the_start_are_left_out():
    text = "A title\n\nIt rained. It stopped."
    assert quotes(text, 9) == ["It rained.", "It stopped."]


def test_a_block_of_megabytes_needs_little_memory():
    """Without one blank line, as exports are: the pattern must not remember each character."""
    text = "The ferry did not sail. " * 40 + "X" * 4_000_000
    tracemalloc.start()
    try:
        assert len(split_sentences(text)) == 41
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 6 * len(text)
