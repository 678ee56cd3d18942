"""A question that wants more than one fact → its digest from the library, or why there is none.

    asked → period → articles in it → pool of sentences → digest
                   └ none → "No article is dated …"    └ nothing on the topic → not found

None where the question is better served as a fact: its form can't be filled, or its period is older than
the archive (then it names what the articles tell of, not when they were written). Loads no language model.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.digest import Digest, digest
from assistant.gather import WORTH, Pool, about, opening
from assistant.kinds import Asked, asked_for
from assistant.period import Period, find_phrase, resolve
from index.library import Library
from index.store import Generation
from index.text import Article, Hit, human_date
from index.words import terms

LATEST = re.compile(r"\b(?:new|news|newest|latest|recent|updates?)\b", re.I)
LATEST_PERIOD = "in the last week"  # what is new, when nobody says since when
LATEST_DATES = 4  # newest dates on a topic that are the latest on it
SAID_WORTH = 0.45  # as WORTH: few sentences pass the test of who speaks, so more are looked at
FORMS = frozenset(("list", "timeline", "comparison", "overview", "said", "articles"))


@dataclass(frozen=True, slots=True)
class Formed:
    """A digest, or None and the text that says why there is none; and what was read for it."""

    digest: Digest | None
    text: str = ""
    hits: tuple[Hit, ...] = ()


def completed(asked: Asked, question: str, alone: str) -> Asked:
    """A follow-up with the topic that it leans on: `alone` is the question standing alone. Its kind and its
    period stay those of its own words; a list is asked for again by name only.

    >>> question = "What do the articles say about it?"
    >>> completed(asked_for(question), question, f"{question} (How high is the dike?)").topic
    'it? (How high is the dike?)'
    """
    if alone == question:
        return asked
    whole = asked_for(alone)
    if whole.kind not in FORMS or whole.kind == "list" or asked.kind not in ("fact", whole.kind):
        return asked if asked.kind in FORMS and asked.kind != "list" else Asked("fact", question)
    own = find_phrase(question)
    return replace(whole, when=own[0] if own else "")


def formed(asked: Asked, library: Library, generation: Generation) -> Formed | None:
    """What a library gives for a question. None: answer it as a question of fact."""
    if asked.other and (found := find_phrase(asked.other)) and found[0] == asked.other:
        asked = replace(asked, other="", when="")  # "compare the cost in May and in June"
    latest = asked.kind == "overview" and bool(LATEST.search(asked.question))
    when = asked.when or ("" if asked.topic or not latest else LATEST_PERIOD)
    chosen = _articles(when, latest, generation) if when else _Articles(None, "")
    if chosen is None:
        return None
    if chosen.none:
        return Formed(None, chosen.none)
    articles = generation.articles() if chosen.inside is None and not asked.topic else chosen.inside
    pools = _pools(asked, articles, library, generation)
    if latest and asked.topic:
        pools[0] = _latest(pools[0])
    made = digest(asked, *pools)
    if made:
        made = replace(made, lead="\n".join(filter(None, (chosen.lead, made.lead))))
    elif pools[0].quotes or asked.kind == "list":
        return None
    inside = f"The articles do not say ({chosen.lead[0].lower()}{chosen.lead[1:]})." if chosen.lead else ""
    return Formed(made, "" if made else inside, pools[0].hits)


@dataclass(frozen=True, slots=True)
class _Articles:
    """Those of a period (None: all), what the answer says of it, and why there are none."""

    inside: list[Article] | None
    lead: str
    none: str = ""


def _articles(when: str, news: bool, generation: Generation) -> _Articles | None:
    """The articles of a period; None where its words do not name the dates of articles."""
    articles = generation.articles()
    days = [article.date for article in articles if article.date]
    period = _period(when, news, max(days)) if days else None
    if period is None or (period.last and period.last < min(days)):
        return None
    inside = [article for article in articles if period.holds(article.date)]
    return _Articles(inside, _lead(period, when, max(days)), "" if inside else _none_dated(period, days))


def _pools(
    asked: Asked, articles: Sequence[Article] | None, library: Library, generation: Generation
) -> list[Pool]:
    if not asked.topic:
        return [opening(articles or [], generation)]
    query = f"{asked.speaker} said about {asked.topic}" if asked.kind == "said" else asked.topic
    pool = about(query, articles, library, generation, SAID_WORTH if asked.kind == "said" else WORTH)
    if asked.kind == "said":
        wanted = set(terms(asked.topic))
        held = [
            i for i, q in enumerate(pool.quotes) if 2 * len(wanted & set(terms(q.context))) >= len(wanted)
        ]
        pool = pool.only(held)
    return [pool, about(asked.other, articles, library, generation)] if asked.other else [pool]


def _period(when: str, news: bool, newest: dt.date) -> Period | None:
    """What is new since a day came after it."""
    period = resolve(when, newest)
    if period and news and period.first and period.last is None and when.lower().startswith("since"):
        return Period(period.first + dt.timedelta(1), None)
    return period


def _latest(pool: Pool) -> Pool:
    days = sorted({q.source.date for q in pool.quotes if q.source.date}, reverse=True)[:LATEST_DATES]
    return pool.only([i for i, q in enumerate(pool.quotes) if q.source.date in days]) if days else pool


def _lead(period: Period, when: str, newest: dt.date) -> str:
    """
    >>> _lead(Period(dt.date(2022, 8, 15), dt.date(2022, 8, 21)), "last week", dt.date(2022, 8, 24))
    'Articles of 15 to 21 August 2022, counted from the newest one (24 August 2022)'
    """
    relative = not re.search(r"\d{4}", when)
    of = "of " if period.first and period.last else ""
    return f"Articles {of}{period}" + (
        f", counted from the newest one ({human_date(newest)})" if relative else ""
    )


def _none_dated(period: Period, days: Sequence[dt.date]) -> str:
    first, last = human_date(min(days)), human_date(max(days))
    return f"The articles do not say: none is dated {period}. They are of {first} to {last}."
