"""Unit rows in, `(rows, cosine)` out. The only file that knows FAISS.

Exact search (flat inner product; of unit rows that is the cosine): 1.2 ms for 20,000 passages, so an
approximate index would save nothing that a reader notices below some 500,000. Rows are stored as
float16, which moves a cosine by less than 0.001. An index is written once and then only read.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.embed import Rows
from index.errors import LibraryBroken

UNIT_TOLERANCE = 1e-3  # float32 rows after normalising are within 1e-6, float16 within 5e-4


class Vectors:
    """Searchable rows; row `i` is the `i`-th that was given."""

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def empty(cls, dim: int) -> "Vectors":
        """An index without rows, to be filled by `append`."""
        import faiss

        return cls(faiss.IndexScalarQuantizer(dim, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT))

    @classmethod
    def of(cls, rows: Rows) -> "Vectors":
        """An index of `(n, dim)` float32 rows. Raises ValueError when a row is not of unit length."""
        made = cls.empty(rows.shape[-1])
        made.append(made.encoded(rows))
        return made

    @classmethod
    def load(cls, file: Path) -> "Vectors":
        """Raises LibraryBroken when the file is not an index."""
        import faiss

        try:
            return cls(faiss.read_index(str(file)))
        except (RuntimeError, MemoryError) as error:  # a damaged length may ask for terabytes
            raise LibraryBroken(f"{file.name} can't be read; run `footnote doctor`") from error

    @property
    def codes(self) -> NDArray[np.uint8]:
        """The rows as they are stored, `(n, 2 * dim)` bytes: a view, so only until the next `append`."""
        import faiss

        held = faiss.rev_swig_ptr(self._index.codes.data(), self._index.codes.size())
        return np.asarray(held, dtype=np.uint8).reshape(len(self), -1)

    def encoded(self, rows: Rows) -> NDArray[np.uint8]:
        """`(n, dim)` float32 rows as they would be stored. Raises ValueError when a row is not of unit
        length."""
        if rows.ndim != 2 or not np.allclose(np.linalg.norm(rows, axis=1), 1, atol=UNIT_TOLERANCE):
            raise ValueError("rows must be of unit length: their inner product is read as a cosine")
        codes: NDArray[np.uint8] = self._index.sa_encode(np.ascontiguousarray(rows, dtype=np.float32))
        return codes

    def append(self, codes: NDArray[np.uint8]) -> None:
        """Add stored rows at the end; not while another thread searches."""
        if len(codes):
            self._index.add_sa_codes(np.ascontiguousarray(codes))

    def save(self, file: Path) -> None:
        """Write the index; not atomic, so the caller writes into a folder nobody reads yet. Raises
        OSError."""
        import faiss

        try:
            faiss.write_index(self._index, str(file))
        except RuntimeError as error:
            raise OSError(f"{file.name} could not be written whole") from error

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(
        self, query: Rows, k: int, allowed: NDArray[np.bool_] | None = None
    ) -> list[tuple[int, float]]:
        """The `k` rows nearest to the one row `query` `(dim,)`: `(row, cosine)`, best first. `allowed` `(n,)`
        keeps the others out of the search (None: all are in), which makes it faster."""
        k = min(k, len(self) if allowed is None else int(allowed.sum()))
        if k < 1:
            return []
        if allowed is None:
            cosines, rows = self._index.search(query.reshape(1, -1), k)
        else:
            import faiss

            bits = np.packbits(allowed, bitorder="little")  # FAISS reads it where it is: keep it alive
            # The type stubs know the constructors of C++, not those of Python.
            chosen = faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg, arg-type]
            only = faiss.SearchParameters(sel=chosen)  # type: ignore[call-arg]
            cosines, rows = self._index.search(query.reshape(1, -1), k, params=only)
        return [(int(r), float(c)) for r, c in zip(rows[0], cosines[0], strict=True) if r >= 0]

    def rows(self, numbers: Sequence[int]) -> NDArray[np.float32]:
        """Stored rows by number: `(len(numbers), dim)` float32, of unit length again."""
        if not len(numbers):
            return np.empty((0, self._index.d), dtype=np.float32)
        found = self._index.reconstruct_batch(np.asarray(numbers, dtype=np.int64))
        unit: NDArray[np.float32] = found / np.linalg.norm(found, axis=1, keepdims=True)
        return unit
