"""Numbers of which type a network is trained with here."""

import torch


def precision(device: str) -> torch.dtype:
    """bfloat16 where the processor multiplies it by itself: that takes half the time. What is learnt is kept
    in float32 beside it."""
    fast = device == "cuda" or torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.bfloat16 if fast else torch.float32
