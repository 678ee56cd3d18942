"""Conversations and reports on disk: whatever was kept is there, for whoever opens the file next."""

import datetime as dt
import json
import multiprocessing
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.keeping.kept import KeptTurn, turn_to_json
from assistant.keeping.saved import FORMAT, Saved
from assistant.keeping.saved_file import FILE, MIGRATIONS, statements
from assistant.keeping.saved_reports import new_id
from assistant.values import Answer, Citation, Claim, Source
from index.archive import Archive
from index.errors import LibraryError, UsageError
from index.text import Article
from tests.test_kept import turns

NOON = dt.datetime(2022, 5, 6, 12, 0, tzinfo=dt.timezone(dt.timedelta(hours=2)))
ARTICLE = Article("3f9a0c12b7de", "dike.txt", "dike.txt", "The dike was raised by Orsolya Venn.")


def answered(question: str = "What was raised?", text: str = "The dike was raised [1].") -> Answer:
    cited = Citation(1, Source(ARTICLE.id, "dike.txt"), "The dike was raised", 0, 19, ARTICLE.text, 0)
    return Answer(
        question, question, "answered", text, (Claim("The dike was raised", (1,), "quoted"),), (cited,)
    )


def turn(question: str = "What was raised?", text: str = "The dike was raised [1].") -> KeptTurn:
    return KeptTurn(new_id(), question, NOON, answered(question, text))


@pytest.fixture
def saved(tmp_path: Path) -> Saved:
    return Saved(tmp_path)


def kept(saved: Saved, *questions: str) -> str:
    """The ID of a conversation with these questions."""
    id = saved.begin()
    for question in questions or ("What was raised?",):
        saved.add(id, turn(question))
    return id


# --- conversations -----------------------------------------------------------------------------------


def test_nothing_is_written_before_there_is_something_to_keep(saved: Saved) -> None:
    assert saved.list() == []
    assert saved.reports() == []
    assert saved.export()["conversations"] == []
    _ = saved.begin()
    assert not saved.file.exists()


def test_a_conversation_is_called_after_its_first_question_and_reads_back(tmp_path: Path) -> None:
    saved, id = Saved(tmp_path), Saved(tmp_path).begin()
    both = [turn("What\nwas  raised?"), KeptTurn(new_id(), "And then?", NOON, note="Stopped.")]
    for one in both:
        saved.add(id, one)
    (listed,) = Saved(tmp_path).list()
    assert (listed.id, listed.title, listed.turns) == (id, "What was raised?", 2)
    assert listed.begun <= listed.changed
    assert Saved(tmp_path).turns(id) == both
    assert Saved(tmp_path).turn(both[1].id) == both[1]


def test_a_turn_is_replaced_where_it_stands_unless_it_was_deleted(saved: Saved) -> None:
    id = saved.begin()
    waiting = KeptTurn(new_id(), "What was raised?", NOON)
    saved.add(id, waiting)
    saved.add(id, turn("And then?"))
    done = KeptTurn(waiting.id, waiting.question, NOON, answered())
    assert saved.replace(done)
    assert saved.turns(id)[0] == done
    assert [one.title for one in saved.list("dike")] == ["What was raised?"]
    saved.delete(id)
    assert not saved.replace(done)
    assert saved.list() == []


def test_the_one_changed_last_comes_first(saved: Saved) -> None:
    first, second = kept(saved, "First?"), kept(saved, "Second?")
    assert [one.id for one in saved.list()] == [second, first]
    saved.add(first, turn("Again?"))
    assert [one.id for one in saved.list()] == [first, second]
    assert [one.id for one in saved.list(limit=1)] == [first]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", ["Who sank the ferry?", "What was raised?"]),
        ("ferr", ["Who sank the ferry?"]),
        ("FERRY sank", ["Who sank the ferry?"]),
        ("ferry raised", ["Who sank the ferry?"]),  # the question's word, and the answer's
        ("dike", ["Who sank the ferry?", "What was raised?"]),
        ("evian", ["Who sank the ferry?"]),  # Évian, in the second turn
        ("renamed", []),
        ('"', []),
        ("raised OR AND NEAR( * : ^ -", []),
        ("_ ' \" \x00", []),
    ],
)
def test_search_finds_the_beginnings_of_all_words(saved: Saved, search: str, found: list[str]) -> None:
    kept(saved)
    kept(saved, "Who sank the ferry?", "And at Évian?")
    assert [one.title for one in saved.list(search)] == found


