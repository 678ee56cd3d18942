"""Likely answers, and quotes that are chosen for what they add to those before them."""

import math

import pytest

from assistant.composing.assemble import DIRECT, TOGETHER, Limits, assemble, with_markers
from assistant.finding.evidence import select
from assistant.finding.likely import SHARPNESS, alike, gain, held, likely_answers, plain_words
from assistant.finding.rank import Candidate
from assistant.values import Claim, Evidence
from index.text import Article, Hit, Passage, Sentence, Span

ASKED = "Which team won the final?"


def candidate(number: int, text: str, words: str, score: float) -> Candidate:
    """A sentence that is an article by itself, with its best words marked."""
    article = Article(f"a{number}", f"{number}.txt", f"/{number}.txt", text)
    passage = Passage(article.id, (Sentence(0, len(text)),))
    start = text.index(words)
    return Candidate(Hit(number, passage, 1.0, 0.5), article, 0, {}, score, Span(start, start + len(words)))


FOUND = [
    candidate(1, "The Avalanche beat their rivals on Sunday night.", "The Avalanche", 0.8),
    candidate(2, "Fans of the Avalanche were happy with the result.", "Avalanche", 0.7),
    candidate(3, "Tampa Bay had won the year before.", "Tampa Bay", 0.5),
    candidate(4, "Nobody expected which team would win the final.", "final", 0.4),
]


def test_equal_words_add_up_by_the_odds_of_their_sentences():
    likely = likely_answers(ASKED, FOUND)
    first, second, third = (math.pow(s / (1 - s), SHARPNESS) for s in (0.8, 0.7, 0.5))
    total = first + second + third
    assert likely == {
        "avalanche": pytest.approx((first + second) / total),
        "tampa bay": pytest.approx(third / total),
    }
    assert list(likely) == ["avalanche", "tampa bay"]


def test_words_of_the_question_and_half_sentences_are_no_answers():
    long = "one two three four five six seven eight nine"
    found = [candidate(1, "The final was won.", "The final", 0.9), candidate(2, f"{long} men.", long, 0.9)]
    assert likely_answers(ASKED, found) == {}
    assert likely_answers(ASKED, []) == {}


def test_an_answer_is_held_as_whole_words():
    likely = {"lee": 0.5, "10 000": 0.3, "tin": 0.2}
    assert held(likely, "“LEE” waited; 10,000 others did not.") == {"lee", "10 000"}
    assert gain(likely, {"lee", "tin"}) == pytest.approx(0.7)
    assert plain_words("An “apple”.") == "apple"


def test_the_next_quote_is_the_one_that_adds_an_answer():
    """By probability the second sentence would come second; it tells nothing new."""
    likely = likely_answers(ASKED, FOUND)
    assert [e.source.article for e in select(FOUND, 3, likely)] == ["a1", "a3", "a2"]
    assert [e.source.article for e in select(FOUND, 3)] == ["a1", "a2", "a3"]


def test_evidence_keeps_the_words_that_answer():
    assert [e.words for e in select(FOUND, 2, likely_answers(ASKED, FOUND))] == ["The Avalanche", "Tampa Bay"]


def test_a_sentence_that_leans_on_a_quote_follows_by_itself():
    """Joined with what it leans on, it would overlap the quote that is there already."""
    text = "Mara Lind chairs the council. She was elected in May."
    article = Article("a", "a.txt", "/a.txt", text)
    passage = Passage("a", (Sentence(0, 29), Sentence(30, len(text))))
    hit = Hit(0, passage, 1.0, 0.5)
    found = [Candidate(hit, article, 0, {}, 0.9), Candidate(hit, article, 1, {}, 0.8)]
    assert [e.quote for e in select(found, 5)] == ["Mara Lind chairs the council.", "She was elected in May."]
    assert [e.quote for e in select(found[1:], 5)] == [text]


# --- the answer -----------------------------------------------------------------------------------


def answer(evidence: list[Evidence], likely: dict[str, float], limit: int = 60, draft: str = "") -> list[str]:
    claims, citations = assemble(ASKED, draft, [], evidence, Limits(limit), likely)
    assert {n for c in claims for n in c.citations} == {c.n for c in citations}
    assert all(c.verdict == "quoted" for c in claims)
    return [with_markers(claim) for claim in claims]


