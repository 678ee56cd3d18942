"""Messages → the tokens of a prompt, by the GGUF's own chat template.

Untrusted text stays text: the template is rendered with placeholders, and what stands in the messages is
tokenised apart from it, without special tokens. `<|im_end|>` in an article is ten characters.
"""

from collections.abc import Sequence
from typing import Any

from assistant.llm.talk import Message
from index.errors import ModelError

ANOTHER = "give another with --model"


class Template:
    """The chat template of a loaded GGUF, and the token lists it makes of messages."""

    def __init__(self, llama: Any) -> None:
        from jinja2 import TemplateError  # llama-cpp-python's own engine
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        source = llama.metadata.get("tokenizer.chat_template")
        if not source:
            raise ModelError(f"this GGUF has no chat template, so it is no instruct model; {ANOTHER}")
        self._llama = llama
        self._bos = self._name(llama.token_bos())
        self._errors = (ValueError, TemplateError)  # ValueError: the template refuses the messages
        try:
            self._formatter = Jinja2ChatFormatter(
                template=source, eos_token=self._name(llama.token_eos()), bos_token=self._bos
            )
        except self._errors as error:
            raise ModelError(f"this GGUF's chat template is broken ({error}); {ANOTHER}") from error

    def tokens(self, messages: Sequence[Message]) -> tuple[list[int], int]:
        """The prompt up to where the reply begins, and how many of its tokens stand before the last message.
        Raises ModelError."""
        try:
            pieces = self._render(messages)
        except self._errors:  # some templates know no system role: tell it to the user's turn then
            pieces = self._render_or_fail(_without_system(messages))
        tokens: list[int] = []
        fixed = 0
        for text, special in pieces:
            fixed = fixed if special else len(tokens)
            tokens += self._llama.tokenize(text.encode(), add_bos=False, special=special)
        bos = self._llama.token_bos()
        if self._adds_bos() and tokens[:1] != [bos]:
            tokens.insert(0, bos)
            fixed += 1
        return tokens, fixed

    def words(self, text: str) -> list[int]:
        """The tokens of plain text."""
        found: list[int] = self._llama.tokenize(text.encode(), add_bos=False, special=False)
        return found

    def ends_turn(self, token: int) -> bool:
        """Whether the model ends its turn with that token."""
        import llama_cpp

        return bool(llama_cpp.llama_vocab_is_eog(self._vocab(), token))

    def _render(self, messages: Sequence[Message]) -> list[tuple[str, bool]]:
        """`(text, may hold control tokens)`: the template's parts and the messages', in turn."""
        marks = [f"\uf8ff{number}\uf8fe" for number in range(len(messages))]  # private use, never typed
        rendered = self._formatter(
            messages=[
                {"role": message.role, "content": mark}  # type: ignore[misc]
                for message, mark in zip(messages, marks, strict=True)
            ],
            enable_thinking=False,  # read by the templates of models that think aloud otherwise
        ).prompt
        pieces: list[tuple[str, bool]] = []
        for message, mark in zip(messages, marks, strict=True):
            before, found, rendered = rendered.partition(mark)
            if not found:
                raise ValueError("it leaves out a message")
            pieces += [(before, True), (message.text, False)]
        return [(text, special) for text, special in [*pieces, (rendered, True)] if text]

    def _render_or_fail(self, messages: Sequence[Message]) -> list[tuple[str, bool]]:
        try:
            return self._render(messages)
        except self._errors as error:
            raise ModelError(f"this GGUF's chat template can't be used ({error}); {ANOTHER}") from error

    def _vocab(self) -> Any:
        return self._llama._model.vocab

    def _adds_bos(self) -> bool:
        import llama_cpp

        return bool(llama_cpp.llama_vocab_get_add_bos(self._vocab()))

    def _name(self, token: int) -> str:
        return self._llama.detokenize([token], special=True).decode() if token >= 0 else ""


def _without_system(messages: Sequence[Message]) -> list[Message]:
    """The system message put in front of the first user message.

    >>> _without_system([Message("system", "Be brief."), Message("user", "Who?")])
    [Message(role='user', text='Be brief.\\n\\nWho?')]
    """
    system = "\n\n".join(m.text for m in messages if m.role == "system")
    rest = [m for m in messages if m.role != "system"]
    return [Message(rest[0].role, f"{system}\n\n{rest[0].text}"), *rest[1:]]
