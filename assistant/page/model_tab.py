"""The Model tab: what the browser tells of an event → the HTML to draw.

Joins model_work.py (what is done) and models_html.py (what is seen). Knows nothing of gradio. Nothing is
remembered of a browser's tab. Only for a page that is served on this machine: it names files and changes
what all use.
"""

import threading
from collections.abc import Iterator, Mapping
from typing import Any

from assistant.answer import Assistant
from assistant.llm.cache import arrived
from assistant.llm.models import RECOMMENDED, Memory, Places, recommended
from assistant.page import models_html
from assistant.page.model_work import ModelWork
from assistant.page.models_html import Offer, Shown
from assistant.rendering import render
from index.errors import FootnoteError, UsageError

Told = Mapping[str, Any]  # what a browser says: any JSON at all
Drawn = tuple[str, str, str, str, str]  # in use, its change, on this computer, to download, the download
Answered = tuple[str, str, str, str, str, str]  # what is said about a press at once, and all of that


class ModelTab:
    """The events of the Model tab."""

    def __init__(
        self, assistant: Assistant, places: Places | None = None, endpoint: str | None = None
    ) -> None:
        self.assistant = assistant
        self.work = ModelWork(assistant, places or Places(), endpoint)
        self._drawing = threading.Lock()

    def open(self, told: Told) -> Drawn:
        """The tab was opened → all of it. The speed of the model in use is measured where it is not known."""
        self.work.measure()
        return self.draw()

    def act(self, told: Told) -> Answered:
        """Something was pressed → all of it."""
        try:
            said = self._do(told)
        except FootnoteError as error:
            return render.note_html(_sentence(error), error=True), *self.draw()
        return render.note_html(said) if said else "", *self.draw()

    def watch(self) -> Iterator[tuple[str, str]]:
        """The jobs as they go on, until they are over → the change, the download."""
        for _ in self.work.watch():
            yield self._jobs()
        yield self._jobs()

    def draw(self) -> Drawn:
        """All of it as it is now: one after the other, so that what is drawn last is the latest."""
        with self._drawing:
            return self._draw()

    def _draw(self) -> Drawn:
        work, settings = self.work, self.assistant.settings
        used, memory = work.in_use(), Memory.now()
        shown = Shown(used, settings.model, settings.use_model, settings.context_tokens, work.speed(), memory)
        offers = [
            Offer(one, self._there(one.setting), arrived(one.file, work.places.cache)) for one in RECOMMENDED
        ]
        change, download = self._jobs()
        return (
            models_html.now_html(shown),
            change,
            models_html.list_html(work.models(), shown),
            models_html.offers_html(offers, shown),
            download,
        )

    def _jobs(self) -> tuple[str, str]:
        return models_html.job_html(self.work.change), models_html.job_html(self.work.download)

    def _there(self, setting: str) -> bool:
        return any(model.setting == setting for model in self.work.models())

    def _do(self, told: Told) -> str:
        """→ what to say about it at once."""
        what, model = told.get("do"), told.get("model")
        model = model if isinstance(model, str) else ""
        settings = self.assistant.settings
        if what == "use":
            self.work.use(model, write=True)
        elif what == "quotes":
            self.work.use(settings.model, write=told.get("only") is False)
        elif what == "fetch":
            found = recommended(model)
            if found is None:
                raise UsageError("that can’t be done here; reload the page")
            self.work.fetch(found)
        elif what == "measure":
            self.work.measure(again=True)
        elif what == "stop":
            self.work.stop()
        elif what == "delete":
            self.work.delete(model)
        elif what == "add":
            return f"{self.work.add(model)} is in the list."
        else:
            raise UsageError("that can’t be done here; reload the page")
        return ""


def _sentence(error: Exception) -> str:
    text = str(error)
    return text[:1].upper() + text[1:]
