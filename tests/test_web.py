"""Serving: how it ends."""

import signal
import socket
import subprocess
import sys

# An application that answers each request with a stream without end, as gradio does for an open tab.
PROGRAM = """
import asyncio, signal, sys
from assistant.page.web import listen, run, url

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        await send({"type": "http.response.body", "body": b"still here", "more_body": True})
        await asyncio.sleep(0.05)

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job would ignore it
with listen("127.0.0.1", 0) as listener:
    print(url(listener), flush=True)
    run(app, listener, "127.0.0.1")
print("bye", flush=True)
"""


def test_ctrl_c_while_a_tab_is_open_ends_it_without_a_word():
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        host, port = process.stdout.readline().strip().removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as tab:
            tab.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            seen = b""
            while b"still here" not in seen:
                seen += tab.recv(4096)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "bye\n", "")
