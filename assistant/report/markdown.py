r"""A report → Markdown with footnotes: `[^1]` in the text, `[^1]: …` at its end.

CommonMark, and the footnotes of GitHub, Pandoc, Obsidian and Zettlr. Every character of an article or an
answer is escaped where Markdown could read it as its own, also TeX in dollars. A character style that
CommonMark has no sign for (small capitals, superscript) is left out.
"""

import re
from collections.abc import Iterable

from assistant.rendering.render import markdown_text
from assistant.report.document import Document, Mark
from assistant.report.runs import Run

SPACES = re.compile(r"^(\s*)(.*?)(\s*)$", re.DOTALL)
# What Pandoc (superscripts, citations, attributes) and Obsidian (highlights, comments) read as their own.
DIALECTS = re.compile(r"[\^@{]|==|%%")
PREFIX = {"heading": "## ", "subheading": "### ", "quote": "> "}


def to_markdown(document: Document) -> str:
    """The whole report, with a line break at its end."""
    blocks = [f"# {_escaped(document.title)}", _escaped(document.about)]
    return "\n\n".join([*blocks, *body(document)]) + "\n"


def body(document: Document) -> list[str]:
    """The report's blocks without its title, then its references, then its footnotes."""
    listed = [f"- {line(runs)}" for runs in document.bibliography]
    return [
        *(f"{PREFIX.get(block.kind, '')}{line(block.runs)}" for block in document.blocks),
        *([f"## {document.bibliography_heading}", "\n".join(listed)] if listed else []),
        *(f"[^{note.n}]: {line(note.runs)}" for note in document.footnotes),
    ]


def line(runs: Iterable[Run | Mark]) -> str:
    r"""Runs as one line.

    >>> print(line([Run("The Times", italic=True), Run(" *2", link="https://a.example"), Mark(1)]))
    *The Times* [\*2](<https://a.example>)[^1]
    """
    texts = ""
    for run in runs:
        texts += f"[^{run.n}]" if isinstance(run, Mark) else _styled(run, texts)
    return texts.strip()


def _styled(run: Run, before: str) -> str:
    """One run after `before`. A sign between a letter and a mark of punctuation would not open an emphasis
    (https://spec.commonmark.org/0.31.2/#left-flanking-delimiter-run): there the text stays plain."""
    found = SPACES.match(run.text)
    assert found  # the pattern fits any text
    left, text, right = found.groups()
    if not text:
        return run.text
    sign = "*" * (run.italic + 2 * run.bold)
    if (before[-1:].isalnum() and not left and not text[0].isalnum()) or not text[-1].isalnum():
        sign = ""
    said = f"<{run.link}>" if run.link == text else _escaped(text)
    if run.link and run.link != text:
        said = f"[{said}](<{run.link}>)"
    return f"{left}{sign}{said}{sign}{right}"


def _escaped(text: str) -> str:
    r"""
    >>> print(_escaped("[1] x^2^ @lee"))
    \[1\] x\^2\^ \@lee
    """
    return DIALECTS.sub(r"\\\g<0>", markdown_text(text))
