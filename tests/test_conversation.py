"""A conversation outlives the tab it was begun in, the program, and a file that can't be read."""

import asyncio
import json
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from starlette.testclient import TestClient

from assistant.answer import Assistant
from assistant.keeping.cited import keep_cited
from assistant.keeping.kept import KeptTurn
from assistant.keeping.saved import Saved
from assistant.page import web
from assistant.page.build import build
from assistant.page.chat import MAX_ANSWERING, NOT_HERE, Chat
from assistant.page.conversation import MAX_TURNS, Conversation, Conversations
from assistant.page.history import History
from assistant.page.history_files import HistoryFiles, _taken
from assistant.page.turn import INTERRUPTED, Turn
from assistant.page.ui import with_looks
from assistant.settings import Settings
from assistant.values import Answer
from index.filter import Filter
from index.library import Library
from tests.test_saved import NOON, turn
from tests.test_ui import ARTICLES, QUESTION, TAB, VOTE, ScriptedModel, answer, click

FERRY = "How many passengers did the ferry carry?"
HOSTILE = '<img src=x onerror="alert(1)"> </a></nav>'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "articles").mkdir()
    for name, text in ARTICLES.items():
        (tmp_path / "articles" / name).write_text(text, encoding="utf-8")
    Library(tmp_path / "library").add([tmp_path / "articles"])
    return tmp_path / "library"


@pytest.fixture
def chat(folder: Path) -> Chat:
    return started(folder)


def started(folder: Path, model: ScriptedModel | None = None, *, editable: bool = True) -> Chat:
    """The program, started anew."""
    settings = Settings(library=folder, use_model=model is not None)
    return Chat(Assistant(settings, model), editable=editable)


def tab(name: str, conversation: str = "") -> gr.Request:
    """A page whose address names a conversation."""
    return gr.Request(session_hash=name, query_params={"c": conversation} if conversation else {})


def drawn(chat: Chat, request: gr.Request) -> str:
    """All turns that a page opens with."""
    earlier, now, *_ = chat.load(request)
    return f"{earlier}{now}"


# --- loaded again ------------------------------------------------------------------------------------


def test_a_page_loaded_again_shows_all_that_was_there(folder: Path) -> None:
    """Also after the program was started anew; what is behind the footnotes, too."""
    chat = started(folder)
    before = [answer(chat), answer(chat, FERRY), answer(chat, "Who won the football match in Peru?")]
    id = chat.conversations.of("tab").id
    panels = [click(chat, key) for key in ("a1-1", "a2-1", "a3-e1", "a1-p1")]
    for again in (chat, started(folder)):
        page = tab("again", id)
        html = drawn(again, page)
        assert all(turn in html for turn in before)
        assert f'data-talk="{id}"' in html
        assert [click(again, key, page) for key in ("a1-1", "a2-1", "a3-e1", "a1-p1")] == panels
    assert 'id="turn-a4"' in again.ask(QUESTION, Filter(), page)[1]


def test_a_follow_up_goes_by_what_was_said_before_the_new_start(folder: Path) -> None:
    chat = started(folder)
    answer(chat, "How long will the work on the Kolvard dike take?")
    again, page = started(folder), tab("again", chat.conversations.of("tab").id)
    again.load(page)
    again.ask("When does it begin?", Filter(), page)
    html = str(list(again.answer(page))[-1][0])
    assert "When does the work on the Kolvard dike begin?" in html


def test_a_tab_that_was_open_while_the_program_started_anew_goes_on(folder: Path) -> None:
    chat = started(folder)
    answer(chat)
    page = tab("tab", chat.conversations.of("tab").id)
    again = started(folder)
    earlier, now, _ = again.ask(FERRY, Filter(), page)
    assert VOTE in earlier
    assert 'id="turn-a2"' in now


def test_a_question_that_was_cut_off_says_so_and_the_next_can_be_asked(folder: Path) -> None:
    chat = started(folder)
    chat.ask(QUESTION, Filter(), TAB)
    page = tab("again", chat.conversations.of("tab").id)
    again = started(folder)
    html = drawn(again, page)
    assert QUESTION in html
    assert INTERRUPTED in html
    assert 'id="turn-a2"' in again.ask(FERRY, Filter(), page)[1]


