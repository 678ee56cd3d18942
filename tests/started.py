"""The program, started as a process for the tests that drive it in Chromium, and a tab on it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]


@contextmanager
def program(folder: Path, **environment: str) -> Iterator[str]:
    """The program on a library, running; where it is. Without a model: an answer is its quotes."""
    options = ["--library", folder, "--port", "0", "--no-browser", "--no-model"]
    command = [sys.executable, "-m", "assistant", "chat", *options]
    surroundings = {**os.environ, **environment}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=surroundings) as process:
        try:
            assert process.stdout
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found, "the program says where it is"
            yield found[0]
        finally:
            process.terminate()
