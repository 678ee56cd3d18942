"""The list of conversations in the chat: what the browser tells of an event → the HTML to draw.

Joins conversation.py and the file that draws it. Knows nothing of gradio; remembers nothing of a tab.
"""

import logging
import threading
from collections.abc import Mapping
from typing import Any

from assistant.keeping.saved import Kept, Saved
from assistant.page import history_html
from assistant.page.conversation import Conversations
from assistant.rendering import render
from index.errors import FootnoteError, UsageError

log = logging.getLogger(__name__)

MAX_LISTED = 100  # conversations in the list; older ones are found by searching
RECENT = 3  # of them under the empty chat
Told = Mapping[str, Any]  # what a browser says: any JSON at all


class History:
    """The events of the list. `saved` is where conversations are kept."""

    def __init__(self, conversations: Conversations, saved: Saved) -> None:
        self.conversations = conversations
        self.saved = saved
        self._drawing = threading.Lock()

    def list(self, told: Told) -> str:
        """The conversations that fit the search, or why they can't be had."""
        search = str(told.get("search", ""))
        try:
            found = self.saved.list(search, MAX_LISTED + 1)
        except FootnoteError as error:
            return _failed(error)
        shown, more = found[:MAX_LISTED], len(found) > MAX_LISTED
        return history_html.list_html(shown, search, str(told.get("open", "")), more=more)

    def act(self, told: Told) -> str:
        """Rename or delete one → the list. One after the other, so that what is drawn last is the latest."""
        with self._drawing:
            try:
                self._do(str(told.get("do", "")), str(told.get("id", "")), str(told.get("title", "")))
            except FootnoteError as error:
                return _failed(error) + self.list(told)
            return self.list(told)

    def recent(self) -> str:
        """The last few conversations, to go on with; "" when there is none or they can't be read."""
        try:
            found: tuple[Kept, ...] = tuple(self.saved.list(limit=RECENT))
        except FootnoteError as error:
            log.warning("%s", error)
            return _failed(error)
        return history_html.recent_html(found)

    def _do(self, what: str, id: str, title: str) -> None:
        if what == "rename":
            self.saved.rename(id, title)
        elif what == "delete":
            self.conversations.delete(id)
        else:
            raise UsageError("that can’t be done here; reload the page")


def _failed(error: FootnoteError) -> str:
    text = str(error)
    return render.note_html(text[:1].upper() + text[1:], error=True)
