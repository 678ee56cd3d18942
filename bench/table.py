"""A table of figures, each beside a baseline of the same run: rows, sections, and how busy others were.

The two sides are taken in turns (A B A B …), and the ratio is the median of the rounds' own ratios, so that
whoever else uses the machine slows both sides alike. Knows nothing of what is measured.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import psutil

Pairs = list[tuple[float, float]]  # of each round: Footnote's time or size, and the baseline's


@dataclass(frozen=True)
class Row:
    """One line of the table: two medians, and the median of the rounds' ratios. More is better where the unit
    is a rate (`…/s`), else less is. `target` is what is wanted of the value or of the ratio."""

    what: str
    unit: str
    value: float
    baseline: float
    ratio: float
    against: str
    target: str = ""

    @classmethod
    def of(
        cls, what: str, unit: str, pairs: Pairs, against: str, work: float | None = None, target: str = ""
    ) -> "Row":
        """With `work`, the seconds of `pairs` become pieces of work a second.

        >>> Row.of("add", "articles/s", [(3.0, 1.5), (60.0, 20.0), (2.0, 1.0)], "encode()", work=6)
        Row(what='add', unit='articles/s', value=2.0, baseline=4.0, ratio=0.5, against='encode()', target='')
        """
        if work is not None:
            pairs = [(work / a, work / b) for a, b in pairs]
        value, baseline = (statistics.median(side) for side in zip(*pairs, strict=True))
        return cls(what, unit, value, baseline, statistics.median(a / b for a, b in pairs), against, target)

    def __str__(self) -> str:
        """Its line of the table."""
        figures = f"{self.value:>9.4g} {self.baseline:>9.4g} {self.ratio:>7.3g}"
        wanted = f" (wanted: {self.target})" if self.target else ""
        return f"  {f'{self.what}, {self.unit}':<43}{figures}  {self.against}{wanted}"


@dataclass(frozen=True)
class Measured:
    """A section of the table."""

    method: str
    rows: tuple[Row, ...]
    others_cores: float  # that others kept busy meanwhile, on average


@dataclass(frozen=True)
class Load:
    """Seconds on the clock; seconds that all processors together were busy; ours among them."""

    clock: float
    busy: float
    own: float

    @classmethod
    def now(cls) -> "Load":
        """Ours and our children's, of those that have ended."""
        cpu = psutil.cpu_times()
        idle = sum(getattr(cpu, name, 0.0) for name in ("idle", "iowait", "guest", "guest_nice"))
        return cls(time.perf_counter(), sum(cpu) - idle, sum(os.times()[:4]))

    def others(self, later: "Load") -> float:
        """How many cores others kept busy since, on average.

        >>> Load(0, 100, 7).others(Load(10, 118, 12))
        1.3
        """
        return max(0.0, later.busy - self.busy - later.own + self.own) / (later.clock - self.clock)


def seconds(run: Callable[[], object], scale: float = 1) -> float:
    """How long it takes; in milliseconds with a `scale` of 1000."""
    started = time.perf_counter()
    run()
    return (time.perf_counter() - started) * scale


def in_turns(first: Callable[[], object], second: Callable[[], object], rounds: int) -> Pairs:
    """Seconds of the two, called A B A B …"""
    return [(seconds(first), seconds(second)) for _ in range(rounds)]


def table(measured: dict[str, Measured]) -> str:
    """Aligned lines, a heading above each section."""
    lines = []
    for name, section in measured.items():
        lines.append(f"{name:<45}{'Footnote':>9} {'baseline':>9} {'ratio':>7}  against")
        lines += map(str, section.rows)
        lines.append(f"  {section.method} Others kept {section.others_cores} cores busy.\n")
    return "\n".join([*lines, "ratio: Footnote to baseline; of times and sizes less is better, of …/s more"])


def shown(measured: dict[str, Measured], cores: int, spent: float, *, as_json: bool) -> str:
    """The table, or JSON, and on what machine it was measured for how long."""
    machine = {"cores": cores, "seconds": round(spent)}
    if as_json:
        return json.dumps({**machine, "sections": measured}, default=asdict, ensure_ascii=False)
    return f"{table(measured)}\n{cores} cores, {machine['seconds']} s"


def check_sections(parser: argparse.ArgumentParser, given: list[str], known: dict[str, object]) -> None:
    """End with an error of `parser` when a section is unknown."""
    if unknown := [name for name in given if name not in known]:
        parser.error(f"no section {', '.join(unknown)}; there are {', '.join(known)}")
