"""Untrusted characters → what every file can hold: one line, no control characters, whole addresses, and a
reading direction that ends where it began.

Takes nothing away but white space: what can't be written is "�". Escaping is each format's own business.
"""

import re
from unicodedata import bidirectional
from urllib.parse import quote as percent
from urllib.parse import urlsplit

from assistant.rendering.render import CONTROLS, closed

NO_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")  # https://www.w3.org/TR/xml/#charsets
QUOTATION_MARKS = tuple("“”„‘’‚\"'")
NARROW = "\u202f"  # a narrow space at which no line breaks: between two quotation marks


def safe(text: str) -> str:
    r"""One line of characters that any file can hold.

    >>> safe(" a\n b\x00 <i>\ud800 ")
    'a b� <i>�'
    """
    return closed(NO_XML.sub("�", CONTROLS.sub("�", " ".join(text.split()))))


def address(url: str) -> str:
    r"""An http(s) address as every format can hold it, "" for anything else: a link never runs anything.

    >>> address("https://example.org/a b"), address("javascript:alert(1)"), address("http://[")
    ('https://example.org/a%20b', '', '')
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc:
        return ""
    return percent(NO_XML.sub("�", url.strip()), safe="%/:=&?~#+!$,;@()*[]-._")


def in_marks(text: str) -> str:
    """The text in quotation marks, told from those of its own at its ends by a narrow space.

    >>> in_marks("No."), in_marks("“No,” she said.")
    ('“No.”', '“\u202f“No,” she said.”')
    """
    before = NARROW if text[:1] in QUOTATION_MARKS else ""
    after = NARROW if text[-1:] in QUOTATION_MARKS else ""
    return f"“{before}{text}{after}”"


def right_to_left(text: str) -> bool:
    """Whether a paragraph begins in a script that runs from right to left: by its first letter that has a
    direction (rule P2 of https://www.unicode.org/reports/tr9/).

    >>> right_to_left("1. שלום"), right_to_left("Lee: שלום")
    (True, False)
    """
    return next((kind != "L" for c in text if (kind := bidirectional(c)) in ("L", "R", "AL")), False)
