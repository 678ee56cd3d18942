"""A mail (EML), or a box of them (mbox) → articles: subject, sender, date, text.

The plain text is taken where the mail has one, else its HTML. Attachments are not read, nor is a mail that is
encrypted. A box is read mail by mail.
"""

import email
import email.policy
from collections.abc import Iterator
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import parseaddr

from index.errors import ReadError
from index.readers.dates import parse_date
from index.readers.decode import decode
from index.readers.page import fragment_text, main_text
from index.readers.raw import (
    MAX_PICTURED_BYTES,
    About,
    Keys,
    Raw,
    Refused,
    after_title,
    as_title,
    as_url,
    clean,
    make_article,
    one_line,
)
from index.text import Article

# Reading a header of a broken mail raises any of these (https://github.com/python/cpython/issues/81485).
BROKEN = (MessageError, ValueError, LookupError, AttributeError, TypeError)
FROM_LINE = b"From "
MAX_PARTS = 1000  # a mail has ten; 20,000 in each other took 27 s


def read_mail(raw: Raw) -> Article:
    """The article in a mail. Raises ReadError when it is none or holds no text."""
    return _article((raw.name, raw.path), raw.data(MAX_PICTURED_BYTES))


def read_box(raw: Raw) -> Iterator[Article | Refused]:
    """Each mail of a box. Raises ReadError when it holds none."""
    keys, number = Keys(), 0
    for number, data in enumerate(_mails(raw), 1):
        name, path = raw.inside(f"mail {number}")
        try:
            mail = _article((name, path), data)
            key = keys.take(_header(_parse(name, data), "Message-ID").strip("<>") or None, mail.text)
        except ReadError as error:
            yield Refused(path, str(error))
            continue
        if key is None:
            yield Refused(path, f"{name}: the same as a mail above; it was left out")
            continue
        about = About(mail.title, mail.author, mail.date, mail.source, mail.url)
        yield make_article(raw.inside(key), mail.text, about, mail.body_start)
    if not number:
        raise ReadError(f"{raw.name}: there are no mails in it; the file was left out")


def _mails(raw: Raw) -> Iterator[bytes]:
    """The mails of a box, which begin with `From ` after a blank line."""
    lines: list[bytes] = []
    size, blank, inside = 0, True, False
    with raw.open() as stream:
        for line in iter(lambda: stream.readline(MAX_PICTURED_BYTES), b""):
            if blank and line.startswith(FROM_LINE):
                if inside:
                    yield b"".join(lines)
                lines, size, inside = [], 0, True
            elif inside and size <= MAX_PICTURED_BYTES:  # the rest of a longer one is pictures
                lines.append(line[1:] if line.startswith(b">From ") else line)
                size += len(line)
            blank = not line.strip()
    if inside:
        yield b"".join(lines)


def _article(place: tuple[str, str], data: bytes) -> Article:
    name = place[0]
    message = _parse(name, data)
    if not message.keys() or not any(message[header] for header in ("From", "Subject", "Date")):
        raise ReadError(f"{name}: this is not a mail (no sender, subject or date); the file was left out")
    text, page = _body(name, message)
    sender, address = parseaddr(_header(message, "From"))
    about = About(
        title=as_title(_header(message, "Subject")),
        author=one_line(sender or address),
        date=parse_date(_header(message, "Date")),
        source=page.source,
        url=as_url(_header(message, "Archived-At").strip("<> ")) or page.url,
    )
    return make_article(place, text, about, after_title(text, about.title))


def _parse(name: str, data: bytes) -> EmailMessage:
    if data.count(b"boundary=") > MAX_PARTS:
        raise ReadError(f"{name}: over {MAX_PARTS:,} parts, which is no mail; save the one that you need")
    try:
        return email.message_from_bytes(data.lstrip(), policy=email.policy.default)
    except BROKEN as error:
        raise ReadError(f"{name}: this is not a whole mail ({error}); save it again") from error


def _header(message: EmailMessage, name: str) -> str:
    """A header as text; "" where it is absent or broken."""
    try:
        return str(message[name] or "")
    except BROKEN:
        return ""


def _body(name: str, message: EmailMessage) -> tuple[str, About]:
    """The text, and what its HTML says about it when there is no plain text."""
    plain = _part(name, message, "plain")
    if plain.strip():
        return clean(plain), About()
    markup = _part(name, message, "html")
    text, about = main_text(markup) if markup.strip() else ("", About())
    text = text or fragment_text(markup)
    if not text:
        locked = message.get_content_type() in {"multipart/encrypted", "application/pkcs7-mime"}
        reason = (
            "it is encrypted; save it decrypted"
            if locked
            else "there is no text in it; the file was left out"
        )
        raise ReadError(f"{name}: {reason}")
    return text, about


def _part(name: str, message: EmailMessage, kind: str) -> str:
    """The text of a mail's main part of this kind; "" when there is none, or nobody can read it."""
    try:
        part = message.get_body((kind,))
    except BROKEN:
        return ""
    if part is None:
        return ""
    try:
        content = part.get_content()
        return content if isinstance(content, str) else ""
    except BROKEN:  # mostly a charset that does not exist
        data = part.get_payload(decode=True)
        return decode(name, data) if isinstance(data, bytes) else ""
