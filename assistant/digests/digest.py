"""A pool of sentences → a digest: exact quotes under headings, in the form that the question asked for.

    overview     a spread of quotes, grouped by date, oldest first
    timeline     the same, spread over the dates
    comparison   the best quotes of each date (or of each of two topics), side by side
    said         quotes in which the speaker speaks, by date
    list         quotes that each bring a new name, from several articles
    articles     the best quote of each article, best article first

Every word is the articles' own but the headings: dates, names of articles, words of the question. So no
model, however small, can spoil a digest, and none has to be asked. A form that the pool can't fill (a
comparison with one date, a list that one article holds) is None. Does not search.
"""

import datetime as dt
import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

from assistant.asking.kinds import Asked
from assistant.composing.assemble import with_markers
from assistant.digests.gather import Pool
from assistant.digests.says import spoken
from assistant.digests.spread import choose
from assistant.rendering.render import label
from assistant.values import Answer, Citation, Claim, Evidence, PassageRef
from index.text import human_date
from index.words import terms

# What a reader takes in within a minute (238 words: Brysbaert, 2019, doi:10.1016/j.jml.2019.104047).
DIGEST_WORDS = 240
QUOTES = {"overview": 8, "timeline": 10, "comparison": 8, "said": 6, "list": 6, "articles": 10}
ARTICLE_WORTH = 0.75  # share of the best article's relevance from which an article is about the topic too
COMPARABLE = 0.8  # share of the best relevance from which a quote tells of the same thing as the best one
SIDE = 3  # quotes of each side of a comparison of two topics
FEW = 3  # quotes that name the topic: with fewer, those beside them are welcome too
UNDATED = "No date"

NAME = re.compile(r"(?<![.!?:“\"”]\s)(?<!^)\b[A-Z][\w’'-]+")
NUMBER = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Digest:
    """Headings ("" for none) and the quotes under each, in order; `lead` is what it says of itself."""

    parts: tuple[tuple[str, tuple[Evidence, ...]], ...]
    lead: str = ""

    @property
    def quotes(self) -> tuple[Evidence, ...]:
        """All quotes, in order."""
        return tuple(quote for _, quotes in self.parts for quote in quotes)


def digest(asked: Asked, pool: Pool, other: Pool | None = None) -> Digest | None:
    """The digest that a question asks for; `other` is the pool of its second topic. None when the pool
    can't fill the form."""
    if asked.kind == "comparison" and other is not None:
        return _sides(asked, pool, other)
    forms: dict[str, Callable[[Asked, Pool], Digest | None]] = {
        "overview": _overview,
        "timeline": _timeline,
        "comparison": _comparison,
        "said": _said,
        "list": _list,
        "articles": _articles,
    }
    return forms[asked.kind](asked, pool) if pool.quotes else None


def answer(base: Answer, made: Digest) -> Answer:
    """A digest as an answer: its claims are its quotes, numbered in order."""
    quotes = [replace(quote, n=n) for n, quote in enumerate(made.quotes, start=1)]
    claims: list[Claim] = []
    blocks = [made.lead] if made.lead else []
    for heading, part in made.parts:
        lines = [heading] if heading else []
        for quote in part:
            n = len(claims) + 1
            first = not lines or lines == [heading]
            claims.append(Claim.quoted(quote.quote, n, heading if first else ""))
            lines.append(with_markers(claims[-1]))
        blocks.append("\n".join(lines))
    return replace(
        base,
        status="answered",
        text="\n\n".join(blocks),
        claims=tuple(claims),
        citations=tuple(Citation.of(e.n, e) for e in quotes),
        evidence=tuple(quotes),
        passages=tuple(
            PassageRef(e.source, e.context_start, e.context_start + len(e.context), e.score) for e in quotes
        ),
        lead=made.lead,
    )


def covers(claims: Sequence[Claim], quotes: Sequence[Evidence]) -> bool:
    """Whether checked prose may stand for a digest: two sentences or more, and what they cite comes from at
    least half of the digest's articles."""
    by_number = {quote.n: quote.source.article for quote in quotes}
    cited = {by_number[n] for claim in claims for n in claim.citations}
    return len(claims) > 1 and 2 * len(cited) >= len(set(by_number.values()))


