"""The sentences of a draft → claims that their quotes carry, and what was dropped and why.

A sentence is checked against what it cites; where that does not carry it, against every other quote. Knows
no model and no library: what measures meaning is given.
"""

from collections.abc import Callable, Sequence

from assistant.checking.fragment import answers_kind
from assistant.checking.verify import Verification, coverage, verify
from assistant.llm.cite import Drafted, is_whole, refuses
from assistant.settings import Settings
from assistant.values import Claim, Dropped, Evidence
from index.words import terms

WHOLE_WORDS = 5  # of a sentence that means something alone; a bare "Saudi Arabia" is taken with its question

Similarity = Callable[[str, str], float]  # of two texts: their cosine


def checked(
    question: str,
    drafted: Sequence[Drafted],
    evidence: Sequence[Evidence],
    similar: Similarity,
    settings: Settings,
) -> tuple[list[Claim], list[Dropped]]:
    """The claims that hold, each once, and the sentences that don't."""
    claims: list[Claim] = []
    dropped: list[Dropped] = []
    for sentence in drafted:
        claim, reason = check(question, sentence, evidence, similar, settings)
        if claim is None:
            dropped.append(Dropped(sentence.text, reason))
        elif all(claim.text != other.text for other in claims):
            claims.append(claim)
    return claims, dropped


def check(
    question: str,
    sentence: Drafted,
    evidence: Sequence[Evidence],
    similar: Similarity,
    settings: Settings,
) -> tuple[Claim | None, str]:
    """The sentence as a verified claim, or None and why not.

    What it cites is checked first; where it cites nothing, or wrongly, the quote that carries it is
    looked for: the check is the same, so a better footnote is no weaker one.
    """
    if not set(terms(sentence.text)) - set(terms(question)):
        return None, "it only repeats the question"
    if refuses(sentence.text):
        return None, "it says that the quotes do not answer"
    if not answers_kind(question, sentence.text):
        return None, "it is not what the question asks for"
    by_number = {e.n: e for e in evidence}
    cited = [by_number[n] for n in sentence.cites if n in by_number]
    reason = "it cites nothing"
    tries = ([cited] if cited else []) + [
        [e] for e in sorted(evidence, key=lambda e: -coverage(sentence.text, e.quote)) if [e] != cited
    ]
    for quotes in tries:
        result = _verify(question, sentence.text, quotes, similar, settings)
        if result.holds:
            return Claim(whole(sentence.text), tuple(e.n for e in quotes), "verified"), ""
        reason = reason if quotes != tries[0] else result.reason
    return None, reason


def _verify(
    question: str, text: str, quotes: Sequence[Evidence], similar: Similarity, settings: Settings
) -> Verification:
    spoken = text if is_whole(text) and len(text.split()) > WHOLE_WORDS else f"{question} {text}"
    return verify(
        text,
        quotes,
        lambda _, quote: similar(spoken, quote),
        coverage_at_least=settings.coverage_at_least,
        meaning_at_least=settings.meaning_at_least,
    )


def whole(text: str) -> str:
    """A model's sentence with its first letter large and a full stop.

    >>> whole("a Burmese python")
    'A Burmese python.'
    """
    text = " ".join(text.split())
    return text[:1].upper() + text[1:] + ("" if is_whole(text) else ".")
