"""A question that speaks of now → older articles count less.

"Who resigned this week?" is asked of the news of its day: an article of another year that tells of a
resignation in just these words answers it worse than a newer one. So the odds of its sentences fall with its
age, as in language models with a prior on time (Li and Croft, 2003, doi:10.1145/956863.956951); theirs falls
by days, this one by the logarithm, for a library may be of weeks or of decades. Age is counted from the
library's newest article, so an archive is asked as of its own time; and the newest of those that were found
loses nothing, for age does not tell whether they answer at all. A question that names its time itself is left
as it is: scope.py reads that.
"""

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from assistant.asking.period import find_phrase, is_relative
from assistant.finding.rank import Candidate
from index.text import Article

NOW = re.compile(
    r"\b(?:today|yesterday|tomorrow|tonight|now|currently|recent(?:ly)?|latest|newest|just|soon|so far"
    r"|(?:this|last|next|past) (?:week|weekend|month|year|(?:mon|tues|wednes|thurs|fri|satur|sun)day)"
    r"|(?:early|late|on) (?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
    re.I,
)
# How fast the odds fall: an article of the newest ones' month loses at most a third of them, one a year older
# two thirds to three quarters.
WEIGHT = 0.5
DAYS = 30


def speaks_of_now(question: str) -> bool:
    """Whether a question is about what is new when it is asked, in a time that it leaves open.

    >>> [speaks_of_now(q) for q in ("Who resigned this week?", "Who has resigned recently?")]
    [True, True]
    >>> [speaks_of_now(q) for q in ("Who resigned in May 2021?", "Who was just 19 in 1990?", "Who resigned?")]
    [False, False, False]
    """
    period = find_phrase(question)
    return is_relative(period[0]) if period else bool(NOW.search(question))


def by_age(question: str, found: Sequence[Candidate], newest: dt.date | None) -> list[Candidate]:
    """The candidates with the odds that their articles' ages leave them, best first; unchanged where the
    question does not speak of now, or no article has a date. What has none is as old as the others are on the
    mean."""
    if newest is None or not speaks_of_now(question):
        return list(found)
    lost = losses({c.article.id: c.article for c in found}, newest)
    aged = [replace(c, score=_shifted(c.score, -lost[c.article.id])) for c in found]
    return sorted(aged, key=lambda c: -c.score)


def losses(articles: Mapping[str, Article], newest: dt.date) -> dict[str, float]:
    """What each article's age takes from its log odds, beyond what the newest one's does."""
    dated = {
        id: WEIGHT * math.log1p(max(0, (newest - a.date).days) / DAYS) for id, a in articles.items() if a.date
    }
    if not dated:
        return dict.fromkeys(articles, 0.0)
    least, mean = min(dated.values()), math.fsum(dated.values()) / len(dated)
    return {id: dated.get(id, mean) - least for id in articles}


def _shifted(probability: float, by: float) -> float:
    odds = probability / max(1 - probability, 1e-9) * math.exp(by)
    return odds / (1 + odds)
