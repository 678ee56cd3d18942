"""What is wrong with a library on disk, and putting it right.

The order of remedies loses least: a damaged generation whose texts are sound is written anew from them; else
the newest sound generation goes live, and the remembered files are read again; without one, the library is
built from its files alone. Damaged generations are deleted only when a sound one is live.
"""

from dataclasses import dataclass, field

from index.build import Build
from index.embed import Encoder
from index.errors import FootnoteError, LibraryBroken, LibraryMissing
from index.generations import Generations
from index.store import FILES, Generation, Progress, read_manifest, sha256


@dataclass
class Diagnosis:
    """`damaged` maps a generation's name to its damaged files, or to why it can't be opened; `wrong` says in
    a sentence each what stands in the way, `done` what was put right."""

    live: str | None
    sound: list[str] = field(default_factory=list)
    damaged: dict[str, list[str]] = field(default_factory=dict)
    unfinished: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    @property
    def well(self) -> bool:
        """Whether the live generation is sound."""
        return self.live in self.sound


def examine(generations: Generations) -> Diagnosis:
    """Check every byte that is kept; changes nothing. Raises LibraryMissing."""
    names = generations.complete()
    found = Diagnosis(None, unfinished=generations.unfinished())
    try:
        found.live = generations.live()
    except LibraryBroken as error:
        found.wrong.append(str(error))
    if found.live is None and not names and not found.wrong:
        raise LibraryMissing(
            f"there is no library in {generations.folder} yet; add articles with `footnote add FOLDER`"
        )
    for name in names:
        if damage := _damage(generations, name):
            found.damaged[name] = damage
            found.wrong.append(f"generation {name} is damaged: {', '.join(damage)}")
        else:
            found.sound.append(name)
    if found.live is not None and found.live not in names:
        found.wrong.append(f"the live generation {found.live} is gone")
    if found.live is None and not found.wrong:
        found.wrong.append("the pointer to the live generation is gone")
    return found


def _damage(generations: Generations, name: str) -> list[str]:
    try:
        generation = Generation(generations.path(name))
    except LibraryBroken as error:
        return [str(error)]
    try:
        return generation.verify()
    finally:
        generation.close()


def rescue(generations: Generations, found: Diagnosis, encoder: Encoder, progress: Progress | None) -> bool:
    """Write the damaged live generation anew from its own texts, where these are sound. The caller holds
    the lock."""
    live = found.live
    if live not in found.damaged or not _texts_are_sound(generations, live):
        return False
    try:
        texts = Generation(generations.path(live), texts_only=True)
        with Build(generations.new(), lambda: encoder, texts, progress) as build:
            build.keep(texts.files())
            build.finish(build.report(), texts.manifest.sources, texts.manifest.columns)
        generations.point_at(build.folder.name)
    except FootnoteError:
        return False
    found.done.append(f"generation {live} was written anew from its articles, as {build.folder.name}")
    return True


def _texts_are_sound(generations: Generations, name: str) -> bool:
    folder = generations.path(name)
    try:
        return read_manifest(folder).checksums[FILES[0]] == sha256(folder / FILES[0])
    except (LibraryBroken, KeyError):
        return False


def tidy(generations: Generations, found: Diagnosis, live: str | None) -> None:
    """Delete what is damaged or unfinished, once `live` is sound. The caller holds the lock."""
    for name in (*found.damaged, *found.unfinished):
        if name != live and generations.path(name).exists():
            generations.delete(name)
            found.done.append(f"generation {name} was deleted: it can't be used")
