"""Train the adapter of the default language model and write it as GGUF.

    python -m training.adapter ../shared/train --out assistant/smollm2-reader.gguf

The model is shown a question and numbered quotes, in the very tokens that the pipeline sends (the prompt
files, llama.cpp's tokenizer, the GGUF's own chat template), and learns to write the number of the quote that
answers and the words that do, or `[0]`. LoRA (Hu et al., 2021, arXiv:2106.09685) on all linear layers of the
GGUF's own weights; the loss is on the reply alone, and twice as much on its number.

The rate rises, stays and falls at the end (`trapezoid`), so a run can be stopped, gone on with, and made
longer (`--examples`) without beginning again: the state is beside `--state`, with a log of the losses, from
which `--plot` draws the curve. A GPU is used where there is one.
"""

import argparse
import hashlib
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy
from tqdm import tqdm

from assistant.llm.model import LlamaModel
from assistant.llm.talk import Message
from assistant.llm.weights import find_weights
from assistant.settings import DEFAULT_MODEL
from index.embed import Encoder
from prompts import render
from training.data import look_alikes, read
from training.gguf_adapter import write_gguf
from training.quotes import Example, Quotes, shuffled

RANK, ALPHA = 32, 64
LAYERS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
LEARNING_RATE = 4e-4
WARM_UP, FALL = 400, 0.25  # examples until the full rate; share of the examples over which it falls
NUMBER_WEIGHT = 2.0  # of the loss on the number, beside that on each word's piece
STEP, BATCH, WINDOW = 8, 4, 64  # examples of a step, of a pass through the network, sorted by length
# Of a source's questions, drawn anew for each pass: the encyclopedia's are most like those about news.
SHARES = {"squadshifts_wiki": 1.0, "squadshifts_reddit": 0.4, "squadshifts_amazon": 0.4, "fairytale": 0.4}
MAX_TOKENS = 640  # longer prompts are left out: one in a thousand
KEEP_EVERY, REPORT_EVERY = 25, 200  # steps
DEV_QUESTIONS = 200
SEED = 11

END = "<|im_end|>"


@dataclass(frozen=True)
class Shown:
    """An example in tokens; `prompt` of them are not learnt."""

    tokens: tuple[int, ...]
    prompt: int
    right: int  # the number that the reply should begin with


class Prompts:
    """Examples → tokens, made by the parts of the pipeline."""

    def __init__(self, model: LlamaModel) -> None:
        self._template = model._template
        self._llama = model._llama
        self.digits = [self._words(str(n))[0] for n in range(10)]
        self.end = self._llama.tokenize(END.encode(), add_bos=False, special=True)

    def shown(self, example: Example) -> Shown:
        """The prompt and the reply, to its end."""
        quotes = "\n".join(f"[{n}] {quote}" for n, quote in enumerate(example.quotes, start=1))
        messages = [
            Message("system", render("choose")),
            Message("user", render("question", quotes=quotes, question=example.question)),
        ]
        prompt, _ = self._template.tokens(messages)
        reply = [*self._words(example.reply), *self.end]
        right = 0 if example.right is None else example.right + 1
        return Shown((*prompt, *reply), len(prompt), right)

    def _words(self, text: str) -> list[int]:
        found: list[int] = self._llama.tokenize(text.encode(), add_bos=False, special=False)
        return found


