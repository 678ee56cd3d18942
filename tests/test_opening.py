"""The sentence that an article opens with: when it is one, and when an answer has it beside its quote."""

from dataclasses import replace

import pytest
from test_answer import CARRIED, Open, is_exact
from test_choose import Choosing, evidence, open_assistant  # noqa: F401 - a fixture

from assistant.composing.assemble import opened
from assistant.composing.choose import OPENS, SURE, Shown
from assistant.composing.opening import opening
from assistant.composing.widen import widened
from assistant.values import Citation, Claim, Evidence, Source
from index.library import Library
from index.text import Article

HEAD = "Northland (Reuters)\n\n"
OPENS_WITH = "A strong quake shook the north of Northland on Monday."
BETWEEN = "Nobody slept."
QUOTE = "It was felt on the largest island of the country."
TEXT = f"{HEAD}{OPENS_WITH} {BETWEEN} {QUOTE} More is to come. Schools stay closed."
FREIGHT = "How many tonnes of freight did the ferry line carry?"
FELL = "Freight fell by 5 percent"


def article(text: str, body_start: int = 0) -> Article:
    return Article("a" * 64, "a.txt", "/a.txt", text, body_start)


def quoted(text: str, quote: str = QUOTE) -> Evidence:
    start = text.index(quote)
    source = Source.of(article(text))
    return Evidence(1, source, quote, start, start + len(quote), quote, 0.5, text, 0)


def test_it_is_the_first_whole_sentence_with_its_place_and_a_passage_around_it():
    found = opening(article(TEXT), quoted(TEXT), 7, 60)
    assert found is not None
    assert (found.n, found.quote, found.score) == (7, OPENS_WITH, 0.5)
    assert TEXT[found.start : found.end] == OPENS_WITH
    assert TEXT[found.context_start :].startswith(found.context)
    assert found.context.startswith(f"{OPENS_WITH} {BETWEEN} {QUOTE}")


def test_a_title_is_none():
    headed = f"The day the earth shook the whole of Northland\n\n{TEXT}"
    body = headed.index(HEAD)
    found = opening(article(headed, body), quoted(headed), 2, 60)
    assert found is not None
    assert found.quote == OPENS_WITH


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        (TEXT, OPENS_WITH),  # it is the quote
        (f"{HEAD}{QUOTE}", QUOTE),
        (f"{OPENS_WITH[:-1]}{', again' * 45}. {BETWEEN} {QUOTE}", QUOTE),  # too long for an answer
        (f"{'Word ' * 700}. {BETWEEN} {QUOTE}", QUOTE),  # no sentence ends near the beginning
        ("Rain. Snow. Hail.", "Hail."),
        (f"{OPENS_WITH[:-1]}? {BETWEEN} {QUOTE}", QUOTE),
    ],
)
def test_there_is_none(text: str, quote: str):
    assert opening(article(text), quoted(text, quote), 2, 60) is None


# --- a model that reads it ---------------------------------------------------------------------------


def test_it_is_read_last_and_takes_no_quotes_place():
    first, second = (evidence(BETWEEN + QUOTE, QUOTE, n, 1 - n / 10) for n in (1, 2))
    begins = replace(evidence(OPENS_WITH, OPENS_WITH, 3), start=0)
    shown = Shown.of([second, first], begins)
    assert shown.texts[-1] == f"{OPENS_WITH} {QUOTE}"
    assert shown.first == Shown.of([second, first]).first < len(shown.all)
    number = len(shown.all)
    odds = [0.1, 0.2, *[0.0] * (number - 2), 0.7]
    picked = shown.picked(odds)
    assert number not in picked.numbers
    assert picked.read[0] == first


def test_it_is_not_read_again_where_the_wider_quote_has_it():
    quote = evidence(f"{OPENS_WITH} {QUOTE}", QUOTE)
    begins = evidence(f"{OPENS_WITH} {QUOTE}", OPENS_WITH, 2)
    assert Shown.of([quote], begins) == Shown.of([quote])
    assert widened(quote) == Shown.of([quote]).all[1]


