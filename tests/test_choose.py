"""A model that chooses among the quotes: what its odds and words become, and which adapter is whose."""

import math
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from test_answer import CARRIED, FERRY, OFF_TOPIC, Open, ScriptedModel, is_exact

from assistant.answer import Assistant
from assistant.composing.choose import (
    FIRST,
    LEAST_STRENGTH,
    WIDENED,
    Picked,
    Shown,
    apart,
    believed,
    limits,
    log_odds,
    prompts,
    weighed,
)
from assistant.composing.widen import widened
from assistant.llm.adapter import FILE, find_adapter
from assistant.llm.branches import logits_of
from assistant.llm.merge import digest, merged
from assistant.llm.model import LlamaModel
from assistant.llm.talk import Choice, Chooser, Message, Words
from assistant.llm.weights import find_weights
from assistant.settings import DEFAULT_MODEL, NO_ADAPTER, SHIPPED_ADAPTER, Settings
from assistant.values import Evidence, Retrieved, Source, Verified
from index.errors import Cancelled, ModelError
from index.library import Library
from training.averaged import MOST_RANK, averaged
from training.gguf_adapter import read_gguf, tensors_of, write_gguf

Prefers = Callable[[str], float]


class Choosing(ScriptedModel):
    """A `Chooser` whose log odds for a text are given, and whose words are these where they stand in it."""

    chooses = True

    def __init__(self, prefers: Prefers, words: str = "") -> None:
        super().__init__("")
        self._prefers, self._words = prefers, words
        self.shown: list[str] = []

    def choose(
        self,
        prompts: Sequence[Sequence[Message]],
        texts: Sequence[str],
        first: int,
        take: Callable[[Sequence[float]], Sequence[int] | None],
        stop: threading.Event | None = None,
    ) -> Choice:
        if stop is not None and stop.is_set():
            raise Cancelled("stopped")
        assert [p[-1].text.split("Quote: ")[1].strip() for p in prompts] == [
            " ".join(t.split()) for t in texts
        ]
        for read in (first, len(texts)):
            self.shown = list(texts[:read])
            weights = [1.0, *(2.718 ** self._prefers(text) for text in self.shown)]
            odds = tuple(w / sum(weights) for w in weights)
            if (taken := take(odds)) is not None:
                break
        words = {n: Words(self._words if self._words in texts[n - 1] else "", 1.0) for n in taken or ()}
        return Choice(odds, words, 3)


@pytest.fixture
def open_assistant(seed_library: Library) -> Open:
    """An assistant over the sample articles, with a model of the test's."""

    def open_assistant(model: Choosing | None = None, **settings: Any) -> Assistant:
        assistant = Assistant.open(seed_library.folder, model=model, **settings)
        assistant.library = seed_library  # its encoder is loaded already
        return assistant

    return open_assistant


def carried(text: str) -> float:
    return 6.0 if text.startswith(CARRIED) else -6.0


def test_a_choosing_model_is_a_chooser_and_a_writing_one_is_none():
    assert isinstance(Choosing(carried), Chooser)
    assert not isinstance(ScriptedModel(""), Chooser)


def test_the_answer_is_the_words_and_the_sentence_they_stand_in(open_assistant: Open, seed_library: Library):
    model = Choosing(carried, "48,200 passengers")
    answer = open_assistant(model).ask(FERRY)
    assert model.shown and not model.asked  # it chose, and wrote nothing
    assert answer.citations[0].quote.startswith(CARRIED)
    assert max(answer.evidence, key=lambda e: e.score).words == "48,200 passengers"
    assert {claim.verdict for claim in answer.claims} == {"quoted"}
    assert answer.dropped == ()
    assert is_exact(answer, seed_library)
    assert answer.timings.output_tokens == 3
    assert answer.timings.first_token_s is not None


def test_an_account_takes_more_quotes_than_a_number(open_assistant: Open):
    open_it = open_assistant(Choosing(lambda text: carried(text) / 4), abstain_below=0.0)
    number, account = (
        open_it.ask(f"{asked} passengers did the ferry carry?") for asked in ("How many", "Why so many")
    )
    assert number.citations[0].quote.startswith(CARRIED)
    assert len(number.citations) == 1  # the others are worth less than half of it
    assert len(account.citations) > 1
    assert limits("Why?", Settings()).words == Settings().answer_words
    assert limits("Who?", Settings()).words == Settings().chosen_words


