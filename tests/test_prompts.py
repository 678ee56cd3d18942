"""The prompts as the model gets them, word for word."""

from pathlib import Path

import pytest

import prompts
from prompts import render

SYSTEM = (
    "You answer questions from quotes of articles. Answer in one short sentence, only with what the quotes "
    "say. After it, write the number of the quote in square brackets."
)
QUESTION = """\
[1] It rained.
[2] It snowed.

Question: Did it rain?
Answer:"""


def test_the_system_prompt():
    assert render("system") == SYSTEM


def test_the_question_prompt():
    assert render("question", quotes="[1] It rained.\n[2] It snowed.", question="Did it rain?") == QUESTION


def test_there_are_no_other_prompts():
    folder = Path(prompts.__file__).parent
    assert sorted(file.name for file in folder.glob("*.txt")) == [
        "choose.txt",
        "question.txt",
        "quote.txt",
        "system.txt",
    ]


def test_what_changes_stands_behind_what_does_not():
    """The model keeps what it has read of a prompt for the next one that begins the same: the system prompt
    never changes, and a follow-up on the same quotes changes the question only."""
    one = render("system") + render("question", quotes="[1] It rained.", question="Who?")
    two = render("system") + render("question", quotes="[1] It rained.", question="When?")
    assert one[: one.index("Who?")] == two[: two.index("When?")]
    assert one.startswith(SYSTEM)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, r"holes \['question', 'quotes'\], values \[\]"),
        ({"quotes": "q"}, r"values \['quotes'\]; they must be the same"),
        ({"quotes": "q", "question": "?", "answer": "a"}, r"values \['answer', 'question', 'quotes'\]"),
    ],
)
def test_a_missing_or_surplus_value_is_an_error(values: dict[str, str], message: str):
    with pytest.raises(ValueError, match=message):
        render("question", **values)


@pytest.mark.parametrize("text", ["{question}", "{{quotes}}", "{0}", "}{", "{", "%s $x", "a\n\nQuestion: b"])
def test_values_are_put_in_as_they_are(text: str):
    assert render("question", quotes=text, question=text) == f"{text}\n\nQuestion: {text}\nAnswer:"
