"""A GGUF file's header → what the file says of itself: values, name, licence, window, memory per token.

Reads only the header, a few megabytes at the start of a file; the weights are never touched. What a file says
is its maker's word, not checked. Whether the file is whole is weights.py's matter.
The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

# Bytes of a metadata value and how to unpack it, by the number of its type; strings (8) and arrays (9) tell
# their own.
_VALUES = {
    0: (1, "B"), 1: (1, "b"), 2: (2, "H"), 3: (2, "h"), 4: (4, "I"), 5: (4, "i"), 6: (4, "f"), 7: (1, "?"),
    10: (8, "Q"), 11: (8, "q"), 12: (8, "d"),
}  # fmt: skip
_STRING, _ARRAY = 8, 9
MAX_ARRAY = 1000  # longer arrays (a vocabulary) are told by their length alone
LOGIT_BYTES = 4
BATCH = 512  # tokens that are read at once (model.py)
# Of one float for each word of the vocabulary, for a batch: llama.cpp's buffers, llama-cpp-python's table.
# SmolLM2-135M took 325 MB in all (265 MB after 1,500 of 4,096 tokens), which is 1.3 such tables.
LOGIT_TABLES = 1.5

Value = str | int | float | bool


class Header:
    """Reads a GGUF from behind its magic and version; `at` is the position in bytes.

    Raises struct.error and OverflowError where it leads beyond the end, KeyError for a type of a later
    version.
    """

    def __init__(self, data: "mmap.mmap | bytes") -> None:
        self.data = data
        self.at = 8

    def number(self, code: str) -> int:
        """`Q` reads 8 bytes, `I` reads 4."""
        value: int = struct.unpack_from(f"<{code}", self.data, self.at)[0]
        self.at += 8 if code == "Q" else 4
        return value

    def string(self) -> bytes:
        """A length, and so many bytes."""
        length = self.number("Q")
        self.at += length
        return self.data[self.at - length : self.at]

    def value(self, kind: int) -> Value | list[Value]:
        """The value that comes next. An array of more than `MAX_ARRAY` is read as its length."""
        if kind == _STRING:
            return self.string().decode("utf-8", "replace")
        if kind != _ARRAY:
            size, code = _VALUES[kind]
            found: Value = struct.unpack_from(f"<{code}", self.data, self.at)[0]
            self.at += size
            return found
        start = self.at
        inner, count = self.number("I"), self.number("Q")
        if count <= MAX_ARRAY and inner != _ARRAY:
            return [one for _ in range(count) if not isinstance(one := self.value(inner), list)]
        self.at = start
        self.skip_value(_ARRAY)
        return count

    def skip_value(self, kind: int) -> None:
        """Step over a value, or an array of them."""
        count = 1
        if kind == _ARRAY:
            kind, count = self.number("I"), self.number("Q")
        if kind != _STRING:
            self.at += count * _VALUES[kind][0]
            return
        unpack, data, at = struct.Struct("<Q").unpack_from, self.data, self.at
        for _ in range(count):  # a vocabulary: hundreds of thousands of strings
            at += 8 + unpack(data, at)[0]
        self.at = at


@dataclass(frozen=True, slots=True)
class About:
    """What a GGUF says of itself; "" and 0 for what it does not say."""

    name: str = ""
    licence: str = ""
    size_label: str = ""  # of its parameters, such as "135M"
    trained_tokens: int = 0  # the longest text it was trained with
    token_bytes: int = 0  # of its memory of one token (keys and values, 16 bits each)
    vocabulary: int = 0
    chats: bool = False  # has a chat template: an instruct model

    def memory_bytes(self, size: int, context_tokens: int) -> int:
        """About what it takes while it runs: weights of `size` bytes, the memory of a prompt, logits.

        >>> About(token_bytes=23_040, vocabulary=49_152).memory_bytes(98_362_432, 4096)
        343729216
        """
        kept = min(context_tokens, self.trained_tokens or context_tokens)
        return size + kept * self.token_bytes + int(LOGIT_TABLES * BATCH * self.vocabulary * LOGIT_BYTES)


def about(file: Path) -> About:
    """What the file says of itself; as much as can be read, nothing for a file that is no GGUF."""
    try:
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _about(values(data)) if data[:4] == b"GGUF" else About()
    except (OSError, ValueError, struct.error, OverflowError, KeyError):
        return About()


def values(data: "mmap.mmap | bytes") -> dict[str, Value | list[Value]]:
    """All values of a header. Raises as `Header`."""
    header = Header(data)
    header.number("Q")  # tensors
    found: dict[str, Value | list[Value]] = {}
    for _ in range(header.number("Q")):
        key = header.string().decode("utf-8", "replace")
        found[key] = header.value(header.number("I"))
    return found


def _about(told: "dict[str, Value | list[Value]]") -> About:
    def number(name: str, otherwise: int = 0) -> int:
        value = told.get(f"{told.get('general.architecture')}.{name}", otherwise)
        if isinstance(value, list):  # a number for each layer
            value = max((one for one in value if isinstance(one, int)), default=otherwise)
        return int(value) if isinstance(value, int | float) else otherwise

    def text(name: str) -> str:
        value = told.get(name)
        return value.strip() if isinstance(value, str) else ""

    heads = max(1, number("attention.head_count", 1))
    width = number("embedding_length") // heads
    per_head = number("attention.key_length", width) + number("attention.value_length", width)
    tokens = told.get("tokenizer.ggml.tokens")
    return About(
        name=text("general.name"),
        licence=text("general.license"),
        size_label=text("general.size_label"),
        trained_tokens=number("context_length"),
        token_bytes=2 * number("block_count") * number("attention.head_count_kv", heads) * per_head,
        vocabulary=number("vocab_size") or (tokens if isinstance(tokens, int) else 0),
        chats=bool(text("tokenizer.chat_template")),
    )
