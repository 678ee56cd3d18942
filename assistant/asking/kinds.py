"""The question → what form of answer it wants: a fact, or a digest of quotes, and about what.

    fact         everything that no other pattern claims: the pipeline of answer.py
    list         which countries …, what are the … : several quotes, each with something new
    yes_no       did the council …? : the quote that decides it, first
    timeline     how did it unfold, a timeline of … : quotes in the order of their articles' dates
    comparison   how did the cost change, compare … with … : dated quotes side by side
    overview     what do the articles say about …, what is new since … : a spread of quotes by date
    said         what did X say about Y : only quotes in which X speaks
    articles     which articles are about … : one quote of each

Rules of wording, in the order in which they are tried, and conservative: whoever asks for a fact must get
one, so a pattern claims a question only when its words leave no other reading. English. Knows nothing of
the articles; a form that they can't fill falls back to the fact (answer.py).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from assistant.asking.period import find_phrase
from index.words import terms

Kind = Literal["fact", "list", "yes_no", "timeline", "comparison", "overview", "said", "articles"]

ARTICLES = (
    r"(?:articles?|stories|reports?|texts?|news(?:papers?)?|papers?|press|sources|library|archive|documents?)"
)
SAY = r"(?:say|said|saying|tell us|report|reported|reveal|write|written|mention|know|known|have|cover)"
ABOUT = r"(?:about|on|regarding|concerning|of)"
TREAT = (
    r"(?:deals? with|mentions?|discuss(?:es)?|covers?|describes?|treats?"
    r"|(?:talk|report|speak|write|tell)s? (?:about|on|of))"
)
NOBODY = r"(?!(?:it|they|we|you|i|he|she|people|one)\b)"
GIVE = r"(?:please )?(?:(?:give|show|write|make|draw up)(?: me)? )?(?:a |an |the )?(?:short |brief |quick )?"
OVER_TIME = (
    r"(?: (?:over (?:time|the (?:days|weeks|months|years))|through time|so far|since then|meanwhile))?"
)
# Things that a question in the plural asks for one by one.
MANY = (
    r"(?:countries|states|cities|towns|villages|islands|places|companies|brands|banks|airlines"
    r"|groups|organi[sz]ations|teams|people|persons|politicians|senators|leaders|officials"
    r"|witnesses|celebrities|players|singers|actors|films|movies|shows|products|recalls"
    r"|measures|sanctions|diseases|viruses|vaccines|drugs|species|animals|ships|events|causes"
    r"|reasons|effects|consequences|risks|names|figures)"
)
POINTS = (
    r"(?:reasons|causes|symptoms|effects|consequences|risks|measures|demands|arguments|complaints|criticisms"
    r"|examples|reactions|views|positions|plans|proposals)"
)

# Tried from above; each must match the whole question.
WORDINGS: tuple[tuple[Kind, str], ...] = (
    (
        "articles",
        rf"(?:which|what) (?:of the )?{ARTICLES} (?:are |is |were )?(?:there )?{ABOUT} (?P<topic>.+)",
    ),
    ("articles", rf"(?:which|what) (?:of the )?{ARTICLES} (?:are there )?(?:that )?{TREAT} (?P<topic>.+)"),
    ("articles", rf"(?:list|find|show|give)(?: me)?(?: all)?(?: the)? {ARTICLES} {ABOUT} (?P<topic>.+)"),
    ("articles", rf"are there (?:any |other )?{ARTICLES} (?:about|on) (?P<topic>.+)"),
    ("timeline", rf"(?:what (?:is|was) )?{GIVE}(?:timeline|chronology) (?:of|for|on|about) (?P<topic>.+)"),
    ("timeline", rf"(?:what (?:is|was) )?{GIVE}(?:sequence|course) of events (?:of|in|at) (?P<topic>.+)"),
    ("timeline", rf"{GIVE}(?:timeline|chronology)"),
    (
        "timeline",
        r"how (?:did|has|have) (?P<topic>.+?) (?:unfold(?:ed)?|play(?:ed)? out|come about|progress(?:ed)?"
        rf"|proceed(?:ed)?|go on){OVER_TIME}",
    ),
    (
        "comparison",
        r"how (?:did|has|have|do|does) (?P<topic>.+?) (?:changed?|evolved?|var(?:y|ied)|shift(?:ed)?|differ)"
        rf"{OVER_TIME}",
    ),
    ("comparison", r"compare (?P<topic>.+?) (?:and|with|to|versus|vs\.?) (?P<other>.+)"),
    (
        "overview",
        rf"what (?:do|does|did|can|have|has) (?:the |these |our |my )?{ARTICLES} {SAY} {ABOUT} (?P<topic>.+)",
    ),
    ("overview", rf"what (?:do|does|did|can|have|has) (?:the |these |our |my )?{ARTICLES} {SAY}"),
    ("overview", rf"what (?:is|was|has been|do we) {SAY}(?: in the {ARTICLES})? (?:about|on) (?P<topic>.+)"),
    (
        "overview",
        rf"(?:please )?(?:summari[sz]e|sum up|recap)(?: (?:what )?(?:(?:the|these|all) )?{ARTICLES}"
        rf"(?: {SAY})?)?"
        rf"(?: {ABOUT})?(?: (?P<topic>.+))?",
    ),
    (
        "overview",
        rf"{GIVE}(?:summary|overview|digest|recap|outline|round-?up)(?: (?:of|on|about) (?P<topic>.+))?",
    ),
    (
        "overview",
        r"what(?:['’]s| is| was| are)(?: the)? (?:new|newest|latest|(?:recent |latest )?news"
        r"|latest developments?)(?: (?:in|on|about|with|from|regarding) (?P<topic>.+))?",
    ),
    ("overview", r"(?:(?:is|are) there )?any (?:news|updates?)(?: (?:on|about|from) (?P<topic>.+))?"),
    ("overview", r"tell me (?:more |everything |something )?about (?P<topic>.+)"),
    (
        "overview",
        r"what(?: else)? (?:has |have )?(?:happened|occurred|went on|gone on|(?:is|was) going on|took place)"
        r"(?: (?:around|with|about|concerning) (?P<topic>.+))?",
    ),
    ("said", rf"who (?:has )?said what(?: {ABOUT} (?P<topic>.+))?"),
    (
        "said",
        rf"what (?:did|does|do|has|have) (?P<speaker>{NOBODY}[^,?]+?) (?:say|said|think|claim|state|comment)"
        rf" {ABOUT} (?P<topic>.+)",
    ),
    (
        "said",
        rf"how (?:did|has|have) (?P<speaker>{NOBODY}[^,?]+?)"
        r" (?:react|respond|comment)(?:ed)? (?:to|on|about) (?P<topic>.+)",
    ),
    ("list", rf"(?:which|what) (?!(?:two|three|four|five)\b)(?:\w+ )??{MANY}\b (?P<topic>.+)"),
    (
        "list",
        r"(?:please )?(?:list|name|enumerate)(?! (?:and|one|a|an)\b)(?: me)?(?: all)?(?: of)?(?: the)?"
        r" (?P<topic>(?:\w+ ){0,3}?\w+s\b.*)",
    ),
    ("list", rf"what are (?:all )?(?:the |some )?(?:different |various |main )?(?P<topic>{POINTS}\b.*)"),
    ("yes_no", r"(?:did|does|do|is|are|was|were|has|have|had|can|will|would|could|should) (?P<topic>.+)"),
)
PATTERNS = tuple((kind, re.compile(rf"(?:{wording})\W*\Z", re.I)) for kind, wording in WORDINGS)
# "How did the number of homes change?": no article is about the number.
COUNT = re.compile(r"\A(?:the )?(?:number|figures?|count|total|amount)s? (?:of|for) ", re.I)
OPENING = re.compile(r"\A(?:(?:and|but|so|then|well|ok|okay|now|please|hi|hello)\b[,.!]? ?)+", re.I)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question asks for. `topic` are its words without the wording of the kind and of the period
    ("" for everything), `other` the second side of a comparison, `speaker` whose words are asked for, `when`
    the words that name a period ("" for none); `question` is all of it but the period."""

    kind: Kind
    question: str
    topic: str = ""
    other: str = ""
    speaker: str = ""
    when: str = ""


