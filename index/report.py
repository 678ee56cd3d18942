"""What a rebuild did, and how two generations differ: names only, no texts.

A file that can't be read is no change. An article that stands elsewhere with the same text has moved; one
whose text another article holds already is a duplicate, and is stored once.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from index.errors import WouldDrop
from index.scan import moved
from index.store import Listed

MAX_DROP = 0.2  # share of the articles that a rebuild may remove without asking


@dataclass
class Report:
    """What a build did, by file name; `refused` maps a path to the one line that says why. `bytes` is the
    size of the generation that is live now, 0 when none was written."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    seconds: float = field(default=0.0, compare=False)
    bytes: int = field(default=0, compare=False)

    @property
    def changes(self) -> int:
        """How many articles differ from the generation before."""
        return sum(map(len, (self.added, self.changed, self.moved, self.removed, self.duplicates)))

    @property
    def counts(self) -> dict[str, int]:
        """How many of each kind, without the kinds that did not occur."""
        return {kind: len(items) for kind, items in asdict(self).items() if kind not in SIZES and items}

    @property
    def line(self) -> str:
        """
        >>> Report(added=["a.txt"], unchanged=["b.txt", "c.txt"]).line
        '1 added, 2 unchanged'
        """
        return _line(self.counts)

    @staticmethod
    def line_of(kept: Mapping[str, Any]) -> str:
        """The same of a report as a generation keeps it.

        >>> Report.line_of(Report(added=["a.txt"], unchanged=["b.txt"]).as_kept())
        '1 added, 1 unchanged'
        """
        counts = {k: v if isinstance(v, int) else len(v) for k, v in kept.items() if k not in SIZES}
        return _line(counts)

    def as_kept(self) -> dict[str, object]:
        """As the generation keeps it: of the unchanged articles the number alone."""
        return asdict(self) | {"unchanged": len(self.unchanged)}


SIZES = frozenset({"seconds", "bytes"})


def _line(counts: Mapping[str, int]) -> str:
    """
    >>> _line({"added": 2, "duplicates": 1, "removed": 0})
    '2 added, 1 duplicate'
    """
    told = (
        f"{n} {'duplicate' if (kind, n) == ('duplicates', 1) else kind}" for kind, n in counts.items() if n
    )
    return ", ".join(told) or "nothing to do"


def compared(
    old: Iterable[Listed], new: Iterable[Listed], below: Callable[[str], bool] = lambda path: True
) -> Report:
    """How the articles of two generations differ; unchanged ones count when their path is `below`.

    A change of title, date, author, outlet or address is a change, like one of the text.
    """
    before, after = {a.path: a for a in old}, {a.path: a for a in new}
    known = {a.sha256 for a in before.values()}
    gone = {path: a.sha256 for path, a in before.items() if path not in after}
    come = {path: a.sha256 for path, a in after.items() if path not in before}
    here = {there: path for path, there in moved(gone, come).items()}
    report = Report(removed=[before[path].file for path in gone if path not in here.values()])
    for path, article in after.items():
        if path in here:
            report.moved.append(article.file)
        elif path not in before:
            (report.duplicates if article.copy_of or article.sha256 in known else report.added).append(
                article.file
            )
        elif _told(before[path]) != _told(article):
            report.changed.append(article.file)
        elif below(path):
            report.unchanged.append(article.file)
    return report


def _told(a: Listed) -> tuple[object, ...]:
    return a.sha256, a.title, a.date, a.author, a.source, a.url


def check_drop(report: Report, before: int) -> None:
    """Raises WouldDrop when more than one article, and more than `MAX_DROP` of them, would go."""
    gone = len(report.removed)
    if gone > 1 and gone > MAX_DROP * before:
        raise WouldDrop(
            f"{gone} of {before} articles would be removed, because their files are gone; if that is right, "
            "repeat it with --yes; if a disk or folder is missing, bring it back first"
        )
