"""What a model with its adapter makes of the quotes: which one answers, in which words, or that none does.

Its odds are a second opinion beside the reader's. Two logistic models weigh both: how probable it is that a
quote answers, and that any does. The model writes nothing that is not in a quote, word for word.
"""

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.asking.question import wants_account
from assistant.composing.assemble import Limits, answered, assemble, opened
from assistant.composing.opening import opening
from assistant.composing.widen import widened
from assistant.finding.likely import short_answer
from assistant.finding.rank import DUPLICATE_OVERLAP, Weights, jaccard
from assistant.llm.talk import NO_WORDS, Choice, Chooser, Message
from assistant.settings import Settings
from assistant.values import Answer, Evidence, Timings
from index.text import Article
from index.words import terms
from prompts import render

# Set by hand, after looking at the news (docs/log.md); training/choosing.py fits such weights on held-out
# pages. Fitted ones were so sure once that the second and third quote of an answer were left out.
QUOTE_WEIGHTS = Weights(bias=0.0, weights={"own": 0.1, "chosen": 0.6})
# Of all together: fitted by training/choosing.py on 150 questions about held-out pages.
ANY_WEIGHTS = Weights(bias=-0.64, weights={"own": 0.63, "some": 0.34})
# Share of belief that the model's words get beside the answers that the reader marked.
WORDS_SHARE = 0.5
# Power of the probability of words, by which their share counts: with 0 / 0.5 / 1 were 0.71 / 0.85 / 0.88 of
# the short answers in front right on the news, 0.72 / 0.79 / 0.86 on xquad; of all answers 0.40 / 0.33 / 0.24
# had a right one in front, 0.39 / 0.33 / 0.30 (docs/log.md).
WORDS_POWER = 0.5
# No further quote that is worth less than this share of the best one: the model's odds are surer than the
# reader's. With 50 words 0.05 makes answers of the news 3 words longer and no more of them right.
WORTH = 0.5
WORTH_OF_ACCOUNT = 0.15  # the same where an account is asked for
OPENED = -1  # the rank of what is no quote
WIDENED = 2  # of the quotes, the reader's best: they are shown with the sentence before them, too
# Of the quotes, the best: the model marks its words in these, where their odds are at least this share of the
# best one's. With 0.05 answers are the same, with 0.1 one of 86 on the news is lost (docs/log.md).
MARKED, MARKED_WORTH = 3, 0.05
# So many quotes are read first, the reader's best, and the best one wider. The others, and an opening, are
# read where the log odds of the best of these, against none, are below SURE.
FIRST = 3
SURE = 2.0
# Where none of the first is sure, the reader's best quote is read behind its article's first sentence, too,
# which stands in the answer where the log odds rise by this (twice what rounding moves them). Whatever the
# rise, from 0.5 to 0, two of 86 answers of the news are right by it, and none is lost (docs/log.md).
OPENS = 0.4
# What the reader finds weaker is not shown to the model.
LEAST_STRENGTH = 0.05
LEAST = 1e-6  # a probability is no nearer to 0 or 1: its log odds are finite


@dataclass(frozen=True)
class Chosen:
    """The quotes that the model read, their scores those of both opinions; the likely answers, its own words
    among them; the opening that the best of them is better behind, if any; the strength of it all; when the
    model had chosen (`time.perf_counter`), and how many tokens were read and written."""

    read: tuple[Evidence, ...]
    likely: Mapping[str, float]
    opening: Evidence | None
    strength: float
    chosen_at: float
    prompt_tokens: int
    output_tokens: int

    def spent(self, started: float) -> Timings:
        """The model's share of an answer's timings."""
        return Timings(0.0, self.chosen_at - started, 0.0, self.prompt_tokens, self.output_tokens)


def chosen(
    model: Chooser,
    base: Answer,
    likely: Mapping[str, float],
    settings: Settings,
    stop: threading.Event | None,
    articles: Callable[[str], Article],
) -> Chosen:
    """Ask the model about an answer's evidence; `articles` gives an article by its ID. Raises ModelError,
    Cancelled."""
    question = base.standalone_question
    quotes = base.evidence[: settings.model_quotes]
    best = max(quotes, key=lambda e: e.score)
    begins = opening(articles(best.source.article), best, len(base.evidence) + 1, settings.answer_words)
    shown = Shown.of(quotes, begins)
    asked = prompts(question, shown.texts)
    chosen_at = 0.0

    def take(odds: Sequence[float]) -> Sequence[int] | None:
        """The numbers of the best quotes, as they answer best; none where all are not strong enough."""
        nonlocal chosen_at
        if shown.unsure(odds):
            return None
        chosen_at = time.perf_counter()
        picked = shown.picked(odds)
        strong = any_answers(picked.odds, base.strength) >= settings.abstain_below
        return picked.best(MARKED, MARKED_WORTH) if strong else ()

    choice = model.choose(asked, shown.texts, shown.first, take, stop)
    picked = shown.picked(choice.odds)
    read = weighed(choice, picked)
    return Chosen(
        tuple(read),
        believed(question, marked(choice, picked, read), likely),
        begins if shown.opens(choice.odds, picked) else None,
        any_answers(picked.odds, base.strength),
        chosen_at,
        sum(map(model.count_tokens, asked[: len(choice.odds) - 1])),
        choice.tokens,
    )


