"""The model that was chosen in the chat, kept for its next start: a small JSON file.

Read by the chat alone: `footnote ask` and `evaluate` do the same on every machine. A file that can't be read
counts as nothing chosen.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.llm.models import Places, named
from assistant.settings import DEFAULT_MODEL
from index.errors import UsageError


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen in the Model tab."""

    model: str = DEFAULT_MODEL  # as in `Settings`
    use_model: bool = True
    files: tuple[str, ...] = ()  # GGUF files that were given by their paths


def read(file: Path) -> Chosen:
    """What was chosen; the defaults where nothing was."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Chosen()
    return _chosen(told) if isinstance(told, dict) else Chosen()


def _chosen(told: Mapping[str, Any]) -> Chosen:
    """
    >>> _chosen({"model": "~/a.gguf", "use_model": "?", "files": ["~/a.gguf", 1]})
    Chosen(model='~/a.gguf', use_model=True, files=('~/a.gguf',))
    """
    model, files = told.get("model"), told.get("files")
    return Chosen(
        model if isinstance(model, str) and model else DEFAULT_MODEL,
        told.get("use_model") is not False,
        tuple(one for one in files if isinstance(one, str)) if isinstance(files, list) else (),
    )


def write(file: Path, chosen: Chosen) -> None:
    """Keep it. Raises UsageError where the file can't be written."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f"{file.name}.part")
        part.write_text(json.dumps(asdict(chosen), indent=1), encoding="utf-8")
        part.replace(file)
    except OSError as error:
        raise UsageError(
            f"the choice is not kept for the next start: {file} can't be written ({error.strerror})"
        ) from error


def for_start(given: str | None, places: Places) -> tuple[dict[str, Any], str]:
    """The settings of a chat that starts, and what to say about them.

    A model `given` on the command line wins. A chosen one that is gone is not downloaded unasked: the default
    model takes its place.
    """
    if given:
        return {"model": given}, ""
    chosen = read(places.chosen)
    if named(chosen.model, places):
        return {"model": chosen.model, "use_model": chosen.use_model}, ""
    told = f"The chosen model is gone ({chosen.model}); {DEFAULT_MODEL} takes its place."
    missing = chosen.model != DEFAULT_MODEL  # without the default one, what loads it says so
    return {"model": DEFAULT_MODEL, "use_model": chosen.use_model}, told if missing else ""
