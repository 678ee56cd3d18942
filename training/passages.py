"""Paragraphs → passages, cut by the same code as a library's, as the reader sees them."""

from collections.abc import Sequence
from dataclasses import dataclass

from index.embed import Encoder
from index.passages import split_passages
from index.text import Article, Passage, Span
from training.data import Asked, Context


@dataclass(frozen=True)
class Shown:
    """A passage as the reader sees it. `right` is the number of the sentence that answers, `answer` the
    words, as a span of the text; None where the passage does not answer."""

    header: str
    text: str
    sentences: tuple[Span, ...]
    right: int | None = None
    answer: Span | None = None


class Passages:
    """Contexts cut into passages, each length once."""

    def __init__(self, contexts: Sequence[Context], encoder: Encoder) -> None:
        self.contexts, self._encoder = contexts, encoder
        self._cut: dict[tuple[int, int], list[Passage]] = {}

    def of(self, context: int, budget_tokens: int) -> list[Passage]:
        """The passages of one context."""
        key = (context, budget_tokens)
        if key not in self._cut:
            article = Article(str(context), "", "", self.contexts[context].text)
            self._cut[key] = split_passages(article, self._encoder.count_tokens, budget_tokens)
        return self._cut[key]

    def shown(self, context: int, passage: Passage, asked: Asked | None, *, header: bool) -> Shown:
        """A passage as the reader sees it, with the place of the answer in it."""
        base = passage.span.start
        right, answer = None, None
        if asked is not None:
            right = next(i for i, s in enumerate(passage.sentences) if holds(s, asked))
            answer = Span(asked.start - base, asked.end - base)
        return Shown(
            header=self.contexts[context].title if header else "",
            text=self.contexts[context].text[base : passage.span.end],
            sentences=tuple(Span(s.start - base, s.end - base) for s in passage.sentences),
            right=right,
            answer=answer,
        )


def holds(sentence: Span, asked: Asked) -> bool:
    """Whether the answer begins in the sentence; never where there is none."""
    return bool(asked.answers) and sentence.start <= asked.start < sentence.end
