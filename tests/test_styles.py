"""Styles: references as the styles' own guides write them, and hostile texts as they stand.

The examples are facts of published guides: apastyle.apa.org (newspaper article, webpage), the Chicago
Manual's quick guide, guides to the MLA Handbook, and university guides to Cite Them Right and to IEEE.
"""

import datetime as dt
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from listed import HOSTILE, TODAY, cited, hostile, many, note, noted

from assistant.report.collected import Note
from assistant.report.reference import one_line, references
from assistant.report.runs import Run, plain
from assistant.report.styles import FOLDER, STYLES, styled
from assistant.values import Source
from index.errors import UsageError

D = dt.date


def made(style: str, **facts: object) -> tuple[str, str]:
    """The footnote and the entry in the list for one article."""
    day, page = facts.pop("accessed", TODAY), facts.pop("page", None)
    notes = [Note(1, _on_page(n, page), day) for n in cited(**facts)]  # type: ignore[arg-type]
    result = styled(references(notes), notes, style)
    return plain(result.notes[1]), plain(result.bibliography[0])


def _on_page(made: Note, page: object) -> object:
    return note(1, made.citation.source, page=page).citation  # type: ignore[arg-type]


CAMERA = {
    "title": "Snap Makes a Bet on the Cultural Supremacy of the Camera",
    "author": "Farhad Manjoo",
    "source": "New York Times",
    "date": D(2017, 3, 8),
    "url": "https://www.nytimes.com/2017/03/08/technology/snap.html",
}
PUBLISHED = [
    (
        "apa",
        {
            "title": "Can we get better at forgetting?",
            "author": "Benedict Carey",
            "source": "The New York Times",
            "date": D(2019, 3, 22),
            "url": "https://www.nytimes.com/2019/03/22/health/memory-forgetting-psychology.html",
        },
        "Carey, B. (2019, March 22). Can we get better at forgetting? The New York Times. "
        "https://www.nytimes.com/2019/03/22/health/memory-forgetting-psychology.html",
    ),
    (
        "apa",
        {
            "title": "Cancer death rate in U.S. sees largest one-year drop ever",
            "author": "M. Stobbe",
            "source": "Chicago Tribune",
            "date": D(2020, 1, 8),
        },
        "Stobbe, M. (2020, January 8). Cancer death rate in U.S. sees largest one-year drop ever. "
        "Chicago Tribune.",
    ),
    (
        "apa",
        {
            "title": "U.S. and world population clock",
            "author": "U.S. Census Bureau",
            "source": "U.S. Department of Commerce",
            "url": "https://www.census.gov/popclock/",
            "accessed": D(2020, 1, 9),
        },
        "U.S. Census Bureau. (n.d.). U.S. and world population clock. U.S. Department of Commerce. "
        "Retrieved January 9, 2020, from https://www.census.gov/popclock/",
    ),
    (
        "apa",
        {
            "title": "Preventing HPV-associated cancers",
            "author": "Centers for Disease Control and Prevention",
            "date": D(2018, 8, 22),
            "url": "https://www.cdc.gov/cancer/hpv/basic_info/prevention.htm/",
        },
        "Centers for Disease Control and Prevention. (2018, August 22). Preventing HPV-associated cancers. "
        "https://www.cdc.gov/cancer/hpv/basic_info/prevention.htm/",
    ),
    (
        "chicago",
        CAMERA,
        "Manjoo, Farhad. “Snap Makes a Bet on the Cultural Supremacy of the Camera.” New York Times, "
        "March 8, 2017. https://www.nytimes.com/2017/03/08/technology/snap.html.",
    ),
    (
        "chicago",
        {
            "title": "Yale Facts",
            "source": "Yale University",
            "url": "https://www.yale.edu/about-yale/yale-facts",
            "accessed": D(2022, 3, 8),
        },
        "Yale University. “Yale Facts.” Accessed March 8, 2022. https://www.yale.edu/about-yale/yale-facts.",
    ),
    (
        "chicago",  # an unsigned article stands under the newspaper's name
        {
            "title": "In Texas, Ad Heats Up Race for Governor",
            "source": "New York Times",
            "date": D(2002, 7, 30),
        },
        "New York Times. “In Texas, Ad Heats Up Race for Governor.” July 30, 2002.",
    ),
    (
        "mla",
        {
            "title": "New health center targets county's uninsured patients",
            "author": "Bill Brubaker",
            "source": "Washington Post",
            "date": D(2007, 5, 24),
        },
        "Brubaker, Bill. “New Health Center Targets County's Uninsured Patients.” Washington Post, "
        "24 May 2007.",
    ),
    (
        "mla",  # the address may have its "https://"
        {
            "title": "How to Make Vegetarian Chili",
            "author": "Susan Lundman",
            "source": "EHow",
            "url": "https://www.ehow.com/how_10727_make-vegetarian-chili.html",
            "accessed": D(2015, 7, 6),
        },
        "Lundman, Susan. “How to Make Vegetarian Chili.” EHow, "
        "https://www.ehow.com/how_10727_make-vegetarian-chili.html. Accessed 6 July 2015.",
    ),
    (
        "harvard",
        {
            "title": "Opinion is valued more than fact in this digital era",
            "author": "R. Greenslade",
            "source": "The Guardian",
            "date": D(2018, 7, 29),
            "url": "https://www.theguardian.com/",
            "accessed": D(2019, 9, 2),
        },
        "Greenslade, R. (2018) ‘Opinion is valued more than fact in this digital era’, The Guardian, "
        "29 July. Available at: https://www.theguardian.com/ (Accessed: 2 September 2019).",
    ),
    (
        "harvard",
        {
            "title": "What is rosacea?",
            "author": "British Skin Foundation",
            "url": "https://knowyourskin.britishskinfoundation.org.uk/condition/rosacea/",
            "accessed": D(2024, 1, 18),
        },
        "British Skin Foundation (no date) What is rosacea? Available at: "
        "https://knowyourskin.britishskinfoundation.org.uk/condition/rosacea/ (Accessed: 18 January 2024).",
    ),
    (
        "harvard",  # an unsigned article stands under the newspaper's name
        {"title": "Bank accounts", "source": "The Times", "date": D(2008, 6, 14)},
        "The Times (2008) ‘Bank accounts’, 14 June.",
    ),
    (
        "ieee",
        {
            "title": "A cancer trial's unexpected result: remission in every patient",
            "author": "Gina Kolata",
            "source": "The New York Times",
            "date": D(2022, 6, 5),
            "url": "https://www.nytimes.com/2022/06/05/health/rectal-cancer.html?smid=url-share",
            "accessed": D(2022, 6, 7),
        },
        "[1] G. Kolata, “A cancer trial's unexpected result: remission in every patient,” The New York "
        "Times, Jun. 5, 2022. Accessed: Jun. 7, 2022. [Online]. Available: "
        "https://www.nytimes.com/2022/06/05/health/rectal-cancer.html?smid=url-share",
    ),
]


