"""A quote that answers → the same quote with a vague word where the answer stood.

What a search finds first is often the sentence that a question was made of, said of "the company" or "the
country": near in every word, and no answer. A model that is shown both learns to look for the answer itself.
"""

import random
import re

from index.words import words

WHICH = re.compile(r"\b(?:which|what)\s+(?:[a-z]+\s+of\s+)?(?P<noun>[a-z]{3,})\b", re.I)
# Words after "what" that are no nouns, and so don't name what is asked for.
NO_NOUNS = frozenset(
    words(
        """
        are is was were did does has had have can could may might will would should must the that this these
        those his her their its our your they happened happens made makes caused causes led
        """
    )
)
KINDS = {
    "who": ("he", "she", "they", "someone", "an official", "one of them"),
    "where": ("the area", "the place", "that region", "a nearby town"),
    "when": ("that time", "that day", "that year", "a later date"),
    "how many": ("many", "several", "some", "a number of"),
    "how much": ("much", "some", "a certain amount", "a large sum"),
    "how long": ("some time", "a long while"),
    "what": ("it", "this", "something", "one of these"),
}
MAX_WORDS = 8  # of an answer that one vague word can stand for
LEAST_WORDS = 5  # of what is left


def vague(question: str, quote: str, answer: str, rng: random.Random) -> str | None:
    """The quote without its answer; None where the words occur twice, or little would be left.

    >>> rng = random.Random(0)
    >>> vague("Which team won the cup?", "The Reds won the cup in a cold May.", "The Reds", rng)
    'That team won the cup in a cold May.'
    >>> vague("How many people came?", "About 300 people came to see the fair.", "300", rng)
    'About a number of people came to see the fair.'
    >>> vague("Who came?", "Ann came, and Ann left again soon.", "Ann", rng) is None
    True
    """
    if quote.lower().count(answer.lower()) != 1 or len(answer.split()) > MAX_WORDS:
        return None
    start = quote.lower().index(answer.lower())
    before, after = quote[:start], quote[start + len(answer) :]
    if len((before + after).split()) < LEAST_WORDS or before[-1:].isalnum() or after[:1].isalnum():
        return None
    word = rng.choice(_instead(question))
    begins = not before.strip() or before.rstrip()[-1:] in ".!?"
    return f"{before}{word[0].upper() + word[1:] if begins else word}{after}"


def _instead(question: str) -> tuple[str, ...]:
    """What may stand for an answer of the kind that is asked for."""
    if (which := WHICH.search(question)) and (noun := which["noun"].lower()) not in NO_NOUNS:
        return f"the {noun}", f"that {noun}", f"another {noun}"
    low = question.lower()
    found = [(place, kind) for kind in KINDS if (place := low.find(kind)) >= 0]
    return KINDS[min(found)[1]] if found else KINDS["what"]
