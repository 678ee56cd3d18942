"""From a question to an answer whose every sentence is footnoted and checked.

    from assistant import Assistant

    answer = Assistant.open(library="articles-library").ask("Who spoke on Thursday?")

The folders are the steps, and imports point down only: `cli` → `page`, `commands` → `keeping`, `report`,
`measuring`, `tries` → `answer` → `digests`, `composing` → `rendering`, `checking`, `finding` → `asking` →
`llm` → `settings`, `values` → `prompts`, `index`.
"""

import os

# Read by the OpenMP runtimes of torch, FAISS and llama.cpp when they load, so it must come first: their
# threads otherwise spin while they wait and starve each other (up to a hundred times slower when
# anything else runs on the machine). Some microseconds of it are worth their while: two threads that fall
# asleep at each node of llama.cpp's graph take 50 ms to wake up for three tokens (docs/log.md).
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "300")

from assistant.answer import Assistant
from assistant.settings import Settings
from assistant.values import (
    Answer,
    Citation,
    Claim,
    Event,
    Evidence,
    Retrieved,
    Token,
    Verified,
)

__all__ = [
    "Answer",
    "Assistant",
    "Citation",
    "Claim",
    "Event",
    "Evidence",
    "Retrieved",
    "Settings",
    "Token",
    "Verified",
]
