"""The mean of two adapters → one adapter, or of two readers → one reader.

    python -m training.averaged build/one.gguf build/other.gguf --out build/adapter.gguf
    python -m training.averaged build/one.safetensors build/other.safetensors --out build/reader.safetensors

Two runs that begin alike and go on with other data err on other questions; the mean of their weights is often
better than each (Wortsman et al., 2022, arXiv:2203.05482). What an adapter changes is a product of two
matrices, so the mean of two of rank r has rank 2r: the factors stand beside each other.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from training.gguf_adapter import tensors_of, write_tensors
from training.reader import Network, save


def averaged(one: Path, other: Path, out: Path) -> None:
    """Write the mean. Raises ValueError where they are not of the same shape."""
    (mine, alpha), (its, alpha_too) = tensors_of(one), tensors_of(other)
    shapes = [{name: rows.shape for name, rows in tensors.items()} for tensors in (mine, its)]
    if shapes[0] != shapes[1] or alpha != alpha_too:
        raise ValueError(f"{one} and {other} are not adapters of the same shape")
    both = {
        name: np.concatenate([rows, its[name]], axis=0 if name.endswith("lora_a") else 1)
        for name, rows in mine.items()
    }
    # The scale of an adapter is alpha / rank: with twice the rank and the same alpha, half of each.
    write_tensors(both, out, alpha)


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
    mean = averaged_readers if arguments.out.suffix == ".safetensors" else averaged
    mean(arguments.one, arguments.other, arguments.out)


if __name__ == "__main__":
    main()
