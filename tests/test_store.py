"""One generation on disk: what is written is what is opened, and damage is noticed."""

import datetime as dt
import hashlib
import json
import resource
import string
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.build import write_generation
from index.embed import Encoder, Progress, Rows
from index.errors import LibraryBroken, LibraryError
from index.passages import split_passages
from index.rows import embedded_text
from index.store import FILES, FORMAT, MANIFEST, Generation, read_manifest
from index.text import Article, Sentence

LETTERS = string.ascii_letters + "é漢שß😀"
SENTENCES = st.lists(st.text(LETTERS, min_size=1, max_size=9), min_size=1, max_size=8).map(
    lambda words: " ".join(words).capitalize() + ". "
)


@st.composite
def articles(draw: st.DrawFn) -> list[Article]:
    """Up to four articles with different IDs and texts; titles and dates may be absent."""
    texts = draw(st.lists(st.lists(SENTENCES, min_size=1, max_size=4).map("".join), max_size=4, unique=True))
    return [
        Article(
            id=f"id{n}",
            file=f"{draw(st.sampled_from('ab'))}.txt",
            path=f"/folder{n}/é.txt",
            text=text,
            title=draw(st.sampled_from([None, "Ferry back", "Évian’s 漢字"])),
            date=draw(st.sampled_from([None, dt.date(1, 1, 1), dt.date(2022, 5, 6)])),
            source=draw(st.sampled_from([None, "The Harbour Post"])),
            url=draw(st.sampled_from([None, "https://example.org/a?b=c&d"])),
        )
        for n, text in enumerate(texts)
    ]


class CountingEncoder(Encoder):
    """The real encoder, which remembers what it was asked to embed."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Rows:
        self.asked += texts
        return super().embed(texts, progress)


class RetrainedEncoder(CountingEncoder):
    """The same name, other weights."""

    @property
    def fingerprint(self) -> dict[str, str | int]:
        return {**super().fingerprint, "weights": "0123456789abcdef"}


@pytest.fixture(scope="module")
def counting() -> CountingEncoder:
    return CountingEncoder()


TWO = [
    Article("id0", "a.txt", "/a.txt", "It rained. The ferry sailed.", title="Ferry back"),
    Article("id1", "b.txt", "/b.txt", "Snow fell. It rained.", date=dt.date(2022, 5, 6)),
]


@pytest.fixture(scope="module")
def written(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a small generation, to be damaged in a copy; large enough for several pages."""
    many = Article("id2", "c.txt", "/c.txt", " ".join(f"Boat {n} sailed." for n in range(600)))
    folder = tmp_path_factory.mktemp("generation") / "000001"
    write_generation(folder, [*TWO, many], encoder, previous=None)
    return {name: (folder / name).read_bytes() for name in (*FILES, MANIFEST)}


@pytest.fixture
def folder(written: dict[str, bytes], tmp_path: Path) -> Path:
    copy = tmp_path / "000001"
    copy.mkdir()
    for name, data in written.items():
        (copy / name).write_bytes(data)
    return copy


def use_everything(folder: Path) -> None:
    generation = Generation(folder)
    for article in generation.articles():
        generation.sentences(article.id)
    for row in range(generation.manifest.passages):
        generation.passage(row)
    for n in range(600):
        generation.keywords.search(f"boat {n}", 3)
    generation.passage_vectors.rows(range(generation.manifest.passages))
    generation.sentence_vectors.rows(range(generation.manifest.sentences))


# --- write, open --------------------------------------------------------------------------------


@given(articles())
@settings(max_examples=15)
def test_what_is_opened_is_what_was_written(
    encoder: Encoder, tmp_path_factory: pytest.TempPathFactory, given_articles: list[Article]
):
    folder = tmp_path_factory.mktemp("generation") / "000001"
    manifest = write_generation(folder, given_articles, encoder, previous=None, sources=["/a"])
    generation = Generation(folder)
    assert generation.manifest == manifest == read_manifest(folder)
    assert generation.verify() == []
    assert sorted(generation.articles(), key=lambda a: a.id) == given_articles

    texts: list[str] = []
    sentences: list[tuple[int, str, Sentence]] = []
    for article in given_articles:
        assert generation.article(article.id) == article
        for passage in split_passages(article, encoder.count_tokens, encoder.window_tokens):
            assert generation.passage(len(texts)) == passage
            texts.append(embedded_text(article.header, article.quote(passage.span)))
        own = generation.sentences(article.id)
        assert [row for row, _ in own] == list(range(len(sentences), len(sentences) + len(own)))
        sentences += [(row, article.quote(s), s) for row, s in own]
    assert (manifest.articles, manifest.passages) == (len(given_articles), len(texts))
    assert manifest.sentences == len(sentences) == len(generation.sentence_vectors)

    stored = generation.passage_vectors.rows(range(len(texts)))
    assert np.abs(stored - encoder.embed(texts)).max(initial=0) < 2e-3
    stored = generation.sentence_vectors.rows(range(len(sentences)))
    assert np.abs(stored - encoder.embed([t for _, t, _ in sentences])).max(initial=0) < 2e-3
    generation.close()


