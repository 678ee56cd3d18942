"""Questions with known answers → measures, worked out by hand; and the whole program on the samples."""

import dataclasses
import io
import json
import math
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import hypothesis
import hypothesis.strategies as st
import pytest

from assistant.answer import Assistant
from assistant.cli import main
from assistant.measuring.evaluate import (
    OUTCOMES,
    Outcome,
    Question,
    Result,
    answer_line,
    kept,
    measure,
    read_questions,
    run,
)
from assistant.measuring.gold import Overlap, contains, normalise, overlap, places
from assistant.measuring.measures import area, declined_at, grouped, summary, table
from assistant.values import Answer, Claim
from index.errors import UsageError
from index.library import Library
from index.text import Span

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
FERRY = "How many passengers did Ormeska Lines carry between January and March?"


@pytest.fixture(scope="module")
def assistant(seed_library: Library) -> Assistant:
    """Quotes only, over the sample articles."""
    assistant = Assistant.open(seed_library.folder, use_model=False)
    assistant.library = seed_library
    return assistant


@pytest.fixture(scope="module")
def ferry(assistant: Assistant) -> Answer:
    return assistant.ask(FERRY)


def question(*answers: str, **more: Any) -> Question:
    return Question(**{"id": "q", "question": FERRY, "answers": answers, "answerable": bool(answers)} | more)


# --- reading question files -----------------------------------------------------------------------


def write(folder: Path, *lines: object) -> Path:
    file = folder / "questions.jsonl"
    text = "\n".join(
        line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines
    )
    file.write_text(text, encoding="utf-8")
    return file


GOOD = {"id": 1, "question": "Who?", "answers": ["Lee"], "answerable": True}


def test_a_question_file_is_read_line_by_line(tmp_path: Path):
    long = {"evidence": ["A sentence."], "answers": [], "conversation": "c", "turn": 1, "article": "a.txt"}
    file = write(tmp_path, "\ufeff" + json.dumps(GOOD), "", GOOD | long | {"id": 2}, "  ")
    assert read_questions(file) == [
        Question("1", "Who?", ("Lee",), True),
        Question("2", "Who?", (), True, conversation="c", turn=1, evidence=("A sentence.",)),
    ]


def test_a_line_separator_inside_a_text_ends_no_line(tmp_path: Path):
    file = write(tmp_path, GOOD | {"question": "Who\u2028left?\x85"})
    assert [q.question for q in read_questions(file)] == ["Who\u2028left?\x85"]


def test_half_a_character_does_not_break_what_is_written(tmp_path: Path):
    """As an emoji that was cut in two: json reads it, no file can hold it."""
    text = json.dumps(GOOD | {"id": "1\ud83d", "question": "Who\ud83d?", "answers": ["Lee\ud83d"]})
    assert read_questions(write(tmp_path, text)) == [Question("1?", "Who??", ("Lee?",), True)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "JSONDecodeError"),
        ("[]", "TypeError"),
        ("7", "TypeError"),
        ({"id": 1, "question": "Who?", "answers": ["Lee"]}, "KeyError('answerable')"),
        (GOOD | {"answers": "Lee"}, "answers must be a list"),
        (GOOD | {"answerable": "false"}, "answerable true or false"),
        (GOOD | {"answers": []}, "an answerable question needs answers"),
        (GOOD | {"question": " "}, "the question is empty"),
        (GOOD | {"question": "?!"}, "the question is empty"),
        (GOOD | {"question": "word " * 1000}, "the question has 4,999 characters, the limit is 4,000"),
        (GOOD | {"id": "0"}, "the id 0 is there twice"),
        (GOOD | {"turn": "second"}, "ValueError"),
        ("[" * 100_000, "RecursionError"),
    ],
)
def test_a_broken_line_is_refused_with_its_number(tmp_path: Path, line: object, reason: str):
    with pytest.raises(UsageError) as refused:
        read_questions(write(tmp_path, GOOD | {"id": 0}, line))
    assert str(refused.value).startswith("questions.jsonl, line 2: not a question (")
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_without_questions_is_refused(tmp_path: Path):
    with pytest.raises(UsageError, match=r"^questions.jsonl: there is no question in it$"):
        read_questions(write(tmp_path, "", " "))


@pytest.mark.parametrize("name", ["none.jsonl", "."])
def test_what_is_no_file_is_refused(tmp_path: Path, name: str):
    with pytest.raises(UsageError, match="can't be read as a question file; check the path"):
        read_questions(tmp_path / name)


