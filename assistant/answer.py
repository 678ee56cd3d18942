"""The pipeline: a question → a stream of events that ends in a checked answer.

    question → check, stand alone → search → select evidence → enough? → compose → cite → verify → answer

One `Assistant` serves the chat, the command line and the evaluation. It owns the encoder and the language
model, loads each at its first use, and takes the library's live generation once for each question.
"""

import datetime as dt
import threading
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from assistant.asking.followup import standalone
from assistant.asking.kinds import asked_for
from assistant.asking.question import check
from assistant.checking.similar import Similar
from assistant.composing.choose import LEAST_STRENGTH, Chosen, chosen
from assistant.composing.compose import MAX_SENTENCES, Composed, composed
from assistant.composing.origin import with_origins
from assistant.digests.digest import answer as digested
from assistant.digests.forms import FORMS, completed, formed
from assistant.finding.cross import CrossReader
from assistant.finding.rank import SentenceReader
from assistant.finding.reader import default_reader
from assistant.finding.retrieve import Search, passage_ref, retrieved
from assistant.finding.scope import NOT_FOUND, declined, nothing, scope_of
from assistant.llm.adapter import find_adapter
from assistant.llm.lent import Lent
from assistant.llm.line import Line
from assistant.llm.merge import merged
from assistant.llm.model import SMALL_MODEL_BYTES, LlamaModel
from assistant.llm.speed import Speed, undisturbed
from assistant.llm.talk import ChatModel, Chooser, Message
from assistant.llm.weights import find_weights
from assistant.pace import Pace
from assistant.settings import DEFAULT_READER, NO_READER, SHIPPED_ADAPTER, Settings
from assistant.settle import answer_of
from assistant.values import (
    Answer,
    Event,
    History,
    Retrieved,
    Scope,
    Searched,
    Step,
    Timings,
    Verified,
    Waiting,
)
from index.errors import Cancelled, ModelError, UsageError
from index.filter import EVERYTHING, Filter
from index.library import Library
from index.store import Generation
from prompts import render

__all__ = ["MAX_SENTENCES", "NOT_FOUND", "Assistant"]


@dataclass(frozen=True)
class _Found:
    """An answer without its words: what was found; the likely answers, or that it is a digest."""

    base: Answer
    generation: Generation
    likely: Mapping[str, float] = field(default_factory=dict)
    digest: bool = False


