"""A report as a Word file: real footnotes, which python-docx and LibreOffice read."""

import io
import os
import re
import shutil
import subprocess
from pathlib import Path
from zipfile import ZipFile

import docx
import pytest
from lxml import etree
from pypdf import PdfReader
from reported import BILLS, BOLD, FREEZE, HOSTILE, NASTY_ONES, NOW, ORDINARY, PRICE, SAID, TWELVE, many

from assistant.report.characters import safe
from assistant.report.document import PLAIN, document
from assistant.report.runs import plain
from assistant.report.word import MAIN, to_docx

W = f"{{{MAIN}}}"
OFFICE = shutil.which("soffice") or shutil.which("libreoffice")


def part(file: bytes, name: str) -> etree._Element:
    with ZipFile(io.BytesIO(file)) as package:
        return etree.fromstring(package.read(name))


def notes_of(file: bytes) -> dict[int, str]:
    """Each footnote's number → what it says."""
    found = part(file, "word/footnotes.xml").findall(f"{W}footnote")
    assert [one.get(f"{W}type") for one in found[:2]] == ["separator", "continuationSeparator"]
    return {int(one.get(f"{W}id", "")): "".join(one.itertext()).strip() for one in found[2:]}


def as_pdf(file: bytes, folder: Path) -> list[str]:
    """The text of each page, as LibreOffice sets it."""
    if not OFFICE:
        pytest.skip("LibreOffice is not installed")
    made = folder / "report.docx"
    made.write_bytes(file)
    command = [OFFICE, f"-env:UserInstallation={(folder / 'office').as_uri()}", "--headless"]
    environment = {**os.environ, "HOME": str(folder)}
    subprocess.run(
        [*command, "--convert-to", "pdf", "--outdir", str(folder), str(made)],
        check=True,
        capture_output=True,
        timeout=200,
        env=environment,
    )
    return [" ".join(page.extract_text().split()) for page in PdfReader(folder / "report.pdf").pages]


def test_footnotes_are_real_and_say_all_that_the_report_does():
    report = document("Price freeze", ORDINARY, "chicago", NOW)
    file = to_docx(report)
    assert notes_of(file) == {note.n: plain(note.runs) for note in report.footnotes}
    body = part(file, "word/document.xml")
    marks = [one.get(f"{W}id") for one in body.iter(f"{W}footnoteReference")]
    assert marks == ["1", "2", "3", "4"]


def test_a_note_cited_once_more_is_a_reference_to_its_first_mark():
    body = part(to_docx(document("Price freeze", ORDINARY, PLAIN, NOW)), "word/document.xml")
    fields = [one.text for one in body.iter(f"{W}instrText")]
    assert fields == [" NOTEREF _Ref00000001 \\f \\h "] * 2
    assert [one.get(f"{W}name") for one in body.iter(f"{W}bookmarkStart")] == ["_Ref00000001"]


def test_python_docx_opens_it():
    word = docx.Document(io.BytesIO(to_docx(document("Price freeze", ORDINARY, "mla", NOW))))
    shown = [(one.style.name, one.text) for one in word.paragraphs if one.style]
    assert shown[:5] == [
        ("Title", "Price freeze"),
        ("Subtitle", "23 November 2022 · 3 answers, 4 quotes from 3 articles"),
        ("Heading 1", "How does the freeze work?"),
        ("Normal", "Bills are frozen for two winters. The mayor called it bold.1,"),
        ("Quote", TWELVE),
    ]
    assert ("Heading 1", "Works Cited") in shown
    assert word.core_properties.title == "Price freeze" and word.core_properties.author == ""
    assert word.core_properties.created == NOW.replace(microsecond=0)


def test_addresses_are_links_and_nothing_else_is():
    file = to_docx(document(HOSTILE, NASTY_ONES, PLAIN, NOW))
    targets = [one.get("Target") for one in part(file, "word/_rels/footnotes.xml.rels")]
    assert sorted(map(str, targets)) == sorted(["https://a.example/%C3%A9%20x?%3Cq%3E", str(FREEZE.url)])
    assert "evil" not in etree.tostring(part(file, "word/_rels/document.xml.rels")).decode()


def test_hostile_texts_stay_the_same_characters():
    file = to_docx(document(HOSTILE, NASTY_ONES, "apa", NOW))
    word = docx.Document(io.BytesIO(file))
    assert word.paragraphs[0].text == safe(HOSTILE)
    assert [one for one in word.paragraphs if one.text.startswith(SAID)]
    assert safe(HOSTILE) in notes_of(file)[1]


def test_every_part_refers_only_to_styles_that_there_are():
    file = to_docx(document("Price freeze", ORDINARY, "apa", NOW))
    styles = {one.get(f"{W}styleId") for one in part(file, "word/styles.xml").iter(f"{W}style")}
    for name in ("word/document.xml", "word/footnotes.xml"):
        used = {
            one.get(f"{W}val") for tag in ("pStyle", "rStyle") for one in part(file, name).iter(f"{W}{tag}")
        }
        assert used <= styles
    assert len(styles) == len(list(part(file, "word/styles.xml").iter(f"{W}style")))


def test_properties_come_first_in_each_paragraph_and_run():
    """Word refuses a file in which they stand elsewhere, or twice."""
    file = to_docx(document(HOSTILE, NASTY_ONES, "apa", NOW))
    with ZipFile(io.BytesIO(file)) as package:
        names = [name for name in package.namelist() if re.match(r"word/(document|foot\w+)\.xml", name)]
    assert len(names) == 3
    for name in names:
        for one in part(file, name).iter(f"{W}p", f"{W}r"):
            tags = [child.tag for child in one]
            assert not {f"{W}pPr", f"{W}rPr"} & set(tags[1:])


def test_libreoffice_shows_the_answers_the_footnotes_and_the_exact_quotes(tmp_path: Path):
    pages = as_pdf(to_docx(document("Price freeze", ORDINARY, "apa", NOW)), tmp_path)
    text = " ".join(pages)
    for said in ("Price freeze", "How does the freeze work?", BILLS, PRICE, TWELVE, "References"):
        assert said in text
    assert BOLD.replace(" ", "") in text.replace(" ", "").replace("\u202f", "")
    # Marks 1, 1 and 2, 3 after the sentences that cite them, and each note on that page.
    assert re.search(r"two winters\. ?1 The mayor called it bold\. ?1 ?, ?2", pages[0])
    assert re.search(r"\b1 Holt, A\.", pages[0]) and "Accessed November 22, 2022" in pages[0]


def test_libreoffice_opens_500_hostile_notes(tmp_path: Path):
    file = to_docx(document(HOSTILE, many(), PLAIN, NOW))
    assert len(notes_of(file)) == 500
    text = "".join(as_pdf(file, tmp_path)).replace(" ", "")
    assert "Quote500:“3500”of<them>." in text