def test_its_odds_move_the_scores_of_the_quotes_and_their_numbers_stay(open_assistant: Open):
    without = open_assistant(use_model=False).ask(FERRY)
    answer = open_assistant(Choosing(carried)).ask(FERRY)
    assert [(e.n, e.quote) for e in answer.evidence] == [(e.n, e.quote) for e in without.evidence]
    turned = open_assistant(Choosing(lambda text: -carried(text))).ask(FERRY)
    for liked, disliked in zip(answer.evidence, turned.evidence, strict=True):
        assert (liked.score > disliked.score) is liked.quote.startswith(CARRIED)


def test_a_model_that_finds_none_of_them_right_makes_it_weaker(open_assistant: Open):
    sure = open_assistant(Choosing(carried)).ask(FERRY)
    unsure = open_assistant(Choosing(lambda text: -12.0)).ask(FERRY)
    assert sure.strength is not None
    assert unsure.strength is not None
    assert unsure.strength < sure.strength


def test_what_both_together_find_too_weak_is_declined(open_assistant: Open):
    model = Choosing(lambda text: -12.0)
    assistant = open_assistant(model, abstain_below=0.999)
    events = list(assistant.stream(FERRY))
    found = next(e for e in events if isinstance(e, Retrieved))
    answer = next(e for e in events if isinstance(e, Verified)).answer
    assert found.evidence  # it was shown to the model, which had a say
    assert (answer.status, answer.claims, answer.citations, answer.evidence) == ("not_found", (), (), ())
    assert answer.passages
    assert model.shown


def test_what_the_reader_finds_hopeless_is_not_even_shown_to_it(open_assistant: Open):
    model = Choosing(lambda text: 12.0)
    answer = open_assistant(model).ask(OFF_TOPIC)
    assert answer.status == "not_found"
    assert answer.strength is not None
    assert answer.strength < LEAST_STRENGTH
    assert model.shown == []


def test_a_choosing_model_that_is_stopped_stops(open_assistant: Open):
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        list(open_assistant(Choosing(carried)).stream(FERRY, stop=stop))


def test_a_model_whose_adapter_is_off_writes(open_assistant: Open):
    model = Choosing(carried)
    model.chooses = False
    open_assistant(model).ask(FERRY)
    assert model.asked
    assert model.shown == []


@pytest.fixture
def read(open_assistant: Open) -> tuple[Evidence, ...]:
    """The two best quotes, by the reader."""
    return open_assistant(use_model=False).ask(FERRY).evidence[:2]


def test_its_words_take_the_place_of_the_readers_where_it_has_any(read: tuple[Evidence, ...]):
    words = read[0].key.split()[0]
    picked = Picked(read, (1, 2), (0.1, 0.8, 0.1))
    found = weighed(Choice(picked.odds, {1: Words(words, 0.9), 2: Words("", 1.0)}, 1), picked)
    assert [e.words for e in found] == [words, read[1].words]


@pytest.mark.parametrize(
    ("words", "likeliest"),
    [
        ("the 48,200 passengers", "48 200 passengers"),
        ("", "lee"),
        ("one two three four five six seven eight nine", "lee"),  # half a sentence
        ("passengers", "lee"),  # the question's own word
    ],
)
def test_its_words_are_believed_where_they_are_an_answer(
    words: str, likeliest: str, read: tuple[Evidence, ...]
):
    quote = replace(read[0], words=words, score=0.7)
    shares = believed("How many passengers?", [(quote, 1.0)], {"lee": 0.6, "tin": 0.4}, share=0.7)
    assert next(iter(shares)) == likeliest
    assert sum(shares.values()) == pytest.approx(1.0)


def test_words_of_the_likelier_quote_are_believed_more_and_equal_ones_together(read: tuple[Evidence, ...]):
    said = (("Lee", 0.6), ("Ann", 0.5), ("the Ann", 0.5))
    quotes = [(replace(read[0], words=w, score=s), 1.0) for w, s in said]
    shares = believed("Who left?", quotes, {}, share=0.5)
    assert list(shares) == ["ann", "lee"]
    assert shares["lee"] == pytest.approx(1.5 / 3.5)


