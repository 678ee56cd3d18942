"""FTS5 against ten lines of BM25, and against every kind of query that breaks its syntax."""

import math
import random
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.errors import LibraryBroken
from index.keywords import MAX_QUERY_TERMS, TEXT_WEIGHT, TITLE_WEIGHT, Keywords
from index.library import Library
from index.words import STOPWORDS, stem, words

Rows = list[tuple[str, str]]  # (title, text)
Index = Callable[[Rows], Keywords]

CORPUS: Rows = [
    ("Ferry back at sea", "The ferry sailed at noon. The captain of the ferry waved."),
    ("Dike vote", "The council voted for the dike, three to two."),
    ("", "Rain fell on the harbour and on the dike and on the ferries."),
    ("Harbour", "Nobody voted. Nobody sailed. Rain, rain, rain."),
    ("Flood in the province", "Two villages were evacuated by boat that night."),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """`index(rows)`: written to a file and opened from it."""

    def write_and_open(rows: Rows) -> Keywords:
        file = tmp_path_factory.mktemp("keywords") / "keywords.sqlite"
        Keywords.write(file, rows)
        return Keywords(file)

    return write_and_open


@pytest.fixture(scope="module")
def corpus(index: Index) -> Keywords:
    return index(CORPUS)


def bm25(rows: Rows, query: str) -> list[tuple[int, float]]:
    """As https://sqlite.org/fts5.html#the_bm25_function has it, with its lower bound on the idf."""
    tokens = [([stem(w) for w in words(t)], [stem(w) for w in words(x)]) for t, x in rows]
    average = sum(len(t) + len(x) for t, x in tokens) / len(rows) or 1
    scores = dict.fromkeys(range(len(rows)), 0.0)
    for word in dict.fromkeys(w for w in words(query) if w not in STOPWORDS):
        n = sum(stem(word) in t + x for t, x in tokens)
        idf = max(math.log((len(rows) - n + 0.5) / (n + 0.5)), 1e-6)
        for i, (t, x) in enumerate(tokens):
            f = TITLE_WEIGHT * t.count(stem(word)) + TEXT_WEIGHT * x.count(stem(word))
            length = 1 - 0.75 + 0.75 * (len(t) + len(x)) / average
            scores[i] += idf * f * 2.2 / (f + 1.2 * length)
    return sorted(((i, s) for i, s in scores.items() if s), key=lambda pair: (-pair[1], pair[0]))


# --- ranking ------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["ferry", "dike vote", "rain on the harbour", "who sailed?"])
def test_ranking_and_scores_are_those_of_the_formula(corpus: Keywords, query: str):
    reference = bm25(CORPUS, query)
    assert reference
    assert corpus.search(query, 10) == [(row, pytest.approx(score)) for row, score in reference]


WORDS = st.sampled_from(["ferry", "ferries", "dike", "rain", "rained", "harbour", "the", "vote", "50"])
TEXTS = st.lists(WORDS, max_size=12).map(" ".join)


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=8), TEXTS)
def test_scores_are_those_of_the_formula_for_any_small_corpus(index: Index, rows: Rows, query: str):
    found = dict(index(rows).search(query, 10))
    assert found == {row: pytest.approx(score, rel=1e-9) for row, score in bm25(rows, query)}


def test_the_best_come_first_ties_by_row_and_no_more_than_asked(index: Index):
    keywords = index([("", "ferry"), ("", "dike"), ("", "ferry"), ("", "ferry ferry")] + [("", "x")] * 9)
    assert [row for row, _ in keywords.search("ferry", 10)] == [3, 0, 2]
    assert [row for row, _ in keywords.search("ferry", 2)] == [3, 0]
    assert keywords.search("ferry", 0) == []


def test_a_word_in_the_title_counts_double(index: Index):
    keywords = index([("dike", "ferry"), ("ferry", "dike"), ("", "x y"), ("", "x y"), ("", "x y")])
    assert [row for row, _ in keywords.search("ferry", 10)] == [1, 0]


@pytest.mark.parametrize("query", ["", " \n", "?!", "who was it, and what did they say?", "😀", "_"])
def test_a_query_without_content_words_finds_nothing(corpus: Keywords, query: str):
    assert corpus.search(query, 10) == []


def test_an_empty_index_finds_nothing(index: Index):
    empty = index([])
    assert (empty.count, empty.search("ferry", 10), empty.frequency("ferri")) == (0, [], 0)


