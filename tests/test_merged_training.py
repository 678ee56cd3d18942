"""LoRA layers with their product worked out: the same numbers and gradients as the small matrices give."""

from types import SimpleNamespace

import pytest
import torch

from training.merged import merged


class Layer(torch.nn.Module):
    """A layer as peft makes it."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.base_layer = torch.nn.Linear(6, 4, bias=False).requires_grad_(False)
        self.lora_A = torch.nn.ModuleDict({"default": torch.nn.Linear(6, 2, bias=False)})
        self.lora_B = torch.nn.ModuleDict({"default": torch.nn.Linear(2, 4, bias=False)})
        self.scaling = {"default": 2.0}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base_layer(x) + 2.0 * self.lora_B["default"](self.lora_A["default"](x))


def passed(net: torch.nn.Module, x: torch.Tensor) -> SimpleNamespace:
    """The output, and the gradients of the sum of its squares."""
    given = x.clone().requires_grad_()
    out = net(given)
    out.square().sum().backward()
    layer = net[0]
    gradients = [part["default"].weight.grad.clone() for part in (layer.lora_A, layer.lora_B)]
    for part in (layer.lora_A, layer.lora_B):
        part["default"].weight.grad = None
    return SimpleNamespace(out=out.detach(), gradients=[given.grad, *gradients])


@pytest.fixture
def net() -> torch.nn.Sequential:
    return torch.nn.Sequential(Layer())


def test_output_and_gradients_are_those_of_two_small_matrices(net: torch.nn.Sequential):
    x = torch.randn((3, 5, 6))
    plain = passed(net, x)
    (layer,) = merged(net)
    own = passed(net, x)
    assert torch.allclose(own.out, plain.out, atol=1e-5)
    for mine, theirs in zip(own.gradients, plain.gradients, strict=True):
        assert torch.allclose(mine, theirs, atol=1e-4)
    assert layer.base_layer.weight.grad is None


def test_what_was_learnt_counts_after_a_refresh(net: torch.nn.Sequential):
    x = torch.randn((2, 6))
    (layer,) = merged(net)
    before = net(x)
    layer.lora_B["default"].weight.data.zero_()
    assert torch.equal(net(x), before)
    layer.refresh()
    assert torch.allclose(net(x), layer.base_layer(x))
