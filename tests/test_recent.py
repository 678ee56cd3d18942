"""A question that speaks of now prefers newer articles, and nothing else changes."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.finding.rank import Candidate
from assistant.finding.recent import by_age
from index.text import Article, Hit, Passage, Sentence

NEWEST = dt.date(2022, 8, 24)
ASKED = "Who resigned this week?"


def candidate(id: str, date: dt.date | None, score: float) -> Candidate:
    article = Article(id, f"{id}.txt", f"/{id}.txt", "She resigned.", date=date)
    return Candidate(Hit(0, Passage(id, (Sentence(0, 13),)), 1.0, 0.5), article, 0, {}, score)


OLD = candidate("old", dt.date(2018, 6, 7), 0.7)
NEW = candidate("new", dt.date(2022, 7, 7), 0.6)


def order(found: list[Candidate], question: str = ASKED) -> list[str]:
    return [c.article.id for c in by_age(question, found, NEWEST)]


def test_an_older_article_that_tells_the_same_comes_second():
    assert order([OLD, NEW]) == ["new", "old"]
    assert by_age(ASKED, [OLD, NEW], NEWEST)[0].score == pytest.approx(0.6)  # the newest loses nothing


@pytest.mark.parametrize(
    "question",
    [
        "Who resigned?",
        "Who resigned in June 2018?",
        "Who had just resigned in 2018?",
        "Which knowledge is it?",
    ],
)
def test_a_question_of_no_time_or_of_its_own_is_left_as_it_is(question: str):
    assert by_age(question, [OLD, NEW], NEWEST) == [OLD, NEW]


@pytest.mark.parametrize(
    "question", ["Who has recently resigned?", "Who resigned on Monday?", "Who leads now?"]
)
def test_now_is_said_in_several_ways(question: str):
    assert order([OLD, NEW], question) == ["new", "old"]


def test_a_far_better_sentence_stays_first():
    assert order([replace(OLD, score=0.97), NEW]) == ["old", "new"]


def test_articles_of_one_time_keep_their_odds_however_old_they_are():
    other = replace(candidate("other", OLD.article.date, 0.4))
    assert by_age(ASKED, [OLD, other], NEWEST) == [
        replace(OLD, score=pytest.approx(0.7)),
        replace(other, score=pytest.approx(0.4)),
    ]


def test_what_has_no_date_loses_no_more_than_the_oldest():
    undated = candidate("undated", None, 0.6)
    scores = {c.article.id: c.score for c in by_age(ASKED, [OLD, replace(NEW, score=0.7), undated], NEWEST)}
    assert scores["old"] / 0.7 < scores["undated"] / 0.6 < scores["new"] / 0.7


def test_without_any_date_nothing_changes():
    found = [candidate("a", None, 0.7), candidate("b", None, 0.6)]
    assert by_age(ASKED, found, None) == found
    assert [c.score for c in by_age(ASKED, found, NEWEST)] == pytest.approx([0.7, 0.6])


@given(st.lists(st.tuples(st.none() | st.dates(), st.floats(0, 1)), max_size=6))
def test_no_score_rises_and_none_leaves_its_range(made: list[tuple[dt.date | None, float]]):
    found = [candidate(str(n), date, score) for n, (date, score) in enumerate(made)]
    before = {c.article.id: c.score for c in found}
    aged = by_age(ASKED, found, max((d for d, _ in made if d), default=None))
    assert sorted(c.article.id for c in aged) == sorted(before)
    assert all(0 <= c.score <= before[c.article.id] + 1e-9 for c in aged) or not any(d for d, _ in made)
