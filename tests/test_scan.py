"""Which files of a folder are taken, `.footnoteignore` beside git itself, unchanged and moved files."""

import logging
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.errors import ReadError, UsageError
from index.scan import IGNORE_FILE, Seen, article_files, look, matters, moved

TEXT = frozenset({".txt", ".md"})
GIT = shutil.which("git")


def write(folder: Path, *names: str) -> None:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name, encoding="utf-8")


def names(folder: Path, suffixes: frozenset[str] = TEXT) -> list[str]:
    return [file.relative_to(folder).as_posix() for file in article_files(folder, suffixes)]


# --- what is taken ---------------------------------------------------------------------------------


def test_a_folder_gives_its_files_sorted_and_leaves_out_hidden_ones_and_readmes(tmp_path: Path):
    kept = ["A.TXT", "a/b/c.md", "a/b.txt", "a/é.txt", "b.txt"]
    write(
        tmp_path, *kept, ".hidden.txt", ".git/x.txt", "a/ReadMe.txt", "README.md", "b.bin", "txt", "~$b.txt"
    )
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "broken.txt").symlink_to(tmp_path / "nowhere")
    (tmp_path / "circle.txt").symlink_to(tmp_path / "circle.txt")
    os.mkfifo(tmp_path / "pipe.txt")
    assert names(tmp_path) == kept == [p.as_posix() for p in sorted(map(Path, kept))]


def test_a_file_that_is_named_itself_is_taken_and_a_hidden_folder_is_walked(tmp_path: Path):
    write(tmp_path, ".a/README.bin", ".a/b.txt")
    assert list(article_files(tmp_path / ".a/README.bin", TEXT)) == [tmp_path / ".a/README.bin"]
    assert names(tmp_path / ".a") == ["b.txt"]


def test_a_path_that_does_not_exist_is_wrong_use(tmp_path: Path):
    write(tmp_path, "a.txt")
    for path in (tmp_path / "nothing", tmp_path / "a.txt" / "b"):
        with pytest.raises(UsageError, match="no such file or folder; check the path"):
            list(article_files(path, TEXT))
    with pytest.raises(UsageError, match="neither a file nor a folder"):
        list(article_files(Path("/dev/null"), TEXT))


def test_a_linked_folder_is_read_once_and_last_and_never_in_a_circle(tmp_path: Path):
    write(tmp_path, "in/a.txt", "in/z/b.txt", "out/c.txt", "out/d/e.txt")
    source = tmp_path / "in"
    (source / "again").symlink_to(source / "z")
    (source / "z" / "up").symlink_to(source)
    (source / "b-out").symlink_to(tmp_path / "out")
    (source / "c-out").symlink_to(tmp_path / "out" / "d")
    (tmp_path / "out" / "back").symlink_to(tmp_path)
    assert names(source) == ["a.txt", "z/b.txt", "b-out/c.txt", "b-out/d/e.txt"]


