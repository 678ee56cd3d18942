"""A LoRA adapter of a Llama-like network → the GGUF file that llama.cpp reads with `lora_path`.

llama.cpp keeps the rows of the query and key weights in another order than transformers (the halves of each
head interleaved, for its rotary embedding), so their `B` is put in that order too.
"""

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
    """Write the adapter of a peft model in 16-bit numbers, whole or not at all."""
    import gguf

    config = net.get_base_model().config
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    part = out.with_suffix(".part")
    writer = gguf.GGUFWriter(part, "llama")
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(alpha))
    for name, module in net.named_modules():
        if not hasattr(module, "lora_A") or "default" not in module.lora_A:
            continue
        _, _, place = name.partition("layers.")
        number, _, kind = place.partition(".")
        weight = f"blk.{number}.{NAMES[kind]}.weight"
        a = module.lora_A["default"].weight.detach().cpu().float().numpy()
        b = module.lora_B["default"].weight.detach().cpu().float().numpy()
        if a.shape[0] != rank:
            raise ValueError(f"{name} has rank {a.shape[0]}, not {rank}")
        b = interleaved(b, heads[NAMES[kind]]) if NAMES[kind] in heads else b
        writer.add_tensor(f"{weight}.lora_a", a.astype(np.float16))
        writer.add_tensor(f"{weight}.lora_b", b.astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    part.replace(out)


def interleaved(rows: np.ndarray, heads: int) -> np.ndarray:
    """`(heads * size, n)` rows in llama.cpp's order.

    >>> interleaved(np.arange(8).reshape(8, 1), 2)[:, 0].tolist()
    [0, 2, 1, 3, 4, 6, 5, 7]
    """
    size = len(rows) // heads
    halves = rows.reshape(heads, 2, size // 2, *rows.shape[1:])
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(rows.shape))