def asked_for(question: str) -> Asked:
    """What form of answer a question wants.

    >>> asked = asked_for("What do the articles say about the dike since 1 June?")
    >>> asked.kind, asked.topic, asked.when
    ('overview', 'the dike', 'since 1 June')
    >>> asked_for("What did Truss say about sanctions?").speaker
    'Truss'
    >>> [asked_for(q).kind for q in ("Who left?", "What happened in June?", "What happened to Lee in 1912?")]
    ['fact', 'overview', 'fact']
    """
    whole = OPENING.sub("", " ".join(question.split()), count=1)
    found = find_phrase(whole)
    when = found[0] if found else ""
    bare = _without(whole, *found.span()) if found else whole
    for text, period in ((bare, when), (whole, "")) if when else ((whole, ""),):
        asked = next(_matches(text, period), None)
        if asked:
            return asked
    return Asked("fact", whole)


def _matches(text: str, when: str) -> Iterator[Asked]:
    for kind, pattern in PATTERNS:
        match = pattern.match(text)
        if not match:
            continue
        parts = {name: _trim(value) for name, value in match.groupdict().items() if value}
        topic, other = parts.get("topic", ""), parts.get("other", "")
        if not terms(topic) and not (kind in ("overview", "timeline") and when and not topic):
            continue  # about nothing that could be searched for
        if other and kind == "comparison" and " of " in other and " of " not in topic:
            continue  # "compare the size and the colour of cats" has one topic
        if other and not (terms(other) or any(c.isupper() for c in other)):
            continue
        other = _whole_side(topic, other)
        topic = COUNT.sub("", topic) if kind == "comparison" else topic
        yield Asked(kind, text, topic, other, parts.get("speaker", ""), when)


def _whole_side(topic: str, other: str) -> str:
    """The second side of a comparison with what only the first one names.

    >>> _whole_side("inflation in the UK", "in the US"), _whole_side("the ferry", "the dike")
    ('inflation in the US', 'the dike')
    """
    found = re.match(r"(?:in|of|for|at|by|from|on|to)\b", other)
    head = re.match(rf"(.+?) {found[0]}\b", topic) if found else None
    return f"{head[1]} {other}" if head else other


def _without(text: str, start: int, end: int) -> str:
    """
    >>> _without("What is new since 24 December?", 12, 29)
    'What is new?'
    """
    return re.sub(r"\s+([?.!,])", r"\1", " ".join(f"{text[:start]} {text[end:]}".split())).strip(" ,")


def _trim(text: str) -> str:
    return text.strip(' \t?.!,:;"“”')
