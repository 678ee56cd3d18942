"""A quote that answers → the same about something else: another name, year or number than was asked about.

What a search finds second is often the same thing said of another: the other team, the year before. A model
that is shown both learns to look at what a question names, too.
"""

import random
import re
from collections.abc import Iterable

NAME = re.compile(r"[A-Z][\w’'-]*(?: (?:of |the )?[A-Z0-9][\w’'-]*)*")
NUMBER = re.compile(r"\b\d[\d,]*\b")


def renamed(question: str, quote: str, answer: str, others: Iterable[str], rng: random.Random) -> str | None:
    """The quote with one name or number of the question changed, to a name in one of the `others` or to a
    number near it; None where they share none, or nothing is left of the answer.

    >>> rng = random.Random(0)
    >>> renamed("Who led the Reds in 2014?", "In 2014 Lee led the team.", "Lee", [], rng)
    'In 2016 Lee led the team.'
    >>> renamed("Who led the Reds?", "The Reds were led by Lee.", "Lee", ["It was won by the Blues."], rng)
    'The Blues were led by Lee.'
    >>> renamed("Who led them?", "They were led by Lee.", "Lee", ["the Blues"], rng) is None
    True
    """
    asked = [*_names(question), *NUMBER.findall(question)]
    rest = quote.replace(answer, " ")
    shared = [name for name in asked if name not in answer and _places(name).search(rest)]
    if not shared:
        return None
    name = rng.choice(shared)
    instead = _near(name, rng) if NUMBER.fullmatch(name) else _other(question, quote, others, rng)
    if not instead:
        return None
    changed = _places(name).sub(lambda _: instead, quote)
    return changed if answer in changed else None


def _names(text: str) -> list[str]:
    """Capitalised words in a row, but for those that begin a sentence."""
    return [
        m[0] for m in NAME.finditer(text) if text[: m.start()].rstrip()[-1:] not in ("", ".", "?", "!", "“")
    ]


def _places(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")


def _near(number: str, rng: random.Random) -> str:
    """Another number of as many digits, not far off."""
    value = int(number.replace(",", ""))
    size = len(str(value))
    low, high = 10 ** (size - 1) if size > 1 else 0, 10**size - 1
    while True:
        other = value + rng.choice((-1, 1)) * rng.randint(1, max(3, value // 100))
        if low <= other <= high:
            return f"{other:,}" if "," in number else str(other)


def _other(question: str, quote: str, others: Iterable[str], rng: random.Random) -> str | None:
    names = sorted({name for text in others for name in _names(text)})
    fit = [name for name in names if name not in question and name not in quote]
    return rng.choice(fit) if fit else None
