"""Two runs: what was won and lost, worked out by hand; files of earlier runs, whole and broken."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from assistant.cli import main
from assistant.measuring.compare import (
    Comparison,
    brief,
    check_common,
    compare,
    read_results,
    report,
    results,
    sign_test,
)
from assistant.measuring.evaluate import Question, Result
from index.errors import UsageError
from index.library import Library

NEITHER = "neither the JSON of `footnote evaluate … --json` nor the answers of `--out`"


def result(id: str, outcome: str, **more: Any) -> Result:
    """A question "<id>?" with that outcome."""
    values: dict[str, dict[str, Any]] = {
        "right": {"right": True, "cited": True},
        "wrong": {"right": False, "cited": False},
        "declined wrongly": {"status": "not_found", "right": False},
        "declined rightly": {"status": "not_found", "answerable": False},
        "answered though unanswerable": {"answerable": False},
        "failed": {"status": "failed", "right": False},
    }
    made = Result(
        **{
            "id": id,
            "question": f"{id}?",
            "answerable": True,
            "status": "answered",
            **values[outcome],
            **more,
        }
    )
    assert made.outcome == outcome
    return made


BEFORE = [
    result("same", "right"),
    result("won", "wrong"),
    result("won by answering", "declined wrongly"),
    result("won by declining", "answered though unanswerable"),
    result("lost", "right"),
    result("lost by declining", "right"),
    result("lost by answering", "declined rightly"),
    result("now declined", "wrong"),
    result("now answered", "declined wrongly"),
    result("broke", "declined rightly"),
    result("gone", "right"),
]
NOW = [
    result("new", "right"),
    result("same", "right"),
    result("won", "right"),
    result("won by answering", "right"),
    result("won by declining", "declined rightly"),
    result("lost", "wrong"),
    result("lost by declining", "declined wrongly"),
    result("lost by answering", "answered though unanswerable"),
    result("now declined", "declined wrongly"),
    result("now answered", "wrong"),
    result("broke", "failed", answerable=False),
]


@pytest.fixture
def comparison() -> Comparison:
    return compare(BEFORE, NOW)


# --- what changed ---------------------------------------------------------------------------------


def test_questions_are_won_and_lost_in_both_directions(comparison: Comparison):
    assert [c.now.id for c in comparison.won] == ["won", "won by answering", "won by declining"]
    assert [c.now.id for c in comparison.lost] == ["lost", "lost by declining", "lost by answering", "broke"]
    assert [c.now.id for c in comparison.other] == ["now declined", "now answered"]


def test_newly_declined_and_newly_answered_may_be_won_or_lost(comparison: Comparison):
    assert [c.now.id for c in comparison.newly_declined] == [
        "won by declining",
        "lost by declining",
        "now declined",
    ]
    assert [c.now.id for c in comparison.newly_answered] == [
        "won by answering",
        "lost by answering",
        "now answered",
    ]


def test_only_questions_of_both_runs_count(comparison: Comparison):
    assert (comparison.questions, comparison.only_before, comparison.only_now) == (10, 1, 1)
    assert "questions" not in comparison.measures
    assert "accuracy" not in comparison.measures  # 3 of 7 in both
    assert comparison.measures["failed"] == (0.0, 1 / 10)


def test_a_question_that_is_worded_otherwise_is_another():
    changed = compare([result("a", "right"), result("b", "right")], [result("a", "wrong", question="Who?")])
    assert (changed.questions, changed.only_before, changed.only_now, changed.changes) == (0, 2, 1, ())
    with pytest.raises(UsageError, match="asked other questions, none of these"):
        check_common([result("a", "right")], [Question("a", "Who?", ("Lee",), True)])
    check_common([result("a", "right")], [Question("a", "a?", ("Lee",), True)])


def test_the_same_run_again_changes_nothing():
    same = compare(BEFORE, BEFORE)
    assert (same.measures, same.changes) == ({}, ())
    assert report(same).splitlines() == [
        "Against the earlier run, on the 11 questions that both asked:",
        "no question was won or lost",
        "newly declined: 0",
        "newly answered: 0",
    ]


def test_the_report_names_measures_and_questions(comparison: Comparison):
    lines = report(comparison).splitlines()
    assert lines[:3] == [
        "Against the earlier run, on the 10 questions that both asked:",
        "  left out: 1 only in the earlier run, 1 only in this one",
        "                           before       now    change",
    ]
    assert "  failed                    0.000     0.100    +0.100" in lines
    at = lines.index("answerable: 2 won, 2 lost: could be chance (p = 1, sign test)")
    assert lines[at + 1 :] == [
        "unanswerable: 1 won, 2 lost: could be chance (p = 1, sign test)",
        "newly declined: 3 (won by declining, lost by declining, now declined)",
        "newly answered: 3 (won by answering, lost by answering, now answered)",
        "Won:",
        "  won: wrong → right. won?",
        "  won by answering: declined wrongly → right. won by answering?",
        "  won by declining: answered though unanswerable → declined rightly. won by declining?",
        "Lost:",
        "  lost: right → wrong. lost?",
        "  lost by declining: right → declined wrongly. lost by declining?",
        "  lost by answering: declined rightly → answered though unanswerable. lost by answering?",
        "  broke: declined rightly → failed. broke?",
        "Wrong in another way:",
        "  now declined: wrong → declined wrongly. now declined?",
        "  now answered: declined wrongly → wrong. now answered?",
    ]
    assert brief(comparison) == "\n".join(lines[: at + 4])


def test_a_measure_that_the_earlier_run_did_not_take_has_no_difference():
    old, new = result("a", "right"), result("a", "right", words=12)
    assert compare([old], [new]).measures == {"answer_words": (None, 12.0)}
    assert "  answer_words         -    12.000" in report(compare([old], [new])).splitlines()


def test_the_json_names_questions_by_their_ids(comparison: Comparison):
    data = json.loads(json.dumps(comparison.as_json()))
    assert (data["questions"], data["only_before"], data["only_now"]) == (10, 1, 1)
    assert data["measures"]["failed"] == {"before": 0.0, "now": 0.1}
    assert data["won"] == ["won", "won by answering", "won by declining"]
    assert data["newly_answered"] == ["won by answering", "lost by answering", "now answered"]
    assert data["sign_test_p"] == {"answerable": 1.0, "unanswerable": 1.0}


@pytest.mark.parametrize(("won", "lost"), [(0, 0), (1, 0), (2, 0), (6, 0), (5, 1), (1, 5), (7, 7), (3, 8)])
def test_the_sign_test_is_the_share_of_coin_tosses_at_least_as_uneven(won: int, lost: int):
    """Against all the ways in which the tosses can fall."""
    tosses = list(product((0, 1), repeat=won + lost))
    uneven = [t for t in tosses if abs(2 * sum(t) - len(t)) >= abs(won - lost)]
    assert sign_test(won, lost) == len(uneven) / len(tosses)


def test_five_questions_won_could_be_chance_and_six_hardly():
    for count, says in ((5, "could be chance (p = 0.062,"), (6, "hardly by chance (p = 0.031,")):
        runs = [[result(str(n), outcome) for n in range(count)] for outcome in ("wrong", "right")]
        assert f"answerable: {count} won, 0 lost: {says} sign test)" in report(compare(*runs))


def test_many_questions_do_not_overflow():
    assert sign_test(3000, 3000) == 1.0
    assert 0 < sign_test(1100, 900) < 1e-5


# --- files of earlier runs ------------------------------------------------------------------------


def written(folder: Path, text: str) -> Path:
    file = folder / "old.json"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_json_and_the_answers_of_a_run_give_the_same_results(tmp_path: Path):
    run = json.dumps({"measures": {}, "questions": [r.as_json() for r in NOW]}, indent=1)
    lines = [json.dumps({"id": r.id, "question": r.question, "measured": r.as_json()}) for r in NOW]
    assert read_results(written(tmp_path, run)) == NOW
    assert read_results(written(tmp_path, "\n".join(lines))) == NOW
    assert read_results(written(tmp_path, lines[0])) == NOW[:1]  # one line is JSON by itself
    assert results(json.loads(run), "old.json") == NOW


def test_answers_of_an_earlier_version_have_what_was_measured_then(tmp_path: Path):
    measured = {
        **{"id": "1", "answerable": True, "turn": 1, "status": "answered", "right": True, "cited": False},
        **{"supported": 1, "in_passages": 2, "in_evidence": 0, "exact": True, "evidence_s": 0.25},
        **{"first_token_s": None, "total_s": 2, "some_day": "more"},
    }
    line = json.dumps({"id": "1", "question": "Who\u2028left?", "text": "Lee.", "measured": measured})
    [found] = read_results(written(tmp_path, f"\n{line}\n"))
    assert found == Result(
        **{"id": "1", "question": "Who\u2028left?", "answerable": True, "turn": 1, "status": "answered"},
        **{"right": True, "cited": False, "supported": 1.0, "in_passages": 2, "in_evidence": 0},
        **{"evidence_s": 0.25, "total_s": 2.0},
    )
    assert (found.strength, found.words) == (None, None)


RIGHT = result("a", "right").as_json()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", f"old.json: {NEITHER}: it is empty"),
        ("no JSON", f"old.json, line 1: {NEITHER} (JSONDecodeError("),
        ("[1]", f"old.json, line 1: {NEITHER} (TypeError("),
        ("7", f"old.json, line 1: {NEITHER} (TypeError("),
        ('{"accuracy": 0.5}', f"old.json, line 1: {NEITHER} (KeyError('question'))"),
        (
            '{"id": 1, "question": "Who?", "answers": []}',
            f"old.json, line 1: {NEITHER} (KeyError('measured'))",
        ),
        ('{"question": "Who?", "measured": []}', f"old.json, line 1: {NEITHER} (TypeError("),
        (
            json.dumps({"question": "Who?", "measured": RIGHT}) + '\n{"question": "Wh',
            f"old.json, line 2: {NEITHER}",
        ),
        ('{"questions": []}', "old.json: there is no question in it"),
        ('{"questions": 7}', f"old.json: {NEITHER} (TypeError("),
        ('{"questions": ["who"]}', f"old.json: {NEITHER} ("),
        ('{"questions": [{"id": "a"}]}', f"old.json: {NEITHER} (KeyError("),
        (json.dumps({"questions": [RIGHT | {"status": "fine"}]}), f"old.json: {NEITHER} (ValueError("),
        (json.dumps({"questions": [RIGHT | {"status": ["failed"]}]}), f"old.json: {NEITHER} (TypeError("),
        (json.dumps({"questions": [RIGHT | {"right": "yes"}]}), f"old.json: {NEITHER} (TypeError("),
        (json.dumps({"questions": [RIGHT | {"right": 1}]}), f"old.json: {NEITHER} (TypeError("),
        (json.dumps({"questions": [RIGHT | {"in_passages": 1.5}]}), f"old.json: {NEITHER} (TypeError("),
        ("[" * 100_000, f"old.json, line 1: {NEITHER} (RecursionError("),
    ],
)
def test_a_file_that_is_no_earlier_run_is_refused(tmp_path: Path, text: str, message: str):
    with pytest.raises(UsageError) as refused:
        read_results(written(tmp_path, text))
    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)


def test_a_file_that_can_not_be_read_is_refused(tmp_path: Path):
    for name, content in (("none.json", None), ("latin.json", b"caf\xe9")):
        if content:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(UsageError, match="an earlier run can't be read from it; check the path"):
            read_results(tmp_path / name)


# --- the whole program ----------------------------------------------------------------------------

FERRY = "How many passengers did Ormeska Lines carry between January and March?"
QUESTIONS = [
    {"id": "a", "question": FERRY, "answers": ["48,200"], "answerable": True},
    {
        "id": "b",
        "question": "Who won the football World Cup in Argentina?",
        "answers": [],
        "answerable": False,
    },
]


@pytest.mark.parametrize("kind", ["--out", "--json"])
def test_a_run_is_compared_with_an_earlier_one(
    kind: str, seed_library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    questions, old = tmp_path / "q.jsonl", tmp_path / "old"
    fixed = ["evaluate", str(questions), "--no-model", "--library", str(seed_library.folder)]
    questions.write_text("\n".join(map(json.dumps, QUESTIONS)), encoding="utf-8")
    assert main([*fixed, "--out", str(old)] if kind == "--out" else [*fixed, "--json"]) == 0
    printed = capsys.readouterr().out
    if kind == "--json":
        old.write_text(printed, encoding="utf-8")
    changed = [QUESTIONS[0] | {"answers": ["a parrot"]}, QUESTIONS[1]]
    questions.write_text("\n".join(map(json.dumps, changed)), encoding="utf-8")
    assert main([*fixed, "--against", str(old)]) == 0
    out = capsys.readouterr().out
    assert "  accuracy                       1.000     0.000    -1.000\n" in out
    assert "answerable: 0 won, 1 lost: could be chance (p = 1, sign test)\n" in out
    assert out.endswith(f"Lost:\n  a: right → wrong. {FERRY}\n")
    assert main([*fixed, "--against", str(old), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["against"]["lost"], data["against"]["won"]) == (["a"], [])


@pytest.mark.parametrize("text", ["no run", json.dumps({"questions": [RIGHT]})])
def test_a_wrong_earlier_run_is_told_before_a_question_is_asked(
    text: str, seed_library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    questions, out = tmp_path / "q.jsonl", tmp_path / "out.jsonl"
    questions.write_text(json.dumps(QUESTIONS[0]), encoding="utf-8")
    old = written(tmp_path, text)
    fixed = ["evaluate", str(questions), "--no-model", "--library", str(seed_library.folder)]
    assert main([*fixed, "--against", str(old), "--out", str(out)]) == 2
    printed, errors = capsys.readouterr()
    assert (printed, errors.count("\n"), out.exists()) == ("", 1, False)
    assert "old.json" in errors or "none of these" in errors
