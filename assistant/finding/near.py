"""A question that the articles do not answer → the quotes that came closest to it.

Of each retrieved passage the sentence that holds most of the question's words, rare ones counting more. They
are shown as what they are: near, and no answer. Says nothing of meaning; the search has ranked by that.
"""

from collections.abc import Sequence
from itertools import count

from assistant.values import Evidence, PassageRef
from index.sentences import split_sentences
from index.store import Generation
from index.text import Article, Span
from index.words import terms

MAX_NEAR = 4  # quotes: they invite to look, not to read on


def nearest(question: str, passages: Sequence[PassageRef], generation: Generation) -> list[Evidence]:
    """The closest sentence of each passage, best passage first, each once. A passage that is no longer in
    the library is left out."""
    rarity = {t: generation.keywords.rarity(t) for t in set(terms(question))}
    numbers = count(1)
    found: dict[str, Evidence] = {}
    for ref in passages:
        try:
            article = generation.article(ref.source.article)
        except KeyError:
            continue
        span = _closest(article, Span(ref.start, min(ref.end, len(article.text))), rarity)
        words = " ".join(article.quote(span).split())
        if words and words not in found and len(found) < MAX_NEAR:
            found[words] = _evidence(next(numbers), ref, article, span)
    return list(found.values())


def _closest(article: Article, passage: Span, rarity: dict[str, float]) -> Span:
    """The sentence of a passage with most of the question in it; the first of several."""
    sentences = split_sentences(article.quote(passage))
    spans = [Span(passage.start + s.start, passage.start + s.end) for s in sentences] or [passage]
    return max(spans, key=lambda s: sum(rarity.get(t, 0.0) for t in set(terms(article.quote(s)))))


def _evidence(n: int, ref: PassageRef, article: Article, span: Span) -> Evidence:
    quote = article.quote(span)
    context = article.quote(Span(ref.start, max(ref.end, span.end)))
    return Evidence(n, ref.source, quote, span.start, span.end, quote, 0.0, context, ref.start)
