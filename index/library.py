"""`Library`: a folder of generations and the pointer to the live one.

Readers keep the generation they opened (live.py). A build writes a new one beside it and swaps the pointer
last, so a crash at any instant leaves the old one live. Article identity is the path that was added.
"""

import contextlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from index.archive import Archive
from index.build import Build
from index.embed import DEFAULT_ENCODER, Encoder, Rows
from index.errors import LibraryBroken, LibraryMissing, UsageError
from index.filter import ANY, Allowed
from index.fuse import fuse
from index.generations import POINTER, Generations
from index.live import Live
from index.lock import building
from index.mend import Diagnosis, examine, rescue, tidy
from index.permalink import Found, Permalink
from index.readers import ENDINGS, SUFFIXES, read_articles
from index.report import Report, check_drop, compared
from index.scan import article_files
from index.sources import as_it_was, columns_of, files_of, is_below, is_needed, looked_at
from index.store import MANIFEST, Generation, Listed, Manifest, Progress, read_manifest
from index.text import Article, Hit

# How deep each list goes before they are fused; the evaluation sets gained nothing beyond.
SEARCH_DEPTH = 50


class Library:
    """The articles in one folder: add, remove, roll back, search."""

    def __init__(self, folder: Path, encoder: str = DEFAULT_ENCODER) -> None:
        """Opens nothing yet: a library that does not exist is made by the first `add`."""
        self.folder = folder
        self.archive = Archive(folder)
        self._kept = Generations(folder)
        self._wanted = encoder
        self._encoder: Encoder | None = None
        self._live = Live(self._kept, encoder)

    # --- reading ---------------------------------------------------------------------------------

    @property
    def live(self) -> Generation:
        """The live generation, opened again when the pointer has moved; the newest sound one before it when
        it is damaged (see `damage`).

        Raises LibraryMissing, LibraryBroken, EncoderMismatch. Whoever answers a question takes it once
        and keeps it, so that all parts of the answer come from the same generation.
        """
        return self._live.generation()

    @property
    def damage(self) -> str | None:
        """What is wrong with the generation that should be live, as it was opened last."""
        return self._live.damage

    def search(
        self, query: str, k: int, generation: Generation | None = None, allowed: Allowed = ANY
    ) -> list[Hit]:
        """The `k` passages that fit `query` best, best first: passage vectors, sentence vectors and words,
        fused by rank. `allowed`: the only rows to look at (`generation.catalogue.rows_of(filter)`)."""
        return self.search_row(query, self.embed([query])[0], k, generation or self.live, allowed)

    def search_row(
        self, query: str, row: Rows, k: int, generation: Generation, allowed: Allowed = ANY
    ) -> list[Hit]:
        """As `search`, for a query that is embedded already: `row` is `(dim,)`, of unit length."""
        dense = generation.passage_vectors.search(row, SEARCH_DEPTH, allowed.passages)
        words = generation.search_words(query, SEARCH_DEPTH, allowed.words)
        close = generation.sentence_vectors.search(row, SEARCH_DEPTH, allowed.sentences)
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
            dtype = self.live.manifest.encoder["dtype"] if self._kept.live() else None
            self._encoder = Encoder(self._wanted, dtype=str(dtype) if dtype else None)
        return self._encoder

    def find(self, article: str) -> Article:
        """An article by its ID or the name of its file. Raises UsageError."""
        live = self.live
        ids = live.named(article)
        if not ids:
            raise UsageError(f"no article {article!r} in the library; `footnote list` shows them")
        if len(ids) > 1:
            raise UsageError(f"{len(ids)} articles are called {article!r}; use an ID: {', '.join(ids)}")
        return live.article(ids[0])

    def follow(self, link: Permalink) -> Found:
        """Where a link to a quote leads today. Raises LibraryMissing, LibraryBroken."""
        live = self.live
        try:
            now: Article | None = live.article(link.article)
        except KeyError:
            now = None
        if now and now.sha256.startswith(link.digest):
            return Found("same", now, now)
        if there := live.with_text(link.digest):
            return Found("moved", there, there)
        before = self._recall(link.digest)
        if before is None and now is None:
            return Found("unknown")
        return Found("edited" if now else "removed", before, now)

    def _recall(self, digest: str) -> Article | None:
        """An article that is not live any more, by the beginning of its text's SHA-256: from the generations
        that are kept, else from what answers cite."""
        for name in reversed(self._kept.complete()):
            with contextlib.suppress(LibraryBroken):
                generation = Generation(self._kept.path(name), texts_only=True)
                try:
                    if article := generation.with_text(digest):
                        return article
                finally:
                    generation.close()
        return self.archive.recall(digest)

    @property
    def sources(self) -> list[Path]:
        """The files and folders that `sync` looks at."""
        return [Path(source) for source in self._sources()]

    def diff(self, old: str, new: str) -> Report:
        """How generation `new` differs from `old`, by their numbers. Raises UsageError."""
        return compared(self._listing(old), self._listing(new))

    def _listing(self, name: str) -> list[Listed]:
        full = name.zfill(6)
        if full not in self._kept.complete():
            raise UsageError(f"there is no generation {name}; `footnote history` shows those that are kept")
        generation = Generation(self._kept.path(full), texts_only=True)
        try:
            return generation.listing()
        finally:
            generation.close()

    def history(self) -> list[Manifest]:
        """The manifests of the generations that are kept, newest first; without those that can't be read."""
        manifests = []
        for name in reversed(self._kept.complete()):
            with contextlib.suppress(LibraryBroken):
                manifests.append(read_manifest(self._kept.path(name)))
        return manifests

    # --- writing ---------------------------------------------------------------------------------

    def add(
        self,
        paths: Sequence[Path],
        progress: Progress | None = None,
        *,
        columns: Mapping[str, str] | None = None,
        yes: bool = False,
    ) -> Report:
        """Bring the library up to date with files and folders: new, changed, moved and removed files.

        A file that was added from one of these folders and is gone now is removed from the library;
        files of other folders stay. `columns` names the columns of tables (field → column), and is
        remembered. Raises UsageError for a path that does not exist, and when there is nothing to read and
        nothing to remove, before anything is read; WouldDrop when more than a fifth of the articles would
        go, unless `yes`. Refused files are in the report; an older version of them stays.
        """
        roots = [path.expanduser().resolve() for path in paths]
        found = [next(article_files(root, SUFFIXES), None) for root in roots]  # of each: it may not exist
        if not any(found) and not any(is_below(path, roots) for path in self._known()):
            raise UsageError(
                f"there is no article in {', '.join(map(str, paths))}; files ending in {ENDINGS} are read"
            )
        with building(self.folder):
            # Listed again now that no other process can take in a file that this list would not hold.
            files = files_of(roots, self._known())
            return self._update(roots, files, progress, dict(columns or {}), yes=yes)

    def sync(self, progress: Progress | None = None, *, yes: bool = False) -> Report:
        """`add` all remembered files and folders again. The articles of a source that is gone stay (a disk
        may be missing), and the report says so. Raises UsageError when all are gone."""
        sources = self.sources
        if not sources:
            raise LibraryMissing("nothing was added yet; add articles with `footnote add FOLDER`")
        gone = {
            str(source): f"{source} is gone; `footnote remove` its articles or bring it back"
            for source in sources
            if not source.exists()
        }
        if len(gone) == len(sources):
            raise UsageError(next(iter(gone.values())))
        report = self.add([source for source in sources if str(source) not in gone], progress, yes=yes)
        report.refused |= gone
        return report

    def remove(self, articles: Sequence[str]) -> Report:
        """Remove articles by ID or file name; their files are not touched, so `sync` brings back those
        whose folder is still there. Raises UsageError."""
        gone = {self.find(name).id for name in articles}
        with building(self.folder):
            live = self.live
            listing = live.listing()
            stay = [article.path for article in listing if article.id not in gone]
            paths = {article.path for article in listing if article.id in gone}
            sources = [s for s in self._sources() if s not in paths and is_needed(Path(s), stay)]
            with self._build(None) as build:
                build.keep(live.files())
                build.drop(gone)
                report = build.report()
                report.refused = {}  # nothing was read
                self._go_live(build, report, sources, live.manifest.columns)
        return report

    def rollback(self) -> Manifest:
        """Make the generation that the live one was built from live again; the one before it when that
        can't be told. Raises UsageError when there is none."""
        with building(self.folder):
            live = parent = None
            with contextlib.suppress(LibraryBroken):  # what rollback is for
                live = self._kept.live()
                parent = read_manifest(self._kept.path(live)).parent if live else None
            earlier = [name for name in self._kept.complete() if live is None or name < live]
            if not earlier:
                raise UsageError("there is no earlier generation to go back to")
            name = parent if parent in earlier else earlier[-1]
            manifest = read_manifest(self._kept.path(name))
            self._kept.point_at(name)
        return manifest

    def examine(self) -> Diagnosis:
        """What is wrong with the files on disk; changes nothing. Raises LibraryMissing."""
        return examine(self._kept)

    def mend(self, progress: Progress | None = None) -> Diagnosis:
        """Put right what is wrong, as far as it can be: see mend.py. Raises LibraryMissing, LibraryLocked."""
        self.examine()  # where there is no library, none is made
        with building(self.folder):
            found = self.examine()
            sources = [source for source in self._told_sources() if source.exists()]
            reread = not (found.well or self._revive(found, progress)) and bool(sources)
            if not reread or found.sound:
                tidy(self._kept, found, self._kept.live())
        if reread:
            report = self.add(sources, progress, yes=True)
            found.done.append(f"the files were read again: {report.line}")
            with building(self.folder):
                tidy(self._kept, found, self._kept.live())
        found.live = self._kept.live()
        if found.live is None:
            raise LibraryBroken("no generation is sound and the files are gone; add the articles again")
        return found

    def _revive(self, found: Diagnosis, progress: Progress | None) -> bool:
        """Make a sound generation live; whether it holds all that the damaged one did."""
        encoder = self._encoder or Encoder(self._wanted)
        if rescue(self._kept, found, encoder, progress):
            return True
        if found.sound:
            self._kept.point_at(found.sound[-1])
            found.done.append(f"generation {found.sound[-1]} is live again")
        else:
            (self.folder / POINTER).unlink(missing_ok=True)
        self._live.forget()
        return False

    def _told_sources(self) -> list[Path]:
        """What the newest manifest that can be read remembers, one of another format too."""
        for name in reversed(self._kept.complete()):
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                told = json.loads((self._kept.path(name) / MANIFEST).read_text(encoding="utf-8"))
                return [Path(source) for source in told["sources"]]
        return []

    # --- inside ----------------------------------------------------------------------------------

    def _update(
        self,
        roots: list[Path],
        files: list[str],
        progress: Progress | None,
        columns: dict[str, str],
        *,
        yes: bool,
    ) -> Report:
        """What `add` does once it holds the lock."""
        live = self.live if self._kept.live() else None
        known = live.files() if live else {}
        named = dict(live.manifest.columns) if live else {}
        named |= {str(root): columns for root in roots} if columns else {}
        seen, changed, refused = looked_at(files, {path: seen for path, (seen, _) in known.items()})
        asked = {str(root) for root in roots} - (live.containers() if live else set())
        read = list(seen) if columns else [*changed, *(f for f in seen if f in asked and f not in changed)]
        gone = {path for path in known if is_below(path, roots) and path not in seen and path not in refused}
        before = self._sources()
        known_roots = [Path(source) for source in before]
        if live and not read and not gone and all(is_below(str(root), known_roots) for root in roots):
            return as_it_was(live, roots, refused)
        with self._build(progress) as build:
            build.keep(known.keys() - gone - set(read))
            build.saw(seen[path] for path in seen.keys() & known.keys() if seen[path] != known[path][0])
            for done, file in enumerate(read, start=1):
                articles = read_articles(Path(file), columns_of(file, named))
                build.put(seen[file], articles, asked=Path(file) in roots)
                if progress:
                    progress("reading", done, len(read))
            report = build.report(lambda path: is_below(path, roots))
            report.refused |= refused
            # A file that was refused is not asked for again; a folder is, once it has given an article.
            useful = [str(r) for r in roots if any(is_below(path, [r]) for path in build.containers())]
            sources = sorted({*before, *useful})
            more = [s for s in sources if not is_below(s, known_roots)]
            if not report.changes and (live is None or not (more or columns)):
                build.discard()
                return report
            if live and not yes:
                check_drop(report, live.count)
            self._go_live(build, report, sources, named)
        return report

    def _known(self) -> list[str]:
        """The files of the live generation."""
        return list(self.live.files()) if self._kept.live() else []

    def _build(self, progress: Progress | None) -> Build:
        """The next generation, to be written."""
        previous = self.live if self._kept.live() else None
        return Build(self._kept.new(), lambda: self.encoder, previous, progress)

    def _go_live(
        self, build: Build, report: Report, sources: list[str], columns: dict[str, dict[str, str]]
    ) -> None:
        before = self._kept.live()
        build.finish(report, sources, columns)
        self._live.trust(build.folder.name)
        self._kept.point_at(build.folder.name)
        self._kept.clean_up({build.folder.name, before})

    def _sources(self) -> list[str]:
        return self.live.manifest.sources if self._kept.live() else []
