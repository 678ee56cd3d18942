"""A quote → the sentence that its article opens with, which says where and of whom the rest is told.

News names the country in its first sentence and says "the country" ever after. Where a model finds that a
quote answers better behind it, the answer has both, each with a footnote of its own.
"""

from assistant.values import Evidence
from index.sentences import split_sentences
from index.text import Article

FEWEST_WORDS = 8  # of an opening: what is shorter is a heading, a place, a name
WITHIN = 2000  # characters of the body in which it begins and ends
CONTEXT_SENTENCES = 4  # of the passage around it, its own the first


def opening(article: Article, quote: Evidence, n: int, most: int) -> Evidence | None:
    """As quote number `n`, as probable an answer as `quote`, for nobody asked it alone; None where it stands
    in the quote or after it, and where both have more than `most` words. No question opens an article: it
    tells nothing."""
    end = article.body_start + WITHIN
    sentences = [
        s
        for s in split_sentences(article.text[:end], article.body_start)
        if s.end < end or end >= len(article.text)
    ]
    for i, s in enumerate(sentences):
        text = article.quote(s)
        words = len(text.split())
        if words < FEWEST_WORDS or text.endswith("?"):
            continue
        if s.end > quote.start or words + len(quote.quote.split()) > most:
            return None
        last = sentences[i : i + CONTEXT_SENTENCES][-1]
        context = article.text[s.start : last.end]
        return Evidence(n, quote.source, text, s.start, s.end, text, quote.score, context, s.start)
    return None
