"""`Library`: a folder of generations and the pointer to the live one.

    library/generations/000007/…   see store.py
            CURRENT                the live generation's name, replaced atomically
            lock                   held (by the operating system) while one process builds

Readers keep the generation they opened. A build writes a new one beside it and swaps the pointer last,
so a crash at any instant leaves the old one live. Article identity is the path that was added.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from index.embed import DEFAULT_ENCODER, Encoder, Rows
from index.errors import (
    EncoderMismatch,
    LibraryBroken,
    LibraryLocked,
    LibraryMissing,
    ReadError,
    UsageError,
)
from index.fuse import fuse
from index.read import ENDINGS, article_files, read_article
from index.store import MANIFEST, Generation, Manifest, Progress, read_manifest, write_generation
from index.text import Article, Hit

KEEP_GENERATIONS = 3
POINTER = "CURRENT"
# How deep each list goes before they are fused; the evaluation sets gained nothing beyond.
SEARCH_DEPTH = 50


@dataclass
class Report:
    """What a build did, by file name; `refused` maps a file to the one line that says why."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def changes(self) -> int:
        """How many articles differ from the generation before."""
        return len(self.added) + len(self.changed) + len(self.removed)


class Library:
    """The articles in one folder: add, remove, roll back, search."""

    def __init__(self, folder: Path, encoder: str = DEFAULT_ENCODER) -> None:
        """Opens nothing yet: a library that does not exist is made by the first `add`."""
        self.folder = folder
        self._wanted = encoder
        self._encoder: Encoder | None = None
        self._live: Generation | None = None

    # --- reading ---------------------------------------------------------------------------------

    @property
    def live(self) -> Generation:
        """The live generation, opened again when the pointer has moved.

        Raises LibraryMissing, LibraryBroken, EncoderMismatch. Whoever answers a question takes it once
        and keeps it, so that all parts of the answer come from the same generation.
        """
        name = self._pointer()
        if name is None:
            raise LibraryMissing(
                f"there is no library in {self.folder} yet; add articles with `footnote add FOLDER`"
            )
        if self._live is None or self._live.folder.name != name:
            generation = Generation(self._generations / name)
            self._check_encoder(generation.manifest)
            self._live = generation
        return self._live

    def search(self, query: str, k: int, generation: Generation | None = None) -> list[Hit]:
        """The `k` passages that fit `query` best, best first: passage vectors, sentence vectors and words,
        fused by rank."""
        return self.search_row(query, self.embed([query])[0], k, generation or self.live)

    def search_row(self, query: str, row: Rows, k: int, generation: Generation) -> list[Hit]:
        """As `search`, for a query that is embedded already: `row` is `(dim,)`, of unit length."""
        dense = generation.passage_vectors.search(row, SEARCH_DEPTH)
        words = generation.keywords.search(query, SEARCH_DEPTH)
        close = generation.sentence_vectors.search(row, SEARCH_DEPTH)
        fused = fuse(
            [
                [r for r, _ in dense],
                [r for r, _ in words],
                generation.passages_of_sentences([r for r, _ in close]),
            ]
        )
        best = list(fused)[:k]
        cosines = generation.passage_vectors.rows(best) @ row
        return [Hit(r, generation.passage(r), fused[r], float(c)) for r, c in zip(best, cosines, strict=True)]

    def embed(self, texts: Sequence[str]) -> Rows:
        """`(len(texts), dim)` rows, by the encoder and with the dtype of this library."""
        return self.encoder.embed(texts)

    @property
    def encoder(self) -> Encoder:
        """The live generation's encoder, or the wanted one while there is none."""
        if self._encoder is None:
            name = self._pointer()
            dtype = read_manifest(self._generations / name).encoder["dtype"] if name else None
            self._encoder = Encoder(self._wanted, dtype=str(dtype) if dtype else None)
        return self._encoder

    def find(self, article: str) -> Article:
        """An article by its ID or the name of its file. Raises UsageError."""
        same = [a for a in self.live.articles() if article in (a.id, a.file, a.path)]
        if not same:
            raise UsageError(f"no article {article!r} in the library; `footnote list` shows them")
        if len(same) > 1:
            ids = ", ".join(a.id for a in same)
            raise UsageError(f"{len(same)} articles are called {article!r}; use an ID: {ids}")
        return same[0]

    def history(self) -> list[Manifest]:
        """The manifests of the generations that are kept, newest first."""
        return [read_manifest(folder) for folder in reversed(self._complete())]

    # --- writing ---------------------------------------------------------------------------------

    def add(self, paths: Sequence[Path], progress: Progress | None = None) -> Report:
        """Bring the library up to date with files and folders: new, changed and removed files.

        A file that was added from one of these folders and is gone now is removed from the library;
        files of other folders stay. Raises UsageError for a path that does not exist, and when there is
        nothing to read and nothing to remove, before anything is read. Refused files are in the report; an
        older version of them stays.
        """
        roots = [path.expanduser().resolve() for path in paths]
        files = list(dict.fromkeys(file.resolve() for root in roots for file in article_files(root)))
        if not files and not any(_is_below(a.path, roots) for a in self._old_articles()):
            raise UsageError(
                f"there is no article in {', '.join(map(str, paths))}; files ending in {ENDINGS} are read"
            )
        with self._building():
            old = {a.path: a for a in self._old_articles()}
            report = Report()
            new = self._read(files, old, report, progress)
            for path, article in old.items():
                if path not in new:
                    if _is_below(path, roots):
                        report.removed.append(article.file)
                    else:
                        new[path] = article
            # A file that was refused is not asked for again; a folder is, once it has given an article.
            useful = (str(root) for root in roots if any(_is_below(path, [root]) for path in new))
            sources = sorted({*self._sources(), *useful})
            self._build(list(new.values()), sources, report, progress)
        return report

    def sync(self, progress: Progress | None = None) -> Report:
        """`add` all remembered files and folders again."""
        sources = [Path(source) for source in self._sources()]
        if not sources:
            raise LibraryMissing("nothing was added yet; add articles with `footnote add FOLDER`")
        for source in sources:
            if not source.exists():
                raise UsageError(f"{source} is gone; `footnote remove` its articles or bring it back")
        return self.add(sources, progress)

    def remove(self, articles: Sequence[str]) -> Report:
        """Remove articles by ID or file name; their files are not touched, so `sync` brings back those
        whose folder is still there. Raises UsageError."""
        gone = {self.find(name).id for name in articles}
        with self._building():
            old = self._old_articles()
            keep = [article for article in old if article.id not in gone]
            report = Report(
                removed=[article.file for article in old if article.id in gone],
                unchanged=[article.file for article in keep],
            )
            paths = {article.path for article in old if article.id in gone}
            sources = [s for s in self._sources() if s not in paths and _is_needed(Path(s), keep)]
            self._build(keep, sources, report, None)
        return report

    def rollback(self) -> Manifest:
        """Make the generation that the live one was built from live again; the one before it when that
        can't be told. Raises UsageError when there is none."""
        with self._building():
            names = [folder.name for folder in self._complete()]
            live = parent = None
            with contextlib.suppress(LibraryBroken):  # what rollback is for
                live = self._pointer()
                parent = read_manifest(self._generations / live).parent if live else None
            earlier = [name for name in names if live is None or name < live]
            if not earlier:
                raise UsageError("there is no earlier generation to go back to")
            name = parent if parent in earlier else earlier[-1]
            manifest = read_manifest(self._generations / name)
            self._point_at(name)
        return manifest

    # --- inside ----------------------------------------------------------------------------------

    @property
    def _generations(self) -> Path:
        return self.folder / "generations"

    def _pointer(self) -> str | None:
        try:
            name = (self.folder / POINTER).read_text(encoding="utf-8", errors="replace").strip()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise LibraryBroken(f"{self.folder / POINTER} can't be read ({error.strerror})") from error
        if not name.isdecimal():
            raise LibraryBroken(f"{self.folder / POINTER} is damaged; run `footnote rollback`")
        return name

    def _complete(self) -> list[Path]:
        if not self._generations.is_dir():
            return []
        return sorted(f for f in self._generations.iterdir() if (f / MANIFEST).is_file())

    def _sources(self) -> list[str]:
        name = self._pointer()
        return read_manifest(self._generations / name).sources if name else []

    def _old_articles(self) -> list[Article]:
        return self.live.articles() if self._pointer() else []

    def _check_encoder(self, manifest: Manifest) -> None:
        built_with = str(manifest.encoder["name"])
        if built_with != self._wanted:
            raise EncoderMismatch(
                f"this library was built with the encoder {built_with!r}, not {self._wanted!r}; "
                f"use --encoder {built_with}, or add the articles into another --library"
            )

    def _read(
        self, files: list[Path], old: dict[str, Article], report: Report, progress: Progress | None
    ) -> dict[str, Article]:
        """Path → article for all files that can be read; a refused file keeps its old version."""
        read: dict[str, Article] = {}
        for done, file in enumerate(files, start=1):
            before = old.get(str(file))
            try:
                article = read_article(file)
            except ReadError as error:
                report.refused[str(file)] = str(error)
                if before:
                    read[str(file)] = before
            else:
                read[article.path] = article
                same = before and before.sha256 == article.sha256
                kind = report.unchanged if same else report.changed if before else report.added
                kind.append(article.file)
            if progress:
                progress("reading", done, len(files))
        return read

    def _build(
        self, articles: list[Article], sources: list[str], report: Report, progress: Progress | None
    ) -> None:
        """Write the next generation and make it live; nothing is written when nothing changed."""
        name, known = self._pointer(), self._sources()
        more = [s for s in sources if not any(Path(s).is_relative_to(k) for k in known)]
        if not report.changes and (name is None or not more):
            return
        names = [f.name for f in self._generations.iterdir()] if self._generations.is_dir() else []
        number = max((int(n) for n in names if n.isdigit()), default=0) + 1
        folder = self._generations / f"{number:06d}"
        try:
            write_generation(
                folder,
                articles,
                self.encoder,
                previous=self.live if name else None,
                sources=sources,
                report=asdict(report),
                progress=progress,
            )
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)  # also on Ctrl-C: the old one is still live
            raise
        self._point_at(folder.name)
        self._clean_up({folder.name, name})

    def _clean_up(self, wanted: set[str | None]) -> None:
        """Delete what builds that died left half done, and all generations but the wanted and the last."""
        complete = sorted(self._complete(), key=lambda folder: (folder.name in wanted, folder.name))
        for folder in set(self._generations.iterdir()) - set(complete[-KEEP_GENERATIONS:]):
            shutil.rmtree(folder, ignore_errors=True)

    def _point_at(self, name: str) -> None:
        new = self.folder / f"{POINTER}.new"
        with new.open("w", encoding="utf-8") as stream:
            stream.write(name + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(self.folder / POINTER)

    @contextlib.contextmanager
    def _building(self) -> Iterator[None]:
        """One builder at a time; the operating system frees the lock of a process that died."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{self.folder}: {error.strerror}; choose another --library") from error
        lock = FileLock(self.folder / "lock", timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            raise LibraryLocked(
                f"another process is adding articles to {self.folder}; wait until it is done"
            ) from error
        except OSError as error:
            raise UsageError(f"{self.folder}: {error.strerror}; choose another --library") from error
        try:
            yield
        finally:
            lock.release()


def _is_below(path: str, roots: Sequence[Path]) -> bool:
    return any(Path(path).is_relative_to(root) for root in roots)


def _is_needed(source: Path, articles: Sequence[Article]) -> bool:
    """Whether `sync` can still read a source, or must complain that its articles lost their files."""
    return source.exists() or any(_is_below(a.path, [source]) for a in articles)
