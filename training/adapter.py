"""Train the adapter of the default language model and write it as GGUF.

    python -m training.adapter ../shared/train --out assistant/smollm2-reader.gguf

The model is shown a question and numbered quotes, in the very tokens that the pipeline sends (the prompt
files, llama.cpp's tokenizer, the GGUF's own chat template), and learns to write the number of the quote that
answers and the words that do, or `[0]`. LoRA (Hu et al., 2021, arXiv:2106.09685) on all linear layers of the
GGUF's own weights; the loss is on the reply alone, and twice as much on its number.

The rate rises, stays and falls at the end (`trapezoid`), so a run can be stopped, gone on with, and made
longer (`--sheets`) without beginning again: the state is beside `--state`, with a log of the losses, from
which `--plot` draws the curve. A GPU is used where there is one.
"""

import argparse
import hashlib
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, takewhile
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
from training.quotes import Quotes, Sheet, shuffled

RANK, ALPHA = 32, 64
LAYERS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
LEARNING_RATE = 4e-4
WARM_UP, FALL = 40, 0.3  # steps until the full rate; share of the steps over which it falls
NUMBER_WEIGHT = 2.0  # of the loss on the number, beside that on each word's piece
STEP = 4  # sheets of a step
# Of a source's questions, drawn anew for each pass: the encyclopedia's are most like those about news.
SHARES = {"squadshifts_wiki": 1.0, "squadshifts_reddit": 0.4, "squadshifts_amazon": 0.4, "fairytale": 0.4}
MAX_TOKENS = 768  # longer sheets are left out: few
KEEP_EVERY, REPORT_EVERY = 10, 150  # steps
DEV_QUESTIONS = 200
SEED = 11

END = "<|im_end|>"


@dataclass(frozen=True)
class Asked:
    """A question of a sheet in tokens: what comes after the quotes, and the reply."""

    tokens: tuple[int, ...]
    reply: int  # tokens at the end that are learnt
    right: int  # the number that the reply should begin with


@dataclass(frozen=True)
class Shown:
    """A sheet in tokens: what its questions have in common, the quotes above all, then each question."""

    common: tuple[int, ...]
    asked: tuple[Asked, ...]

    @property
    def length(self) -> int:
        """Tokens altogether."""
        return len(self.common) + sum(len(asked.tokens) for asked in self.asked)


class Prompts:
    """Sheets → tokens, made by the parts of the pipeline."""

    def __init__(self, model: LlamaModel) -> None:
        self._template = model._template
        self._llama = model._llama
        self.digits = [self._words(str(n))[0] for n in range(10)]
        self.end = self._llama.tokenize(END.encode(), add_bos=False, special=True)

    def shown(self, sheet: Sheet) -> Shown:
        """The prompts with their replies, to the ends; what all begin with is there once."""
        quotes = "\n".join(f"[{n}] {quote}" for n, quote in enumerate(sheet.quotes, start=1))
        prompts, replies = [], []
        for question in sheet.questions:
            messages = [
                Message("system", render("choose")),
                Message("user", render("question", quotes=quotes, question=question.text)),
            ]
            prompts.append(self._template.tokens(messages)[0])
            replies.append([*self._words(question.reply), *self.end])
        same = beginning(prompts) if len(prompts) > 1 else 0
        return Shown(
            tuple(prompts[0][:same]),
            tuple(
                Asked((*prompt[same:], *reply), len(reply), 0 if q.right is None else q.right + 1)
                for prompt, reply, q in zip(prompts, replies, sheet.questions, strict=True)
            ),
        )

    def _words(self, text: str) -> list[int]:
        found: list[int] = self._llama.tokenize(text.encode(), add_bos=False, special=False)
        return found


def beginning(prompts: Sequence[Sequence[int]]) -> int:
    """How many tokens all begin with.

    >>> beginning([[1, 2, 3], [1, 2, 4, 5]])
    2
    """
    return sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, zip(*prompts, strict=False)))


