"""What readers say of answers: kept with the conversation, gone with it, and questions for `evaluate`."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.cli import main
from assistant.keeping.kept import KeptTurn
from assistant.keeping.saved import Saved
from assistant.keeping.saved_file import SavedFile
from assistant.keeping.votes import NOTE_CHARS, Vote, Votes, line
from assistant.measuring.evaluate import read_questions
from assistant.page.reading_html import vote_html
from assistant.values import Answer, Scope
from index.errors import UsageError
from index.filter import Filter
from tests.test_render import Page
from tests.test_saved import NOON, answered, turn

DECLINED = Answer("Who sank it?", "Who sank it?", "not_found", "The articles do not say.")
ID = "c" * 32


def kept(answer: Answer = DECLINED, question: str = "Who sank it?") -> KeptTurn:
    return replace(turn(question), answer=answer)


def test_a_vote_stands_in_place_of_the_one_before_and_can_be_taken_back(tmp_path: Path) -> None:
    saved, votes, one = Saved(tmp_path), Votes(tmp_path), turn()
    saved.add(ID, one)
    votes.cast(one.id, Vote("up"))
    votes.cast(one.id, Vote("down", "wrong", f" No \ud800{'x' * 3000}"))
    (vote,) = votes.of(ID).values()
    assert (vote.thumb, vote.reason, len(vote.note)) == ("down", "wrong", NOTE_CHARS)
    saved.replace(one)
    assert votes.of(ID) == {one.id: vote}, "a turn that is written again keeps its vote"
    votes.cast(one.id, None)
    assert votes.of(ID) == {}


def test_a_vote_goes_with_its_conversation_and_needs_one(tmp_path: Path) -> None:
    saved, votes, one = Saved(tmp_path), Votes(tmp_path), turn()
    with pytest.raises(UsageError, match="not kept any more"):
        votes.cast(one.id, Vote("up"))
    saved.add(ID, one)
    votes.cast(one.id, Vote("up"))
    saved.delete(ID)
    assert list(votes.lines()) == []
    with pytest.raises(UsageError, match="no reason"):
        Vote("up", "<b>")
    with pytest.raises(UsageError, match="up or down"):
        Vote("sideways")


def test_a_reason_that_is_not_known_any_more_is_none(tmp_path: Path) -> None:
    saved, one = Saved(tmp_path), turn()
    saved.add(ID, one)
    with SavedFile(tmp_path).writing() as db:
        db.execute("INSERT INTO votes VALUES (?, 'down', 'old', '', '')", (one.id,))
    assert Votes(tmp_path).of(ID) == {one.id: Vote("down")}


@pytest.mark.parametrize(
    ("answer", "vote", "answerable", "evidence"),
    [
        (answered(), Vote("up"), True, ["The dike was raised"]),
        (answered(), Vote("down", "wrong"), None, []),
        (answered(), Vote("down", "nothing"), False, []),
        (replace(answered(), scope=Scope(Filter(sources=("A",)))), Vote("down", "nothing"), None, []),
        (DECLINED, Vote("up"), False, []),
        (DECLINED, Vote("down"), None, []),
        (DECLINED, Vote("down", "there"), True, []),
    ],
)
def test_a_vote_says_what_it_can_of_the_right_answer(
    answer: Answer, vote: Vote, answerable: bool | None, evidence: list[str]
) -> None:
    told = line(kept(answer), vote)
    assert (told["answerable"], told["evidence"], told["answers"]) == (answerable, evidence, [])


def test_the_file_is_one_that_evaluate_reads_without_what_is_not_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved, votes = Saved(tmp_path), Votes(tmp_path)
    cast = (
        (kept(answered("And now?"), "And now?"), Vote("up", "quotes", "good")),
        (kept(), Vote("down", "there")),
        (kept(), Vote("up")),
        (KeptTurn("d" * 32, "Stopped?", NOON, note="Stopped."), Vote("down")),
    )
    for one, vote in cast:
        saved.add(ID, one)
        votes.cast(one.id, vote)
    file = tmp_path / "votes.jsonl"
    command = ["conversations", "feedback", "--library", str(tmp_path)]
    assert main([*command, "--out", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}: 4 answers\n"
    assert main(command) == 0
    assert capsys.readouterr().out == file.read_text(encoding="utf-8")
    first = json.loads(file.read_text(encoding="utf-8").splitlines()[0])
    assert (first["vote"], first["reason"], first["note"]) == ("up", "quotes", "good")
    good, declined = read_questions(file)
    assert (good.id, good.evidence) == (cast[0][0].id, ("The dike was raised",))
    assert (declined.id, declined.answerable) == (cast[2][0].id, False)


def test_the_thumb_that_was_pressed_and_the_reason_are_on_the_page_again() -> None:
    page = Page(vote_html("a1", Vote("down", "wrong", "It & he")))
    pressed = [a["data-thumb"] for _, a in page.tags if a.get("aria-pressed") == "true"]
    checked = [a["value"] for _, a in page.tags if "checked" in a]
    assert (pressed, checked) == (["down"], ["wrong"])
    assert "It & he" in page.text
    declined = Page(vote_html("a1", None, declined=True))
    assert {a["value"] for tag, a in declined.tags if tag == "input"} == {"right", "there"}
