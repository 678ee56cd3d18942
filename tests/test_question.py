"""Questions: which are refused, and what they ask for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.asking.question import Wanted, check, wanted
from assistant.settings import Settings
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