# --- words --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("The FERRIES sailed", "ferry"),
        ("an Évian resident", "EVIAN"),
        ("Evian", "É\u0301vian"),
        ("the Weißenfels dike", "WEISSENFELS"),
        ("the Weissenfels dike", "Weißenfels"),
        ("a ﬁshing boat", "fishing"),  # a ligature, as PDF files have them
        ("Ａｄｄｒｅｓｓ", "address"),
        ("H₂O", "h2o"),
        ("한국어", "한국어"),
        ("ガラス", "ガラス"),
        ("Москвой", "москвой"),
        ("Ελλάδας", "ελλάδας"),
        ("עִבְרִית", "עברית"),
        ("snake_case", "case"),
        ("NATO’s groups", "NATO's group"),
    ],
)
def test_a_word_is_found_however_it_is_written(index: Index, written: str, asked: str):
    keywords = index([("", "nothing"), ("", written), ("", "else")])
    assert [row for row, _ in keywords.search(asked, 10)] == [1]


SCRIPTS = st.characters(categories=["Lu", "Ll", "Lo", "Nd"], max_codepoint=0xFFFF).filter(
    # SQLite's tables are those of Unicode 6.1 (2012); letters that came later separate words there.
    lambda c: c.isascii() or any(ord(a) <= ord(c) <= ord(b) for a, b in OLD_LETTERS)
)
OLD_LETTERS = ["ÀÖ", "ØĲ", "Ĵž", "ΑΡ", "αω", "АЯ", "ая", "את", "غي", "アヺ", "一龥", "가힣"]


@given(st.lists(st.text(SCRIPTS, min_size=1, max_size=12), min_size=1, max_size=6))
@example(["İstanbul"])
@example(["ŊS"])
def test_every_word_of_a_text_finds_it_and_is_counted_in_it(index: Index, written: list[str]):
    keywords = index([("", "nothing"), ("", " ".join(written)), (" ".join(written), "")])
    for word in words(" ".join(written)):
        if word not in STOPWORDS:
            assert {row for row, _ in keywords.search(word, 10)} == {1, 2}
            assert keywords.frequency(stem(word)) == 2


def test_stems_are_sqlites_for_every_word_of_the_samples(seed_library: Library):
    """So that a frequency asked with `index.words.stem` is that of the very word."""
    generation = seed_library.live
    texts = [
        f"{article.header} {article.quote(generation.passage(row).span)}"
        for row in range(generation.manifest.passages)
        for article in [generation.article(generation.passage(row).article)]
    ]
    stems = [{stem(word) for word in words(text)} for text in texts]
    vocabulary = sorted(set().union(*stems))
    assert len(vocabulary) > 800
    counted = {term: generation.keywords.frequency(term) for term in vocabulary}
    assert counted == {term: sum(term in s for s in stems) for term in vocabulary}


HARD_TO_STEM = """technology technologies biology apologies ideological possibly possibilities assembly
bubbly terribly ably nobly logy sanctions deployed ms ns y by flies dying agreed plastered sky relational
hopping hoping falling hissing conflated sensibilities generalizations oscillators adjustment replacement
effective bowdlerize"""


def test_stems_are_sqlites_where_stemmers_differ(index: Index):
    hard = words(HARD_TO_STEM)
    keywords = index([("", word) for word in hard])
    found = {word: [row for row, _ in keywords.search(word, 50)] for word in hard}
    assert all(hard.index(word) in found[word] for word in set(hard) - STOPWORDS)
    same = {word: sum(stem(other) == stem(word) for other in hard) for word in hard}
    assert {word: keywords.frequency(stem(word)) for word in hard} == same


# --- frequencies --------------------------------------------------------------------------------


def test_frequency_counts_rows_not_occurrences_in_title_and_text(corpus: Keywords):
    assert corpus.frequency("ferri") == 2  # "ferry" twice, and "ferries"
    assert corpus.frequency("rain") == 2
    assert corpus.frequency("harbour") == 2  # once in a title
    assert corpus.frequency("boat") == 1
    assert corpus.frequency("zebra") == corpus.frequency("") == corpus.frequency('"') == 0


def test_rarity_is_exact_from_a_word_of_every_row_to_one_of_none(index: Index):
    keywords = index([("", "ferry dike"), ("", "ferry"), ("", "ferry rain"), ("", "ferry rain")])
    assert keywords.count == 4
    assert keywords.rarity("ferri") == math.log(2)
    assert keywords.rarity("rain") == pytest.approx(math.log(1 + 4.5 / 2.5))
    assert keywords.rarity("dike") == pytest.approx(math.log(1 + 4.5 / 1.5))
    assert keywords.rarity("zebra") == pytest.approx(math.log(2 + 2 * 4))


