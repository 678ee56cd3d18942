"""PDF, Word and mail → articles: whole sentences, pages, what they say of themselves, what is refused."""

import datetime as dt
import io
import re
import shutil
import subprocess
import textwrap
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from fpdf import FPDF
from hypothesis import given
from hypothesis import strategies as st

from index.errors import ReadError
from index.readers import Refused
from index.readers.layout import Line, Page, join, join_pages, without_running_heads
from index.sentences import split_sentences
from index.text import Article
from tests.test_readers import articles, one, read, refusal

CHROMIUM = next(
    (p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None
)
OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
SENTENCES = [
    "The provincial council voted on Tuesday evening to raise the dike along the lower Irravel.",
    "The project is expected to cost 3.4 million crowns, and it will take two summers.",
    "Residents of Nether Skarrow had asked for it since the flood, which reached 212 homes.",
    "A second vote follows in June 2022, when the well-known engineer Per Li presents his plans.",
    "The opposition called the decision hasty, because nobody had asked the farmers upstream.",
    "Ferries will stop at Tholmby while the embankment is rebuilt, the company announced.",
]
TITLE = "The dike will be raised"


def paragraphs(count: int) -> list[str]:
    """Paragraphs of three sentences in a fixed order."""
    return [" ".join(SENTENCES[(i + k) % 6] for k in range(3)) for i in range(count)]


def sentences(article: Article) -> list[str]:
    return [article.quote(s) for s in split_sentences(article.text, article.body_start)]


# --- PDF ----------------------------------------------------------------------------------------


class Report(FPDF):
    """Pages with a running head and a page number."""

    def header(self) -> None:
        self.set_font("Times", size=9)
        self.cell(0, 8, "THE ORMESKA BELL", align="C", new_x="LMARGIN", new_y="NEXT")

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font("Times", size=9)
        self.cell(0, 8, f"Page {self.page_no()} of 9", align="C")


def pdf(blocks: list[str], title: str = TITLE, make: Callable[[], FPDF] = Report) -> FPDF:
    """A document with a heading and justified paragraphs."""
    document = make()
    document.add_page()
    if title:
        document.set_font("Times", "B", 18)
        document.multi_cell(0, 9, title, new_x="LMARGIN", new_y="NEXT")
    document.set_font("Times", size=11)
    for block in blocks:
        document.multi_cell(0, 5, block, new_x="LMARGIN", new_y="NEXT")
        document.ln(2.5)
    return document


def test_a_pdf_gives_whole_sentences_without_running_heads(tmp_path: Path):
    blocks = paragraphs(60)
    article = one(tmp_path, "a.pdf", bytes(pdf(blocks).output()))
    assert len(article.page_starts) == 5
    assert (article.title, article.file) == (TITLE, "a.pdf")
    assert sentences(article) == [s for block in blocks for s in split(block)]
    assert "ORMESKA BELL" not in article.text
    assert not re.search(r"Page \d", article.text)


def split(text: str) -> list[str]:
    return [text[s.start : s.end] for s in split_sentences(text)]


def test_each_page_begins_where_its_text_does(tmp_path: Path):
    document = pdf([], title="", make=FPDF)
    for number, words in enumerate(["It rained on the first day.", "", "It rained on the third day."]):
        if number:
            document.add_page()
        document.set_font("Times", size=11)
        document.multi_cell(0, 5, words) if words else None
    article = one(tmp_path, "a.pdf", bytes(document.output()))
    assert article.text == "It rained on the first day.\n\nIt rained on the third day."
    assert [article.page(article.text.index(word)) for word in ("first", "third")] == [1, 3]
    assert len(article.page_starts) == 3


@pytest.mark.parametrize(
    ("producer", "text", "date"),
    [
        ("LibreOffice 7.4", "It rained in 2022.", dt.date(2022, 5, 6)),
        ("LibreOffice 7.4", "It rained.", None),  # nothing says that it is of that year
        ("Skia/PDF m156", "It rained in 2022.", None),  # printed on that day
        ("ABBYY FineReader", "It rained in 2022.", None),  # scanned on that day
    ],
)
def test_a_pdf_tells_its_author_and_its_day_where_that_is_plausible(
    tmp_path: Path, producer: str, text: str, date: dt.date | None
):
    document = pdf([text])
    document.set_title("Dike to be raised")
    document.set_author("Ane Holt")
    document.set_producer(producer)
    document.set_creation_date(dt.datetime(2022, 5, 6, 22, 0, tzinfo=dt.UTC))
    article = one(tmp_path, "a.pdf", bytes(document.output()))
    assert (article.title, article.author, article.date) == ("Dike to be raised", "Ane Holt", date)


@pytest.mark.parametrize(
    "title", ["untitled", "Microsoft Word - dike.docx", "report.indd", "https://bell.example/1"]
)
def test_a_title_that_a_program_made_gives_way_to_the_heading(tmp_path: Path, title: str):
    document = pdf(["It rained.", "It rained again."], make=FPDF)
    document.set_title(title)
    document.set_author("Administrator")
    article = one(tmp_path, "a.pdf", bytes(document.output()))
    assert (article.title, article.author) == (TITLE, None)
    assert sentences(article) == ["It rained.", "It rained again."]


def test_a_pdf_that_only_forbids_printing_is_read(tmp_path: Path):
    document = pdf(["It rained."])
    document.set_encryption(owner_password="owner")
    assert "It rained." in one(tmp_path, "a.pdf", bytes(document.output())).text


def test_a_pdf_with_a_password_is_refused(tmp_path: Path):
    document = pdf(["It rained."])
    document.set_encryption(owner_password="owner", user_password="user")
    assert refusal(tmp_path, "a.pdf", bytes(document.output())) == (
        "a.pdf: it is locked with a password; save a copy without one, and add that"
    )


def test_a_scan_is_refused_with_what_to_do(tmp_path: Path):
    document = FPDF()
    for _ in range(2):
        document.add_page()
        document.rect(10, 10, 50, 50)
    assert refusal(tmp_path, "a.pdf", bytes(document.output())) == (
        "a.pdf: it has 2 pages of pictures and no text; run OCR on it first (for example ocrmypdf), "
        "and add the result"
    )


@pytest.mark.parametrize("keep", [0, 5, 200, 0.5, 0.9])
def test_a_pdf_cut_short_is_refused_or_read_but_never_an_error(tmp_path: Path, keep: float):
    data = bytes(pdf(paragraphs(9)).output())
    data = data[: int(keep * len(data)) if 0 < keep < 1 else int(keep)]
    (tmp_path / "a.pdf").write_bytes(data)
    try:
        found = read(tmp_path, "a.pdf", data)
    except ReadError as error:
        assert str(error).startswith("a.pdf: ")
        return
    assert all(isinstance(item, Article) for item in found)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this system")
def test_a_pdf_that_chromium_printed(tmp_path: Path):
    blocks = paragraphs(30)
    story = "".join(f"<p style='text-align: justify'>{block}</p>" for block in blocks)
    head = f"<meta charset=utf-8><title>{TITLE}</title>"
    page = f"<html lang=en><head>{head}</head><body><h1>{TITLE}</h1>{story}</body></html>"
    (tmp_path / "a.html").write_text(page, encoding="utf-8")
    command = [
        str(CHROMIUM),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path}/profile",
    ]
    subprocess.run(
        [*command, f"--print-to-pdf={tmp_path}/printed.pdf", (tmp_path / "a.html").as_uri()],
        capture_output=True, timeout=120, check=True,
    )  # fmt: skip
    article = one(tmp_path, "printed.pdf", (tmp_path / "printed.pdf").read_bytes())
    assert (article.title, article.date) == (TITLE, None)
    kept = [s for s in sentences(article) if s in SENTENCES]
    assert len(kept) == 90  # Chromium's own head and foot of each page may stand between them