def test_a_title_is_found_and_can_be_changed(saved: Saved) -> None:
    id = kept(saved)
    saved.rename(id, " The\n dike ")
    assert [one.title for one in saved.list("the dike")] == ["The dike"]
    saved.rename(id, "Waterworks")
    assert [one.title for one in saved.list("waterw")] == ["Waterworks"]
    with pytest.raises(UsageError, match="at least one letter"):
        saved.rename(id, " \n")


def test_what_is_not_there_is_told(saved: Saved) -> None:
    calls: list[Callable[[], object]] = [
        lambda: saved.turns("x"),
        lambda: saved.kept("x"),
        lambda: saved.turn("x"),
        lambda: saved.rename("x", "y"),
        lambda: saved.delete("x"),
        lambda: saved.export(["x"]),
        lambda: saved.report("x"),
        lambda: saved.rename_report("x", "y"),
        lambda: saved.add_entry("x", turn()),
        lambda: saved.set_heading("x", "y"),
        lambda: saved.move("x", 0),
        lambda: saved.remove_entry("x"),
        lambda: saved.delete_report("x"),
    ]
    for call in calls:
        with pytest.raises(UsageError, match=r"not .* any more"):
            call()


def test_what_was_deleted_is_gone_from_the_disk(saved: Saved) -> None:
    kept(saved, "Who stays?")
    id = kept(saved, "Who is Melpomene?")
    assert b"Melpomene" in on_disk(saved)
    saved.delete(id)
    assert [one.title for one in saved.list()] == ["Who stays?"]
    assert b"elpomene" not in on_disk(saved)


def on_disk(saved: Saved) -> bytes:
    return b"".join(file.read_bytes() for file in saved.file.parent.glob(f"{FILE}*"))


# --- the texts that are cited ------------------------------------------------------------------------


def test_cited_texts_are_kept_as_long_as_a_conversation_or_a_report_has_the_answer(saved: Saved) -> None:
    archive = Archive(saved.file.parent)
    id, one, other = saved.begin(), turn(), turn("And then?")
    for each in (one, other):
        saved.add(id, each)
        archive.keep(each.id, [ARTICLE])
    report, second = saved.new_report("Dikes"), saved.new_report("Water")
    entry = saved.add_entry(report, one)
    saved.add_entry(second, one)
    saved.delete(id)
    assert archive.recall(ARTICLE.sha256) == ARTICLE, "a report has it"
    saved.remove_entry(entry)
    assert archive.recall(ARTICLE.sha256) == ARTICLE, "another one has it"
    saved.delete_report(second)
    assert archive.recall(ARTICLE.sha256) is None


def test_a_conversation_that_stays_keeps_its_texts_when_the_report_goes(saved: Saved) -> None:
    archive = Archive(saved.file.parent)
    id, one = saved.begin(), turn()
    saved.add(id, one)
    archive.keep(one.id, [ARTICLE])
    report = saved.new_report("Dikes")
    saved.add_entry(report, one)
    saved.delete_report(report)
    assert archive.recall(ARTICLE.sha256) == ARTICLE
    saved.delete(id)
    assert archive.recall(ARTICLE.sha256) is None


# --- to a file and back ------------------------------------------------------------------------------