def prose(made: Answer, claims: Sequence[Claim]) -> Answer:
    """A digest's answer with checked prose in place of its quotes, which stay as its evidence."""
    used = list(dict.fromkeys(n for claim in claims for n in claim.citations))
    new = {old: n for n, old in enumerate(used, start=1)}
    claims = [replace(claim, citations=tuple(new[n] for n in claim.citations)) for claim in claims]
    footnotes = {citation.n: citation for citation in made.citations}
    return replace(
        made,
        text="\n\n".join(filter(None, (made.lead, " ".join(map(with_markers, claims))))),
        claims=tuple(claims),
        citations=tuple(replace(footnotes[n], n=new[n]) for n in used),
    )


# --- the forms -----------------------------------------------------------------------------------------


def _overview(asked: Asked, pool: Pool) -> Digest:
    pool = _direct(asked, pool)
    return Digest(by_date(_spread(pool, QUOTES["overview"], [q.source.article for q in pool.quotes])))


def _timeline(asked: Asked, pool: Pool) -> Digest | None:
    pool = _direct(asked, pool)
    dated = pool.only([i for i, q in enumerate(pool.quotes) if q.source.date])
    best = _best(dated.quotes, lambda q: q.source.date, each=2)
    few = dated.only([i for i, q in enumerate(dated.quotes) if q in best])
    made = by_date(_spread(few, QUOTES["timeline"], [q.source.date for q in few.quotes]))
    return Digest(made) if len(made) > 1 else None


def _comparison(asked: Asked, pool: Pool) -> Digest | None:
    """The best quote of each date; only those with numbers where two dates have such."""
    dated = [q for q in pool.quotes if q.source.date]
    counted = [q for q in dated if NUMBER.search(q.key)]
    both = [_best(_comparable(quotes), lambda q: q.source.date, each=1) for quotes in (counted, dated)]
    chosen = next((c for c in both if len({q.source.date for q in c}) > 1), [])
    kept = _fitting(_unlike(chosen), QUOTES["comparison"])
    made = by_date(kept)
    return Digest(made) if len(made) > 1 else None


def _comparable(quotes: Sequence[Evidence]) -> list[Evidence]:
    return [quote for quote in quotes if quote.score >= COMPARABLE * quotes[0].score]


