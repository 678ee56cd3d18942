"""What the pipeline speaks in: `Evidence`, `Claim`, `Citation`, `Answer` and the events of a stream.

All values are frozen and JSON-ready; `Answer.as_json` is the answer format that other programs read.
Of every quote holds `article.text[start:end] == quote`, with the text as the library stores it.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from index.errors import UsageError
from index.filter import EVERYTHING, Filter
from index.text import Article, Span

Status = Literal["answered", "not_found", "failed"]
Verdict = Literal["verified", "quoted"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a quote stands: one article, without its text."""

    article: str
    file: str
    title: str | None = None
    date: dt.date | None = None
    source: str | None = None
    url: str | None = None
    author: str | None = None

    @classmethod
    def of(cls, article: Article) -> "Source":
        """The article without its text."""
        a = article
        return cls(a.id, a.file, a.title, a.date, a.source, a.url, a.author)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A numbered quote that bears on the question: one sentence, or neighbours that belong together.

    `key` is the sentence in the quote that was found; the rest joined it because it can't stand alone.
    `score` is the estimated probability that it answers the question, 0..1; `words` are those of the quote
    that answer best, "" when nothing marked them. `context` is the passage around the quote, which starts
    at `context_start` of the article's text.
    """

    n: int
    source: Source
    quote: str
    start: int
    end: int
    key: str
    score: float
    context: str
    context_start: int
    words: str = ""

    @property
    def span(self) -> Span:
        """The quote's characters in the article."""
        return Span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of an answer and the numbers of the quotes that carry it.

    "quoted" is word for word from the article; "verified" is the model's own sentence, checked. `heading`
    stands above the first claim of a group (a date, the name of an article; "" for none), `marked` is where
    in `text` the words stand that answer (None: not known); both are not part of the JSON.
    """

    text: str
    citations: tuple[int, ...]
    verdict: Verdict
    heading: str = ""
    marked: Span | None = None

    @classmethod
    def quoted(cls, text: str, n: int, heading: str = "") -> "Claim":
        """Words of an article as a claim: theirs but for the white space."""
        return cls(" ".join(text.split()), (n,), "quoted", heading)


@dataclass(frozen=True, slots=True)
class Citation:
    """A footnote: number `n` in the answer, and the exact quote behind it.

    `page` counts from 1, None where the file has none; `permalink` names these very words of this very
    version of the article (index/permalink.py); `also_in` are the IDs of the other articles that tell nearly
    the same.
    """

    n: int
    source: Source
    quote: str
    start: int
    end: int
    context: str
    context_start: int
    page: int | None = None
    permalink: str = ""
    also_in: tuple[str, ...] = ()

    @property
    def span(self) -> Span:
        """The quote's characters in the article."""
        return Span(self.start, self.end)

    @classmethod
    def of(cls, n: int, evidence: Evidence) -> "Citation":
        """A quote that was found, as footnote `n`."""
        e = evidence
        return cls(n, e.source, e.quote, e.start, e.end, e.context, e.context_start)


@dataclass(frozen=True, slots=True)
class PassageRef:
    """A retrieved passage; the reader reads the best of them. `score` is its cosine with the question."""

    source: Source
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Scope:
    """Which articles an answer was looked for in: those that the reader's `own` filter allows and that are of
    the days `asked` for in the question. It is false where that is all of them.

    `words` are the question's ("last week"); `counted_from` is the newest article's day where they were
    counted from it. `left`: days that were asked for, and given up because nothing in them answers.
    """

    own: Filter = EVERYTHING
    asked: Filter = EVERYTHING
    words: str = ""
    counted_from: dt.date | None = None
    left: Filter = EVERYTHING

    def __bool__(self) -> bool:
        return bool(self.own) or bool(self.asked)

    @property
    def filter(self) -> Filter:
        """Both in one."""
        return self.own & self.asked

    def as_json(self) -> dict[str, Any]:
        """The filter, what it is called, and what of it came from the question."""
        return {
            **self.filter.as_json(),
            "label": self.filter.label,
            "from_question": self.words or None,
            "counted_from": self.counted_from.isoformat() if self.counted_from else None,
        }