def test_a_linked_file_counts_under_the_name_of_the_link(tmp_path: Path):
    write(tmp_path, "in/a.txt", "out/.b/data")
    (tmp_path / "in" / "b.txt").symlink_to(tmp_path / "out" / ".b" / "data")
    assert names(tmp_path / "in") == ["a.txt", "b.txt"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_without_leave_to_read_is_told_and_the_rest_is_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    write(tmp_path, "a.txt", "b/c.txt", "d.txt")
    (tmp_path / "b").chmod(0)
    _told(tmp_path, caplog, "Permission denied")
    (tmp_path / "b").chmod(0o700)


def test_a_folder_that_can_not_be_read_is_told_and_the_rest_is_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    """It vanishes while the walk is on its way there."""
    write(tmp_path, "a.txt", "b/c.txt", "d.txt")
    _told(tmp_path, caplog, "No such file or directory", vanishes=tmp_path / "b")


def _told(folder: Path, caplog: pytest.LogCaptureFixture, reason: str, vanishes: Path | None = None) -> None:
    lost: list[Path] = []
    walk = article_files(folder, TEXT, lost)
    with caplog.at_level(logging.WARNING, "index.scan"):
        assert next(walk) == folder / "a.txt"
        if vanishes:
            shutil.rmtree(vanishes)
        assert list(walk) == [folder / "d.txt"]
    assert lost == [folder / "b"]
    assert caplog.messages == [f"{folder / 'b'}: can't be read ({reason}); its articles are not looked at"]


def test_ten_thousand_files_are_found_in_well_under_a_second(tmp_path: Path):
    for number in range(100):
        write(tmp_path, *(f"{number:03d}/{file:03d}.txt" for file in range(100)))
    (tmp_path / IGNORE_FILE).write_text("*.log\ndrafts/\n!keep.txt\n/099\n", encoding="utf-8")
    begun = time.perf_counter()
    found = list(article_files(tmp_path, TEXT))
    seconds = time.perf_counter() - begun
    assert len(found) == 9900
    assert seconds < 1  # 0.15 s alone on one core; the machine of the tests has other work


# --- .footnoteignore -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "kept"),
    [
        ("", "a.txt d/a.txt d/b.txt d/e/a.txt e.txt"),
        ("a.txt", "d/b.txt e.txt"),
        ("/a.txt", "d/a.txt d/b.txt d/e/a.txt e.txt"),
        ("d/a.txt", "a.txt d/b.txt d/e/a.txt e.txt"),
        ("e/", "a.txt d/a.txt d/b.txt e.txt"),
        ("e*", "a.txt d/a.txt d/b.txt"),
        ("e.txt/", "a.txt d/a.txt d/b.txt d/e/a.txt e.txt"),
        ("d/**/a.txt", "a.txt d/b.txt e.txt"),
        ("**/e/**", "a.txt d/a.txt d/b.txt e.txt"),
        ("*\n!e.txt", "e.txt"),
        ("*\n!/d/\n!b.txt", "d/b.txt"),
        ("*\n!*/\n!a.txt", "a.txt d/a.txt d/e/a.txt"),
        ("/d/*\n!/d/e", "a.txt d/e/a.txt e.txt"),
        ("/d/**\n!/d/b.txt", "a.txt d/b.txt e.txt"),
        ("/d/\n!/d/b.txt", "a.txt e.txt"),  # a folder that is left out stays shut
        ("# a.txt\n\n  \n\\#x\r\ne.txt\r\n", "a.txt d/a.txt d/b.txt d/e/a.txt"),
        ("\ufeffa.txt", "d/b.txt e.txt"),
        ("[!a].txt", "a.txt d/a.txt d/e/a.txt"),
        ("?.txt", ""),
    ],
)
def test_an_ignore_file_means_what_it_means_to_git(tmp_path: Path, rules: str, kept: str):
    write(tmp_path, "a.txt", "d/a.txt", "d/b.txt", "d/e/a.txt", "e.txt")
    (tmp_path / IGNORE_FILE).write_bytes(rules.encode())
    assert names(tmp_path) == kept.split()


def test_an_ignore_file_further_down_has_the_last_word_on_what_is_below_it(tmp_path: Path):
    write(tmp_path, "a.txt", "d/a.txt", "d/b.txt", "d/e/a.txt", "d/e/b.txt")
    (tmp_path / IGNORE_FILE).write_text("a.txt\n/d/e/b.txt\n", encoding="utf-8")
    (tmp_path / "d" / IGNORE_FILE).write_text("!a.txt\n/b.txt\n", encoding="utf-8")
    assert names(tmp_path) == ["d/a.txt", "d/e/a.txt"]
    assert names(tmp_path / "d") == ["a.txt", "e/a.txt", "e/b.txt"]  # what is above the source does not count