def test_the_sample_questions_can_be_read():
    questions = read_questions(SEEDS / "questions.jsonl")
    assert (len(questions), sum(q.answerable for q in questions)) == (30, 20)


# --- one answer -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("The “Tony” Awards!", "tony awards"),
        ("  A\n dog, an owl\tand the cat. ", "dog owl and cat"),
        ("11–6", "11 6"),
        ("$3.4 million", "3 4 million"),
        ("U.S.", "u s"),
        ("Theatre", "theatre"),
        ("", ""),
    ],
)
def test_case_punctuation_articles_and_white_space_do_not_count(text: str, plain: str):
    assert normalise(text) == plain


@pytest.mark.parametrize(
    ("text", "accepted", "held"),
    [
        ("It carried 48,200 passengers.", "48,200", True),
        ("It carried 148,200 passengers.", "48,200", False),
        ("It cost $150.", "$15", False),
        ("the FOREIGN\nMinistry", "Foreign Ministry", True),
        ("Foreign and Defence Ministry", "Foreign Ministry", False),
        ("Yermak's", "Yermak", True),
        ("anything", "the", False),
        ("anything", "", False),
    ],
)
def test_an_answer_is_held_word_for_word(text: str, accepted: str, held: bool):
    assert contains(text, accepted) is held


@pytest.mark.parametrize(
    ("text", "accepted", "marked"),
    [
        ("It was Liz Truss, said Truss.", ["Truss", "Liz Truss"], ["Liz Truss", "Truss"]),
        ("the FOREIGN\nMinistry", ["a foreign ministry!"], ["FOREIGN\nMinistry"]),
        ("On the 12th the 12 met.", ["12"], ["12"]),
        ("US, US US", ["us us"], ["US, US US"]),
        ("İstanbul, then Kyiv", ["Kyiv"], ["Kyiv"]),  # whose lower case is longer
        ("anything", ["the", "", "anything else"], []),
    ],
)
def test_where_a_text_holds_an_answer(text: str, accepted: list[str], marked: list[str]):
    assert [text[span.start : span.end] for span in places(text, accepted)] == marked


@hypothesis.given(
    st.text("ab AN.İ“-\n", max_size=12), st.lists(st.text("ab AN.İ“-\n", max_size=5), max_size=3)
)
def test_a_place_is_found_exactly_where_an_answer_is_held(text: str, accepted: list[str]):
    found = places(text, accepted)
    assert bool(found) is any(contains(text, answer) for answer in accepted)
    assert all(before.end < after.start for before, after in pairwise(found))


def test_overlap_counts_different_content_words():
    gold = "The ferry carried passengers to the islands in June."  # ferri, carri, passeng, island, june
    assert overlap(gold, "Ferries! Ferries carried islands.", "A ferry sank.") == Overlap(3 / 5, 1 / 2)
    assert overlap(gold, "", "") == Overlap(0.0, 0.0)
    assert (overlap(gold, "", "").f1, Overlap(1.0, 0.5).f1) == (0.0, 2 / 3)


def test_a_right_answer(assistant: Assistant, ferry: Answer):
    result = measure(question("50,000", "48,200"), ferry, assistant)
    assert (result.right, result.cited, result.supported, result.exact) == (True, True, 1.0, True)
    assert (result.in_passages, result.in_evidence) == (1, 1)
    assert (result.status, result.first_token_s) == ("answered", None)
    assert 0 < result.evidence_s <= result.total_s
    assert (result.question, result.outcome, result.unfootnoted) == (FERRY, "right", 0)
    assert result.strength == ferry.strength > 0.2
    assert (result.overlap_recall, result.overlap_precision, result.overlap_f1) == (None, None, None)


def test_a_wrong_answer_whose_quotes_hold_the_right_one(assistant: Assistant, ferry: Answer):
    answer = dataclasses.replace(ferry, text="It was more than ever [1].")
    result = measure(question("48,200"), answer, assistant)
    assert (result.right, result.cited) == (False, True)


