"""`Settings`: everything that can be chosen, each with its unit and its reason.

Nothing is read from the environment or a file when this is imported; the doors pass settings on.
"""

from dataclasses import dataclass, field
from pathlib import Path

from platformdirs import user_data_path

from index.embed import DEFAULT_ENCODER

DEFAULT_MODEL = "smollm2-135m"
DEFAULT_READER = "minilm-reader"
NO_READER = "none"
NO_ADAPTER = "none"
SHIPPED_ADAPTER = "shipped"


def default_library() -> Path:
    """Where a user's library lives unless `--library` says otherwise."""
    return user_data_path("footnote") / "library"


@dataclass(frozen=True)
class Settings:
    """Choices for one `Assistant`. The thresholds come from the evaluation sets (docs/log.md)."""

    library: Path = field(default_factory=default_library)
    encoder: str = DEFAULT_ENCODER  # a folder or a sentence-transformers model id works too
    reader: str = (
        DEFAULT_READER  # or "none", or a cross-encoder: a folder or a sentence-transformers model id
    )
    model: str = DEFAULT_MODEL  # or a path to a GGUF, or hf:owner/repo/file.gguf[@revision]
    adapter: str = SHIPPED_ADAPTER  # for its own model alone; or "none", or a path to a GGUF
    context_tokens: int = 4096  # of the model; less when the model was trained with less
    threads: int | None = None  # of the model; None: the physical cores
    max_answer_tokens: int = 160  # two or three sentences; a small model only rambles beyond
    passages: int = 12  # retrieved for each question: 8 missed an answer that 12 held in 5 % of the news
    read: int = 8  # of them that the reader reads, the best: see docs/log.md
    evidence: int = 8  # numbered quotes that the reader sees
    model_quotes: int = 5  # of them that the model reads: each costs it 0.1 to 0.3 s
    answer_words: int = 60  # of an answer: what fits into a report's paragraph
    chosen_words: int = 50  # … where the model chose, and no account was asked for (docs/log.md)
    question_chars: int = 4000  # longer questions are refused: they are pasted by mistake
    abstain_below: float = 0.16  # strength of the best evidence, 0..1, below which nothing is claimed
    coverage_at_least: float = 0.85  # share of a claim's words (no names, no numbers) its quotes must hold
    meaning_at_least: float = 0.4  # cosine of a claim with its quotes, -1..1
    use_model: bool = True  # False: answers are quotes only, nothing is composed