@pytest.mark.parametrize(("style", "facts", "published"), PUBLISHED)
def test_an_entry_is_written_as_the_guides_write_it(style: str, facts: dict[str, object], published: str):
    assert made(style, **facts)[1] == published


NOTES = [
    (
        "chicago",
        CAMERA,
        "Farhad Manjoo, “Snap Makes a Bet on the Cultural Supremacy of the Camera,” New York Times, "
        "March 8, 2017, https://www.nytimes.com/2017/03/08/technology/snap.html.",
    ),
    (
        "chicago",
        {
            "title": "Yale Facts",
            "source": "Yale University",
            "url": "https://www.yale.edu/about-yale/yale-facts",
            "accessed": D(2022, 3, 8),
        },
        "“Yale Facts,” Yale University, accessed March 8, 2022, https://www.yale.edu/about-yale/yale-facts.",
    ),
    (
        "ieee",
        {
            "title": "Recycling socialism from the scrapheap: Sweden",
            "author": "Greg McIvor",
            "source": "The Guardian",
            "date": D(1994, 10, 1),
            "page": 15,
        },
        "G. McIvor, “Recycling socialism from the scrapheap: Sweden,” The Guardian, Oct. 1, 1994, p. 15.",
    ),
]


@pytest.mark.parametrize(("style", "facts", "published"), NOTES)
def test_a_footnote_is_written_as_the_guides_write_it(style: str, facts: dict[str, object], published: str):
    assert made(style, **facts)[0] == published


