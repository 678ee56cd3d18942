"""What a good model writes comes out as verified prose, and what a careless one writes never does.

Paraphrases written by hand on the articles of `seeds/`, each as the whole draft of a scripted model, through
search, citation and check with the settings of the program."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from assistant.answer import Assistant
from assistant.llm.talk import Message
from assistant.settings import NO_READER
from assistant.values import Answer
from index.library import Library

# (question, words of the quote to cite, faithful sentences, unfaithful ones)
CASES: list[tuple[str, str, list[str], list[str]]] = [
    (
        "How many passengers did Ormeska Lines carry between January and March?",
        "48,200 passengers",
        [
            "Ormeska Lines transported 48,200 passengers between January and March.",
            "From January to March, the company carried 48,200 people, 12% more than in 2021.",
            "According to the article, Ormeska Lines carried 48,200 passengers from January to March.",
        ],
        [
            "Ormeska Lines carried 42,800 passengers between January and March.",
            "Ormeska Lines carried 48,200 passengers between January and May.",
            "Ormeska Lines carried 48,200 tourists, mostly from Germany, between January and March.",
            "Ormeska Lines carried 48,200 passengers between January and March, 12 percent fewer than"
            " in 2021.",
        ],
    ),
    (
        "Why did freight fall at Ormeska Lines?",
        "Freight fell",
        [
            "Freight declined by 5 percent because the fish hall at Quellhaven was closed for six weeks.",
            "Freight dropped 5% to 7,450 tonnes.",
        ],
        [
            "Freight rose by 5 percent because the fish hall at Quellhaven was shut for repairs.",
            "Freight fell by 5 percent because the fish hall at Quellhaven was shut for six months.",
            "Freight fell because the ferry at Quellhaven was too expensive.",
        ],
    ),
    (
        "Which ship replaces the Sandling, in service since 1987?",
        "replaces the Sandling",
        [
            "The Álvhild, a second-hand ship, joins the fleet on 2 May.",
            "The ship has room for 320 passengers and 41 cars and replaces the Sandling.",
        ],
        [
            "The Sandling replaces the Álvhild, which has been in service since 1987.",
            "The Álvhild, a brand-new ship, joins the fleet on May 2.",
            "The Álvhild joins the fleet on May 12.",
        ],
    ),
    (
        "What did Dr. Iselin Okravent tell the council about the river?",
        "within 15 centimeters",
        [
            "Dr. Iselin Okravent told the council that the river had come within 15 centimeters of the"
            " crest twice.",
            "Okravent said the river had twice come within 15 cm of the crest since 2016.",
        ],
        [
            "Harl Dovenick told the council that the river had twice come within 15 centimeters of the"
            " crest.",
            "Okravent said the river had twice come within 50 centimeters of the crest since 2016.",
            "Okravent said the river had never come within 15 centimeters of the crest since 2016.",
        ],
    ),
    (
        "How did the council vote on the Kolvard dike?",
        "11 votes to 6",
        [
            "The motion was passed by eleven votes to six.",
            "The Ormeska Provincial Council voted on Tuesday evening to raise the Kolvard dike.",
        ],
        [
            "The motion was rejected by 11 votes to 6.",
            "The motion passed by 6 votes to 11.",
            "The Ormeska Provincial Council voted on Monday evening to raise the Kolvard dike.",
            "The motion passed unanimously after a debate of almost three hours.",
        ],
    ),
    (
        "Who asked for a ceiling on the cost of the dike?",
        "ceiling on the cost",
        [
            "Dovenick asked for a limit on the cost, but the majority refused it.",
            "Dovenick requested a ceiling on the cost, which the majority rejected.",
        ],
        [
            "Dovenick asked for a ceiling on the cost, which the majority accepted.",
            "The majority asked for a ceiling on the cost, which Dovenick refused.",
            "Tuvalde asked for a ceiling on the cost, which the majority refused.",
        ],
    ),
    (
        "Who ordered the evacuation and when?",
        "10:05 p.m.",
        [
            "Bertil Aasmore, who is the head of civil protection in Ormeska, ordered the evacuation at"
            " 10:05 p.m.",
            "Bertil Aasmore ordered the evacuation a little more than an hour before the breach.",
        ],
        [
            "Bertil Aasmore ordered the evacuation at 11:20 p.m.",
            "Maren Tuvalde ordered the evacuation at 10:05 p.m.",
            "Bertil Aasmore ordered the evacuation a little more than an hour after the breach.",
        ],
    ),
    (
        "How many homes did the flood damage in Nether Skarrow and Tholmby?",
        "212 homes in Nether",
        [
            "The flood of June 12 damaged 212 houses in Nether Skarrow and Tholmby.",
            "In its first full report, the province said that the flood of 12 June damaged 212 homes in"
            " Nether Skarrow"
            " and Tholmby.",
        ],
        [
            "The flood of June 12 destroyed all 212 homes in Nether Skarrow and Tholmby.",
            "The flood of July 12 damaged 212 homes in Nether Skarrow and Tholmby.",
            "The flood damaged 221 homes in Nether Skarrow and Tholmby.",
        ],
    ),
    (
        "Where are the damaged homes?",
        "149 are in Tholmby",
        [
            "Of the 212 homes, 149 are located in Tholmby and 63 in Nether Skarrow.",
            "149 of the 212 homes are in Tholmby.",
        ],
        [
            "Of the 212 homes, 63 are in Tholmby and 149 in Nether Skarrow.",
            "27 houses have been torn down.",
        ],
    ),
    (
        "How much does every household on the list receive?",
        "3,000 crowns at once",
        [
            "Each household on the list gets 3,000 crowns immediately, without showing receipts.",
            "Every household on the list receives 3,000 crowns.",
        ],
        [
            "Every household on the list receives 3,000 euros at once.",
            "Every household on the list receives 30,000 crowns at once.",
            "Every household on the list receives 3,000 crowns a month.",
        ],
    ),
    (
        "How many damaged homes does the survey of the residents' association list?",
        "340 damaged homes",
        [
            "Its own survey lists 340 damaged houses.",
            "The survey, which was presented in the parish hall of Nether Skarrow, lists 340 damaged homes.",
        ],
        [
            "Its own survey lists 340 damaged cars.",
            "Its own survey lists 430 damaged homes.",
        ],
    ),
    (
        "Who is Lioba Kestrane?",
        "Kestrane, a retired teacher",
        [
            "Kestrane is a retired teacher.",
            "Kestrane said her group would send the survey to the Provincial Council this week.",
        ],
        [
            "Kestrane is a retired engineer.",
            "Kestrane said her group would not send the survey to the Provincial Council.",
        ],
    ),
    (
        "How much does the province expect to pay for the dike now?",
        "4.1 million",
        [
            "The province now expects to pay 4.1 million crowns instead of 3.4 million.",
            "The work will continue until the end of November, Dr. Iselin Okravent told the Provincial"
            " Council.",
        ],
        [
            "The province now expects to pay 3.4 million crowns instead of 4.1 million.",
            "The province now expects to pay 4.1 billion crowns.",
            "The work will last until the end of December.",
        ],
    ),
    (
        "How many passengers did the boats of Ormeska Lines count from June to August?",
        "131,600 passengers",
        [
            "The boats of Ormeska Lines counted 131,600 passengers from June to August, compared with"
            " 118,900 in the"
            " summer of 2021.",
            "Ormeska Lines announced on Monday that its boats counted 131,600 passengers from June to"
            " August.",
        ],
        [
            "Ormeska Lines counted 118,900 passengers from June to August, compared with 131,600 in the"
            " summer of 2021.",
            "Ormeska Lines counted 131,600 passengers from June to August 2021.",
        ],
    ),
    (
        "What did Liz Truss call an incursion?",
        "massive strategic mistake",
        [
            "Liz Truss wrote that any incursion would be “a massive strategic mistake.”",
            "Any incursion would be a massive strategic mistake, she wrote.",
        ],
        [
            "Jen Psaki wrote that any incursion would be “a massive strategic mistake.”",
            "Any incursion would not be a massive strategic mistake, she wrote.",
            "Liz Truss wrote that the sanctions would be “a massive strategic mistake.”",
        ],
    ),
    (
        "Who spoke with Liz Truss and Jens Stoltenberg?",
        "spoke with two counterparts",
        [
            "Antony Blinken, the secretary of state, talked with Liz Truss and Jens Stoltenberg.",
            "Secretary of State Antony Blinken spoke with Liz Truss, the British foreign secretary, and"
            " Jens Stoltenberg.",
        ],
        [
            "Jake Sullivan spoke with Liz Truss and Jens Stoltenberg.",
            "Antony Blinken spoke with Liz Truss, the French foreign secretary.",
            "Antony Blinken refused to speak with Liz Truss and Jens Stoltenberg.",
        ],
    ),
    (
        "Who held talks with Andriy Yermak?",
        "held talks with Andriy Yermak",
        [
            "Jake Sullivan held talks with Andriy Yermak, the chief of Ukraine’s presidential"
            " administration.",
            "Sullivan talked with Andriy Yermak, the head of Ukraine’s presidential administration.",
        ],
        [
            "Jake Sullivan held talks with Andriy Yermak, the president of Ukraine.",
            "Jake Sullivan held talks with Volodymyr Zelensky.",
        ],
    ),
    (
        "When is Russia to meet NATO?",
        "Russia is to meet NATO",
        [
            "Russia and NATO are to meet on January 12.",
            "Russia is to meet NATO on 12 January.",
            "On January 13, one day later, comes a session of the Organization for Security and"
            " Cooperation in Europe.",
        ],
        [
            "Russia is to meet NATO on January 13.",
            "Russia is to meet the OSCE on January 12.",
            "Russia has met NATO on February 12.",
        ],
    ),
    (
        "How many soldiers were back at their permanent bases?",
        "10,000 of its soldiers",
        [
            "Russia said on Saturday that 10,000 of its soldiers were back at their permanent bases.",
            "Ten thousand soldiers were back at their permanent bases, Russia announced.",
        ],
        [
            "Russia announced on Saturday that 10,000 Ukrainian soldiers were back at their permanent bases.",
            "Russia announced on Saturday that 100,000 of its soldiers were back at their permanent bases.",
            "Russia announced on Sunday that 10,000 of its soldiers were back at their permanent bases.",
        ],
    ),
    (
        "What does the draft of the Foreign Ministry call for?",
        "The draft calls for",
        [
            "The draft demands security guarantees from the United States and NATO.",
            "The draft calls for security guarantees from NATO and the United States.",
        ],
        [
            "The draft rejects security guarantees from the United States and NATO.",
            "The draft calls for security guarantees from Britain and NATO.",
            "The draft calls for the withdrawal of the United States from NATO.",
        ],
    ),
    (
        "What did Jen Psaki call NATO?",
        "a defensive alliance",
        [
            "Jen Psaki, the press secretary, called NATO “a defensive alliance.”",
            "Psaki said that NATO was a defensive alliance.",
        ],
        [
            "Putin said that NATO was “a defensive alliance.”",
            "Jen Psaki said that NATO was an offensive alliance.",
        ],
    ),
]  # fmt: skip

# Faithful sentences that give way to a quote, and why: each is the price of a rule that is worth it.
KNOWN: dict[str, str] = {
    "Each household on the list gets 3,000 crowns immediately, without showing receipts.": "“at once”"
    " is two words",
}


class Says:
    """A `ChatModel` that writes one sentence and cites the quote that holds some words."""

    context_tokens = 4096

    def __init__(self, sentence: str, words: str) -> None:
        self.sentence, self.words = sentence, words

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(len(message.text.split()) for message in messages)

    def stream(self, messages: Sequence[Message], max_tokens: int, stop: Any = None) -> Iterator[str]:
        quotes = re.findall(r"^\[(\d+)\] (.*)$", messages[-1].text, re.M)
        n = next((n for n, quote in quotes if self.words in quote), "1")
        yield f"{self.sentence.rstrip('.')} [{n}]."


Ask = Callable[[str, str, str], Answer]


@pytest.fixture(scope="module")
def ask(seed_library: Library) -> Ask:
    """`ask(question, sentence, words)`: the answer when the model writes the sentence."""

    def ask(question: str, sentence: str, words: str) -> Answer:
        model = Says(sentence, words)
        assistant = Assistant.open(seed_library.folder, model=model, reader=NO_READER, abstain_below=0.0)
        assistant.library = seed_library  # its encoder is loaded already
        return assistant.ask(question)

    return ask


def verified(answer: Answer) -> list[str]:
    return [claim.text for claim in answer.claims if claim.verdict == "verified"]


FAITHFUL = [(q, words, s) for q, words, faithful, _ in CASES for s in faithful]
UNFAITHFUL = [(q, words, s) for q, words, _, unfaithful in CASES for s in unfaithful]


def test_there_are_enough_of_both():
    assert len(FAITHFUL) >= 40
    assert len(UNFAITHFUL) >= 40
    assert len(KNOWN) <= len(FAITHFUL) // 10, "nine of ten faithful sentences must come out as prose"


@pytest.mark.parametrize(("question", "words", "sentence"), FAITHFUL)
def test_a_faithful_sentence_comes_out_as_verified_prose(ask: Ask, question: str, words: str, sentence: str):
    """Or gives way to its quote when it says nearly the same words; it never fails its check."""
    answer = ask(question, sentence, words)
    told = [dropped.reason for dropped in answer.dropped]
    assert (told == []) == (sentence not in KNOWN), told
    assert told or verified(answer) or answer.claims[0].verdict == "quoted"


def test_most_faithful_sentences_are_shown_in_their_own_words(ask: Ask):
    shown = [bool(verified(ask(question, s, words))) for question, words, s in FAITHFUL]
    assert sum(shown) >= 0.7 * len(shown)


@pytest.mark.parametrize(("question", "words", "sentence"), UNFAITHFUL)
def test_an_unfaithful_sentence_never_comes_out(ask: Ask, question: str, words: str, sentence: str):
    answer = ask(question, sentence, words)
    assert verified(answer) == []
    assert [dropped.reason for dropped in answer.dropped if dropped.reason]


def test_a_fragment_that_stands_in_the_quote_without_answering_is_left_out(ask: Ask):
    question = "When does the Álvhild join the fleet of Ormeska Lines?"
    answer = ask(question, "A second-hand ship.", "second-hand ship")
    assert verified(answer) == []
    assert [d.reason for d in answer.dropped] == ["it is not what the question asks for"]
    assert ask(question, "On May 2.", "second-hand ship").dropped == ()