def test_a_short_answer_is_right_by_itself(assistant: Assistant, ferry: Answer):
    sentence = Claim.quoted("Ormeska Lines carried 48,200 passengers between January and March.", 1)
    for first, right in (("48,200 passengers", True), ("Ormeska Lines", False)):
        answer = dataclasses.replace(ferry, claims=(Claim.quoted(first, 1), sentence))
        assert measure(question("48,200"), answer, assistant).short is right
    whole = dataclasses.replace(ferry, claims=(sentence,))
    assert measure(question("48,200"), whole, assistant).short is False  # nothing short stands first
    long = question("48,200", evidence=("Ormeska Lines carried 48,200 passengers.",))
    assert measure(long, ferry, assistant).short is None
    declined = dataclasses.replace(ferry, status="not_found", claims=())
    assert measure(question("48,200"), declined, assistant).short is False


def test_the_words_that_are_marked_are_a_short_answer_where_none_stands_in_front(
    assistant: Assistant, ferry: Answer
):
    def measured(*claims: Claim) -> bool | None:
        return measure(question("48,200"), dataclasses.replace(ferry, claims=claims), assistant).marked

    text = "Ormeska Lines carried 48,200 passengers between January and March."
    line, number = (Claim(text, (1,), "quoted", marked=span) for span in (Span(0, 13), Span(22, 28)))
    assert measured(number) is True
    assert measured(line, number) is False  # the first that is marked
    assert measured(Claim.quoted(text, 1)) is False
    assert measured(Claim.quoted("48,200", 1), line) is True
    assert measured(Claim.quoted("Ormeska Lines", 1), number) is False


def test_an_answer_of_more_than_sixty_words_is_wrong(assistant: Assistant, ferry: Answer):
    for words, right in ((59, True), (60, False)):
        answer = dataclasses.replace(ferry, text=f"{'so ' * words}48,200")
        assert measure(question("48,200"), answer, assistant).right is right


def test_the_numbers_of_footnotes_are_no_words_of_the_answer(assistant: Assistant, ferry: Answer):
    answer = dataclasses.replace(ferry, text="It was more than ever [1]. And more [2][13]!")
    result = measure(question("1", "2", "13"), answer, assistant)
    assert (result.right, result.words) == (False, 7)
    assert measure(question("ever and"), answer, assistant).right is True


def test_punctuation_that_stands_alone_is_no_word(assistant: Assistant, ferry: Answer):
    answer = dataclasses.replace(ferry, text=f"{'so , ' * 59}48,200 .")
    result = measure(question("48,200"), answer, assistant)
    assert (result.words, result.right) == (60, True)


def test_a_claim_is_supported_when_its_footnotes_hold_its_words(assistant: Assistant, ferry: Answer):
    """What the question says and the article's date need no quote."""
    cited = ferry.citations[0]
    assert cited.source.date is not None
    claims = (
        ferry.claims[0],
        Claim(f"Ormeska Lines carried passengers in {cited.source.date.year}.", (cited.n,), "verified"),
        Claim("A parrot carried passengers.", (cited.n,), "verified"),
        Claim(ferry.claims[0].text, (99,), "quoted"),
        Claim(ferry.claims[0].text, (), "quoted"),
    )
    result = measure(question("48,200"), dataclasses.replace(ferry, claims=claims), assistant)
    assert (result.supported, result.unfootnoted) == (2 / 5, 1)


def test_an_answer_found_nowhere_has_rank_0(assistant: Assistant, ferry: Answer):
    result = measure(question("a parrot"), ferry, assistant)
    assert (result.right, result.cited, result.in_passages, result.in_evidence) == (False, False, 0, 0)


def test_a_long_answer_is_held_by_its_evidence_sentence(assistant: Assistant, ferry: Answer):
    sentence = "It was the strongest first quarter since 2012."
    result = measure(question("strong growth", evidence=(sentence,)), ferry, assistant)
    assert result.in_passages == 1
    assert result.right is (sentence in ferry.text)


def test_a_long_answer_shares_words_with_its_evidence(assistant: Assistant, ferry: Answer):
    evidence = ("Zebras rest.", ferry.citations[0].quote)
    asked = question("strong growth", evidence=evidence)
    answer = dataclasses.replace(ferry, text="Zebras flew [1].")
    result = measure(asked, answer, assistant)
    gold = overlap(" ".join(evidence), " ".join(c.quote for c in ferry.citations), "Zebras flew.")
    assert (result.overlap_recall, result.overlap_precision) == (gold.recall, 0.5)
    assert gold.recall is not None and 0.5 < gold.recall < 1
    assert result.overlap_f1 == pytest.approx(2 * gold.recall * 0.5 / (gold.recall + 0.5))