REPORT = {
    "title": "Minutes of the harbour",
    "author": "Ane Holt; Per van der Li; Bo Ek Jr.",
    "date": D(2018, 3, 1),
    "file": "minutes.pdf",
    "page": 4,
}
REPORTS = {
    "apa": "Holt, A., van der Li, P., & Ek, B., Jr. (2018, March 1). Minutes of the harbour. minutes.pdf",
    "chicago": "Ane Holt et al., “Minutes of the Harbour,” March 1, 2018, 4, minutes.pdf",
    "mla": "Holt, Ane, et al. “Minutes of the Harbour.” 1 Mar. 2018, minutes.pdf",
    "harvard": "Holt, A., van der Li, P. and Ek, B., Jr. (2018) ‘Minutes of the harbour’. minutes.pdf",
    "ieee": "A. Holt, P. van der Li, and B. Ek Jr., “Minutes of the harbour.” Mar. 1, 2018. minutes.pdf",
}


@pytest.mark.parametrize("style", STYLES)
def test_a_report_of_ones_own_has_its_file_and_its_page(style: str):
    page = "." if style == "chicago" else ", p. 4."
    footnote, entry = made(style, **REPORT)
    assert footnote == REPORTS[style] + page
    assert "minutes.pdf" in entry and "p. 4" not in entry


NOTHING = {
    "apa": ("a.pdf. (n.d.).", "a.pdf. (n.d.), p. 3."),
    "chicago": ("“a.pdf,” n.d.", "“a.pdf,” n.d., 3."),
    "mla": ("“a.pdf.”", "“a.pdf,” p. 3."),
    "harvard": ("‘a.pdf’ (no date).", "‘a.pdf’ (no date), p. 3."),
    "ieee": ("[1] “a.pdf.”", "“a.pdf,” p. 3."),
}


@pytest.mark.parametrize("style", STYLES)
def test_where_nothing_is_known_the_file_stands_for_it(style: str):
    assert made(style, file="a.pdf", page=3)[::-1] == NOTHING[style]


def test_outlets_are_italic_and_addresses_are_links():
    notes = cited(title="Ferry back", source="The Bell", date=TODAY, url="https://a.org/f")
    ((*_, before, link),) = styled(references(notes), notes, "apa").bibliography
    assert link == Run("https://a.org/f", link="https://a.org/f") and before == Run(". ")
    assert Run("The Bell", italic=True) in styled(references(notes), notes, "apa").notes[1]


def test_the_list_is_in_the_order_of_its_letters_and_ieee_in_that_of_the_footnotes():
    outlets = ["“Zebra”", "The Élan", "ant news", "Dune"]
    notes = [note(n, Source(str(n), "a", "T", TODAY, None, None, o)) for n, o in enumerate(outlets, 1)]
    for style in STYLES:
        entries = styled(references(notes), notes, style).bibliography
        found = [next(o for o in outlets if o in plain(entry)) for entry in entries]
        assert found == (outlets if style == "ieee" else ["ant news", "Dune", "The Élan", "“Zebra”"])


def test_one_article_in_two_footnotes_is_one_entry_and_each_note_has_its_page():
    source = Source("1", "a.pdf", "Ferry")
    notes = [note(1, source, page=2), note(2, source, page=7)]
    result = styled(references(notes), notes, "mla")
    assert [plain(runs) for runs in result.notes.values()] == [
        "“Ferry.” a.pdf, p. 2.",
        "“Ferry.” a.pdf, p. 7.",
    ]
    assert len(result.bibliography) == 1


@pytest.mark.parametrize("style", STYLES)
def test_nothing_is_interpreted(style: str):
    """Every hostile text comes out with its characters, but for the capitals of a headline."""
    notes = hostile()
    result = styled(references(notes), notes, style)
    texts = [plain(result.notes[n]) for n in range(1, len(HOSTILE) + 1)]
    for text, title in zip(texts, HOSTILE, strict=True):
        assert one_line(title).casefold() in text.casefold()
        assert not re.search(r"[\x00-\x1f\ud800-\udfff\ufffe]", text)
    assert len(result.bibliography) == len(HOSTILE)


