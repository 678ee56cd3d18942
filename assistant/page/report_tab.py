"""The Reports tab: what the browser tells of an event → the HTML to draw; and a report as a file.

Joins saved.py (where reports are kept), export.py (what becomes of them) and report_html.py. Knows nothing of
gradio. Nothing is remembered of a browser's tab but the last answers that were taken out of a report, so that
they can be put back.
"""

import contextlib
import datetime as dt
import logging
import threading
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.keeping.kept import KeptTurn
from assistant.keeping.saved import Saved
from assistant.page import report_html
from assistant.page.downloads import File, file_name
from assistant.rendering import render
from assistant.report.check import check_html, checked
from assistant.report.collected import Entry
from assistant.report.export import exported
from assistant.report.formats import FORMATS
from assistant.report.styles import DEFAULT_STYLE, STYLES
from index.errors import FootnoteError, UsageError
from index.library import Library
from index.permalink import Permalink
from index.text import Article, human_date

log = logging.getLogger(__name__)

STYLES_FOLDER = "styles"  # of the library: CSL files there are offered, too
MAX_REMOVED = 50  # answers that can be put back: those taken out longest ago go first

Told = Mapping[str, Any]  # what a browser says: any JSON at all
Drawn = tuple[str, str, str]  # the reports, the open one, what was just done


@dataclass(frozen=True, slots=True)
class Removed:
    """An answer that was taken out of a report: its place, its turn, and the texts that it cites."""

    report: str
    place: int
    turn: str
    entry: Entry
    articles: tuple[Article, ...]


