"""What the Model tab does that takes time, in the background: downloads, exchanging and measuring the model.

One download at a time and beside it one change. A download that is stopped, fails or dies goes on from
there when it is started again. Knows nothing of HTML or of a browser.
"""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from assistant.answer import Assistant
from assistant.llm import chosen
from assistant.llm.cache import arrived, delete, hub_file
from assistant.llm.chosen import Chosen
from assistant.llm.hub import LOADING, fetch
from assistant.llm.models import MEASURING, OPENING, Model, Places, Recommended, models, named
from assistant.llm.speed import Speed, Speeds
from assistant.llm.weights import find_weights, require_gguf
from assistant.page.shelf import LOOK_EVERY_S, Job
from index.errors import DownloadError, UsageError
from index.store import Progress


class ModelWork:
    """The models as the page sees them, and the jobs on them. Safe for threads."""

    def __init__(self, assistant: Assistant, places: Places, endpoint: str | None = None) -> None:
        """`endpoint` is the address of the hub (None: HF_ENDPOINT, else huggingface.co)."""
        self.assistant = assistant
        self.places = places
        self.speeds = Speeds(places.speeds)
        self.endpoint = endpoint
        self.download: Job | None = None
        self.change: Job | None = None
        self.fetching = ""  # the setting that `download` is about
        self._tried: set[Path] = set()
        self._changed = threading.Condition()

    # --- what there is -------------------------------------------------------------------------------

    def models(self) -> list[Model]:
        """The models on this computer, the one in use among them."""
        found = models(self.places, self.chosen().files)
        used = self.in_use()
        return found if used is None or used.file in [one.file for one in found] else [*found, used]

    def in_use(self) -> Model | None:
        """The model that is in use; None where its file is gone."""
        return named(self.assistant.settings.model, self.places)

    def speed(self) -> Speed | None:
        """The speed of the model in use, where it is known."""
        used = self.in_use()
        return self.speeds.of(used.file) if used else None

    def chosen(self) -> Chosen:
        """What is kept for the next start."""
        return chosen.read(self.places.chosen)

    # --- jobs ----------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether a job runs."""
        return any(job is not None and not job.over for job in (self.download, self.change))

    def watch(self) -> Iterator[None]:
        """Again and again until no job runs."""
        while self.busy:
            yield
            with self._changed:
                self._changed.wait(LOOK_EVERY_S)

    def fetch(self, model: Recommended) -> None:
        """Download a model, or go on with that. Raises UsageError while another download runs."""

        def work(progress: Progress, yes: bool) -> str:
            hub, cache = self.endpoint, self.places.cache
            try:
                path = fetch(model.file, cache, hub, sha256=model.sha256, told=progress)
            except DownloadError as error:
                raise DownloadError(str(error).replace(str(model.file), model.name)) from error
            require_gguf(path, "download it again")
            return f"{model.name} is here, and its SHA-256 is right."

        job = Job(f"Downloading {model.name}", work, step=LOADING, of=model.size)
        job.done, job.if_stopped = (
            arrived(model.file, self.places.cache),
            "Stopped. What has arrived is kept.",
        )
        with self._changed:
            if self.download and not self.download.over:
                raise UsageError(f"wait until this is done: {self.download.what}; or stop it")
            self.download, self.fetching = job, model.setting
        self._start(job)

    def stop(self) -> None:
        """Stop the download."""
        if self.download:
            self.download.stop.set()

    def use(self, setting: str, *, write: bool) -> None:
        """Use another model, or quotes only, and keep that for the next start. Raises UsageError."""
        model = named(setting, self.places)
        if model is None:
            raise UsageError("that model is not on this computer any more; choose another one")

        def work(progress: Progress, yes: bool) -> str:
            progress(OPENING, 0, 0)
            self.assistant.use(setting, write=write)
            kept = str(model.file.absolute()) if model.origin == "file" else setting
            chosen.write(self.places.chosen, replace(self.chosen(), model=kept, use_model=write))
            if not write:
                return "Answers are quotes only."
            if not self.speeds.of(model.file):
                self._measure(model, progress)
            return f"From the next question on, {model.name} writes."

        self._begin(Job(f"Changing to {model.name}" if write else "Changing to quotes only", work))

    def measure(self, *, again: bool = False) -> None:
        """Measure the speed of the model in use; unless `again`, not where that was done or tried."""
        model = self.in_use()
        if not model or not self.assistant.settings.use_model:
            return
        if not again and (model.file in self._tried or self.speeds.of(model.file)):
            return
        self._tried.add(model.file)
        with contextlib.suppress(UsageError):  # a change that goes on measures, too
            self._begin(Job("Measuring", lambda progress, yes: self._measure(model, progress)))

    def add(self, path: str) -> str:
        """Add a GGUF file to the list → its name. Raises UsageError, ModelError."""
        path = path.strip().strip("'\"")
        if not path or "://" in path or path.startswith("hf:"):
            raise UsageError("give the whole path of a GGUF file on this computer")
        file = find_weights(path if "/" in path or "\\" in path else f"./{path}").absolute()
        model = named(str(file), self.places)
        if model is None or not model.about.chats:
            raise UsageError(f"{file.name} has no chat template, so it is no instruct model; give another")
        known = self.chosen()
        files = dict.fromkeys([*known.files, str(file)])
        chosen.write(self.places.chosen, replace(known, files=tuple(files)))
        return model.name

    def delete(self, setting: str) -> None:
        """Delete a download, or what has arrived of it. Raises UsageError, DownloadError."""
        used = self.in_use()
        if not setting.startswith("hf:") or (used and used.setting == setting):
            raise UsageError("only downloads that are not in use are deleted here")
        if self.fetching == setting and self.download and not self.download.over:
            raise UsageError("it is being downloaded; stop that first")
        delete(hub_file(setting), self.places.cache)

    def _measure(self, model: Model, progress: Progress) -> str:
        progress(MEASURING, 0, 0)
        self.speeds.keep(model.file, self.assistant.speed())
        return ""

    def _begin(self, job: Job) -> None:
        with self._changed:
            if self.change and not self.change.over:
                raise UsageError(f"wait until this is done: {self.change.what}")
            self.change = job
        self._start(job)

    def _start(self, job: Job) -> None:
        def run() -> None:
            job.run(yes=True)
            with self._changed:
                self._changed.notify_all()

        threading.Thread(target=run, daemon=True).start()