@pytest.mark.skipif(OFFICE is None, reason="no LibreOffice on this system")
@pytest.mark.parametrize("suffix", ["docx", "pdf"])
def test_a_file_that_libreoffice_wrote(tmp_path: Path, suffix: str):
    (tmp_path / "a.txt").write_text("\n\n".join(paragraphs(20)), encoding="utf-8")
    command = [
        str(OFFICE),
        f"-env:UserInstallation={tmp_path.as_uri()}/profile",
        "--headless",
        "--convert-to",
        suffix,
    ]
    subprocess.run(
        [*command, "--outdir", str(tmp_path), str(tmp_path / "a.txt")],
        capture_output=True,
        timeout=240,
        check=True,
    )
    article = one(tmp_path, f"a.{suffix}", (tmp_path / f"a.{suffix}").read_bytes())
    assert sentences(article) == [s for block in paragraphs(20) for s in split(block)]


# --- lines to paragraphs ------------------------------------------------------------------------


def printed(text: str, width: int, top: float = 700) -> list[Line]:
    """Lines 12 points apart, words not divided."""
    lines = textwrap.wrap(text, width, break_on_hyphens=False, break_long_words=False)
    return [Line(line, 50, top - 12 * number, 10) for number, line in enumerate(lines)]


@given(st.integers(40, 90), st.integers(1, 6), st.booleans())
def test_paragraphs_come_back_from_lines_of_any_width(width: int, count: int, indented: bool):
    blocks, lines = paragraphs(count), []
    for block in blocks:
        first, *rest = printed(block, width, top=lines[-1].y - 12 - (0 if indented else 8) if lines else 700)
        lines += [Line(first.text, first.x + 15 * indented, first.y, first.size), *rest]
    assert join_pages([Page(lines)]) == ("\n\n".join(blocks), (0,))


