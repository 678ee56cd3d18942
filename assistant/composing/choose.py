"""What a model with its adapter makes of the quotes: which one answers, in which words, or that none does.

Its odds are a second opinion beside the reader's. Two logistic models weigh both: how probable it is that a
quote answers, and that any does. The model writes nothing that is not in a quote, word for word.
"""

import math
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.composing.assemble import answered, assemble
from assistant.finding.likely import MAX_WORDS, plain_words
from assistant.finding.rank import Weights
from assistant.llm.talk import Choice, Chooser, Message
from assistant.settings import Settings
from assistant.values import Answer, Evidence, Timings
from index.words import terms
from prompts import render

# Of each quote: softer than those that training/choosing.py fits (bias 0.64, 0.68 and 0.62), which are so
# sure that the second and third quote of an answer are left out (docs/log.md).
QUOTE_WEIGHTS = Weights(bias=0.0, weights={"own": 0.5, "chosen": 0.3})
# Of all together: as fitted, but for the bias (-1.07), which fits the threshold of the settings.
ANY_WEIGHTS = Weights(bias=-1.34, weights={"own": 0.5, "some": 0.49})
# Share of belief that the model's own words get beside the answers that the reader marked: on held-out pages
# the short answer is right for 0.636 with up to 0.2, for 0.616 with 0.3.
WORDS_SHARE = 0.2
# What the reader finds weaker is not shown to the model.
LEAST_STRENGTH = 0.05
LEAST = 1e-6  # a probability is no nearer to 0 or 1: its log odds are finite


@dataclass(frozen=True)
class Chosen:
    """The quotes that the model read, their scores those of both opinions; the likely answers, its own words
    among them; the strength of it all; when the model had chosen (`time.perf_counter`), and how many tokens
    were read and written."""

    read: tuple[Evidence, ...]
    likely: Mapping[str, float]
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
) -> Chosen:
    """Ask the model about an answer's evidence. Raises ModelError, Cancelled."""
    question = base.standalone_question
    read = base.evidence[: settings.model_quotes]
    quotes = [e.quote for e in read]
    asked = prompts(question, quotes)
    chosen_at = 0.0

    def take(odds: Sequence[float]) -> int:
        """The number of the best quote by both; none where that is not strong enough."""
        nonlocal chosen_at
        chosen_at = time.perf_counter()
        if any_answers(odds, base.strength) < settings.abstain_below:
            return 0
        scores = quote_scores(odds, read)
        return scores.index(max(scores)) + 1

    choice = model.choose(asked, quotes, take, stop)
    return Chosen(
        tuple(weighed(choice, read)),
        believed(question, choice, likely),
        any_answers(choice.odds, base.strength),
        chosen_at,
        sum(map(model.count_tokens, asked)),
        choice.tokens,
    )


def prompts(question: str, quotes: Sequence[str]) -> list[list[Message]]:
    """One for each quote; they begin alike, so the question is read once."""
    return [
        [
            Message("system", render("choose")),
            Message("user", render("quote", question=question, quote=" ".join(quote.split()))),
        ]
        for quote in quotes
    ]


def by_choice(choice: Chosen, base: Answer, settings: Settings) -> Answer:
    """The answer that a choice gives: short words, and the sentence that they stand in, as a quote."""
    unread = base.evidence[len(choice.read) :]
    base = replace(base, evidence=(*choice.read, *unread), strength=choice.strength)
    if choice.strength < settings.abstain_below:
        return replace(base, evidence=())
    claims, citations = assemble(
        base.standalone_question, "", [], choice.read, settings.chosen_words, choice.likely
    )
    return answered(base, claims, citations)


def quote_features(odds: Sequence[float], read: Sequence[Evidence]) -> list[dict[str, float]]:
    """What both say of each quote: log odds."""
    return [{"own": log_odds(e.score), "chosen": log_odds(odds[n])} for n, e in enumerate(read, start=1)]


def any_features(odds: Sequence[float], strength: float) -> dict[str, float]:
    """What both say of whether any of them answers: log odds."""
    return {"own": log_odds(strength), "some": log_odds(1 - odds[0])}


def quote_scores(odds: Sequence[float], read: Sequence[Evidence]) -> list[float]:
    """The estimated probability of each quote that it answers, 0..1."""
    return [QUOTE_WEIGHTS.probability(features) for features in quote_features(odds, read)]


def any_answers(odds: Sequence[float], strength: float) -> float:
    """The estimated probability that one of the quotes answers, 0..1."""
    return ANY_WEIGHTS.probability(any_features(odds, strength))


def weighed(choice: Choice, read: Sequence[Evidence]) -> list[Evidence]:
    """The quotes with the scores of both; the one that was taken with the model's words, where the sentence
    that was found holds them."""
    quotes = [replace(e, score=s) for e, s in zip(read, quote_scores(choice.odds, read), strict=True)]
    if choice.taken and choice.words in (taken := quotes[choice.taken - 1]).key:
        quotes[choice.taken - 1] = replace(taken, words=choice.words)
    return quotes


def believed(
    question: str, choice: Choice, likely: Mapping[str, float], share: float = WORDS_SHARE
) -> dict[str, float]:
    """The likely answers with the model's words among them, their shares' sum 1, likeliest first."""
    words = plain_words(choice.words)
    if not words or len(words.split()) > MAX_WORDS or set(terms(words)) <= set(terms(question)):
        return dict(likely)
    own = share if likely else 1.0
    shares = {answer: belief * (1 - own) for answer, belief in likely.items()}
    shares[words] = shares.get(words, 0.0) + own
    return dict(sorted(shares.items(), key=lambda pair: -pair[1]))


def log_odds(probability: float) -> float:
    """Finite ones.

    >>> [round(log_odds(p), 1) for p in (0.5, 0.9, 0.0)]
    [0.0, 2.2, -13.8]
    """
    p = min(1 - LEAST, max(LEAST, probability))
    return math.log(p / (1 - p))