def test_what_belongs_to_a_quote_without_a_short_answer_is_nobody_elses(read: tuple[Evidence, ...]):
    long = "one two three four five six seven eight nine"
    quotes = [(replace(read[0], words=w, score=s), 1.0) for w, s in ((long, 0.9), ("Ann", 0.5))]
    shares = believed("Who left?", quotes, {"lee": 1.0}, share=0.5)
    assert shares == {"lee": 0.5, "ann": pytest.approx(0.05)}


def test_words_that_the_model_was_not_sure_of_are_believed_less(read: tuple[Evidence, ...]):
    quotes = [(replace(read[0], words=w, score=0.5), p) for w, p in (("Lee", 0.04), ("Ann", 0.64))]
    shares = believed("Who left?", quotes, {}, share=0.5)
    assert shares == {"ann": pytest.approx(0.8 / 2), "lee": pytest.approx(0.2 / 2)}


# --- the sentence before -----------------------------------------------------------------------------


def evidence(context: str, quote: str, n: int = 1, score: float = 0.5) -> Evidence:
    start = 100 + context.index(quote)
    return Evidence(n, SOURCE, quote, start, start + len(quote), quote, score, context, 100)


SOURCE = Source("a" * 64, "a.txt")
SHELVES = "Mustard is hard to get.\n\nThose shelves are empty now. Nobody knows why."


def test_a_quote_is_made_wider_by_the_sentence_before_it_across_a_paragraph():
    wider = widened(evidence(SHELVES, "Those shelves are empty now."))
    assert wider is not None
    assert wider.quote == wider.key == SHELVES[: SHELVES.index(" Nobody")]
    assert (wider.start, wider.end) == (100, 100 + len(wider.quote))


@pytest.mark.parametrize(
    ("context", "quote"),
    [
        (SHELVES, "Mustard is hard to get."),  # nothing stands before it
        ("1. Mustard\n\nThose shelves are empty now.", "Those shelves are empty now."),  # but a heading
        (f"{'Word ' * 80}end. It rained.", "It rained."),
    ],
)
def test_a_quote_that_can_not_be_made_wider_stays(context: str, quote: str):
    assert widened(evidence(context, quote)) is None


def test_the_wider_quote_is_picked_where_the_model_finds_it_better():
    first, second = evidence(SHELVES, "Those shelves are empty now."), evidence("It rained.", "It rained.", 2)
    shown = Shown.of([first, second])
    assert [e.quote for e in shown.all] == [first.quote, second.quote, SHELVES[: SHELVES.index(" Nobody")]]
    assert (shown.ranks, shown.first) == ((0, 1, 0), 3)
    better = shown.picked((0.2, 0.1, 0.3, 0.4))
    assert better.numbers == (3, 2)
    assert better.odds == pytest.approx((0.2 / 0.9, 0.4 / 0.9, 0.3 / 0.9))
    assert shown.picked((0.2, 0.4, 0.3, 0.1)).read == (first, second)


def test_words_are_marked_where_a_quote_is_worth_a_share_of_the_best():
    quotes = tuple(evidence("It rained.", "It rained.", n) for n in (1, 2, 3, 4))
    # Log odds of a quote are 0.1 of the reader's, here 0, and 0.6 of these.
    odds = (0.1, 0.1, 0.1 * math.exp(5.1 / 0.6), 0.1 * math.exp(2.9 / 0.6), 0.1 * math.exp(2 / 0.6))
    picked = Picked(quotes, (1, 2, 3, 4), odds)
    assert picked.best(3) == [2, 3, 4]
    assert picked.best(3, worth=math.exp(-3)) == [2, 3]  # those of 3 are less by 2.2, of 4 by 3.1
    assert picked.best(3, worth=math.exp(-6)) == [2, 3, 4]
    assert picked.best(3, worth=1.0) == [2]