def test_it_is_not_read_again_where_the_quote_tells_the_same():
    begins = replace(evidence(OPENS_WITH, OPENS_WITH, 2), start=0)
    for same in (f"CNN — {OPENS_WITH}", f"{OPENS_WITH[:-1]} again."):
        assert Shown.of([evidence(same, same)], begins) == Shown.of([evidence(same, same)])
    assert Shown.of([evidence(QUOTE, QUOTE)], begins) != Shown.of([evidence(QUOTE, QUOTE)])


@pytest.mark.parametrize(
    ("rise", "best_is_first", "opens"),
    [(OPENS + 0.1, True, True), (OPENS - 0.1, True, False), (OPENS + 5, False, False)],
)
def test_it_opens_what_is_the_best_quote_by_both(rise: float, best_is_first: bool, opens: bool):
    quotes = [evidence(QUOTE, QUOTE, n, 0.5 - n / 100) for n in (1, 2)]
    shown = Shown.of(quotes, replace(evidence(OPENS_WITH, OPENS_WITH, 3), start=0))
    assert shown.ranks == (0, 1, -1)
    odds = (0.1, 0.2, 0.01 if best_is_first else 9.0, 0.2 * 2.71828**rise)
    assert shown.opens(odds, shown.picked(odds)) is opens
    assert shown.opens(odds[:3], shown.picked(odds[:3])) is False  # it was not read
    assert Shown.of(quotes).opens(odds[:3], Shown.of(quotes).picked(odds[:3])) is False


@pytest.mark.parametrize("sure", [True, False])
def test_it_is_not_read_behind_a_quote_that_answers_for_sure(open_assistant: Open, sure: bool):  # noqa: F811
    model = Choosing(lambda text: SURE + (1 if sure else -1) if FELL in text else -6.0, "7,450 tonnes")
    open_assistant(model).ask(FREIGHT)
    assert any(text.startswith(CARRIED) and FELL in text for text in model.shown) is not sure


def test_the_answer_has_both_with_a_footnote_each(open_assistant: Open, seed_library: Library):  # noqa: F811
    def prefers(text: str) -> float:
        return (4.0 if text.startswith(CARRIED) else 1.0) if FELL in text else -6.0

    answer = open_assistant(Choosing(prefers, "7,450 tonnes")).ask(FREIGHT)
    assert [claim.citations for claim in answer.claims][-2:] == [(1,), (2,)]
    assert answer.citations[0].quote.startswith(FELL)
    assert answer.citations[1].quote.startswith(CARRIED)
    assert answer.citations[1].quote in answer.citations[1].context
    assert is_exact(answer, seed_library)
    assert answer.citations[1].quote in {e.quote for e in answer.evidence}
    alone = open_assistant(Choosing(lambda text: 1.0 if FELL in text else -6.0, "7,450 tonnes")).ask(FREIGHT)
    assert not any(c.quote.startswith(CARRIED) for c in alone.citations)


def test_it_takes_the_place_of_further_quotes_where_both_fit():
    quotes = [evidence(f"{QUOTE} {BETWEEN}", text, n) for n, text in enumerate((QUOTE, BETWEEN), 1)]
    begins = evidence(OPENS_WITH, OPENS_WITH, 3)
    claims = [Claim.quoted("the largest island", 1), *(Claim.quoted(e.quote, e.n) for e in quotes)]
    citations = [Citation.of(e.n, e) for e in quotes]
    both = opened(claims, citations, begins, limit_words=60)
    assert both is not None
    found, cited = both
    assert [(c.text, c.citations) for c in found] == [
        ("the largest island", (1,)),
        (QUOTE, (1,)),
        (OPENS_WITH, (2,)),
    ]
    assert [c.quote for c in cited] == [QUOTE, OPENS_WITH]
    assert opened(claims, citations, begins, limit_words=20) is None
    elsewhere = replace(begins, source=Source("b" * 64, "b.txt"))
    assert opened(claims, citations, elsewhere, limit_words=60) is None
