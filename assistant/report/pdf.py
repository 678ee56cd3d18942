"""A report → PDF, its footnotes at the foot of the page that cites them.

Typst sets the pages by the fixed template report.typ; the texts are handed to it as data. It brings its own
fonts (Latin, Greek, Cyrillic, Hebrew, Arabic, signs); what they lack is taken from the fonts of this machine,
and where there is none either, a box stands for the character. Needs no program and no network.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from assistant.report.characters import in_marks, right_to_left
from assistant.report.document import Block, Document, Footnote, Mark
from assistant.report.runs import Run

TEMPLATE = Path(__file__).with_name("report.typ")
BREAKABLE = re.compile(r"\S{48,}")  # characters: half a line of the page; a longer word would stick out
PIECE = re.compile(r"[^/?&=._%-]{1,24}[/?&=._%-]*|[/?&=._%-]+")
LEADING = ("heading", "subheading", "lead")
WHOLE_CHARS = 1500  # about twenty lines: a longer paragraph may go on on the next page
HERE = "\u200b"  # a line may break here: no width, not seen


def to_pdf(document: Document) -> bytes:
    """The whole report, tagged for screen readers, of size A4."""
    import typst

    inputs = {"report": json.dumps(_report(document))}
    seconds = int(document.made.timestamp())
    return typst.compile(TEMPLATE.read_bytes(), sys_inputs=inputs, timestamp=seconds)


def _report(document: Document) -> dict[str, Any]:
    """The report as the template reads it."""
    return {
        "title": document.title,
        "rtl": right_to_left(document.title),
        "about": document.about,
        "groups": [_group(blocks) for blocks in together(document.blocks)],
        "notes": [_note(note) for note in document.footnotes],
        "heading": document.bibliography_heading,
        "bibliography": [_runs(runs) for runs in document.bibliography],
    }


def together(blocks: Iterable[Block]) -> list[list[Block]]:
    """Each paragraph with what leads to it.

    >>> kinds = ("heading", "lead", "subheading", "quote", "quote", "heading")
    >>> [[block.kind for block in group] for group in together(Block(kind, ()) for kind in kinds)]
    [['heading', 'lead', 'subheading', 'quote'], ['quote'], ['heading']]
    """
    groups: list[list[Block]] = []
    open_ = False
    for block in blocks:
        if not open_:
            groups.append([])
        groups[-1].append(block)
        open_ = block.kind in LEADING
    return groups


def _group(blocks: list[Block]) -> dict[str, Any]:
    long = sum(len(block.text) for block in blocks) > WHOLE_CHARS
    return {"long": long, "blocks": [_block(block) for block in blocks]}


def _block(block: Block) -> dict[str, Any]:
    parts: list[dict[str, Any]] = []
    for part in block.runs:
        after = bool(parts) and "n" in parts[-1]
        parts += (
            [{"n": part.n, "again": part.again, "after": after}] if isinstance(part, Mark) else [_run(part)]
        )
    return {"kind": block.kind, "rtl": right_to_left(block.text), "parts": parts}


def _note(note: Footnote) -> dict[str, Any]:
    rest = f" {note.rest}" if note.rest else ""
    quote, rtl = breakable(in_marks(note.quote)), right_to_left(note.quote)
    return {"reference": _runs(note.reference), "quote": quote, "rtl": rtl, "rest": rest}


def _runs(runs: Iterable[Run]) -> list[dict[str, Any]]:
    return [_run(run) for run in runs]


def _run(run: Run) -> dict[str, Any]:
    looks = {name: getattr(run, name) for name in ("italic", "bold", "small_caps", "superscript", "link")}
    return {"text": breakable(run.text), **looks}


def breakable(text: str) -> str:
    """The text, with places to break a line in words that are longer than a line.

    >>> breakable("a" * 50).count(HERE), breakable("a word")
    (2, 'a word')
    """
    return BREAKABLE.sub(lambda word: HERE.join(PIECE.findall(word[0])), text)