def test_a_change_of_the_reading_direction_ends_with_the_title():
    entry = made("apa", title="a\u202eb", source="The Bell", date=TODAY)[1]
    assert entry == "a\u202eb\u202c. (2024, March 8). The Bell."


@settings(max_examples=25)
@given(noted())
def test_every_footnote_has_its_text_in_every_style(notes: list[Note]):
    cited = references(notes)
    for style in STYLES:
        result = styled(cited, notes, style)
        assert set(result.notes) == {note.n for note in notes} and all(map(plain, result.notes.values()))
        assert len(result.bibliography) == len(cited) and all(map(plain, result.bibliography))


@pytest.mark.parametrize("style", ["chicago", "ieee"])
def test_five_hundred_notes(style: str):
    notes = many()
    result = styled(references(notes), notes, style)
    assert len(result.notes) == len(result.bibliography) == 500


def test_any_csl_file_will_do(tmp_path: Path):
    mine = tmp_path / "mine.csl"
    mine.write_text(_style("<layout><text variable='title' font-weight='bold'/></layout>"), encoding="utf-8")
    notes = cited(title="Ferry back")
    result = styled(references(notes), notes, str(mine))
    assert result.notes == {1: (Run("Ferry back", bold=True), Run(". a.html."))} and not result.bibliography


def _style(citation: str) -> str:
    return (
        (
            "<style xmlns='http://purl.org/net/xbiblio/csl' class='note' version='1.0'><info>"
            f"<title>t</title><id>t</id><updated>2022-05-06T00:00:00+00:00</updated></info>{citation}</style>"
        )
        .replace("<layout>", "<citation><layout>")
        .replace("</layout>", "</layout></citation>")
    )


BROKEN = {
    "no.csl": None,
    "text.csl": "no style",
    "empty.csl": "",
    "half.csl": "<style xmlns='http://purl.org/net/xbiblio/csl'>",
    "html.csl": "<html/>",
    "nothing.csl": _style(""),
    "macro.csl": _style("<layout><text macro='gone'/></layout>"),
    "endless.csl": _style("<macro name='a'><text macro='a'/></macro><layout><text macro='a'/></layout>"),
    "large.csl": "x" * 2_000_001,
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_style_is_refused_with_its_name(name: str, tmp_path: Path):
    file = tmp_path / name
    if (text := BROKEN[name]) is not None:
        file.write_text(text, encoding="utf-8")
    notes = cited(title="Ferry back")
    with pytest.raises(UsageError, match=re.escape(name)):
        styled(references(notes), notes, str(file))


def test_an_unknown_style_is_refused_and_the_known_ones_are_named():
    with pytest.raises(UsageError, match="'oxford' is no style; choose apa, chicago, mla, harvard, ieee"):
        styled([], [], "oxford")


def test_a_style_that_only_names_another_says_which(tmp_path: Path):
    link = "<link href='http://www.zotero.org/styles/apa' rel='independent-parent'/>"
    (tmp_path / "a.csl").write_text(_style("").replace("</info>", f"{link}</info>"), encoding="utf-8")
    with pytest.raises(UsageError, match=r"download that one: http://www\.zotero\.org/styles/apa"):
        styled([], [], str(tmp_path / "a.csl"))


def test_a_style_reads_no_other_file(tmp_path: Path):
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    entity = f"<!DOCTYPE style [<!ENTITY s SYSTEM '{(tmp_path / 'secret.txt').as_uri()}'>]>"
    style = _style("<layout><text value='It is &s;'/></layout>")
    (tmp_path / "a.csl").write_text(entity + style, encoding="utf-8")
    notes = cited(title="Ferry back")
    try:
        result = styled(references(notes), notes, str(tmp_path / "a.csl"))
    except UsageError:
        return
    assert "secret" not in plain(result.notes[1])


def test_each_style_says_whose_it_is():
    for style in STYLES:
        text = (FOLDER / f"{style}.csl").read_text(encoding="utf-8")
        assert "creativecommons.org/licenses/by-sa/3.0/" in text
        assert f"`{style}.csl`" in (FOLDER / "README.md").read_text(encoding="utf-8")