@dataclass(frozen=True)
class Picked:
    """Quotes that a model read, each as it answers best; their numbers among all that it was shown, and its
    odds for none of them and for each, which sum to 1."""

    read: tuple[Evidence, ...]
    numbers: tuple[int, ...]
    odds: tuple[float, ...]

    def best(self, count: int, worth: float = 0.0) -> list[int]:
        """The numbers of so many, by both opinions, whose odds are at least this share of the best one's."""
        scored = zip(quote_scores(self.odds, self.read), self.numbers, strict=True)
        ranked = sorted(((log_odds(score), number) for score, number in scored), key=lambda pair: -pair[0])
        least = ranked[0][0] + (math.log(worth) if worth else -math.inf)
        return [number for score, number in ranked[:count] if score >= least]


@dataclass(frozen=True)
class Shown:
    """Quotes as a model is shown them: the reader's best first, some once more with the sentence before, the
    very best once more behind its article's opening."""

    all: tuple[Evidence, ...]
    ranks: tuple[int, ...]  # of each, by the reader; a wider one has that of its quote, an opened one OPENED
    first: int  # so many are read before the others

    @classmethod
    def of(cls, read: Sequence[Evidence], begins: Evidence | None = None) -> "Shown":
        """The best ones twice, where there is a sentence before them. `begins` is the best one's opening."""
        narrow = list(enumerate(sorted(read, key=lambda e: -e.score)))
        wide = [(rank, wider) for rank, e in narrow[:WIDENED] if (wider := widened(e))]
        first = narrow[:FIRST] + [(rank, e) for rank, e in wide if rank == 0]
        order = first + narrow[FIRST:] + [(rank, e) for rank, e in wide if rank > 0]
        if begins and not any(rank == 0 and holds(e, begins) for rank, e in first):
            behind = replace(narrow[0][1], quote=f"{begins.quote} {narrow[0][1].quote}")
            order.append((OPENED, behind))  # to be read alone: no quote of its own
        return cls(tuple(e for _, e in order), tuple(rank for rank, _ in order), len(first))

    @property
    def texts(self) -> list[str]:
        """Of all, as a model reads them."""
        return [_plain(e.quote) for e in self.all]

    def unsure(self, odds: Sequence[float], sure: float = SURE) -> bool:
        """Whether there are more to be read, and none of the first is likely enough to answer."""
        none, *own = self.picked(odds).odds
        return len(odds) <= len(self.all) and log_ratio(max(own), none) < sure

    def opens(self, odds: Sequence[float], picked: "Picked") -> bool:
        """Whether the reader's best quote is the best by both opinions, and answers better when opened."""
        if OPENED not in self.ranks[: len(odds) - 1]:
            return False
        best = picked.best(1)[0]
        behind = odds[self.ranks.index(OPENED) + 1]
        return self.ranks[best - 1] == 0 and log_ratio(behind, odds[best]) >= OPENS

    def picked(self, odds: Sequence[float]) -> Picked:
        """By a model's odds for none of them and for each that it has read, in the order of `all`."""
        best: dict[int, int] = {}  # rank → number
        for number, rank in enumerate(self.ranks[: len(odds) - 1], start=1):
            if rank == OPENED:
                continue
            if rank not in best or odds[number] > odds[best[rank]]:
                best[rank] = number
        numbers = tuple(best.values())
        kept = [odds[0], *(odds[n] for n in numbers)]
        return Picked(tuple(self.all[n - 1] for n in numbers), numbers, tuple(o / sum(kept) for o in kept))


def holds(e: Evidence, begins: Evidence) -> bool:
    """Whether a quote has an article's opening in it, or tells nearly the same: captions and summaries do."""
    told, said = set(terms(e.quote)), set(terms(begins.quote))
    return begins.start >= e.start or said <= told or jaccard(told, said) >= DUPLICATE_OVERLAP


def prompts(question: str, quotes: Sequence[str]) -> list[list[Message]]:
    """One for each quote; they begin alike, so the question is read once."""
    return [
        [
            Message("system", render("choose")),
            Message("user", render("quote", question=question, quote=_plain(quote))),
        ]
        for quote in quotes
    ]


