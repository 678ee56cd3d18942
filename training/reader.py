"""Train the extractive reader (`assistant/finding/reader.py`) and write its weights.

    python -m training.reader ../shared/train --out assistant/finding/reader.safetensors

Each step shows a few questions, each with the passage that answers it and passages that only look like it
(found by the encoder), or with the latter alone. The network learns to put its weight on the right sentence
and the right words among all of a question's passages, or on "none" (one softmax over all of them: Clark and
Gardner, 2018, arXiv:1710.10723). Sources, licences and figures: docs/reader.md. Two cores need about an hour;
a run that was stopped goes on where it was. `--after` and `--skip` make a second run of what the first has
learnt and has not seen.
"""

import argparse
import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch.nn.functional import cross_entropy
from tqdm import tqdm

from assistant.finding.reader import encode, load, token_logits, token_spans
from index.embed import Encoder
from training.data import FILES, Asked, Context, look_alikes, read
from training.groups import Group, groups
from training.made import FILE as MADE
from training.made import made
from training.passages import Passages, Shown
from training.precision import precision

REPEATS = {FILES[0]: 2}  # its questions are most like those of people with articles
MADE_ARTICLES, MADE_EVERY = 700, 5  # news of our own making: how many, and one of so many questions
GROUPS_PER_STEP, GROUPS_PER_BATCH = 12, 6
LEARNING_RATE = 1.2e-4
HEAD_RATE = 10  # times as fast: it starts from nothing
WARM_UP = 0.06  # share of the steps
SPAN_WEIGHT = 0.4  # of the losses on the answer's first and last token, beside that on its sentence
DEV_QUESTIONS, DEV_NONE, DEV_NEGATIVES = 300, 0.3, 3
KEEP_EVERY, REPORT_EVERY, LOG_EVERY = 100, 400, 20  # steps
SEED = 7

Pair = tuple[Asked, list[int]]  # a question and the numbers of its look-alikes


@dataclass
class Network:
    """What is trained: the encoder's network and the `(3, dim)` head on its tokens. `precision`: of its
    products."""

    net: Any
    head: torch.nn.Parameter
    tokenizer: Any
    precision: torch.dtype = torch.float32

    @classmethod
    def new(cls, after: Path | None = None, precision: torch.dtype = torch.float32) -> "Network":
        """Untrained, or with the weights of an earlier run. Without dropout: an hour does not overfit, and
        drawing the noise took half the time."""
        net, head, tokenizer = load(after)
        for part in net.modules():
            if isinstance(part, torch.nn.Dropout):
                part.p = 0.0
        net.embeddings.requires_grad_(False)
        net.train()
        if after is None:
            head = torch.randn_like(head) * 0.02
        return cls(net, torch.nn.Parameter(head), tokenizer, precision)

    @property
    def trained(self) -> list[torch.nn.Parameter]:
        """The parameters of the network that change."""
        return [p for p in self.net.parameters() if p.requires_grad]


def losses(network: Network, some: Sequence[Group]) -> Iterator[tuple[torch.Tensor, list[float], int]]:
    """Of each group its loss, its sentences' logits, and the right one's number or -1."""
    flat = [(question, shown) for question, group in some for shown in group]
    batch = encode(network.tokenizer, [q for q, _ in flat], [(s.header, s.text) for _, s in flat])
    with torch.autocast("cpu", network.precision, enabled=network.precision != torch.float32):
        logits = token_logits(network.net, network.head, batch).float()
    row = 0
    none = torch.zeros(1)
    for _, group in some:
        sentences, begins, ends = [none], [none], [none]
        right, begin, end = 0, 0, 0
        for shown in group:
            tokens = token_spans(batch, row, len(shown.header) + 1 if shown.header else 0)
            three = logits[row][torch.tensor([t[0] for t in tokens], dtype=torch.long)]
            if shown.answer is not None and shown.right is not None:
                inside = [
                    i for i, t in enumerate(tokens) if t[2] > shown.answer.start and t[1] < shown.answer.end
                ]
                if inside:  # else it was beyond the window
                    right = sum(map(len, sentences)) + shown.right
                    begin, end = (sum(map(len, begins)) + inside[at] for at in (0, -1))
            sentences.append(sentence_logits(shown, tokens, three[:, 2]))
            begins.append(three[:, 0])
            ends.append(three[:, 1])
            row += 1
        every = torch.cat(sentences)
        spans = one_of(torch.cat(begins), begin) + one_of(torch.cat(ends), end)
        yield one_of(every, right) + SPAN_WEIGHT * spans, every[1:].tolist(), right - 1


