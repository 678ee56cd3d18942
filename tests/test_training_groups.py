"""Questions → groups of passages for the reader: what stands beside the passage that answers."""

import random
from dataclasses import replace

import pytest

from index.embed import Encoder
from index.sentences import split_sentences
from index.text import Span
from training.altered import altered
from training.data import Asked, Context
from training.groups import groups
from training.passages import Passages, Shown, holds
from training.told import told

TEXT = "The cup was new. The Reds won the cup in a cold week. Nobody sang at the gates."
QUESTION = "Which team won the cup?"
SENTENCES = tuple(split_sentences(TEXT))
START = TEXT.index("The Reds")
ANSWERED = Shown("Cups", TEXT, SENTENCES, 1, Span(START, START + len("The Reds")))
ASKED = Asked(QUESTION, ("The Reds",), 0, START, START + len("The Reds"))
MISSED = Asked("Who sang at the gates of the Reds?", (), 0, 0, 0)


def test_an_altered_passage_says_all_but_the_answer_and_its_sentences_are_where_they_were():
    for seed in range(20):
        none = altered(QUESTION, ANSWERED, ["It was the Blues."], random.Random(seed))
        assert none is not None
        assert none.right is None
        assert none.answer is None
        assert "The Reds" not in none.text
        told_again = [none.text[s.start : s.end] for s in none.sentences]
        assert told_again[::2] == ["The cup was new.", "Nobody sang at the gates."]
        assert told_again[1].endswith(" team won the cup in a cold week.")


def test_a_name_of_the_question_becomes_one_of_the_others():
    text = "In 2014 Lee led the team. It lost."
    shown = Shown("", text, tuple(split_sentences(text)), 0, Span(8, 11))
    drawn = {altered("Who led it in 2014?", shown, [], random.Random(seed)) for seed in range(30)}
    texts = {none.text for none in drawn if none}
    assert any("In 2014" in one and "Lee" not in one for one in texts)
    assert any("Lee led the team" in one and "2014" not in one for one in texts)


@pytest.mark.parametrize(
    "shown",
    [
        Shown("", TEXT, SENTENCES),  # no answer
        replace(ANSWERED, text=TEXT.replace("Nobody", "the Reds")),  # told twice
        replace(ANSWERED, answer=Span(START, len(TEXT))),  # longer than its sentence
    ],
)
def test_where_an_answer_would_remain_nothing_is_altered(shown: Shown):
    assert altered(QUESTION, shown, [], random.Random(0)) is None


def test_what_is_told_first_is_another_sentence_without_an_answer():
    drawn = {told(TEXT, SENTENCES, 1, ["The Reds"], random.Random(seed)) for seed in range(20)}
    assert drawn == {"The cup was new.", "Nobody sang at the gates."}
    assert told(TEXT, SENTENCES, 1, ["THE"], random.Random(0)) is None


def test_a_group_holds_the_answer_once_or_not_at_all(encoder: Encoder):
    passages = Passages([Context(TEXT, "Cups", "made", held_out=False)], encoder)
    drawn = [
        group for seed in range(60) for group in groups([(ASKED, [])], passages, random.Random(seed), 0.4)
    ]
    assert {sum(one.right is not None for one in group) for _, group in drawn} == {0, 1}
    assert any(one.right is None and "team won the cup" in one.text for _, group in drawn for one in group)
    assert {question.removesuffix(QUESTION) for question, _ in drawn} == {
        "",
        "The cup was new. ",
        "Nobody sang at the gates. ",
    }


def test_a_passage_beside_the_right_one_holds_no_accepted_answer(encoder: Encoder):
    longer = TEXT + " It was raining." * 60 + " The Reds went home." + " The sun shone." * 60
    passages = Passages([Context(longer, "", "made", held_out=False)], encoder)
    for seed in range(30):
        for _, group in groups([(ASKED, [])], passages, random.Random(seed), 0.0):
            assert [one.right is not None for one in group].count(True) == 1
            assert all("The Reds" not in one.text for one in group if one.right is None)


def test_the_article_that_a_question_is_about_stands_there_though_it_does_not_answer(encoder: Encoder):
    passages = Passages([Context(TEXT, "", "made", held_out=False)], encoder)
    assert not holds(SENTENCES[0], MISSED)
    for seed in range(5):
        ((question, group),) = groups([(MISSED, [])], passages, random.Random(seed))
        assert (question, [one.right for one in group]) == (MISSED.question, [None])
        assert group[0].text == TEXT
