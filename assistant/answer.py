"""The pipeline: a question → a stream of events that ends in a checked answer.

    question → check, stand alone → search → select evidence → enough? → compose → cite → verify → answer

One `Assistant` serves the chat, the command line and the evaluation. It owns the encoder and the language
model, loads each at its first use, and takes the library's live generation once for each question.
"""

import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.assemble import assemble, with_markers
from assistant.cite import Draft, Drafted, bare, is_whole, parse, refuses
from assistant.contradict import both_sides
from assistant.cross import CrossReader
from assistant.decide import decide, decided
from assistant.digest import answer as digested
from assistant.digest import covers, prose
from assistant.enough import strength
from assistant.evidence import select
from assistant.followup import standalone
from assistant.forms import FORMS, completed, formed
from assistant.fragment import answers_kind
from assistant.kinds import asked_for
from assistant.likely import likely_answers
from assistant.model import SMALL_MODEL_BYTES, ChatModel, LlamaModel, Message
from assistant.question import check
from assistant.rank import SentenceReader, candidates, distinct, reordered
from assistant.reader import default_reader
from assistant.settings import DEFAULT_READER, NO_READER, Settings
from assistant.similar import Similar
from assistant.values import (
    Answer,
    Claim,
    Dropped,
    Event,
    Evidence,
    History,
    PassageRef,
    Retrieved,
    Source,
    Timings,
    Token,
    Verified,
)
from assistant.verify import Verification, coverage, verify
from assistant.weights import find_weights
from index.errors import Cancelled, ModelError, UsageError
from index.library import Library
from index.store import Generation
from index.text import Hit
from index.words import terms
from prompts import render

NOT_FOUND = "The articles do not say."
MAX_SENTENCES = 3  # of the model's own: more is no answer but an essay


