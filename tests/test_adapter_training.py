"""An example → the tokens that the adapter learns from: the pipeline's own prompts, each quote by itself."""

import pytest
import torch

from assistant.composing.choose import prompts
from assistant.llm.model import LlamaModel
from assistant.llm.weights import find_weights
from assistant.settings import DEFAULT_MODEL
from training.adapter import loss_of, packed, said
from training.examples import Prompts
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
    found = said(Layers(), head, shown, (7, 8))
    last = [branch.tokens[len(branch.tokens) - branch.reply - 1] for branch in shown.branches]
    assert found.odds.tolist() == [0.0, *map(float, last)]
    assert found.reply is not None
    assert len(found.reply) == shown.branches[1].reply - 1  # what follows "Yes"
    assert loss_of(shown, found).item() > 0
    tokens, places, mask = packed(shown)
    assert tokens.shape == places.shape == (1, shown.length)
    assert mask.shape == (1, 1, shown.length, shown.length)
