"""Text → sentence spans, exact to the character.

sentencex (rules, no model) finds the boundaries inside each block of text; blank lines always end a
sentence, so a headline never runs into the paragraph below it. English rules.
"""

import re
from collections.abc import Iterator

import sentencex

from index.text import Sentence

# Up to the next blank line; by lines and possessive, so that a block of 20 MB needs no stack.
BLOCK = re.compile(r"\S[^\n]*+(?:\n(?![ \t\r]*\n)[^\n]*+)*+")
# sentencex 1.0.32 panics on a letter, white space of several bytes and a full stop ("B\u00a0. E").
ODD_SPACE = re.compile(r"[^\S\n\r\t ]")
STRAY_QUOTE = re.compile(r"(?<=\S)\s+[“\"]\Z")
ENDED = re.compile(r"[.!?…][”\"’')\]]*\Z")
LANGUAGE = "en"


def split_sentences(text: str, start: int = 0) -> list[Sentence]:
    """The sentences of `text[start:]`, in order, without the white space around them.

    >>> text = "The rate rose 3.4 per cent. Dr. Lee left.\\n\\nHarbour closed\\n\\nIt rained."
    >>> [text[s.start:s.end] for s in split_sentences(text)]
    ['The rate rose 3.4 per cent.', 'Dr. Lee left.', 'Harbour closed', 'It rained.']
    """
    found: list[Sentence] = []
    for block in BLOCK.finditer(text, start):
        found += _join(text, list(_pieces(block.group(), block.start())))
    return found


def ended(text: str) -> bool:
    """Whether what stands as a sentence has an end: headings, captions, names of photographers have none.

    >>> ended("It rained."), ended("“It rained.”"), ended("Rain in Tholmby")
    (True, True, False)
    """
    return bool(ENDED.search(text))


def _pieces(block: str, offset: int) -> Iterator[Sentence]:
    for boundary in sentencex.get_sentence_boundaries(LANGUAGE, ODD_SPACE.sub(" ", block)):
        start, end = boundary["start_index"], boundary["end_index"]
        piece = block[start:end]
        if piece.strip():
            lead = len(piece) - len(piece.lstrip())
            trail = len(piece) - len(piece.rstrip())
            yield Sentence(offset + start + lead, offset + end - trail)


def _join(text: str, pieces: list[Sentence]) -> list[Sentence]:
    """Undo a cut before a lower-case letter or without a letter at all (no sentence begins so), and
    give an opening quotation mark that was left behind to the sentence that it opens.

    >>> text = "They returned. after it. “ She left."
    >>> [text[s.start:s.end] for s in _join(text, [Sentence(0, 14), Sentence(15, 26), Sentence(27, 36)])]
    ['They returned. after it.', '“ She left.']
    """
    joined: list[Sentence] = []
    for piece in pieces:
        quote = text[piece.start : piece.end]
        if joined and (quote[0].islower() or not any(c.isalnum() for c in quote)):
            joined[-1] = Sentence(joined[-1].start, piece.end)
            continue
        if joined and (stray := STRAY_QUOTE.search(text, joined[-1].start, joined[-1].end)):
            joined[-1] = Sentence(joined[-1].start, stray.start())
            joined.append(Sentence(stray.end() - 1, piece.end))
        else:
            joined.append(piece)
    return joined
