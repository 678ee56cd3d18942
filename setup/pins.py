"""The versions to install, and the one way in which the set-up calls pip.

A version is written once, in pyproject.toml; the set-up scripts read it there. They run in the
virtual environment's Python, before anything is installed: standard library only.
"""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def requirement(name: str) -> str:
    """The pinned requirement of a direct dependency, like `torch==2.13.0`. Raises KeyError."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    pins: list[str] = [
        *project["project"]["dependencies"],
        project["tool"]["footnote"]["chat-model"],
    ]
    found = [pin for pin in pins if normalised(pin.partition("==")[0]) == normalised(name)]
    if not found:
        raise KeyError(name)
    return found[0]


def normalised(name: str) -> str:
    """Package names compare like this (https://peps.python.org/pep-0503/#normalized-names).

    >>> normalised("llama_cpp.Python")
    'llama-cpp-python'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def is_installed(pin: str) -> bool:
    """Whether this environment has the version of `name==version`, in any local build (`+cpu`)."""
    name, _, wanted = pin.partition("==")
    try:
        return version(name).partition("+")[0] == wanted
    except PackageNotFoundError:
        return False


def constraints() -> Path:
    """The file with the exact versions of the whole tree; CONSTRAINTS names another one."""
    return ROOT / os.environ.get("CONSTRAINTS", "constraints.txt")


def pip(command: str, *args: str, env: Mapping[str, str] | None = None) -> bool:
    """Run `pip COMMAND PIP_ARGS ARGS`, its output to the terminal. True when it succeeded."""
    extra = shlex.split(os.environ.get("PIP_ARGS", ""))
    line = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", command]
    done = subprocess.run([*line, *extra, *args], env=env, stdin=subprocess.DEVNULL, cwd=ROOT, check=False)
    return done.returncode == 0
