"""Follow-up questions: what they are rewritten to, and which are left alone."""

import dataclasses
import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.asking.followup import standalone
from assistant.values import Answer, Claim, History, turn_from_json
from index.words import words

ROOT = Path(__file__).resolve().parent.parent
MEETING = ("When is Russia to meet NATO?", "On January 12, Russia is to meet NATO [1].")
CHAIR = ("Who chairs the council?", "Maren Tuvalde, who chairs the council, said that she would go on [1].")
CAPTAIN = ("Which captain took the ferry to Tholmby?", "Capt. Nils Orrebrand steered for the lights [1].")
DIKE = ("What was the Kolvard dike expected to cost?", "The Kolvard dike was to cost 3.4 million crowns [1].")
HOMES = ("How many homes did the flood damage in Tholmby?", "Of the 212 homes, 149 are in Tholmby [1].")
WHO_SPOKE = (
    "Who spoke with Jens Stoltenberg?",
    "Antony Blinken, the secretary of state, spoke with him [1].",
)
SHIP = ("Which ship does the Álvhild replace?", "The Álvhild replaces the Sandling [1].")
RESIDENTS = ("How many residents were still in hotels?", "86 residents were still in hotels [1].")
QUARTER = ("How many passengers did Ormeska Lines carry between January and March 2022?", "48,200 [1].")
CONFIRMED = ("Who confirmed the date?", "Ann Roe, a spokeswoman, confirmed the date [1].")


@pytest.mark.parametrize(
    ("turn", "question", "meant"),
    [
        (CHAIR, "What did she say?", "What did Maren Tuvalde say?"),
        (CHAIR, "And what is her plan?", "What is Maren Tuvalde's plan?"),
        (CAPTAIN, "When did he get there?", "When did Nils Orrebrand get to Tholmby?"),
        (CAPTAIN, "Did anybody see him?", "Did anybody see Nils Orrebrand?"),
        (WHO_SPOKE, "What did they discuss?", "What did Antony Blinken and Jens Stoltenberg discuss?"),
        (DIKE, "When will it be finished?", "When will the Kolvard dike be finished?"),
        (DIKE, "How long is this dike?", "How long is the Kolvard dike?"),
        (SHIP, "How old is it?", "How old is the ship that the Álvhild replaces?"),
        (RESIDENTS, "Where do most of them live?",
         "Where do most of the residents that were still in hotels live?"),
        (MEETING, "Who confirmed it?", "Who confirmed when Russia is to meet NATO?"),
        (MEETING, "And which people gave confirmation of that?",
         "Which people gave confirmation of when Russia is to meet NATO?"),
    ],
)  # fmt: skip
def test_a_pronoun_gives_way_to_what_it_stands_for(turn: tuple[str, str], question: str, meant: str):
    assert standalone(question, [turn]) == meant


@pytest.mark.parametrize(
    ("turn", "question", "meant"),
    [
        (HOMES, "And in Nether Skarrow?", "How many homes did the flood damage in Nether Skarrow?"),
        (HOMES, "Why?", "Why did the flood damage homes in Tholmby?"),
        (HOMES, "When did that happen?", "When did the flood damage homes in Tholmby?"),
        (QUARTER, "And from May to June?", "How many passengers did Ormeska Lines carry from May to June?"),
        (QUARTER, "And in 2019?", "How many passengers did Ormeska Lines carry in 2019?"),
        (MEETING, "In which city?", "In which city is Russia to meet NATO?"),
        (MEETING, "What about China?", "When is Russia to meet China?"),
        (WHO_SPOKE, "Why?", "Why did Antony Blinken speak with Jens Stoltenberg?"),
        (WHO_SPOKE, "Who else?", "Who else spoke with Jens Stoltenberg?"),
        (CONFIRMED, "How many?", "How many people confirmed the date?"),
        (CONFIRMED, "When was that?", "When did Ann Roe confirm the date?"),
        (DIKE, "What about the length?", "What about the length of the Kolvard dike?"),
        (RESIDENTS, "According to whom?", "According to whom were residents still in hotels?"),
    ],
)  # fmt: skip
def test_a_question_cut_short_is_completed(turn: tuple[str, str], question: str, meant: str):
    assert standalone(question, [turn]) == meant


@pytest.mark.parametrize(
    "question",
    [
        "Who is Jake Sullivan?",
        "How many people live in Kyiv?",
        "And when did the council vote to raise the Kolvard dike?",
        "Is it true that Russian soldiers went back to their bases?",
        "How long does it take to cross to Brésande by ferry?",
        "What did Putin say about his country?",
        "Did the company say that it would pay for the repair?",
        "How many soldiers returned to their bases?",
        "Which villages lost their power?",
        "Are there ferries to Saint-Orée in winter?",
        "Which ship that the company owns lies in dock?",
        "What will the ferry line do this winter?",
        "Who lost his job at the harbor?",
        "Kolvard dike cost 2022",
        "How many people slept in the sports hall?",
    ],
)
@pytest.mark.parametrize("turn", [CHAIR, DIKE, HOMES], ids=["chair", "dike", "homes"])
def test_a_new_topic_is_not_dragged_back(turn: tuple[str, str], question: str):
    assert standalone(question, [turn]) == question


