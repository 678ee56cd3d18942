"""One piece of text with its looks: what a reference or a sentence is made of, in every format.

A run's text is only ever characters: nothing in it is markup, so "<b>" is those three characters.
Knows no style of citation and no file format.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """Some characters, how they look, and the address that they lead to, if any."""

    text: str
    italic: bool = False
    bold: bool = False
    small_caps: bool = False
    superscript: bool = False
    link: str = ""  # an http(s) address; "" leads nowhere


def plain(runs: Iterable[Run]) -> str:
    """The characters alone.

    >>> plain([Run("The ", italic=True), Run("Times")])
    'The Times'
    """
    return "".join(run.text for run in runs)
