"""A question of yes or no and the quotes found for it → "Yes" or "No", where the rule is certain.

Certain is: one sentence of an article holds the whole proposition under the same checks that a model's
sentence must pass (verify.py), and nothing in it makes the proposition a plan, a condition, a wish or
another's claim. "No" is the same with one negation, right before what it negates. Everything else gets the
quotes without a word before them: a reader sees more than a rule. English.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from assistant.checking.verify import Similarity, verify
from assistant.composing.assemble import with_markers
from assistant.values import Answer, Citation, Claim, Evidence
from index.words import stem, terms, words

# Questions of these alone: what will, can or should be is nothing that an article decides.
PLAIN = re.compile(
    r"(?:did|does|do|is|are|was|were|has|have|had)\s+(?P<rest>[^?]+)\?*\s*\Z",
    re.I,
)
UNDECIDED = re.compile(
    r"\b(?:or|not|ever|still|yet|only|always|all|any|same|different|both|between|than|most|more)\b|n['’]t\b",
    re.I,
)
# "Is A and B the same?" has no verb that a sentence could hold: only "was A suspended" can be decided.
STATE = re.compile(r"(?:is|are|was|were)\b(?!.*\w(?:ed|en)\b)", re.I)
HEDGES = frozenset(
    words(
        """
        could may might would should will can if whether unless plan plans planned planning want
        wants wanted expect expects expected likely unlikely reportedly allegedly alleged accuse
        accused accuses denied denies deny fear fears feared threat threatens threatened propose
        proposed proposal asked asks ask called demand demands demanded hope hopes hoped seek seeks
        sought consider considers considered considering promise promised promises vow vowed believe
        believed believes claim claims claimed suggest suggested suggests rumor rumors rumour
        rumours predict predicted almost nearly without fail fails failed refuse refused refuses
        stop stopped prevent prevented avoid avoided try tried tries attempt attempted yet only
        until before intend intends intended warn warned warns doubt doubts doubted question
        questions questioned consideration supposed potential potentially possible possibly perhaps
        maybe once had used
    """
    )
)
NEGATION = re.compile(r"\b(?:(?:did|does|do|is|are|was|were|has|have|had) not|never|no longer"
                      r"|(?:did|does|do|is|are|was|were|has|have|had)n['’]t)\s+", re.I)  # fmt: skip
OTHER_NEGATION = re.compile(r"\b(?:no|not|never|none|nobody|nothing|neither|nor)\b|n['’]t\b", re.I)
MIN_TERMS = 3  # content words of a proposition: fewer are found together by chance
MEANING = 0.6  # cosine of proposition and sentence; the check of a model's sentence asks for 0.5


def decide(question: str, quotes: Sequence[Evidence], similarity: Similarity) -> tuple[str, Evidence] | None:
    """("Yes" or "No", the quote whose key sentence decides it), or None when none of them is certain to."""
    asked = proposition(question)
    if not asked:
        return None
    for quote in quotes:
        if _says(asked, quote.key, quote, similarity):
            return "Yes", quote
        if _says(asked, without_negation(quote.key, asked), quote, similarity):
            return "No", quote
    return None


def decided(answer: Answer, verdict: str, quote: Evidence) -> Answer:
    """An answer of the verdict and the quote that carries it."""
    claim = Claim.quoted(quote.quote, 1)
    lead = f"{verdict} [1]."
    return replace(
        answer,
        text=f"{lead} {with_markers(claim)}",
        claims=(claim,),
        citations=(Citation.of(1, quote),),
        lead=lead,
    )


def proposition(question: str) -> str:
    """What a question of yes or no asks about, or "" where it can't be decided by rule.

    >>> proposition("Did the council vote to raise the dike?")
    'the council vote to raise the dike'
    >>> proposition("Will it rain?"), proposition("Is it in the north or in the south?")
    ('', '')
    """
    found = PLAIN.match(question.strip())
    if not found or UNDECIDED.search(question) or STATE.match(question.strip()):
        return ""
    rest = " ".join(found["rest"].split())
    return rest if len(set(terms(rest))) >= MIN_TERMS else ""


def without_negation(sentence: str, asked: str) -> str:
    """A sentence without its one negation, where that stands before a word of the proposition; else "".

    >>> without_negation("The opposition did not dispute the need.", "the opposition dispute the need")
    'The opposition dispute the need.'
    >>> without_negation("They did not stay and disputed the need.", "the opposition dispute the need")
    ''
    """
    found = NEGATION.search(sentence)
    if not found:
        return ""
    rest = sentence[found.end() :]
    without = sentence[: found.start()] + rest
    next_word = words(rest)[:1]
    near = bool(next_word) and stem(next_word[0]) in terms(asked)
    return without if near and not OTHER_NEGATION.search(without) else ""


def _says(asked: str, sentence: str, quote: Evidence, similarity: Similarity) -> bool:
    """Whether a sentence says the proposition as a fact."""
    if not sentence or OTHER_NEGATION.search(sentence):
        return False
    said = words(sentence)
    if (HEDGES & set(said)) - set(words(asked)) or _purpose(said, words(asked)):
        return False
    only = replace(quote, quote=sentence)
    return verify(asked, [only], similarity, coverage_at_least=1.0, meaning_at_least=MEANING).holds


def _purpose(said: Sequence[str], asked: Sequence[str]) -> bool:
    """Whether a word of the proposition stands behind "to" in the sentence alone: "voted to raise" is not
    "raised".

    >>> _purpose("they voted to raise it".split(), "they raise it".split())
    True
    """
    behind = {stem(b) for a, b in pairwise(said) if a == "to"}
    there = {stem(b) for a, b in pairwise(asked) if a == "to"}
    return bool((behind - there) & set(terms(" ".join(asked))))
