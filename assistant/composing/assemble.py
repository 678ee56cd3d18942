"""Checked claims and quotes → the text of an answer and its numbered footnotes.

The claims that passed come first, then the quotes that answer best, as many as fit. Without a reader, a draft
of the model that failed its check is not lost: its words that the question does not hold are a vote for the
quotes that hold them. Nothing here writes words of its own.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.checking.fragment import is_fragment
from assistant.checking.verify import coverage
from assistant.finding.evidence import OWN
from assistant.finding.likely import alike, fullest, gain, held, place, plain_words, within
from assistant.values import Answer, Citation, Claim, Evidence
from index.sentences import ended
from index.words import terms

MAX_QUOTES = 4
PROSE = 2  # so many claims that passed are an answer by themselves, where no quote fits beside them
# How much a draft's vote (0..1) adds to a quote's worth, of which its own probability is up to OWN. Without a
# reader 0.8 was worth 6 points on the news. Where there are likely answers it has none: the default model
# knows less than the reader that found them (docs/log.md).
VOTE = 0.8
# No further quote once one of those shown answers with this probability, or when the next is worth less than
# this share of the best one: with 0.9 and 0.1 the answers are 3 words shorter and 2 points worse on the news,
# with 0.99 and 0 they are 4 words longer and no better.
ENOUGH, WORTH = 0.97, 0.05
# Where one answer stands out, a quote must be worth this share: no set lost by it, the answers are shorter.
# In just these words: with those that say more or less of it a question of the news is lost without a model.
WORTH_IF_SURE = 0.3
# Power of a quote's length in words by which its worth is divided: 0.3 / 0.4 / 0.5 / 0.7 gave 0.69 / 0.70 /
# 0.70 / 0.67 on the news and made no difference up to 0.5 on the other sets.
BREVITY = 0.4
BESIDE = 0.15  # share of the best quote's probability from which a claim may come from another one
# Share of the likeliest answer from which a draft's bare words ("131,600.") are one: they stand in their
# quote, but no sentence says what of. None of those below was right (docs/log.md).
AGREES = 0.5
NEARLY_QUOTE = 0.95  # share of a quote's words in a claim from which the quote itself is shown instead
# Share of the likeliest answer from which it stands before the quotes by itself: on pages that the reader was
# not trained on 85 % of such answers are right.
DIRECT = 0.4
# The same for an answer with those that say more or less of it: of 150 on xquad 4 more have a right one in
# front so and 3 a wrong one, with 0.4 7 and 5; by another adapter 5 and 0, 9 and 1 (docs/log.md).
TOGETHER = 0.5
SHORT = 8  # words of a quote that says as much at a glance
FEWEST = 5  # words of a further quote: of fewer are a photographer's name, a line of a list
ON_A_LINE = re.compile(r"[^\S\n]+\Z")  # between two sentences of a paragraph


@dataclass(frozen=True, slots=True)
class Limits:
    """How many words an answer has at most, footnote numbers included, and which share of the best quote's
    worth, 0..1, a further one needs."""

    words: int
    worth: float = WORTH


def assemble(
    question: str,
    draft: str,
    claims: Sequence[Claim],
    evidence: Sequence[Evidence],
    limits: Limits,
    likely: Mapping[str, float] | None = None,
) -> tuple[list[Claim], list[Citation]]:
    """The answer's claims in order, within the limits (one quote is always there), and its footnotes,
    numbered in the order in which the claims use them. `evidence` is not empty."""
    limit_words, by_number = limits.words, {e.n: e for e in evidence}
    worth = Worth(question, draft, evidence, likely or {}, limits.worth)
    kept = [
        c
        for c in claims
        if coverage(by_number[c.citations[0]].quote, c.text) < NEARLY_QUOTE
        and any(worth.bears_on_it(by_number[n]) for n in c.citations)
        and not (is_fragment(c.text) and worth.doubts(c.text))
    ]
    quotes = _quotes(worth, limit_words - _words(kept))
    if not quotes and len(kept) < PROSE:  # a claim says no more than its quote, which is never wrong
        kept, quotes = [], _quotes(worth, limit_words)
    if not kept and not quotes:
        first = max(evidence, key=lambda e: worth.of(e, set()))  # a sentence that alone is beyond the limit
        quotes = [Claim.quoted(first.key, first.n)]
    ways = [] if kept else _outstanding(question, likely or {})
    direct = _direct(ways, _cited(quotes, by_number), limit_words - _words(quotes))
    if not direct and (longer := _direct(ways, _cited(quotes, by_number), limit_words)):
        quotes = _quotes(worth, limit_words - _words(longer)) or quotes
        direct = _direct(ways, _cited(quotes, by_number), limit_words - _words(quotes))
    return _numbered([*direct, *kept, *quotes], by_number)


def opened(
    claims: Sequence[Claim], citations: Sequence[Citation], first: Evidence, limit_words: int
) -> tuple[list[Claim], list[Citation]] | None:
    """What cites the answer's first quote, then the opening `first`, in the place of further quotes. None
    where that quote is of another article, or both are beyond the limit."""
    kept = [claim for claim in claims if claim.citations == (1,)]
    told = Claim.quoted(first.quote, 2)
    fits = _words([*kept, told]) <= limit_words
    if not fits or citations[0].source.article != first.source.article:
        return None
    return [*kept, told], [citations[0], Citation.of(2, first)]


def answered(base: Answer, claims: Sequence[Claim], citations: Sequence[Citation]) -> Answer:
    """An answer of these claims and footnotes."""
    text = " ".join(with_markers(claim) for claim in claims)
    return replace(base, status="answered", text=text, claims=tuple(claims), citations=tuple(citations))


class Worth:
    """What each quote is worth beside those that are chosen already."""

    def __init__(
        self,
        question: str,
        draft: str,
        evidence: Sequence[Evidence],
        likely: Mapping[str, float],
        least: float,
    ) -> None:
        """`least` is the share of the best quote's worth that a further one needs, 0..1."""
        self.evidence, self._likely = evidence, likely
        self.least = max(least, WORTH_IF_SURE) if _sure(likely) else least
        votes = [0.0] * len(evidence) if likely else vote(question, draft, [e.quote for e in evidence])
        self._votes = dict(zip((e.n for e in evidence), votes, strict=True))
        self._best = max(e.score for e in evidence) or 1.0
        self._holds = {e.n: held(likely, e.key) for e in evidence}

    def of(self, e: Evidence, told: set[str]) -> float:
        """Its own probability (as a share of the best one's), the draft's vote or the likely answers that are
        not `told` yet; less for a long one, which takes the place of others."""
        own = OWN * e.score / self._best + VOTE * self._votes[e.n]
        new = gain(self._likely, self._holds[e.n] - told)
        return (own + new) / math.pow(len(e.quote.split()), BREVITY)

    def bears_on_it(self, e: Evidence) -> bool:
        """Whether a quote is near enough to the best one for a claim from it to be an answer: what a draft
        makes of a quote beside the question is true and no answer."""
        likeliest = max(self._likely.values(), default=1.0)
        return e.score >= BESIDE * self._best or gain(self._likely, self._holds[e.n]) >= BESIDE * likeliest

    def doubts(self, text: str) -> bool:
        """Whether the reader holds other short answers for far likelier than this one."""
        return gain(self._likely, held(self._likely, text)) < AGREES * max(self._likely.values(), default=0.0)

    def tells(self, e: Evidence) -> set[str]:
        """The likely answers that a quote holds."""
        return self._holds[e.n]