def by_choice(choice: Chosen, base: Answer, settings: Settings) -> Answer:
    """The answer that a choice gives: short words, and the sentence that they stand in, as a quote."""
    read = {e.n: e for e in choice.read}
    evidence = tuple(read.get(e.n, e) for e in base.evidence)
    base = replace(base, evidence=evidence, strength=choice.strength)
    if choice.strength < settings.abstain_below:
        return replace(base, evidence=())
    question = base.standalone_question
    claims, citations = assemble(
        question, "", [], apart(choice.read), limits(question, settings), choice.likely
    )
    if choice.opening and (both := opened(claims, citations, choice.opening, settings.answer_words)):
        base = replace(base, evidence=(*evidence, choice.opening))
        claims, citations = both
    return answered(base, claims, citations)


def limits(question: str, settings: Settings) -> Limits:
    """Few words where a name, a number or a time is asked for, all that fit where an account is."""
    if wants_account(question):
        return Limits(settings.answer_words, WORTH_OF_ACCOUNT)
    return Limits(settings.chosen_words, WORTH)


def apart(read: Sequence[Evidence]) -> list[Evidence]:
    """Of quotes that tell the same words, since one was made wider, the best alone."""
    kept: list[Evidence] = []
    for e in sorted(read, key=lambda e: -e.score):
        if not any(e.source.article == k.source.article and e.span.overlaps(k.span) for k in kept):
            kept.append(e)
    return sorted(kept, key=lambda e: e.n)


def quote_features(odds: Sequence[float], read: Sequence[Evidence]) -> list[dict[str, float]]:
    """What both say of each quote by itself: log odds."""
    return [
        {"own": log_odds(e.score), "chosen": log_ratio(odds[n], odds[0])} for n, e in enumerate(read, start=1)
    ]


def any_features(odds: Sequence[float], strength: float) -> dict[str, float]:
    """What both say of whether any of them answers: log odds."""
    return {"own": log_odds(strength), "some": log_odds(1 - odds[0])}


def quote_scores(odds: Sequence[float], read: Sequence[Evidence]) -> list[float]:
    """The estimated probability of each quote that it answers, 0..1."""
    return [QUOTE_WEIGHTS.probability(features) for features in quote_features(odds, read)]


def any_answers(odds: Sequence[float], strength: float) -> float:
    """The estimated probability that one of the quotes answers, 0..1."""
    return ANY_WEIGHTS.probability(any_features(odds, strength))


def weighed(choice: Choice, picked: Picked) -> list[Evidence]:
    """The quotes with the scores of both, and the model's words where it has any."""
    scores = quote_scores(picked.odds, picked.read)
    return [
        replace(e, score=score, words=choice.words.get(number, NO_WORDS).text or e.words)
        for e, score, number in zip(picked.read, scores, picked.numbers, strict=True)
    ]


def marked(choice: Choice, picked: Picked, read: Sequence[Evidence]) -> list[tuple[Evidence, float]]:
    """Of the quotes as they are `weighed`, those that were taken, each with the probability of its words."""
    return [
        (e, choice.words[number].probability)
        for e, number in zip(read, picked.numbers, strict=True)
        if number in choice.words
    ]


def believed(
    question: str,
    read: Sequence[tuple[Evidence, float]],
    likely: Mapping[str, float],
    share: float = WORDS_SHARE,
) -> dict[str, float]:
    """The likely answers with the words of the quotes among them, likeliest first: each by the odds of its
    quotes and by the probability of the words, which comes with the quote. What belongs to a quote whose
    words are no short answer, or to other words of it, is nobody else's: the shares' sum is less than 1 by
    that."""
    asked = set(terms(question))
    mass: dict[str, float] = {}
    total = 0.0
    for e, probability in read:
        odds = math.exp(log_odds(e.score))
        total += odds
        if words := short_answer(e.words, asked):
            mass[words] = mass.get(words, 0.0) + odds * math.pow(probability, WORDS_POWER)
    if not mass:
        return dict(likely)
    own = share if likely else 1.0
    shares = {answer: belief * (1 - own) for answer, belief in likely.items()}
    for words, odds in mass.items():
        shares[words] = shares.get(words, 0.0) + own * odds / total
    return dict(sorted(shares.items(), key=lambda pair: -pair[1]))


def _plain(text: str) -> str:
    """With single spaces."""
    return " ".join(text.split())


def log_ratio(one: float, other: float) -> float:
    """Of two probabilities, finite."""
    return math.log(max(LEAST, one) / max(LEAST, other))


def log_odds(probability: float) -> float:
    """Finite ones.

    >>> [round(log_odds(p), 1) for p in (0.5, 0.9, 0.0)]
    [0.0, 2.2, -13.8]
    """
    p = min(1 - LEAST, max(LEAST, probability))
    return math.log(p / (1 - p))
