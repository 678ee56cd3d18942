"""Serving on this machine: a port, response headers, and a check of the name that was asked for.

Knows nothing of what is served. Not a front for the internet: no encryption, no log-in.
"""

import contextlib
import errno
import ipaddress
import logging
import socket
from urllib.parse import urlsplit

import uvicorn
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index.errors import UsageError

# gradio needs 'unsafe-inline' and 'unsafe-eval' for its own scripts. What matters here: nothing
# comes from another host, and nothing goes to one, whatever an article holds.
POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self' blob: data:",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "Content-Security-Policy": "; ".join(f"{kind} {where}" for kind, where in POLICY.items()),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 takes a free one. Raises UsageError if that can't be."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OverflowError as error:
        raise UsageError(f"there is no port {port}; choose one up to 65535 with --port") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UsageError(f"port {port} is taken; choose another one with --port") from error
        raise UsageError(
            f"can't listen on {host}, port {port} ({error.strerror}); see --host and --port"
        ) from error


def url(listener: socket.socket) -> str:
    """Where a browser finds it.

    >>> with listen("127.0.0.1", 0) as listener:
    ...     url(listener).startswith("http://127.0.0.1:")
    True
    """
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(app: ASGIApp, listener: socket.socket, host: str) -> None:
    """Serve until interrupted (Ctrl-C)."""
    # An open tab keeps a connection, for which a graceful stop would wait without end.
    config = uvicorn.Config(Guard(app, host), log_level="warning", timeout_graceful_shutdown=1)
    with contextlib.suppress(KeyboardInterrupt):  # which uvicorn raises again once it has stopped
        _Server(config).run(sockets=[listener])


class _Server(uvicorn.Server):
    """One that stops quietly: the streams of open tabs are cut off then, each of which uvicorn would log with
    a traceback."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close what is open."""
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)


class Guard:
    """Adds `HEADERS` to every response; refuses requests for a host name that is not `host`, and those that
    another page makes.

    A page elsewhere can point a name of its own at 127.0.0.1 and read what is served there (DNS
    rebinding). An address is never such a name, so addresses pass, and so does localhost. It can also send
    a form or a file here without reading the answer; browsers say in `Origin` which page does it.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self.app = app
        self.names = {"localhost", host.lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin", "")
        if not is_ours(host, self.names):
            refusal = PlainTextResponse("This host name is not served here.", status_code=400)
            await refusal(scope, receive, send)
        elif origin and not is_same(origin, host):
            refusal = PlainTextResponse("Another page can’t do that here.", status_code=403)
            await refusal(scope, receive, send)
        else:
            await self.app(scope, receive, _with_headers(send))


def is_local(host: str) -> bool:
    """Whether what listens there is reached from this machine alone.

    >>> is_local("127.0.0.1"), is_local("::1"), is_local("localhost"), is_local("0.0.0.0"), is_local("")
    (True, True, True, False, False)
    """
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_same(origin: str, host: str) -> bool:
    """Whether an Origin header names the page of a Host header.

    >>> is_same("http://localhost:7860", "localhost:7860"), is_same("http://evil.example", "localhost:7860")
    (True, False)
    >>> is_same("null", "localhost"), is_same("http://[", "localhost")
    (False, False)
    """
    try:
        return urlsplit(origin).netloc == host
    except ValueError:
        return False


def is_ours(host: str, names: set[str]) -> bool:
    """Whether a Host header, with or without a port, is an address or one of the names.

    >>> [is_ours(host, {"localhost"}) for host in ("localhost:7860", "[::1]:80", "192.168.1.9")]
    [True, True, True]
    >>> [is_ours(host, {"localhost"}) for host in ("evil.example", "127.0.0.1.evil.example", "")]
    [False, False, False]
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name in names or bool(ipaddress.ip_address(name))
    except ValueError:
        return False


def _with_headers(send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(HEADERS)
        await send(message)

    return with_headers
