"""The folder of generations and the pointer to the live one.

    library/generations/000007/…   see store.py
            CURRENT                the live generation's name, replaced atomically

Names count up and are never used again while a generation of that name is there. Nothing here opens one.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from index.errors import LibraryBroken
from index.store import MANIFEST

KEEP = 3
POINTER = "CURRENT"


@dataclass(frozen=True, slots=True)
class Generations:
    """The generations of the library in `folder`, which need not exist."""

    folder: Path

    def path(self, name: str) -> Path:
        """Where the generation of that name is, or would be."""
        return self.folder / "generations" / name

    def live(self) -> str | None:
        """The name that the pointer holds; None without a pointer. Raises LibraryBroken."""
        file = self.folder / POINTER
        try:
            name = file.read_text(encoding="utf-8", errors="replace").strip()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise LibraryBroken(f"{file} can't be read ({error.strerror})") from error
        if not name.isdecimal():
            raise LibraryBroken(f"{file} is damaged; run `footnote doctor`")
        return name

    def complete(self) -> list[str]:
        """The names of all that were written to the end, oldest first."""
        return sorted(f.name for f in self._all() if f.name.isdecimal() and (f / MANIFEST).is_file())

    def unfinished(self) -> list[str]:
        """What builds that died left behind."""
        return sorted({f.name for f in self._all()} - set(self.complete()))

    def new(self) -> Path:
        """The folder of the next generation; not made yet."""
        numbers = [int(folder.name) for folder in self._all() if folder.name.isdecimal()]
        return self.path(f"{max(numbers, default=0) + 1:06d}")

    def point_at(self, name: str) -> None:
        """Make a generation live, at one instant, and for good."""
        new = self.folder / f"{POINTER}.new"
        with new.open("w", encoding="utf-8") as stream:
            stream.write(name + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(self.folder / POINTER)
        flush_folder(self.folder)

    def clean_up(self, wanted: set[str | None]) -> None:
        """Delete what is unfinished, and all but the wanted and the last ones: `KEEP` of them."""
        complete = sorted(self.complete(), key=lambda name: (name in wanted, name))
        for name in {folder.name for folder in self._all()} - set(complete[-KEEP:]):
            self.delete(name)

    def delete(self, name: str) -> None:
        """Delete one; what another program holds open stays, for the next time."""
        shutil.rmtree(self.path(name), ignore_errors=True)

    def _all(self) -> list[Path]:
        folder = self.folder / "generations"
        return list(folder.iterdir()) if folder.is_dir() else []


def flush_folder(folder: Path) -> None:
    """Make the names of a folder's files last: without it a power cut may lose a file that was flushed."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
