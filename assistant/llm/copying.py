"""Copying from a text, piece by piece: which pieces may come next, so that the whole is words of the text.

A model's pieces of words are bytes; a copy begins and ends where a word does. Knows no model.
"""

from collections.abc import Iterable

CURRENCIES = "$€£¥₹"


class Copy:
    """A copy of a part of `text` while it grows.

    >>> copy = Copy("The ferry Marisel lost its rudder.")
    >>> copy.take(b" Mar"), copy.ends, copy.take(b"k"), copy.take(b"isel"), copy.ends, copy.text
    (True, False, False, True, True, 'Marisel')
    """

    def __init__(self, text: str) -> None:
        self._data = text.encode()
        self._letters = _letters(text)
        # Where the copy may have come to, each with where it began.
        self._places = {
            at: at
            for at in range(len(self._data))
            if self._letters[at] and not (at and self._letters[at - 1])
        }
        self._begun = False

    def take(self, piece: bytes) -> bool:
        """Append a piece; False, and nothing changed, where the text does not go on so."""
        if not self._begun:
            piece = piece.removeprefix(b" ")
        places = {
            at + len(piece): begin for at, begin in self._places.items() if self._data.startswith(piece, at)
        }
        if not places:
            return False
        self._places = places
        self._begun = self._begun or bool(piece)
        return True

    @property
    def ends(self) -> bool:
        """Whether a word ends here."""
        return self._begun and any(map(self._is_end, self._places))

    @property
    def text(self) -> str:
        """The copy so far, to the end of the word that it is in; an amount has its "$" or "%".

        >>> copy = Copy("It cost $19 million.")
        >>> copy.take(b"19"), copy.take(b" million"), copy.text
        (True, True, '$19 million')
        """
        if not self._begun:
            return ""
        end = min(self._places, key=lambda at: (not self._is_end(at), at))
        begin = self._places[end]
        while not self._is_end(end):
            end += 1
        before, after = self._data[:begin].decode(), self._data[end:].decode()
        with_currency = before[-1:] if before[-1:] and before[-1:] in CURRENCIES else ""
        with_percent = after[:1] if after.startswith("%") else ""
        return (with_currency + self._data[begin:end].decode() + with_percent).strip()

    def _is_end(self, at: int) -> bool:
        return at >= len(self._data) or not (self._letters[at] and self._letters[at - 1])


def _letters(text: str) -> list[bool]:
    """For each byte of the text whether it belongs to a letter or digit."""
    return [flag for c in text for flag in _repeat(c.isalnum(), len(c.encode()))]


def _repeat(flag: bool, times: int) -> Iterable[bool]:
    return (flag for _ in range(times))
