"""Who says it: the speakers of a text, and the name that a quote's pronoun leans on.

A speaker stands next to a saying verb, before it or right behind it, or after "according to". Pronouns lean
on the subject of the sentence before the quote; gender and plural are not known. English.
"""

import re
from collections.abc import Iterator

from assistant.checking.spelling import plain
from assistant.values import Evidence
from index.sentences import split_sentences
from index.words import words

SAYS = (
    r"(?:said|says|say|told|tells|added|adds|argued|argues|wrote|writes|stated|states|explained"
    r"|explains|warned"
    r"|warns|announced|announces|tweeted|replied|answered|noted|notes|claimed|claims|insisted|insists"
    r"|asked|asks"
    r"|predicted|admitted|confirmed|confirms|reported|reports|posted|remarked|acknowledged|suggested|stressed"
    r"|recalled|observed|declared|complained|emphasized|concluded|promised|urged|vowed|commented|mentioned)"
)
# A name; no part of one may begin inside a word, or a long text would be tried in too many ways.
NAMED = r"(?<![\w.'-])[A-Z][\w'-]*+\.?+(?: [A-Z][\w'-]*+\.?+){0,4}+"
BEFORE_VERB = re.compile(
    rf"({NAMED})(?:, [^.;,]{{2,60}},| \([^()]{{1,40}}\))? (?:also |has |had |have |later |then )?{SAYS}\b"
)
BEHIND_VERB = re.compile(
    rf"(?<!told )\b(?!told|tells|ask|urged){SAYS} (?:(?:the )?[a-z]+ ){{0,3}}({NAMED})(?=[,.;:]|\Z| in "
    rf"| on | at | of )"
)
ACCORDING = re.compile(rf"\b[Aa]ccording to (?:[a-z'-]+ ){{0,6}}({NAMED})")
PRONOUN_SAYS = re.compile(rf"\b(?:he|she|they|it|who) (?:\w+ )?{SAYS}\b|\b{SAYS} (?:he|she|they)\b", re.I)
# "the company announced": a house with a name says it.
HOUSE_SAYS = re.compile(
    rf"\b(?:company|firm|council|province|ministry|government|association|agency|group|office|bank|club|party"
    rf"|university|court|department|network|team|army|department|league|union) (?:also |has |had )?{SAYS}\b"
)
REPORTS = re.compile(
    rf"\b{SAYS}\b|[“”\"]|\baccording to\b|\b(?:statement|tweet|letter|speech|interview|post)\b", re.I
)
PRONOUN = re.compile(r"\b(?:he|she|it|they|his|her|its|their|him|them)\b", re.I)
FIRST_NAME = re.compile(
    r"(?:The |A |An |On \w+, |In \w+, )?([A-Z][\w’'-]*+\.?+(?: (?:(?:of|de|van|bin"
    r"|al) )?[A-Z][\w’'-]*+\.?+){0,5}+)"
)
SENTENCES_BACK = 2  # that a chain of pronouns is followed


def nobody_says(claim: str, quotes: str, before: str) -> str:
    """The speaker of the claim when the quotes have others, or none; "" when there is none or the right one.
    `before` are the names that the quotes' pronouns lean on.

    >>> nobody_says("Lee said it rained.", "“It rained,” Ann Roe told Peter Lee.", "")
    'Lee'
    >>> nobody_says("Roe said it rained.", "“It rained,” Ann Roe told Peter Lee.", "")
    ''
    """
    claim, quotes = plain(claim), plain(quotes)
    mine = [name for name in speakers(claim) if name]
    if not mine:
        return ""
    there = {w for name in speakers(quotes) for w in words(name)}
    if PRONOUN_SAYS.search(quotes):
        there |= set(words(before))
        # The pronoun may also lean on who opens the quotes.
        there |= {w for found in [FIRST_NAME.match(quotes)] if found for w in words(found[1])}
    reported = REPORTS.search(quotes)
    known = set(words(quotes))
    for name in mine:
        own = set(words(name))
        by_house = own & known and HOUSE_SAYS.search(quotes)
        if not own & there and not by_house and not (reported and not there and own & known):
            return name.strip()
    return ""


def speakers(text: str) -> Iterator[str]:
    """The names next to the saying verbs of a text in one spelling.

    >>> list(speakers("Ann Roe, a baker, said it rained; according to the engineer Lee it snowed."))
    ['Ann Roe', 'Lee']
    """
    for pattern in (BEFORE_VERB, BEHIND_VERB, ACCORDING):
        for match in pattern.finditer(text):
            name = match[1].strip(" .")
            if name.lower() not in {
                "he",
                "she",
                "it",
                "they",
                "we",
                "i",
                "the",
                "and",
                "but",
                "who",
                "that",
                "this",
            }:
                yield name


def leans_on(claim: str, evidence: Evidence) -> list[str]:
    """The name that a pronoun of a quote leans on, when the claim has fewer pronouns than the quote."""
    quote = plain(evidence.quote)
    if len(PRONOUN.findall(quote)) <= len(PRONOUN.findall(claim)):
        return []
    lead = evidence.context[: max(0, evidence.start - evidence.context_start)]
    back = [lead[s.start : s.end] for s in split_sentences(lead)[-SENTENCES_BACK:]]
    for sentence in reversed(back):
        if found := FIRST_NAME.match(sentence):
            name = found[1].strip()
            if not PRONOUN.fullmatch(name.split()[0]):
                return [name]
    return []
