"""One answer for the clipboard: Markdown with footnotes, rich text for Word and Google Docs, plain text.

Each form carries the full references, so nothing is lost on the way: outlet or file, title, author, date,
page, address, the exact quote, the day of access. The question is left out. In rich text the references are a
numbered list, for no program takes real footnotes from the clipboard of a browser; word.py makes those.
"""

import datetime as dt
from dataclasses import replace

from assistant.report import html, markdown
from assistant.report.characters import in_marks
from assistant.report.collected import Entry
from assistant.report.document import PLAIN, Block, Document, document
from assistant.report.runs import Run, plain
from assistant.values import Answer


def as_markdown(answer: Answer, asked_at: dt.datetime) -> str:
    """The answer with `[^1]` in it, and its footnotes."""
    return "\n\n".join(markdown.body(_document(answer, asked_at))) + "\n"


def as_html(answer: Answer, asked_at: dt.datetime) -> str:
    """The answer with raised numbers, and a numbered list: a piece of HTML without classes and styles, so
    that it looks like the text that it is pasted into."""
    made = _document(answer, asked_at)
    blocks = "".join(_block_html(block) for block in made.blocks)
    rows = "".join(f'<li dir="auto">{html.runs_html(note.runs)}</li>' for note in made.footnotes)
    return f"{blocks}<p><b>Sources</b></p><ol>{rows}</ol>" if rows else blocks


def as_text(answer: Answer, asked_at: dt.datetime) -> str:
    """The answer with numbers in brackets, and a line for each reference."""
    made = _document(answer, asked_at)
    blocks = [_block_text(block) for block in made.blocks]
    rows = [f"[{note.n}] {plain(note.runs)}" for note in made.footnotes]
    return "\n\n".join([*blocks, *(["\n".join(rows)] if rows else [])]) + "\n"


def _document(answer: Answer, asked_at: dt.datetime) -> Document:
    made = document("", [Entry("", answer.question, answer, asked_at)], PLAIN, asked_at)
    return replace(made, blocks=tuple(block for block in made.blocks if block.kind != "heading"))


def _block_html(block: Block) -> str:
    said = html.pieces(block, lambda mark: f"<sup>{mark.n}</sup>")
    if block.kind == "subheading":
        return f'<p dir="auto"><b>{said}</b></p>'
    shown = f'<p dir="auto">{said}</p>'
    return f"<blockquote>{shown}</blockquote>" if block.kind == "quote" else shown


def _block_text(block: Block) -> str:
    r"""
    >>> from assistant.report.document import Mark
    >>> _block_text(Block("quote", (Run("The dike held."), Mark(1), Mark(2))))
    '“The dike held.” [1][2]'
    """
    numbers = "".join(f"[{n}]" for n in block.notes)
    if block.kind == "quote":
        return f"{in_marks(block.text)} {numbers}".strip()
    return "".join(part.text if isinstance(part, Run) else f"[{part.n}]" for part in block.runs)
