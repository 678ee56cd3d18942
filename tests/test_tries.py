"""Questions made from articles: plain English, and answered by the sentence that they came from."""

import json
import threading
from pathlib import Path

import gradio as gr
import pytest

from assistant.answer import Assistant
from assistant.page import panel
from assistant.page.chat import Chat
from assistant.settings import Settings
from assistant.tries.alone import stands_alone
from assistant.tries.posing import posed
from assistant.tries.statement import statement
from assistant.tries.tries import FILE, WANTED, Tries, candidates, holds, spread, topics
from index.errors import LibraryMissing
from index.library import Library
from tests.conftest import SEEDS, WriteArticle

TAB = gr.Request(session_hash="tab")


# --- a sentence → questions --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        (
            "Five deaths in Ormeska were linked to the flood of 1953.",
            "How many deaths in Ormeska were linked to the flood of 1953?",
            "Five",
        ),
        (
            "About 40% of homes in Tholmby were damaged by water.",
            "What percentage of homes in Tholmby were damaged by water?",
            "About 40",
        ),
        (
            "The Álvhild carried 48,200 passengers between Orvelhaven and Tholmby.",
            "How many passengers did the Álvhild carry between Orvelhaven and Tholmby?",
            "48,200",
        ),
        (
            "The Ulvane Bridge cost $3.4 million in 1986.",
            "How much did the Ulvane Bridge cost in 1986?",
            "$3.4 million",
        ),
        ("The Ulvane Bridge is 320 meters long.", "How long is the Ulvane Bridge?", "320"),
        (
            "In 1986, the ferry Marisel lost its rudder near Ulvane.",
            "When did the ferry Marisel lose its rudder near Ulvane?",
            "in 1986",
        ),
        (
            "The Ulvane Bridge was opened on 4 May 1986 by the mayor of Ulvane.",
            "When was the Ulvane Bridge opened by the mayor of Ulvane?",
            "on 4 May 1986",
        ),
        ("Ann Roe was born in Orvelhaven.", "Where was Ann Roe born?", "in Orvelhaven"),
        (
            "The old Kolvard quay was closed because the river had risen.",
            "Why was the old Kolvard quay closed?",
            "because the river had risen",
        ),
        (
            "The Ormeska council voted to raise the Kolvard dike.",
            "What did the Ormeska council vote to do?",
            "to raise the Kolvard dike",
        ),
        (
            "The village of Tholmby is known for its smoked herring.",
            "What is the village of Tholmby known for?",
            "its smoked herring",
        ),
        ("The capital of Ormeska is Orvelhaven.", "What is the capital of Ormeska?", "Orvelhaven"),
        (
            "Ann Roe, the chief engineer of Ulvane Port, signed it.",
            "Who is the chief engineer of Ulvane Port?",
            "Ann Roe",
        ),
        (
            "The work was led by Ann Roe, who heads the Ormeska Water Board.",
            "Who heads the Ormeska Water Board?",
            "Ann Roe",
        ),
        (
            "Ann Roe also told the Ormeska council about its mistake on Tuesday.",
            "Who told the Ormeska council about its mistake?",
            "Ann Roe",
        ),
        (
            "The Kolvard dike was designed by Ann Roe in 1960.",
            "Who designed the Kolvard dike in 1960?",
            "Ann Roe",
        ),
    ],
)
def test_a_plain_statement_gives_a_question(sentence: str, question: str, answer: str) -> None:
    assert (question, answer) in [(p.question, p.answer) for p in posed(sentence, f"Ms Ann Roe. {sentence}")]


@pytest.mark.parametrize(
    "sentence",
    [
        "It carried 48,200 passengers in 2021.",
        "She told the Ormeska council about its mistake.",
        "The company laid off 300 people in 2021.",
        "“The ferry Marisel carried 48,200 passengers in 2021,” she said.",
        "Did the ferry Marisel carry 48,200 passengers in 2021?",
        "Ferries, buses and trains carried 48,200 passengers in Ormeska, Ulvane and Tholmby.",
        "2022 vehicles were sold in Ormeska.",
        "States reporting cases have received 370,000 doses.",
        "Lee’s supporters say her hopes were dashed in Ulvane on 4 May 1986.",
        "The ferry Marisel carried carried 48,200 passengers in 2021.",
        "Picture: the ferry Marisel in 2021.",
        "This village of Ormeska was flooded in 2021.",
        "Rosy",
        "",
    ],
)
def test_what_leans_on_another_sentence_or_is_no_statement_gives_none(sentence: str) -> None:
    assert posed(sentence, sentence) == []


def test_what_ties_a_sentence_to_its_day_is_left_out() -> None:
    found = statement("The council of Ulvane later voted on Tuesday night to close the quay, Roe said.", "")
    assert found
    assert (found.subject, found.predicate) == ("the council of Ulvane", "voted to close the quay")


@pytest.mark.parametrize(
    "question",
    ["When did she leave Ulvane?", "Who left?", "What did Lee tell the company?", "Who saw Lee last week?",
     "Who said his sister was in her car in Ulvane?", "Why is it that Lee left Ulvane?"],
)  # fmt: skip
def test_a_question_that_points_to_another_sentence_does_not_stand_alone(question: str) -> None:
    assert not stands_alone(question)


# --- a library → questions that it answers -----------------------------------------------------------


@pytest.fixture(scope="module")
def assistant(seed_library: Library) -> Assistant:
    """Over the sample articles, without a model."""
    assistant = Assistant(Settings(library=seed_library.folder, use_model=False))
    assistant.library = seed_library
    return assistant