def network(file: Path, device: str) -> Any:
    """The GGUF's own weights with an untrained adapter."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32)
    base.config.use_cache = False
    config = LoraConfig(r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, target_modules=list(LAYERS), bias="none")
    return get_peft_model(base, config).to(device)


def batch(some: Sequence[Shown], device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """`(n, longest)` tokens and mask, filled up on the right."""
    longest = max(len(shown.tokens) for shown in some)
    tokens = torch.zeros((len(some), longest), dtype=torch.long)
    mask = torch.zeros((len(some), longest), dtype=torch.long)
    for row, shown in enumerate(some):
        tokens[row, : len(shown.tokens)] = torch.tensor(shown.tokens)
        mask[row, : len(shown.tokens)] = 1
    return tokens.to(device), mask.to(device)


def reply_logits(net: Any, some: Sequence[Shown], device: str) -> Iterator[tuple[Shown, torch.Tensor]]:
    """Of each example the logits before each token of its reply, `(reply, vocabulary)`. The vocabulary's are
    worked out for these alone: they are a fifth of the work."""
    tokens, mask = batch(some, device)
    model = net.get_base_model()
    hidden = model.model(input_ids=tokens, attention_mask=mask).last_hidden_state
    for row, shown in enumerate(some):
        yield shown, model.lm_head(hidden[row, shown.prompt - 1 : len(shown.tokens) - 1])


def loss_of(shown: Shown, logits: torch.Tensor) -> torch.Tensor:
    """The cross-entropy of the reply, its number (the second token, after the bracket) counted more."""
    wanted = torch.tensor(shown.tokens[shown.prompt :], device=logits.device)
    weights = torch.ones(len(wanted), device=logits.device)
    weights[1] = NUMBER_WEIGHT
    return (cross_entropy(logits, wanted, reduction="none") * weights).sum() / weights.sum()


def quality(net: Any, held: Sequence[Shown], digits: Sequence[int], device: str) -> str:
    """How often the right number is the likeliest, among the answerable and of those that are not."""
    right: dict[bool, list[bool]] = {True: [], False: []}
    none: dict[bool, list[float]] = {True: [], False: []}
    words: list[float] = []
    ordered = sorted(held, key=lambda shown: len(shown.tokens))
    with torch.inference_mode():
        for start in range(0, len(ordered), BATCH):
            for shown, logits in reply_logits(net, ordered[start : start + BATCH], device):
                odds = logits[1, list(digits)].log_softmax(-1)
                answerable = shown.right > 0
                right[answerable].append(int(odds[1:].argmax()) + 1 == shown.right)
                none[answerable].append(float(odds[0]))
                if answerable:
                    wanted = torch.tensor(shown.tokens[shown.prompt + 2 :], device=device)
                    words.append(bool((logits[2:].argmax(-1) == wanted).all()))
    area = np.mean([a < b for a in none[True] for b in none[False]])
    return (
        f"right quote first {np.mean(right[True]):.3f}, its words exact {np.mean(words):.3f}, "
        f"area under the curve of none {area:.3f}"
    )


def trapezoid(step: int, steps: int) -> float:
    """The learning rate at a step, as a share of the highest.

    >>> [round(trapezoid(step, 1000), 2) for step in (0, 24, 49, 500, 875, 999)]
    [0.02, 0.5, 1.0, 1.0, 0.5, 0.0]
    """
    rise = (step + 1) / (WARM_UP / STEP)
    fall = (steps - step) / (FALL * steps)
    return max(0.0, min(1.0, rise, fall))


class Training:
    """AdamW, and what a run needs to go on where it was stopped."""

    def __init__(self, net: Any, state: Path, device: str) -> None:
        self.net, self._state, self.device, self.first = net, state, device, 0
        self.parameters = [p for p in net.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(
            self.parameters, lr=LEARNING_RATE, weight_decay=0.0, betas=(0.9, 0.98)
        )
        if state.exists():
            kept = torch.load(state, map_location=device)
            for parameter, was in zip(self.parameters, kept["adapter"], strict=True):
                parameter.data.copy_(was)
            self.optimizer.load_state_dict(kept["optimizer"])
            self.first = kept["step"]

    def keep(self, step: int) -> None:
        """Write the state after a step, whole or not at all."""
        adapter = [parameter.data for parameter in self.parameters]
        part = self._state.with_suffix(".part")
        torch.save({"adapter": adapter, "optimizer": self.optimizer.state_dict(), "step": step + 1}, part)
        part.replace(self._state)

    def step(self, some: Sequence[Shown], rate: float) -> float:
        """One step; the mean loss."""
        total = 0.0
        ordered = sorted(some, key=lambda shown: len(shown.tokens))
        for start in range(0, len(ordered), BATCH):
            part = [
                loss_of(*found)
                for found in reply_logits(self.net, ordered[start : start + BATCH], self.device)
            ]
            loss = torch.stack(part).sum() / len(some)
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.item()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = LEARNING_RATE * rate
        self.optimizer.step()
        self.optimizer.zero_grad()
        return total


class Kept:
    """An encoder's rows, kept beside the state: tens of thousands of sentences take minutes."""

    def __init__(self, encoder: Encoder, state: Path) -> None:
        self._encoder, self._state = encoder, state

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """`(n, dim)` unit rows."""
        name = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]
        file = self._state.with_suffix(f".{name}.npy")
        if not file.exists():
            np.save(file, self._encoder.embed(list(texts)))
        found: np.ndarray = np.load(file)
        return found