def sentence_logits(
    shown: Shown, tokens: Sequence[tuple[int, int, int]], logits: torch.Tensor
) -> torch.Tensor:
    """`(sentences,)`: the mean over the tokens of each; next to nothing for one beyond the window."""
    count = len(shown.sentences)
    of = torch.tensor(
        [next((i for i, s in enumerate(shown.sentences) if s.start <= t[1] < s.end), count) for t in tokens],
        dtype=torch.long,
    )
    summed = torch.zeros(count + 1).index_add(0, of, logits)
    sizes = torch.zeros(count + 1).index_add(0, of, torch.ones(len(tokens)))
    return torch.where(sizes > 0, summed / sizes.clamp(min=1), -30.0)[:-1]


def one_of(logits: torch.Tensor, right: int) -> torch.Tensor:
    """The cross-entropy of one softmax."""
    return cross_entropy(logits[None], torch.tensor([right]))


def quality(network: Network, held: Sequence[Group]) -> str:
    """How often the right sentence comes first among all of a group, and how well "none" is told."""
    first, odds = [], []
    with torch.inference_mode():
        for start in range(0, len(held), 8):
            for _, logits, right in losses(network, held[start : start + 8]):
                odds.append((max(logits), right >= 0))
                if right >= 0:
                    first.append(max(logits) == logits[right])
    yes, no = [o for o, known in odds if known], [o for o, known in odds if not known]
    area = np.mean([a > b for a in yes for b in no])
    return f"right sentence first {np.mean(first):.3f}, area under the curve {area:.3f}"


def save(network: Network, out: Path) -> None:
    """What training changed, as 8-bit numbers with a scale for each row."""
    base = dict(load(None)[0].named_parameters())
    tensors: dict[str, torch.Tensor] = {"head": network.head.detach().half()}
    changed = []
    for name, parameter in network.net.named_parameters():
        if parameter.requires_grad:
            change = (parameter - base[name]).detach()
            scale = change.abs().amax(-1, keepdim=change.ndim > 1).clamp(min=1e-12) / 127
            tensors[f"{name}.change"] = (change / scale).round().to(torch.int8)
            tensors[f"{name}.scale"] = scale.reshape(-1).contiguous()
            changed.append(name)
    save_file(tensors, out, metadata={"changed": json.dumps(changed), "base": "all-MiniLM-L6-v2"})


class Training:
    """AdamW with a linear warm-up and decay, and what a run needs to go on where it was stopped."""

    def __init__(self, network: Network, steps: int, state: Path) -> None:
        self.network, self.steps, self._state, self.first = network, steps, state, 0
        parts: list[dict[str, Any]] = [
            {"params": network.trained},
            {"params": [network.head], "lr": LEARNING_RATE * HEAD_RATE},
        ]
        self.optimizer = torch.optim.AdamW(parts, lr=LEARNING_RATE, weight_decay=0.01)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda step: min(1.0, (step + 1) / (WARM_UP * steps)) * max(0.0, 1 - step / steps)
        )
        if state.exists():
            kept = torch.load(state)
            network.net.load_state_dict(kept["net"])
            network.head.data = kept["head"]
            self.optimizer.load_state_dict(kept["optimizer"])
            self.schedule.load_state_dict(kept["schedule"])
            self.first = kept["step"]

    def keep(self, step: int) -> None:
        """Write the state after a step."""
        kept = {"net": self.network.net.state_dict(), "head": self.network.head.data, "step": step + 1}
        parts = {"optimizer": self.optimizer.state_dict(), "schedule": self.schedule.state_dict()}
        torch.save(kept | parts, self._state)

    def step(self, some: list[Group]) -> float:
        """One step on a few groups; their mean loss."""
        some.sort(key=lambda group: max(len(shown.text) for shown in group[1]))  # little padding
        total = 0.0
        for start in range(0, len(some), GROUPS_PER_BATCH):
            part = [loss for loss, _, _ in losses(self.network, some[start : start + GROUPS_PER_BATCH])]
            loss = torch.stack(part).sum() / len(some)
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.item()
        torch.nn.utils.clip_grad_norm_([*self.network.trained, self.network.head], 1.0)
        self.optimizer.step()
        self.schedule.step()
        self.optimizer.zero_grad()
        return total


