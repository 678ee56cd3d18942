"""Installs torch, as its CPU build where that build can be had.

On Linux the package index offers the CUDA build, gigabytes that a program for the CPU never
loads. The CPU wheels lie on an index of their own. Where that does not answer (a closed network,
which often has its own way to offer a CPU wheel), pip decides.
"""

import sys
import threading
import urllib.request
from http.client import HTTPException

import pins

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
PATIENCE_S = 4.0


def answers(url: str) -> bool:
    """Whether the index answers within PATIENCE_S, the look-up of its name included."""
    reply: list[int] = []

    def ask() -> None:
        request = urllib.request.Request(f"{url}/torch/", method="HEAD")
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
                reply.append(response.status)
        except (OSError, HTTPException):
            pass  # no network, no such name, or a proxy that refuses: all the same here

    # The look-up of a name has no time limit of its own, so it runs beside us and is left behind.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    return bool(reply)


def main() -> int:
    """Exit code: 0 when torch is installed, 1 when pip could not install it."""
    pin = pins.requirement("torch")
    if pins.is_installed(pin):
        return 0
    # --no-deps: torch's own dependencies come later, from the usual index and with constraints.
    if sys.platform == "linux" and answers(CPU_INDEX):
        if pins.pip("install", "--no-deps", "--index-url", CPU_INDEX, pin):
            return 0
        print(f"{CPU_INDEX} has no {pin} for this Python: pip takes the build it finds.")
    elif sys.platform == "linux":
        print("download.pytorch.org does not answer: pip takes the build of torch it finds.")
    return 0 if pins.pip("install", "--no-deps", pin) else 1


if __name__ == "__main__":
    sys.exit(main())