def test_what_was_said_instead_of_an_answer_is_kept_with_the_quotes(folder: Path) -> None:
    model = ScriptedModel(("The council ",))
    model.hold.clear()
    chat = started(folder, model)
    chat.ask(QUESTION, Filter(), TAB)
    running = chat.answer(TAB)
    next(running)
    chat.stop(TAB)
    list(running)
    html = drawn(started(folder), tab("again", chat.conversations.of("tab").id))
    assert "Stopped before the answer was checked" in html
    assert VOTE in html


def test_how_a_question_was_asked_is_kept(folder: Path) -> None:
    chat = started(folder)
    april = Filter.from_json({"first": "2022-04-01", "last": "2022-04-30"})
    chat.ask(QUESTION, april, TAB)
    list(chat.answer(TAB))
    again = started(folder)
    page = tab("again", chat.conversations.of("tab").id)
    assert "April 2022" in drawn(again, page)
    assert again.conversations.of("again").turns[0].filter == april
    again.ask_unfiltered(gr.EventData(None, {"turn": "a1", "drop": "all"}), page)
    assert VOTE in str(list(again.answer(page))[-1][0])


@pytest.mark.parametrize("id", ["f" * 32, "../../x", "<b>", "a1"])
def test_an_address_that_names_no_conversation_is_told(chat: Chat, id: str) -> None:
    html = drawn(chat, tab("tab", id))
    assert NOT_HERE in html
    assert "Ask 2 articles" in html
    assert 'data-talk=""' in html, "so that the address is put right"
    assert "<b>" not in html


def test_a_long_conversation_shows_its_last_turns(folder: Path) -> None:
    saved = Saved(folder)
    id = saved.begin()
    kept = [KeptTurn(f"{n:032x}", f"{n}?", NOON, note="Stopped.") for n in range(MAX_TURNS + 5)]
    conversation = Conversation.of(id, kept, saved)
    assert [len(conversation.turns), conversation.turns[0].id, conversation.asked] == [
        MAX_TURNS,
        "a6",
        MAX_TURNS + 5,
    ]
    conversation.ask("Next?")
    assert conversation.turns[-1].id == f"a{MAX_TURNS + 6}"


# --- several tabs ------------------------------------------------------------------------------------


def test_two_tabs_share_a_conversation(chat: Chat) -> None:
    answer(chat)
    other = tab("other", chat.conversations.of("tab").id)
    assert VOTE in drawn(chat, other)
    chat.ask(FERRY, Filter(), other)
    list(chat.answer(other))
    earlier, _, _ = chat.ask("And then?", Filter(), TAB)
    assert VOTE in earlier
    assert FERRY in earlier


def test_a_page_that_opens_on_a_waiting_question_has_it_answered(folder: Path) -> None:
    """The tab that asked it was closed before it was its turn."""
    chat = started(folder, ScriptedModel(("The council ", "voted [1].")))
    chat.ask(QUESTION, Filter(), TAB)
    page = tab("other", chat.conversations.of("tab").id)
    chat.forget(TAB)
    opened = drawn(chat, page)
    assert 'aria-busy="true"' in opened
    assert "data-go-on" in opened, "ui.js asks for it to be gone on with"
    assert VOTE in str(list(chat.go_on(page))[-1][0])
    assert 'aria-busy="false"' in str(list(chat.go_on(page))[-1][0]), "answered meanwhile: drawn once more"
    assert "data-go-on" not in drawn(chat, page)


