"""Conversations as a file, to the browser and from it.

    GET  …/conversations.json?id=ID     one, or all without an ID: sent as a file to keep
    POST …/conversations.json           a file's bytes → {"ids": […], "message": why not, or ""}

Like uploads.py it goes past gradio, which would keep copies. Other pages can neither read what is sent nor
send anything themselves (web.py).
"""

from collections.abc import AsyncIterable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from assistant.keeping.exchange import exported, imported
from assistant.keeping.saved import Saved
from assistant.page.uploads import megabytes
from index.errors import FootnoteError, UsageError
from index.library import Library

MAX_IMPORT_BYTES = 200_000_000  # 6,000 answers of 30 kB, as those of the news are
NAME = "footnote-conversations.json"


class HistoryFiles:
    """The address that conversations are fetched from and sent to."""

    def __init__(self, saved: Saved, library: Library, limit: int = MAX_IMPORT_BYTES) -> None:
        """`limit` in bytes, of a file that is sent."""
        self.saved = saved
        self.library = library
        self.limit = limit

    async def answer(self, request: Request) -> Response:
        """One request."""
        if request.method != "POST":
            return await run_in_threadpool(self._fetched, request.query_params.getlist("id"))
        told = request.headers.get("content-length", "")
        body = (
            await _taken(request.stream(), self.limit)
            if told.isdecimal() and int(told) <= self.limit
            else None
        )
        if body is None:
            message = (
                f"it is over the limit of {megabytes(self.limit)}; import it with `footnote conversations`"
            )
            return JSONResponse({"ids": [], "message": message}, headers={"Connection": "close"})
        return JSONResponse(await run_in_threadpool(self._kept, body))

    def _fetched(self, ids: list[str]) -> Response:
        try:
            content = exported(self.saved, ids)
        except UsageError as error:
            return PlainTextResponse(str(error), status_code=404)
        except FootnoteError as error:
            return PlainTextResponse(str(error), status_code=500)
        headers = {"Content-Disposition": f'attachment; filename="{NAME}"', "Cache-Control": "no-store"}
        return Response(content, headers=headers, media_type="application/json")

    def _kept(self, body: bytes) -> dict[str, object]:
        try:
            return {"ids": imported(self.saved, self.library, body), "message": ""}
        except FootnoteError as error:
            return {"ids": [], "message": str(error)}


async def _taken(chunks: AsyncIterable[bytes], limit: int) -> bytes | None:
    """All of it; None when it is more than `limit` bytes."""
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)
