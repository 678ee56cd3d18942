"""A model and its adapter → one file of weights, made once and kept in the user's cache.

llama.cpp can add an adapter to each product while it runs (`lora_path`), which takes twice the time of
weights that it has been added to before (docs/log.md). Those are kept as 8-bit numbers (Q8_0), which hold
the adapter's small changes; whatever else the model's file says is copied.
"""

import contextlib
import hashlib
import logging
import os
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from platformdirs import user_cache_path

from assistant.llm.weights import require_gguf
from index.errors import ModelError

log = logging.getLogger(__name__)

FILE_TYPE = "general.file_type"
KEPT = 2  # files of a model, the last ones made: each takes as much disk as the model in 8 bits


def merged(model: Path, adapter: Path, cache: Path | None = None) -> Path | None:
    """The file of both together, made now where it is not there yet (some seconds); None where it can't be
    written, which is told in the log. `cache`: the folder (None: the user's). Raises ModelError where the
    adapter was not made for this model."""
    folder = cache or user_cache_path("footnote") / "merged"
    file = folder / f"{digest(model)[:16]}-{digest(adapter)[:16]}.gguf"
    if _whole(file):
        return file
    part = file.with_suffix(f".{os.getpid()}.part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            _write(model, adapter, part)
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        log.warning("%s can't be merged into %s (%s): answers take longer", adapter.name, folder, error)
        return None
    others = sorted(folder.glob(f"{digest(model)[:16]}-*.gguf"), key=lambda f: -f.stat().st_mtime_ns)
    with contextlib.suppress(OSError):  # another program has it open, or removed it
        for old in others[KEPT:]:
            old.unlink()
    return file


def _whole(file: Path) -> bool:
    try:
        require_gguf(file, "")
    except ModelError:
        return False
    return True


def digest(file: Path) -> str:
    """SHA-256 of a file, worked out once as long as it stays as it is."""
    status = file.stat()
    return _digest(file, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=16)
def _digest(file: Path, _size: int, _changed: int) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _write(model: Path, adapter: Path, out: Path) -> None:
    import gguf

    base = gguf.GGUFReader(model)
    changes = _changes(adapter)
    writer = gguf.GGUFWriter(out, base.fields[gguf.Keys.General.ARCHITECTURE].contents())
    try:
        for name, field in base.fields.items():
            if name == gguf.Keys.General.ARCHITECTURE or name.startswith("GGUF."):
                continue  # written by the writer itself
            kind = field.types[0]
            inner = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
            value = int(gguf.LlamaFileType.MOSTLY_Q8_0) if name == FILE_TYPE else field.contents()
            writer.add_key_value(name, value, kind, sub_type=inner)
        for tensor in base.tensors:
            if tensor.name not in changes:
                writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
                continue
            weights, change = _numbers(tensor), changes.pop(tensor.name)()
            if weights.shape != change.shape:
                raise ModelError(foreign(adapter, model))
            kept = gguf.quantize(weights + change, gguf.GGMLQuantizationType.Q8_0)
            writer.add_tensor(tensor.name, kept, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        if changes:
            raise ModelError(foreign(adapter, model))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()


def foreign(adapter: Path, model: Path) -> str:
    """What is said of an adapter that does not fit."""
    return f"{adapter.name} was not made for the model {model.name}, or is damaged; give another --adapter"


def _changes(adapter: Path) -> dict[str, Callable[[], np.ndarray]]:
    """What an adapter adds to each of the weights that it knows, alpha / rank · B A, worked out when it is
    called: all of them would take as much memory as the whole model in 32 bits."""
    import gguf

    lora = gguf.GGUFReader(adapter)
    parts = {tensor.name: tensor for tensor in lora.tensors}
    names = [name.removesuffix(".lora_a") for name in parts if name.endswith(".lora_a")]
    alpha = lora.fields.get(gguf.Keys.Adapter.LORA_ALPHA)
    if not names or alpha is None or any(f"{name}.lora_b" not in parts for name in names):
        raise ModelError(f"{adapter.name} is no LoRA adapter; give another --adapter")

    def change(name: str) -> np.ndarray:
        a, b = (_numbers(parts[f"{name}.lora_{which}"]) for which in "ab")
        both: np.ndarray = float(alpha.contents()) / len(a) * (b @ a)
        return both

    return {name: partial(change, name) for name in names}


def _numbers(tensor: Any) -> np.ndarray:
    """`(rows, columns)` of a tensor, whatever it is kept as."""
    import gguf

    found: np.ndarray = gguf.dequantize(tensor.data, tensor.tensor_type)
    return found