@given(st.lists(st.text("abc .-\xad", min_size=1).filter(str.strip), max_size=30), st.integers(1, 5))
def test_pages_start_in_order_and_lose_no_letter(words: list[str], pages: int):
    split_up = [
        Page([Line(word, 0, -10 * n, 10) for n, word in enumerate(words[k::pages])]) for k in range(pages)
    ]
    text, starts = join_pages(split_up)
    assert len(starts) == pages
    assert list(starts) == sorted(starts)
    assert all(0 <= start <= len(text) for start in starts)
    kept = [line.text for page in without_running_heads(split_up) for line in page.lines]
    assert re.sub("[^abc]", "", text) == re.sub("[^abc]", "", "".join(kept))


@pytest.mark.parametrize(
    ("text", "line", "known", "joined"),
    [
        ("an ex-", "pensive dike", [], "an expensive dike"),
        ("a well-", "known man", ["well-known"], "a well-known man"),
        ("Franco-", "German talks", [], "Franco-German talks"),
        ("in 2021-", "22 it rose", [], "in 2021- 22 it rose"),
        ("the sea -", "or so", [], "the sea - or so"),
    ],
)
def test_a_divided_word_is_put_together(text: str, line: str, known: list[str], joined: str):
    assert join(text, line, Counter(known)) == joined


def test_a_sentence_goes_on_over_the_page_and_its_heads():
    first = [
        Line("THE BELL", 50, 800, 8),
        Line("The council voted on Tuesday evening to", 50, 60, 10),
        Line("7", 300, 20, 8),
    ]
    second = [Line("THE BELL", 50, 800, 8), Line("raise the dike.", 50, 700, 10), Line("8", 300, 20, 8)]
    third = [Line("THE BELL", 50, 800, 8), Line("It rained.", 50, 700, 10), Line("9", 300, 20, 8)]
    text, starts = join_pages([Page(first), Page(second), Page(third)])
    assert text == "The council voted on Tuesday evening to raise the dike.\n\nIt rained."
    assert [text[start : start + 5] for start in starts] == ["The c", "raise", "It ra"]


# --- Word ---------------------------------------------------------------------------------------


def word(title: str = TITLE, style: str = "Title", text: str = "It rained in 2022.") -> bytes:
    """A document with a heading, two paragraphs and a table between them."""
    document = docx.Document()
    document.add_paragraph(title, style=style)
    document.add_paragraph(text)
    table = document.add_table(2, 2)
    for row, cells in zip(table.rows, (("Year", "Trips"), ("2021", "400")), strict=True):
        for cell, words in zip(row.cells, cells, strict=True):
            cell.text = words
    document.add_paragraph("The ferry sailed.")
    properties = document.core_properties
    properties.title, properties.author = "", "Ane Holt"
    properties.created, properties.modified = dt.datetime(2022, 5, 6, 9), dt.datetime(2022, 5, 9, 9)
    return saved(document)


def saved(document: object) -> bytes:
    stream = io.BytesIO()
    document.save(stream)  # type: ignore[attr-defined]
    return stream.getvalue()


