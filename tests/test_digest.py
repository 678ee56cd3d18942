"""Digests: exact quotes in the form that was asked for; contradictions side by side; yes and no."""

import datetime as dt
import json
import re
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from assistant.answer import NOT_FOUND, Assistant
from assistant.composing.contradict import differing, disagreements
from assistant.composing.decide import decide
from assistant.digests.says import speaks
from assistant.digests.spread import choose
from assistant.llm.talk import Message
from assistant.settings import Settings
from assistant.values import Answer, Evidence, Source
from index.library import Library

HOMES = "How many homes did the flood damage?"
JSON_KEYS = {
    "question", "standalone_question", "status", "text", "claims", "citations", "passages", "timings",
    "generation", "independent_sources",
}  # fmt: skip


@pytest.fixture(scope="module")
def assistant(seed_library: Library) -> Assistant:
    """Over the sample articles, quotes only."""
    return over(seed_library)


def over(library: Library) -> Assistant:
    assistant = Assistant(Settings(library=library.folder, use_model=False))
    assistant.library = library
    return assistant


def quote(text: str, n: int = 1, date: str | None = None, file: str = "", score: float = 0.5) -> Evidence:
    file = file or f"{n}.txt"
    source = Source(file, file, date=dt.date.fromisoformat(date) if date else None)
    return Evidence(n, source, text, 0, len(text), text, score, text, 0)


def files(answer: Answer) -> list[str]:
    return [citation.source.file[:3] for citation in answer.citations]


def sound(answer: Answer, library: Library) -> bool:
    """Every claim is quoted, cites one exact quote and says exactly its words; the JSON has no new keys."""
    texts = {article.id: article.text for article in library.live.articles()}
    by_number = {c.n: c for c in answer.citations}
    assert set(answer.as_json()) == JSON_KEYS | ({"filter"} if answer.scope else set())
    assert all(set(claim) == {"text", "citations", "verdict"} for claim in answer.as_json()["claims"])
    json.dumps(answer.as_json())
    read = {p.source.article for p in answer.passages}
    for claim in answer.claims:
        assert claim.verdict == "quoted"
        assert claim.citations
        cited = [by_number[n] for n in claim.citations]
        assert claim.text == " ".join(" ".join(c.quote for c in cited).split())
        assert claim.text in " ".join(answer.text.split()) or claim.text[:-1] in answer.text
        assert all(texts[c.source.article][c.start : c.end] == c.quote for c in cited)
        assert all(c.source.article in read for c in cited)
    return answer.status == "answered"


def dates(answer: Answer) -> list[dt.date]:
    return [c.source.date for c in answer.citations if c.source.date]


@pytest.mark.parametrize(
    "question",
    [
        "What do the articles say about the Kolvard dike?",
        "How did the flood unfold?",
        "How did the cost of the Kolvard dike change?",
        "What did Okravent say about the dike?",
        "Which articles are about the ferry?",
        "What is new since 24 December?",
        "What happened in June?",
        "Compare the ferry and the dike.",
        "Who said what about NATO?",
    ],
)
def test_a_digest_is_made_of_exact_quotes(assistant: Assistant, question: str):
    answer = assistant.ask(question)
    assert sound(answer, assistant.library)
    assert len(answer.claims) > 1


def test_an_overview_spreads_over_the_articles_in_the_order_of_their_dates(assistant: Assistant):
    answer = assistant.ask("What do the articles say about the Kolvard dike?")
    assert dates(answer) == sorted(dates(answer))
    assert len(set(files(answer))) >= 4
    assert answer.text.startswith("9 March 2022\nThe Ormeska Provincial Council voted")
    assert [claim.heading for claim in answer.claims if claim.heading] == list(
        dict.fromkeys(f"{d.day} {d:%B} {d.year}" for d in dates(answer))
    )


def test_a_comparison_puts_dated_figures_side_by_side(assistant: Assistant):
    answer = assistant.ask("How did the cost of the Kolvard dike change?")
    assert files(answer) == ["007", "013", "014"]
    assert all(re.search(figure, answer.text) for figure in ("3.4 million", "4.1 million", "4.6 million"))
    assert all(claim.heading for claim in answer.claims)


def test_a_timeline_is_in_the_order_of_time(assistant: Assistant):
    answer = assistant.ask("Give me a timeline of the flood")
    assert dates(answer) == sorted(dates(answer))
    assert {"009", "011", "014"} <= set(files(answer))


def test_only_the_speaker_speaks(assistant: Assistant):
    answer = assistant.ask("What did Truss say about sanctions?")
    assert "part of the answer would be sanctions agreed with Britain’s allies" in answer.text
    assert all("Truss" in claim.text for claim in answer.claims)


def test_someone_who_says_nothing_there_is_not_quoted(assistant: Assistant):
    assert assistant.ask("What did Angela Merkel say about Brexit?").status == "not_found"


