"""A link to a quote leads to the very words it was made for, or says what became of them."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.archive import Archive
from index.errors import UsageError
from index.library import Library
from index.permalink import Permalink
from index.text import Article, Span

Write = Callable[..., Path]
Open = Callable[..., Library]

RAIN, SNOW = "It rained in Tholmby.", "Snow fell on the harbour."


@pytest.fixture
def news(tmp_path: Path) -> Path:
    return tmp_path / "news"


@pytest.fixture
def library(open_library: Open, tmp_path: Path, news: Path, write_article: Write) -> Library:
    write_article(news, "a.txt", RAIN)
    write_article(news, "b.txt", SNOW)
    library = open_library(tmp_path / "library")
    library.add([news])
    return library


def link_to(library: Library, file: str, words: str) -> Permalink:
    article = library.find(file)
    start = article.text.index(words)
    return Permalink.of(article, Span(start, start + len(words)))


def test_a_link_leads_to_its_words(library: Library):
    link = link_to(library, "a.txt", "rained")
    found = library.follow(Permalink.parse(str(link)))
    assert found.state == "same" and found.article and found.now == found.article
    assert found.article.quote(link.span) == "rained"


def test_an_edited_article_is_told_and_its_old_text_still_shown(
    library: Library, news: Path, write_article: Write
):
    link = link_to(library, "a.txt", "rained")
    write_article(news, "a.txt", "It never rained in Tholmby.")
    library.sync()
    found = library.follow(link)
    assert found.state == "edited" and found.article and found.now
    assert found.article.quote(link.span) == "rained"
    assert "never" in found.now.text


def test_a_removed_article_is_told_and_its_old_text_still_shown(library: Library, news: Path):
    link = link_to(library, "a.txt", "rained")
    (news / "a.txt").unlink()
    library.sync()
    found = library.follow(link)
    assert (found.state, found.now) == ("removed", None)
    assert found.article and found.article.quote(link.span) == "rained"


def test_a_moved_article_is_found_where_it_is(library: Library, news: Path):
    link = link_to(library, "a.txt", "rained")
    (news / "a.txt").rename(news / "c.txt")
    library.sync()
    found = library.follow(link)
    assert found.state == "moved" and found.article and found.article.file == "c.txt"
    assert found.article.quote(link.span) == "rained"


def edit_often(library: Library, news: Path, write_article: Write) -> None:
    """So often that no generation holds the first version any more."""
    for n in range(4):
        write_article(news, "a.txt", f"It rained {n} times.")
        library.sync()


def test_without_an_answer_a_text_goes_with_the_last_generation_that_holds_it(
    library: Library, news: Path, write_article: Write
):
    link = link_to(library, "a.txt", "rained")
    edit_often(library, news, write_article)
    found = library.follow(link)
    assert (found.state, found.article) == ("edited", None)
    (news / "a.txt").unlink()
    edit_often(library, news, write_article)
    (news / "a.txt").unlink()
    library.sync()
    assert library.follow(link).state == "unknown"


def test_an_answer_that_cites_a_text_keeps_it_until_it_is_deleted(
    library: Library, news: Path, write_article: Write
):
    link = link_to(library, "a.txt", "rained")
    before = library.find("a.txt")
    library.archive.keep("answer 1", [before, library.find("b.txt")])
    library.archive.keep("answer 2", [before])
    edit_often(library, news, write_article)
    assert library.follow(link).article == before
    library.archive.forget(["answer 1"])
    assert library.follow(link).article == before
    library.archive.forget(["answer 2", "never given"])
    assert library.follow(link).article is None


ARTICLES = st.builds(
    Article,
    id=st.just("0123456789ab"),
    file=st.text(min_size=1, max_size=9),
    path=st.text(min_size=1, max_size=9),
    text=st.text(min_size=1, max_size=80),
    body_start=st.integers(0, 9),
    title=st.none() | st.text(max_size=9),
    date=st.none() | st.dates(),
    source=st.none() | st.text(max_size=9),
    url=st.none() | st.text(max_size=9),
    author=st.none() | st.text(max_size=9),
    page_starts=st.lists(st.integers(0, 80), max_size=3).map(tuple),
)


@given(ARTICLES)
def test_what_is_kept_is_what_is_recalled(tmp_path_factory: pytest.TempPathFactory, article: Article):
    archive = Archive(tmp_path_factory.mktemp("archive"))
    archive.keep("one", [article])
    assert archive.recall(article.sha256) == archive.recall(article.sha256[:16]) == article
    archive.forget(["one"])
    assert archive.recall(article.sha256) is None


@given(st.integers(0, 10**8), st.integers(1, 10**8))
def test_a_link_is_read_back(start: int, length: int):
    digest = f"{random.Random(start).getrandbits(64):016x}"
    link = Permalink("0123456789ab", digest, start, start + length)
    assert Permalink.parse(str(link)) == Permalink.parse(f" {link}\n") == link


@pytest.mark.parametrize(
    "text", ["", "a.b.1-2", "0123456789ab.0123456789abcdef.9-3", "../../etc/passwd", "x" * 999]
)
def test_what_is_no_link_is_refused(text: str):
    with pytest.raises(UsageError, match="is no link to a quote"):
        Permalink.parse(text)