def test_a_declined_long_answer_shares_nothing_and_says_nothing_wrong(assistant: Assistant):
    declined = assistant.ask("Who won the football World Cup in Argentina?")
    result = measure(question("Lee", evidence=("The articles do not say.",)), declined, assistant)
    assert (result.overlap_recall, result.overlap_precision, result.overlap_f1) == (0.0, None, 0.0)


def test_a_shifted_quote_is_not_exact(assistant: Assistant, ferry: Answer):
    citation = ferry.citations[0]
    shifted = dataclasses.replace(citation, start=citation.start + 1, end=citation.end + 1)
    answer = dataclasses.replace(ferry, citations=(shifted,))
    assert measure(question("48,200"), answer, assistant).exact is False


def test_what_does_not_apply_to_an_unanswerable_question_is_none(assistant: Assistant, ferry: Answer):
    result = measure(question(), ferry, assistant)
    assert (result.answerable, result.right, result.cited) == (False, None, None)
    assert (result.in_passages, result.in_evidence) == (None, None)


def test_a_declined_question_is_wrong_but_cites_nothing_false(assistant: Assistant):
    declined = assistant.ask("Who won the football World Cup in Argentina?")
    result = measure(question("Lee"), declined, assistant)
    assert (result.status, result.right, result.cited, result.supported) == ("not_found", False, None, 0.0)
    assert (result.in_evidence, result.words, result.outcome) == (0, None, "declined wrongly")
    assert result.strength == declined.strength < 0.2


@pytest.mark.parametrize(
    ("values", "outcome", "good"),
    [
        ({"right": True}, "right", True),
        ({"right": False}, "wrong", False),
        ({"status": "not_found", "right": False}, "declined wrongly", False),
        ({"status": "not_found", "answerable": False}, "declined rightly", True),
        ({"answerable": False, "right": None}, "answered though unanswerable", False),
        ({"status": "failed", "right": False}, "failed", False),
        ({"status": "failed", "answerable": False}, "failed", False),
    ],
)
def test_the_outcome_of_a_question(values: dict[str, Any], outcome: Outcome, good: bool):
    assert (result(**values).outcome, result(**values).good) == (outcome, good)
    assert outcome in OUTCOMES
    assert result(**values).as_json() == {**dataclasses.asdict(result(**values)), "outcome": outcome}


def test_follow_ups_get_the_answers_of_their_own_conversation(assistant: Assistant):
    asked = [
        question(
            "86", question="How many evacuated residents were still in temporary housing?", conversation="a"
        ),
        question("48,200", question=FERRY, conversation="b"),
        question("Pellimar", question="Where do most of them live?", conversation="a", turn=1),
        question("Pellimar", question="Where do most of them live?"),
    ]
    answers = [answer for _, answer, _ in run(assistant, asked)]
    assert "evacuated residents" in answers[2].standalone_question
    assert "Pellimar" in answers[2].text
    assert answers[3].standalone_question == "Where do most of them live?"


def test_an_answer_line_is_the_answer_with_its_id_and_measures(assistant: Assistant, ferry: Answer):
    asked = question("48,200", id="q7")
    result = measure(asked, ferry, assistant)
    line = answer_line(asked, ferry, result)
    data = json.loads(line)
    assert "\n" not in line
    assert data.pop("measured") == dataclasses.asdict(result) | {"outcome": "right"}
    assert data == {"id": "q7", **ferry.as_json()}


def test_each_answer_is_written_before_the_next_question_is_asked(assistant: Assistant):
    out, asked = io.StringIO(), [question("48,200", id="a"), question("48,200", id="b")]
    for number, one in enumerate(kept(run(assistant, asked), out), start=1):
        assert out.getvalue().splitlines()[-1] == answer_line(*one)
        assert len(out.getvalue().splitlines()) == number


# --- a whole set ----------------------------------------------------------------------------------


def result(**values: Any) -> Result:
    usual = {
        **{"id": "q", "answerable": True, "turn": 0, "status": "answered", "right": True, "cited": True},
        **{"supported": 1.0, "in_passages": 1, "in_evidence": 1, "exact": True, "strength": 0.5},
        **{"evidence_s": 0.1, "first_token_s": None, "total_s": 1.0},
    }
    return Result(**usual | values)


NOT_APPLICABLE = {"right": None, "cited": None, "in_passages": None, "in_evidence": None, "answerable": False}
DECLINED = {"status": "not_found", "supported": 0.0, "cited": None}