def test_only_the_best_are_shown_wider():
    quotes = [evidence(SHELVES, "Those shelves are empty now.", n, n / 10) for n in range(1, 6)]
    shown = Shown.of(quotes)
    assert [e.n for e in shown.all] == [5, 4, 3, 5, 2, 1, 4]
    assert [e.quote.startswith("Mustard") for e in shown.all] == [n in {3, 6} for n in range(5 + WIDENED)]
    assert shown.first == FIRST + 1


@pytest.mark.parametrize(
    ("odds", "unsure"),
    [
        ((0.1, 0.3, 0.3, 0.2, 0.1), True),
        ((0.1, 0.8, 0.05, 0.05, 0.0), False),  # log 8 is more than SURE
        ((0.95, 0.01, 0.01, 0.02, 0.01), True),
        ((0.1, 0.15, 0.15, 0.15, 0.15, 0.15, 0.075, 0.075), False),  # there are no more
    ],
)
def test_the_rest_is_read_where_none_of_the_first_is_likely_enough(odds: tuple[float, ...], unsure: bool):
    shown = Shown.of([evidence(SHELVES, "Those shelves are empty now.", n) for n in range(1, 6)])
    assert shown.unsure(odds) is unsure


def test_a_model_that_is_sure_of_one_of_the_first_reads_no_more(open_assistant: Open, seed_library: Library):
    without = open_assistant(use_model=False).ask(FERRY)
    sure, unsure = Choosing(carried, "48,200 passengers"), Choosing(lambda text: 1.0)
    answer = open_assistant(sure).ask(FERRY)
    assert FIRST <= len(sure.shown) <= FIRST + 1 < len(without.evidence)
    assert [e.n for e in answer.evidence] == [e.n for e in without.evidence]
    assert answer.citations[0].quote.startswith(CARRIED)
    assert is_exact(answer, seed_library)
    more = open_assistant(unsure).ask(FERRY)
    assert len(unsure.shown) > Settings().model_quotes  # some wider
    assert more.timings.prompt_tokens > answer.timings.prompt_tokens


def test_of_two_that_tell_the_same_words_the_better_one_stays():
    low, high = evidence(SHELVES, "Mustard is hard to get.", 1, 0.4), evidence(SHELVES, SHELVES[:52], 2, 0.6)
    beside = evidence(SHELVES, "Nobody knows why.", 3, 0.1)
    assert apart([low, high, beside]) == [high, beside]
    assert apart([replace(low, score=0.7), high, beside])[0].n == 1


def test_an_answer_has_the_wider_quote_as_it_stands(open_assistant: Open, seed_library: Library):
    chose, wrote = "chose Twitter for her warning", "a massive strategic mistake"
    model = Choosing(lambda text: 6.0 if chose in text and wrote in text else -6.0, "Liz Truss")
    answer = open_assistant(model).ask("Who wrote that an incursion would be a massive strategic mistake?")
    assert {chose in text for text in model.shown if wrote in text} == {True, False}
    assert answer.citations[0].quote.startswith("Liz Truss, the British foreign secretary, chose")
    assert wrote in answer.citations[0].quote
    assert is_exact(answer, seed_library)


def test_the_question_is_the_same_in_each_prompt_and_stands_before_the_quote():
    first, second = prompts("Who left?", ["Ann\n left.", "Lee {came}."])
    assert first[0] == second[0]
    assert first[1].text == "Question: Who left?\n\nQuote: Ann left."
    assert second[1].text == "Question: Who left?\n\nQuote: Lee {came}."


def test_log_odds_are_finite():
    assert log_odds(1.0) == pytest.approx(-log_odds(0.0))
    assert log_odds(1.0) < 20


# --- the file ----------------------------------------------------------------------------------------


class Taught:
    """Stands for a network with an adapter on one layer of the default model, `factor` times noise."""

    def __init__(self, factor: float, inputs: int = 576) -> None:
        noise = torch.Generator().manual_seed(3)
        a, b = torch.randn((32, inputs), generator=noise), factor * torch.randn((576, 32), generator=noise)
        self._layer = SimpleNamespace(
            lora_A={"default": SimpleNamespace(weight=a)}, lora_B={"default": SimpleNamespace(weight=b)}
        )

    def get_base_model(self) -> SimpleNamespace:
        return SimpleNamespace(config=SimpleNamespace(num_attention_heads=9, num_key_value_heads=3))

    def named_modules(self) -> list[tuple[str, SimpleNamespace]]:
        return [("base_model.model.model.layers.7.self_attn.q_proj", self._layer)]