EVERYWHERE = Scope()


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds from the question to the evidence, the model's first token and the end; tokens."""

    evidence_s: float = 0.0
    first_token_s: float | None = None
    total_s: float = 0.0
    prompt_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Dropped:
    """A sentence of the model that failed its check, and why."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One checked answer. `text` is the claims joined, each with its footnote numbers, under `lead` and
    their headings; `evidence`, `dropped`, `lead` and `strength` (the estimated probability, 0..1, that the
    evidence answers) tell how it came about and are not part of the JSON. `generation` is that of the
    library it was made from; `independent_sources` counts the cited articles, those that tell nearly the same
    once."""

    question: str
    standalone_question: str
    status: Status
    text: str
    claims: tuple[Claim, ...] = ()
    citations: tuple[Citation, ...] = ()
    passages: tuple[PassageRef, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    timings: Timings = field(default_factory=Timings)
    dropped: tuple[Dropped, ...] = ()
    strength: float = 0.0
    lead: str = ""  # what stands before the claims: "Yes.", or the period that a digest tells of
    scope: Scope = EVERYWHERE
    generation: str = ""
    independent_sources: int = 0

    def as_json(self) -> dict[str, Any]:
        """The answer as JSON values (see "The doors" in the README)."""
        return {
            "question": self.question,
            "standalone_question": self.standalone_question,
            "status": self.status,
            "text": self.text,
            "claims": [
                {"text": c.text, "citations": list(c.citations), "verdict": c.verdict} for c in self.claims
            ],
            "citations": [_citation_json(c) for c in self.citations],
            "passages": [
                {
                    "article": p.source.article,
                    "file": p.source.file,
                    "start": p.start,
                    "end": p.end,
                    "score": round(p.score, 4),
                }
                for p in self.passages
            ],
            "timings": asdict(self.timings),
            "generation": self.generation or None,
            "independent_sources": self.independent_sources,
            **({"filter": self.scope.as_json()} if self.scope else {}),
        }


def _citation_json(citation: Citation) -> dict[str, Any]:
    source = asdict(citation.source)
    author = source.pop("author")
    source["date"] = citation.source.date.isoformat() if citation.source.date else None
    quoted = {name: getattr(citation, name) for name in ("quote", "start", "end", "context")}
    return {
        "n": citation.n,
        **source,
        **quoted,
        "author": author,
        "page": citation.page,
        "permalink": citation.permalink or None,
        "also_in": list(citation.also_in),
    }


# --- events of `Assistant.steps`, in the order in which they come; `stream` has no Searched, no Waiting ----


@dataclass(frozen=True, slots=True)
class Searched:
    """These passages are about to be read, the best first, for about so many seconds (None: not known)."""

    passages: tuple[PassageRef, ...]
    left_s: float | None


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The passages were read: the evidence can be shown. Empty when it was too weak to answer."""

    standalone_question: str
    evidence: tuple[Evidence, ...]
    passages: tuple[PassageRef, ...]
    seconds: float
    scope: Scope = EVERYWHERE


@dataclass(frozen=True, slots=True)
class Waiting:
    """The model is about to read, or answers `ahead` others first; both may take `left_s` seconds (None: not
    known yet). Comes only where there is something to tell."""

    ahead: int
    left_s: float | None


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the model's draft: not checked yet, to be shown as a draft only."""

    text: str


@dataclass(frozen=True, slots=True)
class Verified:
    """The end of the stream: the checked answer."""

    answer: Answer


Event = Retrieved | Token | Verified
Step = Event | Searched | Waiting
Turn = Answer | tuple[str, str]
History = Sequence[Turn]


def turn_from_json(data: Mapping[str, Any]) -> tuple[str, str]:
    """An earlier answer in the answer format → a turn of the history. Raises UsageError.

    >>> turn_from_json({"question": "Who left?", "text": "Lee left [1]."})
    ('Who left?', 'Lee left [1].')
    """
    question, text = data.get("question"), data.get("text")
    if not isinstance(question, str) or not isinstance(text, str):
        raise UsageError('an answer in the history needs a "question" and a "text"')
    # What was said instead of an answer ("the articles do not say", an error) leads nowhere.
    return question, text if data.get("status", "answered") == "answered" else ""
