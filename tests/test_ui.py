"""The chat's events, on a real library; only the model's words are scripted."""

import gc
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import gradio as gr
import pytest
from starlette.testclient import TestClient

from assistant.answer import Assistant
from assistant.llm.talk import Message
from assistant.page import web
from assistant.page.build import build
from assistant.page.chat import UNKNOWN, Chat
from assistant.page.conversation import MAX_CONVERSATIONS, MAX_TURNS, Conversation, Conversations
from assistant.page.ui import with_looks
from assistant.rendering import render
from assistant.settings import Settings
from index.errors import Cancelled, ModelError, UsageError
from index.filter import Filter
from index.library import Library

VOTE = "The council voted on Tuesday to raise the Kolvard dike by 70 centimeters."
QUESTION = "When did the council vote on the Kolvard dike?"
ARTICLES = {
    "dike.txt": f" date 2022-03-09 \n\n\n\n{VOTE} Work begins in May.\n\nThe cost is 3.4 million.",
    "ferry.txt": " date 2022-04-21 \n\n\n\nThe ferry carried 48,200 passengers in the winter.",
}
TAB = gr.Request(session_hash="tab")


class ScriptedModel:
    """A `ChatModel` that says what it was given; `hold` keeps it from saying the next word."""

    context_tokens = 4096

    def __init__(self, words: Sequence[str] = (), error: Exception | None = None) -> None:
        self.words = words
        self.error = error
        self.hold = threading.Event()
        self.hold.set()

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(len(message.text.split()) for message in messages)

    def stream(
        self, messages: Sequence[Message], max_tokens: int, stop: threading.Event | None = None
    ) -> Iterator[str]:
        if self.error:
            raise self.error
        for word in self.words:
            while not self.hold.wait(0.01):
                if stop and stop.is_set():
                    raise Cancelled("stopped")
            yield word


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    articles = tmp_path_factory.mktemp("articles")
    for name, text in ARTICLES.items():
        (articles / name).write_text(text, encoding="utf-8")
    library = tmp_path_factory.mktemp("library")
    Library(library).add([articles])
    return library


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel(("The council ", "voted on Tuesday ", "[1]."))


@pytest.fixture
def chat(folder: Path, model: ScriptedModel) -> Chat:
    return Chat(Assistant(Settings(library=folder), model))


def answer(chat: Chat, question: str = QUESTION) -> str:
    """Ask, and return the turn as it is drawn last."""
    chat.ask(question, Filter(), TAB)
    return str(list(chat.answer(TAB))[-1][0])


def click(chat: Chat, key: str, tab: gr.Request = TAB) -> str:
    return chat.show(gr.EventData(None, {"key": key}), tab)


def in_thread(chat: Chat) -> tuple[threading.Thread, list[str]]:
    """Answer in the background, as gradio does; the list fills with what is drawn."""
    drawn: list[str] = []
    thread = threading.Thread(target=lambda: drawn.extend(str(d[0]) for d in chat.answer(TAB)))
    thread.start()
    return thread, drawn


# --- answering -------------------------------------------------------------------------------------


def test_the_quotes_are_drawn_first_then_the_draft_then_the_checked_answer(chat: Chat) -> None:
    _, now, _ = chat.ask(QUESTION, Filter(), TAB)
    assert "Searching" in now
    searching, *drawn = [str(turn) for turn, _ in chat.answer(TAB)]
    assert "Reading" in searching
    assert VOTE not in searching
    assert VOTE in drawn[0]
    assert 'class="draft"' not in drawn[0]
    assert 'class="draft"' in drawn[1]
    assert 'href="#cite-a1-1"' in drawn[-1]
    assert 'aria-busy="false"' in drawn[-1]


def test_a_footnote_opens_its_article_with_the_quote_marked(chat: Chat) -> None:
    answer(chat)
    panel = click(chat, "a1-1")
    assert f'<mark tabindex="-1">{VOTE}</mark> Work begins in May.\n\nThe cost' in panel
    assert "9 March 2022" in panel


def test_footnotes_open_while_the_answer_is_being_written(chat: Chat, model: ScriptedModel) -> None:
    model.hold.clear()
    chat.ask(QUESTION, Filter(), TAB)
    running = chat.answer(TAB)
    assert any(VOTE in str(turn) for turn, _ in running)
    assert f"{VOTE}</mark>" in click(chat, "a1-e1")
    assert "<mark" in click(chat, "a1-p1")
    model.hold.set()
    list(running)