def test_measures_are_shares_of_the_questions_they_apply_to():
    results = [
        result(
            evidence_s=0.1, total_s=1.0, first_token_s=0.5, words=10, strength=0.9, short=True, marked=True
        ),
        result(
            short=False,
            marked=True,
            right=False,
            in_passages=2,
            in_evidence=4,
            evidence_s=0.2,
            total_s=2.0,
            words=20,
            strength=0.8,
        ),
        result(
            **{"right": False, "cited": False, "in_passages": 0, "in_evidence": 0, "supported": 0.5},
            **{"evidence_s": 0.3, "total_s": 3.0, "words": 60, "strength": 0.4, "unfootnoted": 1},
            marked=False,
        ),
        result(
            **{"turn": 1, "in_passages": 11, "in_evidence": 3, "exact": False, "strength": 0.5},
            **{"evidence_s": 0.4, "total_s": 4.0, "words": 10},
        ),
        result(turn=2, cited=False, words=10, strength=0.7),
        result(right=False, in_passages=4, in_evidence=0, strength=0.1, **DECLINED),
        result(strength=0.05, **NOT_APPLICABLE | DECLINED),
        result(strength=0.4, words=40, unfootnoted=2, **NOT_APPLICABLE),
        result(status="failed", supported=0.0, strength=0.3, **NOT_APPLICABLE),
    ]
    assert summary(results) == {
        "questions": 9,
        "accuracy": 3 / 6,
        "accuracy_first_turn": 1 / 4,
        "accuracy_second_turn": 2 / 2,
        "right_and_cited": 2 / 6,
        "right_and_cited_first_turn": 1 / 4,
        "right_and_cited_second_turn": 1 / 2,
        "short_answer": 1 / 2,
        "marked_answer": 2 / 3,
        "failed": 1 / 9,
        "answer_words": 150 / 6,
        "citation_precision": 3 / 5,
        "citation_recall": 5.5 / 6,
        "claims_without_citation": 3,
        "exact_offsets": 8 / 9,
        "overlap_recall": None,
        "overlap_precision": None,
        "overlap_f1": None,
        "retrieval_recall@1": 2 / 6,
        "retrieval_recall@3": 3 / 6,
        "retrieval_recall@5": 4 / 6,
        "retrieval_recall@10": 4 / 6,
        "passages_hold_answer": 5 / 6,
        "evidence_recall@1": 2 / 6,
        "evidence_recall@3": 3 / 6,
        "evidence_recall@5": 4 / 6,
        "declined_unanswerable": 1 / 3,
        "declined_answerable": 1 / 6,
        "strength_auc": (6 + 5 + 4.5) / 18,  # of 0.1 0.4 0.5 0.7 0.8 0.9: above 0.05, 0.3, 0.4
        "declined_unanswerable@2%": 1 / 3,  # a threshold of 0.1 declines none of the answerable
        "declined_unanswerable@5%": 1 / 3,
        "declined_unanswerable@8%": 1 / 3,
        "declined_unanswerable@10%": 1 / 3,
        "evidence_s_p50": 0.1,
        "evidence_s_p95": 0.4,
        "first_token_s_p50": 0.5,
        "first_token_s_p95": 0.5,
        "total_s_p50": 1.0,
        "total_s_p95": 4.0,
    }


def test_the_overlap_of_long_answers_leaves_the_others_out():
    shares = [(0.5, 1.0, 2 / 3), (1.0, 0.0, 0.0), (0.0, None, 0.0), (None, None, None)]
    measures = summary([result(overlap_recall=r, overlap_precision=p, overlap_f1=f) for r, p, f in shares])
    assert measures["overlap_recall"] == 1.5 / 3
    assert measures["overlap_precision"] == 1 / 2
    assert measures["overlap_f1"] == pytest.approx(2 / 9)


def test_a_measure_that_applies_to_nothing_is_none():
    measures = summary([result(**NOT_APPLICABLE | {"status": "not_found"})])
    assert measures["accuracy"] is None
    assert measures["citation_precision"] is None
    assert measures["citation_recall"] is None
    assert measures["retrieval_recall@1"] is None
    assert measures["first_token_s_p50"] is None
    assert measures["strength_auc"] is None
    assert measures["declined_unanswerable@5%"] is None
    assert measures["declined_unanswerable"] == 1.0
    assert "accuracy" in table({"set": measures})


