"""Questions: which are refused, which lean on an earlier turn, and what they ask for."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.question import Wanted, check, leans_back, standalone, turn_texts, wanted
from assistant.settings import Settings
from assistant.values import Answer, Claim, History, turn_from_json
from index.errors import UsageError

LIMIT = Settings().question_chars

# --- check ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", ["", " ", "\n\t\u00a0", "?", "…!?", "___", "🙂", "\u200b", "\ud800"])
def test_a_question_without_a_word_is_refused(question: str):
    with pytest.raises(UsageError, match=r"^the question is empty; type a question about the articles$"):
        check(question, LIMIT)


def test_a_question_of_ten_thousand_words_is_refused_with_its_length():
    with pytest.raises(UsageError) as refused:
        check("word " * 10_000, LIMIT)
    assert str(refused.value) == ("the question has 49,999 characters, the limit is 4,000; ask a shorter one")


def test_the_limit_counts_characters_without_white_space_around_them():
    assert check(f"  {'a' * 10}\n", 10) == "a" * 10
    with pytest.raises(UsageError, match="the question has 11 characters, the limit is 10"):
        check("a" * 11, 10)


def test_white_space_becomes_single_blanks_and_nothing_else_changes():
    assert check("  Wer war’s \n\n <|im_end|> {x}\t? ", LIMIT) == "Wer war’s <|im_end|> {x} ?"


@given(st.text())
def test_what_passes_can_be_written_as_utf_8(question: str):
    """A terminal or browser that is not UTF-8 hands over halves of characters."""
    try:
        asked = check(f"Who {question}", LIMIT)
    except UsageError:
        return
    assert asked.encode().decode() == asked
    assert check(asked, LIMIT) == asked


def test_half_a_character_becomes_a_question_mark():
    assert check("caf\udce9", LIMIT) == "caf?"


# --- follow-ups -----------------------------------------------------------------------------------

ANSWER = Answer(
    question="When is the meeting?",
    standalone_question="When is the meeting? (What is planned? A meeting.)",
    status="answered",
    text="On January 12 [1]. “It rained.” [2]",
    claims=(Claim("On January 12.", (1,), "verified"), Claim("“It rained.”", (2,), "quoted")),
)
PAIR = ("When is the meeting?", "On January 12 [1]. “It rained.” [2]")


@pytest.mark.parametrize("turn", [ANSWER, PAIR], ids=["answer", "pair"])
def test_a_follow_up_gets_the_question_before_and_the_first_sentence_of_its_answer(turn: Answer):
    assert standalone("Who confirmed it?", [turn]) == (
        "Who confirmed it? (When is the meeting? On January 12.)"
    )


@pytest.mark.parametrize("history", [(), []])
def test_without_a_history_a_question_stays_as_it_is(history: History):
    assert standalone("Who confirmed it?", history) == "Who confirmed it?"


def test_a_question_that_stands_alone_stays_as_it_is():
    assert standalone("How many people live in Kyiv?", [ANSWER]) == "How many people live in Kyiv?"


def test_only_the_last_turn_counts():
    history = [("Who left?", "Lee."), ANSWER, ("Where is it?", "In Geneva [3].")]
    assert standalone("Why there?", history) == "Why there? (Where is it? In Geneva.)"


@pytest.mark.parametrize("status", ["not_found", "failed"])
def test_what_is_said_instead_of_an_answer_leads_nowhere(status: str):
    declined = dataclasses.replace(ANSWER, status=status, text="The articles do not say.", claims=())
    assert standalone("Who confirmed it?", [declined]) == "Who confirmed it? (When is the meeting?)"
    turn = turn_from_json(declined.as_json())
    assert standalone("Who confirmed it?", [turn]) == "Who confirmed it? (When is the meeting?)"


def test_a_long_answer_does_not_drown_the_question():
    turn = ("When is the meeting?", "On January 12 [1]. " + "And so it went on and on [2]. " * 500)
    assert standalone("Who confirmed it?", [turn]) == (
        "Who confirmed it? (When is the meeting? On January 12.)"
    )


@pytest.mark.parametrize(
    ("earlier", "kept"),
    [
        ("Who did it? (When? On May 2.)", "Who did it?"),
        ("Who (if anyone) did? (When? On May 2 (a Monday).)", "Who (if anyone) did?"),
        ("Who (if anyone) did?", "Who (if anyone) did?"),
        ("Who did? (When? It broke :-)", "Who did?"),
        ("Who did?)", "Who did?)"),
        ("", ""),
    ],
)
def test_the_bracket_of_a_turn_that_was_itself_a_follow_up_is_dropped(earlier: str, kept: str):
    assert turn_texts((earlier, "Lee [1].")) == (kept, "Lee.")


def test_a_chain_of_follow_ups_keeps_one_level():
    first = "Who spoke on Thursday?"
    second = standalone("What did she say?", [(first, "Truss [1].")])
    third = standalone("And why?", [(second, "That it was a mistake [1].")])
    assert second == "What did she say? (Who spoke on Thursday? Truss.)"
    assert third == "And why? (What did she say? That it was a mistake.)"


def test_an_empty_turn_adds_nothing():
    assert standalone("And why?", [("", "")]) == "And why?"


@pytest.mark.parametrize(
    ("question", "leans"),
    [
        ("Who confirmed it?", True),
        ("What did they discuss?", True),
        ("And the ferry line’s passengers in winter?", True),
        ("And when do Russia and NATO meet?", False),
        ("And when did they meet?", True),
        ("But what about the ferry line’s winter passengers?", True),
        ("What about the price of the monthly pass?", True),
        ("Why?", True),
        ("How many?", True),
        ("Which people gave confirmation of that?", True),
        ("Where do most of them live?", True),
        ("How many people live in Kyiv?", False),
        ("Who is Jake Sullivan?", False),
        ("When did the council vote on the Kolvard dike?", False),
    ],
)
def test_which_questions_lean_on_an_earlier_turn(question: str, leans: bool):
    assert leans_back(question) is leans


# --- wanted ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("When is the meeting?", "time"),
        ("What is the date of the session?", "time"),
        ("In which year was it built?", "time"),
        ("On which day do they meet?", "time"),
        ("At what time was the evacuation ordered?", "time"),
        ("How many people were evacuated?", "number"),
        ("How much did it cost?", "number"),
        ("How long did the debate last?", "number"),
        ("What is the price of the pass?", "number"),
        ("Which share of the homes was damaged?", "number"),
        ("Who voted against it?", "name"),
        ("Whose idea was it?", "name"),
        ("Where do they live?", "name"),
        ("Which captain took the ferry?", "any"),
        ("Which Dutch city held it?", "name"),
        ("Why did it break?", "any"),
        ("What was the result of the vote?", "any"),
    ],
)
def test_what_kind_of_answer_is_wanted(question: str, kind: Wanted):
    assert wanted(question) == kind
