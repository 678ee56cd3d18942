"""Public reading questions → sheets: numbered quotes as the pipeline shows them to the model, and questions
on them.

A sheet is made for one question: the sentence that answers it stands among look-alikes, or look-alikes stand
alone. Look-alikes are sentences of the same paragraph and of paragraphs like it that are nearest to the
question and do not hold an accepted answer. Their order says nothing: the model must read. Other questions
that can be told for the same quotes share the sheet: those that one quote answers, and those of the same
paragraphs that none does. Pages that `is_held_out` keeps are for measuring.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from index.sentences import split_sentences
from training.data import Asked, Context

QUOTES = (3, 4, 5, 5, 5, 6)  # how many are shown; the pipeline shows 5
NONE_SHARE = 0.2  # of the sheets lack what they are made for
SHARED, SHARED_NONE = 5, 1  # further questions of a sheet; of them such as no quote answers
JOINED_SHARE = 0.25  # of the quotes begin with the sentence before, as the pipeline's sometimes do
POOL = 24  # the nearest look-alikes that are drawn from
MAX_CHARS = 600  # of a quote: the pipeline's are sentences
NOISE = 0.08  # of a cosine, so that not always the same few are shown


@dataclass(frozen=True)
class Question:
    """A question, the index of the quote that answers it (None: none does), and its words."""

    text: str
    right: int | None
    words: str

    @property
    def reply(self) -> str:
        """What the model is to write.

        >>> Question("Who left?", 1, "Lee").reply, Question("Who came?", None, "").reply
        ('[2] Lee', '[0]')
        """
        return "[0]" if self.right is None else f"[{self.right + 1}] {self.words}"


@dataclass(frozen=True)
class Sheet:
    """Quotes and the questions asked about them; the first is the one that they were chosen for."""

    quotes: tuple[str, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class _Quote:
    """Sentences `first` to `last` of a context."""

    text: str
    context: int
    first: int
    last: int

    def holds(self, context: int, sentence: int) -> bool:
        return self.context == context and self.first <= sentence <= self.last


class Embeds(Protocol):
    """What makes `(n, dim)` unit rows of texts."""

    def embed(self, texts: Sequence[str], /) -> np.ndarray:
        """One row for each text."""


class Quotes:
    """The sentences of all paragraphs with their rows, `(n, dim)`, and what is like them."""

    def __init__(self, contexts: Sequence[Context], asked: Sequence[Asked], encoder: Embeds) -> None:
        self.contexts = contexts
        self.spans = [split_sentences(context.text) for context in contexts]
        texts = [
            c.text[s.start : s.end] for c, spans in zip(contexts, self.spans, strict=True) for s in spans
        ]
        self.rows = encoder.embed(texts)
        counts = [len(spans) for spans in self.spans]
        self.first = np.concatenate([[0], np.cumsum(counts)])
        self._asked: dict[int, list[Asked]] = defaultdict(list)
        for one in asked:
            self._asked[one.context].append(one)

    def sheet(self, asked: Asked, row: np.ndarray, like: Sequence[int], rng: random.Random) -> Sheet | None:
        """`row` is the question's; `like` are the numbers of paragraphs like its own. None where the answer's
        sentence is too long to be shown."""
        wanted = rng.choice(QUOTES)
        right = self._sentence(asked)
        if right is None:
            return None
        shown = list(self._look_alikes(asked, row, like, rng))[:wanted]
        if rng.random() < NONE_SHARE:
            first = Question(asked.question, None, "")
        else:
            quote = self._quote(asked.context, right, rng)
            if len(quote.text) > MAX_CHARS:
                return None
            shown = shown[: wanted - 1]
            place = rng.randint(0, len(shown))
            shown.insert(place, quote)
            first = Question(asked.question, place, self._words(asked))
        if not shown:
            return None
        others = self._shared(asked, shown, rng)
        return Sheet(tuple(quote.text for quote in shown), (first, *others))

    def _shared(self, made_for: Asked, shown: Sequence[_Quote], rng: random.Random) -> list[Question]:
        """Other questions on these quotes."""
        answered: list[Question] = []
        none: list[Question] = []
        for context in sorted({quote.context for quote in shown}):
            for asked in self._asked[context]:
                sentence = self._sentence(asked)
                if asked is made_for or sentence is None or asked.question == made_for.question:
                    continue
                places = [i for i, quote in enumerate(shown) if quote.holds(context, sentence)]
                like = [i for i, quote in enumerate(shown) if _holds(quote.text, asked)]
                if len(places) == 1 and like == places:
                    answered.append(Question(asked.question, places[0], self._words(asked)))
                elif not places and not like:
                    none.append(Question(asked.question, None, ""))
        rng.shuffle(answered)
        rng.shuffle(none)
        none = none[:SHARED_NONE]
        return [*none, *answered[: SHARED - len(none)]]

    def _sentence(self, asked: Asked) -> int | None:
        """The number of the one that holds the whole answer."""
        spans = self.spans[asked.context]
        return next((i for i, s in enumerate(spans) if s.start <= asked.start and asked.end <= s.end), None)

    def _words(self, asked: Asked) -> str:
        return " ".join(self.contexts[asked.context].text[asked.start : asked.end].split())

    def _look_alikes(
        self, asked: Asked, row: np.ndarray, like: Sequence[int], rng: random.Random
    ) -> Iterator[_Quote]:
        """The nearest first, but for some noise; each at most once."""
        scored: list[tuple[float, int, int]] = []
        for context in (asked.context, *like):
            begin, end = self.first[context], self.first[context + 1]
            cosines = self.rows[begin:end] @ row
            scored += [(float(c) + rng.gauss(0, NOISE), context, i) for i, c in enumerate(cosines)]
        seen: set[str] = set()
        for _, context, i in sorted(scored, reverse=True)[: POOL * 2]:
            quote = self._quote(context, i, rng)
            low = quote.text.lower()
            if low in seen or len(quote.text) > MAX_CHARS or _holds(quote.text, asked):
                continue
            seen.add(low)
            yield quote

    def _quote(self, context: int, sentence: int, rng: random.Random) -> _Quote:
        spans = self.spans[context]
        first = sentence - 1 if sentence and rng.random() < JOINED_SHARE else sentence
        text = " ".join(self.contexts[context].text[spans[first].start : spans[sentence].end].split())
        return _Quote(text, context, first, sentence)


def _holds(text: str, asked: Asked) -> bool:
    low = text.lower()
    return any(answer.lower() in low for answer in asked.answers)


def shuffled(number: int, seed: int) -> list[int]:
    """The numbers below `number` in an order of their own for each pass.

    >>> sorted(shuffled(4, 1)), shuffled(4, 1) == shuffled(4, 1)
    ([0, 1, 2, 3], True)
    """
    order = list(range(number))
    random.Random(seed).shuffle(order)
    return order