def test_a_likely_answer_stands_before_its_quote():
    evidence = select(FOUND, 2, likely_answers(ASKED, FOUND))
    assert answer(evidence, {"avalanche": DIRECT, "tampa bay": 0.1}) == [
        "The Avalanche [1].",
        "The Avalanche beat their rivals on Sunday night [1].",
        "Tampa Bay had won the year before [2].",
    ]


def test_where_one_answer_stands_out_weak_quotes_stay_out():
    found = [FOUND[0], candidate(5, "It rained on the players.", "players", 0.2)]
    evidence = select(found, 2, likely_answers(ASKED, found))
    assert len(answer(evidence, {"avalanche": DIRECT})) == 2  # the answer and its quote
    assert len(answer(evidence, {"avalanche": DIRECT - 0.01})) == 2  # both quotes


@pytest.mark.parametrize(("least", "quotes"), [(0.01, 2), (0.4, 1)])
def test_a_further_quote_is_worth_a_share_of_the_best_one(least: float, quotes: int):
    found = [FOUND[0], candidate(5, "It rained on the players.", "players", 0.2)]
    claims, _ = assemble(ASKED, "", [], select(found, 2), Limits(60, least), {"avalanche": 0.3})
    assert len(claims) == quotes


@pytest.mark.parametrize(
    ("scrap", "shown"),
    [
        ("Associated Press.", False),
        ("Tampa Bay had won before.", True),
        ("“Tampa Bay had won before.”", True),
        ("Watch all five games here 03:50 - Source: Associated Press", False),
    ],
)
def test_a_scrap_is_no_further_quote_though_it_may_be_the_only_one(scrap: str, shown: bool):
    likely, other = {"avalanche": 0.3, "associated press": 0.15}, candidate(6, scrap, scrap[:5], 0.4)
    assert (scrap[:5] in " ".join(answer(select([FOUND[0], other], 2), likely))) is shown
    assert answer(select([other], 1), likely)[0].startswith(scrap[:5])


@pytest.mark.parametrize(("between", "first"), [(" ", "The Avalanche beat"), ("\n", "Avalanche of Colorado")])
def test_whose_picture_it_was_is_no_quote_where_there_is_another(between: str, first: str):
    """A line by itself may be the headline, or one of a list."""
    told, credit = "Fans were happy with the result.", "Avalanche of Colorado, the association"
    article = Article("a9", "9.txt", "/9.txt", told + between + credit)
    start = len(told + between)
    passage = Passage("a9", (Sentence(0, len(told)), Sentence(start, len(article.text))))
    best = Candidate(Hit(9, passage, 1.0, 0.5), article, 1, {}, 0.9, Span(start, start + 9))
    likely = {"avalanche": 0.3}
    assert answer(select([best, FOUND[0]], 2), likely, limit=12)[0].startswith(first)
    assert answer(select([best], 1), likely)[0].startswith(credit)


def test_an_answer_is_told_in_the_fullest_way_that_its_quote_has():
    found = [candidate(7, "They met in Palm Beach, Florida, on the very last day of May.", "Palm Beach", 0.8)]
    evidence = select(found, 1)
    likely = {"palm beach": 0.5, "palm beach florida": 0.3, "in old palm beach florida": 0.2}
    assert answer(evidence, likely)[0] == "Palm Beach, Florida [1]."
    assert answer(evidence, likely | {"palm beach florida": 0.2})[0] == "Palm Beach [1]."
    assert answer(evidence, {"florida": 0.6, "the state of florida": 0.4})[0].startswith("They met")


def test_a_fuller_way_that_does_not_fit_gives_way_to_one_that_does():
    found = [candidate(7, "They met in Palm Beach, Florida, on the very last day of May.", "Palm Beach", 0.8)]
    evidence, likely = select(found, 1), {"palm beach": 0.5, "palm beach florida": 0.3}
    quote = len(with_markers(Claim.quoted(evidence[0].quote, 1)).split())
    firsts = [answer(evidence, likely, limit=quote + more)[0] for more in (4, 3, 2)]
    assert firsts[:2] == ["Palm Beach, Florida [1].", "Palm Beach [1]."]
    assert firsts[2].startswith("They met")


