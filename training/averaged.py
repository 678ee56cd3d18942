"""The mean of two adapters → one adapter, or of two readers → one reader.

    python -m training.averaged build/one.gguf build/other.gguf --out build/adapter.gguf
    python -m training.averaged build/one.safetensors build/other.safetensors --out build/reader.safetensors

Two runs that begin alike and go on with other data err on other questions; the mean of their weights is often
better than each (Wortsman et al., 2022, arXiv:2203.05482). What an adapter changes is a product of two
matrices, so the mean of two of rank r has rank 2r: the factors stand beside each other. Where that is more
than MOST_RANK, the nearest of that rank is written.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from training.gguf_adapter import narrowed, tensors_of, write_tensors
from training.reader import Network, save

MOST_RANK = 64  # in 8-bit numbers 21 MB


def averaged(one: Path, other: Path, out: Path) -> None:
    """Write the mean. Raises ValueError where they are not for the same weights."""
    (mine, alpha), (its, alpha_too) = tensors_of(one), tensors_of(other)
    shapes = [{name: sized(name, rows) for name, rows in tensors.items()} for tensors in (mine, its)]
    if shapes[0] != shapes[1] or alpha != alpha_too:
        raise ValueError(f"{one} and {other} are not adapters of the same shape")
    both: dict[str, np.ndarray] = {}
    for name in mine:
        if name.endswith("lora_a"):
            beside = name.removesuffix("a") + "b"
            both[name], both[beside] = mean((mine[name], mine[beside]), (its[name], its[beside]))
    write_tensors(both, out, alpha)


def sized(name: str, rows: np.ndarray) -> int:
    """The inputs or outputs of a weight."""
    return len(rows.T if name.endswith("lora_a") else rows)


def mean(
    one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Of two pairs of `(rank, inputs)` and `(outputs, rank)` matrices, whose product counts alpha / rank."""
    rank = len(one[0]) + len(other[0])
    a = np.concatenate([one[0], other[0]])
    b = np.concatenate([b * (rank / (2 * len(a))) for a, b in (one, other)], axis=1)
    return narrowed(a, b, min(rank, MOST_RANK))


def averaged_readers(one: Path, other: Path, out: Path) -> None:
    """Write the mean. Raises ModelError where one is no reader's file."""
    mine, its = Network.new(one), Network.new(other)
    with torch.no_grad():
        for parameter, too in zip([*mine.trained, mine.head], [*its.trained, its.head], strict=True):
            parameter.copy_((parameter + too) / 2)
    save(mine, out)


def main() -> None:
    """Read two, write one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("one", type=Path)
    parser.add_argument("other", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    made = averaged_readers if arguments.out.suffix == ".safetensors" else averaged
    made(arguments.one, arguments.other, arguments.out)


if __name__ == "__main__":
    main()
