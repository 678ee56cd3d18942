"""Bytes → text: UTF-8, else what the bytes look like, with a warning in the log.

What a file says about itself (the charset of a web page) counts only where the bytes are not UTF-8: pages
that another program saved again still name the old one. Guesses between encodings can be wrong.
"""

import codecs
import logging
import re
from typing import BinaryIO

from charset_normalizer import from_bytes

from index.errors import ReadError
from index.readers.raw import Raw

log = logging.getLogger(__name__)

WESTERN = "cp1252"
BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")
META_CHARSET = re.compile(
    rb"""<(?:meta\b[^>]*?charset|\?xml\b[^>]*?encoding)\s*=\s*["']?\s*([\w.:-]{2,40})""", re.I
)
HEAD_BYTES = 4096  # the charset of a page has to stand in its first 1024 bytes; some are late
CHUNK_BYTES = 1 << 20
SAMPLE_BYTES = 1 << 18  # charset-normalizer looks at 5 × 512 bytes of what it gets


def decode(name: str, data: bytes) -> str:
    """Bytes → text: UTF-8, else what charset-normalizer finds, with a warning in the log.

    >>> decode("a.txt", "Évian".encode())
    'Évian'
    >>> decode("b.txt", bytes(range(256)))
    Traceback (most recent call last):
    index.errors.ReadError: b.txt: this is not text (binary data); the file was left out
    """
    if b"\0" in data and not data.startswith(BYTE_ORDER_MARKS):
        raise _binary(name)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        found = from_bytes(data)
    best = found.best()
    if best is None:
        raise _binary(name)
    # Of the encodings that look right, Windows' own (which reads Latin-1 too): by itself the best one
    # made ₧ of € and box drawings of quotation marks.
    likely = next((match for match in found if WESTERN in match.could_be_from_charset), None)
    encoding = WESTERN if likely else best.encoding
    log.warning("%s: not valid UTF-8, read as %s; check its accents", name, encoding)
    return str(likely or best)


def decode_page(name: str, data: bytes) -> str:
    """The same for a web page or a feed, which may name its encoding.

    >>> decode_page("a.html", '<meta charset="koi8-r"><p>Нева'.encode("koi8-r"))[-4:]
    'Нева'
    >>> decode_page("b.html", '<meta charset="iso-8859-1"><p>café'.encode())[-4:]
    'café'
    """
    if not data.startswith(BYTE_ORDER_MARKS) and (named := META_CHARSET.search(data[:HEAD_BYTES])):
        for encoding in ("utf-8-sig", named[1].decode("ascii")):
            try:
                return data.decode(_web_name(encoding))
            except (UnicodeDecodeError, LookupError):
                continue
    return decode(name, data)


def encoding_of(raw: Raw) -> str:
    """The encoding of a text file that is too long to hold, by reading it once. Raises ReadError."""
    with raw.open() as stream:
        first = stream.read(SAMPLE_BYTES)
        if first.startswith(BYTE_ORDER_MARKS):
            return "utf-16"
        if b"\0" in first:
            raise _binary(raw.name)
        odd = _not_utf8(stream, first)
    if odd is None:
        return "utf-8-sig"
    best = from_bytes(odd).best()
    if best is None:
        raise _binary(raw.name)
    encoding = WESTERN if WESTERN in best.could_be_from_charset else _western_or(odd, best.encoding)
    log.warning("%s: not valid UTF-8, read as %s; check its accents", raw.name, encoding)
    return encoding


def _not_utf8(stream: BinaryIO, chunk: bytes) -> bytes | None:
    """The first stretch of a stream that is not UTF-8, None when all of it is."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    while True:
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError:
            return chunk
        if not chunk:
            return None
        chunk = stream.read(CHUNK_BYTES)


def _western_or(data: bytes, other: str) -> str:
    found = from_bytes(data)
    return WESTERN if any(WESTERN in match.could_be_from_charset for match in found) else other


def _web_name(encoding: str) -> str:
    """What browsers take Latin-1 and ASCII for (https://encoding.spec.whatwg.org/#names-and-labels)."""
    plain = encoding.lower().replace("_", "-")
    return WESTERN if plain in {"iso-8859-1", "latin1", "latin-1", "us-ascii", "ascii"} else encoding


def _binary(name: str) -> ReadError:
    return ReadError(f"{name}: this is not text (binary data); the file was left out")