@pytest.mark.parametrize(("question", "told"), [("Who left?", "Mayor Lee"), ("Which mayor left?", "Lee")])
def test_words_of_the_question_that_an_answer_begins_with_make_it_no_fuller(question: str, told: str):
    found = [candidate(8, "Mayor Lee left the town hall on the very last day of May.", "Lee", 0.8)]
    claims, _ = assemble(question, "", [], select(found, 1), Limits(60), {"lee": 0.4, "mayor lee": 0.3})
    assert claims[0].text == told


def test_what_says_more_or_less_of_an_answer_makes_it_likelier():
    evidence = select(FOUND, 2, likely_answers(ASKED, FOUND))
    other = {"tampa bay": 0.25}
    assert answer(evidence, {"avalanche": 0.3, "colorado avalanche": 0.2} | other)[0] == "The Avalanche [1]."
    # In the words that a quote has, though they be the less likely ones.
    assert (
        answer(evidence, {"colorado avalanche": 0.38, "avalanche": 0.12} | other)[0] == "The Avalanche [1]."
    )
    least = {"avalanche": 0.3, "colorado avalanche": TOGETHER - 0.31}
    assert answer(evidence, least | other)[0].startswith("The Avalanche beat")
    assert answer(evidence, {"avalanche": 0.24, "lanche": 0.2})[0].startswith("The Avalanche beat")


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("liz truss", "secretary liz truss", True),
        ("secretary liz truss", "liz truss", True),
        ("al qaeda", "qaeda al", False),
        ("truss", "trussell", False),
        ("2022", "may 2022", False),  # of another month
        ("10 per cent", "10 per cent of all", True),
        ("up", "up to him", False),
    ],
)
def test_answers_are_alike_where_one_holds_the_other(one: str, other: str, together: bool):
    assert (len(alike({one: 0.4, other: 0.3})) == 1) is together


def test_an_answer_is_of_one_group_only():
    likely = {"boris johnson": 0.4, "lee": 0.3, "johnson": 0.2, "prime minister johnson": 0.1}
    groups = alike(likely)
    assert groups == [["boris johnson", "johnson"], ["lee"], ["prime minister johnson"]]
    assert sorted(answer for group in groups for answer in group) == sorted(likely)


def test_one_that_is_not_likely_enough_does_not():
    evidence = select(FOUND, 2, likely_answers(ASKED, FOUND))
    assert answer(evidence, {"avalanche": DIRECT - 0.01})[0].startswith("The Avalanche beat")


def test_it_does_not_push_its_own_quote_out():
    evidence = select(FOUND, 1, likely_answers(ASKED, FOUND))
    words = len(with_markers(Claim(evidence[0].quote, (1,), "quoted")).split())
    assert answer(evidence, {"avalanche": 0.9}, limit=words) == [
        "The Avalanche beat their rivals on Sunday night [1]."
    ]


def test_a_draft_that_fails_its_check_still_votes():
    evidence = select(FOUND, 3)
    assert "happy" not in answer(evidence, {}, limit=20)[0]
    assert "happy" in answer(evidence, {}, limit=20, draft="It made the fans happy.")[0]


@pytest.mark.parametrize(
    ("claim", "likely", "first"),
    [
        ("Tampa Bay.", {"avalanche": 0.3, "tampa bay": 0.1}, "The Avalanche beat"),
        ("Tampa Bay.", {"avalanche": 0.3, "tampa bay": 0.2}, "Tampa Bay ["),
        ("The Avalanche.", {"avalanche": 0.3, "tampa bay": 0.1}, "The Avalanche ["),
        ("Tampa Bay had won.", {"avalanche": 0.3, "tampa bay": 0.1}, "Tampa Bay had won ["),
        ("Tampa Bay.", {}, "Tampa Bay ["),
    ],
)
def test_bare_words_of_the_draft_are_an_answer_where_the_reader_does_not_doubt_them(
    claim: str, likely: dict[str, float], first: str
):
    evidence = select(FOUND, 3, likely_answers(ASKED, FOUND))
    (n,) = (e.n for e in evidence if ("Tampa Bay" if "Tampa" in claim else "The Avalanche") in e.quote)
    claims, _ = assemble(ASKED, claim, [Claim(claim, (n,), "verified")], evidence, Limits(60), likely)
    assert with_markers(claims[0]).startswith(first)
