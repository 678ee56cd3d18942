"""Prompts as plain text files with named holes: `{name}`.

A prompt is proof-read like any text, so it lives in a `.txt` beside this file. Nothing here knows a model.
"""

from importlib.resources import files
from string import Formatter


def render(prompt: str, **values: str) -> str:
    """The text of `prompts/<prompt>.txt` with its holes filled.

    Raises ValueError when a hole has no value or a value has no hole. Values are put in as they are: braces
    in an article stay braces.

    >>> render("question", quotes="[1] It rained.", question="Did it rain?").splitlines()[0]
    '[1] It rained.'
    """
    template = (files(__name__) / f"{prompt}.txt").read_text(encoding="utf-8").rstrip("\n")
    holes = {name for _, name, _, _ in Formatter().parse(template) if name is not None}
    if holes != values.keys():
        raise ValueError(
            f"prompt {prompt!r}: holes {sorted(holes)}, values {sorted(values)}; they must be the same"
        )
    return template.format_map(values)
