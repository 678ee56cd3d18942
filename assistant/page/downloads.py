"""A report as a file for the browser: `GET …/reports/ID.FORMAT?style=STYLE`.

Reads only, so it does no harm that another page can point a browser here; that page can't read what comes
(web.py). Always sent as a file to keep, never to be shown: a web page from here would be one of this site.
Knows nothing of reports.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from assistant.page.uploads import safe_name
from index.errors import FootnoteError, UsageError

MAX_STEM = 80  # characters of a title in a file's name


@dataclass(frozen=True, slots=True)
class File:
    """What is sent: the name that it is kept under, its bytes, its media type."""

    name: str
    content: bytes
    type: str


class Downloads:
    """The address that files are fetched from; `make(report, format, style)` raises UsageError for what there
    is not."""

    def __init__(self, make: Callable[[str, str, str], File]) -> None:
        self.make = make

    async def answer(self, request: Request) -> Response:
        """One request."""
        report, _, format = str(request.path_params["name"]).rpartition(".")
        style = request.query_params.get("style", "")
        try:
            file = await run_in_threadpool(self.make, report, format, style)
        except UsageError as error:
            return PlainTextResponse(str(error), status_code=404)
        except FootnoteError as error:
            return PlainTextResponse(str(error), status_code=500)
        return Response(
            file.content, headers={"Content-Disposition": kept_as(file.name)}, media_type=file.type
        )


def file_name(title: str, ending: str) -> str:
    """A report's title as a file's name.

    >>> file_name("The dike: what was promised?", ".docx"), file_name("../..", ".md")
    ('The dike_ what was promised.docx', 'report.md')
    """
    line = " ".join(title.replace("/", "-").replace("\\", "-").split())[:MAX_STEM].rstrip(". ")
    stem = Path(safe_name(f"{line}.x")).stem.strip("-_. ") if line else ""
    return f"{stem or 'report'}{ending}"


def kept_as(name: str) -> str:
    """The header that names a file, in ASCII and, for browsers that read it, as it is (RFC 6266).

    >>> kept_as("Évian \\"2022\\".md")
    'attachment; filename="Evian _2022_.md"; filename*=UTF-8\\'\\'%C3%89vian%20%222022%22.md'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r'["\\\x00-\x1f\x7f]', "_", plain)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
