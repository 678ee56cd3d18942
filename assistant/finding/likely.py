"""Ranked sentences → the short answers that they seem to hold, each with its share of belief.

The reader marks the best words of every sentence. Words that many good sentences offer are likelier than
those of one: the shares are summed over equal words, as in reading by committee (redundancy helps: Dumais et
al., 2002, doi:10.1145/564376.564428). A quote is worth the likely answers that it holds and no quote before
it did, so that three quotes are not three times the same. Knows nothing of a language model.
"""

import math
import re
from collections.abc import Mapping, Sequence
from itertools import dropwhile

from assistant.finding.rank import Candidate
from index.text import Span
from index.words import WORD, terms, words

CONSIDERED = 60  # best sentences that take part
MAX_WORDS = 8  # of a short answer; longer ones are half a sentence
# How sharply better sentences count more, as a power of their odds: 0.3 put the right words first for more
# of the news questions than 0.6 or 1 (docs/log.md).
SHARPNESS = 0.3

# Share of the likeliest way to tell an answer from which a fuller way is told instead.
FULLER = 0.5
NAMING = 3  # letters of a word that makes an answer the same as a longer one that holds it

SIGNS = "$€£¥"  # before a number
PERCENT = "%"  # after it
ARTICLE = re.compile(r"\A(?:a|an|the) ")


def likely_answers(question: str, found: Sequence[Candidate]) -> dict[str, float]:
    """Short answers (folded words) and their shares, which sum to 1, likeliest first; {} without a reader."""
    asked = set(terms(question))
    mass: dict[str, float] = {}
    for c in found[:CONSIDERED]:
        if c.words is None:
            continue
        if text := short_answer(c.article.quote(c.words), asked):
            mass[text] = mass.get(text, 0.0) + (c.score / max(1 - c.score, 1e-6)) ** SHARPNESS
    total = sum(mass.values())
    return dict(sorted(((t, m / total) for t, m in mass.items()), key=lambda pair: -pair[1]))


def short_answer(text: str, asked: set[str]) -> str:
    """Words as an answer: folded; "" where they are half a sentence, or say no more than what is asked.

    >>> short_answer("The ferry", {"ferri"}), short_answer("on Monday", {"ferri"})
    ('', 'on monday')
    """
    plain = plain_words(text)
    return plain if len(plain.split()) <= MAX_WORDS and not set(terms(plain)) <= asked else ""


def plain_words(text: str) -> str:
    """Words in one spelling, without a leading article, so that equal answers are equal.

    >>> plain_words("The “Tony” Awards,")
    'tony awards'
    """
    return ARTICLE.sub("", " ".join(words(text)))


def held(likely: Mapping[str, float], text: str) -> set[str]:
    """Those of the likely answers that a text holds, as whole words.

    >>> held({"lee": 0.6, "tin": 0.4}, "Lee was waiting.")
    {'lee'}
    """
    plain = plain_words(text)
    return {answer for answer in likely if within(answer, plain)}


def place(text: str, answer: str) -> Span | None:
    """Where an answer (folded words, one or more) stands first in a text, with the sign of an amount.

    >>> text = "Évian’s water cost $5.02 (up 7%)."
    >>> spans = [place(text, answer) for answer in ("evian", "5 02", "7", "9")]
    >>> [span and text[span.start : span.end] for span in spans]
    ['Évian', '$5.02', '7%', None]
    """
    wanted = answer.split()
    found = [(word, m.start(), m.end()) for m in WORD.finditer(text) for word in words(m[0])]
    for at in range(len(found) - len(wanted) + 1):
        if [word for word, *_ in found[at : at + len(wanted)]] == wanted:
            start, end = found[at][1], found[at + len(wanted) - 1][2]
            start -= start > 0 and text[start - 1] in SIGNS
            end += text[end : end + 1] == PERCENT
            return Span(start, end)
    return None


def within(answer: str, other: str) -> bool:
    """Whether folded words stand in others, as whole words.

    >>> within("palm beach", "in palm beach"), within("truss", "trussell")
    (True, False)
    """
    return f" {answer} " in f" {other} "


def alike(likely: Mapping[str, float]) -> list[list[str]]:
    """The answers in groups that say one thing, more or less of it, each likeliest first: an answer belongs
    to the likeliest one that it stands in or that stands in it. Numbers alone are no part of others.

    >>> alike({"liz truss": 0.4, "lee": 0.2, "secretary liz truss": 0.2, "10": 0.1, "10 cats": 0.1})
    [['liz truss', 'secretary liz truss'], ['lee'], ['10'], ['10 cats']]
    """
    groups: list[list[str]] = []
    for answer in sorted(likely, key=lambda answer: -likely[answer]):
        group = next((g for g in groups if _one_holds_the_other(answer, g[0])), None)
        if group:
            group.append(answer)
        else:
            groups.append([answer])
    return groups


def fullest(likely: Mapping[str, float], group: Sequence[str], question: str) -> list[str]:
    """The answers of a group as they are to be told: of those with `FULLER` of the likeliest one's share the
    one of most words first, but for words of the question that it begins with; then the others, likeliest
    first. A name of English ends with what it is: "the Foreign Ministry" tells more than "the Foreign".

    >>> likely = {"foreign": 0.4, "foreign ministry": 0.3, "foreign ministry in minsk": 0.1}
    >>> fullest(likely, list(likely), "Which ministry said so?")
    ['foreign ministry', 'foreign', 'foreign ministry in minsk']
    >>> fullest({"lee": 0.4, "mayor lee": 0.3}, ["lee", "mayor lee"], "Who is the mayor?")
    ['lee', 'mayor lee']
    """
    asked = set(terms(question))
    best = max(likely[answer] for answer in group)

    def order(answer: str) -> tuple[bool, int, float]:
        weak = likely[answer] < FULLER * best
        said = list(dropwhile(lambda word: set(terms(word)) <= asked, answer.split()))
        return weak, 0 if weak else -len(said), -likely[answer]

    return sorted(group, key=order)


def _one_holds_the_other(a: str, b: str) -> bool:
    short, long = sorted((a, b), key=len)
    return within(short, long) and any(w.isalpha() and len(w) >= NAMING for w in short.split())


def gain(likely: Mapping[str, float], new: set[str]) -> float:
    """The belief that quotes win by holding these answers too, 0..1."""
    return math.fsum(likely[answer] for answer in new)
