"""Quotes with their answer taken out, and news of our own making: what the adapter learns from besides."""

import json
import random
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from assistant import values
from assistant.llm.model import LlamaModel
from assistant.llm.weights import find_weights
from assistant.settings import DEFAULT_MODEL
from index.embed import Encoder
from index.sentences import split_sentences
from training import adapter
from training.articles import Question
from training.data import Asked, Context, is_held_out, nearest
from training.examples import Prompts, Source
from training.made import EVENTS, made
from training.mined import FILE, Found, found, found_before, keep, mine
from training.quotes import Quotes
from training.renamed import renamed
from training.vague import vague

SHARED = Path(__file__).parents[2] / "shared" / "eval"
TEXT = "The Reds won the cup in a cold May. It was their third one in ten years. Nobody sang at the gates."


@pytest.mark.parametrize(
    ("question", "answer", "instead"),
    [
        ("Which team won the cup?", "The Reds", ("The team", "That team", "Another team")),
        ("Who won the cup?", "The Reds", ("He", "She", "They", "Someone", "An official", "One of them")),
        ("When did the Reds win?", "May", ("that time", "that day", "that year", "a later date")),
        ("What happened in May?", "won the cup", ("it", "this", "something", "one of these")),
    ],
)
def test_a_vague_word_of_the_kind_asked_for_stands_where_the_answer_stood(question, answer, instead):
    quote = TEXT[:35]
    found = {vague(question, quote, answer, random.Random(n)) for n in range(40)}
    assert found == {quote.replace(answer, word) for word in instead}


@pytest.mark.parametrize(
    ("quote", "answer"),
    [
        ("Ann came early, and Ann left late.", "Ann"),  # it would still stand there
        ("The Reds won.", "The Reds"),  # nothing is left
        ("The catalog was printed in two colors.", "cat"),  # a part of a word
        ("One two three four five six seven eight nine ten.", "One two three four five six seven eight nine"),
    ],
)
def test_no_vague_word_where_the_answer_can_not_be_taken_out(quote: str, answer: str):
    assert vague("Who?", quote, answer, random.Random(0)) is None


@pytest.mark.parametrize(
    ("question", "quote", "answer", "others", "found"),
    [
        (
            "Who beat the Old Reds in May?",
            "In May, the Old Reds lost to the Greens.",
            "the Greens",
            ["It was the Blues."],
            {"In Blues, the Old Reds lost to the Greens.", "In May, the Blues lost to the Greens."},
        ),
        ("Where was Ann in 7?", "Ann was in Rome.", "Rome", ["It was not Lee."], {"Lee was in Rome."}),
        ("Where was Ann?", "Ann was in Rome.", "Rome", ["It was Ann."], {None}),  # nobody else is named
        ("Where was Ann?", "Anna was in Rome.", "Rome", ["It was Lee."], {None}),
        ("Who is Ann Lee?", "Ann Lee is a cook.", "Ann Lee is a cook", ["It was Tim."], {None}),
    ],
)
def test_the_same_is_said_of_something_else(question, quote, answer, others, found):
    assert {renamed(question, quote, answer, others, random.Random(n)) for n in range(20)} == found


@pytest.mark.parametrize("number", ["2014", "7", "1,203", "100", "999"])
def test_a_number_becomes_another_one_as_long(number: str):
    quote = f"In {number} there were ten."
    for n in range(30):
        changed = renamed(f"How many in {number}?", quote, "ten", [], random.Random(n))
        other = str(changed).removeprefix("In ").removesuffix(" there were ten.")
        assert other != number
        assert len(other) == len(number)


def test_the_vague_quote_never_answers_and_stands_among_the_others(encoder: Encoder):
    contexts = [Context(TEXT, "", "made", held_out=False)]
    asked = Asked("Which team won the cup?", ("The Reds",), 0, 0, 8)
    quotes = Quotes(contexts, encoder)
    row = encoder.embed([asked.question])[0]
    drawn = [quotes.example(asked, row, [], random.Random(n)) for n in range(60)]
    examples = [example for example in drawn if example]
    with_vague = [e for e in examples if any("team won the cup in a" in quote for quote in e.quotes)]
    assert 10 < len(with_vague) < 40
    for e in examples:
        holding = [i for i, quote in enumerate(e.quotes) if "The Reds" in quote]
        assert holding == ([] if e.right is None else [e.right])
        assert len(set(e.quotes)) == len(e.quotes)


def test_what_the_pipeline_found_is_shown_before_look_alikes(encoder: Encoder):
    contexts = [Context(TEXT, "", "made", held_out=False)]
    asked = Asked("Which team won the cup?", ("The Reds",), 0, 0, 8)
    row = encoder.embed([asked.question])[0]
    found = [
        Found("The Blues won the other cup.", "It was June. The Blues won the other cup.", right=False),
        Found("The Reds won the cup in a cold May.", "", right=True),
        Found("The Reds won again.", "", right=None),  # not where it is asked about: nobody knows
    ]
    quotes = Quotes(contexts, encoder)
    drawn = [quotes.example(asked, row, [], random.Random(n), found) for n in range(60)]
    examples = [example for example in drawn if example]
    shown = {quote for example in examples for quote in example.quotes}
    assert {found[0].quote, found[0].wide, found[1].quote} < shown
    assert found[2].quote not in shown
    for e in examples:
        assert e.right is None or "The Reds" in e.quotes[e.right]
        assert sum(quote in (found[0].quote, found[0].wide) for quote in e.quotes) <= 1


