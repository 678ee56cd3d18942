"""`Live`: the generation that answers.

It is opened when it is first asked for, and again when the pointer has moved, by whichever process. A
generation is checked against its checksums when it is opened: where a byte has changed, the newest sound one
answers instead.
"""

import contextlib
import logging
import threading

from index.errors import EncoderMismatch, LibraryBroken, LibraryMissing
from index.generations import Generations
from index.store import Generation

log = logging.getLogger(__name__)


class Live:
    """The live generation of a folder of generations."""

    def __init__(self, kept: Generations, encoder: str) -> None:
        """Opens nothing yet. `encoder` is the one that it must be built with."""
        self._kept, self._encoder = kept, encoder
        self.damage: str | None = None  # what is wrong with the generation that should be live
        self._generation: Generation | None = None
        self._opened: str | None = None
        self._written: str | None = None
        self._opening = threading.Lock()

    def generation(self) -> Generation:
        """The one that the pointer names; the newest sound one before it when it is damaged (see `damage`).
        Raises LibraryMissing, LibraryBroken, EncoderMismatch."""
        while True:
            name = self._kept.live()
            if name is None:
                raise LibraryMissing(
                    f"there is no library in {self._kept.folder} yet; add articles with `footnote add FOLDER`"
                )
            with self._opening:
                if self._generation is None or self._opened != name:
                    try:
                        self._generation, self.damage = self._sound(name)
                    except LibraryBroken:
                        if self._kept.live() == name:
                            raise
                        self._generation = None  # another process has built meanwhile, and deleted this one
                    self._opened = name
                if self._generation is not None:
                    return self._generation

    def trust(self, name: str) -> None:
        """This very process wrote the generation of that name: its checksums are a moment old."""
        self._written = name

    def forget(self) -> None:
        """Open it anew when it is asked for next."""
        self._generation = None

    def _sound(self, name: str) -> tuple[Generation, str | None]:
        """The generation of that name, or the newest sound one and what is wrong with the former."""
        try:
            return self._open(name), None
        except LibraryBroken as error:
            if self._kept.live() != name:
                raise
            for other in reversed(self._kept.complete()):
                with contextlib.suppress(LibraryBroken):
                    if other != name:
                        generation = self._open(other)
                        log.warning("%s; generation %s answers until then", error, other)
                        return generation, str(error)
            raise

    def _open(self, name: str) -> Generation:
        generation = Generation(self._kept.path(name))
        built_with = str(generation.manifest.encoder["name"])
        if built_with != self._encoder:
            raise EncoderMismatch(
                f"this library was built with the encoder {built_with!r}, not {self._encoder!r}; "
                f"use --encoder {built_with}, or add the articles into another --library"
            )
        if name != self._written and (damaged := generation.verify()):
            generation.close()
            raise LibraryBroken(f"{name}/{damaged[0]} is damaged; run `footnote doctor`")
        return generation