def test_no_results_have_measures_too():
    """A run that was interrupted before its first answer."""
    measures = summary([])
    assert (measures.pop("questions"), measures.pop("claims_without_citation")) == (0, 0)
    assert set(measures.values()) == {None}


def test_every_measure_is_in_one_group():
    results = [result()]
    names = [name for part in grouped(results).values() for name in part]
    assert names == list(summary(results)) and len(names) == len(set(names))


scores = st.lists(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]) | st.floats(0, 1), max_size=12)


@hypothesis.given(scores, scores)
def test_the_area_under_the_curve_is_the_share_of_pairs_in_order(higher: list[float], lower: list[float]):
    """Against its definition, every pair by itself."""
    pairs = [(h > low) + (h == low) / 2 for h in higher for low in lower]
    expected = sum(pairs) / len(pairs) if pairs else None
    assert area(higher, lower) == (None if expected is None else pytest.approx(expected))


@hypothesis.given(scores, scores, st.sampled_from([0.0, 0.02, 0.1, 0.25, 0.5, 1.0]))
def test_the_abstention_curve_takes_the_best_threshold_allowed(
    yes: list[float], no: list[float], most: float
):
    """Against all thresholds there are."""
    allowed = [t for t in [*yes, *no, 2.0] if sum(y < t for y in yes) <= most * len(yes)]
    expected = max(sum(n < t for n in no) for t in [0.0, *allowed]) / len(no) if yes and no else None
    assert declined_at(most, yes, no) == expected


def test_eight_of_a_hundred_are_eight_percent():
    """0.08 * 100 is 8.000000000000002, 0.07 * 100 is 7.000000000000001, 0.29 * 100 is 28.999999999999996."""
    yes, no = [n / 100 for n in range(100)], [n / 100 - 0.005 for n in range(100)]
    random.Random(7).shuffle(yes)
    assert math.floor(0.29 * 100) == 28
    assert [declined_at(share, yes, no) for share in (0.0, 0.08, 0.29, 1.0)] == [0.01, 0.09, 0.30, 1.0]


def test_a_table_has_a_column_for_each_set_as_wide_as_its_name():
    columns = {"a": {"questions": 3, "accuracy": 0.5}, "a_long_name": {"questions": 12, "accuracy": None}}
    assert table(columns).splitlines() == [
        "                  a  a_long_name",
        "questions         3           12",
        "accuracy      0.500            -",
    ]


# --- the whole program ----------------------------------------------------------------------------

ASKED = [
    GOOD | {"id": "a", "question": FERRY, "answers": ["48,200"]},
    GOOD | {"id": "b", "answerable": False},
]
Evaluate = Callable[..., tuple[int, str, str]]


@pytest.fixture
def evaluate(seed_library: Library, capsys: pytest.CaptureFixture[str]) -> Evaluate:
    """`footnote evaluate` with quotes only; its exit code, what it printed and what it complained of."""

    def evaluate(*arguments: object) -> tuple[int, str, str]:
        fixed = ["evaluate", "--no-model", "--library", seed_library.folder]
        code = main([str(argument) for argument in [*fixed, *arguments]])
        return code, *capsys.readouterr()

    return evaluate


def test_the_table_has_the_questions_name(evaluate: Evaluate, tmp_path: Path):
    code, out, err = evaluate(write(tmp_path, *ASKED))
    assert (code, err) == (0, "")
    assert [line.split() for line in out.splitlines()[:3]] == [
        ["questions"],
        ["questions", "2"],
        ["accuracy", "1.000"],
    ]


def test_json_holds_measures_and_each_question(evaluate: Evaluate, tmp_path: Path):
    code, out, _ = evaluate(write(tmp_path, *ASKED), "--json")
    data = json.loads(out)
    assert code == 0
    assert list(data) == ["measures", "questions"]
    assert data["measures"]["accuracy"] == 1.0
    first, second = data["questions"]
    assert (first["id"], first["question"], first["outcome"]) == ("a", FERRY, "right")
    assert (second["id"], second["answerable"], second["right"]) == ("b", False, None)


