"""ZIP archives → the articles in them; bombs, links, passwords and names that point elsewhere are refused."""

import io
import json
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from index.readers import Refused, packed
from index.text import Article, short_hash
from tests.test_readers import articles, read, refusal
from tests.test_readers_page import HEAD, RSS, page
from tests.test_readers_paper import HEADERS, PLAIN, pdf, word

TEXT = "It rained all week. The ferry did not sail."


def archive(members: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP of members in this order."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return stream.getvalue()


def split(items: list[Article | Refused]) -> tuple[dict[str, Article], dict[str, str]]:
    """What was read and what was refused, by name."""
    found = {item.file: item for item in items if isinstance(item, Article)}
    return found, {
        item.path.partition("/a.zip")[2]: item.reason for item in items if isinstance(item, Refused)
    }


def test_every_format_is_read_out_of_an_archive(tmp_path: Path):
    members: dict[str, str | bytes] = {
        "notes/a.txt": TEXT,
        "b.md": f"---\ndate: 2022-05-06\n---\n{TEXT}",
        "c.html": page(HEAD),
        "d.pdf": bytes(pdf([TEXT]).output()),
        "e.docx": word(),
        "f.eml": HEADERS + PLAIN,
        "g.rss": RSS,
        "h.csv": f"id,text\n1,{TEXT}\n2,{TEXT} Again.\n",
        "i.jsonl": json.dumps({"id": 7, "text": TEXT}),
        "j.mbox": f"From a\n{HEADERS}{PLAIN}",
    }
    found, refused = split(read(tmp_path, "a.zip", archive(members)))
    assert list(found) == [
        "a.zip!/notes/a.txt", "a.zip!/b.md", "a.zip!/c.html", "a.zip!/d.pdf", "a.zip!/e.docx", "a.zip!/f.eml",
        "a.zip!/g.rss!/bell-1", "a.zip!/g.rss!/https://bell.example/2", "a.zip!/h.csv!/1", "a.zip!/h.csv!/2",
        "a.zip!/i.jsonl!/7", "a.zip!/j.mbox!/1@bell.example",
    ]  # fmt: skip
    assert list(refused) == ["!/g.rss!/entry 3"]  # the one without text
    article = found["a.zip!/h.csv!/2"]
    assert article.path == f"{tmp_path.resolve()}/a.zip!/h.csv!/2"
    assert article.id == short_hash(article.path)


def test_an_article_reads_the_same_in_an_archive_and_beside_it(tmp_path: Path):
    for name, data in {
        "c.html": page(HEAD).encode(),
        "d.pdf": bytes(pdf([TEXT] * 9).output()),
        "e.docx": word(),
    }.items():
        (outside,) = articles(tmp_path, name, data)
        (inside,) = articles(tmp_path, "a.zip", archive({name: data}))
        assert inside.sha256 == outside.sha256
        assert (inside.title, inside.body_start, inside.page_starts) == (
            outside.title, outside.body_start, outside.page_starts,
        )  # fmt: skip


def test_what_a_folder_leaves_out_is_left_out_of_an_archive(tmp_path: Path):
    members: dict[str, str | bytes] = {
        "README.md": "x",
        ".hidden.txt": "x",
        "__MACOSX/._a.txt": "x",
        "a.png": "x",
    }
    assert refusal(tmp_path, "a.zip", archive(members)) == (
        "a.zip: none of its 4 files can be read; the archive was left out"
    )
    found, refused = split(read(tmp_path, "a.zip", archive({**members, "a.txt": TEXT})))
    assert (list(found), refused) == (["a.zip!/a.txt"], {})


@pytest.mark.parametrize(
    "name", ["../a.txt", "/etc/a.txt", "b/../../a.txt", "..\\a.txt", "C:\\a.txt", "\\a.txt"]
)
def test_a_name_that_points_out_of_the_archive_is_refused(tmp_path: Path, name: str):
    found, refused = split(read(tmp_path, "a.zip", archive({name: TEXT, "good.txt": TEXT})))
    assert list(found) == ["a.zip!/good.txt"]
    (reason,) = refused.values()
    assert reason.endswith(": its name points out of the archive; it was left out")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip"]


def test_a_name_that_can_not_be_printed_is_shown_with_marks(tmp_path: Path):
    (article,) = articles(tmp_path, "a.zip", archive({"a\x1b[31m\n.txt": TEXT}))
    assert article.file == "a.zip!/a�[31m�.txt"


def test_a_link_is_refused(tmp_path: Path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        link = zipfile.ZipInfo("passwords.txt")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        file.writestr(link, "/etc/passwd")
        file.writestr("good.txt", TEXT)
    found, refused = split(read(tmp_path, "a.zip", stream.getvalue()))
    assert list(found) == ["a.zip!/good.txt"]
    assert list(refused.values()) == ["a.zip!/passwords.txt: it is a link to another file; it was left out"]


def test_a_member_with_a_password_and_an_archive_in_the_archive_are_refused(tmp_path: Path):
    data = bytearray(archive({"locked.txt": TEXT, "inner.zip": archive({"b.txt": TEXT}), "good.txt": TEXT}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the flags in both of its heads
        data[data.index(mark) + place] |= 1
    found, refused = split(read(tmp_path, "a.zip", bytes(data)))
    assert list(found) == ["a.zip!/good.txt"]
    assert "locked with a password" in refused["!/locked.txt"]
    assert "an archive in an archive is not read" in refused["!/inner.zip"]


@pytest.mark.timeout(60)
def test_a_bomb_is_refused_by_its_ratio_and_the_others_are_read(tmp_path: Path):
    found, refused = split(
        read(tmp_path, "a.zip", archive({"bomb.csv": b"0" * 30_000_000, "good.txt": TEXT}))
    )
    assert list(found) == ["a.zip!/good.txt"]
    reason = "it unpacks to 1,028 times its size, as only a bomb does; it was left out"
    assert refused == {"!/bomb.csv": f"a.zip!/bomb.csv: {reason}"}


def test_a_bomb_that_lies_about_its_size_gives_no_more_than_it_said(tmp_path: Path):
    """The sizes in both heads say 43 bytes; what follows is 30 MB."""
    data = bytearray(archive({"bomb.txt": b"0" * 30_000_000, "good.txt": TEXT}))
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<L", data, data.index(mark) + place, 43)
    found, refused = split(read(tmp_path, "a.zip", bytes(data)))
    assert list(found) == ["a.zip!/good.txt"]
    assert "Bad CRC-32" in refused["!/bomb.txt"]


def test_too_many_members_and_too_many_bytes_are_refused_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    data = archive({f"{n}.txt": TEXT for n in range(4)})
    monkeypatch.setattr(packed, "MAX_MEMBERS", 3)
    assert refusal(tmp_path, "a.zip", data) == "a.zip: 4 files are over the limit of 3; unpack it"
    monkeypatch.setattr(packed, "MAX_MEMBERS", 4)
    monkeypatch.setattr(packed, "MAX_TOTAL_BYTES", 100)
    assert "over the limit of" in refusal(tmp_path, "a.zip", data)


def test_a_member_over_the_limit_of_one_article_is_refused_by_itself(tmp_path: Path):
    noise = bytes(range(32, 127)) * 220_000
    found, refused = split(
        read(tmp_path, "a.zip", archive({"long.txt": noise, "good.txt": TEXT}, zipfile.ZIP_STORED))
    )
    assert list(found) == ["a.zip!/good.txt"]
    assert refused["!/long.txt"].startswith(
        "a.zip!/long.txt: 20.9 MB is over the limit of 20 MB for one article"
    )


def test_damaged_members_do_not_spoil_the_others(tmp_path: Path):
    members: dict[str, str | bytes] = {
        "a.pdf": b"%PDF-1.4 and nothing",
        "b.docx": b"PK\x03\x04",
        "c.txt": b"\0\1",
        "d.csv": "when,what\n1,2\n",
        "e.txt": TEXT,
        "f.txt": TEXT * 20,
    }
    data = bytearray(archive(members))
    data[data.index(b"f.txt") + 8] ^= 0xFF  # in its compressed bytes
    found, refused = split(read(tmp_path, "a.zip", bytes(data)))
    assert list(found) == ["a.zip!/e.txt"]
    assert list(refused) == ["!/a.pdf", "!/b.docx", "!/c.txt", "!/d.csv", "!/f.txt"]
    assert all(reason.startswith(f"a.zip{name}: ") and "\n" not in reason for name, reason in refused.items())


def test_a_table_that_breaks_off_gives_the_rows_before_and_says_so(tmp_path: Path):
    rows = "text\n" + "".join(f"It rained {n} days.\n" for n in range(60_000))
    data = bytearray(archive({"a.csv": rows, "good.txt": TEXT}))
    at = data.index(b"PK\x03\x04", 10) - 2000  # near the end of the first member
    data[at : at + 40] = bytes(40)
    found, refused = split(read(tmp_path, "a.zip", bytes(data)))
    assert "a.zip!/good.txt" in found
    assert list(refused) == ["!/a.csv"]


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.99])
def test_an_archive_cut_short_is_refused(tmp_path: Path, keep: float):
    data = archive({f"{n}.txt": TEXT for n in range(9)})
    data = data[: int(keep * len(data)) if 0 < keep < 1 else int(keep)]
    assert refusal(tmp_path, "a.zip", data).startswith("a.zip: not a whole ZIP archive (")


def test_two_members_of_one_name_are_not_two_articles(tmp_path: Path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file, pytest.warns(UserWarning, match="Duplicate name"):
        file.writestr("a.txt", TEXT)
        file.writestr("a.txt", "Something else.")
    found, refused = split(read(tmp_path, "a.zip", stream.getvalue()))
    assert [a.text for a in found.values()] == [TEXT]
    assert list(refused.values()) == ["a.zip!/a.txt: there is another of this name; it was left out"]
