"""A library → a few questions to try, made from its articles, that its articles answer.

    articles, spread over time → questions (posing.py), the kinds taking turns → each is asked, without the
    model, until four have the sentence that they were made from as their first quote

Where the articles give too few, names that they share are asked about instead. The questions are made once
for each generation and kept in a small file of the library's folder. Making them takes seconds: whoever draws
a page asks `known` first, and `made` in the background. Limits: articles that are all quoted speech and
captions give none.
"""

import json
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import TypeVar

from assistant.answer import Assistant
from assistant.asking.kinds import asked_for
from assistant.asking.mentions import CAPITAL, TIME_WORD
from assistant.tries.alone import Posed
from assistant.tries.posing import posed
from assistant.values import Evidence, Retrieved
from index.library import Library
from index.store import Generation
from index.text import Article, Sentence, short_hash

T = TypeVar("T")

WANTED = 4  # questions
ARTICLES = 80  # that are read for them, spread over the library
ASKED = 16  # questions that are tried at most: each costs a search and a reading
SURE = 0.5  # estimated probability that the quote answers
TOPICS = 2  # names that are asked about where questions are missing
FEW = 5  # articles, up to which a name may stand in all of them
FILE = "tries.json"
RULES = 1  # raised when the questions made from the same articles change


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question, and the sentence of an article that it was made from."""

    posed: Posed
    article: Article
    sentence: Sentence


class Tries:
    """The questions to try on the live generation of an assistant's library. Safe in several threads."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self._making = threading.Lock()
        self._made: dict[str, tuple[str, ...]] = {}

    def known(self) -> tuple[str, ...] | None:
        """The questions, where they have been made; None: `made` will take a while. Raises LibraryError."""
        return self._known(self._live())

    def made(self) -> tuple[str, ...]:
        """The questions, made now if need be; () where the articles give none. Raises FootnoteError."""
        with self._making:
            generation = self._live()
            known = self._known(generation)
            if known is not None:
                return known
            questions = tuple(tried(self.assistant, generation))
            self._made = {_key(generation): questions}
            _keep(self.assistant.library, _key(generation), questions)
            return questions

    def _live(self) -> Generation:
        return self.assistant.library.live

    def _known(self, generation: Generation) -> tuple[str, ...] | None:
        key = _key(generation)
        found = self._made.get(key)
        if found is None and (found := _kept(self.assistant.library, key)) is not None:
            self._made = {key: found}
        return found


def tried(assistant: Assistant, generation: Generation) -> list[str]:
    """Questions that the articles answer, of different days where there are as many."""
    found: list[Candidate] = []
    same_day: list[Candidate] = []
    for candidate in candidates(generation)[:ASKED]:
        if len(found) < WANTED and holds(assistant, candidate) >= SURE:
            day = candidate.article.date
            taken = day is not None and day in {other.article.date for other in found}
            (same_day if taken else found).append(candidate)
    facts = [candidate.posed.question for candidate in (found + same_day)[:WANTED]]
    about = (f"What do the articles say about {topic}?" for topic in topics(generation))
    missing = min(WANTED - len(facts), TOPICS)
    held = (question for question in islice(about, ASKED) if _evidence(assistant, question))
    return [*facts, *islice(held, missing)]


def candidates(generation: Generation) -> list[Candidate]:
    """Questions of articles that are spread over the library, the kinds taking turns: one of each article,
    then second ones."""
    first, second = Turns(), Turns()
    for article in _read(generation):
        found = [
            Candidate(one, article, sentence)
            for _, sentence in generation.sentences(article.id)
            for one in posed(article.quote(sentence), article.text)
            if asked_for(one.question).kind == "fact"
        ]
        if found:
            taken = first.take(found)
            others = [c for c in found if c.sentence != taken.sentence]
            if others:
                second.take(others)
    return [*first.all(), *second.all()]


