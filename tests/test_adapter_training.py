"""An example → the tokens that the adapter learns from: the pipeline's own prompts, each quote by itself."""

import argparse
from collections.abc import Sequence
from itertools import repeat
from pathlib import Path

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from assistant.composing.choose import prompts
from assistant.llm.model import LlamaModel
from assistant.llm.weights import find_weights
from assistant.settings import DEFAULT_MODEL
from training import adapter
from training.examples import Prompts, Shown
from training.passes import MOST_TOKENS, loss_of, packed, passes, said
from training.quotes import Example

QUOTES = ("It rained all day.", "Lee left on Monday.", "Ann stayed.")


@pytest.fixture(scope="module")
def model() -> LlamaModel:
    return LlamaModel(find_weights(DEFAULT_MODEL))


def test_each_branch_is_the_prompt_that_the_pipeline_sends(model: LlamaModel):
    shown = Prompts(model).shown(Example("When did Lee leave?", QUOTES, 1, "on Monday"))
    sent = [model._template.tokens(messages)[0] for messages in prompts("When did Lee leave?", QUOTES)]
    for branch, tokens in zip(shown.branches, sent, strict=True):
        whole = [*shown.common, *branch.tokens]
        assert whole[: len(whole) - branch.reply] == tokens
    assert shown.right == 2
    reply = shown.branches[1].tokens[-shown.branches[1].reply :]
    assert model._llama.detokenize(list(reply), special=True).decode() == "Yes: on Monday<|im_end|>"
    assert [branch.reply for branch in shown.branches if branch is not shown.branches[1]] == [0, 0]


def test_where_none_answers_there_is_no_reply(model: LlamaModel):
    shown = Prompts(model).shown(Example("When did Eve leave?", QUOTES, None, ""))
    assert shown.right == 0
    assert not any(branch.reply for branch in shown.branches)


class Layers(torch.nn.Module):
    """Stands where the network stands: the hidden state of a token is its own number."""

    def forward(self, input_ids, position_ids, attention_mask):
        return type("Out", (), {"last_hidden_state": input_ids[..., None].float()})


def test_the_verdict_is_read_before_the_reply_and_its_words_after_it(model: LlamaModel):
    shown = Prompts(model).shown(Example("When did Lee leave?", QUOTES, 1, "on Monday"))
    head = torch.nn.Linear(1, 50_000, bias=False)
    with torch.no_grad():
        head.weight.zero_()
        head.weight[7] = 1.0  # "yes" less "no" is the token itself
    (found,) = said(Layers(), head, [shown], (7, 8))
    last = [branch.tokens[len(branch.tokens) - branch.reply - 1] for branch in shown.branches]
    assert found.odds.tolist() == [0.0, *map(float, last)]
    assert found.reply is not None
    assert len(found.reply) == shown.branches[1].reply - 1  # what follows "Yes"
    assert loss_of(shown, found).item() > 0
    made = packed([shown])
    assert made.tokens.shape == made.places.shape == (1, shown.length)
    assert made.mask.shape == (1, 1, shown.length, shown.length)


@pytest.fixture(scope="module")
def network():
    """A network of the same kind, untrained and tiny."""
    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=50_000,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
    )
    return LlamaForCausalLM(config).eval()


def test_examples_that_share_a_pass_are_read_as_each_alone(model: LlamaModel, network: LlamaForCausalLM):
    made = Prompts(model)
    some = [
        made.shown(Example("When did Lee leave?", QUOTES, 1, "on Monday")),
        made.shown(Example("Who stayed, and for how long?", QUOTES[1:], None, "")),
        made.shown(Example("When did it rain?", QUOTES[:1], 0, "all day")),
    ]
    together = said(network.model, network.lm_head, some, (7, 8))
    for shown, found in zip(some, together, strict=True):
        (alone,) = said(network.model, network.lm_head, [shown], (7, 8))
        torch.testing.assert_close(found.odds, alone.odds, atol=1e-5, rtol=1e-4)
        assert (found.reply is None) == (alone.reply is None) == (shown.right == 0)
        assert loss_of(shown, found).item() == pytest.approx(loss_of(shown, alone).item(), abs=1e-4)
    assert together[0].odds[1:].std() > 1e-4  # quotes are told apart


def test_what_all_begin_with_is_read_once(model: LlamaModel):
    made = Prompts(model)
    some = [made.shown(Example(q, QUOTES, None, "")) for q in ("Who left?", "Who stayed?", "Did it rain?")]
    assert packed(some).tokens.shape[1] < sum(shown.length for shown in some) - 2 * 30


def test_a_pass_has_no_more_tokens_than_it_may(model: LlamaModel):
    some = [Prompts(model).shown(Example("Who left?", QUOTES, None, ""))] * 20
    parts = list(passes(some))
    assert [shown for part in parts for shown in part] == some
    assert 1 < len(parts) < 20
    assert all(packed(part).tokens.shape[1] <= MOST_TOKENS for part in parts)
    assert [len(part) for part in passes(some, most=1)] == [1] * 20


class Clocked:
    """Stands where the training stands: each of its steps takes 3 s by a clock of its own."""

    def __init__(self, first: int = 0, steps: int | None = None) -> None:
        self.net, self.first, self.steps = None, first, steps
        self.now = 1000.0
        self.rates: list[float] = []
        self.kept: list[int] = []

    def step(self, some: Sequence[Shown], rate: float) -> float:
        self.now += 3.0
        self.rates.append(rate)
        return 1.0

    def keep(self, step: int) -> None:
        self.kept.append(step)


def steps_of(training: Clocked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **given: object) -> int:
    """How many steps a run with these arguments takes."""
    for name in ("write_gguf", "draw"):
        monkeypatch.setattr(adapter, name, lambda *_: None)
    monkeypatch.setattr(adapter.time, "time", lambda: training.now)
    arguments = {"examples": 8_000, "minutes": None, "stop_at": None, "begun": 700.0}
    files = {"state": tmp_path / "a.state", "out": tmp_path / "a.gguf"}
    adapter.run(training, repeat(None), {}, (0, 1), argparse.Namespace(**(arguments | files | given)))
    return len(training.rates)


def test_as_many_steps_are_taken_as_fit_into_the_minutes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    training = Clocked()
    taken = steps_of(training, tmp_path, monkeypatch, minutes=30)
    assert training.now - 1000 < 30 * 60 - 300  # 300 s had gone by before
    assert taken == training.steps == adapter.WARM_UP + adapter.fitting(1500 - 3 * adapter.WARM_UP, 3.0)
    assert training.rates[-1] < 0.02  # the rate has fallen
    assert training.rates[taken // 2] == 1.0
    assert training.kept[-1] == taken - 1


def test_no_more_steps_than_were_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert steps_of(Clocked(), tmp_path, monkeypatch, minutes=6000) == 1000
    assert steps_of(Clocked(), tmp_path, monkeypatch) == 1000
    assert steps_of(Clocked(), tmp_path, monkeypatch, stop_at=160) == 20


def test_a_run_in_minutes_goes_on_to_the_step_that_was_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    assert steps_of(Clocked(100, 150), tmp_path, monkeypatch, minutes=1) == 50
    assert steps_of(Clocked(100, 150), tmp_path, monkeypatch, examples=1600) == 100  # asked otherwise now