def _quotes(worth: Worth, limit_words: int) -> list[Claim]:
    """The quotes worth most that fit, each whole or, where that is too long, its key sentence; none when the
    very best does not fit, for a worse one would not stand in for it."""
    quotes: list[Claim] = []
    told: set[str] = set()
    free = [e for e in worth.evidence if not _is_credit(e)] or list(worth.evidence)
    best, missed, left = 0.0, 1.0, limit_words
    while free and len(quotes) < MAX_QUOTES and missed > 1 - ENOUGH:
        e = max(free, key=lambda e: worth.of(e, told))
        free.remove(e)
        if quotes and (len(e.quote.split()) < FEWEST or not ended(e.quote)):
            continue
        best = max(best, worth.of(e, told))
        if worth.of(e, told) < worth.least * best:
            break
        fitting = [q for q in (Claim.quoted(e.quote, e.n), Claim.quoted(e.key, e.n)) if _length(q) <= left]
        if not quotes and not fitting:
            return []
        if fitting:
            quotes.append(fitting[0])
            told |= worth.tells(e)
            left -= _length(fitting[0])
            missed *= 1 - e.score
    return quotes


def _is_credit(e: Evidence) -> bool:
    """Whether a quote has no end, right after a sentence that has one: whose picture it was that the sentence
    tells of, or where the text was cut off. A line by itself, of a list or a headline, is neither."""
    before = e.context[: max(0, e.start - e.context_start)]
    return not ended(e.quote) and ended(ON_A_LINE.sub("", before))