@pytest.fixture(scope="module")
def adapters(tmp_path_factory: pytest.TempPathFactory) -> dict[float, Path]:
    """An adapter that changes nothing, and one that does."""
    folder = tmp_path_factory.mktemp("adapters")
    files = {factor: folder / f"adapter-{factor}.gguf" for factor in (0.0, 0.05)}
    for factor, file in files.items():
        write_gguf(Taught(factor), file, 32, 64)
    return files


def test_training_goes_on_from_what_was_written(adapters: dict[float, Path]):
    written, read = Taught(0.05)._layer, Taught(0.0)
    read._layer.lora_A["default"].weight.zero_()
    read_gguf(read, adapters[0.05])
    for mine, theirs in ((read._layer.lora_A, written.lora_A), (read._layer.lora_B, written.lora_B)):
        kept, wanted = mine["default"].weight, theirs["default"].weight
        assert torch.allclose(kept, wanted, atol=float(wanted.abs().max()) / 127)


def test_the_mean_of_two_adapters_changes_each_weight_by_the_mean(
    adapters: dict[float, Path], tmp_path: Path
):
    averaged(adapters[0.0], adapters[0.05], tmp_path / "mean.gguf")
    changes = []
    for file in (adapters[0.0], adapters[0.05], tmp_path / "mean.gguf"):
        tensors, alpha = tensors_of(file)
        a, b = (tensors[f"blk.7.attn_q.weight.lora_{which}"] for which in "ab")
        changes.append(b @ a * alpha / len(a))
    one, other, mean = changes
    assert np.abs(one - other).max() > 1e-3
    np.testing.assert_allclose(mean, (one + other) / 2, atol=1e-3 * np.abs(other).max())


def test_the_mean_of_a_mean_and_another_has_no_more_than_the_most_ranks(
    adapters: dict[float, Path], tmp_path: Path
):
    none, taught, mean = adapters[0.0], adapters[0.05], tmp_path / "mean.gguf"
    averaged(none, taught, mean)
    averaged(mean, taught, tmp_path / "three.gguf")  # 1/4 of the one, 3/4 of the other
    changes = []
    for file in (taught, tmp_path / "three.gguf"):
        tensors, alpha = tensors_of(file)
        a, b = (tensors[f"blk.7.attn_q.weight.lora_{which}"] for which in "ab")
        assert len(a) == (32 if file == taught else MOST_RANK)
        changes.append(b @ a * alpha / len(a))
    np.testing.assert_allclose(changes[1], changes[0] * 0.75, atol=0.02 * np.abs(changes[0]).max())


def test_training_goes_on_from_an_adapter_of_a_higher_rank(adapters: dict[float, Path], tmp_path: Path):
    averaged(adapters[0.05], adapters[0.05], tmp_path / "mean.gguf")  # of two alike: no more than one holds
    read, written = Taught(0.0), Taught(0.05)
    read_gguf(read, tmp_path / "mean.gguf")
    there, wanted = (
        net._layer.lora_B["default"].weight @ net._layer.lora_A["default"].weight for net in (read, written)
    )
    assert torch.allclose(there, wanted, atol=0.02 * float(wanted.abs().max()))


def test_adapters_of_different_shapes_have_no_mean(adapters: dict[float, Path], tmp_path: Path):
    write_gguf(Taught(0.05, inputs=640), tmp_path / "other.gguf", 32, 64)
    with pytest.raises(ValueError, match="not adapters of the same shape"):
        averaged(adapters[0.05], tmp_path / "other.gguf", tmp_path / "mean.gguf")


def test_no_adapter_is_none():
    assert find_adapter(NO_ADAPTER, find_weights(DEFAULT_MODEL)) is None


def test_the_shipped_adapter_is_for_the_model_that_it_was_made_for(tmp_path: Path):
    weights = find_weights(DEFAULT_MODEL)
    assert find_adapter(SHIPPED_ADAPTER, weights) == FILE
    assert FILE.stat().st_size <= 24_000_000
    other = tmp_path / "other.gguf"  # as long, and another in one byte
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    other.write_bytes(data)
    assert find_adapter(SHIPPED_ADAPTER, other) is None
    other.write_bytes(data[:-1])
    assert find_adapter(SHIPPED_ADAPTER, other) is None