class Assistant:
    """Answers questions from one library. Safe to use from several threads; the model takes turns."""

    def __init__(self, settings: Settings, model: ChatModel | None = None) -> None:
        """`model` takes the place of the one that `settings.model` names."""
        self.settings = settings
        self.library = Library(settings.library, settings.encoder)
        self._lent = Lent(self._load, model)
        self._line = Line()
        self._reading = Pace()
        self._model_given = model is not None
        self._first_model = settings.model
        self._reader: SentenceReader | None = None
        self._choosing = threading.Lock()
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

    def ask(
        self,
        question: str,
        history: History = (),
        filter: Filter = EVERYTHING,
        *,
        period: bool = True,
    ) -> Answer:
        """The checked answer, from the articles that `filter` allows. Raises UsageError, LibraryError,
        EncoderError; a failure of the model gives an answer with the status "failed"."""
        for event in self.stream(question, history, filter=filter, period=period):
            if isinstance(event, Verified):
                return event.answer
        raise ModelError("the answer ended early; ask again")

    def stream(
        self,
        question: str,
        history: History = (),
        stop: threading.Event | None = None,
        filter: Filter = EVERYTHING,
        *,
        period: bool = True,
    ) -> Iterator[Event]:
        """`Retrieved`, then the draft as `Token`s, then `Verified` with the answer.

        Without `period`, words for a time in the question ("last week") restrict nothing. Raises as `ask`,
        and Cancelled soon after `stop` is set; closing the generator stops it too.
        """
        with closing(self.steps(question, history, stop, filter, period=period)) as steps:
            for step in steps:
                if not isinstance(step, Searched | Waiting):
                    yield step

    def steps(
        self,
        question: str,
        history: History = (),
        stop: threading.Event | None = None,
        filter: Filter = EVERYTHING,
        *,
        period: bool = True,
    ) -> Generator[Step, None, None]:
        """As `stream`, for those who look on: also what is about to be read (`Searched`), and how long the
        draft may take (`Waiting`), where that is known or others come first."""
        started = time.perf_counter()
        asked = check(question, self.settings.question_chars)
        alone = standalone(asked, history)
        found = yield from self._find(asked, alone, filter, period=period)
        base, evidence = found.base, list(found.base.evidence)
        evidence_s = time.perf_counter() - started
        yield Retrieved(alone, base.evidence, base.passages, evidence_s, base.scope)
        timings = Timings(evidence_s=evidence_s)
        made: Chosen | Composed | None = None
        if evidence and self.settings.use_model and (not found.digest or self._writes_prose):
            try:
                with self._line.joined() as place, self._lent.lent(stop) as model:
                    for ahead in place.waited(stop):
                        yield Waiting(ahead, place.left_s(ahead))
                    if (left_s := place.left_s(0)) is not None:
                        yield Waiting(0, left_s)
                    if isinstance(model, Chooser) and model.chooses and not found.digest:
                        articles = found.generation.article
                        made = chosen(model, base, found.likely, self.settings, stop, articles)
                    else:
                        made = yield from composed(model, alone, evidence, self.settings, stop)
                    timings = replace(made.spent(started), evidence_s=evidence_s)
                    place.done()
            except Cancelled:
                raise
            except ModelError as error:
                yield Verified(replace(base, status="failed", text=str(error)))
                return
        answer = answer_of(base, made, found.likely, self._similar, self.settings, digest=found.digest)
        total_s = time.perf_counter() - started
        timed = replace(answer, timings=replace(timings, total_s=total_s))
        yield Verified(with_origins(timed, found.generation))

    def find_model(self) -> None:
        """Make sure that the model's file is here and whole, downloading it if it must be. For doors that
        stay open: a wrong name is told at once. Raises UsageError, ModelError."""
        if self.settings.use_model and not self._lent.loaded:
            find_weights(self.settings.model)

    def use(self, model: str, *, write: bool = True) -> None:
        """Answer with another model from the next question on; without `write`, with quotes only. Answers
        that are being written keep the model that they began with. Raises as `find_weights`, and ModelError
        for a file that can't be loaded: all is as it was then."""
        with self._choosing:
            before, given = self.settings, self._model_given
            if write and not (given and model == before.model):
                find_weights(model)
            self.settings = replace(before, model=model, use_model=write)
            if model == before.model and (write or given):
                return
            self._model_given = False
            self._lent.exchange(self._load)
            self._line.pace = Pace()  # another model takes another time
            if not write:
                return
            try:
                _ = self.model
            except ModelError:
                self.settings = before
                self._lent.exchange(self._load)
                raise

    def speed(self) -> Speed:
        """How fast the model reads and writes here, measured now. Raises ModelError."""
        return undisturbed(self._lent)

    def warm_up(self) -> None:
        """Load encoder and model now, so that the first question does not wait for them."""
        self.library.embed(["warm up"])
        _ = self.reader
        if self.settings.use_model:
            with self._lent.lent() as model:
                task = "choose" if isinstance(model, Chooser) and model.chooses else "system"
                messages = [Message("system", render(task)), Message("user", "")]
                next(model.stream(messages, max_tokens=1), None)

    @property
    def model(self) -> ChatModel:
        """The language model, loaded at the first use. Raises ModelError."""
        return self._lent.get()

    def _load(self) -> ChatModel:
        settings = self.settings
        weights, adapter = find_weights(settings.model), self._adapter
        both = merged(weights, adapter) if adapter else None
        return LlamaModel(weights, settings.context_tokens, settings.threads, adapter, merged=both)

    @property
    def _adapter(self) -> Path | None:
        """One that was given by its path was meant for the model that this assistant began with; the shipped
        one knows its model. Raises ModelError."""
        settings = self.settings
        if settings.adapter != SHIPPED_ADAPTER and settings.model != self._first_model:
            return None
        return find_adapter(settings.adapter, find_weights(settings.model))

    @property
    def _chooses(self) -> bool:
        """Whether the model will choose among the quotes; told without loading it."""
        if not self.settings.use_model:
            return False
        if self._model_given:
            return isinstance(self.model, Chooser) and self.model.chooses
        try:
            return self._adapter is not None
        except ModelError:  # told when the model is loaded
            return False

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

    def _find(
        self, asked: str, alone: str, own: Filter, *, period: bool
    ) -> Generator[Searched, None, _Found]:
        """A digest, where the question wants more than a fact; else the evidence of a fact."""
        generation = self.library.live
        wanted = completed(asked_for(asked), asked, alone)
        if wanted.kind in FORMS:
            made = formed(wanted, self.library, generation, own, period=period)
            if made:
                read = tuple(passage_ref(hit, generation) for hit in made.hits[: self.settings.passages])
                base = Answer(asked, alone, "not_found", made.text, passages=read, scope=made.scope)
                return _Found(digested(base, made.digest) if made.digest else base, generation, digest=True)
        catalogue, scope, strict = generation.catalogue, Scope(own), False
        if period:
            scope, strict = scope_of(alone, own, catalogue, dt.date.today())
        row = self.library.embed([alone])[0]
        settings = self.settings
        if self._chooses:  # it has a say in whether they are strong enough
            settings = replace(settings, abstain_below=min(settings.abstain_below, LEAST_STRENGTH))
        search = Search(alone, row, self.library, generation, self.reader, settings, self._reading)
        found = yield from retrieved(search, scope, strict=strict)
        text = declined(found.scope)
        if found.scope and not found.passages:
            text = nothing(found.scope, catalogue)
        base = Answer(
            asked,
            alone,
            "not_found",
            text,
            passages=found.passages,
            evidence=found.evidence,
            strength=found.strength,
            scope=found.scope,
        )
        return _Found(base, generation, found.likely)