titles = st.text(max_size=40)
conversations = st.lists(
    st.tuples(titles, st.lists(turns, max_size=3, unique_by=lambda turn: turn.id)), max_size=3
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(conversations)
def test_an_export_reads_back_equal(
    tmp_path_factory: pytest.TempPathFactory, made: list[tuple[str, list[KeptTurn]]]
) -> None:
    data = {"format": FORMAT, "version": 1, "conversations": [exported(title, of) for title, of in made]}
    saved = Saved(tmp_path_factory.mktemp("saved"))
    ids = saved.import_(json.loads(json.dumps(data)))
    written = json.loads(json.dumps(saved.export(ids)))
    other = Saved(tmp_path_factory.mktemp("other"))
    assert other.import_(written) == ids
    assert other.export(ids) == saved.export(ids)
    for (title, of), id in zip(made, ids, strict=True):
        assert other.kept(id).title == title
        assert [one.answer for one in other.turns(id)] == [one.answer for one in of]
        assert [one.question for one in other.turns(id)] == [one.question for one in of]


def exported(title: str, of: list[KeptTurn]) -> dict[str, Any]:
    at = NOON.isoformat()
    made = [turn_to_json(one) for one in of]
    return {"id": new_id(), "title": title, "begun": at, "changed": at, "turns": made}


def test_all_are_exported_oldest_first_and_imported_once(saved: Saved, tmp_path: Path) -> None:
    ids = [kept(saved), kept(saved, "Who sank the ferry?", "And then?")]
    data = json.loads(json.dumps(saved.export()))
    assert [one["id"] for one in data["conversations"]] == ids
    assert saved.import_(data) == ids, "they are here already, just the same"
    assert len(saved.list()) == 2
    other = Saved(tmp_path / "other")
    assert other.import_(data) == ids
    assert [one.id for one in other.list()] == ids[::-1]
    assert other.turns(ids[1]) == saved.turns(ids[1])
    assert [one.id for one in other.list("ferry")] == [ids[1]]


def test_another_conversation_with_the_same_id_becomes_one_of_its_own(saved: Saved) -> None:
    id = kept(saved)
    data = saved.export()
    saved.rename(id, "Mine")
    (new,) = saved.import_(data)
    assert new != id
    assert {one.title for one in saved.list()} == {"Mine", "What was raised?"}
    (mine,), (theirs,) = saved.turns(id), saved.turns(new)
    assert mine.id != theirs.id
    assert mine.answer == theirs.answer


def test_ids_of_a_file_that_are_not_ours_are_replaced(saved: Saved) -> None:
    strange = exported("A", [turn()]) | {"id": '"><script>'}
    strange["turns"][0]["id"] = "../../x"
    (id,) = saved.import_({"format": FORMAT, "version": 1, "conversations": [strange]})
    assert len(id) == 32
    assert len(saved.turns(id)[0].id) == 32


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "this file is no JSON object"),
        ({}, "no export of conversations"),
        ({"format": FORMAT}, 'it has no "version"'),
        ({"format": FORMAT, "version": 2}, "written by a newer Footnote"),
        (
            {"format": FORMAT, "version": 1, "conversations": [{"title": "x"}]},
            'conversation 1: it has no "begun"',
        ),
        (
            {"format": FORMAT, "version": 1, "conversations": [exported("x", []) | {"turns": [{"id": "1"}]}]},
            'conversation 1, turn 1: it has no "question"',
        ),
    ],
)
def test_a_broken_file_is_refused_whole(saved: Saved, data: object, message: str) -> None:
    if isinstance(data, dict) and data.get("conversations"):
        data["conversations"].insert(0, exported("good", [turn()]))
        message = message.replace("conversation 1", "conversation 2")
    with pytest.raises(UsageError, match=message):
        saved.import_(data)
    assert saved.list() == []


# --- reports -----------------------------------------------------------------------------------------


def test_answers_are_collected_ordered_headed_and_removed(saved: Saved) -> None:
    report = saved.new_report(" My\nreport ")
    made = [turn(f"{n}?") for n in range(4)]
    entries = [saved.add_entry(report, one) for one in made]
    assert saved.add_entry(report, made[0]) == entries[0], "twice is once"
    title, found = saved.report(report)
    assert title == "My report"
    assert [one.id for one in found] == entries
    assert [one.heading for one in found] == ["0?", "1?", "2?", "3?"]
    assert (found[0].answer, found[0].asked_at) == (made[0].answer, NOON)
    saved.move(entries[3], 0)
    saved.move(entries[0], 99)
    saved.move(entries[2], 1)
    assert [one.heading for one in saved.report(report)[1]] == ["3?", "2?", "1?", "0?"]
    saved.set_heading(entries[2], "The second")
    saved.remove_entry(entries[3])
    assert [one.heading for one in saved.report(report)[1]] == ["The second", "1?", "0?"]
    saved.add_entry(report, made[3], "Last")
    assert [one.heading for one in saved.report(report)[1]][-1] == "Last"
    saved.rename_report(report, "Yours")
    (listed,) = saved.reports()
    assert (listed.id, listed.title, listed.entries) == (report, "Yours", 4)
    saved.delete_report(report)
    assert saved.reports() == []