def test_the_pipeline_is_asked_among_all_pages_but_those_kept_for_measuring(tmp_path: Path):
    held = next(name for name in ("Andes", "Tin") if is_held_out(name))
    texts = {"Pump": " The pump was built in 1902. It was red.", held: "The mill was built in 1804."}
    contexts = [Context(text, page, FILE, is_held_out(page)) for page, text in texts.items()]
    contexts.append(Context("The bridge was built in 1700.", "", "fairytale", held_out=False))
    asked = [
        Asked("When was the pump built?", ("1902",), 0, contexts[0].text.index("1902"), 28),
        Asked("When was the mill built?", ("1804",), 1, 22, 26),
    ]
    ((number, found),) = mine(contexts, asked, tmp_path)
    assert number == 0
    assert "The pump was built in 1902." in found[0].quote
    assert found[0].right
    assert not any("1804" in one.quote or "1700" in one.quote for one in found)


@pytest.mark.parametrize(("answer", "wide"), [("July", "It was in June. He was late."), ("June", "")])
def test_a_wrong_quote_has_no_sentence_before_it_that_may_answer(answer: str, wide: str):
    text = "It was in June. He was late."
    e = values.Evidence(1, values.Source("a", "00000.txt"), text[16:], 16, len(text), text[16:], 0.5, text, 0)
    one = found(e, Question("When was it?", (answer,), "June", "00001.txt", 0))
    assert one == Found("He was late.", wide, right=False)


def test_what_was_found_among_all_pages_is_not_shown_with_a_part_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    state = tmp_path / "adapter.state"
    keep(state, {3: [Found("It rained.", "", right=None)]})
    given = ["adapter", "data", "--out", "out.gguf", "--state", str(state), "--part", "0.3"]
    monkeypatch.setattr("sys.argv", given)
    with pytest.raises(SystemExit):
        adapter.main()
    assert "leave --part out" in capsys.readouterr().err


def test_what_was_found_is_read_again(tmp_path: Path):
    state = tmp_path / "adapter.state"
    assert found_before(state) == {}
    found = {3: [Found("It rained.", "", right=None)], 1: []}
    keep(state, found)
    assert found_before(state) == found
    assert list(found_before(state)) == [3, 1]  # in the order in which they were asked


def test_made_news_hold_their_answers_in_one_sentence_each():
    contexts, asked = made(3 * len(EVENTS["event"]), 1)
    assert len({context.text for context in contexts}) == len(contexts)
    for one in asked:
        text = contexts[one.context].text
        assert "{" not in one.question + text
        if not one.answers:
            continue
        assert text[one.start : one.end] == one.answers[0]
        assert any(s.start <= one.start and one.end <= s.end for s in split_sentences(text))
        assert one.answers[0].lower() not in one.question.lower()
    assert made(2, 1) == made(2, 1) != made(2, 2)


def test_of_a_question_that_its_event_does_not_answer_no_quote_is_right(encoder: Encoder):
    contexts = [Context(TEXT, "", "made", held_out=False)]
    asked = Asked("Who sang at the gates of the Reds?", (), 0, 0, 0)
    row = encoder.embed([asked.question])[0]
    drawn = [Quotes(contexts, encoder).example(asked, row, [], random.Random(n)) for n in range(9)]
    assert {example.right for example in drawn if example} == {None}
    assert any("Nobody sang at the gates." in example.quotes for example in drawn if example)
    assert sum(not one.answers for one in made(len(EVENTS["event"]), 1)[1]) > len(EVENTS["event"]) // 2


def test_no_other_report_of_an_event_stands_for_one_that_does_not_answer(encoder: Encoder):
    contexts, asked = made(2 * len(EVENTS["event"]), 1)
    for one, like in zip(asked, nearest(contexts, asked, encoder), strict=True):
        assert like
        assert contexts[one.context].event not in {contexts[i].event for i in like}


def test_whole_events_are_kept_for_measuring():
    contexts, _ = made(2 * len(EVENTS["event"]), 1)
    names = [event["name"] for event in EVENTS["event"]]
    assert len(set(names)) == len(names)
    assert [context.held_out for context in contexts] == [is_held_out(name) for name in names] * 2
    assert 1 < sum(map(is_held_out, names)) < len(names) / 4


def test_a_source_gives_the_same_examples_again_and_keeps_its_sides_apart(tmp_path: Path, encoder: Encoder):
    prompts = Prompts(LlamaModel(find_weights(DEFAULT_MODEL)))
    contexts, asked = made(2 * len(EVENTS["event"]), 1)
    first, again = (
        list(islice(Source(contexts, asked, tmp_path / "state", encoder, prompts).stream(held_out=False), 12))
        for _ in range(2)
    )
    assert first == again
    other = Source(contexts, asked, tmp_path / "state", encoder, prompts).stream(held_out=True)
    assert not {shown.common for shown in first} & {shown.common for shown in islice(other, 12)}


@pytest.mark.skipif(not SHARED.exists(), reason="the evaluation sets are not here")
def test_made_questions_are_no_paraphrases_of_the_evaluation_sets(encoder: Encoder):
    files = [SHARED / name / "questions.jsonl" for name in ("news", "xquad", "clapnq")]
    lines = [
        line
        for file in (*files, SHARED / "seeds_questions.jsonl")
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    measured = encoder.embed([json.loads(line)["question"] for line in lines])
    _, asked = made(2 * len(EVENTS["event"]), 1)
    taught = encoder.embed([one.question for one in asked])
    nearest = np.max(taught @ measured.T, axis=1)
    assert nearest.max() < 0.75
