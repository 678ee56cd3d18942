"""A passage that answers → the same passage with the sentence that answers altered, so that it does not.

For the reader what `vague.py` and `renamed.py` are for the language model: it sees both passages, or the
altered one alone, and has to look for the answer itself, not for what is most like the question.
"""

import random
from collections.abc import Sequence

from index.text import Span
from training.passages import Shown
from training.renamed import renamed
from training.vague import vague


def altered(question: str, shown: Shown, others: Sequence[str], rng: random.Random) -> Shown | None:
    """A vague word where the answer stood, or a name of one of the `others` for one of the question's; None
    where neither can be done, or the answer stands in another sentence, too."""
    if shown.right is None or shown.answer is None:
        return None
    span = shown.sentences[shown.right]
    sentence = shown.text[span.start : span.end]
    answer = shown.text[shown.answer.start : shown.answer.end]
    rest = shown.text[: span.start] + shown.text[span.end :]
    if shown.answer.end > span.end or answer.lower() in rest.lower():
        return None
    ways = (vague(question, sentence, answer, rng), renamed(question, sentence, answer, others, rng))
    fit = [text for text in ways if text]
    if not fit:
        return None
    instead = rng.choice(fit)
    longer = len(instead) - len(sentence)
    moved = [
        Span(s.start + longer * (s.start > span.start), s.end + longer * (s.end >= span.end))
        for s in shown.sentences
    ]
    return Shown(shown.header, shown.text[: span.start] + instead + shown.text[span.end :], tuple(moved))
