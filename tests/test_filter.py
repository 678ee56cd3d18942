"""Only articles of some days and outlets: exactly the best of those, and what the reader is told of it."""

import datetime as dt
import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer import NOT_FOUND, Assistant
from assistant.asking.period import counted, period_of
from assistant.cli import main
from assistant.page.conversation import Conversation
from assistant.rendering import render
from assistant.rendering.scope_html import scope_html
from assistant.settings import Settings
from assistant.values import Answer, Scope
from index.errors import UsageError
from index.filter import EVERYTHING, Catalogue, Filter, days_label
from index.keywords import Keywords
from index.library import Library
from index.text import short_hash
from index.vectors import Vectors

NEWEST = dt.date(2022, 9, 20)  # a Tuesday, and the newest article of the samples
JUNE = Filter(dt.date(2022, 6, 1), dt.date(2022, 6, 30))
days = st.dates(dt.date(2020, 1, 1), dt.date(2024, 12, 31))
outlets = st.sampled_from(["AP", "Reuters", "Quarrow Post"])
filters = st.builds(
    Filter,
    st.none() | days,
    st.none() | days,
    st.lists(outlets, unique=True, max_size=2).map(tuple),
    st.booleans(),
)


@pytest.fixture(scope="module")
def assistant(seed_library: Library) -> Assistant:
    """Over the sample articles, quotes only."""
    made = Assistant(Settings(library=seed_library.folder, use_model=False))
    made.library = seed_library
    return made


def dates(answer: Answer) -> set[dt.date | None]:
    return {c.source.date for c in answer.citations} | {p.source.date for p in answer.passages}


# --- the value ------------------------------------------------------------------------------------


@given(filters, filters, st.none() | days, st.none() | outlets)
def test_two_filters_in_one_allow_what_both_allow(
    a: Filter, b: Filter, day: dt.date | None, source: str | None
):
    assert (a & b).allows(day, source) == (a.allows(day, source) and b.allows(day, source))


@given(filters)
def test_a_filter_comes_back_from_json(wanted: Filter):
    if wanted.first and wanted.last and wanted.first > wanted.last:
        with pytest.raises(UsageError, match="the first day is after the last one"):
            Filter.from_json(wanted.as_json())
    else:
        assert Filter.from_json(json.loads(json.dumps(wanted.as_json()))) == wanted


@given(filters)
def test_every_filter_but_the_empty_one_has_a_label(wanted: Filter):
    assert bool(wanted) == bool(wanted.label)
    assert bool(wanted) == (wanted != Filter(undated=wanted.undated))


@pytest.mark.parametrize(
    "data",
    [{"first": "6 May"}, {"last": "2022-02-30"}, {"sources": "AP"}, {"sources": [1]}, {"first": 7}],
)
def test_what_is_no_filter_is_refused(data: dict[str, object]):
    with pytest.raises(UsageError):
        Filter.from_json(data)


@pytest.mark.parametrize(
    ("first", "last", "label"),
    [
        ("2022-06-12", "2022-06-18", "12–18 June 2022"),
        ("2022-05-28", "2022-06-03", "28 May – 3 June 2022"),
        ("2022-02-01", "2022-02-28", "February 2022"),
        ("2020-02-01", "2020-02-28", "1–28 February 2020"),
        ("2021-11-01", "2022-02-28", "November 2021 – February 2022"),
        ("2020-01-01", "2021-12-31", "2020–2021"),
        (None, "2021-12-31", "before January 2022"),
    ],
)
def test_days_are_told_as_short_as_they_can_be(first: str | None, last: str, label: str):
    start = dt.date.fromisoformat(first) if first else None
    assert days_label(start, dt.date.fromisoformat(last)) == label


# --- the search -----------------------------------------------------------------------------------


