"""A question and the reader's filter → which articles may answer, and what is said of that.

A period in a question dates the articles, or what happened. "What is new since June?" and "the articles from
June" date articles: their period is kept to. "Who won in June?" may do either: such a period is only tried
(answer.py), for an article of July tells of June as well.
"""

import datetime as dt
from dataclasses import replace

from assistant.asking.period import period_of
from assistant.values import Scope
from index.filter import Catalogue, Filter
from index.text import human_date

NOT_FOUND = "The articles do not say."


def scope_of(question: str, own: Filter, catalogue: Catalogue, today: dt.date) -> tuple[Scope, bool]:
    """Where a question of fact is looked for, and whether its period is to be kept to. A period in which no
    article lies is that of an event, unless the question speaks of articles."""
    days = catalogue.days
    period = period_of(question, days[1], today) if days else None
    if period is None or days is None:
        return Scope(own), False
    outside = (period.days.last or days[0]) < days[0] or (period.days.first or days[1]) > days[1]
    if outside and not period.published:
        return Scope(own), False
    return Scope(own, period.days, period.words, period.counted_from), period.published


def told(scope: Scope) -> str:
    """What a digest says of the period it was asked for; "" for none.

    >>> week = Filter(dt.date(2022, 8, 15), dt.date(2022, 8, 21))
    >>> told(Scope(asked=week, counted_from=dt.date(2022, 8, 24)))
    'Articles from 15–21 August 2022, counted from the newest one (24 August 2022)'
    """
    counted = (
        f", counted from the newest one ({human_date(scope.counted_from)})" if scope.counted_from else ""
    )
    return f"Articles {scope.asked.phrase}{counted}" if scope.asked else ""


def declined(scope: Scope) -> str:
    """That nothing there answers.

    >>> declined(Scope(Filter(sources=("Reuters",)))), declined(Scope())
    ('The articles from Reuters do not say.', 'The articles do not say.')
    """
    return f"The articles {scope.filter.phrase} do not say." if scope else NOT_FOUND


def nothing(scope: Scope, catalogue: Catalogue) -> str:
    """That there is no article at all, and from when to when they are."""
    days = catalogue.days
    extent = f" They are of {human_date(days[0])} to {human_date(days[1])}." if days else ""
    return f"The articles do not say: there is nothing {scope.filter.phrase}.{extent}"


def beyond(scope: Scope) -> str:
    """That the answer is from another time than the question's; "" where it is not.

    >>> beyond(Scope(left=Filter(dt.date(2022, 9, 12), dt.date(2022, 9, 18))))
    'Nothing from 12–18 September 2022 answers this; the answer is from all articles.'
    """
    others = "all articles" if not scope.own else f"the articles {scope.own.phrase}"
    return f"Nothing {scope.left.phrase} answers this; the answer is from {others}." if scope.left else ""


def widened(scope: Scope, *, told: bool = False) -> Scope:
    """Without the question's period. `told`: the reader is to hear that nothing in it answered."""
    return replace(Scope(scope.own), left=scope.asked if told else Filter())
