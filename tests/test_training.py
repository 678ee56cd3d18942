"""Training material → groups; the reader's changes → a file and back. One short run, end to end."""

import json
import random
from pathlib import Path

import pytest
import torch

from assistant.finding.reader import WEIGHTS, Reader
from index.embed import Encoder
from index.text import Span
from training import data, reader
from training.averaged import averaged_readers
from training.groups import groups
from training.passages import Passages, Shown

PAGES = ("Andes", "Zinc", "Copper", "Rome", "Paris", "Lima")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few paragraphs of our own, in the format of the public sets."""
    folder = tmp_path_factory.mktemp("train")
    lines = []
    for number, title in enumerate(PAGES):
        context = (
            f"{title} is known to many people. It has {number + 3} famous gates. "
            f"They were counted in 190{number}. Nobody has counted them again since then."
        )
        gates = f"{number + 3} famous gates"
        lines.append(
            {
                "title": title,
                "context": context,
                "qas": [
                    {
                        "id": "1",
                        "question": f"How many gates does {title} have?",
                        "answers": [gates],
                        "start": context.index(gates),
                    },
                    {"id": "2", "question": "Why?", "answers": ["not in the text"], "start": 0},
                ],
            }
        )
    for name in data.FILES:
        kept = lines if name == "squadshifts_wiki" else []
        text = "".join(json.dumps(line) + "\n" for line in kept)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return folder


def test_only_questions_whose_answer_stands_in_the_text_are_used(folder: Path):
    contexts, asked = data.read(folder)
    assert [c.title for c in contexts] == list(PAGES)
    assert [c.held_out for c in contexts] == [data.is_held_out(p) for p in PAGES] and contexts[0].held_out
    assert [contexts[a.context].text[a.start : a.end] for a in asked] == [
        f"{number + 3} famous gates" for number in range(len(PAGES))
    ]


def test_a_part_of_the_pages_has_all_that_are_kept_for_measuring(folder: Path):
    every, part = data.read(folder)[0], data.read(folder, 0.5)[0]
    assert {c.title for c in part} < {c.title for c in every}
    assert [c for c in part if c.held_out] == [c for c in every if c.held_out]
    assert [c.title for c in part] == [p for p in PAGES if data.is_held_out(p) or data.in_part(p, 0.5)]


def test_an_explicit_answer_without_a_place_must_occur_once():
    qa = {"answers": ["a fox"], "kind": "explicit"}
    assert data.answer_place("He saw A fox.", qa) == (7, 12)
    assert data.answer_place("He saw a fox and a fox.", qa) is None
    assert data.answer_place("He saw a fox.", qa | {"kind": "implicit"}) is None


def test_look_alikes_are_of_the_same_side_and_do_not_hold_the_answer(folder: Path, encoder: Encoder):
    contexts, asked = data.read(folder)
    for a, near in zip(asked, data.nearest(contexts, asked, encoder), strict=True):
        assert a.context not in near
        for other in near:
            assert contexts[other].held_out == contexts[a.context].held_out
            assert a.answers[0] not in contexts[other].text


def test_a_group_shows_the_answer_where_it_stands(folder: Path, encoder: Encoder):
    contexts, asked = data.read(folder)
    pairs = list(zip(asked, data.nearest(contexts, asked, encoder), strict=True))
    passages = Passages(contexts, encoder)
    shown = [
        (question, group)
        for seed in range(20)
        for question, group in groups(pairs, passages, random.Random(seed), none_share=0.5)
    ]
    right = [[s for s in group if s.right is not None] for _, group in shown]
    assert {len(found) for found in right} == {0, 1}
    for passage in (p for found in right for p in found):
        assert passage.answer is not None and passage.right is not None
        assert passage.sentences[passage.right].covers(passage.answer)
        assert "famous gates" in passage.text[passage.answer.start : passage.answer.end]


def test_the_loss_is_that_of_one_softmax_over_all_sentences_and_none():
    network = reader.Network.new()
    shown = Shown("", "It rained. Lee left.", (Span(0, 10), Span(11, 20)), 1, Span(11, 14))
    other = Shown("Title", "The sun shone.", (Span(0, 14),))
    ((loss, logits, right),) = reader.losses(network, [("Who left?", [shown, other])])
    assert (len(logits), right) == (3, 1)
    sentences = torch.tensor([0.0, *logits])
    assert loss.item() > -torch.log_softmax(sentences, 0)[2].item()  # the span's losses come on top
    ((_, _, none),) = reader.losses(network, [("Who left?", [other])])
    assert none == -1


def test_a_short_run_learns_and_its_file_reads_as_the_network_does(
    folder: Path, encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    contexts, asked = data.read(folder)
    pairs = list(zip(asked, data.nearest(contexts, asked, encoder), strict=True))
    passages = Passages(contexts, encoder)
    network = reader.Network.new()
    training = reader.Training(network, steps=30, state=tmp_path / "state")
    some = list(groups(pairs, passages, random.Random(3), none_share=0.0))
    losses = [training.step(list(some)) for _ in range(12)]
    assert losses[-1] < 0.6 * losses[0]
    training.keep(11)
    assert reader.Training(reader.Network.new(), steps=30, state=tmp_path / "state").first == 12

    out = tmp_path / "reader.safetensors"
    reader.save(network, out)
    text = contexts[1].text
    sentences = passages.of(1, 180)[0].sentences
    (readings,) = Reader(out).read(asked[1].question, [("", text, sentences)])
    with torch.inference_mode():
        shown = Shown("", text, tuple(sentences), 1, Span(asked[1].start, asked[1].end))
        ((_, expected, _),) = reader.losses(network, [(asked[1].question, [shown])])
    # 8 bits a weight: a difference that no ranking sees.
    assert [r.relevance for r in readings] == pytest.approx(expected, abs=0.3)

    averaged_readers(out, out, tmp_path / "same.safetensors")
    averaged_readers(out, WEIGHTS, tmp_path / "mean.safetensors")
    reader_of = {name: reader.Network.new(file) for name, file in (("one", out), ("other", WEIGHTS))}
    mean, same = (reader.Network.new(tmp_path / f"{name}.safetensors") for name in ("mean", "same"))
    one, other = (list(reader_of[name].net.parameters()) for name in ("one", "other"))
    for a, b, between, again in zip(one, other, mean.net.parameters(), same.net.parameters(), strict=True):
        assert torch.allclose(between, (a + b) / 2, atol=2e-4)
        assert torch.allclose(again, a, atol=2e-4)