def test_a_shipped_adapter_that_is_damaged_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    damaged = tmp_path / "adapter.gguf"
    monkeypatch.setattr("assistant.llm.adapter.FILE", damaged)
    for data in (None, FILE.read_bytes()[:-1]):
        if data is not None:
            damaged.write_bytes(data)
        with pytest.raises(ModelError, match="is missing or damaged; install Footnote again, or give --adap"):
            find_adapter(SHIPPED_ADAPTER, find_weights(DEFAULT_MODEL))


def test_an_assistant_with_the_shipped_adapter_finds_the_sentence(seed_library: Library):
    assistant = Assistant.open(seed_library.folder, adapter=SHIPPED_ADAPTER)
    assistant.library = seed_library
    answer = assistant.ask(FERRY)
    assert assistant._chooses
    assert answer.citations[0].quote.startswith(CARRIED)
    assert is_exact(answer, seed_library)
    assert assistant.ask(OFF_TOPIC).status == "not_found"


def test_an_adapter_is_a_gguf_file_that_exists(tmp_path: Path, adapters: dict[float, Path]):
    weights = find_weights(DEFAULT_MODEL)
    with pytest.raises(ModelError, match=r"there is no adapter .*; give the path of a GGUF file, shipped or"):
        find_adapter(str(tmp_path / "nowhere.gguf"), weights)
    text = tmp_path / "text.gguf"
    text.write_text("hello", encoding="utf-8")
    with pytest.raises(ModelError, match="is not a GGUF file"):
        find_adapter(str(text), weights)
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(adapters[0.05].read_bytes()[:-1000])
    with pytest.raises(ModelError, match="is cut off"):
        find_adapter(str(cut), weights)
    assert find_adapter(str(adapters[0.05]), weights) == adapters[0.05]


def test_what_it_was_taught_is_what_llama_cpp_adds_merged_or_not(
    reading: LlamaModel, adapters: dict[float, Path], tmp_path: Path
):
    asked = prompts("Who opened the new bridge?", TEXTS)
    untaught = reading.choose(asked, TEXTS, 9, lambda odds: ()).odds
    weights, adapter = find_weights(DEFAULT_MODEL), adapters[0.05]
    both = merged(weights, adapter, tmp_path)
    assert both is not None
    assert both.parent == tmp_path
    taught = []
    for file in (None, both):
        model = LlamaModel(weights, adapter=adapter, merged=file)
        assert model.chooses
        taught.append(model.choose(asked, TEXTS, 9, lambda odds: ()).odds)
        model.close()
    assert taught[0] != pytest.approx(untaught, abs=0.05)
    assert taught[1] == pytest.approx(taught[0], abs=0.05)


def test_weights_are_merged_once_and_again_where_they_were_damaged(
    adapters: dict[float, Path], tmp_path: Path
):
    weights = find_weights(DEFAULT_MODEL)
    file = merged(weights, adapters[0.05], tmp_path)
    assert file is not None
    made = file.stat().st_mtime_ns
    assert merged(weights, adapters[0.05], tmp_path) == file
    assert file.stat().st_mtime_ns == made
    whole = file.read_bytes()
    file.write_bytes(whole[:-1000])
    assert merged(weights, adapters[0.05], tmp_path) == file
    assert file.read_bytes() == whole
    assert list(tmp_path.iterdir()) == [file]


def test_only_the_last_merged_weights_of_a_model_are_kept(adapters: dict[float, Path], tmp_path: Path):
    model = digest(find_weights(DEFAULT_MODEL))[:16]
    old = [tmp_path / f"{model}-{n}.gguf" for n in range(3)]
    for n, file in enumerate(old):
        file.write_bytes(b"old")
        os.utime(file, (n, n))
    foreign = tmp_path / "other-model.gguf"
    foreign.write_bytes(b"old")
    new = merged(find_weights(DEFAULT_MODEL), adapters[0.05], tmp_path)
    assert set(tmp_path.iterdir()) == {new, old[2], foreign}


