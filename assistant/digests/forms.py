"""A question that wants more than one fact → its digest from the library, or why there is none.

    asked → period, filter → articles in it → pool of sentences → digest
                           └ none → "There is nothing from …"  └ nothing on the topic → not found

None where the question is better served as a fact: its form can't be filled, or its period is older than
the archive (then it names what the articles tell of, not when they were written). Loads no language model.
"""

import datetime as dt
import re
from dataclasses import dataclass, replace

from assistant.asking.kinds import Asked, asked_for
from assistant.asking.period import counted, find_phrase, resolve
from assistant.digests.digest import Digest, digest
from assistant.digests.gather import WORTH, Pool, about, opening
from assistant.finding.scope import declined, nothing, told
from assistant.values import EVERYWHERE, Scope
from index.filter import DAY, EVERYTHING, Allowed, Filter
from index.library import Library
from index.store import Generation
from index.text import Hit
from index.words import terms

LATEST = re.compile(r"\b(?:new|news|newest|latest|recent|updates?)\b", re.I)
LATEST_PERIOD = "in the last week"  # what is new, when nobody says since when
LATEST_DATES = 4  # newest dates on a topic that are the latest on it
SAID_WORTH = 0.45  # as WORTH: few sentences pass the test of who speaks, so more are looked at
FORMS = frozenset(("list", "timeline", "comparison", "overview", "said", "articles"))


@dataclass(frozen=True, slots=True)
class Formed:
    """A digest, or None and the text that says why there is none; what was read for it, and where."""

    digest: Digest | None
    text: str = ""
    hits: tuple[Hit, ...] = ()
    scope: Scope = EVERYWHERE


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


def formed(
    asked: Asked, library: Library, generation: Generation, own: Filter = EVERYTHING, *, period: bool = True
) -> Formed | None:
    """What a library gives for a question, of the articles that the reader's `own` filter allows; without
    `period` of any time. None: answer it as a question of fact."""
    if asked.other and (found := find_phrase(asked.other)) and found[0] == asked.other:
        asked = replace(asked, other="", when="")  # "compare the cost in May and in June"
    latest = asked.kind == "overview" and bool(LATEST.search(asked.question))
    when = asked.when or ("" if asked.topic or not latest else LATEST_PERIOD)
    scope = _scope(when if period else "", latest, own, generation)
    if scope is None:
        return None
    allowed = generation.catalogue.rows_of(scope.filter)
    if scope and not allowed.articles:
        return Formed(None, nothing(scope, generation.catalogue), scope=scope)
    pools = _pools(asked, allowed, library, generation)
    if latest and asked.topic:
        pools[0] = _latest(pools[0])
    made = digest(asked, *pools)
    if made:
        made = replace(made, lead="\n".join(filter(None, (told(scope), made.lead))))
    elif pools[0].quotes or asked.kind == "list":
        return None
    return Formed(made, declined(scope), pools[0].hits, scope)


def _scope(when: str, news: bool, own: Filter, generation: Generation) -> Scope | None:
    """Where to look; None where the words do not name the dates of articles."""
    days = generation.catalogue.days
    if not when:
        return Scope(own)
    period, counted_from = counted(when, days[1], dt.date.today()) if days else (None, None)
    if period is None or days is None or (period.last and period.last < days[0]):
        return None
    if news and _is_day_since(when, period):
        period = replace(period, first=period.first + DAY if period.first else None)
    return Scope(own, period, when, counted_from)


def _is_day_since(when: str, period: Filter) -> bool:
    """Whether it is "since" a single day: what is new since then came after it.

    >>> day = dt.date(2022, 6, 1)
    >>> [_is_day_since(when, Filter(day)) for when in ("since 1 June", "since June 2022", "in 2022")]
    [True, False, False]
    """
    named = resolve(re.sub(r"^since", "on", when, flags=re.I), period.first) if period.first else None
    return when.lower().startswith("since ") and named is not None and named.first == named.last


def _pools(asked: Asked, allowed: Allowed, library: Library, generation: Generation) -> list[Pool]:
    if not asked.topic:
        return [opening(allowed.articles, generation)]
    query = f"{asked.speaker} said about {asked.topic}" if asked.kind == "said" else asked.topic
    pool = about(query, allowed, library, generation, SAID_WORTH if asked.kind == "said" else WORTH)
    if asked.kind == "said":
        wanted = set(terms(asked.topic))
        held = [
            i for i, q in enumerate(pool.quotes) if 2 * len(wanted & set(terms(q.context))) >= len(wanted)
        ]
        pool = pool.only(held)
    return [pool, about(asked.other, allowed, library, generation)] if asked.other else [pool]


def _latest(pool: Pool) -> Pool:
    days = sorted({q.source.date for q in pool.quotes if q.source.date}, reverse=True)[:LATEST_DATES]
    return pool.only([i for i, q in enumerate(pool.quotes) if q.source.date in days]) if days else pool