def test_the_vectors_found_are_the_best_of_those_allowed():
    """The same as to rank all rows with numpy and to leave the others out."""
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((400, 16)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    vectors = Vectors.of(rows)
    everything = [row for row, _ in vectors.search(rows[0], 400)]
    for share in (0.0, 0.02, 0.5, 1.0):
        allowed = rng.random(400) < share
        found = [row for row, _ in vectors.search(rows[0], 20, allowed)]
        assert found == [row for row in everything if allowed[row]][:20]


def test_the_words_found_are_the_best_of_those_allowed(tmp_path: Path):
    rng = np.random.default_rng(1)
    texts = [("", " ".join(rng.choice(["dike", "ferry", "gas", "rain", "rye"], 12))) for _ in range(300)]
    Keywords.write(tmp_path / "keywords.sqlite", texts)
    keywords = Keywords(tmp_path / "keywords.sqlite")
    everything = keywords.search("the ferry and the dike", 300)
    for share in (0.0, 0.02, 0.5, 1.0):
        allowed = rng.random(300) < share
        found = keywords.search("the ferry and the dike", 20, allowed)
        assert found == [(row, score) for row, score in everything if allowed[row]][:20]


@pytest.mark.parametrize(
    "wanted",
    [JUNE, Filter(last=dt.date(2021, 12, 24)), Filter(dt.date(2022, 8, 1)), Filter(sources=("AP",))],
    ids=lambda wanted: wanted.label,
)
def test_a_search_is_filled_with_allowed_passages(seed_library: Library, wanted: Filter):
    live = seed_library.live
    allowed = live.catalogue.rows_of(wanted)
    inside = {a.id for a in live.articles() if wanted.allows(a.date, a.source)}
    assert set(allowed.articles) == inside
    hits = seed_library.search("the dike", 20, live, allowed)
    assert {hit.passage.article for hit in hits} <= inside
    assert len(hits) == min(20, int(allowed.passages.sum()))
    everything = seed_library.search("the dike", 1000, live, live.catalogue.rows_of(EVERYTHING))
    assert len({h.row for h in hits} & {h.row for h in everything}) >= 0.5 * len(hits)


def test_the_rows_that_a_filter_allows_are_found_at_once():
    """50,000 passages, 300,000 sentences of 10,000 articles: 1 ms where nothing else runs."""
    day = dt.date(2022, 1, 1)
    articles = [(n, str(n), day + dt.timedelta(n % 365), None) for n in range(10_000)]
    catalogue = Catalogue(articles, [n // 5 for n in range(50_000)], [n // 30 for n in range(300_000)])
    taken = []
    for _ in range(5):
        started = time.perf_counter()
        allowed = catalogue.rows_of(JUNE)
        taken.append(time.perf_counter() - started)
    assert int(allowed.passages.sum()) == 5 * len(allowed.articles)
    assert min(taken) < 0.05


def test_a_catalogue_knows_its_days_and_outlets():
    day = dt.date(2022, 5, 6)
    articles = [
        (0, "a", day, "AP"),
        (1, "b", NEWEST, "Reuters"),
        (2, "c", None, "Reuters"),
        (3, "d", None, None),
    ]
    catalogue = Catalogue(articles, [0, 1, 2], [0, 1, 2])
    assert catalogue.days == (day, NEWEST)
    assert catalogue.outlets == {"Reuters": 2, "AP": 1}
    assert catalogue.rows_of(Filter(sources=("Reuters",))).articles == ("b", "c")
    assert Catalogue([], [], []).days is None
    assert Catalogue([], [], []).rows_of(JUNE).articles == ()


@given(filters, st.lists(st.tuples(st.none() | days, st.none() | outlets), max_size=8))
def test_a_catalogue_allows_what_the_filter_does(
    wanted: Filter, articles: list[tuple[dt.date | None, str | None]]
):
    """Whatever the numbers of the rows: here the passages are in the opposite order."""
    numbered = [(n, str(n), *article) for n, article in enumerate(articles)]
    allowed = Catalogue(numbered, range(len(articles))[::-1], []).rows_of(wanted)
    inside = [wanted.allows(*article) for article in articles]
    assert allowed.articles == tuple(str(n) for n, yes in enumerate(inside) if yes)
    assert allowed.passages.tolist() == inside[::-1]


# --- the question ---------------------------------------------------------------------------------


def test_last_week_is_counted_from_today_while_articles_come():
    assert counted("last week", NEWEST, NEWEST + dt.timedelta(3))[1] is None
    days, newest = counted("last week", NEWEST, dt.date(2024, 1, 1))
    assert (days, newest) == (Filter(dt.date(2022, 9, 12), dt.date(2022, 9, 18)), NEWEST)


@pytest.mark.parametrize(
    ("question", "label", "published"),
    [
        ("What do the articles from June 2022 say?", "June 2022", True),
        ("Who resigned, in articles published before May 2022?", "before May 2022", True),
        ("What is in the news of 6 May 2022?", "6 May 2022", True),
        ("Who resigned in June 2022?", "June 2022", False),
        ("What is new since yesterday?", "since 19 September 2022", False),
        ("What happened in the week of 8 June?", "6–12 June 2022", False),
        ("Who left from 3–7 May?", "3–7 May 2022", False),
        ("What has changed since Christmas Eve?", "since 24 December 2021", False),
        ("What did the council decide from June onwards?", "since 1 June 2022", False),
    ],
)
def test_a_question_names_a_period(question: str, label: str, published: bool):
    period = period_of(question, NEWEST, NEWEST)
    assert period is not None
    assert (period.days.label, period.published) == (label, published)


@pytest.mark.parametrize(
    "question", ["What did USA Today report?", "What was last year's budget?", "Who won the war of 1812?"]
)
def test_other_words_are_no_period(question: str):
    assert period_of(question, NEWEST, NEWEST) is None


# --- the answer -----------------------------------------------------------------------------------


def test_the_reader_s_own_filter_is_kept_to(assistant: Assistant):
    question = "How much will raising the Kolvard dike cost?"
    march = Filter(dt.date(2022, 3, 1), dt.date(2022, 3, 31))
    answer = assistant.ask(question, filter=march)
    assert answer.status == "answered"
    assert {day.month for day in dates(answer) if day} == {3}
    assert answer.scope == Scope(march)
    assert answer.as_json()["filter"] == {
        "first": "2022-03-01", "last": "2022-03-31", "sources": [], "undated": False,
        "label": "March 2022", "from_question": None, "counted_from": None,
    }  # fmt: skip
    assert "filter" not in assistant.ask(question).as_json()


def test_a_filter_that_leaves_no_article_says_so(assistant: Assistant):
    answer = assistant.ask("How much will the dike cost?", filter=Filter(sources=("Reuters",)))
    assert (answer.status, answer.passages, answer.claims) == ("not_found", (), ())
    assert answer.text == (
        "The articles do not say: there is nothing from Reuters. "
        "They are of 24 December 2021 to 20 September 2022."
    )


def test_a_filter_that_leaves_no_answer_says_so(assistant: Assistant):
    """And the quotes that are near are looked for among the same articles."""
    answer = assistant.ask(
        "How much will raising the Kolvard dike cost?", filter=Filter(last=dt.date(2021, 12, 31))
    )
    assert (answer.status, answer.text) == ("not_found", "The articles before January 2022 do not say.")
    assert answer.passages
    assert {day.year for day in dates(answer) if day} == {2021}


@pytest.mark.parametrize(
    "question",
    [
        "What do the articles say about the dike?",
        "What is new?",
        "How did the flood unfold?",
        "Which articles are about the ferry?",
        "Compare the ferry and the dike.",
        "How did the cost of the dike change?",
        "What did Okravent say about the dike?",
        "Did the council vote to raise the dike?",
        "Which villages were flooded?",
    ],
)
def test_every_kind_of_answer_keeps_to_the_filter(assistant: Assistant, question: str):
    summer = Filter(dt.date(2022, 6, 1), dt.date(2022, 8, 31))
    answer = assistant.ask(question, filter=summer)
    assert all(summer.allows(day) for day in dates(answer))
    assert answer.scope.own == summer


def test_the_period_of_a_question_is_told_apart_from_the_reader_s_own_filter(assistant: Assistant):
    summer = Filter(dt.date(2022, 6, 10), dt.date(2022, 8, 31))
    answer = assistant.ask("What happened in June?", filter=summer)
    assert (answer.scope.asked, answer.scope.words) == (JUNE, "in June")
    assert answer.scope.filter.label == "10–30 June 2022"
    assert all(answer.scope.filter.allows(day) for day in dates(answer))


def test_without_its_period_a_question_is_asked_of_all_articles(assistant: Assistant):
    question = "What do the articles say about the dike in June 2022?"
    assert {day.month for day in dates(assistant.ask(question)) if day} == {6}
    answer = assistant.ask(question, period=False)
    assert len({day.month for day in dates(answer) if day}) > 1
    assert not answer.scope


def test_the_date_of_an_event_is_no_filter(assistant: Assistant):
    """The article that tells of January to March is of April."""
    answer = assistant.ask("How many passengers did Ormeska Lines carry between January and March?")
    assert "48,200" in answer.text
    assert not answer.scope
    assert not answer.scope.left


def test_a_period_in_which_the_answer_lies_is_a_filter(assistant: Assistant):
    answer = assistant.ask("How many homes did the flood damage in June 2022?")
    assert answer.status == "answered"
    assert answer.scope.asked == JUNE
    assert all(JUNE.allows(day) for day in dates(answer))


def test_an_answer_older_than_last_week_says_so(assistant: Assistant):
    answer = assistant.ask("How many passengers did Ormeska Lines carry last week?")
    assert answer.status == "answered"
    said = "Nothing from 12–18 September 2022 answers this; the answer is from all articles."
    assert said in render.answer_html("a1", answer)
    assert said in render.markdown(answer)
    assert "filter" not in answer.as_json()


def test_articles_of_a_time_are_all_that_is_asked(assistant: Assistant):
    """Whoever speaks of articles means their dates: no answer from elsewhere."""
    question = "How many passengers did Ormeska Lines carry, according to articles from June 2022?"
    answer = assistant.ask(question)
    assert answer.scope.asked == JUNE
    assert all(JUNE.allows(day) for day in dates(answer))
    assert "48,200" not in answer.text


def test_a_question_that_nothing_answers_has_no_filter(assistant: Assistant):
    answer = assistant.ask("Who won the football match in Peru last week?")
    assert (answer.status, answer.text, bool(answer.scope)) == ("not_found", NOT_FOUND, False)


def test_a_library_that_grows_counts_from_today(
    open_library: Callable[[Path], Library], write_article: Callable[..., Path], tmp_path: Path
):
    today = dt.date.today()
    for n, text in ((1, "The harbor of Quarrowick was closed by the mayor."), (40, "The harbor was open.")):
        write_article(tmp_path / "in", f"{n}.txt", text, (today - dt.timedelta(n)).isoformat())
    library = open_library(tmp_path / "library")
    library.add([tmp_path / "in"])
    made = Assistant(Settings(library=library.folder, use_model=False))
    made.library = library
    answer = made.ask("What happened yesterday?")
    assert [c.source.date for c in answer.citations] == [today - dt.timedelta(1)]
    assert answer.scope.counted_from is None
    assert "counted from" not in answer.text


# --- the page and the command line ----------------------------------------------------------------


def test_the_period_of_a_question_is_a_chip_that_can_be_removed(assistant: Assistant):
    conversation = Conversation()
    conversation.ask("What do the articles say about the dike in June 2022?", filter=Filter(JUNE.first))
    (turn,) = conversation.turns
    running = [turn.html() for _ in turn.grow(assistant, [])]
    assert 'class="chip"' in running[0]
    assert "unfilter" not in running[0], "to be removed once it is done"
    html = turn.html()
    assert 'data-turn="a1" data-drop="question"' in html
    assert 'aria-label="Only articles from June 2022. Ask again without this filter"' in html
    assert '<span class="chip" dir="auto">Only articles since 1 June 2022</span>' in html
    shown = html.split("How this was answered")[0]
    assert shown.count("from June 2022") == 2, "the lead does not tell it once more"
    assert conversation.ask_again("a1", "question")
    again = conversation.turns[-1]
    assert (again.question, again.filter, again.period) == (turn.question, Filter(JUNE.first), False)
    for _ in again.grow(assistant, conversation.history()):
        pass
    assert "unfilter" not in again.html()


def test_where_nothing_is_left_all_articles_can_be_asked(assistant: Assistant):
    conversation = Conversation()
    conversation.ask("How much will the dike cost?", filter=Filter(sources=("Reuters",)))
    for _ in conversation.turns[0].grow(assistant, []):
        pass
    html = conversation.turns[0].html()
    assert 'class="unfilter" data-turn="a1" data-drop="all">Ask all articles</button>' in html
    assert conversation.ask_again("a1", "all")
    assert conversation.turns[-1].filter == EVERYTHING


@pytest.mark.parametrize(("turn", "drop"), [("a2", "all"), ("a1", "else"), ("a1", "all")])
def test_only_a_turn_with_an_answer_is_asked_again(turn: str, drop: str):
    conversation = Conversation()
    conversation.ask("How much will the dike cost?")
    assert not conversation.ask_again(turn, drop)


def test_an_outlet_s_name_is_text():
    html = scope_html("a1", Scope(Filter(sources=("<b>\u202eevil", '"x"'))))
    assert "<b>" not in html
    assert "&lt;b&gt;" in html
    assert re.fullmatch(r'<p class="fine scope"><span class="chip" dir="auto">[^<>"]*</span></p>', html)


def test_the_command_line_takes_a_filter(seed_library: Library, capsys: pytest.CaptureFixture[str]):
    asked = [
        "ask",
        "How many homes did the flood damage?",
        "--library",
        str(seed_library.folder),
        "--no-model",
    ]
    assert main([*asked, "--from", "2022-06-24", "--to", "2022-06-30", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["filter"]["label"] == "24–30 June 2022"
    assert {c["date"] for c in data["citations"]} == {"2022-06-28"}
    assert main([*asked, "--source", "Reuters"]) == 1
    assert "there is nothing from Reuters" in capsys.readouterr().out
    assert main([*asked, "--from", "yesterday"]) == 2
    assert "is not a day; write it as 2022-05-06" in capsys.readouterr().err
    assert main([*asked, "--from", "2022-07-01", "--to", "2022-06-01"]) == 2


def test_a_filter_is_of_the_articles_of_one_generation(
    open_library: Callable[[Path], Library], write_article: Callable[..., Path], tmp_path: Path
):
    """What is added later is found by the same filter."""
    write_article(tmp_path / "in", "old.txt", "The harbor is closed.", "2022-05-06")
    library = open_library(tmp_path / "library")
    library.add([tmp_path / "in"])
    june = library.live.catalogue.rows_of(JUNE)
    assert june.articles == ()
    assert library.search("harbor", 5, allowed=june) == []
    new = write_article(tmp_path / "in", "new.txt", "The harbor is open.", "2022-06-06")
    library.add([tmp_path / "in"])
    found = library.search("harbor", 5, allowed=library.live.catalogue.rows_of(JUNE))
    assert [hit.passage.article for hit in found] == [short_hash(str(new.resolve()))]
