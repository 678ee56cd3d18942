"""Ranked sentences → numbered quotes that stand alone and together hold the likely answers.

The first is the best sentence; each further one is chosen for what it adds (likely.py). A sentence that
leans on its neighbour takes it along, and what tells the same takes one place only.
"""

import re
from collections.abc import Mapping, Sequence

from assistant.finding.likely import gain, held
from assistant.finding.rank import DUPLICATE_OVERLAP, Candidate, jaccard
from assistant.values import Evidence, Source
from index.text import Span
from index.words import terms

# Weight of a sentence's own probability (a share of the best one's) beside the likely answers that it adds.
# 0.3 / 0.6: an accepted answer in the first quote for 0.59 / 0.57 of the news questions, in the first three
# for 0.83 / 0.83 (by probability alone 0.69), in the 60 words of an answer for 0.74 / 0.71 (docs/log.md).
OWN = 0.3
MAX_JOINED_WORDS = 70  # a quote that grew by its neighbours still fits a footnote
# "He said", "This was": the sentence leans on the one before it.
LEANS = re.compile(
    r"(?:[“\"‘(]\s*)?(?:(?:But|And|Yet|So|Still|However),?\s+)?"
    r"(?:He|She|It|They|His|Her|Its|Their|This|That|These|Those|Both|Such)\b"
)
OPENING = re.compile(r"“(?=\w)")
CLOSING = re.compile(r"”|“(?!\w)")
PAIRS = (("(", ")"), ("[", "]"), ("“", "”"), ('"', '"'))  # no ‘’, which is an apostrophe too
PARAGRAPH_END = re.compile(r"\n[ \t\r]*\n")


def select(
    found: Sequence[Candidate], count: int, likely: Mapping[str, float] | None = None
) -> list[Evidence]:
    """At most `count` candidates as numbered quotes, each the one that adds most to those before it: its own
    probability (as a share of the best one's) and the `likely` answers that only it holds. What tells the
    same takes one place only."""
    chosen: list[Evidence] = []
    told: list[set[str]] = []
    best = max((c.score for c in found), default=1.0) or 1.0
    holds = [held(likely or {}, c.text) for c in found]
    missing = dict(likely or {})
    free = list(range(len(found)))
    while free and len(chosen) < count:
        at = max(free, key=lambda i: OWN * found[i].score / best + gain(missing, holds[i] & missing.keys()))
        free.remove(at)
        candidate, span = found[at], join(found[at])
        taken = [e.span for e in chosen if e.source.article == candidate.article.id]
        if any(span.overlaps(other) for other in taken):
            # What it leans on is a quote already: it follows by itself.
            span = Span(candidate.sentence.start, candidate.sentence.end)
        stems = set(terms(candidate.article.quote(span)))
        same_place = any(span.overlaps(other) for other in taken)
        if same_place or any(jaccard(stems, other) >= DUPLICATE_OVERLAP for other in told):
            continue
        told.append(stems)
        chosen.append(_evidence(len(chosen) + 1, candidate, span))
        missing = {answer: share for answer, share in missing.items() if answer not in holds[at]}
    return chosen


def join(candidate: Candidate) -> Span:
    """The sentence, with its neighbours where it can't stand alone: a pronoun leans on the sentence
    before, a quotation that is open goes on in the next."""
    passage, article = candidate.hit.passage, candidate.article
    first = last = candidate.index

    def text() -> str:
        return article.quote(Span(passage.sentences[first].start, passage.sentences[last].end))

    def fits(i: int) -> bool:
        if not 0 <= i < len(passage.sentences):
            return False
        low, high = min(first, i), max(last, i)
        whole = article.quote(Span(passage.sentences[low].start, passage.sentences[high].end))
        return len(whole.split()) <= MAX_JOINED_WORDS and not PARAGRAPH_END.search(whole)

    if LEANS.match(text()) and fits(first - 1):
        first -= 1
    if _open_quotes(text()) > 0 and fits(last + 1):
        last += 1
    if _open_quotes(text()) < 0 and fits(first - 1):
        first -= 1
    return Span(passage.sentences[first].start, passage.sentences[last].end)


def _open_quotes(text: str) -> int:
    """Quotation marks that open less those that close, by where they stand: real articles mix them up.

    >>> _open_quotes("“We are ready."), _open_quotes("The “tracks” are these. “")
    (1, -1)
    """
    return len(OPENING.findall(text)) - len(CLOSING.findall(text))


def _evidence(n: int, candidate: Candidate, span: Span) -> Evidence:
    article, passage = candidate.article, candidate.hit.passage.span
    return Evidence(
        n=n,
        source=Source.of(article),
        quote=article.quote(span),
        start=span.start,
        end=span.end,
        key=candidate.text,
        words=_words(candidate),
        score=candidate.score,
        context=article.quote(passage),
        context_start=passage.start,
    )


def _words(candidate: Candidate) -> str:
    if candidate.words is None:
        return ""
    start = candidate.sentence.start
    return paired(candidate.text, Span(candidate.words.start - start, candidate.words.end - start))


def paired(text: str, words: Span) -> str:
    """The words of a span, with the bracket or quotation mark that is missing right beside them, or without
    the one too many at their end or beginning; "" where its pair stands farther away.

    >>> text = "About 11,698 (7.4%) saw “Game of Thrones” (with Ann as a guest)."
    >>> def paired_in(words):
    ...     return paired(text, Span(at := text.index(words), at + len(words)))
    >>> paired_in("11,698 (7.4%"), paired_in("Game of Thrones”"), paired_in("saw “"), paired_in("(with Ann")
    ('11,698 (7.4%)', '“Game of Thrones”', 'saw', 'with Ann')
    >>> paired_in("“Game of Thrones"), paired_in("7.4%) saw"), paired_in("About 11,698 (7")
    ('“Game of Thrones”', '(7.4%) saw', '')
    """
    start, end = words.start, words.end
    for opens, closes in PAIRS:
        said = text[start:end]
        same = opens == closes
        more = said.count(opens) % 2 if same else said.count(opens) - said.count(closes)
        if not more:
            continue
        first, last = (more > 0, more < 0 or same)  # whether one that opens, one that closes is alone
        if first and text[end : end + 1] == closes and not said.endswith(closes):
            end += 1
        elif last and start and text[start - 1] == opens and not said.startswith(opens):
            start -= 1
        elif said.endswith(opens if first else closes):
            end -= 1
        elif said.startswith(opens if first else closes):
            start += 1
        else:
            return ""
    return text[start:end].strip()