def _sides(asked: Asked, pool: Pool, other: Pool) -> Digest | None:
    """The quotes of two topics; where there are none on one of them, it says so."""
    if not pool.quotes and not other.quotes:
        return None
    if pool.quotes and other.quotes:
        pool, other = _nearer(pool, other), _nearer(other, pool)
    parts, missing = [], ""
    for topic, side in ((asked.topic, pool), (asked.other, other)):
        quotes = _spread(side, SIDE, [q.source.article for q in side.quotes])
        parts.append((_heading(topic), tuple(_in_order(_fitting(quotes, SIDE, DIGEST_WORDS // 2)))))
        missing = missing if quotes else f"Nothing was found on {topic}."
    return Digest(tuple(part for part in parts if part[1]), missing)


def _nearer(pool: Pool, other: Pool) -> Pool:
    """The quotes of a topic that are not nearer to the other one; all where none is."""
    own, far = pool.rows @ pool.query, pool.rows @ other.query
    return pool.only([i for i in range(len(own)) if own[i] >= far[i]]) if (own >= far).any() else pool


def _said(asked: Asked, pool: Pool) -> Digest | None:
    wanted = set(terms(asked.topic))
    quotes = {i: told for i, quote in enumerate(pool.quotes) if (told := spoken(quote, asked.speaker))}
    direct = [i for i in quotes if wanted & set(terms(pool.quotes[i].quote))]
    kept = direct or list(quotes)  # the others only stand beside the topic
    heard = Pool(tuple(quotes[i] for i in kept), pool.rows[kept], pool.query, pool.hits)
    chosen = _spread(heard, QUOTES["said"], [q.source.article for q in heard.quotes])
    return Digest(by_date(chosen)) if chosen else None


def _list(asked: Asked, pool: Pool) -> Digest | None:
    """Quotes that each name something new, best first; None when one article holds them all."""
    told = set(terms(asked.question))
    chosen: list[Evidence] = []
    for quote in pool.quotes:
        if quote.score < COMPARABLE * pool.quotes[0].score:
            break
        new = {t for name in NAME.findall(quote.quote) for t in terms(name)} - told
        if new and len(chosen) < QUOTES["list"]:
            chosen.append(quote)
            told |= new
    kept = _fitting(_unlike(chosen), QUOTES["list"])
    return Digest((("", tuple(kept)),)) if len({q.source.article for q in kept}) > 1 else None


def _articles(asked: Asked, pool: Pool) -> Digest:
    """Each article that is about the topic, with its best quote, the most relevant article first."""
    best = _best(pool.quotes, lambda q: q.source.article, each=1)
    worth = [q for q in best if q.score >= ARTICLE_WORTH * best[0].score][: QUOTES["articles"]]
    return Digest(tuple((label(quote.source), (quote,)) for quote in worth))


def _direct(asked: Asked, pool: Pool) -> Pool:
    """The quotes that name the topic, by one of its words; all of them where few do."""
    wanted = set(terms(asked.topic))
    kept = [i for i, quote in enumerate(pool.quotes) if wanted & set(terms(quote.quote))]
    return pool.only(kept) if len(kept) >= FEW else pool


# --- parts of the forms --------------------------------------------------------------------------------


def by_date(quotes: Iterable[Evidence]) -> tuple[tuple[str, tuple[Evidence, ...]], ...]:
    """Quotes under the dates of their articles, oldest first, undated ones last."""
    parts: dict[str, list[Evidence]] = {}
    for quote in _in_order(quotes):
        day = quote.source.date
        parts.setdefault(human_date(day) if day else UNDATED, []).append(quote)
    return tuple((heading, tuple(part)) for heading, part in parts.items())


def _in_order(quotes: Iterable[Evidence]) -> list[Evidence]:
    return sorted(quotes, key=lambda q: (q.source.date or dt.date.max, q.source.file, q.start))


def _spread(pool: Pool, count: int, groups: Sequence[Hashable]) -> list[Evidence]:
    """The most useful quotes of a pool, within the words of a digest; no two that overlap."""
    chosen = [pool.quotes[i] for i in choose(pool.relevance, pool.rows, groups, 2 * count)]
    return _fitting(chosen, count)


def _fitting(quotes: Iterable[Evidence], count: int, limit_words: int = DIGEST_WORDS) -> list[Evidence]:
    """The first quotes that do not overlap and fit in; one is always there."""
    kept: list[Evidence] = []
    left = limit_words
    for quote in quotes:
        length = len(quote.quote.split())
        clash = any(q.source.article == quote.source.article and q.span.overlaps(quote.span) for q in kept)
        if len(kept) < count and not clash and (length <= left or not kept):
            kept.append(quote)
            left -= length
    return kept


def _best(quotes: Sequence[Evidence], key: Callable[[Evidence], Hashable], each: int) -> list[Evidence]:
    """The first (best) `each` quotes of every group, in the order of the quotes."""
    counts: dict[Hashable, int] = {}
    kept: list[Evidence] = []
    for quote in quotes:
        counts[key(quote)] = counts.get(key(quote), 0) + 1
        if counts[key(quote)] <= each:
            kept.append(quote)
    return kept


def _unlike(quotes: Iterable[Evidence]) -> list[Evidence]:
    """Quotes without those that say the same words as an earlier one."""
    kept: list[Evidence] = []
    told: list[set[str]] = []
    for quote in quotes:
        stems = set(terms(quote.quote))
        if all(len(stems & other) < 0.8 * len(stems | other) for other in told):
            kept.append(quote)
            told.append(stems)
    return kept


def _heading(topic: str) -> str:
    """
    >>> _heading("the ferry")
    'The ferry'
    """
    return topic[:1].upper() + topic[1:]