def test_a_docx_gives_its_paragraphs_and_its_tables_by_rows(tmp_path: Path):
    article = one(tmp_path, "a.docx", word())
    assert article.text == f"{TITLE}\n\nIt rained in 2022.\n\nYear | Trips\n\n2021 | 400\n\nThe ferry sailed."
    assert article.text[article.body_start :].startswith("It rained in 2022.")
    assert (article.title, article.author, article.date) == (TITLE, "Ane Holt", dt.date(2022, 5, 6))


def test_a_docx_without_a_heading_has_the_title_of_its_properties_or_none(tmp_path: Path):
    assert one(tmp_path, "a.docx", word(style="Normal")).title is None
    document = docx.Document(io.BytesIO(word(style="Normal")))
    document.core_properties.title = "Dike to be raised"
    article = one(tmp_path, "a.docx", saved(document))
    assert (article.title, article.body_start) == ("Dike to be raised", 0)


def test_the_day_of_a_template_or_of_another_year_is_not_the_articles(tmp_path: Path):
    assert one(tmp_path, "a.docx", word(text="It rained.")).date is None
    document = docx.Document()
    document.add_paragraph("It rained in 2013.")
    article = one(tmp_path, "b.docx", saved(document))
    assert (article.date, article.author) == (None, None)


def test_inserted_text_is_read_and_deleted_text_is_not(tmp_path: Path):
    document = docx.Document()
    paragraph = document.add_paragraph("It rained ")
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    run = f"<w:r {space}>"
    change = f'<w:{{0}} {space} w:id="1" w:author="x">{{1}}</w:{{0}}>'
    inserted = change.format("ins", f"{run}<w:t>all week.</w:t></w:r>")
    deleted = change.format("del", f"{run}<w:delText>on Monday.</w:delText></w:r>")
    for xml in (inserted, deleted):
        paragraph._p.append(docx.oxml.parse_xml(xml))
    assert one(tmp_path, "a.docx", saved(document)).text == "It rained all week."


@pytest.mark.parametrize("keep", [0, 4, 3000, 0.9])
def test_a_docx_cut_short_is_refused(tmp_path: Path, keep: float):
    data = word()
    data = data[: int(keep * len(data)) if 0 < keep < 1 else int(keep)]
    assert refusal(tmp_path, "a.docx", data).startswith("a.docx: not a whole DOCX file (")


def test_a_docx_with_a_password_or_of_before_2007_is_refused(tmp_path: Path):
    assert "locked with a password, or in Word's format of before 2007" in refusal(
        tmp_path, "a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    )


def test_another_zip_by_the_name_of_docx_is_refused(tmp_path: Path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.txt", "It rained.")
    assert refusal(tmp_path, "a.docx", stream.getvalue()).startswith("a.docx: ")


@pytest.mark.timeout(60)
def test_a_docx_that_is_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path):
    stream = io.BytesIO(word())
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/extra.xml", b" " * 60_000_000)
    assert "61 MB unpacked, over the limit of 40 MB" in refusal(tmp_path, "a.docx", stream.getvalue())


@pytest.mark.timeout(60)
def test_entities_of_a_docx_are_not_expanded(tmp_path: Path):
    bomb = '<!DOCTYPE x [<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12)
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word())) as old, zipfile.ZipFile(stream, "w") as new:
        for part in old.infolist():
            data = old.read(part)
            if part.filename == "word/document.xml":
                data = data.replace(b"?>", f"?>{bomb}]>".encode(), 1).replace(b"It rained in 2022.", b"&a11;")
            new.writestr(part.filename, data)
    try:
        assert len(one(tmp_path, "a.docx", stream.getvalue()).text) < 10_000
    except ReadError as error:
        assert str(error).startswith("a.docx: ")


# --- mail ---------------------------------------------------------------------------------------

HEADERS = """From: =?utf-8?q?Ane_H=C3=B8lt?= <ane@bell.example>
To: readers@bell.example
Subject: =?utf-8?b?RsOkaHJl?= stays
 in port
Date: Fri, 6 May 2022 23:30:00 -0400
Message-ID: <1@bell.example>
MIME-Version: 1.0
"""
PLAIN = f"""Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

It rain=
ed =E2=80=9Call=E2=80=9D week.

{SENTENCES[0]}
"""
HTML = f"""Content-Type: text/html; charset=utf-8

<html><body><table><tr><td><p>{SENTENCES[1]}</p><p>{SENTENCES[2]}</p></td></tr></table><script>evil()</script></body></html>
"""


