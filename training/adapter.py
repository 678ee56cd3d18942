"""Train the adapter of the default language model and write it as GGUF.

    python -m training.adapter ../shared/train --out build/adapter.gguf

The model is shown a question and a quote, in the very tokens that the pipeline sends (the prompt files,
llama.cpp's tokenizer, the GGUF's own chat template), and learns to say "Yes" and the words that answer, or
"No". LoRA (Hu et al., 2021, arXiv:2106.09685) on all linear layers of the GGUF's own weights. The log odds of
"Yes" of all quotes of a question, and 0 for none of them, go into one softmax: what counts is which quote
comes first.

The rate rises, stays and falls at the end (`trapezoid`), so a run can be stopped, gone on with, and made
longer (`--examples`) without beginning again: the state is beside `--state`, with a log of the losses, and
their picture is beside `--out`. With `--minutes` the first steps tell how many there will be. A GPU is used
where there is one.
"""

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from assistant.llm.model import LlamaModel
from assistant.llm.weights import find_weights
from assistant.settings import DEFAULT_MODEL
from index.embed import Encoder
from training.data import SEED, read
from training.examples import Prompts, Shown, Source, mixed
from training.gguf_adapter import read_gguf, write_gguf
from training.losses import draw
from training.made import FILE as MADE
from training.made import made
from training.merged import merged
from training.mined import found_before
from training.passes import loss_of, passes, said
from training.precision import precision

RANK, ALPHA = 32, 64
LAYERS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
LEARNING_RATE = 4e-4
WARM_UP, FALL = 40, 0.3  # steps until the full rate; share of the steps over which it falls
STEP = 8  # examples of a step
EXAMPLES = 12_000  # as many as the shipped adapter saw
MINED_EVERY = 2  # one of so many public questions is shown with what training/mined.py found, if it was run
MADE_ARTICLES, MADE_EVERY = 1000, 4  # news of our own making: how many, and one of so many questions
KEEP_EVERY, REPORT_EVERY = 10, 128  # steps
DEV_QUESTIONS, DEV_MADE = 200, 60
TIMED = range(WARM_UP // 2, WARM_UP)  # steps by whose time the others are counted (`fitting`)


def network(file: Path, device: str) -> Any:
    """The GGUF's own weights with an untrained adapter."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32)
    base.config.use_cache = False
    config = LoraConfig(r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, target_modules=list(LAYERS), bias="none")
    return get_peft_model(base, config, autocast_adapter_dtype=False).to(device, precision(device))


def quality(net: Any, held: Sequence[Shown], verdicts: tuple[int, int]) -> str:
    """How often the right quote is the likeliest, among the answerable and of those that are not."""
    model = net.get_base_model()
    right: list[bool] = []
    none: dict[bool, list[float]] = {True: [], False: []}
    words: list[float] = []
    for some in passes(held):
        with torch.inference_mode():
            read = said(model.model, model.lm_head, some, verdicts)
        for shown, found in zip(some, read, strict=True):
            none[shown.right > 0].append(float(found.odds.log_softmax(-1)[0]))
            if found.reply is not None:
                right.append(int(found.odds[1:].argmax()) + 1 == shown.right)
                branch = shown.branches[shown.right - 1]
                wanted = torch.tensor(branch.tokens[-branch.reply + 1 :], device=found.reply.device)
                words.append(bool((found.reply.argmax(-1) == wanted).all()))
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


def fitting(seconds: float, took: float) -> int:
    """How many more steps of `took` seconds fit, the looks at the held-out questions among them, which take a
    third of an example each: there is nothing to learn.

    >>> fitting(3600, 3.6), fitting(3600, 9.0), fitting(0, 9.0)
    (911, 358, 0)
    """
    look = (DEV_QUESTIONS + DEV_MADE) * took / STEP / 3
    return max(0, int((seconds - look) / (took + look / REPORT_EVERY)))


class Training:
    """AdamW, and what a run needs to go on where it was stopped."""

    def __init__(
        self, net: Any, state: Path, verdicts: tuple[int, int], device: str, *, compiled: bool
    ) -> None:
        self.net, self._state, self._verdicts, self.first = net, state, verdicts, 0
        self.steps: int | None = None  # of the whole run, once they were counted
        self._merged = merged(net)
        model = net.get_base_model()
        if compiled:
            for block in model.model.layers:
                block.compile(dynamic=True)
        self._layers, self._head = model.model, model.lm_head
        self._used = [p for p in net.parameters() if p.requires_grad]
        self.learnt = [p.detach().float().clone() for p in self._used]
        for exact in self.learnt:
            exact.grad = torch.zeros_like(exact)
        self.optimizer = torch.optim.AdamW(self.learnt, lr=LEARNING_RATE, weight_decay=0.0, betas=(0.9, 0.98))
        if state.exists():
            kept = torch.load(state, map_location=device)
            for exact, was in zip(self.learnt, kept["adapter"], strict=True):
                exact.copy_(was)
            self._use()
            self.optimizer.load_state_dict(kept["optimizer"])
            self.first, self.steps = kept["step"], kept.get("steps")

    def _use(self) -> None:
        """What is learnt, into the network."""
        for used, exact in zip(self._used, self.learnt, strict=True):
            used.data.copy_(exact)
        for layer in self._merged:
            layer.refresh()

    def _collect(self) -> None:
        """Gradients are summed in float32."""
        for used, exact in zip(self._used, self.learnt, strict=True):
            if used.grad is not None and exact.grad is not None:
                exact.grad += used.grad
                used.grad = None

    def keep(self, step: int) -> None:
        """Write the state after a step, whole or not at all."""
        adapter = self.learnt
        part = self._state.with_suffix(".part")
        kept = {"adapter": adapter, "optimizer": self.optimizer.state_dict(), "step": step + 1}
        torch.save({**kept, "steps": self.steps}, part)
        part.replace(self._state)

    def step(self, some: Sequence[Shown], rate: float) -> float:
        """One step; the mean loss of a question."""
        total = 0.0
        for part in passes(some):
            found = said(self._layers, self._head, part, self._verdicts)
            loss = torch.stack(list(map(loss_of, part, found))).sum() / len(some)
            loss.backward()  # type: ignore[no-untyped-call]
            self._collect()
            total += loss.item()
        torch.nn.utils.clip_grad_norm_(self.learnt, 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = LEARNING_RATE * rate
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=False)
        self._use()
        return total


def main() -> None:
    """Read, train, report, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--examples", type=int, default=EXAMPLES, help=f"at most (default: {EXAMPLES:,})")
    parser.add_argument("--minutes", type=float, help="as many examples as fit into so many, all told")
    parser.add_argument("--part", type=float, default=1.0, help="of the pages, 0..1: less to prepare")
    parser.add_argument("--stop-at", type=int, help="stop after so many, the rate as if it went on")
    parser.add_argument("--state", type=Path, default=Path("build/adapter.state"), help="of a run to go on")
    parser.add_argument("--after", type=Path, help="the adapter that an earlier run wrote, to begin with")
    parser.add_argument("--skip", type=int, default=0, help="examples that it has seen")
    parser.add_argument("--compile", action="store_true", help="faster after the first minute")
    arguments = parser.parse_args(namespace=argparse.Namespace(begun=time.time()))
    found = found_before(arguments.state)
    if found and arguments.part < 1:
        parser.error("what training.mined found is numbered among all pages: leave --part out")
    arguments.state.parent.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEED)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    file = find_weights(DEFAULT_MODEL)
    prompts = Prompts(LlamaModel(file))
    encoder = Encoder(dtype="float32")
    state = arguments.state
    public = Source(*read(arguments.folder, arguments.part), state, encoder, prompts)
    own = Source(*made(MADE_ARTICLES, SEED), state.with_stem(f"{state.stem}-{MADE}"), encoder, prompts)
    held = {
        name: list(islice(source.stream(held_out=True), number))
        for name, source, number in (("public", public, DEV_QUESTIONS), (MADE, own, DEV_MADE))
    }
    net = network(file, device)
    if arguments.after:
        read_gguf(net, arguments.after)
    verdicts = (prompts.yes, prompts.no)
    training = Training(net, arguments.state, verdicts, device, compiled=arguments.compile)
    often, seldom = public.stream(held_out=False), own.stream(held_out=False)
    for _ in islice(mixed(often, seldom, MADE_EVERY), arguments.skip):
        pass
    if found:
        often = mixed(often, public.mined(found), MINED_EVERY)
    stream = mixed(often, seldom, MADE_EVERY)
    run(training, stream, held, verdicts, arguments)