class ReportTab:
    """The events of the Reports tab, and of “Add to report” in the chat. Safe for threads."""

    def __init__(self, saved: Saved, library: Library) -> None:
        self.saved = saved
        self.library = library
        self._removed: OrderedDict[str, Removed] = OrderedDict()
        self._drawing = threading.RLock()

    def open(self, told: Told) -> tuple[str, str]:
        """The tab was opened, or another report → the reports, the open one."""
        try:
            with self._drawing:
                return self._drawn(_text(told, "report"), told)
        except FootnoteError as error:
            return "", render.failed_html(FAILED, str(error))

    def see(self, told: Told) -> str:
        """Another style, another view, or the report has changed → what is beside it."""
        report, side = _text(told, "report"), _text(told, "side")
        side = side if side in report_html.SIDES else "preview"
        if not report:
            return ""
        try:
            title, entries = self.saved.report(report)
            if side == "check":
                return report_html.side_html(side, check_html(checked(entries, self.library)))
            page = exported(title, entries, "html", self._style(_text(told, "style")), _now()).decode()
            return report_html.side_html(side, report_html.preview_html(page))
        except FootnoteError as error:
            return report_html.side_html(side, render.note_html(_sentence(error), error=True))

    def act(self, told: Told) -> Drawn:
        """Something was pressed that changes a report → everything but what is beside it. One after the
        other, so that what is drawn last is the latest: one key leaves a heading and moves its answer."""
        report = _text(told, "report")
        with self._drawing:
            try:
                report, toast = self._do(report, told)
            except FootnoteError as error:
                toast = _toast(_sentence(error))
            return (*self.open({**told, "report": report}), toast)

    def add(self, told: Told) -> tuple[str, str]:
        """“Add to report” was pressed under an answer → the reports, what was done; one after the other, as
        `act`."""
        with self._drawing:
            try:
                return self._added(_text(told, "turn"), _text(told, "report"))
            except FootnoteError as error:
                return self.names(), _toast(_sentence(error))

    def _added(self, turn: str, report: str) -> tuple[str, str]:
        kept = self.saved.turn(turn)
        report = report or self.saved.new_report(self._free_title())
        title, before = self.saved.report(report)
        entry = self.saved.add_entry(report, kept)
        there = entry in [one.id for one in before]
        done = f"It is in “{title}” already." if there else f"Added to “{title}”."
        return self._list(report), _toast(done, report=report)

    def names(self) -> str:
        """The reports, for the menus under the answers; "" where they can't be read."""
        with contextlib.suppress(FootnoteError):
            return self._list("")
        return ""

    def file(self, report: str, format: str, style: str) -> File:
        """A report as a file. Raises UsageError for a report or a format that there is not."""
        if format not in FORMATS:
            raise UsageError("a report is not written in that format; go back and choose another")
        title, entries = self.saved.report(report)
        content = exported(title, entries, format, self._style(style), _now())
        made = FORMATS[format]
        return File(file_name(title, made.ending), content, made.media_type)

    # --- what is done ----------------------------------------------------------------------------

    def _do(self, report: str, told: Told) -> tuple[str, str]:
        """→ the report that is open then, and what to say."""
        what, entry = _text(told, "do"), _text(told, "entry")
        if what == "new":
            return self.saved.new_report(self._free_title()), ""
        if what == "title":
            self.saved.rename_report(report, _text(told, "title"))
        elif what == "delete":
            title, _ = self.saved.report(report)
            self.saved.delete_report(report)
            return "", _toast(f"Deleted “{title}”.")
        elif what == "heading":
            self.saved.set_heading(entry, _text(told, "heading"))
        elif what == "move":
            return report, self._move(report, entry, told.get("to"))
        elif what == "remove":
            return report, self._remove(report, entry)
        elif what == "undo":
            return self._put_back(_text(told, "undo"))
        else:
            raise UsageError("that can’t be done here; reload the page")
        return report, ""

    def _move(self, report: str, entry: str, to: object) -> str:
        if not isinstance(to, int):
            raise UsageError("that can’t be done here; reload the page")
        self.saved.move(entry, to - 1)
        _, entries = self.saved.report(report)
        place = next((n for n, one in enumerate(entries, start=1) if one.id == entry), to)
        return _toast(f"Moved to place {place} of {len(entries)}.")

    def _remove(self, report: str, entry: str) -> str:
        _, entries = self.saved.report(report)
        place, found = next(((n, e) for n, e in enumerate(entries) if e.id == entry), (0, None))
        if found is None:
            raise UsageError("that answer is not in the report any more")
        key, articles = uuid.uuid4().hex, self._cited(found)
        turn = self.saved.remove_entry(entry)
        self._removed[key] = Removed(report, place, turn, found, articles)
        while len(self._removed) > MAX_REMOVED:
            self._removed.popitem(last=False)
        return _toast(f"Removed “{found.heading}”.", undo=key)

    def _put_back(self, key: str) -> tuple[str, str]:
        removed = self._removed.pop(key, None)
        if removed is None:
            raise UsageError("that can’t be put back any more; add the answer again in the chat")
        if removed.articles:
            self.library.archive.keep(removed.turn, removed.articles)
        was = removed.entry
        turn = KeptTurn(removed.turn, was.answer.question, was.asked_at, was.answer)
        self.saved.move(self.saved.add_entry(removed.report, turn, was.heading), removed.place)
        return removed.report, _toast(f"“{was.heading}” is back.")

    def _cited(self, entry: Entry) -> tuple[Article, ...]:
        """The texts that an answer cites, which may be freed when it is taken out."""
        found: dict[str, Article] = {}
        for citation in entry.answer.citations:
            try:
                article = self.library.follow(Permalink.parse(citation.permalink)).article
            except FootnoteError as error:
                log.info("%s", error)
                continue
            if article:
                found[article.sha256] = article
        return tuple(found.values())

    # --- what is drawn ---------------------------------------------------------------------------

    def _drawn(self, report: str, told: Told) -> tuple[str, str]:
        known = [one.id for one in self.saved.reports()]
        report = report if report in known else next(iter(known), "")
        if not report:
            return self._list(""), report_html.none_html()
        title, entries = self.saved.report(report)
        style = _text(told, "style")
        styles = self._styles()
        chosen = style if style in styles else DEFAULT_STYLE
        return self._list(report), report_html.open_html(report, title, entries, styles, chosen)

    def _list(self, open_: str) -> str:
        reports = [report_html.Listed(one.id, one.title, one.entries) for one in self.saved.reports()]
        return report_html.list_html(reports, open_)

    def _free_title(self) -> str:
        """A title that no report has: the day, and a number where there is more than one of it."""
        taken = {one.title for one in self.saved.reports()}
        day = title = f"Report of {human_date(_now().date())}"
        number = 1
        while title in taken:
            number += 1
            title = f"{day} ({number})"
        return title

    def _styles(self) -> dict[str, str]:
        """The reference styles to choose from: name → what it is called."""
        return {**STYLES, **{file.name: file.stem for file in self._own_styles()}}

    def _own_styles(self) -> list[Path]:
        folder = self.library.folder / STYLES_FOLDER
        return sorted(file for file in folder.glob("*.csl") if file.is_file() and file.name not in STYLES)

    def _style(self, name: str) -> str:
        """What export.py knows a style by; the default one for a name that there is not."""
        if name in STYLES:
            return name
        own = next((str(file) for file in self._own_styles() if file.name == name), "")
        return own or DEFAULT_STYLE


FAILED = "The kept reports can’t be read."


def _text(told: Told, name: str) -> str:
    value = told.get(name)
    return value if isinstance(value, str) else ""


def _toast(text: str, *, report: str = "", undo: str = "") -> str:
    return report_html.toast_html(text, uuid.uuid4().hex, report=report, undo=undo)


def _now() -> dt.datetime:
    return dt.datetime.now().astimezone().replace(microsecond=0)


def _sentence(error: Exception) -> str:
    text = str(error)
    return text[:1].upper() + text[1:]
