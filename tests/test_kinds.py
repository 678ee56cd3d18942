"""What form of answer a question wants, and which days its words for a time mean."""

import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.asking.kinds import asked_for
from assistant.asking.period import find_phrase, resolve
from index.filter import Filter

ROOT = Path(__file__).resolve().parent.parent
EVAL = ROOT.parent / "shared" / "eval"
NEWEST = dt.date(2022, 9, 20)  # a Tuesday

FACTS = (
    "Who spoke with Jens Stoltenberg?",
    "How many homes did the flood damage?",
    "What happened to the pilot in 1912?",
    "What did she do about it?",
    "Which two countries joined NATO?",
    "Which country was shaken by an earthquake this week?",
    "What is the difference between a river and a canal?",
    "How did the war change women's lives?",
    "When did the dike break?",
    "What did it say about the dike?",
    "Why did the dike break?",
    "What is the largest island?",
    "Summarise",
    "What do the articles say?",
)
KINDS = {
    "Which articles are about the ferry?": ("articles", "the ferry"),
    "List all articles on the flood": ("articles", "the flood"),
    "Which reports mention Tholmby?": ("articles", "Tholmby"),
    "How did the flood unfold?": ("timeline", "the flood"),
    "Give me a timeline of the talks.": ("timeline", "the talks"),
    "How did the cost of the dike change?": ("comparison", "the cost of the dike"),
    "How has the price of bread changed over time?": ("comparison", "the price of bread"),
    "What do the articles say about the dike?": ("overview", "the dike"),
    "And what do the reports say about Biden?": ("overview", "Biden"),
    "Summarise the articles about the ferry": ("overview", "the ferry"),
    "Give me an overview of the talks": ("overview", "the talks"),
    "What's new about the dike?": ("overview", "the dike"),
    "What did Truss say about sanctions?": ("said", "sanctions"),
    "Who said what about NATO?": ("said", "NATO"),
    "Which countries condemned the attack?": ("list", "condemned the attack"),
    "Did the council vote to raise the dike?": ("yes_no", "the council vote to raise the dike"),
}


@pytest.mark.parametrize("question", FACTS)
def test_a_question_of_fact_stays_one(question: str):
    assert asked_for(question).kind == "fact"


@pytest.mark.parametrize(("question", "wanted"), KINDS.items())
def test_the_wording_tells_the_kind_and_the_topic(question: str, wanted: tuple[str, str]):
    asked = asked_for(question)
    assert (asked.kind, asked.topic) == wanted


def test_a_period_is_no_part_of_the_topic():
    asked = asked_for("What do the articles say about the dike in June 2022?")
    assert (asked.kind, asked.topic, asked.when) == ("overview", "the dike", "in June 2022")
    everything = asked_for("What is new since 24 December?")
    assert (everything.kind, everything.topic, everything.when) == ("overview", "", "since 24 December")


def test_a_comparison_of_two_topics_completes_the_second():
    asked = asked_for("Compare inflation in the UK and in the US")
    assert (asked.topic, asked.other) == ("inflation in the UK", "inflation in the US")


def test_what_someone_said_has_a_speaker():
    assert asked_for("What did Dr. Okravent say about the clay?").speaker == "Dr. Okravent"
    assert asked_for("How did Moscow respond to the statement?").speaker == "Moscow"


@pytest.mark.skipif(not EVAL.is_dir(), reason="the evaluation sets are not here")
@pytest.mark.parametrize(("name", "most"), [("news", 0.01), ("xquad", 0.02), ("clapnq", 0.05)])
def test_few_of_the_questions_people_ask_for_facts_are_taken_for_something_else(name: str, most: float):
    lines = (EVAL / name / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    kinds = [asked_for(json.loads(line)["question"]).kind for line in lines]
    assert sum(kind != "fact" for kind in kinds) <= most * len(kinds)


@pytest.mark.parametrize(
    ("phrase", "first", "last"),
    [
        ("since 24 December", (2021, 12, 24), None),
        ("since December 24, 2020", (2020, 12, 24), None),
        ("after 5 May 2022", (2022, 5, 6), None),
        ("before 24 December", None, (2021, 12, 23)),
        ("until June", None, (2022, 6, 30)),
        ("by 2022-06-14", None, (2022, 6, 14)),
        ("in June", (2022, 6, 1), (2022, 6, 30)),
        ("in November", (2021, 11, 1), (2021, 11, 30)),
        ("in Feb. 2020", (2020, 2, 1), (2020, 2, 29)),
        ("in late June 2022", (2022, 6, 21), (2022, 6, 30)),
        ("in 2021", (2021, 1, 1), (2021, 12, 31)),
        ("on the 14th of June", (2022, 6, 14), (2022, 6, 14)),
        ("between March and June", (2022, 3, 1), (2022, 6, 30)),
        ("between November and February", (2021, 11, 1), (2022, 2, 28)),
        ("from 24 December 2021 to 3 January 2022", (2021, 12, 24), (2022, 1, 3)),
        ("between 3 and 10 June", (2022, 6, 3), (2022, 6, 10)),
        ("today", (2022, 9, 20), (2022, 9, 20)),
        ("yesterday", (2022, 9, 19), (2022, 9, 19)),
        ("this week", (2022, 9, 19), (2022, 9, 20)),
        ("last week", (2022, 9, 12), (2022, 9, 18)),
        ("in the last week", (2022, 9, 14), (2022, 9, 20)),
        ("over the past three days", (2022, 9, 18), (2022, 9, 20)),
        ("last month", (2022, 8, 1), (2022, 8, 31)),
        ("this year", (2022, 1, 1), (2022, 9, 20)),
        ("last year", (2021, 1, 1), (2021, 12, 31)),
    ],
)
def test_words_for_a_time_mean_days_counted_from_the_newest_article(
    phrase: str, first: tuple[int, int, int] | None, last: tuple[int, int, int] | None
):
    found = find_phrase(f"What happened {phrase}?")
    assert found is not None
    assert found[0] == phrase
    wanted = Filter(dt.date(*first) if first else None, dt.date(*last) if last else None)
    assert resolve(phrase, NEWEST) == wanted


@pytest.mark.parametrize(
    "text", ["in time", "since then", "by the way", "last Monday's talks", "Who may come?"]
)
def test_other_words_name_no_period(text: str):
    assert find_phrase(text) is None


@pytest.mark.parametrize(
    "phrase", ["on 31 February", "between 30 and 31 February", "from 9 June 2022 to 3 June 2022"]
)
def test_days_that_do_not_exist_are_no_period(phrase: str):
    assert resolve(phrase, NEWEST) is None


@given(st.dates(dt.date(1990, 1, 1), dt.date(2060, 1, 1)), st.dates(dt.date(1990, 1, 1), dt.date(2060, 1, 1)))
def test_a_written_day_is_that_day_whatever_the_newest_article(day: dt.date, newest: dt.date):
    assert resolve(f"on {day.isoformat()}", newest) == Filter(day, day)
    assert Filter(day, day).allows(day)
    assert not Filter(day, day).allows(None)


@given(st.dates(dt.date(1990, 1, 1), dt.date(2060, 1, 1)))
def test_a_month_without_a_year_has_begun_by_the_newest_article(newest: dt.date):
    found = resolve("in October", newest)
    assert found is not None
    assert found.first is not None
    assert found.first <= newest
    assert newest.year - found.first.year <= 1


@given(st.text(max_size=200))
def test_any_text_has_a_kind(text: str):
    assert asked_for(text).kind
