"""The Articles tab: what the browser tells of an event → the HTML to draw.

Joins shelf.py (what is done) and the two files that draw it. Knows nothing of gradio. Nothing is remembered
of a browser's tab: what it wants to see comes with each event.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from assistant.page import job_html, shelf_html
from assistant.page.shelf import Job, Shelf
from assistant.page.table import Row, months_of, page_of, sources_of, view_of
from assistant.rendering import render
from index.errors import FootnoteError, UsageError

Told = Mapping[str, Any]  # what a browser says: any JSON at all
Drawn = tuple[str, str, str, str, str, str]  # facts, job, chart, menu of sources, table, aside


class Tab:
    """The events of the Articles tab. Without `editable` the library is only looked at."""

    def __init__(self, shelf: Shelf, *, editable: bool) -> None:
        self.shelf = shelf
        self.editable = editable

    def open(self, told: Told) -> Drawn:
        """The tab was opened, or the library has changed → everything that can have changed."""
        try:
            rows = self.shelf.rows()
        except FootnoteError as error:
            broken = render.failed_html(render.LIBRARY_FAILED, str(error))
            return "", self.job(), "", "", broken, self._aside()
        outlets = shelf_html.outlets_html(sources_of(rows))
        chart, table = self._shown(rows, told)
        facts = shelf_html.facts_html(rows)
        if damage := self.shelf.library.damage:
            facts += render.note_html(f"{_sentence(damage)}; an earlier generation answers.", error=True)
        return facts, self.job(), chart, outlets, table, self._aside()

    def see(self, told: Told) -> tuple[str, str]:
        """Other filters, another order, another page → the chart, the table."""
        try:
            return self._shown(self.shelf.rows(), told)
        except FootnoteError as error:
            return "", render.failed_html(render.LIBRARY_FAILED, str(error))

    def act(self, told: Told) -> tuple[str, str]:
        """Something was pressed that changes the library → why it was not done, if so, and the job. They are
        apart because the job goes on being drawn (`watch`) while the reason is still being read."""
        if not self.editable:
            return render.note_html(LOOK_ONLY, error=True), ""
        try:
            self._start(told)
        except FootnoteError as error:
            return render.note_html(_sentence(str(error)), error=True), self.job()
        return "", self.job()

    def stop(self) -> None:
        """Stop the job that runs."""
        self.shelf.stop()

    def watch(self) -> Iterator[str]:
        """The job as it goes on, until it is over; once, when none runs."""
        for job in self.shelf.watch():
            yield job_html.job_html(job)
        yield self.job()

    def job(self) -> str:
        """The job that runs, or how the last one ended."""
        return job_html.job_html(self.shelf.job)

    def _start(self, told: Told) -> Job | None:
        what = told.get("do")
        if what == "uploads":
            files = told.get("files")
            return self.shelf.add_uploads(files if isinstance(files, int) else 1)
        if what == "folder":
            return self.shelf.add(str(told.get("folder", "")))
        if what == "remove":
            ids = told.get("ids")
            return self.shelf.remove([str(id) for id in ids] if isinstance(ids, list) else [])
        if what == "update":
            return self.shelf.update()
        if what == "back":
            return self.shelf.roll_back()
        if what in ("yes", "no"):
            return self.shelf.confirm(yes=what == "yes")
        raise UsageError("that can’t be done here; reload the page")

    def _shown(self, rows: list[Row], told: Told) -> tuple[str, str]:
        if not rows:
            return "", shelf_html.empty_html(editable=self.editable)
        view = view_of(told)
        table = shelf_html.table_html(page_of(rows, view), view, editable=self.editable)
        return shelf_html.chart_html(months_of(rows, view.when)), table

    def _aside(self) -> str:
        live = self.shelf.live()
        if live is None:
            return ""
        sources = job_html.sources_html(live.sources, str(self.shelf.uploads.resolve()))
        history = job_html.history_html(self.shelf.history(), live.generation, editable=self.editable)
        return job_html.report_html(self.shelf.report()) + sources + history


LOOK_ONLY = "Articles are added and removed on the machine that Footnote runs on."


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