def network(file: Path, device: str) -> Any:
    """The GGUF's own weights with an untrained adapter."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32)
    base.config.use_cache = False
    config = LoraConfig(r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, target_modules=list(LAYERS), bias="none")
    return get_peft_model(base, config).to(device)


def packed(shown: Shown) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """`(1, length)` tokens and positions and the `(1, 1, length, length)` mask: each question sees what is
    common and itself, and stands where it would alone.

    >>> tokens, places, mask = packed(Shown((5, 6), (Asked((7,), 1, 0), Asked((8, 9), 1, 0))))
    >>> tokens.tolist(), places.tolist()
    ([[5, 6, 7, 8, 9]], [[0, 1, 2, 2, 3]])
    >>> mask[0, 0].int().tolist()[2:]
    [[1, 1, 1, 0, 0], [1, 1, 0, 1, 0], [1, 1, 0, 1, 1]]
    """
    common = len(shown.common)
    tokens, places = list(shown.common), list(range(common))
    mask = torch.ones((shown.length, shown.length), dtype=torch.bool).tril()
    for asked in shown.asked:
        mask[len(tokens) :, common : len(tokens)] = False
        tokens += asked.tokens
        places += range(common, common + len(asked.tokens))
    return torch.tensor([tokens]), torch.tensor([places]), mask[None, None]


def reply_logits(layers: Any, head: Any, shown: Shown) -> Iterator[tuple[Asked, torch.Tensor]]:
    """Of each question the logits before each token of its reply, `(reply, vocabulary)`. The vocabulary's are
    worked out for these alone: they are a fifth of the work."""
    tokens, places, mask = (part.to(head.weight.device) for part in packed(shown))
    hidden = layers(input_ids=tokens, position_ids=places, attention_mask=mask).last_hidden_state[0]
    end = len(shown.common)
    for asked in shown.asked:
        end += len(asked.tokens)
        yield asked, head(hidden[end - asked.reply - 1 : end - 1])


def loss_of(asked: Asked, logits: torch.Tensor) -> torch.Tensor:
    """The cross-entropy of the reply, its number (the second token, after the bracket) counted more."""
    wanted = torch.tensor(asked.tokens[-asked.reply :], device=logits.device)
    weights = torch.ones(len(wanted), device=logits.device)
    weights[1] = NUMBER_WEIGHT
    return (cross_entropy(logits, wanted, reduction="none") * weights).sum() / weights.sum()


def quality(net: Any, held: Sequence[Shown], digits: Sequence[int]) -> str:
    """How often the right number is the likeliest, among the answerable and of those that are not."""
    model = net.get_base_model()
    right: list[bool] = []
    none: dict[bool, list[float]] = {True: [], False: []}
    words: list[float] = []
    with torch.inference_mode():
        for shown in held:
            asked, logits = next(reply_logits(model.model, model.lm_head, shown))
            odds = logits[1, list(digits)].log_softmax(-1)
            none[asked.right > 0].append(float(odds[0]))
            if asked.right:
                right.append(int(odds[1:].argmax()) + 1 == asked.right)
                wanted = torch.tensor(asked.tokens[-asked.reply :], device=logits.device)
                words.append(bool((logits[2:].argmax(-1) == wanted[2:]).all()))
    area = np.mean([a < b for a in none[True] for b in none[False]])
    return (
        f"right quote first {np.mean(right):.3f}, its words exact {np.mean(words):.3f}, "
        f"area under the curve of none {area:.3f}"
    )


def trapezoid(step: int, steps: int) -> float:
    """The learning rate at a step, as a share of the highest.

    >>> [round(trapezoid(step, 1000), 2) for step in (0, 19, 39, 500, 850, 999)]
    [0.03, 0.5, 1.0, 1.0, 0.5, 0.0]
    """
    rise = (step + 1) / WARM_UP
    fall = (steps - step) / (FALL * steps)
    return max(0.0, min(1.0, rise, fall))


class Training:
    """AdamW, and what a run needs to go on where it was stopped."""

    def __init__(self, net: Any, state: Path, device: str, *, compiled: bool) -> None:
        self.net, self._state, self.first = net, state, 0
        model = net.get_base_model()
        self._layers = torch.compile(model.model, dynamic=True) if compiled else model.model
        self._head = model.lm_head
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
        """One step; the mean loss of a question."""
        total, number = 0.0, sum(len(shown.asked) for shown in some)
        for shown in some:
            part = [loss_of(*found) for found in reply_logits(self._layers, self._head, shown)]
            loss = torch.stack(part).sum() / number
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


class Sheets:
    """The questions of a side, as sheets without end: each pass draws others around the same questions."""

    def __init__(self, folder: Path, state: Path, encoder: Encoder, prompts: Prompts) -> None:
        self.contexts, self.asked = read(folder)
        self._prompts = prompts
        embed = Kept(encoder, state)
        self._quotes = Quotes(self.contexts, self.asked, embed)
        self._rows = embed.embed([asked.question for asked in self.asked])
        self._like = look_alikes(state, self.contexts, self.asked, encoder)
        held = [self.contexts[asked.context].held_out for asked in self.asked]
        self.train = [i for i, kept in enumerate(held) if not kept]
        self.held = [i for i, kept in enumerate(held) if kept]

    def stream(self, numbers: Sequence[int], seed: int) -> Iterator[Shown]:
        """Sheets of these questions, in the same order each time."""
        turn = 0
        while True:
            for at in shuffled(len(numbers), seed + turn):
                i = numbers[at]
                share = SHARES[self.contexts[self.asked[i].context].file]
                rng = random.Random(f"{seed} {turn} {i}")
                if rng.random() >= share:
                    continue
                sheet = self._quotes.sheet(self.asked[i], self._rows[i], self._like[i], rng)
                shown = self._prompts.shown(sheet) if sheet else None
                if shown and shown.length <= MAX_TOKENS:
                    yield shown
            turn += 1


def main() -> None:
    """Read, train, report, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sheets", type=int, default=3000)
    parser.add_argument("--stop-at", type=int, help="stop after so many, the rate as if it went on")
    parser.add_argument("--state", type=Path, default=Path("build/adapter.state"), help="of a run to go on")
    parser.add_argument("--compile", action="store_true", help="a fifth faster after five minutes")
    arguments = parser.parse_args()
    arguments.state.parent.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEED)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    file = find_weights(DEFAULT_MODEL)
    prompts = Prompts(LlamaModel(file))
    sheets = Sheets(arguments.folder, arguments.state, Encoder(dtype="float32"), prompts)
    print(f"{len(sheets.train)} questions to learn from, {len(sheets.held)} held out", flush=True)
    dev = sheets.stream(sheets.held, SEED)
    held = [replace(shown, asked=shown.asked[:1]) for shown in islice(dev, DEV_QUESTIONS)]
    training = Training(network(file, device), arguments.state, device, compiled=arguments.compile)
    run(training, sheets, held, prompts, arguments)


def run(
    training: Training,
    sheets: Sheets,
    held: Sequence[Shown],
    prompts: Prompts,
    arguments: argparse.Namespace,
) -> None:
    """All steps; the losses go to a file beside the state."""
    steps, stop = arguments.sheets // STEP, (arguments.stop_at or arguments.sheets) // STEP
    stream = sheets.stream(sheets.train, SEED)
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
                told = quality(training.net, held, prompts.digits)
                print(f"step {step + 1}: loss {mean:.3f}, {told}", flush=True)
                write_gguf(training.net, arguments.out, RANK, ALPHA)


if __name__ == "__main__":
    main()