def _direct(ways: Sequence[str], quotes: Sequence[Evidence], limit_words: int) -> list[Claim]:
    """The answer that stands out by itself, in the first of its ways that fits and stands in a quote that was
    marked with it, or with a part of it."""
    for answer in ways:
        for e in quotes:
            marked, said = plain_words(e.words), place(e.quote, answer)
            if len(e.quote.split()) >= SHORT and marked and within(marked, answer) and said:
                claim = Claim.quoted(e.words if marked == answer else e.quote[said.start : said.end], e.n)
                if _words([claim]) <= limit_words:
                    return [claim]
    return []


def _sure(likely: Mapping[str, float]) -> bool:
    """Whether one answer, in just these words, is far likelier than the others."""
    return max(likely.values(), default=0.0) >= DIRECT


def _outstanding(question: str, likely: Mapping[str, float]) -> list[str]:
    """The ways to tell the answer that is far likelier than the others, best first; [] where none is."""
    groups = alike(likely)
    best = max(groups, key=lambda group: gain(likely, set(group)), default=[])
    if gain(likely, set(best)) >= TOGETHER:
        return fullest(likely, best, question)
    return groups[0][:1] if _sure(likely) else []


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
    """A claim with its footnote numbers before the full stop; an answer of a few words gets one.

    >>> with_markers(Claim("It rained.", (1, 2), "verified"))
    'It rained [1][2].'
    >>> with_markers(Claim("“It rained.”", (1,), "quoted"))
    '“It rained.” [1]'
    >>> with_markers(Claim("on Monday", (1,), "quoted")), with_markers(Claim("11,698 (7.4%)", (1,), "quoted"))
    ('on Monday [1].', '11,698 (7.4%) [1].')
    """
    markers = "".join(f"[{n}]" for n in claim.citations)
    if claim.text.endswith((".", "!", "?")) and not claim.text.endswith(".."):
        return f"{claim.text[:-1].rstrip()} {markers}{claim.text[-1]}"
    last = claim.text.rstrip("”\"’')]")[-1:]
    if last.isalnum() or last == "%":
        return f"{claim.text} {markers}."
    return f"{claim.text} {markers}"


def _length(claim: Claim) -> int:
    """Words of a claim as it is shown, its footnote numbers included."""
    return len(with_markers(claim).split())


def _words(claims: Sequence[Claim]) -> int:
    return sum(map(_length, claims))


def _cited(claims: Sequence[Claim], by_number: Mapping[int, Evidence]) -> list[Evidence]:
    """The quote that each claim cites first."""
    return [by_number[claim.citations[0]] for claim in claims]


def _numbered(claims: Sequence[Claim], by_number: dict[int, Evidence]) -> tuple[list[Claim], list[Citation]]:
    used = list(dict.fromkeys(n for claim in claims for n in claim.citations))
    new = {old: number for number, old in enumerate(used, start=1)}
    citations = [Citation.of(new[n], by_number[n]) for n in used]
    return [replace(c, citations=tuple(new[n] for n in c.citations)) for c in claims], citations
