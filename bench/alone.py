"""`python bench/alone.py ARTICLES LIBRARY ENCODER`: add a folder to a new library, in a process of its own.

Prints as JSON the seconds of each step, the resident memory when the encoder had read a full batch (the
modules, its weights, what it computes with), and the peak after that, as the kernel keeps it
(/proc/self/status; the peak is set back before the add). Linux only.
"""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from raw import BATCH
from steps import Steps, megabytes

from index.library import Library


@dataclass(frozen=True)
class Alone:
    """What it took. Memory in MB of 10^6 bytes; `bytes` is the size of the library."""

    seconds: float
    models_mb: float
    peak_mb: float
    bytes: int
    steps: dict[str, float]
    peaks_mb: dict[str, float]
    report: dict[str, int]


def alone(articles: Path, folder: Path, encoder: str) -> Alone:
    """Build and tell."""
    library = Library(folder, encoder)
    library.embed(["word " * library.encoder.window_tokens] * BATCH)
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    models, steps = megabytes("VmRSS"), Steps()
    steps.watch(library.encoder)
    report = library.add([articles], steps)
    spent, peak = steps.end(), megabytes("VmHWM")
    return Alone(spent, models, peak, report.bytes, steps.seconds, steps.peak_mb, report.counts)


if __name__ == "__main__":
    print(json.dumps(asdict(alone(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))))