def test_opening_another_conversation_leaves_the_answer_to_be_finished(folder: Path) -> None:
    model = ScriptedModel(("The council ", "voted [1]."))
    chat = started(folder, model)
    answer(chat, FERRY)
    first = chat.conversations.of("tab").id
    chat.restart(TAB)
    model.hold.clear()
    chat.ask(QUESTION, Filter(), TAB)
    second = chat.conversations.of("tab").id
    running = chat.answer(TAB)
    next(running)
    earlier, now, _ = chat.open(gr.EventData(None, {"id": first}), TAB)
    assert FERRY in f"{earlier}{now}"
    model.hold.set()
    assert all(frame == (gr.skip(), gr.skip()) for frame in running), "nothing is drawn over it"
    assert chat.saved
    assert chat.saved.turns(second)[0].answer


def test_a_question_asked_while_its_conversation_is_opened_again_stays(folder: Path) -> None:
    class Asked(Saved):
        """A file that is asked of while it is read."""

        def turns(self, conversation: str) -> list[KeptTurn]:
            found = super().turns(conversation)
            asked.ask(QUESTION)
            return found

    conversations = Conversations(Asked(folder))
    asked = conversations.of("tab")
    asked.ask(FERRY)
    asked.stop()
    opened = conversations.open("another tab", asked.id)
    assert opened is asked
    assert [turn.question for turn in opened.turns] == [FERRY, QUESTION]


def test_a_conversation_deleted_while_it_is_answered_stays_deleted(folder: Path) -> None:
    model = ScriptedModel(("The council ",))
    model.hold.clear()
    chat = started(folder, model)
    chat.ask(QUESTION, Filter(), TAB)
    running = chat.answer(TAB)
    next(running)
    chat.conversations.delete(chat.conversations.of("tab").id)
    list(running)
    assert chat.saved
    assert chat.saved.list() == []
    assert chat.conversations.of("tab").turns == []


def test_a_conversation_deleted_while_it_is_answered_keeps_no_text(folder: Path) -> None:
    """Neither is what its answer cites left behind."""
    model = ScriptedModel(("The council ", "voted [1]."))
    model.hold.clear()
    chat = started(folder, model)
    chat.ask(QUESTION, Filter(), TAB)
    id, running = chat.conversations.of("tab").id, chat.answer(TAB)
    next(running)
    (turn,) = chat.conversations.of("tab").turns
    keep_cited(chat.assistant.library, turn.key, answered_by(chat))
    assert kept_texts(folder) > 0
    chat.conversations.delete(id)
    drawn = list(running)
    assert "Stopped before" in str(drawn[-1][0]), "whoever still looks at it is told, and can ask on"
    assert kept_texts(folder) == 0


def answered_by(chat: Chat) -> Answer:
    """An answer with citations, for what would be kept of one."""
    return Assistant(Settings(library=chat.assistant.library.folder, use_model=False)).ask(QUESTION)


def kept_texts(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "cited.sqlite")) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return sum(db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables)