class Turns:
    """Candidates by the kind of their question."""

    def __init__(self) -> None:
        self._by_kind: dict[str, list[Candidate]] = defaultdict(list)

    def take(self, found: Sequence[Candidate]) -> Candidate:
        """The one of several of whose kind there are fewest, and the shortest of these."""
        taken = min(found, key=lambda c: (len(self._by_kind[c.posed.kind]), len(c.posed.question)))
        self._by_kind[taken.posed.kind].append(taken)
        return taken

    def all(self) -> list[Candidate]:
        """Those that were taken, the kinds taking turns."""
        rounds = zip_longest(*self._by_kind.values())
        return [candidate for turn in rounds for candidate in turn if candidate]


def _read(generation: Generation) -> list[Article]:
    """The articles that are read for questions."""
    listing = [article for article in generation.listing() if article.copy_of is None]
    return [generation.article(listed.id) for listed in spread(listing, ARTICLES)]


def spread(items: Sequence[T], most: int) -> list[T]:
    """At most so many of the items, evenly spaced.

    >>> spread("abcdefgh", 3), spread("ab", 3)
    (['a', 'c', 'f'], ['a', 'b'])
    """
    if len(items) <= most:
        return list(items)
    return [items[n * len(items) // most] for n in range(most)]


def holds(assistant: Assistant, candidate: Candidate) -> float:
    """The estimated probability, 0..1, that the first quote answers, where it is the sentence that the
    question was made from; else 0. Raises FootnoteError."""
    found = _evidence(assistant, candidate.posed.question)
    if not found:
        return 0.0
    same = found[0].source.article == candidate.article.id and found[0].span.covers(candidate.sentence)
    return found[0].score if same else 0.0


def _evidence(assistant: Assistant, question: str) -> tuple[Evidence, ...]:
    """The quotes that are found for a question; the model is not asked."""
    found = (event.evidence for event in assistant.stream(question) if isinstance(event, Retrieved))
    return next(found, ())


NAMES = re.compile(
    rf"(?<=[a-z,] )(?P<name>{CAPITAL}(?: (?:of (?:the )?)?{CAPITAL})*)"
    r"(?=[,.;]| (?:and|in|on|to|is|was|has|for)\b)"
)


def topics(generation: Generation) -> list[str]:
    """Names that several articles share but not most of them, those of most articles first."""
    read = _read(generation)
    found: Counter[str] = Counter()
    for article in read:
        found.update(
            {_called(m) for m in NAMES.finditer(article.text) if len(m[0]) > 2 and not TIME_WORD.search(m[0])}
        )
    most = len(read) if len(read) <= FEW else len(read) // 2
    shared = [(name, n) for name, n in found.items() if n <= most and (n > 1 or len(read) == 1)]
    return [name for name, _ in sorted(shared, key=lambda named: (-named[1], named[0]))]


def _called(found: re.Match[str]) -> str:
    """A name with its article, as in the text."""
    name = re.sub(r"(?:’s|'s)\Z", "", found["name"])
    return f"the {name}" if found.string[: found.start()].lower().endswith("the ") else name


# --- kept beside the generations ----------------------------------------------------------------------


def _key(generation: Generation) -> str:
    """What the questions were made from: another library may have a generation of the same number."""
    return short_hash(f"{RULES} {json.dumps(generation.manifest.checksums, sort_keys=True)}")


def _kept(library: Library, key: str) -> tuple[str, ...] | None:
    """The questions of the file; None where it is not there, is of other articles, or is damaged."""
    try:
        data = json.loads((library.folder / FILE).read_text(encoding="utf-8"))
        if data["of"] == key and all(isinstance(question, str) for question in data["questions"]):
            return tuple(data["questions"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def _keep(library: Library, key: str, questions: Sequence[str]) -> None:
    """Where the folder can't be written to they are made again at the next start."""
    file = library.folder / FILE
    text = json.dumps({"of": key, "questions": questions}, ensure_ascii=False, indent=1)
    with suppress(OSError):
        half = file.with_suffix(".part")
        half.write_text(text, encoding="utf-8")
        half.replace(file)
