"""Checked claims and quotes → the text of an answer and its numbered footnotes.

The claims that passed come first, then the quotes that answer best, as many as fit. A draft of the model
that failed its check is not lost: its words that the question does not hold are a vote for the quotes that
hold them. So a model too weak to write still helps to choose. Nothing here writes words of its own.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from assistant.values import Citation, Claim, Evidence
from assistant.verify import coverage
from index.words import terms

MAX_QUOTES = 3
PROSE = 2  # so many claims that passed are an answer by themselves, where no quote fits beside them
# How much a draft's vote (0..1) adds to a quote's probability, taken as a share of the best one's. With
# 0.3 / 0.5 / 0.8 / 1.2 the quotes shown held an accepted answer for 0.62 / 0.63 / 0.64 / 0.63 of 86 news
# questions (0.58 without a vote) and for 0.79 / 0.81 / 0.82 / 0.75 of 67 on encyclopedic paragraphs (0.76).
VOTE = 0.8
# No further quote once one of those shown answers with this probability, or when the next has less than this
# share of the best one’s weight: without the two the text held 1 point more and was a sixth longer.
ENOUGH, WORTH = 0.9, 0.1
NEARLY_QUOTE = 0.95  # share of a quote's words in a claim from which the quote itself is shown instead


def assemble(
    question: str, draft: str, claims: Sequence[Claim], evidence: Sequence[Evidence], limit_words: int
) -> tuple[list[Claim], list[Citation]]:
    """The answer's claims in order, within `limit_words` (one quote is always there), and its footnotes,
    numbered in the order in which the claims use them. `evidence` is not empty."""
    by_number = {e.n: e for e in evidence}
    kept = [c for c in claims if coverage(by_number[c.citations[0]].quote, c.text) < NEARLY_QUOTE]
    quotes = _quotes(question, draft, evidence, limit_words - sum(map(_length, kept)))
    if not quotes and len(kept) < PROSE:  # a claim says no more than its quote, which is never wrong
        kept, quotes = [], _quotes(question, draft, evidence, limit_words)
    if not kept and not quotes:
        first = ranked(question, draft, evidence)[0][0]  # a sentence that alone is beyond the limit
        quotes = [_quoted(first.key, first.n)]
    return _numbered([*kept, *quotes], by_number)


def _quotes(question: str, draft: str, evidence: Sequence[Evidence], limit_words: int) -> list[Claim]:
    """The best quotes that fit, each whole or, where that is too long, its key sentence; none when the
    very best does not fit, for a worse one would not stand in for it."""
    quotes: list[Claim] = []
    best, missed, left = 0.0, 1.0, limit_words
    for e, weight in ranked(question, draft, evidence):
        best = max(best, weight)
        if quotes and (missed <= 1 - ENOUGH or weight < WORTH * best):
            break
        fitting = [q for q in (_quoted(e.quote, e.n), _quoted(e.key, e.n)) if _length(q) <= left]
        if not quotes and not fitting:
            return []
        if fitting and len(quotes) < MAX_QUOTES:
            quotes.append(fitting[0])
            left -= _length(fitting[0])
            missed *= 1 - e.score
    return quotes


def _quoted(text: str, n: int) -> Claim:
    return Claim(" ".join(text.split()), (n,), "quoted")


def ranked(question: str, draft: str, evidence: Sequence[Evidence]) -> list[tuple[Evidence, float]]:
    """The quotes with their weights (probability and the draft's vote), best first."""
    votes = vote(question, draft, [e.quote for e in evidence])
    best = max(e.score for e in evidence) or 1.0
    weighted = [(e, e.score / best + VOTE * v) for e, v in zip(evidence, votes, strict=True)]
    return sorted(weighted, key=lambda pair: -pair[1])


def vote(question: str, draft: str, quotes: Sequence[str]) -> list[float]:
    """For each quote, how much of what the draft adds to the question it holds, 0..1. A word that few of the
    quotes hold counts more, one that none holds does not count.

    >>> vote("Which team won?", "The Avalanche won.", ["The Avalanche beat Tampa.", "Tampa is in Florida."])
    [1.0, 0.0]
    """
    held = [set(terms(quote)) for quote in quotes]
    new = set(terms(draft)) - set(terms(question))
    weights = {
        term: math.log(1 + len(quotes) / count) for term in new if (count := sum(term in h for h in held))
    }
    total = sum(weights.values())
    return [sum(w for t, w in weights.items() if t in h) / total if total else 0.0 for h in held]


def with_markers(claim: Claim) -> str:
    """A claim with its footnote numbers before the full stop.

    >>> with_markers(Claim("It rained.", (1, 2), "verified"))
    'It rained [1][2].'
    >>> with_markers(Claim("“It rained.”", (1,), "quoted"))
    '“It rained.” [1]'
    """
    markers = "".join(f"[{n}]" for n in claim.citations)
    if claim.text.endswith((".", "!", "?")) and not claim.text.endswith(".."):
        return f"{claim.text[:-1].rstrip()} {markers}{claim.text[-1]}"
    return f"{claim.text} {markers}"


def _length(claim: Claim) -> int:
    """Words of a claim as it is shown, its footnote numbers included."""
    return len(with_markers(claim).split())


def _numbered(claims: Sequence[Claim], by_number: dict[int, Evidence]) -> tuple[list[Claim], list[Citation]]:
    used = list(dict.fromkeys(n for claim in claims for n in claim.citations))
    new = {old: number for number, old in enumerate(used, start=1)}
    citations = [
        Citation(new[n], e.source, e.quote, e.start, e.end, e.context, e.context_start)
        for n in used
        for e in [by_number[n]]
    ]
    return [replace(c, citations=tuple(new[n] for n in c.citations)) for c in claims], citations