def main() -> None:
    """Read, find look-alikes, train, report, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--groups", type=int, default=16_800)
    parser.add_argument("--skip", type=int, default=0, help="groups of the list that an earlier run has seen")
    parser.add_argument("--after", type=Path, help="the weights that an earlier run wrote")
    parser.add_argument("--state", type=Path, default=Path("build/reader.state"), help="of a run to go on")
    arguments = parser.parse_args()
    arguments.state.parent.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEED)
    encoder = Encoder(dtype="float32")
    public, own = read(arguments.folder), made(MADE_ARTICLES, SEED)
    contexts = public[0] + own[0]
    rng = random.Random(SEED)
    train, held = divided(*public, arguments.state, encoder, rng)
    mine, held_mine = divided(*own, arguments.state, encoder, rng, before=len(public[0]))
    train = train[arguments.skip : arguments.skip + arguments.groups]
    every = MADE_EVERY - 1
    train = [
        p
        for at in range(0, len(train), every)
        for p in (*train[at : at + every], mine[at // every % len(mine)])
    ]
    passages = Passages(contexts, encoder)
    dev = {
        name: list(groups(some, passages, random.Random(1), DEV_NONE, DEV_NEGATIVES))
        for name, some in (("public", held), (MADE, held_mine))
    }
    print(f"{len(contexts)} texts, {len(train)} questions shown, {[len(d) for d in dev.values()]} held out")
    run(train, dev, passages, arguments)


def divided(
    contexts: Sequence[Context],
    asked: Sequence[Asked],
    state: Path,
    encoder: Encoder,
    rng: random.Random,
    before: int = 0,
) -> tuple[list[Pair], list[Pair]]:
    """The questions to be shown, in random order, and those to measure with; their contexts are numbered
    from `before`."""
    pairs = [
        (replace(one, context=one.context + before), [i + before for i in near])
        for one, near in zip(asked, look_alikes(state, contexts, asked, encoder), strict=True)
    ]
    side = [(pair, contexts[pair[0].context - before]) for pair in pairs]
    held = [pair for pair, c in side if c.held_out and c.file in (FILES[0], MADE)]
    held = rng.sample(held, min(DEV_QUESTIONS, len(held)))
    train = [pair for pair, c in side if not c.held_out]
    train += [p for p, c in side if not c.held_out for _ in range(REPEATS.get(c.file, 1) - 1)]
    rng.shuffle(train)
    return train, held


def run(
    train: Sequence[Pair],
    dev: Mapping[str, Sequence[Group]],
    passages: Passages,
    arguments: argparse.Namespace,
) -> None:
    """All steps; the loss goes to a file beside the state."""
    network = Network.new(arguments.after, precision("cpu"))
    steps = len(train) // GROUPS_PER_STEP
    training = Training(network, steps, arguments.state)
    started, mean = time.time(), 0.0
    with arguments.state.with_suffix(".log.jsonl").open("a", encoding="utf-8") as log:
        for step in tqdm(range(training.first, steps), initial=training.first, total=steps, mininterval=20):
            some = train[step * GROUPS_PER_STEP : (step + 1) * GROUPS_PER_STEP]
            loss = training.step(list(groups(some, passages, random.Random(step))))
            mean = 0.98 * mean + 0.02 * loss if mean else loss
            if step % LOG_EVERY == 0:
                line = {"step": step, "loss": round(mean, 4), "s": round(time.time() - started)}
                log.write(json.dumps(line) + "\n")
                log.flush()
            if (step + 1) % KEEP_EVERY == 0:
                training.keep(step)
                save(network, arguments.out)
            if (step + 1) % REPORT_EVERY == 0:
                report(network, dev, step + 1)
    report(network, dev, steps)
    save(network, arguments.out)


def report(network: Network, dev: Mapping[str, Sequence[Group]], step: int) -> None:
    """Print the quality on each set that is held out."""
    for name, held in dev.items():
        print(f"step {step}, {name}: {quality(network, held)}", flush=True)


if __name__ == "__main__":
    main()
