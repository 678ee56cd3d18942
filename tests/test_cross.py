"""A cross-encoder in the place of the reader: any sentence-transformers one with a single output."""

from pathlib import Path

import pytest
import torch
from sentence_transformers import CrossEncoder
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

from assistant import Assistant
from assistant.finding.cross import CrossReader
from index.embed import default_encoder_folder
from index.errors import ModelError
from index.library import Library
from index.sentences import split_sentences

TEXT = "The dike broke on Sunday. Nobody was hurt. The council met at noon. It rained."


def made(folder: Path, outputs: int) -> Path:
    """A tiny cross-encoder with random weights."""
    torch.manual_seed(5)
    tokenizer = AutoTokenizer.from_pretrained(default_encoder_folder())
    config = BertConfig(
        vocab_size=tokenizer.vocab_size, hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=64, num_labels=outputs,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("cross"), outputs=1)


def test_each_sentence_has_the_score_of_its_window(tiny: Path):
    sentences = split_sentences(TEXT)
    (readings,) = CrossReader(str(tiny)).read("What broke?", [("", TEXT, sentences)])
    model = CrossEncoder(str(tiny), device="cpu", activation_fn=torch.nn.Identity())
    windows = [
        "The dike broke on Sunday. Nobody was hurt.",
        "The dike broke on Sunday. Nobody was hurt. The council met at noon.",
        "Nobody was hurt. The council met at noon. It rained.",
        "The council met at noon. It rained.",
    ]
    expected = model.predict([("What broke?", window) for window in windows]).tolist()
    assert [r.relevance for r in readings] == pytest.approx(expected, abs=1e-4)
    assert [(r.span.start, r.span.end) for r in readings] == [(s.start, s.end) for s in sentences]


def test_the_pipeline_answers_with_it(tiny: Path, seed_library: Library):
    assistant = Assistant.open(seed_library.folder, reader=str(tiny), use_model=False, abstain_below=0.0)
    answer = assistant.ask("When will the ferry sail again?")
    assert answer.status == "answered"
    assert isinstance(assistant.reader, CrossReader)


def test_one_that_does_not_rank_is_refused(tmp_path: Path):
    with pytest.raises(ModelError, match="3 outputs"):
        CrossReader(str(made(tmp_path / "three", outputs=3)))


def test_a_folder_that_is_not_there_or_holds_no_model_is_told(tmp_path: Path):
    with pytest.raises(ModelError, match="no folder"):
        CrossReader(str(tmp_path / "missing"))
    with pytest.raises(ModelError, match="can't be loaded"):
        CrossReader(str(tmp_path))