@pytest.mark.parametrize("history", [(), [], [("", "")]])
def test_without_a_history_a_question_stays_as_it_is(history: History):
    assert standalone("Who confirmed it?", history) == "Who confirmed it?"


def test_the_antecedent_may_be_two_turns_back():
    between = ("How high did the water stand?", "The water stood 1.4 meters high [1].")
    assert standalone("What did she promise?", [CHAIR, between]) == "What did Maren Tuvalde promise?"


def test_a_chain_of_follow_ups_goes_on_from_what_was_understood():
    """The pairs hold the questions as they were asked; each is understood again from those before it."""
    history = [
        ("What is the price of the new pass?", "180 crowns [1]."),
        ("Who may buy it?", "Everyone [1]."),
    ]
    assert standalone("Since when?", history) == "Since when may someone buy the new pass?"


def test_the_nearest_person_of_the_right_sex_is_meant():
    both = ("Who met on Monday?", "Mr. Lee Hart met Mrs. Ann Roe on Monday [1].")
    assert standalone("What did she say?", [both]) == "What did Ann Roe say?"
    assert standalone("What did he say?", [both]) == "What did Lee Hart say?"


def test_a_full_name_that_the_quotes_hold_is_used():
    claim = Claim("Truss chose Twitter for her warning.", (1,), "quoted")
    quoted = dataclasses.replace(ANSWER, claims=(claim,))
    assert standalone("What else did she say?", [quoted]) == "What else did Truss say?"


ANSWER = Answer(
    question="What about her?",
    standalone_question="Where did the minister warn Russia?",
    status="answered",
    text="Truss chose Twitter for her warning [1].",
    claims=(Claim("Truss chose Twitter for her warning.", (1,), "quoted"),),
)


def test_an_answer_is_followed_from_as_it_was_understood():
    assert standalone("When?", [ANSWER]) == "When did the minister warn Russia?"


def test_a_bare_name_is_not_run_together_with_the_claim_after_it():
    claims = ("Maren Tuvalde", "Maren Tuvalde, who chairs the council, promised a dike.")
    turn = Answer(
        "Who chairs the council?", "Who chairs the council?", "answered", "",
        claims=tuple(Claim(text, (), "quoted") for text in claims),
    )  # fmt: skip
    assert standalone("What did she promise?", [turn]) == "What did Maren Tuvalde promise?"


@pytest.mark.parametrize("status", ["not_found", "failed"])
def test_what_is_said_instead_of_an_answer_leads_nowhere(status: str):
    declined = Answer(MEETING[0], MEETING[0], status, "The articles do not say.")  # type: ignore[arg-type]
    turns: list[History] = [[declined], [turn_from_json(declined.as_json())]]
    for history in turns:
        assert standalone("Who confirmed it?", history) == "Who confirmed when Russia is to meet NATO?"


def test_where_nothing_fits_the_topic_is_added():
    assert standalone("Who paid?", [DIKE]) == "Who paid, as to the Kolvard dike?"


WORDS = words("who what when why how many did does is are was the a dike she he it they them their that this")
WORDS += words("those there and in of about to soldiers village said vote 12 since when where which else")
WORDS += ["Kolvard", "Putin", "NATO", "June", "No.", ",", "?", "“", "’s", "Dr."]


@given(st.lists(st.sampled_from(WORDS), max_size=9), st.lists(st.sampled_from(WORDS), max_size=9))
def test_any_words_make_a_question_and_no_error(now: list[str], before: list[str]):
    """And nothing is made up: what is added stands in the conversation, or is a word of grammar."""
    question, turn = " ".join(now), (" ".join(before), "Mrs. Ann Roe said on Monday that NATO left [1].")
    meant = standalone(question, [turn])
    assert meant.strip() or not question.strip()
    known = {w[:4] for w in words(f"{question} {turn[0]} {turn[1]}")}
    grammar = words(
        "the that of as to what about is it was did does someone people when whether which be and s"
    )
    grammar += words("said say in")
    assert {w[:4] for w in words(meant)} <= known | {w[:4] for w in grammar}


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=80))
def test_any_text_is_answered_with_text(question: str, asked: str, said: str):
    assert isinstance(standalone(question, [(asked, said)]), str)


def test_a_very_long_answer_takes_no_time():
    turn = (
        "When is the meeting?",
        "On January 12 [1]. " + "And so it went on and on [2]. " * 5000 + "A" * 50_000,
    )
    assert standalone("Who confirmed it?", [turn]) == "Who confirmed when the meeting is?"


def test_the_projects_own_conversations_are_well_formed():
    """Each follow-up of `seeds/questions_followups.jsonl` comes after its turn before."""
    lines = (ROOT / "seeds" / "questions_followups.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line) for line in lines]
    assert len({q["conversation"] for q in asked}) >= 40
    assert sum(q["turn"] > 0 for q in asked) >= 60
    for before, after in itertools.pairwise(asked):
        same = before["conversation"] == after["conversation"]
        assert after["turn"] == (before["turn"] + 1 if same else 0)
    for q in asked:
        text = words((ROOT / "seeds" / q["article"]).read_text(encoding="utf-8")) if q["article"] else []
        assert all(" ".join(words(a)) in " ".join(text) for a in q["answers"])
        assert bool(q["answers"]) == q["answerable"]