def test_an_answer_that_is_there_and_not_yet_kept_is_shown_by_a_page_loaded_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is on disk by then is the question alone."""
    chat = started(folder)
    seen: list[str] = []

    def looked(library: Library, key: str, answer: Answer | None) -> None:
        if answer:
            seen.append(drawn(chat, tab("again", chat.conversations.of("tab").id)))

    monkeypatch.setattr("assistant.page.turn.keep_cited", looked)
    assert VOTE in answer(chat)
    assert len(seen) == 1
    assert INTERRUPTED not in seen[0]
    assert VOTE in seen[0]
    assert chat.conversations.of("again") is chat.conversations.of("tab")
    assert VOTE in str(list(chat.resume(tab("again")))[-1][0])


def test_a_question_asked_right_after_the_answer_is_not_drawn_over(folder: Path) -> None:
    chat = started(folder)
    chat.ask(QUESTION, Filter(), TAB)
    running = chat.answer(TAB)
    assert any('aria-busy="false"' in str(frame[0]) for frame in running)
    chat.ask(FERRY, Filter(), TAB)
    assert list(running) == [(gr.skip(), gr.skip())]


def test_more_questions_than_are_answered_at_a_time_are_on_the_page_and_wait(folder: Path) -> None:
    model = ScriptedModel(("The council ", "voted [1]."))
    model.hold.clear()
    chat = started(folder, model)
    running = []
    for n in range(MAX_ANSWERING + 2):
        chat.ask(QUESTION, Filter(), tab(f"t{n}"))
        running.append(chat.answer(tab(f"t{n}")))
        frame = str(next(running[-1])[0])
        assert QUESTION in frame
    ninth = f"t{MAX_ANSWERING}"
    assert chat.saved
    assert len(chat.saved.list()) == MAX_ANSWERING + 2, "all are kept"
    assert "Searching" in str(next(running[MAX_ANSWERING])[0])
    chat.stop(tab(ninth))
    assert "Stopped before" in str(list(running[MAX_ANSWERING])[-1][0])
    model.hold.set()
    for one in running[:MAX_ANSWERING]:
        assert 'aria-busy="false"' in str(list(one)[-1][0])
    assert "href=" in str(list(running[-1])[-1][0])


def test_a_conversation_deleted_by_another_process_stays_deleted(folder: Path) -> None:
    chat = started(folder)
    chat.ask(QUESTION, Filter(), TAB)
    Saved(folder).delete(chat.conversations.of("tab").id)
    list(chat.answer(TAB))
    assert Saved(folder).list() == []


def test_threads_ask_at_once(chat: Chat) -> None:
    def one(n: int) -> None:
        page = tab(str(n))
        chat.ask(FERRY, Filter(), page)
        list(chat.answer(page))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert chat.saved
    assert [len(chat.saved.turns(one.id)) for one in chat.saved.list()] == [1] * 4
    assert all(chat.saved.turns(one.id)[0].answer for one in chat.saved.list())


# --- where nothing can be kept -----------------------------------------------------------------------


def test_the_chat_goes_on_without_a_file_that_is_damaged(folder: Path) -> None:
    (folder / "conversations.sqlite").write_bytes(b"rubbish " * 1000)
    chat = started(folder)
    assert "is damaged" in drawn(chat, TAB)
    html = answer(chat)
    assert VOTE in html
    assert "Not kept on disk" in html
    assert "move it away" in html
    assert VOTE in drawn(chat, tab("again", chat.conversations.of("tab").id)), "it is in memory"
    (folder / "conversations.sqlite").unlink()
    assert "Not kept" not in answer(chat, FERRY)
    assert chat.saved
    assert [one.question for one in chat.saved.turns(chat.conversations.of("tab").id)] == [QUESTION, FERRY]


def test_where_others_ask_nothing_is_written_and_a_reload_still_finds_it(folder: Path) -> None:
    chat = started(folder, editable=False)
    answer(chat)
    assert VOTE in drawn(chat, tab("again", chat.conversations.of("tab").id))
    assert not (folder / "conversations.sqlite").exists()
    assert 'class="recent"' not in drawn(chat, tab("new"))


def test_a_folder_without_a_library_stays_as_it_is(tmp_path: Path) -> None:
    chat = started(tmp_path / "nowhere")
    assert "There are no articles yet." in answer(chat)
    assert not (tmp_path / "nowhere").exists()


# --- the list ----------------------------------------------------------------------------------------


def test_the_list_shows_finds_renames_and_deletes(chat: Chat) -> None:
    answer(chat)
    first = chat.conversations.of("tab").id
    chat.restart(TAB)
    answer(chat, FERRY)
    history = chat.history
    assert history
    html = history.list({"open": first})
    assert html.index(FERRY) < html.index(QUESTION)
    assert html.count("1 question · today, ") == 2
    assert f'href="?c={first}" dir="auto" aria-current="page"' in html
    assert QUESTION not in history.list({"search": "ferry"})
    assert "No conversation has these words." in history.list({"search": "zzz"})
    renamed = history.act({"do": "rename", "id": first, "title": HOSTILE, "search": ""})
    assert "<img" not in renamed
    assert "&lt;img src=x onerror=" in renamed
    assert "at least one letter" in history.act({"do": "rename", "id": first, "title": " "})
    assert "is not there any more" in history.act({"do": "delete", "id": "x"})
    assert "can’t be done here" in history.act({"do": "format"})
    assert 'class="recent"' in chat.welcome()[0] or 'class="recent"' in chat.restart(TAB)[1]
    html = history.act({"do": "delete", "id": first})
    assert "&lt;img" not in html
    assert FERRY in html


def test_the_list_is_bounded_and_says_so(folder: Path) -> None:
    saved = Saved(folder)
    history = History(Conversations(saved), saved)
    assert "None yet" in history.list({})
    for n in range(3):
        saved.add(saved.begin(), turn(f"{n}?"))
    assert "Older ones" not in history.list({})
    for n in range(100):
        saved.add(saved.begin(), turn(f"{n}?"))
    assert history.list({}).count("<li ") == 100
    assert "Older ones are found by searching." in history.list({})


def test_a_kept_turn_is_the_same_turn_again() -> None:
    kept = turn()
    assert Turn.of(kept, "a7").kept() == kept
    stopped = KeptTurn("x", "Who?", NOON, note="Stopped.")
    assert Turn.of(stopped, "a8").kept() == stopped


# --- as a file ---------------------------------------------------------------------------------------


@pytest.fixture
def client(folder: Path) -> TestClient:
    assistant = Assistant(Settings(library=folder), ScriptedModel())
    files = HistoryFiles(Saved(folder), assistant.library, limit=100_000)
    app = with_looks(build(assistant), None, files)
    return TestClient(web.Guard(app, "127.0.0.1"), base_url="http://127.0.0.1:7860")


def test_conversations_are_fetched_and_sent_as_files(
    client: TestClient, folder: Path, tmp_path: Path
) -> None:
    saved = Saved(folder)
    ids = [saved.begin(), saved.begin()]
    for id in ids:
        saved.add(id, turn())
    all_ = client.get("/conversations.json")
    assert "attachment" in all_.headers["content-disposition"]
    assert all_.headers["cache-control"] == "no-store"
    assert all_.json() == json.loads(json.dumps(saved.export()))
    one = client.get("/conversations.json", params={"id": ids[1]})
    assert [each["id"] for each in one.json()["conversations"]] == [ids[1]]
    assert client.get("/conversations.json?id=x").status_code == 404
    saved.delete(ids[1])
    sent = client.post("/conversations.json", content=all_.content)
    assert sent.json() == {"ids": ids, "message": ""}
    assert saved.export()["conversations"] == all_.json()["conversations"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[" * 50_000, "no JSON"),
        (b"{}", "no export of conversations"),
        (b" " * 100_001, "over the limit of 0.1 MB"),
    ],
)
def test_a_file_that_is_no_export_is_refused(client: TestClient, content: bytes, message: str) -> None:
    told = client.post("/conversations.json", content=content).json()
    assert told["ids"] == []
    assert message in told["message"]


def test_another_page_can_send_no_conversations(client: TestClient) -> None:
    headers = {"origin": "http://evil.example"}
    assert client.post("/conversations.json", content=b"{}", headers=headers).status_code == 403
    assert client.get("/conversations.json", headers={"host": "evil.example"}).status_code == 400


def test_more_than_was_announced_is_not_taken() -> None:
    async def chunks() -> Any:
        for _ in range(10):
            yield b"x" * 10

    assert asyncio.run(_taken(chunks(), 100)) == b"x" * 100
    assert asyncio.run(_taken(chunks(), 99)) is None


def test_what_is_imported_keeps_the_texts_it_cites(folder: Path) -> None:
    chat = started(folder)
    answer(chat)
    assert chat.saved
    data = json.dumps(chat.saved.export()).encode()
    (id,) = [one.id for one in chat.saved.list()]
    cited = chat.saved.turns(id)[0].answer
    assert cited
    digest = cited.citations[0].permalink.split(".")[1]
    assert chat.assistant.library.archive.recall(digest)
    chat.conversations.delete(id)
    assert chat.assistant.library.archive.recall(digest) is None
    files = HistoryFiles(chat.saved, chat.assistant.library)
    assert files._kept(data) == {"ids": [id], "message": ""}
    assert chat.assistant.library.archive.recall(digest)