def test_an_unanswerable_question_says_so_and_offers_the_nearest_quotes(chat: Chat) -> None:
    html = answer(chat, "Who won the football match in Peru in winter?")
    assert "The articles do not say." in html
    assert render.NEAR in html
    assert ARTICLES["ferry.txt"].strip().split("\n")[-1] in html, "the sentence with the question's words"
    assert "alert" not in html
    panel = click(chat, "a1-e1")
    assert "</mark>" in panel


FOLLOW_UP = "When does it begin?"
MEANT = "When does the work on the Kolvard dike begin?"


def test_a_follow_up_shows_how_it_was_understood(chat: Chat) -> None:
    answer(chat, "How long will the work on the Kolvard dike take?")
    html = answer(chat, FOLLOW_UP)
    assert f'Understood as: <span class="meant">{MEANT}</span>' in html
    assert 'class="edit"' in html
    assert f"{MEANT}</textarea>" in html


def test_how_it_was_understood_is_on_the_page_before_the_answer(chat: Chat) -> None:
    answer(chat, "How long will the work on the Kolvard dike take?")
    chat.ask(FOLLOW_UP, Filter(), TAB)
    first = str(next(chat.answer(TAB))[0])
    assert MEANT in first
    assert 'class="edit"' not in first, "to be edited once it is done"


def test_a_reworded_question_is_asked_as_it_stands(chat: Chat) -> None:
    """No pronoun in it is replaced, and the next follow-up can refer to it."""
    answer(chat, "How long will the work on the Kolvard dike take?")
    _, now, _ = chat.ask_reworded(Filter(), gr.EventData(None, {"question": FOLLOW_UP}), TAB)
    assert 'id="turn-a2"' in now
    html = str(list(chat.answer(TAB))[-1][0])
    assert "Understood as" not in html
    history = chat.conversations.of("tab").history()
    assert [turn.standalone_question for turn in history][1:] == [FOLLOW_UP]


def test_earlier_turns_stay_and_are_the_history_of_the_next_one(chat: Chat) -> None:
    answer(chat)
    earlier, now, _ = chat.ask("How many passengers did the ferry carry?", Filter(), TAB)
    assert QUESTION in earlier
    assert 'id="turn-a2"' in now
    history = chat.conversations.of("tab").history()
    assert [turn.question for turn in history] == [QUESTION]


@pytest.mark.parametrize("question", ["", "  \n"])
def test_a_blank_question_changes_nothing(chat: Chat, question: str) -> None:
    assert chat.ask(question, Filter(), TAB) == (gr.skip(), gr.skip(), gr.skip())
    assert list(chat.answer(TAB)) == [(gr.skip(), gr.skip())]


def test_a_second_question_in_the_same_tab_waits_in_the_box(chat: Chat) -> None:
    chat.ask(QUESTION, Filter(), TAB)
    assert chat.ask("And then?", Filter(), TAB) == (gr.skip(), gr.skip(), gr.skip())
    assert len(chat.conversations.of("tab").turns) == 1


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (ScriptedModel(), "400 characters"),
        (ScriptedModel(error=ModelError("the model broke; ask again")), "The model broke; ask again"),
    ],
)
def test_an_error_is_one_line_in_the_chat(folder: Path, model: ScriptedModel, message: str) -> None:
    chars = 4000 if model.error else 100
    chat = Chat(Assistant(Settings(library=folder, question_chars=chars), model))
    html = answer(chat, QUESTION if model.error else "long" * 100)
    assert 'role="alert"' in html
    assert message in html
    assert (VOTE in html) == bool(model.error), "quotes that were found stand"


