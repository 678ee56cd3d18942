"""Sentences → passages that fit the encoder's window and never cut a sentence.

Neighbouring passages share a sentence, so that an answer in two sentences is whole in one of them. A
sentence that alone is too long for the window (a table, a text without full stops) is first divided at
white space; its pieces are sentences from then on. Counts tokens with the function it is given.
"""

import re
from collections.abc import Callable

from index.sentences import split_sentences
from index.text import Article, Passage, Sentence

WHITE = re.compile(r"[ \t\r\n]")  # white space to every tokenizer
TokenCounter = Callable[[list[str]], list[int]]  # texts → tokens of each, without the special ones

# The encoder truncates at 256 tokens with its two special ones. Passages of 180 tokens held an accepted
# answer more often than 110 or 240 on the evaluation sets (docs/log.md, 2026-11-21).
PASSAGE_TOKENS = 180
OVERLAP_SENTENCES = 1
MIN_TOKENS = 32  # of the window are the sentences', whatever the length of the header


def split_passages(
    article: Article,
    count_tokens: TokenCounter,
    window_tokens: int,
    overlap_sentences: int = OVERLAP_SENTENCES,
) -> list[Passage]:
    """The article's passages, in order; together they hold each of its sentences at least once.

    A passage's sentences have `PASSAGE_TOKENS` at most, fewer where `passage_header` would push them out
    of the encoder's window of `window_tokens`.
    """
    header_tokens = count_tokens([passage_header(article, count_tokens, window_tokens)])[0]
    budget_tokens = min(PASSAGE_TOKENS, window_tokens - header_tokens)
    sentences, sizes = _fit(article, count_tokens, budget_tokens)
    passages: list[Passage] = []
    first = 0
    while first < len(sentences):
        last, total = first, sizes[first]
        while last + 1 < len(sentences):
            total += sizes[last + 1]
            if not WHITE.search(article.text, sentences[last].end, sentences[last + 1].start):
                # Tokens of two halves of one word do not add up: count what will be embedded.
                joined = article.text[sentences[first].start : sentences[last + 1].end]
                total = count_tokens([joined])[0]
            if total > budget_tokens:
                break
            last += 1
        if not passages or passages[-1].sentences[-1] != sentences[last]:  # else nothing but overlap
            passages.append(Passage(article.id, tuple(sentences[first : last + 1])))
        if last + 1 == len(sentences):
            break
        # Step back for the overlap, but always forward by at least one sentence.
        first = max(first + 1, last + 1 - overlap_sentences)
    return passages


def passage_header(article: Article, count_tokens: TokenCounter, window_tokens: int) -> str:
    """What is embedded above each passage: the article's header, halved until it leaves `MIN_TOKENS`."""
    header = article.header
    while header and count_tokens([header])[0] > window_tokens - MIN_TOKENS:
        header = header[: len(header) // 2]
    return header


def _fit(
    article: Article, count_tokens: TokenCounter, budget_tokens: int
) -> tuple[list[Sentence], list[int]]:
    """All sentences within the budget, and their sizes in tokens."""
    todo = split_sentences(article.text, article.body_start)
    sizes = count_tokens([article.quote(s) for s in todo])
    fitting: list[tuple[Sentence, int]] = []
    for sentence, size in zip(todo, sizes, strict=True):
        if size <= budget_tokens:
            fitting.append((sentence, size))
        else:
            fitting += _divide(article, sentence, count_tokens, budget_tokens)
    return [s for s, _ in fitting], [n for _, n in fitting]


def _divide(
    article: Article, sentence: Sentence, count_tokens: TokenCounter, budget_tokens: int
) -> list[tuple[Sentence, int]]:
    """Halve a span until each piece fits; a single character always does."""
    size = count_tokens([article.quote(sentence)])[0]
    if size <= budget_tokens or sentence.end - sentence.start == 1:
        return [(sentence, size)]
    left, right = _halve(article.text, sentence)
    return [piece for half in (left, right) for piece in _divide(article, half, count_tokens, budget_tokens)]


def _halve(text: str, span: Sentence) -> tuple[Sentence, Sentence]:
    """Cut near the middle, at white space when the second quarter or the third holds some.

    >>> _halve("aaa bbb ccc", Sentence(0, 11))
    (Sentence(start=0, end=7), Sentence(start=8, end=11))
    """
    middle, quarter = (span.start + span.end) // 2, (span.end - span.start) // 4
    for step in range(quarter + 1):
        for cut in (middle + step, middle - step):
            if span.start < cut < span.end - 1 and text[cut].isspace():
                return _trim(text, span.start, cut), _trim(text, cut + 1, span.end)
    return Sentence(span.start, middle), Sentence(middle, span.end)


def _trim(text: str, start: int, end: int) -> Sentence:
    """The span without white space at its ends; unchanged when it holds nothing else."""
    quote = text[start:end]
    lead, trail = len(quote) - len(quote.lstrip()), len(quote) - len(quote.rstrip())
    return Sentence(start + lead, end - trail) if quote.strip() else Sentence(start, end)