class Assistant:
    """Answers questions from one library. Safe to use from several threads; the model takes turns."""

    def __init__(self, settings: Settings, model: ChatModel | None = None) -> None:
        """`model` takes the place of the one that `settings.model` names."""
        self.settings = settings
        self.library = Library(settings.library, settings.encoder)
        self._model = model
        self._model_given = model is not None
        self._reader: SentenceReader | None = None
        self._loading = threading.Lock()
        self._loading_reader = threading.Lock()
        self._similar = Similar(lambda texts: self.library.embed(list(texts)))

    @classmethod
    def open(
        cls, library: Path | str | None = None, model: ChatModel | str | Path | None = None, **settings: Any
    ) -> "Assistant":
        """An assistant over the library in a folder (the user's own by default).

        `settings` are the fields of `Settings`. Nothing heavy is loaded yet. Raises UsageError for a setting
        that does not exist.
        """
        given: dict[str, Any] = dict(settings)
        if library is not None:
            given["library"] = Path(library).expanduser()
        if isinstance(model, str | Path):
            given["model"], model = str(model), None
        unknown = given.keys() - Settings.__dataclass_fields__.keys()
        if unknown:
            raise UsageError(
                f"no such setting: {', '.join(sorted(unknown))}; there are "
                + ", ".join(sorted(Settings.__dataclass_fields__))
            )
        return cls(Settings(**given), model)

    def ask(self, question: str, history: History = ()) -> Answer:
        """The checked answer. Raises UsageError, LibraryError, EncoderError; a failure of the model gives an
        answer with the status "failed"."""
        for event in self.stream(question, history):
            if isinstance(event, Verified):
                return event.answer
        raise ModelError("the answer ended early; ask again")

    def stream(
        self, question: str, history: History = (), stop: threading.Event | None = None
    ) -> Iterator[Event]:
        """`Retrieved`, then the draft as `Token`s, then `Verified` with the answer.

        Raises as `ask`, and Cancelled soon after `stop` is set; closing the generator stops it too.
        """
        started = time.perf_counter()
        asked = check(question, self.settings.question_chars)
        alone = standalone(asked, history)
        likely: dict[str, float] = {}
        base = formed = self._form(asked, alone)
        if base is None:
            evidence, strong, likely, hits, generation = self._retrieve(alone)
            base = Answer(
                asked,
                alone,
                "not_found",
                NOT_FOUND,
                passages=tuple(_passage(hit, generation) for hit in hits),
                evidence=tuple(evidence),
                strength=strong,
            )
        evidence = list(base.evidence)
        evidence_s = time.perf_counter() - started
        yield Retrieved(alone, base.evidence, base.passages, evidence_s)
        timings = Timings(evidence_s=evidence_s)
        drafted: tuple[Drafted, ...] = ()
        if evidence and self.settings.use_model and (formed is None or self._writes_prose):
            clock = _Clock(started)
            try:
                messages = self._prompt(alone, evidence)  # loads the model
                raw = yield from self._compose(messages, clock, stop)
            except Cancelled:
                raise
            except ModelError as error:
                yield Verified(replace(base, status="failed", text=str(error)))
                return
            written = (replace(sentence, text=bare(sentence.text)) for sentence in raw.sentences)
            drafted = tuple(s for s in written if s.text)[:MAX_SENTENCES]
            timings = replace(
                timings,
                first_token_s=clock.first_s,
                prompt_tokens=self.model.count_tokens(messages),
                output_tokens=clock.tokens,
            )
        if formed:
            answer = self._told(formed, drafted)
        else:
            answer = self._settled(self._answer(base, evidence, drafted, likely))
        total_s = time.perf_counter() - started
        yield Verified(replace(answer, timings=replace(timings, total_s=total_s)))

    def find_model(self) -> None:
        """Make sure that the model's file is here and whole, downloading it if it must be. For doors that
        stay open: a wrong name is told at once. Raises UsageError, ModelError."""
        if self.settings.use_model and self._model is None:
            find_weights(self.settings.model)

    def warm_up(self) -> None:
        """Load encoder and model now, so that the first question does not wait for them."""
        self.library.embed(["warm up"])
        _ = self.reader
        if self.settings.use_model:
            messages = [Message("system", render("system")), Message("user", "")]
            next(self.model.stream(messages, max_tokens=1), None)

    @property
    def model(self) -> ChatModel:
        """The language model, loaded at the first use. Raises ModelError."""
        with self._loading:
            if self._model is None:
                self._model = LlamaModel(
                    find_weights(self.settings.model), self.settings.context_tokens, self.settings.threads
                )
            return self._model

    @property
    def _writes_prose(self) -> bool:
        """Whether the model is able to make prose of a digest: the small ones are not even asked, and
        without a model the quotes stand."""
        if self._model_given:
            return True
        try:
            return find_weights(self.settings.model).stat().st_size > SMALL_MODEL_BYTES
        except ModelError:
            return False

    @property
    def reader(self) -> SentenceReader | None:
        """What reads question and passage together, loaded at the first use. Raises ModelError."""
        with self._loading_reader:
            if self._reader is None and self.settings.reader != NO_READER:
                name = self.settings.reader
                self._reader = default_reader() if name == DEFAULT_READER else CrossReader(name)
            return self._reader

    # --- steps -----------------------------------------------------------------------------------

    def _form(self, asked: str, alone: str) -> Answer | None:
        """The digest of quotes that a question wants which asks for more than a fact, or that there is
        nothing to tell; None for a question of fact."""
        wanted = completed(asked_for(asked), asked, alone)
        if wanted.kind not in FORMS:
            return None
        generation = self.library.live
        found = formed(wanted, self.library, generation)
        if found is None:
            return None
        read = tuple(_passage(hit, generation) for hit in found.hits[: self.settings.passages])
        base = Answer(asked, alone, "not_found", found.text or NOT_FOUND, passages=read)
        return digested(base, found.digest) if found.digest else base

    def _retrieve(
        self, question: str
    ) -> tuple[list[Evidence], float, dict[str, float], list[Hit], Generation]:
        """The numbered evidence, [] when it is too weak to answer; its strength; the likely answers in it;
        what was read for it."""
        generation = self.library.live
        row = self.library.embed([question])[0]
        wide = self.library.search_row(question, row, 2 * self.settings.passages, generation)
        hits = distinct(wide, self.settings.passages, generation)
        found = candidates(question, row, hits, generation, self.reader)
        likely = likely_answers(question, found)
        strong = strength(question, found, likely, generation)
        enough = strong >= self.settings.abstain_below
        chosen = select(found, self.settings.evidence, likely) if enough else []
        return chosen, strong, likely, reordered(hits, found), generation

    def _prompt(self, question: str, evidence: Sequence[Evidence]) -> list[Message]:
        """The messages; the weakest quotes give way when the model's window is small."""
        kept = list(evidence[: self.settings.model_quotes])
        while True:
            quotes = "\n".join(f"[{e.n}] {' '.join(e.quote.split())}" for e in kept)
            messages = [
                Message("system", render("system")),
                Message("user", render("question", quotes=quotes, question=question)),
            ]
            room = self.model.context_tokens - self.settings.max_answer_tokens
            if len(kept) <= 1 or self.model.count_tokens(messages) <= room:
                return messages
            kept.pop()

    def _compose(
        self, messages: Sequence[Message], clock: "_Clock", stop: threading.Event | None
    ) -> Generator[Event, None, Draft]:
        """Stream the draft; its value is the parsed draft, cut after `MAX_SENTENCES`."""
        raw, shown = "", ""
        for piece in self.model.stream(messages, self.settings.max_answer_tokens, stop):
            clock.tick()
            raw += piece
            draft = parse(raw, final=False)
            if draft.shown.startswith(shown) and draft.shown != shown:
                yield Token(draft.shown[len(shown) :])
                shown = draft.shown
            if draft.finished >= MAX_SENTENCES:
                break
        return parse(raw, final=True)

    def _answer(
        self,
        base: Answer,
        evidence: Sequence[Evidence],
        drafted: Sequence[Drafted],
        likely: Mapping[str, float],
    ) -> Answer:
        """Checked claims first, then the quotes that answer best, within `answer_words`."""
        if not evidence:
            return base
        claims: list[Claim] = []
        dropped: list[Dropped] = []
        for sentence in drafted:
            claim, reason = self._check(base.standalone_question, sentence, evidence)
            if claim is None:
                dropped.append(Dropped(sentence.text, reason))
            elif all(claim.text != other.text for other in claims):
                claims.append(claim)
        # A direct answer comes first; what a weak model adds to it is rambling and would vote astray.
        draft = drafted[0].text if drafted else ""
        claims, citations = assemble(
            base.standalone_question, draft, claims, evidence, self.settings.answer_words, likely
        )
        return replace(
            base,
            status="answered",
            text=" ".join(with_markers(claim) for claim in claims),
            claims=tuple(claims),
            citations=tuple(citations),
            dropped=tuple(dropped),
        )

    def _settled(self, answer: Answer) -> Answer:
        """An answer that opens with yes or no where one quote is certain to decide it, and that shows both
        quotes where two articles disagree."""
        question = answer.standalone_question
        if answer.status == "answered" and asked_for(question).kind == "yes_no":
            found = decide(question, answer.evidence, self._similar)
            if found:
                return decided(answer, *found)
        return both_sides(answer, question, answer.evidence, self.settings.answer_words)

    def _told(self, digest: Answer, drafted: Sequence[Drafted]) -> Answer:
        """A digest, or the prose that a model made of it when all of it holds and it covers the quotes."""
        checked = [self._check(digest.standalone_question, d, digest.evidence) for d in drafted]
        claims = [claim for claim, _ in checked if claim]
        if len(claims) < len(drafted) or not covers(claims, digest.evidence):
            return digest
        return prose(digest, claims)

    def _check(
        self, question: str, sentence: Drafted, evidence: Sequence[Evidence]
    ) -> tuple[Claim | None, str]:
        """The sentence as a verified claim, or None and why not.

        What it cites is checked first; where it cites nothing, or wrongly, the quote that carries it is
        looked for: the check is the same, so a better footnote is no weaker one.
        """
        if not set(terms(sentence.text)) - set(terms(question)):
            return None, "it only repeats the question"
        if refuses(sentence.text):
            return None, "it says that the quotes do not answer"
        if not answers_kind(question, sentence.text):
            return None, "it is not what the question asks for"
        by_number = {e.n: e for e in evidence}
        cited = [by_number[n] for n in sentence.cites if n in by_number]
        reason = "it cites nothing"
        tries = ([cited] if cited else []) + [
            [e] for e in sorted(evidence, key=lambda e: -coverage(sentence.text, e.quote)) if [e] != cited
        ]
        for quotes in tries:
            result = self._verify(question, sentence.text, quotes)
            if result.holds:
                numbers = tuple(e.n for e in quotes)
                return Claim(_sentence(sentence.text), numbers, "verified"), ""
            reason = reason if quotes != tries[0] else result.reason
        return None, reason

    def _verify(self, question: str, text: str, quotes: Sequence[Evidence]) -> Verification:
        # A bare "Saudi Arabia" means little alone: its meaning is taken with the question it answers.
        spoken = text if is_whole(text) and len(text.split()) > 5 else f"{question} {text}"

        return verify(
            text,
            quotes,
            lambda _, quote: self._similar(spoken, quote),
            coverage_at_least=self.settings.coverage_at_least,
            meaning_at_least=self.settings.meaning_at_least,
        )


class _Clock:
    """Counts the pieces of a stream and remembers when the first one came."""

    def __init__(self, started: float) -> None:
        self._started = started
        self.first_s: float | None = None
        self.tokens = 0

    def tick(self) -> None:
        self.tokens += 1
        if self.first_s is None:
            self.first_s = time.perf_counter() - self._started


def _passage(hit: Hit, generation: Generation) -> PassageRef:
    article, span = generation.article(hit.passage.article), hit.passage.span
    return PassageRef(Source.of(article), span.start, span.end, hit.cosine)


def _sentence(text: str) -> str:
    """A model's sentence with its first letter large and a full stop.

    >>> _sentence("a Burmese python")
    'A Burmese python.'
    """
    text = " ".join(text.split())
    return text[:1].upper() + text[1:] + ("" if is_whole(text) else ".")
