"""The extractive reader: its words are the passage's, and it finds the sentence that answers."""

import json
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from assistant.finding.reader import (
    MAX_ANSWER_TOKENS,
    WEIGHTS,
    Reader,
    Reading,
    best_span,
    encode,
    load,
    token_spans,
)
from index.errors import ModelError
from index.sentences import split_sentences

ROOT = Path(__file__).resolve().parent.parent

BRIDGE = (
    "The old bridge over the Lenne was closed on Monday. Engineers had found cracks in two of its piers. "
    "The mayor, Ida Brunner, said that repairs would cost 2.4 million euros. Ferries run every ten minutes."
)
MARKET = "The flower market opened at dawn. Its stalls sell tulips, roses and herbs. Rain is expected later."


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


def read(reader: Reader, question: str, *texts: str, header: str = "") -> list[list[Reading]]:
    return reader.read(question, [(header, text, split_sentences(text)) for text in texts])


@pytest.mark.parametrize(
    ("question", "sentence", "words"),
    [
        ("Who is the mayor?", 2, "Ida Brunner"),
        ("How much will the repairs cost?", 2, "2.4 million euros"),
        ("When was the bridge closed?", 0, "Monday"),
        ("How often do ferries run?", 3, "every ten minutes"),
    ],
)
def test_the_sentence_that_answers_reads_best_and_holds_the_words(
    reader: Reader, question: str, sentence: int, words: str
):
    bridge, market = read(reader, question, BRIDGE, MARKET)
    every = bridge + market
    best = max(range(len(every)), key=lambda i: every[i].relevance)
    assert best == sentence
    span = every[best].span
    assert words in BRIDGE[span.start : span.end]


def test_a_passage_about_something_else_reads_worse_than_none(reader: Reader):
    (market,) = read(reader, "Who is the mayor?", MARKET)
    (bridge,) = read(reader, "Who is the mayor?", BRIDGE)
    assert max(r.relevance for r in market) < 0 < max(r.relevance for r in bridge)


def test_what_else_is_read_changes_nothing(reader: Reader):
    """Padding and order must not matter: the same passage reads the same beside others."""
    question = "How much will the repairs cost?"
    (alone,) = read(reader, question, BRIDGE)
    together = read(reader, question, MARKET, BRIDGE + " " + MARKET, MARKET * 3, BRIDGE)
    for a, b in zip(alone, together[3], strict=True):
        assert a.relevance == pytest.approx(b.relevance, abs=1e-3)
        assert a.span == b.span


def test_a_reading_lies_in_its_sentence_with_a_header_too(reader: Reader):
    sentences = split_sentences(BRIDGE)
    for header in ("", "Bridge closed (5 May 2022)"):
        (readings,) = read(reader, "Who is the mayor?", BRIDGE, header=header)
        assert len(readings) == len(sentences)
        assert all(s.covers(r.span) for s, r in zip(sentences, readings, strict=True))


def test_what_is_beyond_the_window_is_not_read(reader: Reader):
    long = " ".join(f"Line {number} of the long list says nothing at all." for number in range(60))
    (readings,) = read(reader, "Who is the mayor?", f"{long} {BRIDGE}")
    assert np.isinf(readings[-1].relevance)
    assert np.isfinite(readings[0].relevance)


def test_a_question_of_a_thousand_words_is_cut(reader: Reader):
    (readings,) = read(reader, "mayor " * 1000 + "?", BRIDGE)
    assert all(np.isfinite(r.relevance) for r in readings)


def test_no_passage_no_reading(reader: Reader):
    assert reader.read("Who?", []) == []


def test_it_may_be_asked_from_several_threads(reader: Reader):
    expected = read(reader, "Who is the mayor?", BRIDGE, MARKET)
    got: list[object] = []
    threads = [
        threading.Thread(target=lambda: got.append(read(reader, "Who is the mayor?", BRIDGE, MARKET)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [expected] * 4


def test_tokens_keep_their_place_in_the_text():
    _, _, tokenizer = load(None)
    header, text = "Über Brücken (5 May)", "Zoë’s naïve café — 2.4 m€ — closed."
    batch = encode(tokenizer, ["Where?", "Where?"], [(header, text), ("", text)])
    for row, shift in ((0, len(header) + 1), (1, 0)):
        pieces = [text[start:end] for _, start, end in token_spans(batch, row, shift)]
        assert "".join(pieces).replace(" ", "") == text.replace(" ", "")


@given(
    st.lists(st.floats(-9, 9, width=32), min_size=1, max_size=30),
    st.lists(st.floats(-9, 9, width=32), min_size=1, max_size=30),
)
def test_the_best_span_is_the_best_of_all(begins: list[float], ends: list[float]):
    count = min(len(begins), len(ends))
    first, last, score = best_span(np.array(begins[:count], np.float32), np.array(ends[:count], np.float32))
    every = [
        np.float32(begins[i]) + np.float32(ends[j])
        for i in range(count)
        for j in range(i, min(count, i + MAX_ANSWER_TOKENS))
    ]
    assert 0 <= first <= last < first + MAX_ANSWER_TOKENS
    assert score == pytest.approx(max(every))
    assert score == pytest.approx(begins[first] + ends[last], abs=1e-5)


def test_a_file_that_is_not_the_readers_says_so(tmp_path: Path):
    broken = tmp_path / "reader.safetensors"
    with pytest.raises(ModelError, match="install Footnote again"):
        Reader(broken)
    broken.write_bytes(b"not a model")
    with pytest.raises(ModelError, match="install Footnote again"):
        Reader(broken)
    save_file({"head": torch.zeros(3, 384)}, broken, metadata={"changed": json.dumps(["no.such.layer"])})
    with pytest.raises(ModelError, match="install Footnote again"):
        Reader(broken)


def test_the_shipped_file_is_small():
    """It is a part of the source tree, and of each download."""
    assert WEIGHTS.stat().st_size < 24_000_000