@pytest.fixture
def unmade(seed_library: Library) -> None:
    (seed_library.folder / FILE).unlink(missing_ok=True)


@pytest.mark.usefixtures("unmade")
def test_the_sample_articles_give_four_questions_that_they_answer(assistant: Assistant) -> None:
    tries = Tries(assistant)
    assert tries.known() is None, "nobody waits for them"
    questions = tries.made()
    assert len(set(questions)) == WANTED
    assert tries.known() == questions
    made_from = {c.posed.question: c for c in candidates(assistant.library.live)}
    for question in questions:
        candidate, answer = made_from[question], assistant.ask(question)
        assert answer.status == "answered"
        assert answer.citations[0].source.article == candidate.article.id
        assert answer.citations[0].span.covers(candidate.sentence)
    assert len({made_from[question].article.date for question in questions}) == WANTED


def test_they_are_kept_for_the_next_start_and_only_for_these_articles(
    assistant: Assistant, tmp_path: Path, write_article: WriteArticle
) -> None:
    questions = Tries(assistant).made()
    again = Tries(assistant)
    assert again.known() == questions
    file = assistant.library.folder / FILE
    kept = file.read_text(encoding="utf-8")
    for damaged in ("", "[]", '{"of": 1}', kept.replace('"of": "', '"of": "0'), '{"questions": [1]}'):
        file.write_text(damaged, encoding="utf-8")
        assert Tries(assistant).known() is None
    file.write_text(kept, encoding="utf-8")
    other = Library(tmp_path / "library")
    other.add([write_article(tmp_path / "articles", "a.txt", "The Ulvane Bridge was opened in 1986.")])
    (tmp_path / "library" / FILE).write_text(kept, encoding="utf-8")
    assert Tries(Assistant(Settings(library=other.folder))).known() is None


@pytest.mark.usefixtures("unmade")
def test_two_pages_at_once_make_them_once(assistant: Assistant) -> None:
    tries, made = Tries(assistant), list[tuple[str, ...]]()
    pages = [threading.Thread(target=lambda: made.append(tries.made())) for _ in range(3)]
    for page in pages:
        page.start()
    for page in pages:
        page.join()
    assert made[0] is made[1] is made[2]


def test_a_question_whose_sentence_is_not_found_first_does_not_hold(assistant: Assistant) -> None:
    found = candidates(assistant.library.live)
    right = found[0]
    wrong = type(right)(right.posed, right.article, found[-1].sentence)
    assert holds(assistant, right) > 0
    assert holds(assistant, wrong) == 0


def test_names_are_asked_about_where_articles_give_too_few_questions(
    tmp_path: Path, write_article: WriteArticle
) -> None:
    for name in ("a", "b"):
        text = f"“We saw it in Ulvane, over there,” said the {name} keeper; “it was in Ulvane, we think.”"
        write_article(tmp_path / "articles", f"{name}.txt", text)
    assistant = Assistant(Settings(library=tmp_path / "library", use_model=False))
    assistant.library.add([tmp_path / "articles"])
    assert topics(assistant.library.live) == ["Ulvane"]
    assert Tries(assistant).made() == ("What do the articles say about Ulvane?",)


def test_a_library_that_can_not_be_written_to_gives_them_all_the_same(
    assistant: Assistant, tmp_path: Path, write_article: WriteArticle
) -> None:
    library = Library(tmp_path / "library")
    library.add([write_article(tmp_path / "articles", "a.txt", "The Ulvane Bridge was opened in 1986.")])
    (tmp_path / "library" / FILE).mkdir()
    own = Assistant(Settings(library=library.folder, use_model=False))
    assert Tries(own).made()[0] == "When was the Ulvane Bridge opened?"


def test_without_a_library_there_is_nothing_to_try(tmp_path: Path) -> None:
    tries = Tries(Assistant(Settings(library=tmp_path / "none", use_model=False)))
    with pytest.raises(LibraryMissing):
        tries.known()
    with pytest.raises(LibraryMissing):
        tries.made()


def test_an_empty_sample_is_spread_over_nothing() -> None:
    assert spread([], 3) == []
    assert spread(range(407), 80)[::79] == [0, 401]


# --- on the page -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("unmade")
def test_the_empty_chat_is_drawn_at_once_and_its_questions_come_after(assistant: Assistant) -> None:
    chat = Chat(assistant, editable=False)
    shown = chat.welcome()[0]
    assert panel.COMING in shown
    with_them = chat.suggest(shown, TAB)
    assert with_them.count('class="example"') == WANTED
    assert chat.welcome()[0] in with_them, "the next page has them at once"
    assert chat.suggest(with_them, TAB) == gr.skip()
    assert json.loads((assistant.library.folder / FILE).read_text(encoding="utf-8"))["questions"]


@pytest.mark.usefixtures("unmade")
def test_questions_that_come_late_do_not_replace_an_answer(assistant: Assistant) -> None:
    chat = Chat(assistant, editable=False)
    shown = chat.welcome()[0]
    chat.conversations.of("tab").ask("Who chairs the Provincial Council?")
    assert chat.suggest(shown, TAB) == gr.skip()


def test_the_questions_of_the_sample_articles_are_not_those_of_the_measurements(assistant: Assistant) -> None:
    """A list of questions in the code would pass all of the above."""
    asked = {
        json.loads(line)["question"] for line in (SEEDS / "questions.jsonl").read_text("utf-8").splitlines()
    }
    assert not asked & set(Tries(assistant).made())