@pytest.mark.parametrize(
    ("options", "clash"),
    [
        (["--out", "questions.jsonl"], "questions.jsonl: is QUESTIONS and --out both"),
        (["--html", "questions.jsonl"], "questions.jsonl: is QUESTIONS and --html both"),
        (["--out", "old.jsonl", "--against", "old.jsonl"], "old.jsonl: is --against and --out both"),
        (["--out", "new", "--html", "sub/../new"], "new: is --out and --html both"),
    ],
)
def test_no_file_overwrites_another(evaluate: Evaluate, tmp_path: Path, options: list[str], clash: str):
    questions = write(tmp_path, *ASKED)
    (tmp_path / "old.jsonl").write_text("earlier", encoding="utf-8")
    (tmp_path / "sub").mkdir()
    before = questions.read_bytes()
    code, out, err = evaluate(questions, *(o if o[0] == "-" else tmp_path / o for o in options))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert clash in err and err.startswith("footnote: ")
    assert questions.read_bytes() == before
    assert (tmp_path / "old.jsonl").read_text("utf-8") == "earlier"


def test_a_report_that_can_not_be_written_is_told_before_anything_is_overwritten(
    evaluate: Evaluate, tmp_path: Path
):
    answers = tmp_path / "answers.jsonl"
    answers.write_text("earlier", encoding="utf-8")
    page = tmp_path / "nowhere" / "page.html"
    code, out, err = evaluate(write(tmp_path, *ASKED), "--html", page, "--out", answers)
    assert (code, out) == (2, "")
    assert err == f"footnote: {page}: can't be written (No such file or directory); give another --html\n"
    assert answers.read_text("utf-8") == "earlier"


def test_a_run_that_is_interrupted_keeps_its_answers_and_says_so(seed_library: Library, tmp_path: Path):
    """As a process of its own: Ctrl-C reaches it wherever it is."""
    questions = write(tmp_path, *(ASKED[0] | {"id": number} for number in range(5000)))
    answers, page = tmp_path / "answers.jsonl", tmp_path / "page.html"
    options = ["--no-model", "--library", seed_library.folder, "--out", answers, "--html", page, "--json"]
    # A shell's background job ignores Ctrl-C, and so would all that it starts.
    program = (
        "import signal, sys; from assistant.cli import main; "
        "signal.signal(signal.SIGINT, signal.default_int_handler); sys.exit(main())"
    )
    command = [sys.executable, "-c", program, "evaluate", questions, *options]
    with subprocess.Popen(
        command, cwd=SEEDS.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        while process.poll() is None and not (
            answers.exists() and answers.read_text("utf-8").count("\n") > 2
        ):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    kept = [json.loads(line) for line in answers.read_text("utf-8").splitlines()]
    measured = json.loads(out)
    done = measured["measures"]["questions"]
    assert process.returncode == 130
    assert 2 < done < 5000
    assert err == f"footnote: stopped after {done} of 5000 questions; their answers are in {answers}\n"
    assert [k["measured"] for k in kept[:done]] == measured["questions"]
    assert len(kept) - done in (0, 1)  # the last one was written, and not yet counted
    assert f"{done:,} answers" in page.read_text("utf-8")


def test_the_small_model_on_the_sample_questions(
    seed_library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """`footnote evaluate` with the real encoder and the real small model, all 30 questions. When this was
    written: 18 of 20 right, every offset exact."""
    out = tmp_path / "answers.jsonl"
    arguments = [
        "evaluate",
        SEEDS / "questions.jsonl",
        "--library",
        seed_library.folder,
        "--out",
        out,
        "--json",
    ]
    assert main([str(argument) for argument in arguments]) == 0
    printed, errors = capsys.readouterr()
    data = json.loads(printed)
    measures = data["measures"]
    assert errors == ""
    assert measures["questions"] == 30
    assert measures["failed"] == 0.0
    assert measures["exact_offsets"] == 1.0
    assert measures["citation_recall"] >= 0.9  # a checked claim may use another word for the same thing
    assert measures["accuracy"] >= 15 / 20
    assert measures["citation_precision"] >= 12 / 20
    assert measures["claims_without_citation"] == 0
    answers = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert data["questions"] == [answer["measured"] for answer in answers]
    assert [a["id"] for a in answers] == [q.id for q in read_questions(SEEDS / "questions.jsonl")]
    for answer in answers:
        assert len(answer["text"].split()) <= 60 or len(answer["claims"]) == 1
        for citation in answer["citations"]:
            text = seed_library.live.article(citation["article"]).text
            assert text[citation["start"] : citation["end"]] == citation["quote"]
        assert (answer["timings"]["output_tokens"] > 0) == (answer["status"] == "answered")