def test_a_line_that_is_no_pattern_is_told_and_the_others_hold(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    write(tmp_path, "a.txt", "b.txt")
    (tmp_path / IGNORE_FILE).write_text("x\\\na.txt\n", encoding="utf-8")
    assert names(tmp_path) == ["b.txt"]
    assert len(caplog.messages) == 1 and "is not a pattern" in caplog.text


PARTS = st.sampled_from(
    ["a", "b", "ab", "c.txt", "*", "**", "a*", "?", "[ab]", "[!a]", "*.txt", "c.*", "a**b", "\\a", "é", ""]
)
LINES = st.builds(
    lambda no, start, parts, end: no + start + "/".join(parts) + end,
    st.sampled_from(["", "", "!"]),
    st.sampled_from(["", "", "/"]),
    st.lists(PARTS, min_size=1, max_size=3),
    st.sampled_from(["", "", "/", " "]),
)
RULES = st.lists(LINES, max_size=4).map("\n".join)
TREE = ["a", "b.txt", "c.txt", "é"]


@pytest.mark.skipif(GIT is None, reason="git is not installed")
@given(rules=st.fixed_dictionaries({"": RULES, "a": RULES, "a/b": RULES}))
@example(rules={"": "*\n!a\n!c.txt", "a": "", "a/b": ""})
@example(rules={"": "a\n!/a/", "a": "", "a/b": ""})
@example(rules={"": "a/**\n!a/b/", "a": "*/\n!b/\nc.txt", "a/b": "!c.txt"})
def test_the_same_files_are_left_out_as_by_git(rules: dict[str, str]):
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        for folder in ("a/a", "a/b", "a/b/a", "b", "ab/a"):
            write(root, *(f"{folder}/{name}" for name in ("c.txt", "b.txt", "é.txt", "ab.txt")))
        write(root, "c.txt", "a.txt", "[ab].txt")
        for folder, text in rules.items():
            (root / folder / IGNORE_FILE).write_text(text, encoding="utf-8")
        git = subprocess.run(
            ["git", "ls-files", "--others", "-z", f"--exclude-per-directory={IGNORE_FILE}"],
            cwd=_repository(root), capture_output=True, check=True,
        )  # fmt: skip
        listed = {name for name in git.stdout.decode().split("\0") if name.endswith(".txt")}
        assert set(names(root)) == listed
        everything = [file for file in root.rglob("*.txt") if ".git" not in file.parts]
        assert {f.relative_to(root).as_posix() for f in everything if matters(f, root, TEXT)} == listed


def _repository(root: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", "--template="], cwd=root, check=True)
    return root


def test_a_change_matters_where_it_may_change_what_is_taken(tmp_path: Path):
    write(tmp_path, "a.txt", "a.log", ".b.txt", ".c/a.txt", "d/README.txt", "drafts/a.txt", "e/a.txt")
    (tmp_path / IGNORE_FILE).write_text("drafts/\n", encoding="utf-8")
    (tmp_path / "e" / IGNORE_FILE).write_text("/a.txt\n", encoding="utf-8")
    names = [
        "", "a.txt", "d", "e", IGNORE_FILE, f"e/{IGNORE_FILE}", "gone.txt", "gone", "gone/deep/b.txt",
        "a.log", ".b.txt", ".c", ".c/a.txt", "d/README.txt", "drafts", "drafts/a.txt", "e/a.txt",
        f".c/{IGNORE_FILE}", f"drafts/{IGNORE_FILE}", ".gone", "drafts/gone", "e/a.txt/gone",
    ]  # fmt: skip
    assert [name for name in names if matters(tmp_path / name, tmp_path, TEXT)] == names[:9]


# --- what has changed ------------------------------------------------------------------------------


def settled(file: Path, before: Seen | None = None) -> Seen:
    """`look`, once the file is old enough; it is made so by its remembered state, not by waiting."""
    seen, _ = look(str(file), before)
    return Seen(seen.path, seen.size, seen.mtime_ns, seen.ctime_ns, seen.inode, seen.sha256, settled=True)


def test_a_settled_file_with_the_same_times_is_not_read_again(tmp_path: Path):
    file = tmp_path / "a.txt"
    file.write_text("one", encoding="utf-8")
    before = settled(file)
    told = Seen(
        file.as_posix(), 3, before.mtime_ns, before.ctime_ns, before.inode, "remembered", settled=True
    )
    assert look(str(file), told) == (told, False)


def test_a_file_that_was_just_written_is_read_again_next_time(tmp_path: Path):
    """Two writes within one tick of the file system's clock leave the same times."""
    file = tmp_path / "a.txt"
    file.write_text("one", encoding="utf-8")
    before, new = look(str(file), None)
    assert new and not before.settled
    now = file.stat()
    other = Seen(before.path, 3, now.st_mtime_ns, now.st_ctime_ns, now.st_ino, "other bytes", settled=False)
    after, changed = look(str(file), other)
    assert changed and after == before
    assert look(str(file), before) == (before, False)


def test_a_file_becomes_settled_when_it_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "a.txt"
    file.write_text("one", encoding="utf-8")
    before, _ = look(str(file), None)
    later = time.time_ns() + 3_000_000_000
    monkeypatch.setattr(time, "time_ns", lambda: later)
    after, changed = look(str(file), before)
    assert after.settled and not before.settled and not changed


def test_other_bytes_of_the_same_size_and_time_are_noticed(tmp_path: Path):
    file = tmp_path / "a.txt"
    file.write_text("one", encoding="utf-8")
    times = (file.stat().st_atime_ns, file.stat().st_mtime_ns)
    before = settled(file)
    time.sleep(0.02)  # the kernel's clock has ticked
    file.write_text("two", encoding="utf-8")
    os.utime(file, ns=times)
    after, changed = look(str(file), before)
    assert changed and after.mtime_ns == before.mtime_ns and after.size == before.size


def test_other_bytes_in_another_file_of_the_same_name_are_noticed(tmp_path: Path):
    """An editor writes a new file and renames it."""
    file, new = tmp_path / "a.txt", tmp_path / "b.txt"
    file.write_text("one", encoding="utf-8")
    before = settled(file)
    new.write_text("two", encoding="utf-8")
    os.utime(new, ns=(before.mtime_ns, before.mtime_ns))
    new.replace(file)
    assert look(str(file), before)[1]


def test_a_file_that_was_only_touched_has_not_changed(tmp_path: Path):
    file = tmp_path / "a.txt"
    file.write_text("one", encoding="utf-8")
    before = settled(file)
    os.utime(file, (1, 1))
    after, changed = look(str(file), before)
    assert not changed and after.mtime_ns == 1_000_000_000 and after.sha256 == before.sha256


def test_the_hash_is_that_of_the_bytes(tmp_path: Path):
    file = tmp_path / "a.txt"
    file.write_bytes(b"abc")
    seen, new = look(str(file), None)
    assert new and seen.path == str(file) and seen.size == 3
    assert seen.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_file_that_can_not_be_read_is_refused_by_name(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.txt")
    for name, reason in [
        ("gone.txt", r"gone.txt: can't be read \(No such file or directory\)"),
        ("pipe.txt", "pipe.txt: not a file"),
        (os.fsdecode(b"\xe9.txt"), r"\\udce9.txt: can't be read"),
    ]:
        with pytest.raises(ReadError, match=reason):
            look(str(tmp_path / name), None)


# --- what has moved --------------------------------------------------------------------------------


def test_copies_of_the_same_bytes_keep_their_names_where_they_can():
    gone = {"/a/1": "x", "/a/2": "x", "/a/3": "x", "/a/4": "y"}
    new = {"/b/9": "x", "/b/2": "x", "/b/5": "z"}
    assert moved(gone, new) == {"/a/2": "/b/2", "/a/1": "/b/9"}


HASHES = st.dictionaries(st.sampled_from("abcdefgh").map("/{0}/n".format), st.sampled_from("xyz"))
NEW_HASHES = st.dictionaries(st.sampled_from("abcdefgh").map("/new/{0}".format), st.sampled_from("xyz"))


@given(gone=HASHES, new=NEW_HASHES, seed=st.randoms(use_true_random=False))
def test_moves_are_one_to_one_of_the_same_bytes_as_many_as_there_are_in_any_order(gone, new, seed):
    found = moved(gone, new)
    assert all(gone[old] == new[path] for old, path in found.items())
    assert len(set(found.values())) == len(found)
    for digest in "xyz":
        pairs = [old for old in found if gone[old] == digest]
        assert len(pairs) == min(list(gone.values()).count(digest), list(new.values()).count(digest))
    shuffled = list(gone.items()), list(new.items())
    for part in shuffled:
        seed.shuffle(part)
    assert moved(dict(shuffled[0]), dict(shuffled[1])) == found