class Examples:
    """The questions of a side, as examples without end: each pass draws others around the same questions."""

    def __init__(self, folder: Path, state: Path, encoder: Encoder, prompts: Prompts) -> None:
        self.contexts, self.asked = read(folder)
        self._prompts = prompts
        embed = Kept(encoder, state)
        self._quotes = Quotes(self.contexts, embed)
        self._rows = embed.embed([asked.question for asked in self.asked])
        self._like = look_alikes(state, self.contexts, self.asked, encoder)
        held = [self.contexts[asked.context].held_out for asked in self.asked]
        self.train = [i for i, kept in enumerate(held) if not kept]
        self.held = [i for i, kept in enumerate(held) if kept]

    def stream(self, numbers: Sequence[int], seed: int) -> Iterator[Shown]:
        """Examples of these questions, in the same order each time."""
        turn = 0
        while True:
            for at in shuffled(len(numbers), seed + turn):
                i = numbers[at]
                share = SHARES[self.contexts[self.asked[i].context].file]
                rng = random.Random(f"{seed} {turn} {i}")
                if rng.random() >= share:
                    continue
                example = self._quotes.example(self.asked[i], self._rows[i], self._like[i], rng)
                shown = self._prompts.shown(example) if example else None
                if shown and len(shown.tokens) <= MAX_TOKENS:
                    yield shown
            turn += 1


def main() -> None:
    """Read, train, report, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--examples", type=int, default=12_000)
    parser.add_argument("--stop-at", type=int, help="stop after so many, the rate as if it went on")
    parser.add_argument("--state", type=Path, default=Path("build/adapter.state"), help="of a run to go on")
    arguments = parser.parse_args()
    arguments.state.parent.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEED)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    file = find_weights(DEFAULT_MODEL)
    prompts = Prompts(LlamaModel(file))
    examples = Examples(arguments.folder, arguments.state, Encoder(dtype="float32"), prompts)
    print(f"{len(examples.train)} questions to learn from, {len(examples.held)} held out", flush=True)
    dev = examples.stream(examples.held, SEED)
    held = [next(dev) for _ in range(DEV_QUESTIONS)]
    training = Training(network(file, device), arguments.state, device)
    run(training, examples, held, prompts, arguments)


def run(
    training: Training,
    examples: Examples,
    held: Sequence[Shown],
    prompts: Prompts,
    arguments: argparse.Namespace,
) -> None:
    """All steps; the losses go to a file beside the state."""
    steps, stop = arguments.examples // STEP, (arguments.stop_at or arguments.examples) // STEP
    stream = examples.stream(examples.train, SEED)
    for _ in range(training.first * STEP):
        next(stream)
    started, mean = time.time(), 0.0
    with arguments.state.with_suffix(".log.jsonl").open("a", encoding="utf-8") as log:
        for step in tqdm(range(training.first, stop), initial=training.first, total=stop, mininterval=20):
            loss = training.step([next(stream) for _ in range(STEP)], trapezoid(step, steps))
            mean = 0.97 * mean + 0.03 * loss if mean else loss
            log.write(
                json.dumps({"step": step, "loss": round(loss, 4), "s": round(time.time() - started)}) + "\n"
            )
            log.flush()
            if (step + 1) % KEEP_EVERY == 0 or step + 1 == stop:
                training.keep(step)
            if (step + 1) % REPORT_EVERY == 0 or step + 1 == stop:
                told = quality(training.net, held, prompts.digits, training.device)
                print(f"step {step + 1}: loss {mean:.3f}, {told}", flush=True)
                write_gguf(training.net, arguments.out, RANK, ALPHA)


if __name__ == "__main__":
    main()
