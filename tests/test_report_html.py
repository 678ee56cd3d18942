"""A report as a web page and as Markdown: valid, whole, and no text of an article is read as markup."""

import base64
import hashlib
import re
from html import escape

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin
from reported import BILLS, BOLD, FREEZE, HOSTILE, NASTY_ONES, NOW, ORDINARY, SAID, TWELVE, cited, entry, many

from assistant.report.characters import safe
from assistant.report.document import PLAIN, document
from assistant.report.html import to_html
from assistant.report.markdown import line, to_markdown
from assistant.report.runs import Run
from assistant.report.styles import STYLES
from assistant.values import Claim, Source

XHTML = "{http://www.w3.org/1999/xhtml}"
TAGS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "header",
        "h1",
        "h2",
        "h3",
        "p",
        "blockquote",
    ),
    *("section", "ol", "ul", "li", "a", "sup", "i", "b", "bdi", "span"),
}


def parsed(page: str):
    """The page's tree; raises html5lib's ParseError where it is no valid HTML."""
    return html5lib.HTMLParser(strict=True).parse(page)


def texts(page: str) -> str:
    return " ".join("".join(parsed(page).itertext()).split())


def shown(piece: str) -> str:
    """The text of a piece of HTML."""
    tree = html5lib.parseFragment(piece, treebuilder="etree")
    return " ".join("".join(tree.itertext()).split())


def checked(page: str):
    """The page's tree: valid, of our own elements alone, each link into the page with a place to go to."""
    tree = parsed(page)
    elements = [one for one in tree.iter() if isinstance(one.tag, str)]
    assert {one.tag.removeprefix(XHTML) for one in elements} <= TAGS
    ids = [one.get("id") for one in elements if one.get("id")]
    assert len(ids) == len(set(ids))
    for one in elements:
        href = one.get("href")
        assert href is None or href.removeprefix("#") in ids or href.startswith(("http://", "https://"))
        assert not [name for name in one.attrib if name.startswith("on") or name in ("src", "srcdoc")]
        for name in ("aria-labelledby",):
            assert one.get(name) is None or one.get(name) in ids
    return tree


@pytest.mark.parametrize("entries", [ORDINARY, NASTY_ONES, []], ids=["ordinary", "nasty", "empty"])
@pytest.mark.parametrize("style", [PLAIN, *STYLES])
def test_the_page_is_valid_html_of_our_own_elements(entries: list, style: str):
    checked(to_html(document(HOSTILE, entries, style, NOW)))


def test_500_hostile_notes_are_valid_html():
    checked(to_html(document(HOSTILE, many(), PLAIN, NOW)))


def test_the_page_shows_answers_notes_and_quotes():
    said = texts(to_html(document("Price freeze", ORDINARY, "apa", NOW)))
    for part in ("How does the freeze work?", BILLS, BOLD, TWELVE, "The articles do not say.", "References"):
        assert part in said


def test_each_note_leads_back_to_all_places_that_cite_it():
    page = to_html(document("Price freeze", ORDINARY, PLAIN, NOW))
    first = page[page.index('id="note-1"') : page.index('id="note-2"')]
    assert re.findall(r'href="#cited-(\d+)"', first) == ["1", "2", "6"]
    assert len(re.findall(r'role="doc-noteref"', page)) == 6


def test_the_page_is_whole_and_runs_nothing():
    page = to_html(document("Price freeze", ORDINARY, PLAIN, NOW))
    style = re.search(r"<style>(.*)</style>", page, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in page
    assert "url(" not in style[1] and "@import" not in style[1] and "<script" not in page


def test_texts_are_escaped_and_have_directions_of_their_own():
    page = to_html(document(HOSTILE, NASTY_ONES, PLAIN, NOW))
    assert f"<title>{escape(safe(HOSTILE))}</title>" in page
    assert "alert(1)</script>" not in page
    assert f'<blockquote dir="auto"><p>{escape(SAID)}' in page


# --- Markdown ------------------------------------------------------------------------------------


def rendered(text: str) -> str:
    """The Markdown as HTML, by another library, as CommonMark with footnotes, tables and strikethrough."""
    return str(MarkdownIt("gfm-like", {"linkify": False}).use(footnote_plugin).render(text))


def test_the_whole_report_as_markdown():
    text = to_markdown(document("Price freeze", ORDINARY, PLAIN, NOW))
    assert text.startswith(
        "# Price freeze\n\n23 November 2022 · 3 answers, 4 quotes from 3 articles\n\n"
        "## How does the freeze work?\n\n"
        "Bills are frozen for two winters.[^1] The mayor called it bold.[^1][^2]\n\n"
        f"> {TWELVE}[^3]\n\n"
    )
    assert (
        "\n\n[^1]: Ane Holt and Per Lind, “Price freeze for two winters”, *The Harbour Post*, "
        f"8 September 2022, <{FREEZE.url}>. “{BILLS}” Accessed 22 November 2022.\n"
    ) in text


@pytest.mark.parametrize("style", [PLAIN, "apa", "chicago"])
def test_another_library_reads_the_footnotes(style: str):
    page = rendered(to_markdown(document("Price freeze", ORDINARY, style, NOW)))
    said = shown(page)
    assert page.count('class="footnote-item"') == 4
    assert page.count('class="footnote-ref"') == 6
    for part in (BILLS, BOLD, TWELVE, "The articles do not say."):
        assert part in said
    assert f'href="{escape(str(FREEZE.url))}"' in page


def test_500_hostile_notes_as_markdown():
    page = rendered(to_markdown(document(HOSTILE, many(), PLAIN, NOW)))
    assert page.count('class="footnote-item"') == 500
    assert "<script" not in page and "evil.example" in page and 'href="http://evil' not in page


@pytest.mark.parametrize(
    "text", [HOSTILE, "1. x", "- x", "+ x", "# x", "    x", "> x", "```", "***", "===", "a|b\n-|-"]
)
def test_hostile_texts_render_as_the_same_characters(text: str):
    source = Source("a", "a.txt", text)
    report = document(
        text, [entry(text, [Claim(text, (1,), "quoted", text)], [cited(1, text, source)])], PLAIN, NOW
    )
    assert shown(rendered(to_markdown(report))).count(" ".join(safe(text).split())) >= 6


@settings(max_examples=200)
@given(
    st.text(
        st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("*_`[]<>|~\\&;:^@#!-+1.2)({}$%=\"'/")
    )
)
def test_any_line_renders_as_the_same_characters(text: str):
    for before in ("", "A "):
        page = rendered(line([Run(before), Run(safe(text), italic=bool(before))]))
        assert shown(page) == f"{before}{' '.join(safe(text).split())}".strip()
