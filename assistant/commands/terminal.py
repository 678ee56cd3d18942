"""Results to standard output, messages to standard error, in letters that the terminal has."""

import argparse
import json
import sys
from typing import Any

from index.library import Library


def show(data: Any, text: str, arguments: argparse.Namespace) -> None:
    """`data` as JSON where `--json` asks for it, else `text`."""
    shown = json.dumps(data, ensure_ascii=False) if arguments.json else text
    sys.stdout.write(printable(shown, sys.stdout.encoding) + "\n")


def complain(text: str) -> None:
    """One line to standard error."""
    sys.stderr.write(printable(f"footnote: {' '.join(text.split())}", sys.stderr.encoding) + "\n")


def printable(text: str, encoding: str | None) -> str:
    r"""What the terminal has no letter for as `\u2026`, which is JSON too.

    >>> print(printable("Évian…", "latin-1"))
    Évian\u2026
    """
    encoding = encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def library(arguments: argparse.Namespace) -> Library:
    """The library that `--library` and `--encoder` name."""
    return Library(arguments.library.expanduser(), arguments.encoder)