def test_articles_come_by_date_undated_ones_last_then_by_file(encoder: Encoder, tmp_path: Path):
    day = dt.date(2022, 5, 6)
    given_articles = [
        Article("id0", "b.txt", "/b", "It rained once."),
        Article("id1", "c.txt", "/c", "It rained twice.", date=day),
        Article("id2", "a.txt", "/a", "It rained."),
        Article("id3", "z.txt", "/z", "It rained all day.", date=dt.date(987, 1, 1)),
        Article("id4", "a.txt", "/y", "It rained again.", date=day),
    ]
    write_generation(tmp_path / "000001", given_articles, encoder, previous=None)
    ordered = Generation(tmp_path / "000001").articles()
    assert [a.id for a in ordered] == ["id3", "id4", "id1", "id2", "id0"]


def test_the_passages_of_sentences_come_in_the_order_asked_each_once(folder: Path):
    generation = Generation(folder)
    last = generation.manifest.passages - 1
    rows = [row for row, _ in generation.sentences("id2")]
    assert last > 3
    holders = generation.passages_of_sentences([rows[-1], rows[0], rows[-1], rows[1]])
    assert holders == [last, 2]  # rows 0 and 1 are the passages of the two short articles
    shared = generation.passage(2).sentences[-1]  # the overlap stands in two passages
    (row,) = [row for row, s in generation.sentences("id2") if s == shared]
    assert generation.passages_of_sentences([row]) == [2, 3]
    assert generation.passages_of_sentences([]) == []


def test_an_article_that_is_not_there_is_a_key_error(folder: Path):
    generation = Generation(folder)
    with pytest.raises(KeyError, match="id9"):
        generation.article("id9")
    assert generation.sentences("id9") == []


def test_the_manifest_tells_what_was_built(encoder: Encoder, tmp_path: Path):
    first = write_generation(tmp_path / "000001", TWO, encoder, previous=None, sources=["/a", "/b"])
    assert first.encoder == encoder.fingerprint
    assert (first.format, first.generation, first.parent) == (FORMAT, "000001", None)
    assert first.sources == ["/a", "/b"]
    assert (first.articles, first.passages, first.sentences) == (2, 2, 4)
    age = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(first.created)
    assert dt.timedelta() <= age < dt.timedelta(minutes=1)
    assert first.checksums == {
        name: hashlib.sha256((tmp_path / "000001" / name).read_bytes()).hexdigest() for name in FILES
    }
    previous = Generation(tmp_path / "000001")
    assert write_generation(tmp_path / "000002", [], encoder, previous=previous).parent == "000001"


def test_progress_counts_each_kind_of_work_up_to_all_of_it(counting: CountingEncoder, tmp_path: Path):
    seen: list[tuple[str, int, int]] = []
    write_generation(
        tmp_path / "000001",
        TWO,
        counting,
        previous=None,
        progress=lambda what, done, of: seen.append((what, done, of)),
    )
    assert seen == [
        ("splitting", 1, 2),
        ("splitting", 2, 2),
        ("embedding passages", 2, 2),
        ("embedding sentences", 3, 3),  # "It rained." stands in both articles and is embedded once
        ("comparing", 1, 2),
        ("comparing", 2, 2),
    ]


def test_a_folder_that_exists_is_never_written_into(encoder: Encoder, folder: Path):
    before = {f.name: f.read_bytes() for f in folder.iterdir()}
    with pytest.raises(LibraryError, match="exists"):
        write_generation(folder, TWO, encoder, previous=None)
    assert {f.name: f.read_bytes() for f in folder.iterdir()} == before


# --- rows are reused ----------------------------------------------------------------------------


def test_only_texts_that_the_previous_generation_lacks_are_embedded(
    counting: CountingEncoder, tmp_path: Path
):
    write_generation(tmp_path / "000001", TWO, counting, previous=None)
    first = Generation(tmp_path / "000001")
    counting.asked.clear()
    new = Article("id9", "0.txt", "/0.txt", "Fog lifted. Snow fell.")
    write_generation(tmp_path / "000002", [new, *TWO], counting, previous=first)
    assert counting.asked == ["Fog lifted. Snow fell.", "Fog lifted."]

    second = Generation(tmp_path / "000002")
    old_rows = [row for a in TWO for row, _ in first.sentences(a.id)]
    new_rows = [row for a in TWO for row, _ in second.sentences(a.id)]
    assert old_rows != new_rows  # other places, the very same numbers
    assert np.array_equal(second.sentence_vectors.rows(new_rows), first.sentence_vectors.rows(old_rows))