def test_a_list_of_articles_names_each_once(assistant: Assistant):
    answer = assistant.ask("Which articles are about the ferry?")
    assert len(files(answer)) == len(set(files(answer)))
    assert {"010", "014"} <= set(files(answer))
    assert "014_ferry-summer-and-dike.txt, 20 September 2022" in answer.text


def test_a_period_leaves_other_articles_out_and_says_so(assistant: Assistant):
    answer = assistant.ask("What happened in June?")
    assert {d.month for d in dates(answer)} == {6}
    assert answer.text.startswith("Articles from June 2022, counted from the newest one (20 September 2022)")
    assert {"009", "011", "012"} <= set(files(answer))


def test_what_is_new_since_a_day_came_after_it(assistant: Assistant):
    answer = assistant.ask("What is new since 24 December 2021?")
    assert min(dates(answer)) > dt.date(2021, 12, 24)


def test_a_period_without_articles_is_named(assistant: Assistant):
    answer = assistant.ask("What happened in May 2022?")
    assert answer.status == "not_found"
    assert answer.text == (
        "The articles do not say: there is nothing from May 2022. "
        "They are of 24 December 2021 to 20 September 2022."
    )


def test_a_topic_that_no_article_has_is_not_found(assistant: Assistant):
    for question in ("What do the articles say about kangaroos?", "Which articles are about chess?"):
        answer = assistant.ask(question)
        assert (answer.status, answer.text, answer.claims) == ("not_found", NOT_FOUND, ())


def test_a_comparison_says_which_side_is_missing(assistant: Assistant):
    answer = assistant.ask("Compare the ferry and the kangaroo")
    assert answer.text.startswith("Nothing was found on the kangaroo.\n\nThe ferry\n")


def test_a_follow_up_gets_its_topic_from_the_turn_before(assistant: Assistant):
    first = assistant.ask("Who is the water engineer of the Kolvard dike?")
    answer = assistant.ask("What do the articles say about it?", [first])
    assert sound(answer, assistant.library)
    assert "dike" in answer.text


def test_articles_that_disagree_are_both_cited_the_newest_first(assistant: Assistant):
    answer = assistant.ask(HOMES)
    assert sound_text(answer) == ["28 June 2022", "340", "23 June 2022", "212"]
    assert all(claim.citations for claim in answer.claims)


def sound_text(answer: Answer) -> list[str]:
    """The headings and the figure below each."""
    blocks = [block.split("\n") for block in answer.text.split("\n\n")]
    return [part for head, body in blocks for part in (head, *re.findall(r"\b(?:340|212)\b", body))]


def test_articles_are_followed_against_common_knowledge(write_article, open_library, tmp_path: Path):
    write_article(tmp_path / "in", "a.txt", "The capital of France is Lyon. It lies on the Rhone.")
    library = open_library(tmp_path / "library")
    library.add([tmp_path / "in"])
    answer = over(library).ask("What is the capital of France?")
    assert answer.text == "The capital of France is Lyon [1]."


def test_dates_are_only_needed_where_they_are_asked_for(write_article, open_library, tmp_path: Path):
    folder = tmp_path / "in"
    folder.mkdir()
    for name, color in (("a", "red"), ("b", "green")):
        text = f"The lighthouse of Veldra is {color}. Nobody knows why they painted it in {color}.\n"
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    library = open_library(tmp_path / "library")
    library.add([folder])
    answer = over(library).ask("What do the articles say about the lighthouse of Veldra?")
    assert answer.text.startswith("No date\n")
    assert sound(answer, library)
    assert over(library).ask("What is new since June?").status in ("answered", "not_found")


class Writer:
    """A `ChatModel` that always writes the same."""

    context_tokens = 4096

    def __init__(self, text: str) -> None:
        self.text = text

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return 10

    def stream(
        self, messages: Sequence[Message], max_tokens: int, stop: threading.Event | None = None
    ) -> Iterator[str]:
        yield self.text


COST = "How did the cost of the Kolvard dike change?"
PROSE = (
    "The Ormeska Provincial Council expects the Kolvard dike to cost 3.4 million crowns [1]. "
    "Instead of 3.4 million crowns, the province now expects to pay 4.1 million [2]. "
)


def test_a_stronger_models_prose_stands_for_a_digest_when_all_of_it_holds(seed_library: Library):
    assistant = Assistant(Settings(library=seed_library.folder), Writer(PROSE))
    assistant.library = seed_library
    answer = assistant.ask(COST)
    assert [claim.verdict for claim in answer.claims] == ["verified", "verified"]
    assert answer.text.startswith("The Ormeska Provincial Council expects")
    assert files(answer) == ["007", "013"]


