"""BibTeX: read back by pybtex and by bibtexparser, it is what was written."""

import bibtexparser
import pytest
from bibtexparser.middlewares import LatexDecodingMiddleware, SeparateCoAuthors, SplitNameParts
from hypothesis import given
from listed import HOSTILE, hostile, lists, many
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

from assistant.report.bibtex import from_bibtex, to_bibtex, unescaped
from assistant.report.names import name_of
from assistant.report.reference import Reference, joined, references
from index.errors import UsageError


@given(lists())
def test_exported_and_read_back_by_pybtex_it_is_equal(made: list[Reference]):
    assert from_bibtex(to_bibtex(made)) == made


@given(lists())
def test_another_reader_finds_the_same_fields(made: list[Reference]):
    library = bibtexparser.parse_string(to_bibtex(made))
    assert library.failed_blocks == []
    assert [entry.key for entry in library.entries] == [reference.key for reference in made]
    for entry, reference in zip(library.entries, made, strict=True):
        assert unescaped(entry["title"]) == reference.title
        assert unescaped(entry.get("annote", _Empty).value) == joined(reference.quotes)
        assert entry.get("url", _Empty).value == reference.url


class _Empty:
    value = ""


def test_latex_prints_hostile_texts_as_they_stand():
    made = references(hostile())
    library = bibtexparser.parse_string(to_bibtex(made), append_middleware=[_latex()])
    assert library.failed_blocks == [] and len(library.entries) == len(HOSTILE)
    for entry, reference in zip(library.entries, made, strict=True):
        assert entry["title"] == reference.title
        assert entry["howpublished"] == reference.file
        assert entry["annote"] == joined(reference.quotes)


def _latex() -> LatexDecodingMiddleware:
    """LaTeX as pylatexenc knows it, with the text symbols of LaTeX that it lacks."""
    symbols = {"textbraceleft": "{", "textbraceright": "}", "textasciicircum": "^"}
    symbols |= {"textless": "<", "textgreater": ">", "textbar": "|"}
    context = get_default_latex_context_db()
    macros = [MacroTextSpec(name, simplify_repl=c) for name, c in symbols.items()]
    context.add_context_category("symbols", macros=macros, prepend=True)
    return LatexDecodingMiddleware(decoder=LatexNodes2Text(latex_context=context))


def test_names_have_their_parts():
    text = to_bibtex([_by("Ane van der Holt"), _by("Bo Ek, Jr."), _by("World Health and Safety")])
    library = bibtexparser.parse_string(text, append_middleware=[SeparateCoAuthors(), SplitNameParts()])
    read = [entry["author"][0] for entry in library.entries]
    assert [(n.first, n.von, n.last, n.jr) for n in read] == [
        (["Ane"], ["van", "der"], ["Holt"], []),
        (["Bo"], [], ["Ek"], ["Jr."]),
        ([], [], ["{World Health and Safety}"], []),
    ]


def _by(author: str) -> Reference:
    day = references(many(1))[0].accessed
    return Reference(name_of(author).family.lower().split()[0], "document", "T", "a.pdf", day, (author,))


def test_five_hundred_references():
    made = references(many())
    assert from_bibtex(to_bibtex(made)) == made and len(made) == 500


@pytest.mark.parametrize("text", ["@article{a, title = {unclosed", "@misc{a, title = {no day}}", "@misc{a}"])
def test_a_file_that_is_none_is_refused(text: str):
    with pytest.raises(UsageError, match="choose another"):
        from_bibtex(text)
