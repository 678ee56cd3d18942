"""What a question tells first, as people do who ask about news ("A bridge fell this week. Which …?")."""

import random
from collections.abc import Sequence

from index.text import Span
from training.data import stands_in

# Of the questions: a sentence of the paragraph that does not answer stands before them, and among what is to
# be read, so that to say again what was told is not to answer.
TOLD_SHARE = 0.25
TOLD_CHARS = 160


def told(
    text: str, sentences: Sequence[Span], right: int, answers: Sequence[str], rng: random.Random
) -> str | None:
    """A sentence of the text that is not the right one and holds no accepted answer.

    >>> text = "A bridge fell. It was old."
    >>> told(text, [Span(0, 14), Span(15, 26)], 1, ["old"], random.Random(0))
    'A bridge fell.'
    """
    others = [
        " ".join(text[s.start : s.end].split())
        for i, s in enumerate(sentences)
        if i != right and s.end - s.start <= TOLD_CHARS
    ]
    fit = [one for one in others if not stands_in(one, answers)]
    return rng.choice(fit) if fit else None
