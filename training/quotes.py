"""Public reading questions → quotes as the pipeline shows them to the model.

The one that answers stands among look-alikes, or look-alikes stand alone.

Look-alikes are sentences of the same paragraph and of paragraphs like it that are nearest to the question and
do not hold an accepted answer. Their order says nothing: the model must read. Questions on the pages that
`is_held_out` keeps are for measuring.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from index.sentences import split_sentences
from training.data import Asked, Context, Embeds, stands_in
from training.mined import Found
from training.renamed import renamed
from training.told import TOLD_SHARE, told
from training.vague import vague

QUOTES = (3, 4, 5, 5, 5, 6)  # how many are shown; the pipeline shows 5
NONE_SHARE = 0.2  # of the examples no quote answers
# Of the quotes begin with the sentence before, or go on with the next one: the pipeline's are often two
# sentences, and the one that was found is not always the one that answers.
BEFORE_SHARE, AFTER_SHARE = 0.35, 0.15
POOL = 24  # the nearest look-alikes that are drawn from
MAX_CHARS = 600  # of a quote: the pipeline's are sentences
# Of the questions have among the quotes that do not answer: one with a vague word where the answer stood; one
# that says the same of something else than was asked about, where there is a name that both share.
VAGUE_SHARE, RENAMED_SHARE = 0.4, 0.8
NOISE = 0.08  # of a cosine, so that not always the same few are shown


@dataclass(frozen=True)
class Example:
    """A question, the quotes shown, the index of the one that answers (None: none does), and its words."""

    question: str
    quotes: tuple[str, ...]
    right: int | None
    words: str


class Quotes:
    """The sentences of all paragraphs with their rows, `(n, dim)`, and what is like them."""

    def __init__(self, contexts: Sequence[Context], encoder: Embeds) -> None:
        self.contexts = contexts
        self.spans = [split_sentences(context.text) for context in contexts]
        texts = [
            c.text[s.start : s.end] for c, spans in zip(contexts, self.spans, strict=True) for s in spans
        ]
        self.rows = encoder.embed(texts)
        counts = [len(spans) for spans in self.spans]
        self.first = np.concatenate([[0], np.cumsum(counts)])

    def example(
        self,
        asked: Asked,
        row: np.ndarray,
        like: Sequence[int],
        rng: random.Random,
        found: Sequence[Found] = (),
    ) -> Example | None:
        """`row` is the question's; `like` are the numbers of paragraphs like its own; `found` is what the
        pipeline found, which is shown before look-alikes. None where the answer's sentence is too long to be
        shown."""
        wanted = rng.choice(QUOTES)
        if not asked.answers:
            return Example(asked.question, tuple(self._look_alikes(asked, row, like, rng))[:wanted], None, "")
        right = next(
            (i for i, s in enumerate(self.spans[asked.context]) if s.start <= asked.start < s.end), None
        )
        if right is None or asked.end > self.spans[asked.context][right].end:
            return None
        wrong = [one.drawn(rng) for one in found if one.right is False]
        shown = [*wrong, *self._look_alikes(asked, row, like, rng)] if len(wrong) < wanted else wrong
        shown = [text for text in dict.fromkeys(shown) if len(text) <= MAX_CHARS][:wanted]
        question, words = asked.question, self.contexts[asked.context].text[asked.start : asked.end]
        first = None
        if rng.random() < TOLD_SHARE:
            text = self.contexts[asked.context].text
            first = told(text, self.spans[asked.context], right, asked.answers, rng)
        if first:
            question = f"{first} {question}"
            shown = [first, *(quote for quote in shown if quote != first)][:wanted]
        as_found = [one.drawn(rng) for one in found if one.right]
        quote = as_found[0] if as_found else self._quote(asked.context, right, rng)
        words = " ".join(words.split())
        if rng.random() < VAGUE_SHARE and (none := vague(asked.question, quote, words, rng)):
            shown = [none, *shown][:wanted]
        if rng.random() < RENAMED_SHARE and (none := renamed(question, quote, words, shown, rng)):
            shown = [none, *shown][:wanted]
        if rng.random() < NONE_SHARE:
            return Example(question, tuple(shown), None, "") if shown else None
        if len(quote) > MAX_CHARS:
            return None
        shown = shown[: wanted - 1]
        place = rng.randint(0, len(shown))
        quotes = (*shown[:place], quote, *shown[place:])
        return Example(question, quotes, place, words)

    def _look_alikes(
        self, asked: Asked, row: np.ndarray, like: Sequence[int], rng: random.Random
    ) -> Iterator[str]:
        """The nearest first, but for some noise; each at most once."""
        scored: list[tuple[float, int, int]] = []
        for context in (asked.context, *like):
            begin, end = self.first[context], self.first[context + 1]
            cosines = self.rows[begin:end] @ row
            scored += [(float(c) + rng.gauss(0, NOISE), context, i) for i, c in enumerate(cosines)]
        seen: set[str] = set()
        for _, context, i in sorted(scored, reverse=True)[: POOL * 2]:
            quote = self._quote(context, i, rng)
            low = quote.lower()
            if low in seen or len(quote) > MAX_CHARS or stands_in(quote, asked.answers):
                continue
            seen.add(low)
            yield quote

    def _quote(self, context: int, sentence: int, rng: random.Random) -> str:
        spans = self.spans[context]
        drawn, first, last = rng.random(), sentence, sentence
        if drawn < BEFORE_SHARE:
            first = max(0, first - 1)
        elif drawn < BEFORE_SHARE + AFTER_SHARE:
            last = min(len(spans) - 1, last + 1)
        return " ".join(self.contexts[context].text[spans[first].start : spans[last].end].split())
