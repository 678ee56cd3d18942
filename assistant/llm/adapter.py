"""Which adapter a setting means: none, or the path of a LoRA as GGUF that was made for the model in use.

    none                no adapter: the model writes
    ~/made/mine.gguf    made by training/adapter.py: the model chooses among the quotes

llama.cpp refuses one whose layers are not the model's. None is shipped yet (docs/reader.md).
"""

from pathlib import Path

from assistant.llm.weights import require_gguf
from assistant.settings import NO_ADAPTER
from index.errors import ModelError


def find_adapter(adapter: str) -> Path | None:
    """The file of an adapter, None for none. Raises ModelError: it is missing, no GGUF or cut off."""
    if adapter == NO_ADAPTER:
        return None
    path = Path(adapter).expanduser()
    if not path.is_file():
        raise ModelError(f"there is no adapter {adapter}; give the path of a GGUF file, or {NO_ADAPTER}")
    require_gguf(path, "write it again with `python -m training.adapter`")
    return path