@pytest.mark.parametrize(
    "written",
    [
        "",
        "The dike was cheap [1].",
        PROSE + "It was a gift of the king of Norway [3].",
        PROSE.split("Instead", maxsplit=1)[0],
    ],
)
def test_the_digest_stands_when_the_prose_does_not_hold_or_tells_too_little(
    seed_library: Library, written: str
):
    assistant = Assistant(Settings(library=seed_library.folder), Writer(written))
    assistant.library = seed_library
    answer = assistant.ask(COST)
    assert {claim.verdict for claim in answer.claims} == {"quoted"}
    assert files(answer) == ["007", "013", "014"]


# --- the parts ---------------------------------------------------------------------------------------------


def test_the_choice_covers_each_group_before_it_repeats_one():
    rng = np.random.default_rng(0)
    centres = np.eye(3, 8, dtype=np.float32)
    rows = np.repeat(centres, 5, axis=0) + rng.normal(0, 0.2, (15, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    groups = [i // 5 for i in range(15)]
    chosen = choose(np.full(15, 0.5, dtype=np.float32), rows, groups, 3)
    assert sorted(groups[i] for i in chosen) == [0, 1, 2]
    assert choose(np.empty(0, dtype=np.float32), rows[:0], [], 3) == []


@pytest.mark.parametrize(
    ("text", "speaker", "expected"),
    [
        ("“A village cannot,” answered Maren Tuvalde.", "Tuvalde", True),
        ("Tuvalde, who chairs the council, said it would.", "Maren Tuvalde", False),
        ("Maren Tuvalde, who chairs the council, said it would.", "Maren Tuvalde", True),
        ("According to the engineer, Dr. Iselin Okravent, it rained.", "Okravent", True),
        ("Kirby said on Monday that Pelosi will decide.", "Pelosi", False),
        ("Tsai, who met with Pelosi, called it a day.", "Pelosi", False),
        ("Pelosi has not announced a trip.", "Pelosi", False),
        ("Pelosi’s trip was long, Kirby said.", "Pelosi", False),
    ],
)
def test_who_speaks_in_a_quote(text: str, speaker: str, expected: bool):
    assert speaks(text, speaker) is expected


AGREE = (
    ("The flood damaged 212 homes in Tholmby.", "The flood damaged 212 homes in Tholmby on Sunday."),
    ("The flood damaged 212 homes.", "The ferry carried 340 people."),
    ("About 140 volunteers filled 18,000 sandbags.", "Volunteers filled the sandbags until half past two."),
    ("The dike broke on Sunday.", "The dike was raised in May."),
)


@pytest.mark.parametrize(("a", "b"), AGREE)
def test_quotes_that_agree_or_tell_of_other_things_do_not_disagree(a: str, b: str):
    assert differing("", a, b) is None


def test_a_disagreement_is_newest_first_and_never_within_one_article():
    old = quote("The flood damaged 212 homes in Tholmby.", 1, "2022-06-23")
    new = quote("The flood damaged 340 homes in Tholmby.", 2, "2022-06-28")
    found = disagreements(HOMES, [old, new])
    assert [(d.newer.n, d.older.n, d.values) for d in found] == [(2, 1, ("340", "212"))]
    same = quote("The flood damaged 340 homes in Tholmby.", 2, "2022-06-28", file="1.txt")
    assert disagreements(HOMES, [old, same]) == []


@pytest.mark.parametrize(
    ("question", "sentence", "verdict"),
    [
        ("Did the council raise the fees?", "The council raised the fees on Monday.", "Yes"),
        ("Did the opposition dispute the need?", "The opposition did not dispute the need.", "No"),
        ("Did the council raise the fees?", "The council voted to raise the fees.", None),
        ("Did the council raise the fees?", "The council may have raised the fees.", None),
        ("Did the council raise the fees?", "The council denied that it raised the fees.", None),
        ("Did the council raise the fees?", "If the council raised the fees, many would leave.", None),
        ("Did the council raise the fees?", "The council raised the dike.", None),
        ("Did the council raise 12 fees?", "The council raised 14 fees.", None),
        ("Are the blue and the red ferry the same thing?", "The blue ferry is not the red ferry.", None),
        ("Is the council a part of the province?", "The council is a part of the province.", None),
        ("Was the fee raised by the council?", "The fee was raised by the council.", "Yes"),
        ("Did Biden call Truss on Monday?", "Truss called Biden on Monday.", None),
        ("Will the council raise the fees?", "The council raised the fees.", None),
        ("Is the pier open or closed now?", "The pier is open now.", None),
        ("Did the last guests leave the sports hall?", "Guests who did not leave the hall slept.", None),
    ],
)
def test_yes_and_no_only_where_a_sentence_is_certain(question: str, sentence: str, verdict: str | None):
    found = decide(question, [quote(sentence)], lambda a, b: 0.9)
    assert (found[0] if found else None) == verdict


def test_an_answer_that_is_certain_opens_with_it(assistant: Assistant):
    answer = assistant.ask("Did the opposition dispute the need?")
    assert answer.text.startswith("No [1]. The opposition did not dispute the need")
    assert sound(answer, assistant.library)