def both(*parts: str) -> str:
    body = "".join(f"--x\n{part}\n" for part in parts)
    return f'{HEADERS}Content-Type: multipart/alternative; boundary="x"\n\n{body}--x--\n'


@pytest.mark.parametrize("mail", [HEADERS + PLAIN, both(PLAIN, HTML), both(HTML, PLAIN)])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_mail_gives_its_plain_text_and_its_head(tmp_path: Path, mail: str, line_end: str):
    article = one(tmp_path, "a.eml", mail.replace("\n", line_end))
    assert (article.title, article.author, article.date) == (
        "Fähre stays in port",
        "Ane Hølt",
        dt.date(2022, 5, 6),
    )
    assert article.text == f"It rained “all” week.\n\n{SENTENCES[0]}"


@pytest.mark.parametrize("mail", [HEADERS + HTML, both(HTML), both("Content-Type: text/plain\n\n \n", HTML)])
def test_a_mail_without_plain_text_gives_its_html(tmp_path: Path, mail: str):
    text = one(tmp_path, "a.eml", mail).text
    assert all(sentence in text for sentence in SENTENCES[1:3])
    assert "evil" not in text


@pytest.mark.parametrize(
    ("mail", "reason"),
    [
        ("It rained.", "this is not a mail (no sender, subject or date); the file was left out"),
        ("", "this is not a mail (no sender, subject or date); the file was left out"),
        (HEADERS + "\n", "there is no text in it; the file was left out"),
        (HEADERS + "Content-Type: application/pdf\n\nJVBE", "there is no text in it; the file was left out"),
        (HEADERS + "Content-Type: application/pkcs7-mime\n\nJVBE", "it is encrypted; save it decrypted"),
    ],
)
def test_a_mail_without_text_is_refused(tmp_path: Path, mail: str, reason: str):
    assert refusal(tmp_path, "a.eml", mail) == f"a.eml: {reason}"


def test_broken_heads_and_charsets_are_unknown_and_not_errors(tmp_path: Path):
    mail = (
        b"From: \xff\xfe <<>\nSubject: =?no-such?q?=ff?=\nDate: soon\n"
        b"Content-Type: text/plain; charset=no-such\n\nIt rained \xff all week.\n"
    )
    article = one(tmp_path, "a.eml", mail)
    assert article.date is None
    assert article.text.startswith("It rained")
    assert article.sha256


@pytest.mark.timeout(10)
def test_parts_in_parts_without_end_are_refused_at_once(tmp_path: Path):
    part = "--x\nContent-Type: multipart/mixed; boundary=x\n\n"
    mail = f"From: a@b.c\nContent-Type: multipart/mixed; boundary=x\n\n{part * 20_000}It rained."
    assert "over 1,000 parts, which is no mail" in refusal(tmp_path, "a.eml", mail)


def test_each_mail_of_a_box_is_an_article(tmp_path: Path):
    first, second = (
        HEADERS + PLAIN,
        HEADERS.replace("<1@", "<2@") + "\nTwo days.\n\n>From here on it rained.\n",
    )
    box = f"From ane Fri May  6 2022\n{first}\nFrom ane Sat May  7 2022\n{second}\n"
    box += f"From ane x\n{first}\nFrom ane y\n\n"
    one_, two, again, empty = read(tmp_path, "a.mbox", box)
    assert isinstance(one_, Article)
    assert isinstance(two, Article)
    assert (one_.file, two.file) == ("a.mbox!/1@bell.example", "a.mbox!/2@bell.example")
    assert two.text == "Two days.\n\nFrom here on it rained."
    assert isinstance(again, Refused)
    assert again.reason == "a.mbox!/mail 3: the same as a mail above; it was left out"
    assert isinstance(empty, Refused)
    assert (
        refusal(tmp_path, "b.mbox", "It rained.") == "b.mbox: there are no mails in it; the file was left out"
    )
    assert articles(tmp_path, "c.mbox", box[: box.index("From ane Sat")])[0].title == "Fähre stays in port"