def test_a_fault_of_our_own_is_one_line_too_and_is_logged(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    chat = Chat(Assistant(Settings(library=folder), ScriptedModel(error=ZeroDivisionError("x"))))
    html = answer(chat)
    assert "Footnote itself failed (ZeroDivisionError)" in html
    assert VOTE in html, "the quotes stand"
    assert "could not be answered" in caplog.text
    assert 'id="turn-a2"' in chat.ask("again?", Filter(), TAB)[1], "the next question can be asked"


def limit(chat: Chat, **told: object) -> tuple[Filter, str]:
    return chat.limit(gr.EventData(None, {"first": "", "last": "", "sources": []} | told))


def test_days_beside_the_question_limit_what_is_asked(chat: Chat) -> None:
    april, trouble = limit(chat, first="2022-04-01", last="2022-04-30")
    assert trouble == ""
    chat.ask(QUESTION, april, TAB)
    html = str(list(chat.answer(TAB))[-1][0])
    assert "April 2022" in html
    assert VOTE not in html
    again = chat.ask_unfiltered(gr.EventData(None, {"turn": "a1", "drop": "all"}), TAB)
    assert 'id="turn-a2"' in again[1]
    assert VOTE in str(list(chat.answer(TAB))[-1][0])


def test_days_the_wrong_way_round_are_told_and_limit_nothing(chat: Chat) -> None:
    wrong, trouble = limit(chat, first="2022-04-30", last="2022-04-01")
    assert not wrong
    assert 'role="alert"' in trouble


def test_an_answer_that_is_gone_is_not_asked_again(chat: Chat) -> None:
    event = gr.EventData(None, {"turn": "a9", "drop": "all"})
    assert chat.ask_unfiltered(event, TAB) == (gr.skip(), gr.skip(), gr.skip())


# --- reading an answer ----------------------------------------------------------------------------


def test_a_question_is_asked_again_of_the_same_articles(chat: Chat) -> None:
    chat.ask(QUESTION, Filter(sources=("Nobody",)), TAB)
    assert 'class="retry" data-turn="a1"' in str(list(chat.answer(TAB))[-1][0])
    earlier, now, _ = chat.retry(gr.EventData(None, {"turn": "a1"}), TAB)
    assert 'id="turn-a1"' in earlier
    assert QUESTION in now
    list(chat.answer(TAB))
    first, second = chat.conversations.of("tab").turns
    assert (second.question, second.filter, second.as_it_stands) == (QUESTION, first.filter, True)
    assert chat.retry(gr.EventData(None, {"turn": "a9"}), TAB)[0] == gr.skip()


def test_a_thumb_is_kept_and_drawn_again(chat: Chat) -> None:
    answer(chat)
    told = {"turn": "a1", "thumb": "down", "reason": "wrong", "note": "<b>"}
    assert chat.vote(gr.EventData(None, told), TAB) == ""
    conversation = chat.conversations.of("tab")
    again = chat.conversations.open("other", conversation.id)
    assert again
    for shown in (conversation, again):
        assert "&lt;b&gt;</textarea>" in shown.turns[0].html()
    assert chat.vote(gr.EventData(None, told | {"thumb": ""}), TAB) == ""
    assert chat.conversations.of("tab").turns[0].vote is None
    for wrong in ({"turn": "a9"}, {"reason": "<script>"}):
        assert 'role="alert"' in chat.vote(gr.EventData(None, told | wrong), TAB)


def test_one_goes_from_quote_to_quote_and_all_of_them_are_marked(chat: Chat) -> None:
    answer(chat)
    (turn,) = chat.conversations.of("tab").turns
    assert turn.answer
    dike = chat.assistant.library.live.article(turn.answer.citations[0].source.article)
    start = dike.text.index("Work begins")
    words = {"quote": "Work begins", "start": start, "end": start + len("Work begins"), "permalink": ""}
    more = replace(turn.answer.citations[0], n=2, **words)
    turn.answer = replace(turn.answer, citations=(*turn.answer.citations[:1], more))
    first, second = click(chat, "a1-1"), click(chat, "a1-2")
    assert f'<mark tabindex="-1">{VOTE}</mark> <mark class="other">Work begins</mark> in May.' in first
    assert f'<mark class="other">{VOTE}</mark> <mark tabindex="-1">Work begins</mark> in May.' in second
    assert "<span>quote 1 of 2</span>" in first
    assert 'rel="next" href="#cite-a1-2"' in first
    assert 'rel="prev" href="#cite-a1-1"' in second
    assert 'rel="next"' not in second


# --- stopping --------------------------------------------------------------------------------------


def test_stop_while_it_waits_for_the_model_ends_the_turn_at_once(chat: Chat) -> None:
    chat.ask(QUESTION, Filter(), TAB)
    turn, _ = chat.stop(TAB)
    assert "Stopped" in turn
    assert list(chat.answer(TAB)) == [(gr.skip(), gr.skip())]


def test_stop_while_the_model_writes_keeps_the_quotes(chat: Chat, model: ScriptedModel) -> None:
    model.hold.clear()
    chat.ask(QUESTION, Filter(), TAB)
    thread, drawn = in_thread(chat)
    while not drawn:
        thread.join(0.01)
    assert chat.stop(TAB) == (gr.skip(), gr.skip()), "drawn by the running answer"
    thread.join(10)
    assert "Stopped" in drawn[-1]
    assert VOTE in drawn[-1]


def test_stop_without_a_question_does_nothing(chat: Chat) -> None:
    assert chat.stop(TAB) == (gr.skip(), gr.skip())


def test_a_closed_tab_has_its_answer_written_to_the_end_and_kept(chat: Chat, model: ScriptedModel) -> None:
    """Gradio closes the generator; the page that is opened next follows."""
    model.hold.clear()
    chat.ask(QUESTION, Filter(), TAB)
    conversation = chat.conversations.of("tab")
    turn = conversation.open_turn
    assert turn
    running = chat.answer(TAB)
    next(running)
    chat.forget(TAB)
    del running
    gc.collect()
    assert turn.running
    again = gr.Request(session_hash="again", query_params={"c": conversation.id})
    earlier, now, *_ = chat.load(again)
    assert conversation.id in earlier
    assert 'aria-busy="true"' in now
    following = chat.follow(again)
    assert 'aria-busy="true"' in str(next(following)[0])
    model.hold.set()
    assert 'aria-busy="false"' in str(list(following)[-1][0])
    assert chat.saved
    (kept,) = chat.saved.turns(conversation.id)
    assert (kept.id, kept.answer) == (turn.key, turn.answer)
    assert kept.answer


def test_a_new_conversation_is_not_drawn_over_by_the_old_one(chat: Chat, model: ScriptedModel) -> None:
    model.hold.clear()
    chat.ask(QUESTION, Filter(), TAB)
    thread, drawn = in_thread(chat)
    while not drawn:
        thread.join(0.01)
    before = len(drawn)
    left = chat.conversations.of("tab").id
    earlier, now, _, contents = chat.restart(TAB)
    model.hold.set()
    thread.join(10)
    assert drawn[before:] == [str(gr.skip())] * len(drawn[before:])
    assert chat.saved
    assert chat.saved.turns(left)[0].answer, "it was answered all the same"
    assert earlier == ""
    assert "Ask 2 articles from 9 March 2022 to 21 April 2022." in now
    assert "dike.txt" in contents


# --- links -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["a1-99", "a9-1", "", "a1-", "a1-e0", "article-nope", "-", "a1-x2"])
def test_an_unknown_link_gets_a_plain_word(chat: Chat, key: str) -> None:
    answer(chat)
    assert UNKNOWN in click(chat, key)


def test_quotes_of_one_tab_are_not_known_in_another(chat: Chat) -> None:
    answer(chat)
    assert UNKNOWN in click(chat, "a1-1", gr.Request(session_hash="other"))


def test_every_article_of_the_contents_opens(chat: Chat) -> None:
    for article in chat.assistant.library.live.articles():
        key = f"article-{article.id}"
        assert f"#cite-{key}" in chat.contents()
        assert f'data-key="{key}"' in click(chat, key)


def test_a_quote_of_an_article_that_left_the_library_is_still_shown(tmp_path: Path) -> None:
    file = tmp_path / "dike.txt"
    file.write_text(ARTICLES["dike.txt"], encoding="utf-8")
    chat = Chat(Assistant(Settings(library=tmp_path / "library", use_model=False)))
    chat.assistant.library.add([file])
    answer(chat)
    before = click(chat, "a1-1")
    file.write_text(ARTICLES["dike.txt"].replace("Tuesday", "Monday"), encoding="utf-8")
    chat.assistant.library.add([file])
    after = click(chat, "a1-1")
    assert f"{VOTE}</mark>" in before
    assert f"{VOTE}</mark>" in after
    assert "Edited since." in after and '<a href="#cite-article-' in after
    (link,) = re.findall(r"#cite-quote-([^\"]+)", before)
    for n in range(4):  # until no generation holds the first version
        file.write_text(f"{ARTICLES['dike.txt']} It was said {n} times.", encoding="utf-8")
        chat.assistant.library.add([file])
    assert f"{VOTE}</mark>" in click(chat, "a1-1")
    assert f"{VOTE}</mark>" in click(chat, f"quote-{link}")  # as the link opens it, in any tab
    chat.assistant.library.remove(["dike.txt"])
    assert "Removed from the library since." in click(chat, f"quote-{link}")
    assert "is no link to a quote" in click(chat, "quote-<b>x")
    assert "changed" not in before


def test_an_empty_library_is_an_invitation_and_no_failure(tmp_path: Path) -> None:
    chat = Chat(Assistant(Settings(library=tmp_path / "my library")))
    for html in (chat.welcome()[0], answer(chat)):
        assert "There are no articles yet." in html
        assert f"footnote add FOLDER --library &#x27;{tmp_path / 'my library'}&#x27;" in html
        assert "alert" not in html
        assert "do not say" not in html


def test_a_library_whose_articles_were_all_removed_has_no_articles_yet(tmp_path: Path) -> None:
    file = tmp_path / "dike.txt"
    file.write_text(ARTICLES["dike.txt"], encoding="utf-8")
    chat = Chat(Assistant(Settings(library=tmp_path / "library", use_model=False)))
    chat.assistant.library.add([file])
    chat.assistant.library.remove(["dike.txt"])
    for html in (chat.welcome()[0], answer(chat)):
        assert "There are no articles yet." in html
        assert "do not say" not in html


def test_a_broken_library_is_no_missing_answer(tmp_path: Path) -> None:
    """What happened, and what to do."""
    file = tmp_path / "dike.txt"
    file.write_text(ARTICLES["dike.txt"], encoding="utf-8")
    Library(tmp_path / "library").add([file])
    (tmp_path / "library" / "CURRENT").write_text("rubbish", encoding="utf-8")
    chat = Chat(Assistant(Settings(library=tmp_path / "library", use_model=False)))
    for html in (chat.welcome()[0], answer(chat)):
        assert 'role="alert"' in html
        assert "The library can’t be searched." in html
        assert "footnote doctor" in html
        assert "do not say" not in html
        assert "no articles" not in html


def test_a_model_that_failed_is_no_missing_answer(folder: Path) -> None:
    broken = ScriptedModel(error=ModelError("the model broke; ask again"))
    html = answer(Chat(Assistant(Settings(library=folder), broken)))
    assert "The language model failed." in html
    assert "The model broke; ask again" in html
    assert f">{VOTE}<" in html, "the quotes that were found"
    assert "do not say" not in html


def test_coming_back_to_the_chat_shows_what_the_library_holds_now(tmp_path: Path) -> None:
    """The empty chat, the contents, the menus; not over an answer or an open article."""
    chat = Chat(Assistant(Settings(library=tmp_path / "library", use_model=False)))
    for name, text in ARTICLES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        chat.assistant.library.add([tmp_path / name])
    welcome, contents, limits = chat.back(gr.EventData(None, {"open": False}), TAB)
    assert "Ask 2 articles" in welcome
    assert "ferry.txt" in contents
    assert 'min="2022-03-09" max="2022-04-21"' in limits
    assert "2 articles from 9 March 2022 to 21 April 2022" in limits
    chat.ask(QUESTION, Filter(), TAB)
    assert chat.back(gr.EventData(None, {"open": True}), TAB)[:2] == (gr.skip(), gr.skip())


# --- conversations ---------------------------------------------------------------------------------


def test_memory_is_bounded() -> None:
    conversations = Conversations()
    first = conversations.of("0")
    for n in range(MAX_CONVERSATIONS):
        conversations.of(str(n + 1))
    assert conversations.of("0") is not first
    conversation = Conversation()
    for n in range(MAX_TURNS + 5):
        conversation.ask(f"{n}?")
        conversation.stop()
    assert len(conversation.turns) == MAX_TURNS
    assert conversation.turns[-1].question == f"{MAX_TURNS + 4}?"
    assert len({turn.id for turn in conversation.turns}) == MAX_TURNS


# --- the server ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client(folder: Path) -> TestClient:
    app = with_looks(build(Assistant(Settings(library=folder), ScriptedModel())))
    return TestClient(web.Guard(app, "127.0.0.1"), base_url="http://127.0.0.1:7860")


def test_the_page_comes_with_a_policy_that_keeps_everything_here(client: TestClient) -> None:
    response = client.get("/")
    assert response.status_code == 200
    policy = response.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy, "no other host is allowed"


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:7860", 200), ("[::1]:7860", 200), ("evil.example", 400), ("a@evil.example", 400)],
)
def test_other_host_names_are_refused(client: TestClient, host: str, status: int) -> None:
    assert client.get("/config", headers={"host": host}).status_code == status


def test_nothing_of_the_library_is_served_as_a_file_and_monitoring_is_off(
    client: TestClient, folder: Path
) -> None:
    assert client.get(f"/gradio_api/file={folder / 'CURRENT'}").status_code == 403
    assert client.get(f"/gradio_api/file={folder / 'uploads' / 'a.txt'}").status_code == 403
    assert "live" not in client.get("/monitoring").text


def test_no_event_lets_gradio_draw_its_progress(seed_library: Library):
    """An unseen clock in each output is drawn 60 times a second, and slows the answer that it waits for."""
    page = build(Assistant(Settings(library=seed_library.folder), ScriptedModel()))
    drawing = [event for event in page.config["dependencies"] if event["outputs"]]
    assert drawing
    assert all(event["show_progress_on"] == [] for event in drawing)


def test_a_taken_port_is_one_line_that_names_the_option() -> None:
    with web.listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"^port {port} is taken; choose .* --port$"):
            web.listen("127.0.0.1", port)


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70000), ("no.such.host.invalid", 80)])
def test_an_impossible_address_is_a_usage_error(host: str, port: int) -> None:
    with pytest.raises(UsageError):
        web.listen(host, port)