def test_where_merged_weights_cant_be_kept_the_adapter_is_used_as_it_is(
    adapters: dict[float, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("no folder", encoding="utf-8")
    assert merged(find_weights(DEFAULT_MODEL), adapters[0.05], in_the_way) is None
    assert "answers take longer" in caplog.text


def test_another_models_adapter_is_an_error_of_one_line(tmp_path: Path):
    other = tmp_path / "other.gguf"
    write_gguf(Taught(0.05, inputs=640), other, 32, 64)
    weights, kept = find_weights(DEFAULT_MODEL), tmp_path / "kept"
    for use in (lambda: LlamaModel(weights, adapter=other), lambda: merged(weights, other, kept)):
        with pytest.raises(ModelError, match=r"^other\.gguf was not made for the model Smol.*, or") as told:
            use()
        assert "\n" not in str(told.value)
    assert list(kept.iterdir()) == []


def test_a_model_is_no_adapter(tmp_path: Path):
    weights = find_weights(DEFAULT_MODEL)
    with pytest.raises(ModelError, match="is no LoRA adapter"):
        merged(weights, weights, tmp_path)


def test_an_assistant_with_an_adapter_chooses(seed_library: Library, adapters: dict[float, Path]):
    assistant = Assistant.open(seed_library.folder, adapter=str(adapters[0.0]))
    assistant.library = seed_library
    assistant.warm_up()
    answer = assistant.ask(FERRY)
    assert answer.status == "answered"
    assert {claim.verdict for claim in answer.claims} == {"quoted"}
    assert is_exact(answer, seed_library)
    assistant.use(DEFAULT_MODEL, write=False)
    assert assistant.ask(FERRY).status == "answered"


# --- the real model, not taught ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def reading(adapters: dict[float, Path]) -> LlamaModel:
    return LlamaModel(find_weights(DEFAULT_MODEL), adapter=adapters[0.0])


TEXTS = (
    "The town of Harrow has been twinned with Lisle since 1987.",
    "The new bridge was opened by Mayor Edda Quist on a rainy Thursday.",
    "Bread prices rose by a tenth in the first half of the year.",
)


def best(odds: Sequence[float]) -> tuple[int]:
    return (max(range(1, len(odds)), key=lambda n: odds[n]),)


def test_its_odds_sum_to_one_and_its_words_stand_in_the_text_that_was_taken(reading: LlamaModel):
    asked = prompts("Who opened the new bridge?", TEXTS)
    for taken in ((1,), (2, 3), (3, 1, 2)):
        choice = reading.choose(asked, TEXTS, 9, lambda odds, taken=taken: taken)
        assert tuple(choice.words) == taken
        assert all(words.text and words.text in TEXTS[n - 1] for n, words in choice.words.items())
        assert sum(choice.odds) == pytest.approx(1.0)
        assert len(choice.odds) == 4


def test_words_written_side_by_side_are_those_written_alone(reading: LlamaModel):
    asked = prompts("Who opened the new bridge?", TEXTS)
    together = reading.choose(asked, TEXTS, 9, lambda odds: (1, 2, 3)).words
    alone = {n: reading.choose(asked, TEXTS, 9, lambda odds, n=n: (n,)).words[n] for n in (1, 2, 3)}
    assert sum(together[n].text == alone[n].text for n in alone) >= 2  # but for rounding


def test_the_probability_of_words_is_that_of_their_tokens_one_after_the_other(reading: LlamaModel):
    asked = prompts("Who opened the new bridge?", TEXTS)
    words = reading.choose(asked, TEXTS, 9, lambda odds: (2,)).words[2]
    llama, template = reading._llama, reading._template
    begun = [*template.tokens(asked[1])[0], *template.words("Yes")[:1], *template.words(":")]
    reply = [*template.words(f" {words.text}"), llama.token_eos()]
    llama.reset()
    found = 0.0
    for token in reply:
        llama.eval(begun[llama.n_tokens :])
        at = logits_of(llama, -1)
        found += float(torch.log_softmax(torch.tensor(at), 0)[token])
        begun.append(token)
    llama.reset()
    assert 0 < words.probability < 1
    # The rounding of each depends on the batch that it is read in.
    assert math.log(words.probability) == pytest.approx(found, abs=0.1 * len(reply))


def test_asked_again_it_says_the_same(reading: LlamaModel):
    asked = prompts("Who opened the new bridge?", TEXTS)
    first = reading.choose(asked, TEXTS, 9, best)
    next(reading.stream([Message("user", "Tell me a story.")], max_tokens=3), None)
    assert reading.choose(asked, TEXTS, 9, best) == first
    reading.choose(prompts("What rose by a tenth in the first half?", TEXTS[:2]), TEXTS[:2], 1, best)
    assert reading.choose(asked, TEXTS, 9, best) == first  # though the system's prompt is not read again


def test_the_order_of_the_quotes_changes_no_odds(reading: LlamaModel):
    there = reading.choose(prompts("Who opened it?", TEXTS), TEXTS, 9, lambda odds: ()).odds
    turned = reading.choose(prompts("Who opened it?", TEXTS[::-1]), TEXTS[::-1], 9, lambda odds: ()).odds
    assert (turned[0], *turned[:0:-1]) == pytest.approx(there, abs=0.1)


def test_quotes_read_side_by_side_are_read_as_each_alone(reading: LlamaModel):
    question, many = "Who opened the new bridge?", [f"{text} {'So it is said. ' * 20}" for text in TEXTS * 3]
    together = reading.choose(prompts(question, many), many, 9, lambda odds: ()).odds  # more than one batch
    assert sum(map(reading.count_tokens, prompts(question, many))) > 2 * 512
    for odds, text in zip(together[1:], many, strict=True):
        none, alone = reading.choose(prompts(question, [text]), [text], 9, lambda odds: ()).odds
        # Its rounding alone moves the log odds by 0.2: the same text, thrice in a batch, has three.
        assert math.log(odds / together[0]) == pytest.approx(math.log(alone / none), abs=0.5)


def test_the_others_are_read_where_none_of_the_first_is_taken(reading: LlamaModel):
    asked = prompts("Who opened the new bridge?", TEXTS)
    told: list[int] = []

    def later(odds: Sequence[float]) -> Sequence[int] | None:
        told.append(len(odds) - 1)
        return None if len(odds) == 2 else (2,)

    choice = reading.choose(asked, TEXTS, 1, later)
    assert (told, list(choice.words)) == ([1, 3], [2])
    at_once = reading.choose(asked, TEXTS, 9, lambda odds: ())
    assert choice.odds == pytest.approx(at_once.odds, abs=0.05)
    told.clear()
    assert len(reading.choose(asked, TEXTS, 1, lambda odds: told.append(len(odds)) or (1,)).odds) == 2
    assert told == [2]


def test_one_quote_alone_is_read_too(reading: LlamaModel):
    choice = reading.choose(prompts("Who opened it?", TEXTS[:1]), TEXTS[:1], 9, best)
    assert (list(choice.words), len(choice.odds)) == ([1], 2)


def test_equal_quotes_are_read_each(reading: LlamaModel):
    twice = [TEXTS[1]] * 2
    choice = reading.choose(prompts("Who opened it?", twice), twice, 9, lambda odds: (1, 2))
    assert len(choice.odds) == 3
    assert choice.odds[1] == pytest.approx(choice.odds[2], rel=0.2)
    assert choice.words[1].text == choice.words[2].text


def test_nothing_is_written_where_none_is_taken(reading: LlamaModel):
    choice = reading.choose(prompts("Who painted the town hall?", TEXTS), TEXTS, 9, lambda odds: ())
    assert (choice.words, choice.tokens) == ({}, 0)


def test_a_choice_that_is_stopped_leaves_the_model_usable(reading: LlamaModel):
    stop = threading.Event()
    stop.set()
    asked = prompts("Who opened the new bridge?", TEXTS)
    with pytest.raises(Cancelled):
        reading.choose(asked, TEXTS, 9, best, stop)
    assert list(reading.choose(asked, TEXTS, 9, lambda odds: (2,)).words) == [2]


def test_a_prompt_beyond_the_context_is_an_error(reading: LlamaModel):
    long = ["word " * 9000]
    with pytest.raises(ModelError, match="ask a shorter question"):
        reading.choose(prompts("Who?", long), long, 9, best)
