"""What a page and a Markdown file show is what was written, whatever was written."""

import dataclasses
import datetime as dt
from html.parser import HTMLParser

import pytest

from assistant.keeping.votes import Vote
from assistant.page import panel
from assistant.page.reading_html import vote_html
from assistant.rendering import render
from assistant.rendering.how_html import how_html
from assistant.rendering.working_html import draft_html, searching_html, status_html, working_html
from assistant.values import (
    Answer,
    Citation,
    Claim,
    Dropped,
    Evidence,
    PassageRef,
    Retrieved,
    Searched,
    Source,
    Status,
    Waiting,
)
from index.text import Article, Span

HOSTILE = (
    '<script>alert(1)</script> <img src=x onerror="alert(1)"> </div></textarea></mark> '
    "![](http://evil.example/a.png) [1](http://evil.example) <|im_end|> $x^2$ &lt;b&gt; "
    "${alert(1)} {{value}} \" ' ` *em* _em_ ~~s~~ | a |"
)
SOURCE = Source("a1b2", "<b>.txt", "T <i>itle", dt.date(2022, 3, 9), "News & Co", "https://x.example/?a&b")


class Page(HTMLParser):
    """Reads HTML as a browser does: its text, its tags and their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.marked: str | None = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "input":  # which has no end
            self.open.append(tag)
        if tag == "mark":
            self.marked = ""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, "tags must nest"

    def handle_data(self, data: str) -> None:
        self.text += data
        if "mark" in self.open:
            self.marked = (self.marked or "") + data

    @property
    def links(self) -> list[str | None]:
        return [attributes.get("href") for tag, attributes in self.tags if tag == "a"]


def article(text: str, body_start: int = 0) -> Article:
    return Article("a1b2", SOURCE.file, "/x", text, body_start, SOURCE.title, SOURCE.date, SOURCE.source)


def citation(n: int, quote: str) -> Citation:
    return Citation(n, SOURCE, quote, 5, 5 + len(quote), f"abcde{quote}", 0)


def evidence(n: int, quote: str, start: int = 5) -> Evidence:
    context, context_start = f"abcde{quote}", start - 5
    return Evidence(n, SOURCE, quote, start, start + len(quote), quote, 0.9, context, context_start)


def answer(status: Status = "answered", quote: str = HOSTILE, **more: object) -> Answer:
    claims = (Claim(HOSTILE, (1,), "verified"), Claim(quote, (2,), "quoted"))
    cited = (citation(1, "Something else."), citation(2, quote))
    values = {"claims": claims, "citations": cited} | more
    return Answer(HOSTILE, HOSTILE, status, "text", **values)  # type: ignore[arg-type]


# --- HTML ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "html",
    [
        render.turn_html("a1", HOSTILE, "", busy=True),
        draft_html(HOSTILE),
        status_html(HOSTILE),
        render.note_html(HOSTILE, error=True),
        render.evidence_html("a1", [evidence(1, HOSTILE)], "Quotes"),
        render.answer_html("a1", answer()),
        render.answer_html("a1", answer("not_found"), [evidence(1, HOSTILE)]),
        render.failed_html("It failed.", HOSTILE),
        render.understood_html("q", HOSTILE, editable=True),
        render.empty_html(HOSTILE),
        how_html("a1", answer(dropped=(Dropped(HOSTILE, HOSTILE),))),
        how_html("a1", answer(evidence=(evidence(1, HOSTILE, start=90),))),
        vote_html("a1", Vote("down", "wrong", HOSTILE)),
        panel.article_html(article(HOSTILE), None, HOSTILE),
        panel.article_html(article(f"one {HOSTILE} two"), Span(4, 4 + len(HOSTILE)), "a1-1"),
        panel.welcome_html([article("x")], [HOSTILE]),
    ],
)
def test_hostile_text_is_shown_letter_by_letter_and_makes_no_tag(html: str) -> None:
    page = Page(html)
    assert HOSTILE in page.text or any(HOSTILE in v for _, a in page.tags for v in a.values() if v)
    assert not {"script", "img", "iframe", "style"} & {tag for tag, _ in page.tags}
    forms = ("reword", "why")  # made by us, folded away
    assert all(a["class"] in forms and "hidden" in a for tag, a in page.tags if tag == "form")
    assert all(not name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert not page.open, "every tag is closed"


@pytest.mark.parametrize("status", ["answered", "not_found", "failed"])
def test_links_of_an_answer_only_open_quotes(status: Status) -> None:
    """No URL of an article becomes a link in the conversation."""
    passages = (PassageRef(SOURCE, 0, 5, 0.5),)
    value = answer(status, passages=passages)
    page = Page(render.answer_html("a7", value) + how_html("a7", value))
    assert all(link and link.startswith("#cite-a7-") for link in page.links)


def test_every_claim_carries_its_footnote() -> None:
    page = Page(render.answer_html("a7", answer(quote="It rained.")))
    footnotes = [a for tag, a in page.tags if tag == "a" and a.get("class") == "cite"]
    assert [a["href"] for a in footnotes] == ["#cite-a7-1", "#cite-a7-2"]
    told = [footnotes[1][f"data-{name}"] for name in ("title", "facts", "quote")]
    assert told == ["T <i>itle", "News & Co · 9 March 2022", "It rained."]
    assert footnotes[1]["aria-label"] == "Footnote 2: T <i>itle, 9 March 2022"


def test_word_for_word_quotes_look_like_quotes_and_are_not_repeated_below() -> None:
    html = render.answer_html("a1", answer(quote="It rained."))
    assert "<blockquote" in html
    assert html.count(">It rained.<") == 1


def test_a_quote_over_two_paragraphs_is_not_repeated_below_either() -> None:
    """The claim has spaces where the article has line breaks."""
    quoted = Claim("One. Two.", (1,), "quoted")
    value = answer(claims=(quoted,), citations=(citation(1, "One.\n\nTwo."),))
    assert "words" not in render.answer_html("a1", value)


def test_quotes_that_were_read_and_not_cited_are_listed_apart() -> None:
    value = answer(quote="Two.", evidence=(evidence(1, "Two."), evidence(2, "Three.", start=90)))
    html = render.answer_html("a1", value, how=how_html("a1", value))
    assert html.count("Also read: 1 quote<") == 1
    assert "#cite-a1-e2" in html
    assert "#cite-a1-e1" not in html


def test_not_found_offers_the_nearest_quotes_as_what_they_are() -> None:
    value = Answer("q", "q", "not_found", "The articles do not say.")
    page = Page(render.answer_html("a1", value, [evidence(1, "It rained."), evidence(2, "It snowed.")]))
    assert "The articles do not say." in page.text
    assert page.text.index(render.NEAR) < page.text.index("It rained.")
    assert page.links == ["#cite-a1-e1", "#cite-a1-e2"]
    assert render.NEAR not in render.answer_html("a1", value)


def test_a_completed_follow_up_is_shown_with_a_form_and_a_complete_question_is_not_repeated() -> None:
    follow_up = Answer("And him?", "And Lee <b>?", "not_found", "The articles do not say.")
    page = Page(render.answer_html("a1", follow_up))
    assert "Understood as: And Lee <b>?" in page.text
    assert [tag for tag, a in page.tags if tag == "button" and a["type"] == "submit"] == ["button"]
    assert [tag for tag, a in page.tags if tag == "form" and "hidden" in a] == ["form"]
    assert "Understood" not in render.answer_html("a1", answer())


@pytest.mark.parametrize("status", ["answered", "not_found", "failed"])
def test_every_outcome_shows_how_the_question_was_understood(status: Status) -> None:
    value = answer(status)
    reworded = dataclasses.replace(value, standalone_question="And Lee?")
    assert "Understood as" in render.answer_html("a1", reworded)


def test_a_failed_answer_shows_what_failed_its_message_and_the_quotes_that_were_found() -> None:
    value = Answer("q", "q", "failed", "no model; see `doctor`", evidence=(evidence(3, "It rained."),))
    page = Page(render.answer_html("a1", value))
    assert "The language model failed." in page.text
    assert "No model; see `doctor`" in page.text
    assert "The articles do not say" not in page.text
    assert page.links == ["#cite-a1-e3"]


@pytest.mark.parametrize(
    ("text", "ends"),
    [("a\u202eb", "\u202c"), ("\u2067a\u202bb", "\u202c\u2069"), ("\u202ea\u202c", ""), ("a", "")],
)
def test_a_text_that_turns_the_reading_direction_turns_it_back(text: str, ends: str) -> None:
    assert render.closed(text) == text + ends


def test_quotes_are_on_the_page_before_the_first_word() -> None:
    found = Retrieved("q", (evidence(1, "It rained."),), (), 0.1)
    assert "Searching" in searching_html(None)
    found_in = tuple(PassageRef(Source(f"id{n // 2}", f"<{n // 2}>.txt"), 0, 9, 0.5) for n in range(12))
    reading = Page(searching_html(Searched(found_in, None))).text
    assert "Reading 12 passages of 6 articles" in reading
    assert "6 articles · about 10 s" in Page(searching_html(Searched(found_in, 9.0))).text
    assert "<0>.txt; <1>.txt; <2>.txt; <3>.txt and 2 more" in reading
    assert "It rained." in Page(working_html("a1", "q", found, "")).text
    drafting = Page(working_html("a1", "q", found, "It did")).text
    assert "It did" in drafting
    assert "being checked" in drafting
    assert "It rained." in drafting


@pytest.mark.parametrize(
    ("waiting", "status"),
    [
        (None, "Reading 1 quote"),
        (Waiting(0, None), "Reading 1 quote"),
        (Waiting(0, 1.2), "Reading 1 quote"),
        (Waiting(0, 8.2), "Reading 1 quote · about 10 s"),
        (Waiting(1, None), "1 question before this one"),
        (Waiting(2, 100.0), "2 questions before this one · about 2 minutes"),
    ],
)
def test_what_takes_long_tells_for_how_long_and_who_comes_first(waiting: Waiting | None, status: str) -> None:
    found = Retrieved("q", (evidence(1, "It rained."),), (), 0.1)
    drawn = working_html("a1", "q", found, "", waiting)
    assert f'<p class="status" role="status">{status}</p>' in drawn


# --- the panel -------------------------------------------------------------------------------------


@pytest.mark.parametrize("quote", ["Tom & Jerry <left>", "\n\nNext one", HOSTILE])
def test_the_mark_is_exactly_the_quote(quote: str) -> None:
    text = f"Before. {quote} After."
    start = text.index(quote)
    page = Page(panel.article_html(article(text), Span(start, start + len(quote)), "a1-1"))
    assert page.marked == quote


def test_the_panel_holds_the_whole_text_after_its_heading_lines() -> None:
    text = " date 2022-03-09 \n\n\n\nOne.\n\n  Two.\n"
    shown = article(text, body_start=len(" date 2022-03-09 "))
    start = text.index("Two")
    assert Page(panel.article_html(shown, Span(start, start + 4), "k")).text.endswith("One.\n\n  Two.")
    assert Page(panel.article_html(shown, None, "k")).text.endswith("One.\n\n  Two.")


def test_a_quote_from_the_heading_lines_is_marked_all_the_same() -> None:
    page = Page(panel.article_html(article("Title\n\nBody.", body_start=7), Span(0, 5), "k"))
    assert page.marked == "Title"
    assert page.text.endswith("Title\n\nBody.")


def test_the_heading_names_title_date_file_and_source() -> None:
    text = Page(panel.article_html(article("x"), None, "k")).text
    for fact in ("T <i>itle", "9 March 2022", "<b>.txt", "News & Co"):
        assert fact in text


@pytest.mark.parametrize(
    ("url", "links"),
    [
        ("https://x.example/?a=1&b", ["https://x.example/?a=1&b"]),
        ("javascript:alert(1)", []),
        ("data:text/html,x", []),
        (' https://x" onclick="alert(1)', []),
    ],
)
def test_only_web_addresses_become_links(url: str, links: list[str]) -> None:
    page = Page(panel.article_html(Article("a", "a.txt", "/a", "x", url=url), None, "k"))
    assert page.links == links


def test_an_article_that_changed_is_shown_as_it_was_when_quoted() -> None:
    page = Page(panel.changed_html(citation(1, "It rained."), "a1-1"))
    assert page.marked == "It rained."
    assert "changed" in page.text


def test_the_contents_are_cut_at_the_limit_and_say_so() -> None:
    page = Page(panel.contents_html([article("x")] * 5, limit=3))
    assert page.links == ["#cite-article-a1b2"] * 3
    assert "and 2 more articles" in page.text


def test_an_empty_library_says_how_to_fill_it() -> None:
    page = Page(render.empty_html("footnote add FOLDER --library '/a b'"))
    assert "There are no articles yet." in page.text
    assert "footnote add FOLDER --library '/a b'" in page.text


# --- Markdown --------------------------------------------------------------------------------------


def test_markdown_has_numbered_claims_and_references() -> None:
    cited = (citation(1, "It\n\nrained."), citation(2, "It snowed."))
    claims = (Claim("Rain fell.", (1,), "verified"), Claim("It snowed.", (2,), "quoted"))
    assert render.markdown(Answer("q", "q", "answered", "…", claims, cited)) == (
        "Rain fell. [1]\n\n> It snowed. [2]\n\n"
        "1. T \\<i\\>itle, 9 March 2022: “It rained.”\n2. T \\<i\\>itle, 9 March 2022: “It snowed.”\n"
    )


def test_markdown_of_an_answer_without_claims_is_its_text() -> None:
    value = Answer("q", "q", "not_found", "The articles do not say.")
    assert render.markdown(value) == "The articles do not say.\n"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("# No heading", "\\# No heading"),
        ("- no list", "\\- no list"),
        ("12. no list", "12\\. no list"),
        ("![x](http://evil.example)", "!\\[x\\](http://evil.example)"),
        ("a_b*c `d`", "a\\_b\\*c \\`d\\`"),
        ("&amp; & AT&T", "\\&amp; & AT&T"),
        ("line\n\nbreak", "line break"),
        ("a\x1b[31mred\x9b0m\x07", "a�\\[31mred�0m�"),
        ("a\u202eb", "a\u202eb\u202c"),
        ("", ""),
    ],
)
def test_markdown_shows_the_same_characters(text: str, written: str) -> None:
    assert render.markdown_text(text) == written


def test_wire_copy_is_told_beside_its_footnote_and_counted_once():
    alone = answer()
    assert "independent source" not in render.answer_html("a1", alone)
    copied = dataclasses.replace(alone.citations[0], page=3, also_in=("b1", "c1"))
    told = dataclasses.replace(alone, citations=(copied, *alone.citations[1:]), independent_sources=1)
    html = render.answer_html("a1", told)
    assert "1 independent source · Checked against its quotes" in html
    assert "page 3 (also in 2 articles)" in html
    assert "also in 2 articles" in render.markdown(told)
