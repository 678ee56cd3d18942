"""The words that answer are marked in the quotes of an answer, and nothing else changes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.composing.assemble import SHORT
from assistant.composing.mark import with_marks
from assistant.finding.likely import place
from assistant.rendering.render import answer_html
from assistant.values import Answer, Citation, Claim, Source
from index.text import Span

FIRST = "The talks were held in Palm Beach, Florida, on Monday."
SECOND = "On Tuesday the ministers flew from Palm Beach to Geneva."


def answer(question: str = "Where were the talks held?", *texts: str) -> Answer:
    texts = texts or (FIRST, SECOND)
    cited = [Citation(n, Source("a", "a.txt"), t, 0, len(t), t, 0) for n, t in enumerate(texts, start=1)]
    claims = tuple(Claim.quoted(text, n) for n, text in enumerate(texts, start=1))
    return Answer(question, question, "answered", " ".join(texts), claims, tuple(cited))


def marked(answer: Answer, likely: dict[str, float]) -> list[str]:
    """The marked words of each claim."""
    return [
        c.text[c.marked.start : c.marked.end] if c.marked else "" for c in with_marks(answer, likely).claims
    ]


def test_the_likeliest_answer_is_marked_in_the_fullest_of_its_ways_that_a_quote_has():
    likely = {"palm beach": 0.3, "palm beach florida": 0.2, "geneva": 0.25}
    assert marked(answer(), likely) == ["Palm Beach, Florida", "Palm Beach"]
    assert marked(answer(), likely | {"palm beach florida": 0.1}) == ["Palm Beach", "Palm Beach"]


def test_what_no_quote_holds_is_not_marked_however_likely():
    assert marked(answer(), {"mar a lago": 0.9, "geneva": 0.1}) == ["", "Geneva"]
    assert marked(answer(), {"mar a lago": 0.9}) == ["", ""]
    assert marked(answer(), {}) == ["", ""]


def test_quotes_that_disagree_have_one_each():
    made = answer("Where did they go?")
    apart = replace(made, claims=tuple(replace(c, heading="5 May 2022") for c in made.claims))
    likely = {"geneva": 0.5, "palm beach": 0.3}
    assert marked(made, likely) == ["", "Geneva"]
    assert marked(apart, likely) == ["Palm Beach", "Geneva"]


@pytest.mark.parametrize("question", ["Were the talks held in Florida?", "Why were the talks held?"])
def test_where_a_short_answer_is_none_nothing_is_marked(question: str):
    assert marked(answer(question), {"palm beach": 0.9}) == ["", ""]


def test_bare_words_and_the_models_own_sentences_are_not_marked():
    bare = Claim.quoted("Palm Beach", 1)
    own = Claim("The talks were held in Palm Beach, which is in Florida.", (1,), "verified")
    made = replace(answer(), claims=(bare, own, answer().claims[0]))
    assert marked(made, {"palm beach": 0.9}) == ["", "", "Palm Beach"]


def test_an_answer_that_was_declined_stays_as_it_is():
    declined = replace(answer(), status="not_found", claims=())
    assert with_marks(declined, {"palm beach": 0.9}) == declined


def test_marks_change_no_word():
    made = with_marks(answer(), {"palm beach": 0.9})
    assert made.as_json() == answer().as_json()
    html = answer_html("a1", made)
    assert "held in <mark>Palm Beach</mark>, Florida" in html
    assert html.replace("<mark>", "").replace("</mark>", "") == answer_html("a1", answer())


@given(st.text(max_size=40), st.from_regex(r"\w{1,3}", fullmatch=True))
def test_a_place_is_in_the_text(text: str, words: str):
    found = place(text, words.lower())
    assert found is None or (0 <= found.start < found.end <= len(text))


def test_a_place_is_of_whole_words():
    assert place("Leeds, then Lee.", "lee") == Span(12, 15)
    assert place("10,000 of 10.", "10 of") is None
    assert len(FIRST.split()) >= SHORT
