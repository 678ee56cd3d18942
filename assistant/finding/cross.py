"""Any sentence-transformers cross-encoder in the place of the built-in reader, by a setting.

A cross-encoder gives one number to a question and a text, so each sentence is read with its two neighbours
around it, and its best words are the whole sentence. For people who have a stronger one at hand (a folder, or
a model id that is fetched once); the embedded default is `assistant/finding/reader.py`.
"""

from collections.abc import Sequence
from pathlib import Path

from assistant.finding.reader import Reading
from index.errors import ModelError
from index.text import Span

MAX_TOKENS = 512


class CrossReader:
    """Scores sentences with a cross-encoder that has one output."""

    def __init__(self, name: str) -> None:
        """`name` is a folder or a model id. Raises ModelError when it can't be loaded or does not fit."""
        from safetensors import SafetensorError
        from sentence_transformers import CrossEncoder
        from torch.nn import Identity
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # type: ignore[no-untyped-call]
        folder = Path(name).expanduser()
        if name.startswith((".", "/", "~")) and not folder.is_dir():
            raise ModelError(
                f"{name} is no folder; give that of a cross-encoder, or a model id, with --reader"
            )
        try:
            self._model = CrossEncoder(
                str(folder) if folder.is_dir() else name,
                device="cpu",
                max_length=MAX_TOKENS,
                activation_fn=Identity(),
                local_files_only=folder.is_dir(),
            )
        except (OSError, ValueError, SafetensorError) as error:
            first = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
            raise ModelError(
                f"the cross-encoder {name!r} can't be loaded: {first}; "
                "give a folder or a model id with --reader"
            ) from error
        if self._model.num_labels != 1:
            raise ModelError(
                f"the cross-encoder {name!r} has {self._model.num_labels} outputs; give one that has one"
            )

    def read(self, question: str, passages: Sequence[tuple[str, str, Sequence[Span]]]) -> list[list[Reading]]:
        """For each passage `(header, text, sentences)` a reading of each of its sentences."""
        pairs = [
            (question, around(text, sentences, number))
            for _, text, sentences in passages
            for number in range(len(sentences))
        ]
        scores = iter(self._model.predict(pairs, show_progress_bar=False).tolist())
        return [
            [Reading(score, Span(s.start, s.end), score) for s, score in zip(sentences, scores, strict=False)]
            for _, _, sentences in passages
        ]


def around(text: str, sentences: Sequence[Span], number: int) -> str:
    """A sentence between its two neighbours.

    >>> around("One. Two. Three. Four.", [Span(0, 4), Span(5, 9), Span(10, 16), Span(17, 22)], 1)
    'One. Two. Three.'
    """
    first, last = sentences[max(0, number - 1)], sentences[min(len(sentences) - 1, number + 1)]
    return text[first.start : last.end]
