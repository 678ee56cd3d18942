"""LoRA layers whose product is worked out into the weights before a step, not at each of its passes.

A pass then multiplies by one matrix instead of three, and only the gradients of the two small ones are worked
out one by one: with y = x (W + s B A)ᵀ and g the gradient of y, that of B is s gᵀ (x Aᵀ) and that of A is
s (g B)ᵀ x.
"""

from typing import Any

import torch


class Product(torch.autograd.Function):
    """`(…, n)` inputs by merged weights `(m, n)`; gradients for the inputs, A `(r, n)` and B `(m, r)`."""

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, weight: torch.Tensor, a: torch.Tensor, b: torch.Tensor, scale: float
    ) -> torch.Tensor:
        """x · weightᵀ."""
        ctx.save_for_backward(x, weight, a, b)
        ctx.scale = scale
        return torch.nn.functional.linear(x, weight)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """As above."""
        x, weight, a, b = ctx.saved_tensors
        (g,) = gradients
        rows, given = g.reshape(-1, g.shape[-1]), x.reshape(-1, x.shape[-1])
        for_b = (rows * ctx.scale).t() @ (given @ a.t())
        for_a = (rows @ b * ctx.scale).t() @ given
        return (rows @ weight).reshape(x.shape), None, for_a, for_b, None


class Merged(torch.nn.Module):
    """peft's layer, in its place, with its product beside it."""

    base_layer: Any
    lora_A: Any
    lora_B: Any
    scaling: dict[str, float]
    product: torch.Tensor

    def forward(self, x: torch.Tensor, *_: Any, **__: Any) -> Any:
        """x · (W + s B A)ᵀ."""
        a, b = self.lora_A["default"].weight, self.lora_B["default"].weight
        return Product.apply(x, self.product, a, b, self.scaling["default"])  # type: ignore[no-untyped-call]

    def refresh(self) -> None:
        """W + s B A, rounded as W is: to be called after A or B have changed."""
        a, b = self.lora_A["default"].weight.data, self.lora_B["default"].weight.data
        torch.addmm(self.base_layer.weight.data, b, a, alpha=self.scaling["default"], out=self.product)


def merged(net: Any) -> list[Merged]:
    """The LoRA layers of a peft model, made such layers in place."""
    layers = [module for module in net.modules() if hasattr(module, "lora_A")]
    for layer in layers:
        layer.__class__ = Merged
        layer.register_buffer("product", layer.base_layer.weight.detach().clone(), persistent=False)
        layer.refresh()
    return layers