def run(
    training: Training,
    stream: Iterator[Shown],
    held: Mapping[str, Sequence[Shown]],
    verdicts: tuple[int, int],
    arguments: argparse.Namespace,
) -> None:
    """All steps; the losses go to a file beside the state."""
    if not arguments.minutes:
        training.steps = None
    most, stop = arguments.examples // STEP, (arguments.stop_at or arguments.examples) // STEP
    for _ in islice(stream, training.first * STEP):
        pass
    started, mean, times = time.time(), 0.0, [time.time()]
    with (
        arguments.state.with_suffix(".log.jsonl").open("a", encoding="utf-8") as log,
        tqdm(initial=training.first, total=min(stop, training.steps or most), mininterval=20) as bar,
    ):
        for step in range(training.first, stop):
            loss = training.step([next(stream) for _ in range(STEP)], trapezoid(step, training.steps or most))
            mean = 0.97 * mean + 0.03 * loss if mean else loss
            times.append(time.time())
            line = {"step": step, "loss": round(loss, 4), "s": round(times[-1] - started)}
            log.write(json.dumps(line) + "\n")
            log.flush()
            bar.update()
            if arguments.minutes and training.steps is None and step + 1 - training.first == TIMED.stop:
                took = float(np.median(np.diff(times)[TIMED.start :]))
                left = arguments.begun + 60 * arguments.minutes - times[-1]
                training.steps = min(most, step + 1 + fitting(left, took))
                bar.total = min(stop, training.steps)
                print(f"{training.steps * STEP} examples fit into {arguments.minutes:g} minutes", flush=True)
            last = step + 1 >= min(stop, training.steps or most)
            if (step + 1) % KEEP_EVERY == 0 or last:
                training.keep(step)
            if (step + 1) % REPORT_EVERY == 0 or last:
                print(f"step {step + 1}: loss {mean:.3f}", flush=True)
                for name, some in held.items():
                    print(f"  {name}: {quality(training.net, some, verdicts)}", flush=True)
                write_gguf(training.net, arguments.out, RANK, ALPHA)
                draw(Path(log.name), arguments.out.with_suffix(".losses.svg"))
            if last:
                break


if __name__ == "__main__":
    main()