# --- hostile queries ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "plain"),
    [
        ('"dike', "dike"),
        ('dike" OR "ferry', "dike ferry"),
        ("dike' ; DROP TABLE keywords; --", "dike drop table keywords"),
        ("NEAR(dike ferry, 2)", "near dike ferry 2"),
        ("dike AND ferry NOT rain", "dike ferry rain"),
        ("title: dike", "title dike"),
        ("{title text} : dike", "title text dike"),
        ("^dike + ferry", "dike ferry"),
        ("-dike", "dike"),
        ("dik*", "dik"),
        ("(((dike", "dike"),
        ("what's (up) with the dike?", "up with dike"),
        ("dike\0ferry", "dike ferry"),
        ("dike dike DIKE", "dike"),
        ("\ud800 dike", "dike"),
    ],
)
def test_operators_of_the_query_language_are_words_or_nothing(corpus: Keywords, query: str, plain: str):
    assert corpus.search(query, 10) == corpus.search(plain, 10)


@given(st.text(st.characters(), max_size=80))
@example("ferry\\")
@example("'\"`")
def test_no_query_raises(corpus: Keywords, query: str):
    rows = [row for row, _ in corpus.search(query, 3)]
    assert len(rows) == len(set(rows)) <= 3


def test_a_query_of_ten_thousand_words_asks_for_the_rarest_and_takes_no_time(index: Index):
    rng = random.Random(0)
    common = [f"word{n}" for n in range(100)]
    rows = [("", " ".join(rng.sample(common, 50))) for _ in range(300)]
    rare = [f"rare{n}" for n in range(MAX_QUERY_TERMS)]
    rows[17] = ("", " ".join(rare))
    keywords = index(rows)
    started = time.perf_counter()
    found = keywords.search(" ".join(common * 100 + rare), 10)
    assert time.perf_counter() - started < 2
    assert [row for row, _ in found] == [17]  # no common word was asked for


# --- several threads, broken files --------------------------------------------------------------


def test_threads_share_one_index(corpus: Keywords):
    queries = ["ferry", "dike vote", "rain on the harbour", "boat"]
    expected = [corpus.search(q, 10) for q in queries]
    different: list[str] = []

    def ask() -> None:
        for _ in range(50):
            for query, right in zip(queries, expected, strict=True):
                if corpus.search(query, 10) != right or corpus.frequency("ferri") != 2:
                    different.append(query)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert different == []


@pytest.mark.parametrize("damage", ["missing", "empty", "garbage", "half", "other"])
def test_a_file_that_is_no_index_is_a_broken_library_in_one_line(tmp_path: Path, damage: str):
    file = tmp_path / "keywords.sqlite"
    Keywords.write(file, CORPUS)
    data = file.read_bytes()
    if damage == "missing":
        file.unlink()
    elif damage == "other":
        file.unlink()
        with sqlite3.connect(file) as db:
            db.execute("CREATE TABLE another(thing)")
        db.close()
    else:
        damaged = {"empty": b"", "garbage": b"not a database\n" * 99, "half": data[: len(data) // 2]}
        file.write_bytes(damaged[damage])
    with pytest.raises(LibraryBroken) as broken:
        Keywords(file).search("ferry", 3)
    assert "run `footnote doctor`" in str(broken.value)
    assert "\n" not in str(broken.value)


def test_a_page_that_is_damaged_is_noticed_when_it_is_read(tmp_path: Path):
    file = tmp_path / "keywords.sqlite"
    Keywords.write(file, [("", f"ferry word{n}") for n in range(5000)])
    data = bytearray(file.read_bytes())
    page = 4096
    middle = len(data) // 2 // page * page
    data[middle - 4 * page : middle + 4 * page] = b"\xff" * (8 * page)
    file.write_bytes(data)
    keywords = Keywords(file)  # opening reads the first pages only
    with pytest.raises(LibraryBroken, match="damaged"):
        for n in range(5000):
            keywords.search(f"word{n}", 5)


def test_a_closed_index_leaves_its_file_to_others(tmp_path: Path):
    file = tmp_path / "keywords.sqlite"
    Keywords.write(file, CORPUS)
    keywords = Keywords(file)
    keywords.close()
    assert sorted(f.name for f in tmp_path.iterdir()) == ["keywords.sqlite"]  # no journal stays
    assert Keywords(file).count == len(CORPUS)


def test_threads_stem_at_once():
    """Past the cache: a stemmer that two share gives wrong stems, or fails."""
    known = [
        "sanctions",
        "deployed",
        "technology",
        "possibly",
        "councils",
        "evacuation",
        "passengers",
        "rising",
    ]
    expected = [stem(word) for word in known]
    uncached = stem.__wrapped__
    wrong: list[object] = []

    def one() -> None:
        try:
            wrong.extend(found for _ in range(300) if (found := [uncached(w) for w in known]) != expected)
        except IndexError as error:
            wrong.append(error)

    switches = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=one) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(switches)
    assert wrong == []
