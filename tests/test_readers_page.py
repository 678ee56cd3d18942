"""Saved web pages and feeds → articles: the main text, what the head says, encodings, hostile markup."""

import datetime as dt
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.readers import Refused
from index.readers.page import fragment_text
from index.sentences import split_sentences
from index.text import Article
from tests.test_readers import articles, one, read, refusal

CHROMIUM = next(
    (p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None
)
SENTENCES = [
    "The ferry between Orvelhaven and Tholmby stayed in port on Monday.",
    "Captain Nils Orrebrand said that the waves were four metres high in the sound.",
    "A café in Nether Skarrow opened its doors for the passengers who had to wait.",
    "The company expects calm seas by Friday, and all tickets stay valid until June 2023.",
]
PARAGRAPHS = [" ".join(SENTENCES[:2]), " ".join(SENTENCES[2:]), " ".join(SENTENCES[1:3])]


def page(head: str = "", body: str = "", charset: str = "utf-8") -> str:
    """A page of a news site: menu, article, comments, footer."""
    story = "".join(f"<p>{paragraph}</p>\n" for paragraph in PARAGRAPHS)
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="{charset}">
<title>Ferry stays in port | The Ormeska Bell</title>{head}
<script>var tracker = "<p>Never stored by anyone.</p>";</script><style>p {{ color: red }}</style></head>
<body><nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport</a></li></ul></nav>
<main><article><h1>Ferry stays in port</h1>{story}{body}</article></main>
<section id="comments"><p>First! This is a comment by somebody.</p></section>
<footer>© The Ormeska Bell. We use cookies.</footer></body></html>"""


HEAD = """<meta property="og:title" content="Ferry stays in port">
<meta property="og:site_name" content="The Ormeska Bell"><meta name="author" content="Ane Holt">
<meta property="article:published_time" content="2022-05-06T23:30:00-04:00">
<link rel="canonical" href="https://bell.example/2022/ferry-stays-in-port">"""


# --- web pages ----------------------------------------------------------------------------------


def test_a_page_gives_its_main_text_and_what_its_head_says(tmp_path: Path):
    article = one(tmp_path, "a.html", page(HEAD))
    assert (article.title, article.author) == ("Ferry stays in port", "Ane Holt")
    assert (article.date, article.source) == (dt.date(2022, 5, 6), "The Ormeska Bell")
    assert article.url == "https://bell.example/2022/ferry-stays-in-port"
    assert article.text[article.body_start :] == "\n\n".join(PARAGRAPHS)


def test_sentences_of_a_page_are_whole_and_hold_their_offsets(tmp_path: Path):
    article = one(tmp_path, "a.html", page(HEAD))
    found = [article.quote(s) for s in split_sentences(article.text, article.body_start)]
    assert found == SENTENCES + SENTENCES[1:3]


def test_lists_and_tables_of_the_text_come_without_marks(tmp_path: Path):
    body = """<h2>What comes next</h2><ul><li>Monday: no service</li></ul>
    <table><tr><th>Year</th><th>Trips</th></tr><tr><td>2021</td><td>400</td></tr></table>"""
    lines = one(tmp_path, "a.html", page(HEAD, body)).text.split("\n\n")
    assert lines[-4:] == ["What comes next", "Monday: no service", "Year | Trips", "2021 | 400"]


def test_what_a_page_does_not_say_is_unknown(tmp_path: Path):
    article = one(tmp_path, "a.html", page())
    assert (article.author, article.date, article.url) == (None, None, None)


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [("utf-8", "utf-8"), ("iso-8859-1", "utf-8"), ("iso-8859-1", "latin-1"), ("windows-1252", "cp1252"),
     ("no-such-charset", "utf-8"), ("utf-8", "cp1252"), ("utf-16", "utf-16"), ("utf-8", "utf-8-sig")],
)  # fmt: skip
def test_the_bytes_count_before_what_the_page_says_of_them(tmp_path: Path, charset: str, encoding: str):
    """Pages that were saved again are UTF-8, and still name the encoding that they came in."""
    article = one(tmp_path, "a.html", page(HEAD, charset=charset).replace("©", "").encode(encoding))
    assert "A café in Nether Skarrow" in article.text


@pytest.mark.parametrize(
    "markup",
    [
        "",
        "<html></html>",
        "<html><body><nav><a href=a>News</a> <a href=b>Sport</a></nav><form><input></form></body></html>",
        f"<html><head><title>App</title></head><body><script>{'x = 1;' * 999}</script></body></html>",
    ],
)
def test_a_page_without_main_text_is_refused_with_what_to_do(tmp_path: Path, markup: str):
    assert refusal(tmp_path, "a.html", markup).startswith(
        "a.html: no main text was found in the page; open it"
    )


def test_a_script_that_ends_no_sentence_with_a_mark_has_main_text(tmp_path: Path):
    thai = "<p>" + "ฝนตกหนักตลอดทั้งสัปดาห์และเรือข้ามฟากไม่สามารถออกเดินทางได้ " * 4 + "</p>"
    markup = f"<html><head><title>เรือ</title></head><body><article>{thai * 4}</article></body></html>"
    assert "ฝนตกหนัก" in one(tmp_path, "a.html", markup).text


def test_scripts_and_invisible_characters_never_reach_the_text(tmp_path: Path):
    body = "<p onclick='evil()'>The coun\u00adcil \u200bmet\u0007 on Tuesday evening in the town hall.</p>"
    text = one(tmp_path, "a.html", page(HEAD, body + "<script>document.write('<p>evil</p>')</script>")).text
    assert text.endswith("The council met on Tuesday evening in the town hall.")
    assert not re.search("evil|tracker|Never stored|<", text)


@pytest.mark.timeout(30)
@pytest.mark.parametrize(("tag", "count"), [("div", 100_000), ("a", 200_000), ("p", 40_000)])
def test_marks_without_end_are_read_or_refused_in_time(tmp_path: Path, tag: str, count: int):
    markup = f"<html><body>{f'<{tag}>' * count}{SENTENCES[0]}</body></html>"
    for item in _read_or_refused(tmp_path, "a.html", markup):
        assert isinstance(item, Article)


def _read_or_refused(folder: Path, name: str, data: str) -> list[Article | Refused]:
    from index.errors import ReadError

    try:
        return read(folder, name, data)
    except ReadError as error:
        assert str(error).startswith(f"{name}: ")
        return []


def test_a_page_that_a_browser_saved_tells_where_it_came_from(tmp_path: Path):
    saved = "<!DOCTYPE html>\n<!-- saved from url=(0029)https://bell.example/ferry/1/ -->\n"
    assert one(tmp_path, "a.html", saved + page()[15:]).url == "https://bell.example/ferry/1/"


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this system")
def test_a_page_as_chromium_writes_it_out(tmp_path: Path):
    """What a script adds when the page is shown is in what the browser saves."""
    script = (
        f"<script>document.querySelector('article').innerHTML += '<p>{SENTENCES[0]} Really.</p>'</script>"
    )
    (tmp_path / "site.html").write_text(page(HEAD) + script, encoding="utf-8")
    command = [
        str(CHROMIUM),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path}/profile",
    ]
    done = subprocess.run(
        [*command, "--dump-dom", (tmp_path / "site.html").as_uri()],
        capture_output=True,
        timeout=120,
        check=True,
    )
    article = one(tmp_path, "saved.html", done.stdout)
    assert (article.title, article.date, article.source) == (
        "Ferry stays in port", dt.date(2022, 5, 6), "The Ormeska Bell",
    )  # fmt: skip
    assert article.text[article.body_start :].split("\n\n") == [*PARAGRAPHS, f"{SENTENCES[0]} Really."]


@given(st.text(st.characters(exclude_characters="<>&\0\r")), st.sampled_from(["p", "div", "li", "td", "b"]))
def test_all_letters_of_a_piece_of_html_are_kept(text: str, tag: str):
    letters = re.findall(r"[a-z]", text)
    assert re.findall(r"[a-z]", fragment_text(f"<{tag}>{text}</{tag}>")) == letters


# --- feeds --------------------------------------------------------------------------------------

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>The Ormeska Bell</title><link>https://bell.example</link>
<item><title>Ferry &amp; dike</title><link>https://bell.example/1</link>
<guid isPermaLink="false">bell-1</guid><pubDate>Fri, 06 May 2022 23:30:00 -0400</pubDate>
<dc:creator>Ane Holt</dc:creator>
<description>A teaser.</description>
<content:encoded><![CDATA[<p>The <b>ferry</b> sails.</p><script>evil()</script>
<p>The dike holds.<br>Rain stops.</p>]]></content:encoded></item>
<item><title>Only a teaser</title><link>https://bell.example/2</link>
<description>It rained &lt;i&gt;all&lt;/i&gt; week.
</description></item>
<item><title>Nothing</title></item>
</channel></rss>"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>The Ormeska Bell</title><id>x</id>
<entry><id>urn:uuid:1</id><title>Ferry</title><link href="https://bell.example/1"/>
<updated>2022-05-08T10:00:00Z</updated><published>2022-05-06T23:30:00-04:00</published>
<author><name>Ane Holt</name></author>
<author><name>Per Li</name></author><content type="html">&lt;p&gt;The ferry sails.&lt;/p&gt;</content></entry>
<entry><id>urn:uuid:2</id><title>Dike</title><updated>2022-05-08T10:00:00Z</updated>
<summary>The dike holds.</summary></entry></feed>"""


def test_each_entry_of_an_rss_feed_is_an_article(tmp_path: Path):
    first, second, empty = read(tmp_path, "bell.rss", RSS)
    assert isinstance(first, Article)
    assert isinstance(second, Article)
    assert (first.file, first.path) == ("bell.rss!/bell-1", f"{tmp_path.resolve()}/bell.rss!/bell-1")
    assert (first.title, first.author, first.date) == ("Ferry & dike", "Ane Holt", dt.date(2022, 5, 6))
    assert (first.source, first.url) == ("The Ormeska Bell", "https://bell.example/1")
    assert first.text == "The ferry sails.\n\nThe dike holds.\n\nRain stops."
    assert (second.file, second.text) == ("bell.rss!/https://bell.example/2", "It rained all week.")
    assert isinstance(empty, Refused)
    assert empty.reason == "bell.rss!/entry 3: there is no text in it; it was left out"


def test_each_entry_of_an_atom_feed_is_an_article(tmp_path: Path):
    first, second = articles(tmp_path, "bell.atom", ATOM)
    assert (first.title, first.author, first.date) == ("Ferry", "Ane Holt, Per Li", dt.date(2022, 5, 6))
    assert (first.source, first.url, first.text) == (
        "The Ormeska Bell",
        "https://bell.example/1",
        "The ferry sails.",
    )
    assert (second.date, second.text) == (dt.date(2022, 5, 8), "The dike holds.")


@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1", "windows-1252"])
def test_a_feed_is_decoded_by_its_bytes_first(tmp_path: Path, declared: str):
    feed = RSS.replace('encoding="UTF-8"', f'encoding="{declared}"').replace("The dike", "Évian’s dike")
    for encoding in {"utf-8", "cp1252" if declared != "utf-8" else "utf-8"}:
        first = read(tmp_path, "bell.xml", feed.encode(encoding))[0]
        assert isinstance(first, Article)
        assert "Évian’s dike holds." in first.text


@pytest.mark.timeout(30)
def test_entities_of_a_feed_are_not_expanded(tmp_path: Path):
    """A billion laughs, and a file of this machine."""
    bomb = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12))
    feed = f"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a0 "ha">{bomb}
    <!ENTITY file SYSTEM "{(tmp_path / "secret.txt").as_uri()}">]>
    <rss version="2.0"><channel><title>&a11;</title>
    <item><title>&a11;</title><description>It rained. &a11; &file;</description></item></channel></rss>"""
    (tmp_path / "secret.txt").write_text("password", encoding="utf-8")
    for item in _read_or_refused(tmp_path, "bomb.xml", feed):
        assert len(repr(item)) < 3000
        assert "password" not in repr(item)


@pytest.mark.parametrize("data", ["", "<html><body>no</body></html>", "<a><b/></a>", "not xml at all"])
def test_other_xml_is_refused_as_no_feed(tmp_path: Path, data: str):
    assert refusal(tmp_path, "a.xml", data) == (
        "a.xml: this is not an RSS or Atom feed; the file was left out"
    )


def test_a_feed_without_entries_is_refused(tmp_path: Path):
    empty = "<rss version='2.0'><channel><title>The Bell</title></channel></rss>"
    assert (
        refusal(tmp_path, "a.rss", empty) == "a.rss: there are no entries in the feed; the file was left out"
    )