def test_a_header_that_changed_is_embedded_again_with_its_passages_but_not_with_its_sentences(
    counting: CountingEncoder, tmp_path: Path
):
    write_generation(tmp_path / "000001", TWO, counting, previous=None)
    counting.asked.clear()
    dated = Article("id0", "a.txt", "/a.txt", TWO[0].text, title="Ferry gone")
    write_generation(tmp_path / "000002", [dated], counting, previous=Generation(tmp_path / "000001"))
    assert counting.asked == ["Ferry gone\nIt rained. The ferry sailed."]


def test_no_row_is_reused_when_the_encoder_has_other_weights(counting: CountingEncoder, tmp_path: Path):
    write_generation(tmp_path / "000001", TWO, counting, previous=None)
    retrained = RetrainedEncoder()
    manifest = write_generation(tmp_path / "000002", TWO, retrained, previous=Generation(tmp_path / "000001"))
    assert len(retrained.asked) == 2 + 3
    assert (manifest.encoder["weights"], manifest.parent) == ("0123456789abcdef", "000001")


# --- damage -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_one_flipped_bit_anywhere_is_found_by_verify(folder: Path, name: str):
    generation = Generation(folder)
    assert generation.verify() == []
    data = (folder / name).read_bytes()
    for place in (0, len(data) // 2, len(data) - 1):
        flipped = bytearray(data)
        flipped[place] ^= 1
        (folder / name).write_bytes(flipped)
        assert generation.verify() == [name]
    (folder / name).write_bytes(data)
    assert generation.verify() == []


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
@pytest.mark.parametrize("damage", ["missing", "empty", "half", "garbage"])
def test_a_damaged_file_is_a_broken_library_in_one_line(folder: Path, name: str, damage: str):
    file = folder / name
    data = file.read_bytes()
    if damage == "missing":
        file.unlink()
    else:
        garbage = b"neither a database nor an index\n" * 50
        file.write_bytes({"empty": b"", "half": data[: len(data) // 2], "garbage": garbage}[damage])
    with pytest.raises(LibraryBroken) as broken:
        use_everything(folder)
    assert "run `footnote doctor`" in str(broken.value)
    assert "\n" not in str(broken.value)


def test_the_undamaged_copy_works(folder: Path):
    use_everything(folder)


@pytest.mark.parametrize("text", ["[]", "null", "3", f'{{"format": {FORMAT}}}', '"text"'])
def test_a_manifest_of_another_shape_is_a_broken_library(folder: Path, text: str):
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    with pytest.raises(LibraryBroken, match=r"000001/manifest.json can't be read"):
        Generation(folder)


def test_a_later_format_says_so_whatever_else_it_holds(folder: Path):
    later = {**json.loads((folder / MANIFEST).read_text("utf-8")), "format": FORMAT + 1, "new": 1}
    (folder / MANIFEST).write_text(json.dumps(later), encoding="utf-8")
    with pytest.raises(LibraryBroken, match=f"has format {FORMAT + 1}, this Footnote reads {FORMAT}"):
        Generation(folder)


def test_the_manifest_on_disk_is_json_of_the_manifest(folder: Path):
    read = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    assert read == asdict(read_manifest(folder))


# --- a disk that is full ------------------------------------------------------------------------


@contextmanager
def files_end_at(size: int) -> Iterator[None]:
    """No file grows beyond `size` bytes: what a full disk looks like to a program."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(
    ("size", "reason"),
    [(1000, "disk"), (40_000, "sentences.faiss could not be written whole")],
)
def test_a_full_disk_is_reported_in_one_line_and_leaves_no_manifest(
    encoder: Encoder, tmp_path: Path, size: int, reason: str
):
    """1,000 bytes stop the first database; 40,000 the rows of 60 sentences, of 768 bytes each."""
    many = Article("id0", "a.txt", "/a.txt", " ".join(f"Boat {n} sailed." for n in range(60)))
    encoder.embed(["loaded before the limit"])
    with files_end_at(size), pytest.raises(LibraryError, match=reason) as full:
        write_generation(tmp_path / "000001", [many], encoder, previous=None)
    assert str(full.value).startswith("the library can't be written (")
    assert "\n" not in str(full.value)
    assert not (tmp_path / "000001" / MANIFEST).exists()
