"""Question and passage, read together → how well each sentence answers, and with which words.

An extractive reader: the default encoder's network (all-MiniLM-L6-v2) with the changes that
`training/reader.py` taught it on public reading questions, and three numbers for each token: begins the
answer, ends it, stands in the sentence that holds it. Unlike the encoder, which sees question and sentence
apart, it reads both at once, so it tells the sentence that answers from one that is merely about the same.
Knows nothing of search, and writes nothing: its words are always the passage's own.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from index.embed import default_encoder_folder
from index.errors import ModelError
from index.text import Span

if TYPE_CHECKING:
    import torch

WEIGHTS = Path(__file__).with_name("reader.safetensors")
MAX_TOKENS = 288  # of question, header and passage together: 180 + 30 + what a question needs
QUESTION_TOKENS = 64
MAX_ANSWER_TOKENS = 16
BATCH = 4  # more makes each batch as long as its longest passage; fewer is slower by itself


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader says of one sentence: the log odds that it answers against "nothing here does", and
    the words in it that answer best, as a span of the passage's text with its own log odds."""

    relevance: float
    span: Span
    span_score: float


class Reader:
    """The trained network. Loads in 0.3 s once torch is there; safe to use from several threads."""

    def __init__(self, weights: Path = WEIGHTS) -> None:
        """Raises ModelError when the file is not there or does not fit the encoder."""
        self._net, self._head, self._tokenizer = load(weights)

    def read(self, question: str, passages: Sequence[tuple[str, str, Sequence[Span]]]) -> list[list[Reading]]:
        """For each passage `(header, text, sentences)` a reading of each of its sentences. What does not
        fit into `MAX_TOKENS` reads as -inf."""
        import torch

        order = sorted(range(len(passages)), key=lambda i: -len(passages[i][1]))
        found: dict[int, list[Reading]] = {}
        with torch.inference_mode():
            for start in range(0, len(order), BATCH):
                some = order[start : start + BATCH]
                batch = encode(self._tokenizer, [question] * len(some), [passages[i][:2] for i in some])
                logits = token_logits(self._net, self._head, batch)
                for row, i in enumerate(some):
                    kept = token_spans(batch, row, len(passages[i][0]) + 1 if passages[i][0] else 0)
                    found[i] = _readings(logits[row].float().numpy(), kept, passages[i][2])
        return [found[i] for i in range(len(passages))]


@lru_cache(maxsize=1)
def default_reader() -> Reader:
    """The shipped one, loaded once for all assistants of a process. Raises ModelError."""
    return Reader()


def load(weights: Path | None) -> tuple[Any, "torch.Tensor", Any]:
    """The network, the `(3, dim)` head and the tokenizer; an untrained head without `weights`."""
    import torch
    from safetensors import SafetensorError, safe_open
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]
    folder = str(default_encoder_folder())
    net = AutoModel.from_pretrained(folder, local_files_only=True).eval()
    net.pooler = None  # unused; loading without it would warn of its weights
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    head = torch.zeros(3, net.config.hidden_size)
    if weights is not None:
        try:
            with safe_open(weights, framework="pt") as file:
                head = file.get_tensor("head").float()
                parameters = dict(net.named_parameters())
                for name in json.loads(file.metadata()["changed"]):
                    change = file.get_tensor(f"{name}.change").float()
                    scale = file.get_tensor(f"{name}.scale").float()
                    parameters[name].data += change * (scale[:, None] if change.ndim > 1 else scale)
        except (OSError, SafetensorError, KeyError, TypeError, RuntimeError) as error:
            raise ModelError(f"{weights} can't be used ({error}); install Footnote again") from error
    return net, head, tokenizer


def encode(tokenizer: Any, questions: Sequence[str], texts: Sequence[tuple[str, str]]) -> Any:
    """Pairs of a question and a passage under its header → token tensors with offsets."""
    short = tokenizer(list(questions), add_special_tokens=False, truncation=True, max_length=QUESTION_TOKENS)
    questions = tokenizer.batch_decode(short["input_ids"]) if _any_cut(short) else list(questions)
    return tokenizer(
        questions,
        [f"{header}\n{text}" if header else text for header, text in texts],
        truncation="only_second",
        max_length=MAX_TOKENS,
        padding=True,
        return_offsets_mapping=True,
        return_tensors="pt",
    )


def _any_cut(short: Any) -> bool:
    return any(len(ids) >= QUESTION_TOKENS for ids in short["input_ids"])


def token_logits(net: Any, head: "torch.Tensor", batch: Any) -> "torch.Tensor":
    """`(texts, tokens, 3)`: begins the answer, ends it, stands in the sentence that holds it."""
    hidden = net(
        input_ids=batch["input_ids"],
        attention_mask=batch["attention_mask"],
        token_type_ids=batch["token_type_ids"],
    ).last_hidden_state
    return hidden @ head.T  # type: ignore[no-any-return]


def token_spans(batch: Any, row: int, shift: int) -> list[tuple[int, int, int]]:
    """`(token, start, end)` of each token of the passage itself, `start` and `end` in its text."""
    offsets = batch["offset_mapping"][row].tolist()
    return [
        (token, start - shift, end - shift)
        for token, (sequence, (start, end)) in enumerate(zip(batch.sequence_ids(row), offsets, strict=True))
        if sequence == 1 and start >= shift and end > start
    ]


def _readings(
    logits: NDArray[np.float32], tokens: Sequence[tuple[int, int, int]], sentences: Sequence[Span]
) -> list[Reading]:
    readings = []
    for sentence in sentences:
        inside = [t for t in tokens if sentence.start <= t[1] < sentence.end]
        if not inside:
            readings.append(Reading(-np.inf, Span(sentence.start, sentence.end), -np.inf))
            continue
        rows = logits[[t[0] for t in inside]]
        first, last, score = best_span(rows[:, 0], rows[:, 1])
        span = Span(inside[first][1], inside[last][2])
        readings.append(Reading(float(rows[:, 2].mean()), span, score))
    return readings


def best_span(begins: NDArray[np.float32], ends: NDArray[np.float32]) -> tuple[int, int, float]:
    """First and last token, and the score, of the best span of at most `MAX_ANSWER_TOKENS`.

    >>> best_span(np.array([0.0, 2.0, 0.0], np.float32), np.array([3.0, 0.0, 1.0], np.float32))
    (0, 0, 3.0)
    """
    scores = np.where(_allowed(len(begins)), begins[:, None] + ends[None, :], -np.inf)
    first, last = divmod(int(scores.argmax()), len(ends))
    return first, last, float(scores[first, last])


@lru_cache(maxsize=MAX_TOKENS)
def _allowed(tokens: int) -> NDArray[np.bool_]:
    """`(first, last)`: whether a span may be so long."""
    length = np.arange(tokens)[None, :] - np.arange(tokens)[:, None]
    return (length >= 0) & (length < MAX_ANSWER_TOKENS)
