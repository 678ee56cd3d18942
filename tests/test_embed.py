"""The real encoder: rows of unit length that are the model's own, without a network."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index.embed import (
    BATCH,
    DEFAULT_ENCODER,
    Encoder,
    Rows,
    default_encoder_folder,
    fastest_dtype,
)
from index.errors import EncoderError

TEXTS = [
    "The ferry sails on Monday.",
    "Snow.",
    "The dike broke in June, and two villages were evacuated that night by boat.",
    "",
    "\u200b",
    "😀 Évian שלום 漢字",
    "word " * 50,
]


@pytest.fixture(scope="module")
def exact() -> Encoder:
    """In float32, whatever is fastest on this machine."""
    return Encoder(dtype="float32")


def cosines(a: Rows, b: Rows) -> Rows:
    return np.sum(a * b, axis=1)


def refusal(folder: str | Path) -> str:
    with pytest.raises(EncoderError) as refused:
        Encoder(str(folder)).embed(["text"])
    return str(refused.value)


def test_rows_are_float32_of_unit_length_one_for_each_text(encoder: Encoder):
    rows = encoder.embed(TEXTS)
    assert (rows.shape, rows.dtype) == ((len(TEXTS), encoder.dim), np.float32)
    assert np.abs(np.linalg.norm(rows, axis=1) - 1).max() < 1e-6


def test_no_texts_give_no_rows(encoder: Encoder):
    assert encoder.embed([]).shape == (0, 384)
    assert encoder.count_tokens([]) == []


def test_rows_are_the_mean_of_the_models_token_vectors(exact: Encoder):
    """By the model card: mean over the tokens, then unit length; computed here without our code."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = default_encoder_folder()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, dtype=torch.float32)
    for text in TEXTS[:3]:
        with torch.no_grad():
            states = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0]
        mean = states.mean(dim=0).numpy()
        assert exact.embed([text])[0] == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)


def test_a_text_has_the_same_row_whatever_is_embedded_with_it(encoder: Encoder):
    alone = np.vstack([encoder.embed([text]) for text in TEXTS])
    many = TEXTS + [f"Sentence number {n}." for n in range(BATCH)]
    together = encoder.embed(many)[: len(TEXTS)]
    backwards = encoder.embed(TEXTS[::-1])[::-1]
    assert cosines(alone, together).min() > 0.9999
    assert cosines(alone, backwards).min() > 0.9999


@pytest.mark.parametrize(
    ("text", "same", "other"),
    [
        ("When does the boat leave?", "The ferry departs at noon.", "He bought a new coat."),
        ("The dike broke.", "The flood barrier gave way.", "He paints portraits."),
        ("Who won the vote?", "Lee was elected.", "Rain is expected on Sunday."),
    ],
)
def test_equal_meanings_without_a_word_in_common_are_nearer_than_unrelated_ones(
    encoder: Encoder, text: str, same: str, other: str
):
    rows = encoder.embed([text, same, other])
    assert float(rows[0] @ rows[1]) > float(rows[0] @ rows[2]) + 0.1


def test_a_text_beyond_the_window_is_truncated_to_it(encoder: Encoder):
    assert encoder.window_tokens == 254
    full, beyond = encoder.embed(["word " * 254, "word " * 254 + "ferry " * 100])
    assert full @ beyond > 0.9999


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("The ferry sails.", 4), ("", 0), ("a-b", 3), ("x" * 101, 1), ("漢字", 2), ("unaffable", 3)],
)
def test_tokens_are_counted_without_the_special_ones(encoder: Encoder, text: str, tokens: int):
    assert encoder.count_tokens([text]) == [tokens]


def test_tokens_are_counted_beyond_the_window(encoder: Encoder):
    assert encoder.count_tokens(["word " * 1000, "word"]) == [1000, 1]


def test_progress_counts_texts_up_to_all_of_them(encoder: Encoder):
    seen: list[tuple[int, int]] = []
    encoder.embed(["Snow."] * (BATCH + 3), lambda done, of: seen.append((done, of)))
    assert seen == [(BATCH, BATCH + 3), (BATCH + 3, BATCH + 3)]


# --- which encoder ------------------------------------------------------------------------------


def test_the_fingerprint_tells_name_dtype_dimension_and_weights(encoder: Encoder, exact: Encoder):
    assert encoder.fingerprint == {
        "name": DEFAULT_ENCODER,
        "dtype": fastest_dtype(),
        "dim": 384,
        "weights": exact.fingerprint["weights"],  # the same, whatever dtype they were loaded with
    }
    assert exact.fingerprint["dtype"] == exact.dtype == "float32"
    assert Encoder(dtype="bfloat16").fingerprint == {
        **exact.fingerprint,
        "dtype": "bfloat16",
    }
    json.dumps(encoder.fingerprint)  # it goes into the manifest


def test_a_folder_serves_as_an_encoder_and_is_told_from_another_by_its_weights(
    exact: Encoder, tmp_path: Path
):
    folder = tmp_path / "model"
    shutil.copytree(default_encoder_folder(), folder)
    same = Encoder(str(folder), dtype="float32")
    assert np.array_equal(same.embed(TEXTS), exact.embed(TEXTS))
    assert same.fingerprint == {**exact.fingerprint, "name": str(folder)}

    weights = folder / "model.safetensors"
    with weights.open("r+b") as stream:
        stream.seek(-1, 2)  # the sign and exponent of the last number
        stream.write(b"\x3f")
    other = Encoder(str(folder), dtype="float32")
    assert other.fingerprint["weights"] != exact.fingerprint["weights"]

    with weights.open("r+b") as stream:
        stream.truncate(1_000_000)
    message = refusal(folder)
    assert message.startswith(f"encoder {str(folder)!r} can't be loaded: ")
    assert "\n" not in message


@pytest.mark.parametrize("name", ["", "missing"])
def test_a_folder_without_a_model_is_refused_in_one_line(tmp_path: Path, name: str):
    message = refusal(tmp_path / name)
    assert message.startswith(f"encoder {str(tmp_path / name)!r} can't be loaded: ")
    assert message.endswith("; give a folder or a model id with --encoder")
    assert "\n" not in message


_connections: list[str] = []
_watching = False


def _watch(event: str, _arguments: tuple[object, ...]) -> None:
    if _watching and event in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
        _connections.append(event)


sys.addaudithook(_watch)


def connections(call: Callable[[], object]) -> list[str]:
    """The attempts to reach a network while `call` runs."""
    global _watching  # noqa: PLW0603 - an audit hook can't be removed, only told to look away
    _connections.clear()
    _watching = True
    try:
        call()
    finally:
        _watching = False
    return list(_connections)


def test_neither_the_default_encoder_nor_a_folder_asks_a_network():
    folder = str(default_encoder_folder())
    assert connections(lambda: Encoder().embed(["text"])) == []
    assert connections(lambda: Encoder(folder).embed(["text"])) == []
    assert connections(_ask_this_computer) == ["socket.connect"]  # the watch does watch


def _ask_this_computer() -> None:
    import socket

    with socket.socket() as probe:
        probe.settimeout(1)
        probe.connect_ex(("127.0.0.1", 9))