def test_a_turn_without_an_answer_is_not_collected(saved: Saved) -> None:
    report = saved.new_report("Mine")
    with pytest.raises(UsageError, match="no answer"):
        saved.add_entry(report, KeptTurn(new_id(), "Who?", NOON, note="Stopped."))


def test_the_heading_is_the_question_as_it_was_understood(saved: Saved) -> None:
    meant = KeptTurn(new_id(), "And then?", NOON, answered("What was raised then?"))
    report = saved.new_report("Mine")
    saved.add_entry(report, meant)
    assert saved.report(report)[1][0].heading == "What was raised then?"


# --- versions and damage -----------------------------------------------------------------------------


@pytest.mark.parametrize("version", range(len(MIGRATIONS)))
def test_a_file_of_each_earlier_version_is_brought_up_to_date(tmp_path: Path, version: int) -> None:
    old = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    for script in MIGRATIONS[:version]:
        for statement in statements(script):
            old.execute(statement)
    old.execute(f"PRAGMA user_version = {version}")
    one = turn()
    if version:
        at = "2022-05-06T12:00:00.000000+00:00"
        old.execute("INSERT INTO conversations VALUES (7, ?, 'Old', ?, ?)", ("a" * 32, at, at))
        values = ("b" * 32, "a" * 32, json.dumps(turn_to_json(one) | {"id": "b" * 32}))
        old.execute("INSERT INTO turns VALUES (9, ?, ?, ?)", values)
        old.execute("INSERT INTO words(rowid, text) VALUES (9, 'raised')")
    old.close()
    saved = Saved(tmp_path)
    if version:
        assert [(one.title, one.turns) for one in saved.list("raised")] == [("Old", 1)]
        assert saved.turns("a" * 32)[0].answer == one.answer
    kept(saved, "New?")
    report = saved.new_report("R")
    saved.add_entry(report, one)
    assert saved.report(report)[1][0].answer == one.answer
    with sqlite3.connect(saved.file) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    db.close()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = Saved(tmp_path)
    id = kept(saved)
    more = (*MIGRATIONS, "CREATE TABLE extra(a); INSERT INTO nowhere VALUES (1);")
    monkeypatch.setattr("assistant.keeping.saved_file.MIGRATIONS", more)
    with pytest.raises(LibraryError, match="nowhere"):
        saved.list()
    monkeypatch.undo()
    assert saved.kept(id).turns == 1


def test_a_file_of_a_newer_footnote_is_left_alone(saved: Saved) -> None:
    kept(saved)
    with sqlite3.connect(saved.file) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    db.close()
    for call in (saved.list, saved.export, lambda: saved.add(saved.begin(), turn())):
        with pytest.raises(LibraryError, match=r"written by a newer Footnote .* update Footnote"):
            call()


def test_a_damaged_file_says_what_to_do(saved: Saved) -> None:
    kept(saved)
    saved.file.write_bytes(b"not a database " * 200)
    for call in (saved.list, lambda: saved.add(saved.begin(), turn())):
        with pytest.raises(LibraryError, match=r"is damaged .* move it away to begin anew"):
            call()


def test_a_damaged_turn_is_told_and_can_be_deleted(saved: Saved) -> None:
    id = kept(saved)
    with sqlite3.connect(saved.file) as db:
        db.execute("UPDATE turns SET turn = '{'")
    db.close()
    with pytest.raises(LibraryError, match="can't be read"):
        saved.turns(id)
    saved.delete(id)
    assert saved.list() == []


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(LibraryError, match="can't be used"):
        Saved(tmp_path / "file" / "library").add("x", turn())


# --- at once -----------------------------------------------------------------------------------------


def test_threads_write_to_a_new_file_at_once(tmp_path: Path) -> None:
    threads = [threading.Thread(target=write, args=(tmp_path, 5)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Saved(tmp_path).list()) == 30


def test_processes_write_to_a_new_file_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=write, args=(tmp_path, 5)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert len(Saved(tmp_path).list()) == 15


def write(folder: Path, number: int) -> None:
    saved = Saved(folder)
    for n in range(number):
        saved.add(saved.begin(), turn(f"{n}?"))
