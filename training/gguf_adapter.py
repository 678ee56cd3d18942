"""A LoRA adapter of a Llama-like network ↔ the GGUF file that llama.cpp reads with `lora_path`.

llama.cpp keeps the rows of the query and key weights in another order than transformers (the halves of each
head interleaved, for its rotary embedding), so their `B` is put in that order too.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def write_gguf(net: Any, out: Path, rank: int, alpha: float) -> None:
    """Write the adapter of a peft model in 8-bit numbers (Q8_0), whole or not at all."""
    heads = heads_of(net)
    tensors: dict[str, np.ndarray] = {}
    for weight, kind, module in adapted(net):
        a = module.lora_A["default"].weight.detach().cpu().float().numpy()
        b = module.lora_B["default"].weight.detach().cpu().float().numpy()
        if a.shape[0] != rank:
            raise ValueError(f"{weight} has rank {a.shape[0]}, not {rank}")
        tensors[f"{weight}.lora_a"] = a
        tensors[f"{weight}.lora_b"] = interleaved(b, heads[kind]) if kind in heads else b
    write_tensors(tensors, out, alpha)


def write_tensors(tensors: Mapping[str, np.ndarray], out: Path, alpha: float) -> None:
    """Write `(rank, inputs)` and `(outputs, rank)` matrices under llama.cpp's names, in 8-bit numbers (Q8_0),
    whole or not at all."""
    import gguf

    part = out.with_suffix(".part")
    writer = gguf.GGUFWriter(part, "llama")
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(alpha))
    for name, rows in tensors.items():
        kept = gguf.quantize(rows, gguf.GGMLQuantizationType.Q8_0)
        writer.add_tensor(name, kept, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    part.replace(out)


def tensors_of(file: Path) -> tuple[dict[str, np.ndarray], float]:
    """What `write_tensors` wrote, but for its rounding, and alpha."""
    import gguf

    reader = gguf.GGUFReader(file)
    tensors = {t.name: gguf.dequantize(t.data, t.tensor_type) for t in reader.tensors}
    return tensors, float(reader.fields[gguf.Keys.Adapter.LORA_ALPHA].contents())


def read_gguf(net: Any, file: Path) -> None:
    """Put an adapter of the same alpha into a peft model, to go on from it: as `write_gguf` wrote it, or,
    where its rank is higher, as near as can be."""
    import torch

    heads, (tensors, _) = heads_of(net), tensors_of(file)
    for weight, kind, module in adapted(net):
        a, b = tensors[f"{weight}.lora_a"], tensors[f"{weight}.lora_b"]
        b = apart(b, heads[kind]) if kind in heads else b
        a, b = narrowed(a, b, len(module.lora_A["default"].weight))
        for part, rows in ((module.lora_A, a), (module.lora_B, b)):
            part["default"].weight.data.copy_(torch.from_numpy(rows))


def narrowed(a: np.ndarray, b: np.ndarray, rank: int) -> tuple[np.ndarray, np.ndarray]:
    """`(rank, inputs)` and `(outputs, rank)` matrices whose product, times alpha / rank, is the nearest to
    that of two of a higher rank (Eckart and Young, 1936); those of the rank itself stay as they are."""
    if len(a) == rank:
        return a, b
    left, b_rest = np.linalg.qr(b)
    right, a_rest = np.linalg.qr(a.T)
    u, values, v = np.linalg.svd(b_rest @ a_rest.T)
    root = np.sqrt(values[:rank] * rank / len(a))
    return np.ascontiguousarray((right @ (v[:rank].T * root)).T), left @ (u[:, :rank] * root)


def adapted(net: Any) -> Iterator[tuple[str, str, Any]]:
    """The adapted parts of a peft model: llama.cpp's name of the weight and of its kind, and the module."""
    for name, module in net.named_modules():
        if hasattr(module, "lora_A") and "default" in module.lora_A:
            number, _, kind = name.partition("layers.")[2].partition(".")
            yield f"blk.{number}.{NAMES[kind]}.weight", NAMES[kind], module


def heads_of(net: Any) -> dict[str, int]:
    """The number of heads of the weights whose rows llama.cpp keeps in another order."""
    config = net.get_base_model().config
    return {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}


def interleaved(rows: np.ndarray, heads: int) -> np.ndarray:
    """`(heads * size, n)` rows in llama.cpp's order.

    >>> interleaved(np.arange(8).reshape(8, 1), 2)[:, 0].tolist()
    [0, 2, 1, 3, 4, 6, 5, 7]
    """
    size = len(rows) // heads
    halves = rows.reshape(heads, 2, size // 2, *rows.shape[1:])
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(rows.shape))


def apart(rows: np.ndarray, heads: int) -> np.ndarray:
    """The rows of `interleaved`, as they were.

    >>> apart(interleaved(np.arange(8).reshape(8, 1), 2), 2)[:, 0].tolist()
    [0, 1, 2, 3, 4, 5, 6, 7]
    """
    size = len(rows) // heads
    pairs = rows.reshape(heads, size // 2, 2, *rows.shape[1:])
    return np.ascontiguousarray(pairs.swapaxes(1, 2).reshape(rows.shape))
